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
#include <mach/vm_param.h>

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

static void
set_for_ever(void *unused)
{
	mach_port_t port;

	(void)unused;
	for (;;) {
		port = test_port();
		(void)task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, port);
		(void)mach_port_destroy(SELF, port);
		(void)task_set_special_port(SELF, TASK_BOOTSTRAP_PORT,
		    MACH_PORT_NULL);
	}
}

static void
get_while_set(void)
{
	mach_port_t port;

	CHECK_KR(mach_thread_start(set_for_ever, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < ROUNDS; i++) {
		CHECK_KR(task_get_special_port(SELF, TASK_BOOTSTRAP_PORT,
		    &port), KERN_SUCCESS);
		if (MACH_PORT_VALID(port))
			(void)mach_port_deallocate(SELF, port);
		if (i % 64 == 0)
			(void)swtch_pri(0);
	}
}

TEST(ipc_attacks_special_port_read_while_it_is_set)
{
	zones_check_tasks(get_while_set, 2);
}
