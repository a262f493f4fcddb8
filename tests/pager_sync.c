/*
 * tests/pager_sync.c - memory brought in step with its pager by a client:
 * vm_msync by address, vm_object_sync by the object's name.
 */
#include <mach/duality.h>
#include <mach/gnumach.h>
#include <mach/task_limits.h>
#include <mach/vm_sync.h>

#include "pager_support.h"

#define PAGES		4u
#define ASYNC		VM_SYNC_ASYNCHRONOUS
#define SYNC		VM_SYNC_SYNCHRONOUS
#define INVALIDATE	VM_SYNC_INVALIDATE

/* Pages of the object at BASE: one changed, one not, one precious, one absent. */
static void
sync_begin(struct object *object, struct vm_agent *client)
{
	vm_agent_start(client, self);
	make_object(object, client, BASE, PAGES);
	page_in(object, client, BASE, 0, 10);
	vm_agent_write(client, BASE, 20);
	page_in(object, client, BASE + PAGE_SIZE, PAGE_SIZE, 11);
	begin_read(client, BASE + 2 * PAGE_SIZE);
	expect_request(object, 2 * PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(memory_object_data_supply(object->control, 2 * PAGE_SIZE,
	    data(1, 12), PAGE_SIZE, TRUE, VM_PROT_NONE, TRUE, MACH_PORT_NULL),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(client), 12);
}

static void
sync_end(struct object *object, struct vm_agent *client)
{
	expect_nothing(object->port);
	CHECK_KR(mach_port_destroy(self, object->port), KERN_SUCCESS);
	vm_agent_end(client);
}

static kern_return_t
sync(struct vm_agent *client, unsigned pages, vm_sync_t flags)
{
	return vm_msync(client->task, BASE, pages * PAGE_SIZE, flags);
}

/* What was changed and what is precious comes; once, and it stays. */
static void
check_returned(struct object *object, struct vm_agent *client, vm_sync_t flags)
{
	CHECK_KR(sync(client, PAGES, flags), KERN_SUCCESS);
	expect_return(object, 0, 20, true, true);
	expect_return(object, 2 * PAGE_SIZE, 12, false, true);
	CHECK_KR(sync(client, PAGES, flags), KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(vm_agent_read(client, BASE + i * PAGE_SIZE),
		    i == 0 ? 20 : 10 + i);
	expect_nothing(object->port);
	vm_agent_write(client, BASE, 30);
	CHECK_KR(sync(client, PAGES, flags), KERN_SUCCESS);
	expect_return(object, 0, 30, true, true);
}

TEST(pager_sync_returns_what_was_changed)
{
	static const vm_sync_t flags[] = { ASYNC, SYNC };
	struct vm_agent client;
	struct object object;

	for (unsigned i = 0; i < 2; i++) {
		sync_begin(&object, &client);
		check_returned(&object, &client, flags[i]);
		sync_end(&object, &client);
	}
}

/* Nothing is lost, and nothing stays. */
TEST(pager_sync_invalidates)
{
	static const vm_sync_t flags[] = { INVALIDATE, INVALIDATE | ASYNC,
	    INVALIDATE | SYNC };
	struct vm_agent client;
	struct object object;

	for (unsigned i = 0; i < 3; i++) {
		sync_begin(&object, &client);
		CHECK_KR(sync(&client, PAGES, flags[i]), KERN_SUCCESS);
		expect_return(&object, 0, 20, true, false);
		expect_return(&object, 2 * PAGE_SIZE, 12, false, false);
		for (unsigned p = 0; p < 3; p++)
			page_in(&object, &client, BASE + p * PAGE_SIZE,
			    p * PAGE_SIZE, 50 + p);
		sync_end(&object, &client);
	}
}

TEST(pager_sync_of_a_part_leaves_the_rest)
{
	struct vm_agent client;
	struct object object;

	sync_begin(&object, &client);
	/* bytes within a page are the whole page */
	CHECK_KR(vm_msync(client.task, BASE + 2 * PAGE_SIZE + 5, 1, SYNC),
	    KERN_SUCCESS);
	expect_return(&object, 2 * PAGE_SIZE, 12, false, true);
	CHECK_KR(sync(&client, PAGES, 0), KERN_SUCCESS);
	CHECK_KR(sync(&client, 0, SYNC), KERN_SUCCESS);
	expect_nothing(object.port);
	/* what comes before a hole is in step */
	unmap(&client, BASE + PAGE_SIZE, 1);
	CHECK_KR(sync(&client, PAGES, SYNC), KERN_INVALID_ADDRESS);
	expect_return(&object, 0, 20, true, true);
	sync_end(&object, &client);
}

TEST(pager_sync_leaves_private_memory_alone)
{
	struct vm_agent client;
	struct object object;
	vm_address_t copy = BASE + PAGES * PAGE_SIZE;
	vm_address_t own = copy + PAGES * PAGE_SIZE;

	sync_begin(&object, &client);
	CHECK_KR(vm_map(client.task, &copy, PAGES * PAGE_SIZE, 0, FALSE,
	    object.port, 0, TRUE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY), KERN_SUCCESS);
	CHECK_KR(vm_allocate(client.task, &own, PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	vm_agent_write(&client, copy, 70);
	vm_agent_write(&client, own, 71);
	CHECK_KR(vm_msync(client.task, copy, (PAGES + 1) * PAGE_SIZE,
	    SYNC | INVALIDATE), KERN_SUCCESS);
	expect_nothing(object.port);
	CHECK_EQ(vm_agent_read(&client, copy), 70);
	CHECK_EQ(vm_agent_read(&client, own), 71);
	CHECK_EQ(vm_agent_read(&client, BASE), 20);
	/* two objects, and memory between them, at once */
	CHECK_KR(vm_msync(client.task, BASE, (2 * PAGES + 1) * PAGE_SIZE,
	    SYNC), KERN_SUCCESS);
	expect_return(&object, 0, 20, true, true);
	expect_return(&object, 2 * PAGE_SIZE, 12, false, true);
	sync_end(&object, &client);
}

TEST(pager_sync_that_makes_no_sense_is_refused)
{
	struct vm_agent client;
	struct object object;

	sync_begin(&object, &client);
	CHECK_KR(sync(&client, PAGES, SYNC | ASYNC), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_msync(client.task, 0xfffff000, 0x2000, SYNC),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_msync(client.task, BASE + 0x1000000, PAGE_SIZE, SYNC),
	    KERN_INVALID_ADDRESS);
	/* a pager that is gone has nothing to be told */
	expect_nothing(object.port);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_KR(sync(&client, PAGES, SYNC | INVALIDATE), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, BASE), 20);
	vm_agent_end(&client);
}

/* A task that may send no more messages is told so, and loses nothing. */
TEST(pager_sync_beyond_the_limit_of_messages_is_refused)
{
	struct task_limits limits, before;
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;
	struct vm_agent client;
	struct object object;

	sync_begin(&object, &client);
	CHECK_KR(task_get_limits(self, TASK_LIMITS, (natural_t *)&before,
	    &count), KERN_SUCCESS);
	limits = before;
	limits.messages = 0;
	CHECK_KR(task_set_limits(self, MACH_PORT_NULL, (natural_t *)&limits,
	    count), KERN_SUCCESS);
	CHECK_KR(sync(&client, PAGES, SYNC | INVALIDATE),
	    KERN_RESOURCE_SHORTAGE);
	CHECK_KR(task_set_limits(self, TEST_HOST_PORT, (natural_t *)&before,
	    count), KERN_SUCCESS);
	expect_nothing(object.port);
	CHECK_EQ(vm_agent_read(&client, BASE), 20);
	CHECK_KR(sync(&client, PAGES, SYNC), KERN_SUCCESS);
	expect_return(&object, 0, 20, true, true);
	expect_return(&object, 2 * PAGE_SIZE, 12, false, true);
	sync_end(&object, &client);
}

/* The same by the name, which each client has; it loses nothing either. */
TEST(pager_sync_by_name)
{
	struct vm_region_facts facts;
	struct vm_agent client;
	struct object object;
	mach_port_t name;

	sync_begin(&object, &client);
	CHECK_KR(vm_region_of(client.task, BASE, &facts), KERN_SUCCESS);
	name = facts.object_name;
	CHECK_KR(vm_object_sync(name, 0, PAGES * PAGE_SIZE, FALSE, FALSE,
	    TRUE), KERN_SUCCESS);
	expect_nothing(object.port);
	CHECK_KR(vm_object_sync(name, 1, 1, FALSE, TRUE, TRUE), KERN_SUCCESS);
	expect_return(&object, 0, 20, true, true);
	vm_agent_write(&client, BASE, 21);
	CHECK_KR(vm_object_sync(name, 0, PAGES * PAGE_SIZE, TRUE, FALSE,
	    FALSE), KERN_SUCCESS);
	expect_return(&object, 0, 21, true, false);
	expect_return(&object, 2 * PAGE_SIZE, 12, false, false);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 51);
	/* ranges that wrap, or lie beyond the object */
	CHECK_KR(vm_object_sync(name, 0xfffff000, 0x2000, TRUE, TRUE, FALSE),
	    KERN_SUCCESS);
	CHECK_KR(vm_object_sync(name, 0x1000000, PAGE_SIZE, TRUE, TRUE, FALSE),
	    KERN_SUCCESS);
	CHECK_KR(vm_object_sync(object.control, 0, PAGE_SIZE, TRUE, TRUE,
	    FALSE), KERN_INVALID_ARGUMENT);
	sync_end(&object, &client);
}
