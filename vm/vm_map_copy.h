/*
 * vm/vm_map_copy.h - snapshots in transit, seen by the rest of vm/; others
 * use vm_map.h.
 */
#ifndef VM_VM_MAP_COPY_H
#define VM_VM_MAP_COPY_H

#include <vm/vm_map_internal.h>

struct vm_object;
struct vm_page;

/*
 * The holder's own.  A copy is the first of its entries, which are a ring by
 * node.link and cover whole pages from 0 without holes.
 */
struct vm_map_copy {
	struct vm_map_entry first;	/* loose: size, offset of the first byte */
};

static inline vm_size_t
copy_size(const struct vm_map_copy *copy)
{
	return copy->first.node.loose[0];
}

/* Of the first byte in its page. */
static inline vm_offset_t
copy_offset(const struct vm_map_copy *copy)
{
	return copy->first.node.loose[1];
}

/* The entry after one of the copy's, or NULL. */
static inline struct vm_map_entry *
copy_next(struct vm_map_copy *copy, struct vm_map_entry *entry)
{
	entry = queue_element(entry->node.link.next, struct vm_map_entry,
	    node.link);
	return entry != &copy->first ? entry : NULL;
}

/* The entry that holds the page at at; NULL past the end. */
struct vm_map_entry *vm_map_copy_entry_at(vm_map_copy_t copy, vm_offset_t at);
/* A copy of all of an object's size bytes; takes the object's reference. NULL: no memory, reference kept. */
vm_map_copy_t	 vm_map_copy_from_object(struct vm_object *object,
		    vm_size_t size);
/*
 * The page at offset (aligned to pages of the copy's first byte's page): the
 * page itself if the copy alone has it (then it leaves the copy, busy and in
 * no object), or NULL: read it.
 */
struct vm_page	*vm_map_copy_steal_page(vm_map_copy_t copy, vm_offset_t offset);
/* Copy the page at offset into dst, a page in the caller's hands; zeros too. */
kern_return_t	 vm_map_copy_read_page(vm_map_copy_t copy, vm_offset_t offset,
		    struct vm_page *dst);

#endif
