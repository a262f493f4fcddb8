/*
 * ipc/mach_msg_kernel.c - a short simple call to a kernel port, without
 * buffers: request and reply lie on the stack of the thread that makes it.
 *
 * Semantics are those of the long way (mach_msg.c, kern/ipc_kobject.c).  The
 * reply would be queued at the reply port and received from there at once, so
 * no send-once right is made for it: whether the name still denotes that port,
 * and nothing else came to it, is looked at when the reply is there.
 *
 * Owns:       nothing.
 * Locks:      for the reply the reply port's.
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/mach_msg_fast.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>

struct short_request {
	mach_msg_header_t head;
	char body[MACH_MSG_KERNEL_MAX - sizeof(mach_msg_header_t)];
};

/* Receive the reply from a locked port: only its header is left to do. */
static inline void
arrive(struct ipc_port *port, mach_msg_header_t *head)
{
	head->msgh_bits = MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND_ONCE);
	head->msgh_remote_port = IP_NULL;
	head->msgh_local_port =
	    (struct ipc_port *)(uintptr_t)port->receiver_name;
	head->msgh_seqno = port->seqno++;
	if (unlikely(port->has_payload)) {
		head->msgh_bits = MACH_MSGH_BITS(0,
		    MACH_MSG_TYPE_PROTECTED_PAYLOAD);
		head->msgh_local_port =
		    (struct ipc_port *)(uintptr_t)port->payload;
	}
}

/*
 * Queue the reply: it is too large, others wait at the locked port, or this is
 * in a set by now.
 */
static mach_msg_return_t
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

/* What the call's receive half would have done, if the reply is not at hand. */
static mach_msg_return_t
receive(const struct mach_msg_args *args)
{
	struct mach_msg_args rest = *args;

	rest.option = MACH_RCV_MSG;
	return mach_msg_slow(&rest);
}

static mach_msg_return_t
take_reply(const struct mach_msg_args *args, struct task *task,
    struct ipc_port *port, mach_msg_header_t *head)
{
	mach_msg_return_t mr;

	ip_lock(port);
	if (unlikely(port->receiver != task->space ||
	    port->receiver_name != args->rcv_name)) {
		ip_unlock(port);
		return receive(args);	/* the reply went with its port */
	}
	if (unlikely(port->pset != NULL || !queue_empty(&port->msgs) ||
	    !queue_empty(&port->head.receivers) ||
	    head->msgh_size > args->rcv_size)) {
		mr = queue_reply(port, head);
		return mr == MACH_MSG_SUCCESS ? receive(args) : mr;
	}
	arrive(port, head);
	ip_unlock(port);
	task->messages_received++;
	return copyoutmsg(head, args->msg, head->msgh_size) == 0 ?
	    MACH_MSG_SUCCESS : MACH_RCV_INVALID_DATA;
}

bool
mach_msg_kernel(const struct mach_msg_args *args, struct ipc_port *dest,
    struct ipc_port *reply_port, mach_msg_id_t id, mach_msg_return_t *mr)
{
	struct task *task = current_thread()->task;
	struct short_request request;
	struct kobject_reply reply;

	if (copyinmsg((const mach_msg_header_t *)args->msg + 1, request.body,
	    args->send_size - sizeof(request.head)) != 0) {
		ipc_port_release(dest);
		ipc_port_release(reply_port);
		return false;
	}
	request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND,
	    MACH_MSG_TYPE_PORT_SEND_ONCE);
	request.head.msgh_size = args->send_size;
	request.head.msgh_remote_port = dest;
	request.head.msgh_local_port = IP_NULL;
	request.head.msgh_id = id;
	task->messages_sent++;
	ipc_kobject_server_short(&request.head, &reply);
	ipc_port_release(dest);
	*mr = take_reply(args, task, reply_port, &reply.head.Head);
	ipc_port_release(reply_port);
	return true;
}
