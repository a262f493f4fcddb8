/*
 * bench/paging.c - memory that leaves main memory and comes back, by the
 * default pager, whose paging space lies in memory.
 *
 * Duality alone, in a boot of its own with 36 MB for all but the paging space.
 */
#include <mach/mach_host.h>
#include <mach/mach_task.h>
#include <mach/thread_switch.h>

#include "bench.h"

#define PAGES		16384u		/* 64 MB */
#define STEADY		10240u		/* by then as much goes out as is written */
#define TIMED		4096u
#define READY_TRIES	500u		/* of 10 ms */
#define CALLS		50u		/* pairs, each after a pause */
#define PAUSE_MS	10
#define GREEDY_MS	300		/* by then it has all memory */

/* Whether there is a default pager, or is soon. */
static bool
paging_ready(void)
{
	mach_port_t port = MACH_PORT_NULL;

	for (unsigned i = 0; i < READY_TRIES; i++) {
		if (vm_set_default_memory_manager(bench_host_port, &port) !=
		    KERN_SUCCESS)
			return false;
		if (MACH_PORT_VALID(port))
			return true;
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 10);
	}
	return false;
}

/* Writes more than there is, without end. */
static void
greedy(void *unused)
{
	vm_address_t addr = 0;

	(void)unused;
	if (vm_allocate(mach_task_self(), &addr, PAGES * PAGE, TRUE) !=
	    KERN_SUCCESS)
		return;
	for (;;)
		bench_write_pages(addr, PAGES);
}

/* Pairs of calls with pauses, in which others have the processor and memory. */
static uint64_t
paused_calls(struct rpc *rpc)
{
	uint64_t sum = 0, start;

	for (unsigned i = 0; i < CALLS; i++) {
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
		    PAUSE_MS);
		start = bench_now();
		if (rpc_time_null(rpc, 1) == 0)
			return 0;
		sum += bench_now() - start;
	}
	return sum;
}

/* A small task's RPC, alone and beside a greedy task. */
static void
small_task(void)
{
	struct rpc rpc;
	task_t task;

	BENCH_TRY(rpc_task(&rpc));
	bench_figure("paging.rpc", paused_calls(&rpc), 2 * CALLS);
	BENCH_TRY(mach_task_copy(greedy, NULL, &task));
	BENCH_TRY(task_resume(task));
	(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, GREEDY_MS);
	bench_figure("paging.rpc-greedy", paused_calls(&rpc), 2 * CALLS);
	(void)task_terminate(task);
	rpc_end(&rpc);
}

BENCH(paging)
{
	vm_address_t addr = 0;
	uint64_t start;

	if (!paging_ready()) {
		bench_failed("default pager", KERN_FAILURE);
		return;
	}
	BENCH_TRY(vm_allocate(mach_task_self(), &addr, PAGES * PAGE, TRUE));
	bench_write_pages(addr, STEADY);
	start = bench_now();
	bench_write_pages(addr + STEADY * PAGE, TIMED);
	bench_figure("paging.out", bench_now() - start, TIMED);
	/* all of it once, so that what is in memory then is clean */
	bench_read_pages(addr, PAGES);
	start = bench_now();
	bench_read_pages(addr, TIMED);
	bench_figure("paging.in", bench_now() - start, TIMED);
	(void)vm_deallocate(mach_task_self(), addr, PAGES * PAGE);
	small_task();
}
