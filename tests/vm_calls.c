/*
 * tests/vm_calls.c - the calls on address spaces: good arguments, bad ones,
 * and what each leaves behind.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/exception.h>
#include <mach/gnumach.h>
#include <mach/mach_thread.h>
#include <mach/vm_attributes.h>
#include <mach/vm_sync.h>

#include "vm_support.h"

#define BASE	((vm_address_t)0x20000000)	/* nothing else is near */
#define KERNEL	((vm_address_t)VM_MAX_ADDRESS)
#define UNUSED	((mach_port_t)0x54321)		/* no right has this name */

#define self	mach_task_self()

/* Whole pages of memory at BASE. */
static void
allocate_base(unsigned pages)
{
	vm_address_t addr = BASE;

	CHECK_KR(vm_allocate(self, &addr, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	CHECK_EQ(addr, BASE);
}

static kern_return_t
allocate_at(vm_address_t addr, vm_size_t size)
{
	return vm_allocate(self, &addr, size, FALSE);
}

static kern_return_t
allocate_anywhere(vm_size_t size)
{
	vm_address_t addr = 0;

	return vm_allocate(self, &addr, size, TRUE);
}

/* The region that starts at addr has exactly these bounds and rights. */
static void
expect_region(task_t task, vm_address_t addr, vm_size_t size, vm_prot_t prot,
    vm_prot_t max_prot, vm_inherit_t inheritance)
{
	struct vm_region_facts facts;

	CHECK_KR(vm_region_of(task, addr, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.start, addr);
	CHECK_EQ(facts.size, size);
	CHECK_EQ(facts.prot, prot);
	CHECK_EQ(facts.max_prot, max_prot);
	CHECK_EQ(facts.inheritance, inheritance);
	if (MACH_PORT_VALID(facts.object_name))
		CHECK_KR(mach_port_deallocate(self, facts.object_name),
		    KERN_SUCCESS);
}

static void
expect_base(unsigned pages, vm_prot_t prot)
{
	expect_region(self, BASE, pages * PAGE_SIZE, prot, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT);
}

/* No memory at addr. */
static void
expect_hole(task_t task, vm_address_t addr)
{
	struct vm_region_facts facts;

	if (vm_region_of(task, addr, &facts) == KERN_SUCCESS)
		CHECK(facts.start > addr);
}

/* An empty task, and one that has ended. */
static task_t
empty_task(void)
{
	task_t task;

	CHECK_KR(task_create(self, FALSE, &task), KERN_SUCCESS);
	return task;
}

static task_t
ended_task(void)
{
	task_t task = empty_task();

	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	test_wait_end(task);
	return task;
}

/* vm_allocate */

TEST(vm_allocate_gives_zeros_with_default_rights)
{
	allocate_base(4);
	expect_base(4, VM_PROT_DEFAULT);
	for (unsigned i = 0; i < 4 * PAGE_SIZE / 4; i++)
		CHECK_EQ(((volatile uint32_t *)BASE)[i], 0);
	vm_fill(BASE, 4, 100);
	vm_expect(BASE, 4, 100);
	vm_deallocate_check(BASE, 4 * PAGE_SIZE);
	allocate_base(4);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(vm_word(BASE + i * PAGE_SIZE), 0);
}

TEST(vm_allocate_rounds_address_and_size)
{
	vm_address_t addr = BASE + 5;

	CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE + 1, FALSE), KERN_SUCCESS);
	CHECK_EQ(addr, BASE);
	expect_base(2, VM_PROT_DEFAULT);
	addr = BASE + 0x10000 + PAGE_SIZE - 1;
	CHECK_KR(vm_allocate(self, &addr, 1, FALSE), KERN_SUCCESS);
	CHECK_EQ(addr, BASE + 0x10000);
	expect_region(self, BASE + 0x10000, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
}

TEST(vm_allocate_anywhere_ignores_the_address)
{
	vm_address_t a = 0xffffffff, b = BASE + 3;

	CHECK_KR(vm_allocate(self, &a, 10, TRUE), KERN_SUCCESS);
	CHECK_KR(vm_allocate(self, &b, 10, TRUE), KERN_SUCCESS);
	CHECK(page_aligned(a) && page_aligned(b) && a != b && a != 0);
	vm_set_word(a, 1);
	vm_set_word(b, 2);
	CHECK_EQ(vm_word(a), 1);
	CHECK_KR(vm_deallocate(self, a, 10), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(self, b, 10), KERN_SUCCESS);
}

TEST(vm_allocate_of_nothing_gives_address_zero)
{
	vm_address_t addr = 5;

	CHECK_KR(vm_allocate(self, &addr, 0, TRUE), KERN_SUCCESS);
	CHECK_EQ(addr, 0);
	addr = BASE;
	CHECK_KR(vm_allocate(self, &addr, 0, FALSE), KERN_SUCCESS);
	CHECK_EQ(addr, 0);
	expect_hole(self, BASE);
}

TEST(vm_allocate_refuses_what_does_not_fit)
{
	CHECK_KR(allocate_anywhere((vm_size_t)-1), KERN_INVALID_ARGUMENT);
	CHECK_KR(allocate_at(BASE, (vm_size_t)-1), KERN_INVALID_ARGUMENT);
	CHECK_KR(allocate_anywhere(-PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_anywhere(-2 * PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_anywhere(KERNEL), KERN_NO_SPACE);
	CHECK_KR(allocate_anywhere(KERNEL - PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_at(BASE, -PAGE_SIZE), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(BASE, -BASE), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(BASE, KERNEL - BASE + 1), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(KERNEL, PAGE_SIZE), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(KERNEL - PAGE_SIZE, 2 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(0xfffff000, PAGE_SIZE), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(0xffffffff, 1), KERN_INVALID_ADDRESS);
	CHECK_KR(allocate_at(0xffffffff, 2 * PAGE_SIZE), KERN_INVALID_ADDRESS);
	expect_hole(self, BASE);
}

TEST(vm_allocate_refuses_what_is_taken)
{
	allocate_base(2);
	vm_fill(BASE, 2, 7);
	CHECK_KR(allocate_at(BASE, 1), KERN_NO_SPACE);
	CHECK_KR(allocate_at(BASE + PAGE_SIZE, PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_at(BASE + PAGE_SIZE, 2 * PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_at(BASE - PAGE_SIZE, 2 * PAGE_SIZE), KERN_NO_SPACE);
	CHECK_KR(allocate_at(BASE - PAGE_SIZE, 9 * PAGE_SIZE), KERN_NO_SPACE);
	vm_expect(BASE, 2, 7);
	expect_hole(self, BASE - PAGE_SIZE);
	expect_hole(self, BASE + 2 * PAGE_SIZE);
	CHECK_KR(allocate_at(BASE + 2 * PAGE_SIZE, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(allocate_at(BASE - PAGE_SIZE, PAGE_SIZE), KERN_SUCCESS);
	vm_expect(BASE, 2, 7);
}

TEST(vm_allocate_takes_the_first_page_only_when_asked)
{
	vm_address_t addr = 0;

	CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, TRUE), KERN_SUCCESS);
	CHECK(addr != 0);
	addr = 100;
	CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
	CHECK_EQ(addr, 0);
	CHECK_VALUE(vm_try_write(4, 6), 6);
	vm_deallocate_check(0, PAGE_SIZE);
	CHECK_RAISED(vm_try_read(4), KERN_INVALID_ADDRESS, 4);
}

TEST(vm_allocate_fills_an_address_space_to_its_ends)
{
	task_t task = empty_task();
	vm_address_t addr = 0;

	CHECK_KR(vm_allocate(task, &addr, KERNEL, FALSE), KERN_SUCCESS);
	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, TRUE), KERN_NO_SPACE);
	expect_region(task, 0, KERNEL, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT);
	CHECK_KR(vm_write(task, KERNEL - PAGE_SIZE, trunc_page(&addr),
	    PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, 0, KERNEL), KERN_SUCCESS);
	addr = KERNEL - PAGE_SIZE;
	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* vm_deallocate */

TEST(vm_deallocate_takes_pages_out_of_the_middle)
{
	allocate_base(5);
	vm_fill(BASE, 5, 50);
	vm_deallocate_check(BASE + 2 * PAGE_SIZE, PAGE_SIZE);
	expect_base(2, VM_PROT_DEFAULT);
	expect_hole(self, BASE + 2 * PAGE_SIZE);
	expect_region(self, BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT);
	vm_expect(BASE, 2, 50);
	vm_expect(BASE + 3 * PAGE_SIZE, 2, 53);
	CHECK_RAISED(vm_try_read(BASE + 2 * PAGE_SIZE), KERN_INVALID_ADDRESS,
	    BASE + 2 * PAGE_SIZE);
	CHECK_RAISED(vm_try_write(BASE + 3 * PAGE_SIZE - 8, 1),
	    KERN_INVALID_ADDRESS, BASE + 3 * PAGE_SIZE - 8);
}

TEST(vm_deallocate_widens_to_whole_pages)
{
	allocate_base(4);
	vm_deallocate_check(BASE + 2 * PAGE_SIZE - 1, 2);
	expect_base(1, VM_PROT_DEFAULT);
	expect_hole(self, BASE + PAGE_SIZE);
	expect_hole(self, BASE + 2 * PAGE_SIZE);
	expect_region(self, BASE + 3 * PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
}

TEST(vm_deallocate_passes_over_holes)
{
	allocate_base(2);
	CHECK_KR(allocate_at(BASE + 6 * PAGE_SIZE, PAGE_SIZE), KERN_SUCCESS);
	vm_deallocate_check(BASE + PAGE_SIZE, 20 * PAGE_SIZE);
	expect_base(1, VM_PROT_DEFAULT);
	expect_hole(self, BASE + 6 * PAGE_SIZE);
	vm_deallocate_check(BASE + PAGE_SIZE, 20 * PAGE_SIZE);
	vm_deallocate_check(BASE, PAGE_SIZE);
	vm_deallocate_check(BASE, PAGE_SIZE);
}

TEST(vm_deallocate_of_nothing_and_beyond_the_end_succeeds)
{
	allocate_base(1);
	vm_deallocate_check(BASE, 0);
	vm_deallocate_check(BASE + 100, 0);
	vm_deallocate_check(KERNEL, PAGE_SIZE);
	vm_deallocate_check(KERNEL, 0x1000000);
	vm_deallocate_check(0xfffff000, PAGE_SIZE);
	vm_deallocate_check(0xffffffff, 1);
	expect_base(1, VM_PROT_DEFAULT);
	vm_set_word(BASE, 1);
}

/* A range that wraps around is empty: nothing of it goes. */
TEST(vm_deallocate_of_a_range_that_wraps_takes_nothing)
{
	task_t task = empty_task();
	vm_address_t addr = BASE;

	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
	addr = PAGE_SIZE;
	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, BASE, (vm_size_t)-1), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, BASE, -PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, BASE, -BASE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, BASE, -BASE - 1), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(task, 0xfffff000, 4 * PAGE_SIZE), KERN_SUCCESS);
	expect_region(task, BASE, PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT);
	expect_region(task, PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	/* One page short of wrapping: everything above goes. */
	CHECK_KR(vm_deallocate(task, BASE, -BASE - PAGE_SIZE), KERN_SUCCESS);
	expect_hole(task, BASE);
	expect_region(task, PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* vm_protect */

TEST(vm_protect_changes_current_protection)
{
	allocate_base(3);
	vm_fill(BASE, 3, 30);
	CHECK_KR(vm_protect(self, BASE + PAGE_SIZE, 1, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	expect_base(1, VM_PROT_DEFAULT);
	expect_region(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_PROT_READ,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	CHECK_VALUE(vm_try_read(BASE + PAGE_SIZE), 31);
	CHECK_RAISED(vm_try_write(BASE + PAGE_SIZE, 1),
	    KERN_PROTECTION_FAILURE, BASE + PAGE_SIZE);
	CHECK_KR(vm_protect(self, BASE, 3 * PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	expect_base(3, VM_PROT_NONE);
	CHECK_RAISED(vm_try_read(BASE), KERN_PROTECTION_FAILURE, BASE);
	CHECK_KR(vm_protect(self, BASE, 3 * PAGE_SIZE, FALSE, VM_PROT_DEFAULT),
	    KERN_SUCCESS);
	expect_base(3, VM_PROT_DEFAULT);
	vm_expect(BASE, 3, 30);
	vm_fill(BASE, 3, 60);
	vm_expect(BASE, 3, 60);
}

TEST(vm_protect_lowers_the_maximum_for_good)
{
	allocate_base(2);
	vm_fill(BASE, 2, 30);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, TRUE, VM_PROT_READ),
	    KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_READ, VM_PROT_READ,
	    VM_INHERIT_DEFAULT);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_DEFAULT),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, TRUE, VM_PROT_DEFAULT),
	    KERN_PROTECTION_FAILURE);
	/* One entry forbids it: no entry changes. */
	CHECK_KR(vm_protect(self, BASE, 2 * PAGE_SIZE, FALSE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
	expect_region(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	CHECK_RAISED(vm_try_write(BASE, 1), KERN_PROTECTION_FAILURE, BASE);
	CHECK_VALUE(vm_try_write(BASE + PAGE_SIZE, 31), 31);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	vm_expect(BASE, 2, 30);
}

TEST(vm_protect_maximum_cuts_current_protection)
{
	allocate_base(1);
	vm_set_word(BASE, 3);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, TRUE, VM_PROT_NONE),
	    KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_NONE, VM_PROT_NONE,
	    VM_INHERIT_DEFAULT);
	CHECK_RAISED(vm_try_read(BASE), KERN_PROTECTION_FAILURE, BASE);
	vm_deallocate_check(BASE, PAGE_SIZE);
}

TEST(vm_protect_refuses_bad_arguments)
{
	allocate_base(2);
	CHECK_KR(vm_protect(self, BASE, 0, FALSE, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_NO_CHANGE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, 0x20),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, TRUE, -1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_protect(self, BASE, 0, FALSE, -1), KERN_INVALID_ARGUMENT);
	expect_base(2, VM_PROT_DEFAULT);
	vm_fill(BASE, 2, 1);
}

TEST(vm_protect_passes_over_holes)
{
	allocate_base(2);
	CHECK_KR(allocate_at(BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, BASE + PAGE_SIZE, 3 * PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	expect_base(1, VM_PROT_DEFAULT);
	expect_region(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_PROT_READ,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	expect_region(self, BASE + 3 * PAGE_SIZE, PAGE_SIZE, VM_PROT_READ,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	expect_region(self, BASE + 4 * PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	CHECK_KR(vm_protect(self, BASE + 9 * PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_protect(self, KERNEL, PAGE_SIZE, FALSE, VM_PROT_ALL),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, KERNEL - PAGE_SIZE, 2 * PAGE_SIZE, FALSE,
	    VM_PROT_DEFAULT), KERN_SUCCESS);
}

TEST(vm_protect_of_a_range_that_wraps_changes_nothing)
{
	static const vm_size_t sizes[] = { (vm_size_t)-1, -PAGE_SIZE, -BASE,
	    -BASE - 1, -BASE + PAGE_SIZE };

	allocate_base(1);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_KR(vm_protect(self, BASE, sizes[i], FALSE,
		    VM_PROT_NONE), KERN_SUCCESS);
		CHECK_KR(vm_inherit(self, BASE, sizes[i], VM_INHERIT_NONE),
		    KERN_SUCCESS);
	}
	expect_base(1, VM_PROT_DEFAULT);
}

/* vm_inherit */

TEST(vm_inherit_is_kept_by_region)
{
	allocate_base(3);
	CHECK_KR(vm_inherit(self, BASE + PAGE_SIZE, PAGE_SIZE,
	    VM_INHERIT_NONE), KERN_SUCCESS);
	expect_base(1, VM_PROT_DEFAULT);
	expect_region(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_NONE);
	CHECK_KR(vm_inherit(self, BASE, 3 * PAGE_SIZE, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	expect_region(self, BASE, 3 * PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_SHARE);
	CHECK_KR(vm_inherit(self, BASE + 1, 1, VM_INHERIT_COPY), KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY);
}

/* As on GNU Mach: no bytes within a page are widened to it, too. */
TEST(vm_protect_and_inherit_of_no_bytes)
{
	struct vm_region_facts facts;

	allocate_base(2);
	CHECK_KR(vm_protect(self, BASE, 0, FALSE, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_inherit(self, BASE, 0, VM_INHERIT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_region_of(self, BASE, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.prot, VM_PROT_DEFAULT);
	CHECK_EQ(facts.inheritance, VM_INHERIT_COPY);
	CHECK_KR(vm_protect(self, BASE + 1, 0, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_KR(vm_inherit(self, BASE + 1, 0, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	CHECK_KR(vm_region_of(self, BASE, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.size, PAGE_SIZE);
	CHECK_EQ(facts.prot, VM_PROT_READ);
	CHECK_EQ(facts.inheritance, VM_INHERIT_SHARE);
}

TEST(vm_inherit_refuses_bad_values_and_passes_over_holes)
{
	allocate_base(1);
	CHECK_KR(allocate_at(BASE + 2 * PAGE_SIZE, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_inherit(self, BASE, PAGE_SIZE, 3), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_inherit(self, BASE, PAGE_SIZE, -1), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_inherit(self, BASE, 0, 3), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_inherit(self, BASE, 0, VM_INHERIT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_inherit(self, KERNEL, PAGE_SIZE, VM_INHERIT_NONE),
	    KERN_SUCCESS);
	expect_base(1, VM_PROT_DEFAULT);
	CHECK_KR(vm_inherit(self, BASE, 4 * PAGE_SIZE, VM_INHERIT_NONE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i += 2)
		expect_region(self, BASE + i * PAGE_SIZE, PAGE_SIZE,
		    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_NONE);
}

/* vm_read */

/* A read of size bytes at addr gives them, at the same place in a page. */
static void
read_and_compare(vm_address_t addr, vm_size_t size)
{
	mach_msg_type_number_t count;
	pointer_t data;

	CHECK_KR(vm_read(self, addr, size, &data, &count), KERN_SUCCESS);
	CHECK_EQ(count, size);
	CHECK_EQ(data & PAGE_MASK, addr & PAGE_MASK);
	CHECK(memcmp((void *)data, (void *)addr, size) == 0);
	*(volatile char *)data ^= 1;
	CHECK(memcmp((void *)data, (void *)addr, size) != 0);
	vm_deallocate_check(data, size);
}

TEST(vm_read_gives_any_bytes)
{
	static const unsigned short spans[][2] = { { 0, 1 }, { 0, 4096 },
	    { 1, 4096 }, { 4095, 2 }, { 4095, 4098 }, { 0, 16384 },
	    { 100, 4095 }, { 8192, 8192 }, { 3, 16381 } };
	uint32_t seed = 9;

	allocate_base(4);
	for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
		((char *)BASE)[i] = (char)test_random(&seed);
	for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		read_and_compare(BASE + spans[i][0], spans[i][1]);
}

TEST(vm_read_of_nothing_gives_nothing)
{
	mach_msg_type_number_t count = 9;
	pointer_t data = 9;

	allocate_base(1);
	CHECK_KR(vm_read(self, BASE, 0, &data, &count), KERN_SUCCESS);
	CHECK_EQ(data, 0);
	CHECK_EQ(count, 0);
}

TEST(vm_read_refuses_what_is_not_all_there)
{
	static const vm_address_t spans[][2] = {
		{ BASE, (vm_size_t)-1 }, { BASE, -PAGE_SIZE },
		{ BASE, -BASE }, { BASE, -BASE - 1 },
		{ BASE + PAGE_SIZE, 2 * PAGE_SIZE },
		{ BASE + PAGE_SIZE, PAGE_SIZE + 1 },
		{ BASE - 1, 1 }, { BASE - PAGE_SIZE, 2 * PAGE_SIZE },
		{ BASE + 2 * PAGE_SIZE, 1 }, { KERNEL, PAGE_SIZE },
		{ KERNEL, 1 }, { KERNEL - PAGE_SIZE, 2 * PAGE_SIZE },
		{ KERNEL - 1, 2 }, { 0xfffff000, PAGE_SIZE },
		{ 0xffffffff, 1 }, { 0xffffffff, 2 },
	};
	mach_msg_type_number_t count;
	pointer_t data;

	allocate_base(2);
	for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		CHECK_KR(vm_read(self, spans[i][0], spans[i][1], &data,
		    &count), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(vm_read(self, BASE, PAGE_SIZE, &data, &count),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_read(self, BASE, 2 * PAGE_SIZE, &data, &count),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_read(self, BASE + PAGE_SIZE, PAGE_SIZE, &data, &count),
	    KERN_SUCCESS);
	/* what comes first names the error */
	CHECK_KR(vm_read(self, BASE, 3 * PAGE_SIZE, &data, &count),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_read(self, BASE - PAGE_SIZE, 2 * PAGE_SIZE, &data, &count),
	    KERN_INVALID_ADDRESS);
}

/* vm_write */

TEST(vm_write_replaces_whole_pages)
{
	vm_address_t src = test_allocate(4 * PAGE_SIZE);

	allocate_base(4);
	vm_fill(src, 4, 10);
	vm_fill(BASE, 4, 90);
	CHECK_KR(vm_write(self, BASE + PAGE_SIZE, src, 2 * PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(BASE), 90);
	vm_expect(BASE + PAGE_SIZE, 2, 10);
	CHECK_EQ(vm_word(BASE + 3 * PAGE_SIZE), 93);
	vm_fill(src, 4, 1000);
	vm_expect(BASE + PAGE_SIZE, 2, 10);
	vm_fill(BASE, 4, 2000);
	vm_expect(src, 4, 1000);
	CHECK_KR(vm_write(self, BASE, src, 0), KERN_SUCCESS);
	vm_expect(BASE, 4, 2000);
	/* Onto itself. */
	CHECK_KR(vm_write(self, BASE, BASE, 4 * PAGE_SIZE), KERN_SUCCESS);
	vm_expect(BASE, 4, 2000);
}

TEST(vm_write_wants_whole_pages)
{
	vm_address_t src = test_allocate(2 * PAGE_SIZE);

	allocate_base(2);
	vm_fill(BASE, 2, 5);
	CHECK_KR(vm_write(self, BASE, src, 100), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_write(self, BASE + 1, src, PAGE_SIZE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_write(self, BASE, src + 1, PAGE_SIZE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_write(self, BASE, src, PAGE_SIZE + 4),
	    KERN_INVALID_ARGUMENT);
	vm_expect(BASE, 2, 5);
}

TEST(vm_write_refuses_where_it_may_not)
{
	vm_address_t src = test_allocate(2 * PAGE_SIZE);

	allocate_base(2);
	vm_fill(BASE, 2, 5);
	CHECK_KR(vm_write(self, BASE + PAGE_SIZE, src, 2 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_write(self, BASE - PAGE_SIZE, src, 2 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_write(self, KERNEL, src, PAGE_SIZE), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_write(self, KERNEL - PAGE_SIZE, src, 2 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_write(self, 0xfffff000, src, 2 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_protect(self, BASE + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_write(self, BASE + PAGE_SIZE, src, PAGE_SIZE),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_write(self, BASE, src, 2 * PAGE_SIZE),
	    KERN_PROTECTION_FAILURE);
	vm_expect(BASE, 2, 5);
	/* Source out of reach: the message cannot be sent. */
	CHECK_KR(vm_write(self, BASE, KERNEL, PAGE_SIZE),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_write(self, BASE, BASE, (mach_msg_type_number_t)-1),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_write(self, BASE + 1, src + 2 * PAGE_SIZE, 0),
	    KERN_SUCCESS);
}

/* vm_copy */

TEST(vm_copy_copies_pages)
{
	allocate_base(6);
	vm_fill(BASE, 6, 0);
	CHECK_KR(vm_copy(self, BASE, 2 * PAGE_SIZE, BASE + 3 * PAGE_SIZE),
	    KERN_SUCCESS);
	vm_expect(BASE, 3, 0);
	vm_expect(BASE + 3 * PAGE_SIZE, 2, 0);
	CHECK_EQ(vm_word(BASE + 5 * PAGE_SIZE), 5);
	vm_fill(BASE, 2, 70);
	vm_expect(BASE + 3 * PAGE_SIZE, 2, 0);
	vm_fill(BASE + 3 * PAGE_SIZE, 2, 80);
	vm_expect(BASE, 2, 70);
	CHECK_KR(vm_copy(self, BASE, 0, BASE + PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_copy(self, BASE, PAGE_SIZE, BASE), KERN_SUCCESS);
	vm_expect(BASE, 2, 70);
}

TEST(vm_copy_takes_overlapping_ranges_as_a_snapshot)
{
	allocate_base(8);
	vm_fill(BASE, 8, 10);
	CHECK_KR(vm_copy(self, BASE, 5 * PAGE_SIZE, BASE + 2 * PAGE_SIZE),
	    KERN_SUCCESS);
	vm_expect(BASE, 2, 10);
	vm_expect(BASE + 2 * PAGE_SIZE, 5, 10);
	CHECK_EQ(vm_word(BASE + 7 * PAGE_SIZE), 17);
	CHECK_KR(vm_copy(self, BASE + 3 * PAGE_SIZE, 5 * PAGE_SIZE, BASE),
	    KERN_SUCCESS);
	vm_expect(BASE, 4, 11);
	CHECK_EQ(vm_word(BASE + 4 * PAGE_SIZE), 17);
	vm_expect(BASE + 5 * PAGE_SIZE, 2, 13);
}

TEST(vm_copy_refuses_bad_arguments)
{
	allocate_base(4);
	vm_fill(BASE, 4, 40);
	CHECK_KR(vm_copy(self, BASE + 1, PAGE_SIZE, BASE + 2 * PAGE_SIZE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_copy(self, BASE, PAGE_SIZE, BASE + 2 * PAGE_SIZE + 1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_copy(self, BASE, 100, BASE + 2 * PAGE_SIZE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_copy(self, BASE, (vm_size_t)-1, BASE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, BASE, -PAGE_SIZE, BASE), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, BASE, -BASE, BASE), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, BASE, 2 * PAGE_SIZE, BASE + 3 * PAGE_SIZE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE, BASE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, KERNEL, PAGE_SIZE, BASE), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_copy(self, BASE, PAGE_SIZE, KERNEL), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_KR(vm_copy(self, BASE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, BASE),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_copy(self, BASE, PAGE_SIZE, BASE + PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(BASE + PAGE_SIZE), 40);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(vm_copy(self, BASE, 2 * PAGE_SIZE, BASE + 2 * PAGE_SIZE),
	    KERN_PROTECTION_FAILURE);
	vm_expect(BASE + 2 * PAGE_SIZE, 2, 42);
}

/* vm_map with a null object; with objects: pager.c */

/* As vm_map of null memory with default rights. */
static kern_return_t
map_null(vm_address_t *addr, vm_size_t size, vm_address_t mask,
    boolean_t anywhere)
{
	return vm_map(self, addr, size, mask, anywhere, MACH_PORT_NULL, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT);
}

static kern_return_t
map_rights(vm_prot_t prot, vm_prot_t max_prot, vm_inherit_t inheritance)
{
	vm_address_t addr = BASE;

	return vm_map(self, &addr, PAGE_SIZE, 0, FALSE, MACH_PORT_NULL, 0,
	    FALSE, prot, max_prot, inheritance);
}

TEST(vm_map_of_null_gives_zeros)
{
	vm_address_t addr = BASE + 0x1234;

	CHECK_KR(map_null(&addr, PAGE_SIZE + 1, 0, FALSE), KERN_SUCCESS);
	CHECK_EQ(addr, BASE + 0x1000);
	expect_region(self, addr, 2 * PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT);
	CHECK_EQ(vm_word(addr), 0);
	vm_set_word(addr, 4);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 0);
	/* Neither offset nor copy means anything without an object. */
	addr = 0;
	CHECK_KR(vm_map(self, &addr, PAGE_SIZE, 0, TRUE, MACH_PORT_NULL,
	    PAGE_SIZE, TRUE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT), KERN_SUCCESS);
	CHECK_EQ(vm_word(addr), 0);
	vm_set_word(addr, 4);
	addr = 0;
	CHECK_KR(vm_map(self, &addr, 2 * PAGE_SIZE, 0, TRUE, MACH_PORT_NULL,
	    -PAGE_SIZE, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT), KERN_SUCCESS);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 0);
}

TEST(vm_map_keeps_the_rights_it_was_given)
{
	CHECK_KR(map_rights(VM_PROT_READ, VM_PROT_DEFAULT, VM_INHERIT_NONE),
	    KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_READ, VM_PROT_DEFAULT,
	    VM_INHERIT_NONE);
	CHECK_EQ(vm_word(BASE), 0);
	CHECK_RAISED(vm_try_write(BASE, 1), KERN_PROTECTION_FAILURE, BASE);
	vm_deallocate_check(BASE, PAGE_SIZE);
	CHECK_KR(map_rights(VM_PROT_NONE, VM_PROT_NONE, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_NONE, VM_PROT_NONE,
	    VM_INHERIT_SHARE);
	CHECK_RAISED(vm_try_read(BASE), KERN_PROTECTION_FAILURE, BASE);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_PROTECTION_FAILURE);
	vm_deallocate_check(BASE, PAGE_SIZE);
	CHECK_KR(map_rights(VM_PROT_ALL, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_ALL, VM_PROT_ALL,
	    VM_INHERIT_COPY);
}

TEST(vm_map_aligns_to_the_mask)
{
	static const vm_address_t masks[] = { 0, PAGE_MASK, 0x1fff, 0xffff,
	    0x1fffff, 0xff, 1 };
	vm_address_t addr;

	for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		for (unsigned round = 0; round < 3; round++) {
			addr = 0;
			CHECK_KR(map_null(&addr, PAGE_SIZE, masks[i], TRUE),
			    KERN_SUCCESS);
			CHECK(page_aligned(addr));
			CHECK_EQ(addr & masks[i], 0);
			vm_set_word(addr, 1);
		}
	addr = BASE + PAGE_SIZE;
	CHECK_KR(map_null(&addr, PAGE_SIZE, 0xffff, FALSE), KERN_NO_SPACE);
	addr = BASE;
	CHECK_KR(map_null(&addr, PAGE_SIZE, 0xffff, FALSE), KERN_SUCCESS);
	/* An address past all room does not matter. */
	addr = KERNEL - 1;
	CHECK_KR(map_null(&addr, 2 * PAGE_SIZE, 0, TRUE), KERN_SUCCESS);
	addr = 0xffffffff;
	CHECK_KR(map_null(&addr, 2 * PAGE_SIZE, 0xffff, TRUE), KERN_SUCCESS);
	vm_set_word(addr, 1);
	/* The only place it allows is the first page. */
	addr = 0;
	CHECK_KR(map_null(&addr, PAGE_SIZE, (vm_address_t)-1, TRUE),
	    KERN_NO_SPACE);
	/* No run of low bits: an error, or an address that it allows. */
	for (vm_address_t mask = 0x5000; mask != 0; mask <<= 1) {
		addr = 0;
		if (map_null(&addr, PAGE_SIZE, mask, TRUE) == KERN_SUCCESS)
			CHECK_EQ(addr & mask, 0);
	}
}

TEST(vm_map_refuses_bad_arguments)
{
	vm_address_t addr = 0;

	CHECK_KR(map_null(&addr, 0, 0, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(map_null(&addr, (vm_size_t)-1, 0, TRUE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map_null(&addr, -PAGE_SIZE, 0, TRUE), KERN_NO_SPACE);
	CHECK_KR(map_null(&addr, KERNEL, 0, TRUE), KERN_NO_SPACE);
	addr = KERNEL;
	CHECK_KR(map_null(&addr, PAGE_SIZE, 0, FALSE), KERN_INVALID_ADDRESS);
	addr = 0xfffff000;
	CHECK_KR(map_null(&addr, 2 * PAGE_SIZE, 0, FALSE),
	    KERN_INVALID_ADDRESS);
	addr = KERNEL - PAGE_SIZE;
	CHECK_KR(map_null(&addr, 2 * PAGE_SIZE, 0, FALSE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(map_rights(VM_PROT_NO_CHANGE, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT), KERN_INVALID_ARGUMENT);
	CHECK_KR(map_rights(VM_PROT_READ, VM_PROT_ALL | VM_PROT_NO_CHANGE,
	    VM_INHERIT_DEFAULT), KERN_INVALID_ARGUMENT);
	CHECK_KR(map_rights(-1, -1, VM_INHERIT_DEFAULT),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map_rights(VM_PROT_DEFAULT, VM_PROT_ALL, 3),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map_rights(VM_PROT_DEFAULT, VM_PROT_ALL, -1),
	    KERN_INVALID_ARGUMENT);
	expect_hole(self, BASE);
	CHECK_KR(allocate_at(BASE, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(map_rights(VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_NO_SPACE);
}

TEST(vm_map_refuses_what_is_no_memory_object)
{
	vm_address_t addr = 0;
	mach_port_t ports[3] = { self, TEST_HOST_PORT, mach_thread_self() };

	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(vm_map(self, &addr, PAGE_SIZE, 0, TRUE, ports[i], 0,
		    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT),
		    KERN_INVALID_ARGUMENT);
	CHECK_EQ(addr, 0);
	CHECK_KR(vm_map(self, &addr, PAGE_SIZE, 0, TRUE, UNUSED, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT),
	    MACH_SEND_INVALID_RIGHT);
}

/* vm_region */

TEST(vm_region_finds_the_region_at_or_above)
{
	struct vm_region_facts facts;

	allocate_base(2);
	CHECK_KR(allocate_at(BASE + 8 * PAGE_SIZE, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_region_of(self, BASE + PAGE_SIZE + 7, &facts),
	    KERN_SUCCESS);
	CHECK_EQ(facts.start, BASE);
	CHECK_EQ(facts.size, 2 * PAGE_SIZE);
	CHECK_EQ(facts.shared, FALSE);
	CHECK_KR(vm_region_of(self, BASE + 2 * PAGE_SIZE, &facts),
	    KERN_SUCCESS);
	CHECK_EQ(facts.start, BASE + 8 * PAGE_SIZE);
	CHECK_EQ(facts.size, PAGE_SIZE);
}

TEST(vm_region_past_the_last_region_says_no_space)
{
	struct vm_region_facts facts;
	task_t task = empty_task();

	CHECK_KR(vm_region_of(self, KERNEL, &facts), KERN_NO_SPACE);
	CHECK_KR(vm_region_of(self, 0xffffffff, &facts), KERN_NO_SPACE);
	CHECK_KR(vm_region_of(task, 0, &facts), KERN_NO_SPACE);
	CHECK_KR(vm_region_of(task, BASE, &facts), KERN_NO_SPACE);
}

TEST(vm_region_walks_the_whole_space)
{
	struct vm_region_facts facts;
	vm_address_t addr = 0;
	vm_size_t total = 0;
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	allocate_base(3);
	CHECK_KR(vm_protect(self, BASE + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	while (vm_region_of(self, addr, &facts) == KERN_SUCCESS) {
		CHECK(facts.start >= addr && facts.size != 0);
		CHECK(page_aligned(facts.start) && page_aligned(facts.size));
		CHECK((facts.prot & ~facts.max_prot) == 0);
		total += facts.size;
		addr = facts.start + facts.size;
		if (MACH_PORT_VALID(facts.object_name))
			CHECK_KR(mach_port_deallocate(self,
			    facts.object_name), KERN_SUCCESS);
	}
	CHECK(addr <= KERNEL);
	CHECK_KR(task_info(self, TASK_BASIC_INFO, (task_info_t)&info, &count),
	    KERN_SUCCESS);
	CHECK_EQ(total, info.virtual_size);
}

/* vm_regions */

/* The regions of a range; *count of them. */
static vm_region_records_t
regions_of(task_t task, vm_address_t address, vm_size_t size,
    mach_msg_type_number_t *count)
{
	vm_region_records_t regions = NULL;

	*count = 0;
	CHECK_KR(vm_regions(task, address, size, &regions, count),
	    KERN_SUCCESS);
	return regions;
}

TEST(vm_regions_tells_what_vm_region_tells_of_each)
{
	mach_msg_type_number_t count, i;
	struct vm_region_facts facts;
	vm_region_records_t regions;
	vm_address_t addr = 0;

	allocate_base(5);
	CHECK_KR(vm_protect(self, BASE + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ), KERN_SUCCESS);
	CHECK_KR(vm_inherit(self, BASE + 3 * PAGE_SIZE, PAGE_SIZE,
	    VM_INHERIT_NONE), KERN_SUCCESS);
	regions = regions_of(self, 0, (vm_size_t)-1, &count);
	CHECK(count >= 5);
	for (i = 0; i < count; i++) {
		CHECK_KR(vm_region_of(self, regions[i].address, &facts),
		    KERN_SUCCESS);
		CHECK_EQ(regions[i].address, facts.start);
		CHECK(regions[i].address >= addr);
		addr = regions[i].address + regions[i].size;
		CHECK_EQ(regions[i].size, facts.size);
		CHECK_EQ(regions[i].protection, facts.prot);
		CHECK_EQ(regions[i].max_protection, facts.max_prot);
		CHECK_EQ(regions[i].inheritance, facts.inheritance);
		CHECK_EQ(regions[i].shared, facts.shared);
		CHECK_EQ(regions[i].wired_count, 0);
		if (MACH_PORT_VALID(facts.object_name))
			CHECK_KR(mach_port_deallocate(self,
			    facts.object_name), KERN_SUCCESS);
	}
	vm_deallocate_check((vm_address_t)regions, count * sizeof(*regions));
}

TEST(vm_regions_keeps_to_its_range)
{
	vm_region_records_t regions;
	mach_msg_type_number_t count;

	allocate_base(5);
	for (unsigned i = 1; i < 5; i += 2)
		CHECK_KR(vm_protect(self, BASE + i * PAGE_SIZE, PAGE_SIZE,
		    FALSE, VM_PROT_READ), KERN_SUCCESS);
	regions = regions_of(self, BASE + PAGE_SIZE + 5, 2 * PAGE_SIZE,
	    &count);
	CHECK_EQ(count, 3);
	for (unsigned i = 0; i < count; i++) {
		CHECK_EQ(regions[i].address, BASE + (i + 1) * PAGE_SIZE);
		CHECK_EQ(regions[i].size, PAGE_SIZE);
	}
	vm_deallocate_check((vm_address_t)regions, count * sizeof(*regions));
	(void)regions_of(self, BASE, 0, &count);
	CHECK_EQ(count, 0);
	(void)regions_of(self, BASE - 3 * PAGE_SIZE, 2 * PAGE_SIZE, &count);
	CHECK_EQ(count, 0);
	(void)regions_of(self, KERNEL, PAGE_SIZE, &count);
	CHECK_EQ(count, 0);
}

TEST(vm_regions_refuses_bad_arguments)
{
	vm_region_records_t regions;
	mach_msg_type_number_t count;

	CHECK_KR(vm_regions(self, BASE, (vm_size_t)-PAGE_SIZE, &regions,
	    &count), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_regions(self, 2, (vm_size_t)-1, &regions, &count),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_regions(mach_host_self(), BASE, PAGE_SIZE, &regions,
	    &count), KERN_INVALID_ARGUMENT);
}

TEST(vm_regions_of_thousands)
{
	enum { COUNT = 2000 };
	vm_region_records_t regions;
	mach_msg_type_number_t count;

	allocate_base(COUNT);
	for (unsigned i = 0; i < COUNT; i += 2)
		CHECK_KR(vm_protect(self, BASE + i * PAGE_SIZE, PAGE_SIZE,
		    FALSE, VM_PROT_READ), KERN_SUCCESS);
	regions = regions_of(self, BASE, COUNT * PAGE_SIZE, &count);
	CHECK_EQ(count, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		CHECK_EQ(regions[i].address, BASE + i * PAGE_SIZE);
		CHECK_EQ(regions[i].protection, i % 2 ? VM_PROT_DEFAULT :
		    VM_PROT_READ);
	}
	vm_deallocate_check((vm_address_t)regions, count * sizeof(*regions));
	vm_deallocate_check(BASE, COUNT * PAGE_SIZE);
	(void)regions_of(self, BASE, COUNT * PAGE_SIZE, &count);
	CHECK_EQ(count, 0);
}

/* vm_statistics */

TEST(vm_statistics_counts_what_happens)
{
	struct vm_statistics before, after;
	vm_address_t addr = test_allocate(64 * PAGE_SIZE);

	CHECK_KR(vm_statistics(self, &before), KERN_SUCCESS);
	CHECK_EQ(before.pagesize, PAGE_SIZE);
	CHECK(before.free_count > 0);
	CHECK(before.active_count >= 0 && before.inactive_count >= 0);
	CHECK(before.wire_count >= 0);
	vm_fill(addr, 64, 1);
	CHECK_KR(vm_statistics(self, &after), KERN_SUCCESS);
	CHECK(after.free_count + 32 <= before.free_count);
	CHECK(after.zero_fill_count >= before.zero_fill_count + 64);
	CHECK(after.faults >= before.faults + 64);
	vm_deallocate_check(addr, 64 * PAGE_SIZE);
	CHECK_KR(vm_statistics(self, &before), KERN_SUCCESS);
	CHECK(before.free_count >= after.free_count + 32);
}

/* The port that names the task */

/* Every call through a port that is no task's gives this code. */
static void
expect_all(task_t task, kern_return_t code)
{
	vm_machine_attribute_val_t value = MATTR_VAL_GET;
	struct vm_cache_statistics cache_statistics;
	struct vm_region_facts facts;
	struct vm_statistics statistics;
	vm_address_t addr = BASE, data;
	vm_region_records_t regions;
	mach_msg_type_number_t count;

	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, TRUE), code);
	CHECK_KR(vm_allocate(task, &addr, PAGE_SIZE, FALSE), code);
	CHECK_KR(vm_deallocate(task, BASE, PAGE_SIZE), code);
	CHECK_KR(vm_protect(task, BASE, PAGE_SIZE, FALSE, VM_PROT_READ), code);
	CHECK_KR(vm_inherit(task, BASE, PAGE_SIZE, VM_INHERIT_NONE), code);
	CHECK_KR(vm_read(task, BASE, PAGE_SIZE, &data, &count), code);
	CHECK_KR(vm_write(task, BASE, BASE, PAGE_SIZE), code);
	CHECK_KR(vm_copy(task, BASE, PAGE_SIZE, BASE), code);
	CHECK_KR(vm_map(task, &addr, PAGE_SIZE, 0, TRUE, MACH_PORT_NULL, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY), code);
	CHECK_KR(vm_region_of(task, BASE, &facts), code);
	CHECK_KR(vm_regions(task, BASE, PAGE_SIZE, &regions, &count), code);
	CHECK_KR(vm_statistics(task, &statistics), code);
	CHECK_KR(vm_cache_statistics(task, &cache_statistics), code);
	CHECK_KR(vm_msync(task, BASE, PAGE_SIZE, VM_SYNC_SYNCHRONOUS), code);
	CHECK_KR(vm_machine_attribute(task, BASE, PAGE_SIZE, MATTR_CACHE,
	    &value), code);
}

TEST(vm_calls_want_a_task)
{
	allocate_base(1);
	expect_all(mach_thread_self(), KERN_INVALID_ARGUMENT);
	expect_all(TEST_HOST_PORT, KERN_INVALID_ARGUMENT);
	expect_all(mach_host_self(), KERN_INVALID_ARGUMENT);
	expect_base(1, VM_PROT_DEFAULT);
}

TEST(vm_calls_cannot_reach_a_dead_or_missing_task)
{
	mach_port_t dead;

	allocate_base(1);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &dead),
	    KERN_SUCCESS);
	expect_all(MACH_PORT_NULL, MACH_SEND_INVALID_DEST);
	expect_all(MACH_PORT_DEAD, MACH_SEND_INVALID_DEST);
	expect_all(UNUSED, MACH_SEND_INVALID_DEST);
	expect_all(dead, MACH_SEND_INVALID_DEST);
	expect_all(ended_task(), MACH_SEND_INVALID_DEST);
	expect_base(1, VM_PROT_DEFAULT);
}

/* Other tasks */

TEST(vm_calls_work_on_another_task)
{
	task_t task = empty_task();
	vm_address_t src = test_allocate(4 * PAGE_SIZE), data, addr = BASE;
	mach_msg_type_number_t count;

	vm_fill(src, 4, 500);
	CHECK_KR(vm_allocate(task, &addr, 8 * PAGE_SIZE, FALSE), KERN_SUCCESS);
	expect_hole(self, BASE);
	CHECK_KR(vm_write(task, BASE, src, 4 * PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_copy(task, BASE, 4 * PAGE_SIZE, BASE + 4 * PAGE_SIZE),
	    KERN_SUCCESS);
	vm_fill(src, 4, 900);
	CHECK_KR(vm_read(task, BASE + 4 * PAGE_SIZE, 4 * PAGE_SIZE, &data,
	    &count), KERN_SUCCESS);
	CHECK_EQ(count, 4 * PAGE_SIZE);
	vm_expect(data, 4, 500);
	CHECK_KR(vm_protect(task, BASE, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(vm_read(task, BASE, PAGE_SIZE, &data, &count),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_inherit(task, BASE, PAGE_SIZE, VM_INHERIT_NONE),
	    KERN_SUCCESS);
	expect_region(task, BASE, PAGE_SIZE, VM_PROT_NONE, VM_PROT_ALL,
	    VM_INHERIT_NONE);
	CHECK_KR(vm_deallocate(task, BASE, 4 * PAGE_SIZE), KERN_SUCCESS);
	expect_hole(task, BASE);
	CHECK_KR(vm_read(task, BASE + 5 * PAGE_SIZE, PAGE_SIZE, &data,
	    &count), KERN_SUCCESS);
	CHECK_EQ(vm_word(data), 501);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	CHECK_EQ(vm_word(data), 501);
}

/* Traps */

TEST(vm_traps_work_on_the_own_task)
{
	vm_address_t addr = BASE + 1;

	CHECK_KR(syscall_vm_allocate(self, &addr, PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	CHECK_EQ(addr, BASE);
	vm_set_word(BASE, 8);
	CHECK_KR(syscall_vm_allocate(self, &addr, PAGE_SIZE, FALSE),
	    KERN_NO_SPACE);
	CHECK_KR(syscall_vm_deallocate(self, BASE, PAGE_SIZE), KERN_SUCCESS);
	expect_hole(self, BASE);
	CHECK_KR(syscall_vm_map(self, &addr, PAGE_SIZE, 0xffff, FALSE,
	    MACH_PORT_NULL, 0, FALSE, VM_PROT_READ, VM_PROT_DEFAULT,
	    VM_INHERIT_NONE), KERN_SUCCESS);
	expect_region(self, BASE, PAGE_SIZE, VM_PROT_READ, VM_PROT_DEFAULT,
	    VM_INHERIT_NONE);
	CHECK_KR(syscall_vm_deallocate(self, BASE, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(syscall_vm_allocate(self, &addr, PAGE_SIZE, TRUE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(addr), 0);
	addr = 7;
	CHECK_KR(syscall_vm_allocate(self, &addr, 0, TRUE), KERN_SUCCESS);
	CHECK_EQ(addr, 0);
}

TEST(vm_traps_refuse_bad_arguments)
{
	vm_address_t addr = BASE;

	CHECK_KR(syscall_vm_allocate(self, &addr, (vm_size_t)-1, TRUE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(syscall_vm_allocate(self, &addr, -PAGE_SIZE, TRUE),
	    KERN_NO_SPACE);
	CHECK_KR(syscall_vm_allocate(self, &addr, -PAGE_SIZE, FALSE),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(syscall_vm_deallocate(self, BASE, (vm_size_t)-1),
	    KERN_SUCCESS);
	CHECK_KR(syscall_vm_deallocate(self, KERNEL, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(syscall_vm_map(self, &addr, 0, 0, TRUE, MACH_PORT_NULL, 0,
	    FALSE, VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(syscall_vm_map(self, &addr, PAGE_SIZE, 0, TRUE,
	    MACH_PORT_NULL, 0, FALSE, VM_PROT_READ, VM_PROT_ALL, 9),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(syscall_vm_map(self, &addr, PAGE_SIZE, 0, TRUE, self, 0,
	    FALSE, VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_INVALID_ARGUMENT);
	expect_hole(self, BASE);
}

/* A name that is no local task's: the library then sends a message. */
TEST(vm_traps_hand_other_ports_back)
{
	mach_port_t dead, ports[7] = { MACH_PORT_NULL, MACH_PORT_DEAD, UNUSED,
	    mach_thread_self(), test_port(), ended_task() };
	vm_address_t addr = BASE;

	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &dead),
	    KERN_SUCCESS);
	ports[6] = dead;
	for (unsigned i = 0; i < 7; i++) {
		CHECK_KR(syscall_vm_allocate(ports[i], &addr, PAGE_SIZE,
		    FALSE), MACH_SEND_INTERRUPTED);
		CHECK_KR(syscall_vm_deallocate(ports[i], BASE, PAGE_SIZE),
		    MACH_SEND_INTERRUPTED);
		CHECK_KR(syscall_vm_map(ports[i], &addr, PAGE_SIZE, 0, FALSE,
		    MACH_PORT_NULL, 0, FALSE, VM_PROT_READ, VM_PROT_ALL,
		    VM_INHERIT_COPY), MACH_SEND_INTERRUPTED);
	}
	expect_hole(self, BASE);
}

TEST(vm_traps_work_on_another_task)
{
	task_t task = empty_task();
	vm_address_t addr = BASE;

	CHECK_KR(syscall_vm_allocate(task, &addr, PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	expect_hole(self, BASE);
	expect_region(task, BASE, PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_DEFAULT);
	CHECK_KR(syscall_vm_deallocate(task, BASE, PAGE_SIZE), KERN_SUCCESS);
	expect_hole(task, BASE);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* A pointer that the kernel cannot use: a code or an exception, no harm. */
TEST(vm_traps_survive_bad_pointers)
{
	static vm_address_t *const pointers[] = { (vm_address_t *)4,
	    (vm_address_t *)0xc0000000, (vm_address_t *)0xc0100000,
	    (vm_address_t *)0xbffffffe, (vm_address_t *)0xfffffffc,
	    (vm_address_t *)0xffffffff };
	struct vm_region_facts facts;

	allocate_base(1);
	CHECK_KR(vm_protect(self, BASE, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 6; i++) {
		(void)syscall_vm_allocate(self, pointers[i], PAGE_SIZE, TRUE);
		(void)syscall_vm_allocate(self, pointers[i], PAGE_SIZE, FALSE);
		(void)syscall_vm_map(self, pointers[i], PAGE_SIZE, 0, TRUE,
		    MACH_PORT_NULL, 0, FALSE, VM_PROT_READ, VM_PROT_ALL,
		    VM_INHERIT_COPY);
	}
	(void)syscall_vm_allocate(self, (vm_address_t *)BASE, PAGE_SIZE, TRUE);
	CHECK_EQ(vm_word(BASE), 0);
	CHECK_KR(vm_region_of(self, 0, &facts), KERN_SUCCESS);
}
