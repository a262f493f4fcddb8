/*
 * ipc/mach_msg_kernel.h - a short simple call to a kernel port, without
 * buffers: request and reply lie on the stack of the thread that makes it.
 * Part of mach_msg_fast.c.
 *
 * Semantics are those of the long way (mach_msg.c, kern/ipc_kobject.c).  The
 * reply would be queued at the reply port and received from there at once, so
 * no send-once right is made for it: whether the name still denotes that port,
 * and nothing else came to it, is looked at when the reply is there.
 *
 * Owns:       nothing.
 * Locks:      for the reply the reply port's.
 */
#ifndef IPC_MACH_MSG_KERNEL_H
#define IPC_MACH_MSG_KERNEL_H

#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/mach_msg_pass.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/served.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/user_access.h>

#define MACH_MSG_KERNEL_MAX	256u	/* bytes of such a call */

struct short_request {
	mach_msg_header_t head;
	char body[MACH_MSG_KERNEL_MAX - sizeof(mach_msg_header_t)];
};

/*
 * Queue the reply: it is too large, others wait at the locked port, or this is
 * in a set by now.
 */
static __attribute__((noinline)) mach_msg_return_t
queue_reply(struct ipc_port *port, mach_msg_header_t *head)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(head->msgh_size);

	if (kmsg == NULL) {
		ip_unlock(port);
		return MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL;
	}
	port->sorights++;
	refcount_take(&port->head.refs);
	ip_unlock(port);
	memcpy(&kmsg->header, head, head->msgh_size);
	kmsg->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE,
	    0);
	kmsg->header.msgh_remote_port = port;
	kmsg->header.msgh_local_port = IP_NULL;
	ipc_mqueue_send_always(kmsg);
	return MACH_MSG_SUCCESS;
}

/*
 * Receive the reply from a locked port of the caller's, which is unlocked:
 * only its header is left to do.
 */
static inline __attribute__((always_inline)) mach_msg_return_t
receive(struct ipc_port *port, const mach_msg_header_t *reply,
    mach_msg_header_t *user)
{
	struct arrival a;

	a = arrive(port, MACH_MSG_TYPE_PORT_SEND_ONCE);
	ip_unlock(port);
	if (unlikely(!user_header_write(user, MACH_MSGH_BITS(0, a.type),
	    reply->msgh_size, MACH_PORT_NAME_NULL, a.local, a.seqno,
	    reply->msgh_id)) ||
	    unlikely(!user_words_write(user + 1, reply + 1,
	    reply->msgh_size - sizeof(*reply))))
		return MACH_RCV_INVALID_DATA;
	return MACH_MSG_SUCCESS;
}

static inline __attribute__((always_inline)) mach_msg_return_t
take_reply(const struct mach_msg_args *args, struct task *task,
    struct ipc_port *port, mach_msg_header_t *head)
{
	mach_msg_return_t mr;

	ip_lock(port);
	if (unlikely(port->receiver != task->space ||
	    port->receiver_name != args->rcv_name)) {
		ip_unlock(port);
		return mach_msg_receive_rest(args);	/* the reply went with its port */
	}
	if (unlikely(!port_is_quiet(port) ||
	    !ipc_waiters_empty(&port->head.receivers) ||
	    head->msgh_size > args->rcv_size)) {
		mr = queue_reply(port, head);
		return mr == MACH_MSG_SUCCESS ? mach_msg_receive_rest(args) :
		    mr;
	}
	current_thread()->messages_received++;
	return receive(port, head, args->msg);
}

/*
 * Make the call, of an id that routine serves (see ipc_kobject_short).  Consumes
 * references to dest and to reply_port, which args->rcv_name denoted.
 */
static inline __attribute__((always_inline)) mach_msg_return_t
mach_msg_kernel(const struct mach_msg_args *args, struct ipc_port *dest,
    struct ipc_port *reply_port, mig_routine_t routine, mach_msg_id_t id)
{
	struct task *task = current_thread()->task;
	struct short_request request;
	struct kobject_reply reply;
	mach_msg_return_t mr;

	if (unlikely(!user_words_read((const mach_msg_header_t *)args->msg + 1,
	    request.body, args->send_size - sizeof(request.head)))) {
		ipc_port_release(dest);
		ipc_port_release(reply_port);
		return MACH_SEND_INVALID_DATA;
	}
	request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND,
	    MACH_MSG_TYPE_PORT_SEND_ONCE);
	request.head.msgh_size = args->send_size;
	request.head.msgh_remote_port = dest;
	request.head.msgh_local_port = IP_NULL;
	request.head.msgh_id = id;
	reply.head.Head.msgh_bits = 0;
	reply.head.Head.msgh_size = sizeof(reply.head);
	reply.head.Head.msgh_id = id + 100;
	reply.head.RetCodeType = KOBJECT_CODE_TYPE;
	current_thread()->messages_sent++;
	routine(&request.head, &reply.head.Head);
	served_note(id, reply.head.RetCode);
	assert(reply.head.Head.msgh_size <= sizeof(reply) &&
	    reply.head.Head.msgh_bits == 0 &&
	    reply.head.RetCode != MIG_NO_REPLY);
	ipc_port_release(dest);
	mr = take_reply(args, task, reply_port, &reply.head.Head);
	ipc_port_release(reply_port);
	return mr;
}

#endif
