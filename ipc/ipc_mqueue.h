/*
 * ipc/ipc_mqueue.h - queues of messages, and who waits at them.
 */
#ifndef IPC_IPC_MQUEUE_H
#define IPC_IPC_MQUEUE_H

#include <ipc/ipc_port.h>
#include <kern/thread.h>
#include <mach/message.h>

struct ipc_kmsg;

/*
 * Option of a send by a thread that receives next: a waiting receiver is not
 * made ready but left in ith_handoff, for ipc_mqueue_receive to enter.
 */
#define IPC_SEND_HANDOFF	0x00020000

/*
 * Send a message in kernel form to the port in its header.  A kernel port's
 * message is served at once, and its reply sent.  To a port that has died it
 * is "sent" too: it is destroyed.
 *
 * option       MACH_SEND_TIMEOUT with timeout_ms; MACH_SEND_ALWAYS: no limit
 *              of the queue
 * Returns      MACH_MSG_SUCCESS            kmsg is consumed
 *              MACH_SEND_TIMED_OUT, MACH_SEND_INTERRUPTED   it is the caller's
 *              MACH_SEND_NO_BUFFER         so too: it would have to wait, and
 *                                          the sender has too much waiting,
 *                                          or memory is short
 * A reply (to a send-once right) for which its receiver cannot be charged is
 * "sent": a send-once notification goes instead.
 */
mach_msg_return_t ipc_mqueue_send(struct ipc_kmsg *kmsg,
		    mach_msg_option_t option, mach_msg_timeout_t timeout_ms);
/* Make the receiver left by IPC_SEND_HANDOFF, if any, ready after all. */
void		 ipc_mqueue_drop_handoff(void);
/*
 * The same with no limit of the queue.  Always consumes kmsg; with
 * MACH_SEND_NO_BUFFER it is destroyed: who it is for, or whom it is sent for,
 * is far beyond what he may have waiting.
 */
mach_msg_return_t ipc_mqueue_send_always(struct ipc_kmsg *kmsg);

/*
 * Receive from a port or a set.
 *
 * object       locked, and live: the current thread's task has the right to
 *              receive from it.  Comes back unlocked; who waits has no
 *              reference to it
 * option       MACH_RCV_TIMEOUT with timeout_ms
 * limit        a larger message stays queued; *size tells how large
 * continuation what runs if the thread has to wait (then this does not
 *              return, and the continuation calls ipc_mqueue_receive_results
 *              first), or NULL to keep the stack
 * Returns      MACH_MSG_SUCCESS, *kmsg is the caller's, its msgh_seqno set;
 *              MACH_RCV_TOO_LARGE, _TIMED_OUT, _INTERRUPTED, _PORT_DIED,
 *              _PORT_CHANGED; _IN_SET for a port that is in one
 *
 * The kernel as a receiver (a reply port of ipc_port_alloc_reply): the same,
 * with limit MACH_MSG_SIZE_MAX and &port->head as object; the message is in
 * kernel form and goes by ipc_kmsg_destroy, or, once its rights and memory
 * have been taken, ipc_kmsg_free.
 */
mach_msg_return_t ipc_mqueue_receive(struct ipc_object *object,
		    mach_msg_option_t option, mach_msg_size_t limit,
		    mach_msg_timeout_t timeout_ms, continuation_t continuation,
		    struct ipc_kmsg **kmsg, mach_msg_size_t *size);
/* The rest of ipc_mqueue_receive in the continuation of its wait. */
mach_msg_return_t ipc_mqueue_receive_results(struct ipc_object *object,
		    struct ipc_kmsg **kmsg, mach_msg_size_t *size);

/*
 * Take a reply from the kernel straight to its receiver, the current thread:
 * if nobody waits at port and nothing is queued, count it as received.
 * Port locked and alive.  False: send it as usual.
 */
bool		 ipc_mqueue_receive_direct(struct ipc_port *port,
		    struct ipc_kmsg *kmsg);

/*
 * Wake some receivers of a locked port or set with why; returns whether there
 * are more.  A port's are threads of the one task that receives; a set that
 * is dead gets no more, so its lock can be dropped between two calls.
 */
bool		 ipc_mqueue_changed(struct ipc_object *object,
		    mach_msg_return_t why);
/* A locked port has entered a set: give its messages to the set's receivers. */
void		 ipc_mqueue_offer(struct ipc_port *port);
/* Let blocked senders of a locked port in, as far as the limit allows. */
void		 ipc_mqueue_admit_senders(struct ipc_port *port);
/*
 * The locked port is dead: wake some of the blocked senders, who drop their
 * messages; returns whether there are more.
 */
bool		 ipc_mqueue_fail_senders(struct ipc_port *port);

#endif
