/*
 * ipc/mach_msg.c - the mach_msg trap: send, receive, or both.
 *
 * Owns:       thread->saved.msg while a receive waits with its continuation,
 *             which goes on by the thread's pcb.call.
 * Locks:      none held across a step, but what is received from: from the
 *             lookup of its name until the thread waits there or has a message.
 * Source:     Mach 3.0 kernel interface, mach_msg.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_pset.h>
#include <ipc/mach_msg_fast.h>
#include <ipc/mach_traps_ipc.h>
#include <kern/ipc_kobject.h>
#include <kern/ipc_mig.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>

/* Give a message that could not be sent back to its sender. */
static mach_msg_return_t
pseudo_receive(void *msg, struct ipc_kmsg *kmsg, struct task *task,
    mach_msg_return_t mr)
{
	mr |= ipc_kmsg_copyout_pseudo(&kmsg->header, task->space, task->map);
	(void)ipc_kmsg_put(msg, kmsg, kmsg->header.msgh_size);
	return mr;
}

/*
 * MACH_SEND_NOTIFY: what does not get in before the timeout is queued beyond
 * the limit, and its receipt notified.
 */
static mach_msg_return_t
send_notify(struct ipc_kmsg *kmsg, struct task *task, mach_msg_option_t option,
    mach_msg_timeout_t timeout, mach_port_name_t notify)
{
	mach_msg_return_t mr;

	if (!(option & MACH_SEND_TIMEOUT))
		timeout = MACH_MSG_TIMEOUT_NONE;
	mr = ipc_mqueue_send(kmsg, MACH_SEND_TIMEOUT, timeout);
	if (mr != MACH_SEND_TIMED_OUT)
		return mr;
	mr = ipc_marequest_create(task->space, kmsg->header.msgh_remote_port,
	    notify, &kmsg->marequest);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	(void)ipc_mqueue_send_always(kmsg);
	return MACH_SEND_WILL_NOTIFY;
}

/*
 * The kernel's reply, if this thread is about to receive exactly it: *out is
 * the reply, already counted as received.
 */
static bool
take_reply(struct ipc_kmsg *reply, struct ipc_space *space,
    const struct mach_msg_args *r, struct ipc_kmsg **out)
{
	struct ipc_port *port = reply->header.msgh_remote_port;
	bool taken = false;

	if (!(r->option & MACH_RCV_MSG) ||
	    (reply->header.msgh_bits & MACH_MSGH_BITS_CIRCULAR))
		return false;
	ip_lock(port);
	if (port->receiver == space && port->receiver_name == r->rcv_name &&
	    ((r->option & MACH_RCV_LARGE) == 0 ||
	    reply->header.msgh_size <= r->rcv_size))
		taken = ipc_mqueue_receive_direct(port, reply);
	ip_unlock(port);
	*out = reply;
	return taken;
}

/*
 * Send a message that is in kernel form.  A kernel port's reply that the
 * receive half wants comes out as *reply, which is NULL else.
 */
static mach_msg_return_t
send_kmsg(struct ipc_kmsg *kmsg, struct task *task,
    const struct mach_msg_args *r, struct ipc_kmsg **reply)
{
	struct ipc_port *port = kmsg->header.msgh_remote_port;
	struct ipc_kmsg *answer;

	if (r->option & MACH_SEND_NOTIFY)
		return send_notify(kmsg, task, r->option, r->timeout,
		    r->notify);
	if (port->receiver != ipc_space_kernel ||
	    (kmsg->header.msgh_bits & MACH_MSGH_BITS_CIRCULAR))
		return ipc_mqueue_send(kmsg,
		    (r->option & MACH_SEND_TIMEOUT) |
		    (r->option & MACH_RCV_MSG ? IPC_SEND_HANDOFF : 0),
		    r->timeout);
	port->seqno++;		/* only a count: kernel ports are not received on */
	current_thread()->messages_sent++;
	answer = ipc_kobject_server(kmsg);
	if (answer != NULL && !take_reply(answer, task->space, r, reply)) {
		*reply = NULL;
		(void)ipc_mqueue_send_always(answer);
	}
	return MACH_MSG_SUCCESS;
}

/* The user's message, in kernel form. */
static mach_msg_return_t
get_kmsg(struct task *task, const struct mach_msg_args *r,
    struct ipc_kmsg **out)
{
	mach_port_name_t cancel = MACH_PORT_NAME_NULL;
	struct ipc_kmsg *kmsg;
	mach_msg_return_t mr;

	mr = ipc_kmsg_get(r->msg, r->send_size, &kmsg);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (unlikely(r->option & MACH_SEND_CANCEL)) {
		cancel = r->notify;
		if (cancel == MACH_PORT_NAME_NULL)
			mr = MACH_SEND_INVALID_NOTIFY;
	}
	if (mr == MACH_MSG_SUCCESS)
		mr = ipc_kmsg_copyin(kmsg, task->space, task->map, cancel);
	if (mr != MACH_MSG_SUCCESS)
		ipc_kmsg_free(kmsg);
	*out = kmsg;
	return mr;
}

/* The port or set to receive from, locked. */
static mach_msg_return_t
receive_object(struct ipc_space *space, mach_port_name_t name,
    struct ipc_object **object)
{
	mach_msg_return_t mr = MACH_RCV_INVALID_NAME;
	struct ipc_entry *entry;

	spin_lock(&space->lock);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (entry != NULL && (entry->bits & MACH_PORT_TYPE_RECEIVE)) {
		*object = &entry->port->head;
		mr = entry->port->pset == NULL ? MACH_MSG_SUCCESS :
		    MACH_RCV_IN_SET;
	} else if (entry != NULL && (entry->bits & MACH_PORT_TYPE_PORT_SET)) {
		*object = &entry->pset->head;
		mr = MACH_MSG_SUCCESS;
	}
	if (mr == MACH_MSG_SUCCESS)
		spin_lock(&(*object)->lock);
	spin_unlock(&space->lock);
	return mr;
}

/* Only the header fits, or only it can be translated. */
static mach_msg_return_t
put_header_only(struct ipc_kmsg *kmsg, struct task *task, void *msg,
    mach_msg_return_t mr)
{
	ipc_kmsg_copyout_dest(kmsg, task->space);
	if (ipc_kmsg_put(msg, kmsg, sizeof(mach_msg_header_t)) !=
	    MACH_MSG_SUCCESS)
		return MACH_RCV_INVALID_DATA;
	return mr;
}

/* Hand a received message to the user. */
static mach_msg_return_t
put_message(struct ipc_kmsg *kmsg, struct task *task,
    const struct mach_msg_args *r)
{
	mach_port_name_t notify = MACH_PORT_NAME_NULL;
	mach_msg_return_t mr = MACH_MSG_SUCCESS, put;

	if (unlikely(kmsg->header.msgh_size > r->rcv_size))
		return put_header_only(kmsg, task, r->msg,
		    MACH_RCV_TOO_LARGE);
	if (unlikely(r->option & MACH_RCV_NOTIFY)) {
		notify = r->notify;
		if (notify == MACH_PORT_NAME_NULL)
			mr = MACH_RCV_INVALID_NOTIFY;
	}
	if (mr == MACH_MSG_SUCCESS)
		mr = ipc_kmsg_copyout(kmsg, task->space, task->map, notify);
	if (unlikely(mr != MACH_MSG_SUCCESS &&
	    (mr & ~MACH_MSG_MASK) != MACH_RCV_BODY_ERROR))
		return put_header_only(kmsg, task, r->msg, mr);
	put = ipc_kmsg_put(r->msg, kmsg, kmsg->header.msgh_size);
	return put == MACH_MSG_SUCCESS ? mr : put;
}

/* The end of every receive that has looked at the queue. */
static mach_msg_return_t
receive_done(mach_msg_return_t mr, struct ipc_kmsg *kmsg, mach_msg_size_t size,
    const struct mach_msg_args *r)
{
	mach_msg_header_t *user = r->msg;

	if (likely(mr == MACH_MSG_SUCCESS))
		return put_message(kmsg, current_thread()->task, r);
	if (mr == MACH_RCV_TOO_LARGE && copyout(&size, &user->msgh_size,
	    sizeof(size)) != 0)
		return MACH_RCV_INVALID_DATA;
	return mr;
}

/* A receive that waited goes on here, on a stack of its own. */
void
mach_msg_receive_continue(void)
{
	struct thread *self = current_thread();
	struct ipc_kmsg *kmsg = NULL;
	mach_msg_size_t size = 0;
	mach_msg_return_t mr;

	mr = ipc_mqueue_receive_results(self->saved.msg.mqueue, &kmsg, &size);
	thread_syscall_return(receive_done(mr, kmsg, size,
	    &self->pcb.call.args));
}

static mach_msg_return_t
mach_msg_receive(struct task *task, const struct mach_msg_args *r)
{
	struct thread *self = current_thread();
	struct ipc_object *object;
	struct ipc_kmsg *kmsg = NULL;
	mach_msg_size_t size = 0;
	mach_msg_return_t mr;

	mr = receive_object(task->space, r->rcv_name, &object);
	if (mr != MACH_MSG_SUCCESS) {
		ipc_mqueue_drop_handoff();
		return mr;
	}
	self->saved.msg.mqueue = object;
	mr = ipc_mqueue_receive(object, r->option,
	    (r->option & MACH_RCV_LARGE) ? r->rcv_size : MACH_MSG_SIZE_MAX,
	    r->timeout, mach_msg_receive_continue, &kmsg, &size);
	return receive_done(mr, kmsg, size, r);
}

mach_msg_return_t
mach_msg_send_rest(const struct mach_msg_args *args, struct ipc_kmsg *kmsg)
{
	struct task *task = current_thread()->task;
	struct ipc_kmsg *reply = NULL;
	mach_msg_return_t mr;

	mr = send_kmsg(kmsg, task, args, &reply);
	if (unlikely(mr == MACH_SEND_WILL_NOTIFY))
		return mr;
	if (unlikely(mr != MACH_MSG_SUCCESS))
		return pseudo_receive(args->msg, kmsg, task, mr);
	if (!(args->option & MACH_RCV_MSG))
		return MACH_MSG_SUCCESS;
	if (reply == NULL)
		return mach_msg_receive(task, args);
	current_thread()->messages_received++;
	return put_message(reply, task, args);
}

mach_msg_return_t
mach_msg_slow(const struct mach_msg_args *args)
{
	struct task *task = current_thread()->task;
	struct ipc_kmsg *kmsg;
	mach_msg_return_t mr;

	if (!(args->option & MACH_SEND_MSG))
		return args->option & MACH_RCV_MSG ?
		    mach_msg_receive(task, args) : MACH_MSG_SUCCESS;
	mr = get_kmsg(task, args, &kmsg);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	return mach_msg_send_rest(args, kmsg);
}

mach_msg_return_t
mach_msg_receive_rest(const struct mach_msg_args *args)
{
	if (!(args->option & MACH_RCV_MSG))
		return MACH_MSG_SUCCESS;
	return mach_msg_receive(current_thread()->task, args);
}

mach_msg_return_t
mach_msg_send_from_kernel(mach_msg_header_t *msg, mach_msg_size_t send_size)
{
	struct ipc_port *dest = msg->msgh_remote_port;
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(send_size);

	msg->msgh_size = send_size;
	msg->msgh_seqno = 0;
	if (kmsg == NULL) {
		/* destroys what was to be moved: no other type is a right yet */
		ipc_kmsg_clean(msg);
		return MACH_SEND_NO_BUFFER;
	}
	memcpy(&kmsg->header, msg, send_size);
	ipc_kmsg_copyin_from_kernel(kmsg);
	if (!ipc_port_alive(dest)) {
		ipc_kmsg_destroy(kmsg);
		return MACH_SEND_INVALID_DEST;
	}
	return ipc_mqueue_send_always(kmsg);
}
