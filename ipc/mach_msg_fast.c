/*
 * ipc/mach_msg_fast.c - a short simple message to a receiver that waits:
 * no buffer, no run queue, the receiver entered on the sender's stack.
 *
 * Taken for the two halves of an RPC: a call (send right copied, send-once
 * right made from the port received on) and a reply (send-once right moved,
 * then a receive from a port or a set), without timeouts, when a thread
 * waits in mach_msg for the message and nothing waits for the sender.  All
 * else, and whatever looks odd on the way, is mach_msg.c's, with the same
 * semantics: until the receiver has been taken nothing has changed.
 *
 * Owns:       nothing; the message lives on the stack, which passes from
 *             sender to receiver with it.
 * Locks:      the sender's space, then both ports by address, then a set;
 *             afterwards the receiver's space alone.
 * Rights      of a call: the copy of the send right that the message would
 *             carry is made and consumed in one step, so it is left out; the
 *             send-once right is a reference of the reply port's from
 *             fast_call to the receiver's entry.  Of a reply: the entry's
 *             right and reference go.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_pset.h>
#include <ipc/mach_msg_fast.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>

#define CALL_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, \
			    MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define REPLY_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)

bool mach_msg_slow_only;

/* What a send needs beside the message, and what it finds out. */
struct fast {
	struct ipc_space	*space;		/* the sender's */
	mach_msg_size_t		 size;
	mach_port_name_t	 rcv_name;
	mach_port_name_t	 local_name;	/* receiver's name of the port */
	mach_port_seqno_t	 seqno;
	struct ipc_port		*reply;		/* a send-once right, or NULL */
	bool			 has_payload;
};

/*
 * The thread that waits at a locked object for a message of this size in
 * mach_msg and has blocked; now in our hands and off the queue.
 */
static inline struct thread *
take_receiver(struct ipc_object *object, mach_msg_size_t size)
{
	struct thread *thread;

	if (queue_empty(&object->receivers))
		return NULL;
	thread = queue_element(queue_first(&object->receivers), struct thread,
	    ith_link);
	if (thread->continuation != mach_msg_receive_continue ||
	    thread->saved.msg.rcv_size < size ||
	    (thread->saved.msg.option & MACH_RCV_NOTIFY) ||
	    thread->kernel_stack != 0 || sched_better_ready(thread) ||
	    !thread_take(thread))
		return NULL;
	queue_remove(&thread->ith_link);
	thread->ith_state = MACH_MSG_SUCCESS;
	return thread;
}

/* The same for a locked port, which may be in a set. */
static inline struct thread *
take_receiver_of(struct ipc_port *port, struct fast *f)
{
	struct ipc_pset *pset = port->pset;
	struct thread *thread;

	if (pset == NULL) {
		thread = take_receiver(&port->head, f->size);
	} else {
		ips_lock(pset);
		thread = take_receiver(&pset->head, f->size);
		ips_unlock(pset);
	}
	if (thread == NULL)
		return NULL;
	f->has_payload = port->has_payload;
	f->local_name = port->has_payload ? port->payload :
	    port->receiver_name;
	f->seqno = port->seqno++;
	return thread;
}

/* The current thread waits at a locked object, which has nothing for it. */
static inline void
wait_at(struct ipc_object *object, const struct fast *f, void *msg,
    mach_msg_size_t rcv_size)
{
	struct thread *self = current_thread();

	refcount_take(&object->refs);
	self->saved.msg.msg = (uint32_t)(uintptr_t)msg;
	self->saved.msg.option = MACH_SEND_MSG | MACH_RCV_MSG;
	self->saved.msg.rcv_size = rcv_size;
	self->saved.msg.notify = MACH_PORT_NAME_NULL;
	self->saved.msg.mqueue = object;
	self->ith_state = MACH_RCV_IN_PROGRESS;
	self->ith_rcv_limit = MACH_MSG_SIZE_MAX;
	queue_push_back(&object->receivers, &self->ith_link);
	thread_will_wait(true);
}

static inline void
lock_two(struct ipc_port *a, struct ipc_port *b)
{
	if (a < b) {
		ip_lock(a);
		spin_lock_second(&b->head.lock);
	} else {
		ip_lock(b);
		spin_lock_second(&a->head.lock);
	}
}

/* A port of ours that we may wait at: in no set, nothing queued. */
static inline bool
port_is_quiet(const struct ipc_port *port)
{
	return port->pset == NULL && queue_empty(&port->msgs);
}

/* The port of a live entry that has this right and no requests on it. */
static inline struct ipc_port *
plain_right(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry **entry, uint32_t right)
{
	*entry = ipc_entry_lookup(space, name);
	if (*entry == NULL || !((*entry)->bits & right))
		return NULL;
	return (*entry)->port;
}

/*
 * Send a call and wait for its reply; the sender's space is locked.  Returns
 * the receiver, or NULL with nothing changed.
 */
static struct thread *
fast_call(struct fast *f, mach_port_name_t dest_name, void *msg,
    mach_msg_size_t rcv_size)
{
	struct thread *receiver = NULL;
	struct ipc_entry *entry;
	struct ipc_port *dest, *reply;

	dest = plain_right(f->space, dest_name, &entry, MACH_PORT_TYPE_SEND);
	if (dest == NULL || ipc_port_receiver(dest) == ipc_space_kernel)
		return NULL;
	reply = plain_right(f->space, f->rcv_name, &entry,
	    MACH_PORT_TYPE_RECEIVE);
	if (reply == NULL || dest == reply)
		return NULL;
	lock_two(dest, reply);
	if (dest->head.alive && port_is_quiet(reply))
		receiver = take_receiver_of(dest, f);
	if (receiver != NULL) {
		reply->sorights++;
		refcount_take(&reply->head.refs);
		f->reply = reply;
		wait_at(&reply->head, f, msg, rcv_size);
	}
	ip_unlock(dest);
	ip_unlock(reply);
	return receiver;
}

/* Give up the entry of a send-once right whose port is locked. */
static void
spend_send_once(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_port *port)
{
	ipc_entry_dealloc(space, name, entry);
	port->sorights--;
	(void)refcount_drop(&port->head.refs);	/* its receiver has another */
}

/* Lock where the sender of a reply to port will receive; NULL: not here. */
static inline struct ipc_object *
lock_next(struct fast *f, struct ipc_port *port)
{
	struct ipc_entry *entry = ipc_entry_lookup(f->space, f->rcv_name);
	struct ipc_pset *pset;

	if (entry == NULL)
		return NULL;
	if (entry->bits & MACH_PORT_TYPE_PORT_SET) {
		pset = entry->pset;
		ip_lock(port);
		ips_lock(pset);
		if (pset->head.alive && queue_empty(&pset->ready))
			return &pset->head;
		ips_unlock(pset);
		ip_unlock(port);
		return NULL;
	}
	if (!(entry->bits & MACH_PORT_TYPE_RECEIVE) || entry->port == port)
		return NULL;
	lock_two(entry->port, port);
	if (port_is_quiet(entry->port))
		return &entry->port->head;
	ip_unlock(entry->port);
	ip_unlock(port);
	return NULL;
}

/* Send a reply and wait for the next call; as fast_call. */
static struct thread *
fast_reply(struct fast *f, mach_port_name_t dest_name, void *msg,
    mach_msg_size_t rcv_size)
{
	struct thread *receiver = NULL;
	struct ipc_entry *entry;
	struct ipc_object *next;
	struct ipc_port *dest;

	dest = plain_right(f->space, dest_name, &entry,
	    MACH_PORT_TYPE_SEND_ONCE);
	if (dest == NULL || entry->request != NULL ||
	    (entry->bits & IE_MAREQUEST))
		return NULL;
	next = lock_next(f, dest);
	if (next == NULL)
		return NULL;
	if (dest->head.alive && dest->pset == NULL)
		receiver = take_receiver_of(dest, f);
	if (receiver != NULL) {
		spend_send_once(f->space, dest_name, entry, dest);
		wait_at(next, f, msg, rcv_size);
	}
	spin_unlock(&next->lock);
	ip_unlock(dest);
	return receiver;
}

/*
 * In the receiver: the message as it arrives.  Without a name for the right to
 * reply only the header comes, as in mach_msg.c.
 */
static mach_msg_return_t
fast_deliver(struct thread *self, const struct fast *f,
    struct mach_msg_fast *m)
{
	mach_port_name_t reply_name = MACH_PORT_NAME_NULL;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	mach_msg_size_t size = f->size;

	ipc_object_release(self->saved.msg.mqueue);
	if (f->reply != NULL)
		mr = ipc_object_copyout_any(self->task->space, f->reply,
		    MACH_MSG_TYPE_PORT_SEND_ONCE, &reply_name);
	if (unlikely(mr != MACH_MSG_SUCCESS)) {
		mr |= MACH_RCV_HEADER_ERROR;
		size = sizeof(m->head);
	}
	m->head.bits = f->reply == NULL ?
	    MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND_ONCE) :
	    MACH_MSGH_BITS(reply_name != MACH_PORT_NAME_NULL ?
	    MACH_MSG_TYPE_PORT_SEND_ONCE : 0, MACH_MSG_TYPE_PORT_SEND);
	if (unlikely(f->has_payload))
		m->head.bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(
		    m->head.bits), MACH_MSG_TYPE_PROTECTED_PAYLOAD);
	m->head.size = f->size;
	m->head.remote = reply_name;
	m->head.local = f->local_name;
	m->head.seqno = f->seqno;
	self->task->messages_received++;
	if (copyoutmsg(m, (void *)self->saved.msg.msg, size) != 0)
		return MACH_RCV_INVALID_DATA;
	return mr;
}

void
mach_msg_fast(void *msg, mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name)
{
	struct thread *self = current_thread(), *receiver = NULL;
	struct mach_msg_fast m;
	struct fast f = {
		.space = self->task->space,
		.size = send_size,
		.rcv_name = rcv_name,
	};

	if (copyinmsg(msg, &m, send_size) != 0)
		return;
	spin_lock(&f.space->lock);
	if (f.space->active) {
		if (m.head.bits == CALL_BITS && m.head.local == rcv_name)
			receiver = fast_call(&f, m.head.remote, msg, rcv_size);
		else if (m.head.bits == REPLY_BITS && m.head.local == 0)
			receiver = fast_reply(&f, m.head.remote, msg, rcv_size);
	}
	spin_unlock(&f.space->lock);
	if (receiver == NULL)
		return;
	self->task->messages_sent++;
	thread_become(receiver, mach_msg_receive_continue);
	thread_syscall_return(fast_deliver(receiver, &f, &m));
}
