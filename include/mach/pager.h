/*
 * mach/pager.h - a data manager: memory objects served by threads of their own.
 *
 * A pager is some threads; a pager object is a memory object that one of them
 * serves.  The program gives a table of functions; the library receives what
 * kernels ask of the object, checks it, keeps each kernel's ports, and answers.
 *
 * The functions run on the pager's threads, those for one object one at a time
 * and in the order of the kernel's messages.  They must touch no memory that
 * this same pager supplies: its thread would wait for itself.
 */
#ifndef MACH_PAGER_H
#define MACH_PAGER_H

#include <mach/mach_types.h>
#include <mach/message.h>

#ifndef KERNEL

struct pager;
struct pager_object;

struct pager_ops {
	/*
	 * Whole pages at offset, which lie within the object's size: *data
	 * points to size bytes, page aligned, that the kernel copies, and
	 * takes away from the pager if *dealloc is set.  *data left 0 says
	 * that there are none, and the memory reads as zero.  A code other
	 * than KERN_SUCCESS is what faults on these pages will fail with.
	 */
	kern_return_t	(*read)(void *cookie, vm_offset_t offset,
			    vm_size_t size, vm_offset_t *data,
			    boolean_t *dealloc);
	/*
	 * Changed pages come back; the library deallocates them afterwards.
	 * Null: changes are thrown away.
	 */
	void		(*write)(void *cookie, vm_offset_t offset,
			    vm_offset_t data, vm_size_t size);
	/*
	 * After pager_object_destroy: no kernel uses the object any more, and
	 * nothing will be called for it again.  May be null.
	 */
	void		(*gone)(void *cookie);
};

/*
 * Start a pager of some threads.  Returns KERN_SUCCESS, or the code of the
 * call that failed; threads that were started by then stay, without work.
 */
extern kern_return_t pager_create(const struct pager_ops *ops,
    unsigned int threads, struct pager **pager);

/*
 * Have one of the pager's threads also serve port, a receive right: its
 * messages go to demux, which MIG makes.
 */
extern kern_return_t pager_add_port(struct pager *pager, mach_port_t port,
    mach_msg_demux_t demux);

/*
 * Make a memory object of size bytes.  may_cache lets kernels keep its pages
 * while it is mapped nowhere.
 */
extern kern_return_t pager_object_create(struct pager *pager, void *cookie,
    vm_size_t size, boolean_t may_cache,
    memory_object_copy_strategy_t copy_strategy, struct pager_object **object);

/* The object's port: a send right, for vm_map; the object keeps it. */
extern mach_port_t pager_object_port(const struct pager_object *object);

/*
 * The program will not map the object again, nor use the pointer to it.  It
 * lives on as long as a kernel has it; then come gone and the object's end.
 */
extern void pager_object_destroy(struct pager_object *object);

#endif /* KERNEL */

#endif
