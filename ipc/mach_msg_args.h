/*
 * ipc/mach_msg_args.h - what a thread has called mach_msg with.
 */
#ifndef IPC_MACH_MSG_ARGS_H
#define IPC_MACH_MSG_ARGS_H

#include <mach/message.h>
#include <mach/port.h>

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

/*
 * The machine puts it into the thread's pcb at the trap.  There it stays until
 * the next trap or exception from user mode: a receive that waits goes on by
 * it.
 */
struct mach_msg_call {
	/* of the message, if option is MACH_SEND_MSG | MACH_RCV_MSG: what a
	 * sender says in its header, read once */
	mach_msg_bits_t	    bits;
	mach_port_name_t    remote;
	mach_port_name_t    local;
	mach_msg_id_t	    id;

	struct mach_msg_args args;
};

#endif
