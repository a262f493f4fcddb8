/*
 * tests/ipc_relay.c - rights that are passed on and on among tasks whose
 * threads are aborted and held up, and that end with rights on the way: each
 * right's end is told exactly once.
 *
 * A runner (below) passes on whatever it gets, moving it.  This task makes
 * the rights, starts the relay, ends all runners at a random moment, and
 * counts what it is told.
 */
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/notify.h>

#include "disturb.h"
#include "rights.h"

#define SELF		mach_task_self()
#define TURNS		10u
#define TURN_MS		60u
#define TOKENS		24u		/* of each kind */
#define BATON_ID	900

enum { RUNNERS = 4, KINDS = 3, PEERS_ID = 901 };

/* One right of each kind, or nothing in its place. */
struct baton {
	mach_msg_header_t head;
	struct {
		mach_msg_type_t type;
		mach_port_t	right;
	} part[KINDS];
	char		  room[64];
};
#define BATON_SIZE	offsetof(struct baton, room)

static uint32_t relay_seed = 77;
static unsigned this_runner;

/* ---- a runner ---- */

static mach_port_t inbox, peers[RUNNERS];

/*
 * Pass a baton on.  What cannot be sent comes back, and goes to another; at
 * last it is given up.
 */
static void
pass_on(struct baton *baton, uint32_t *seed)
{
	mach_msg_return_t mr = MACH_SEND_TIMED_OUT;

	for (unsigned i = 0; i < 3 && mr == MACH_SEND_TIMED_OUT; i++) {
		baton->head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
		baton->head.msgh_remote_port =
		    peers[test_random(seed) % RUNNERS];
		baton->head.msgh_local_port = MACH_PORT_NULL;
		mr = mach_msg(&baton->head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
		    BATON_SIZE, 0, MACH_PORT_NULL, test_random(seed) % 12,
		    MACH_PORT_NULL);
	}
	if (mr == MACH_SEND_TIMED_OUT)
		mach_msg_destroy(&baton->head);
}

static void
run(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	struct baton baton;

	for (;;)
		if (mach_msg(&baton.head, MACH_RCV_MSG, 0, sizeof(baton),
		    inbox, 0, MACH_PORT_NULL) == MACH_MSG_SUCCESS)
			pass_on(&baton, &seed);
}

/* Tell the starter our port, learn the others', run on two threads. */
static void
runner_main(void *unused)
{
	mach_port_t bootstrap;
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		mach_port_t	  port[RUNNERS];
		char		  room[64];
	} msg;

	(void)unused;
	inbox = test_port();
	CHECK_KR(task_get_special_port(SELF, TASK_BOOTSTRAP_PORT, &bootstrap),
	    KERN_SUCCESS);
	CHECK_KR(send_right(bootstrap, inbox, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), inbox, 10000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, PEERS_ID);
	memcpy(peers, msg.port, sizeof(peers));
	CHECK_KR(send_empty(bootstrap, PEERS_ID), MACH_MSG_SUCCESS);
	CHECK_KR(mach_thread_start(run, (void *)(this_runner + 10)),
	    KERN_SUCCESS);
	run((void *)this_runner);
}

/* ---- the start ---- */

static task_t runners[RUNNERS];
static mach_port_t inboxes[RUNNERS];
static mach_port_t told;		/* the set of all that tell us */

static void
send_peers(mach_port_t to)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		mach_port_t	  port[RUNNERS];
	} msg;

	memset(&msg, 0, sizeof(msg));
	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	msg.head.msgh_size = sizeof(msg);
	msg.type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	msg.type.msgt_size = 32;
	msg.type.msgt_number = RUNNERS;
	msg.type.msgt_inline = TRUE;
	memcpy(msg.port, inboxes, sizeof(inboxes));
	CHECK_KR(test_send(&msg.head, to, PEERS_ID), MACH_MSG_SUCCESS);
}

static void
start_runners(void)
{
	mach_port_t bootstrap = test_port();

	CHECK_KR(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, bootstrap),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < RUNNERS; i++) {
		this_runner = i;
		runners[i] = test_spawn(runner_main, NULL, MACH_PORT_NULL);
		inboxes[i] = receive_right(bootstrap,
		    MACH_MSG_TYPE_PORT_SEND);
	}
	for (unsigned i = 0; i < RUNNERS; i++)
		send_peers(inboxes[i]);
	for (unsigned i = 0; i < RUNNERS; i++)
		CHECK_EQ(receive_empty(bootstrap), PEERS_ID);
	destroy_right(bootstrap);
}

/* What has been made, by the port that tells its end, and what was told. */
struct token {
	mach_port_t   tells;
	mach_msg_id_t id;
	unsigned      ends;
};
static struct token tokens[KINDS * TOKENS];

static mach_port_t
new_token(unsigned number, mach_msg_id_t id)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	CHECK_KR(mach_port_move_member(SELF, port, told), KERN_SUCCESS);
	tokens[number] = (struct token) { .tells = port, .id = id };
	return port;
}

static void
make_baton(struct baton *baton, const mach_port_t *rights,
    const mach_msg_type_name_t *dispositions)
{
	memset(baton, 0, sizeof(*baton));
	baton->head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	for (unsigned i = 0; i < KINDS; i++) {
		baton->part[i].type.msgt_name = dispositions[i];
		baton->part[i].type.msgt_size = 32;
		baton->part[i].type.msgt_number = 1;
		baton->part[i].type.msgt_inline = TRUE;
		baton->part[i].right = rights[i];
	}
}

/* The port tells of itself that its send right has gone. */
static void
start_baton(unsigned i)
{
	static const mach_msg_type_name_t making[KINDS] = {
	    MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    MACH_MSG_TYPE_MOVE_RECEIVE };
	mach_port_t rights[KINDS], previous;
	struct baton baton;

	rights[0] = new_token(KINDS * i, MACH_NOTIFY_NO_SENDERS);
	rights[1] = new_token(KINDS * i + 1, MACH_NOTIFY_SEND_ONCE);
	rights[2] = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_KR(mach_port_request_notification(SELF, rights[0],
	    MACH_NOTIFY_NO_SENDERS, 1, rights[0],
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
	request_notification(rights[2], MACH_NOTIFY_PORT_DESTROYED,
	    new_token(KINDS * i + 2, MACH_NOTIFY_PORT_DESTROYED));
	make_baton(&baton, rights, making);
	baton.head.msgh_size = BATON_SIZE;
	CHECK_KR(test_send(&baton.head, inboxes[i % RUNNERS], BATON_ID),
	    MACH_MSG_SUCCESS);
}

/* ---- the end ---- */

static void
take_end(const struct baton *msg)
{
	for (unsigned i = 0; i < KINDS * TOKENS; i++) {
		if (tokens[i].tells != msg->head.msgh_local_port)
			continue;
		CHECK_EQ(msg->head.msgh_id, tokens[i].id);
		CHECK_EQ(tokens[i].ends, 0);
		tokens[i].ends++;
		if (tokens[i].id == MACH_NOTIFY_PORT_DESTROYED)
			destroy_right(msg->part[0].right);
		return;
	}
	test_fail(__FILE__, __LINE__, "told by a port that tells nothing");
}

static void
take_all_ends(void)
{
	struct baton msg;

	for (unsigned i = 0; i < KINDS * TOKENS; i++) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), told, 5000),
		    MACH_MSG_SUCCESS);
		take_end(&msg);
	}
	check_silent(told);
	for (unsigned i = 0; i < KINDS * TOKENS; i++) {
		CHECK_EQ(tokens[i].ends, 1);
		CHECK_EQ(receive_status(tokens[i].tells).mps_srights, FALSE);
		CHECK_EQ(receive_status(tokens[i].tells).mps_sorights, 0);
		destroy_right(tokens[i].tells);
	}
}

static void
turn(void)
{
	start_runners();
	for (unsigned i = 0; i < TOKENS; i++)
		start_baton(i);
	disturb_for(runners, RUNNERS, TURN_MS, &relay_seed);
	for (unsigned i = 0; i < RUNNERS; i++) {
		(void)task_terminate(runners[i]);
		(void)swtch_pri(0);
	}
	for (unsigned i = 0; i < RUNNERS; i++) {
		disturb_await_dead(runners[i]);
		CHECK_KR(mach_port_deallocate(SELF, runners[i]),
		    KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(SELF, inboxes[i]),
		    KERN_SUCCESS);
	}
	take_all_ends();
}

TEST_LIMIT(ipc_relay_tells_each_end_once, 60)
{
	told = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	for (unsigned i = 0; i < TURNS; i++)
		turn();
}
