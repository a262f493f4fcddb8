/*
 * kern/rwlock.c - sleep locks with readers and writers.
 *
 * Owns:       struct rwlock.
 * Locks:      the interlock guards the fields; nothing else is taken under
 *             it but what assert_wait takes.
 * Invariant:  not both writing and readers > 0.  Readers sleep on the lock,
 *             writers on its writers_waiting; who leaves the lock free wakes
 *             one writer if any waits, else all readers.
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

static void
sleep_lock_check(const struct rwlock *lock)
{
	const struct thread *thread = current_thread();

	lock_debug_assert_none_held();
	if (thread == NULL)
		return;
	assert(lock->class != LOCK_NONE && lock->class <= LOCK_KERNEL_MAP);
	assert(thread->sleep_locks >> CLASS_BITS * lock->class >>
	    CLASS_BITS == 0);
}

static void
sleep_lock_taken(const struct rwlock *lock)
{
	struct thread *thread = current_thread();

	if (thread != NULL)
		thread->sleep_locks += 1u << CLASS_BITS * lock->class;
}

static void
sleep_lock_given(const struct rwlock *lock)
{
	struct thread *thread = current_thread();

	if (thread == NULL)
		return;
	assert((thread->sleep_locks >> CLASS_BITS * lock->class & 15) != 0);
	thread->sleep_locks -= 1u << CLASS_BITS * lock->class;
}

#else
#define sleep_lock_check(lock)	((void)0)
#define sleep_lock_taken(lock)	((void)0)
#define sleep_lock_given(lock)	((void)0)
#endif

void
rwlock_init(struct rwlock *lock, enum lock_class class)
{
	*lock = (struct rwlock){ .class = class };
	spinlock_init(&lock->interlock, class);
}

/* Who may go on now that the lock is free, if anybody waits.  Unlocks. */
static void
rwlock_wake(struct rwlock *lock)
{
	bool writers = lock->writers_waiting > 0;
	bool readers = lock->waiting && !writers;

	if (readers)
		lock->waiting = false;
	spin_unlock(&lock->interlock);
	if (writers)
		thread_wakeup_one(&lock->writers_waiting);
	else if (readers)
		thread_wakeup(lock);
}

void
rwlock_write(struct rwlock *lock)
{
	sleep_lock_check(lock);
	spin_lock(&lock->interlock);
	while (unlikely(lock->writing || lock->readers > 0)) {
		lock->writers_waiting++;
		thread_sleep(&lock->writers_waiting, &lock->interlock, false);
		spin_lock(&lock->interlock);
		lock->writers_waiting--;
	}
	lock->writing = true;
	lock->writer = current_thread();
	spin_unlock(&lock->interlock);
	sleep_lock_taken(lock);
}

void
rwlock_read(struct rwlock *lock)
{
	sleep_lock_check(lock);
	spin_lock(&lock->interlock);
	while (unlikely(lock->writing || lock->writers_waiting > 0)) {
		lock->waiting = true;
		thread_sleep(lock, &lock->interlock, false);
		spin_lock(&lock->interlock);
	}
	lock->readers++;
	spin_unlock(&lock->interlock);
	sleep_lock_taken(lock);
}

bool
rwlock_try_write(struct rwlock *lock)
{
	bool free;

	if (!spin_trylock(&lock->interlock))
		return false;
	free = !lock->writing && lock->readers == 0;
	if (free) {
		lock->writing = true;
		lock->writer = current_thread();
		sleep_lock_taken(lock);
	}
	spin_unlock(&lock->interlock);
	return free;
}

bool
rwlock_try_read(struct rwlock *lock)
{
	bool free;

	if (!spin_trylock(&lock->interlock))
		return false;
	free = !lock->writing && lock->writers_waiting == 0;
	if (free) {
		lock->readers++;
		sleep_lock_taken(lock);
	}
	spin_unlock(&lock->interlock);
	return free;
}

bool
rwlock_upgrade(struct rwlock *lock)
{
	spin_lock(&lock->interlock);
	assert(lock->readers > 0);
	lock->readers--;
	if (lock->readers == 0) {
		lock->writing = true;
		lock->writer = current_thread();
		spin_unlock(&lock->interlock);
		return true;
	}
	/* The other readers will wake who waits. */
	spin_unlock(&lock->interlock);
	sleep_lock_given(lock);
	return false;
}

void
rwlock_downgrade(struct rwlock *lock)
{
	bool wake;

	spin_lock(&lock->interlock);
	assert(lock->writing);
	lock->writing = false;
	lock->writer = NULL;
	lock->readers = 1;
	/* Writers go on waiting, and new readers behind them. */
	wake = lock->waiting && lock->writers_waiting == 0;
	if (wake)
		lock->waiting = false;
	spin_unlock(&lock->interlock);
	if (wake)
		thread_wakeup(lock);
}

void
rwlock_done(struct rwlock *lock)
{
	sleep_lock_given(lock);
	spin_lock(&lock->interlock);
	if (lock->writing) {
		lock->writing = false;
		lock->writer = NULL;
	} else {
		assert(lock->readers > 0);
		lock->readers--;
	}
	if (lock->readers == 0)
		rwlock_wake(lock);
	else
		spin_unlock(&lock->interlock);
}

bool
rwlock_held_write(const struct rwlock *lock)
{
	return lock->writing && lock->writer == current_thread();
}
