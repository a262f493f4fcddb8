/*
 * tests/host/kernel.h - a make-believe kernel around the tested files: two
 * processors, and a panic that the test may expect.  Included once, by the
 * test itself.
 */
#ifndef HOST_KERNEL_H
#define HOST_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <kern/debug.h>
#include <kern/processor.h>

static struct processor host_processors[2] = {
	{ .number = 0 }, { .number = 1 },
};
struct processor *host_processor = &host_processors[0];
bool host_interrupts = true;
char *host_memory;

static jmp_buf panic_expected;
static bool panic_is_expected;
static int test_number;

static void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++test_number, name);
	fflush(stdout);
}

static void
plan(void)
{
	printf("1..%d\n", test_number);
}

int
cpu_number(void)
{
	return (int)host_processor->number;
}

/* Nobody else runs here, so a lock that is not free never will be. */
void
cpu_spin_wait(void)
{
	panic("waits for ever");
}

void
panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# panic: ");
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
	if (panic_is_expected)
		longjmp(panic_expected, 1);
	exit(1);
}

/* Whether act panics. */
static bool __attribute__((unused))
panics(void (*act)(void *arg), void *arg)
{
	bool did = true;

	panic_is_expected = true;
	if (setjmp(panic_expected) == 0) {
		act(arg);
		did = false;
	}
	panic_is_expected = false;
	return did;
}

#endif
