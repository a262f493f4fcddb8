/*
 * tests/kern_task.c - tasks and threads: life, suspension, state, ports.
 */
#include <string.h>

#include <mach/mach_host.h>
#include <mach/mach_thread.h>
#include <mach/thread_status.h>
#include <mach/thread_switch.h>

#include "../libmach/thread.h"
#include "test.h"

static volatile int counter;
static char other_stack[0x4000] __attribute__((aligned(16)));

static void
count_forever(void *arg)
{
	(void)arg;
	for (;;)
		counter++;
}

static void
raise_counter(void *arg)
{
	counter += (int)(uintptr_t)arg;
	for (;;)
		test_sleep(1000);
}

/* A suspended thread of this task that will run fn(arg). */
static thread_t
make_thread(void (*fn)(void *), void *arg)
{
	thread_t thread;

	CHECK_KR(thread_create(mach_task_self(), &thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(thread, fn, arg,
	    (vm_address_t)other_stack + sizeof(other_stack)), KERN_SUCCESS);
	return thread;
}

static void
wait_for_counter(int value)
{
	for (unsigned i = 0; i < 500 && counter != value; i++)
		test_sleep(10);
	CHECK_EQ(counter, value);
}

/* Whether counter moves within a while. */
static bool
counter_moves(void)
{
	int before = counter;

	for (unsigned i = 0; i < 20; i++) {
		test_sleep(10);
		if (counter != before)
			return true;
	}
	return false;
}

TEST(task_self_is_a_task)
{
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	CHECK(mach_task_self() != MACH_PORT_NULL);
	CHECK_KR(task_info(mach_task_self(), TASK_BASIC_INFO,
	    (task_info_t)&info, &count), KERN_SUCCESS);
	CHECK_EQ(count, TASK_BASIC_INFO_COUNT);
	CHECK_EQ(info.suspend_count, 0);
	CHECK(info.virtual_size > 0);
	CHECK(info.resident_size > 0);
}

TEST(task_info_serves_every_known_count)
{
	static const unsigned counts[] = { TASK_BASIC_INFO_COUNT_CMU,
	    TASK_BASIC_INFO_COUNT_2022, TASK_BASIC_INFO_COUNT };
	integer_t info[TASK_INFO_MAX];
	mach_msg_type_number_t count;

	for (unsigned i = 0; i < 3; i++) {
		count = counts[i];
		CHECK_KR(task_info(mach_task_self(), TASK_BASIC_INFO, info,
		    &count), KERN_SUCCESS);
		CHECK_EQ(count, counts[i]);
	}
	count = TASK_BASIC_INFO_COUNT_CMU - 1;
	CHECK_KR(task_info(mach_task_self(), TASK_BASIC_INFO, info, &count),
	    KERN_INVALID_ARGUMENT);
	count = TASK_INFO_MAX;
	CHECK_KR(task_info(mach_task_self(), TASK_EVENTS_INFO, info, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, TASK_EVENTS_INFO_COUNT);
	count = TASK_INFO_MAX;
	CHECK_KR(task_info(mach_task_self(), TASK_THREAD_TIMES_INFO, info,
	    &count), KERN_SUCCESS);
	CHECK_EQ(count, TASK_THREAD_TIMES_INFO_COUNT);
	CHECK_KR(task_info(mach_task_self(), 99, info, &count),
	    KERN_INVALID_ARGUMENT);
}

static void
message_counts(uint32_t *sent, uint32_t *received)
{
	struct task_events_info info;
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;

	CHECK_KR(task_info(mach_task_self(), TASK_EVENTS_INFO,
	    (task_info_t)&info, &count), KERN_SUCCESS);
	*sent = info.messages_sent;
	*received = info.messages_received;
}

static void
message_to_self(void *arg)
{
	mach_msg_header_t msg = { .msgh_size = sizeof(msg) };

	for (unsigned i = 0; i < 10; i++) {
		CHECK_KR(test_send(&msg, (mach_port_t)arg, 1),
		    MACH_MSG_SUCCESS);
		CHECK_KR(test_receive(&msg, sizeof(msg), (mach_port_t)arg,
		    0), MACH_MSG_SUCCESS);
	}
	__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
	mach_thread_exit();
}

TEST(task_info_counts_messages_of_threads_that_ended)
{
	uint32_t sent, received, sent_then, received_then;
	mach_port_t port = test_port();

	message_counts(&sent, &received);
	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(mach_thread_start(message_to_self, (void *)port),
		    KERN_SUCCESS);
	wait_for_counter(3);
	message_counts(&sent_then, &received_then);
	CHECK(sent_then - sent >= 30);
	CHECK(received_then - received >= 30);
	test_sleep(100);
	message_counts(&sent, &received);
	CHECK(sent - sent_then < 20);
	CHECK(received - received_then < 20);
}

TEST(task_create_gives_an_empty_task)
{
	task_t task;
	thread_array_t threads;
	mach_msg_type_number_t count;
	vm_address_t addr = 0;
	vm_size_t size;
	vm_prot_t prot, max;
	vm_inherit_t inherit;
	boolean_t shared;
	mach_port_t object;
	vm_offset_t offset;

	CHECK_KR(task_create(mach_task_self(), FALSE, &task), KERN_SUCCESS);
	CHECK_KR(task_threads(task, &threads, &count), KERN_SUCCESS);
	CHECK_EQ(count, 0);
	CHECK_KR(vm_region(task, &addr, &size, &prot, &max, &inherit, &shared,
	    &object, &offset), KERN_NO_SPACE);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(task_terminate_makes_its_port_a_dead_name)
{
	task_t task;
	mach_port_type_t type;

	CHECK_KR(task_create(mach_task_self(), FALSE, &task), KERN_SUCCESS);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	CHECK_KR(mach_port_type(mach_task_self(), task, &type), KERN_SUCCESS);
	CHECK_EQ(type, MACH_PORT_TYPE_DEAD_NAME);
	CHECK(task_terminate(task) != KERN_SUCCESS);
	CHECK_KR(task_terminate(mach_host_self()), KERN_INVALID_ARGUMENT);
}

static void
raise_shared(void *arg)
{
	*(volatile int *)arg = 42;
}

TEST(task_create_inherits_memory_as_told)
{
	volatile int *shared = (int *)test_allocate(vm_page_size);
	volatile int *copied = (int *)test_allocate(vm_page_size);
	task_t task;

	*shared = *copied = 1;
	CHECK_KR(vm_inherit(mach_task_self(), (vm_address_t)shared,
	    vm_page_size, VM_INHERIT_SHARE), KERN_SUCCESS);
	task = test_spawn(raise_shared, (void *)shared, MACH_PORT_NULL);
	test_wait_end(task);
	CHECK_EQ(*shared, 42);
	task = test_spawn(raise_shared, (void *)copied, MACH_PORT_NULL);
	test_wait_end(task);
	CHECK_EQ(*copied, 1);
}

TEST(task_suspend_stops_all_threads)
{
	thread_t thread = make_thread(count_forever, NULL);
	task_t task = mach_task_self();

	(void)task;
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK(counter_moves());
	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	CHECK(!counter_moves());
	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK(!counter_moves());
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK(counter_moves());
	CHECK_KR(thread_resume(thread), KERN_FAILURE);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	test_sleep(50);
	CHECK(!counter_moves());
}

static void
count_shared(void *arg)
{
	for (;;)
		(*(volatile int *)arg)++;
}

TEST(task_suspend_nests)
{
	volatile int *shared = (int *)test_allocate(vm_page_size);
	task_t task;
	int before;

	CHECK_KR(vm_inherit(mach_task_self(), (vm_address_t)shared,
	    vm_page_size, VM_INHERIT_SHARE), KERN_SUCCESS);
	task = test_spawn(count_shared, (void *)shared, MACH_PORT_NULL);
	while (*shared == 0)
		test_sleep(10);
	CHECK_KR(task_suspend(task), KERN_SUCCESS);
	CHECK_KR(task_suspend(task), KERN_SUCCESS);
	before = *shared;
	test_sleep(50);
	CHECK_EQ(*shared, before);
	CHECK_KR(task_resume(task), KERN_SUCCESS);
	test_sleep(50);
	CHECK_EQ(*shared, before);
	CHECK_KR(task_resume(task), KERN_SUCCESS);
	for (unsigned i = 0; i < 200 && *shared == before; i++)
		test_sleep(10);
	CHECK(*shared != before);
	CHECK_KR(task_resume(task), KERN_FAILURE);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(thread_runs_with_the_state_it_was_given)
{
	thread_t thread = make_thread(raise_counter, (void *)7);

	CHECK(!counter_moves());
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	wait_for_counter(7);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
}

TEST(thread_get_state_shows_flat_selectors)
{
	struct i386_thread_state state;
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;
	thread_t thread = make_thread(count_forever, NULL);

	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK(counter_moves());
	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	CHECK_KR(thread_get_state(thread, i386_THREAD_STATE,
	    (thread_state_t)&state, &count), KERN_SUCCESS);
	CHECK_EQ(count, i386_THREAD_STATE_COUNT);
	CHECK_EQ(state.cs, 0x17);
	CHECK_EQ(state.ss, 0x1f);
	CHECK_EQ(state.ds, 0x1f);
	CHECK(state.efl & 0x200);
	CHECK(state.uesp > (uint32_t)other_stack &&
	    state.uesp <= (uint32_t)other_stack + sizeof(other_stack));
	count = 3;
	CHECK_KR(thread_get_state(thread, i386_THREAD_STATE,
	    (thread_state_t)&state, &count), KERN_INVALID_ARGUMENT);
	count = i386_THREAD_STATE_COUNT;
	CHECK_KR(thread_get_state(thread, 77, (thread_state_t)&state, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_get_state(mach_thread_self(), i386_THREAD_STATE,
	    (thread_state_t)&state, &count), KERN_INVALID_ARGUMENT);
}

TEST(thread_set_state_moves_a_running_thread)
{
	thread_t thread = make_thread(count_forever, NULL);

	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK(counter_moves());
	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	counter = 0;
	CHECK_KR(mach_thread_set_entry(thread, raise_counter, (void *)9,
	    (vm_address_t)other_stack + sizeof(other_stack)), KERN_SUCCESS);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	wait_for_counter(9);
}

TEST(thread_info_tells_state_and_times)
{
	struct thread_basic_info basic;
	struct thread_sched_info sched;
	mach_msg_type_number_t count;
	thread_t thread = make_thread(count_forever, NULL);

	count = THREAD_BASIC_INFO_COUNT;
	CHECK_KR(thread_info(thread, THREAD_BASIC_INFO, (thread_info_t)&basic,
	    &count), KERN_SUCCESS);
	CHECK_EQ(basic.suspend_count, 1);
	CHECK_EQ(basic.run_state, TH_STATE_STOPPED);
	CHECK_EQ(basic.base_priority, 25);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 100; i++) {
		test_sleep(20);
		count = THREAD_BASIC_INFO_COUNT_2022;
		CHECK_KR(thread_info(thread, THREAD_BASIC_INFO,
		    (thread_info_t)&basic, &count), KERN_SUCCESS);
		if (basic.user_time.microseconds != 0)
			break;
	}
	CHECK(basic.user_time.microseconds != 0);
	count = THREAD_SCHED_INFO_COUNT;
	CHECK_KR(thread_info(thread, THREAD_SCHED_INFO, (thread_info_t)&sched,
	    &count), KERN_SUCCESS);
	CHECK_EQ(sched.base_priority, 25);
	count = 1;
	CHECK_KR(thread_info(thread, THREAD_SCHED_INFO, (thread_info_t)&sched,
	    &count), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_info(thread, 5, (thread_info_t)&sched, &count),
	    KERN_INVALID_ARGUMENT);
}

static mach_port_t wait_port;
static volatile mach_msg_return_t wait_result;

static void
receive_once(void *arg)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} msg;

	(void)arg;
	wait_result = 1;
	wait_result = mach_msg_trap(&msg.head, MACH_RCV_MSG, 0, sizeof(msg),
	    wait_port, 0, MACH_PORT_NULL);
	counter = 5;
	for (;;)
		test_sleep(1000);
}

TEST(thread_abort_interrupts_a_receive)
{
	thread_t thread;

	wait_port = test_port();
	thread = make_thread(receive_once, NULL);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	while (wait_result == 0)
		test_sleep(10);
	test_sleep(50);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	wait_for_counter(5);
	CHECK_EQ(wait_result, MACH_RCV_INTERRUPTED);
	CHECK_KR(thread_abort(mach_thread_self()), KERN_INVALID_ARGUMENT);
}

TEST(thread_terminate_ends_a_receive)
{
	thread_t thread;
	mach_port_type_t type = 0;

	wait_port = test_port();
	thread = make_thread(receive_once, NULL);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	while (wait_result == 0)
		test_sleep(10);
	test_sleep(50);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 200; i++) {
		CHECK_KR(mach_port_type(mach_task_self(), thread, &type),
		    KERN_SUCCESS);
		if (type == MACH_PORT_TYPE_DEAD_NAME)
			break;
		test_sleep(10);
	}
	CHECK_EQ(type, MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(counter, 0);
}

TEST(task_threads_lists_each_thread)
{
	thread_array_t threads;
	mach_msg_type_number_t count;

	(void)make_thread(count_forever, NULL);
	(void)make_thread(count_forever, NULL);
	CHECK_KR(task_threads(mach_task_self(), &threads, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 3);
	CHECK_EQ(threads[0], mach_thread_self());
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)threads,
	    count * sizeof(*threads)), KERN_SUCCESS);
	CHECK_KR(task_threads(mach_thread_self(), &threads, &count),
	    KERN_INVALID_ARGUMENT);
}

TEST(task_special_ports_are_set_and_given_back)
{
	mach_port_t port = test_port(), got;

	CHECK_KR(task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    port), KERN_SUCCESS);
	CHECK_KR(task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    &got), KERN_SUCCESS);
	CHECK_EQ(got, port);
	CHECK_KR(task_get_special_port(mach_task_self(), TASK_KERNEL_PORT,
	    &got), KERN_SUCCESS);
	CHECK_EQ(got, mach_task_self());
	CHECK_KR(task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_KR(task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    &got), KERN_SUCCESS);
	CHECK_EQ(got, MACH_PORT_NULL);
	CHECK_KR(task_get_special_port(mach_task_self(), 9, &got),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(task_set_special_port(mach_task_self(), 9, port),
	    KERN_INVALID_ARGUMENT);
}

static mach_port_t
special_port(task_t task, int which)
{
	mach_port_t port = MACH_PORT_NULL;

	CHECK_KR(task_get_special_port(task, which, &port), KERN_SUCCESS);
	return port;
}

/*
 * CVE-2006-4392: a task gets its parent's ports when it is made, and no later
 * change of the parent's reaches it; a thread gets none.
 */
TEST(task_special_ports_are_inherited_once)
{
	static const int kinds[] = { TASK_BOOTSTRAP_PORT, TASK_EXCEPTION_PORT };
	mach_port_t first = test_port(), second = test_port(), got;
	mach_port_array_t registered;
	mach_msg_type_number_t count;
	thread_t thread;
	task_t task;

	for (unsigned i = 0; i < 2; i++)
		CHECK_KR(task_set_special_port(mach_task_self(), kinds[i],
		    first), KERN_SUCCESS);
	CHECK_KR(mach_ports_register(mach_task_self(), &first, 1),
	    KERN_SUCCESS);
	CHECK_KR(thread_set_special_port(mach_thread_self(),
	    THREAD_EXCEPTION_PORT, first), KERN_SUCCESS);
	CHECK_KR(task_create(mach_task_self(), FALSE, &task), KERN_SUCCESS);
	CHECK_KR(thread_create(task, &thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_KR(task_set_special_port(mach_task_self(), kinds[i],
		    second), KERN_SUCCESS);
		CHECK_EQ(special_port(task, kinds[i]), first);
	}
	CHECK_KR(mach_ports_register(mach_task_self(), &second, 1),
	    KERN_SUCCESS);
	CHECK_KR(mach_ports_lookup(task, &registered, &count), KERN_SUCCESS);
	CHECK_EQ(registered[0], first);
	CHECK_KR(thread_get_special_port(thread, THREAD_EXCEPTION_PORT, &got),
	    KERN_SUCCESS);
	CHECK_EQ(got, MACH_PORT_NULL);
	CHECK_EQ(special_port(task, TASK_KERNEL_PORT), task);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	for (unsigned i = 0; i < 2; i++)
		CHECK_EQ(special_port(mach_task_self(), kinds[i]), second);
}

TEST(thread_special_ports_are_set_and_given_back)
{
	mach_port_t port = test_port(), got, self = mach_thread_self();

	CHECK_KR(thread_set_special_port(self, THREAD_EXCEPTION_PORT, port),
	    KERN_SUCCESS);
	CHECK_KR(thread_get_special_port(self, THREAD_EXCEPTION_PORT, &got),
	    KERN_SUCCESS);
	CHECK_EQ(got, port);
	CHECK_KR(thread_get_special_port(self, THREAD_KERNEL_PORT, &got),
	    KERN_SUCCESS);
	CHECK_EQ(got, self);
	CHECK_KR(thread_get_special_port(self, 4, &got), KERN_INVALID_ARGUMENT);
}

TEST(mach_ports_register_and_lookup)
{
	mach_port_t ports[3] = { test_port(), test_port(), MACH_PORT_NULL };
	mach_port_t five[5] = { ports[0], ports[0], ports[0], ports[0],
	    ports[0] };
	mach_port_array_t got;
	mach_msg_type_number_t count;

	CHECK_KR(mach_ports_register(mach_task_self(), ports, 3),
	    KERN_SUCCESS);
	CHECK_KR(mach_ports_lookup(mach_task_self(), &got, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, TASK_PORT_REGISTER_MAX);
	CHECK_EQ(got[0], ports[0]);
	CHECK_EQ(got[1], ports[1]);
	CHECK_EQ(got[2], MACH_PORT_NULL);
	CHECK_EQ(got[3], MACH_PORT_NULL);
	CHECK_KR(mach_ports_register(mach_task_self(), five, 5),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(mach_ports_register(mach_task_self(), NULL, 0), KERN_SUCCESS);
}

TEST(thread_switch_takes_its_options)
{
	CHECK_KR(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0),
	    KERN_SUCCESS);
	CHECK_KR(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_DEPRESS, 10),
	    KERN_SUCCESS);
	CHECK_KR(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 20),
	    KERN_SUCCESS);
	CHECK_KR(thread_switch(mach_task_self(), SWITCH_OPTION_NONE, 0),
	    KERN_SUCCESS);
	CHECK_KR(thread_switch(MACH_PORT_NULL, 3, 0), KERN_INVALID_ARGUMENT);
}

TEST(swtch_lets_others_run)
{
	thread_t thread = make_thread(raise_counter, (void *)1);

	(void)swtch();
	(void)swtch_pri(0);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 100000 && counter == 0; i++)
		(void)swtch_pri(0);
	wait_for_counter(1);
}

static volatile bool resumed_enough;

static void
resume_until_told(void *arg)
{
	while (!resumed_enough) {
		(void)thread_resume((thread_t)(uintptr_t)arg);
		(void)swtch();
	}
	mach_thread_exit();
}

/* The one who resumes comes before the one who is to stop. */
TEST(thread_suspend_ends_when_another_resumes)
{
	thread_t thread = make_thread(count_forever, NULL);

	CHECK_KR(thread_priority(thread, 30, FALSE), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(resume_until_told,
	    (void *)(uintptr_t)thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 200; i++) {
		(void)thread_resume(thread);
		CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	}
	resumed_enough = true;
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
}

TEST(thread_priority_is_bounded_by_its_maximum)
{
	struct thread_sched_info sched;
	mach_msg_type_number_t count = THREAD_SCHED_INFO_COUNT;
	thread_t thread = make_thread(count_forever, NULL);

	CHECK_KR(thread_priority(thread, 30, FALSE), KERN_SUCCESS);
	CHECK_KR(thread_info(thread, THREAD_SCHED_INFO, (thread_info_t)&sched,
	    &count), KERN_SUCCESS);
	CHECK_EQ(sched.base_priority, 30);
	CHECK_KR(thread_priority(thread, 1, FALSE), KERN_FAILURE);
	CHECK_KR(thread_priority(thread, 64, FALSE), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_priority(thread, -1, FALSE), KERN_INVALID_ARGUMENT);
}

static void
count_down_threads(void *arg)
{
	(void)arg;
	mach_thread_exit();
}

TEST(thread_storm_leaves_nothing_behind)
{
	thread_array_t threads;
	mach_msg_type_number_t count = 0;

	for (unsigned i = 0; i < 200; i++)
		CHECK_KR(mach_thread_start(count_down_threads, NULL),
		    KERN_SUCCESS);
	for (unsigned i = 0; i < 500; i++) {
		CHECK_KR(task_threads(mach_task_self(), &threads, &count),
		    KERN_SUCCESS);
		for (unsigned j = 0; j < count; j++)
			(void)mach_port_deallocate(mach_task_self(),
			    threads[j]);
		(void)vm_deallocate(mach_task_self(), (vm_address_t)threads,
		    count * sizeof(*threads));
		if (count == 1)
			break;
		test_sleep(20);
	}
	CHECK_EQ(count, 1);
}
