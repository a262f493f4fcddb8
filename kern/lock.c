/*
 * kern/lock.c - spin locks when they are contended or checked.
 *
 * Owns:       each processor's list of the spin locks it holds, debug build.
 * Locks:      the list is its processor's; it is changed with interrupts off
 *             because handlers take locks too.
 */
#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/processor.h>

#ifdef DEBUG_KERNEL

#define SPIN_LIMIT	(1u << 28)	/* turns; nobody holds one so long */

static void	spin_lock_stuck(struct spinlock *lock);

/* By reading it, so that its cache line stays shared. */
void
spin_lock_take(struct spinlock *lock)
{
	uint32_t turns = 0;

	while (atomic_test_and_set(&lock->locked))
		while (lock->locked) {
			cpu_spin_wait();
			if (++turns == SPIN_LIMIT)
				spin_lock_stuck(lock);
		}
}

/* Once a check has failed, or in a panic, there is nothing left to find. */
static volatile bool checks_off;

static const char *const class_names[LOCK_CLASSES] = {
	[LOCK_TASK_CREATE] = "task creation",
	[LOCK_MAP] = "map",
	[LOCK_KERNEL_MAP] = "kernel map",
	[LOCK_PSET] = "processor set",
	[LOCK_TASK] = "task",
	[LOCK_TASK_IPC] = "task ipc",
	[LOCK_SPACE] = "space",
	[LOCK_PORT] = "port",
	[LOCK_PORT_SET] = "port set",
	[LOCK_IPC_MISC] = "ipc table",
	[LOCK_DEVICE_OPEN] = "device open",
	[LOCK_DEVICE] = "device",
	[LOCK_OBJECT] = "object",
	[LOCK_OBJECT_CACHE] = "object cache",
	[LOCK_PAGE_HASH] = "page hash",
	[LOCK_PAGE_QUEUES] = "page queues",
	[LOCK_PMAP] = "pmap",
	[LOCK_PV] = "pv",
	[LOCK_ZONE] = "zone",
	[LOCK_PAGE_FREE] = "free pages",
	[LOCK_TTY] = "tty",
	[LOCK_WAIT] = "wait",
	[LOCK_TIMER] = "timer",
	[LOCK_THREAD] = "thread",
	[LOCK_RUN_QUEUE] = "run queue",
	[LOCK_SHOOTDOWN] = "shootdown",
	[LOCK_CONSOLE] = "console",
};

static const char *
class_name(const struct spinlock *lock)
{
	const char *name = NULL;

	if (lock->class < LOCK_CLASSES)
		name = class_names[lock->class];
	return name != NULL ? name : "unnamed";
}

/* Whether locks of this class are checked: not those before spinlock_init. */
static inline bool
checked(const struct spinlock *lock)
{
	return !checks_off && lock->class != LOCK_NONE;
}

static void
spin_lock_stuck(struct spinlock *lock)
{
	checks_off = true;
	panic("%s lock %p: processor %d has held it too long",
	    class_name(lock), lock, lock->holder);
}

static void
order_violated(struct spinlock *lock, struct spinlock *held)
{
	checks_off = true;
	panic("lock order: %s lock %p taken with %s lock %p held",
	    class_name(lock), lock, class_name(held), held);
}

/* Whether a lock may be taken with another held. */
static bool
order_ok(const struct spinlock *lock, const struct spinlock *held, bool second)
{
	if (lock->class != held->class)
		return lock->class > held->class;
	/*
	 * Objects go by depth in the shadow chain, and of two threads the one
	 * that runs comes first: neither is known here.
	 */
	return second && (lock->class == LOCK_OBJECT ||
	    lock->class == LOCK_THREAD || lock > held);
}

void
lock_debug_acquire(struct spinlock *lock, bool second)
{
	struct processor *self;

	if (!checked(lock))
		return;
	self = current_processor();
	for (unsigned i = 0; i < self->held_count; i++)
		if (!order_ok(lock, self->held[i], second))
			order_violated(lock, self->held[i]);
}

void
lock_debug_acquired(struct spinlock *lock)
{
	struct processor *self;
	bool were_on;

	if (!checked(lock))
		return;
	were_on = intr_disable();
	self = current_processor();
	if (lock->class >= LOCK_INTR_FIRST && were_on) {
		checks_off = true;
		panic("%s lock %p taken with interrupts on", class_name(lock),
		    lock);
	}
	if (self->held_count == array_count(self->held)) {
		checks_off = true;
		panic("%s lock %p: too many held", class_name(lock), lock);
	}
	lock->holder = self->number;
	self->held[self->held_count++] = lock;
	intr_restore(were_on);
}

/* Take lock off the list of a processor that holds it; false: not there. */
static bool
held_remove(struct processor *self, struct spinlock *lock)
{
	unsigned i = self->held_count;

	do {
		if (i-- == 0)
			return false;
	} while (self->held[i] != lock);
	for (self->held_count--; i < self->held_count; i++)
		self->held[i] = self->held[i + 1];
	return true;
}

void
lock_debug_release(struct spinlock *lock)
{
	bool were_on;

	if (!checked(lock))
		return;
	were_on = intr_disable();
	if (!held_remove(current_processor(), lock)) {
		checks_off = true;
		panic("%s lock %p released, not held here; holder %d",
		    class_name(lock), lock, lock->holder);
	}
	lock->holder = -1;
	intr_restore(were_on);
}

void
lock_debug_assert_none_held(void)
{
	struct processor *self = current_processor();

	if (checks_off || self->held_count == 0)
		return;
	checks_off = true;
	panic("%s lock %p held by a thread that may block",
	    class_name(self->held[0]), self->held[0]);
}

void
lock_debug_stop(void)
{
	checks_off = true;
}

#endif
