/*
 * tests/paging_managers.c - another default pager takes the place of the first
 * while that is in use: one by hand (paging_manager.c).
 */
#include <mach/exception.h>

#include "paging_manager.h"

#define ROUND		1u

/* An object of its own: next to no other memory. */
static vm_address_t
allocate_at(vm_address_t base, unsigned pages)
{
	CHECK_KR(vm_allocate(self, &base, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	return base;
}

static void
write_all(vm_address_t base, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		paging_write(base, i, ROUND);
}

static void
check_all(vm_address_t base, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		paging_check(base, i, ROUND);
}

/* Of what the manager had when it died: pages lost, all others as they were. */
static unsigned
count_lost(vm_address_t base, unsigned pages)
{
	struct vm_outcome outcome;
	unsigned lost = 0;

	for (unsigned i = 0; i < pages; i++) {
		outcome = vm_try_read(base + i * PAGE_SIZE);
		if (!outcome.raised) {
			paging_check(base, i, ROUND);
			continue;
		}
		CHECK_RAISED(outcome, KERN_MEMORY_ERROR,
		    base + i * PAGE_SIZE);
		lost++;
	}
	return lost;
}

TEST_LIMIT(paging_manager_is_replaced_in_use, 120)
{
	struct default_pager_info before = paging_space();
	mach_port_t port = test_port(), old;
	task_t manager;
	unsigned many = vm_free_count() + 1000, some = 1500, lost;
	vm_address_t first, second, third;

	manager = manager_start(port, NULL);
	first = allocate_at(BASE, many);
	write_all(first, many);
	old = manager_set(port);
	CHECK(MACH_PORT_VALID(old) && old != port);
	CHECK_EQ(manager_words[MANAGER_GOT], 0);
	second = allocate_at(BASE + 0x10000000, some);
	write_all(second, some);
	/* what the first has is still its own, and comes back from there */
	check_all(first, many);
	check_all(second, some);
	CHECK(manager_words[MANAGER_GOT] > 0);
	CHECK_EQ(manager_set(old), port);
	/* and the other way round */
	third = allocate_at(BASE + 0x20000000, some);
	write_all(third, some);
	check_all(first, many);
	check_all(second, some);
	check_all(third, some);
	test_note("%u pages to the second, %u back from there",
	    (unsigned)manager_words[MANAGER_GOT],
	    (unsigned)manager_words[MANAGER_GAVE]);
	CHECK(manager_words[MANAGER_GAVE] > 0);
	/* its death is the end of what only it had */
	check_all(first, many);
	CHECK_KR(task_terminate(manager), KERN_SUCCESS);
	test_wait_end(manager);
	lost = count_lost(second, some);
	test_note("%u pages lost with it", lost);
	CHECK(lost > 0);
	check_all(first, many);
	check_all(third, some);
	vm_deallocate_check(first, many * PAGE_SIZE);
	vm_deallocate_check(second, some * PAGE_SIZE);
	vm_deallocate_check(third, some * PAGE_SIZE);
	paging_check_space(before);
}

static uint32_t
fill(uint32_t base, uint32_t pages)
{
	write_all(base, pages);
	return 0;
}

static uint32_t
check(uint32_t base, uint32_t pages)
{
	check_all(base, pages);
	return 0;
}

/*
 * A default pager that is dead is none: memory goes on without, as far as it
 * goes, and another one can take the place.
 */
TEST_LIMIT(paging_manager_that_is_dead_is_none, 60)
{
	unsigned pages = vm_free_count() + 1000;
	mach_port_t dead = test_port(), old = manager_set(dead);
	struct vm_outcome outcome;
	struct vm_agent large;
	vm_address_t base = BASE;

	CHECK(MACH_PORT_VALID(old));
	CHECK_KR(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	vm_agent_start(&large, self);
	/* its code is not to be wanted when there is no memory to be had */
	CHECK_VALUE(vm_agent_try(&large, manager_wire, 0, 0), 0);
	CHECK_KR(vm_allocate(large.task, &base, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	outcome = vm_agent_try(&large, fill, BASE, pages);
	CHECK(outcome.raised);
	CHECK_EQ(outcome.code, KERN_RESOURCE_SHORTAGE);
	(void)manager_set(old);
	CHECK_VALUE(vm_agent_try(&large, fill, BASE, pages), 0);
	CHECK_VALUE(vm_agent_try(&large, check, BASE, pages), 0);
	vm_agent_end(&large);
}
