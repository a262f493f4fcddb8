/*
 * ipc/mach_traps_ipc.h - the traps that ipc/ serves, for the trap table.
 *
 * Addresses are the user's.  Called on the trapping thread with nothing held.
 */
#ifndef IPC_MACH_TRAPS_IPC_H
#define IPC_MACH_TRAPS_IPC_H

#include <mach/message.h>
#include <mach/port.h>
#include <machine/cpu.h>

struct thread;

/*
 * mach_msg, which the machine calls by its trap number, not through
 * mach_trap_table, when the current thread's pcb.call is filled in: _rpc if the
 * option is MACH_SEND_MSG | MACH_RCV_MSG and the message's header could be
 * read, _trap else.  What either may leave by is thread_syscall_return.
 */
mach_msg_return_t mach_msg_trap(struct thread *self);
extern mach_msg_return_t (*mach_msg_rpc)(struct thread *self);

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
