/*
 * vm/vm_receive.c - memory that came in a message, read in full before the
 * receive returns: what its pager does later changes nothing of it.
 *
 * A task asks for it with FAULT_POLICY_READ.  Each page that a user's pager has
 * is written to, as far as the fault can tell, and so becomes the task's own.
 *
 * Owns:       nothing.
 * Locks:      the map, then objects down the chain, to see what has to be
 *             read; none while it is.  Other threads of the task may see the
 *             memory meanwhile, and hurt their task if they remove it.
 * Source:     SOSP 1987 paper, section 6.1.
 */
#include <kern/thread.h>
#include <kern/timer.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_fault_policy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>
#include <vm/vm_receive.h>

bool
vm_reading_begin(struct vm_reading *reading, struct vm_map *map)
{
	unsigned timeout_ms;

	if (!vm_fault_policy_reads(map, &timeout_ms))
		return false;
	reading->map = map;
	reading->since = (uint32_t)clock_ticks;
	reading->ticks = timeout_ms != 0 ?
	    (uint32_t)ticks_from_ms(timeout_ms) : 0;
	reading->aborted = false;
	return true;
}

/* Whether a chain of objects ends with a user's pager's. */
static bool
chain_is_pagers(struct vm_object *object)
{
	struct vm_object *below;
	bool is_pagers;

	vm_object_lock(object);
	while (object->internal && (below = object->shadow) != NULL) {
		vm_object_lock_below(below);
		vm_object_unlock(object);
		object = below;
	}
	is_pagers = !object->internal;
	vm_object_unlock(object);
	return is_pagers;
}

/* Whether a page of such a chain can be had from the pager alone. */
static bool
page_is_pagers(struct vm_object *object, vm_offset_t offset)
{
	struct vm_object *below;
	struct vm_page *page;
	bool found = false;

	vm_object_lock(object);
	while (object->internal && !found && (below = object->shadow) != NULL) {
		page = vm_page_lookup(object, offset);
		found = page != NULL ? !page->busy && !page->absent :
		    vm_object_pager_has(object, offset);
		offset += object->shadow_offset;
		vm_object_lock_below(below);
		vm_object_unlock(object);
		object = below;
	}
	vm_object_unlock(object);
	return !found;
}

/*
 * Look for a page that has to be read, from *va on; the next one to look at is
 * left there.  KERN_INVALID_ADDRESS: there is no memory.
 */
static kern_return_t
reading_look(struct vm_map *map, vm_offset_t *va, bool *wanted)
{
	struct vm_map_entry *entry;
	vm_offset_t at = *va;

	*wanted = false;
	rwlock_write(&map->lock);
	entry = vm_map_lookup_entry(map, at, false);
	if (entry == NULL) {
		rwlock_done(&map->lock);
		return KERN_INVALID_ADDRESS;
	}
	if (entry->object == NULL || !chain_is_pagers(entry->object)) {
		*va = entry_end(entry);
	} else {
		*va = at + PAGE_SIZE;
		*wanted = page_is_pagers(entry->object,
		    entry->offset + (at - entry_start(entry)));
		if (!entry->object->internal && !entry->needs_copy) {
			/* a copy that is a pager's object: ours lies above it */
			pmap_protect(map->pmap, entry_start(entry),
			    entry_end(entry),
			    entry->protection & ~VM_PROT_WRITE);
			entry->needs_copy = true;
		}
	}
	rwlock_done(&map->lock);
	return KERN_SUCCESS;
}

/* Make a page the task's own; va is its address. */
static kern_return_t
reading_page(struct vm_reading *reading, vm_offset_t va)
{
	bool told = false;
	kern_return_t kr;

	if (reading->aborted)
		return KERN_ABORTED;
	if (reading->ticks != 0 &&
	    (uint32_t)clock_ticks - reading->since >= reading->ticks) {
		kr = vm_fault_policy_apply(reading->map, va, VM_PROT_READ,
		    &told);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	kr = vm_fault(reading->map, va, VM_PROT_READ | VM_PROT_WRITE, false);
	reading->aborted = kr == KERN_ABORTED;
	return kr;
}

kern_return_t
vm_reading_do(struct vm_reading *reading, vm_offset_t addr, vm_size_t size)
{
	vm_offset_t va = trunc_page(addr), end = round_page(addr + size), at;
	kern_return_t kr = KERN_SUCCESS;
	bool wanted;

	while (va < end && kr == KERN_SUCCESS) {
		thread_breathe();
		at = va;
		kr = reading_look(reading->map, &va, &wanted);
		if (kr == KERN_SUCCESS && wanted)
			kr = reading_page(reading, at);
	}
	if (kr != KERN_SUCCESS)
		(void)vm_map_remove(reading->map, trunc_page(addr), end);
	return kr;
}
