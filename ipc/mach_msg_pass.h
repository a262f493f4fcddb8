/*
 * ipc/mach_msg_pass.h - what the ways of a message that needs no buffer have
 * in common: mach_msg_fast.c's and mach_msg_complex.c's.
 */
#ifndef IPC_MACH_MSG_PASS_H
#define IPC_MACH_MSG_PASS_H

#include <ipc/ipc_hint.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_pset.h>
#include <ipc/mach_msg_fast.h>
#include <kern/handoff.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

#define CALL_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, \
			    MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define REPLY_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)
#define HEADER_SIZE	sizeof(mach_msg_header_t)

/* A body from the current thread's pages to receiver's, if it is whole words. */
static inline bool
pass_body(const struct mach_msg_args *args, struct thread *receiver)
{
	mach_msg_size_t size = args->send_size - HEADER_SIZE;

	return size < mach_msg_fast_bodies && likely((size & 3) == 0) &&
	    pmap_copy_user(receiver,
	    (uintptr_t)receiver->pcb.call.args.msg + HEADER_SIZE,
	    (const char *)args->msg + HEADER_SIZE, size);
}

/*
 * The thread that waits at a locked object for a message of this size in
 * mach_msg, or NULL; with_body: its buffer has the message's body already.
 */
static inline __attribute__((always_inline)) struct thread *
find_receiver(struct ipc_object *object, const struct mach_msg_args *args,
    bool with_body)
{
	struct thread *thread = ipc_waiters_first(&object->receivers);

	if (thread == NULL ||
	    thread->ith_fast_limit < args->send_size ||
	    sched_better_ready(thread))
		return NULL;
	if (with_body && args->send_size != HEADER_SIZE &&
	    !pass_body(args, thread))
		return NULL;
	return thread;
}

/*
 * Pass the processor to the thread that waits at queue, a locked port's or its
 * set's, while self, the current thread, waits at next; all locked.  The thread
 * that runs now, with interrupts off, or NULL: nothing has changed.
 */
static inline __attribute__((always_inline)) struct thread *
pass(struct thread *self, struct ipc_object *queue, struct ipc_object *next,
    bool with_body)
{
	const struct mach_msg_args *args = &self->pcb.call.args;
	struct thread *receiver = find_receiver(queue, args, with_body);

	if (receiver == NULL)
		return NULL;
	self->saved.msg.mqueue = next;
	assert(self->ith_state == MACH_RCV_IN_PROGRESS &&
	    self->ith_rcv_limit == MACH_MSG_SIZE_MAX);
	self->ith_fast_limit = args->rcv_size;
	if (!thread_swap(self, receiver, mach_msg_receive_continue))
		return NULL;
	/* Nobody wakes either through a queue before we unlock it. */
	self->messages_sent++;
	ipc_waiters_remove(&queue->receivers, receiver);
	ipc_waiters_push_back(&next->receivers, self);
	receiver->messages_received++;
	return receiver;
}

/* The rest of lock_two, where the second is contended; the first is locked. */
bool	lock_two_in_order(struct ipc_port *first, struct ipc_port *second);

/* Lock two ports, in whatever order.  False: they are one, which is not. */
static inline __attribute__((always_inline)) bool
lock_two(struct ipc_port *first, struct ipc_port *second)
{
	ip_lock(first);
	return likely(spin_trylock(&second->head.lock)) ||
	    lock_two_in_order(first, second);
}

/* A port that may be waited at: alive, in no set, nothing queued. */
static inline bool
port_is_quiet(const struct ipc_port *port)
{
	return !(port->head.flags & (IO_DEAD | IO_MEMBER | IO_MESSAGES));
}

/* What a message tells of the locked port it came to. */
struct arrival {
	mach_msg_type_name_t type;		/* of the right it went to */
	mach_port_name_t     local;
	mach_port_seqno_t    seqno;
};

static inline __attribute__((always_inline)) struct arrival
arrive(struct ipc_port *port, mach_msg_type_name_t type)
{
	struct arrival a = { type, port->receiver_name, port->seqno++ };

	if (unlikely(port->head.flags & IO_PAYLOAD)) {
		a.type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
		a.local = port->payload;
	}
	return a;
}

/* A name for a right to reply (consumed), whatever it takes; nothing is locked. */
static inline mach_msg_return_t
name_reply(struct ipc_space *space, struct ipc_port *reply,
    mach_port_name_t *name)
{
	bool named;

	spin_lock(&space->lock);
	named = ipc_slot_use(space, reply, name);
	spin_unlock(&space->lock);
	return likely(named) ? MACH_MSG_SUCCESS : ipc_object_copyout_any(space,
	    reply, MACH_MSG_TYPE_PORT_SEND_ONCE, name);
}

/* Lock a set to receive from, where nothing waits, and port; NULL: not here. */
static inline __attribute__((always_inline)) struct ipc_object *
lock_next_set(struct ipc_pset *pset, struct ipc_port *port)
{
	ip_lock(port);
	ips_lock(pset);
	if (!(pset->head.flags & (IO_DEAD | IO_MESSAGES)))
		return &pset->head;
	ips_unlock(pset);
	ip_unlock(port);
	return NULL;
}

/* Lock where the sender of a reply to port will receive; NULL: not here. */
static inline __attribute__((always_inline)) struct ipc_object *
lock_next(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port *port)
{
	struct ipc_port *next;
	struct ipc_pset *pset;

	if (unlikely(space->hint[IPC_HINT_SERVE].name != name)) {
		pset = ipc_hint_set(space, name);
		if (pset != NULL)
			return lock_next_set(pset, port);
	}
	next = ipc_hint_receive(space, name, IPC_HINT_SERVE);
	if (unlikely(!lock_two(port, next)))
		return NULL;
	if (likely(port_is_quiet(next)))
		return &next->head;
	ip_unlock(next);
	ip_unlock(port);
	return NULL;
}

#endif
