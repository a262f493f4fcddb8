/*
 * vm/vm_map_copy.h - snapshots in transit, seen by the rest of vm/; others
 * use vm_map.h.
 */
#ifndef VM_VM_MAP_COPY_H
#define VM_VM_MAP_COPY_H

#include <vm/vm_map_internal.h>

struct vm_object;
struct vm_page;

/* The holder's own; entries cover whole pages from 0 without holes. */
struct vm_map_copy {
	vm_size_t	  size;		/* bytes */
	vm_offset_t	  offset;	/* of the first byte in its page */
	struct queue	  entries;	/* of struct vm_map_entry, node.link */
};

static inline struct vm_map_entry *
copy_entry(struct queue *q)
{
	return queue_element(q, struct vm_map_entry, node.link);
}

void		 vm_map_copy_init(void);
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
