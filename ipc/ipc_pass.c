/*
 * ipc/ipc_pass.c - a message of the kernel's that goes, with the processor, to
 * a thread that waits for it: no buffer, no run queue.
 *
 * Semantics are those of mach_msg_send_from_kernel and of mach_msg.c, which
 * take what does not pass here.
 *
 * Owns:       nothing.
 * Locks:      the port's, then its set's, then both threads'; afterwards the
 *             receiver's space alone.
 */
#include <ipc/ipc_object.h>
#include <ipc/ipc_pass.h>
#include <ipc/ipc_right.h>
#include <ipc/mach_msg_fast.h>
#include <kern/handoff.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <machine/cpu.h>

/*
 * The thread that waits at a locked object for a message of this size, or
 * NULL.  It must not overtake who is ready: a pager that takes memory from a
 * client whenever another one faults might take it before the client, woken by
 * the pager, had a chance to use it.
 */
static struct thread *
find_receiver(const struct ipc_object *object, mach_msg_size_t size)
{
	struct thread *thread = ipc_waiters_first(&object->receivers);

	return thread != NULL && thread->ith_fast_limit >= size &&
	    !sched_others_ready() ? thread : NULL;
}

/* The header, as it is received from a locked port. */
static void
header_set(mach_msg_header_t *message, struct ipc_port *port)
{
	mach_msg_type_name_t type = MACH_MSG_TYPE_PORT_SEND;
	mach_port_name_t name = port->receiver_name;

	if (unlikely(port->head.flags & IO_PAYLOAD)) {
		type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
		name = port->payload;
	}
	message->msgh_bits = MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(0, type);
	message->msgh_remote_port = IP_NULL;
	message->msgh_local_port = (struct ipc_port *)(uintptr_t)name;
	message->msgh_seqno = port->seqno++;
}

bool
ipc_pass(mach_msg_header_t *message, continuation_t continuation)
{
	struct ipc_port *port = message->msgh_remote_port;
	struct thread *self = current_thread(), *receiver = NULL;
	struct ipc_object *queue;
	bool passed = false;

	ip_lock(port);
	queue = ip_lock_queue(port);
	if (ip_alive(port) && mach_msg_fast_bodies != 0)
		receiver = find_receiver(queue, message->msgh_size);
	if (receiver != NULL) {
		self->messages_sent++;	/* while it is there for sure */
		passed = thread_swap_waiting(self, receiver, continuation);
		if (!passed)
			self->messages_sent--;
	}
	if (passed) {
		ipc_waiters_remove(&queue->receivers, receiver);
		header_set(message, port);
	}
	ip_unlock_queue(port);
	ip_unlock(port);
	intr_restore(true);
	return passed;
}

mach_msg_return_t
ipc_pass_right(struct ipc_port **right, mach_port_name_t *hint)
{
	struct ipc_space *space = current_thread()->task->space;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	struct ipc_port *port = *right;
	mach_port_name_t name;

	name = ipc_right_last_given(space, &port, *hint);
	if (likely(name != MACH_PORT_NAME_NULL)) {
		ip_lock(port);
		port->mscount++;
		ip_unlock(port);
	} else {
		mr = ipc_object_copyout_any(space, ipc_port_make_send(port),
		    MACH_MSG_TYPE_PORT_SEND, &name);
		*hint = name;
		if (mr != MACH_MSG_SUCCESS)
			mr |= MACH_RCV_BODY_ERROR;
	}
	*right = (struct ipc_port *)(uintptr_t)name;
	return mr;
}

void
ipc_pass_arrive(mach_msg_header_t *message, mach_msg_return_t mr)
{
	struct thread *self = current_thread();

	self->messages_received++;
	if (copyoutmsg(message, self->pcb.call.args.msg,
	    message->msgh_size) != 0)
		mr = MACH_RCV_INVALID_DATA;
	thread_syscall_return(mr);
}
