/*
 * kern/syscall_subr.h - the system call traps of kern/, as the table calls
 * them.  Names of ports are the caller's, pointers are user addresses.
 */
#ifndef KERN_SYSCALL_SUBR_H
#define KERN_SYSCALL_SUBR_H

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>
#include <machine/cpu.h>

kern_return_t kern_invalid(void);	/* a gap in the table */
kern_return_t null_port(void);		/* a gap that answers MACH_PORT_NULL */
TRAP_ROUTINE
kern_return_t trap_mach_print(const char *user_string);
TRAP_ROUTINE
kern_return_t trap_swtch(void);
TRAP_ROUTINE
kern_return_t trap_swtch_pri(int ignored);
TRAP_ROUTINE
kern_return_t trap_thread_switch(mach_port_name_t thread_name, int option,
	    mach_msg_timeout_t option_time);
TRAP_ROUTINE
kern_return_t syscall_task_create(mach_port_name_t parent_name,
	    boolean_t inherit_memory, mach_port_name_t *user_child);
TRAP_ROUTINE
kern_return_t syscall_task_terminate(mach_port_name_t name);
TRAP_ROUTINE
kern_return_t syscall_task_suspend(mach_port_name_t name);
TRAP_ROUTINE
kern_return_t syscall_task_set_special_port(mach_port_name_t name, int which,
	    mach_port_name_t port_name);
TRAP_ROUTINE
kern_return_t syscall_thread_depress_abort(mach_port_name_t name);

#endif
