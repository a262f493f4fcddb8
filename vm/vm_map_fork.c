/*
 * vm/vm_map_fork.c - the address space that a child task begins with.
 *
 * Owns:       nothing.
 * Locks:      the parent's map, for writing; the child's is not known yet.
 * Source:     SOSP 1987 paper, section 5.1: a shared range is one object in
 *             both maps, and each map keeps its own rights.
 */
#include <kern/debug.h>
#include <vm/pmap.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

kern_return_t
vm_map_entry_share(struct vm_map *map, struct vm_map_entry *entry)
{
	kern_return_t kr;

	kr = vm_map_entry_make_writable(map, entry);
	if (kr != KERN_SUCCESS)
		return kr;
	vm_object_lock(entry->object);
	if (entry->object->internal) {
		entry->object->shared = true;
		entry->object->pure_copy = false;
	}
	vm_object_unlock(entry->object);
	entry->is_shared = true;
	vm_object_reference(entry->object);
	return KERN_SUCCESS;
}

static kern_return_t
fork_share(struct vm_map *parent, struct vm_map_entry *entry,
    vm_offset_t start, struct vm_map_entry *new)
{
	kern_return_t kr = vm_map_entry_share(parent, entry);

	if (kr != KERN_SUCCESS)
		return kr;
	new->object = entry->object;
	new->offset = entry->offset + (start - entry_start(entry));
	new->is_shared = true;
	return KERN_SUCCESS;
}

/*
 * Give child what entry passes on, from start; the parent may be unlocked for
 * a while.
 */
static kern_return_t
fork_entry(struct vm_map *parent, struct vm_map_entry *entry,
    vm_offset_t start, struct vm_map *child)
{
	struct vm_map_entry *new;
	kern_return_t kr;

	if (entry->inheritance == VM_INHERIT_NONE)
		return KERN_SUCCESS;
	new = vm_map_entry_alloc();
	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	new->node.start = start;
	new->node.end = entry_end(entry);
	new->protection = entry->protection;
	new->max_protection = entry->max_protection;
	new->inheritance = entry->inheritance;
	if (entry->inheritance == VM_INHERIT_SHARE)
		kr = fork_share(parent, entry, start, new);
	else
		kr = vm_map_entry_snapshot(parent, entry, start,
		    entry_end(entry), new);
	if (kr != KERN_SUCCESS) {
		vm_map_entry_free(new);
		return kr;
	}
	vm_map_entry_append(child, new);
	return KERN_SUCCESS;
}

/* Whether the parent stays locked while an entry is passed on. */
static inline bool
entry_quick(const struct vm_map_entry *entry)
{
	return entry->inheritance != VM_INHERIT_COPY ||
	    entry->object == NULL || (entry->wired_count == 0 &&
	    vm_object_symmetric(entry->object));
}

static kern_return_t
fork_entries(struct vm_map *parent, struct vm_map *child)
{
	vm_offset_t at = parent->min_offset, end = parent->max_offset, start;
	struct vm_map_entry *entry = NULL;
	kern_return_t kr = KERN_SUCCESS;
	bool quick = false;

	while (kr == KERN_SUCCESS) {
		if (vm_map_wait_transition(parent, at, end)) {
			quick = false;
			continue;
		}
		entry = quick ? entry_next(parent, entry) :
		    vm_map_lookup_entry(parent, at, true);
		if (entry == NULL)
			break;
		quick = entry_quick(entry);
		start = max_of(at, entry_start(entry));
		at = entry_end(entry);
		kr = fork_entry(parent, entry, start, child);
	}
	vm_map_entries_linked(child);
	return kr;
}

struct vm_map *
vm_map_fork(struct vm_map *parent)
{
	struct pmap *pmap = pmap_create();
	struct vm_map *child;
	kern_return_t kr;

	if (pmap == NULL)
		return NULL;
	child = vm_map_create(pmap, parent->min_offset, parent->max_offset);
	if (child == NULL) {
		pmap_destroy(pmap);
		return NULL;
	}
	rwlock_write(&parent->lock);
	child->exec_strict = parent->exec_strict;
	child->write_only = parent->write_only;
	pmap_set_exec_strict(pmap, parent->exec_strict);
	kr = fork_entries(parent, child);
	rwlock_done(&parent->lock);
	if (kr != KERN_SUCCESS) {
		vm_map_deallocate(child);
		return NULL;
	}
	return child;
}
