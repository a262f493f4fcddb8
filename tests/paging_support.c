/*
 * tests/paging_support.c - what the tests with a default pager share.
 */
#include "paging_support.h"

#define OTHERS	256u		/* pages that other tasks may have had paged out */
#define self	mach_task_self()

/* The default pager's port; the tests start while it does. */
mach_port_t
paging_port(void)
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

struct default_pager_info
paging_space(void)
{
	struct default_pager_info info;
	mach_port_t pager = paging_port();

	CHECK_KR(default_pager_info(pager, &info), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(self, pager), KERN_SUCCESS);
	return info;
}

/* Paging space comes back when objects die; the pager learns that by message. */
void
paging_check_space(struct default_pager_info before)
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

unsigned
paging_count(void)
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

void
paging_write(vm_address_t base, unsigned i, unsigned r)
{
	vm_address_t page = base + i * PAGE_SIZE;

	vm_set_word(page, mark(i, r));
	vm_set_word(page + PAGE_SIZE - 4, ~mark(i, r));
}

void
paging_check(vm_address_t base, unsigned i, unsigned r)
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
