/*
 * tests/ipc_extremes.c - messages and names at their limits: a gigabyte in a
 * message, sets of thousands, options seldom used, arguments that are wrong.
 */
#include <string.h>

#include <mach/host_info.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>
#include <mach/thread_switch.h>
#include <mach/vm_param.h>

#include "rights.h"
#include "vm_support.h"

#define SELF		mach_task_self()
#define NOT_A_NAME	((mach_port_name_t)0x654321)
#define GIGABYTE	((vm_size_t)1 << 30)

struct bare {
	mach_msg_header_t head;
	char		  room[64];
};

/* ---- memory ---- */

/* The pages that are there, of a region of size bytes. */
static const vm_offset_t spots[] = { 0, 0x5000, 0x12345000, 0x20000000,
    0x3fe00000, 0x3ffff000 };
enum { SPOTS = sizeof(spots) / sizeof(spots[0]) };

static vm_address_t
make_sparse(void)
{
	vm_address_t addr = test_allocate(GIGABYTE);

	for (unsigned i = 0; i < SPOTS; i++)
		vm_set_word(addr + spots[i], 1000 + i);
	return addr;
}

static void
check_sparse(vm_address_t addr)
{
	for (unsigned i = 0; i < SPOTS; i++)
		CHECK_EQ(vm_word(addr + spots[i]), 1000 + i);
	CHECK_EQ(vm_word(addr + 0x30000000), 0);
}

/* It costs what is there and what is written, not what it spans. */
TEST(ipc_message_copies_a_sparse_gigabyte)
{
	mach_port_t port = test_port();
	vm_address_t addr = make_sparse(), copy;
	vm_size_t size;
	unsigned before = vm_free_count();

	for (unsigned i = 0; i < 20; i++) {
		CHECK_KR(vm_send_data(port, addr, GIGABYTE, false),
		    MACH_MSG_SUCCESS);
		vm_set_word(addr, 7);
		copy = vm_receive_data(port, &size);
		CHECK_EQ(size, GIGABYTE);
		check_sparse(copy);
		vm_set_word(copy + spots[2], 8);
		CHECK_EQ(vm_word(addr + spots[2]), 1002);
		vm_set_word(addr, 1000);
		vm_deallocate_check(copy, GIGABYTE);
	}
	CHECK(vm_free_count() + 100 > before);
}

TEST(ipc_message_moves_two_sparse_gigabytes)
{
	mach_port_t port = test_port();
	vm_address_t first = make_sparse(), second = make_sparse();
	vm_size_t size;

	for (unsigned i = 0; i < 20; i++) {
		CHECK_KR(vm_send_data(port, first, GIGABYTE, true),
		    MACH_MSG_SUCCESS);
		CHECK_KR(vm_send_data(port, second, GIGABYTE, true),
		    MACH_MSG_SUCCESS);
		first = vm_receive_data(port, &size);
		second = vm_receive_data(port, &size);
		check_sparse(first);
		check_sparse(second);
	}
}

/* ---- sets ---- */

enum { MEMBERS = 3000 };
static mach_port_t members[MEMBERS];

static unsigned
find_member(mach_port_t name)
{
	unsigned i = 0;

	while (i < MEMBERS && members[i] != name)
		i++;
	CHECK(i < MEMBERS);
	return i;
}

TEST(ipc_set_of_thousands)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_name_array_t names;
	mach_msg_type_number_t count;
	static uint8_t got[MEMBERS];
	struct bare msg;

	for (unsigned i = 0; i < MEMBERS; i++) {
		members[i] = test_port();
		CHECK_KR(mach_port_move_member(SELF, members[i], set),
		    KERN_SUCCESS);
	}
	CHECK_KR(mach_port_get_set_status(SELF, set, &names, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, MEMBERS);
	for (unsigned i = 0; i < MEMBERS; i++)
		got[find_member(names[i])]++;
	for (unsigned i = 0; i < MEMBERS; i++)
		CHECK_EQ(got[i]--, 1);
	for (unsigned i = 0; i < MEMBERS; i += 7)
		CHECK_KR(send_empty(members[i], 100 + (int)i),
		    MACH_MSG_SUCCESS);
	for (unsigned i = 0; i < MEMBERS; i += 7) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), set, 1000),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(msg.head.msgh_local_port,
		    members[msg.head.msgh_id - 100]);
		CHECK_EQ(msg.head.msgh_seqno, 0);
		got[msg.head.msgh_id - 100]++;
	}
	check_silent(set);
	for (unsigned i = 0; i < MEMBERS; i++)
		CHECK_EQ(got[i], i % 7 == 0);
	destroy_right(set);
	CHECK_EQ(receive_status(members[MEMBERS - 1]).mps_pset,
	    MACH_PORT_NULL);
}

/* A member with much to say does not keep the others waiting. */
TEST(ipc_set_serves_members_in_turn)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t loud = test_port(), quiet = test_port();

	CHECK_KR(mach_port_move_member(SELF, loud, set), KERN_SUCCESS);
	CHECK_KR(mach_port_move_member(SELF, quiet, set), KERN_SUCCESS);
	for (int i = 0; i < 4; i++)
		CHECK_KR(send_empty(loud, 10 + i), MACH_MSG_SUCCESS);
	CHECK_KR(send_empty(quiet, 20), MACH_MSG_SUCCESS);
	CHECK_EQ(receive_empty(set), 10);
	CHECK_EQ(receive_empty(set), 20);
	for (int i = 1; i < 4; i++)
		CHECK_EQ(receive_empty(set), 10 + i);
}

/* ---- names ---- */

/* Whatever the kernel would have chosen next, a user may have taken. */
TEST(ipc_names_that_users_took_are_not_given_out)
{
	static mach_port_name_t taken[600];
	mach_port_name_t next = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	unsigned count = 0;
	mach_port_t name;

	destroy_right(next);
	for (unsigned i = 1; i <= 600; i++) {
		name = (next & 0xffffff) + (i % 20) + ((i / 20) << 24);
		if (mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE,
		    name) == KERN_SUCCESS)
			taken[count++] = name;
	}
	CHECK(count > 500);
	for (unsigned i = 0; i < 600; i++) {
		name = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
		for (unsigned j = 0; j < count; j++)
			CHECK(name != taken[j]);
		if (i % 3 == 0)
			destroy_right(name);
	}
	for (unsigned i = 0; i < count; i++) {
		CHECK_EQ(right_type(taken[i]), MACH_PORT_TYPE_RECEIVE);
		destroy_right(taken[i]);
	}
}

TEST(ipc_names_dead_with_all_references)
{
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	mach_port_t notify = test_port(), previous;

	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME,
	    65534), KERN_SUCCESS);
	CHECK_EQ(right_refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 65535);
	CHECK_KR(mach_port_request_notification(SELF, dead,
	    MACH_NOTIFY_DEAD_NAME, 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_UREFS_OVERFLOW);
	check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME, 1),
	    KERN_UREFS_OVERFLOW);
	CHECK_EQ(right_refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 65535);
}

/* A right with all references that dies tells so, and then has one more. */
TEST(ipc_names_dying_with_all_references)
{
	mach_port_t port = test_port(), notify = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 65533),
	    KERN_SUCCESS);
	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, port);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_DEAD_NAME), 65535);
}

/* ---- options ---- */

static mach_msg_return_t
send_cancelling(mach_port_t to, mach_port_t cancel)
{
	mach_msg_header_t head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
		.msgh_remote_port = to,
		.msgh_id = 5,
	};

	return mach_msg(&head, MACH_SEND_MSG | MACH_SEND_CANCEL, sizeof(head),
	    0, MACH_PORT_NULL, 0, cancel);
}

/* The request goes with the right, and who asked is not told. */
TEST(ipc_options_cancel_a_dead_name_request)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_port_t other = test_port(), right = send_once_right(port);

	request_notification(right, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(send_cancelling(right, MACH_PORT_NULL),
	    MACH_SEND_INVALID_NOTIFY);
	CHECK_KR(send_cancelling(right, NOT_A_NAME),
	    MACH_SEND_INVALID_NOTIFY);
	CHECK_KR(send_cancelling(right, SELF), MACH_SEND_INVALID_NOTIFY);
	CHECK_EQ(right_type(right),
	    MACH_PORT_TYPE_SEND_ONCE | MACH_PORT_TYPE_DNREQUEST);
	CHECK_KR(send_cancelling(right, notify), MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(right), 0);
	check_silent(notify);
	CHECK_EQ(receive_status(notify).mps_sorights, 0);
	CHECK_EQ(receive_empty(port), 5);

	/* Another port's request is not meant. */
	right = send_once_right(port);
	request_notification(right, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(send_cancelling(right, other), MACH_MSG_SUCCESS);
	check_notified(notify, MACH_NOTIFY_PORT_DELETED, right);
	CHECK_EQ(receive_empty(port), 5);
}

static mach_msg_return_t
send_to_be_told(mach_port_t to, mach_port_t notify)
{
	mach_msg_header_t head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_remote_port = to,
	};

	return mach_msg(&head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, sizeof(head), 0, MACH_PORT_NULL, 0, notify);
}

/* A space can wait for so many messages to be accepted, and no more. */
TEST(ipc_options_too_many_to_be_told)
{
	mach_port_t notify = test_port(), ports[65];

	for (unsigned i = 0; i < 65; i++) {
		ports[i] = test_port();
		CHECK_KR(mach_port_set_qlimit(SELF, ports[i], 0),
		    KERN_SUCCESS);
		CHECK_KR(send_to_be_told(ports[i], notify), i < 64 ?
		    MACH_SEND_WILL_NOTIFY : MACH_SEND_NO_NOTIFY);
	}
	/* The last one came back with a reference to where it was to go. */
	CHECK_EQ(right_refs(ports[64], MACH_PORT_RIGHT_SEND), 2);
	CHECK_EQ(receive_status(ports[64]).mps_msgcount, 0);
	for (unsigned i = 0; i < 64; i++)
		destroy_right(ports[i]);
	for (unsigned i = 0; i < 64; i++)
		check_notified(notify, MACH_NOTIFY_PORT_DELETED, ports[i]);
	check_silent(notify);
	CHECK_KR(send_to_be_told(ports[64], notify), MACH_SEND_WILL_NOTIFY);
}

/* A reply port that is known by name already is not asked about. */
TEST(ipc_options_receive_notify_leaves_known_names)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_port_t reply = test_port();
	struct bare msg;

	for (unsigned i = 0; i < 2; i++) {
		msg.head = (mach_msg_header_t) {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    MACH_MSG_TYPE_MAKE_SEND),
			.msgh_remote_port = port,
			.msgh_local_port = reply,
			.msgh_id = 3,
		};
		CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg.head),
		    0, 0, 0, 0), MACH_MSG_SUCCESS);
		CHECK_KR(mach_msg(&msg.head, MACH_RCV_MSG | MACH_RCV_NOTIFY,
		    0, sizeof(msg), port, 0, i == 0 ? notify :
		    MACH_PORT_NULL), i == 0 ? MACH_MSG_SUCCESS :
		    MACH_RCV_INVALID_NOTIFY);
		CHECK_EQ(right_type(reply), MACH_PORT_TYPE_SEND_RECEIVE);
	}
	CHECK_EQ(right_refs(reply, MACH_PORT_RIGHT_SEND), 2);
	CHECK_EQ(receive_status(notify).mps_sorights, 0);
	check_silent(port);
}

/* One call, two timeouts: each half has the whole time. */
TEST(ipc_options_both_timeouts)
{
	mach_port_t port = test_port(), full = test_port();
	const mach_msg_option_t options = MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
	struct bare msg = { .head.msgh_size = 24 };

	CHECK_KR(mach_port_set_qlimit(SELF, full, 0), KERN_SUCCESS);
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg.head.msgh_remote_port = full;
	CHECK_KR(mach_msg(&msg.head, options, 24, sizeof(msg), port, 20, 0),
	    MACH_SEND_TIMED_OUT);
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg.head.msgh_remote_port = port;
	msg.head.msgh_local_port = MACH_PORT_NULL;
	CHECK_KR(mach_msg(&msg.head, options, 24, sizeof(msg), full, 20, 0),
	    MACH_RCV_TIMED_OUT);
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg.head.msgh_remote_port = port;
	msg.head.msgh_local_port = MACH_PORT_NULL;
	CHECK_KR(mach_msg(&msg.head, options, 24, sizeof(msg), port, 20, 0),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
}

/* Bits that mean nothing, or nothing of a user's: a full queue stays full. */
TEST(ipc_options_that_are_none_are_ignored)
{
	const mach_msg_option_t none = (mach_msg_option_t)~(MACH_SEND_MSG |
	    MACH_RCV_MSG | MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY |
	    MACH_SEND_INTERRUPT | MACH_SEND_CANCEL | MACH_RCV_TIMEOUT |
	    MACH_RCV_NOTIFY | MACH_RCV_INTERRUPT | MACH_RCV_LARGE);
	mach_port_t port = test_port();
	struct bare msg = { .head.msgh_remote_port = port };

	CHECK(none & MACH_SEND_ALWAYS);
	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	for (unsigned i = 0; i < 2; i++) {
		msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    0);
		CHECK_KR(mach_msg(&msg.head, none | MACH_SEND_MSG |
		    MACH_SEND_TIMEOUT, 24, 0, 0, 0, 0), i == 0 ?
		    MACH_MSG_SUCCESS : MACH_SEND_TIMED_OUT);
	}
	CHECK_KR(mach_msg(&msg.head, none, 24, sizeof(msg), port, 0, 0),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	CHECK_KR(mach_msg(&msg.head, none | MACH_RCV_MSG, 0, sizeof(msg),
	    port, 0, 0), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&msg.head, none | MACH_RCV_MSG | MACH_RCV_TIMEOUT,
	    0, sizeof(msg), port, 0, 0), MACH_RCV_TIMED_OUT);
}

/* ---- waiting ---- */

static mach_port_t wait_port;
static volatile mach_msg_return_t wait_result;
static volatile unsigned wait_size, waited, waiting;
static volatile mach_msg_option_t wait_options;

static void
wait_for_message(void *unused)
{
	struct bare msg;

	(void)unused;
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg.head.msgh_remote_port = wait_port;
	msg.head.msgh_local_port = MACH_PORT_NULL;
	waiting++;
	wait_result = mach_msg(&msg.head, wait_options, 24,
	    wait_options & MACH_RCV_LARGE ? 24 : sizeof(msg), wait_port, 2000,
	    MACH_PORT_NULL);
	wait_size = msg.head.msgh_size;
	waited++;
}

static thread_t
start_waiting(mach_msg_option_t options, mach_port_t port)
{
	thread_t thread;

	wait_options = options;
	wait_port = port;
	CHECK_KR(mach_thread_start_port(wait_for_message, NULL, &thread),
	    KERN_SUCCESS);
	test_sleep(50);
	return thread;
}

static void
await_result(mach_msg_return_t result)
{
	for (unsigned i = 0; i < 500 && waited != waiting; i++)
		test_sleep(10);
	CHECK_EQ(waited, waiting);
	CHECK_EQ(wait_result, result);
}

/* Who waits with too little room is told, and the message stays. */
TEST(ipc_waiting_receiver_learns_of_a_large_message)
{
	mach_port_t port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	(void)start_waiting(MACH_RCV_MSG | MACH_RCV_LARGE, port);
	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	await_result(MACH_RCV_TOO_LARGE);
	CHECK_EQ(wait_size, sizeof(struct right_message));
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	CHECK_EQ(receive_status(port).mps_seqno, 0);
	(void)receive_right(port, MACH_MSG_TYPE_PORT_SEND);

	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	(void)start_waiting(MACH_RCV_MSG | MACH_RCV_LARGE, set);
	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	await_result(MACH_RCV_TOO_LARGE);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	CHECK_EQ(receive_right(set, MACH_MSG_TYPE_PORT_SEND), port);
}

/* The library goes on after an interrupt, unless its caller wants to know. */
TEST(ipc_waiting_goes_on_after_an_interrupt)
{
	mach_port_t port = test_port();
	thread_t thread = start_waiting(MACH_RCV_MSG, port);

	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	test_sleep(20);
	CHECK_EQ(waited, 0);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	await_result(MACH_MSG_SUCCESS);
	thread = start_waiting(MACH_RCV_MSG | MACH_RCV_INTERRUPT, port);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	await_result(MACH_RCV_INTERRUPTED);

	CHECK_KR(mach_port_set_qlimit(SELF, port, 0), KERN_SUCCESS);
	thread = start_waiting(MACH_SEND_MSG, port);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	test_sleep(20);
	CHECK_EQ(waited, 2);
	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	await_result(MACH_MSG_SUCCESS);
	thread = start_waiting(MACH_SEND_MSG | MACH_SEND_INTERRUPT, port);
	CHECK_KR(thread_abort(thread), KERN_SUCCESS);
	await_result(MACH_SEND_INTERRUPTED);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
}

/* A sender with a timeout gets in while it lasts. */
TEST(ipc_waiting_sender_gets_in_before_its_timeout)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	(void)start_waiting(MACH_SEND_MSG | MACH_SEND_TIMEOUT, port);
	CHECK_EQ(receive_empty(port), 1);
	await_result(MACH_MSG_SUCCESS);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
}

static void
send_own_id(void *arg)
{
	CHECK_KR(send_empty(wait_port, (mach_msg_id_t)(uintptr_t)arg),
	    MACH_MSG_SUCCESS);
	waited++;
}

/* Blocked senders get in as they came, and none overtakes them. */
TEST(ipc_waiting_senders_get_in_in_turn)
{
	wait_port = test_port();
	CHECK_KR(mach_port_set_qlimit(SELF, wait_port, 0), KERN_SUCCESS);
	for (unsigned i = 1; i <= 6; i++) {
		CHECK_KR(mach_thread_start(send_own_id, (void *)i),
		    KERN_SUCCESS);
		test_sleep(30);
	}
	CHECK_EQ(waited, 0);
	CHECK_KR(mach_port_set_qlimit(SELF, wait_port, 1), KERN_SUCCESS);
	for (mach_msg_id_t i = 1; i <= 6; i++)
		CHECK_EQ(receive_empty(wait_port), i);
	check_silent(wait_port);
}

/* ---- handing off ---- */

static volatile unsigned spins, spins_seen;
static volatile bool stop_spinning;

/* Always ready to run, and glad to let others. */
static void
spin(void *unused)
{
	(void)unused;
	while (!stop_spinning) {
		spins++;
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0);
	}
}

static void
serve(void *unused)
{
	struct bare msg;

	(void)unused;
	CHECK_KR(mach_msg(&msg.head, MACH_RCV_MSG, 0, sizeof(msg), wait_port,
	    0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	for (;;) {
		spins_seen = spins;
		msg.head.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.head.msgh_local_port = MACH_PORT_NULL;
		CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG, 24,
		    sizeof(msg), wait_port, 0, MACH_PORT_NULL),
		    MACH_MSG_SUCCESS);
	}
}

static bool
is_alone(void)
{
	struct host_basic_info info;
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;

	CHECK_KR(host_info(mach_host_self(), HOST_BASIC_INFO,
	    (host_info_t)&info, &count), KERN_SUCCESS);
	return info.avail_cpus == 1;
}

/*
 * The server runs next, and its client after it, though another thread was
 * ready before either.  That can be seen where there is one processor, and
 * unless a time slice ends just then.
 */
TEST(ipc_hand_off_to_the_server_and_back)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	unsigned calls = 200, direct = 0, before;
	struct bare msg;

	wait_port = test_port();
	CHECK_KR(mach_thread_start(serve, NULL), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(spin, NULL), KERN_SUCCESS);
	test_sleep(50);
	for (unsigned i = 0; i < calls; i++) {
		msg.head = (mach_msg_header_t) {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    MACH_MSG_TYPE_MAKE_SEND_ONCE),
			.msgh_remote_port = wait_port,
			.msgh_local_port = reply,
		};
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0);
		before = spins;
		CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG, 24,
		    sizeof(msg), reply, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
		direct += spins_seen == before && spins == before;
	}
	stop_spinning = true;
	CHECK(spins > 0);
	if (is_alone() && direct < calls - calls / 10)
		test_fail(__FILE__, __LINE__, "%u of %u calls went straight",
		    direct, calls);
}

static void
keep_counting(void *unused)
{
	(void)unused;
	while (!stop_spinning)
		spins++;
}

static unsigned
now_ms(void)
{
	struct time_value now = { 0, 0 };

	CHECK_KR(host_get_time(mach_host_self(), &now), KERN_SUCCESS);
	return (unsigned)now.seconds * 1000 + now.microseconds / 1000;
}

/*
 * What is handed off is the rest of a slice: who calls and who answers, each
 * for a moment only, do not keep the processor from a third together.
 */
TEST(ipc_hand_off_ends_with_the_slice)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	unsigned begin, before, turns = 0;
	struct bare msg;

	wait_port = test_port();
	CHECK_KR(mach_thread_start(serve, NULL), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(keep_counting, NULL), KERN_SUCCESS);
	test_sleep(50);
	for (begin = now_ms(); turns < 3;) {
		before = spins;
		for (unsigned i = 0; i < 20; i++) {
			msg.head = (mach_msg_header_t) {
				.msgh_bits = MACH_MSGH_BITS(
				    MACH_MSG_TYPE_COPY_SEND,
				    MACH_MSG_TYPE_MAKE_SEND_ONCE),
				.msgh_remote_port = wait_port,
				.msgh_local_port = reply,
			};
			CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG |
			    MACH_RCV_MSG, 24, sizeof(msg), reply, 0,
			    MACH_PORT_NULL), MACH_MSG_SUCCESS);
		}
		turns += spins != before;
		CHECK(now_ms() - begin < 5000);
	}
	stop_spinning = true;
}

/* ---- arguments ---- */

/* Every call on names says so when it gets what is no task. */
TEST(ipc_calls_want_a_task)
{
	const mach_port_t wrong[] = { mach_thread_self(), mach_host_self(),
	    TEST_HOST_PORT, TEST_DEVICE_PORT };
	mach_port_t port = test_port(), name;
	old_mach_port_status_t old_status;
	mach_port_status_t status;
	mach_port_name_array_t names;
	mach_msg_type_number_t count;
	mach_msg_type_name_t kind;

	for (unsigned i = 0; i < 4; i++) {
		task_t no_task = wrong[i];

		CHECK_KR(mach_port_allocate_name(no_task,
		    MACH_PORT_RIGHT_RECEIVE, 0x999), KERN_INVALID_TASK);
		CHECK_KR(mach_port_allocate(no_task,
		    MACH_PORT_RIGHT_PORT_SET, &name), KERN_INVALID_TASK);
		CHECK_KR(mach_port_get_receive_status(no_task, port, &status),
		    KERN_INVALID_TASK);
		CHECK_KR(old_mach_port_get_receive_status(no_task, port,
		    &old_status), KERN_INVALID_TASK);
		CHECK_KR(mach_port_set_protected_payload(no_task, port, 1),
		    KERN_INVALID_TASK);
		CHECK_KR(mach_port_clear_protected_payload(no_task, port),
		    KERN_INVALID_TASK);
		CHECK_KR(mach_port_get_set_status(no_task, port, &names,
		    &count), KERN_INVALID_TASK);
		CHECK_KR(mach_port_extract_right(no_task, port,
		    MACH_MSG_TYPE_MAKE_SEND, &name, &kind),
		    KERN_INVALID_TASK);
		CHECK_KR(mach_port_insert_right(no_task, 0x999, port,
		    MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_TASK);
	}
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
}

TEST(ipc_calls_on_a_task_that_has_ended)
{
	mach_port_t port = test_port(), name;
	mach_port_type_t type;
	task_t task;

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &name),
	    MACH_SEND_INVALID_DEST);
	CHECK_KR(mach_port_type(task, 1, &type), MACH_SEND_INVALID_DEST);
	CHECK_KR(mach_port_insert_right(task, 5, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), MACH_SEND_INVALID_DEST);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
}

TEST(ipc_calls_refuse_requests_for_other_notifications)
{
	static const mach_msg_id_t ids[] = { 0, MACH_NOTIFY_FIRST,
	    MACH_NOTIFY_PORT_DELETED, MACH_NOTIFY_MSG_ACCEPTED,
	    MACH_NOTIFY_SEND_ONCE, 67, 68, MACH_NOTIFY_DEAD_NAME + 1, -1 };
	static const mach_msg_id_t known[] = { MACH_NOTIFY_NO_SENDERS,
	    MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_DEAD_NAME };
	mach_port_t notify = test_port(), previous;

	for (unsigned i = 0; i < 9; i++) {
		CHECK_KR(mach_port_request_notification(SELF, notify, ids[i],
		    0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
		    KERN_INVALID_VALUE);
		check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		CHECK_KR(mach_port_request_notification(SELF, NOT_A_NAME,
		    known[i], 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
		    &previous), KERN_INVALID_NAME);
		check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
		CHECK_KR(mach_port_request_notification(SELF, MACH_PORT_NULL,
		    known[i], 0, MACH_PORT_NULL,
		    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous),
		    KERN_INVALID_NAME);
	}
}

/* Rights that are not what a call asks for, or not there. */
TEST(ipc_calls_refuse_rights_of_another_kind)
{
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t port = test_port(), other = test_port(), got;
	mach_msg_type_name_t kind;
	mach_port_right_t right;

	for (right = 0; right < MACH_PORT_RIGHT_NUMBER; right++) {
		if (right != MACH_PORT_RIGHT_PORT_SET)
			CHECK_KR(mach_port_mod_refs(SELF, set, right, -1),
			    KERN_INVALID_RIGHT);
		if (right != MACH_PORT_RIGHT_DEAD_NAME)
			CHECK_KR(mach_port_mod_refs(SELF, dead, right, -1),
			    KERN_INVALID_RIGHT);
	}
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_NUMBER, 0),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, port, ~0u, 0), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_extract_right(SELF, set, MACH_MSG_TYPE_COPY_SEND,
	    &got, &kind), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_extract_right(SELF, dead,
	    MACH_MSG_TYPE_MAKE_SEND, &got, &kind), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_extract_right(SELF, dead, MACH_MSG_TYPE_MOVE_SEND,
	    &got, &kind), KERN_SUCCESS);
	CHECK_EQ(got, MACH_PORT_DEAD);
	CHECK_EQ(right_type(dead), 0);
	CHECK_KR(mach_port_insert_right(SELF, other, port,
	    MACH_MSG_TYPE_COPY_SEND), KERN_RIGHT_EXISTS);
	CHECK_KR(mach_port_insert_right(SELF, set, port,
	    MACH_MSG_TYPE_COPY_SEND), KERN_RIGHT_EXISTS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
}
