/*
 * tests/pager_received.c - memory of a pager that was sent in a message, and
 * that the receiver has had read before its receive returns
 * (FAULT_POLICY_READ; paper, section 6.1: a data manager changes data).
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/fault_policy.h>

#include "pager_support.h"

#define PAGES		4u
#define TIMEOUT_MS	100u
#define LONG_MS		20000u
#define NOT_READ	(MACH_RCV_BODY_ERROR | MACH_MSG_VM_KERNEL)

static void
set_reading(task_t task, int policy, unsigned timeout_ms, mach_port_t notify)
{
	CHECK_KR(vm_set_fault_policy(task, 0, 0, policy | FAULT_POLICY_READ,
	    timeout_ms, notify), KERN_SUCCESS);
}

/* In an agent: the address of the memory that comes, or the error. */
static uint32_t
receive_data(uint32_t port, uint32_t unused)
{
	struct vm_data_message msg;
	mach_msg_return_t mr;

	(void)unused;
	mr = test_receive(&msg.head, sizeof(msg), port, LONG_MS);
	if (mr == MACH_MSG_SUCCESS)
		return msg.data;
	CHECK_EQ(msg.data, 0);
	CHECK_EQ(msg.type.msgtl_number, PAGES * PAGE_SIZE);
	return mr;
}

/* A client that maps the object, and a receiver of what it sends. */
struct scene {
	struct vm_agent	client, receiver;
	struct object	object;
	mach_port_t	port;		/* a send right */
};

static uint32_t
send_data(uint32_t port, uint32_t addr)
{
	return vm_send_data(port, addr, PAGES * PAGE_SIZE, false);
}

static void
scene_begin(struct scene *s, int policy, mach_port_t notify)
{
	vm_agent_start(&s->client, self);
	vm_agent_start(&s->receiver, self);
	make_object(&s->object, &s->client, BASE, PAGES);
	s->port = test_port();
	vm_agent_give_send(&s->client, s->port);
	CHECK_KR(mach_port_insert_right(s->receiver.task, s->port, s->port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	set_reading(s->receiver.task, policy, policy == FAULT_POLICY_WAIT ?
	    0 : TIMEOUT_MS, notify);
}

/* The client sends what it maps; the receiver begins to receive it. */
static void
scene_send(struct scene *s)
{
	CHECK_KR(vm_agent_call(&s->client, send_data, s->port, BASE),
	    MACH_MSG_SUCCESS);
	vm_agent_begin(&s->receiver, receive_data, s->port, 0);
}

static void
scene_end(struct scene *s)
{
	vm_agent_end(&s->client);
	vm_agent_end(&s->receiver);
	expect_terminate(&s->object);
	release(s->port);
}

static vm_size_t
memory_of(task_t task)
{
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	CHECK_KR(task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count),
	    KERN_SUCCESS);
	return info.virtual_size;
}

/* All that the pager has is other data from now on. */
static void
change_all(struct scene *s, uint32_t word)
{
	mach_port_t reply = test_port();

	lock_request(&s->object, 0, PAGES, MEMORY_OBJECT_RETURN_NONE, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&s->object, reply, 0, PAGES);
	CHECK_KR(mach_port_destroy(self, reply), KERN_SUCCESS);
	page_in(&s->object, &s->client, BASE + PAGE_SIZE, PAGE_SIZE, word);
}

static void
check_words(struct scene *s, vm_address_t addr, uint32_t first)
{
	for (unsigned i = 0; i < PAGES; i++)
		CHECK_EQ(vm_agent_read(&s->receiver, addr + i * PAGE_SIZE),
		    first + i);
}

TEST(pager_memory_is_read_before_its_receive_returns)
{
	struct scene s;
	vm_address_t addr;

	scene_begin(&s, FAULT_POLICY_WAIT, MACH_PORT_NULL);
	page_in(&s.object, &s.client, BASE + PAGE_SIZE, PAGE_SIZE, 11);
	scene_send(&s);
	/* all but the page that is resident */
	for (unsigned i = 0; i < PAGES; i++) {
		if (i == 1)
			continue;
		expect_request(&s.object, i * PAGE_SIZE, VM_PROT_READ);
		supply(&s.object, i * PAGE_SIZE, 1, 10 + i);
	}
	addr = vm_agent_finish(&s.receiver).value;
	change_all(&s, 77);
	check_words(&s, addr, 10);
	expect_nothing(s.object.port);
	/* and without the pager, too */
	CHECK_KR(mach_port_destroy(self, s.object.port), KERN_SUCCESS);
	check_words(&s, addr, 10);
	vm_agent_write(&s.receiver, addr + PAGE_SIZE, 5);
	CHECK_EQ(vm_agent_read(&s.client, BASE + PAGE_SIZE), 77);
	vm_agent_end(&s.client);
	vm_agent_end(&s.receiver);
}

static uint32_t
read_memory_of(uint32_t task, uint32_t addr)
{
	mach_msg_type_number_t count;
	pointer_t copy;
	kern_return_t kr;

	kr = vm_read(task, addr, PAGES * PAGE_SIZE, &copy, &count);
	return kr == KERN_SUCCESS ? copy : (uint32_t)kr;
}

/* What a call of the kernel returns has come in a message as well. */
TEST(pager_memory_in_a_reply_is_read)
{
	struct scene s;
	vm_address_t addr;

	scene_begin(&s, FAULT_POLICY_WAIT, MACH_PORT_NULL);
	vm_agent_give_send(&s.receiver, s.client.task);
	vm_agent_begin(&s.receiver, read_memory_of, s.client.task, BASE);
	for (unsigned i = 0; i < PAGES; i++) {
		expect_request(&s.object, i * PAGE_SIZE, VM_PROT_READ);
		supply(&s.object, i * PAGE_SIZE, 1, 30 + i);
	}
	addr = vm_agent_finish(&s.receiver).value;
	change_all(&s, 99);
	check_words(&s, addr, 30);
	/* without the policy it is read as it is touched */
	CHECK_KR(vm_set_fault_policy(s.receiver.task, 0, 0, FAULT_POLICY_WAIT,
	    0, MACH_PORT_NULL), KERN_SUCCESS);
	addr = vm_agent_call(&s.receiver, read_memory_of, s.client.task, BASE);
	CHECK_EQ(vm_agent_read(&s.receiver, addr + PAGE_SIZE), 99);
	expect_nothing(s.object.port);
	scene_end(&s);
}

/* The copy is an object of the pager's own, which it can change as well. */
TEST(pager_memory_copied_by_its_pager_is_read)
{
	struct scene s;
	struct object copy;
	struct request request;
	vm_address_t addr;

	scene_begin(&s, FAULT_POLICY_WAIT, MACH_PORT_NULL);
	ready(&s.object, false, MEMORY_OBJECT_COPY_CALL);
	scene_send(&s);
	expect(s.object.port, COPY, &request);
	copy.port = FIELD(&request, 3);
	release(FIELD(&request, 0));
	expect_init(&copy);
	ready(&copy, false, MEMORY_OBJECT_COPY_DELAY);
	for (unsigned i = 0; i < PAGES; i++) {
		expect_request(&copy, i * PAGE_SIZE, VM_PROT_READ);
		supply(&copy, i * PAGE_SIZE, 1, 50 + i);
	}
	addr = vm_agent_finish(&s.receiver).value;
	/* nobody needs it any more */
	expect_terminate(&copy);
	check_words(&s, addr, 50);
	vm_agent_end(&s.client);
	vm_agent_end(&s.receiver);
}

TEST(pager_memory_that_cannot_be_read_does_not_come)
{
	struct scene s;
	vm_size_t before;

	scene_begin(&s, FAULT_POLICY_WAIT, MACH_PORT_NULL);
	(void)vm_agent_read(&s.receiver, (vm_address_t)&scene_begin);
	vm_agent_begin(&s.receiver, vm_fn_read, (vm_address_t)&scene_begin, 0);
	(void)vm_agent_finish(&s.receiver);	/* its second thread exists */
	before = memory_of(s.receiver.task);
	scene_send(&s);
	expect_request(&s.object, 0, VM_PROT_READ);
	supply(&s.object, 0, 1, 1);
	expect_request(&s.object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(memory_object_data_error(s.object.control, PAGE_SIZE,
	    PAGE_SIZE, KERN_FAILURE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&s.receiver), NOT_READ);
	CHECK_EQ(memory_of(s.receiver.task), before);
	/* the same of a pager that dies meanwhile */
	scene_send(&s);
	expect_request(&s.object, PAGE_SIZE, VM_PROT_READ);
	CHECK_KR(mach_port_destroy(self, s.object.port), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_finish(&s.receiver), NOT_READ);
	/* and of one that was dead before */
	scene_send(&s);
	CHECK_VALUE(vm_agent_finish(&s.receiver), NOT_READ);
	CHECK_EQ(memory_of(s.receiver.task), before);
	vm_agent_end(&s.client);
	vm_agent_end(&s.receiver);
}

/* The time is for all pages together: not each can be waited for so long. */
TEST(pager_memory_is_read_in_bounded_time)
{
	struct scene s;
	vm_address_t addr;

	scene_begin(&s, FAULT_POLICY_EXCEPTION, MACH_PORT_NULL);
	scene_send(&s);
	expect_request(&s.object, 0, VM_PROT_READ);
	CHECK_VALUE(vm_agent_finish(&s.receiver), NOT_READ);
	supply(&s.object, 0, 1, 1);
	set_reading(s.receiver.task, FAULT_POLICY_ZERO, TIMEOUT_MS,
	    MACH_PORT_NULL);
	scene_send(&s);
	/* the first page is there, one is asked for, the others never */
	expect_request(&s.object, PAGE_SIZE, VM_PROT_READ);
	addr = vm_agent_finish(&s.receiver).value;
	CHECK_EQ(vm_agent_read(&s.receiver, addr), 1);
	supply(&s.object, PAGE_SIZE, 1, 2);
	for (unsigned i = 1; i < PAGES; i++)
		CHECK_EQ(vm_agent_read(&s.receiver, addr + i * PAGE_SIZE), 0);
	expect_nothing(s.object.port);
	scene_end(&s);
}

TEST(pager_memory_that_is_awaited_is_told_of)
{
	mach_port_t notify = test_port();
	fault_policy_message_t msg;
	struct scene s;
	vm_address_t addr;

	scene_begin(&s, FAULT_POLICY_MESSAGE, notify);
	scene_send(&s);
	expect_request(&s.object, 0, VM_PROT_READ);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, LONG_MS),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, FAULT_POLICY_MSG_ID);
	/* the first page last: with it the reading goes on at once */
	supply(&s.object, PAGE_SIZE, PAGES - 1, 41);
	supply(&s.object, 0, 1, 40);
	addr = vm_agent_finish(&s.receiver).value;
	CHECK_EQ(msg.address, addr);
	check_words(&s, addr, 40);
	scene_end(&s);
	CHECK_KR(mach_port_destroy(self, notify), KERN_SUCCESS);
}

/* thread_abort of all threads of a task, but for its first one. */
static void
abort_others(task_t task)
{
	mach_msg_type_number_t count;
	thread_array_t threads;

	CHECK_KR(task_threads(task, &threads, &count), KERN_SUCCESS);
	for (unsigned i = 0; i < count; i++) {
		if (i != 0)
			CHECK_KR(thread_abort(threads[i]), KERN_SUCCESS);
		release(threads[i]);
	}
	vm_deallocate_check((vm_address_t)threads, count * sizeof(*threads));
}

TEST(pager_memory_that_is_awaited_can_be_given_up)
{
	struct scene s;

	scene_begin(&s, FAULT_POLICY_WAIT, MACH_PORT_NULL);
	scene_send(&s);
	expect_request(&s.object, 0, VM_PROT_READ);
	test_sleep(QUIET_MS);
	abort_others(s.receiver.task);
	CHECK_VALUE(vm_agent_finish(&s.receiver), NOT_READ);
	/* and the receiver's end ends it too */
	scene_send(&s);
	test_sleep(QUIET_MS);
	vm_agent_end(&s.receiver);
	vm_agent_end(&s.client);
	expect_terminate(&s.object);
}

/* Who has memory read that it pages itself waits for itself, for its time. */
TEST(pager_that_reads_its_own_memory_goes_on)
{
	struct object object = { .port = test_port() };
	mach_port_t port = test_port();
	struct vm_data_message msg;

	CHECK_KR(map_at(self, BASE, &object, 0, PAGES), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	set_reading(self, FAULT_POLICY_EXCEPTION, TIMEOUT_MS, MACH_PORT_NULL);
	CHECK_KR(vm_send_data(port, BASE, PAGES * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), port, LONG_MS), NOT_READ);
	CHECK_EQ(msg.data, 0);
	expect_request(&object, 0, VM_PROT_READ);
	supply(&object, 0, PAGES, 60);
	CHECK_KR(vm_send_data(port, BASE, PAGES * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), port, LONG_MS),
	    MACH_MSG_SUCCESS);
	vm_expect(msg.data, PAGES, 60);
	vm_deallocate_check(msg.data, PAGES * PAGE_SIZE);
	vm_deallocate_check(BASE, PAGES * PAGE_SIZE);
	expect_terminate(&object);
}

/* Two regions: what is wrong with one is not the other's. */
struct two_regions {
	mach_msg_header_t    head;
	mach_msg_type_long_t first_type;
	vm_address_t	     first;
	mach_msg_type_long_t second_type;
	vm_address_t	     second;
	uint32_t	     room[8];
};

TEST(pager_memory_that_cannot_be_read_stops_no_other)
{
	struct object object = { .port = test_port() };
	mach_port_t port = test_port();
	vm_address_t mine = data(PAGES, 80);
	struct two_regions msg;

	CHECK_KR(map_at(self, BASE, &object, 0, PAGES), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	set_reading(self, FAULT_POLICY_EXCEPTION, TIMEOUT_MS, MACH_PORT_NULL);
	memset(&msg, 0, sizeof(msg));
	vm_data_message_make((struct vm_data_message *)&msg, BASE,
	    PAGES * PAGE_SIZE, false);
	msg.second_type = msg.first_type;
	msg.second = mine;
	msg.head.msgh_size = offsetof(struct two_regions, room);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), port, LONG_MS), NOT_READ);
	CHECK_EQ(msg.first, 0);
	CHECK(msg.second != mine);
	vm_expect(msg.second, PAGES, 80);
}

/* Memory without a pager costs nothing more, whatever its size. */
TEST(pager_memory_alone_is_read)
{
	mach_port_t port = test_port();
	vm_address_t addr = test_allocate(512u << 20);
	unsigned before;
	vm_size_t size;

	set_reading(self, FAULT_POLICY_EXCEPTION, LONG_MS, MACH_PORT_NULL);
	vm_set_word(addr + PAGE_SIZE, 9);
	before = vm_free_count();
	CHECK_KR(vm_send_data(port, addr, 512u << 20, false),
	    MACH_MSG_SUCCESS);
	addr = vm_receive_data(port, &size);
	CHECK(vm_free_count() + 100 > before);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 9);
	CHECK_EQ(vm_word(addr + 2 * PAGE_SIZE), 0);
}

TEST(pager_memory_is_read_for_receivers_only)
{
	CHECK_KR(vm_set_fault_policy(self, BASE, PAGE_SIZE,
	    FAULT_POLICY_WAIT | FAULT_POLICY_READ, 1, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_set_fault_policy(self, 0, 0,
	    (FAULT_POLICY_ZERO + 1) | FAULT_POLICY_READ, 1, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_set_fault_policy(self, 0, 0,
	    FAULT_POLICY_MESSAGE | FAULT_POLICY_READ, 1, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_set_fault_policy(self, 0, 0, FAULT_POLICY_READ << 1, 1,
	    MACH_PORT_NULL), KERN_INVALID_ARGUMENT);
}
