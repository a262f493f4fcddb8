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
}
