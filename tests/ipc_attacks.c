/*
 * tests/ipc_attacks.c - what has broken the rights, messages and replies of
 * Mach kernels, one test for each kind of attack.
 *
 * Nothing may break, and no structure of the kernel's may stay behind when
 * the attacker is gone.  Random attacks are fuzz.c's; forged notifications
 * stand in host_calls.c, races on names in ipc_races.c, interrupted calls in
 * ipc_leaks.c, exhausted spaces in ipc_shortage.c.
 */
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/task_special_ports.h>
#include <mach/thread_special_ports.h>
#include <mach/vm_param.h>
#include <mach_debug/mach_debug.h>

#include "fuzz.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define ROUNDS		200u

/* ---- calls that cannot be sent ---- */

/* The call fails, and so does giving up the port for its reply. */
TEST(ipc_attacks_task_without_a_right_to_itself)
{
	vm_address_t addr = 0;
	mach_port_t self = SELF;

	CHECK_KR(mach_port_destroy(self, self), KERN_SUCCESS);
	for (unsigned i = 0; i < 10; i++)
		CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, TRUE),
		    MACH_SEND_INVALID_DEST);
}

/* ---- a message that another thread changes while it is sent ---- */

static union {
	mach_msg_header_t head;
	uint32_t	  word[64];
} changing, seen;

static const uint32_t descriptors[] = {
	0x10012002,	/* a word */
	0x10042002,	/* four words */
	0x10012014,	/* a right made: MAKE_SEND */
	0x10042014,	/* four of them */
	0x10ff2014,	/* more than the message has */
	0x00002002,	/* memory out of line, none of it */
};

static void
change_for_ever(void *unused)
{
	uint32_t seed = 7;

	(void)unused;
	for (;;) {
		((volatile uint32_t *)changing.word)[6 + test_random(&seed) %
		    5 * 2] = descriptors[test_random(&seed) % 6];
		changing.head.msgh_size = test_random(&seed);
	}
}

/*
 * What is sent is one snapshot: what arrives is a message whose items make up
 * its size.
 */
static void
send_what_changes(void)
{
	mach_port_t port = test_port();
	mach_msg_return_t mr;

	CHECK_KR(mach_thread_start(change_for_ever, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < ROUNDS; i++) {
		changing.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
		changing.head.msgh_remote_port = port;
		changing.head.msgh_local_port = MACH_PORT_NULL;
		for (unsigned w = 7; w < 16; w += 2)
			changing.word[w] = port;
		mr = mach_msg(&changing.head, MACH_SEND_MSG |
		    MACH_SEND_TIMEOUT, 64, 0, MACH_PORT_NULL, 0,
		    MACH_PORT_NULL);
		if (i % 64 == 0)
			(void)swtch_pri(0);
		if (mr != MACH_MSG_SUCCESS)
			continue;
		CHECK_KR(test_receive(&seen.head, sizeof(seen), port, 1000),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(seen.head.msgh_size, 64);
		fuzz_check_reply(&seen.head, 0);
		mach_msg_destroy(&seen.head);
	}
}

TEST(ipc_attacks_message_changed_while_sent)
{
	zones_check_tasks(send_what_changes, 2);
}

/* ---- counts, capacities and sizes that disagree ---- */

static mach_port_t reply_port;

/* One request with its last item's count and its size as told. */
static void
send_disagreeing(const struct request *request, mach_port_t to,
    unsigned number, unsigned there)
{
	static union {
		mach_msg_header_t head;
		uint32_t	  word[2048];
	} msg;
	unsigned at = 6, last = request->item_count - 1;

	memset(&msg, 0, sizeof(msg));
	for (unsigned i = 0; i <= last; i++) {
		const struct request_item *item = &request->item[i];
		unsigned n = i == last ? number : item->number;

		if (item->longform || !item->is_inline ||
		    MACH_MSG_TYPE_PORT_ANY(item->name))
			return;
		msg.word[at++] = item->name | item->size << 8 |
		    (n & 0xfff) << 16 | 0x10000000;
		at += ((i == last ? there : item->number) * item->size + 31) /
		    32;
	}
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = to;
	msg.head.msgh_local_port = reply_port;
	msg.head.msgh_id = request->id;
	if (mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_RCV_TIMEOUT, at * 4, sizeof(msg), reply_port, 0,
	    MACH_PORT_NULL) == MACH_MSG_SUCCESS) {
		if (number != there)
			CHECK(((mig_reply_header_t *)&msg)->RetCode !=
			    KERN_SUCCESS);
		fuzz_check_reply(&msg.head, request->id);
		mach_msg_destroy(&msg.head);
	}
}

static void
send_all_disagreeing(const struct request *request, mach_port_t to)
{
	unsigned most = request->item[request->item_count - 1].number;
	const unsigned counts[] = { 0, 1, most / 2, most, most + 1, 4095 };

	for (unsigned i = 0; i < 6; i++)
		for (unsigned j = 0; j < 5; j++)
			if (counts[i] / 32 != counts[j] / 32)
				send_disagreeing(request, to, counts[i],
				    counts[j]);
}

/* Every request that ends in an array, to a task, a thread and the host. */
static void
send_arrays(void)
{
	mach_port_t to[3] = { MACH_PORT_NULL, MACH_PORT_NULL,
	    mach_host_self() };

	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_KR(task_create(SELF, FALSE, &to[0]), KERN_SUCCESS);
	CHECK_KR(thread_create(to[0], &to[1]), KERN_SUCCESS);
	for (unsigned r = 0; r < request_count; r++) {
		const struct request *request = &requests[r];
		unsigned n = request->item_count;

		if (n == 0 || request->item[n - 1].number == 1)
			continue;
		for (unsigned i = 0; i < 3; i++)
			send_all_disagreeing(request, to[i]);
	}
	CHECK_KR(task_terminate(to[0]), KERN_SUCCESS);
}

TEST(ipc_attacks_counts_that_disagree)
{
	zones_check_tasks(send_arrays, 2);
}

/* ---- a slot that is read while it is set ---- */

#define SLOT_ROUNDS	2000u

static thread_t slot_thread;

/* The slots of a task and of a thread that traps, calls and faults read. */
static kern_return_t
set_slot(unsigned slot, mach_port_t port)
{
	static const int thread_slots[] = { THREAD_KERNEL_PORT,
	    THREAD_EXCEPTION_PORT };
	static const int task_slots[] = { TASK_KERNEL_PORT,
	    TASK_EXCEPTION_PORT, TASK_BOOTSTRAP_PORT };

	return slot < 3 ? task_set_special_port(SELF, task_slots[slot], port) :
	    thread_set_special_port(slot_thread, thread_slots[slot - 3], port);
}

static void
set_for_ever(void *unused)
{
	mach_port_t port;

	(void)unused;
	for (unsigned i = 0;; i++) {
		port = test_port();
		(void)set_slot(i % 5, port);
		(void)mach_port_destroy(SELF, port);
		(void)set_slot(i % 5, MACH_PORT_NULL);
	}
}

static void
give_up(mach_port_t right)
{
	if (MACH_PORT_VALID(right))
		(void)mach_port_deallocate(SELF, right);
}

static void
get_while_set(void)
{
	mach_port_t port;

	slot_thread = mach_thread_self();
	CHECK_KR(mach_thread_start(set_for_ever, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < SLOT_ROUNDS; i++) {
		give_up((mach_task_self)());
		give_up((mach_thread_self)());
		give_up((mach_host_self)());
		port = MACH_PORT_NULL;
		if (i % 2 != 0)
			(void)task_get_special_port(SELF, TASK_BOOTSTRAP_PORT -
			    i / 2 % 2, &port);
		else
			(void)thread_get_special_port(slot_thread,
			    THREAD_EXCEPTION_PORT, &port);
		give_up(port);
		if (i % 64 == 0)
			(void)swtch_pri(0);
	}
}

TEST(ipc_attacks_special_port_read_while_it_is_set)
{
	zones_check_tasks(get_while_set, 2);
}

/* ---- one right, named by several parts of a message ---- */

enum { BOTH, RECEIVE_ONLY, SEND_ONLY, ONCE_ONLY, STATES };

/* A name of a port of ours with one reference, and where the port is received. */
static mach_port_t
one_right(unsigned state, mach_port_t *receiver)
{
	mach_port_t port = state == RECEIVE_ONLY || state == ONCE_ONLY ?
	    right_allocate(MACH_PORT_RIGHT_RECEIVE) : test_port();
	mach_port_t holder;

	*receiver = port;
	if (state == ONCE_ONLY)
		return send_once_right(port);
	if (state == SEND_ONLY) {
		holder = test_port();
		CHECK_KR(send_right(holder, port, MACH_MSG_TYPE_MOVE_RECEIVE),
		    MACH_MSG_SUCCESS);
		*receiver = holder;
	}
	return port;
}

/* One name as destination, for the reply, and twice in the body. */
static mach_msg_return_t
send_naming(mach_port_t name, mach_msg_type_name_t to,
    mach_msg_type_name_t reply, mach_msg_type_name_t body)
{
	struct {
		mach_msg_header_t head;
		struct { mach_msg_type_t type; mach_port_t port; } item[2];
	} msg;

	memset(&msg, 0, sizeof(msg));
	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(to, reply);
	msg.head.msgh_remote_port = name;
	msg.head.msgh_local_port = reply != 0 ? name : MACH_PORT_NULL;
	for (unsigned i = 0; i < 2; i++) {
		msg.item[i].type.msgt_name = body;
		msg.item[i].type.msgt_size = 32;
		msg.item[i].type.msgt_number = body != 0;
		msg.item[i].type.msgt_inline = TRUE;
		msg.item[i].port = name;
	}
	if (body == 0)
		return mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
		    sizeof(msg.head), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	return mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(msg), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static mach_port_type_t
type_and_refs(mach_port_t name, mach_port_urefs_t *refs)
{
	mach_port_type_t type = right_type(name);

	*refs = type & MACH_PORT_TYPE_SEND ?
	    right_refs(name, MACH_PORT_RIGHT_SEND) : 0;
	return type;
}

static void
name_everywhere(unsigned state, mach_msg_type_name_t to,
    mach_msg_type_name_t reply, mach_msg_type_name_t body)
{
	mach_port_t receiver, name = one_right(state, &receiver);
	mach_port_urefs_t refs_before, refs;
	mach_port_type_t before = type_and_refs(name, &refs_before), type;
	mach_msg_return_t mr = send_naming(name, to, reply, body);

	type = type_and_refs(name, &refs);
	/* An error in the header changes nothing. */
	if ((mr == MACH_SEND_INVALID_DEST || mr == MACH_SEND_INVALID_REPLY) &&
	    (type != before || refs != refs_before))
		test_fail(__FILE__, __LINE__,
		    "right %u, %u %u %u: %#x, and %#x became %#x", state, to,
		    reply, body, mr, before, type);
	CHECK(mr == MACH_MSG_SUCCESS || mr == MACH_SEND_INVALID_DEST ||
	    mr == MACH_SEND_INVALID_REPLY || mr == MACH_SEND_INVALID_RIGHT);
	if (right_type(receiver) & MACH_PORT_TYPE_RECEIVE) {
		drain_port(receiver);
		(void)mach_port_destroy(SELF, receiver);
	}
	if (right_type(name) & MACH_PORT_TYPE_RECEIVE) {
		/* what the messages gave back is all that there is */
		drain_port(name);
		refs = 0;
		(void)mach_port_get_srights(SELF, name, &refs);
		CHECK_EQ(refs, !!(right_type(name) & MACH_PORT_TYPE_SEND));
		CHECK_EQ(receive_status(name).mps_sorights, 0);
	}
	(void)mach_port_destroy(SELF, name);
}

static void
name_in_every_way(void)
{
	for (unsigned state = 0; state < STATES; state++)
		for (unsigned to = MACH_MSG_TYPE_MOVE_SEND;
		    to <= MACH_MSG_TYPE_MAKE_SEND_ONCE; to++)
			for (unsigned reply = MACH_MSG_TYPE_MOVE_RECEIVE;
			    reply <= MACH_MSG_TYPE_MAKE_SEND_ONCE; reply++)
				for (unsigned body = 15;
				    body <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
				    body++)
					name_everywhere(state, to,
					    reply == 16 ? 0 : reply,
					    body == 15 ? 0 : body);
}

/* XNU's dead-name and last-right bugs: released twice, or never. */
TEST(ipc_attacks_last_right_named_everywhere)
{
	zones_check_tasks(name_in_every_way, 1);
}

/* ---- a port in all kinds of use becomes a memory object's ---- */

static void
map_and_unmap(mach_port_t port)
{
	vm_address_t addr = 0;

	CHECK_KR(vm_map(SELF, &addr, PAGE_SIZE, 0, TRUE, port, 0, FALSE,
	    VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(SELF, addr, PAGE_SIZE), KERN_SUCCESS);
}

/* CVE-2020-27932: in a set, with messages, requests and as a reply port. */
static void
retype_in_use(void)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET), saved;

	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	request_notification(port, MACH_NOTIFY_PORT_DESTROYED, notify);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(send_right(port, send_once_right(port),
	    MACH_MSG_TYPE_MOVE_SEND_ONCE), MACH_MSG_SUCCESS);
	map_and_unmap(port);
	CHECK_EQ(receive_empty(set), 1);
	/* a right to reply to it, used after it has changed */
	CHECK_KR(mach_port_deallocate(SELF, receive_right(set,
	    MACH_MSG_TYPE_PORT_SEND_ONCE)), KERN_SUCCESS);
	map_and_unmap(port);
	drain_port(set);
	CHECK_EQ(right_type(port) & MACH_PORT_TYPE_SEND_RECEIVE,
	    MACH_PORT_TYPE_SEND_RECEIVE);
	check_silent(notify);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	destroy_right(port);
	saved = receive_right(notify, MACH_MSG_TYPE_PORT_RECEIVE);
	check_notified(notify, MACH_NOTIFY_PORT_DELETED, port);
	drain_port(saved);
	check_silent(notify);
}

TEST(ipc_attacks_port_in_use_becomes_a_pagers)
{
	zones_check_tasks(retype_in_use, 2);
}
