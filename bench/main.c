/*
 * bench/main.c - the benchmarks' program: arguments, output, order.
 *
 * Arguments: --host-port=N --device-port=N; --large; --after=GROUP leaves out
 * the groups up to that one; words: only the groups of these names.  Prints
 *	begin GROUP		before each group
 *	figure NAME NUMBER	for tools/bench to arrange
 *	failed GROUP: ...	a call that the group needs did not work
 *	end			before the machine is rebooted
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach_host.h>
#include <mach/thread_switch.h>
#include <mach/vm_statistics.h>

#include "../libmach/console.h"
#include "bench.h"

#define LINE_MAX	160
#define SETTLE_MS	200	/* output and endings are over by then */

extern const struct bench __start_bench_list[], __stop_bench_list[];

bool bench_large;
mach_port_t bench_host_port;
static const char *current;

static void
settle(void)
{
	(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, SETTLE_MS);
}

/* A line on the console, which is then quiet again. */
static void __attribute__((format(printf, 1, 2)))
print_line(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (length >= LINE_MAX)
		length = LINE_MAX - 1;
	for (int at = 0, n; at < length; at += n) {
		n = length - at < 64 ? length - at : 64;
		n = console_write(line + at, n);
		if (n <= 0)
			return;
	}
	settle();
}

void
bench_figure(const char *name, uint64_t total, unsigned count)
{
	if (total == 0)
		print_line("failed %s: a call in the loop\n", name);
	else
		print_line("figure %s %lu\n", name,
		    (unsigned long)(total / count));
}

void
bench_count(const char *name, int number)
{
	print_line("figure %s %d\n", name, number);
}

void
bench_figure_at(const char *group, unsigned number, uint64_t total,
    unsigned count)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.%u", group, number);
	bench_figure(name, total, count);
}

void
bench_failed(const char *what, kern_return_t kr)
{
	print_line("failed %s: %.80s: %#x\n", current, what, (unsigned)kr);
}

unsigned
bench_free_pages(void)
{
	vm_statistics_data_t stats;

	settle();
	if (vm_statistics(mach_task_self(), &stats) != KERN_SUCCESS)
		return 0;
	return (unsigned)stats.free_count;
}

void
bench_read_pages(vm_address_t addr, unsigned pages)
{
	for (; pages > 0; pages--, addr += PAGE)
		(void)*(volatile int *)addr;
}

void
bench_write_pages(vm_address_t addr, unsigned pages)
{
	for (; pages > 0; pages--, addr += PAGE)
		*(volatile int *)addr = 1;
}

static const char *
argument(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0)
			return argv[i] + length;
	return NULL;
}

static mach_port_t
port_argument(int argc, char **argv, const char *name)
{
	const char *value = argument(argc, argv, name);

	return value == NULL ? MACH_PORT_NULL :
	    (mach_port_t)strtoul(value, NULL, 0);
}

static bool
selected(const struct bench *bench, int argc, char **argv)
{
	bool any = false;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		if (strcmp(bench->name, argv[i]) == 0)
			return true;
		any = true;
	}
	return !any;
}

int
main(int argc, char **argv)
{
	const char *after = argument(argc, argv, "--after=");
	const struct bench *bench;

	bench_large = argument(argc, argv, "--large") != NULL;
	bench_host_port = port_argument(argc, argv, "--host-port=");
	(void)mach_trap_fast(FALSE);	/* both kernels have the call gate */
	if (mach_console_open(port_argument(argc, argv, "--device-port=")) !=
	    KERN_SUCCESS)
		return 1;
	for (bench = __start_bench_list; bench < __stop_bench_list; bench++) {
		if (after != NULL) {
			if (strcmp(bench->name, after) == 0)
				after = NULL;
			continue;
		}
		if (!selected(bench, argc, argv))
			continue;
		current = bench->name;
		print_line("begin %s\n", current);
		bench->run();
	}
	print_line("end\n");
	(void)host_reboot(bench_host_port, RB_AUTOBOOT);
	return 1;
}
