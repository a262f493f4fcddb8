/*
 * tests/vm_wire.c - memory that stays resident: vm_wire, vm_wire_all, and what
 * they leave when they fail.
 */
#include <mach/gnumach.h>
#include <mach/vm_wire.h>

#include "fail.h"
#include "vm_support.h"

#define self	mach_task_self()
#define BASE	((vm_address_t)0x20000000)
#define STEP	((vm_size_t)0x100000)	/* from one region to the next */

enum { PAGES = 4, SIZE = PAGES * PAGE_SIZE };

/* How often the region at BASE + n * STEP is wired; it must be of SIZE bytes. */
static unsigned
wired(task_t task, unsigned n)
{
	vm_address_t address = BASE + n * STEP;
	mach_msg_type_number_t count;
	vm_region_records_t regions;
	unsigned result;

	CHECK_KR(vm_regions(task, address, SIZE, &regions, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 1);
	CHECK_EQ(regions->address, address);
	CHECK_EQ(regions->size, SIZE);
	result = regions->wired_count;
	vm_deallocate_check((vm_address_t)regions, sizeof(*regions));
	return result;
}

static kern_return_t
map_region(task_t task, unsigned n, vm_prot_t prot)
{
	vm_address_t address = BASE + n * STEP;

	return vm_map(task, &address, SIZE, 0, FALSE, MACH_PORT_NULL, 0,
	    FALSE, prot, VM_PROT_ALL, VM_INHERIT_COPY);
}

/* A task with regions that may be written, not used, and read; one is wired. */
static task_t
task_with_regions(void)
{
	task_t task;

	CHECK_KR(task_create(self, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(map_region(task, 0, VM_PROT_DEFAULT), KERN_SUCCESS);
	CHECK_KR(map_region(task, 1, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(map_region(task, 2, VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(map_region(task, 3, VM_PROT_ALL), KERN_SUCCESS);
	CHECK_KR(vm_wire(TEST_HOST_PORT, task, BASE + 3 * STEP, SIZE,
	    VM_PROT_READ), KERN_SUCCESS);
	return task;
}

static void
expect_wired(task_t task, unsigned a, unsigned b, unsigned c, unsigned d)
{
	CHECK_EQ(wired(task, 0), a);
	CHECK_EQ(wired(task, 1), b);
	CHECK_EQ(wired(task, 2), c);
	CHECK_EQ(wired(task, 3), d);
}

static unsigned
resident_pages(task_t task)
{
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	CHECK_KR(task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count),
	    KERN_SUCCESS);
	return info.resident_size / PAGE_SIZE;
}

TEST(vm_wire_all_wires_what_is_there)
{
	task_t task = task_with_regions();

	expect_wired(task, 0, 0, 0, 1);
	CHECK_EQ(resident_pages(task), PAGES);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_CURRENT),
	    KERN_SUCCESS);
	expect_wired(task, 1, 0, 1, 1);
	CHECK_EQ(resident_pages(task), 3 * PAGES);
	CHECK_KR(map_region(task, 4, VM_PROT_DEFAULT), KERN_SUCCESS);
	CHECK_EQ(wired(task, 4), 0);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_NONE),
	    KERN_SUCCESS);
	expect_wired(task, 0, 0, 0, 0);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(vm_wire_all_wires_what_will_be)
{
	task_t task = task_with_regions();
	vm_address_t address = BASE + 5 * STEP;

	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_FUTURE),
	    KERN_SUCCESS);
	expect_wired(task, 0, 0, 0, 1);
	CHECK_KR(map_region(task, 4, VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_allocate(task, &address, SIZE, FALSE), KERN_SUCCESS);
	CHECK_KR(map_region(task, 6, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_EQ(wired(task, 4), 1);
	CHECK_EQ(wired(task, 5), 1);
	CHECK_EQ(wired(task, 6), 0);
	/* to wire what there is does not end it, as on GNU Mach */
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_CURRENT),
	    KERN_SUCCESS);
	expect_wired(task, 1, 0, 1, 1);
	CHECK_KR(map_region(task, 7, VM_PROT_ALL), KERN_SUCCESS);
	CHECK_EQ(wired(task, 7), 1);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_NONE),
	    KERN_SUCCESS);
	CHECK_KR(map_region(task, 8, VM_PROT_ALL), KERN_SUCCESS);
	for (unsigned n = 0; n <= 8; n++)
		CHECK_EQ(wired(task, n), 0);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* More than the machine has is refused, and all that was wired for it goes. */
TEST_LIMIT(vm_wire_all_refuses_more_than_there_is, 60)
{
	task_t task = task_with_regions();
	unsigned before = vm_free_count();
	vm_size_t size = (before + 1000) * PAGE_SIZE;
	vm_address_t address = BASE + 4 * STEP;

	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_FUTURE),
	    KERN_SUCCESS);
	CHECK_KR(vm_allocate(task, &address, size, FALSE),
	    KERN_RESOURCE_SHORTAGE);
	CHECK_KR(map_region(task, 4, VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_NONE),
	    KERN_SUCCESS);
	address = BASE + 5 * STEP;
	CHECK_KR(vm_allocate(task, &address, size, FALSE), KERN_SUCCESS);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_ALL),
	    KERN_RESOURCE_SHORTAGE);
	/* its pages are there now, though they are not wired */
	CHECK_KR(vm_deallocate(task, BASE + 5 * STEP, size), KERN_SUCCESS);
	expect_wired(task, 0, 0, 0, 0);
	CHECK(vm_free_count() + 100 > before);
	CHECK_KR(map_region(task, 5, VM_PROT_READ), KERN_SUCCESS);
	CHECK_EQ(wired(task, 5), 0);	/* nor is what comes later */
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* Each allocation fails once, on the debug kernel: all is wired, or nothing. */
TEST_LIMIT(vm_wire_all_does_all_or_nothing, 60)
{
	kern_return_t kr = KERN_FAILURE;
	unsigned nth;
	task_t task;

	if (!fail_is_possible())
		return;			/* the release build */
	for (nth = 1; kr != KERN_SUCCESS; nth++) {
		CHECK(nth < 200);
		task = task_with_regions();
		fail_begin(nth);
		kr = vm_wire_all(TEST_HOST_PORT, task, VM_WIRE_ALL);
		(void)fail_end();
		if (kr == KERN_SUCCESS) {
			expect_wired(task, 1, 0, 1, 1);
		} else if (kr != MIG_SERVER_DIED && kr != MACH_SEND_NO_BUFFER) {
			CHECK_KR(kr, KERN_RESOURCE_SHORTAGE);
			expect_wired(task, 0, 0, 0, 1);
			CHECK_KR(map_region(task, 4, VM_PROT_ALL),
			    KERN_SUCCESS);
			CHECK_EQ(wired(task, 4), 0);
		}
		CHECK_KR(task_terminate(task), KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(self, task), KERN_SUCCESS);
	}
	CHECK(nth > 3);
}

/* What wires two parts of a range, and finds an obstacle, leaves it all. */
TEST(vm_wire_of_what_may_not_be_wired_changes_nothing)
{
	vm_address_t hole = BASE + 5 * PAGE_SIZE, at = BASE;
	struct vm_picture before;

	CHECK_KR(vm_allocate(self, &at, 8 * PAGE_SIZE, FALSE), KERN_SUCCESS);
	vm_deallocate_check(hole, PAGE_SIZE);
	CHECK_KR(vm_protect(self, BASE + 3 * PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	vm_picture_take(&before, BASE, STEP);
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE + PAGE_SIZE,
	    7 * PAGE_SIZE, VM_PROT_READ), KERN_INVALID_ADDRESS);
	vm_picture_compare(&before, "vm_wire of a hole");
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE + PAGE_SIZE,
	    4 * PAGE_SIZE, VM_PROT_WRITE), KERN_PROTECTION_FAILURE);
	vm_picture_compare(&before, "vm_wire beyond the rights");
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, PAGE_SIZE, VM_PROT_NONE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, hole, 0, VM_PROT_READ),
	    KERN_SUCCESS);
	vm_picture_compare(&before, "vm_wire of nothing");
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE + 1, 2 * PAGE_SIZE,
	    VM_PROT_READ), KERN_SUCCESS);	/* three pages */
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, 4 * PAGE_SIZE,
	    VM_PROT_NONE), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, 3 * PAGE_SIZE,
	    VM_PROT_NONE), KERN_SUCCESS);
	vm_picture_compare(&before, "wiring and its end");
}

/* CVE-2023-41974's place: the count at its end, where memory is overwritten. */
TEST_LIMIT(vm_wire_counts_to_65535, 60)
{
	vm_address_t data = test_allocate(SIZE), at = BASE;
	task_t task = self;

	CHECK_KR(vm_allocate(task, &at, SIZE, FALSE), KERN_SUCCESS);
	vm_fill(data, PAGES, 7);
	for (unsigned i = 0; i < 65535; i++)
		CHECK_KR(vm_wire(TEST_HOST_PORT, task, BASE, SIZE,
		    VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_wire(TEST_HOST_PORT, task, BASE, SIZE, VM_PROT_READ),
	    KERN_RESOURCE_SHORTAGE);
	CHECK_EQ(wired(task, 0), 65535);
	CHECK_KR(vm_write(task, BASE, data, SIZE), KERN_SUCCESS);
	vm_expect(BASE, PAGES, 7);
	CHECK_KR(vm_copy(task, data, PAGE_SIZE, BASE + PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(BASE + PAGE_SIZE), 7);
	CHECK_KR(vm_wire(TEST_HOST_PORT, task, BASE, SIZE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_EQ(wired(task, 0), 65534);
	vm_deallocate_check(BASE, SIZE);
}
