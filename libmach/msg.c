/*
 * libmach/msg.c - mach_msg: the trap, and again when it was interrupted.
 *
 * Owns nothing.  A thread_abort ends the trap with MACH_SEND_INTERRUPTED or
 * MACH_RCV_INTERRUPTED; a caller that wants to see these passes
 * MACH_SEND_INTERRUPT or MACH_RCV_INTERRUPT, which the kernel ignores.
 */
#include <mach/message.h>

#define LIBRARY_OPTIONS	(MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT)

mach_msg_return_t
mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify)
{
	mach_msg_option_t kernel_option = option & ~LIBRARY_OPTIONS;
	mach_msg_return_t mr;

	mr = mach_msg_trap(msg, kernel_option, send_size, rcv_size, rcv_name,
	    timeout, notify);
	if (!(option & MACH_SEND_INTERRUPT))
		while (mr == MACH_SEND_INTERRUPTED)
			mr = mach_msg_trap(msg, kernel_option, send_size,
			    rcv_size, rcv_name, timeout, notify);
	/* What was sent is not sent again. */
	if (!(option & MACH_RCV_INTERRUPT))
		while (mr == MACH_RCV_INTERRUPTED)
			mr = mach_msg_trap(msg, kernel_option & ~MACH_SEND_MSG,
			    0, rcv_size, rcv_name, timeout, notify);
	return mr;
}
