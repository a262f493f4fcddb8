/*
 * kern/wait.c - waiting for events, and being woken.
 *
 * Owns:       the wait buckets: threads in a wait on an event, hashed by it.
 * Locks:      bucket (LOCK_WAIT), then thread; interrupts off under both.
 * Invariant:  a thread is in a bucket exactly if wait_event is not NULL, and
 *             then TH_WAIT is set.  wait_event changes only under both locks.
 *             A thread that is still running (TH_RUN) when its wait ends is
 *             not queued: thread_dispatch finds it runnable.  A wait's timer is
 *             left alone when the wait ends otherwise; when it expires, TH_TIMED
 *             and its deadline tell whether it is about the wait of that time.
 */
#include <kern/debug.h>
#include <kern/sched.h>
#include <kern/thread.h>
#include <kern/wait.h>

#define WAIT_BUCKETS	256u		/* a power of two */

static struct wait_bucket {
	struct spinlock	lock;
	struct queue	threads;
} wait_buckets[WAIT_BUCKETS];		/* each under its own lock */

void
wait_bootstrap(void)
{
	for (unsigned i = 0; i < WAIT_BUCKETS; i++) {
		spinlock_init(&wait_buckets[i].lock, LOCK_WAIT);
		queue_init(&wait_buckets[i].threads);
	}
}

static struct wait_bucket *
wait_bucket_of(event_t event)
{
	uint32_t h = (uint32_t)(uintptr_t)event * 2654435761u;

	return &wait_buckets[h >> 24];
}

/*
 * Enter a wait; the thread is locked.  One that is to die, or was told to
 * abort what it does, does not enter an interruptible one.
 */
static bool
wait_begin(struct thread *thread, bool interruptible)
{
	assert(!(thread->state & TH_WAIT));
	if (interruptible && (thread->ast & (AST_TERMINATE | AST_ABORTED))) {
		__atomic_and_fetch(&thread->ast, ~AST_ABORTED, __ATOMIC_RELAXED);
		thread->wait_result = THREAD_INTERRUPTED;
		return false;
	}
	thread->state |= interruptible ? TH_WAIT : TH_WAIT | TH_UNINT;
	thread->wait_result = THREAD_AWAKENED;
	return true;
}

/* End the wait of a locked thread that is in no bucket (any more). */
static void
wait_end(struct thread *thread, enum wait_result result)
{
	thread->wait_event = NULL;
	thread->wait_result = result;
	thread->state &= ~TH_WAIT_BITS;
	if (thread->state & TH_RUN)
		return;			/* has not blocked yet */
	thread->state |= TH_RUN;
	thread_setrun(thread);
}

void
assert_wait(event_t event, bool interruptible)
{
	struct thread *thread = current_thread();
	struct wait_bucket *bucket = wait_bucket_of(event);
	bool intr = spin_lock_intr(&bucket->lock);

	spin_lock(&thread->lock);
	if (wait_begin(thread, interruptible)) {
		thread->wait_event = event;
		queue_push_back(&bucket->threads, &thread->wait_link);
	}
	spin_unlock(&thread->lock);
	spin_unlock_intr(&bucket->lock, intr);
}

void
thread_will_wait(bool interruptible)
{
	struct thread *thread = current_thread();
	bool intr = spin_lock_intr(&thread->lock);

	(void)wait_begin(thread, interruptible);
	spin_unlock_intr(&thread->lock, intr);
}

void
thread_go(struct thread *thread, enum wait_result result)
{
	bool intr = spin_lock_intr(&thread->lock);

	if ((thread->state & (TH_WAIT | TH_PARKED)) == TH_WAIT &&
	    thread->wait_event == NULL)
		wait_end(thread, result);
	spin_unlock_intr(&thread->lock, intr);
}

void
thread_unpark(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);

	if (thread->state & TH_PARKED)
		wait_end(thread, THREAD_AWAKENED);
	spin_unlock_intr(&thread->lock, intr);
}

/*
 * Whether the wait of this locked thread may end so: by its timer if it is that
 * one's time, by an abort if it is interruptible.
 */
static bool
wait_may_end(struct thread *thread, enum wait_result result,
    bool only_interruptible)
{
	if (!(thread->state & TH_WAIT))
		return false;
	if (result == THREAD_TIMED_OUT)
		return (thread->state & TH_TIMED) &&
		    thread->wait_timer.deadline <= clock_ticks;
	return !only_interruptible ||
	    !(thread->state & (TH_UNINT | TH_PARKED));
}

bool
clear_wait(struct thread *thread, enum wait_result result,
    bool only_interruptible)
{
	struct wait_bucket *bucket;
	event_t event;
	bool intr, done;

	for (;;) {
		intr = spin_lock_intr(&thread->lock);
		event = thread->wait_event;
		done = wait_may_end(thread, result, only_interruptible);
		if (!done || event == NULL) {
			if (done)
				wait_end(thread, result);
			spin_unlock_intr(&thread->lock, intr);
			return done;
		}
		spin_unlock(&thread->lock);
		bucket = wait_bucket_of(event);
		spin_lock(&bucket->lock);
		spin_lock(&thread->lock);
		done = thread->wait_event == event &&
		    wait_may_end(thread, result, only_interruptible);
		if (done) {
			queue_remove(&thread->wait_link);
			wait_end(thread, result);
		}
		spin_unlock(&thread->lock);
		spin_unlock_intr(&bucket->lock, intr);
		if (done)
			return true;
	}
}

/* Wake up to limit threads that wait for event, the longest waiting first. */
static unsigned
wake_some(event_t event, unsigned limit)
{
	struct wait_bucket *bucket = wait_bucket_of(event);
	struct queue *q, *next;
	struct thread *thread;
	unsigned woken = 0;
	bool intr = spin_lock_intr(&bucket->lock);

	queue_for_each_safe(q, next, &bucket->threads) {
		thread = queue_element(q, struct thread, wait_link);
		if (thread->wait_event != event)
			continue;
		queue_remove(q);
		spin_lock(&thread->lock);
		wait_end(thread, THREAD_AWAKENED);
		spin_unlock(&thread->lock);
		if (++woken == limit)
			break;
	}
	spin_unlock_intr(&bucket->lock, intr);
	return woken;
}

void
thread_wakeup(event_t event)
{
	(void)wake_some(event, ~0u);
}

bool
thread_wakeup_one(event_t event)
{
	return wake_some(event, 1) != 0;
}

enum wait_result
thread_sleep(event_t event, struct spinlock *lock, bool interruptible)
{
	assert_wait(event, interruptible);
	spin_unlock(lock);
	return thread_block(NULL);
}

/* The timer of a wait: runs in the clock interrupt. */
void
thread_wait_timeout(void *arg)
{
	(void)clear_wait(arg, THREAD_TIMED_OUT, false);
}

void
thread_set_timeout(unsigned ms)
{
	struct thread *thread = current_thread();
	bool intr;

	timer_set(&thread->wait_timer, ticks_from_ms(ms));
	intr = spin_lock_intr(&thread->lock);
	if (thread->state & TH_WAIT)
		thread->state |= TH_TIMED;
	spin_unlock_intr(&thread->lock, intr);
	/* The timer may have come before this could be seen. */
	if (thread->wait_timer.deadline <= clock_ticks)
		thread_wait_timeout(thread);
}
