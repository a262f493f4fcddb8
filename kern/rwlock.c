/*
 * kern/rwlock.c - sleep locks with readers and writers: what they do when
 * somebody has to wait.
 *
 * Owns:       struct rwlock.
 * Locks:      the interlock guards the counts of who waits, and the state
 *             while it is contended; nothing else is taken under it but what
 *             assert_wait takes.
 * Invariant:  not both a writer and readers.  Readers sleep on the lock,
 *             writers on its writers_waiting; who leaves the lock free wakes
 *             one writer if any waits, else all readers.  The state is
 *             contended as long as any are counted as waiting, so that who
 *             takes or leaves the lock comes here.
 */
#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/thread.h>

#ifdef DEBUG_KERNEL

/*
 * thread->sleep_locks counts the sleep locks held, four bits for each class:
 * locks of later classes must not be held when one is taken.
 */
#define CLASS_BITS	4
_Static_assert(LOCK_KERNEL_MAP < 32 / CLASS_BITS, "a word for sleep locks");

static uint32_t
class_shift(const struct rwlock *lock)
{
	enum lock_class class = lock->interlock.class;

	assert(class != LOCK_NONE && class <= LOCK_KERNEL_MAP);
	return CLASS_BITS * class;
}

void
rwlock_debug_acquire(struct rwlock *lock)
{
	const struct thread *thread = current_thread();

	lock_debug_assert_none_held();
	if (thread != NULL)
		assert(thread->sleep_locks >> class_shift(lock) >>
		    CLASS_BITS == 0);
}

void
rwlock_debug_acquired(struct rwlock *lock)
{
	struct thread *thread = current_thread();

	if (lock->state & RWLOCK_WRITING)
		lock->writer = thread;
	if (thread != NULL)
		thread->sleep_locks += 1u << class_shift(lock);
}

void
rwlock_debug_upgraded(struct rwlock *lock)
{
	lock->writer = current_thread();
}

void
rwlock_debug_release(struct rwlock *lock)
{
	struct thread *thread = current_thread();

	assert((lock->state & ~RWLOCK_CONTENDED) != 0);
	if (lock->state & RWLOCK_WRITING)
		lock->writer = NULL;
	if (thread == NULL)
		return;
	assert((thread->sleep_locks >> class_shift(lock) & 15) != 0);
	thread->sleep_locks -= 1u << class_shift(lock);
}

bool
rwlock_held_write(const struct rwlock *lock)
{
	return (lock->state & RWLOCK_WRITING) &&
	    lock->writer == current_thread();
}

#else

bool
rwlock_held_write(const struct rwlock *lock)
{
	return (lock->state & RWLOCK_WRITING) != 0;
}

#endif

void
rwlock_init(struct rwlock *lock, enum lock_class class)
{
	*lock = (struct rwlock){ .state = 0 };
	spinlock_init(&lock->interlock, class);
}

/*
 * Take the interlock and let everybody else come for it too: the state, which
 * this returns, is ours until state_set.
 */
static uint32_t
state_freeze(struct rwlock *lock)
{
	spin_lock(&lock->interlock);
	return __atomic_fetch_or(&lock->state, RWLOCK_CONTENDED,
	    __ATOMIC_ACQUIRE) & ~RWLOCK_CONTENDED;
}

/* The state from now on, still contended if anybody waits. */
static void
state_set(struct rwlock *lock, uint32_t state)
{
	if (lock->writers_waiting > 0 || lock->readers_waiting)
		state |= RWLOCK_CONTENDED;
	__atomic_store_n(&lock->state, state, __ATOMIC_RELEASE);
	spin_unlock(&lock->interlock);
}

void
rwlock_write_contended(struct rwlock *lock)
{
	uint32_t state = state_freeze(lock);

	while (state != 0) {
		lock->writers_waiting++;
		thread_sleep(&lock->writers_waiting, &lock->interlock, false);
		state = state_freeze(lock);
		lock->writers_waiting--;
	}
	state_set(lock, RWLOCK_WRITING);
}

void
rwlock_read_contended(struct rwlock *lock)
{
	uint32_t state;

	while ((state = state_freeze(lock)) == RWLOCK_WRITING ||
	    lock->writers_waiting > 0) {
		lock->readers_waiting = true;
		thread_sleep(lock, &lock->interlock, false);
	}
	state_set(lock, state + 1);
}

/* Set a frozen state; who may go on by it, if anybody waits, is woken. */
static void
state_set_wake(struct rwlock *lock, uint32_t state)
{
	bool writers = lock->writers_waiting > 0;
	bool readers = lock->readers_waiting && !writers;

	if (readers)
		lock->readers_waiting = false;
	state_set(lock, state);
	if (writers && state == 0)
		thread_wakeup_one(&lock->writers_waiting);
	else if (readers)
		thread_wakeup(lock);
}

void
rwlock_done_contended(struct rwlock *lock)
{
	uint32_t state = state_freeze(lock);

	state_set_wake(lock, state == RWLOCK_WRITING ? 0 : state - 1);
}

void
rwlock_downgrade_contended(struct rwlock *lock)
{
	(void)state_freeze(lock);
	/* Writers go on waiting, and new readers behind them. */
	state_set_wake(lock, 1);
}
