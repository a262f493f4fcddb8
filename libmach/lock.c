/*
 * libmach/lock.c - mutexes and conditions.
 *
 * Owns:       nothing; a lock is its user's memory.
 * Locks:      a condition's own lock covers its list; nothing is called with
 *             it held.
 * Invariant:  a waiter is either on the list, or a message for it is on its
 *             way to its thread's wait port.  Whoever unlinks it sends that.
 */
#include <stddef.h>

#include <mach/mach.h>
#include <mach/mach_port.h>
#include <mach/mach_init.h>
#include <mach/mach_thread.h>
#include <mach/thread_switch.h>

#include "thread.h"

#define SPINS		100	/* looks before the processor is given up */
#define YIELD_MS	1	/* how long others then come first */

void
mach_mutex_init(mach_mutex_t *mutex)
{
	mutex->held = 0;
}

boolean_t
mach_mutex_try(mach_mutex_t *mutex)
{
	return !__atomic_exchange_n(&mutex->held, 1, __ATOMIC_ACQUIRE);
}

void
mach_mutex_lock(mach_mutex_t *mutex)
{
	int spins = 0;

	while (!mach_mutex_try(mutex)) {
		while (mutex->held && spins < SPINS) {
			mach_spin_hint();
			spins++;
		}
		if (spins == SPINS) {
			thread_switch(MACH_PORT_NULL, SWITCH_OPTION_DEPRESS,
			    YIELD_MS);
			spins = 0;
		}
	}
}

void
mach_mutex_unlock(mach_mutex_t *mutex)
{
	__atomic_store_n(&mutex->held, 0, __ATOMIC_RELEASE);
}

/* One thread in mach_condition_wait; it lives on that thread's stack. */
struct mach_waiter {
	struct mach_waiter	*next;
	mach_port_t		 port;
	boolean_t		 linked;	/* under the condition's lock */
};

void
mach_condition_init(mach_condition_t *cond)
{
	*cond = (mach_condition_t) MACH_CONDITION_INITIALIZER;
}

static mach_port_t
wait_port(void)
{
	struct mach_thread *self = mach_thread_current();

	if (self->wait_port == MACH_PORT_NULL)
		self->wait_port = mach_reply_port();
	return self->wait_port;
}

static void
waiter_link(mach_condition_t *cond, struct mach_waiter *waiter)
{
	mach_mutex_lock(&cond->lock);
	waiter->next = NULL;
	waiter->linked = TRUE;
	if (cond->first == NULL)
		cond->first = waiter;
	else
		cond->last->next = waiter;
	cond->last = waiter;
	mach_mutex_unlock(&cond->lock);
}

static unsigned int
waiters_count(mach_condition_t *cond)
{
	struct mach_waiter *waiter;
	unsigned int count = 0;

	mach_mutex_lock(&cond->lock);
	for (waiter = cond->first; waiter != NULL; waiter = waiter->next)
		count++;
	mach_mutex_unlock(&cond->lock);
	return count;
}

/* Take the oldest waiter off the list; its port, or null if there is none. */
static mach_port_t
waiter_unlink_first(mach_condition_t *cond)
{
	struct mach_waiter *waiter;
	mach_port_t port = MACH_PORT_NULL;

	mach_mutex_lock(&cond->lock);
	waiter = cond->first;
	if (waiter != NULL) {
		cond->first = waiter->next;
		waiter->linked = FALSE;
		port = waiter->port;
	}
	mach_mutex_unlock(&cond->lock);
	return port;
}

/* Take this waiter off; FALSE if another did, and sends a message. */
static boolean_t
waiter_unlink(mach_condition_t *cond, struct mach_waiter *waiter)
{
	struct mach_waiter *before = NULL, *at;
	boolean_t linked;

	mach_mutex_lock(&cond->lock);
	linked = waiter->linked;
	if (linked) {
		for (at = cond->first; at != waiter; at = at->next)
			before = at;
		if (before == NULL)
			cond->first = waiter->next;
		else
			before->next = waiter->next;
		if (cond->last == waiter)
			cond->last = before;
	}
	mach_mutex_unlock(&cond->lock);
	return linked;
}

static mach_msg_return_t
wake_receive(mach_port_t port, mach_msg_option_t option,
    mach_msg_timeout_t timeout_ms)
{
	mach_msg_header_t msg;

	return mach_msg(&msg, MACH_RCV_MSG | option, 0, sizeof(msg), port,
	    timeout_ms, MACH_PORT_NULL);
}

static void
wake_send(mach_port_t port)
{
	mach_msg_header_t msg = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, 0),
		.msgh_size = sizeof(msg),
		.msgh_remote_port = port,
	};

	mach_msg(&msg, MACH_SEND_MSG, sizeof(msg), 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

static boolean_t
condition_wait(mach_condition_t *cond, mach_mutex_t *mutex,
    mach_msg_option_t option, mach_msg_timeout_t timeout_ms)
{
	struct mach_waiter waiter = { .port = wait_port() };
	boolean_t woken = TRUE;

	waiter_link(cond, &waiter);
	mach_mutex_unlock(mutex);
	if (wake_receive(waiter.port, option, timeout_ms) != MACH_MSG_SUCCESS) {
		woken = !waiter_unlink(cond, &waiter);
		if (woken)
			wake_receive(waiter.port, MACH_MSG_OPTION_NONE, 0);
	}
	mach_mutex_lock(mutex);
	return woken;
}

void
mach_condition_wait(mach_condition_t *cond, mach_mutex_t *mutex)
{
	condition_wait(cond, mutex, MACH_MSG_OPTION_NONE,
	    MACH_MSG_TIMEOUT_NONE);
}

boolean_t
mach_condition_wait_timeout(mach_condition_t *cond, mach_mutex_t *mutex,
    mach_msg_timeout_t timeout_ms)
{
	return condition_wait(cond, mutex, MACH_RCV_TIMEOUT, timeout_ms);
}

void
mach_condition_signal(mach_condition_t *cond)
{
	mach_port_t port = waiter_unlink_first(cond);

	if (port != MACH_PORT_NULL)
		wake_send(port);
}

void
mach_condition_broadcast(mach_condition_t *cond)
{
	unsigned int count;

	/* Those that wait now, and none that comes back to wait again. */
	for (count = waiters_count(cond); count > 0; count--)
		mach_condition_signal(cond);
}
