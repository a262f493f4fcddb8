/*
 * tests/selftest.c - tests that fail in every way, for a runner of their own
 * (tests/selftest.boot): it must say how, and go on.
 */
#include <mach/gnumach.h>

#include "test.h"

TEST(selftest_passes)
{
}

TEST(selftest_fails)
{
	CHECK_EQ(1, 2);
}

static volatile uintptr_t low = 16;	/* where nothing is mapped */

TEST(selftest_crashes)
{
	*(volatile int *)low = 0;
}

TEST_LIMIT(selftest_hangs, 1)
{
	for (;;)
		continue;
}

TEST_LIMIT(selftest_waits_for_ever, 1)
{
	struct test_message msg;

	(void)test_receive(&msg.head, sizeof(msg), test_port(), 0);
}

TEST_LIMIT(selftest_dies, 1)
{
	(void)task_terminate(mach_task_self());
}

TEST(selftest_goes_on)
{
	CHECK(test_allocate(vm_page_size) != 0);
}

static struct vm_statistics
statistics(void)
{
	struct vm_statistics now;

	CHECK_KR(vm_statistics(mach_task_self(), &now), KERN_SUCCESS);
	return now;
}

/* The kernel has much to give back when this has ended. */
TEST(selftest_ends_with_most_of_memory)
{
	vm_size_t size = (vm_size_t)statistics().free_count / 8 * 7 * vm_page_size;

	CHECK_KR(vm_wire(TEST_HOST_PORT, mach_task_self(), test_allocate(size),
	    size, VM_PROT_DEFAULT), KERN_SUCCESS);
}

TEST(selftest_has_most_of_memory)
{
	struct vm_statistics now = statistics();

	CHECK(now.free_count / 3 > now.active_count + now.inactive_count +
	    now.wire_count);
}
