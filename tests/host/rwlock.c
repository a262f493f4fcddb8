/*
 * tests/host/rwlock.c - sleep locks: who may hold them together, who waits,
 * and who is woken.  What a waiting thread waits for happens in its wait.
 *
 * HOST_SRCS: kern/rwlock.c kern/lock.c
 */
#include <kernel.h>

#include <kern/lock.h>
#include <kern/thread.h>

static struct thread threads[2];
static struct thread *playing = &threads[0];
static struct rwlock lock;

/* What thread_sleep does before the sleeper goes on. */
static void (*while_asleep)(void);
static event_t slept_on, woken, woken_one;

struct thread *
current_thread(void)
{
	return playing;
}

enum wait_result
thread_sleep(event_t event, struct spinlock *interlock, bool interruptible)
{
	void (*act)(void) = while_asleep;

	spin_unlock(interlock);
	slept_on = event;
	while_asleep = NULL;
	if (act == NULL)
		panic("sleeps for ever");
	playing = &threads[1];
	act();
	playing = &threads[0];
	return THREAD_AWAKENED;
}

void
thread_wakeup(event_t event)
{
	woken = event;
}

bool
thread_wakeup_one(event_t event)
{
	woken_one = event;
	return true;
}

static void
reset(void)
{
	rwlock_init(&lock, LOCK_MAP);
	slept_on = woken = woken_one = NULL;
}

static void
done_by_other(void)
{
	rwlock_done(&lock);
}

static void
take_by_other(void (*take)(struct rwlock *))
{
	playing = &threads[1];
	take(&lock);
	playing = &threads[0];
}

static void
test_readers_share(void)
{
	bool ok;

	reset();
	rwlock_read(&lock);
	ok = rwlock_try_read(&lock) && !rwlock_try_write(&lock);
	rwlock_done(&lock);
	ok = ok && !rwlock_try_write(&lock);
	rwlock_done(&lock);
	ok = ok && rwlock_try_write(&lock) && rwlock_held_write(&lock) &&
	    !rwlock_try_read(&lock);
	rwlock_done(&lock);
	result(ok && !rwlock_held_write(&lock),
	    "rwlock_readers_share_and_writers_do_not");
}

static void
test_waits(void)
{
	bool ok;

	reset();
	take_by_other(rwlock_read);
	while_asleep = done_by_other;
	rwlock_write(&lock);
	ok = slept_on != NULL && woken_one == slept_on && woken == NULL;
	rwlock_done(&lock);
	result(ok, "rwlock_last_reader_wakes_a_writer");

	reset();
	take_by_other(rwlock_write);
	while_asleep = done_by_other;
	rwlock_read(&lock);
	ok = slept_on != NULL && woken == slept_on && woken_one == NULL;
	rwlock_done(&lock);
	result(ok, "rwlock_writer_wakes_the_readers");
}

static void
test_upgrade(void)
{
	bool ok;

	reset();
	rwlock_read(&lock);
	ok = rwlock_try_upgrade(&lock) && rwlock_held_write(&lock);
	rwlock_downgrade(&lock);
	ok = ok && !rwlock_held_write(&lock) && rwlock_try_read(&lock);
	ok = ok && !rwlock_try_upgrade(&lock);	/* and both read on */
	rwlock_done(&lock);
	ok = ok && !rwlock_try_write(&lock);
	rwlock_done(&lock);
	ok = ok && rwlock_try_write(&lock);
	rwlock_done(&lock);
	result(ok, "rwlock_upgrade_needs_to_be_the_only_reader");
}

static bool reader_got_in;

static void
new_reader_tries(void)
{
	reader_got_in = rwlock_try_read(&lock);
	rwlock_done(&lock);
}

static void
test_writers_go_first(void)
{
	reset();
	take_by_other(rwlock_read);
	while_asleep = new_reader_tries;
	rwlock_write(&lock);
	rwlock_done(&lock);
	result(!reader_got_in, "rwlock_new_readers_wait_behind_writers");
}

static void
kernel_map_first(void *arg)
{
	struct rwlock kernel_map;

	rwlock_init(&kernel_map, LOCK_KERNEL_MAP);
	reset();
	rwlock_write(&lock);
	rwlock_write(&kernel_map);
	rwlock_done(&kernel_map);
	rwlock_done(&lock);
	if (arg == NULL)
		return;
	rwlock_write(&kernel_map);
	rwlock_write(&lock);
}

static void
under_spin_lock(void *arg)
{
	static struct spinlock spin = SPINLOCK_INIT(LOCK_TASK);

	reset();
	spin_lock(&spin);
	rwlock_read(&lock);
}

int
main(void)
{
	test_readers_share();
	test_waits();
	test_writers_go_first();
	test_upgrade();
	result(threads[0].sleep_locks == 0 && threads[1].sleep_locks == 0,
	    "rwlock_counts_of_threads_return_to_zero");
	result(!panics(kernel_map_first, NULL), "rwlock_in_order_is_silent");
	result(panics(kernel_map_first, &lock), "rwlock_against_order_panics");
	threads[0].sleep_locks = 0;
	result(panics(under_spin_lock, NULL), "rwlock_under_spin_lock_panics");
	plan();
	return 0;
}
