/*
 * tests/disturb.c - meddling with threads; see disturb.h.
 */
#include <mach/thread_switch.h>

#include "disturb.h"
#include "rights.h"

#define SELF		mach_task_self()

static void
disturb_thread(thread_t thread, uint32_t *seed)
{
	bool suspended = test_random(seed) % 2 &&
	    thread_suspend(thread) == KERN_SUCCESS;

	if (suspended)
		(void)swtch_pri(0);
	(void)thread_abort(thread);
	if (suspended)
		(void)thread_resume(thread);
}

void
disturb(task_t task, uint32_t *seed)
{
	thread_array_t threads = NULL;
	mach_msg_type_number_t count = 0;

	if (task_threads(task, &threads, &count) != KERN_SUCCESS)
		return;
	if (count != 0)
		disturb_thread(threads[test_random(seed) % count], seed);
	for (unsigned i = 0; i < count; i++)
		(void)mach_port_deallocate(SELF, threads[i]);
	(void)vm_deallocate(SELF, (vm_address_t)threads,
	    count * sizeof(*threads));
}

static unsigned
now_ms(void)
{
	struct time_value now;

	CHECK_KR(host_get_time(mach_host_self(), &now), KERN_SUCCESS);
	return (unsigned)now.seconds * 1000 + now.microseconds / 1000;
}

void
disturb_for(const task_t *tasks, unsigned count, unsigned ms, uint32_t *seed)
{
	unsigned start = now_ms();

	do {
		(void)swtch_pri(0);
		disturb(tasks[test_random(seed) % count], seed);
	} while (now_ms() - start < ms);
}

void
disturb_await_dead(mach_port_t name)
{
	for (unsigned i = 0; i < 20000; i++) {
		if (right_type(name) == MACH_PORT_TYPE_DEAD_NAME)
			return;
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_DEPRESS, 1);
	}
	test_fail(__FILE__, __LINE__, "what was ended lives on");
}
