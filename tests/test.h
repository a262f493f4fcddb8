/*
 * tests/test.h - what an in-guest test is made of.
 *
 * A test is a function in a task of its own, a copy of the runner's memory
 * (tests/runner.c).  It passes by returning; a failed check, an exception or
 * the time limit fails it, and the runner goes on with the next.
 *
 *	TEST(ipc_port_allocate_gives_small_names)
 *	{
 *		CHECK_KR(mach_port_allocate(...), KERN_SUCCESS);
 *	}
 *
 * Tests are listed in the order in which tests/files.mk names their files.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/message.h>
#include <mach/mig_errors.h>

struct test {
	const char	*name;
	void		(*run)(void);
	unsigned	 seconds;	/* time limit */
};

#define TEST_LIMIT(test_name, limit_seconds)				\
	static void test_name(void);					\
	static const struct test test_of_##test_name			\
	    __attribute__((section("test_list"), used, no_reorder,	\
	    aligned(4))) =	\
	    { #test_name, test_name, (limit_seconds) };			\
	static void test_name(void)
#define TEST(test_name)	TEST_LIMIT(test_name, 30)

/* The names under which every test's task finds these rights. */
#define TEST_REPORT_PORT	((mach_port_t)0x7001)	/* to the runner */
#define TEST_HOST_PORT		((mach_port_t)0x7002)	/* privileged */
#define TEST_DEVICE_PORT	((mach_port_t)0x7003)	/* master */

/* End the test as failed, with a reason. */
void	test_fail(const char *file, int line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4), noreturn));
/* A line of diagnosis, shown if the test fails. */
void	test_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			test_fail(__FILE__, __LINE__, "%s", #cond);	\
	} while (0)

/* Both as unsigned 32-bit values. */
#define CHECK_EQ(got, want)						\
	do {								\
		uint32_t got_ = (uint32_t)(got);			\
		uint32_t want_ = (uint32_t)(want);			\
		if (got_ != want_)					\
			test_fail(__FILE__, __LINE__,			\
			    "%s is %#lx, not %#lx (%s)", #got,		\
			    (unsigned long)got_, (unsigned long)want_, #want); \
	} while (0)
#define CHECK_KR(call, want)	CHECK_EQ(call, want)

/*
 * A new task, a copy of this one's memory, that runs fn(arg) and ends.  It has
 * the rights above and the bootstrap port given (a send right of ours, or
 * null).  Its exceptions go where this task's go.
 */
task_t	test_spawn(void (*fn)(void *), void *arg, mach_port_t bootstrap);
/* Wait until a task that test_spawn made has ended; fails after 20 seconds. */
void	test_wait_end(task_t task);
/* By the privileged host port: end all tasks that were not there before. */
void	test_remember_tasks(mach_port_t host);
void	test_end_new_tasks(mach_port_t host);

/* A new port: a receive right, and a send right by the same name. */
mach_port_t test_port(void);
/* Send and receive whole messages; the code of mach_msg. */
mach_msg_return_t test_send(mach_msg_header_t *msg, mach_port_t to, mach_msg_id_t id);
mach_msg_return_t test_receive(mach_msg_header_t *msg, mach_msg_size_t size,
	    mach_port_t port, mach_msg_timeout_t timeout_ms);
/* Anywhere, zero-filled, whole pages. */
vm_address_t test_allocate(vm_size_t size);
void	test_sleep(unsigned ms);
/* The number behind a word of the runner's command line, as "--seed=". */
unsigned test_number(const char *word, unsigned otherwise);
/* Whether the runner runs all of its tests. */
bool	test_all_selected(void);
/* A pseudo-random sequence; the same for the same seed. */
uint32_t test_random(uint32_t *seed);

/* The runner, on its side of the report port. */
#define TEST_MSG_NOTE	0x7e01
#define TEST_MSG_FAIL	0x7e02
#define TEST_MSG_PASS	0x7e03
#define TEST_TEXT_MAX	240

struct test_message {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	char		  text[TEST_TEXT_MAX];
};

/* support.c: the first code of a test's task. */
extern mach_port_t test_report_port;	/* of the runner, before a test runs */
task_t	test_task_start(void (*fn)(void *), void *arg, mach_port_t report,
	    mach_port_t host, mach_port_t device, mach_port_t exception);

#endif
