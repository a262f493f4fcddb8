/*
 * kern/exception.c - user faults become messages.
 *
 * Owns:       the exchange with an exception server: one exception_raise
 *             message, and the wait for its reply on a port made for it.
 * Locks:      none held here; the thread's saved area is its own.
 * Invariant:  a thread in an exception has reply_port set; it is destroyed
 *             with everything still queued on it when the exception is over,
 *             so no late reply can be taken for a later exception's.
 * Source:     Mach 3.0 kernel interface, exception_raise; order of ports and
 *             meaning of replies as docs/design.md says.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/exception.h>
#include <kern/ipc_tt.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>

#define EXCEPTION_RAISE_ID	2400

struct exception_message {
	mach_msg_header_t head;
	mach_msg_type_t	  thread_type;
	struct ipc_port	 *thread;
	mach_msg_type_t	  task_type;
	struct ipc_port	 *task;
	mach_msg_type_t	  exception_type;
	int		  exception;
	mach_msg_type_t	  code_type;
	int		  code;
	mach_msg_type_t	  subcode_type;
	long		  subcode;
};

_Static_assert(sizeof(struct exception_message) == 64, "user ABI");

static const mach_msg_type_t port_type = {
	.msgt_name = MACH_MSG_TYPE_PORT_SEND,
	.msgt_size = 32,
	.msgt_number = 1,
	.msgt_inline = TRUE,
};

static const mach_msg_type_t integer_type = {
	.msgt_name = MACH_MSG_TYPE_INTEGER_32,
	.msgt_size = 32,
	.msgt_number = 1,
	.msgt_inline = TRUE,
};

static void exception_raise_continue(void) __attribute__((noreturn));
static void exception_next(struct thread *thread) __attribute__((noreturn));

/*
 * Send the thread's exception to port (a send right, consumed).  False: there
 * is no memory for the message.
 */
static bool
exception_send(struct thread *thread, struct ipc_port *port)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(sizeof(struct exception_message));
	struct exception_message *msg;

	if (kmsg == NULL)
		return false;
	thread->reply_port = ipc_port_alloc_reply();
	if (thread->reply_port == NULL) {
		ipc_kmsg_free(kmsg);
		return false;
	}
	msg = (struct exception_message *)ikm_header(kmsg);
	memset(msg, 0, sizeof(*msg));
	msg->head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND,
	    MACH_MSG_TYPE_PORT_SEND_ONCE);
	msg->head.msgh_size = sizeof(*msg);
	msg->head.msgh_remote_port = port;
	msg->head.msgh_local_port = ipc_port_make_sonce(thread->reply_port);
	msg->head.msgh_id = EXCEPTION_RAISE_ID;
	msg->thread_type = msg->task_type = port_type;
	msg->thread = retrieve_thread_self(thread);
	msg->task = retrieve_task_self(thread->task);
	msg->exception_type = msg->code_type = msg->subcode_type = integer_type;
	msg->exception = thread->saved.exc.type;
	msg->code = thread->saved.exc.code;
	msg->subcode = thread->saved.exc.subcode;
	ipc_charge_forced(kmsg, current_thread()->task->account);
	(void)ipc_mqueue_send_always(kmsg);
	return true;
}

/*
 * What a reply says: its code if it is a reply, KERN_SUCCESS (try again) if
 * the server dropped the right to reply.
 */
static kern_return_t
exception_reply_code(struct ipc_kmsg *kmsg)
{
	mig_reply_header_t *reply = (mig_reply_header_t *)ikm_header(kmsg);

	if (reply->Head.msgh_id == MACH_NOTIFY_SEND_ONCE)
		return KERN_SUCCESS;
	if (reply->Head.msgh_id != EXCEPTION_RAISE_ID + 100 ||
	    reply->Head.msgh_size != sizeof(*reply) ||
	    (reply->Head.msgh_bits & MACH_MSGH_BITS_COMPLEX) ||
	    memcmp(&reply->RetCodeType, &integer_type,
	    sizeof(integer_type)) != 0)
		return MIG_REPLY_MISMATCH;
	return reply->RetCode;
}

/* The wait for the reply is over, one way or the other. */
static void __attribute__((noreturn))
exception_replied(mach_msg_return_t mr, struct ipc_kmsg *kmsg)
{
	struct thread *thread = current_thread();
	kern_return_t kr = KERN_SUCCESS;

	if (mr == MACH_MSG_SUCCESS) {
		kr = exception_reply_code(kmsg);
		ipc_kmsg_destroy(kmsg);
	}
	ipc_port_dealloc_reply(thread->reply_port);
	thread->reply_port = NULL;
	if (kr != KERN_SUCCESS)
		exception_next(thread);
	thread_exception_return();
}

static void
exception_raise_continue(void)
{
	struct ipc_kmsg *kmsg;
	mach_msg_size_t size;
	mach_msg_return_t mr;

	mr = ipc_mqueue_receive_results(&current_thread()->reply_port->head,
	    &kmsg, &size);
	exception_replied(mr, kmsg);
}

static void __attribute__((noreturn))
exception_await_reply(struct thread *thread)
{
	struct ipc_kmsg *kmsg;
	mach_msg_size_t size;
	mach_msg_return_t mr;

	ip_lock(thread->reply_port);
	mr = ipc_mqueue_receive(&thread->reply_port->head, MACH_MSG_OPTION_NONE,
	    MACH_MSG_SIZE_MAX, 0, exception_raise_continue, &kmsg, &size);
	exception_replied(mr, kmsg);
}

/* Nobody handled it: the task ends, and the console tells why. */
static void __attribute__((noreturn))
exception_fatal(struct thread *thread)
{
	kprintf("%s: exception %d, code %d, subcode %#lx: terminated\n",
	    thread->task->name, thread->saved.exc.type, thread->saved.exc.code,
	    thread->saved.exc.subcode);
	(void)task_terminate(thread->task);
	thread_exception_return();
}

/* The thread's port first, then the task's, then the end. */
enum { EXCEPTION_AT_THREAD, EXCEPTION_AT_TASK, EXCEPTION_AT_END };

static void
exception_next(struct thread *thread)
{
	struct ipc_port *port;

	while (thread->saved.exc.stage != EXCEPTION_AT_END) {
		port = thread->saved.exc.stage++ == EXCEPTION_AT_THREAD ?
		    retrieve_thread_exception(thread) :
		    retrieve_task_exception(thread->task);
		if (!IP_VALID(port))
			continue;
		if (exception_send(thread, port))
			exception_await_reply(thread);
		ipc_port_release_send(port);
	}
	exception_fatal(thread);
}

void
exception(int type, int code, long subcode)
{
	struct thread *thread = current_thread();

	thread->saved.exc.type = type;
	thread->saved.exc.code = code;
	thread->saved.exc.subcode = subcode;
	thread->saved.exc.stage = EXCEPTION_AT_THREAD;
	exception_next(thread);
}
