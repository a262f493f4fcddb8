/*
 * tests/long_work.c - long work of the kernel is done in pieces, between
 * which others run.
 *
 * A watcher of better priority waits for the first thing that the work brings
 * about, and looks at once how much of it is still to be done.  On one
 * processor it must find some: the kernel is not preemptible, so else it would
 * run when all is over.  On more, where the watcher runs beside the work and
 * may come late, only the outcome is checked.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/host_info.h>
#include <mach/mach_thread.h>
#include <mach/task_limits.h>

#include "rights.h"
#include "vm_support.h"

#define SELF		mach_task_self()
#define PIECES		2000u		/* of most works here */
#define CHOSEN		0x100000u	/* first of the names that are chosen */
#define WORSE_PRIORITY	40		/* than a new thread's */

static mach_port_t watched;		/* what the work brings arrives here */
static mach_port_t looked;		/* the watcher has */
static unsigned (*how_much_is_left)(void);
static unsigned left;

static bool
one_processor(void)
{
	struct host_basic_info info;
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;

	CHECK_KR(host_info(mach_host_self(), HOST_BASIC_INFO,
	    (host_info_t)&info, &count), KERN_SUCCESS);
	return info.avail_cpus == 1;
}

static void
watcher_main(void *unused)
{
	struct {
		mach_msg_header_t head;
		char		  room[256];
	} msg;
	mach_msg_return_t mr;

	(void)unused;
	mr = test_receive(&msg.head, sizeof(msg), watched, 0);
	left = how_much_is_left();
	CHECK(mr == MACH_MSG_SUCCESS || mr == MACH_RCV_PORT_DIED);
	CHECK_KR(send_empty(looked, 1), MACH_MSG_SUCCESS);
}

/* From now on a watcher waits at watched, and this thread has to make way. */
static void
watch(unsigned (*how_much)(void))
{
	looked = test_port();
	how_much_is_left = how_much;
	CHECK_KR(thread_priority(mach_thread_self(), WORSE_PRIORITY, FALSE),
	    KERN_SUCCESS);
	CHECK_KR(mach_thread_start(watcher_main, NULL), KERN_SUCCESS);
	if (!one_processor())
		test_sleep(50);
}

static void
check_seen(unsigned at_least)
{
	CHECK_EQ(receive_empty(looked), 1);
	test_note("%u left", left);
	CHECK(left >= at_least || !one_processor());
}

/* Notifications that have not come of PIECES, the first one received. */
static unsigned
notifications_to_come(void)
{
	return PIECES - 1 - receive_status(watched).mps_msgcount;
}

static void
check_notifications(void)
{
	check_seen(PIECES / 2);
	CHECK_EQ(receive_status(watched).mps_msgcount, PIECES - 1);
}

/* ---- what is told to many ---- */

TEST(long_work_port_with_many_dead_names)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	watched = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned i = 0; i < PIECES; i++) {
		CHECK_KR(mach_port_insert_right(SELF, CHOSEN + i, port,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
		request_notification(CHOSEN + i, MACH_NOTIFY_DEAD_NAME,
		    watched);
	}
	watch(notifications_to_come);
	CHECK_KR(mach_port_destroy(SELF, port), KERN_SUCCESS);
	check_notifications();
}

/* The task dies by our hand; its rights tell of it. */
TEST(long_work_task_with_many_rights)
{
	task_t task;

	watched = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	for (unsigned i = 0; i < PIECES; i++)
		CHECK_KR(mach_port_insert_right(task, CHOSEN + i, watched,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
	watch(notifications_to_come);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	check_notifications();
}

/* ---- messages ---- */

/* Many rights in one message, as an out-of-line array. */
struct rights_message {
	mach_msg_header_t    head;
	mach_msg_type_long_t type;
	mach_port_t	    *names;
};

static mach_port_t names[PIECES];

static mach_msg_return_t
send_names(mach_port_t to, mach_msg_type_name_t disposition)
{
	struct rights_message msg = {
		.type = {
			.msgtl_header.msgt_longform = TRUE,
			.msgtl_name = disposition,
			.msgtl_size = 32,
			.msgtl_number = PIECES,
		},
		.names = names,
	};

	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	msg.head.msgh_remote_port = to;
	return mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

TEST(long_work_message_with_many_rights_dies)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	watched = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned i = 0; i < PIECES; i++)
		names[i] = watched;
	CHECK_KR(send_names(port, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    MACH_MSG_SUCCESS);
	watch(notifications_to_come);
	CHECK_KR(mach_port_destroy(SELF, port), KERN_SUCCESS);
	check_notifications();
}

/* Requests on names that are moved away. */
TEST(long_work_message_that_takes_many_rights)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	watched = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	for (unsigned i = 0; i < PIECES; i++) {
		names[i] = CHOSEN + i;
		CHECK_KR(mach_port_insert_right(SELF, names[i], port,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
		request_notification(names[i], MACH_NOTIFY_DEAD_NAME, watched);
	}
	watch(notifications_to_come);
	CHECK_KR(send_names(port, MACH_MSG_TYPE_MOVE_SEND_ONCE),
	    MACH_MSG_SUCCESS);
	check_notifications();
}

/* ---- sets ---- */

static unsigned
members_left(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PIECES; i++)
		count += receive_status(names[i]).mps_pset != MACH_PORT_NULL;
	return count;
}

TEST(long_work_set_with_many_members)
{
	watched = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	for (unsigned i = 0; i < PIECES; i++) {
		names[i] = right_allocate(MACH_PORT_RIGHT_RECEIVE);
		CHECK_KR(mach_port_move_member(SELF, names[i], watched),
		    KERN_SUCCESS);
	}
	watch(members_left);
	CHECK_KR(mach_port_destroy(SELF, watched), KERN_SUCCESS);
	check_seen(PIECES / 2);
	CHECK_EQ(members_left(), 0);
}

/* ---- who waits ---- */

enum { SENDERS = 200 };
static mach_port_t full, told;
static unsigned awake, first_found;

static void
sender_main(void *unused)
{
	(void)unused;
	(void)send_empty(full, 1);
	if (__atomic_fetch_add(&awake, 1, __ATOMIC_RELAXED) == 0)
		first_found = receive_status(told).mps_msgcount;
}

/* They wake before the end of the port is told, and not all at once. */
TEST(long_work_port_with_many_senders)
{
	full = test_port();
	told = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_KR(mach_port_set_qlimit(SELF, full, 0), KERN_SUCCESS);
	request_notification(full, MACH_NOTIFY_DEAD_NAME, told);
	CHECK_KR(thread_priority(mach_thread_self(), WORSE_PRIORITY, FALSE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < SENDERS; i++)
		CHECK_KR(mach_thread_start(sender_main, NULL), KERN_SUCCESS);
	test_sleep(50);
	CHECK_EQ(awake, 0);
	CHECK_KR(mach_port_mod_refs(SELF, full, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	for (unsigned i = 0; awake < SENDERS; i++) {
		CHECK(i < 1000);
		test_sleep(10);
	}
	CHECK(first_found == 0 || !one_processor());
	CHECK_EQ(receive_status(told).mps_msgcount, 1);
}

/* ---- others call meanwhile ---- */

static volatile bool work_is_over;
static volatile unsigned calls;

/* Calls on the space that the work is about. */
static void
caller_main(void *unused)
{
	mach_port_t port, kept = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	natural_t words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count;

	(void)unused;
	while (!work_is_over) {
		port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
		CHECK_EQ(right_type(kept), MACH_PORT_TYPE_RECEIVE);
		CHECK_KR(mach_port_mod_refs(SELF, port,
		    MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
		count = TASK_LIMITS_COUNT;
		CHECK_KR(task_get_limits(SELF, TASK_LIMITS_USE, words,
		    &count), KERN_SUCCESS);
		calls++;
	}
	CHECK_KR(send_empty(looked, (int)calls), MACH_MSG_SUCCESS);
}

/* All chosen names are told, each once, and so are the members of a set. */
static void
check_names(mach_port_t set)
{
	mach_port_name_array_t list;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, types_count;
	unsigned found = 0;

	CHECK_KR(mach_port_names(SELF, &list, &count, &types, &types_count),
	    KERN_SUCCESS);
	CHECK_EQ(count, types_count);
	for (unsigned i = 0; i < count; i++)
		if (list[i] >= CHOSEN && list[i] < CHOSEN + PIECES) {
			CHECK_EQ(types[i], MACH_PORT_TYPE_RECEIVE);
			found++;
		}
	CHECK_EQ(found, PIECES);
	vm_deallocate_check((vm_address_t)list, count * sizeof(*list));
	vm_deallocate_check((vm_address_t)types, count * sizeof(*types));
	CHECK_KR(mach_port_get_set_status(SELF, set, &list, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, PIECES);
	for (unsigned i = 0; i < count; i++)
		CHECK(list[i] >= CHOSEN && list[i] < CHOSEN + PIECES);
	vm_deallocate_check((vm_address_t)list, count * sizeof(*list));
}

TEST(long_work_while_another_calls_on_the_same_names)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	natural_t words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;
	task_t task;

	looked = test_port();
	for (unsigned i = 0; i < PIECES; i++) {
		CHECK_KR(mach_port_allocate_name(SELF,
		    MACH_PORT_RIGHT_RECEIVE, CHOSEN + i), KERN_SUCCESS);
		CHECK_KR(mach_port_move_member(SELF, CHOSEN + i, set),
		    KERN_SUCCESS);
	}
	CHECK_KR(mach_thread_start(caller_main, NULL), KERN_SUCCESS);
	while (calls == 0)
		test_sleep(1);
	for (unsigned i = 0; i < 20; i++) {
		check_names(set);
		CHECK_KR(host_get_limits(mach_host_self(), TASK_LIMITS_USE,
		    words, &count), KERN_SUCCESS);
		CHECK(words[TASK_LIMITS_COUNT - 1] != 0);
		CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
		CHECK_KR(task_terminate(task), KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(SELF, task), KERN_SUCCESS);
	}
	CHECK_KR(mach_port_destroy(SELF, set), KERN_SUCCESS);
	for (unsigned i = 0; i < PIECES; i++)
		CHECK_KR(mach_port_destroy(SELF, CHOSEN + i), KERN_SUCCESS);
	work_is_over = true;
	(void)receive_empty(looked);
	test_note("%u rounds of calls", calls);
}
