/*
 * tests/pager_policy.c - faults that wait for a pager no longer than their task
 * says (paper, section 6.2.1).
 */
#include <mach/duality.h>
#include <mach/exception.h>
#include <mach/fault_policy.h>

#include "pager_support.h"

#define TIMEOUT_MS	100u

static kern_return_t
set_policy(struct vm_agent *agent, vm_address_t addr, unsigned pages,
    int policy, mach_port_t notify)
{
	return vm_set_fault_policy(agent->task, addr, pages * PAGE_SIZE,
	    policy, TIMEOUT_MS, notify);
}

TEST(pager_policy_ends_a_fault_with_an_exception)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	CHECK_KR(set_policy(&client, BASE + PAGE_SIZE, 2,
	    FAULT_POLICY_EXCEPTION, MACH_PORT_NULL), KERN_SUCCESS);
	begin_read(&client, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_RAISED(vm_agent_finish(&client), KERN_TIMEDOUT,
	    BASE + PAGE_SIZE);
	/* so does a thread that comes later, and asks no more */
	CHECK_RAISED(vm_agent_try(&client, vm_fn_write, BASE + PAGE_SIZE, 1),
	    KERN_TIMEDOUT, BASE + PAGE_SIZE);
	expect_nothing(object.port);
	/* late is not too late */
	supply(&object, PAGE_SIZE, 1, 77);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 77);
	/* outside of the range it waits */
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	test_sleep(3 * TIMEOUT_MS);
	supply(&object, 0, 1, 7);
	CHECK_VALUE(vm_agent_finish(&client), 7);
	/* and again where the policy is taken back */
	CHECK_KR(set_policy(&client, BASE, 4, FAULT_POLICY_WAIT,
	    MACH_PORT_NULL), KERN_SUCCESS);
	begin_read(&client, BASE + 2 * PAGE_SIZE);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ);
	test_sleep(3 * TIMEOUT_MS);
	supply(&object, 2 * PAGE_SIZE, 1, 9);
	CHECK_VALUE(vm_agent_finish(&client), 9);
	unmap(&client, BASE, 4);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_policy_tells_a_port_and_waits_on)
{
	struct vm_agent client;
	struct object object;
	mach_port_t notify = test_port();
	fault_policy_message_t msg;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	CHECK_KR(set_policy(&client, BASE, 4, FAULT_POLICY_MESSAGE, notify),
	    KERN_SUCCESS);
	begin_write(&client, BASE + PAGE_SIZE, 5);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, FAULT_POLICY_MSG_ID);
	CHECK_EQ(msg.head.msgh_size, sizeof(msg));
	CHECK_EQ(msg.address, BASE + PAGE_SIZE);
	CHECK_EQ(msg.access, VM_PROT_READ | VM_PROT_WRITE);
	expect_nothing(notify);		/* once for each fault */
	supply(&object, PAGE_SIZE, 1, 4);
	CHECK_VALUE(vm_agent_finish(&client), 5);
	/* another thread mends: other memory at the place */
	begin_read(&client, BASE + 2 * PAGE_SIZE);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.address, BASE + 2 * PAGE_SIZE);
	unmap(&client, BASE + 2 * PAGE_SIZE, 1);
	CHECK_KR(vm_allocate(client.task,
	    &(vm_address_t){ BASE + 2 * PAGE_SIZE }, PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 0);
	vm_agent_end(&client);
	expect_return(&object, PAGE_SIZE, 5, true, false);
	expect_terminate(&object);
	CHECK_KR(mach_port_destroy(self, notify), KERN_SUCCESS);
}

TEST(pager_policy_makes_zeros)
{
	struct vm_agent client, other;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	vm_agent_start(&other, client.task);
	CHECK_KR(set_policy(&client, BASE, 4, FAULT_POLICY_ZERO,
	    MACH_PORT_NULL), KERN_SUCCESS);
	begin_read(&client, BASE + PAGE_SIZE);
	begin_read(&other, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_VALUE(vm_agent_finish(&client), 0);
	vm_agent_write(&client, BASE + PAGE_SIZE, 12);
	supply(&object, PAGE_SIZE, 1, 34);
	CHECK_VALUE(vm_agent_finish(&other), 34);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 12);
	/* its other pages are still the object's */
	page_in(&object, &client, BASE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 56);
	vm_agent_end(&other);
	unmap(&client, BASE, 4);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/* Memory that was received, or mapped as a copy, has a policy of its own. */
TEST(pager_policy_for_memory_received)
{
	struct vm_agent client;
	struct object object;
	vm_address_t to = BASE + 64 * PAGE_SIZE;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	CHECK_KR(vm_map(client.task, &to, 2 * PAGE_SIZE, 0, FALSE,
	    object.port, 0, TRUE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY), KERN_SUCCESS);
	CHECK_KR(set_policy(&client, 0, 0, FAULT_POLICY_EXCEPTION,
	    MACH_PORT_NULL), KERN_SUCCESS);
	begin_read(&client, to);
	expect_request(&object, 0, VM_PROT_READ);
	CHECK_RAISED(vm_agent_finish(&client), KERN_TIMEDOUT, to);
	/* a policy for the place counts more */
	CHECK_KR(set_policy(&client, to, 1, FAULT_POLICY_ZERO,
	    MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, to), 0);
	/* what was mapped is trusted */
	begin_read(&client, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	test_sleep(3 * TIMEOUT_MS);
	supply(&object, PAGE_SIZE, 1, 3);
	CHECK_VALUE(vm_agent_finish(&client), 3);
	unmap(&client, to, 2);
	unmap(&client, BASE, 4);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_policies_that_make_no_sense_are_refused)
{
	struct vm_agent client;
	unsigned i;

	vm_agent_start(&client, self);
	CHECK_KR(set_policy(&client, BASE, 1, -1, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(set_policy(&client, BASE, 1, 4, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(set_policy(&client, BASE, 1, FAULT_POLICY_MESSAGE,
	    MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_set_fault_policy(client.task, 0xfffff000, 0x2000,
	    FAULT_POLICY_ZERO, 1, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_set_fault_policy(mach_host_self(), BASE, PAGE_SIZE,
	    FAULT_POLICY_ZERO, 1, MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
	for (i = 0; i < 64; i++)
		CHECK_KR(set_policy(&client, BASE + i * PAGE_SIZE, 1,
		    FAULT_POLICY_ZERO, MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_KR(set_policy(&client, BASE + i * PAGE_SIZE, 1,
	    FAULT_POLICY_ZERO, MACH_PORT_NULL), KERN_RESOURCE_SHORTAGE);
	/* one for all of them takes their places */
	CHECK_KR(set_policy(&client, BASE, 64, FAULT_POLICY_ZERO,
	    MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_KR(set_policy(&client, BASE + i * PAGE_SIZE, 1,
	    FAULT_POLICY_ZERO, MACH_PORT_NULL), KERN_SUCCESS);
	vm_agent_end(&client);
}
