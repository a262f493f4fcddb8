/*
 * ipc/mach_msg_fast.h - between mach_msg.c and its fast path.
 */
#ifndef IPC_MACH_MSG_FAST_H
#define IPC_MACH_MSG_FAST_H

#include <ipc/mach_msg_args.h>
#include <kern/types.h>
#include <mach/message.h>

struct ipc_kmsg;

#define MACH_MSG_FAST_MAX	8192u	/* bytes, header included */
#define MACH_MSG_FAST_BODIES	(MACH_MSG_FAST_MAX - sizeof(mach_msg_header_t) + 1)

/* Sizes of body below this go fast: MACH_MSG_FAST_BODIES, or 0; fixed after
 * boot. */
extern uint32_t mach_msg_fast_bodies;
/* All go the long way: for tests, by the word "slow-ipc" of the kernel's
 * command line.  Called while it boots. */
void	mach_msg_fast_off(void);

/* The continuation of every receive by mach_msg. */
void	mach_msg_receive_continue(void);

/* Any mach_msg, the long way. */
mach_msg_return_t mach_msg_slow(const struct mach_msg_args *args);
/* The rest of it when the message is in kernel form (consumed). */
mach_msg_return_t mach_msg_send_rest(const struct mach_msg_args *args,
		    struct ipc_kmsg *kmsg);
/* Only the receive half, if the options ask for one. */
mach_msg_return_t mach_msg_receive_rest(const struct mach_msg_args *args);

/*
 * A short message that carries rights or memory, or goes to a routine of the
 * kernel's whose reply does.  The send-only ones go to the kernel.  Leaves by
 * thread_syscall_return; returns if it was not taken, and then nothing has
 * changed.
 */
#define MACH_MSG_COMPLEX_MAX	256u	/* bytes of such a message */
void	mach_msg_complex(const struct mach_msg_call *call);

#endif
