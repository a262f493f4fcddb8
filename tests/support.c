/*
 * tests/support.c - helpers of the in-guest tests, and how a test's task
 * starts.
 *
 * A test's task is a copy of its maker's memory (task_create with
 * inheritance): the thread in it starts in task_main, on a stack of its own
 * that is part of the copy, and finds what to do in these variables.
 */
#include <stdio.h>
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/thread_switch.h>

#include "../libmach/thread.h"
#include "test.h"

#define STACK_SIZE	0x20000

static char task_stack[STACK_SIZE] __attribute__((aligned(16)));
/* set before task_create copies them */
static void (*task_fn)(void *);
static void *task_arg;

static void
send_text(mach_msg_id_t id, const char *text)
{
	struct test_message msg;

	memset(&msg, 0, sizeof(msg));
	msg.type.msgt_name = MACH_MSG_TYPE_CHAR;
	msg.type.msgt_size = 8;
	msg.type.msgt_number = TEST_TEXT_MAX;
	msg.type.msgt_inline = TRUE;
	strncpy(msg.text, text, TEST_TEXT_MAX - 1);
	msg.head.msgh_size = sizeof(msg);
	(void)test_send(&msg.head, TEST_REPORT_PORT, id);
}

static void __attribute__((noreturn))
task_end(void)
{
	for (;;)
		(void)task_terminate(mach_task_self());
}

void
test_note(const char *fmt, ...)
{
	char text[TEST_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	send_text(TEST_MSG_NOTE, text);
}

void
test_fail(const char *file, int line, const char *fmt, ...)
{
	char text[TEST_TEXT_MAX];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	va_start(args, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args);
	va_end(args);
	send_text(TEST_MSG_FAIL, text);
	task_end();
}

/* The first code of a task made by test_task_start. */
static void
task_main(void *unused)
{
	(void)unused;
	mach_child_init();
	task_fn(task_arg);
	task_end();
}

/* Give task a send right like ours under a name that tests know. */
static void
give_right(task_t task, mach_port_t name, mach_port_t right)
{
	if (right != MACH_PORT_NULL)
		(void)mach_port_insert_right(task, name, right,
		    MACH_MSG_TYPE_COPY_SEND);
}

task_t
test_task_start(void (*fn)(void *), void *arg, mach_port_t report,
    mach_port_t host, mach_port_t device, mach_port_t exception)
{
	task_t task = MACH_PORT_NULL;
	thread_t thread;

	task_fn = fn;
	task_arg = arg;
	if (task_create(mach_task_self(), TRUE, &task) != KERN_SUCCESS)
		return MACH_PORT_NULL;
	give_right(task, TEST_REPORT_PORT, report);
	give_right(task, TEST_HOST_PORT, host);
	give_right(task, TEST_DEVICE_PORT, device);
	if (exception != MACH_PORT_NULL)
		(void)task_set_special_port(task, TASK_EXCEPTION_PORT,
		    exception);
	if (thread_create(task, &thread) != KERN_SUCCESS)
		goto fail;
	if (mach_thread_set_entry(thread, task_main, NULL,
	    (vm_address_t)task_stack + STACK_SIZE) != KERN_SUCCESS ||
	    thread_resume(thread) != KERN_SUCCESS) {
		(void)mach_port_deallocate(mach_task_self(), thread);
		goto fail;
	}
	(void)mach_port_deallocate(mach_task_self(), thread);
	return task;
fail:
	(void)task_terminate(task);
	(void)mach_port_deallocate(mach_task_self(), task);
	return MACH_PORT_NULL;
}

task_t
test_spawn(void (*fn)(void *), void *arg, mach_port_t bootstrap)
{
	task_t task = test_task_start(fn, arg, TEST_REPORT_PORT,
	    TEST_HOST_PORT, TEST_DEVICE_PORT, MACH_PORT_NULL);

	CHECK(task != MACH_PORT_NULL);
	if (bootstrap != MACH_PORT_NULL)
		CHECK_KR(task_set_special_port(task, TASK_BOOTSTRAP_PORT,
		    bootstrap), KERN_SUCCESS);
	return task;
}

void
test_wait_end(task_t task)
{
	mach_port_type_t type;

	for (unsigned i = 0; i < 2000; i++) {
		CHECK_KR(mach_port_type(mach_task_self(), task, &type),
		    KERN_SUCCESS);
		if (type & MACH_PORT_TYPE_DEAD_NAME)
			return;
		test_sleep(10);
	}
	test_fail(__FILE__, __LINE__, "a task did not end");
}

/* All tasks, by rights that the caller gets; none if host is no such port. */
static void
list_tasks(mach_port_t host, task_array_t *tasks,
    mach_msg_type_number_t *count)
{
	mach_port_t self = mach_task_self();
	processor_set_name_t name = MACH_PORT_NULL;
	processor_set_t set;

	*count = 0;
	(void)processor_set_default(mach_host_self(), &name);
	if (host_processor_set_priv(host, name, &set) == KERN_SUCCESS) {
		(void)processor_set_tasks(set, tasks, count);
		(void)mach_port_deallocate(self, set);
	}
	(void)mach_port_deallocate(self, name);
}

/* of test_remember_tasks; their rights stay, and so do the names */
static task_array_t known_tasks;
static mach_msg_type_number_t known_count;

void
test_remember_tasks(mach_port_t host)
{
	list_tasks(host, &known_tasks, &known_count);
}

void
test_end_new_tasks(mach_port_t host)
{
	mach_msg_type_number_t count, known;
	task_array_t tasks;

	list_tasks(host, &tasks, &count);
	for (unsigned i = 0; i < count; i++) {
		for (known = 0; known < known_count; known++)
			if (tasks[i] == known_tasks[known])
				break;
		if (known == known_count)
			(void)task_terminate(tasks[i]);
		(void)mach_port_deallocate(mach_task_self(), tasks[i]);
	}
	if (count != 0)
		(void)vm_deallocate(mach_task_self(), (vm_address_t)tasks,
		    count * sizeof(*tasks));
}

mach_port_t
test_port(void)
{
	mach_port_t port;

	CHECK_KR(mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, &port), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(mach_task_self(), port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	return port;
}

mach_msg_return_t
test_send(mach_msg_header_t *msg, mach_port_t to, mach_msg_id_t id)
{
	msg->msgh_bits = (msg->msgh_bits & MACH_MSGH_BITS_COMPLEX) |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg->msgh_remote_port = to;
	msg->msgh_local_port = MACH_PORT_NULL;
	msg->msgh_id = id;
	return mach_msg(msg, MACH_SEND_MSG, msg->msgh_size, 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

mach_msg_return_t
test_receive(mach_msg_header_t *msg, mach_msg_size_t size, mach_port_t port,
    mach_msg_timeout_t timeout_ms)
{
	return mach_msg(msg, MACH_RCV_MSG |
	    (timeout_ms != 0 ? MACH_RCV_TIMEOUT : 0), 0, size, port,
	    timeout_ms, MACH_PORT_NULL);
}

vm_address_t
test_allocate(vm_size_t size)
{
	vm_address_t addr = 0;

	CHECK_KR(vm_allocate(mach_task_self(), &addr, size, TRUE),
	    KERN_SUCCESS);
	return addr;
}

void
test_sleep(unsigned ms)
{
	(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, ms);
}

uint32_t
test_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}
