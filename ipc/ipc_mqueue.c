/*
 * ipc/ipc_mqueue.c - messages meet receivers: queueing, waiting, waking.
 *
 * Owns:       a port's queue of messages, the waiting receivers of ports and
 *             sets, the blocked senders of ports.
 * Locks:      the port's, then its set's.  A receiver of a set starts from the
 *             set: it tries the lock of the first ready port, and on failure
 *             comes again from the port's side.
 * Invariant:  who takes a thread off a queue of waiters has set ith_state to
 *             the outcome first and calls thread_go before it unlocks; or else
 *             that thread runs by then (mach_msg_pass.h), with no outcome.  A
 *             thread whose wait ended otherwise takes itself off, unless it
 *             finds ith_state changed: then that outcome holds.  A waiting
 *             receiver has no reference (struct thread, saved.msg); a blocked
 *             sender's is its message's.
 *             msgcount counts queued messages and blocked senders that have
 *             been let in but have not yet queued theirs.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_port.h>
#include <ipc/ipc_pset.h>
#include <ipc/mach_msg_fast.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/vm_page.h>

/* A blocked sender's outcomes. */
#define SENDER_ADMITTED	MACH_MSG_SUCCESS
#define SENDER_NO_PORT	MACH_SEND_INVALID_DEST

/* End the wait of a thread that has just been taken off its queue. */
static void
wake(struct thread *thread, mach_msg_return_t why)
{
	__atomic_store_n(&thread->ith_state, why, __ATOMIC_RELEASE);
	thread_go(thread, THREAD_AWAKENED);
}

#define WAKE_STEP	64	/* waiters woken with their lock held */

/* Wake the first of a locked queue; returns whether there are more. */
static bool
wake_some(struct ipc_waiters *waiters, mach_msg_return_t why)
{
	struct thread *thread;

	for (unsigned i = 0; i < WAKE_STEP; i++) {
		thread = ipc_waiters_pop(waiters);
		if (thread == NULL)
			return false;
		wake(thread, why);
	}
	return !ipc_waiters_empty(waiters);
}

bool
ipc_mqueue_changed(struct ipc_object *object, mach_msg_return_t why)
{
	return wake_some(&object->receivers, why);
}

bool
ipc_mqueue_fail_senders(struct ipc_port *port)
{
	return wake_some(&port->blocked, SENDER_NO_PORT);
}

void
ipc_mqueue_admit_senders(struct ipc_port *port)
{
	struct thread *thread;

	while (port->msgcount < port->qlimit &&
	    (thread = ipc_waiters_pop(&port->blocked)) != NULL) {
		port->msgcount++;
		wake(thread, SENDER_ADMITTED);
	}
}

/* Wake a receiver that has its message, or keep it to be entered next. */
static void
wake_or_take(struct thread *thread, mach_msg_option_t option)
{
	__atomic_store_n(&thread->ith_state, MACH_MSG_SUCCESS,
	    __ATOMIC_RELEASE);
	if ((option & IPC_SEND_HANDOFF) && thread_take(thread))
		current_thread()->ith_handoff = thread;
	else
		thread_go(thread, THREAD_AWAKENED);
}

void
ipc_mqueue_drop_handoff(void)
{
	struct thread *self = current_thread();
	struct thread *target = self->ith_handoff;

	if (target != NULL) {
		self->ith_handoff = NULL;
		thread_untake(target);
	}
}

/* The largest message that a waiting thread takes. */
static mach_msg_size_t
receive_limit(const struct thread *thread)
{
	const struct mach_msg_args *args = &thread->pcb.call.args;

	if (thread->ith_fast_limit == 0)
		return thread->ith_rcv_limit;
	return args->option & MACH_RCV_LARGE ? args->rcv_size :
	    MACH_MSG_SIZE_MAX;
}

/*
 * Hand a message of a locked port to a receiver waiting at object, which is
 * locked too.  Those it is too large for are told so.
 */
static bool
hand_over(struct ipc_object *object, struct ipc_port *port,
    struct ipc_kmsg *kmsg, mach_msg_option_t option)
{
	mach_msg_size_t size = kmsg->header.msgh_size;
	struct thread *thread;

	while ((thread = ipc_waiters_pop(&object->receivers)) != NULL) {
		if (likely(size <= receive_limit(thread))) {
			thread->ith_kmsg = kmsg;
			kmsg->header.msgh_seqno = port->seqno++;
			wake_or_take(thread, option);
			return true;
		}
		thread->ith_rcv_limit = size;
		wake(thread, MACH_RCV_TOO_LARGE);
	}
	return false;
}

/* Put a message that is charged into a locked port's queue, and its set's. */
static void
enqueue(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	queue_push_back(&port->msgs, &kmsg->link);
	port->head.flags |= IO_MESSAGES;
	if (port->pset != NULL && queue_empty(&port->ready_link))
		ipc_pset_rank(port->pset, port);
}

/*
 * Give a message to a locked port; admitted: msgcount already counts it.
 * False: it would have to be queued, but nobody pays for it.
 */
static bool
deliver(struct ipc_port *port, struct ipc_kmsg *kmsg, mach_msg_option_t option,
    bool admitted)
{
	bool taken = hand_over(ip_lock_queue(port), port, kmsg, option);

	if (!taken && kmsg->account != NULL)
		enqueue(port, kmsg);
	ip_unlock_queue(port);
	if (!taken) {
		if (kmsg->account == NULL)
			return false;
		port->msgcount += !admitted;
	} else if (admitted) {
		port->msgcount--;
		ipc_mqueue_admit_senders(port);
	}
	return true;
}

/*
 * Wait for room in a locked port's queue, which is full.  Comes back with the
 * port locked.
 */
static mach_msg_return_t
wait_for_room(struct ipc_port *port, mach_msg_option_t option,
    mach_msg_timeout_t timeout_ms)
{
	struct thread *self = current_thread();
	enum wait_result result;
	mach_msg_return_t mr;

	if ((option & MACH_SEND_TIMEOUT) && timeout_ms == 0)
		return MACH_SEND_TIMED_OUT;
	assert(self->ith_state == MACH_RCV_IN_PROGRESS);
	ipc_waiters_push_back(&port->blocked, self);
	thread_will_wait(true);
	ip_unlock(port);
	if (option & MACH_SEND_TIMEOUT)
		thread_set_timeout(timeout_ms);
	result = thread_block(NULL);
	ip_lock(port);
	mr = self->ith_state;
	if (mr != MACH_RCV_IN_PROGRESS) {
		self->ith_state = MACH_RCV_IN_PROGRESS;
		return mr;
	}
	ipc_waiters_remove(&port->blocked, self);
	return result == THREAD_TIMED_OUT ? MACH_SEND_TIMED_OUT :
	    MACH_SEND_INTERRUPTED;
}

static bool
is_reply(const struct ipc_kmsg *kmsg)
{
	return MACH_MSGH_BITS_REMOTE(kmsg->header.msgh_bits) ==
	    MACH_MSG_TYPE_PORT_SEND_ONCE;
}

/* Destroy a message that its port can no longer have. */
static void
drop_message(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	if (is_reply(kmsg))
		ipc_port_release_sonce(port);
	else
		ipc_port_release_send(port);
	kmsg->header.msgh_remote_port = MACH_PORT_NULL;
	ipc_kmsg_destroy(kmsg);
}

/* Let the kernel serve its own port's message, and send the reply. */
static void
serve(struct ipc_kmsg *kmsg)
{
	struct ipc_kmsg *reply = ipc_kobject_server(kmsg);

	if (reply != NULL)
		(void)ipc_mqueue_send_always(reply);
}

/* Whether the queue's limit keeps this message out. */
static bool
queue_full(const struct ipc_port *port, const struct ipc_kmsg *kmsg,
    mach_msg_option_t option)
{
	return port->msgcount >= port->qlimit &&
	    !(option & MACH_SEND_ALWAYS) && !is_reply(kmsg);
}

/*
 * A message to a locked port has to wait: somebody pays for it.  The port may
 * be unlocked for a while.  MACH_SEND_NO_BUFFER: the limit, or memory is so
 * short that there is some only for messages that are received at once.
 */
static mach_msg_return_t
charge(struct ipc_port *port, struct ipc_kmsg *kmsg, mach_msg_option_t option)
{
	bool always = (option & MACH_SEND_ALWAYS) != 0;
	uint32_t bytes = kmsg->alloc_size;

	if (kmsg->account != NULL)
		return MACH_MSG_SUCCESS;
	if (kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
		ip_unlock(port);
		bytes = ipc_charge_weigh(kmsg);
		ip_lock(port);
	}
	if (!ip_alive(port))
		return MACH_MSG_SUCCESS;
	if (!always && !is_reply(kmsg) && vm_page_kernel_exhausted())
		return MACH_SEND_NO_BUFFER;
	return ipc_charge_queued(kmsg, port, bytes, always) ?
	    MACH_MSG_SUCCESS : MACH_SEND_NO_BUFFER;
}

/*
 * Bring a message to a locked port.  MACH_SEND_INVALID_DEST: the port is dead;
 * others as ipc_mqueue_send.
 */
static mach_msg_return_t
send_to(struct ipc_port *port, struct ipc_kmsg *kmsg, mach_msg_option_t option,
    mach_msg_timeout_t timeout_ms)
{
	mach_msg_return_t mr;
	bool admitted = false;

	if (likely(ip_alive(port) && !queue_full(port, kmsg, option) &&
	    deliver(port, kmsg, option, false)))
		return MACH_MSG_SUCCESS;
	mr = charge(port, kmsg, option);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (ip_alive(port) && queue_full(port, kmsg, option)) {
		mr = wait_for_room(port, option, timeout_ms);
		if (mr == MACH_SEND_TIMED_OUT || mr == MACH_SEND_INTERRUPTED)
			return mr;
		admitted = true;
	}
	if (!ip_alive(port))
		return MACH_SEND_INVALID_DEST;
	(void)deliver(port, kmsg, option, admitted);
	return MACH_MSG_SUCCESS;
}

/*
 * A message that holds the right to receive itself is destroyed.  It obeys the
 * queue's limit before that; but nobody could make room, so it does not wait.
 */
static mach_msg_return_t
send_circular(struct ipc_port *port, struct ipc_kmsg *kmsg,
    mach_msg_option_t option)
{
	bool full;

	ip_lock(port);
	full = ip_alive(port) && queue_full(port, kmsg, option);
	ip_unlock(port);
	if (full && (option & MACH_SEND_TIMEOUT))
		return MACH_SEND_TIMED_OUT;
	ipc_kmsg_destroy(kmsg);
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_mqueue_send(struct ipc_kmsg *kmsg, mach_msg_option_t option,
    mach_msg_timeout_t timeout_ms)
{
	struct ipc_port *port = kmsg->header.msgh_remote_port;
	mach_msg_return_t mr;

	if (unlikely(kmsg->header.msgh_bits & MACH_MSGH_BITS_CIRCULAR))
		return send_circular(port, kmsg, option);
	ip_lock(port);
	if (port->receiver == ipc_space_kernel && ip_alive(port)) {
		port->seqno++;
		ip_unlock(port);
		serve(kmsg);
		return MACH_MSG_SUCCESS;
	}
	mr = send_to(port, kmsg, option, timeout_ms);
	ip_unlock(port);
	if (unlikely(mr == MACH_SEND_INVALID_DEST)) {
		drop_message(port, kmsg);
		return MACH_MSG_SUCCESS;
	}
	if (unlikely(mr == MACH_SEND_NO_BUFFER && is_reply(kmsg) &&
	    !(option & MACH_SEND_ALWAYS))) {
		ipc_kmsg_destroy(kmsg);		/* the right notifies */
		return MACH_MSG_SUCCESS;
	}
	if (likely(mr == MACH_MSG_SUCCESS))
		current_thread()->messages_sent++;
	return mr;
}

mach_msg_return_t
ipc_mqueue_send_always(struct ipc_kmsg *kmsg)
{
	struct ipc_port *port = kmsg->header.msgh_remote_port;
	mach_msg_return_t mr = ipc_mqueue_send(kmsg, MACH_SEND_ALWAYS, 0);

	if (unlikely(mr != MACH_MSG_SUCCESS))
		drop_message(port, kmsg);
	return mr;
}

/* Take the first message off a locked port that has one; it is in no set. */
static struct ipc_kmsg *
take_first(struct ipc_port *port)
{
	struct ipc_kmsg *kmsg = queue_element(queue_pop_front(&port->msgs),
	    struct ipc_kmsg, link);

	kmsg->header.msgh_seqno = port->seqno++;
	port->msgcount--;
	ipc_object_flag(&port->head, IO_MESSAGES, !queue_empty(&port->msgs));
	if (unlikely(!ipc_waiters_empty(&port->blocked)))
		ipc_mqueue_admit_senders(port);
	return kmsg;
}

/* The size of a locked port's first message. */
static mach_msg_size_t
first_size(const struct ipc_port *port)
{
	return queue_element(port->msgs.next, struct ipc_kmsg,
	    link)->header.msgh_size;
}

/*
 * The first ready port of a locked set, which comes back locked as well.
 * MACH_RCV_IN_PROGRESS: there is none; MACH_RCV_PORT_DIED: we had to wait and
 * the set, no longer locked, has died meanwhile.
 */
static mach_msg_return_t
lock_ready(struct ipc_pset *pset, struct ipc_port **out)
{
	struct ipc_port *port;

	while (!queue_empty(&pset->ready)) {
		*out = port = queue_element(queue_first(&pset->ready),
		    struct ipc_port, ready_link);
		if (likely(spin_trylock(&port->head.lock)))
			return MACH_MSG_SUCCESS;
		ipc_pset_reference(pset);
		ipc_port_reference(port);
		ips_unlock(pset);
		ip_lock(port);
		ips_lock(pset);
		if (pset->head.flags & IO_DEAD) {
			ips_unlock(pset);
			ip_unlock(port);
			ipc_port_release(port);
			ipc_pset_release(pset);
			return MACH_RCV_PORT_DIED;
		}
		refcount_drop_shared(&pset->head.refs, 1); /* its space's stays */
		if (port->pset == pset && !queue_empty(&port->ready_link)) {
			ipc_port_release(port);	/* the set has another */
			return MACH_MSG_SUCCESS;
		}
		ip_unlock(port);
		ipc_port_release(port);
	}
	return MACH_RCV_IN_PROGRESS;
}

/*
 * Try to receive from a locked set, which is locked still exactly if nothing is
 * there: MACH_RCV_IN_PROGRESS.
 */
static mach_msg_return_t
try_set(struct ipc_pset *pset, mach_msg_size_t limit, struct ipc_kmsg **kmsg,
    mach_msg_size_t *size)
{
	struct ipc_port *port;
	mach_msg_return_t mr;

	assert(!(pset->head.flags & IO_DEAD));
	mr = lock_ready(pset, &port);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	*size = first_size(port);
	if (likely(*size <= limit)) {
		*kmsg = take_first(port);
		ipc_pset_rank(pset, port);
	} else {
		mr = MACH_RCV_TOO_LARGE;
	}
	ip_unlock(port);
	ips_unlock(pset);
	return mr;
}

/* Look for a message at a locked port. */
static mach_msg_return_t
look_at_port(struct ipc_port *port, mach_msg_size_t limit,
    struct ipc_kmsg **kmsg, mach_msg_size_t *size)
{
	assert(ip_alive(port) && port->receiver != NULL);
	if (unlikely(port->pset != NULL))
		return MACH_RCV_IN_SET;
	if (!(port->head.flags & IO_MESSAGES))
		return MACH_RCV_IN_PROGRESS;
	*size = first_size(port);
	if (*size > limit)
		return MACH_RCV_TOO_LARGE;
	*kmsg = take_first(port);
	return MACH_MSG_SUCCESS;
}

/* Try to receive from a locked port, as try_set does from a set. */
static mach_msg_return_t
try_port(struct ipc_port *port, mach_msg_size_t limit, struct ipc_kmsg **kmsg,
    mach_msg_size_t *size)
{
	mach_msg_return_t mr = look_at_port(port, limit, kmsg, size);

	if (mr != MACH_RCV_IN_PROGRESS)
		ip_unlock(port);
	return mr;
}

/* What a taken message still owes: its sender's msg-accepted notification. */
static mach_msg_return_t
received(struct ipc_kmsg *kmsg)
{
	if (unlikely(kmsg->marequest != NULL)) {
		ipc_marequest_done(kmsg->marequest);
		kmsg->marequest = NULL;
	}
	current_thread()->messages_received++;
	return MACH_MSG_SUCCESS;
}

/* The largest message that mach_msg_fast.c may give the current thread. */
static mach_msg_size_t
fast_limit(mach_msg_option_t option, continuation_t continuation)
{
	if (continuation != mach_msg_receive_continue ||
	    (option & MACH_RCV_NOTIFY))
		return 0;
	return current_thread()->pcb.call.args.rcv_size;
}

mach_msg_return_t
ipc_mqueue_receive(struct ipc_object *object, mach_msg_option_t option,
    mach_msg_size_t limit, mach_msg_timeout_t timeout_ms,
    continuation_t continuation, struct ipc_kmsg **kmsg, mach_msg_size_t *size)
{
	struct thread *self = current_thread(), *target;
	mach_msg_return_t mr;

	if (object->flags & IO_SET)
		mr = try_set((struct ipc_pset *)object, limit, kmsg, size);
	else
		mr = try_port((struct ipc_port *)object, limit, kmsg, size);
	if (mr == MACH_RCV_IN_PROGRESS && (option & MACH_RCV_TIMEOUT) &&
	    timeout_ms == 0) {
		spin_unlock(&object->lock);
		mr = MACH_RCV_TIMED_OUT;
	}
	if (mr != MACH_RCV_IN_PROGRESS) {
		ipc_mqueue_drop_handoff();
		return mr == MACH_MSG_SUCCESS ? received(*kmsg) : mr;
	}
	assert(self->ith_state == MACH_RCV_IN_PROGRESS &&
	    self->ith_rcv_limit == MACH_MSG_SIZE_MAX);
	self->ith_fast_limit = fast_limit(option, continuation);
	if (self->ith_fast_limit == 0)
		self->ith_rcv_limit = limit;
	ipc_waiters_push_back(&object->receivers, self);
	thread_will_wait(true);
	spin_unlock(&object->lock);
	if (option & MACH_RCV_TIMEOUT)
		thread_set_timeout(timeout_ms);
	target = self->ith_handoff;
	self->ith_handoff = NULL;
	if (target != NULL)
		(void)thread_handoff(target, continuation);
	else
		(void)thread_block(continuation);
	return ipc_mqueue_receive_results(object, kmsg, size);
}

/*
 * The current thread's wait at object was ended by no message: stop waiting
 * there.  False: who took it off has told an outcome meanwhile, and object may
 * be gone; see struct thread, saved.msg.
 */
static bool
stop_waiting(struct ipc_object *object)
{
	struct thread *self = current_thread();
	struct ipc_space *space = self->task->space;
	bool waits, locked, intr;

	/* Nor does the port die alone, ipc_port_destroy_alone, before we leave. */
	spin_lock(&space->lock);
	for (;;) {
		intr = spin_lock_intr(&self->lock);
		waits = self->ith_state == MACH_RCV_IN_PROGRESS;
		locked = waits && spin_trylock(&object->lock);
		spin_unlock_intr(&self->lock, intr);
		if (locked == waits)
			break;
		cpu_spin_wait();	/* for who has it, and may want ours */
	}
	if (locked) {
		assert(self->ith_state == MACH_RCV_IN_PROGRESS);
		ipc_waiters_remove(&object->receivers, self);
		spin_unlock(&object->lock);
	}
	spin_unlock(&space->lock);
	return locked;
}

mach_msg_return_t
ipc_mqueue_receive_results(struct ipc_object *object, struct ipc_kmsg **kmsg,
    mach_msg_size_t *size)
{
	struct thread *self = current_thread();
	enum wait_result result = self->wait_result;
	mach_msg_return_t mr;

	if (unlikely(result != THREAD_AWAKENED) && stop_waiting(object))
		mr = result == THREAD_TIMED_OUT ? MACH_RCV_TIMED_OUT :
		    MACH_RCV_INTERRUPTED;
	else
		mr = __atomic_load_n(&self->ith_state, __ATOMIC_ACQUIRE);
	*size = self->ith_rcv_limit;
	self->ith_rcv_limit = MACH_MSG_SIZE_MAX;
	self->ith_state = MACH_RCV_IN_PROGRESS;
	if (mr == MACH_MSG_SUCCESS) {
		*kmsg = self->ith_kmsg;
		return received(*kmsg);
	}
	assert(mr != MACH_RCV_IN_PROGRESS);
	return mr;
}

bool
ipc_mqueue_receive_direct(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	if ((port->head.flags & (IO_MEMBER | IO_MESSAGES)) ||
	    !ipc_waiters_empty(&port->head.receivers))
		return false;
	kmsg->header.msgh_seqno = port->seqno++;
	return true;
}

void
ipc_mqueue_offer(struct ipc_port *port)
{
	struct ipc_pset *pset = port->pset;
	struct ipc_kmsg *kmsg;

	ips_lock(pset);
	while (!queue_empty(&port->msgs) &&
	    !ipc_waiters_empty(&pset->head.receivers)) {
		kmsg = queue_element(queue_first(&port->msgs),
		    struct ipc_kmsg, link);
		queue_remove(&kmsg->link);
		if (!hand_over(&pset->head, port, kmsg, 0)) {
			queue_push_front(&port->msgs, &kmsg->link);
			break;
		}
		port->msgcount--;
	}
	ipc_object_flag(&port->head, IO_MESSAGES, !queue_empty(&port->msgs));
	ipc_pset_rank(pset, port);
	ips_unlock(pset);
	ipc_mqueue_admit_senders(port);
}
