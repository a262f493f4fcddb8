/*
 * libmach/msg.c - mach_msg: the trap, and again when it was interrupted.
 *
 * The first trap is in i386/traps.S, which calls this for any other result
 * than success.
 *
 * Owns nothing.  A thread_abort ends the trap with MACH_SEND_INTERRUPTED or
 * MACH_RCV_INTERRUPTED; a caller that wants to see these passes
 * MACH_SEND_INTERRUPT or MACH_RCV_INTERRUPT, which the kernel ignores.
 */
#include <mach/message.h>

#define LIBRARY_OPTIONS	(MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT)

/* The caller's, on its stack. */
struct mach_msg_args {
	mach_msg_header_t  *msg;
	mach_msg_option_t   option;
	mach_msg_size_t	    send_size;
	mach_msg_size_t	    rcv_size;
	mach_port_name_t    rcv_name;
	mach_msg_timeout_t  timeout;
	mach_port_name_t    notify;
};

mach_msg_return_t __mach_msg_again(mach_msg_return_t mr,
	    const struct mach_msg_args *args);

mach_msg_return_t
__mach_msg_again(mach_msg_return_t mr, const struct mach_msg_args *args)
{
	mach_msg_option_t option = args->option & ~LIBRARY_OPTIONS;

	if (!(args->option & MACH_SEND_INTERRUPT))
		while (mr == MACH_SEND_INTERRUPTED)
			mr = mach_msg_trap(args->msg, option, args->send_size,
			    args->rcv_size, args->rcv_name, args->timeout,
			    args->notify);
	/* What was sent is not sent again. */
	if (!(args->option & MACH_RCV_INTERRUPT))
		while (mr == MACH_RCV_INTERRUPTED)
			mr = mach_msg_trap(args->msg, option & ~MACH_SEND_MSG,
			    0, args->rcv_size, args->rcv_name, args->timeout,
			    args->notify);
	return mr;
}
