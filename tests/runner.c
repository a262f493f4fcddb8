/*
 * tests/runner.c - runs the in-guest tests and prints TAP.
 *
 * Each test runs in a task of its own, a copy of this one.  The runner
 * receives its report, its exceptions, or nothing in time; then the task and
 * all that it made are terminated and the next one starts.  Arguments:
 * --host-port=N --device-port=N, then words: a test runs if its name contains
 * one of them, or if there are none; never if it contains the rest of a word
 * !WORD.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/exception.h>
#include <mach/host_reboot.h>

#include "raise.h"
#include "test.h"

extern const struct test __start_test_list[], __stop_test_list[];

#define NOTES_MAX	16

/* The wait for an ended test's memory, at most; then without any coming back. */
#define LOOK_MS		10u
#define LOOKS_MAX	200u
#define LOOKS_SAME	20u
#define PAGES_LEFT	256	/* a test may leave so many in the kernel's caches */

static mach_port_t report_port, exception_port, port_set;
static mach_port_t host_port, device_port;
static char **arguments;
static bool all_selected;

static union {
	mach_msg_header_t   head;
	struct test_message report;
	struct raise	    raise;
	char		    room[1024];
} message;

static char notes[NOTES_MAX][TEST_TEXT_MAX];
static unsigned note_count;

static void
note(const char *text)
{
	if (note_count < NOTES_MAX)
		(void)snprintf(notes[note_count++], TEST_TEXT_MAX, "%s", text);
}

static void
print_line(const char *fmt, ...)
{
	char line[TEST_TEXT_MAX + 40];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	(void)mach_print(line);
}

static mach_port_t
new_port(void)
{
	mach_port_t port = MACH_PORT_NULL;

	(void)mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
	    &port);
	(void)mach_port_insert_right(mach_task_self(), port, port,
	    MACH_MSG_TYPE_MAKE_SEND);
	(void)mach_port_move_member(mach_task_self(), port, port_set);
	return port;
}

/* Fresh ports for each test: nothing of an earlier one can arrive. */
static void
make_ports(void)
{
	(void)mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET,
	    &port_set);
	report_port = new_port();
	exception_port = new_port();
}

static void
destroy_ports(void)
{
	(void)mach_port_destroy(mach_task_self(), report_port);
	(void)mach_port_destroy(mach_task_self(), exception_port);
	(void)mach_port_destroy(mach_task_self(), port_set);
}

static void
test_main(void *arg)
{
	const struct test *test = arg;
	struct test_message msg;

	test->run();
	memset(&msg, 0, sizeof(msg));
	msg.head.msgh_size = sizeof(msg.head);
	(void)test_send(&msg.head, TEST_REPORT_PORT, TEST_MSG_PASS);
}

static void
note_exception(void)
{
	char text[TEST_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "exception %d, code %d, subcode %#x",
	    message.raise.exception, message.raise.code,
	    message.raise.subcode);
	note(text);
}

static void
note_code(const char *what, mach_msg_return_t mr)
{
	char text[TEST_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s: %#x", what, (unsigned)mr);
	note(text);
}

/* Receive until the test is decided. */
static bool
await_result(const struct test *test)
{
	mach_msg_return_t mr;

	for (;;) {
		mr = test_receive(&message.head, sizeof(message), port_set,
		    test->seconds * 1000);
		if (mr == MACH_RCV_TIMED_OUT) {
			note("still not done at the end of its time");
			return false;
		}
		if (mr != MACH_MSG_SUCCESS) {
			note_code("the runner could not receive", mr);
			return false;
		}
		switch (message.head.msgh_id) {
		case TEST_MSG_PASS:
			return true;
		case TEST_MSG_NOTE:
			note(message.report.text);
			break;
		case TEST_MSG_FAIL:
			note(message.report.text);
			return false;
		case 2400:
			note_exception();
			return false;
		default:
			note("a message of unknown kind came");
			return false;
		}
	}
}

static int
free_pages(void)
{
	struct vm_statistics now;

	return vm_statistics(mach_task_self(), &now) == KERN_SUCCESS ?
	    now.free_count : 0;
}

/*
 * A task's memory comes back after its end, with its last thread, and it takes
 * a while before the first of much does: wait until as many pages are free as
 * before the test and no more come, so that the next test may count them; or
 * until none has come for long.
 */
static void
settle(int free_before)
{
	unsigned looks = 0, same = 0;
	int now, last = -1;

	while (looks++ < LOOKS_MAX && same < LOOKS_SAME) {
		now = free_pages();
		same = now == last ? same + 1 : 0;
		if (same != 0 && now + PAGES_LEFT >= free_before)
			return;
		last = now;
		test_sleep(LOOK_MS);
	}
}

static bool
run_test(const struct test *test)
{
	int free_before = free_pages();
	task_t task;
	bool ok = false;

	note_count = 0;
	make_ports();
	task = test_task_start(test_main, (void *)(uintptr_t)test, report_port,
	    host_port, device_port, exception_port);
	if (task == MACH_PORT_NULL)
		note("its task could not be started");
	else
		ok = await_result(test);
	if (task != MACH_PORT_NULL) {
		(void)task_terminate(task);
		(void)mach_port_deallocate(mach_task_self(), task);
	}
	test_end_new_tasks(host_port);
	destroy_ports();
	settle(free_before);
	return ok;
}

static bool
selected(const struct test *test, int argc, char **argv)
{
	bool any = false, found = false;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		if (argv[i][0] == '!') {
			if (strstr(test->name, argv[i] + 1) != NULL)
				return false;
			continue;
		}
		found |= strstr(test->name, argv[i]) != NULL;
		any = true;
	}
	return found || !any;
}

unsigned
test_number(const char *word, unsigned otherwise)
{
	size_t len = strlen(word);

	for (char **arg = arguments; *arg != NULL; arg++)
		if (strncmp(*arg, word, len) == 0)
			return (unsigned)strtoul(*arg + len, NULL, 0);
	return otherwise;
}

bool
test_all_selected(void)
{
	return all_selected;
}

int
main(int argc, char **argv)
{
	const struct test *test;
	unsigned n = 0, count = 0;

	arguments = argv;
	host_port = test_number("--host-port=", MACH_PORT_NULL);
	device_port = test_number("--device-port=", MACH_PORT_NULL);
	for (test = __start_test_list; test < __stop_test_list; test++)
		count += selected(test, argc, argv);
	all_selected = count == (unsigned)(__stop_test_list - __start_test_list);
	print_line("1..%u\n", count);
	test_remember_tasks(host_port);
	for (test = __start_test_list; test < __stop_test_list; test++) {
		if (!selected(test, argc, argv))
			continue;
		print_line("%s %u - %s\n", run_test(test) ? "ok" : "not ok",
		    ++n, test->name);
		for (unsigned i = 0; i < note_count; i++)
			print_line("#   %s\n", notes[i]);
	}
	(void)host_reboot(host_port, RB_AUTOBOOT);
	return 1;
}
