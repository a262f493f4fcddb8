/*
 * vm/vm_map_overwrite.c - write a copy over memory that is mapped already.
 *
 * Owns:       nothing.
 * Locks:      the destination's map, for writing while entries change; each
 *             page's fault takes its own when bytes are written one by one.
 * Whole       pages of private memory take over the copy's objects.  All else
 *             is written through the destination's faults, page by page.
 */
#include <kern/debug.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/* Whether a whole range may be written, from its start on; map locked. */
static kern_return_t
range_writable(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    bool *replaceable)
{
	struct vm_map_entry *entry;
	vm_offset_t at = start;

	*replaceable = true;
	for (entry = vm_map_lookup_entry(map, start, false); at < end;
	    entry = entry_next(map, entry)) {
		if (entry == NULL || entry_start(entry) > at)
			return KERN_INVALID_ADDRESS;
		at = entry_end(entry);
		if (!(entry->protection & VM_PROT_WRITE))
			return KERN_PROTECTION_FAILURE;
		if (entry->wired_count != 0 || entry->is_shared ||
		    (entry->object != NULL &&
		    !vm_object_symmetric(entry->object)))
			*replaceable = false;
	}
	return KERN_SUCCESS;
}

/* Split the map's entries wherever one of the copy ends; base is its address. */
static kern_return_t
replace_clip(struct vm_map *map, vm_offset_t base, vm_size_t size,
    vm_map_copy_t copy)
{
	struct vm_map_entry *entry, *from;
	vm_offset_t at;
	kern_return_t kr;

	kr = vm_map_clip_range(map, base, base + size, &entry);
	for (from = &copy->first; from != NULL; from = copy_next(copy, from)) {
		at = base + entry_end(from);
		if (kr != KERN_SUCCESS || at >= base + size)
			break;
		entry = vm_map_lookup_entry(map, at, false);
		kr = vm_map_clip_start(map, entry, at);
	}
	return kr;
}

/*
 * Give the entries of a range, split to fit, the copy's memory in place of
 * theirs.  The copy keeps its own references, to be discarded.
 */
static void
replace_objects(struct vm_map *map, vm_offset_t base, vm_size_t size,
    vm_map_copy_t copy)
{
	struct vm_map_entry *entry, *from;
	struct vm_object *old;

	for (entry = vm_map_lookup_entry(map, base, false);
	    entry != NULL && entry_start(entry) < base + size;
	    entry = entry_next(map, entry)) {
		from = vm_map_copy_entry_at(copy, entry_start(entry) - base);
		vm_map_entry_unmap(map, entry);
		old = entry->object;
		entry->object = from->object;
		if (from->object != NULL)
			vm_object_reference(from->object);
		entry->offset = from->object == NULL ? 0 : from->offset +
		    (entry_start(entry) - base - entry_start(from));
		entry->needs_copy = from->needs_copy;
		vm_object_deallocate(old);
	}
}

/* Byte by byte, through the faults of the destination. */
static kern_return_t
overwrite_slowly(struct vm_map *map, vm_offset_t addr, vm_map_copy_t copy)
{
	vm_size_t done, n;
	kern_return_t kr = KERN_SUCCESS;
	char *buffer = kalloc(PAGE_SIZE);

	if (buffer == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (done = 0; done < copy_size(copy); done += n) {
		n = PAGE_SIZE - ((addr + done) & PAGE_MASK);
		n = min_of(n, copy_size(copy) - done);
		kr = vm_map_copy_read(copy, done, buffer, n);
		if (kr == KERN_SUCCESS)
			kr = vm_fault_write(map, addr + done, buffer, n);
		if (kr != KERN_SUCCESS)
			break;
	}
	kfree(buffer, PAGE_SIZE);
	return kr;
}

kern_return_t
vm_map_copy_overwrite(struct vm_map *map, vm_offset_t addr,
    vm_map_copy_t copy)
{
	vm_offset_t start = trunc_page(addr), end;
	bool replaceable, replaced = false;
	kern_return_t kr;

	if (copy == NULL)
		return KERN_SUCCESS;
	end = round_page(addr + copy_size(copy));
	if (addr + copy_size(copy) < addr || end <= start)
		return KERN_INVALID_ADDRESS;
	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = range_writable(map, start, end, &replaceable);
	if (kr == KERN_SUCCESS && replaceable && copy_offset(copy) == 0 &&
	    page_aligned(addr) && page_aligned(copy_size(copy))) {
		kr = replace_clip(map, start, end - start, copy);
		if (kr == KERN_SUCCESS)
			replace_objects(map, start, end - start, copy);
		replaced = kr == KERN_SUCCESS;
		vm_map_simplify_range(map, start, end);
	}
	rwlock_done(&map->lock);
	if (kr == KERN_SUCCESS && !replaced)
		kr = overwrite_slowly(map, addr, copy);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}
