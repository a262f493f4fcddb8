/*
 * tests/memory_exhaustion.c - out of memory: who asks for too much gets a
 * code or an exception, nothing hangs, and all of it comes back.
 *
 * A filler task takes every page that user memory may have; what the kernel
 * keeps back for itself is then soon used up by kernel objects.  While memory
 * is short the test itself touches nothing new: what is found is checked when
 * the fillers are gone.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>

#include "vm_support.h"
#include "zones.h"

#define BASE		((vm_address_t)0x60000000)
#define SPACE		((vm_size_t)0x40000000)	/* more than any memory */
#define FLOOD_MAX	200000u
#define MARGIN		64u			/* pages */
#define STILL		100u			/* looks, 50 ms apart, without change */
#define self		mach_task_self()

static uint32_t
nothing(uint32_t a, uint32_t b)
{
	(void)a;
	(void)b;
	return 0;
}

/* Where the filler has got to; each task's own. */
static volatile vm_address_t filled_to;

/*
 * Write to every page of the program's data and of the stacks in them: when
 * memory is short, nothing must be needed for the first time.
 */
static uint32_t
touch_data(uint32_t a, uint32_t b)
{
	struct vm_region_facts facts;
	vm_address_t at = (vm_address_t)&filled_to;

	(void)a;
	(void)b;
	CHECK_KR(vm_region_of(mach_task_self(), at, &facts), KERN_SUCCESS);
	for (at = facts.start; at < facts.start + facts.size; at += PAGE_SIZE)
		vm_set_word(at, vm_word(at));
	return 0;
}

static uint32_t
fill(uint32_t start, uint32_t end)
{
	for (vm_address_t at = start; at < end; at += PAGE_SIZE) {
		filled_to = at;
		vm_set_word(at, at);
	}
	return 0;
}

static uint32_t
get_filled_to(uint32_t a, uint32_t b)
{
	(void)a;
	(void)b;
	return filled_to;
}

/*
 * A task with room to fill.  It has raised an exception before, so that it
 * needs nothing new to raise the next one.
 */
static void
filler_start(struct vm_agent *filler)
{
	vm_address_t addr = BASE;

	vm_agent_start(filler, self);
	CHECK_KR(vm_allocate(filler->task, &addr, SPACE, FALSE), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_try(filler, vm_fn_read, 0, 0),
	    KERN_INVALID_ADDRESS, 0);
	CHECK_VALUE(vm_agent_try(filler, nothing, 0, 0), 0);
	(void)vm_agent_call(filler, fill, BASE, BASE + PAGE_SIZE);
	(void)vm_agent_call(filler, touch_data, 0, 0);
	(void)touch_data(0, 0);
	test_note("%u pages free", vm_free_count());
}

static struct vm_outcome
filler_fill(struct vm_agent *filler)
{
	return vm_agent_try(filler, fill, filled_to == 0 ? BASE : filled_to,
	    BASE + SPACE);
}

static void
check_filled(struct vm_outcome outcome)
{
	CHECK_EQ(outcome.raised, true);
	CHECK_EQ(outcome.exception, EXC_BAD_ACCESS);
	CHECK_EQ(outcome.code, KERN_RESOURCE_SHORTAGE);
	CHECK(outcome.subcode >= BASE && outcome.subcode < BASE + SPACE);
	CHECK(page_aligned(outcome.subcode));
}

/* Pages that are free, and as much of the kernel's structures as is not in use. */
struct memory {
	unsigned free, spare;
};

static struct memory
memory_now(void)
{
	static struct zone_counts counts;

	zones_read(&counts);
	return (struct memory){ vm_free_count(), counts.spare / PAGE_SIZE };
}

/* Until there is as much free as there was, or it changes no more. */
static bool
free_again(struct memory before)
{
	unsigned last = 0, now;

	for (unsigned still = 0; still < STILL; still++) {
		now = vm_free_count();
		if (now + MARGIN >= before.free)
			return true;
		if (now != last)
			still = 0;
		last = now;
		test_sleep(50);
	}
	return false;
}

/*
 * Once the fillers have ended: memory comes back to what it was, nearly.  Of
 * structures that were given back each processor keeps some, and each of them
 * may hold a page.  To be called before other checks, whose failure needs
 * memory to be told.
 */
static void
check_free(struct memory before)
{
	struct memory after;

	if (free_again(before))
		return;
	after = memory_now();
	if (after.free + after.spare + MARGIN < before.free + before.spare)
		test_fail(__FILE__, __LINE__, "%u pages free and %u spare "
		    "before, %u and %u after", before.free, before.spare,
		    after.free, after.spare);
}

/* All that matters still works. */
static void
check_alive(void)
{
	struct vm_agent agent;
	mach_port_t port = test_port();
	vm_address_t addr = test_allocate(32 * PAGE_SIZE), copy;
	vm_size_t size;

	vm_fill(addr, 32, 1);
	vm_agent_start(&agent, self);
	CHECK_EQ(vm_agent_read(&agent, addr + 31 * PAGE_SIZE), 32);
	CHECK_KR(vm_send_data(port, addr, 32 * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	vm_fill(addr, 32, 100);
	copy = vm_receive_data(port, &size);
	vm_expect(copy, 32, 1);
	vm_deallocate_check(copy, size);
	vm_deallocate_check(addr, size);
	CHECK_KR(mach_port_destroy(self, port), KERN_SUCCESS);
	vm_agent_end(&agent);
}

/* Pages */

static uint32_t
verify(uint32_t start, uint32_t end)
{
	for (vm_address_t at = start; at < end; at += PAGE_SIZE)
		if (vm_word(at) != at)
			return at;
	return 0;
}

TEST_LIMIT(memory_exhausted_raises_in_the_faulting_thread, 60)
{
	struct vm_outcome first, second, third;
	struct vm_agent filler;
	unsigned during, later;
	struct memory before;
	uint32_t reached, wrong;

	filler_start(&filler);
	before = memory_now();
	first = filler_fill(&filler);
	during = vm_free_count();
	reached = vm_agent_call(&filler, get_filled_to, 0, 0);
	second = vm_agent_try(&filler, fill, reached, BASE + SPACE);
	wrong = vm_agent_call(&filler, verify, BASE, reached);
	/* It gives some back, and goes on. */
	CHECK_KR(vm_deallocate(filler.task, BASE, 1000 * PAGE_SIZE),
	    KERN_SUCCESS);
	later = vm_free_count();
	third = vm_agent_try(&filler, fill, reached, reached + 50 * PAGE_SIZE);
	vm_agent_end(&filler);
	check_free(before);
	check_filled(first);
	CHECK_EQ(first.subcode, reached);
	check_filled(second);
	CHECK_EQ(wrong, 0);
	test_note("%u free, %u free", during, later);
	CHECK_VALUE(third, 0);
	CHECK(during < before.free / 2);
	/* Most of memory was had. */
	CHECK((reached - BASE) / PAGE_SIZE > before.free / 2);
	check_alive();
}

TEST_LIMIT(memory_exhausted_by_several_tasks, 60)
{
	enum { FILLERS = 3 };
	struct vm_agent filler[FILLERS];
	struct vm_outcome outcome[FILLERS], again;
	struct memory before;

	for (unsigned i = 0; i < FILLERS; i++)
		filler_start(&filler[i]);
	before = memory_now();
	for (unsigned i = 0; i < FILLERS; i++)
		vm_agent_begin(&filler[i], fill, BASE, BASE + SPACE);
	for (unsigned i = 0; i < FILLERS; i++)
		outcome[i] = vm_agent_finish(&filler[i]);
	/* The first two go: the last has room to go on. */
	vm_agent_end(&filler[0]);
	vm_agent_end(&filler[1]);
	again = vm_agent_try(&filler[2], fill, outcome[2].subcode,
	    outcome[2].subcode + 500 * PAGE_SIZE);
	vm_agent_end(&filler[2]);
	check_free(before);
	for (unsigned i = 0; i < FILLERS; i++)
		check_filled(outcome[i]);
	CHECK_VALUE(again, 0);
	check_alive();
}

/* Copies on write that find no page: the copy's writer gets the exception. */
TEST_LIMIT(memory_exhausted_by_copies_on_write, 60)
{
	struct vm_agent parent, child;
	struct vm_outcome outcome, again;
	struct memory before;
	uint32_t size = vm_free_count() / 3 * 2 * PAGE_SIZE, wrong;

	filler_start(&parent);
	before = memory_now();
	CHECK_VALUE(vm_agent_try(&parent, fill, BASE, BASE + size), 0);
	vm_agent_start(&child, parent.task);
	(void)vm_agent_try(&child, vm_fn_read, 0, 0);
	(void)vm_agent_call(&child, touch_data, 0, 0);
	(void)touch_data(0, 0);
	outcome = vm_agent_try(&child, fill, BASE, BASE + size);
	wrong = vm_agent_call(&parent, verify, BASE, BASE + size);
	vm_agent_end(&child);
	/* Alone again, the parent's memory is its own to write. */
	again = vm_agent_try(&parent, fill, BASE, BASE + size);
	vm_agent_end(&parent);
	check_free(before);
	check_filled(outcome);
	CHECK_EQ(wrong, 0);
	CHECK_VALUE(again, 0);
	check_alive();
}

/* The kernel, reading or writing for a call, finds no page either. */

static uint32_t
send_untouched(uint32_t addr, uint32_t unused)
{
	(void)unused;
	return mach_msg_trap((mach_msg_header_t *)addr, MACH_SEND_MSG, 256, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static uint32_t
allocate_untouched(uint32_t addr, uint32_t unused)
{
	(void)unused;
	return syscall_vm_allocate(mach_task_self(), (vm_address_t *)addr,
	    PAGE_SIZE, TRUE);
}

/* Calls on one untouched page after the other, until one fails. */
static uint32_t
call_until_error(uint32_t fn, uint32_t addr)
{
	uint32_t code = 0;

	for (unsigned i = 0; i < 4000 && code == 0; i++)
		code = ((vm_fn)fn)(addr + i * PAGE_SIZE, 0);
	return code;
}

TEST_LIMIT(memory_exhausted_in_a_call_is_an_error, 60)
{
	struct vm_outcome outcome, sent, allocated;
	struct vm_agent filler;
	struct memory before;
	uint32_t past;

	filler_start(&filler);
	CHECK_VALUE(vm_agent_try(&filler, send_untouched, 8, 0),
	    MACH_SEND_INVALID_DATA);
	before = memory_now();
	outcome = filler_fill(&filler);
	past = outcome.subcode + PAGE_SIZE;
	sent = vm_agent_try(&filler, send_untouched, past, 0);
	allocated = vm_agent_try(&filler, call_until_error,
	    (uint32_t)allocate_untouched, past);
	vm_agent_end(&filler);
	check_free(before);
	check_filled(outcome);
	/* The untouched page may just have been had: it names no port. */
	CHECK(!sent.raised && sent.value != MACH_MSG_SUCCESS);
	CHECK(allocated.raised || allocated.value != KERN_SUCCESS);
	check_alive();
}

/*
 * Kernel objects.  Each flood runs in a task of its own, stops at the first
 * error, and gives back enough of what it made for the error to be told.
 */

static uint32_t flood_count;		/* each task's own */

static uint32_t
get_flood_count(uint32_t a, uint32_t b)
{
	(void)a;
	(void)b;
	return flood_count;
}

static uint32_t
flood_ports(uint32_t a, uint32_t b)
{
	static mach_port_t last[256];
	kern_return_t kr = KERN_SUCCESS;
	unsigned i = 0;

	(void)a;
	(void)b;
	while (flood_count < FLOOD_MAX) {
		kr = syscall_mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_RECEIVE, &last[flood_count % 256]);
		if (kr != KERN_SUCCESS)
			break;
		flood_count++;
	}
	for (i = 0; i < 256 && i < flood_count; i++)
		(void)mach_port_destroy(mach_task_self(), last[i]);
	return kr;
}

static uint32_t
flood_tasks(uint32_t a, uint32_t b)
{
	static mach_port_t last[16];
	kern_return_t kr = KERN_SUCCESS;

	(void)a;
	(void)b;
	while (flood_count < FLOOD_MAX) {
		kr = syscall_task_create(mach_task_self(), FALSE,
		    &last[flood_count % 16]);
		if (kr != KERN_SUCCESS)
			break;
		flood_count++;
	}
	for (unsigned i = 0; i < 16 && i < flood_count; i++)
		(void)syscall_task_terminate(last[i]);
	return kr;
}

static uint32_t
flood_threads(uint32_t a, uint32_t b)
{
	static mach_port_t last[32];
	kern_return_t kr = KERN_SUCCESS;

	(void)a;
	(void)b;
	while (flood_count < FLOOD_MAX) {
		kr = thread_create(mach_task_self(), &last[flood_count % 32]);
		if (kr != KERN_SUCCESS)
			break;
		flood_count++;
	}
	for (unsigned i = 0; i < 32 && i < flood_count; i++)
		(void)thread_terminate(last[i]);
	return kr;
}

/* Every other page, so that each is a map entry. */
static uint32_t
flood_map_entries(uint32_t a, uint32_t b)
{
	kern_return_t kr = KERN_SUCCESS;

	(void)a;
	(void)b;
	while (flood_count < FLOOD_MAX) {
		vm_address_t addr = 0x10000000 + flood_count * 2 * PAGE_SIZE;

		kr = syscall_vm_allocate(mach_task_self(), &addr, PAGE_SIZE,
		    FALSE);
		if (kr != KERN_SUCCESS)
			break;
		flood_count++;
	}
	(void)syscall_vm_deallocate(mach_task_self(), 0x10000000,
	    200 * PAGE_SIZE);
	return kr;
}

static struct {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	char		  bytes[2000];
} large;

static kern_return_t
fill_queue(mach_port_t port)
{
	kern_return_t kr;

	do {
		memset(&large, 0, 28);
		large.head.msgh_bits =
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
		large.head.msgh_remote_port = port;
		large.type.msgt_name = MACH_MSG_TYPE_CHAR;
		large.type.msgt_size = 8;
		large.type.msgt_number = 2000;
		large.type.msgt_inline = TRUE;
		kr = mach_msg(&large.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
		    sizeof(large), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
		if (kr == MACH_MSG_SUCCESS)
			flood_count++;
	} while (kr == MACH_MSG_SUCCESS);
	return kr;
}

static uint32_t
flood_messages(uint32_t a, uint32_t b)
{
	static mach_port_t last[16];
	kern_return_t kr = KERN_SUCCESS;
	unsigned n = 0;

	(void)a;
	(void)b;
	while (flood_count < FLOOD_MAX) {
		kr = syscall_mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_RECEIVE, &last[n % 16]);
		if (kr != KERN_SUCCESS)
			break;
		kr = fill_queue(last[n++ % 16]);
		if (kr != MACH_SEND_TIMED_OUT)
			break;
	}
	for (unsigned i = 0; i < 16 && i < n; i++)
		(void)mach_port_destroy(mach_task_self(), last[i]);
	return kr == MACH_SEND_NO_BUFFER ? KERN_RESOURCE_SHORTAGE : kr;
}

/*
 * Whether a call says that the kernel has no memory: for what was asked for, or
 * for the name of the right in the reply.
 */
static bool
is_shortage(uint32_t code)
{
	return code == KERN_RESOURCE_SHORTAGE ||
	    code == (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL);
}

/* Bring memory to an end with fn, on top of a filler. */
static void
flood(vm_fn fn, unsigned at_least)
{
	struct vm_agent filler, flooder;
	struct vm_outcome outcome;
	struct memory before;
	uint32_t code, count;

	filler_start(&filler);
	vm_agent_start(&flooder, self);
	(void)vm_agent_call(&flooder, touch_data, 0, 0);
	(void)vm_agent_call(&filler, touch_data, 0, 0);
	(void)touch_data(0, 0);
	before = memory_now();
	outcome = filler_fill(&filler);
	code = vm_agent_call(&flooder, fn, 0, 0);
	count = vm_agent_call(&flooder, get_flood_count, 0, 0);
	vm_agent_end(&flooder);
	vm_agent_end(&filler);
	check_free(before);
	test_note("%u made, then code %#x", (unsigned)count, (unsigned)code);
	check_filled(outcome);
	CHECK(is_shortage(code));
	CHECK(count >= at_least);
	check_alive();
}

TEST_LIMIT(memory_exhausted_by_ports, 60)
{
	flood(flood_ports, 100);
}

TEST_LIMIT(memory_exhausted_by_tasks, 60)
{
	flood(flood_tasks, 10);
}

TEST_LIMIT(memory_exhausted_by_threads, 60)
{
	flood(flood_threads, 20);
}

TEST_LIMIT(memory_exhausted_by_map_entries, 60)
{
	flood(flood_map_entries, 100);
}

TEST_LIMIT(memory_exhausted_by_messages, 60)
{
	flood(flood_messages, 20);
}

/*
 * Notifications.  Requests to the kernel whose replies nobody takes use up the
 * last of memory, what is kept for messages included; then a task dies that
 * others have asked to hear of.
 */

#define WATCHED	40u

static vm_address_t shared_flag;	/* a word that two tasks share */

static uint32_t
flood_replies(uint32_t a, uint32_t b)
{
	mach_port_t port = MACH_PORT_NULL;
	mach_msg_header_t head;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	(void)a;
	(void)b;
	(void)syscall_mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, &port);
	while (flood_count < 20000 && mr == MACH_MSG_SUCCESS) {
		memset(&head, 0, sizeof(head));
		head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE);
		head.msgh_remote_port = mach_task_self();
		head.msgh_local_port = port;
		head.msgh_id = 2999;	/* no such call: a reply says so */
		mr = mach_msg_trap(&head, MACH_SEND_MSG, sizeof(head), 0,
		    MACH_PORT_NULL, 0, MACH_PORT_NULL);
		flood_count++;
	}
	vm_set_word(shared_flag, 1);
	for (;;)
		test_sleep(1000);
	return 0;
}

/* Names of the watched task for rights that die with it. */
#define WATCHED_PORT(i)	(0x10001u + (i))
#define WATCHED_ONCE(i)	(0x20001u + (i))
#define WATCHED_SEND	0x30001u

/* Ask on our port to hear of all that happens to the task. */
static void
watch(task_t task, mach_port_t notify, mach_port_t senders)
{
	mach_port_t right, previous;
	mach_msg_type_name_t type;

	for (unsigned i = 0; i < WATCHED; i++) {
		CHECK_KR(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE,
		    WATCHED_PORT(i)), KERN_SUCCESS);
		CHECK_KR(mach_port_extract_right(task, WATCHED_PORT(i),
		    MACH_MSG_TYPE_MAKE_SEND, &right, &type), KERN_SUCCESS);
		CHECK_KR(mach_port_request_notification(self, right,
		    MACH_NOTIFY_DEAD_NAME, 0, notify,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
		CHECK_KR(mach_port_insert_right(task, WATCHED_ONCE(i), notify,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
	}
	CHECK_KR(mach_port_insert_right(task, WATCHED_SEND, senders,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	CHECK_KR(mach_port_request_notification(self, senders,
	    MACH_NOTIFY_NO_SENDERS, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
}

TEST_LIMIT(memory_exhausted_loses_no_notification, 60)
{
	union {
		mach_msg_header_t	      head;
		mach_dead_name_notification_t word;
		char			      room[256];
	} msg;
	struct vm_agent filler, flooder, watched;
	mach_port_t notify = test_port(), senders;
	unsigned dead = 0, once = 0, none = 0;
	struct vm_outcome outcome;

	shared_flag = test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(self, shared_flag, PAGE_SIZE, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	vm_set_word(shared_flag, 0);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &senders),
	    KERN_SUCCESS);
	vm_agent_start(&watched, self);
	watch(watched.task, notify, senders);
	filler_start(&filler);
	vm_agent_start(&flooder, self);
	(void)vm_agent_call(&flooder, touch_data, 0, 0);
	(void)touch_data(0, 0);
	memset(&msg, 0, sizeof(msg));
	outcome = filler_fill(&filler);
	vm_agent_begin(&flooder, flood_replies, 0, 0);
	for (unsigned i = 0; i < 20000 && vm_word(shared_flag) == 0; i++)
		test_sleep(1);
	/* From here to the floods' end by traps alone. */
	(void)syscall_task_terminate(watched.task);
	test_sleep(20);
	(void)syscall_task_terminate(flooder.task);
	(void)syscall_task_terminate(filler.task);
	test_wait_end(flooder.task);
	test_wait_end(filler.task);
	check_filled(outcome);
	CHECK_EQ(vm_word(shared_flag), 1);
	while (dead + once + none < 2 * WATCHED + 1) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, 5000),
		    MACH_MSG_SUCCESS);
		if (msg.head.msgh_id == MACH_NOTIFY_DEAD_NAME)
			dead++;
		else if (msg.head.msgh_id == MACH_NOTIFY_SEND_ONCE)
			once++;
		else
			none++;
	}
	CHECK_EQ(dead, WATCHED);
	CHECK_EQ(once, WATCHED);
	CHECK_EQ(none, 1);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), notify, 50),
	    MACH_RCV_TIMED_OUT);
	check_alive();
}
