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
 *             receiver's, the header from the sender's pcb.
 * Locks:      the sender's space, then both ports, then a set, then both
 *             threads; with the ports locked the receiver's space by a try.
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

/* The header that a receiver from a locked port finds, but for remote. */
static inline mach_msg_header_t
header_of(mach_msg_bits_t bits, mach_msg_type_name_t type,
    struct ipc_port *dest, const struct mach_msg_call *call)
{
	struct arrival a = arrive(dest, type);

	return (mach_msg_header_t){
		.msgh_bits = bits | MACH_MSGH_BITS(0, a.type),
		.msgh_size = call->args.send_size,
		.msgh_local_port = (struct ipc_port *)(uintptr_t)a.local,
		.msgh_seqno = a.seqno,
		.msgh_id = call->id,
	};
}

/*
 * The end of a receive that header_write could not end: a page of the buffer is
 * not there.
 */
static __attribute__((noinline, noreturn)) void
header_write_late(struct thread *self, const mach_msg_header_t *head,
    mach_msg_return_t mr)
{
	if (!user_words_write(self->pcb.call.args.msg, head, sizeof(*head)))
		mr = MACH_RCV_INVALID_DATA;
	thread_syscall_return(mr);
}

/*
 * The same, in a message by call, to the receiver's buffer; local is what dest
 * is to it.  The thread that sent it is not going on before the object it waits
 * at is unlocked.
 */
static inline __attribute__((always_inline)) bool
header_write(struct thread *receiver, mach_msg_bits_t bits,
    mach_msg_type_name_t type, const uint32_t *local,
    const struct ipc_port *dest, const struct mach_msg_call *call,
    mach_port_name_t remote)
{
	uint32_t *user = receiver->pcb.call.args.msg;
	bool done;

	if (unlikely((uintptr_t)user > USER_HEADER_LAST))
		return false;
	user_access_begin();
	done = user_word_write_nofault(&user[0],
	    bits | MACH_MSGH_BITS(0, type)) &&
	    user_word_write_nofault(&user[1], call->args.send_size) &&
	    user_word_write_nofault(&user[2], remote) &&
	    user_word_write_nofault(&user[3], *local) &&
	    user_word_write_nofault(&user[4], dest->seqno) &&
	    user_word_write_nofault(&user[5], (uint32_t)call->id);
	user_access_end();
	return done;
}

/* Whether a message of this size is whole words, and max bytes at most. */
static inline bool
is_short(mach_msg_size_t size, mach_msg_size_t max)
{
	return size - HEADER_SIZE <= max - HEADER_SIZE && (size & 3) == 0;
}

/*
 * Call the kernel from a locked space, which is unlocked then: true if
 * nothing was done and mach_msg_complex may take it.
 */
static inline __attribute__((always_inline)) bool
fast_kernel_call(const struct mach_msg_call *call, struct ipc_space *space,
    struct ipc_port *dest)
{
	struct ipc_port *reply = ipc_hint_receive(space, call->args.rcv_name,
	    IPC_HINT_RECEIVE);
	mig_routine_t routine = ipc_kobject_short(call->id);

	if (unlikely(reply == &ipc_port_none || routine == NULL ||
	    !is_short(call->args.send_size, MACH_MSG_KERNEL_MAX))) {
		spin_unlock(&space->lock);
		return reply != &ipc_port_none;
	}
	ipc_port_reference(dest);
	ipc_port_reference(reply);
	spin_unlock(&space->lock);
	thread_syscall_return(mach_msg_kernel(&call->args, dest, reply,
	    routine, call->id));
}

/* What a call becomes, but for the right that it went to. */
#define CALL_RECEIVED	MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0)

/* The locked ports of a call. */
struct call_ports {
	struct ipc_port	*dest;
	struct ipc_port	*reply;
};

static inline __attribute__((always_inline)) void
call_unlock(const struct call_ports *p)
{
	ip_unlock_queue(p->dest);
	ip_unlock(p->dest);
	ip_unlock(p->reply);
}

/*
 * The rest of call_receive, where the receiver has no name at hand for the
 * right to reply, or a page of its buffer is not there.  Without a name only
 * the header comes, as in mach_msg.c.
 */
static __attribute__((noinline, noreturn)) void
call_receive_late(struct thread *receiver, const struct mach_msg_call *call,
    struct call_ports p, mach_port_name_t name)
{
	mach_msg_header_t head = header_of(CALL_RECEIVED,
	    MACH_MSG_TYPE_PORT_SEND, p.dest, call);
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	call_unlock(&p);
	intr_restore(true);
	if (name == MACH_PORT_NAME_NULL)
		mr = name_reply(receiver->space, p.reply, &name);
	if (mr != MACH_MSG_SUCCESS)
		mr |= MACH_RCV_HEADER_ERROR;
	head.msgh_remote_port = (struct ipc_port *)(uintptr_t)name;
	header_write_late(receiver, &head, mr);
}

/* The rest of call_receive, to a port in a set or with a payload. */
static __attribute__((noinline, noreturn)) void
call_receive_special(struct thread *receiver, const struct mach_msg_call *call,
    struct call_ports p, mach_port_name_t name)
{
	bool payload = p.dest->head.flags & IO_PAYLOAD;

	if (!header_write(receiver, CALL_RECEIVED, payload ?
	    MACH_MSG_TYPE_PROTECTED_PAYLOAD : MACH_MSG_TYPE_PORT_SEND,
	    payload ? &p.dest->payload : &p.dest->receiver_name, p.dest, call,
	    name))
		call_receive_late(receiver, call, p, name);
	p.dest->seqno++;
	call_unlock(&p);
	thread_syscall_return_off(receiver, MACH_MSG_SUCCESS);
}

/*
 * A call has passed to receiver, the current thread, which takes its rights and
 * leaves for user mode.
 */
static inline __attribute__((always_inline, noreturn)) void
call_receive(struct thread *receiver, const struct mach_msg_call *call,
    const struct call_ports *p)
{
	struct ipc_space *space = receiver->space;
	mach_port_name_t name = MACH_PORT_NAME_NULL;
	bool named;

	p->reply->sorights++;
	refcount_take(&p->reply->head.refs);
	/* Against the order of locks: only if nobody has it. */
	if (unlikely(!spin_trylock(&space->lock)))
		call_receive_late(receiver, call, *p, name);
	named = ipc_slot_use(space, p->reply, &name);
	spin_unlock(&space->lock);
	if (unlikely(!named))
		call_receive_late(receiver, call, *p, name);
	if (unlikely(p->dest->head.flags != 0))
		call_receive_special(receiver, call, *p, name);
	if (unlikely(!header_write(receiver, CALL_RECEIVED,
	    MACH_MSG_TYPE_PORT_SEND, &p->dest->receiver_name, p->dest, call,
	    name)))
		call_receive_late(receiver, call, *p, name);
	p->dest->seqno++;
	ip_unlock(p->dest);
	ip_unlock(p->reply);
	thread_syscall_return_off(receiver, MACH_MSG_SUCCESS);
}

/*
 * Send a call and wait for its reply, or do nothing: true if mach_msg_complex
 * may take it.
 */
static inline __attribute__((always_inline)) bool
fast_call(struct thread *self)
{
	const struct mach_msg_call *call = &self->pcb.call;
	struct ipc_space *space = self->space;
	struct thread *receiver = NULL;
	struct ipc_object *queue;
	struct call_ports p;

	spin_lock(&space->lock);
	p.dest = ipc_hint_kernel(space, call->remote);
	if (p.dest != NULL)
		return fast_kernel_call(call, space, p.dest);
	p.dest = ipc_hint_send(space, call->remote);
	p.reply = ipc_hint_receive(space, call->args.rcv_name,
	    IPC_HINT_RECEIVE);
	if (unlikely(!lock_two(p.dest, p.reply))) {
		spin_unlock(&space->lock);
		return false;
	}
	spin_unlock(&space->lock);
	queue = likely(p.dest->head.flags == 0) ? &p.dest->head :
	    ip_lock_queue(p.dest);
	if (likely(ip_alive(p.dest) && port_is_quiet(p.reply)))
		receiver = pass(self, queue, &p.reply->head, true);
	if (likely(receiver != NULL))
		call_receive(receiver, call, &p);
	call_unlock(&p);
	return false;
}

/* What a reply has locked. */
struct reply_locks {
	struct ipc_space  *space;
	struct ipc_port	  *dest;
	struct ipc_object *next;
};

static inline __attribute__((always_inline)) void
reply_unlock(const struct reply_locks *l)
{
	spin_unlock(&l->next->lock);
	ip_unlock(l->dest);
	spin_unlock(&l->space->lock);
}

/* The rest of reply_receive, where a page of the buffer is not there. */
static __attribute__((noinline, noreturn)) void
reply_receive_late(struct thread *receiver, const struct mach_msg_call *call,
    struct reply_locks l)
{
	mach_msg_header_t head = header_of(0, MACH_MSG_TYPE_PORT_SEND_ONCE,
	    l.dest, call);

	reply_unlock(&l);
	intr_restore(true);
	header_write_late(receiver, &head, MACH_MSG_SUCCESS);
}

/* A reply has passed to receiver, the current thread. */
static inline __attribute__((always_inline, noreturn)) void
reply_receive(struct thread *receiver, const struct mach_msg_call *call,
    const struct reply_locks *l)
{
	ipc_slot_used(l->space, call->remote, l->dest);
	l->dest->sorights--;
	refcount_drop_shared(&l->dest->head.refs, 1);
	if (unlikely(!header_write(receiver, 0, MACH_MSG_TYPE_PORT_SEND_ONCE,
	    &l->dest->receiver_name, l->dest, call, MACH_PORT_NAME_NULL)))
		reply_receive_late(receiver, call, *l);
	l->dest->seqno++;
	reply_unlock(l);
	thread_syscall_return_off(receiver, MACH_MSG_SUCCESS);
}

/* Send a reply and wait for a call, or do nothing. */
static inline __attribute__((always_inline)) void
fast_reply(struct thread *self)
{
	const struct mach_msg_call *call = &self->pcb.call;
	struct reply_locks l = { .space = self->space };
	struct thread *receiver = NULL;

	spin_lock(&l.space->lock);
	l.dest = ipc_slot_reply(l.space, call->remote);
	l.next = lock_next(l.space, call->args.rcv_name, l.dest);
	if (unlikely(l.next == NULL)) {
		spin_unlock(&l.space->lock);
		return;
	}
	if (likely(l.dest->head.flags == 0))
		receiver = pass(self, &l.dest->head, l.next, true);
	if (likely(receiver != NULL))
		reply_receive(receiver, call, &l);
	reply_unlock(&l);
}

/*
 * A send and receive with no other options.  A space that dies still has its
 * rights until each has died.
 */
static mach_msg_return_t
mach_msg_rpc_fast(struct thread *self)
{
	const struct mach_msg_call *call = &self->pcb.call;
	bool complex = call->bits & MACH_MSGH_BITS_COMPLEX;

	if (call->bits == CALL_BITS && call->local == call->args.rcv_name)
		complex = fast_call(self);
	else if (call->bits == REPLY_BITS &&
	    call->local == MACH_PORT_NAME_NULL)
		fast_reply(self);
	if (complex && is_short(call->args.send_size, MACH_MSG_COMPLEX_MAX))
		mach_msg_complex(call);
	return mach_msg_slow(&call->args);
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
mach_msg_fast_send(struct thread *self)
{
	struct mach_msg_call *call = &self->pcb.call;
	struct ipc_space *space = self->space;
	bool to_kernel;

	if (call->args.send_size == MEMORY_OBJECT_SUPPLY_SIZE &&
	    memory_object_supply_direct(call->args.msg))
		thread_syscall_return(MACH_MSG_SUCCESS);
	if (unlikely(!user_header_read(call)))
		thread_syscall_return(MACH_SEND_INVALID_DATA);
	spin_lock(&space->lock);
	to_kernel = ipc_hint_kernel(space, call->remote) != NULL;
	spin_unlock(&space->lock);
	if (to_kernel)
		mach_msg_complex(call);
}

mach_msg_return_t
mach_msg_trap(struct thread *self)
{
	const struct mach_msg_args *args = &self->pcb.call.args;

	if ((args->option & ~MACH_SEND_TIMEOUT) == MACH_SEND_MSG &&
	    is_short(args->send_size, MACH_MSG_COMPLEX_MAX) &&
	    likely(mach_msg_fast_bodies != 0))
		mach_msg_fast_send(self);
	return mach_msg_slow(args);
}
