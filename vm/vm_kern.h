/*
 * vm/vm_kern.h - the kernel's own memory above the direct map, and start-up.
 */
#ifndef VM_VM_KERN_H
#define VM_VM_KERN_H

#include <kern/types.h>

void		 vm_init(void);		/* zones, page structures, objects, kernel map, pagers; boot */
void		 vm_start_daemons(void);	/* pageout thread and helpers; when threads exist */

/*
 * Wired zeroed kernel memory of whole pages in kernel_map.  Never sleeps for
 * memory; takes kernel_map's lock, so no spin lock may be held.
 * KERN_RESOURCE_SHORTAGE, KERN_NO_SPACE.
 */
kern_return_t	 kmem_alloc(vm_offset_t *addr, vm_size_t size);
void		 kmem_free(vm_offset_t addr, vm_size_t size);
/* Whether memory is of kernel_map, rather than of the direct map. */
bool		 kmem_contains(const void *ptr);

#endif
