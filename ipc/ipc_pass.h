/*
 * ipc/ipc_pass.h - a message of the kernel's that goes, with the processor, to
 * a thread that waits for it.
 */
#ifndef IPC_IPC_PASS_H
#define IPC_IPC_PASS_H

#include <ipc/ipc_port.h>
#include <kern/thread.h>
#include <mach/message.h>

/*
 * message, on the current thread's stack, has its size, id, destination (a
 * send right that is the kernel's) and body.  If a thread waits for it, the
 * current one, which has asserted a wait on an event and holds nothing, blocks
 * with this continuation, and the caller is that other thread from here on, on
 * the same stack; it goes on by
 * ipc_pass_right and ipc_pass_arrive.  False: nothing has changed;
 * or the wait is over, which clear_wait tells.
 */
bool		 ipc_pass(mach_msg_header_t *message,
		    continuation_t continuation);
/*
 * A word of a passed message's body is a port of the kernel's: a send right is
 * made of it, which gets a name.  *hint, a word that any holder of the port may
 * write, is the name that it had last time, or 0.  Returns what is wrong with
 * the body then, for ipc_pass_arrive.
 */
mach_msg_return_t ipc_pass_right(struct ipc_port **right,
		    mach_port_name_t *hint);
/* The passed message goes to the buffer that waits for it. */
void		 ipc_pass_arrive(mach_msg_header_t *message,
		    mach_msg_return_t mr) __attribute__((noreturn));

#endif
