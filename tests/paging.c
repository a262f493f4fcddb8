/*
 * tests/paging.c - more memory than there is: anonymous memory that goes to
 * the default pager and comes back.
 *
 * Each test's memory is counted in units of what is free when it begins.
 */
#include <string.h>

#include <mach/default_pager.h>
#include <mach/exception.h>
#include <mach/mach_thread.h>

#include "vm_support.h"

#define BASE	((vm_address_t)0x40000000)
#define self	mach_task_self()
#define OTHERS	256u		/* pages that other tasks may have had paged out */

/* The default pager's port; the tests start while it does. */
static mach_port_t
default_pager(void)
{
	mach_port_t port = MACH_PORT_NULL;

	for (unsigned i = 0; i < 500; i++) {
		CHECK_KR(vm_set_default_memory_manager(TEST_HOST_PORT, &port),
		    KERN_SUCCESS);
		if (MACH_PORT_VALID(port))
			return port;
		test_sleep(10);
	}
	test_fail(__FILE__, __LINE__, "there is no default pager");
}

static struct default_pager_info
paging_space(void)
{
	struct default_pager_info info;
	mach_port_t pager = default_pager();

	CHECK_KR(default_pager_info(pager, &info), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(self, pager), KERN_SUCCESS);
	return info;
}

/* Paging space comes back when objects die; the pager learns that by message. */
static void
check_space_back(struct default_pager_info before)
{
	struct default_pager_info now = paging_space();

	for (unsigned i = 0; i < 500; i++) {
		if (now.dpi_free_space + OTHERS * PAGE_SIZE >=
		    before.dpi_free_space)
			return;
		test_sleep(10);
		now = paging_space();
	}
	test_fail(__FILE__, __LINE__, "%lu bytes free before, %lu after",
	    (unsigned long)before.dpi_free_space,
	    (unsigned long)now.dpi_free_space);
}

static unsigned
pageouts(void)
{
	struct vm_statistics stats;

	CHECK_KR(vm_statistics(self, &stats), KERN_SUCCESS);
	return stats.pageouts;
}

/* What page i holds in round r: its first and last words, so that a page is whole. */
static uint32_t
mark(unsigned i, unsigned r)
{
	return i * 2654435761u ^ r * 40503u;
}

static void
write_mark(vm_address_t base, unsigned i, unsigned r)
{
	vm_address_t page = base + i * PAGE_SIZE;

	vm_set_word(page, mark(i, r));
	vm_set_word(page + PAGE_SIZE - 4, ~mark(i, r));
}

static void
check_mark(vm_address_t base, unsigned i, unsigned r)
{
	vm_address_t page = base + i * PAGE_SIZE;

	if (vm_word(page) != mark(i, r) ||
	    vm_word(page + PAGE_SIZE - 4) != ~mark(i, r))
		test_fail(__FILE__, __LINE__,
		    "page %u, round %u: %#lx %#lx, not %#lx", i, r,
		    (unsigned long)vm_word(page),
		    (unsigned long)vm_word(page + PAGE_SIZE - 4),
		    (unsigned long)mark(i, r));
}

TEST_LIMIT(paging_brings_back_twice_the_memory, 60)
{
	struct default_pager_info before = paging_space();
	unsigned pages = 2 * vm_free_count(), out = pageouts();
	vm_address_t base = test_allocate(pages * PAGE_SIZE);

	for (unsigned r = 0; r < 2; r++) {
		for (unsigned i = 0; i < pages; i++)
			write_mark(base, i, r);
		for (unsigned i = 0; i < pages; i++)
			check_mark(base, i, r);
	}
	CHECK(pageouts() - out >= pages);
	test_note("%u pages, %u paged out", pages, pageouts() - out);
	vm_deallocate_check(base, pages * PAGE_SIZE);
	check_space_back(before);
}
