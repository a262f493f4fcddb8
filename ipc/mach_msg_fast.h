/*
 * ipc/mach_msg_fast.h - between mach_msg.c and its fast path.
 */
#ifndef IPC_MACH_MSG_FAST_H
#define IPC_MACH_MSG_FAST_H

#include <ipc/mach_traps_ipc.h>
#include <kern/types.h>
#include <mach/message.h>

#define MACH_MSG_FAST_MAX	8192u	/* bytes, header included */
#define MACH_MSG_FAST_BODIES	(MACH_MSG_FAST_MAX - sizeof(mach_msg_header_t) + 1)

/* Sizes of body below this go fast: MACH_MSG_FAST_BODIES, or 0 by the word
 * "slow-ipc" of the kernel's command line; fixed after boot. */
extern uint32_t mach_msg_fast_bodies;

/* The continuation of every receive by mach_msg. */
void	mach_msg_receive_continue(void);

/*
 * Try a send and receive with no other options; send_size is a multiple of 4
 * from a header's to MACH_MSG_FAST_MAX.  Returns only if it was not taken,
 * and then nothing has changed.
 */
void	mach_msg_fast(const struct mach_msg_args *args);

#endif
