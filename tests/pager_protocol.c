/*
 * tests/pager_protocol.c - what Duality's pagers may do beyond the usual: runs
 * of pages, copies that the pager is told of.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/exception.h>
#include <mach/notify.h>
#include <mach/task_limits.h>

#include "pager_support.h"

#define RUN	16u

/* A request for pages from offset on. */
static void
expect_run(struct object *object, vm_offset_t offset, unsigned pages)
{
	struct request request;

	expect(object->port, DATA_REQUEST, &request);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), offset);
	CHECK_EQ(FIELD(&request, 2), pages * PAGE_SIZE);
	release(object->control);
}

/* Have a page asked for, wait some time, and receive the request at from. */
static void
receive_request(struct object *object, struct vm_agent *client, unsigned page,
    unsigned after_ms, mach_port_t from, struct request *request)
{
	memset(request, 0, sizeof(*request));
	begin_read(client, BASE + page * PAGE_SIZE);
	if (after_ms != 0)
		test_sleep(after_ms);
	expect(from, DATA_REQUEST, request);
	CHECK_EQ(FIELD(request, 1), page * PAGE_SIZE);
	release(object->control);
	supply(object, page * PAGE_SIZE, 1, page);
	CHECK_VALUE(vm_agent_finish(client), page);
}

/* A request is the same to who waits for it and from the queue. */
static void
compare_requests(struct object *object, struct vm_agent *client,
    unsigned page, mach_port_t from)
{
	struct request waited, queued;

	receive_request(object, client, page, 0, from, &waited);
	receive_request(object, client, page + 1, 50, from, &queued);
	CHECK_EQ(queued.head.msgh_seqno, waited.head.msgh_seqno + 1);
	queued.head.msgh_seqno--;
	FIELD(&queued, 1) -= PAGE_SIZE;
	CHECK(memcmp(&queued, &waited, sizeof(queued)) == 0);
}

TEST(pager_requests_come_to_who_waits_as_from_the_queue)
{
	struct vm_agent client;
	struct object object;
	mach_port_t set;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 8);
	compare_requests(&object, &client, 0, object.port);
	CHECK_KR(mach_port_set_protected_payload(self, object.port, 0xabcd),
	    KERN_SUCCESS);
	compare_requests(&object, &client, 2, object.port);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_move_member(self, object.port, set), KERN_SUCCESS);
	compare_requests(&object, &client, 4, set);
	CHECK_KR(mach_port_clear_protected_payload(self, object.port),
	    KERN_SUCCESS);
	compare_requests(&object, &client, 6, set);
	CHECK_KR(mach_port_move_member(self, object.port, MACH_PORT_NULL),
	    KERN_SUCCESS);
	vm_agent_end(&client);
	expect_terminate(&object);
}

/* Supply pages that stay the pager's. */
static kern_return_t
supply_kept(struct object *object, unsigned page, vm_address_t from,
    unsigned pages, vm_prot_t lock)
{
	return memory_object_data_supply(object->control, page * PAGE_SIZE,
	    from, pages * PAGE_SIZE, FALSE, lock, FALSE, MACH_PORT_NULL);
}

TEST(pager_keeps_what_it_supplies_unless_it_gives_it_up)
{
	struct vm_agent client;
	struct object object;
	vm_address_t mine, fresh = test_allocate(PAGE_SIZE);

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 16);
	mine = data(4, 100);
	begin_read(&client, BASE);
	expect_request(&object, 0, VM_PROT_READ);
	CHECK_KR(supply_kept(&object, 0, mine, 1, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 100);
	/* each has its own from then on */
	vm_set_word(mine, 7);
	vm_agent_write(&client, BASE, 8);
	CHECK_EQ(vm_word(mine), 7);
	/* several, of which one is there and one is waited for */
	begin_read(&client, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(supply_kept(&object, 0, mine, 4, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 101);
	CHECK_EQ(vm_agent_read(&client, BASE), 8);
	CHECK_EQ(vm_agent_read(&client, BASE + 3 * PAGE_SIZE), 103);
	/* memory of the pager's that has never been touched */
	begin_read(&client, BASE + 4 * PAGE_SIZE);
	expect_request(&object, 4 * PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(supply_kept(&object, 4, fresh, 1, VM_PROT_WRITE),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 0);
	begin_write(&client, BASE + 4 * PAGE_SIZE, 1);
	expect_unlock(&object, 4 * PAGE_SIZE, VM_PROT_WRITE);
	CHECK_KR(memory_object_lock_request(object.control, 4 * PAGE_SIZE,
	    PAGE_SIZE, MEMORY_OBJECT_RETURN_NONE, FALSE, VM_PROT_NONE,
	    MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 1);
	vm_agent_end(&client);
	expect_return(&object, 0, 8, true, false);
	expect_return(&object, 4 * PAGE_SIZE, 1, true, false);
	expect_terminate(&object);
}

TEST(pager_supply_of_what_cannot_be_read_is_refused)
{
	struct vm_agent client;
	struct object object;
	vm_address_t mine = data(4, 100);

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 16);
	CHECK_KR(vm_protect(self, mine + 2 * PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(self, mine + 3 * PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	begin_read(&client, BASE + PAGE_SIZE);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(supply_kept(&object, 1, mine + 2 * PAGE_SIZE, 1,
	    VM_PROT_NONE), MACH_SEND_INVALID_MEMORY);
	CHECK_KR(supply_kept(&object, 1, mine + 3 * PAGE_SIZE, 1,
	    VM_PROT_NONE), MACH_SEND_INVALID_MEMORY);
	CHECK_KR(supply_kept(&object, 1, 0xc0000000, 1, VM_PROT_NONE),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(supply_kept(&object, 1, 0xfffff000, 2, VM_PROT_NONE),
	    MACH_SEND_INVALID_MEMORY);
	/* badly aligned: the call is taken and does nothing */
	CHECK_KR(supply_kept(&object, 1, mine + 8, 1, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(memory_object_data_supply(object.control, PAGE_SIZE + 8,
	    mine, PAGE_SIZE, FALSE, VM_PROT_NONE, FALSE, MACH_PORT_NULL),
	    KERN_SUCCESS);
	CHECK_KR(memory_object_data_supply(MACH_PORT_NULL, PAGE_SIZE, mine,
	    PAGE_SIZE, FALSE, VM_PROT_NONE, FALSE, MACH_PORT_NULL),
	    MACH_SEND_INVALID_DEST);
	CHECK_KR(memory_object_data_supply(self, PAGE_SIZE, mine, PAGE_SIZE,
	    FALSE, VM_PROT_NONE, FALSE, MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_KR(supply_kept(&object, 1, mine, 1, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 100);
	vm_agent_end(&client);
	expect_terminate(&object);
}

static void
set_messages(task_t task, natural_t limit)
{
	natural_t words[TASK_LIMITS_COUNT];

	memset(words, 0xff, sizeof(words));	/* TASK_LIMIT_KEEP */
	words[offsetof(struct task_limits, messages) / sizeof(*words)] = limit;
	CHECK_KR(task_set_limits(task, TEST_HOST_PORT, words,
	    TASK_LIMITS_COUNT), KERN_SUCCESS);
}

/* Wait until this task may send messages: its answer is one. */
static uint32_t
when_unlimited(uint32_t result, uint32_t unused)
{
	natural_t words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;

	while (task_get_limits(self, TASK_LIMITS, words, &count) ==
	    KERN_SUCCESS &&
	    words[offsetof(struct task_limits, messages) / sizeof(*words)] == 0)
		test_sleep(5);
	(void)unused;
	return result;
}

static uint32_t
unmap_own(uint32_t addr, uint32_t size)
{
	return when_unlimited(vm_deallocate(self, addr, size), 0);
}

static uint32_t
flush_own(uint32_t control, uint32_t size)
{
	return when_unlimited(memory_object_lock_request(control, 0, size,
	    MEMORY_OBJECT_RETURN_DIRTY, TRUE, VM_PROT_NO_CHANGE,
	    MACH_PORT_NULL), 0);
}

/* What was written comes to the pager, though its writer may send no more. */
TEST(pager_gets_what_a_task_at_its_limit_wrote)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	page_in(&object, &client, BASE, 0, 4);
	vm_agent_write(&client, BASE, 5);
	test_sleep(50);			/* its threads wait for what comes next */
	set_messages(client.task, 0);
	vm_agent_begin(&client, unmap_own, BASE, 2 * PAGE_SIZE);
	test_sleep(50);			/* nobody waits for the messages */
	expect_return(&object, 0, 5, true, false);
	expect_terminate(&object);
	set_messages(client.task, 1000);
	CHECK_VALUE(vm_agent_finish(&client), KERN_SUCCESS);
	vm_agent_end(&client);
}

/* One that asks for its pages but may have no more messages has them later. */
TEST(pager_at_its_limit_loses_nothing)
{
	struct vm_agent client, pager;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 2);
	vm_agent_start(&pager, self);
	vm_agent_give_send(&pager, object.control);
	page_in(&object, &client, BASE, 0, 4);
	vm_agent_write(&client, BASE, 5);
	/* its threads are there, and wait for what comes next */
	vm_agent_begin(&pager, when_unlimited, 9, 0);
	CHECK_VALUE(vm_agent_finish(&pager), 9);
	test_sleep(50);
	set_messages(pager.task, 0);
	vm_agent_begin(&pager, flush_own, object.control, 2 * PAGE_SIZE);
	test_sleep(50);			/* nobody waits for the message */
	expect_nothing(object.port);
	CHECK_EQ(vm_agent_read(&client, BASE), 5);
	set_messages(pager.task, 1000);
	CHECK_VALUE(vm_agent_finish(&pager), KERN_SUCCESS);
	CHECK_EQ(vm_agent_call(&pager, flush_own, object.control,
	    2 * PAGE_SIZE), KERN_SUCCESS);
	expect_return(&object, 0, 5, true, false);
	vm_agent_end(&pager);
	vm_agent_end(&client);
	expect_terminate(&object);
}

TEST(pager_that_takes_runs_is_asked_for_runs)
{
	struct vm_agent client;
	struct object object;
	unsigned pages = 64, requests = 0;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, pages);
	CHECK_KR(memory_object_set_run(object.control, RUN * PAGE_SIZE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < pages; i++) {
		begin_read(&client, BASE + i * PAGE_SIZE);
		if (i % RUN == 0) {
			expect_run(&object, i * PAGE_SIZE, RUN);
			supply(&object, i * PAGE_SIZE, RUN, 100 + i);
			requests++;
		}
		CHECK_VALUE(vm_agent_finish(&client), 100 + i);
	}
	CHECK_EQ(requests, pages / RUN);
	expect_nothing(object.port);
	unmap(&client, BASE, pages);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/* A run ends at the object's end and before a page that is there. */
TEST(pager_runs_are_of_what_is_missing)
{
	struct vm_agent client, other;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 24);
	vm_agent_start(&other, client.task);
	page_in(&object, &client, BASE + 5 * PAGE_SIZE, 5 * PAGE_SIZE, 55);
	CHECK_KR(memory_object_set_run(object.control, RUN * PAGE_SIZE),
	    KERN_SUCCESS);
	begin_read(&client, BASE + 2 * PAGE_SIZE);
	expect_run(&object, 2 * PAGE_SIZE, 3);
	/* who wants another page of the run waits for the same answer */
	begin_read(&other, BASE + 4 * PAGE_SIZE);
	expect_nothing(object.port);
	supply(&object, 2 * PAGE_SIZE, 3, 2);
	CHECK_VALUE(vm_agent_finish(&client), 2);
	CHECK_VALUE(vm_agent_finish(&other), 4);
	begin_read(&client, BASE + 20 * PAGE_SIZE);
	expect_run(&object, 20 * PAGE_SIZE, 4);
	supply(&object, 20 * PAGE_SIZE, 1, 20);
	CHECK_VALUE(vm_agent_finish(&client), 20);
	/* pages of a run that have no data are asked for again */
	CHECK_KR(memory_object_data_unavailable(object.control,
	    21 * PAGE_SIZE, 3 * PAGE_SIZE), KERN_SUCCESS);
	begin_read(&client, BASE + 22 * PAGE_SIZE);
	expect_run(&object, 22 * PAGE_SIZE, 2);
	CHECK_KR(memory_object_data_unavailable(object.control,
	    22 * PAGE_SIZE, 2 * PAGE_SIZE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&client), 0);
	/* an error is for who waits; the rest of the run may be tried again */
	begin_read(&client, BASE + 8 * PAGE_SIZE);
	expect_run(&object, 8 * PAGE_SIZE, 12);
	CHECK_KR(memory_object_data_error(object.control, 8 * PAGE_SIZE,
	    12 * PAGE_SIZE, KERN_FAILURE), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&client), KERN_MEMORY_ERROR,
	    BASE + 8 * PAGE_SIZE);
	begin_read(&client, BASE + 9 * PAGE_SIZE);
	expect_run(&object, 9 * PAGE_SIZE, 11);
	supply(&object, 9 * PAGE_SIZE, 11, 9);
	CHECK_VALUE(vm_agent_finish(&client), 9);
	vm_agent_end(&other);
	unmap(&client, BASE, 24);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/* Pages come back together, and leave the kernel. */
static void
expect_return_run(struct object *object, unsigned page, unsigned pages,
    uint32_t first, bool dirty)
{
	struct request request;

	expect(object->port, DATA_RETURN, &request);
	CHECK_EQ(FIELD(&request, 1), page * PAGE_SIZE);
	CHECK_EQ(RETURN_SIZE(&request), pages * PAGE_SIZE);
	CHECK_EQ(RETURN_DIRTY(&request), dirty);
	CHECK_EQ(RETURN_KERNEL_COPY(&request), false);
	vm_expect(RETURN_DATA(&request), pages, first);
	vm_deallocate_check(RETURN_DATA(&request), pages * PAGE_SIZE);
	release(object->control);
}

/* What an object had that ends: changed pages, precious ones, and others. */
TEST(pager_gets_runs_of_an_object_that_ends)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 64);
	CHECK_KR(memory_object_set_run(object.control, RUN * PAGE_SIZE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i++) {
		begin_read(&client, BASE + i * RUN * PAGE_SIZE);
		expect_run(&object, i * RUN * PAGE_SIZE, RUN);
		CHECK_KR(memory_object_data_supply(object.control,
		    i * RUN * PAGE_SIZE, data(RUN, i * RUN), RUN * PAGE_SIZE,
		    TRUE, VM_PROT_NONE, i == 2, MACH_PORT_NULL), KERN_SUCCESS);
		CHECK_VALUE(vm_agent_finish(&client), i * RUN);
	}
	/* 5 to 7, and 12 to 35, of which the last four are precious as well */
	for (unsigned i = 5; i < 36; i++)
		if (i < 8 || i >= 12)
			vm_agent_write(&client, BASE + i * PAGE_SIZE, i);
	unmap(&client, BASE, 64);
	expect_return_run(&object, 5, 3, 5, true);
	expect_return_run(&object, 12, RUN, 12, true);
	expect_return_run(&object, 12 + RUN, 36 - 12 - RUN, 12 + RUN, true);
	expect_return_run(&object, 36, 3 * RUN - 36, 36, false);
	expect_terminate(&object);
	vm_agent_end(&client);
}

TEST(pager_runs_of_odd_size_are_refused)
{
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 32);
	CHECK_KR(memory_object_set_run(object.control, 0),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(memory_object_set_run(object.control, PAGE_SIZE + 1),
	    KERN_INVALID_ARGUMENT);
	CHECK(memory_object_set_run(object.name, PAGE_SIZE) != KERN_SUCCESS);
	CHECK_KR(memory_object_set_run(object.control, 0x10000000),
	    KERN_SUCCESS);
	begin_read(&client, BASE);
	expect_run(&object, 0, RUN);	/* as much as there is at once */
	supply(&object, 0, 1, 1);
	CHECK_VALUE(vm_agent_finish(&client), 1);
	unmap(&client, BASE, 32);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/*
 * MEMORY_OBJECT_COPY_CALL: the pager gets what was written before the copy,
 * then word of the copy with the receive right of a new object.
 */
TEST(pager_is_told_of_copies)
{
	struct vm_agent client;
	struct object object = { .port = test_port() }, copy;
	struct request request;
	vm_address_t to = BASE + 64 * PAGE_SIZE;

	vm_agent_start(&client, self);
	CHECK_KR(map_at(client.task, BASE, &object, 0, 4), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_CALL);
	begin_write(&client, BASE + PAGE_SIZE, 0x1111);
	expect_request(&object, PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE);
	supply(&object, PAGE_SIZE, 1, 0);
	CHECK_VALUE(vm_agent_finish(&client), 0x1111);

	CHECK_KR(vm_map(client.task, &to, 2 * PAGE_SIZE, 0, FALSE,
	    object.port, PAGE_SIZE, TRUE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY), KERN_SUCCESS);
	expect_return(&object, PAGE_SIZE, 0x1111, true, true);
	expect(object.port, COPY, &request);
	CHECK_EQ(request.head.msgh_size, 56);
	CHECK_EQ(FIELD(&request, 0), object.control);
	CHECK_EQ(FIELD(&request, 1), PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 2), 2 * PAGE_SIZE);
	copy.port = FIELD(&request, 3);
	release(object.control);
	expect_init(&copy);
	ready(&copy, false, MEMORY_OBJECT_COPY_DELAY);
	/* the original goes on; the copy asks for what was */
	vm_agent_write(&client, BASE + PAGE_SIZE, 0x2222);
	begin_read(&client, to);
	expect_request(&copy, 0, VM_PROT_READ);
	supply(&copy, 0, 1, 0x1111);
	CHECK_VALUE(vm_agent_finish(&client), 0x1111);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 0x2222);
	vm_agent_write(&client, to, 0x3333);
	unmap(&client, to, 2);
	expect_return(&copy, 0, 0x3333, true, false);
	expect_terminate(&copy);
	unmap(&client, BASE, 4);
	expect_return(&object, PAGE_SIZE, 0x2222, true, false);
	expect_terminate(&object);
	vm_agent_end(&client);
}

/* Where answers are to go */

static mach_msg_type_t
word_type(mach_msg_type_name_t name)
{
	return (mach_msg_type_t) {
		.msgt_name = name, .msgt_size = 32, .msgt_number = 1,
		.msgt_inline = TRUE,
	};
}

static uint32_t *
put_word(uint32_t *to, mach_msg_type_name_t name, uint32_t word)
{
	mach_msg_type_t type = word_type(name);

	memcpy(to, &type, sizeof(type));
	to[1] = word;
	return to + 2;
}

/* A page of ours, out of line. */
static uint32_t *
put_page(uint32_t *to)
{
	mach_msg_type_long_t type = {
		.msgtl_header.msgt_longform = TRUE,
		.msgtl_name = MACH_MSG_TYPE_BYTE, .msgtl_size = 8,
		.msgtl_number = PAGE_SIZE,
	};

	memcpy(to, &type, sizeof(type));
	to[3] = test_allocate(PAGE_SIZE);
	return to + 4;
}

enum { LOCK_REQUEST = 2044, DATA_SUPPLY = 2093, CHANGE_ATTRIBUTES = 2095 };

/* A request to a memory object that ends in where its answer is to go. */
static void
send_with_reply(struct object *object, mach_msg_id_t id,
    mach_msg_type_name_t type, uint32_t reply)
{
	struct {
		mach_msg_header_t head;
		uint32_t	  word[16];
	} msg = { .head.msgh_bits = MACH_MSGH_BITS_COMPLEX };
	uint32_t *at = msg.word;

	if (id == CHANGE_ATTRIBUTES) {
		at = put_word(at, MACH_MSG_TYPE_BOOLEAN, FALSE);
		at = put_word(at, MACH_MSG_TYPE_INTEGER_32,
		    MEMORY_OBJECT_COPY_DELAY);
	} else {
		at = put_word(at, MACH_MSG_TYPE_INTEGER_32, 3 * PAGE_SIZE);
		at = id == DATA_SUPPLY ? put_page(at) : put_word(put_word(at,
		    MACH_MSG_TYPE_INTEGER_32, PAGE_SIZE),
		    MACH_MSG_TYPE_INTEGER_32, MEMORY_OBJECT_RETURN_NONE);
		if (id == LOCK_REQUEST)
			at = put_word(at, MACH_MSG_TYPE_BOOLEAN, FALSE);
		at = put_word(at, MACH_MSG_TYPE_INTEGER_32, VM_PROT_NONE);
		if (id == DATA_SUPPLY)
			at = put_word(at, MACH_MSG_TYPE_BOOLEAN, FALSE);
	}
	at = put_word(at, type, reply);
	msg.head.msgh_size = (mach_msg_size_t)((char *)at - (char *)&msg);
	CHECK_KR(test_send(&msg.head, object->control, id), MACH_MSG_SUCCESS);
}

/* What is no right is not taken for one; a receive right is given up. */
TEST(pager_answers_go_to_rights_that_can_be_sent_to)
{
	static const uint32_t words[] = { 1, 0xc0100000, 0xdeadbee0,
	    0xfffffffe };
	static const mach_msg_id_t ids[] = { LOCK_REQUEST, DATA_SUPPLY,
	    CHANGE_ATTRIBUTES };
	mach_port_t notify = test_port(), reply = test_port(), port, previous;
	struct request request;
	struct vm_agent client;
	struct object object;

	vm_agent_start(&client, self);
	make_object(&object, &client, BASE, 4);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned w = 0; w < 4; w++) {
			send_with_reply(&object, ids[i],
			    MACH_MSG_TYPE_INTEGER_32, words[w]);
			send_with_reply(&object, ids[i],
			    MACH_MSG_TYPE_PORT_NAME, words[w]);
		}
		port = test_port();
		CHECK_KR(mach_port_request_notification(self, port,
		    MACH_NOTIFY_DEAD_NAME, 0, notify,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
		send_with_reply(&object, ids[i], MACH_MSG_TYPE_MOVE_RECEIVE,
		    port);
		expect(notify, MACH_NOTIFY_DEAD_NAME, &request);
		CHECK_EQ(FIELD(&request, 0), port);
		/* and so that one sees that the rest was right */
		send_with_reply(&object, ids[i], MACH_MSG_TYPE_COPY_SEND,
		    reply);
		CHECK_KR(test_receive(&request.head, sizeof(request), reply,
		    5000), MACH_MSG_SUCCESS);
	}
	page_in(&object, &client, BASE, 0, 10);
	vm_agent_end(&client);
	expect_terminate(&object);
}
