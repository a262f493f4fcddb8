/*
 * ipc/ipc_waiters.h - the threads that wait at a port or a set, the longest
 * waiting first.
 *
 * A pointer to the first; through ith_link they form a circle.  One that waits
 * nowhere is linked to itself, so that the usual one, which waits alone, comes
 * and goes by one store.
 */
#ifndef IPC_IPC_WAITERS_H
#define IPC_IPC_WAITERS_H

#include <kern/debug.h>
#include <kern/queue.h>
#include <kern/thread.h>

struct ipc_waiters {
	struct thread *first;		/* NULL: nobody; its owner's lock */
};

static inline void
ipc_waiters_init(struct ipc_waiters *waiters)
{
	waiters->first = NULL;
}

static inline bool
ipc_waiters_empty(const struct ipc_waiters *waiters)
{
	return waiters->first == NULL;
}

static inline struct thread *
ipc_waiters_first(const struct ipc_waiters *waiters)
{
	return waiters->first;
}

/* Enter a thread, which waits nowhere, behind all others. */
static inline __attribute__((always_inline)) void
ipc_waiters_push_back(struct ipc_waiters *waiters, struct thread *thread)
{
	assert(queue_empty(&thread->ith_link));
	if (likely(waiters->first == NULL))
		waiters->first = thread;
	else
		queue_push_back(&waiters->first->ith_link, &thread->ith_link);
}

/* Take a thread that waits here off. */
static inline __attribute__((always_inline)) void
ipc_waiters_remove(struct ipc_waiters *waiters, struct thread *thread)
{
	struct queue *next = queue_first(&thread->ith_link);

	assert(waiters->first != NULL);
	if (likely(next == &thread->ith_link)) {
		waiters->first = NULL;
		return;
	}
	if (waiters->first == thread)
		waiters->first = queue_element(next, struct thread, ith_link);
	queue_remove(&thread->ith_link);
}

/* Take the longest waiting off; NULL: nobody waits. */
static inline struct thread *
ipc_waiters_pop(struct ipc_waiters *waiters)
{
	struct thread *thread = waiters->first;

	if (thread != NULL)
		ipc_waiters_remove(waiters, thread);
	return thread;
}

#endif
