/*
 * tests/paging_errors.c - paging space that is going bad: hd1, some of whose
 * sectors can never be read or written (tests/paging_errors.conf), before a
 * disk that is well.
 */
#include <mach/duality_pager.h>
#include <mach/exception.h>

#include "paging_support.h"

#define self	mach_task_self()
#define OTHERS	256u	/* pages that other tasks may have there */

/* Of hd1, as slots of a page each. */
#define READ_BAD	3u	/* never read */
#define WRITE_BAD	72u	/* never written, most of them in a row */
#define CLOSED_AFTER	64u	/* so many of both kinds */
#define GOOD_PAGES	0x10000u /* on the other disk */

static default_pager_statistics_t
statistics(void)
{
	default_pager_statistics_t now;
	mach_port_t pager = paging_port();

	CHECK_KR(default_pager_statistics(pager, &now), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(self, pager), KERN_SUCCESS);
	return now;
}

/* How many pages of base cannot be had any more; all others are as written. */
static unsigned
pages_lost(vm_address_t base, unsigned pages)
{
	struct vm_outcome outcome;
	unsigned lost = 0;

	for (unsigned i = 0; i < pages; i++) {
		outcome = vm_try_read(base + i * PAGE_SIZE);
		if (outcome.raised) {
			CHECK_RAISED(outcome, KERN_MEMORY_ERROR,
			    base + i * PAGE_SIZE);
			/* for good, to readers and writers */
			CHECK_RAISED(vm_try_write(base + i * PAGE_SIZE, 1),
			    KERN_MEMORY_ERROR, base + i * PAGE_SIZE);
			lost++;
		} else {
			paging_check(base, i, 1);
		}
	}
	return lost;
}

TEST_LIMIT(errors_of_a_disk_are_of_the_pages_there, 100)
{
	default_pager_statistics_t before = statistics(), after;
	unsigned pages = 2 * vm_free_count(), i, lost;
	vm_address_t base = test_allocate(pages * PAGE_SIZE);

	CHECK_VALUE(vm_try_read(base), 0);	/* its memory is there now */
	for (i = 0; i < pages; i++)
		paging_write(base, i, 1);
	lost = pages_lost(base, pages);
	after = statistics();
	test_note("%u pages, %u lost; %u reads and %u writes failed", pages,
	    lost, after.read_errors, after.write_errors);
	CHECK_EQ(lost, READ_BAD);
	/* what is lost is not tried again, though it was touched twice */
	CHECK_EQ(after.read_errors, READ_BAD);
	CHECK(after.write_errors >= CLOSED_AFTER - READ_BAD);
	CHECK(after.write_errors <= WRITE_BAD);
	CHECK(before.total_pages > GOOD_PAGES);
	CHECK(after.pages_out - before.pages_out >= pages / 2);
	CHECK(after.pages_in > before.pages_in);
	vm_deallocate_check(base, pages * PAGE_SIZE);
	/* the disk has had its time; what is left serves on */
	for (i = 0; i < 500 && statistics().total_pages > GOOD_PAGES + OTHERS;
	    i++)
		test_sleep(10);
	CHECK(statistics().total_pages <= GOOD_PAGES + OTHERS);
	base = test_allocate(pages * PAGE_SIZE);
	for (i = 0; i < pages; i++)
		paging_write(base, i, 1);
	CHECK_EQ(pages_lost(base, pages), 0);
	vm_deallocate_check(base, pages * PAGE_SIZE);
}
