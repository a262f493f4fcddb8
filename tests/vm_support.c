/*
 * tests/vm_support.c - helpers of the memory tests.
 *
 * An agent's task finds the receive right for its commands under a fixed
 * name; each command is answered with the outcome.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>

#include "../libmach/thread.h"
#include "raise.h"
#include "vm_support.h"

#define AGENT_PORT	((mach_port_t)0x7101)
#define WAIT_MS		20000
#define MSG_DONE	0x7a01
#define MSG_COMMAND	0x7a02
#define MSG_OUTCOME	0x7a03
#define WORDS		8

/* Commands, outcomes, and the exceptions of vm_try's threads. */
struct word_message {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	uint32_t	  word[WORDS];
};

union any_message {
	mach_msg_header_t   head;
	struct word_message words;
	struct raise	    raise;
	char		    room[512];
};

/*
 * The thread of this task that tries things.  It is kept from try to try, and
 * sent back to its loop by an exception: then trying needs no new memory.
 */
static struct {
	mach_port_t  start;	/* a message here begins a try */
	mach_port_t  outcome;	/* its end, or the exception, comes here */
	vm_address_t stack;	/* where its loop begins anew */
	vm_fn	     fn;
	uint32_t     a, b, value;
} worker;

static char agent_stack[0x8000] __attribute__((aligned(16)));

static void
words_init(struct word_message *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	msg->type.msgt_size = 32;
	msg->type.msgt_number = WORDS;
	msg->type.msgt_inline = TRUE;
	msg->head.msgh_size = sizeof(*msg);
}

static void
send_empty(mach_port_t port, mach_msg_id_t id)
{
	mach_msg_header_t msg = { .msgh_size = sizeof(msg) };

	CHECK_KR(test_send(&msg, port, id), MACH_MSG_SUCCESS);
}

static void
worker_loop(void *unused)
{
	union any_message msg;

	(void)unused;
	for (;;) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), worker.start, 0),
		    MACH_MSG_SUCCESS);
		worker.value = worker.fn(worker.a, worker.b);
		send_empty(worker.outcome, MSG_DONE);
	}
}

static void
worker_main(void *unused)
{
	worker.stack = (vm_address_t)__builtin_frame_address(0) & ~63ul;
	CHECK_KR(thread_set_special_port(mach_thread_port(),
	    THREAD_EXCEPTION_PORT, worker.outcome), KERN_SUCCESS);
	worker_loop(unused);
}

/* Send the worker, which waits for an answer to its exception, to its loop. */
static void
worker_recover(union any_message *msg)
{
	mig_reply_header_t reply;

	CHECK_KR(mach_thread_set_entry(msg->raise.thread, worker_loop, NULL,
	    worker.stack - 256), KERN_SUCCESS);
	memset(&reply, 0, sizeof(reply));
	reply.Head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
	reply.Head.msgh_size = sizeof(reply);
	reply.Head.msgh_remote_port = msg->head.msgh_remote_port;
	reply.Head.msgh_id = msg->head.msgh_id + 100;
	reply.RetCodeType.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	reply.RetCodeType.msgt_size = 32;
	reply.RetCodeType.msgt_number = 1;
	reply.RetCodeType.msgt_inline = TRUE;
	reply.RetCode = KERN_SUCCESS;
	CHECK_KR(mach_msg(&reply.Head, MACH_SEND_MSG, sizeof(reply), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	msg->head.msgh_remote_port = MACH_PORT_NULL;
	mach_msg_destroy(&msg->head);
}

struct vm_outcome
vm_try(vm_fn fn, uint32_t a, uint32_t b)
{
	struct vm_outcome outcome = { 0 };
	union any_message msg;

	if (worker.start == MACH_PORT_NULL) {
		worker.start = test_port();
		worker.outcome = test_port();
		CHECK_KR(mach_thread_start(worker_main, NULL), KERN_SUCCESS);
	}
	worker.fn = fn;
	worker.a = a;
	worker.b = b;
	send_empty(worker.start, MSG_DONE);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), worker.outcome,
	    2 * WAIT_MS), MACH_MSG_SUCCESS);
	if (msg.head.msgh_id == MSG_DONE) {
		outcome.value = worker.value;
		return outcome;
	}
	CHECK_EQ(msg.head.msgh_id, 2400);
	outcome.raised = true;
	outcome.exception = msg.raise.exception;
	outcome.code = msg.raise.code;
	outcome.subcode = msg.raise.subcode;
	worker_recover(&msg);
	return outcome;
}

uint32_t
vm_fn_read(uint32_t addr, uint32_t unused)
{
	(void)unused;
	return vm_word(addr);
}

uint32_t
vm_fn_write(uint32_t addr, uint32_t value)
{
	vm_set_word(addr, value);
	return value;
}

struct vm_outcome
vm_try_read(vm_address_t addr)
{
	return vm_try(vm_fn_read, addr, 0);
}

struct vm_outcome
vm_try_write(vm_address_t addr, uint32_t value)
{
	return vm_try(vm_fn_write, addr, value);
}

static struct vm_outcome
agent_obey(const struct word_message *msg)
{
	vm_fn fn = (vm_fn)msg->word[0];
	struct vm_outcome outcome = { 0 };

	if (msg->word[3] != 0)
		return vm_try(fn, msg->word[1], msg->word[2]);
	outcome.value = fn(msg->word[1], msg->word[2]);
	return outcome;
}

/* An agent ends when nobody can command it: its test is over. */
static void
agent_main(void *unused)
{
	struct vm_outcome outcome;
	union any_message msg;
	mach_port_t reply;

	(void)unused;
	mach_child_init();
	memset(&worker, 0, sizeof(worker));
	CHECK_KR(mach_port_request_notification(mach_task_self(), AGENT_PORT,
	    MACH_NOTIFY_NO_SENDERS, 1, AGENT_PORT,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &reply), KERN_SUCCESS);
	for (;;) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), AGENT_PORT, 0),
		    MACH_MSG_SUCCESS);
		if (msg.head.msgh_id == MACH_NOTIFY_NO_SENDERS)
			(void)task_terminate(mach_task_self());
		reply = msg.head.msgh_remote_port;
		outcome = agent_obey(&msg.words);
		words_init(&msg.words);
		memcpy(msg.words.word, &outcome, sizeof(outcome));
		msg.head.msgh_bits =
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.head.msgh_remote_port = reply;
		msg.head.msgh_id = MSG_OUTCOME;
		(void)mach_msg(&msg.head, MACH_SEND_MSG, msg.head.msgh_size, 0,
		    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	}
}

void
vm_agent_give_send(struct vm_agent *agent, mach_port_t right)
{
	CHECK_KR(mach_port_insert_right(agent->task, right, right,
	    MACH_MSG_TYPE_COPY_SEND), KERN_SUCCESS);
}

void
vm_agent_start(struct vm_agent *agent, task_t task)
{
	mach_port_t command = test_port();
	thread_t thread;

	CHECK_KR(task_create(task, TRUE, &agent->task), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(agent->task, AGENT_PORT, command,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	vm_agent_give_send(agent, TEST_REPORT_PORT);
	vm_agent_give_send(agent, TEST_HOST_PORT);
	agent->command = command;
	CHECK_KR(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
	    &agent->reply), KERN_SUCCESS);
	CHECK_KR(thread_create(agent->task, &thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(thread, agent_main, NULL,
	    (vm_address_t)agent_stack + sizeof(agent_stack)), KERN_SUCCESS);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(mach_task_self(), thread), KERN_SUCCESS);
}

static mach_msg_return_t
agent_send_once(struct vm_agent *agent, vm_fn fn, uint32_t a, uint32_t b,
    bool try)
{
	struct word_message msg;
	mach_msg_return_t mr;

	words_init(&msg);
	msg.word[0] = (uint32_t)fn;
	msg.word[1] = a;
	msg.word[2] = b;
	msg.word[3] = try;
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = agent->command;
	msg.head.msgh_local_port = agent->reply;
	msg.head.msgh_id = MSG_COMMAND;
	mr = mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (mr == MACH_SEND_NO_BUFFER)
		mach_msg_destroy(&msg.head);
	return mr;
}

/* When memory is short only an agent that waits already can be told. */
static void
agent_send(struct vm_agent *agent, vm_fn fn, uint32_t a, uint32_t b, bool try)
{
	mach_msg_return_t mr = MACH_SEND_NO_BUFFER;

	for (unsigned i = 0; i < 500 && mr == MACH_SEND_NO_BUFFER; i++) {
		mr = agent_send_once(agent, fn, a, b, try);
		if (mr == MACH_SEND_NO_BUFFER)
			test_sleep(10);
	}
	CHECK_KR(mr, MACH_MSG_SUCCESS);
}

struct vm_outcome
vm_agent_finish(struct vm_agent *agent)
{
	struct vm_outcome outcome;
	union any_message msg;

	CHECK_KR(test_receive(&msg.head, sizeof(msg), agent->reply, WAIT_MS),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, MSG_OUTCOME);
	memcpy(&outcome, msg.words.word, sizeof(outcome));
	return outcome;
}

void
vm_agent_begin(struct vm_agent *agent, vm_fn fn, uint32_t a, uint32_t b)
{
	agent_send(agent, fn, a, b, true);
}

struct vm_outcome
vm_agent_try(struct vm_agent *agent, vm_fn fn, uint32_t a, uint32_t b)
{
	agent_send(agent, fn, a, b, true);
	return vm_agent_finish(agent);
}

uint32_t
vm_agent_call(struct vm_agent *agent, vm_fn fn, uint32_t a, uint32_t b)
{
	agent_send(agent, fn, a, b, false);
	return vm_agent_finish(agent).value;
}

uint32_t
vm_agent_read(struct vm_agent *agent, vm_address_t addr)
{
	return vm_agent_call(agent, vm_fn_read, addr, 0);
}

void
vm_agent_write(struct vm_agent *agent, vm_address_t addr, uint32_t value)
{
	(void)vm_agent_call(agent, vm_fn_write, addr, value);
}

void
vm_agent_end(struct vm_agent *agent)
{
	CHECK_KR(task_terminate(agent->task), KERN_SUCCESS);
	test_wait_end(agent->task);
	CHECK_KR(mach_port_deallocate(mach_task_self(), agent->task),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(mach_task_self(), agent->command),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(mach_task_self(), agent->reply),
	    KERN_SUCCESS);
}

void
vm_data_message_make(struct vm_data_message *msg, vm_address_t addr,
    vm_size_t size, bool deallocate)
{
	memset(msg, 0, sizeof(*msg));
	msg->head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	msg->head.msgh_size = offsetof(struct vm_data_message, room);
	msg->type.msgtl_header.msgt_longform = TRUE;
	msg->type.msgtl_header.msgt_deallocate = deallocate;
	msg->type.msgtl_name = MACH_MSG_TYPE_BYTE;
	msg->type.msgtl_size = 8;
	msg->type.msgtl_number = size;
	msg->data = addr;
}

mach_msg_return_t
vm_send_data(mach_port_t port, vm_address_t addr, vm_size_t size,
    bool deallocate)
{
	struct vm_data_message msg;

	vm_data_message_make(&msg, addr, size, deallocate);
	return test_send(&msg.head, port, 0x7a04);
}

vm_address_t
vm_receive_data(mach_port_t port, vm_size_t *size)
{
	struct vm_data_message msg;

	CHECK_KR(test_receive(&msg.head, sizeof(msg), port, WAIT_MS),
	    MACH_MSG_SUCCESS);
	CHECK(msg.head.msgh_bits & MACH_MSGH_BITS_COMPLEX);
	CHECK(msg.type.msgtl_header.msgt_longform);
	CHECK(!msg.type.msgtl_header.msgt_inline);
	*size = msg.type.msgtl_number;
	return msg.data;
}

void
vm_fill(vm_address_t addr, unsigned pages, uint32_t first)
{
	for (unsigned i = 0; i < pages; i++)
		vm_set_word(addr + i * PAGE_SIZE, first + i);
}

void
vm_expect(vm_address_t addr, unsigned pages, uint32_t first)
{
	for (unsigned i = 0; i < pages; i++)
		if (vm_word(addr + i * PAGE_SIZE) != first + i)
			test_fail(__FILE__, __LINE__,
			    "page %u at %#lx reads %#x, not %#x", i,
			    (unsigned long)addr,
			    (unsigned)vm_word(addr + i * PAGE_SIZE),
			    (unsigned)(first + i));
}

vm_address_t
vm_read_pages(task_t task, vm_address_t addr, unsigned pages)
{
	mach_msg_type_number_t count;
	pointer_t data;

	CHECK_KR(vm_read(task, addr, pages * PAGE_SIZE, &data, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, pages * PAGE_SIZE);
	return data;
}

void
vm_deallocate_check(vm_address_t addr, vm_size_t size)
{
	CHECK_KR(vm_deallocate(mach_task_self(), addr, size), KERN_SUCCESS);
}

kern_return_t
vm_region_of(task_t task, vm_address_t addr, struct vm_region_facts *facts)
{
	facts->start = addr;
	return vm_region(task, &facts->start, &facts->size, &facts->prot,
	    &facts->max_prot, &facts->inheritance, &facts->shared,
	    &facts->object_name, &facts->offset);
}

void
vm_picture_take(struct vm_picture *picture, vm_address_t start, vm_size_t size)
{
	picture->start = start;
	picture->size = size;
	CHECK_KR(vm_regions(mach_task_self(), start, size, &picture->regions,
	    &picture->count), KERN_SUCCESS);
}

void
vm_picture_compare(const struct vm_picture *before, const char *what)
{
	struct vm_picture now;

	vm_picture_take(&now, before->start, before->size);
	if (now.count != before->count || memcmp(now.regions, before->regions,
	    now.count * sizeof(*now.regions)) != 0)
		test_fail(__FILE__, __LINE__, "%s changed the map", what);
	vm_picture_free(&now);
}

void
vm_picture_free(struct vm_picture *picture)
{
	if (picture->count != 0)
		vm_deallocate_check((vm_address_t)picture->regions,
		    picture->count * sizeof(*picture->regions));
}

unsigned
vm_free_count(void)
{
	struct vm_statistics statistics;

	CHECK_KR(vm_statistics(mach_task_self(), &statistics), KERN_SUCCESS);
	return (unsigned)statistics.free_count;
}

void
vm_check_no_leak(void (*round)(void), unsigned rounds, unsigned margin)
{
	unsigned before, after = 0;

	round();
	test_sleep(100);
	before = vm_free_count();
	for (unsigned i = 0; i < rounds; i++)
		round();
	/* Tasks that ended may still be on their way to the free queue. */
	for (unsigned i = 0; i < 100; i++) {
		after = vm_free_count();
		if (after + margin >= before)
			return;
		test_sleep(50);
	}
	test_fail(__FILE__, __LINE__,
	    "%u pages free before %u rounds, %u after", before, rounds, after);
}
