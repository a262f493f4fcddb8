/*
 * tests/limits.c - what a task may take of the kernel: each limit is reached
 * with its own code, by the task that reached it, while others go on; what
 * was taken comes back.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>
#include <mach/task_limits.h>

#include "vm_support.h"

#define self		mach_task_self()
#define LIMITS_WORD(field) \
	(offsetof(struct task_limits, field) / sizeof(natural_t))

/* One word of a task's limits or use. */
static natural_t
get_word(task_t task, int flavor, unsigned word)
{
	natural_t words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;

	CHECK_KR(task_get_limits(task, flavor, words, &count), KERN_SUCCESS);
	CHECK_EQ(count, TASK_LIMITS_COUNT);
	return words[word];
}

static natural_t
get_use(unsigned word)
{
	return get_word(self, TASK_LIMITS_USE, word);
}

static kern_return_t
set_word(task_t task, mach_port_t host, unsigned word, natural_t value)
{
	natural_t words[TASK_LIMITS_COUNT];

	memset(words, 0xff, sizeof(words));	/* TASK_LIMIT_KEEP */
	words[word] = value;
	return task_set_limits(task, host, words, TASK_LIMITS_COUNT);
}

/* Let this task have so much more than it has now; returns what it has. */
static natural_t
leave_room(unsigned word, natural_t more)
{
	natural_t use = get_use(word);

	CHECK_KR(set_word(self, MACH_PORT_NULL, word, use + more),
	    KERN_SUCCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, word), use + more);
	return use;
}

static uint32_t
make_port(uint32_t unused, uint32_t unused2)
{
	mach_port_t port;

	(void)unused;
	(void)unused2;
	return mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port);
}

/* The calls */

TEST(limits_read_by_flavor_and_count)
{
	natural_t words[TASK_LIMITS_COUNT + 1];
	mach_msg_type_number_t count = 3;
	struct task_limits *limits = (struct task_limits *)words;

	memset(words, 0xaa, sizeof(words));
	CHECK_KR(task_get_limits(self, TASK_LIMITS, words, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 3);
	CHECK(limits->ports >= 100000 && limits->names >= 100000);
	CHECK_EQ(limits->messages, 0xaaaaaaaa);
	count = TASK_LIMITS_COUNT + 1;
	CHECK_KR(task_get_limits(self, TASK_LIMITS_USE, words, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, TASK_LIMITS_COUNT);
	CHECK_EQ(words[TASK_LIMITS_COUNT], 0xaaaaaaaa);
	CHECK_EQ(limits->threads, 1);
	CHECK(limits->names >= 3 && limits->map_entries >= 2);
	CHECK(limits->kernel_bytes > limits->map_entries * 40);
	CHECK_EQ(limits->messages, 0);
	CHECK_EQ(limits->message_bytes, 0);
	count = 0;
	CHECK_KR(task_get_limits(self, TASK_LIMITS, words, &count),
	    KERN_INVALID_ARGUMENT);
	count = TASK_LIMITS_COUNT;
	CHECK_KR(task_get_limits(self, 0, words, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(task_get_limits(self, 3, words, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(task_get_limits(mach_thread_self(), TASK_LIMITS, words,
	    &count), KERN_INVALID_ARGUMENT);
}

TEST(limits_of_the_host_are_sums_and_defaults)
{
	natural_t all[TASK_LIMITS_COUNT], words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;

	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS, words, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, TASK_LIMITS_COUNT);
	for (unsigned i = 0; i < TASK_LIMITS_COUNT; i++)
		CHECK_EQ(words[i], get_word(self, TASK_LIMITS, i));
	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS_USE, all,
	    &count), KERN_SUCCESS);
	/* The runner is there as well. */
	for (unsigned i = 0; i < TASK_LIMITS_COUNT; i++)
		CHECK(all[i] >= get_use(i));
	CHECK(all[LIMITS_WORD(threads)] > 1);
	CHECK_KR(host_get_limits(mach_host_self(), 7, all, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(host_get_limits(self, TASK_LIMITS, all, &count),
	    KERN_INVALID_HOST);
	count = 0;
	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS, all, &count),
	    KERN_INVALID_ARGUMENT);
}

TEST(limits_are_raised_by_the_privileged_port_only)
{
	natural_t words[TASK_LIMITS_COUNT + 1];
	natural_t was = get_word(self, TASK_LIMITS, LIMITS_WORD(ports));
	mach_port_t other[] = {
		MACH_PORT_NULL, mach_host_self(), self,
	};

	for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		CHECK_KR(set_word(self, other[i], LIMITS_WORD(ports), was + 1),
		    KERN_NO_ACCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, LIMITS_WORD(ports)), was);
	CHECK_KR(set_word(self, TEST_HOST_PORT, LIMITS_WORD(ports), was + 1),
	    KERN_SUCCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, LIMITS_WORD(ports)), was + 1);
	CHECK_KR(set_word(self, MACH_PORT_NULL, LIMITS_WORD(ports), was),
	    KERN_SUCCESS);
	/* None is changed if one may not be. */
	memset(words, 0xff, sizeof(words));
	words[LIMITS_WORD(ports)] = was - 1;
	words[LIMITS_WORD(threads)] = 0x10000000;
	CHECK_KR(task_set_limits(self, MACH_PORT_NULL, words,
	    TASK_LIMITS_COUNT), KERN_NO_ACCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, LIMITS_WORD(ports)), was);
	/* A few words do; more than there are do not. */
	words[LIMITS_WORD(kernel_bytes)] = TASK_LIMIT_KEEP;
	CHECK_KR(task_set_limits(self, MACH_PORT_NULL, words, 2),
	    KERN_SUCCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, LIMITS_WORD(ports)), was - 1);
	CHECK_KR(task_set_limits(self, TEST_HOST_PORT, words, 0),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(task_set_limits(self, TEST_HOST_PORT, words,
	    TASK_LIMITS_COUNT + 1), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_set_limits(mach_thread_self(), TEST_HOST_PORT, words, 1),
	    KERN_INVALID_ARGUMENT);
	/* What nobody can have becomes what there can be. */
	CHECK_KR(set_word(self, TEST_HOST_PORT, LIMITS_WORD(names),
	    0xfffffffe), KERN_SUCCESS);
	CHECK_EQ(get_word(self, TASK_LIMITS, LIMITS_WORD(names)), 1u << 20);
}

TEST(limits_are_inherited_and_each_task_has_its_own_use)
{
	struct vm_agent child;
	natural_t ports = get_use(LIMITS_WORD(ports));

	CHECK_KR(set_word(self, MACH_PORT_NULL, LIMITS_WORD(ports),
	    ports + 1000), KERN_SUCCESS);
	vm_agent_start(&child, self);
	CHECK_EQ(get_word(child.task, TASK_LIMITS, LIMITS_WORD(ports)),
	    ports + 1000);
	/* The first call of a task makes it a reply port. */
	CHECK_EQ(vm_agent_call(&child, make_port, 0, 0), KERN_SUCCESS);
	ports = get_word(child.task, TASK_LIMITS_USE, LIMITS_WORD(ports));
	for (unsigned i = 0; i < 100; i++)
		CHECK_KR(make_port(0, 0), KERN_SUCCESS);
	CHECK_EQ(get_word(child.task, TASK_LIMITS_USE, LIMITS_WORD(ports)),
	    ports);
	CHECK_EQ(vm_agent_call(&child, make_port, 0, 0), KERN_SUCCESS);
	CHECK_EQ(get_word(child.task, TASK_LIMITS_USE, LIMITS_WORD(ports)),
	    ports + 1);
	vm_agent_end(&child);
}

/* Each limit */

TEST(limits_ports)
{
	struct vm_agent other;
	mach_port_t port;
	natural_t use;

	vm_agent_start(&other, self);
	use = leave_room(LIMITS_WORD(ports), 20);
	for (unsigned i = 0; i < 20; i++)
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
		    &port), KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(make_port(0, 0), KERN_RESOURCE_SHORTAGE);
	CHECK_KR(mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
	    0x123456), KERN_RESOURCE_SHORTAGE);
	CHECK_EQ(get_use(LIMITS_WORD(ports)), use + 20);
	CHECK_EQ(vm_agent_call(&other, make_port, 0, 0), KERN_SUCCESS);
	/* What is no port is not counted as one. */
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &port),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, port), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, port - 1), KERN_SUCCESS);
	CHECK_KR(make_port(0, 0), KERN_SUCCESS);
	CHECK_KR(make_port(0, 0), KERN_RESOURCE_SHORTAGE);
	vm_agent_end(&other);
}

TEST(limits_names)
{
	struct vm_agent other;
	mach_port_t name = MACH_PORT_NULL, port = test_port();
	natural_t use;

	vm_agent_start(&other, self);
	use = leave_room(LIMITS_WORD(names), 50);
	for (unsigned i = 0; i < 49; i++)
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME,
		    &name), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(self, MACH_PORT_RIGHT_DEAD_NAME,
	    0x123456), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &name),
	    KERN_NO_SPACE);
	CHECK_KR(make_port(0, 0), KERN_NO_SPACE);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &name),
	    KERN_NO_SPACE);
	CHECK_KR(mach_port_insert_right(self, 0x123457, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NO_SPACE);
	CHECK_KR(mach_port_rename(self, 0x123456, 0x123457), KERN_NO_SPACE);
	CHECK_EQ(get_use(LIMITS_WORD(names)), use + 50);
	CHECK_EQ(vm_agent_call(&other, make_port, 0, 0), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, 0x123456), KERN_SUCCESS);
	CHECK_KR(make_port(0, 0), KERN_SUCCESS);
}

/* A thread that calls this one, again and again, until that is not wanted. */
static void
call_on(void *port)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} m;
	mach_port_t from = MACH_PORT_NULL;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &from);
	do {
		m.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE);
		m.head.msgh_remote_port = (mach_port_t)(uintptr_t)port;
		m.head.msgh_local_port = from;
	} while (mach_msg(&m.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    sizeof(m.head), sizeof(m), from, 0, MACH_PORT_NULL) ==
	    MACH_MSG_SUCCESS);
}

/* Reply to *name, if it is a name, and get the next call; its name for a reply. */
static mach_msg_return_t
next_call(mach_port_t port, mach_port_t *name)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} m = { .head.msgh_remote_port = *name };
	mach_msg_option_t option = MACH_RCV_MSG;
	mach_msg_return_t mr;

	if (*name != MACH_PORT_NULL) {
		m.head.msgh_bits =
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		option |= MACH_SEND_MSG;
	}
	mr = mach_msg(&m.head, option, sizeof(m.head), sizeof(m), port, 0,
	    MACH_PORT_NULL);
	*name = m.head.msgh_remote_port;
	return mr;
}

/* The right to reply is one of as many names as there may be, at any moment. */
TEST(limits_names_and_the_right_to_reply)
{
	mach_port_t port = test_port(), call = MACH_PORT_NULL, name;
	natural_t use;

	CHECK_KR(mach_thread_start(call_on, (void *)port), KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(next_call(port, &call), MACH_MSG_SUCCESS);
	/* All that there may be are in use, this one too, whose end gives room. */
	use = leave_room(LIMITS_WORD(names), 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_KR(next_call(port, &call), MACH_MSG_SUCCESS);
		CHECK_EQ(get_use(LIMITS_WORD(names)), use);
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME,
		    &name), KERN_NO_SPACE);
		CHECK_KR(mach_port_allocate_name(self,
		    MACH_PORT_RIGHT_DEAD_NAME, 0x123456), KERN_NO_SPACE);
	}
	/* While there is none its place is anybody's. */
	CHECK_KR(mach_port_mod_refs(self, call, MACH_PORT_RIGHT_SEND_ONCE, -1),
	    KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(names)), use - 1);
	CHECK_KR(mach_port_allocate_name(self, MACH_PORT_RIGHT_DEAD_NAME,
	    0x123456), KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(names)), use);
	call = MACH_PORT_NULL;
	CHECK_KR(next_call(port, &call),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
	CHECK_EQ(call, MACH_PORT_NULL);
	CHECK_KR(mach_port_destroy(self, 0x123456), KERN_SUCCESS);
	/* What gave its right up unused was a reply, and so a call came. */
	CHECK_KR(next_call(port, &call), MACH_MSG_SUCCESS);
	/* A lower limit leaves what there is, and then nothing. */
	CHECK_KR(set_word(self, MACH_PORT_NULL, LIMITS_WORD(names), use - 1),
	    KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(names)), use);
	CHECK_KR(next_call(port, &call),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
	CHECK_EQ(get_use(LIMITS_WORD(names)), use - 1);
	call = MACH_PORT_NULL;
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &name),
	    KERN_NO_SPACE);
	/* The same when it is lowered while there is none. */
	CHECK_KR(set_word(self, TEST_HOST_PORT, LIMITS_WORD(names), use),
	    KERN_SUCCESS);
	CHECK_KR(next_call(port, &call), MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_mod_refs(self, call, MACH_PORT_RIGHT_SEND_ONCE, -1),
	    KERN_SUCCESS);
	CHECK_KR(set_word(self, MACH_PORT_NULL, LIMITS_WORD(names), use - 1),
	    KERN_SUCCESS);
	call = MACH_PORT_NULL;
	CHECK_KR(next_call(port, &call),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
}

/* Give a thread that has never run back, and wait until it is gone. */
static void
end_thread(thread_t thread, natural_t use)
{
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	for (unsigned i = 0; get_use(LIMITS_WORD(threads)) > use; i++) {
		CHECK(i < 2000);
		test_sleep(10);
	}
}

TEST(limits_threads)
{
	struct vm_agent other;
	thread_t thread, made[10];
	natural_t use;

	vm_agent_start(&other, self);
	use = leave_room(LIMITS_WORD(threads), 10);
	for (unsigned i = 0; i < 10; i++)
		CHECK_KR(thread_create(self, &made[i]), KERN_SUCCESS);
	CHECK_KR(thread_create(self, &thread), KERN_RESOURCE_SHORTAGE);
	CHECK_EQ(get_use(LIMITS_WORD(threads)), use + 10);
	/* It is the other's threads that count, not who makes them. */
	CHECK_KR(thread_create(other.task, &thread), KERN_SUCCESS);
	end_thread(made[3], use + 9);
	CHECK_KR(thread_create(self, &thread), KERN_SUCCESS);
	CHECK_KR(thread_create(self, &thread), KERN_RESOURCE_SHORTAGE);
	vm_agent_end(&other);
}

static uint32_t
map_page(uint32_t address, uint32_t unused)
{
	vm_address_t addr = address;

	(void)unused;
	return vm_allocate(self, &addr, PAGE_SIZE, FALSE);
}

TEST(limits_map_entries)
{
	const vm_address_t base = 0x50000000;
	struct vm_agent other;
	natural_t use;

	vm_agent_start(&other, self);
	use = leave_room(LIMITS_WORD(map_entries), 32);
	/* Every other page, so that each is an entry. */
	for (unsigned i = 0; i < 32; i++)
		CHECK_KR(map_page(base + 2 * i * PAGE_SIZE, 0), KERN_SUCCESS);
	CHECK_KR(map_page(base + 64 * PAGE_SIZE, 0), KERN_RESOURCE_SHORTAGE);
	CHECK_EQ(get_use(LIMITS_WORD(map_entries)), use + 32);
	CHECK_EQ(vm_agent_call(&other, map_page, base, 0), KERN_SUCCESS);
	/* What joins two takes none, what splits one does. */
	CHECK_KR(map_page(base + PAGE_SIZE, 0), KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(map_entries)), use + 31);
	CHECK_KR(vm_protect(self, base, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, base + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_NONE), KERN_RESOURCE_SHORTAGE);
	CHECK_KR(vm_deallocate(self, base, 64 * PAGE_SIZE), KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(map_entries)), use);
	vm_agent_end(&other);
}

/* Kernel memory as a whole: here the table of names. */
TEST(limits_kernel_bytes)
{
	struct vm_agent other;
	kern_return_t kr = KERN_SUCCESS;
	unsigned count = 0;
	natural_t limit;

	vm_agent_start(&other, self);
	limit = leave_room(LIMITS_WORD(kernel_bytes), 100000) + 100000;
	while (kr == KERN_SUCCESS && count < 10000) {
		kr = make_port(0, 0);
		count += kr == KERN_SUCCESS;
	}
	CHECK_KR(kr, KERN_RESOURCE_SHORTAGE);
	CHECK(count > 500 && count < 1000);
	CHECK(get_use(LIMITS_WORD(kernel_bytes)) <= limit + 16 * 128);
	CHECK_KR(map_page(0x50000000, 0), KERN_RESOURCE_SHORTAGE);
	CHECK_EQ(vm_agent_call(&other, make_port, 0, 0), KERN_SUCCESS);
	vm_agent_end(&other);
}

/* Ample defaults */

TEST_LIMIT(limits_leave_room_for_100000_ports, 60)
{
	enum { PORTS = 100000, SAMPLES = 1000 };
	natural_t before = get_use(LIMITS_WORD(kernel_bytes)), bytes;
	mach_port_t port;

	if (vm_free_count() < 40u * 1024 * 1024 / PAGE_SIZE)
		return;			/* the small machine has no room */
	for (unsigned i = 0; i < PORTS; i++)
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
		    &port), KERN_SUCCESS);
	bytes = get_use(LIMITS_WORD(kernel_bytes)) - before;
	test_note("%u bytes a port", (unsigned)(bytes / PORTS));
	CHECK(bytes >= 100 * PORTS);
	for (unsigned i = 0; i < SAMPLES; i++)
		CHECK_KR(mach_port_destroy(self, port - i * 90), KERN_SUCCESS);
}

/* Messages */

struct note {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	char		  bytes[1000];
};

/* Send to a port of ours, without waiting. */
static mach_msg_return_t
send_note(mach_port_t port, unsigned bytes)
{
	static struct note note;

	memset(&note, 0, sizeof(note.head) + sizeof(note.type));
	note.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	note.head.msgh_remote_port = port;
	note.type.msgt_name = MACH_MSG_TYPE_CHAR;
	note.type.msgt_size = 8;
	note.type.msgt_number = bytes;
	note.type.msgt_inline = TRUE;
	return mach_msg(&note.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(note.head) + sizeof(note.type) + bytes, 0, MACH_PORT_NULL,
	    0, MACH_PORT_NULL);
}

static mach_msg_return_t
receive_note(mach_port_t port)
{
	struct note note;

	return test_receive(&note.head, sizeof(note), port, 1);
}

static uint32_t
send_and_receive(uint32_t bytes, uint32_t unused)
{
	mach_port_t port;
	kern_return_t kr;

	(void)unused;
	kr = mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port);
	if (kr == KERN_SUCCESS)
		kr = send_note(port, bytes);
	if (kr == KERN_SUCCESS)
		kr = receive_note(port);
	(void)mach_port_destroy(self, port);
	return kr;
}

/* Queues of test ports, so that qlimit is never what stops us. */
#define QUEUES	8
static mach_port_t queues[QUEUES];

static void
make_queues(void)
{
	for (unsigned i = 0; i < QUEUES; i++) {
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
		    &queues[i]), KERN_SUCCESS);
		CHECK_KR(mach_port_set_qlimit(self, queues[i],
		    MACH_PORT_QLIMIT_MAX), KERN_SUCCESS);
	}
}

TEST(limits_messages)
{
	struct vm_agent other;

	vm_agent_start(&other, self);
	make_queues();
	CHECK_EQ(leave_room(LIMITS_WORD(messages), 20), 0);
	for (unsigned i = 0; i < 20; i++)
		CHECK_KR(send_note(queues[i % QUEUES], 4), MACH_MSG_SUCCESS);
	CHECK_KR(send_note(queues[0], 4), MACH_SEND_NO_BUFFER);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 20);
	CHECK(get_use(LIMITS_WORD(message_bytes)) >= 20 * 32);
	CHECK(get_use(LIMITS_WORD(message_bytes)) <= 20 * 160);
	CHECK_EQ(vm_agent_call(&other, send_and_receive, 4, 0), KERN_SUCCESS);
	CHECK_KR(receive_note(queues[1]), MACH_MSG_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 19);
	CHECK_KR(send_note(queues[1], 4), MACH_MSG_SUCCESS);
	CHECK_KR(send_note(queues[1], 4), MACH_SEND_NO_BUFFER);
	/* A queue that dies gives its messages back. */
	for (unsigned i = 0; i < QUEUES; i++)
		CHECK_KR(mach_port_destroy(self, queues[i]), KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 0);
	CHECK_EQ(get_use(LIMITS_WORD(message_bytes)), 0);
	vm_agent_end(&other);
}

TEST(limits_message_bytes)
{
	natural_t kernel = get_use(LIMITS_WORD(kernel_bytes)), bytes;
	unsigned count = 0;

	make_queues();
	(void)leave_room(LIMITS_WORD(message_bytes), 20500);
	while (send_note(queues[count % QUEUES], 1000) == MACH_MSG_SUCCESS)
		count++;
	CHECK(count >= 10 && count <= 19);
	bytes = get_use(LIMITS_WORD(message_bytes));
	CHECK(bytes >= count * 1000 && bytes <= 20500);
	CHECK(get_use(LIMITS_WORD(kernel_bytes)) >= kernel + bytes);
	/* A small one still fits. */
	CHECK_KR(send_note(queues[0], 4), MACH_MSG_SUCCESS);
	CHECK_KR(send_note(queues[0], 1000), MACH_SEND_NO_BUFFER);
	for (unsigned i = 0; i < count; i++)
		CHECK_KR(receive_note(queues[i % QUEUES]), MACH_MSG_SUCCESS);
	CHECK_KR(receive_note(queues[0]), MACH_MSG_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(message_bytes)), 0);
	CHECK_KR(send_note(queues[0], 1000), MACH_MSG_SUCCESS);
}

/* What is out of line weighs as well: here arrays of ports. */
TEST(limits_message_bytes_out_of_line)
{
	static mach_port_t names[20000 / sizeof(mach_port_t)];
	struct vm_data_message msg;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	natural_t kernel;
	unsigned count = 0;

	make_queues();
	kernel = get_use(LIMITS_WORD(kernel_bytes));
	(void)leave_room(LIMITS_WORD(message_bytes), 250000);
	while (mr == MACH_MSG_SUCCESS && count < 100) {
		vm_data_message_make(&msg, (vm_address_t)names, sizeof(names),
		    false);
		msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
		msg.head.msgh_remote_port = queues[count % QUEUES];
		msg.type.msgtl_name = MACH_MSG_TYPE_COPY_SEND;
		msg.type.msgtl_size = 32;
		msg.type.msgtl_number = sizeof(names) / sizeof(names[0]);
		mr = mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
		    offsetof(struct vm_data_message, room), 0, MACH_PORT_NULL,
		    0, MACH_PORT_NULL);
		count += mr == MACH_MSG_SUCCESS;
	}
	CHECK_KR(mr, MACH_SEND_NO_BUFFER);
	CHECK_EQ(count, 12);
	CHECK(get_use(LIMITS_WORD(kernel_bytes)) >= kernel + 240000);
	for (unsigned i = 0; i < QUEUES; i++)
		CHECK_KR(mach_port_destroy(self, queues[i]), KERN_SUCCESS);
	CHECK(get_use(LIMITS_WORD(kernel_bytes)) < kernel + 1000);
}

/* A blocked sender's message is charged too, and given back with it. */
static mach_port_t full_port;
static volatile mach_msg_return_t blocked_result;

static void
block_in_send(void *unused)
{
	struct note note = { .head.msgh_size = 0 };

	(void)unused;
	note.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	note.head.msgh_remote_port = full_port;
	blocked_result = mach_msg(&note.head, MACH_SEND_MSG,
	    sizeof(note.head), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

TEST(limits_messages_of_blocked_senders)
{
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
	    &full_port), KERN_SUCCESS);
	CHECK_KR(mach_port_set_qlimit(self, full_port, 1), KERN_SUCCESS);
	CHECK_KR(send_note(full_port, 4), MACH_MSG_SUCCESS);
	CHECK_KR(send_note(full_port, 4), MACH_SEND_TIMED_OUT);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 1);
	blocked_result = ~0u;
	CHECK_KR(mach_thread_start(block_in_send, NULL), KERN_SUCCESS);
	for (unsigned i = 0; get_use(LIMITS_WORD(messages)) != 2; i++) {
		CHECK(i < 1000);
		test_sleep(10);
	}
	(void)leave_room(LIMITS_WORD(messages), 0);
	/* A third neither blocks nor times out. */
	CHECK_KR(send_note(full_port, 4), MACH_SEND_NO_BUFFER);
	CHECK_KR(mach_port_destroy(self, full_port), KERN_SUCCESS);
	for (unsigned i = 0; blocked_result != MACH_MSG_SUCCESS; i++) {
		CHECK(i < 1000);
		test_sleep(10);
	}
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 0);
}

/*
 * Replies are charged to who asked for them.  A client that does not listen
 * gets a notification for each reply beyond its limit, and its server goes on.
 */
static mach_msg_return_t
send_reply(mach_port_t right, mach_msg_id_t id)
{
	struct note note = { .head.msgh_id = id };

	note.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
	note.head.msgh_remote_port = right;
	return mach_msg(&note.head, MACH_SEND_MSG, sizeof(note.head) + 40, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

TEST(limits_replies_are_charged_to_the_receiver)
{
	enum { REPLIES = 40, LIMIT = 20 };
	struct vm_agent client;
	mach_port_t right[REPLIES], port;
	mach_msg_type_name_t type;
	natural_t mine;

	/* The port is the client's; so are its send-once rights. */
	vm_agent_start(&client, self);
	port = 0x1234;
	CHECK_KR(mach_port_allocate_name(client.task, MACH_PORT_RIGHT_RECEIVE,
	    port), KERN_SUCCESS);
	for (unsigned i = 0; i < REPLIES; i++)
		CHECK_KR(mach_port_extract_right(client.task, port,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, &right[i], &type),
		    KERN_SUCCESS);
	CHECK_KR(set_word(client.task, MACH_PORT_NULL, LIMITS_WORD(messages),
	    LIMIT), KERN_SUCCESS);
	mine = get_use(LIMITS_WORD(messages));
	for (unsigned i = 0; i < REPLIES; i++)
		CHECK_KR(send_reply(right[i], i), MACH_MSG_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), mine);
	/* Replies go a quarter beyond, notifications two. */
	CHECK_EQ(get_word(client.task, TASK_LIMITS_USE,
	    LIMITS_WORD(messages)), LIMIT + LIMIT / 4 * 2);
	for (unsigned i = 0; i < REPLIES; i++)
		CHECK_KR(mach_port_deallocate(self, right[i]),
		    KERN_INVALID_NAME);
	vm_agent_end(&client);
}

/* Requests to the kernel whose replies nobody takes. */
TEST(limits_replies_of_the_kernel)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} msg;
	mach_port_t port;
	natural_t use;

	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port),
	    KERN_SUCCESS);
	CHECK_KR(set_word(self, MACH_PORT_NULL, LIMITS_WORD(messages), 40),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 1000; i++) {
		memset(&msg, 0, sizeof(msg));
		msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    i % 2 ? MACH_MSG_TYPE_MAKE_SEND_ONCE :
		    MACH_MSG_TYPE_MAKE_SEND);
		msg.head.msgh_remote_port = self;
		msg.head.msgh_local_port = port;
		msg.head.msgh_id = 2999;	/* nothing: a reply says so */
		CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg.head),
		    0, MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	}
	use = get_use(LIMITS_WORD(messages));
	CHECK(use >= 40 && use <= 60);
	for (unsigned i = 0; i < use; i++)
		CHECK_KR(receive_note(port), MACH_MSG_SUCCESS);
	CHECK_KR(receive_note(port), MACH_RCV_TIMED_OUT);
	CHECK_EQ(get_use(LIMITS_WORD(messages)), 0);
}

/* A request for a notification takes its message at once. */
TEST(limits_notification_requests)
{
	enum { NAMES = 100 };
	mach_port_t names[NAMES], notify = test_port(), previous;
	natural_t use, after;
	unsigned count = 0;

	for (unsigned i = 0; i < NAMES; i++)
		names[i] = test_port();
	use = leave_room(LIMITS_WORD(kernel_bytes), 3000);
	while (count < NAMES && mach_port_request_notification(self,
	    names[count], MACH_NOTIFY_DEAD_NAME, 0, notify,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous) == KERN_SUCCESS)
		count++;
	CHECK(count >= 3000 / 160 && count <= 3000 / 48);
	CHECK_KR(mach_port_request_notification(self, names[0],
	    MACH_NOTIFY_NO_SENDERS, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_RESOURCE_SHORTAGE);
	CHECK_KR(mach_port_request_notification(self, names[0],
	    MACH_NOTIFY_PORT_DESTROYED, 0, notify,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_RESOURCE_SHORTAGE);
	/* Those that were accepted come although nothing more is to be had. */
	for (unsigned i = 0; i < count; i++)
		CHECK_KR(mach_port_mod_refs(self, names[i],
		    MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
	/* And the three send-once rights of those that were not. */
	for (unsigned i = 0; i < count + 3; i++)
		CHECK_KR(receive_note(notify), MACH_MSG_SUCCESS);
	CHECK_KR(receive_note(notify), MACH_RCV_TIMED_OUT);
	/* Taken back, a request gives back what it took. */
	after = get_use(LIMITS_WORD(kernel_bytes));
	CHECK(after <= use);
	CHECK_KR(mach_port_request_notification(self, names[NAMES - 1],
	    MACH_NOTIFY_NO_SENDERS, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	CHECK(get_use(LIMITS_WORD(kernel_bytes)) > after);
	CHECK_KR(mach_port_request_notification(self, names[NAMES - 1],
	    MACH_NOTIFY_NO_SENDERS, 0, MACH_PORT_NULL,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
	CHECK_EQ(get_use(LIMITS_WORD(kernel_bytes)), after);
}

/* What one of each costs, as charged. */
TEST(limits_sizes_of_rights_and_messages)
{
	enum { NAMES = 4096, MESSAGES = MACH_PORT_QLIMIT_MAX };
	natural_t before = get_use(LIMITS_WORD(kernel_bytes)), after;
	mach_port_t name, port;

	for (unsigned i = 0; i < NAMES; i++)
		CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME,
		    &name), KERN_SUCCESS);
	after = get_use(LIMITS_WORD(kernel_bytes));
	CHECK(after - before <= (NAMES + 256) * 32);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_set_qlimit(self, port, MACH_PORT_QLIMIT_MAX),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < MESSAGES; i++) {
		mach_msg_header_t head = { .msgh_remote_port = port };

		head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
		CHECK_KR(mach_msg(&head, MACH_SEND_MSG, sizeof(head), 0,
		    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	}
	CHECK_EQ(get_use(LIMITS_WORD(messages)), MESSAGES);
	CHECK(get_use(LIMITS_WORD(message_bytes)) <= MESSAGES * 160);
}

/* Kernel memory comes back when a task ends that used a lot of all kinds. */
static uint32_t
use_much(uint32_t unused, uint32_t unused2)
{
	mach_port_t port, previous;
	thread_t thread;

	(void)unused;
	(void)unused2;
	make_queues();
	for (unsigned i = 0; i < 2000; i++) {
		port = test_port();
		CHECK_KR(mach_port_request_notification(self, port,
		    MACH_NOTIFY_DEAD_NAME, 0, queues[0],
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
		CHECK_KR(send_note(port, 100), MACH_MSG_SUCCESS);
		CHECK_KR(mach_port_allocate_name(self,
		    MACH_PORT_RIGHT_DEAD_NAME, 0x100000 + i), KERN_SUCCESS);
		CHECK_KR(map_page(0x50000000 + 2 * i * PAGE_SIZE, 0),
		    KERN_SUCCESS);
	}
	for (unsigned i = 0; i < 20; i++)
		CHECK_KR(thread_create(self, &thread), KERN_SUCCESS);
	return 0;
}

TEST(limits_all_comes_back_when_a_task_ends)
{
	natural_t all[TASK_LIMITS_COUNT], again[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;
	struct vm_agent agent;

	vm_agent_start(&agent, self);
	(void)vm_agent_call(&agent, vm_fn_read, (uint32_t)&queues, 0);
	vm_agent_end(&agent);
	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS_USE, all,
	    &count), KERN_SUCCESS);
	vm_agent_start(&agent, self);
	(void)vm_agent_call(&agent, use_much, 0, 0);
	CHECK_EQ(get_word(agent.task, TASK_LIMITS_USE, LIMITS_WORD(messages)),
	    2000);
	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS_USE, again,
	    &count), KERN_SUCCESS);
	for (unsigned i = 0; i < TASK_LIMITS_COUNT; i++)
		CHECK(again[i] >= all[i] +
		    (i == LIMITS_WORD(threads) ? 20 : 2000));
	vm_agent_end(&agent);
	CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS_USE, again,
	    &count), KERN_SUCCESS);
	for (unsigned i = 0; i < TASK_LIMITS_COUNT; i++)
		CHECK(again[i] < all[i] + all[i] / 4 + 10);
}
