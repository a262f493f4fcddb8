/*
 * tests/pager_failures.c - pagers that fail (paper, section 6.1), and a system
 * that goes on.
 *
 * Failures whose tests are elsewhere: no data at all
 * (pager_that_never_answers_*, pager_policy.c), data unasked for and twice
 * (pager_may_supply_*, pager_data_*), death (pager_dies_*, pager_death.c),
 * what was paged out is kept (paging_small.c), data that change after they were
 * received (pager_received.c), garbage (pager_*_do_no_harm, fuzz.c).
 */
#include <mach/exception.h>

#include "pager_support.h"

#define WORD	500u	/* a page's first word is this and its number */

/*
 * A pager with one thread, which serves the object whose port it has been
 * given.  Before it supplies a page it reads the word at touch, if not 0.
 */
static uint32_t
serve(uint32_t port, uint32_t touch)
{
	struct object object = { .port = port };
	struct request request;

	while (test_receive(&request.head, sizeof(request), port, 0) ==
	    MACH_MSG_SUCCESS) {
		object.control = FIELD(&request, 0);
		if (request.head.msgh_id == INIT)
			ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
		if (request.head.msgh_id != DATA_REQUEST)
			continue;
		if (touch != 0)
			(void)vm_word(touch);
		supply(&object, FIELD(&request, 1), 1,
		    WORD + FIELD(&request, 1) / PAGE_SIZE);
	}
	return 0;
}

/* A pager as an agent; touch as above. */
static mach_port_t
pager_begin(struct vm_agent *pager, vm_address_t touch)
{
	mach_port_t port = test_port();

	vm_agent_start(pager, self);
	CHECK_KR(mach_port_insert_right(pager->task, port, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	vm_agent_begin(pager, serve, port, touch);
	return port;
}

static void
map_port(struct vm_agent *agent, vm_address_t addr, mach_port_t port)
{
	struct object object = { .port = port };

	CHECK_KR(map_at(agent->task, addr, &object, 0, 4), KERN_SUCCESS);
}

/* Another pager, another client: both as if nothing had happened. */
static void
check_others(void)
{
	struct vm_agent pager, client;
	mach_port_t port = pager_begin(&pager, 0);

	vm_agent_start(&client, self);
	map_port(&client, BASE, port);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), WORD + 1);
	vm_agent_end(&client);
	vm_agent_end(&pager);
}

TEST(pager_that_is_suspended_answers_later)
{
	struct vm_agent pager, client;
	mach_port_t port = pager_begin(&pager, 0);

	vm_agent_start(&client, self);
	map_port(&client, BASE, port);
	CHECK_EQ(vm_agent_read(&client, BASE), WORD);
	CHECK_KR(task_suspend(pager.task), KERN_SUCCESS);
	begin_read(&client, BASE + 2 * PAGE_SIZE);
	check_others();
	CHECK_KR(task_resume(pager.task), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), WORD + 2);
	/* and one that is never resumed can be ended, as can its clients */
	CHECK_KR(task_suspend(pager.task), KERN_SUCCESS);
	begin_read(&client, BASE + 3 * PAGE_SIZE);
	vm_agent_end(&pager);
	CHECK_RAISED(vm_agent_finish(&client), KERN_MEMORY_ERROR,
	    BASE + 3 * PAGE_SIZE);
	vm_agent_end(&client);
}

/* It waits for itself, and only who uses its memory with it. */
TEST(pager_that_backs_its_own_memory_harms_itself)
{
	struct vm_agent pager, client;
	mach_port_t port = pager_begin(&pager, BASE);

	map_port(&pager, BASE, port);
	vm_agent_start(&client, self);
	map_port(&client, BASE, port);
	begin_read(&client, BASE + PAGE_SIZE);
	check_others();
	vm_agent_end(&pager);
	CHECK_RAISED(vm_agent_finish(&client), KERN_MEMORY_ERROR,
	    BASE + PAGE_SIZE);
	vm_agent_end(&client);
}

TEST(pagers_that_back_each_other_harm_themselves)
{
	struct vm_agent one, two, client;
	mach_port_t first = pager_begin(&one, BASE);
	mach_port_t second = pager_begin(&two, BASE);

	map_port(&one, BASE, second);
	map_port(&two, BASE, first);
	vm_agent_start(&client, self);
	map_port(&client, BASE, first);
	begin_read(&client, BASE + PAGE_SIZE);
	check_others();
	/* the end of one is an error to the other */
	vm_agent_end(&two);
	CHECK_RAISED(vm_agent_finish(&one), KERN_MEMORY_ERROR, BASE);
	vm_agent_end(&one);
	CHECK_RAISED(vm_agent_finish(&client), KERN_MEMORY_ERROR,
	    BASE + PAGE_SIZE);
	vm_agent_end(&client);
}

static uint32_t
read_four(uint32_t addr, uint32_t unused)
{
	mach_msg_type_number_t count;
	pointer_t copy;

	(void)unused;
	return vm_read(mach_task_self(), addr, 4 * PAGE_SIZE, &copy, &count) ==
	    KERN_SUCCESS ? copy : 0;
}

/* Other data each time that it is asked: a copy shows the same for good. */
TEST(pager_that_changes_its_data_changes_no_copy)
{
	struct vm_agent client;
	struct object object;
	vm_address_t copy, to = BASE + 0x10000;
	mach_port_t reply = test_port();

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	page_in(&object, &client, BASE, 0, 1);
	copy = vm_agent_call(&client, read_four, BASE, 0);
	CHECK(copy != 0);
	CHECK_KR(vm_map(client.task, &to, 2 * PAGE_SIZE, 0, FALSE,
	    object.port, 0, TRUE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, copy), 1);
	CHECK_EQ(vm_agent_read(&client, to), 1);
	for (unsigned i = 2; i < 6; i++) {
		lock_request(&object, 0, 2, MEMORY_OBJECT_RETURN_NONE, true,
		    VM_PROT_NO_CHANGE, reply);
		expect_lock_completed(&object, reply, 0, 2);
		page_in(&object, &client, BASE, 0, i);
		CHECK_EQ(vm_agent_read(&client, copy), 1);
		CHECK_EQ(vm_agent_read(&client, to), 1);
	}
	/* what was shown first by a copy stays there, too */
	page_in(&object, &client, copy + PAGE_SIZE, PAGE_SIZE, 10);
	lock_request(&object, 0, 2, MEMORY_OBJECT_RETURN_NONE, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&object, reply, 0, 2);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 11);
	CHECK_EQ(vm_agent_read(&client, copy + PAGE_SIZE), 10);
	vm_agent_end(&client);
	expect_terminate(&object);
}

#define FLOOD_RUN	16u	/* pages in a message */
#define SET_PAGES	64u	/* of somebody else: used, and read ahead */
#define AHEAD_PAGES	48u

/*
 * Supply pages from one on that nobody asked for, in one message; how many were
 * taken before one was not, and its code.
 */
static unsigned
supply_unasked(struct object *object, unsigned first, unsigned pages,
    bool precious, kern_return_t *result)
{
	mach_port_t reply = test_port();
	struct request request;

	CHECK_KR(memory_object_data_supply(object->control, first * PAGE_SIZE,
	    data(pages, first), pages * PAGE_SIZE, TRUE, VM_PROT_NONE,
	    precious, reply), KERN_SUCCESS);
	expect(reply, SUPPLY_COMPLETED, &request);
	release(FIELD(&request, 0));
	CHECK_KR(mach_port_destroy(self, reply), KERN_SUCCESS);
	*result = FIELD(&request, 3);
	return *result == KERN_SUCCESS ? pages :
	    FIELD(&request, 4) / PAGE_SIZE - first;
}

/* Somebody else's pager: pages that are used, and some that are to be. */
static void
other_begin(struct object *object, struct vm_agent *client)
{
	vm_agent_start(client, self);
	make_object(object, client, BASE, SET_PAGES + AHEAD_PAGES);
	begin_read(client, BASE);
	expect_request(object, 0, VM_PROT_READ);
	supply(object, 0, SET_PAGES + AHEAD_PAGES, 1000);
	CHECK_VALUE(vm_agent_finish(client), 1000);
	for (unsigned i = 1; i < SET_PAGES; i++)
		CHECK_EQ(vm_agent_read(client, BASE + i * PAGE_SIZE), 1000 + i);
}

/* All of that is there: nothing is asked for. */
static void
other_check(struct object *object, struct vm_agent *client)
{
	vm_deallocate_check(data(SET_PAGES, 1), SET_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < SET_PAGES + AHEAD_PAGES; i++) {
		begin_read(client, BASE + i * PAGE_SIZE);
		CHECK_VALUE(vm_agent_finish(client), 1000 + i);
	}
	vm_agent_end(client);
	expect_terminate(object);
}

/* More data than there is memory, which nobody asked for. */
TEST(pager_that_floods_the_cache_displaces_itself)
{
	unsigned pages = vm_free_count() * 5 / 4, i;
	struct vm_agent client, other;
	struct object object, theirs;
	vm_address_t mine = data(64, 77);

	other_begin(&theirs, &other);
	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	for (i = 0; i < pages; i += FLOOD_RUN)
		supply(&object, i * PAGE_SIZE, FLOOD_RUN, i);
	/* memory is to be had as before, and what others have they keep */
	vm_expect(mine, 64, 77);
	check_others();
	other_check(&theirs, &other);
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* Flood an object with data that the kernel must not drop, while it takes them. */
static unsigned
flood_precious(struct object *object, unsigned pages, kern_return_t *result)
{
	unsigned taken = 0, n;

	do {
		n = supply_unasked(object, taken, FLOOD_RUN, true, result);
		taken += n;
	} while (n == FLOOD_RUN && taken < pages);
	return taken;
}

/* They would have to stay for good: so there are not too many. */
TEST(pager_that_floods_with_precious_pages_is_refused)
{
	unsigned pages = vm_free_count() * 5 / 4, taken, i;
	struct object objects[4], theirs;
	struct vm_agent client, other;
	kern_return_t result;

	other_begin(&theirs, &other);
	vm_agent_start(&client, self);
	for (i = 0; i < 4; i++)
		make_object(&objects[i], &client, BASE + i * 0x100000, 256);
	taken = flood_precious(&objects[0], pages, &result);
	CHECK_EQ(result, KERN_RESOURCE_SHORTAGE);
	CHECK(taken >= 64 && taken < pages / 8);
	/* nor by way of other objects */
	for (i = 1; i < 4; i++)
		CHECK_EQ(flood_precious(&objects[i], pages, &result), 0);
	/* what is used counts no more */
	for (i = 0; i < 32; i++)
		CHECK_EQ(vm_agent_read(&client, BASE + i * PAGE_SIZE), i);
	CHECK_EQ(supply_unasked(&objects[1], 0, 1, true, &result), 1);
	check_others();
	other_check(&theirs, &other);
	vm_agent_end(&client);
}
