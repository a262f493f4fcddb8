/*
 * tests/pager_death.c - word to a task that the pager of memory of its own has
 * gone (paper, section 6.2.1).
 */
#include <mach/duality.h>
#include <mach/exception.h>
#include <mach/fault_policy.h>
#include <mach/mach4.h>

#include "pager_support.h"

#define REQUESTS_MAX	64u	/* of one task about one object */

static kern_return_t
ask(struct vm_agent *agent, vm_address_t addr, unsigned pages,
    mach_port_t notify)
{
	return vm_request_pager_death(agent->task, addr, pages * PAGE_SIZE,
	    notify);
}

static void
expect_death(mach_port_t notify, vm_address_t addr, unsigned pages)
{
	pager_death_message_t msg;

	CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, PAGER_DEATH_MSG_ID);
	CHECK_EQ(msg.head.msgh_size, sizeof(msg));
	CHECK_EQ(msg.address, addr);
	CHECK_EQ(msg.size, pages * PAGE_SIZE);
}

TEST(pager_death_is_told_to_who_asked)
{
	struct vm_agent a, b;
	struct object object;
	mach_port_t notify = test_port(), other = test_port();

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE + 0x100000, &object, 0, 4),
	    KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE, 4, notify), KERN_SUCCESS);
	CHECK_KR(ask(&b, BASE + 0x101000, 2, other), KERN_SUCCESS);
	page_in(&object, &a, BASE, 0, 10);
	begin_read(&a, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	expect_death(notify, BASE, 4);
	expect_death(other, BASE + 0x101000, 2);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE + PAGE_SIZE);
	CHECK_EQ(vm_agent_read(&a, BASE), 10);
	/* once; who asks now is told now */
	expect_nothing(notify);
	CHECK_KR(ask(&b, BASE + 0x100000, 4, notify), KERN_SUCCESS);
	expect_death(notify, BASE + 0x100000, 4);
	vm_agent_end(&a);
	vm_agent_end(&b);
}

/* Each region is named by itself, where it is and how far it was asked for. */
TEST(pager_death_names_each_region)
{
	struct vm_agent a;
	struct object object;
	mach_port_t notify = test_port();
	vm_address_t copy = BASE + 16 * PAGE_SIZE;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(a.task, BASE + 8 * PAGE_SIZE, &object, 0, 4),
	    KERN_SUCCESS);
	CHECK_KR(vm_map(a.task, &copy, 2 * PAGE_SIZE, 0, FALSE, object.port, 0,
	    TRUE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_SUCCESS);
	/* from the second page of the first to the middle of the copy */
	CHECK_KR(vm_request_pager_death(a.task, BASE + PAGE_SIZE + 5,
	    copy - BASE - PAGE_SIZE, notify), KERN_SUCCESS);
	CHECK_KR(memory_object_destroy(object.control, KERN_FAILURE),
	    KERN_SUCCESS);
	expect_death(notify, BASE + PAGE_SIZE, 3);
	expect_death(notify, BASE + 8 * PAGE_SIZE, 4);
	expect_death(notify, copy, 1);
	expect_nothing(notify);
	CHECK_KR(ask(&a, BASE + 9 * PAGE_SIZE, 1, notify), KERN_SUCCESS);
	expect_death(notify, BASE + 9 * PAGE_SIZE, 1);
	vm_agent_end(&a);
}

static bool
has_senders(mach_port_t port)
{
	mach_port_status_t status;

	CHECK_KR(mach_port_get_receive_status(self, port, &status),
	    KERN_SUCCESS);
	return status.mps_srights;
}

/* An object that ends in peace takes its requests with it. */
TEST(pager_that_lives_is_not_told_of)
{
	struct vm_agent a;
	struct object object;
	mach_port_t notify = test_port();

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(ask(&a, BASE, 4, notify), KERN_SUCCESS);
	release(notify);
	CHECK(has_senders(notify));
	unmap(&a, BASE, 4);
	expect_terminate(&object);
	expect_nothing(notify);
	CHECK(!has_senders(notify));
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	expect_init(&object);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	expect_nothing(notify);
	vm_agent_end(&a);
}

TEST(pager_death_asked_for_again_is_told_once)
{
	struct vm_agent a;
	struct object object;
	mach_port_t notify = test_port(), dead;
	unsigned i;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 2 * REQUESTS_MAX);
	for (i = 0; i < 3 * REQUESTS_MAX; i++)
		CHECK_KR(ask(&a, BASE, 1 + i % 2, notify), KERN_SUCCESS);
	/* no more than so many; those of dead ports do not count */
	dead = test_port();
	for (i = 1; i < REQUESTS_MAX; i++)
		CHECK_KR(ask(&a, BASE + i * PAGE_SIZE, 1, dead),
		    KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE + i * PAGE_SIZE, 1, notify),
	    KERN_RESOURCE_SHORTAGE);
	CHECK_KR(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE + i * PAGE_SIZE, 1, notify), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	expect_death(notify, BASE, 2);
	expect_death(notify, BASE + i * PAGE_SIZE, 1);
	expect_nothing(notify);
	vm_agent_end(&a);
}

TEST(pager_death_of_what_is_no_pagers_is_refused)
{
	struct vm_agent a;
	struct object object;
	mach_port_t notify = test_port(), dead = test_port();
	vm_address_t anonymous = BASE + 16 * PAGE_SIZE;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(vm_allocate(a.task, &anonymous, PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	vm_agent_write(&a, anonymous, 1);
	CHECK_KR(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE, 4, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
	CHECK_KR(ask(&a, BASE, 4, MACH_PORT_DEAD), KERN_INVALID_ARGUMENT);
	CHECK(ask(&a, BASE, 4, dead) != KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE, 0, notify), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_request_pager_death(a.task, BASE, -BASE + 1, notify),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_request_pager_death(mach_host_self(), BASE, PAGE_SIZE,
	    notify), KERN_INVALID_ARGUMENT);
	CHECK_KR(ask(&a, BASE + 4 * PAGE_SIZE, 4, notify),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(ask(&a, anonymous, 1, notify), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_request_pager_death(a.task, 0xfffff000, 0x1000, notify),
	    KERN_INVALID_ADDRESS);
	/* a pager's somewhere in it will do */
	CHECK_KR(vm_request_pager_death(a.task, 0, 0xffffffff, notify),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	expect_death(notify, BASE, 4);
	expect_nothing(notify);
	vm_agent_end(&a);
}

/* A proxy of the memory would keep what keeps it, and nobody could end that. */
TEST(pager_death_is_not_told_to_a_proxy)
{
	struct vm_agent a;
	struct object object;
	mach_port_t proxy;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(vm_region_create_proxy(a.task, BASE, VM_PROT_ALL, PAGE_SIZE,
	    &proxy), KERN_SUCCESS);
	CHECK_KR(ask(&a, BASE, 4, proxy), KERN_INVALID_ARGUMENT);
	release(proxy);
	vm_agent_end(&a);
	expect_terminate(&object);
}

static void
death_round(void)
{
	struct vm_agent a;
	struct object object;
	mach_port_t notify = test_port();

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 64);
	for (unsigned i = 0; i < REQUESTS_MAX; i++)
		CHECK_KR(ask(&a, BASE + i * PAGE_SIZE, 1, notify),
		    KERN_SUCCESS);
	vm_agent_end(&a);
	expect_terminate(&object);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, notify), KERN_SUCCESS);
}

TEST(pager_death_requests_leave_no_memory_behind)
{
	vm_check_no_leak(death_round, 20, 16);
}
