/*
 * vm/vm_fault.h - page faults (paper, section 5.5).
 */
#ifndef VM_VM_FAULT_H
#define VM_VM_FAULT_H

#include <kern/types.h>
#include <mach/vm_prot.h>

struct vm_map;
struct vm_object;
struct vm_page;

/*
 * Make va accessible in map.  May sleep; an interruptible wait.
 * KERN_SUCCESS; KERN_INVALID_ADDRESS; KERN_PROTECTION_FAILURE;
 * KERN_MEMORY_ERROR, KERN_MEMORY_FAILURE (the pager failed or died);
 * KERN_RESOURCE_SHORTAGE (no page is to be had); KERN_ABORTED.
 * wiring: also wire the page (vm_map_wire).
 */
kern_return_t	 vm_fault(struct vm_map *map, vm_offset_t va, vm_prot_t access, bool wiring);

/*
 * The current thread faulted in user mode: resolve and return to user mode, or
 * raise EXC_BAD_ACCESS (code: the failure, subcode: address).  Waits with a
 * continuation.  Called with interrupts on and nothing held.
 */
void		 vm_fault_user(vm_offset_t va, vm_prot_t access) __attribute__((noreturn));

/*
 * Copy what object holds at offset (page aligned) into dst, a page in the
 * caller's hands.  *zero: it holds zeros, dst is untouched.  Nothing held;
 * waits for pagers, interruptibly.  As vm_fault's codes.
 */
kern_return_t	 vm_fault_read_page(struct vm_object *object,
		    vm_offset_t offset, struct vm_page *dst, bool *zero);
/* The same for bytes within one page, to kernel memory; zeros are stored. */
kern_return_t	 vm_fault_read(struct vm_object *object, vm_offset_t offset,
		    void *dst, vm_size_t size);
/*
 * Copy size bytes at src, kernel memory, into map at va, all within one page;
 * the page need not be mapped anywhere, but the map must allow writing.
 */
kern_return_t	 vm_fault_write(struct vm_map *map, vm_offset_t va,
		    const void *src, vm_size_t size);
/*
 * There was no page to be had: wait for one.  attempts is the caller's count,
 * 0 at first.  KERN_RESOURCE_SHORTAGE when trying again is useless;
 * KERN_ABORTED.  Nothing held.
 */
kern_return_t	 vm_fault_wait_memory(unsigned *attempts);

#endif
