/*
 * tests/exceptions.c - who is told of a fault, and what their answers do.
 */
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/vm_param.h>

#include "../libmach/thread.h"
#include "raise.h"
#include "rights.h"

#define SELF		mach_task_self()
#define STACKS		8

static char stacks[STACKS][0x4000] __attribute__((aligned(16)));
static volatile unsigned passed;	/* faults that were survived */

/* Write to arg, an address; then rest. */
static void
write_there(void *arg)
{
	*(volatile int *)arg = 1;
	__atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
	for (;;)
		test_sleep(1000);
}

/* A running thread of ours whose exceptions go to port (null: nowhere). */
static thread_t
start_thread(unsigned stack, void (*fn)(void *), void *arg, mach_port_t port)
{
	thread_t thread;

	CHECK_KR(thread_create(SELF, &thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(thread, fn, arg,
	    (vm_address_t)stacks[stack] + sizeof(stacks[0])), KERN_SUCCESS);
	CHECK_KR(thread_set_special_port(thread, THREAD_EXCEPTION_PORT, port),
	    KERN_SUCCESS);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	return thread;
}

static void
set_task_port(mach_port_t port)
{
	CHECK_KR(task_set_special_port(SELF, TASK_EXCEPTION_PORT, port),
	    KERN_SUCCESS);
}

static void
wait_for_passed(unsigned count)
{
	for (unsigned i = 0; i < 500 && passed < count; i++)
		test_sleep(10);
	CHECK_EQ(passed, count);
}

/* An address where nothing is mapped. */
static vm_address_t
hole(void)
{
	vm_address_t address = test_allocate(PAGE_SIZE);

	CHECK_KR(vm_deallocate(SELF, address, PAGE_SIZE), KERN_SUCCESS);
	return address;
}

static void
fill_hole(vm_address_t address)
{
	CHECK_KR(vm_allocate(SELF, &address, PAGE_SIZE, FALSE), KERN_SUCCESS);
}

TEST(exception_message_names_thread_and_task)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	thread_t thread = start_thread(0, write_there, (void *)address, port);
	struct raise raise;

	raise_await(&raise, port);
	CHECK_EQ(raise.thread, thread);
	CHECK_EQ(raise.task, SELF);
	CHECK_EQ(raise.thread_type.msgt_name, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(raise.head.msgh_bits, MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE,
	    MACH_MSG_TYPE_PORT_SEND));
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, address);
	CHECK_EQ(passed, 0);
}

TEST(exception_handler_repairs_and_resumes)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	struct raise raise;

	(void)start_thread(0, write_there, (void *)(address + 40), port);
	raise_await(&raise, port);
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS,
	    address + 40);
	fill_hole(address);
	raise_reply(&raise, KERN_SUCCESS);
	wait_for_passed(1);
	CHECK_EQ(*(int *)(address + 40), 1);
}

/* KERN_SUCCESS without repair: the fault comes again. */
TEST(exception_unrepaired_comes_again)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	struct raise raise;

	(void)start_thread(0, write_there, (void *)address, port);
	for (unsigned i = 0; i < 100; i++) {
		raise_await(&raise, port);
		CHECK_EQ(raise.subcode, address);
		raise_reply(&raise, KERN_SUCCESS);
	}
	raise_await(&raise, port);
	fill_hole(address);
	raise_reply(&raise, KERN_SUCCESS);
	wait_for_passed(1);
}

TEST(exception_protection_tells_so)
{
	mach_port_t port = test_port();
	vm_address_t address = test_allocate(PAGE_SIZE);
	struct raise raise;

	CHECK_KR(vm_protect(SELF, address, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	(void)start_thread(0, write_there, (void *)address, port);
	raise_await(&raise, port);
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, KERN_PROTECTION_FAILURE, address);
	CHECK_KR(vm_protect(SELF, address, PAGE_SIZE, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
	raise_reply(&raise, KERN_SUCCESS);
	wait_for_passed(1);
}

/* The thread's port first; what it will not handle goes to the task's. */
TEST(exception_goes_to_the_task_when_the_thread_declines)
{
	mach_port_t first = test_port(), second = test_port();
	vm_address_t address = hole();
	struct raise raise;

	set_task_port(second);
	(void)start_thread(0, write_there, (void *)address, first);
	raise_await(&raise, first);
	check_silent(second);
	raise_reply(&raise, KERN_FAILURE);
	raise_await(&raise, second);
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, address);
	fill_hole(address);
	raise_reply(&raise, KERN_SUCCESS);
	wait_for_passed(1);
	check_silent(first);
}

/* The next exception begins with the thread's port again. */
TEST(exception_order_starts_anew_each_time)
{
	mach_port_t first = test_port(), second = test_port();
	vm_address_t address = hole();
	struct raise raise;

	set_task_port(second);
	(void)start_thread(0, write_there, (void *)address, first);
	for (unsigned i = 0; i < 10; i++) {
		raise_await(&raise, first);
		raise_reply(&raise, KERN_FAILURE);
		raise_await(&raise, second);
		raise_reply(&raise, KERN_SUCCESS);
	}
}

/* Ports that are dead count as declining. */
TEST(exception_goes_past_dead_ports)
{
	mach_port_t dead = test_port(), second = test_port();
	struct raise raise;
	thread_t thread;

	set_task_port(second);
	CHECK_KR(thread_create(SELF, &thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(thread, write_there, NULL,
	    (vm_address_t)stacks[0] + sizeof(stacks[0])), KERN_SUCCESS);
	CHECK_KR(thread_set_special_port(thread, THREAD_EXCEPTION_PORT, dead),
	    KERN_SUCCESS);
	destroy_right(dead);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	raise_await(&raise, second);
	CHECK_EQ(raise.thread, thread);
}

static void
fault_alone(void *unused)
{
	(void)unused;
	write_there(NULL);
}

TEST(exception_unhandled_ends_the_task)
{
	mach_port_t port = test_port();
	struct raise raise;
	task_t task;

	task = test_task_start(fault_alone, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, MACH_PORT_NULL, port);
	CHECK(task != MACH_PORT_NULL);
	raise_await(&raise, port);
	CHECK_EQ(raise.task, task);
	raise_reply(&raise, KERN_FAILURE);
	test_wait_end(task);
}

TEST(exception_without_any_port_ends_the_task)
{
	task_t task;

	set_task_port(MACH_PORT_NULL);
	task = test_task_start(fault_alone, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, MACH_PORT_NULL, MACH_PORT_NULL);
	CHECK(task != MACH_PORT_NULL);
	test_wait_end(task);
}

/* A handler in another task sets what the faulting task has by its ports. */
TEST(exception_handler_in_another_task)
{
	mach_port_t port = test_port();
	vm_address_t address = 0;
	struct raise raise;
	task_t task;

	task = test_task_start(fault_alone, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, MACH_PORT_NULL, port);
	CHECK(task != MACH_PORT_NULL);
	raise_await(&raise, port);
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, 0);
	CHECK_KR(vm_allocate(task, &address, PAGE_SIZE, FALSE), KERN_SUCCESS);
	raise_reply(&raise, KERN_SUCCESS);
	CHECK_KR(mach_msg(&raise.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(raise), port, 200, MACH_PORT_NULL), MACH_RCV_TIMED_OUT);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* A handler that drops the right to reply: the thread tries again. */
TEST(exception_reply_port_dropped)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	struct raise raise;

	(void)start_thread(0, write_there, (void *)address, port);
	for (unsigned i = 0; i < 5; i++) {
		raise_await(&raise, port);
		CHECK_KR(mach_port_deallocate(SELF,
		    raise.head.msgh_remote_port), KERN_SUCCESS);
	}
	raise_await(&raise, port);
	fill_hole(address);
	CHECK_KR(mach_port_deallocate(SELF, raise.head.msgh_remote_port),
	    KERN_SUCCESS);
	wait_for_passed(1);
}

/* The handler's port dies with the exception in its queue. */
TEST(exception_port_dies_before_the_message_is_received)
{
	mach_port_t first = test_port(), second = test_port();
	vm_address_t address = hole();
	struct raise raise;

	set_task_port(second);
	(void)start_thread(0, write_there, (void *)address, first);
	while (receive_status(first).mps_msgcount == 0)
		test_sleep(10);
	destroy_right(first);
	raise_await(&raise, second);
	CHECK_EQ(raise.subcode, address);
}

/* What is no reply is as good as a refusal. */
static void
send_odd_reply(const struct raise *raise, mach_msg_id_t id, unsigned size,
    unsigned type_name)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		uint32_t	  word[8];
	} reply = {
		.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE,
		    0),
		.head.msgh_remote_port = raise->head.msgh_remote_port,
		.head.msgh_id = id,
		.head.msgh_size = size,
		.type.msgt_name = type_name,
		.type.msgt_size = 32,
		.type.msgt_number = 1,
		.type.msgt_inline = TRUE,
	};

	CHECK_KR(mach_msg(&reply.head, MACH_SEND_MSG, size, 0, MACH_PORT_NULL,
	    0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
}

TEST(exception_odd_replies_refuse)
{
	static const struct { mach_msg_id_t id; unsigned size, type; } odd[] = {
		{ 2500, 24, MACH_MSG_TYPE_INTEGER_32 },
		{ 2500, 28, MACH_MSG_TYPE_INTEGER_32 },
		{ 2500, 36, MACH_MSG_TYPE_INTEGER_32 },
		{ 2500, 56, MACH_MSG_TYPE_INTEGER_32 },
		{ 2501, 32, MACH_MSG_TYPE_INTEGER_32 },
		{ 2400, 32, MACH_MSG_TYPE_INTEGER_32 },
		{ 0, 24, MACH_MSG_TYPE_INTEGER_32 },
	};
	mach_port_t first = test_port(), second = test_port();
	vm_address_t address = hole();
	struct raise raise;

	set_task_port(second);
	(void)start_thread(0, write_there, (void *)address, first);
	for (unsigned i = 0; i < 7; i++) {
		raise_await(&raise, first);
		send_odd_reply(&raise, odd[i].id, odd[i].size, odd[i].type);
		raise_await(&raise, second);
		raise_reply(&raise, KERN_SUCCESS);
	}
}

/* A reply that brings a right: the right goes, and the thread lives. */
TEST(exception_complex_reply_refuses)
{
	mach_port_t first = test_port(), second = test_port();
	mach_port_t moved = test_port(), notify = test_port();
	vm_address_t address = hole();
	struct raise raise;
	struct right_message reply = {
		.head.msgh_size = sizeof(reply),
		.head.msgh_id = 2500,
		.type.msgt_name = MACH_MSG_TYPE_MOVE_SEND,
		.type.msgt_size = 32,
		.type.msgt_number = 1,
		.type.msgt_inline = TRUE,
		.right = moved,
	};

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	set_task_port(second);
	(void)start_thread(0, write_there, (void *)address, first);
	raise_await(&raise, first);
	reply.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
	reply.head.msgh_remote_port = raise.head.msgh_remote_port;
	CHECK_KR(mach_msg(&reply.head, MACH_SEND_MSG, sizeof(reply), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	raise_await(&raise, second);
}

static void
check_ended(thread_t thread)
{
	for (unsigned i = 0; i < 500; i++) {
		if (right_type(thread) == MACH_PORT_TYPE_DEAD_NAME)
			return;
		test_sleep(10);
	}
	CHECK_EQ(right_type(thread), MACH_PORT_TYPE_DEAD_NAME);
}

TEST(exception_thread_terminated_in_the_middle)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	thread_t thread = start_thread(0, write_there, (void *)address, port);
	struct raise raise;

	raise_await(&raise, port);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	check_ended(thread);
	CHECK_EQ(right_type(raise.head.msgh_remote_port),
	    MACH_PORT_TYPE_DEAD_NAME);
	/* The same with the message still in the queue. */
	thread = start_thread(1, write_there, (void *)address, port);
	while (receive_status(port).mps_msgcount == 0)
		test_sleep(10);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	check_ended(thread);
	raise_await(&raise, port);
	CHECK_EQ(raise.head.msgh_remote_port, MACH_PORT_DEAD);
	CHECK_EQ(passed, 0);
}

TEST(exception_task_terminated_in_the_middle)
{
	mach_port_t port = test_port();
	struct raise raise;
	task_t task;

	task = test_task_start(fault_alone, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, MACH_PORT_NULL, port);
	CHECK(task != MACH_PORT_NULL);
	raise_await(&raise, port);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	test_wait_end(task);
	check_ended(raise.thread);
}

/* A suspended thread gets its answer, and goes on when it is resumed. */
TEST(exception_reply_to_a_suspended_thread)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	thread_t thread = start_thread(0, write_there, (void *)address, port);
	struct raise raise;

	raise_await(&raise, port);
	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	fill_hole(address);
	raise_reply(&raise, KERN_SUCCESS);
	test_sleep(200);
	CHECK_EQ(passed, 0);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	wait_for_passed(1);
}

/* Aborted out of its wait for the handler, a thread faults again. */
TEST(exception_aborted_comes_again)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	thread_t thread = start_thread(0, write_there, (void *)address, port);
	struct raise raise;

	raise_await(&raise, port);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	raise_await(&raise, port);
	CHECK_EQ(raise.subcode, address);
	fill_hole(address);
	raise_reply(&raise, KERN_SUCCESS);
	wait_for_passed(1);
}

/* More at once than the port's queue takes: no thread is held up for ever. */
TEST(exception_many_threads_at_once)
{
	mach_port_t port = test_port();
	vm_address_t address = hole();
	struct raise raise;

	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	for (unsigned i = 0; i < STACKS; i++)
		(void)start_thread(i, write_there, (void *)(address + 4 * i),
		    port);
	test_sleep(100);
	for (unsigned i = 0; i < STACKS; i++) {
		raise_await(&raise, port);
		CHECK_EQ(raise.subcode & ~(PAGE_SIZE - 1), address);
		if (i == 0)
			fill_hole(address);
		raise_reply(&raise, KERN_SUCCESS);
	}
	wait_for_passed(STACKS);
}

/* Faults of the kernel on a user's behalf are errors of the call. */
TEST(exception_is_not_for_bad_pointers_in_calls)
{
	mach_port_t port = test_port();

	set_task_port(port);
	CHECK_KR(syscall_vm_allocate(SELF, (vm_offset_t *)hole(), PAGE_SIZE,
	    TRUE), KERN_INVALID_ADDRESS);
	check_silent(port);
}
