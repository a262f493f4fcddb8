/*
 * bench/vm.c - address spaces: allocation, faults, copies, tasks.
 */
#include <string.h>

#include "bench.h"

#define PAGES	4096u

/* Allocate and free size bytes that nobody touches; 0 if a call fails. */
static uint64_t
time_allocate(vm_size_t size, unsigned rounds)
{
	uint64_t start = bench_now();
	vm_address_t addr;

	for (unsigned i = 0; i < rounds; i++)
		if (vm_allocate(mach_task_self(), &addr, size, TRUE) !=
		    KERN_SUCCESS ||
		    vm_deallocate(mach_task_self(), addr, size) !=
		    KERN_SUCCESS)
			return 0;
	return bench_now() - start;
}

BENCH(allocate)
{
	(void)time_allocate(PAGE, 100);
	bench_figure("allocate.page", time_allocate(PAGE, 1000), 1000);
	bench_figure("allocate.64m", time_allocate(64 * MB, 1000), 1000);
}

BENCH(fault)
{
	vm_address_t addr = 0, copy;
	mach_msg_type_number_t size;
	uint64_t start;

	BENCH_TRY(vm_allocate(mach_task_self(), &addr, PAGES * PAGE, TRUE));
	start = bench_now();
	bench_write_pages(addr, PAGES);
	bench_figure("fault.zero-fill", bench_now() - start, PAGES);

	BENCH_TRY(vm_read(mach_task_self(), addr, PAGES * PAGE, &copy, &size));
	start = bench_now();
	bench_read_pages(copy, PAGES);
	bench_figure("fault.read-copy", bench_now() - start, PAGES);
	BENCH_TRY(vm_deallocate(mach_task_self(), copy, PAGES * PAGE));

	start = bench_now();
	BENCH_TRY(vm_deallocate(mach_task_self(), addr, PAGES * PAGE));
	bench_figure("fault.free", bench_now() - start, PAGES);
}

/* Write a copy's pages in order; what those after the first so many cost. */
BENCH(cow)
{
	enum { EACH = 16 };
	unsigned pages = bench_large ? 65536 : 16384;
	vm_address_t addr = 0, copy;
	mach_msg_type_number_t size;
	uint64_t first, now, sum = 0;

	BENCH_TRY(vm_allocate(mach_task_self(), &addr, (pages + EACH) * PAGE,
	    TRUE));
	bench_write_pages(addr, pages + EACH);
	BENCH_TRY(vm_read(mach_task_self(), addr, (pages + EACH) * PAGE, &copy,
	    &size));
	for (unsigned done = 0, next = 16; done <= pages; done += EACH) {
		first = bench_now();
		bench_write_pages(copy + done * PAGE, EACH);
		now = bench_now();
		sum += now - first;
		if (done + EACH == PAGES)
			bench_figure("cow.average", sum, PAGES);
		if (done != next)
			continue;
		bench_figure_at("cow-after", done, now - first, EACH);
		next *= next < 4096 ? 16 : 4;
	}
	(void)vm_deallocate(mach_task_self(), copy, (pages + EACH) * PAGE);
	(void)vm_deallocate(mach_task_self(), addr, (pages + EACH) * PAGE);
}

/* Allocate, touch and free a page; 0 if a call fails. */
static uint64_t
time_touch(unsigned rounds)
{
	uint64_t start = bench_now();
	vm_address_t addr;

	for (unsigned i = 0; i < rounds; i++) {
		if (vm_allocate(mach_task_self(), &addr, PAGE, TRUE) !=
		    KERN_SUCCESS)
			return 0;
		*(volatile int *)addr = 1;
		if (vm_deallocate(mach_task_self(), addr, PAGE) !=
		    KERN_SUCCESS)
			return 0;
	}
	return bench_now() - start;
}

/* Entries that cannot become one: every other page is protected. */
static void
with_entries(unsigned count)
{
	vm_address_t addr = 0;

	BENCH_TRY(vm_allocate(mach_task_self(), &addr, count * PAGE, TRUE));
	for (unsigned i = 0; i < count; i += 2)
		BENCH_TRY(vm_protect(mach_task_self(), addr + i * PAGE, PAGE,
		    FALSE, VM_PROT_READ));
	(void)time_touch(100);
	bench_figure_at("entries", count, time_touch(500), 500);
	(void)vm_deallocate(mach_task_self(), addr, count * PAGE);
}

BENCH(entries)
{
	with_entries(100);
	with_entries(1000);
	with_entries(8000);
}

static uint64_t
time_tasks(boolean_t inherit, unsigned rounds)
{
	uint64_t start = bench_now();
	task_t task;

	for (unsigned i = 0; i < rounds; i++)
		if (task_create(mach_task_self(), inherit, &task) !=
		    KERN_SUCCESS || task_terminate(task) != KERN_SUCCESS ||
		    mach_port_deallocate(mach_task_self(), task) !=
		    KERN_SUCCESS)
			return 0;
	return bench_now() - start;
}

BENCH(task)
{
	(void)time_tasks(FALSE, 20);
	bench_figure("task.empty", time_tasks(FALSE, 100), 100);
	(void)time_tasks(TRUE, 20);
	bench_figure("task.program", time_tasks(TRUE, 100), 100);
}

/*
 * The textbook's Figure 18.7, with pages of 4 KB: the cost of a copy when so
 * many pages are written afterwards, beside that of copying at once and that
 * of making a region of zeros.
 */
static void
figure_copy(vm_address_t from, unsigned pages)
{
	vm_address_t to = 0;
	uint64_t start;

	BENCH_TRY(vm_allocate(mach_task_self(), &to, pages * PAGE, TRUE));
	memcpy((void *)to, (void *)from, pages * PAGE);
	start = bench_now();
	memcpy((void *)to, (void *)from, pages * PAGE);
	bench_figure_at("textbook-copy", pages, bench_now() - start, 1);
	BENCH_TRY(vm_deallocate(mach_task_self(), to, pages * PAGE));
	start = bench_now();
	BENCH_TRY(vm_allocate(mach_task_self(), &to, pages * PAGE, TRUE));
	bench_write_pages(to, pages);
	bench_figure_at("textbook-create", pages, bench_now() - start, 1);
	BENCH_TRY(vm_deallocate(mach_task_self(), to, pages * PAGE));
}

static void
figure_cow(const char *name, vm_address_t from, unsigned pages,
    unsigned written)
{
	enum { ROUNDS = 50 };
	mach_msg_type_number_t size;
	uint64_t start = 0, total = 0;
	vm_address_t copy;

	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		start = bench_now();
		BENCH_TRY(vm_read(mach_task_self(), from, pages * PAGE, &copy,
		    &size));
		bench_write_pages(copy, written);
		if (i >= ROUNDS)
			total += bench_now() - start;
		BENCH_TRY(vm_deallocate(mach_task_self(), copy, pages * PAGE));
	}
	bench_figure(name, total, ROUNDS);
}

BENCH(textbook)
{
	vm_address_t one = 0, many = 0;

	BENCH_TRY(vm_allocate(mach_task_self(), &one, PAGE, TRUE));
	BENCH_TRY(vm_allocate(mach_task_self(), &many, 32 * PAGE, TRUE));
	bench_write_pages(one, 1);
	bench_write_pages(many, 32);
	figure_copy(one, 1);
	figure_copy(many, 32);
	figure_cow("textbook-cow.1-0", one, 1, 0);
	figure_cow("textbook-cow.1-1", one, 1, 1);
	figure_cow("textbook-cow.32-0", many, 32, 0);
	figure_cow("textbook-cow.32-1", many, 32, 1);
	figure_cow("textbook-cow.32-32", many, 32, 32);
	(void)vm_deallocate(mach_task_self(), one, PAGE);
	(void)vm_deallocate(mach_task_self(), many, 32 * PAGE);
}

/* Each generation is a copy of the one before, which then dies. */
static void
generations_dying(bool report)
{
	enum { REGION = 16 };
	mach_msg_type_number_t size;
	vm_address_t region = 0, copy;
	uint64_t start, total = 0;

	BENCH_TRY(vm_allocate(mach_task_self(), &region, REGION * PAGE, TRUE));
	bench_write_pages(region, REGION);
	for (unsigned i = 1; i <= 100; i++) {
		start = bench_now();
		BENCH_TRY(vm_read(mach_task_self(), region, REGION * PAGE,
		    &copy, &size));
		bench_write_pages(copy, REGION / 2);
		BENCH_TRY(vm_deallocate(mach_task_self(), region,
		    REGION * PAGE));
		region = copy;
		total += bench_now() - start;
		if (report && (i == 10 || i == 100))
			bench_figure_at("generations-dying", i, total, 10);
		if (i % 10 == 0)
			total = 0;
	}
	(void)vm_deallocate(mach_task_self(), region, REGION * PAGE);
}

/*
 * Each generation is a copy of the one before, all live, and each writes a page
 * that none has written since the first: what that fault costs.
 */
static void
generations_living(void)
{
	enum { COUNT = 100, REGION = 2 * COUNT };
	vm_address_t regions[COUNT + 1] = { 0 };
	mach_msg_type_number_t size;
	unsigned cost, first = 0;
	uint64_t start;

	BENCH_TRY(vm_allocate(mach_task_self(), &regions[0], REGION * PAGE,
	    TRUE));
	bench_write_pages(regions[0], REGION);
	for (unsigned i = 1; i <= COUNT; i++) {
		BENCH_TRY(vm_read(mach_task_self(), regions[i - 1],
		    REGION * PAGE, &regions[i], &size));
		bench_write_pages(regions[i] + 2 * (i - 1) * PAGE, 1);
		start = bench_now();
		bench_write_pages(regions[i] + (2 * (i - 1) + 1) * PAGE, 1);
		cost = (unsigned)(bench_now() - start);
		if (i == 1)
			first = cost;
		if (i == 1 || i == 10 || i == COUNT)
			bench_figure_at("generations-living", i, cost, 1);
		if (i == COUNT)
			bench_count("generations.each",
			    (int)(cost - first) / (COUNT - 1));
	}
	for (unsigned i = 0; i <= COUNT; i++)
		(void)vm_deallocate(mach_task_self(), regions[i],
		    REGION * PAGE);
}

BENCH(generations)
{
	int kept = 0;

	generations_dying(true);
	generations_living();
	/* The first time shows what the kernel keeps at hand. */
	for (unsigned i = 0; i < 2; i++) {
		kept = (int)bench_free_pages();
		generations_dying(false);
		kept -= (int)bench_free_pages();
	}
	bench_count("generations.kept", kept);
}

/* A region that more and more tasks share by inheritance. */
BENCH(sharers)
{
	enum { TASKS = 1000, REGION = TASKS + 1 };
	static task_t tasks[TASKS];
	vm_address_t region = 0;
	uint64_t start, created, faulted;

	BENCH_TRY(vm_allocate(mach_task_self(), &region, REGION * PAGE, TRUE));
	BENCH_TRY(vm_inherit(mach_task_self(), region, REGION * PAGE,
	    VM_INHERIT_SHARE));
	bench_write_pages(region, 1);
	for (unsigned i = 1, next = 10; i <= TASKS; i++) {
		start = bench_now();
		BENCH_TRY(task_create(mach_task_self(), TRUE, &tasks[i - 1]));
		created = bench_now() - start;
		if (i != next)
			continue;
		/* The page before has the machine's tables made. */
		bench_write_pages(region + (i - 1) * PAGE, 1);
		start = bench_now();
		bench_write_pages(region + i * PAGE, 1);
		faulted = bench_now() - start;
		bench_figure_at("sharers-create", i, created, 1);
		bench_figure_at("sharers-fault", i, faulted, 1);
		next *= 10;
	}
	for (unsigned i = 0; i < TASKS; i++) {
		(void)task_terminate(tasks[i]);
		(void)mach_port_deallocate(mach_task_self(), tasks[i]);
	}
	(void)vm_deallocate(mach_task_self(), region, REGION * PAGE);
}
