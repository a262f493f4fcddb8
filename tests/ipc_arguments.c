/*
 * tests/ipc_arguments.c - every routine of the kernel that takes a right,
 * called on every kind of object with many values: whatever it answers, no
 * right is lost, and none is left over.
 *
 * A routine that refuses gives its rights back at once; one that succeeds may
 * keep them, but not longer than what they were given to.  And every routine,
 * called on an object of a kind that it is not for, refuses with its code.
 */
#include <string.h>

#include <device/device.h>
#include <mach/duality.h>
#include <mach/mach_thread.h>
#include <mach/task_limits.h>
#include <mach/vm_param.h>
#include <mach_debug/mach_debug.h>

#include "fail.h"
#include "fuzz.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define ROOM		4096u
#define VM_SET_DEFAULT_MEMORY_MANAGER 2041

#define TURNS		6u		/* calls of a routine on an object */
#define TURNS_MANY	60u

static union {
	mach_msg_header_t head;
	uint32_t	  word[ROOM / 4];
} msg;

static mach_port_t reply_port;
static mach_port_t given;		/* the right that is passed */
static mach_msg_type_name_t disposition;	/* how, where that is open */
static mach_port_t array[4];		/* the same, out of line */
static volatile unsigned calls;
static uint32_t seed = 1;

/* What the words of a request are: much of it makes sense somewhere. */
static uint32_t
any_word(void)
{
	static const uint32_t words[] = {
		0, 1, 1, 2, 3, PAGE_SIZE, 0x70000000, 0xffffffff,
	};

	return words[test_random(&seed) % 8];
}

/* Send rights, and send-once rights, to a port of ours. */
struct counts {
	mach_port_rights_t send;
	unsigned	   once;
};

/* Without those in messages that wait: a right given up tells so by one. */
static struct counts
counts_of(mach_port_t port)
{
	struct counts counts;

	drain_port(port);
	CHECK_KR(mach_port_get_srights(SELF, port, &counts.send),
	    KERN_SUCCESS);
	counts.once = receive_status(port).mps_sorights;
	return counts;
}

static char *
put_item(char *to, const struct request_item *item)
{
	bool right = request_item_is_right(item);
	mach_msg_type_name_t name =
	    item->name == MACH_MSG_TYPE_POLYMORPHIC ? disposition : item->name;
	unsigned number = item->is_inline ? item->number : right ? 4 : 16;
	uint32_t *word;

	to = request_put_type(to, item, name, number, false);
	word = (uint32_t *)to;
	if (!item->is_inline) {
		for (unsigned i = 0; i < 4; i++)
			array[i] = given;
		*word = (uint32_t)array;
		return to + 4;
	}
	number = (number * item->size + 31) / 32;
	for (unsigned i = 0; i < number; i++)
		word[i] = right ? given : any_word();
	return to + number * 4;
}

/* Whether the kernel has refused the call, and with what code. */
static bool
is_refused(const struct request *request, mach_port_t to, kern_return_t *code)
{
	char *at = (char *)(&msg.head + 1);
	mach_msg_return_t mr;

	for (unsigned i = 0; i < request->item_count; i++)
		at = put_item(at, &request->item[i]);
	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = to;
	msg.head.msgh_local_port = reply_port;
	msg.head.msgh_id = request->id;
	calls++;
	mr = mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT,
	    (mach_msg_size_t)(at - (char *)&msg), sizeof(msg), reply_port, 0,
	    MACH_PORT_NULL);
	if (mr != MACH_MSG_SUCCESS)
		return false;
	*code = msg.head.msgh_id == request->id + 100 ?
	    ((mig_reply_header_t *)&msg)->RetCode : KERN_SUCCESS;
	mach_msg_destroy(&msg.head);
	return *code != KERN_SUCCESS;
}

/* Whether a refusal kept what it was given; an earlier reply may just be sent. */
static bool
is_kept(struct counts before, struct counts after)
{
	return after.send != before.send || after.once > before.once;
}

/* The counts once they are so again; what is undone may take a while. */
static struct counts
counts_again(mach_port_t port, struct counts want)
{
	struct counts counts = counts_of(port);

	for (unsigned i = 0; i < 200 && is_kept(want, counts); i++) {
		test_sleep(10);
		counts = counts_of(port);
	}
	return counts;
}

/* What the refusal of one call has done to the counts of a port: nothing. */
static void
check_refusals(const struct request *request, mach_port_t to,
    mach_port_t watched, unsigned turns)
{
	struct counts before = counts_of(watched), after;
	kern_return_t code;
	bool refused;

	for (unsigned turn = 0; turn < turns; turn++) {
		refused = is_refused(request, to, &code);
		after = refused ? counts_again(watched, before) :
		    counts_of(watched);
		if (refused && is_kept(before, after))
			test_fail(__FILE__, __LINE__,
			    "%s, call %u, refused by %d: %u and %u rights, "
			    "then %u and %u", request->name, turn, code, (unsigned)before.send, before.once,
			    (unsigned)after.send, after.once);
		before = after;
	}
}

static bool
takes_rights(const struct request *request)
{
	for (unsigned i = 0; i < request->item_count; i++)
		if (request_item_is_right(&request->item[i]))
			return true;
	return false;
}

static bool
is_polymorphic(const struct request *request)
{
	for (unsigned i = 0; i < request->item_count; i++)
		if (request->item[i].name == MACH_MSG_TYPE_POLYMORPHIC)
			return true;
	return false;
}

/* Every routine that takes a right, on one object. */
static void
call_all(mach_port_t to, mach_port_t watched, unsigned turns)
{
	for (unsigned r = 0; r < request_count; r++) {
		const struct request *request = &requests[r];

		if (!takes_rights(request) || (to == TEST_HOST_PORT &&
		    request->id == VM_SET_DEFAULT_MEMORY_MANAGER))
			continue;
		disposition = MACH_MSG_TYPE_COPY_SEND;
		check_refusals(request, to, watched, turns);
		if (given != watched || !is_polymorphic(request))
			continue;
		disposition = MACH_MSG_TYPE_MAKE_SEND_ONCE;
		check_refusals(request, to, watched, turns);
	}
}

/* Once what they were given to is gone, our own rights are all. */
static void
check_all_back(mach_port_t watched)
{
	struct counts ours = { 1, 0 };
	struct counts counts = counts_again(watched, ours);

	if (counts.send != 1 || counts.once != 0)
		test_fail(__FILE__, __LINE__,
		    "%u send and %u send-once rights", (unsigned)counts.send, counts.once);
}

/* The kernel's memory, names and regions are at their end for the task. */
static void
leave_nothing(task_t task)
{
	struct task_limits limits;
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;

	CHECK_KR(task_get_limits(task, TASK_LIMITS_USE,
	    (task_limits_t)&limits, &count), KERN_SUCCESS);
	limits.messages = limits.message_bytes = TASK_LIMIT_KEEP;
	CHECK_KR(task_set_limits(task, TEST_HOST_PORT, (task_limits_t)&limits,
	    count), KERN_SUCCESS);
}

/* A call that waits, as for a pager that is the caller itself, is aborted. */
static void
abort_what_waits(void *caller)
{
	unsigned before;

	for (;;) {
		before = calls;
		test_sleep(20);
		if (calls == before)
			(void)thread_abort((thread_t)caller);
	}
}

static void
call_everything(void)
{
	const mach_port_t *pool = fuzz_pool_make();
	mach_port_t watched = test_port();

	/* its exceptions would be messages to a port that it is given */
	CHECK_KR(task_suspend(pool[FUZZ_TASK]), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(abort_what_waits,
	    (void *)mach_thread_self()), KERN_SUCCESS);
	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned i = 0; i < FUZZ_PORTS; i++) {
		if (i == FUZZ_DEAD || i == FUZZ_SILENT || i == FUZZ_PAGER ||
		    i == FUZZ_CONSOLE)
			continue;	/* nobody serves these */
		given = watched;
		call_all(pool[i], watched, TURNS);
		given = pool[FUZZ_TASK];	/* a right of a wrong kind */
		call_all(pool[i], watched, 2);
	}
	given = watched;
	leave_nothing(pool[FUZZ_TASK]);
	call_all(pool[FUZZ_TASK], watched, TURNS_MANY);
	call_all(pool[FUZZ_THREAD], watched, TURNS);
	CHECK_KR(task_terminate(pool[FUZZ_TASK]), KERN_SUCCESS);
	call_all(pool[FUZZ_TASK], watched, 1);	/* a dead name now */
	check_all_back(watched);
}

TEST_LIMIT(ipc_arguments_are_neither_lost_nor_kept, 60)
{
	fuzz_arena = test_allocate(FUZZ_ARENA_PAGES * PAGE_SIZE);
	zones_check_tasks(call_everything, 1);
}

/* ---- every allocation fails once ---- */

#define FAILURES_MAX	40u		/* allocations of one call */

static unsigned failures;

/* What the others would miss, or what outlives the caller. */
static bool
is_left_out(mach_msg_id_t id, enum fuzz_port to)
{
	if (to == FUZZ_DISK || to == FUZZ_CONSOLE)
		return true;		/* its records, and the output */
	return id == 2008 || id == 2016 ||	/* the ends of task and thread */
	    id == 2092 || id == 2801 ||	/* of the object, of the device */
	    (to == FUZZ_HOST_PRIV && (id == VM_SET_DEFAULT_MEMORY_MANAGER ||
	    id == 2635 || id == 2632 || id == 2633 || id == 2644 ||
	    id == 2645));		/* the reboot, and the clock */
}

/* One call with its first, second, ... allocation failing. */
static void
fail_each(const struct request *request, mach_port_t to)
{
	struct counts before, after;
	kern_return_t code;
	bool refused, failed = true;

	for (unsigned nth = 1; failed; nth++) {
		CHECK(nth != FAILURES_MAX);
		before = counts_of(given);
		fail_begin(nth);
		refused = is_refused(request, to, &code);
		failed = fail_end();
		failures += failed;
		if (!refused)
			continue;
		after = counts_again(given, before);
		if (is_kept(before, after))
			test_fail(__FILE__, __LINE__,
			    "%s without allocation %u, code %d: %u and %u "
			    "rights, then %u and %u", request->name, nth, code,
			    (unsigned)before.send, before.once,
			    (unsigned)after.send, after.once);
	}
}

static void
fail_everything(void)
{
	const mach_port_t *pool = fuzz_pool_make();

	given = test_port();
	disposition = MACH_MSG_TYPE_COPY_SEND;
	test_remember_tasks(TEST_HOST_PORT);
	CHECK_KR(task_suspend(pool[FUZZ_TASK]), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(abort_what_waits,
	    (void *)mach_thread_self()), KERN_SUCCESS);
	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned r = 0; r < request_count; r++)
		for (unsigned i = 0; i < FUZZ_PORTS; i++)
			if (i != FUZZ_DEAD && i != FUZZ_SILENT &&
			    i != FUZZ_PAGER && !is_left_out(requests[r].id, i))
				fail_each(&requests[r], pool[i]);
	test_note("%u allocations failed", failures);
	CHECK(failures > 1000);
	test_end_new_tasks(TEST_HOST_PORT);
	CHECK_KR(task_terminate(pool[FUZZ_TASK]), KERN_SUCCESS);
	check_all_back(given);
}

TEST_LIMIT(ipc_arguments_survive_each_shortage, 60)
{
	if (!fail_is_possible())
		return;			/* the release build */
	fuzz_arena = test_allocate(FUZZ_ARENA_PAGES * PAGE_SIZE);
	zones_check_tasks(fail_everything, 1);
}

/* ---- objects of another kind ---- */

/* What says that an object is none of the routine's. */
static kern_return_t
code_of_refusal(mach_msg_id_t id)
{
	static const struct {
		mach_msg_id_t first, last;
		kern_return_t code;
	} codes[] = {
		{ 2041, 2041, KERN_INVALID_HOST },
		{ 2632, 2636, KERN_INVALID_HOST },
		{ 2642, 2645, KERN_INVALID_HOST },
		{ 2800, 2800, D_INVALID_OPERATION },
		{ 2801, 2805, D_NO_SUCH_DEVICE },
		{ 2806, 2806, D_INVALID_OPERATION },
		{ 2807, 2814, D_NO_SUCH_DEVICE },
		{ 3005, 3005, KERN_INVALID_HOST },
		{ 3007, 3007, KERN_INVALID_TASK },
		{ 3008, 3009, KERN_INVALID_HOST },
		{ 3011, 3011, KERN_INVALID_TASK },
		{ 3018, 3019, KERN_INVALID_TASK },
		{ 3022, 3022, KERN_INVALID_HOST },
		{ 3200, 3222, KERN_INVALID_TASK },
		{ 4010, 4010, KERN_INVALID_TASK },
		{ 4207, 4207, KERN_INVALID_HOST },
		{ 6002, 6002, KERN_INVALID_HOST },
		{ 6090, 6091, KERN_INVALID_HOST },
	};

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (id >= codes[i].first && id <= codes[i].last)
			return codes[i].code;
	return KERN_INVALID_ARGUMENT;
}

/* Its code when called on to; KERN_SUCCESS if it does not refuse. */
static kern_return_t
code_of(const struct request *request, mach_port_t to)
{
	kern_return_t code = KERN_SUCCESS;

	disposition = MACH_MSG_TYPE_COPY_SEND;
	(void)is_refused(request, to, &code);
	if (code == MIG_BAD_ARGUMENTS) {
		disposition = MACH_MSG_TYPE_MAKE_SEND_ONCE;
		(void)is_refused(request, to, &code);
	}
	drain_port(given);
	return code;
}

/* Called on a processor set's name, or, what is for sets, on a processor. */
TEST(ipc_arguments_other_objects_are_refused)
{
	processor_array_t processors;
	mach_msg_type_number_t count;
	unsigned served = 0;
	kern_return_t code;
	mach_port_t set;

	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	given = test_port();
	CHECK_KR(processor_set_default(mach_host_self(), &set), KERN_SUCCESS);
	CHECK_KR(host_processors(TEST_HOST_PORT, &processors, &count),
	    KERN_SUCCESS);
	for (unsigned r = 0; r < request_count; r++) {
		const struct request *request = &requests[r];

		code = code_of(request, strstr(request->target, "set") != NULL ?
		    processors[0] : set);
		if (code == MIG_BAD_ID)
			continue;
		served++;
		if (code != code_of_refusal(request->id))
			test_fail(__FILE__, __LINE__, "%s: %d, not %d",
			    request->name, code, code_of_refusal(request->id));
	}
	CHECK(served > 150);
}

/* ---- what only looks like rights ---- */

/* As what the kernel would hand a right on. */
static mach_msg_type_name_t
arriving(mach_msg_type_name_t name)
{
	switch (name) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_POLYMORPHIC:
		return MACH_MSG_TYPE_PORT_SEND;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	default:
		return name;
	}
}

/* A request whose rights are words, and that does not say that it has any. */
static kern_return_t
code_of_words(const struct request *request, mach_port_t to)
{
	char *at = (char *)(&msg.head + 1);
	unsigned number;

	for (unsigned i = 0; i < request->item_count; i++) {
		const struct request_item *item = &request->item[i];

		number = item->is_inline ? item->number : 1;
		at = request_put_type(at, item, arriving(item->name), number,
		    false);
		number = item->is_inline ? (number * item->size + 31) / 32 : 1;
		for (unsigned n = 0; n < number; n++, at += 4)
			*(uint32_t *)at = request_item_is_right(item) ?
			    0xc0100000 : 1;
	}
	msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = to;
	msg.head.msgh_local_port = reply_port;
	msg.head.msgh_id = request->id;
	if (mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT,
	    (mach_msg_size_t)(at - (char *)&msg), sizeof(msg), reply_port, 0,
	    MACH_PORT_NULL) != MACH_MSG_SUCCESS)
		return MIG_BAD_ARGUMENTS;	/* a request without a reply */
	return ((mig_reply_header_t *)&msg)->RetCode;
}

/* A number is not a port, whatever stands before it. */
TEST(ipc_arguments_in_simple_messages_are_no_rights)
{
	const mach_port_t *pool;
	unsigned refused = 0;
	kern_return_t code;

	fuzz_arena = test_allocate(FUZZ_ARENA_PAGES * PAGE_SIZE);
	pool = fuzz_pool_make();
	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned r = 0; r < request_count; r++) {
		if (!takes_rights(&requests[r]))
			continue;
		for (unsigned i = 0; i < FUZZ_PORTS; i++) {
			if (i == FUZZ_DEAD || i == FUZZ_SILENT ||
			    i == FUZZ_PAGER)
				continue;	/* nobody serves these */
			code = code_of_words(&requests[r], pool[i]);
			if (code != MIG_BAD_ARGUMENTS && code != MIG_BAD_ID)
				test_fail(__FILE__, __LINE__, "%s: %d",
				    requests[r].name, code);
			refused += code == MIG_BAD_ARGUMENTS;
		}
	}
	CHECK(refused > 100);
	CHECK_KR(task_terminate(pool[FUZZ_TASK]), KERN_SUCCESS);
}
