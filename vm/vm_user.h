/*
 * vm/vm_user.h - memory calls as traps; vm/vm_traps.c.
 *
 * The pointers are the user's.  A task that is not named by a send right of
 * the caller's gets MACH_SEND_INTERRUPTED: the library then sends a message.
 */
#ifndef VM_VM_USER_H
#define VM_VM_USER_H

#include <kern/types.h>
#include <mach/port.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <machine/cpu.h>

TRAP_ROUTINE
kern_return_t	 syscall_vm_map(mach_port_name_t task, vm_offset_t *address,
		    vm_size_t size, vm_offset_t mask, boolean_t anywhere,
		    mach_port_name_t memory_object, vm_offset_t offset,
		    boolean_t copy, vm_prot_t cur_prot, vm_prot_t max_prot,
		    vm_inherit_t inheritance);
TRAP_ROUTINE
kern_return_t	 syscall_vm_allocate(mach_port_name_t task,
		    vm_offset_t *address, vm_size_t size, boolean_t anywhere);
TRAP_ROUTINE
kern_return_t	 syscall_vm_deallocate(mach_port_name_t task,
		    vm_offset_t address, vm_size_t size);

#endif
