/*
 * ipc/mach_msg_fast.c - a short simple message to a receiver that waits:
 * no buffer, no run queue, the receiver entered on the sender's stack.
 *
 * Taken for the two halves of an RPC: a call (send right copied, send-once
 * right made from the port received on) and a reply (send-once right moved,
 * then a receive from a port or a set), without timeouts, when a thread
 * waits in mach_msg for the message and nothing waits for the sender.  All
 * else, and whatever looks odd on the way, is mach_msg.c's, with the same
 * semantics: until the receiver has been taken nothing has changed, but for
 * the buffer that it waits with.
 *
 * Owns:       nothing.  The body goes from the sender's pages to the
 *             receiver's; what the header says stays on the stack, which
 *             passes from sender to receiver with it.
 * Locks:      the sender's space, then both ports by address, then a set,
 *             then both threads; afterwards the receiver's space alone.
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
#include <kern/handoff.h>
#include <kern/ipc_kobject.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/user_access.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

#define CALL_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, \
			    MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define REPLY_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)
#define HEADER_SIZE	sizeof(mach_msg_header_t)

_Static_assert(MACH_MSG_FAST_MAX - HEADER_SIZE <= PMAP_COPY_MAX, "vm/pmap.h");

uint32_t mach_msg_fast_bodies = MACH_MSG_FAST_BODIES;

/*
 * The thread that waits at a locked object for a message of this size in
 * mach_msg, or NULL; its buffer has the message's body already.
 */
static inline __attribute__((always_inline)) struct thread *
find_receiver(struct ipc_object *object, const struct mach_msg_args *args)
{
	struct queue *first = queue_first(&object->receivers);
	struct thread *thread = queue_element(first, struct thread, ith_link);

	if (first == &object->receivers ||
	    thread->ith_fast_limit < args->send_size ||
	    sched_better_ready(thread))
		return NULL;
	if (args->send_size != HEADER_SIZE &&
	    !pmap_copy_user(thread->task->map->pmap,
	    thread->saved.msg.msg + HEADER_SIZE,
	    (const char *)args->msg + HEADER_SIZE,
	    args->send_size - HEADER_SIZE))
		return NULL;
	return thread;
}

/*
 * Pass the processor to the thread that waits at queue, a locked port's or its
 * set's, while the current thread waits at next; all locked.  Returns whether
 * the caller now is that thread; if not nothing has changed.  References of
 * the two objects are the caller's to count.
 */
static inline __attribute__((always_inline)) bool
pass(const struct mach_msg_args *args, struct ipc_object *queue,
    struct ipc_object *next)
{
	struct thread *receiver = find_receiver(queue, args);
	struct thread *self = current_thread();

	if (receiver == NULL)
		return false;
	self->saved.msg.msg = (uint32_t)(uintptr_t)args->msg;
	self->saved.msg.option = MACH_SEND_MSG | MACH_RCV_MSG;
	self->saved.msg.rcv_size = args->rcv_size;
	self->saved.msg.mqueue = next;
	self->ith_state = MACH_RCV_IN_PROGRESS;
	self->ith_rcv_limit = MACH_MSG_SIZE_MAX;
	self->ith_fast_limit = args->rcv_size;
	if (!thread_swap(self, receiver, mach_msg_receive_continue))
		return false;
	/* Nobody wakes either through a queue before we unlock it. */
	self->task->messages_sent++;
	queue_remove(&receiver->ith_link);
	receiver->ith_state = MACH_MSG_SUCCESS;
	queue_push_back(&next->receivers, &self->ith_link);
	return true;
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

/* What a message tells of the locked port it came to. */
struct arrival {
	mach_msg_type_name_t type;		/* of the right it went to */
	mach_port_name_t     local;
	mach_port_seqno_t    seqno;
};

static inline __attribute__((always_inline)) void
arrive(struct arrival *a, struct ipc_port *port, mach_msg_type_name_t type)
{
	a->type = type;
	a->local = port->receiver_name;
	a->seqno = port->seqno++;
	if (unlikely(port->has_payload)) {
		a->type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
		a->local = port->payload;
	}
}

/* A name in the receiver's space for the right to reply (consumed). */
static inline __attribute__((always_inline)) mach_msg_return_t
name_reply(struct ipc_space *space, struct ipc_port *reply,
    mach_port_name_t *name)
{
	struct ipc_entry *entry;

	spin_lock(&space->lock);
	if (likely(space->spare_name != MACH_PORT_NAME_NULL &&
	    space->active && space->entry_count < space->entry_limit)) {
		/* If the port has died since, check_dead will see it. */
		entry = ipc_entry_take_spare(space, name);
		entry->port = reply;
		entry->bits += MACH_PORT_TYPE_SEND_ONCE + 1;
		ipc_hint_set(space, IPC_HINT_REPLY, *name, entry);
		spin_unlock(&space->lock);
		return MACH_MSG_SUCCESS;
	}
	spin_unlock(&space->lock);
	return ipc_object_copyout_any(space, reply,
	    MACH_MSG_TYPE_PORT_SEND_ONCE, name);
}

/*
 * In the receiver: the header of a call, with a right to reply (consumed).
 * Without a name for that only the header comes, as in mach_msg.c.
 */
static inline __attribute__((always_inline)) mach_msg_return_t
deliver_call(const struct arrival *a, struct ipc_port *reply,
    mach_msg_size_t size, mach_msg_id_t id)
{
	struct thread *self = current_thread();
	mach_port_name_t name;
	mach_msg_return_t mr;
	mach_msg_bits_t bits;

	self->task->messages_received++;
	mr = name_reply(self->task->space, reply, &name);
	bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, a->type);
	if (unlikely(mr != MACH_MSG_SUCCESS)) {
		mr |= MACH_RCV_HEADER_ERROR;
		bits = MACH_MSGH_BITS(0, a->type);
	}
	if (unlikely(!user_header_write((void *)self->saved.msg.msg, bits,
	    size, name, a->local, a->seqno, id)))
		return MACH_RCV_INVALID_DATA;
	return mr;
}

/* In the receiver: the header of a reply. */
static inline __attribute__((always_inline)) mach_msg_return_t
deliver_reply(const struct arrival *a, mach_msg_size_t size, mach_msg_id_t id)
{
	struct thread *self = current_thread();

	self->task->messages_received++;
	if (unlikely(!user_header_write((void *)self->saved.msg.msg,
	    MACH_MSGH_BITS(0, a->type), size, MACH_PORT_NAME_NULL, a->local,
	    a->seqno, id)))
		return MACH_RCV_INVALID_DATA;
	return MACH_MSG_SUCCESS;
}

/*
 * Call the kernel from a locked space, which is unlocked then, or do nothing.
 */
static inline __attribute__((always_inline)) void
fast_kernel_call(const struct mach_msg_args *args, struct ipc_space *space,
    struct ipc_port *dest, struct ipc_port *reply, mach_msg_id_t id)
{
	mig_routine_t routine = ipc_kobject_short(id);

	if (routine == NULL || !port_is_quiet(reply) || !dest->head.alive ||
	    args->send_size > MACH_MSG_KERNEL_MAX)
		return;
	ipc_port_reference(dest);
	ipc_port_reference(reply);
	spin_unlock(&space->lock);
	thread_syscall_return(mach_msg_kernel(args, dest, reply, routine, id));
}

/* Send a call from a locked space and wait for its reply, or do nothing. */
static inline __attribute__((always_inline)) void
fast_call(const struct mach_msg_args *args, struct ipc_space *space,
    mach_port_name_t dest_name, mach_msg_id_t id)
{
	struct ipc_port *dest, *reply;
	struct ipc_object *queue;
	struct ipc_entry *entry;
	struct arrival arrival;
	bool passed = false;

	entry = ipc_entry_lookup_right(space, dest_name, MACH_PORT_TYPE_SEND,
	    IPC_HINT_SEND);
	if (entry == NULL)
		return;
	dest = entry->port;
	entry = ipc_entry_lookup_right(space, args->rcv_name,
	    MACH_PORT_TYPE_RECEIVE, IPC_HINT_RECEIVE);
	if (entry == NULL || entry->port == dest)
		return;
	reply = entry->port;
	if (dest->receiver == ipc_space_kernel) {
		fast_kernel_call(args, space, dest, reply, id);
		return;
	}
	lock_two(dest, reply);
	queue = &dest->head;
	if (unlikely(dest->pset != NULL)) {
		queue = &dest->pset->head;
		spin_lock(&queue->lock);
	}
	if (likely(dest->head.alive && port_is_quiet(reply)))
		passed = pass(args, queue, &reply->head);
	if (passed) {
		arrive(&arrival, dest, MACH_MSG_TYPE_PORT_SEND);
		reply->sorights++;
		/* our wait's, and the send-once right's */
		refcount_take_many(&reply->head.refs, 2);
		refcount_drop_shared(&queue->refs, 1);
	}
	if (unlikely(queue != &dest->head))
		spin_unlock(&queue->lock);
	ip_unlock(dest);
	ip_unlock(reply);
	if (!passed)
		return;
	spin_unlock(&space->lock);
	thread_syscall_return(deliver_call(&arrival, reply, args->send_size,
	    id));
}

/* Lock where the sender of a reply to port will receive; NULL: not here. */
static inline __attribute__((always_inline)) struct ipc_object *
lock_next(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port *port)
{
	struct ipc_entry *entry = ipc_entry_lookup_right(space, name,
	    MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET,
	    IPC_HINT_SERVE);
	struct ipc_port *next;
	struct ipc_pset *pset;

	if (entry == NULL || entry->port == port)
		return NULL;
	if (likely(entry->bits & MACH_PORT_TYPE_RECEIVE)) {
		next = entry->port;
		lock_two(next, port);
		if (likely(port_is_quiet(next)))
			return &next->head;
		ip_unlock(next);
	} else {
		pset = entry->pset;
		ip_lock(port);
		ips_lock(pset);
		if (pset->head.alive && queue_empty(&pset->ready))
			return &pset->head;
		ips_unlock(pset);
	}
	ip_unlock(port);
	return NULL;
}

/* Send a reply from a locked space and wait for a call, or do nothing. */
static inline __attribute__((always_inline)) void
fast_reply(const struct mach_msg_args *args, struct ipc_space *space,
    mach_port_name_t dest_name, mach_msg_id_t id)
{
	struct ipc_entry *entry;
	struct ipc_object *next;
	struct ipc_port *dest;
	struct arrival arrival;
	bool passed = false;

	entry = ipc_entry_lookup_right(space, dest_name,
	    MACH_PORT_TYPE_SEND_ONCE, IPC_HINT_REPLY);
	if (entry == NULL || entry->request != NULL ||
	    (entry->bits & IE_MAREQUEST))
		return;
	dest = entry->port;
	next = lock_next(space, args->rcv_name, dest);
	if (next == NULL)
		return;
	if (likely(dest->head.alive && dest->pset == NULL))
		passed = pass(args, &dest->head, next);
	if (passed) {
		arrive(&arrival, dest, MACH_MSG_TYPE_PORT_SEND_ONCE);
		if (likely(ipc_entry_make_spare(space, dest_name, entry)))
			ipc_hint_clear(space, IPC_HINT_REPLY);
		else
			ipc_entry_dealloc(space, dest_name, entry);
		dest->sorights--;
		refcount_take(&next->refs);
		/* the right's and the receiver's wait's; one is the space's */
		refcount_drop_shared(&dest->head.refs, 2);
	}
	spin_unlock(&next->lock);
	ip_unlock(dest);
	if (!passed)
		return;
	spin_unlock(&space->lock);
	thread_syscall_return(deliver_reply(&arrival, args->send_size, id));
}

/*
 * Try a send and receive with no other options.  Returns only if it was not
 * taken; nothing has changed then.
 */
static inline __attribute__((always_inline)) void
mach_msg_fast(const struct mach_msg_args *args)
{
	struct ipc_space *space = current_thread()->task->space;
	mach_port_name_t remote, local;
	mach_msg_bits_t bits;
	uint32_t id;

	if (unlikely(!user_header_read(args->msg, &bits, &remote, &local,
	    &id)))
		return;
	/* A space that dies still has its rights until each has died. */
	spin_lock(&space->lock);
	if (bits == CALL_BITS && local == args->rcv_name)
		fast_call(args, space, remote, id);
	else if (bits == REPLY_BITS && local == MACH_PORT_NAME_NULL)
		fast_reply(args, space, remote, id);
	spin_unlock(&space->lock);
}

mach_msg_return_t
mach_msg_trap(struct mach_msg_args *args)
{
	if (args->option == (MACH_SEND_MSG | MACH_RCV_MSG) &&
	    args->send_size - sizeof(mach_msg_header_t) <
	    mach_msg_fast_bodies && (args->send_size & 3) == 0)
		mach_msg_fast(args);
	return mach_msg_slow(args);
}
