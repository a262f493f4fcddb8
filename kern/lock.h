/*
 * kern/lock.h - spin locks, sleep locks and reference counts.
 *
 * The kernel is not preemptible: a processor leaves a thread only in
 * thread_block().  So a plain spin lock needs no more than the lock word; a
 * lock that an interrupt handler also takes is held with interrupts off
 * (spin_lock_intr).  Who spins with interrupts off answers TLB shootdowns
 * meanwhile (cpu_spin_wait).
 *
 * Every lock has a class; the classes are the lock order, outermost first.
 * The debug build checks that each lock taken is of a later class than all
 * held, or of the same class at a higher address (spin_lock_second).
 */
#ifndef KERN_LOCK_H
#define KERN_LOCK_H

#include <kern/types.h>
#include <kern/queue.h>
#include <machine/cpu.h>

/* Lock order, outermost first.  docs/design.md says what each protects. */
enum lock_class {
	LOCK_NONE,
	/* sleep locks */
	LOCK_TASK_CREATE,
	LOCK_MAP,		/* struct vm_map of a task */
	LOCK_KERNEL_MAP,	/* kernel_map */
	/* spin locks */
	LOCK_PSET,		/* lists of all tasks and threads */
	LOCK_TASK,
	LOCK_TASK_IPC,		/* port slots of a task or thread */
	LOCK_SPACE,
	LOCK_DEVICE_OPEN,
	LOCK_PORT,		/* two: by address */
	LOCK_PORT_SET,
	LOCK_IPC_MISC,		/* leaf tables of ipc/ */
	LOCK_DEVICE,
	LOCK_OBJECT,		/* two: a shadow before what it shadows */
	LOCK_OBJECT_CACHE,
	LOCK_PAGE_HASH,
	LOCK_PAGE_QUEUES,
	LOCK_PMAP,
	LOCK_PV,
	LOCK_ZONE,
	LOCK_PAGE_FREE,
	/* taken by interrupt handlers: interrupts off */
	LOCK_TTY,
	LOCK_WAIT,		/* wait-queue bucket */
	LOCK_TIMER,
	LOCK_THREAD,		/* two: the running one before one that waits */
	LOCK_RUN_QUEUE,
	LOCK_SHOOTDOWN,
	LOCK_CONSOLE,
	LOCK_CLASSES
};

#define LOCK_INTR_FIRST	LOCK_TTY	/* from here on interrupts are off */

struct spinlock {
	volatile uint32_t locked;
#ifdef DEBUG_KERNEL
	uint16_t	  class;
	int16_t		  holder;	/* processor number, -1 when free */
#endif
};

#ifdef DEBUG_KERNEL
#define SPINLOCK_INIT(cls)	{ 0, (cls), -1 }
/* Wait for it and set it. */
void	spin_lock_take(struct spinlock *lock);
void	lock_debug_acquire(struct spinlock *lock, bool second);
void	lock_debug_acquired(struct spinlock *lock);
void	lock_debug_release(struct spinlock *lock);
void	lock_debug_assert_none_held(void);	/* spin locks: before blocking */
/* No more checks: in a panic locks are not what they should be. */
void	lock_debug_stop(void);
#else
#define SPINLOCK_INIT(cls)	{ 0 }
#define spin_lock_take(lock)			atomic_lock(&(lock)->locked)
#define lock_debug_acquire(lock, second)	((void)0)
#define lock_debug_acquired(lock)		((void)0)
#define lock_debug_release(lock)		((void)0)
#define lock_debug_assert_none_held()		((void)0)
#define lock_debug_stop()			((void)0)
#endif

/* In line wherever it is two instructions, however large the caller is. */
#ifdef DEBUG_KERNEL
#define LOCK_INLINE	inline
#else
#define LOCK_INLINE	inline __attribute__((always_inline))
#endif

static inline void
spinlock_init(struct spinlock *lock, enum lock_class class)
{
	*lock = (struct spinlock)SPINLOCK_INIT(class);
	(void)class;
}

static inline bool
spin_trylock(struct spinlock *lock)
{
	if (atomic_test_and_set(&lock->locked))
		return false;
	lock_debug_acquired(lock);
	return true;
}

static LOCK_INLINE void
spin_lock(struct spinlock *lock)
{
	lock_debug_acquire(lock, false);
	spin_lock_take(lock);
	lock_debug_acquired(lock);
}

/* Take a second lock of a class already held, at a higher address. */
static LOCK_INLINE void
spin_lock_second(struct spinlock *lock)
{
	lock_debug_acquire(lock, true);
	spin_lock_take(lock);
	lock_debug_acquired(lock);
}

static LOCK_INLINE void
spin_unlock(struct spinlock *lock)
{
	lock_debug_release(lock);
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

/* Also turns interrupts off; returns what spin_unlock_intr wants back. */
static inline bool
spin_lock_intr(struct spinlock *lock)
{
	bool were_on = intr_disable();

	spin_lock(lock);
	return were_on;
}

static inline void
spin_unlock_intr(struct spinlock *lock, bool were_on)
{
	spin_unlock(lock);
	intr_restore(were_on);
}

/* For assertions only: held by this processor (debug) or by anybody. */
static inline bool
spinlock_held(const struct spinlock *lock)
{
#ifdef DEBUG_KERNEL
	return lock->locked && lock->holder == cpu_number();
#else
	return lock->locked;
#endif
}

/*
 * A sleep lock with readers and writers.  Writers wait for readers and go
 * before new ones.  Call with no spin lock held.  Not recursive.
 */
struct rwlock {
	/* atomic; with RWLOCK_CONTENDED set only under interlock */
	volatile uint32_t state;	/* readers, or RWLOCK_WRITING */
	/* under interlock */
	struct spinlock	  interlock;
	uint32_t	  writers_waiting;
	bool		  readers_waiting;
#ifdef DEBUG_KERNEL
	struct thread	 *writer;	/* the writer's own */
#endif
};

#define RWLOCK_WRITING		0x80000000u
#define RWLOCK_CONTENDED	0x40000000u	/* somebody waits, or is about to */

#ifdef DEBUG_KERNEL
void	rwlock_debug_acquire(struct rwlock *lock);
void	rwlock_debug_acquired(struct rwlock *lock);
void	rwlock_debug_upgraded(struct rwlock *lock);
void	rwlock_debug_release(struct rwlock *lock);
#else
#define rwlock_debug_acquire(lock)	((void)0)
#define rwlock_debug_acquired(lock)	((void)0)
#define rwlock_debug_upgraded(lock)	((void)0)
#define rwlock_debug_release(lock)	((void)0)
#endif

void	rwlock_init(struct rwlock *lock, enum lock_class class);
/* For assertions only: by this thread (debug) or by anybody. */
bool	rwlock_held_write(const struct rwlock *lock);

void	rwlock_write_contended(struct rwlock *lock);
void	rwlock_read_contended(struct rwlock *lock);
void	rwlock_done_contended(struct rwlock *lock);
void	rwlock_downgrade_contended(struct rwlock *lock);

static LOCK_INLINE void
rwlock_write(struct rwlock *lock)
{
	rwlock_debug_acquire(lock);
	if (unlikely(!atomic_move(&lock->state, 0, RWLOCK_WRITING)))
		rwlock_write_contended(lock);
	rwlock_debug_acquired(lock);
}

static LOCK_INLINE void
rwlock_read(struct rwlock *lock)
{
	uint32_t state = lock->state;

	rwlock_debug_acquire(lock);
	if (unlikely(state >= RWLOCK_CONTENDED ||
	    !atomic_move(&lock->state, state, state + 1)))
		rwlock_read_contended(lock);
	rwlock_debug_acquired(lock);
}

/* Without waiting; may fail for no better reason than that somebody is quick. */
static inline bool
rwlock_try_write(struct rwlock *lock)
{
	if (!atomic_move(&lock->state, 0, RWLOCK_WRITING))
		return false;
	rwlock_debug_acquired(lock);
	return true;
}

static inline bool
rwlock_try_read(struct rwlock *lock)
{
	uint32_t state = lock->state;

	if (state >= RWLOCK_CONTENDED ||
	    !atomic_move(&lock->state, state, state + 1))
		return false;
	rwlock_debug_acquired(lock);
	return true;
}

static LOCK_INLINE void
rwlock_done(struct rwlock *lock)
{
	uint32_t state = lock->state;

	rwlock_debug_release(lock);
	if (likely(state == RWLOCK_WRITING)) {
		if (likely(atomic_move(&lock->state, RWLOCK_WRITING, 0)))
			return;
	} else if (likely(state < RWLOCK_CONTENDED)) {
		if (likely(atomic_move(&lock->state, state, state - 1)))
			return;
	}
	rwlock_done_contended(lock);
}

/* Reader to writer, if nobody else has the lock or waits for it. */
static LOCK_INLINE bool
rwlock_try_upgrade(struct rwlock *lock)
{
	if (!atomic_move(&lock->state, 1, RWLOCK_WRITING))
		return false;
	rwlock_debug_upgraded(lock);
	return true;
}

/* Writer to reader. */
static LOCK_INLINE void
rwlock_downgrade(struct rwlock *lock)
{
	rwlock_debug_release(lock);
	if (unlikely(!atomic_move(&lock->state, RWLOCK_WRITING, 1)))
		rwlock_downgrade_contended(lock);
	rwlock_debug_acquired(lock);
}

/* The same for a writer, shorter. */
static LOCK_INLINE void
rwlock_write_done(struct rwlock *lock)
{
	rwlock_debug_release(lock);
	if (unlikely(!atomic_move(&lock->state, RWLOCK_WRITING, 0)))
		rwlock_done_contended(lock);
}

/*
 * A reference count that sticks when it gets too large instead of wrapping:
 * what it counts is then never freed.
 */
struct refcount {
	volatile uint32_t count;	/* stuck: negative if it had a sign */
};

#define REFCOUNT_STUCK	0xc0000000u

static inline void
refcount_init(struct refcount *ref, uint32_t count)
{
	ref->count = count;
}

/* A stuck count has moved: put it back. */
static inline void
refcount_stick(struct refcount *ref)
{
	__atomic_store_n(&ref->count, REFCOUNT_STUCK, __ATOMIC_RELAXED);
}

static LOCK_INLINE void
refcount_take_many(struct refcount *ref, uint32_t count)
{
	atomic_add_bounded(&ref->count, count, REFCOUNT_STUCK);
}

static LOCK_INLINE void
refcount_take(struct refcount *ref)
{
	refcount_take_many(ref, 1);
}

/* Returns whether this was the last reference. */
static LOCK_INLINE bool
refcount_drop(struct refcount *ref)
{
	if (likely(!atomic_sub_runs_out(&ref->count, 1)))
		return false;
	if (ref->count == 0)
		return true;		/* and nobody else looks at it now */
	refcount_stick(ref);
	return false;
}

/*
 * Drop count references while somebody else's is known to remain.
 */
static LOCK_INLINE void
refcount_drop_shared(struct refcount *ref, uint32_t count)
{
	atomic_sub_bounded(&ref->count, count, REFCOUNT_STUCK);
}

/*
 * Drop the reference if it is the only one; from then on
 * refcount_take_unless_zero fails.
 */
static inline bool
refcount_drop_only(struct refcount *ref)
{
	return atomic_move(&ref->count, 1, 0);
}

/* Take a reference unless the count has already reached zero. */
static inline bool
refcount_take_unless_zero(struct refcount *ref)
{
	uint32_t old;

	while ((old = ref->count) != 0)
		if ((int32_t)old < 0 || atomic_move(&ref->count, old, old + 1))
			return true;
	return false;
}

#endif
