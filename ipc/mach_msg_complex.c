/*
 * ipc/mach_msg_complex.c - a short message that carries rights or memory, to a
 * receiver that waits or to the kernel, without a buffer: it lies on the
 * sender's stack, which passes to the receiver with it.
 *
 * Semantics are mach_msg.c's, which takes over, with a buffer after all, where
 * a message whose rights have been taken finds nobody to pass to.
 *
 * Owns:       nothing.
 * Locks:      the sender's space and then a port while rights are taken; to
 *             pass, as mach_msg_fast.c.  None while items go in or out.
 * Rights      are naked between the two, as in a message with a buffer.
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_notify.h>
#include <ipc/mach_msg_pass.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <machine/user_access.h>
#include <vm/vm_map.h>

struct short_message {
	mach_msg_header_t head;
	char		  body[MACH_MSG_COMPLEX_MAX - HEADER_SIZE];
};

/* Whether it makes sense to take rights for a message to a locked port. */
static inline bool
is_wanted(const struct ipc_port *port, mach_msg_id_t id)
{
	const struct ipc_object *queue = port->pset != NULL ?
	    &port->pset->head : &port->head;

	if (!ip_alive(port))
		return false;
	if (port->receiver == ipc_space_kernel)
		return ipc_kobject_reply_room(id) == KOBJECT_REPLY_SMALL;
	return !ipc_waiters_empty(&queue->receivers);	/* a glance: no set's lock */
}

/*
 * The header's rights of a call or of a message to the kernel that wants no
 * reply; space locked.
 */
static bool
take_call(const struct mach_msg_args *args, struct ipc_space *space,
    mach_port_name_t remote, struct short_message *m)
{
	bool wants_reply = args->option & MACH_RCV_MSG;
	struct ipc_port *dest, *reply = IP_NULL;
	bool wanted;

	dest = ipc_hint_kernel(space, remote);
	if (dest == NULL) {
		if (!wants_reply)
			return false;
		dest = ipc_hint_send(space, remote);
	}
	if (wants_reply) {
		reply = ipc_hint_receive(space, args->rcv_name,
		    IPC_HINT_RECEIVE);
		if (reply == &ipc_port_none || reply == dest)
			return false;
	}
	ip_lock(dest);
	wanted = is_wanted(dest, m->head.msgh_id);
	if (wanted) {
		dest->srights++;
		ipc_port_reference(dest);
	}
	ip_unlock(dest);
	if (!wanted)
		return false;
	m->head.msgh_remote_port = dest;
	m->head.msgh_local_port = reply != IP_NULL ?
	    ipc_port_make_sonce(reply) : IP_NULL;
	return true;
}

/* The header's right of a reply; space locked. */
static bool
take_reply(struct ipc_space *space, mach_port_name_t remote,
    struct short_message *m)
{
	struct ipc_port *port;
	bool wanted;

	port = ipc_slot_reply(space, remote);
	ip_lock(port);
	wanted = port->receiver != ipc_space_kernel &&
	    is_wanted(port, m->head.msgh_id);
	ip_unlock(port);
	if (!wanted)
		return false;
	ipc_slot_used(space, remote, port);
	m->head.msgh_remote_port = port;
	m->head.msgh_local_port = IP_NULL;
	return true;
}

/* Whether a message of these bits is one that take_call takes. */
static inline bool
is_call(const struct mach_msg_args *args, mach_msg_bits_t bits,
    mach_port_name_t local)
{
	mach_msg_type_name_t type = MACH_MSGH_BITS_LOCAL(bits);

	if (MACH_MSGH_BITS_REMOTE(bits) != MACH_MSG_TYPE_COPY_SEND)
		return false;
	if (args->option & MACH_RCV_MSG)
		return type == MACH_MSG_TYPE_MAKE_SEND_ONCE &&
		    local == args->rcv_name;
	return local == MACH_PORT_NAME_NULL &&
	    (type == 0 || MACH_MSG_TYPE_PORT_ANY_SEND(type));
}

/*
 * The message, with its header's rights; false: not here, and nothing has
 * changed.
 */
static bool
get_message(const struct mach_msg_call *call, struct short_message *m)
{
	const struct mach_msg_args *args = &call->args;
	struct ipc_space *space = current_thread()->space;
	mach_msg_bits_t plain = call->bits & ~MACH_MSGH_BITS_COMPLEX;
	bool taken = false;

	if (unlikely(!user_words_read((const mach_msg_header_t *)args->msg + 1,
	    m->body, args->send_size - HEADER_SIZE)))
		thread_syscall_return(MACH_SEND_INVALID_DATA);
	m->head.msgh_size = args->send_size;
	m->head.msgh_seqno = 0;
	m->head.msgh_id = call->id;
	m->head.msgh_bits = call->bits & MACH_MSGH_BITS_COMPLEX;
	spin_lock(&space->lock);
	if (plain == REPLY_BITS && call->local == MACH_PORT_NAME_NULL &&
	    (args->option & MACH_RCV_MSG)) {
		taken = take_reply(space, call->remote, m);
		m->head.msgh_bits |=
		    MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	} else if ((plain & ~0xffffu) == 0 && is_call(args, plain, call->local)) {
		taken = take_call(args, space, call->remote, m);
		m->head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND,
		    likely(args->option & MACH_RCV_MSG) ?
		    MACH_MSG_TYPE_PORT_SEND_ONCE :
		    ipc_received_type(MACH_MSGH_BITS_LOCAL(plain)));
	}
	spin_unlock(&space->lock);
	return taken;
}

/* What the message finds, and leaves to do, where it has passed. */
struct passage {
	struct arrival	    arrival;
	struct ipc_kmsg	   *no_senders;		/* a notice, or NULL */
	mach_port_mscount_t mscount;
};

/* Pass a call, if the reply port is still what it was. */
static inline bool
pass_call(const struct mach_msg_args *args, const mach_msg_header_t *head,
    struct passage *p)
{
	struct thread *self = current_thread();
	struct ipc_space *space = self->space;
	struct ipc_port *dest = head->msgh_remote_port;
	struct ipc_port *reply = head->msgh_local_port;
	struct ipc_object *queue;
	bool passed = false;

	if (unlikely(!lock_two(dest, reply)))
		return false;
	queue = ip_lock_queue(dest);
	if (likely(ip_alive(dest) && port_is_quiet(reply) &&
	    reply->receiver == space &&
	    reply->receiver_name == args->rcv_name))
		passed = pass(self, queue, &reply->head, false) != NULL;
	if (passed) {
		p->arrival = arrive(dest, MACH_MSG_TYPE_PORT_SEND);
		p->no_senders = ipc_port_drop_srights(dest);
		p->mscount = dest->mscount;
		refcount_drop_shared(&dest->head.refs, 1); /* the right's */
	}
	ip_unlock_queue(dest);
	ip_unlock(dest);
	ip_unlock(reply);
	intr_restore(true);
	return passed;
}

/* Pass a reply. */
static inline bool
pass_reply(const struct mach_msg_args *args, const mach_msg_header_t *head,
    struct passage *p)
{
	struct thread *self = current_thread();
	struct ipc_space *space = self->space;
	struct ipc_port *dest = head->msgh_remote_port;
	struct ipc_object *next;
	bool passed = false;

	spin_lock(&space->lock);
	next = lock_next(space, args->rcv_name, dest);
	if (next == NULL) {
		spin_unlock(&space->lock);
		return false;
	}
	if (likely(!(dest->head.flags & (IO_DEAD | IO_MEMBER))))
		passed = pass(self, &dest->head, next, false) != NULL;
	if (passed) {
		p->arrival = arrive(dest, MACH_MSG_TYPE_PORT_SEND_ONCE);
		p->no_senders = NULL;
		dest->sorights--;
		refcount_drop_shared(&dest->head.refs, 1);
	}
	spin_unlock(&next->lock);
	ip_unlock(dest);
	spin_unlock(&space->lock);
	intr_restore(true);
	return passed;
}

/*
 * Hand a message in kernel form, sent to a right as arrival tells, to the
 * current thread, which receives it in the buffer at user.
 */
static mach_msg_return_t
deliver(const struct arrival *a, mach_msg_header_t *head, void *user)
{
	struct task *task = current_thread()->task;
	mach_msg_size_t size = head->msgh_size, whole = size;
	mach_port_name_t name = MACH_PORT_NAME_NULL;
	mach_msg_bits_t bits = head->msgh_bits & MACH_MSGH_BITS_COMPLEX;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if (head->msgh_local_port != IP_NULL)
		mr = name_reply(task->space, head->msgh_local_port, &name);
	if (unlikely(mr != MACH_MSG_SUCCESS)) {
		/* only the header comes */
		mr |= MACH_RCV_HEADER_ERROR;
		size = HEADER_SIZE;
		if (bits)
			ipc_kmsg_clean_body(head, (char *)head + whole, false,
			    0);
	} else if (bits) {
		mr = ipc_kmsg_copyout_body(head, task->space, task->map);
		if (unlikely(task->map->policies != NULL))
			mr |= ipc_kmsg_read_body(head, task->map);
		if (unlikely(mr != MACH_MSG_SUCCESS))
			mr |= MACH_RCV_BODY_ERROR;
	}
	bits |= MACH_MSGH_BITS(MACH_MSGH_BITS_LOCAL(head->msgh_bits), a->type);
	if (unlikely(!user_header_write(user, bits, whole, name, a->local,
	    a->seqno, head->msgh_id)) ||
	    unlikely(!user_words_write((char *)user + HEADER_SIZE, head + 1,
	    size - HEADER_SIZE)))
		return MACH_RCV_INVALID_DATA;
	return mr;
}

/* A buffer with the message in it; NULL: no memory. */
static struct ipc_kmsg *
buffer_made(const mach_msg_header_t *head)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(head->msgh_size);

	if (kmsg != NULL)
		memcpy(&kmsg->header, head, head->msgh_size);
	return kmsg;
}

/* What is to be sent finds nobody waiting: into a buffer with it. */
static mach_msg_return_t
send_buffered(const struct mach_msg_args *args, mach_msg_header_t *head)
{
	struct task *task = current_thread()->task;
	struct ipc_kmsg *kmsg = buffer_made(head);
	mach_msg_return_t mr = MACH_SEND_NO_BUFFER;

	if (kmsg != NULL)
		return mach_msg_send_rest(args, kmsg);
	mr |= ipc_kmsg_copyout_pseudo(head, task->space, task->map);
	(void)user_words_write(args->msg, head, head->msgh_size);
	return mr;
}

/* Whether the kernel's reply can be had at once; what it tells then. */
static bool
take_answer(const struct mach_msg_args *args, mach_msg_header_t *head,
    struct arrival *a)
{
	struct ipc_port *port = head->msgh_remote_port;
	bool taken;

	if (!(args->option & MACH_RCV_MSG) ||
	    (head->msgh_bits & MACH_MSGH_BITS_CIRCULAR) ||
	    MACH_MSGH_BITS_REMOTE(head->msgh_bits) !=
	    MACH_MSG_TYPE_PORT_SEND_ONCE)
		return false;
	ip_lock(port);
	taken = port->receiver == current_thread()->space &&
	    port->receiver_name == args->rcv_name && port_is_quiet(port) &&
	    ipc_waiters_empty(&port->head.receivers) &&
	    head->msgh_size <= args->rcv_size;
	if (taken) {
		*a = arrive(port, MACH_MSG_TYPE_PORT_SEND_ONCE);
		port->sorights--;
	}
	ip_unlock(port);
	if (taken)
		ipc_port_release(port);
	return taken;
}

/* The kernel's reply, if it has to be received like any other message. */
static void
queue_answer(mach_msg_header_t *head)
{
	struct ipc_kmsg *kmsg = buffer_made(head);

	if (kmsg != NULL)
		(void)ipc_mqueue_send_always(kmsg);
	else
		ipc_kmsg_clean(head);
}

/* The message is for the kernel. */
static mach_msg_return_t __attribute__((noinline))
call_kernel(const struct mach_msg_args *args, mach_msg_header_t *head)
{
	struct kobject_answer answer;
	mach_msg_header_t *reply = &answer.head.Head;
	struct arrival arrival;

	head->msgh_remote_port->seqno++;	/* only a count */
	current_thread()->messages_sent++;
	ipc_kobject_reply_init(&answer.head, head,
	    head->msgh_local_port == IP_NULL ? sizeof(answer.head) :
	    sizeof(answer));
	if (ipc_kobject_serve(head, &answer.head) != KERN_SUCCESS)
		return mach_msg_receive_rest(args);
	reply->msgh_local_port = IP_NULL;
	if (likely(take_answer(args, reply, &arrival))) {
		current_thread()->messages_received++;
		return deliver(&arrival, reply, args->msg);
	}
	queue_answer(reply);
	return mach_msg_receive_rest(args);
}

/* Send a message that is in kernel form, and receive what args ask for. */
static mach_msg_return_t
send(const struct mach_msg_args *args, mach_msg_header_t *head)
{
	struct passage passage;
	bool passed;

	if (unlikely(head->msgh_bits & MACH_MSGH_BITS_CIRCULAR))
		return send_buffered(args, head);
	if (head->msgh_remote_port->receiver == ipc_space_kernel)
		return call_kernel(args, head);
	if (head->msgh_local_port != IP_NULL)
		passed = pass_call(args, head, &passage);
	else
		passed = pass_reply(args, head, &passage);
	if (unlikely(!passed))
		return send_buffered(args, head);
	if (unlikely(passage.no_senders != NULL))
		ipc_notify_no_senders(passage.no_senders, passage.mscount);
	return deliver(&passage.arrival, head,
	    current_thread()->pcb.call.args.msg);
}

void
mach_msg_complex(const struct mach_msg_call *call)
{
	struct task *task = current_thread()->task;
	struct short_message message;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if (!get_message(call, &message))
		return;
	if (message.head.msgh_bits & MACH_MSGH_BITS_COMPLEX)
		mr = ipc_kmsg_copyin_body(&message.head, task->space,
		    task->map);
	if (likely(mr == MACH_MSG_SUCCESS))
		mr = send(&call->args, &message.head);
	thread_syscall_return(mr);
}
