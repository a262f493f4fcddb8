/*
 * kern/reaper.c - the thread that frees threads.
 *
 * A thread cannot give back its own structure while it runs on it, and the
 * processor that leaves it does so with interrupts off: it queues the thread
 * here.
 *
 * Locks:      reap_lock, interrupts off.
 */
#include <kern/reaper.h>
#include <kern/sched.h>

static struct spinlock reap_lock = SPINLOCK_INIT(LOCK_TTY);
static struct queue reap_queue = { &reap_queue, &reap_queue };	/* reap_lock */

static volatile uint32_t threads_ending;	/* told to die, not yet freed; atomic */

void
reaper_expect(void)
{
	__atomic_add_fetch(&threads_ending, 1, __ATOMIC_RELAXED);
}

bool
reaper_busy(void)
{
	return threads_ending != 0;
}

void
thread_reap(struct thread *thread)
{
	spin_lock(&reap_lock);
	queue_push_back(&reap_queue, &thread->reap_link);
	spin_unlock(&reap_lock);
	thread_wakeup(&reap_queue);
}

static void
reaper_continue(void)
{
	struct queue *q;
	bool intr;

	for (;;) {
		intr = spin_lock_intr(&reap_lock);
		q = queue_pop_front(&reap_queue);
		if (q == NULL)
			assert_wait(&reap_queue, false);
		spin_unlock_intr(&reap_lock, intr);
		if (q == NULL)
			(void)thread_block(reaper_continue);
		thread_release(queue_element(q, struct thread, reap_link));
		__atomic_sub_fetch(&threads_ending, 1, __ATOMIC_RELAXED);
	}
}

void
reaper_start(void)
{
	(void)kernel_thread("reaper", reaper_continue);
}
