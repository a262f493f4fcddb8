/*
 * kern/handoff.h - the shortest way from a thread to one that waits for it.
 */
#ifndef KERN_HANDOFF_H
#define KERN_HANDOFF_H

#include <kern/thread.h>
#include <kern/wait.h>
#include <machine/switch.h>

/* A second look at two locked threads, where the usual is not found. */
bool	thread_may_swap(const struct thread *self, const struct thread *target,
	    bool waits);

/*
 * What the following two have in common, with self and target of user tasks;
 * waits: self has asserted a wait.
 */
static inline __attribute__((always_inline)) bool
thread_swap_if(struct thread *self, struct thread *target,
    continuation_t continuation, bool waits)
{
	intr_off();
	spin_lock(&self->lock);
	spin_lock_second(&target->lock);
	if (unlikely(target->state != TH_WAIT || self->ast != 0 ||
	    (waits && self->state != (TH_RUN | TH_WAIT))) &&
	    !thread_may_swap(self, target, waits)) {
		spin_unlock(&self->lock);
		spin_unlock(&target->lock);
		intr_restore(true);
		return false;
	}
	target->state = TH_RUN;
	self->continuation = continuation;
	self->left = own_processor->stamp;
	self->state = TH_WAIT;
	machine_switch_user(self, target);
	spin_unlock(&target->lock);
	spin_unlock(&self->lock);
	return true;
}

/*
 * self, the current thread, of a user task, waits with a continuation and on no
 * event, and target, another such, which so waits and has no stack, goes on in
 * its place: the caller is target from here on, on the same stack, and target's
 * continuation is forgotten.  What wakes the current thread must be in place:
 * with the queues of both locked, nobody else can take either.
 *
 * Since all that belongs to the current thread has been left when its lock is
 * given up, it has then blocked: nobody need dispatch it.
 *
 * False, with nothing changed, if target is awake already or there is reason
 * for the current thread to look at its ast.  Interrupts are on before; after a
 * swap they are off, for it is short from here to user mode.
 */
static inline __attribute__((always_inline)) bool
thread_swap(struct thread *self, struct thread *target,
    continuation_t continuation)
{
	return thread_swap_if(self, target, continuation, false);
}

/*
 * The same, but self has asserted an interruptible wait on an event, and so
 * may go on elsewhere as soon as this has happened.  False also if its wait is
 * over by then.
 */
static inline __attribute__((always_inline)) bool
thread_swap_waiting(struct thread *self, struct thread *target,
    continuation_t continuation)
{
	return thread_swap_if(self, target, continuation, true);
}

#endif
