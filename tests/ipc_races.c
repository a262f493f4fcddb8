/*
 * tests/ipc_races.c - threads that work on the same few names at once: every
 * call on names, in any order, while others receive there and threads are
 * aborted.  Codes are not looked at; nothing may break or stay behind.
 */
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/notify.h>

#include "disturb.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define RACE_MS		200u

enum { TASKS = 2, THREADS = 3, FIRST_NAME = 0x300, NAMES = 12 };

static uint32_t race_seed = 5;

static mach_port_name_t
any_name(uint32_t *seed)
{
	return FIRST_NAME + test_random(seed) % NAMES;
}

static void
race_make(uint32_t *seed)
{
	(void)mach_port_allocate_name(SELF, test_random(seed) % 4 == 0 ?
	    MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE,
	    any_name(seed));
}

static void
race_give_up(uint32_t *seed)
{
	mach_port_name_t name = any_name(seed);

	switch (test_random(seed) % 3) {
	case 0:
		(void)mach_port_destroy(SELF, name);
		break;
	case 1:
		(void)mach_port_mod_refs(SELF, name, test_random(seed) %
		    MACH_PORT_RIGHT_NUMBER, (int)(test_random(seed) % 3) - 1);
		break;
	default:
		(void)mach_port_deallocate(SELF, name);
	}
}

static void
race_change(uint32_t *seed)
{
	switch (test_random(seed) % 5) {
	case 0:
		(void)mach_port_rename(SELF, any_name(seed), any_name(seed));
		break;
	case 1:
		(void)mach_port_set_qlimit(SELF, any_name(seed),
		    test_random(seed) % 3);
		break;
	case 2:
		(void)mach_port_set_protected_payload(SELF, any_name(seed),
		    7);
		break;
	default:
		(void)mach_port_move_member(SELF, any_name(seed),
		    test_random(seed) % 4 ? any_name(seed) : MACH_PORT_NULL);
	}
}

static void
race_insert(uint32_t *seed)
{
	mach_port_name_t name = any_name(seed);

	(void)mach_port_insert_right(SELF,
	    test_random(seed) % 4 ? name : any_name(seed), name,
	    test_random(seed) % 4 ? MACH_MSG_TYPE_MAKE_SEND :
	    MACH_MSG_TYPE_MOVE_RECEIVE);
}

static void
race_ask(uint32_t *seed)
{
	static const mach_msg_id_t ids[] = { MACH_NOTIFY_DEAD_NAME,
	    MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_PORT_DESTROYED };
	mach_port_t previous = MACH_PORT_NULL;

	if (mach_port_request_notification(SELF, any_name(seed),
	    ids[test_random(seed) % 3], 0, any_name(seed),
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous) == KERN_SUCCESS &&
	    previous != MACH_PORT_NULL)
		(void)mach_port_deallocate(SELF, previous);
}

static void
race_send(uint32_t *seed)
{
	struct right_message msg = {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.head.msgh_remote_port = any_name(seed),
		.head.msgh_local_port = any_name(seed),
		.type = { .msgt_size = 32, .msgt_number = 1,
		    .msgt_inline = TRUE },
		.right = any_name(seed),
	};

	msg.type.msgt_name = MACH_MSG_TYPE_MOVE_RECEIVE +
	    test_random(seed) % 6;
	if (mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT |
	    (test_random(seed) % 2 ? MACH_SEND_NOTIFY : 0), sizeof(msg), 0,
	    MACH_PORT_NULL, test_random(seed) % 12, any_name(seed)) ==
	    MACH_SEND_TIMED_OUT)
		mach_msg_destroy(&msg.head);
}

static void
race_receive(uint32_t *seed)
{
	struct {
		struct right_message msg;
		char		     room[64];
	} in;

	if (mach_msg(&in.msg.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT |
	    (test_random(seed) % 4 ? 0 : MACH_RCV_NOTIFY), 0, sizeof(in),
	    any_name(seed), test_random(seed) % 12, any_name(seed)) ==
	    MACH_MSG_SUCCESS)
		mach_msg_destroy(&in.msg.head);
}

static void
race_look(uint32_t *seed)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	mach_port_status_t status;

	(void)mach_port_get_receive_status(SELF, any_name(seed), &status);
	if (mach_port_names(SELF, &names, &count, &types, &type_count) !=
	    KERN_SUCCESS)
		return;
	(void)vm_deallocate(SELF, (vm_address_t)names, count * 4);
	(void)vm_deallocate(SELF, (vm_address_t)types, type_count * 4);
}

static void
race(void *arg)
{
	static void (*const steps[])(uint32_t *) = { race_make, race_make,
	    race_give_up, race_change, race_insert, race_insert, race_ask,
	    race_send, race_send, race_receive, race_receive, race_look };
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	for (;;)
		steps[test_random(&seed) % 12](&seed);
}

static void
racer_main(void *arg)
{
	for (unsigned i = 1; i < THREADS; i++)
		CHECK_KR(mach_thread_start(race, (char *)arg + i),
		    KERN_SUCCESS);
	race(arg);
}

/* Wait at what ends all the time: two ports and a set, FIRST_NAME and on. */
static void
await_the_end(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	mach_msg_header_t msg;

	for (;;)
		if (mach_msg(&msg, MACH_RCV_MSG | (test_random(&seed) % 4 ? 0 :
		    MACH_RCV_TIMEOUT), 0, sizeof(msg),
		    FIRST_NAME + test_random(&seed) % 3, 1,
		    MACH_PORT_NULL) == MACH_RCV_INVALID_NAME)
			(void)swtch_pri(0);
}

/* Something for one who waits, perhaps. */
static void
send_to(mach_port_name_t name)
{
	mach_msg_header_t msg = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0),
		.msgh_remote_port = name,
	};

	(void)mach_msg(&msg, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(msg), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void
end_again_and_again(uint32_t *seed)
{
	(void)mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE,
	    FIRST_NAME);
	(void)mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE,
	    FIRST_NAME + 1);
	(void)mach_port_allocate_name(SELF, MACH_PORT_RIGHT_PORT_SET,
	    FIRST_NAME + 2);
	(void)swtch_pri(0);
	if (test_random(seed) % 2)
		(void)mach_port_move_member(SELF, FIRST_NAME, FIRST_NAME + 2);
	if (test_random(seed) % 4 == 0)
		send_to(FIRST_NAME + test_random(seed) % 2);
	if (test_random(seed) % 2)
		(void)swtch_pri(0);
	for (unsigned i = test_random(seed) % 3, n = 0; n < 3; n++)
		(void)mach_port_destroy(SELF, FIRST_NAME + (i + n) % 3);
}

static void
ender_main(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	for (unsigned i = 1; i < THREADS; i++)
		CHECK_KR(mach_thread_start(await_the_end, (char *)arg + i),
		    KERN_SUCCESS);
	for (;;)
		end_again_and_again(&seed);
}

static void
round_of_races(void (*racer)(void *))
{
	task_t tasks[TASKS];

	for (unsigned i = 0; i < TASKS; i++)
		tasks[i] = test_spawn(racer,
		    (void *)test_random(&race_seed), MACH_PORT_NULL);
	disturb_for(tasks, TASKS, RACE_MS, &race_seed);
	for (unsigned i = 0; i < TASKS; i++)
		(void)task_terminate(tasks[i]);
	for (unsigned i = 0; i < TASKS; i++) {
		disturb_await_dead(tasks[i]);
		CHECK_KR(mach_port_deallocate(SELF, tasks[i]), KERN_SUCCESS);
	}
}

static void
round_on_the_same_names(void)
{
	round_of_races(racer_main);
}

TEST(ipc_races_on_the_same_names)
{
	zones_check_rounds(round_on_the_same_names, 4);
}

static void
round_of_ends(void)
{
	round_of_races(ender_main);
}

TEST(ipc_races_of_receivers_with_the_end_of_their_port)
{
	zones_check_rounds(round_of_ends, 4);
}
