/*
 * libmach/msg_server.c - a server's loop: receive, answer, receive.
 *
 * Owns:       two buffers for each thread in the loop.
 * Invariant:  each request is either answered with success, when its routine
 *             has taken over what it brought, or destroyed (MIG's rule).
 */
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/vm_param.h>

struct buffers {
	mach_msg_header_t	*request;
	mig_reply_header_t	*reply;
	vm_size_t		 size;		/* of each, whole pages */
};

static kern_return_t
buffers_make(struct buffers *b, mach_msg_size_t max_size)
{
	vm_address_t addr = 0;
	kern_return_t kr;

	b->size = round_page(max_size);
	kr = vm_allocate(mach_task_self(), &addr, 2 * b->size, TRUE);
	b->request = (mach_msg_header_t *) addr;
	b->reply = (mig_reply_header_t *) (addr + b->size);
	return kr;
}

/* The reply port is the client's: it is not destroyed with its request. */
static void
request_destroy(mach_msg_header_t *request)
{
	request->msgh_remote_port = MACH_PORT_NULL;
	mach_msg_destroy(request);
}

/*
 * Let demux answer the request.  Returns whether there is a reply to send.
 */
static boolean_t
request_serve(struct buffers *b, mach_msg_demux_t demux)
{
	mig_reply_header_t *reply = b->reply;

	demux(b->request, &reply->Head);
	if (!(reply->Head.msgh_bits & MACH_MSGH_BITS_COMPLEX)
	    && reply->RetCode != KERN_SUCCESS) {
		if (reply->RetCode == MIG_NO_REPLY)
			return FALSE;
		request_destroy(b->request);
		if (reply->RetCode == MIG_DESTROY_REQUEST) {
			mach_msg_abandon(&reply->Head);
			return FALSE;
		}
	}
	if (reply->Head.msgh_remote_port == MACH_PORT_NULL) {
		mach_msg_abandon(&reply->Head);
		return FALSE;
	}
	return TRUE;
}

/*
 * Send the reply to a client that may be gone or, if it gave a send right and
 * not a send-once right, not be listening: the server waits for neither.
 */
static void
reply_send(mach_msg_header_t *reply)
{
	mach_msg_option_t option = MACH_SEND_MSG;
	mach_msg_return_t mr;

	if (MACH_MSGH_BITS_REMOTE(reply->msgh_bits)
	    != MACH_MSG_TYPE_MOVE_SEND_ONCE)
		option |= MACH_SEND_TIMEOUT;
	mr = mach_msg(reply, option, reply->msgh_size, 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (mr == MACH_SEND_INVALID_DEST || mr == MACH_SEND_TIMED_OUT)
		mach_msg_destroy(reply);
}

/* Whether a message has come, but not all that it carried. */
static boolean_t
is_body_error(mach_msg_return_t mr)
{
	return (mr & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR;
}

mach_msg_return_t
mach_msg_server_timeout(mach_msg_demux_t demux, mach_msg_size_t max_size,
    mach_port_t rcv_name, mach_msg_option_t option, mach_msg_timeout_t timeout)
{
	struct buffers b;
	mach_msg_return_t mr;

	mr = buffers_make(&b, max_size);
	if (mr != KERN_SUCCESS)
		return mr;
	do {
		mr = mach_msg(b.request, MACH_RCV_MSG | option, 0, max_size,
		    rcv_name, timeout, MACH_PORT_NULL);
		if (mr == MACH_MSG_SUCCESS && request_serve(&b, demux))
			reply_send(&b.reply->Head);
		if (is_body_error(mr))
			mach_msg_destroy(b.request);
		/* A message too large is gone; its sender sees that. */
	} while (mr == MACH_MSG_SUCCESS || is_body_error(mr)
	    || (mr == MACH_RCV_TOO_LARGE && !(option & MACH_RCV_LARGE)));
	vm_deallocate(mach_task_self(), (vm_address_t) b.request, 2 * b.size);
	return mr;
}

mach_msg_return_t
mach_msg_server(mach_msg_demux_t demux, mach_msg_size_t max_size,
    mach_port_t rcv_name)
{
	return mach_msg_server_timeout(demux, max_size, rcv_name,
	    MACH_MSG_OPTION_NONE, MACH_MSG_TIMEOUT_NONE);
}
