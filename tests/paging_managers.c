/*
 * tests/paging_managers.c - another default pager takes the place of the first
 * while that is in use: a task of the test, which keeps pages by hand.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/gnumach.h>
#include <mach/mach_thread.h>
#include <mach/vm_wire.h>

#include "paging_support.h"
#include "pager_support.h"

#define CREATE		2250
#define INITIALIZE	2251
#define KEPT_MAX	8192u	/* pages */
#define ROUND		1u
#define STACKS_SIZE	0x1000000u	/* no other region is so large */

/* A page as the manager keeps it: all of it, unless it has but two words. */
struct kept {
	mach_port_t  port;	/* null: free */
	vm_offset_t  offset;
	vm_address_t whole;	/* 0: the rest is zeros */
	uint32_t     first, last;
};

static struct kept kept[KEPT_MAX];
static mach_port_t manager_port;
/* Shared: pages that it got, and gave back; it is ready; it has its port. */
static volatile uint32_t *manager_counts;

static struct kept *
kept_find(mach_port_t port, vm_offset_t offset)
{
	unsigned i = (port * 7 + offset / PAGE_SIZE) % KEPT_MAX;
	unsigned n;

	for (n = 0; n < KEPT_MAX; n++, i = (i + 1) % KEPT_MAX)
		if (kept[i].port == MACH_PORT_NULL ||
		    (kept[i].port == port && kept[i].offset == offset))
			return &kept[i];
	test_fail(__FILE__, __LINE__, "more than %u pages", KEPT_MAX);
}

static bool
is_sparse(vm_address_t page)
{
	for (unsigned at = 4; at < PAGE_SIZE - 4; at += 4)
		if (vm_word(page + at) != 0)
			return false;
	return true;
}

static void
keep(mach_port_t port, vm_offset_t offset, vm_address_t page)
{
	struct kept *k = kept_find(port, offset);

	if (k->whole != 0)
		vm_deallocate_check(k->whole, PAGE_SIZE);
	*k = (struct kept){ .port = port, .offset = offset, .whole = page };
	if (!is_sparse(page))
		return;
	k->first = vm_word(page);
	k->last = vm_word(page + PAGE_SIZE - 4);
	k->whole = 0;
	vm_deallocate_check(page, PAGE_SIZE);
}

static void
keep_all(struct request *request)
{
	vm_size_t size = RETURN_SIZE(request);

	for (vm_size_t at = 0; at < size; at += PAGE_SIZE)
		keep(request->head.msgh_local_port, FIELD(request, 1) + at,
		    RETURN_DATA(request) + at);
	manager_counts[0] += size / PAGE_SIZE;
}

static void
give_page(struct request *request, vm_offset_t offset)
{
	struct kept *k = kept_find(request->head.msgh_local_port, offset);
	vm_address_t page = k->whole;

	if (k->port == MACH_PORT_NULL) {
		CHECK_KR(memory_object_data_unavailable(FIELD(request, 0),
		    offset, PAGE_SIZE), KERN_SUCCESS);
		return;
	}
	if (page == 0) {
		page = test_allocate(PAGE_SIZE);
		vm_set_word(page, k->first);
		vm_set_word(page + PAGE_SIZE - 4, k->last);
	}
	CHECK_KR(memory_object_data_supply(FIELD(request, 0), offset, page,
	    PAGE_SIZE, k->whole == 0, VM_PROT_NONE, FALSE, MACH_PORT_NULL),
	    KERN_SUCCESS);
	manager_counts[1]++;
}

static void
give(struct request *request)
{
	for (vm_size_t at = 0; at < FIELD(request, 2); at += PAGE_SIZE)
		give_page(request, FIELD(request, 1) + at);
}

/*
 * Wire what this task has, but for the room for stacks of threads that it has
 * not: of that the running thread's.
 */
static uint32_t
wire_memory(uint32_t unused, uint32_t unused_too)
{
	vm_address_t stack = (vm_address_t)__builtin_frame_address(0);
	struct vm_region_facts facts;
	vm_address_t at = 0;

	(void)unused, (void)unused_too;
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, trunc_page(stack) -
	    3 * PAGE_SIZE, 4 * PAGE_SIZE, VM_PROT_DEFAULT), KERN_SUCCESS);
	for (; vm_region_of(self, at, &facts) == KERN_SUCCESS;
	    at = facts.start + facts.size)
		if (facts.size < STACKS_SIZE && facts.prot != VM_PROT_NONE)
			CHECK_KR(vm_wire(TEST_HOST_PORT, self, facts.start,
			    facts.size, facts.prot), KERN_SUCCESS);
	return 0;
}

/* A default pager in a task of its own, which is given its port. */
static void
manage(void *unused)
{
	struct request request;
	mach_port_t set;

	(void)unused;
	while (!manager_counts[3])
		test_sleep(10);
	(void)wire_memory(0, 0);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, self, VM_WIRE_FUTURE),
	    KERN_SUCCESS);
	CHECK_KR(thread_wire(TEST_HOST_PORT, mach_thread_self(), TRUE),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_move_member(self, manager_port, set),
	    KERN_SUCCESS);
	manager_counts[2] = true;	/* it is ready */
	for (;;) {
		CHECK_KR(test_receive(&request.head, sizeof(request), set, 0),
		    MACH_MSG_SUCCESS);
		switch (request.head.msgh_id) {
		case CREATE:
			CHECK_KR(mach_port_move_member(self,
			    FIELD(&request, 0), set), KERN_SUCCESS);
			break;
		case INITIALIZE:
		case DATA_RETURN:
			keep_all(&request);
			release(FIELD(&request, 0));
			break;
		case DATA_REQUEST:
			give(&request);
			release(FIELD(&request, 0));
			break;
		}
	}
}

/*
 * Make this port the default pager's; a right to the one before.  The call of
 * mach.defs is for who receives on the port: by hand a send right will do.
 */
static mach_port_t
set_manager(mach_port_t port)
{
	struct {
		mach_msg_header_t head;
		uint32_t	  word[6];
	} msg = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS_COMPLEX |
			    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    MACH_MSG_TYPE_MAKE_SEND_ONCE),
			.msgh_size = sizeof(msg.head) + 8,
			.msgh_remote_port = TEST_HOST_PORT,
			.msgh_local_port = mach_reply_port(),
			.msgh_id = 2041,
		},
	};
	mach_msg_type_t type = {
		.msgt_name = MACH_MSG_TYPE_COPY_SEND, .msgt_size = 32,
		.msgt_number = 1, .msgt_inline = TRUE,
	};

	memcpy(&msg.word[0], &type, sizeof(type));
	msg.word[1] = port;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    msg.head.msgh_size, sizeof(msg), msg.head.msgh_local_port, 0,
	    MACH_PORT_NULL), MACH_MSG_SUCCESS);
	CHECK_EQ(msg.word[1], KERN_SUCCESS);
	return msg.word[3];
}

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

	manager_port = port;
	manager_counts = (uint32_t *)test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(self, (vm_address_t)manager_counts, PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	manager = test_spawn(manage, NULL, MACH_PORT_NULL);
	CHECK_KR(mach_port_insert_right(manager, port, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	manager_counts[3] = true;
	while (!manager_counts[2])
		test_sleep(10);

	first = allocate_at(BASE, many);
	write_all(first, many);
	old = set_manager(port);
	CHECK(MACH_PORT_VALID(old) && old != port);
	CHECK_EQ(manager_counts[0], 0);
	second = allocate_at(BASE + 0x10000000, some);
	write_all(second, some);
	/* what the first has is still its own, and comes back from there */
	check_all(first, many);
	check_all(second, some);
	CHECK(manager_counts[0] > 0);
	CHECK_EQ(set_manager(old), port);
	/* and the other way round */
	third = allocate_at(BASE + 0x20000000, some);
	write_all(third, some);
	check_all(first, many);
	check_all(second, some);
	check_all(third, some);
	test_note("%u pages to the second, %u back from there",
	    (unsigned)manager_counts[0], (unsigned)manager_counts[1]);
	CHECK(manager_counts[1] > 0);
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
	mach_port_t dead = test_port(), old = set_manager(dead);
	struct vm_outcome outcome;
	struct vm_agent large;
	vm_address_t base = BASE;

	CHECK(MACH_PORT_VALID(old));
	CHECK_KR(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	vm_agent_start(&large, self);
	/* its code is not to be wanted when there is no memory to be had */
	CHECK_VALUE(vm_agent_try(&large, wire_memory, 0, 0), 0);
	CHECK_KR(vm_allocate(large.task, &base, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	outcome = vm_agent_try(&large, fill, BASE, pages);
	CHECK(outcome.raised);
	CHECK_EQ(outcome.code, KERN_RESOURCE_SHORTAGE);
	(void)set_manager(old);
	CHECK_VALUE(vm_agent_try(&large, fill, BASE, pages), 0);
	CHECK_VALUE(vm_agent_try(&large, check, BASE, pages), 0);
	vm_agent_end(&large);
}
