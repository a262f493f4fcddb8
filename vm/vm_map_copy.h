/*
 * vm/vm_map_copy.h - snapshots in transit, seen by the rest of vm/; others
 * use vm_map.h.
 */
#ifndef VM_VM_MAP_COPY_H
#define VM_VM_MAP_COPY_H

#include <vm/vm_map.h>

struct vm_object;
struct vm_page;

void		 vm_map_copy_init(void);
/* A copy of all of an object's size bytes; takes the object's reference. NULL: no memory, reference kept. */
vm_map_copy_t	 vm_map_copy_from_object(struct vm_object *object,
		    vm_size_t size);
/*
 * The page at offset (aligned to pages of the copy's first byte's page): the
 * page itself if the copy alone has it (then it leaves the copy, busy and in
 * no object), or NULL: read it.
 */
struct vm_page	*vm_map_copy_steal_page(vm_map_copy_t copy, vm_offset_t offset);
/* Whether its first byte begins a page. */
bool		 vm_map_copy_page_aligned(vm_map_copy_t copy);
/* Copy the page at offset into dst, a page in the caller's hands; zeros too. */
kern_return_t	 vm_map_copy_read_page(vm_map_copy_t copy, vm_offset_t offset,
		    struct vm_page *dst);

#endif
