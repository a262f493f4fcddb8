/*
 * vm/vm_map_rights.c - what a task may do with its memory, what its children
 * get of it, and which of it stays resident.
 *
 * Owns:       nothing.
 * Locks:      the map's, for writing; not while pages are faulted in to be
 *             wired, when in_transition keeps their entries as they are.
 */
#include <kern/debug.h>
#include <kern/thread.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/* Whether the maxima of all that is mapped in a range allow prot; map locked. */
static kern_return_t
protection_allowed(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot)
{
	struct vm_map_entry *entry;

	for (entry = vm_map_lookup_entry(map, start, true);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry))
		if ((prot & ~entry->max_protection) != 0)
			return KERN_PROTECTION_FAILURE;
	return KERN_SUCCESS;
}

static void
entry_protect(struct vm_map *map, struct vm_map_entry *entry, vm_prot_t prot,
    bool set_max)
{
	vm_prot_t old = entry->protection;

	if (set_max)
		entry->max_protection = prot;
	entry->protection = set_max ? old & prot : prot;
	vm_map_note_rights(map, entry->protection);
	/* What is gained is mapped at the next fault. */
	if ((old & ~entry->protection) != 0 && entry->mapped)
		pmap_protect(map->pmap, entry_start(entry), entry_end(entry),
		    entry->protection);
}

/*
 * Restrict or widen access to part of an address space.
 *
 * start, end   whole pages; what is not mapped between them is passed over.
 * Locks        takes map for writing; call with nothing held.  May sleep.
 * Returns      KERN_SUCCESS
 *              KERN_PROTECTION_FAILURE  prot exceeds some entry's maximum
 *              KERN_RESOURCE_SHORTAGE   no memory for entries
 *              On an error no rights have changed.
 * Source       kernel interface manual, vm_protect; as in GNU Mach a hole is
 *              no error.
 */
kern_return_t
vm_map_protect(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot, bool set_max)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	if (start >= end)
		return KERN_SUCCESS;
	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = protection_allowed(map, start, end, prot);
	if (kr == KERN_SUCCESS)
		kr = vm_map_clip_ends(map, start, end, &entry);
	if (kr == KERN_SUCCESS)
		for (; entry != NULL && entry_start(entry) < end;
		    entry = entry_next(map, entry))
			entry_protect(map, entry, prot, set_max);
	vm_map_simplify_range(map, start, end);
	rwlock_done(&map->lock);
	return kr;
}

/* Holes are no error: what is mapped in the range changes. */
kern_return_t
vm_map_inherit(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_inherit_t inheritance)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	if (start >= end)
		return KERN_SUCCESS;
	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = vm_map_clip_ends(map, start, end, &entry);
	if (kr == KERN_SUCCESS)
		for (; entry != NULL && entry_start(entry) < end;
		    entry = entry_next(map, entry))
			entry->inheritance = inheritance;
	vm_map_simplify_range(map, start, end);
	rwlock_done(&map->lock);
	return kr;
}

/* Let go of the wiring of the first pages of an entry, up to end. */
static void
pages_unwire(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_page *page;
	vm_offset_t va;
	phys_addr_t pa;

	for (va = start; va < end; va += PAGE_SIZE) {
		pa = pmap_extract(map->pmap, va);
		page = pa != 0 ? vm_page_lookup_phys(pa) : NULL;
		if (page == NULL)
			continue;
		pmap_change_wiring(map->pmap, va, false);
		vm_page_unwire(page);
	}
}

void
vm_map_entry_unwire(struct vm_map *map, struct vm_map_entry *entry)
{
	pages_unwire(map, entry_start(entry), entry_end(entry));
	entry->wired_count = 0;
	map->wired_size -= entry_size(entry);
}

/* Whether every entry of a mapped range may be wired for access. */
static kern_return_t
wiring_allowed(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t end, vm_prot_t access)
{
	for (; entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry)) {
		if ((access & ~entry->protection) != 0)
			return KERN_PROTECTION_FAILURE;
		if (access != VM_PROT_NONE && entry->wired_count == UINT16_MAX)
			return KERN_RESOURCE_SHORTAGE;
		if (access == VM_PROT_NONE && entry->wired_count == 0)
			return KERN_INVALID_ARGUMENT;
	}
	return KERN_SUCCESS;
}

/* One wiring less. */
static void
entry_unwire(struct vm_map *map, struct vm_map_entry *entry)
{
	if (entry->wired_count == 1)
		vm_map_entry_unwire(map, entry);
	else
		entry->wired_count--;
}

/* The same of all entries up to end that are wired at all. */
static void
range_unwire(struct vm_map *map, struct vm_map_entry *entry, vm_offset_t end)
{
	for (; entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry))
		if (entry->wired_count != 0)
			entry_unwire(map, entry);
}

/*
 * Fault in and wire the pages of entries that were not wired yet; they are in
 * transition, so the map may be unlocked meanwhile.  *done tells how far
 * that went.
 */
static kern_return_t
range_fault_in(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t access, vm_offset_t *done)
{
	kern_return_t kr = KERN_SUCCESS;
	vm_offset_t va;

	for (va = start; va < end && kr == KERN_SUCCESS; va += PAGE_SIZE)
		kr = vm_fault(map, va, access, true);
	*done = kr == KERN_SUCCESS ? end : va - PAGE_SIZE;
	return kr;
}

/* Wire one entry, in transition; map locked before and after. */
static kern_return_t
entry_wire(struct vm_map *map, struct vm_map_entry *entry, vm_prot_t access)
{
	vm_offset_t start = entry_start(entry), end = entry_end(entry), done;
	kern_return_t kr;

	if (entry->wired_count != 0) {
		entry->wired_count++;
		return KERN_SUCCESS;
	}
	kr = vm_map_entry_make_writable(map, entry);
	if (kr != KERN_SUCCESS)
		return kr;
	entry->wired_count = 1;
	map->wired_size += end - start;
	rwlock_done(&map->lock);
	kr = range_fault_in(map, start, end, access, &done);
	rwlock_write(&map->lock);
	if (kr == KERN_SUCCESS)
		return KERN_SUCCESS;
	pages_unwire(map, start, done);
	entry->wired_count = 0;
	map->wired_size -= end - start;
	return kr;
}

/* in_transition: who wires the entry.  Of BY_ALL there is one at a time. */
enum { BY_RANGE = 1, BY_ALL };

/* Note which entries of a range are going to be wired. */
static void
transition_begin(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    unsigned by)
{
	struct vm_map_entry *entry;

	map->wirings++;
	for (entry = vm_map_lookup_entry(map, start, true);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry))
		if (by == BY_RANGE || (entry->wired_count == 0 &&
		    entry->protection != VM_PROT_NONE))
			entry->in_transition = by;
}

static void
transition_end(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    unsigned by)
{
	struct vm_map_entry *entry;
	bool wakeup = false;

	map->wirings--;
	for (entry = vm_map_lookup_entry(map, start, true);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry)) {
		if (entry->in_transition != by)
			continue;
		entry->in_transition = 0;
		wakeup |= entry->wakeup_wanted;
		entry->wakeup_wanted = false;
	}
	if (wakeup)
		thread_wakeup(map);
}

/*
 * Wire the entries of a range, BY_ALL those that may be used and are not
 * wired, each as it may be used; all or none.  The map is unlocked meanwhile:
 * entries that are not in transition may come and go.
 */
static kern_return_t
range_wire(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t access, unsigned by)
{
	struct vm_map_entry *entry, *undo;
	kern_return_t kr = KERN_SUCCESS;

	transition_begin(map, start, end, by);
	for (entry = vm_map_lookup_entry(map, start, true);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry)) {
		if (entry->in_transition != by)
			continue;
		kr = entry_wire(map, entry, by == BY_ALL ? entry->protection :
		    access);
		if (kr != KERN_SUCCESS)
			break;
	}
	if (kr != KERN_SUCCESS)
		for (undo = vm_map_lookup_entry(map, start, true);
		    undo != entry; undo = entry_next(map, undo))
			if (undo->in_transition == by)
				entry_unwire(map, undo);
	transition_end(map, start, end, by);
	return kr;
}

kern_return_t
vm_map_wire(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t access)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	if (start >= end)
		return KERN_SUCCESS;
	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = vm_map_clip_range(map, start, end, &entry);
	if (kr == KERN_SUCCESS)
		kr = wiring_allowed(map, entry, end, access);
	if (kr == KERN_SUCCESS && access == VM_PROT_NONE)
		range_unwire(map, entry, end);
	else if (kr == KERN_SUCCESS)
		kr = range_wire(map, start, end, access, BY_RANGE);
	vm_map_simplify_range(map, start, end);
	rwlock_done(&map->lock);
	return kr;
}

kern_return_t
vm_map_wire_all(struct vm_map *map, vm_wire_t flags)
{
	vm_offset_t start = map->min_offset, end = map->max_offset;
	kern_return_t kr = KERN_SUCCESS;
	bool future;

	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	future = map->wire_future;
	if (flags != VM_WIRE_CURRENT)
		map->wire_future = (flags & VM_WIRE_FUTURE) != 0;
	if (flags == VM_WIRE_NONE)
		range_unwire(map, vm_map_lookup_entry(map, start, true), end);
	else if (flags & VM_WIRE_CURRENT)
		kr = range_wire(map, start, end, VM_PROT_NONE, BY_ALL);
	if (kr != KERN_SUCCESS)
		map->wire_future = future;
	vm_map_simplify_range(map, start, end);
	rwlock_done(&map->lock);
	return kr;
}
