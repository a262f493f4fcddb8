/*
 * tests/ipc_pages.c - bodies of messages to a receiver whose pages change
 * while it waits: what went to a page once must not go there by memory of it.
 *
 * A server waits with a buffer that lies in one to three pages, and answers
 * with the sum of what it got.  The client changes the pages between calls.
 */
#include <mach/mach_thread.h>
#include <mach/vm_param.h>

#include "disturb.h"
#include "rights.h"
#include "test.h"

#define SELF	mach_task_self()
#define WORDS	40u		/* of most bodies */
#define WORDS_MAX	1800u
#define LOST	0x10570000u	/* the answer if the message was not received */

struct body_message {
	mach_msg_header_t head;
	uint32_t	  word[WORDS_MAX];
};

/* A server and its buffer, in the pages from first on. */
struct server {
	task_t		     task;
	mach_port_t	     port, reply;	/* the server knows both */
	struct body_message *buffer;
	vm_address_t	     first;
	vm_size_t	     size;
	unsigned	     words;	/* of a body */
};

static struct server server;	/* the test's; the server's task has a copy */

static uint32_t
sum(const struct body_message *msg)
{
	uint32_t total = 0;

	for (unsigned i = 0; i < server.words; i++)
		total = total * 33 + msg->word[i];
	return total & 0x0fffffff;
}

/* Answer messages until one of id 99; their right to answer may be lost. */
static void
serve(void *unused)
{
	struct body_message *msg = server.buffer;
	mach_msg_option_t option = MACH_RCV_MSG;
	mach_msg_return_t mr;

	(void)unused;
	for (;;) {
		mr = mach_msg(&msg->head, option, sizeof(msg->head),
		    sizeof(*msg), server.port, 0, MACH_PORT_NULL);
		option = MACH_RCV_MSG;
		if (mr == MACH_RCV_INVALID_DATA) {
			CHECK_KR(send_empty(server.reply, LOST),
			    MACH_MSG_SUCCESS);
			continue;
		}
		CHECK_KR(mr, MACH_MSG_SUCCESS);
		if (msg->head.msgh_id == 99)
			return;
		msg->head.msgh_bits = MACH_MSGH_BITS_REMOTE(msg->head.msgh_bits);
		msg->head.msgh_local_port = MACH_PORT_NULL;
		msg->head.msgh_id = sum(msg);
		option = MACH_SEND_MSG | MACH_RCV_MSG;
	}
}

/* In a task of its own, to which the reply port is the bootstrap port. */
static void
serve_elsewhere(void *unused)
{
	server.port = test_port();
	CHECK_KR(task_get_special_port(SELF, TASK_BOOTSTRAP_PORT,
	    &server.reply), KERN_SUCCESS);
	CHECK_KR(send_right(server.reply, server.port,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	serve(unused);
}

/* Pages with none beside them, so that copying them is left for later. */
static vm_address_t
allocate_apart(vm_size_t size)
{
	vm_address_t at = test_allocate(size + 2 * PAGE_SIZE);

	CHECK_KR(vm_deallocate(SELF, at, PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(SELF, at + PAGE_SIZE + size, PAGE_SIZE),
	    KERN_SUCCESS);
	return at + PAGE_SIZE;
}

/* The buffer begins at an offset in its first page. */
static void
server_start(bool elsewhere, unsigned offset, unsigned words)
{
	server.words = words;
	server.size = 3 * PAGE_SIZE;
	server.first = allocate_apart(server.size);
	server.buffer = (struct body_message *)(server.first + offset);
	server.reply = test_port();
	if (elsewhere) {
		CHECK_KR(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT,
		    server.reply), KERN_SUCCESS);
		server.task = test_spawn(serve_elsewhere, NULL, MACH_PORT_NULL);
		server.port = receive_right(server.reply, MACH_MSG_TYPE_PORT_SEND);
	} else {
		server.task = SELF;
		server.port = test_port();
		CHECK_KR(mach_thread_start(serve, NULL), KERN_SUCCESS);
	}
}

static void
server_end(bool elsewhere)
{
	CHECK_KR(send_empty(server.port, 99), MACH_MSG_SUCCESS);
	if (!elsewhere)
		return;
	test_wait_end(server.task);
	disturb_await_dead(server.port);
}

static struct body_message
body_message(uint32_t seed)
{
	struct body_message msg;

	for (unsigned i = 0; i < server.words; i++)
		msg.word[i] = test_random(&seed);
	return msg;
}

/* One call: the sum that the server sends, or LOST. */
static uint32_t
call(uint32_t seed)
{
	struct body_message msg = body_message(seed);

	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = server.port;
	msg.head.msgh_local_port = server.reply;
	msg.head.msgh_id = 1;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    sizeof(msg.head) + server.words * sizeof(msg.word[0]), sizeof(msg),
	    server.reply, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	return msg.head.msgh_id;
}

static void
check_call(uint32_t seed)
{
	struct body_message msg = body_message(seed);

	CHECK_EQ(call(seed), sum(&msg));
}

/* What the pages of the server's task at an address hold now. */
static struct body_message *
look(vm_address_t pages)
{
	pointer_t data;
	mach_msg_type_number_t size;

	CHECK_KR(vm_read(server.task, pages, server.size, &data, &size),
	    KERN_SUCCESS);
	return (struct body_message *)(data + (vm_address_t)server.buffer -
	    server.first);
}

static void
check_holds(vm_address_t pages, uint32_t seed)
{
	struct body_message want = body_message(seed), *got = look(pages);

	CHECK_EQ(sum(got), sum(&want));
	CHECK_KR(vm_deallocate(SELF, trunc_page((vm_address_t)got),
	    server.size), KERN_SUCCESS);
}

/* A page that may not be written gets nothing, and gives up nothing. */
static void
protect_page(unsigned page)
{
	vm_address_t va = server.first + page * PAGE_SIZE;

	check_call(1);
	check_call(2);
	CHECK_KR(vm_protect(server.task, va, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_EQ(call(3), LOST);
	CHECK_KR(vm_protect(server.task, va, PAGE_SIZE, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
	check_call(4);
	check_call(5);
}

/* A copy of the pages stays as it was. */
static void
copy_pages(vm_address_t copy, uint32_t seed)
{
	check_call(seed);
	check_call(seed + 1);
	CHECK_KR(vm_copy(server.task, server.first, server.size, copy),
	    KERN_SUCCESS);
	check_call(seed + 2);
	check_call(seed + 3);
	check_holds(copy, seed + 1);
	check_holds(server.first, seed + 3);
}

/* Pages that go and come, while the client takes memory of its own. */
static void
replace_pages(void)
{
	vm_address_t mine;

	check_call(6);
	CHECK_KR(vm_deallocate(server.task, server.first, server.size),
	    KERN_SUCCESS);
	mine = test_allocate(8 * PAGE_SIZE);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(*(volatile uint32_t *)(mine + i * PAGE_SIZE), 0);
	CHECK_EQ(call(7), LOST);
	for (unsigned i = 0; i < 8 * PAGE_SIZE / sizeof(uint32_t); i++)
		CHECK_EQ(((uint32_t *)mine)[i], 0);
	CHECK_KR(vm_allocate(server.task, &server.first, server.size, FALSE),
	    KERN_SUCCESS);
	check_call(8);
	check_call(9);
	check_holds(server.first, 9);
	CHECK_KR(vm_deallocate(SELF, mine, 8 * PAGE_SIZE), KERN_SUCCESS);
}

static void
pages_change(bool elsewhere, unsigned offset, unsigned words)
{
	unsigned last = (offset + sizeof(mach_msg_header_t) +
	    words * sizeof(uint32_t) - 1) / PAGE_SIZE;
	vm_address_t copy;

	server_start(elsewhere, offset, words);
	CHECK_KR(vm_allocate(server.task, &copy, server.size, TRUE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned page = 0; page <= last; page++)
			protect_page(page);
		copy_pages(copy, 100 * i);
		replace_pages();
	}
	server_end(elsewhere);
}

TEST(ipc_pages_of_a_waiting_thread_change)
{
	pages_change(false, 256, WORDS);
	pages_change(false, PAGE_SIZE - 100, WORDS);
	pages_change(false, PAGE_SIZE - 100, WORDS_MAX);
}

TEST(ipc_pages_of_a_waiting_task_change)
{
	pages_change(true, 256, WORDS);
	pages_change(true, PAGE_SIZE - 100, WORDS);
	pages_change(true, PAGE_SIZE - sizeof(mach_msg_header_t), WORDS);
	pages_change(true, PAGE_SIZE - 100, WORDS_MAX);
}

/* Take the right to write, and give it again, as often. */
static void
rights_change(volatile char *page, unsigned times)
{
	for (; times > 0; times--) {
		*page = 1;
		CHECK_KR(vm_protect(SELF, (vm_address_t)page, PAGE_SIZE, FALSE,
		    VM_PROT_READ), KERN_SUCCESS);
		CHECK_KR(vm_protect(SELF, (vm_address_t)page, PAGE_SIZE, FALSE,
		    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
	}
}

/* However many changes there are between two messages: also 1,024. */
TEST(ipc_pages_change_and_a_thousand_others)
{
	volatile char *other = (volatile char *)test_allocate(PAGE_SIZE);

	server_start(false, 256, WORDS);
	for (unsigned i = 0; i < 24; i++) {
		check_call(i);
		check_call(i + 1);
		CHECK_KR(vm_deallocate(SELF, server.first, server.size),
		    KERN_SUCCESS);
		rights_change(other, 1025 - i);
		CHECK_KR(vm_allocate(SELF, &server.first, server.size, FALSE),
		    KERN_SUCCESS);
		check_call(i + 2);
	}
	server_end(false);
}
