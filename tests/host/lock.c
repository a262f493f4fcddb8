/*
 * tests/host/lock.c - the debug build's checks of spin locks: silent when
 * locks go in order, a panic when they do not.
 *
 * HOST_SRCS: kern/lock.c
 */
#include <sys/wait.h>
#include <unistd.h>

#include <kernel.h>

#include <kern/lock.h>

static struct spinlock task, ports[2], object, deep_object, bucket;

static void
init_locks(void)
{
	spinlock_init(&task, LOCK_TASK);
	spinlock_init(&ports[0], LOCK_PORT);
	spinlock_init(&ports[1], LOCK_PORT);
	spinlock_init(&object, LOCK_OBJECT);
	spinlock_init(&deep_object, LOCK_OBJECT);
	spinlock_init(&bucket, LOCK_WAIT);
}

static void
in_order(void *arg)
{
	bool intr;

	spin_lock(&task);
	spin_lock(&ports[0]);
	spin_lock_second(&ports[1]);
	spin_lock(&deep_object);
	spin_lock_second(&object);
	intr = spin_lock_intr(&bucket);
	spin_unlock(&ports[0]);		/* not the last taken */
	spin_unlock_intr(&bucket, intr);
	spin_unlock(&object);
	spin_unlock(&deep_object);
	spin_unlock(&ports[1]);
	if (spin_trylock(&ports[1]))	/* tries go in any order */
		spin_unlock(&ports[1]);
	spin_unlock(&task);
	lock_debug_assert_none_held();
}

static void
against_order(void *arg)
{
	spin_lock(&ports[0]);
	spin_lock(&task);
}

static void
against_address(void *arg)
{
	spin_lock(&ports[1]);
	spin_lock_second(&ports[0]);
}

static void
same_class(void *arg)
{
	spin_lock(&ports[0]);
	spin_lock(&ports[1]);
}

static void
twice(void *arg)
{
	spin_lock(&task);
	spin_lock(&task);
}

static void
with_interrupts(void *arg)
{
	spin_lock(&bucket);
}

static void
release_by_other(void *arg)
{
	spin_lock(&task);
	host_processor = &host_processors[1];
	spin_unlock(&task);
}

static void
block(void *arg)
{
	spin_lock(&task);
	lock_debug_assert_none_held();
}

static const struct {
	void (*act)(void *arg);
	bool panics;
	const char *name;
} acts[] = {
	{ in_order, false, "lock_in_order_is_silent" },
	{ against_order, true, "lock_against_order_panics" },
	{ against_address, true, "lock_second_at_lower_address_panics" },
	{ same_class, true, "lock_same_class_unannounced_panics" },
	{ twice, true, "lock_taken_twice_panics" },
	{ with_interrupts, true, "lock_of_handlers_with_interrupts_on_panics" },
	{ release_by_other, true, "lock_released_by_other_processor_panics" },
	{ block, true, "lock_held_across_block_panics" },
};

/* The first panic turns the checks off for good: a process for each act. */
static bool
panics_apart(void (*act)(void *arg))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		init_locks();
		_exit(panics(act, NULL) ? 1 : 0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int
main(void)
{
	for (unsigned i = 0; i < array_count(acts); i++)
		result(panics_apart(acts[i].act) == acts[i].panics,
		    acts[i].name);
	plan();
	return 0;
}
