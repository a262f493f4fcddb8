/*
 * tests/coverage.c - every routine of the kernel's interfaces is called by
 * some test: the last word of a full run on the debug kernel, which counts.
 */
#include <mach/duality.h>
#include <mach/served.h>

#include "requests.h"
#include "test.h"

struct range {
	mach_msg_id_t first, last;
	const char   *why;
};

/* Routines that the kernel does not serve: MIG_BAD_ID. */
static const struct range unserved[] = {
	{ 2009, 2010, "no emulation of system calls" },
	{ 2070, 2071, "no emulation of system calls" },
	{ 3014, 3017, "no such table, and no symbols for a debugger" },
	{ 3023, 3023, "no symbols for a debugger" },
	{ 4000, 4005, "no sampling of the program counter" },
	{ 4201, 4201, "nobody's yet: thread_terminate_release" },
	{ 4203, 4206, "nobody's yet: new tasks' notification, gsync" },
	{ 4210, 4212, "nobody's yet: physical memory, essential tasks" },
	{ 0, 0, NULL }
};

/* Routines that are served, and whose answer here is always a refusal. */
static const struct range refusing[] = {
	{ 2099, 2099, "memory has no attributes to set" },
	{ 2603, 2604, "processors neither start nor stop" },
	{ 2608, 2611, "one processor set" },
	{ 2623, 2623, "the one processor set keeps its priorities" },
	{ 2626, 2626, "time-sharing cannot be disabled" },
	{ 2635, 2635, "host_reboot ends the run" },
	{ 2641, 2641, "processors take no commands" },
	{ 2812, 2814, "no networks, and no interrupts handed out" },
	{ 3800, 3806, "I/O ports are not given away" },
	{ 0, 0, NULL }
};

static bool
is_in(mach_msg_id_t id, const struct range *range)
{
	for (; range->why != NULL; range++)
		if (id >= range->first && id <= range->last)
			return true;
	return false;
}

/* What the kernel sends to others: pagers, handlers of exceptions. */
static bool
is_the_kernels(mach_msg_id_t id)
{
	return id < 2200 || (id >= 2600 && id < 6100);
}

/*
 * Whether tests have had of it what they must, a success and a refusal; how:
 * SERVED_* bits.
 */
static bool
is_reached(mach_msg_id_t id, int how)
{
	if (is_in(id, unserved))
		return how == 0;
	return how == (SERVED_WELL | SERVED_REFUSED) ||
	    (how == SERVED_REFUSED && is_in(id, refusing));
}

TEST(coverage_of_all_routines)
{
	unsigned missing = 0;
	int how;

	if (host_get_served(mach_host_self(), 2000, &how) == MIG_BAD_ID ||
	    !test_all_selected())
		return;		/* the release build, or a part of the tests */
	for (unsigned i = 0; i < request_count; i++) {
		mach_msg_id_t id = requests[i].id;

		if (!is_the_kernels(id))
			continue;
		CHECK_KR(host_get_served(mach_host_self(), id, &how),
		    KERN_SUCCESS);
		if (is_reached(id, how))
			continue;
		test_note("%s, %d: %s", requests[i].name, id,
		    is_in(id, unserved) ? "is served" :
		    how & SERVED_WELL ? "never refused" : "never called well");
		missing++;
	}
	CHECK_EQ(missing, 0);
}
