/*
 * ipc/mach_msg_fast.h - between mach_msg.c and its fast path.
 */
#ifndef IPC_MACH_MSG_FAST_H
#define IPC_MACH_MSG_FAST_H

#include <kern/types.h>
#include <mach/message.h>

#define MACH_MSG_FAST_MAX	256u	/* bytes, header included */

/* A message as it lies on the stack, with names in place of ports. */
struct mach_msg_fast {
	struct {
		mach_msg_bits_t	 bits;
		mach_msg_size_t	 size;
		mach_port_name_t remote;
		mach_port_name_t local;
		mach_port_seqno_t seqno;
		mach_msg_id_t	 id;
	} head;
	char body[MACH_MSG_FAST_MAX - sizeof(mach_msg_header_t)];
};

/* Word "slow-ipc" of the kernel's command line; fixed after boot. */
extern bool mach_msg_slow_only;

/* The continuation of every receive by mach_msg. */
void	mach_msg_receive_continue(void);

/*
 * Try a send and receive with no other options; send_size is a multiple of 4
 * from a header's to MACH_MSG_FAST_MAX.  Returns only if it was not taken,
 * and then nothing has changed.
 */
void	mach_msg_fast(void *msg, mach_msg_size_t send_size,
	    mach_msg_size_t rcv_size, mach_port_name_t rcv_name);

#endif
