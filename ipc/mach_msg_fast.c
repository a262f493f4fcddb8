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
#include <ipc/ipc_hint.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_pset.h>
#include <ipc/mach_msg_fast.h>
#include <ipc/mach_msg_kernel.h>
#include <ipc/mach_msg_pass.h>
#include <ipc/mach_traps_ipc.h>
#include <kern/ipc_kobject.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/user_access.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

_Static_assert(MACH_MSG_FAST_MAX - HEADER_SIZE <= PMAP_COPY_MAX, "vm/pmap.h");

uint32_t mach_msg_fast_bodies = MACH_MSG_FAST_BODIES;

bool
lock_two_in_order(struct ipc_port *first, struct ipc_port *second)
{
	ip_unlock(first);
	if (first == second)
		return false;
	ip_lock(first < second ? first : second);
	spin_lock_second(first < second ? &second->head.lock :
	    &first->head.lock);
	return true;
}

/* What deliver could not do at once: a page of the buffer is not there. */
static __attribute__((noinline, noreturn)) void
deliver_late(struct thread *self, const mach_msg_header_t *head,
    mach_msg_return_t mr)
{
	intr_restore(true);
	if (!user_words_write(self->pcb.call.args.msg, head, sizeof(*head)))
		mr = MACH_RCV_INVALID_DATA;
	thread_syscall_return(mr);
}

/*
 * The end of a receive: the header to the user, whose current thread returns mr.
 * Interrupts are off.
 */
static inline __attribute__((always_inline, noreturn)) void
deliver(struct thread *self, const struct arrival *a, mach_msg_bits_t bits,
    mach_msg_size_t size, mach_port_name_t remote, mach_msg_id_t id,
    mach_msg_return_t mr)
{
	bits |= MACH_MSGH_BITS(0, a->type);
	if (unlikely(!user_header_write_nofault(self->pcb.call.args.msg, bits,
	    size, remote, a->local, a->seqno, id))) {
		mach_msg_header_t head = {
			.msgh_bits = bits,
			.msgh_size = size,
			.msgh_remote_port = (struct ipc_port *)(uintptr_t)remote,
			.msgh_local_port = (struct ipc_port *)(uintptr_t)a->local,
			.msgh_seqno = a->seqno,
			.msgh_id = id,
		};
		deliver_late(self, &head, mr);
	}
	thread_syscall_return_off(self, mr);
}

/*
 * In the receiver: a call, with a right to reply (consumed).  Without a name
 * for that only the header comes, as in mach_msg.c.
 */
static inline __attribute__((always_inline, noreturn)) void
deliver_call(const struct arrival *a, struct ipc_port *reply,
    mach_msg_size_t size, mach_msg_id_t id)
{
	struct thread *self = current_thread();
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	mach_port_name_t name;

	self->task->messages_received++;
	if (unlikely(!name_reply_at_hand(self->task->space, reply, &name))) {
		intr_restore(true);
		mr = name_reply(self->task->space, reply, &name);
		if (mr != MACH_MSG_SUCCESS)
			mr |= MACH_RCV_HEADER_ERROR;
		intr_off();
	}
	deliver(self, a, MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0), size,
	    name, id, mr);
}

/* In the receiver: a reply. */
static inline __attribute__((always_inline, noreturn)) void
deliver_reply(const struct arrival *a, mach_msg_size_t size, mach_msg_id_t id)
{
	struct thread *self = current_thread();

	self->task->messages_received++;
	deliver(self, a, 0, size, MACH_PORT_NAME_NULL, id, MACH_MSG_SUCCESS);
}

/* Whether a message of this size is whole words, and max bytes at most. */
static inline bool
is_short(mach_msg_size_t size, mach_msg_size_t max)
{
	return size - HEADER_SIZE <= max - HEADER_SIZE && (size & 3) == 0;
}

/*
 * Call the kernel from a locked space, which is unlocked then, or do nothing:
 * true if mach_msg_complex may take it.
 */
static inline __attribute__((always_inline)) bool
fast_kernel_call(const struct mach_msg_args *args, struct ipc_space *space,
    struct ipc_port *dest, mach_msg_id_t id)
{
	struct ipc_port *reply = ipc_hint_receive(space, args->rcv_name,
	    IPC_HINT_RECEIVE);
	mig_routine_t routine = ipc_kobject_short(id);

	if (unlikely(reply == &ipc_port_none))
		return false;
	if (unlikely(routine == NULL ||
	    !is_short(args->send_size, MACH_MSG_KERNEL_MAX)))
		return true;
	ipc_port_reference(dest);
	ipc_port_reference(reply);
	spin_unlock(&space->lock);
	thread_syscall_return(mach_msg_kernel(args, dest, reply, routine, id));
}

/*
 * Send a call from a locked space and wait for its reply, or do nothing; see
 * fast_kernel_call.
 */
static inline __attribute__((always_inline)) bool
fast_call(struct thread *self, struct ipc_space *space)
{
	const struct mach_msg_call *call = &self->pcb.call;
	const struct mach_msg_args *args = &call->args;
	mach_msg_id_t id = call->id;		/* no more ours once it passed */
	struct ipc_port *dest, *reply;
	mach_msg_size_t size = args->send_size;	/* nor this */
	bool passed = false;
	struct ipc_object *queue;
	struct arrival arrival;

	dest = ipc_hint_kernel(space, call->remote);
	if (dest != NULL)
		return fast_kernel_call(args, space, dest, id);
	dest = ipc_hint_send(space, call->remote);
	reply = ipc_hint_receive(space, args->rcv_name, IPC_HINT_RECEIVE);
	if (unlikely(!lock_two(dest, reply)))
		return false;
	queue = &dest->head;
	if (unlikely(dest->pset != NULL)) {
		queue = &dest->pset->head;
		spin_lock(&queue->lock);
	}
	if (likely(dest->head.alive && port_is_quiet(reply)))
		passed = pass(args, queue, &reply->head, true);
	if (passed) {
		arrive(&arrival, dest, MACH_MSG_TYPE_PORT_SEND);
		reply->sorights++;
		refcount_take(&reply->head.refs);
	}
	if (unlikely(queue != &dest->head))
		spin_unlock(&queue->lock);
	ip_unlock(dest);
	ip_unlock(reply);
	if (!passed)
		return false;
	spin_unlock(&space->lock);
	deliver_call(&arrival, reply, size, id);
}

/* Send a reply from a locked space and wait for a call, or do nothing. */
static inline __attribute__((always_inline)) void
fast_reply(struct thread *self, struct ipc_space *space)
{
	const struct mach_msg_call *call = &self->pcb.call;
	const struct mach_msg_args *args = &call->args;
	mach_msg_id_t id = call->id;		/* no more ours once it passed */
	mach_port_name_t dest_name = call->remote;
	struct ipc_entry *entry;
	struct ipc_object *next;
	struct ipc_port *dest;
	mach_msg_size_t size = args->send_size;	/* nor this */
	struct arrival arrival;
	bool passed = false;

	entry = ipc_entry_of_reply(space, dest_name);
	if (entry == NULL)
		return;
	dest = entry->port;
	next = lock_next(space, args->rcv_name, dest);
	if (next == NULL)
		return;
	if (likely(dest->head.alive && dest->pset == NULL))
		passed = pass(args, &dest->head, next, true);
	if (passed) {
		arrive(&arrival, dest, MACH_MSG_TYPE_PORT_SEND_ONCE);
		if (likely(entry == space->slot))
			ipc_slot_give_up(space);
		else
			ipc_entry_dealloc(space, dest_name, entry);
		dest->sorights--;
		refcount_drop_shared(&dest->head.refs, 1);
	}
	spin_unlock(&next->lock);
	ip_unlock(dest);
	if (!passed)
		return;
	spin_unlock(&space->lock);
	deliver_reply(&arrival, size, id);
}

/*
 * A send and receive with no other options.  A space that dies still has its
 * rights until each has died.
 */
static mach_msg_return_t
mach_msg_rpc_fast(struct thread *self)
{
	const struct mach_msg_call *call = &self->pcb.call;
	const struct mach_msg_args *args = &call->args;
	struct ipc_space *space = self->task->space;
	bool complex = call->bits & MACH_MSGH_BITS_COMPLEX;

	if (call->bits == CALL_BITS && call->local == args->rcv_name) {
		spin_lock(&space->lock);
		complex = fast_call(self, space);
		spin_unlock(&space->lock);
	} else if (call->bits == REPLY_BITS &&
	    call->local == MACH_PORT_NAME_NULL) {
		spin_lock(&space->lock);
		fast_reply(self, space);
		spin_unlock(&space->lock);
	}
	if (complex && is_short(args->send_size, MACH_MSG_COMPLEX_MAX))
		mach_msg_complex(args, call->bits, call->remote, call->local,
		    call->id);
	return mach_msg_slow(args);
}

static mach_msg_return_t
mach_msg_rpc_slow(struct thread *self)
{
	return mach_msg_slow(&self->pcb.call.args);
}

/* Fixed after boot. */
mach_msg_return_t (*mach_msg_rpc)(struct thread *self) = mach_msg_rpc_fast;

void
mach_msg_fast_off(void)
{
	mach_msg_fast_bodies = 0;
	mach_msg_rpc = mach_msg_rpc_slow;
}

/* A send alone, which only the kernel takes here; returns if it was not taken. */
static void
mach_msg_fast_send(const struct mach_msg_args *args)
{
	struct ipc_space *space = current_thread()->task->space;
	mach_port_name_t remote, local;
	mach_msg_bits_t bits;
	bool to_kernel;
	uint32_t id;

	if (args->send_size == MEMORY_OBJECT_SUPPLY_SIZE &&
	    memory_object_supply_direct(args->msg))
		thread_syscall_return(MACH_MSG_SUCCESS);
	if (unlikely(!user_header_read(args->msg, &bits, &remote, &local,
	    &id)))
		thread_syscall_return(MACH_SEND_INVALID_DATA);
	spin_lock(&space->lock);
	to_kernel = ipc_hint_kernel(space, remote) != NULL;
	spin_unlock(&space->lock);
	if (to_kernel)
		mach_msg_complex(args, bits, remote, local, id);
}

mach_msg_return_t
mach_msg_trap(struct thread *self)
{
	const struct mach_msg_args *args = &self->pcb.call.args;

	if ((args->option & ~MACH_SEND_TIMEOUT) == MACH_SEND_MSG &&
	    is_short(args->send_size, MACH_MSG_COMPLEX_MAX) &&
	    likely(mach_msg_fast_bodies != 0))
		mach_msg_fast_send(args);
	return mach_msg_slow(args);
}
