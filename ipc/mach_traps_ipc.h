/*
 * ipc/mach_traps_ipc.h - the traps that ipc/ serves, for the trap table.
 *
 * Addresses are the user's.  Called on the trapping thread with nothing held;
 * mach_msg_trap may leave by thread_syscall_return instead of returning.
 */
#ifndef IPC_MACH_TRAPS_IPC_H
#define IPC_MACH_TRAPS_IPC_H

#include <mach/message.h>
#include <mach/port.h>
#include <machine/cpu.h>

/* The arguments of mach_msg_trap, as the user pushed them. */
struct mach_msg_args {
	void		   *msg;
	mach_msg_option_t   option;
	mach_msg_size_t	    send_size;
	mach_msg_size_t	    rcv_size;
	mach_port_name_t    rcv_name;
	mach_msg_timeout_t  timeout;
	mach_port_name_t    notify;
};

/* The machine calls it for its trap number, not through mach_trap_table. */
mach_msg_return_t mach_msg_trap(struct mach_msg_args *args);
mach_port_name_t mach_reply_port(void);
mach_port_name_t mach_thread_self(void);
mach_port_name_t mach_task_self(void);
mach_port_name_t mach_host_self(void);

TRAP_ROUTINE
kern_return_t	 syscall_mach_port_allocate(mach_port_name_t task,
		    mach_port_right_t right, mach_port_name_t *name);
TRAP_ROUTINE
kern_return_t	 syscall_mach_port_deallocate(mach_port_name_t task,
		    mach_port_name_t name);
TRAP_ROUTINE
kern_return_t	 syscall_mach_port_insert_right(mach_port_name_t task,
		    mach_port_name_t name, mach_port_name_t right,
		    mach_msg_type_name_t right_type);
TRAP_ROUTINE
kern_return_t	 syscall_mach_port_allocate_name(mach_port_name_t task,
		    mach_port_right_t right, mach_port_name_t name);

#endif
