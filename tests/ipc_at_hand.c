/*
 * tests/ipc_at_hand.c - names that a space keeps at hand, and the slot of its
 * right to reply (docs/design-ipc.md): nothing told by name may tell of what
 * the name was before.  Calls and replies here have the form that goes the
 * fast way, to and from a thread that waits.
 */
#include <string.h>

#include <mach/mach_thread.h>

#include "rights.h"
#include "vm_support.h"

#define SELF	    mach_task_self()
#define CALL_BITS   MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, \
			MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define REPLY_BITS  MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)
#define UNUSED	    0x654321u		/* names nothing */
#define CHOSEN	    0x60001u
#define INDEX	    0xffffffu		/* of a name the kernel chose */
#define GENERATION  0x1000000u

struct message {
	mach_msg_header_t head;
	char		  room[64];	/* for a notification */
};

/* ---- the two halves ---- */

static mach_msg_return_t
exchange_bytes(struct message *m, mach_msg_size_t size, mach_msg_bits_t bits,
    mach_port_t to, mach_port_t local, mach_port_t from)
{
	m->head.msgh_bits = bits;
	m->head.msgh_remote_port = to;
	m->head.msgh_local_port = local;
	return mach_msg(&m->head, MACH_SEND_MSG | MACH_RCV_MSG, size,
	    sizeof(*m), from, 0, MACH_PORT_NULL);
}

static mach_msg_return_t
exchange(struct message *m, mach_msg_bits_t bits, mach_port_t to,
    mach_port_t local, mach_port_t from)
{
	return exchange_bytes(m, sizeof(m->head), bits, to, local, from);
}

static mach_msg_return_t
call(mach_port_t to, mach_port_t from)
{
	struct message m = { .head.msgh_id = 7 };

	return exchange(&m, CALL_BITS, to, from, from);
}

/* The right to reply to the next call at port. */
static mach_port_t
await_call(mach_port_t port)
{
	struct message m;

	CHECK_KR(test_receive(&m.head, sizeof(m), port, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(m.head.msgh_id, 7);
	return m.head.msgh_remote_port;
}

/* Reply, and wait for the next call. */
static mach_port_t
answer(mach_port_t to, mach_port_t port)
{
	struct message m = { .head.msgh_id = 107 };

	CHECK_KR(exchange(&m, REPLY_BITS, to, MACH_PORT_NULL, port),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(m.head.msgh_id, 7);
	return m.head.msgh_remote_port;
}

static mach_msg_return_t
answer_only(mach_port_t to)
{
	mach_msg_header_t head = {
		.msgh_bits = REPLY_BITS, .msgh_remote_port = to,
	};

	return mach_msg(&head, MACH_SEND_MSG, sizeof(head), 0, MACH_PORT_NULL,
	    0, MACH_PORT_NULL);
}

/* A thread that calls count times, or until a call fails. */
struct caller {
	mach_port_t	  to, from;
	unsigned	  count;
	volatile unsigned answered;
	volatile bool	  ended;
	mach_msg_return_t mr;
	mach_msg_id_t	  last;		/* of what came in place of a reply */
};

static void
call_on(void *arg)
{
	struct caller *c = arg;
	struct message m;

	while (c->mr == MACH_MSG_SUCCESS && c->answered < c->count) {
		m.head.msgh_id = 7;
		c->mr = exchange(&m, CALL_BITS, c->to, c->from, c->from);
		c->last = m.head.msgh_id;
		c->answered++;
	}
	c->ended = true;
}

static void
caller_start(struct caller *c, mach_port_t to, unsigned count)
{
	memset(c, 0, sizeof(*c));
	c->to = to;
	c->from = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	c->count = count;
	CHECK_KR(mach_thread_start(call_on, c), KERN_SUCCESS);
}

static void
caller_wait(struct caller *c, unsigned answered, mach_msg_return_t mr)
{
	for (unsigned i = 0; !c->ended; i++) {
		CHECK(i < 2000);
		test_sleep(10);
	}
	CHECK_KR(c->mr, mr);
	CHECK_EQ(c->answered, answered);
}

/* ---- the right to reply ---- */

/* The same index again and again, and each generation in its turn. */
TEST(ipc_reply_right_has_the_next_generation)
{
	mach_port_t port = test_port(), name, next;
	struct caller c;

	caller_start(&c, port, 603);
	name = answer(answer(await_call(port), port), port);
	for (unsigned i = 0; i < 600; i++) {
		CHECK_EQ(right_type(name), MACH_PORT_TYPE_SEND_ONCE);
		next = answer(name, port);
		CHECK_EQ(next, name + GENERATION);
		CHECK_EQ(right_type(name), 0);
		name = next;
	}
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 603, MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(name), 0);
	CHECK_KR(answer_only(name), MACH_SEND_INVALID_DEST);
	CHECK_KR(answer_only(name + GENERATION), MACH_SEND_INVALID_DEST);
}

TEST(ipc_reply_right_that_is_requested_about_tells_of_its_use)
{
	mach_port_t port = test_port(), notify = test_port(), name, next;
	struct caller c;

	caller_start(&c, port, 5);
	name = answer(answer(await_call(port), port), port);
	request_notification(name, MACH_NOTIFY_DEAD_NAME, notify);
	next = answer(name, port);
	check_notified(notify, MACH_NOTIFY_PORT_DELETED, name);
	CHECK(next != name);
	name = answer(next, port);
	check_silent(notify);
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 5, MACH_MSG_SUCCESS);
}

TEST(ipc_reply_right_works_under_another_name)
{
	mach_port_t port = test_port(), name;
	struct caller c;

	caller_start(&c, port, 23);
	name = answer(answer(await_call(port), port), port);
	for (unsigned i = 0; i < 20; i++) {
		CHECK_KR(mach_port_rename(SELF, name, CHOSEN), KERN_SUCCESS);
		CHECK_EQ(right_type(name), 0);
		CHECK_EQ(right_type(CHOSEN), MACH_PORT_TYPE_SEND_ONCE);
		name = answer(CHOSEN, port);
		CHECK_EQ(right_type(CHOSEN), 0);
	}
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 23, MACH_MSG_SUCCESS);
}

/* Names that it would have next are a user's, chosen while it is there or not. */
TEST(ipc_reply_right_gets_no_name_that_a_user_chose)
{
	mach_port_t port = test_port(), name, taken[32];
	struct caller c;

	caller_start(&c, port, 53);
	name = answer(answer(await_call(port), port), port);
	for (unsigned i = 0; i < 32; i += 2) {
		taken[i] = name + GENERATION;
		CHECK_KR(mach_port_allocate_name(SELF,
		    MACH_PORT_RIGHT_DEAD_NAME, taken[i]), KERN_SUCCESS);
		CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
		taken[i + 1] = name + 2 * GENERATION;
		CHECK_KR(mach_port_allocate_name(SELF,
		    MACH_PORT_RIGHT_DEAD_NAME, taken[i + 1]), KERN_SUCCESS);
		name = await_call(port);
		for (unsigned j = 0; j < i + 2; j++)
			CHECK(name != taken[j]);
	}
	for (unsigned i = 0; i < 34; i++) {
		CHECK_EQ(right_type(name), MACH_PORT_TYPE_SEND_ONCE);
		name = answer(name, port);
		for (unsigned j = 0; j < 32; j++)
			CHECK(name != taken[j]);
	}
	for (unsigned j = 0; j < 32; j++)
		CHECK_EQ(right_type(taken[j]), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 53, MACH_MSG_SUCCESS);
}

/* Of two rights to one reply port the one named is used. */
TEST(ipc_reply_right_is_not_another_to_the_same_port)
{
	mach_port_t port = test_port(), name, other, held[10];
	struct caller c;

	caller_start(&c, port, 23);
	name = answer(answer(await_call(port), port), port);
	for (unsigned i = 0; i < 10; i++) {
		other = send_once_right(c.from);
		held[i] = answer(other, port);
		CHECK_EQ(right_type(other), 0);
		CHECK_EQ(right_type(name), MACH_PORT_TYPE_SEND_ONCE);
		other = name;
		name = answer(other, port);
		CHECK_EQ(right_type(other), 0);
		CHECK_EQ(right_type(held[i]), MACH_PORT_TYPE_SEND_ONCE);
		CHECK_EQ(receive_status(c.from).mps_sorights, i + 2);
	}
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 23, MACH_MSG_SUCCESS);
	for (unsigned i = 0; i < 10; i++)
		destroy_right(held[i]);
	CHECK_EQ(receive_status(c.from).mps_sorights, 10);
	drain_port(c.from);
	CHECK_EQ(receive_status(c.from).mps_sorights, 0);
}

/* Looked at first, or found dead by the reply itself. */
TEST(ipc_reply_right_to_a_port_that_dies)
{
	mach_port_t port = test_port(), name;
	struct caller c;
	struct message m;

	for (unsigned look = 0; look < 2; look++) {
		caller_start(&c, port, 5);
		name = answer(answer(await_call(port), port), port);
		/* A name that goes would have the slot. */
		CHECK_KR(mach_port_insert_right(SELF, c.from, c.from,
		    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
		CHECK_KR(mach_port_mod_refs(SELF, c.from,
		    MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
		if (look)
			CHECK_EQ(right_type(name), MACH_PORT_TYPE_DEAD_NAME);
		CHECK_KR(exchange(&m, REPLY_BITS, name, MACH_PORT_NULL, port),
		    MACH_SEND_INVALID_DEST);
		CHECK_EQ(right_type(name), MACH_PORT_TYPE_DEAD_NAME);
		CHECK_EQ(right_refs(name, MACH_PORT_RIGHT_DEAD_NAME), 1);
		destroy_right(name);
		CHECK_EQ(right_type(name), 0);
		caller_wait(&c, 3, MACH_RCV_PORT_DIED);
	}
}

static uint32_t
new_port(uint32_t unused, uint32_t unused2)
{
	(void)unused;
	(void)unused2;
	return right_allocate(MACH_PORT_RIGHT_RECEIVE);
}

/* Answer so many calls; the right to answer the next. */
static uint32_t
serve(uint32_t port, uint32_t count)
{
	mach_port_t name = await_call(port);

	while (count-- > 0)
		name = answer(name, port);
	return name;
}

TEST(ipc_reply_right_that_ends_with_its_task_is_told_of)
{
	struct vm_agent agent;
	mach_msg_type_name_t type;
	struct caller c;
	mach_port_t port, send;

	vm_agent_start(&agent, SELF);
	port = vm_agent_call(&agent, new_port, 0, 0);
	CHECK_KR(mach_port_extract_right(agent.task, port,
	    MACH_MSG_TYPE_MAKE_SEND, &send, &type), KERN_SUCCESS);
	vm_agent_begin(&agent, serve, port, 3);
	caller_start(&c, send, 10);
	CHECK(vm_agent_finish(&agent).value != MACH_PORT_NULL);
	vm_agent_end(&agent);
	caller_wait(&c, 5, MACH_SEND_INVALID_DEST);
	/* The fourth was answered so; the fifth could not be sent. */
	CHECK_EQ(right_type(send), MACH_PORT_TYPE_DEAD_NAME);
}

/* ---- names at hand ---- */

/* A thread that answers all that comes to port. */
struct server {
	volatile mach_port_t port;	/* the name that it has now */
	volatile bool	     ended;
};

static void
serve_on(void *arg)
{
	struct server *s = arg;
	struct message m;
	mach_msg_return_t mr;

	for (;;) {
		mr = mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), s->port, 0,
		    MACH_PORT_NULL);
		while (mr == MACH_MSG_SUCCESS)
			mr = exchange(&m, REPLY_BITS,
			    m.head.msgh_remote_port, MACH_PORT_NULL, s->port);
		if (mr != MACH_RCV_INVALID_NAME)
			break;
	}
	s->ended = true;
}

/* Until all that it takes is at hand. */
static void
call_well(mach_port_t to, mach_port_t from)
{
	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(call(to, from), MACH_MSG_SUCCESS);
}

static void
check_call(mach_port_t to, mach_port_t from, mach_msg_return_t mr)
{
	for (unsigned i = 0; i < 2; i++)
		CHECK_KR(call(to, from), mr);
}

/* Send a right, by a send that looks at no name at hand. */
static void
move_right(mach_port_t to, mach_port_t right, mach_msg_type_name_t disposition)
{
	struct right_message msg = {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.head.msgh_remote_port = to,
		.type = {
			.msgt_name = disposition, .msgt_size = 32,
			.msgt_number = 1, .msgt_inline = TRUE,
		},
		.right = right,
	};

	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_INTERRUPT,
	    sizeof(msg), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
}

/* The send right goes in each way; its name may keep the receive right. */
static void
lose_send_right(mach_port_t to, mach_port_t from)
{
	mach_port_t queue = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, to, MACH_PORT_RIGHT_SEND, -1),
	    KERN_SUCCESS);
	check_call(to, from, MACH_SEND_INVALID_DEST);
	CHECK_KR(mach_port_insert_right(SELF, to, to, MACH_MSG_TYPE_MAKE_SEND),
	    KERN_SUCCESS);
	call_well(to, from);
	move_right(queue, to, MACH_MSG_TYPE_MOVE_SEND);
	check_call(to, from, MACH_SEND_INVALID_DEST);
	CHECK_EQ(receive_right(queue, MACH_MSG_TYPE_PORT_SEND), to);
	call_well(to, from);
	destroy_right(queue);
}

/* The receive right of the reply port goes, and comes back by the same name. */
static void
lose_receive_right(mach_port_t to, mach_port_t from)
{
	mach_port_t queue = test_port();

	call_well(to, from);
	move_right(queue, from, MACH_MSG_TYPE_MOVE_RECEIVE);
	check_call(to, from, MACH_SEND_INVALID_REPLY);
	CHECK_EQ(right_type(from), MACH_PORT_TYPE_SEND);
	CHECK_EQ(receive_right(queue, MACH_MSG_TYPE_PORT_RECEIVE), from);
	call_well(to, from);
	CHECK_KR(mach_port_mod_refs(SELF, from, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_call(to, from, MACH_SEND_INVALID_REPLY);
	destroy_right(from);
	check_call(to, from, MACH_SEND_INVALID_REPLY);
	destroy_right(queue);
}

static void
change_name(struct server *s, mach_port_t from)
{
	mach_port_t to = s->port;

	CHECK_KR(mach_port_rename(SELF, to, CHOSEN), KERN_SUCCESS);
	s->port = CHOSEN;
	check_call(to, from, MACH_SEND_INVALID_DEST);
	call_well(CHOSEN, from);
	CHECK_KR(mach_port_rename(SELF, CHOSEN, UNUSED), KERN_SUCCESS);
	s->port = UNUSED;
	check_call(CHOSEN, from, MACH_SEND_INVALID_DEST);
	call_well(UNUSED, from);
	CHECK_KR(mach_port_rename(SELF, UNUSED, to), KERN_SUCCESS);
	s->port = to;
	call_well(to, from);
}

TEST(ipc_at_hand_nothing_stays_that_a_name_was)
{
	struct server s = { .port = test_port() };
	mach_port_t to = s.port, from = test_port();

	CHECK_KR(mach_thread_start(serve_on, &s), KERN_SUCCESS);
	call_well(to, from);
	lose_send_right(to, from);
	change_name(&s, from);
	lose_receive_right(to, from);
	from = test_port();
	call_well(to, from);
	CHECK_KR(mach_port_mod_refs(SELF, to, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_call(to, from, MACH_SEND_INVALID_DEST);
	CHECK_EQ(right_type(to), MACH_PORT_TYPE_DEAD_NAME);
	destroy_right(to);
	check_call(to, from, MACH_SEND_INVALID_DEST);
	for (unsigned i = 0; !s.ended; i++) {
		CHECK(i < 2000);
		test_sleep(10);
	}
}

/* Names of nothing, and of what is no right of the kind asked for. */
TEST(ipc_at_hand_names_of_nothing)
{
	struct server s = { .port = test_port() };
	mach_port_t to = s.port, from = test_port();
	mach_port_t bad[] = {
		MACH_PORT_NULL, MACH_PORT_DEAD, UNUSED, from + GENERATION,
		right_allocate(MACH_PORT_RIGHT_PORT_SET),
		right_allocate(MACH_PORT_RIGHT_DEAD_NAME),
		right_allocate(MACH_PORT_RIGHT_RECEIVE),
		send_once_right(from),
	};
	struct message m;

	CHECK_KR(mach_thread_start(serve_on, &s), KERN_SUCCESS);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		call_well(to, from);
		check_call(bad[i], from, MACH_SEND_INVALID_DEST);
		if (i >= 2 && i != 6)		/* no right, or another kind */
			check_call(to, bad[i], MACH_SEND_INVALID_REPLY);
		if (i < 7)
			CHECK_KR(exchange(&m, REPLY_BITS, bad[i],
			    MACH_PORT_NULL, from), MACH_SEND_INVALID_DEST);
		CHECK_KR(exchange(&m, REPLY_BITS, MACH_PORT_NULL,
		    MACH_PORT_NULL, bad[i]), MACH_SEND_INVALID_DEST);
		CHECK_EQ(right_type(to), MACH_PORT_TYPE_SEND_RECEIVE);
		call_well(to, from);
	}
	destroy_right(to);
}

/* A reply is sent whatever may be received on afterwards. */
TEST(ipc_at_hand_reply_and_receive_on_no_port)
{
	mach_port_t port = test_port(), set, name;
	mach_port_t bad[] = {
		MACH_PORT_NULL, MACH_PORT_DEAD, UNUSED,
		right_allocate(MACH_PORT_RIGHT_DEAD_NAME),
	};
	struct caller c;
	struct message m;

	caller_start(&c, port, 8);
	name = answer(await_call(port), port);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_KR(exchange(&m, REPLY_BITS, name, MACH_PORT_NULL,
		    bad[i]), MACH_RCV_INVALID_NAME);
		name = await_call(port);
	}
	set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	name = answer(name, set);
	CHECK_KR(exchange(&m, REPLY_BITS, name, MACH_PORT_NULL, port),
	    MACH_RCV_IN_SET);
	name = await_call(set);
	destroy_right(set);
	CHECK_KR(exchange(&m, REPLY_BITS, name, MACH_PORT_NULL, set),
	    MACH_RCV_INVALID_NAME);
	caller_wait(&c, 8, MACH_MSG_SUCCESS);
}

/* ---- sizes ---- */

/* No size but whole words is one, also where somebody waits for the message. */
TEST(ipc_at_hand_sizes_that_are_none)
{
	static const mach_msg_size_t none[] = { 0, 4, 20, 23, 25, 26, 27, 29,
	    30, 31, 87, 0xffffffff };
	struct server s = { .port = test_port() };
	mach_port_t port = test_port(), from = test_port(), name;
	struct message m = { .head.msgh_id = 7 };
	struct caller c;

	CHECK_KR(mach_thread_start(serve_on, &s), KERN_SUCCESS);
	caller_start(&c, port, 3);
	name = answer(answer(await_call(port), port), port);
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		call_well(s.port, from);
		CHECK_KR(exchange_bytes(&m, none[i], CALL_BITS, s.port, from,
		    from), MACH_SEND_MSG_TOO_SMALL);
		CHECK_KR(exchange_bytes(&m, none[i], REPLY_BITS, name,
		    MACH_PORT_NULL, port), MACH_SEND_MSG_TOO_SMALL);
	}
	CHECK_KR(answer_only(name), MACH_MSG_SUCCESS);
	caller_wait(&c, 3, MACH_MSG_SUCCESS);
	destroy_right(s.port);
}
