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
 * the same stack; it goes on by ipc_pass_arrive.  False: nothing has changed;
 * or the wait is over, which clear_wait tells.
 */
bool		 ipc_pass(mach_msg_header_t *message,
		    continuation_t continuation);
/*
 * The passed message arrives at its receiver: *right, a word of its body, is a
 * send right (consumed) that gets a name, and all of it goes to the buffer that
 * waits for it.
 */
void		 ipc_pass_arrive(mach_msg_header_t *message,
		    struct ipc_port **right) __attribute__((noreturn));

#endif
