/*
 * tests/selftest.c - tests that fail in every way, for a runner of their own
 * (tests/selftest.boot): it must say how, and go on.
 */
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
