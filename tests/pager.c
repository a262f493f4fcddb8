/*
 * tests/pager.c - memory objects served by hand: this task's main thread is
 * the data manager, message by message; agents (vm_support.h) are its clients.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/gnumach.h>
#include <mach/mach_thread.h>

#include "../libmach/thread.h"
#include "pager_support.h"

/* The protocol step by step */

TEST(pager_is_asked_nothing_before_it_is_ready)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 4), KERN_SUCCESS);
	expect_init(&object);
	begin_read(&client, BASE + PAGE_SIZE);
	expect_nothing(object.port);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	supply(&object, PAGE_SIZE, 1, 0xabcd);
	CHECK_VALUE(vm_agent_finish(&client), 0xabcd);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 0xabcd);
	expect_nothing(object.port);
	unmap(&client, BASE, 4);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_is_asked_for_each_page_once)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 8);
	for (unsigned i = 0; i < 8; i += 3)
		page_in(&object, &client, BASE + i * PAGE_SIZE, i * PAGE_SIZE,
		    100 + i);
	for (unsigned i = 0; i < 8; i += 3)
		CHECK_EQ(vm_agent_read(&client, BASE + i * PAGE_SIZE),
		    100 + i);
	expect_nothing(object.port);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_learns_the_access_and_gets_what_was_written)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	begin_write(&client, BASE, 77);
	expect_request(&object, 0, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, 0, 1, 5);
	CHECK_VALUE(vm_agent_finish(&client), 77);
	/* Read first, written then: nobody needs to be asked. */
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 6);
	vm_agent_write(&client, BASE + PAGE_SIZE, 78);
	page_in(&object, &client, BASE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 7);
	expect_nothing(object.port);
	unmap(&client, BASE, 1);
	unmap(&client, BASE + PAGE_SIZE, 3);
	for (unsigned i = 0; i < 2; i++) {
		struct request request;
		vm_offset_t offset;

		expect(object.port, DATA_RETURN, &request);
		offset = FIELD(&request, 1);
		CHECK(offset == 0 || offset == PAGE_SIZE);
		CHECK_EQ(vm_word(RETURN_DATA(&request)),
		    77 + offset / PAGE_SIZE);
		CHECK_EQ(RETURN_DIRTY(&request), true);
		release(object.control);
	}
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_without_data_gives_zeros)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	CHECK_KR(memory_object_data_unavailable(object.control, 0, PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 0);
	vm_agent_write(&client, BASE, 4);
	CHECK_EQ(vm_agent_read(&client, BASE), 4);
	unmap(&client, BASE, 2);
	expect_return(&object, 0, 4, true, false);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_error_is_an_exception_each_time)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	for (unsigned i = 0; i < 2; i++) {
		begin_read(&client, BASE + 8);
		expect_request(&object, 0, VM_PROT_READ);
		CHECK_KR(memory_object_data_error(object.control, 0,
		    PAGE_SIZE, KERN_FAILURE), KERN_SUCCESS);
		CHECK_RAISED(vm_agent_finish(&client), KERN_MEMORY_ERROR,
		    BASE + 8);
	}
	/* The next try may find data. */
	page_in(&object, &client, BASE, 0, 3);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_may_use_the_old_calls)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };
	struct request request;

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	expect_init(&object);
	CHECK_KR(memory_object_set_attributes(object.control, TRUE, FALSE,
	    MEMORY_OBJECT_COPY_DELAY), KERN_SUCCESS);
	begin_write(&client, BASE, 9);
	expect_request(&object, 0, VM_PROT_READ | VM_PROT_WRITE);
	CHECK_KR(memory_object_data_provided(object.control, 0, data(1, 5),
	    PAGE_SIZE, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 9);
	CHECK_EQ(vm_agent_read(&client, BASE), 9);
	unmap(&client, BASE, 2);
	/* Who sets attributes so gets changed pages so. */
	expect(object.port, DATA_WRITE, &request);
	CHECK_EQ(request.head.msgh_size, 56);
	CHECK_EQ(FIELD(&request, 1), 0);
	CHECK_EQ(RETURN_SIZE(&request), PAGE_SIZE);
	CHECK_EQ(vm_word(RETURN_DATA(&request)), 9);
	release(object.control);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_attributes_are_told_and_changed)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };
	memory_object_copy_strategy_t strategy;
	mach_port_t reply = test_port();
	boolean_t is_ready, cached;
	struct request request;

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	expect_init(&object);
	CHECK_KR(memory_object_get_attributes(object.control, &is_ready,
	    &cached, &strategy), KERN_SUCCESS);
	CHECK_EQ(is_ready, FALSE);
	ready(&object, true, MEMORY_OBJECT_COPY_NONE);
	CHECK_KR(memory_object_get_attributes(object.control, &is_ready,
	    &cached, &strategy), KERN_SUCCESS);
	CHECK_EQ(is_ready, TRUE);
	CHECK_EQ(cached, TRUE);
	CHECK_EQ(strategy, MEMORY_OBJECT_COPY_NONE);
	CHECK_KR(memory_object_change_attributes(object.control, FALSE,
	    MEMORY_OBJECT_COPY_DELAY, reply), KERN_SUCCESS);
	expect(reply, CHANGE_COMPLETED, &request);
	CHECK_EQ(FIELD(&request, 0), FALSE);
	CHECK_EQ(FIELD(&request, 1), MEMORY_OBJECT_COPY_DELAY);
	CHECK_KR(memory_object_get_attributes(object.control, &is_ready,
	    &cached, &strategy), KERN_SUCCESS);
	CHECK_EQ(is_ready, TRUE);
	CHECK_EQ(cached, FALSE);
	CHECK_EQ(strategy, MEMORY_OBJECT_COPY_DELAY);
	CHECK_KR(memory_object_get_attributes(self, &is_ready, &cached,
	    &strategy), KERN_INVALID_ARGUMENT);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_offsets_are_the_objects)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 5 * PAGE_SIZE, 4),
	    KERN_SUCCESS);
	CHECK_KR(map_at(client.task, BASE + 0x100000, &object,
	    0xfff00000, 2), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	page_in(&object, &client, BASE + 2 * PAGE_SIZE, 7 * PAGE_SIZE, 1);
	page_in(&object, &client, BASE + 0x100000 + PAGE_SIZE, 0xfff01000, 2);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_name_is_what_vm_region_shows)
{
	struct vm_region_facts facts;
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	unmap(&client, BASE, 1);
	CHECK_KR(vm_region_of(client.task, BASE, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.start, BASE + PAGE_SIZE);
	CHECK_EQ(facts.size, 3 * PAGE_SIZE);
	CHECK_EQ(facts.offset, PAGE_SIZE);
	CHECK_EQ(facts.object_name, object.name);
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* Several clients, several objects */

TEST(pager_clients_share_one_memory_and_one_request)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE + 0x10000, &object, 0, 4), KERN_SUCCESS);
	expect_nothing(object.port);		/* known already */
	page_in(&object, &a, BASE, 0, 10);
	CHECK_EQ(vm_agent_read(&b, BASE + 0x10000), 10);
	vm_agent_write(&b, BASE + 0x10000, 11);
	CHECK_EQ(vm_agent_read(&a, BASE), 11);
	vm_agent_write(&a, BASE, 12);
	CHECK_EQ(vm_agent_read(&b, BASE + 0x10000), 12);
	/* Both fault before the data come. */
	begin_read(&a, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	begin_read(&b, BASE + 0x10000 + PAGE_SIZE);
	expect_nothing(object.port);
	supply(&object, PAGE_SIZE, 1, 20);
	CHECK_VALUE(vm_agent_finish(&a), 20);
	CHECK_VALUE(vm_agent_finish(&b), 20);
	vm_agent_end(&a);
	expect_nothing(object.port);
	CHECK_EQ(vm_agent_read(&b, BASE + 0x10000), 12);
	vm_agent_end(&b);
	expect_return(&object, 0, 12, true, false);
	expect_terminate(&object);
}

TEST(pager_serves_objects_apart)
{
	enum { OBJECTS = 5 };
	struct vm_agent a, b;
	struct object object[OBJECTS];

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	for (unsigned i = 0; i < OBJECTS; i++) {
		make_object(&object[i], &a, BASE + i * 0x10000, 2);
		CHECK_KR(map_at(b.task, BASE + i * 0x10000, &object[i], 0, 2),
		    KERN_SUCCESS);
	}
	for (unsigned i = 0; i < OBJECTS; i++)
		page_in(&object[i], i % 2 ? &a : &b, BASE + i * 0x10000, 0,
		    100 + i);
	for (unsigned i = 0; i < OBJECTS; i++) {
		CHECK_EQ(vm_agent_read(&a, BASE + i * 0x10000), 100 + i);
		CHECK_EQ(vm_agent_read(&b, BASE + i * 0x10000), 100 + i);
	}
	unmap(&a, BASE + 2 * 0x10000, 2);
	expect_nothing(object[2].port);
	unmap(&b, BASE + 2 * 0x10000, 2);
	expect_terminate(&object[2]);
	vm_agent_end(&a);
	vm_agent_end(&b);
	for (unsigned i = 0; i < OBJECTS; i++)
		if (i != 2)
			expect_terminate(&object[i]);
}

TEST(pager_may_answer_in_any_order)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	begin_read(&b, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	supply(&object, PAGE_SIZE, 1, 21);
	CHECK_VALUE(vm_agent_finish(&b), 21);
	supply(&object, 0, 1, 20);
	CHECK_VALUE(vm_agent_finish(&a), 20);
	/* One answer for two requests. */
	begin_read(&a, BASE + 2 * PAGE_SIZE);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ);
	begin_read(&b, BASE + 3 * PAGE_SIZE);
	expect_request(&object, 3 * PAGE_SIZE, VM_PROT_READ);
	supply(&object, 0, 4, 50);
	CHECK_VALUE(vm_agent_finish(&a), 52);
	CHECK_VALUE(vm_agent_finish(&b), 53);
	CHECK_EQ(vm_agent_read(&a, BASE), 20);
	vm_agent_end(&a);
	vm_agent_end(&b);
	expect_terminate(&object);
}

TEST(pager_object_mapped_again_after_its_end_is_new)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	for (unsigned i = 0; i < 5; i++) {
		page_in(&object, &client, BASE, 0, 10 + i);
		unmap(&client, BASE, 2);
		expect_terminate(&object);
		CHECK_KR(map_at(client.task, BASE, &object, 0, 2),
		    KERN_SUCCESS);
		expect_init(&object);
		ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	}
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* Mapped again at once, before the pager has read of its end. */
TEST(pager_object_mapped_again_at_once)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	begin_write(&client, BASE, 33);
	expect_request(&object, 0, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, 0, 1, 1);
	CHECK_VALUE(vm_agent_finish(&client), 33);
	unmap(&client, BASE, 2);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	expect_return(&object, 0, 33, true, false);
	expect_terminate(&object);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	page_in(&object, &client, BASE, 0, 33);
	vm_agent_end(&client);
	expect_terminate(&object);
}

static struct vm_cache_statistics
cache_statistics(void)
{
	struct vm_cache_statistics stats;

	CHECK_KR(vm_cache_statistics(self, &stats), KERN_SUCCESS);
	return stats;
}

TEST(pager_object_may_stay_cached)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };
	struct vm_cache_statistics before = cache_statistics(), now;

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, true, MEMORY_OBJECT_COPY_DELAY);
	page_in(&object, &client, BASE, 0, 10);
	vm_agent_write(&client, BASE, 11);
	unmap(&client, BASE, 2);
	expect_nothing(object.port);
	now = cache_statistics();
	CHECK_EQ(now.cache_object_count, before.cache_object_count + 1);
	CHECK_EQ(now.cache_count, before.cache_count + 1);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	CHECK_EQ(cache_statistics().cache_object_count,
	    before.cache_object_count);
	CHECK_EQ(vm_agent_read(&client, BASE), 11);
	expect_nothing(object.port);
	unmap(&client, BASE, 2);
	CHECK_KR(memory_object_change_attributes(object.control, FALSE,
	    MEMORY_OBJECT_COPY_DELAY, MACH_PORT_NULL), KERN_SUCCESS);
	expect_return(&object, 0, 11, true, false);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/* Copies of a mapped object */

static uint32_t
map_copy(uint32_t port, uint32_t addr)
{
	vm_address_t at = addr;

	return vm_map(mach_task_self(), &at, 4 * PAGE_SIZE, 0, FALSE, port, 0,
	    TRUE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
}

static uint32_t
read_region(uint32_t addr, uint32_t pages)
{
	mach_msg_type_number_t count;
	pointer_t copy;
	kern_return_t kr;

	kr = vm_read(mach_task_self(), addr, pages * PAGE_SIZE, &copy, &count);
	return kr == KERN_SUCCESS ? copy : kr;
}

TEST(pager_object_mapped_as_a_copy)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	vm_agent_give_send(&b, test_port());
	make_object(&object, &a, BASE, 4);
	vm_agent_give_send(&b, object.port);
	page_in(&object, &a, BASE, 0, 10);
	CHECK_EQ(vm_agent_call(&b, map_copy, object.port, BASE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&b, BASE), 10);
	/* Neither side sees the other's writes to a page both had. */
	vm_agent_write(&b, BASE, 100);
	CHECK_EQ(vm_agent_read(&a, BASE), 10);
	/* A page nobody had: each gets the pager's, and writes its own. */
	begin_write(&b, BASE + PAGE_SIZE, 101);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	supply(&object, PAGE_SIZE, 1, 11);
	CHECK_VALUE(vm_agent_finish(&b), 101);
	CHECK_EQ(vm_agent_read(&a, BASE + PAGE_SIZE), 11);
	/* The object is written after the copy was made: the copy stays. */
	begin_write(&a, BASE + 2 * PAGE_SIZE, 212);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, 2 * PAGE_SIZE, 1, 12);
	CHECK_VALUE(vm_agent_finish(&a), 212);
	CHECK_EQ(vm_agent_read(&b, BASE + 2 * PAGE_SIZE), 12);
	vm_agent_write(&a, BASE + PAGE_SIZE, 211);
	CHECK_EQ(vm_agent_read(&b, BASE + PAGE_SIZE), 101);
	expect_nothing(object.port);
	vm_agent_end(&b);
	CHECK_EQ(vm_agent_read(&a, BASE + 2 * PAGE_SIZE), 212);
	vm_agent_end(&a);
	for (unsigned i = 0; i < 2; i++) {
		struct request request;

		expect(object.port, DATA_RETURN, &request);
		CHECK_EQ(vm_word(RETURN_DATA(&request)),
		    210 + FIELD(&request, 1) / PAGE_SIZE);
		release(object.control);
	}
	expect_terminate(&object);
}

/* The copy alone keeps the object alive, and reads from it. */
TEST(pager_copy_outlives_the_mapping)
{
	struct vm_agent a;
	struct object object;
	vm_address_t copy;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	page_in(&object, &a, BASE, 0, 10);
	copy = vm_agent_call(&a, read_region, BASE, 4);
	CHECK(page_aligned(copy) && copy >= PAGE_SIZE);
	vm_agent_write(&a, BASE, 20);
	unmap(&a, BASE, 4);
	CHECK_EQ(vm_agent_read(&a, copy), 10);
	page_in(&object, &a, copy + 3 * PAGE_SIZE, 3 * PAGE_SIZE, 13);
	vm_agent_write(&a, copy + 3 * PAGE_SIZE, 5);
	unmap(&a, copy, 4);
	expect_return(&object, 0, 20, true, false);
	expect_terminate(&object);
	vm_agent_end(&a);
}

/* Pages in main memory, in the pager's alone, and written before they came. */
static void
copy_by_strategy(memory_object_copy_strategy_t strategy)
{
	struct object object = { .port = test_port() };
	mach_port_t reply = test_port();
	struct vm_agent a;
	vm_address_t copy;

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 3), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, strategy);
	page_in(&object, &a, BASE, 0, 40);
	copy = vm_agent_call(&a, read_region, BASE, 3);
	CHECK(page_aligned(copy));
	vm_agent_write(&a, BASE, 1);
	page_in(&object, &a, copy + PAGE_SIZE, PAGE_SIZE, 41);
	vm_agent_write(&a, BASE + PAGE_SIZE, 2);
	vm_agent_begin(&a, vm_fn_write, BASE + 2 * PAGE_SIZE, 3);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, 2 * PAGE_SIZE, 1, 42);
	CHECK_VALUE(vm_agent_finish(&a), 3);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(vm_agent_read(&a, copy + i * PAGE_SIZE), 40 + i);
		CHECK_EQ(vm_agent_read(&a, BASE + i * PAGE_SIZE), 1 + i);
	}
	expect_nothing(object.port);
	lock_request(&object, 0, 3, MEMORY_OBJECT_RETURN_NONE, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&object, reply, 0, 3);
	unmap(&a, BASE, 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(vm_agent_read(&a, copy + i * PAGE_SIZE), 40 + i);
	unmap(&a, copy, 3);
	expect_terminate(&object);
	vm_agent_end(&a);
}

TEST(pager_object_with_delayed_or_temporary_strategy_is_copied_when_written)
{
	copy_by_strategy(MEMORY_OBJECT_COPY_DELAY);
	copy_by_strategy(MEMORY_OBJECT_COPY_TEMPORARY);
}

/* Without copies on write every page is asked for and copied at once. */
TEST(pager_object_without_copy_strategy_is_copied_at_once)
{
	struct object object = { .port = test_port() };
	struct vm_outcome outcome;
	struct vm_agent a;

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 3), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_NONE);
	vm_agent_begin(&a, read_region, BASE, 3);
	for (unsigned i = 0; i < 3; i++) {
		expect_request(&object, i * PAGE_SIZE, VM_PROT_READ);
		supply(&object, i * PAGE_SIZE, 1, 30 + i);
	}
	outcome = vm_agent_finish(&a);
	CHECK(!outcome.raised && page_aligned(outcome.value));
	vm_agent_write(&a, BASE, 1);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(vm_agent_read(&a, outcome.value + i * PAGE_SIZE),
		    30 + i);
	unmap(&a, BASE, 3);
	expect_return(&object, 0, 1, true, false);
	expect_terminate(&object);
	CHECK_EQ(vm_agent_read(&a, outcome.value), 30);
	vm_agent_end(&a);
}

TEST(pager_error_fails_a_copy_made_at_once)
{
	struct object object = { .port = test_port() };
	struct vm_agent a;

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 3), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_NONE);
	vm_agent_begin(&a, read_region, BASE, 3);
	expect_request(&object, 0, VM_PROT_READ);
	supply(&object, 0, 1, 1);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(memory_object_data_error(object.control, PAGE_SIZE,
	    PAGE_SIZE, KERN_FAILURE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&a), KERN_MEMORY_ERROR);
	CHECK_EQ(vm_agent_read(&a, BASE), 1);
	vm_agent_end(&a);
	expect_terminate(&object);
}

TEST(pager_object_is_inherited_as_a_copy)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	page_in(&object, &a, BASE, 0, 10);
	CHECK_KR(vm_inherit(a.task, BASE, 4 * PAGE_SIZE, VM_INHERIT_COPY),
	    KERN_SUCCESS);
	vm_agent_start(&b, a.task);
	vm_agent_write(&a, BASE, 20);
	CHECK_EQ(vm_agent_read(&b, BASE), 10);
	begin_read(&b, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	supply(&object, PAGE_SIZE, 1, 11);
	CHECK_VALUE(vm_agent_finish(&b), 11);
	vm_agent_write(&b, BASE + PAGE_SIZE, 31);
	CHECK_EQ(vm_agent_read(&a, BASE + PAGE_SIZE), 11);
	vm_agent_end(&a);
	CHECK_EQ(vm_agent_read(&b, BASE), 10);
	page_in(&object, &b, BASE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 12);
	vm_agent_end(&b);
	expect_return(&object, 0, 20, true, false);
	expect_terminate(&object);
}

/* Data out of order */

static void
supply_raw(struct object *object, vm_offset_t offset, vm_address_t addr,
    vm_size_t size, mach_port_t reply)
{
	CHECK_KR(memory_object_data_supply(object->control, offset, addr, size,
	    FALSE, VM_PROT_NONE, FALSE, reply), KERN_SUCCESS);
}

TEST(pager_may_supply_what_nobody_asked_for)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	supply(&object, PAGE_SIZE, 2, 40);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 40);
	CHECK_EQ(vm_agent_read(&client, BASE + 2 * PAGE_SIZE), 41);
	expect_nothing(object.port);
	page_in(&object, &client, BASE, 0, 39);
	/* Far outside of what is mapped. */
	supply(&object, 0x1000000, 1, 1);
	supply(&object, 0xfffff000, 1, 1);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_data_for_a_page_that_is_there_change_nothing)
{
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();
	struct request request;
	vm_address_t pages = data(3, 90);

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	page_in(&object, &client, BASE, 0, 10);
	supply_raw(&object, 0, pages, PAGE_SIZE, reply);
	expect(reply, SUPPLY_COMPLETED, &request);
	CHECK_EQ(FIELD(&request, 0), object.control);
	CHECK_EQ(FIELD(&request, 1), 0);
	CHECK_EQ(FIELD(&request, 2), PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 3), KERN_MEMORY_PRESENT);
	CHECK_EQ(FIELD(&request, 4), 0);
	CHECK_EQ(vm_agent_read(&client, BASE), 10);
	vm_agent_write(&client, BASE, 11);
	supply(&object, 0, 1, 92);
	CHECK_EQ(vm_agent_read(&client, BASE), 11);
	supply_raw(&object, PAGE_SIZE, pages, 2 * PAGE_SIZE, reply);
	expect(reply, SUPPLY_COMPLETED, &request);
	CHECK_EQ(FIELD(&request, 1), PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 2), 2 * PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 3), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, BASE + 2 * PAGE_SIZE), 91);
	vm_agent_write(&client, BASE + PAGE_SIZE, 3);
	vm_expect(pages, 3, 90);
	CHECK_KR(memory_object_data_unavailable(object.control, 0,
	    4 * PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(memory_object_data_error(object.control, 0, 4 * PAGE_SIZE,
	    KERN_FAILURE), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, BASE), 11);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 3);
	vm_agent_end(&client);
}

/* Odd sizes and alignments may be refused, but must not be the end. */
TEST(pager_data_of_odd_size_or_place_do_no_harm)
{
	struct vm_agent client;
	struct object object;
	vm_address_t pages = data(3, 70);

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	supply_raw(&object, 1, pages, PAGE_SIZE, MACH_PORT_NULL);
	supply_raw(&object, 0xffffffff, pages, PAGE_SIZE, MACH_PORT_NULL);
	supply_raw(&object, 0, pages, 0, MACH_PORT_NULL);
	CHECK_KR(memory_object_data_unavailable(object.control, 0, 0),
	    KERN_SUCCESS);
	CHECK_KR(memory_object_data_error(object.control, 100, 0,
	    KERN_FAILURE), KERN_SUCCESS);
	supply_raw(&object, PAGE_SIZE, pages + 1, PAGE_SIZE, MACH_PORT_NULL);
	supply_raw(&object, PAGE_SIZE, pages, 100, MACH_PORT_NULL);
	supply_raw(&object, 0xfffff000, pages, 3 * PAGE_SIZE, MACH_PORT_NULL);
	supply_raw(&object, 0, pages, PAGE_SIZE, MACH_PORT_NULL);
	CHECK_VALUE(vm_agent_finish(&client), 70);
	vm_expect(pages, 3, 70);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_calls_on_other_ports_do_no_harm)
{
	struct vm_agent client;
	struct object object;
	mach_port_t dead, ports[4];

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &dead),
	    KERN_SUCCESS);
	CHECK_KR(memory_object_data_supply(dead, 0, data(1, 1), PAGE_SIZE,
	    FALSE, VM_PROT_NONE, FALSE, MACH_PORT_NULL),
	    MACH_SEND_INVALID_DEST);
	CHECK_KR(memory_object_data_error(dead, 0, PAGE_SIZE, 1),
	    MACH_SEND_INVALID_DEST);
	ports[0] = object.name;
	ports[1] = self;
	ports[2] = mach_thread_self();
	ports[3] = TEST_HOST_PORT;
	for (unsigned i = 0; i < 4; i++) {
		(void)memory_object_data_supply(ports[i], 0, data(1, 1),
		    PAGE_SIZE, TRUE, VM_PROT_NONE, FALSE, MACH_PORT_NULL);
		(void)memory_object_data_unavailable(ports[i], 0, PAGE_SIZE);
		(void)memory_object_ready(ports[i], TRUE, 0);
		(void)memory_object_lock_request(ports[i], 0, PAGE_SIZE, 2,
		    TRUE, VM_PROT_ALL, MACH_PORT_NULL);
		(void)memory_object_destroy(ports[i], KERN_FAILURE);
	}
	page_in(&object, &client, BASE, 0, 10);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_bad_attributes_are_refused)
{
	struct vm_agent client;
	struct object object = { .port = test_port() };

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 2), KERN_SUCCESS);
	expect_init(&object);
	CHECK_KR(memory_object_ready(object.control, TRUE, 99), KERN_SUCCESS);
	CHECK_KR(memory_object_ready(object.control, TRUE, -1), KERN_SUCCESS);
	begin_read(&client, BASE);
	expect_nothing(object.port);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	expect_request(&object, 0, VM_PROT_READ);
	supply(&object, 0, 1, 4);
	CHECK_VALUE(vm_agent_finish(&client), 4);
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* Locks, cleaning, flushing */

TEST(pager_cleans_what_was_written)
{
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	page_in(&object, &client, BASE, 0, 10);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 11);
	vm_agent_write(&client, BASE, 20);
	lock_request(&object, 0, 4, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_NO_CHANGE, reply);
	expect_return(&object, 0, 20, true, true);
	expect_lock_completed(&object, reply, 0, 4);
	CHECK_EQ(vm_agent_read(&client, BASE), 20);
	/* Clean now: nothing more to return, until it is written again. */
	lock_request(&object, 0, 4, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&object, reply, 0, 4);
	expect_nothing(object.port);
	vm_agent_write(&client, BASE, 21);
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_NO_CHANGE, reply);
	expect_return(&object, 0, 21, true, true);
	expect_lock_completed(&object, reply, 0, 1);
	/* All: also what is clean. */
	lock_request(&object, PAGE_SIZE, 1, MEMORY_OBJECT_RETURN_ALL, false,
	    VM_PROT_NO_CHANGE, reply);
	expect_return(&object, PAGE_SIZE, 11, false, true);
	expect_lock_completed(&object, reply, PAGE_SIZE, 1);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 11);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_flushes_what_is_cached)
{
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	page_in(&object, &client, BASE, 0, 10);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 11);
	vm_agent_write(&client, BASE, 20);
	/* With cleaning: the changed page comes back, both go. */
	lock_request(&object, 0, 4, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_return(&object, 0, 20, true, false);
	expect_lock_completed(&object, reply, 0, 4);
	page_in(&object, &client, BASE, 0, 30);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 31);
	/* Without: changes are lost. */
	vm_agent_write(&client, BASE, 40);
	lock_request(&object, 0, 4, MEMORY_OBJECT_RETURN_NONE, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&object, reply, 0, 4);
	expect_nothing(object.port);
	page_in(&object, &client, BASE, 0, 50);
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* A message with pages side by side whose words are first, first + 1, ... */
static void
expect_returned_run(struct object *object, unsigned from, unsigned pages,
    uint32_t first, bool dirty, bool kernel_copy)
{
	struct request request;

	expect(object->port, DATA_RETURN, &request);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), from * PAGE_SIZE);
	CHECK_EQ(RETURN_SIZE(&request), pages * PAGE_SIZE);
	for (unsigned i = 0; i < pages; i++)
		CHECK_EQ(vm_word(RETURN_DATA(&request) + i * PAGE_SIZE),
		    first + i);
	CHECK_EQ(RETURN_DIRTY(&request), dirty);
	CHECK_EQ(RETURN_KERNEL_COPY(&request), kernel_copy);
	vm_deallocate_check(RETURN_DATA(&request), pages * PAGE_SIZE);
	release(object->control);
}

/* Pages side by side that are cleaned come in one message, of 16 at most. */
TEST(pager_cleans_neighbours_together)
{
	enum { PAGES = 24, CLEAN = 5 };
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, PAGES + 1);
	supply(&object, 0, PAGES, 100);
	for (unsigned i = 0; i < PAGES; i++)
		if (i != CLEAN)
			vm_agent_write(&client, BASE + i * PAGE_SIZE, 100 + i);
	lock_request(&object, 0, PAGES, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_NO_CHANGE, MACH_PORT_NULL);
	expect_returned_run(&object, 0, 5, 100, true, true);
	expect_returned_run(&object, 6, 16, 106, true, true);
	expect_returned_run(&object, 22, 2, 122, true, true);
	vm_agent_write(&client, BASE, 300);
	vm_agent_write(&client, BASE + PAGE_SIZE, 301);
	CHECK_EQ(vm_agent_read(&client, BASE + 2 * PAGE_SIZE), 102);
	/* what is dirty and what is clean are apart; none is left out */
	lock_request(&object, 0, PAGES, MEMORY_OBJECT_RETURN_ALL, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_returned_run(&object, 0, 2, 300, true, false);
	expect_returned_run(&object, 2, 16, 102, false, false);
	expect_returned_run(&object, 18, 6, 118, false, false);
	expect_lock_completed(&object, reply, 0, PAGES);
	page_in(&object, &client, BASE + 23 * PAGE_SIZE, 23 * PAGE_SIZE, 7);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_locks_pages_against_writing)
{
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	supply_locked(&object, 0, 1, 10, VM_PROT_WRITE);
	CHECK_VALUE(vm_agent_finish(&client), 10);
	begin_write(&client, BASE, 11);
	expect_unlock(&object, 0, VM_PROT_WRITE);
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_NONE, false,
	    VM_PROT_NONE, reply);
	expect_lock_completed(&object, reply, 0, 1);
	CHECK_VALUE(vm_agent_finish(&client), 11);
	vm_agent_write(&client, BASE, 12);
	/* Locked again: what was writable is so no more. */
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_NONE, false,
	    VM_PROT_WRITE, reply);
	expect_lock_completed(&object, reply, 0, 1);
	CHECK_EQ(vm_agent_read(&client, BASE), 12);
	begin_write(&client, BASE, 13);
	expect_unlock(&object, 0, VM_PROT_WRITE);
	/* Flushed instead of unlocked: it is asked for anew. */
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, MACH_PORT_NULL);
	expect_return(&object, 0, 12, true, false);
	expect_request(&object, 0, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, 0, 1, 12);
	CHECK_VALUE(vm_agent_finish(&client), 13);
	vm_agent_end(&client);
	expect_return(&object, 0, 13, true, false);
	expect_terminate(&object);
}

TEST(pager_locks_pages_against_reading)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	page_in(&object, &a, BASE, 0, 10);
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_NONE, false,
	    VM_PROT_ALL, MACH_PORT_NULL);
	begin_read(&a, BASE);
	expect_unlock(&object, 0, VM_PROT_READ);
	begin_read(&b, BASE);
	expect_nothing(object.port);		/* asked already */
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_NONE, false,
	    VM_PROT_WRITE, MACH_PORT_NULL);
	CHECK_VALUE(vm_agent_finish(&a), 10);
	CHECK_VALUE(vm_agent_finish(&b), 10);
	vm_agent_end(&a);
	vm_agent_end(&b);
	expect_terminate(&object);
}

TEST(pager_lock_requests_of_odd_ranges_are_answered)
{
	struct vm_agent client;
	struct object object;
	mach_port_t reply = test_port();
	struct request request;
	static const vm_offset_t spans[][2] = { { 0, 0 }, { PAGE_SIZE, 0 },
	    { 0, (vm_size_t)-1 }, { 0, -PAGE_SIZE }, { 0xfffff000, 0x1000 },
	    { 0x100000, 0x100000 } };

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	page_in(&object, &client, BASE, 0, 10);
	for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		CHECK_KR(memory_object_lock_request(object.control,
		    spans[i][0], spans[i][1], MEMORY_OBJECT_RETURN_DIRTY,
		    FALSE, VM_PROT_NO_CHANGE, reply), KERN_SUCCESS);
		expect(reply, LOCK_COMPLETED, &request);
		CHECK_EQ(FIELD(&request, 1), spans[i][0]);
		CHECK_EQ(FIELD(&request, 2), spans[i][1]);
	}
	CHECK_KR(memory_object_lock_request(object.control, 0, PAGE_SIZE,
	    MEMORY_OBJECT_RETURN_NONE, FALSE, 0x40, MACH_PORT_NULL),
	    KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&client, BASE), 10);
	vm_agent_end(&client);
}

TEST(pager_gets_precious_pages_back)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	CHECK_KR(memory_object_data_supply(object.control, 0, data(1, 15),
	    PAGE_SIZE, TRUE, VM_PROT_NONE, TRUE, MACH_PORT_NULL),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 15);
	page_in(&object, &client, BASE + PAGE_SIZE, PAGE_SIZE, 16);
	vm_agent_end(&client);
	expect_return(&object, 0, 15, false, false);
	expect_terminate(&object);
}

/* Ends of clients */

TEST(pager_client_dies_in_the_middle_of_a_fault)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	vm_agent_end(&a);
	/* The request stands; another client waits for the same answer. */
	begin_read(&b, BASE);
	expect_nothing(object.port);
	supply(&object, 0, 1, 10);
	CHECK_VALUE(vm_agent_finish(&b), 10);
	begin_write(&b, BASE + PAGE_SIZE, 1);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE);
	vm_agent_end(&b);
	/* Late data for nobody, or no object any more: no harm either way. */
	(void)memory_object_data_supply(object.control, PAGE_SIZE, data(1, 1),
	    PAGE_SIZE, TRUE, VM_PROT_NONE, FALSE, MACH_PORT_NULL);
	expect_terminate(&object);
}

TEST(pager_client_dies_before_the_pager_is_ready)
{
	struct vm_agent a;
	struct object object = { .port = test_port() };

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	expect_init(&object);
	vm_agent_end(&a);
	expect_terminate(&object);
}

/* Many threads of a task wait for different pages as it is terminated. */
static void
read_once(void *addr)
{
	(void)vm_word((vm_address_t)addr);
}

static uint32_t
read_in_thread(uint32_t addr, uint32_t unused)
{
	(void)unused;
	return mach_thread_start(read_once, (void *)addr);
}

TEST(pager_client_dies_with_many_faults_waiting)
{
	enum { THREADS = 10 };
	struct vm_agent a;
	struct object object;
	struct request request;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		CHECK_EQ(vm_agent_call(&a, read_in_thread,
		    BASE + i * PAGE_SIZE, 0), KERN_SUCCESS);
		expect(object.port, DATA_REQUEST, &request);
		release(object.control);
	}
	supply(&object, 4 * PAGE_SIZE, 2, 1);
	vm_agent_end(&a);
	expect_terminate(&object);
}

/* Ends of pagers */

TEST(pager_dies_while_mapped)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	page_in(&object, &a, BASE, 0, 10);
	vm_agent_write(&a, BASE, 11);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&a, BASE), 11);
	CHECK_EQ(vm_agent_read(&b, BASE), 11);
	vm_agent_write(&b, BASE, 12);
	CHECK_EQ(vm_agent_read(&a, BASE), 12);
	CHECK_RAISED(vm_agent_try(&a, vm_fn_read, BASE + PAGE_SIZE, 0),
	    KERN_MEMORY_ERROR, BASE + PAGE_SIZE);
	CHECK_RAISED(vm_agent_try(&b, vm_fn_write, BASE + 2 * PAGE_SIZE, 1),
	    KERN_MEMORY_ERROR, BASE + 2 * PAGE_SIZE);
	/* Late answers find nobody. */
	(void)memory_object_data_supply(object.control, PAGE_SIZE, data(1, 1),
	    PAGE_SIZE, TRUE, VM_PROT_NONE, FALSE, MACH_PORT_NULL);
	vm_agent_end(&a);
	vm_agent_end(&b);
}

TEST(pager_dies_while_faults_wait)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	begin_write(&b, BASE + 4, 1);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE);
	CHECK_RAISED(vm_agent_finish(&b), KERN_MEMORY_ERROR, BASE + 4);
	vm_agent_end(&a);
	vm_agent_end(&b);
}

TEST(pager_dies_before_it_is_ready)
{
	struct vm_agent a;
	struct object object = { .port = test_port() };

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	test_sleep(50);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE);
	vm_agent_end(&a);
}

TEST(pager_dies_while_a_lock_is_waited_for)
{
	struct vm_agent a;
	struct object object;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	begin_read(&a, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	supply_locked(&object, 0, 1, 10, VM_PROT_WRITE);
	CHECK_VALUE(vm_agent_finish(&a), 10);
	begin_write(&a, BASE, 1);
	expect_unlock(&object, 0, VM_PROT_WRITE);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE);
	CHECK_EQ(vm_agent_read(&a, BASE), 10);
	vm_agent_end(&a);
}

/* The whole task of the pager ends, as a file server's might. */
static uint32_t
receive_for_ever(uint32_t port, uint32_t unused)
{
	struct request request;

	(void)unused;
	for (unsigned i = 0; i < 3; i++)
		(void)test_receive(&request.head, sizeof(request), port, 0);
	return 0;
}

TEST(pager_task_dies_while_a_fault_waits)
{
	struct vm_agent a, pager;
	struct object object = { .port = test_port() };

	vm_agent_start(&a, self);
	vm_agent_start(&pager, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	page_in(&object, &a, BASE, 0, 10);
	CHECK_KR(mach_port_insert_right(pager.task, object.port, object.port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	vm_agent_begin(&pager, receive_for_ever, object.port, 0);
	begin_read(&a, BASE + PAGE_SIZE);
	test_sleep(100);
	vm_agent_end(&pager);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE + PAGE_SIZE);
	CHECK_EQ(vm_agent_read(&a, BASE), 10);
	vm_agent_end(&a);
}

TEST(pager_destroys_its_object)
{
	struct vm_agent a, b;
	struct object object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&object, &a, BASE, 4);
	CHECK_KR(map_at(b.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	CHECK_KR(memory_object_destroy(object.control, KERN_FAILURE),
	    KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR, BASE);
	expect_terminate(&object);
	CHECK_RAISED(vm_agent_try(&b, vm_fn_read, BASE + PAGE_SIZE, 0),
	    KERN_MEMORY_ERROR, BASE + PAGE_SIZE);
	vm_agent_end(&a);
	vm_agent_end(&b);
	expect_nothing(object.port);
}

/* Pagers that never answer */

TEST(pager_that_never_answers_holds_no_task)
{
	struct vm_agent a;
	struct object object = { .port = test_port() };

	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	begin_write(&a, BASE, 1);
	test_sleep(50);
	vm_agent_end(&a);
}

static volatile uint32_t escaped;
static char stuck_stack[0x4000] __attribute__((aligned(16)));

static void
read_base(void *unused)
{
	(void)unused;
	escaped = vm_word(BASE);
	for (;;)
		test_sleep(1000);
}

static void
escape(void *unused)
{
	(void)unused;
	escaped = 99;
	for (;;)
		test_sleep(1000);
}

static void
set_entry(thread_t thread, void (*entry)(void *))
{
	CHECK_KR(mach_thread_set_entry(thread, entry, NULL,
	    (vm_address_t)stuck_stack + sizeof(stuck_stack)), KERN_SUCCESS);
}

/* A thread that waits for the page at BASE, of a new object. */
static thread_t
thread_stuck(struct object *object, void (*entry)(void *))
{
	thread_t thread;

	object->port = test_port();
	CHECK_KR(map_at(self, BASE, object, 0, 4), KERN_SUCCESS);
	expect_init(object);
	ready(object, false, MEMORY_OBJECT_COPY_DELAY);
	CHECK_KR(thread_create(self, &thread), KERN_SUCCESS);
	set_entry(thread, entry);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	expect_request(object, 0, VM_PROT_READ);
	return thread;
}

static void
expect_escape(uint32_t value)
{
	for (unsigned i = 0; i < 500 && escaped == 0; i++)
		test_sleep(10);
	CHECK_EQ(escaped, value);
}

/* A debugger takes a waiting thread elsewhere: abort, set state, resume. */
TEST(pager_that_never_answers_lets_a_thread_be_redirected)
{
	struct object object = { 0 };
	thread_t thread = thread_stuck(&object, read_base);

	CHECK_KR(thread_suspend(thread), KERN_SUCCESS);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	set_entry(thread, escape);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	expect_escape(99);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
}

static void
send_base(void *unused)
{
	(void)unused;
	escaped = (uint32_t)mach_msg((mach_msg_header_t *)BASE,
	    MACH_SEND_MSG | MACH_RCV_MSG, sizeof(mach_msg_header_t), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	for (;;)
		test_sleep(1000);
}

/* A message that the kernel cannot read is not read again. */
TEST(pager_that_never_answers_lets_a_send_be_aborted)
{
	struct object object = { 0 };
	thread_t thread = thread_stuck(&object, send_base);

	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	expect_escape(MACH_SEND_INVALID_DATA);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
}

/* A fault that was broken off and comes again waits for the first request. */
TEST(pager_fault_survives_thread_abort)
{
	struct object object = { 0 };
	thread_t thread = thread_stuck(&object, read_base);

	for (unsigned i = 0; i < 5; i++) {
		CHECK_KR(thread_abort(thread), KERN_SUCCESS);
		test_sleep(10);
	}
	expect_nothing(object.port);
	supply(&object, 0, 1, 42);
	expect_escape(42);
}

/* Ports that are no pager's */

TEST(pager_port_that_is_dead_gives_zeros)
{
	mach_port_t port = test_port();
	vm_address_t addr = BASE;

	CHECK_KR(mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_KR(vm_map(self, &addr, PAGE_SIZE, 0, FALSE, port, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY), KERN_SUCCESS);
	CHECK_VALUE(vm_try_read(addr), 0);
	CHECK_VALUE(vm_try_write(addr, 4), 4);
	addr += PAGE_SIZE;
	CHECK_KR(vm_map(self, &addr, PAGE_SIZE, 0, FALSE, MACH_PORT_DEAD, 0,
	    TRUE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_try_read(addr), 0);
}

/* Nobody listens, and the port's queue is full of other things. */
TEST(pager_port_that_nobody_listens_to)
{
	struct object object = { .port = test_port() };
	mach_msg_header_t msg;
	struct vm_agent a;

	for (unsigned i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++) {
		memset(&msg, 0, sizeof(msg));
		msg.msgh_size = sizeof(msg);
		CHECK_KR(test_send(&msg, object.port, 1), MACH_MSG_SUCCESS);
	}
	vm_agent_start(&a, self);
	CHECK_KR(map_at(a.task, BASE, &object, 0, 4), KERN_SUCCESS);
	CHECK_KR(map_at(a.task, BASE + 0x10000, &object, 0, 4), KERN_SUCCESS);
	begin_read(&a, BASE);
	test_sleep(50);
	vm_agent_end(&a);
	for (unsigned i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++)
		CHECK_KR(test_receive(&msg, sizeof(msg), object.port, 5000),
		    MACH_MSG_SUCCESS);
	expect_init(&object);
	expect_terminate(&object);
}

TEST(pager_maps_of_odd_offsets_do_no_harm)
{
	struct object object = { .port = test_port() };
	struct vm_agent a;
	vm_address_t addr;

	vm_agent_start(&a, self);
	addr = BASE;
	(void)vm_map(a.task, &addr, 2 * PAGE_SIZE, 0, FALSE, object.port,
	    -PAGE_SIZE, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
	addr = BASE + 0x10000;
	(void)vm_map(a.task, &addr, PAGE_SIZE, 0, FALSE, object.port, 5,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
	addr = BASE + 0x20000;
	CHECK_KR(vm_map(a.task, &addr, 0, 0, FALSE, object.port, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_INVALID_ARGUMENT);
	addr = 0xc0000000;
	CHECK_KR(vm_map(a.task, &addr, PAGE_SIZE, 0, FALSE, object.port, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_INVALID_ADDRESS);
	vm_agent_end(&a);
}

/* The kernel itself touches paged memory */

static uint32_t
send_from(uint32_t addr, uint32_t port)
{
	mach_msg_header_t *msg = (mach_msg_header_t *)addr;

	return mach_msg(msg, MACH_SEND_MSG, 64, 0, MACH_PORT_NULL, 0,
	    MACH_PORT_NULL) ^ (port & 0);
}

/* A page whose first bytes are a message to port. */
static void
supply_message(struct object *object, vm_offset_t offset, mach_port_t port)
{
	vm_address_t page = data(1, 0);
	mach_msg_header_t *msg = (mach_msg_header_t *)page;

	msg->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg->msgh_size = 64;
	msg->msgh_remote_port = port;
	msg->msgh_id = 4711;
	CHECK_KR(memory_object_data_supply(object->control, offset, page,
	    PAGE_SIZE, TRUE, VM_PROT_NONE, FALSE, MACH_PORT_NULL),
	    KERN_SUCCESS);
}

TEST(pager_is_asked_for_what_mach_msg_sends)
{
	mach_port_t port = test_port();
	struct vm_agent a;
	struct object object;
	struct request request;

	vm_agent_start(&a, self);
	vm_agent_give_send(&a, port);
	make_object(&object, &a, BASE, 4);
	vm_agent_begin(&a, send_from, BASE, port);
	expect_request(&object, 0, VM_PROT_READ);
	supply_message(&object, 0, port);
	CHECK_VALUE(vm_agent_finish(&a), MACH_MSG_SUCCESS);
	expect(port, 4711, &request);
	CHECK_EQ(request.head.msgh_size, 64);
	/* An error from the pager is an error of the call. */
	vm_agent_begin(&a, send_from, BASE + PAGE_SIZE, port);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(memory_object_data_error(object.control, PAGE_SIZE,
	    PAGE_SIZE, KERN_FAILURE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&a), MACH_SEND_INVALID_DATA);
	/* And a task that waits in the call can be ended. */
	vm_agent_begin(&a, send_from, BASE + 2 * PAGE_SIZE, port);
	expect_request(&object, 2 * PAGE_SIZE, VM_PROT_READ);
	vm_agent_end(&a);
	expect_terminate(&object);
}

TEST(pager_is_asked_where_vm_write_writes)
{
	struct vm_agent a;
	struct object object;
	vm_address_t pages = data(2, 60);

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	page_in(&object, &a, BASE, 0, 10);
	supply(&object, PAGE_SIZE, 1, 11);
	CHECK_KR(vm_write(a.task, BASE, pages, 2 * PAGE_SIZE), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&a, BASE), 60);
	CHECK_EQ(vm_agent_read(&a, BASE + PAGE_SIZE), 61);
	unmap(&a, BASE, 2);
	unmap(&a, BASE + 2 * PAGE_SIZE, 2);
	for (unsigned i = 0; i < 2; i++) {
		struct request request;

		expect(object.port, DATA_RETURN, &request);
		CHECK_EQ(vm_word(RETURN_DATA(&request)),
		    60 + FIELD(&request, 1) / PAGE_SIZE);
		release(object.control);
	}
	expect_terminate(&object);
	vm_agent_end(&a);
}

/* Leaks */

static void
pager_round(void)
{
	struct vm_agent a;
	struct object object;
	vm_address_t copy;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 16);
	supply(&object, 0, 16, 1);
	copy = vm_agent_call(&a, read_region, BASE, 16);
	vm_agent_write(&a, copy, 7);
	vm_agent_write(&a, BASE + PAGE_SIZE, 8);
	begin_read(&a, BASE + 15 * PAGE_SIZE);
	CHECK_VALUE(vm_agent_finish(&a), 16);
	vm_agent_end(&a);
	expect_return(&object, PAGE_SIZE, 8, true, false);
	expect_terminate(&object);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
}

static void
pager_death_round(void)
{
	struct vm_agent a;
	struct object object;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 16);
	supply(&object, 0, 8, 1);
	begin_write(&a, BASE, 3);
	CHECK_VALUE(vm_agent_finish(&a), 3);
	begin_read(&a, BASE + 15 * PAGE_SIZE);
	expect_request(&object, 15 * PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&a), KERN_MEMORY_ERROR,
	    BASE + 15 * PAGE_SIZE);
	vm_agent_end(&a);
	CHECK_KR(mach_port_deallocate(self, object.name), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(self, object.control), KERN_SUCCESS);
}

TEST(pager_objects_leave_no_memory_behind)
{
	vm_check_no_leak(pager_round, 20, 16);
}

TEST(pager_deaths_leave_no_memory_behind)
{
	vm_check_no_leak(pager_death_round, 20, 16);
}
