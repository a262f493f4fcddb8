/*
 * tests/ipc_leaks.c - threads and tasks that are ended, aborted or suspended
 * at any point of a message's life leave nothing behind in the kernel.
 *
 * A victim is a task whose one thread is stopped at a point: waiting to send
 * a message full of rights and memory, waiting for one, or in the middle of
 * copying one from or to memory whose pager does not answer.  It is ended in
 * every way there is; then the kernel's structures are counted (zones.h).
 */
#include <string.h>

#include <device/device.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>
#include <mach/thread_info.h>
#include <mach/thread_switch.h>
#include <mach/vm_param.h>

#include "../libmach/thread.h"
#include "disturb.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define STACK_SIZE	0x4000
#define OOL_ADDR	((vm_address_t)0x50000000)
#define OOL_SIZE	(8 * PAGE_SIZE)
#define PAGED_ADDR	((vm_address_t)0x51000000)	/* nobody's pager */
#define PAGED_SIZE	(4 * PAGE_SIZE)

/* The rights of a victim, by name. */
enum { DEST = 0x101, CARRIED, INBOX, MOVED, SET, RESULT };

/* A message with every kind of thing in it. */
struct rich {
	mach_msg_header_t    head;
	mach_msg_type_t	     right_type;
	mach_port_t	     right;
	mach_msg_type_t	     moved_type;
	mach_port_t	     moved;
	mach_msg_type_long_t memory_type;
	vm_address_t	     memory;
	mach_msg_type_long_t array_type;
	mach_port_t	    *array;
};

static char victim_stack[STACK_SIZE] __attribute__((aligned(16)));
static mach_port_t victim_array[] = { DEST, MACH_PORT_NULL, DEST };

static mach_msg_type_t
right_as(unsigned disposition)
{
	return (mach_msg_type_t) {
		.msgt_name = disposition, .msgt_size = 32, .msgt_number = 1,
		.msgt_inline = TRUE,
	};
}

static mach_msg_type_long_t
out_of_line(unsigned name, unsigned size, unsigned number, bool deallocate)
{
	return (mach_msg_type_long_t) {
		.msgtl_header.msgt_longform = TRUE,
		.msgtl_header.msgt_deallocate = deallocate,
		.msgtl_name = name, .msgtl_size = size,
		.msgtl_number = number,
	};
}

static void
fill_rich(struct rich *msg, mach_port_t *array)
{
	*msg = (struct rich) {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.head.msgh_remote_port = DEST,
		.head.msgh_local_port = INBOX,
		.head.msgh_id = 4711,
		.right_type = right_as(MACH_MSG_TYPE_MOVE_SEND),
		.right = CARRIED,
		.moved_type = right_as(MACH_MSG_TYPE_MOVE_RECEIVE),
		.moved = MOVED,
		.memory_type = out_of_line(MACH_MSG_TYPE_BYTE, 8, OOL_SIZE,
		    true),
		.memory = OOL_ADDR,
		.array_type = out_of_line(MACH_MSG_TYPE_COPY_SEND, 32, 3,
		    false),
		.array = array,
	};
}

/* ---- what victims do; traps only ---- */

static mach_msg_return_t
victim_sends(void)
{
	struct rich msg;

	fill_rich(&msg, victim_array);
	return mach_msg_trap(&msg.head, MACH_SEND_MSG, sizeof(msg), 0, 0, 0,
	    0);
}

static mach_msg_return_t
victim_calls(void)
{
	struct rich msg;

	fill_rich(&msg, victim_array);
	return mach_msg_trap(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    sizeof(msg), sizeof(msg), INBOX, 0, 0);
}

static mach_msg_return_t
victim_calls_simply(void)
{
	mach_msg_header_t head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = DEST,
		.msgh_local_port = INBOX,
	};

	return mach_msg_trap(&head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(head),
	    sizeof(head), INBOX, 0, 0);
}

static mach_msg_return_t
victim_receives(mach_port_t from)
{
	char room[256];

	return mach_msg_trap((mach_msg_header_t *)room, MACH_RCV_MSG, 0,
	    sizeof(room), from, 0, 0);
}

static mach_msg_return_t
victim_receives_port(void)
{
	return victim_receives(INBOX);
}

static mach_msg_return_t
victim_receives_set(void)
{
	return victim_receives(SET);
}

/* The second receive waits, with all that the first one brought. */
static mach_msg_return_t
victim_holds(void)
{
	(void)victim_receives(INBOX);
	return victim_receives(INBOX);
}

static mach_msg_return_t
victim_sends_paged(void)
{
	return mach_msg_trap((mach_msg_header_t *)PAGED_ADDR, MACH_SEND_MSG,
	    4096, 0, 0, 0, 0);
}

static mach_msg_return_t
victim_sends_paged_array(void)
{
	struct rich msg;

	fill_rich(&msg, (mach_port_t *)PAGED_ADDR);
	return mach_msg_trap(&msg.head, MACH_SEND_MSG, sizeof(msg), 0, 0, 0,
	    0);
}

/* How its memory is to be copied, its pager would have to say first. */
static mach_msg_return_t
victim_sends_paged_memory(void)
{
	struct rich msg;

	fill_rich(&msg, victim_array);
	msg.memory = PAGED_ADDR + 5;
	msg.memory_type.msgtl_number = PAGED_SIZE - 10;
	msg.memory_type.msgtl_header.msgt_deallocate = FALSE;
	return mach_msg_trap(&msg.head, MACH_SEND_MSG, sizeof(msg), 0, 0, 0,
	    0);
}

/* So little that its bytes are copied at once. */
static mach_msg_return_t
victim_sends_little_paged_memory(void)
{
	struct rich msg;

	fill_rich(&msg, victim_array);
	msg.memory = PAGED_ADDR + 5;
	msg.memory_type.msgtl_number = 100;
	msg.memory_type.msgtl_header.msgt_deallocate = FALSE;
	return mach_msg_trap(&msg.head, MACH_SEND_MSG, sizeof(msg), 0, 0, 0,
	    0);
}

/* The kernel, with its request in hand, waits for the page. */
static mach_msg_return_t
victim_has_the_kernel_read(void)
{
	mach_port_t console;
	int written;

	mach_child_init();
	if (device_open(TEST_DEVICE_PORT, D_WRITE, "console", &console) ==
	    D_SUCCESS)
		(void)device_write(console, 0, 0, (io_buf_ptr_t)PAGED_ADDR,
		    PAGED_SIZE, &written);
	return MACH_MSG_SUCCESS;
}

static mach_msg_return_t
victim_receives_paged(void)
{
	return mach_msg_trap((mach_msg_header_t *)PAGED_ADDR, MACH_RCV_MSG, 0,
	    PAGE_SIZE, INBOX, 0, 0);
}

static mach_msg_return_t
victim_asks_accepted(void)
{
	struct rich msg;

	fill_rich(&msg, victim_array);
	(void)mach_msg_trap(&msg.head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, sizeof(msg), 0, 0, 0, INBOX);
	return victim_receives(SET);
}

/* ---- the stage ---- */

struct point {
	mach_msg_return_t (*act)(void);
	mach_msg_return_t  when_aborted;
	bool		   full;	/* DEST's queue, before it acts */
	bool		   paged;	/* it needs PAGED_ADDR */
	bool		   fed;		/* a rich message comes to INBOX */
};

static const struct point *the_point;
static mach_port_t dest, pager, result;
static task_t victim;
static thread_t victim_thread;

/* The victim's first code; it tells what an aborted trap came to. */
static void
victim_main(void *unused)
{
	mach_msg_return_t mr = the_point->act();
	mach_msg_header_t head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_remote_port = RESULT,
		.msgh_id = mr,
	};

	(void)unused;
	(void)mach_msg_trap(&head, MACH_SEND_MSG, sizeof(head), 0, 0, 0, 0);
	for (;;)
		(void)syscall_task_terminate((mach_task_self)());
}

static void
give(mach_port_t name, mach_port_t right, mach_msg_type_name_t disposition)
{
	CHECK_KR(mach_port_insert_right(victim, name, right, disposition),
	    KERN_SUCCESS);
}

/* What comes to the victim while it waits, or before. */
static void
feed(void)
{
	vm_address_t memory = test_allocate(OOL_SIZE);
	mach_port_t array[2] = { dest, dest };
	mach_msg_type_name_t kind;
	mach_port_t inbox;
	struct rich msg;

	memset((void *)memory, 7, OOL_SIZE);
	CHECK_KR(mach_port_extract_right(victim, INBOX,
	    MACH_MSG_TYPE_MAKE_SEND, &inbox, &kind), KERN_SUCCESS);
	fill_rich(&msg, array);
	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0);
	msg.head.msgh_remote_port = inbox;
	msg.head.msgh_local_port = MACH_PORT_NULL;
	msg.right_type = right_as(MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.right = dest;
	msg.moved = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	msg.memory = memory;
	msg.array_type.msgtl_number = 2;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0, 0, 0, 0),
	    MACH_MSG_SUCCESS);
}

static void
map_paged(void)
{
	vm_address_t addr = PAGED_ADDR;

	pager = test_port();
	CHECK_KR(vm_map(victim, &addr, PAGED_SIZE, 0, FALSE, pager, 0, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_SUCCESS);
}

static void
make_victim(void)
{
	vm_address_t addr = OOL_ADDR;
	mach_port_t carried = test_port();

	CHECK_KR(task_create(SELF, TRUE, &victim), KERN_SUCCESS);
	give(DEST, dest, MACH_MSG_TYPE_MAKE_SEND);
	give(CARRIED, carried, MACH_MSG_TYPE_MOVE_SEND);
	destroy_right(carried);
	give(RESULT, result, MACH_MSG_TYPE_MAKE_SEND);
	give(TEST_DEVICE_PORT, TEST_DEVICE_PORT, MACH_MSG_TYPE_COPY_SEND);
	CHECK_KR(mach_port_allocate_name(victim, MACH_PORT_RIGHT_RECEIVE,
	    INBOX), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(victim, MACH_PORT_RIGHT_RECEIVE,
	    MOVED), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(victim, MACH_PORT_RIGHT_PORT_SET,
	    SET), KERN_SUCCESS);
	CHECK_KR(vm_allocate(victim, &addr, OOL_SIZE, FALSE), KERN_SUCCESS);
	CHECK_KR(thread_create(victim, &victim_thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(victim_thread, victim_main, NULL,
	    (vm_address_t)victim_stack + STACK_SIZE), KERN_SUCCESS);
}

static void
await_waiting(thread_t thread)
{
	struct thread_basic_info info;
	mach_msg_type_number_t count;

	for (unsigned i = 0; i < 20000; i++) {
		count = THREAD_BASIC_INFO_COUNT;
		CHECK_KR(thread_info(thread, THREAD_BASIC_INFO,
		    (thread_info_t)&info, &count), KERN_SUCCESS);
		if (info.run_state == TH_STATE_WAITING ||
		    info.run_state == TH_STATE_UNINTERRUPTIBLE)
			return;
		(void)thread_switch(thread, SWITCH_OPTION_NONE, 0);
	}
	test_fail(__FILE__, __LINE__, "a victim does not come to its point");
}

static void
set_stage(const struct point *point)
{
	the_point = point;
	dest = test_port();
	result = test_port();
	make_victim();
	if (point->full) {
		CHECK_KR(mach_port_set_qlimit(SELF, dest, 1), KERN_SUCCESS);
		CHECK_KR(send_empty(dest, 1), MACH_MSG_SUCCESS);
	}
	if (point->paged)
		map_paged();
	if (point->fed)
		feed();
	CHECK_KR(thread_resume(victim_thread), KERN_SUCCESS);
	await_waiting(victim_thread);
}

static void
clear_stage(void)
{
	disturb_await_dead(victim);
	CHECK_KR(mach_port_deallocate(SELF, victim), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, victim_thread), KERN_SUCCESS);
	destroy_right(dest);
	destroy_right(result);
	if (the_point->paged)
		destroy_right(pager);
}

/* ---- its ends ---- */

/* No code is expected: it may be ending by itself. */
static void
end_task(void)
{
	(void)task_terminate(victim);
}

static void
end_suspended_task(void)
{
	CHECK_KR(task_suspend(victim), KERN_SUCCESS);
	CHECK_KR(thread_suspend(victim_thread), KERN_SUCCESS);
	end_task();
}

static void
end_thread(void)
{
	CHECK_KR(thread_terminate(victim_thread), KERN_SUCCESS);
	disturb_await_dead(victim_thread);
	end_task();
}

static void
end_suspended_thread(void)
{
	CHECK_KR(thread_suspend(victim_thread), KERN_SUCCESS);
	end_thread();
}

static void
end_by_abort(void)
{
	CHECK_KR(thread_abort(victim_thread), KERN_SUCCESS);
	CHECK_EQ(receive_empty(result), the_point->when_aborted);
	disturb_await_dead(victim);
}

static void
end_by_abort_while_suspended(void)
{
	CHECK_KR(thread_suspend(victim_thread), KERN_SUCCESS);
	CHECK_KR(thread_abort(victim_thread), KERN_SUCCESS);
	CHECK_KR(thread_resume(victim_thread), KERN_SUCCESS);
	CHECK_EQ(receive_empty(result), the_point->when_aborted);
	disturb_await_dead(victim);
}

/* What the victim waits for is gone before it is. */
static void
end_port_first(void)
{
	CHECK_KR(mach_port_destroy(victim, INBOX), KERN_SUCCESS);
	(void)mach_port_destroy(victim, SET);
	CHECK_KR(mach_port_mod_refs(SELF, dest, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	end_task();
}

static void (*const ends[])(void) = {
	end_task, end_suspended_task, end_thread, end_suspended_thread,
	end_by_abort, end_by_abort_while_suspended, end_port_first,
};

static const struct point *round_point;

static void
round_of_ends(void)
{
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		set_stage(round_point);
		ends[i]();
		clear_stage();
	}
}

static void
check_point(const struct point *point)
{
	round_point = point;
	zones_check_rounds(round_of_ends, 3);
}

TEST(ipc_leaks_sender_at_a_full_queue)
{
	static const struct point point = {
		victim_sends, MACH_SEND_INTERRUPTED, .full = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_caller_at_a_full_queue)
{
	static const struct point point = {
		victim_calls, MACH_SEND_INTERRUPTED, .full = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_caller_that_awaits_its_reply)
{
	static const struct point point = {
		victim_calls, MACH_RCV_INTERRUPTED, .full = false,
	};
	static const struct point simple = {
		victim_calls_simply, MACH_RCV_INTERRUPTED, .full = false,
	};

	check_point(&point);
	check_point(&simple);
}

TEST(ipc_leaks_receiver)
{
	static const struct point port = {
		victim_receives_port, MACH_RCV_INTERRUPTED, .full = false,
	};
	static const struct point set = {
		victim_receives_set, MACH_RCV_INTERRUPTED, .full = false,
	};

	check_point(&port);
	check_point(&set);
}

TEST(ipc_leaks_receiver_that_holds_a_message)
{
	static const struct point point = {
		victim_holds, MACH_RCV_INTERRUPTED, .fed = true,
	};

	check_point(&point);
}

/* A message that nobody came to receive. */
TEST(ipc_leaks_queue_of_a_task)
{
	static const struct point point = {
		victim_receives_set, MACH_RCV_INTERRUPTED, .fed = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_sender_that_wants_to_be_told)
{
	static const struct point point = {
		victim_asks_accepted, MACH_RCV_INTERRUPTED, .full = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_sender_whose_message_is_paged)
{
	static const struct point point = {
		victim_sends_paged, MACH_SEND_INVALID_DATA, .paged = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_sender_whose_array_is_paged)
{
	static const struct point point = {
		victim_sends_paged_array, MACH_SEND_INVALID_MEMORY,
		.paged = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_sender_whose_memory_is_paged)
{
	static const struct point point = {
		victim_sends_paged_memory, MACH_SEND_INVALID_MEMORY,
		.paged = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_sender_whose_little_memory_is_paged)
{
	static const struct point point = {
		victim_sends_little_paged_memory, MACH_SEND_INVALID_MEMORY,
		.paged = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_call_that_the_kernel_is_serving)
{
	static const struct point point = {
		victim_has_the_kernel_read, MACH_MSG_SUCCESS, .paged = true,
	};

	check_point(&point);
}

TEST(ipc_leaks_receiver_whose_buffer_is_paged)
{
	static const struct point point = {
		victim_receives_paged, MACH_RCV_INVALID_DATA, .paged = true,
		.fed = true,
	};

	check_point(&point);
}

/* ---- conversations, disturbed ---- */

enum { ACTORS = 3, PEER = 0x200, TALK_MS = 250 };

static struct actor {
	task_t	    task;
	mach_port_t peer;		/* a send right to its INBOX */
} actors[ACTORS];
static unsigned actor_count, this_actor;
static uint32_t disturb_seed = 1;

/* The client of an RPC that is disturbed; ends when its server does. */
static mach_msg_return_t
talk_as_client(void)
{
	struct {
		mach_msg_header_t head;
		char		  room[200];
	} msg;
	mach_msg_return_t mr;

	do {
		msg.head = (mach_msg_header_t) {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    MACH_MSG_TYPE_MAKE_SEND_ONCE),
			.msgh_remote_port = PEER + 1,
			.msgh_local_port = INBOX,
		};
		mr = mach_msg_trap(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG, 40,
		    sizeof(msg), INBOX, 0, 0);
	} while (mr != MACH_SEND_INVALID_DEST);
	return mr;
}

static mach_msg_return_t
talk_as_server(void)
{
	struct {
		mach_msg_header_t head;
		char		  room[200];
	} msg;
	mach_port_t to = MACH_PORT_NULL;
	mach_msg_return_t mr;

	do {
		msg.head = (mach_msg_header_t) {
			.msgh_bits = MACH_MSGH_BITS(
			    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
			.msgh_remote_port = to,
		};
		mr = mach_msg_trap(&msg.head, MACH_RCV_MSG |
		    (to != MACH_PORT_NULL ? MACH_SEND_MSG : 0), 40,
		    sizeof(msg), SET, 0, 0);
		to = mr == MACH_MSG_SUCCESS ? msg.head.msgh_remote_port :
		    MACH_PORT_NULL;
	} while (mr != MACH_RCV_INVALID_NAME);
	return mr;
}

static mach_port_t
random_peer(uint32_t *seed)
{
	return PEER + (this_actor + 1 + test_random(seed) %
	    (ACTORS - 1)) % ACTORS;
}

/* A random message to a random other actor, full of rights; waits little. */
static void
send_something(uint32_t *seed)
{
	mach_port_t array[3] = { random_peer(seed), 0, random_peer(seed) };
	mach_port_t moved = MACH_PORT_NULL;
	struct rich msg;

	(void)mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &moved);
	fill_rich(&msg, array);
	msg.head.msgh_remote_port = random_peer(seed);
	msg.right_type = right_as(MACH_MSG_TYPE_MAKE_SEND);
	msg.right = INBOX;
	msg.moved = moved;
	msg.memory = OOL_ADDR;
	msg.memory_type.msgtl_header.msgt_deallocate = FALSE;
	msg.memory_type.msgtl_number = 1 + test_random(seed) % PAGE_SIZE;
	if (mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(msg), 0, 0, test_random(seed) % 16, 0) !=
	    MACH_MSG_SUCCESS)
		mach_msg_destroy(&msg.head);
}

static void
receive_something(uint32_t *seed)
{
	struct rich msg[2];

	if (mach_msg(&msg->head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    test_random(seed) % 8 ? sizeof(msg) : 60, SET,
	    test_random(seed) % 16, 0) == MACH_MSG_SUCCESS &&
	    test_random(seed) % 8 != 0)
		mach_msg_destroy(&msg->head);
}

static void
talk(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	for (;;) {
		if (test_random(&seed) % 2)
			send_something(&seed);
		else
			receive_something(&seed);
	}
}

/* Two threads of one task; neither ends by itself. */
static mach_msg_return_t
talk_at_random(void)
{
	mach_child_init();
	(void)mach_thread_start(talk, (void *)(this_actor + 100));
	talk((void *)this_actor);
	return MACH_MSG_SUCCESS;
}

/* An actor that will act as point says; it knows the others by their ports. */
static void
make_actor(const struct point *point)
{
	mach_msg_type_name_t kind;

	the_point = point;
	this_actor = actor_count;
	make_victim();
	CHECK_KR(mach_port_move_member(victim, INBOX, SET), KERN_SUCCESS);
	actors[actor_count].task = victim;
	CHECK_KR(mach_port_extract_right(victim, INBOX,
	    MACH_MSG_TYPE_MAKE_SEND, &actors[actor_count].peer, &kind),
	    KERN_SUCCESS);
	actor_count++;
}

/* All know each other from now on, and begin. */
static void
start_actor(unsigned which, thread_t thread)
{
	victim = actors[which].task;
	for (unsigned i = 0; i < actor_count; i++)
		if (i != which)
			give(PEER + i, actors[i].peer,
			    MACH_MSG_TYPE_COPY_SEND);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, thread), KERN_SUCCESS);
}

static void
end_actors(void)
{
	unsigned first = test_random(&disturb_seed) % actor_count;

	for (unsigned i = 0; i < actor_count; i++) {
		unsigned which = (first + i) % actor_count;

		(void)task_terminate(actors[which].task);
		(void)swtch_pri(0);
	}
	for (unsigned i = 0; i < actor_count; i++) {
		disturb_await_dead(actors[i].task);
		CHECK_KR(mach_port_deallocate(SELF, actors[i].task),
		    KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(SELF, actors[i].peer),
		    KERN_SUCCESS);
	}
	destroy_right(dest);
	destroy_right(result);
}

static const struct point *cast[ACTORS];

static void
round_of_talk(void)
{
	thread_t threads[ACTORS];
	task_t tasks[ACTORS];

	dest = test_port();
	result = test_port();
	for (actor_count = 0; actor_count < ACTORS &&
	    cast[actor_count] != NULL;) {
		make_actor(cast[actor_count]);
		threads[actor_count - 1] = victim_thread;
	}
	for (unsigned i = 0; i < actor_count; i++)
		start_actor(i, threads[i]);
	for (unsigned i = 0; i < actor_count; i++)
		tasks[i] = actors[i].task;
	disturb_for(tasks, actor_count, TALK_MS, &disturb_seed);
	end_actors();
}

/* The hand-off from sender to receiver, its both ends aborted at will. */
TEST(ipc_leaks_rpc_disturbed)
{
	static const struct point client = { .act = talk_as_client };
	static const struct point server = { .act = talk_as_server };

	cast[0] = &client;
	cast[1] = &server;
	zones_check_rounds(round_of_talk, 3);
}

TEST(ipc_leaks_random_talk_disturbed)
{
	static const struct point point = { .act = talk_at_random };

	for (unsigned i = 0; i < ACTORS; i++)
		cast[i] = &point;
	zones_check_rounds(round_of_talk, 4);
}
