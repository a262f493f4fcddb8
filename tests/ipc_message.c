/*
 * tests/ipc_message.c - mach_msg: headers, bodies, rights and memory on the
 * way, waiting, and whatever a caller can get wrong.
 */
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>
#include <mach/vm_param.h>

#include "disturb.h"
#include "rights.h"

#define SELF		mach_task_self()
#define NOT_A_NAME	((mach_port_name_t)0x654321)
#define USER_END	0xc0000000u
#define BIG		0x4000		/* bytes of the largest inline message */

struct simple {
	mach_msg_header_t head;
	uint32_t	  word[BIG / 4];
};

static struct simple out, in;

static mach_msg_type_t
type_of(unsigned name, unsigned size, unsigned number)
{
	return (mach_msg_type_t) {
		.msgt_name = name, .msgt_size = size, .msgt_number = number,
		.msgt_inline = TRUE,
	};
}

static uint32_t
type_word(unsigned name, unsigned size, unsigned number)
{
	mach_msg_type_t type = type_of(name, size, number);
	uint32_t word;

	memcpy(&word, &type, sizeof(word));
	return word;
}

/* Send out with size bytes, remote and local by the dispositions. */
static mach_msg_return_t
send_out(mach_msg_size_t size, mach_port_t remote, unsigned remote_type,
    mach_port_t local, unsigned local_type)
{
	out.head.msgh_bits = (out.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) |
	    MACH_MSGH_BITS(remote_type, local_type);
	out.head.msgh_size = size;
	out.head.msgh_remote_port = remote;
	out.head.msgh_local_port = local;
	return mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static mach_msg_return_t
receive_in(mach_port_t port, mach_msg_option_t options)
{
	return mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT | options, 0,
	    sizeof(in), port, 5000, MACH_PORT_NULL);
}

/* ---- inline data ---- */

static void
fill(uint32_t *words, unsigned count, uint32_t seed)
{
	for (unsigned i = 0; i < count; i++)
		words[i] = test_random(&seed);
}

TEST_LIMIT(ipc_message_of_every_size, 60)
{
	mach_port_t port = test_port();
	static uint32_t want[BIG / 4];

	fill(want, BIG / 4, 1);
	for (unsigned bytes = 4; bytes <= BIG - 4;
	    bytes += bytes < 6000 ? 4 : 256) {
		out.word[0] = type_word(MACH_MSG_TYPE_INTEGER_32, 32,
		    (bytes - 4) / 4 < 4095 ? (bytes - 4) / 4 : 4095);
		memcpy(&out.word[1], want, bytes - 4);
		CHECK_KR(send_out(sizeof(out.head) + bytes, port,
		    MACH_MSG_TYPE_COPY_SEND, 0, 0), MACH_MSG_SUCCESS);
		memset(&in, 0xee, sizeof(out.head) + bytes + 4);
		CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
		CHECK_EQ(in.head.msgh_size, sizeof(in.head) + bytes);
		CHECK_EQ(in.word[0], out.word[0]);
		CHECK(memcmp(&in.word[1], want, bytes - 4) == 0);
		CHECK_EQ(in.word[bytes / 4], 0xeeeeeeee);
	}
}

TEST(ipc_message_at_every_alignment)
{
	mach_port_t port = test_port();
	char *room = (char *)test_allocate(3 * PAGE_SIZE);

	for (unsigned i = 0; i < 16; i++) {
		struct simple *from = (void *)(room + PAGE_SIZE - 40 + i);
		struct simple *to = (void *)(room + 2 * PAGE_SIZE - 30 - i);

		from->head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    0);
		from->head.msgh_remote_port = port;
		from->head.msgh_local_port = MACH_PORT_NULL;
		from->head.msgh_id = 900 + i;
		from->word[0] = type_word(MACH_MSG_TYPE_INTEGER_32, 32, 9);
		fill(&from->word[1], 9, i);
		CHECK_KR(mach_msg(&from->head, MACH_SEND_MSG, 64, 0, 0, 0, 0),
		    MACH_MSG_SUCCESS);
		CHECK_KR(mach_msg(&to->head, MACH_RCV_MSG | MACH_RCV_TIMEOUT,
		    0, 64, port, 1000, 0), MACH_MSG_SUCCESS);
		CHECK_EQ(to->head.msgh_id, 900 + i);
		CHECK(memcmp(to->word, from->word, 40) == 0);
	}
}

TEST(ipc_message_sizes_that_are_none)
{
	static const mach_msg_size_t small[] = { 0, 1, 4, 20, 23, 25, 26, 27,
	    101, 0xffffffff };
	mach_port_t port = test_port();

	out.word[0] = type_word(MACH_MSG_TYPE_INTEGER_32, 32, 9);
	for (unsigned i = 0; i < 10; i++)
		CHECK_KR(send_out(small[i], port, MACH_MSG_TYPE_COPY_SEND, 0,
		    0), MACH_SEND_MSG_TOO_SMALL);
	CHECK_KR(send_out(0xfffffffc, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_SEND_NO_BUFFER);
	CHECK_KR(send_out(0x7ffffffc, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_SEND_NO_BUFFER);
	check_silent(port);
}

TEST(ipc_message_option_none_does_nothing)
{
	CHECK_KR(mach_msg(NULL, MACH_MSG_OPTION_NONE, 0, 0, MACH_PORT_NULL, 0,
	    MACH_PORT_NULL), MACH_MSG_SUCCESS);
}

TEST(ipc_message_seqno_counts_messages_received)
{
	mach_port_t port = test_port();

	for (unsigned i = 0; i < 5; i++)
		CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	for (unsigned i = 0; i < 5; i++) {
		CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
		CHECK_EQ(in.head.msgh_seqno, i);
	}
}

/* ---- headers ---- */

TEST(ipc_message_header_shows_how_rights_came)
{
	mach_port_t port = test_port(), reply = test_port();
	mach_port_t sonce = send_once_right(port);

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_MAKE_SEND, reply,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_bits, MACH_MSGH_BITS(
	    MACH_MSG_TYPE_PORT_SEND_ONCE, MACH_MSG_TYPE_PORT_SEND));
	CHECK_EQ(in.head.msgh_local_port, port);
	CHECK_EQ(right_type(in.head.msgh_remote_port),
	    MACH_PORT_TYPE_SEND_ONCE);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);

	CHECK_KR(send_out(24, sonce, MACH_MSG_TYPE_MOVE_SEND_ONCE, reply,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(sonce), 0);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_bits, MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND,
	    MACH_MSG_TYPE_PORT_SEND_ONCE));
	CHECK_EQ(in.head.msgh_remote_port, reply);
	CHECK_EQ(right_refs(reply, MACH_PORT_RIGHT_SEND), 2);

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, reply,
	    MACH_MSG_TYPE_MOVE_SEND), MACH_MSG_SUCCESS);
	CHECK_EQ(right_refs(reply, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(right_refs(reply, MACH_PORT_RIGHT_SEND), 2);
}

/* One name in both places. */
TEST(ipc_message_header_with_one_name_twice)
{
	static const struct { unsigned remote, local; } pairs[] = {
		{ MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_COPY_SEND },
		{ MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND },
		{ MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE },
		{ MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE },
		{ MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND },
		{ MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND },
		{ MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND },
	};
	mach_port_t port = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 9),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 7; i++) {
		CHECK_KR(send_out(24, port, pairs[i].remote, port,
		    pairs[i].local), MACH_MSG_SUCCESS);
		CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
		if (pairs[i].local == MACH_MSG_TYPE_MAKE_SEND_ONCE)
			destroy_right(in.head.msgh_remote_port),
			    check_notified(port, MACH_NOTIFY_SEND_ONCE, 0);
		else
			CHECK_EQ(in.head.msgh_remote_port, port);
	}
}

/* Two references are needed, and one is there. */
TEST(ipc_message_header_moves_the_last_reference_once)
{
	mach_port_t port = test_port(), sonce = send_once_right(port);

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_MOVE_SEND, port,
	    MACH_MSG_TYPE_MOVE_SEND), MACH_SEND_INVALID_DEST);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(send_out(24, sonce, MACH_MSG_TYPE_MOVE_SEND_ONCE, sonce,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE), MACH_SEND_INVALID_DEST);
	CHECK_EQ(right_type(sonce), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_MOVE_SEND, port,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
}

TEST(ipc_message_bad_destinations)
{
	mach_port_t receive = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	mach_port_t port = test_port();
	const struct { mach_port_t name; unsigned type; } wrong[] = {
		{ MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND },
		{ MACH_PORT_DEAD, MACH_MSG_TYPE_COPY_SEND },
		{ NOT_A_NAME, MACH_MSG_TYPE_COPY_SEND },
		{ receive, MACH_MSG_TYPE_COPY_SEND },
		{ receive, MACH_MSG_TYPE_MOVE_SEND_ONCE },
		{ set, MACH_MSG_TYPE_COPY_SEND },
		{ dead, MACH_MSG_TYPE_COPY_SEND },
		{ dead, MACH_MSG_TYPE_MOVE_SEND },
		{ dead, MACH_MSG_TYPE_MOVE_SEND_ONCE },
		{ SELF, MACH_MSG_TYPE_MAKE_SEND },
		{ SELF, MACH_MSG_TYPE_MAKE_SEND_ONCE },
		{ port, MACH_MSG_TYPE_MOVE_SEND_ONCE },
	};

	for (unsigned i = 0; i < 12; i++)
		CHECK_KR(send_out(24, wrong[i].name, wrong[i].type, 0, 0),
		    MACH_SEND_INVALID_DEST);
	CHECK_EQ(right_type(dead), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
}

TEST(ipc_message_bad_reply_ports)
{
	mach_port_t receive = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t port = test_port();
	const struct { mach_port_t name; unsigned type; } wrong[] = {
		{ NOT_A_NAME, MACH_MSG_TYPE_COPY_SEND },
		{ receive, MACH_MSG_TYPE_COPY_SEND },
		{ receive, MACH_MSG_TYPE_MOVE_SEND },
		{ set, MACH_MSG_TYPE_MAKE_SEND_ONCE },
		{ SELF, MACH_MSG_TYPE_MAKE_SEND_ONCE },
		{ SELF, MACH_MSG_TYPE_MOVE_SEND_ONCE },
	};

	for (unsigned i = 0; i < 6; i++)
		CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND,
		    wrong[i].name, wrong[i].type), MACH_SEND_INVALID_REPLY);
	check_silent(port);
}

/* A reply port that is null or dead comes as that. */
TEST(ipc_message_null_and_dead_reply_ports)
{
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	mach_port_t port = test_port();

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, MACH_PORT_NULL,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_remote_port, MACH_PORT_NULL);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, MACH_PORT_DEAD,
	    MACH_MSG_TYPE_MOVE_SEND), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_remote_port, MACH_PORT_DEAD);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, dead,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_remote_port, MACH_PORT_DEAD);
	CHECK_EQ(right_refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 1);
}

/* A reply port that dies on the way arrives dead. */
TEST(ipc_message_reply_port_dies_in_the_queue)
{
	mach_port_t port = test_port(), reply = test_port();

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, reply,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), MACH_MSG_SUCCESS);
	destroy_right(reply);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_remote_port, MACH_PORT_DEAD);
}

TEST(ipc_message_bad_dispositions)
{
	static const unsigned wrong[] = { 0, 1, MACH_MSG_TYPE_PORT_NAME,
	    MACH_MSG_TYPE_MOVE_RECEIVE, 22, 23, 0x7f, 0xff };
	mach_port_t port = test_port();

	for (unsigned i = 0; i < 8; i++) {
		CHECK_KR(send_out(24, port, wrong[i], 0, 0),
		    MACH_SEND_INVALID_HEADER);
		CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, port,
		    wrong[i]), MACH_SEND_INVALID_HEADER);
	}
	check_silent(port);
}

/* ---- bodies ---- */

static const unsigned dispositions[] = { MACH_MSG_TYPE_MOVE_RECEIVE,
    MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE,
    MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND,
    MACH_MSG_TYPE_MAKE_SEND_ONCE };
static const unsigned arriving[] = { MACH_MSG_TYPE_PORT_RECEIVE,
    MACH_MSG_TYPE_PORT_SEND, MACH_MSG_TYPE_PORT_SEND_ONCE,
    MACH_MSG_TYPE_PORT_SEND, MACH_MSG_TYPE_PORT_SEND,
    MACH_MSG_TYPE_PORT_SEND_ONCE };

TEST(ipc_message_carries_every_right)
{
	mach_port_t through = test_port(), port, name, got;

	for (unsigned i = 0; i < 6; i++) {
		port = test_port();
		name = dispositions[i] == MACH_MSG_TYPE_MOVE_SEND_ONCE ?
		    send_once_right(port) : port;
		CHECK_KR(send_right(through, name, dispositions[i]),
		    MACH_MSG_SUCCESS);
		got = receive_right(through, arriving[i]);
		CHECK_KR(send_empty(port, 88), MACH_MSG_SUCCESS);
		CHECK_EQ(receive_empty(port), 88);
		if (arriving[i] == MACH_MSG_TYPE_PORT_SEND_ONCE)
			CHECK_EQ(right_type(got), MACH_PORT_TYPE_SEND_ONCE);
		else
			CHECK_EQ(got, port);
	}
}

TEST(ipc_message_carries_null_and_dead_rights)
{
	mach_port_t through = test_port();
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);

	for (unsigned i = 0; i < 6; i++) {
		CHECK_KR(send_right(through, MACH_PORT_NULL, dispositions[i]),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(receive_right(through, arriving[i]), MACH_PORT_NULL);
		CHECK_KR(send_right(through, MACH_PORT_DEAD, dispositions[i]),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(receive_right(through, arriving[i]), MACH_PORT_DEAD);
	}
	CHECK_KR(send_right(through, dead, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_right(through, MACH_MSG_TYPE_PORT_SEND),
	    MACH_PORT_DEAD);
	CHECK_KR(send_right(through, dead, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_right(through, MACH_MSG_TYPE_PORT_SEND),
	    MACH_PORT_DEAD);
	CHECK_EQ(right_type(dead), 0);
}

TEST(ipc_message_refuses_rights_not_held)
{
	mach_port_t through = test_port();
	mach_port_t receive = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	for (unsigned i = 0; i < 6; i++)
		CHECK_KR(send_right(through, NOT_A_NAME, dispositions[i]),
		    MACH_SEND_INVALID_RIGHT);
	CHECK_KR(send_right(through, receive, MACH_MSG_TYPE_COPY_SEND),
	    MACH_SEND_INVALID_RIGHT);
	CHECK_KR(send_right(through, receive, MACH_MSG_TYPE_MOVE_SEND_ONCE),
	    MACH_SEND_INVALID_RIGHT);
	CHECK_KR(send_right(through, SELF, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_SEND_INVALID_RIGHT);
	CHECK_KR(send_right(through, SELF, MACH_MSG_TYPE_MAKE_SEND),
	    MACH_SEND_INVALID_RIGHT);
	CHECK_EQ(right_refs(through, MACH_PORT_RIGHT_SEND), 1);
}

/* Without the complex bit a body is not looked at: rights are numbers. */
TEST(ipc_message_simple_body_is_data)
{
	mach_port_t port = test_port();

	out.head.msgh_bits = 0;
	out.word[0] = type_word(MACH_MSG_TYPE_MOVE_RECEIVE, 32, 1);
	out.word[1] = port;
	CHECK_KR(send_out(32, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.word[0], out.word[0]);
	CHECK_EQ(in.word[1], port);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
}

/* A complex message of the words given, to a port of our own. */
static mach_msg_return_t
send_words(mach_port_t port, const uint32_t *words, unsigned count)
{
	mach_msg_return_t mr;

	memcpy(out.word, words, count * 4);
	out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	mr = send_out(24 + count * 4, port, MACH_MSG_TYPE_COPY_SEND, 0, 0);
	out.head.msgh_bits = 0;
	return mr;
}

TEST(ipc_message_bad_descriptors)
{
	mach_port_t port = test_port();
	const uint32_t cut_data[] = { type_word(MACH_MSG_TYPE_INTEGER_32, 32,
	    3), 1, 2 };
	const uint32_t cut_rights[] = { type_word(MACH_MSG_TYPE_COPY_SEND, 32,
	    2), port };
	const uint32_t wide_right[] = { type_word(MACH_MSG_TYPE_COPY_SEND, 64,
	    1), port, 0 };
	const uint32_t narrow_right[] = { type_word(MACH_MSG_TYPE_COPY_SEND,
	    16, 2), port };
	const uint32_t unused_bit[] = { type_word(MACH_MSG_TYPE_INTEGER_32, 32,
	    1) | 0x80000000, 1 };
	const uint32_t inline_deallocate[] = {
	    type_word(MACH_MSG_TYPE_INTEGER_32, 32, 1) | 0x40000000, 1 };
	const uint32_t cut_long[] = { 0x30000000, 0x00200002 };
	const uint32_t cut_address[] = { 0x20000000, 0x00080009, 10 };
	const uint32_t long_not_clear[] = { 0x30000002, 0x00200002, 1, 5 };

	CHECK_KR(send_words(port, cut_data, 3), MACH_SEND_MSG_TOO_SMALL);
	CHECK_KR(send_words(port, cut_rights, 2), MACH_SEND_MSG_TOO_SMALL);
	CHECK_KR(send_words(port, wide_right, 3), MACH_SEND_INVALID_TYPE);
	CHECK_KR(send_words(port, narrow_right, 2), MACH_SEND_INVALID_TYPE);
	CHECK_KR(send_words(port, unused_bit, 2), MACH_SEND_INVALID_TYPE);
	CHECK_KR(send_words(port, inline_deallocate, 2),
	    MACH_SEND_INVALID_TYPE);
	CHECK_KR(send_words(port, cut_long, 2), MACH_SEND_MSG_TOO_SMALL);
	CHECK_KR(send_words(port, cut_address, 3), MACH_SEND_MSG_TOO_SMALL);
	CHECK_KR(send_words(port, long_not_clear, 4), MACH_SEND_INVALID_TYPE);
	check_silent(port);
}

/* Sizes that overflow 32 bits must not look small. */
TEST(ipc_message_huge_items)
{
	mach_port_t port = test_port();
	const uint32_t huge_inline[] = { 0x30000000, 0x00200002, 0x40000001,
	    1 };
	const uint32_t huge_rights[] = { 0x30000000,
	    0x00200000 | MACH_MSG_TYPE_COPY_SEND, 0x40000001, 1 };
	const uint32_t huge_memory[] = { 0x20000000, 0xffff0009, 0xffffffff,
	    (uint32_t)&out };
	const uint32_t huge_array[] = { 0x20000000,
	    0x00200000 | MACH_MSG_TYPE_COPY_SEND, 0x40000001, (uint32_t)&out };

	CHECK(send_words(port, huge_inline, 4) != MACH_MSG_SUCCESS);
	CHECK(send_words(port, huge_rights, 4) != MACH_MSG_SUCCESS);
	CHECK(send_words(port, huge_memory, 4) != MACH_MSG_SUCCESS);
	CHECK(send_words(port, huge_array, 4) != MACH_MSG_SUCCESS);
	check_silent(port);
}

/* Items of no elements, of odd sizes, and both forms of a descriptor. */
TEST(ipc_message_many_items)
{
	mach_port_t port = test_port(), other = test_port();
	const uint32_t words[] = {
		type_word(MACH_MSG_TYPE_INTEGER_32, 32, 0),
		type_word(MACH_MSG_TYPE_CHAR, 8, 5), 0x64636261, 0x65,
		type_word(MACH_MSG_TYPE_COPY_SEND, 32, 2), other,
		MACH_PORT_NULL,
		0x30000000, 0x00200000 | MACH_MSG_TYPE_MAKE_SEND, 1, other,
		type_word(MACH_MSG_TYPE_BIT, 1, 33), 0x11111111, 1,
		0x30000000, 0x00200002, 0,
	};

	CHECK_KR(send_words(port, words, 17), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_size, 24 + sizeof(words));
	CHECK(in.head.msgh_bits & MACH_MSGH_BITS_COMPLEX);
	CHECK_EQ(in.word[2], words[2]);
	CHECK_EQ(in.word[4], type_word(MACH_MSG_TYPE_PORT_SEND, 32, 2));
	CHECK_EQ(in.word[5], other);
	CHECK_EQ(in.word[6], MACH_PORT_NULL);
	CHECK_EQ(in.word[8], 0x00200000 | MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(in.word[10], other);
	CHECK_EQ(in.word[12], words[12]);
	CHECK_EQ(right_refs(other, MACH_PORT_RIGHT_SEND), 3);
}

/* ---- memory out of line ---- */

struct ool_message {
	mach_msg_header_t    head;
	mach_msg_type_long_t type;
	vm_address_t	     address;
};

static struct ool_message
ool_message(vm_address_t address, unsigned name, unsigned number,
    bool deallocate)
{
	return (struct ool_message) {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX,
		.head.msgh_size = sizeof(struct ool_message),
		.type.msgtl_header.msgt_longform = TRUE,
		.type.msgtl_header.msgt_deallocate = deallocate,
		.type.msgtl_name = name,
		.type.msgtl_size = name >= 16 ? 32 : 8,
		.type.msgtl_number = number,
		.address = address,
	};
}

static mach_msg_return_t
send_memory(mach_port_t port, const void *from, unsigned size, bool deallocate)
{
	struct ool_message msg = ool_message((vm_address_t)from,
	    MACH_MSG_TYPE_BYTE, size, deallocate);

	return test_send(&msg.head, port, 55);
}

static void *
receive_memory(mach_port_t port, unsigned size)
{
	struct ool_message *msg = (struct ool_message *)&in;

	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(msg->head.msgh_id, 55);
	CHECK_EQ(msg->head.msgh_size, sizeof(*msg));
	CHECK_EQ(msg->type.msgtl_number, size);
	CHECK_EQ(msg->type.msgtl_name, MACH_MSG_TYPE_BYTE);
	CHECK_EQ(msg->type.msgtl_header.msgt_inline, FALSE);
	return (void *)msg->address;
}

static bool
is_mapped(vm_address_t address)
{
	vm_offset_t data;
	mach_msg_type_number_t count;
	kern_return_t kr = vm_read(SELF, address & ~(PAGE_SIZE - 1), PAGE_SIZE,
	    &data, &count);

	if (kr == KERN_SUCCESS)
		(void)vm_deallocate(SELF, data, count);
	return kr == KERN_SUCCESS;
}

TEST_LIMIT(ipc_message_memory_of_many_sizes, 60)
{
	static const unsigned sizes[] = { 1, 2, 3, 4, 5, 255, 256, 1023, 1024,
	    1025, 2048, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 65535,
	    65536, 70000, 131072, 262143 };
	static const unsigned offsets[] = { 0, 1, 2, 3, 4, 100, 2048, 4092,
	    4095 };
	char *room = (char *)test_allocate(0x80000), *got;
	mach_port_t port = test_port();

	fill((uint32_t *)room, 0x80000 / 4, 7);
	for (unsigned i = 0; i < 23; i++) {
		for (unsigned j = 0; j < 9; j++) {
			char *from = room + offsets[j];

			CHECK_KR(send_memory(port, from, sizes[i], false),
			    MACH_MSG_SUCCESS);
			got = receive_memory(port, sizes[i]);
			CHECK(got != from);
			CHECK(memcmp(got, from, sizes[i]) == 0);
			CHECK_KR(vm_deallocate(SELF, (vm_address_t)got,
			    sizes[i]), KERN_SUCCESS);
		}
	}
}

TEST(ipc_message_memory_is_copied_when_sent)
{
	uint32_t *from = (uint32_t *)test_allocate(16 * PAGE_SIZE), *got;
	mach_port_t port = test_port();

	fill(from, 16 * PAGE_SIZE / 4, 3);
	CHECK_KR(send_memory(port, from, 16 * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	memset(from + 1024, 0x55, PAGE_SIZE);
	from[0] = 1;
	got = receive_memory(port, 16 * PAGE_SIZE);
	CHECK(got[0] != 1);
	CHECK(got[1024] != 0x55555555);
	got[2048] = 2;
	CHECK(from[2048] != 2);
	CHECK_EQ(from[0], 1);
	CHECK_EQ(from[1024], 0x55555555);
}

TEST(ipc_message_memory_moves)
{
	uint32_t *from = (uint32_t *)test_allocate(16 * PAGE_SIZE), *got;
	uint32_t want;
	mach_port_t port = test_port();

	fill(from, 16 * PAGE_SIZE / 4, 4);
	want = from[3 * 1024 + 7];
	CHECK_KR(send_memory(port, from, 16 * PAGE_SIZE, true),
	    MACH_MSG_SUCCESS);
	CHECK(!is_mapped((vm_address_t)from));
	CHECK(!is_mapped((vm_address_t)from + 15 * PAGE_SIZE));
	got = receive_memory(port, 16 * PAGE_SIZE);
	CHECK_EQ(got[3 * 1024 + 7], want);
	got[0] = 5;
}

/* Moving part of a page takes the whole pages. */
TEST(ipc_message_unaligned_memory_moves)
{
	char *room = (char *)test_allocate(4 * PAGE_SIZE), *got;
	mach_port_t port = test_port();

	memset(room, 0x33, 4 * PAGE_SIZE);
	CHECK_KR(send_memory(port, room + PAGE_SIZE + 5, PAGE_SIZE + 10, true),
	    MACH_MSG_SUCCESS);
	CHECK(is_mapped((vm_address_t)room));
	CHECK(!is_mapped((vm_address_t)room + PAGE_SIZE));
	CHECK(!is_mapped((vm_address_t)room + 2 * PAGE_SIZE));
	CHECK(is_mapped((vm_address_t)room + 3 * PAGE_SIZE));
	got = receive_memory(port, PAGE_SIZE + 10);
	for (unsigned i = 0; i < PAGE_SIZE + 10; i++)
		CHECK_EQ(got[i], 0x33);
}

TEST(ipc_message_large_memory)
{
	struct vm_statistics memory;
	mach_port_t port = test_port();
	uint32_t *from, *got;
	unsigned size = 12 << 20;

	/* A small machine still sends a third of what it has. */
	CHECK_KR(vm_statistics(SELF, &memory), KERN_SUCCESS);
	if (size / PAGE_SIZE > (unsigned)memory.free_count / 3)
		size = memory.free_count / 3 * PAGE_SIZE;
	from = (uint32_t *)test_allocate(size);
	for (unsigned i = 0; i < size / 4; i += 1024)
		from[i] = i;
	CHECK_KR(send_memory(port, from, size, false), MACH_MSG_SUCCESS);
	got = receive_memory(port, size);
	for (unsigned i = 0; i < size / 4; i += 1024)
		CHECK_EQ(got[i], i);
	got[5 * 1024] = 1;
	CHECK_EQ(from[5 * 1024], 5 * 1024);
}

TEST(ipc_message_no_memory)
{
	mach_port_t port = test_port();

	CHECK_KR(send_memory(port, &out, 0, false), MACH_MSG_SUCCESS);
	(void)receive_memory(port, 0);
	CHECK_KR(send_memory(port, NULL, 0, true), MACH_MSG_SUCCESS);
	CHECK_EQ(receive_memory(port, 0), NULL);
	CHECK_KR(send_memory(port, (void *)0xfffffff0, 0, false),
	    MACH_MSG_SUCCESS);
	(void)receive_memory(port, 0);
}

TEST(ipc_message_memory_that_is_not_there)
{
	mach_port_t port = test_port();
	char *room = (char *)test_allocate(4 * PAGE_SIZE);

	CHECK_KR(vm_deallocate(SELF, (vm_address_t)room + PAGE_SIZE,
	    PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_protect(SELF, (vm_address_t)room + 3 * PAGE_SIZE,
	    PAGE_SIZE, FALSE, VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(send_memory(port, room, 2 * PAGE_SIZE, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, room + PAGE_SIZE - 4, 8, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, room + 3 * PAGE_SIZE, PAGE_SIZE, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, NULL, 4, false), MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, (void *)USER_END, 4, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, (void *)USER_END, 0x10000, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, (void *)(USER_END - 4), 8, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, (void *)0xfffffff0, 0x20, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, room, 0xfffffff0, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(send_memory(port, room, 2 * PAGE_SIZE, true),
	    MACH_SEND_INVALID_MEMORY);
	CHECK(is_mapped((vm_address_t)room));
	check_silent(port);
}

/* What was taken for a message that fails later is given up. */
TEST(ipc_message_failed_body_gives_up_the_rest)
{
	mach_port_t port = test_port(), moved = test_port();
	mach_port_t notify = test_port();
	const uint32_t words[] = {
		type_word(MACH_MSG_TYPE_MOVE_SEND, 32, 1), moved,
		type_word(MACH_MSG_TYPE_COPY_SEND, 32, 1), NOT_A_NAME,
	};

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(send_words(port, words, 4), MACH_SEND_INVALID_RIGHT);
	CHECK_EQ(right_type(moved), MACH_PORT_TYPE_RECEIVE);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	check_silent(port);
}

TEST(ipc_message_destroyed_gives_up_all)
{
	mach_port_t port = test_port(), moved = test_port();
	mach_port_t notify = test_port();
	uint32_t *from = (uint32_t *)test_allocate(64 * PAGE_SIZE);
	struct vm_statistics before, after;

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(send_right(port, moved, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(vm_statistics(SELF, &before), KERN_SUCCESS);
	memset(from, 1, 64 * PAGE_SIZE);
	CHECK_KR(send_memory(port, from, 64 * PAGE_SIZE, true),
	    MACH_MSG_SUCCESS);
	destroy_right(port);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	CHECK_KR(vm_statistics(SELF, &after), KERN_SUCCESS);
	CHECK(after.free_count + 32 > before.free_count);
}

/* ---- arrays of rights ---- */

TEST(ipc_message_array_of_rights)
{
	enum { COUNT = 700 };
	static mach_port_t rights[COUNT];
	mach_port_t port = test_port(), other = test_port();
	struct ool_message msg, *got = (struct ool_message *)&in;
	mach_port_t *names;

	for (unsigned i = 0; i < COUNT; i++)
		rights[i] = i % 3 == 0 ? other : i % 3 == 1 ? MACH_PORT_NULL :
		    MACH_PORT_DEAD;
	msg = ool_message((vm_address_t)rights, MACH_MSG_TYPE_COPY_SEND, COUNT,
	    false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(got->type.msgtl_name, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(got->type.msgtl_number, COUNT);
	names = (mach_port_t *)got->address;
	CHECK(memcmp(names, rights, sizeof(rights)) == 0);
	CHECK_EQ(right_refs(other, MACH_PORT_RIGHT_SEND), 1 + COUNT / 3 + 1);
	CHECK_KR(vm_deallocate(SELF, got->address, sizeof(rights)),
	    KERN_SUCCESS);
}

TEST(ipc_message_array_of_receive_rights)
{
	static mach_port_t rights[64];
	mach_port_t port = test_port();
	struct ool_message msg, *got = (struct ool_message *)&in;
	mach_port_t *names;

	for (unsigned i = 0; i < 64; i++)
		rights[i] = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	msg = ool_message((vm_address_t)rights, MACH_MSG_TYPE_MOVE_RECEIVE, 64,
	    false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_MSG_SUCCESS);
	for (unsigned i = 0; i < 64; i++)
		CHECK_EQ(right_type(rights[i]), 0);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	names = (mach_port_t *)got->address;
	for (unsigned i = 0; i < 64; i++)
		CHECK_EQ(right_type(names[i]), MACH_PORT_TYPE_RECEIVE);
}

TEST(ipc_message_array_of_no_rights)
{
	mach_port_t port = test_port();
	struct ool_message msg, *got = (struct ool_message *)&in;

	msg = ool_message((vm_address_t)&out, MACH_MSG_TYPE_MOVE_SEND, 0,
	    false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(got->type.msgtl_number, 0);
}

TEST(ipc_message_array_with_a_bad_right)
{
	mach_port_t rights[3] = { MACH_PORT_NULL, NOT_A_NAME, MACH_PORT_NULL };
	mach_port_t port = test_port();
	struct ool_message msg;

	rights[0] = port;
	msg = ool_message((vm_address_t)rights, MACH_MSG_TYPE_MAKE_SEND, 3,
	    false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_SEND_INVALID_RIGHT);
	msg = ool_message(USER_END, MACH_MSG_TYPE_MAKE_SEND, 3, false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_SEND_INVALID_MEMORY);
	msg = ool_message(0, MACH_MSG_TYPE_MAKE_SEND, 3, false);
	CHECK_KR(test_send(&msg.head, port, 1), MACH_SEND_INVALID_MEMORY);
	check_silent(port);
	CHECK_EQ(receive_status(port).mps_srights, TRUE);
}

/* ---- two tasks ---- */

/*
 * A server in another task: it tells its port to the bootstrap port, then
 * answers each message with its body (ids 100 and up) until id 99.
 */
static void
echo_server(void *unused)
{
	mach_port_t bootstrap, port = test_port();

	(void)unused;
	CHECK_KR(task_get_special_port(SELF, TASK_BOOTSTRAP_PORT, &bootstrap),
	    KERN_SUCCESS);
	CHECK_KR(send_right(bootstrap, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG, 0, sizeof(in), port, 0,
	    MACH_PORT_NULL), MACH_MSG_SUCCESS);
	while (in.head.msgh_id != 99) {
		in.head.msgh_bits = (in.head.msgh_bits &
		    MACH_MSGH_BITS_COMPLEX) | MACH_MSGH_BITS_REMOTE(
		    in.head.msgh_bits);
		in.head.msgh_local_port = MACH_PORT_NULL;
		CHECK_KR(mach_msg(&in.head, MACH_SEND_MSG | MACH_RCV_MSG,
		    in.head.msgh_size, sizeof(in), port, 0, MACH_PORT_NULL),
		    MACH_MSG_SUCCESS);
	}
}

static mach_port_t
start_echo_server(task_t *task)
{
	mach_port_t bootstrap = test_port();

	/* The child inherits it, before its first look. */
	CHECK_KR(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, bootstrap),
	    KERN_SUCCESS);
	*task = test_spawn(echo_server, NULL, MACH_PORT_NULL);
	return receive_right(bootstrap, MACH_MSG_TYPE_PORT_SEND);
}

static mach_msg_return_t
rpc(mach_port_t server, mach_port_t reply, unsigned size)
{
	out.head.msgh_bits = (out.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	out.head.msgh_remote_port = server;
	out.head.msgh_local_port = reply;
	out.head.msgh_size = size;
	in = out;
	return mach_msg(&in.head, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_RCV_TIMEOUT, size, sizeof(in), reply, 5000, MACH_PORT_NULL);
}

TEST_LIMIT(ipc_message_rpc_between_tasks, 60)
{
	task_t task;
	mach_port_t server = start_echo_server(&task);
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	out.head.msgh_bits = 0;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned words = i * 7 % 1000 + 1;

		out.head.msgh_id = 100 + i;
		out.word[0] = type_word(MACH_MSG_TYPE_INTEGER_32, 32,
		    words - 1);
		fill(&out.word[1], words - 1, i);
		CHECK_KR(rpc(server, reply, 24 + words * 4),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(in.head.msgh_id, 100 + i);
		CHECK_EQ(in.head.msgh_local_port, reply);
		CHECK_EQ(in.head.msgh_remote_port, MACH_PORT_NULL);
		CHECK_EQ(in.head.msgh_bits, MACH_MSGH_BITS(0,
		    MACH_MSG_TYPE_PORT_SEND_ONCE));
		CHECK_EQ(in.head.msgh_size, 24 + words * 4);
		CHECK(memcmp(in.word, out.word, words * 4) == 0);
	}
	CHECK_EQ(receive_status(reply).mps_sorights, 0);
	CHECK_KR(send_empty(server, 99), MACH_MSG_SUCCESS);
	test_wait_end(task);
	disturb_await_dead(server);	/* its port goes after it */
}

TEST(ipc_message_rights_and_memory_between_tasks)
{
	task_t task;
	mach_port_t server = start_echo_server(&task);
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t carried = test_port();
	char *room = (char *)test_allocate(5 * PAGE_SIZE);
	char *got;

	fill((uint32_t *)room, 5 * PAGE_SIZE / 4, 11);
	for (unsigned i = 0; i < 200; i++) {
		unsigned size = 1 + i * 101 % (4 * PAGE_SIZE);
		struct ool_message memory = ool_message((vm_address_t)room + i,
		    MACH_MSG_TYPE_BYTE, size, false);

		out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
		out.head.msgh_id = 100;
		out.word[0] = type_word(MACH_MSG_TYPE_MAKE_SEND, 32, 1);
		out.word[1] = carried;
		memcpy(&out.word[2], &memory.type, 16);
		CHECK_KR(rpc(server, reply, 24 + 24), MACH_MSG_SUCCESS);
		CHECK_EQ(in.word[0], type_word(MACH_MSG_TYPE_PORT_SEND, 32,
		    1));
		CHECK_EQ(in.word[1], carried);
		got = (char *)in.word[5];
		CHECK(memcmp(got, room + i, size) == 0);
		got[0] ^= 1;
		CHECK_KR(vm_deallocate(SELF, (vm_address_t)got, size),
		    KERN_SUCCESS);
	}
	CHECK_EQ(right_refs(carried, MACH_PORT_RIGHT_SEND), 201);
	CHECK_KR(send_empty(server, 99), MACH_MSG_SUCCESS);
	test_wait_end(task);
}

static void
die_with_the_request(void *unused)
{
	mach_port_t bootstrap, port = test_port();

	(void)unused;
	CHECK_KR(task_get_special_port(SELF, TASK_BOOTSTRAP_PORT, &bootstrap),
	    KERN_SUCCESS);
	CHECK_KR(send_right(bootstrap, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_MSG_SUCCESS);
}

/* The send-once right of a reply that never comes tells so. */
TEST(ipc_message_server_dies_with_the_request)
{
	mach_port_t bootstrap = test_port(), server;
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	CHECK_KR(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, bootstrap),
	    KERN_SUCCESS);
	(void)test_spawn(die_with_the_request, NULL, MACH_PORT_NULL);
	server = receive_right(bootstrap, MACH_MSG_TYPE_PORT_SEND);
	out.head.msgh_bits = 0;
	out.head.msgh_id = 100;
	CHECK_KR(rpc(server, reply, 24), MACH_MSG_SUCCESS);
	CHECK_EQ(in.head.msgh_id, MACH_NOTIFY_SEND_ONCE);
}

/* ---- waiting ---- */

TEST(ipc_message_receive_times_out)
{
	mach_port_t port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(in), port, 0, 0), MACH_RCV_TIMED_OUT);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(in), port, 50, 0), MACH_RCV_TIMED_OUT);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(in), set, 20, 0), MACH_RCV_TIMED_OUT);
}

static volatile mach_msg_return_t served[4];
static volatile bool served_all;

/* Three calls: the first is waited for with a timeout, the others without. */
static void
serve_three(void *arg)
{
	mach_port_t port = (mach_port_t)(uintptr_t)arg;
	static struct simple msg;

	served[0] = mach_msg(&msg.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(msg), port, 200, 0);
	for (unsigned i = 1; i < 4; i++) {
		msg.head.msgh_bits =
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.head.msgh_local_port = MACH_PORT_NULL;
		served[i] = mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG |
		    (i == 3 ? MACH_RCV_TIMEOUT : 0), sizeof(msg.head),
		    sizeof(msg), port, 30, 0);
	}
	served_all = true;
	mach_thread_exit();
}

TEST(ipc_message_timeout_is_of_its_own_receive)
{
	static const unsigned before_ms[] = { 20, 300, 0 };
	mach_port_t port = test_port(), reply = mach_reply_port();

	CHECK_KR(mach_thread_start(serve_three, (void *)port), KERN_SUCCESS);
	for (unsigned i = 0; i < 3; i++) {
		test_sleep(before_ms[i]);
		out.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE);
		out.head.msgh_remote_port = port;
		out.head.msgh_local_port = reply;
		CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_RCV_MSG,
		    sizeof(out.head), sizeof(out), reply, 0, 0),
		    MACH_MSG_SUCCESS);
	}
	for (unsigned i = 0; i < 500 && !served_all; i++)
		test_sleep(10);
	CHECK(served_all);
	for (unsigned i = 0; i < 3; i++)
		CHECK_KR(served[i], MACH_MSG_SUCCESS);
	CHECK_KR(served[3], MACH_RCV_TIMED_OUT);
}

TEST(ipc_message_receive_from_bad_names)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t port = test_port();
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);

	CHECK_KR(receive_in(MACH_PORT_NULL, 0), MACH_RCV_INVALID_NAME);
	CHECK_KR(receive_in(MACH_PORT_DEAD, 0), MACH_RCV_INVALID_NAME);
	CHECK_KR(receive_in(NOT_A_NAME, 0), MACH_RCV_INVALID_NAME);
	CHECK_KR(receive_in(SELF, 0), MACH_RCV_INVALID_NAME);
	CHECK_KR(receive_in(dead, 0), MACH_RCV_INVALID_NAME);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	CHECK_KR(receive_in(port, 0), MACH_RCV_IN_SET);
}

TEST(ipc_message_receive_buffer_too_small)
{
	mach_port_t port = test_port(), moved = test_port();
	mach_port_t notify = test_port();

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(send_right(port, moved, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_LARGE |
	    MACH_RCV_TIMEOUT, 0, 28, port, 0, 0), MACH_RCV_TOO_LARGE);
	CHECK_EQ(in.head.msgh_size, 32);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_LARGE |
	    MACH_RCV_TIMEOUT, 0, 32, port, 0, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(in.word[1], moved);

	CHECK_KR(send_right(port, moved, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	check_silent(notify);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 28,
	    port, 0, 0), MACH_RCV_TOO_LARGE);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	check_silent(port);
}

TEST(ipc_message_queue_limit)
{
	mach_port_t port = test_port(), sonce = send_once_right(port);

	for (unsigned i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++)
		CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
		    MACH_MSG_SUCCESS);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_SEND_TIMED_OUT);
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 24, 0,
	    0, 50, 0), MACH_SEND_TIMED_OUT);
	CHECK_KR(send_out(24, sonce, MACH_MSG_TYPE_MOVE_SEND_ONCE, 0, 0),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_status(port).mps_msgcount,
	    MACH_PORT_QLIMIT_DEFAULT + 1);
	CHECK_KR(mach_port_set_qlimit(SELF, port, 8), KERN_SUCCESS);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_MSG_SUCCESS);
}

/* A message that was not sent is the sender's again, in its buffer. */
TEST(ipc_message_timed_out_comes_back)
{
	mach_port_t port = test_port(), moved = test_port();
	struct right_message *msg = (struct right_message *)&out;

	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	msg->type = type_of(MACH_MSG_TYPE_MOVE_SEND, 32, 1);
	msg->right = moved;
	out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	CHECK_KR(send_out(sizeof(*msg), port, MACH_MSG_TYPE_COPY_SEND, 0, 0),
	    MACH_SEND_TIMED_OUT);
	CHECK_EQ(msg->type.msgt_name, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(msg->right, moved);
	CHECK_EQ(right_refs(moved, MACH_PORT_RIGHT_SEND), 1);
	CHECK_EQ(MACH_MSGH_BITS_REMOTE(msg->head.msgh_bits),
	    MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 2);
}

/* One call that sends and receives, and fails to send, does not receive. */
TEST(ipc_message_failed_send_does_not_receive)
{
	mach_port_t port = test_port();

	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	out.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	out.head.msgh_remote_port = NOT_A_NAME;
	out.head.msgh_local_port = MACH_PORT_NULL;
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_RCV_MSG, 24,
	    sizeof(out), port, 0, 0), MACH_SEND_INVALID_DEST);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	out.head.msgh_remote_port = port;
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_RCV_MSG, 24,
	    sizeof(out), NOT_A_NAME, 0, 0), MACH_RCV_INVALID_NAME);
	CHECK_EQ(receive_status(port).mps_msgcount, 2);
}

TEST(ipc_message_accepted_notification)
{
	mach_port_t port = test_port(), notify = test_port();

	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	out.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	out.head.msgh_remote_port = port;
	out.head.msgh_local_port = MACH_PORT_NULL;
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, 24, 0, 0, 0, notify), MACH_SEND_WILL_NOTIFY);
	CHECK(right_type(port) & MACH_PORT_TYPE_MAREQUEST);
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, 24, 0, 0, 0, notify),
	    MACH_SEND_NOTIFY_IN_PROGRESS);
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, 24, 0, 0, 0, NOT_A_NAME),
	    MACH_SEND_NOTIFY_IN_PROGRESS);
	CHECK_EQ(receive_empty(port), 1);
	check_silent(notify);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	(void)receive_empty(port);
	check_notified(notify, MACH_NOTIFY_MSG_ACCEPTED, port);
	CHECK(!(right_type(port) & MACH_PORT_TYPE_MAREQUEST));
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&out.head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
	    MACH_SEND_TIMEOUT, 24, 0, 0, 0, NOT_A_NAME),
	    MACH_SEND_INVALID_NOTIFY);
}

/* Receive and ask in one call to be told of the sender's death. */
TEST(ipc_message_receive_asks_for_dead_name)
{
	mach_port_t port = test_port(), reply = test_port();
	mach_port_t notify = test_port(), got;

	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, reply,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_NOTIFY, 0,
	    sizeof(in), port, 0, notify), MACH_MSG_SUCCESS);
	got = in.head.msgh_remote_port;
	CHECK_EQ(right_type(got),
	    MACH_PORT_TYPE_SEND_ONCE | MACH_PORT_TYPE_DNREQUEST);
	destroy_right(reply);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, got);
	CHECK_KR(send_out(24, port, MACH_MSG_TYPE_COPY_SEND, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_NOTIFY, 0,
	    sizeof(in), port, 0, NOT_A_NAME), MACH_RCV_INVALID_NOTIFY);
}

/* ---- threads that wait ---- */

static mach_port_t wait_port;
static volatile mach_msg_return_t wait_result;
static volatile bool wait_done;

static void
wait_to_receive(void *unused)
{
	static struct simple msg;

	(void)unused;
	wait_result = mach_msg(&msg.head, MACH_RCV_MSG, 0, sizeof(msg),
	    wait_port, 0, MACH_PORT_NULL);
	wait_done = true;
}

static void
wait_to_send(void *unused)
{
	mach_msg_header_t msg = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof(msg),
		.msgh_remote_port = wait_port,
		.msgh_id = 66,
	};

	(void)unused;
	wait_result = mach_msg(&msg, MACH_SEND_MSG, sizeof(msg), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	wait_done = true;
}

static void
start_waiting(void (*fn)(void *), mach_port_t port)
{
	wait_port = port;
	wait_done = false;
	CHECK_KR(mach_thread_start(fn, NULL), KERN_SUCCESS);
	test_sleep(100);
	CHECK(!wait_done);
}

static void
check_waited(mach_msg_return_t result)
{
	for (unsigned i = 0; i < 500 && !wait_done; i++)
		test_sleep(10);
	CHECK(wait_done);
	CHECK_EQ(wait_result, result);
}

TEST(ipc_message_port_dies_while_receiver_waits)
{
	mach_port_t port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	start_waiting(wait_to_receive, port);
	destroy_right(port);
	check_waited(MACH_RCV_PORT_DIED);
	start_waiting(wait_to_receive, set);
	destroy_right(set);
	check_waited(MACH_RCV_PORT_DIED);
}

TEST(ipc_message_port_leaves_a_waiting_receiver)
{
	mach_port_t port = test_port(), through = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	start_waiting(wait_to_receive, port);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	check_waited(MACH_RCV_PORT_CHANGED);
	CHECK_KR(mach_port_move_member(SELF, port, MACH_PORT_NULL),
	    KERN_SUCCESS);
	start_waiting(wait_to_receive, port);
	CHECK_KR(send_right(through, port, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	check_waited(MACH_RCV_PORT_DIED);
}

TEST(ipc_message_receiver_in_a_set_gets_any_member)
{
	mach_port_t port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	start_waiting(wait_to_receive, set);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	check_waited(MACH_MSG_SUCCESS);
	/* A port with messages joins the set that somebody waits on. */
	port = test_port();
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	start_waiting(wait_to_receive, set);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	check_waited(MACH_MSG_SUCCESS);
}

static mach_port_t
full_port(void)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_set_qlimit(SELF, port, 1), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	return port;
}

TEST(ipc_message_blocked_sender_goes_on)
{
	mach_port_t port = full_port();

	start_waiting(wait_to_send, port);
	CHECK_EQ(receive_empty(port), 1);
	check_waited(MACH_MSG_SUCCESS);
	CHECK_EQ(receive_empty(port), 66);
	port = full_port();
	start_waiting(wait_to_send, port);
	CHECK_KR(mach_port_set_qlimit(SELF, port, 2), KERN_SUCCESS);
	check_waited(MACH_MSG_SUCCESS);
}

TEST(ipc_message_port_dies_while_sender_waits)
{
	mach_port_t port = full_port();

	start_waiting(wait_to_send, port);
	destroy_right(port);
	check_waited(MACH_MSG_SUCCESS);
}

/* A message to a port that has died is accepted, and destroyed. */
TEST(ipc_message_rights_to_a_dying_port)
{
	mach_port_t port = test_port(), moved = test_port();
	mach_port_t notify = test_port();

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(send_right(port, moved, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	CHECK_KR(send_empty(port, 2), MACH_SEND_INVALID_DEST);
}

/* ---- many at once ---- */

enum { SENDERS = 4, EACH = 400 };

static mach_port_t crowd_ports[SENDERS];
static volatile unsigned senders_done;

static void
send_in_order(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		unsigned	  sender, number;
	} msg = {
		.head.msgh_size = sizeof(msg),
		.type = type_of(MACH_MSG_TYPE_INTEGER_32, 32, 2),
		.sender = self,
	};

	for (msg.number = 0; msg.number < EACH; msg.number++)
		CHECK_KR(test_send(&msg.head, crowd_ports[self], 1),
		    MACH_MSG_SUCCESS);
	__atomic_add_fetch(&senders_done, 1, __ATOMIC_SEQ_CST);
}

static void
receive_crowd(mach_port_t port)
{
	unsigned next[SENDERS] = { 0 };
	bool one_queue = crowd_ports[0] == crowd_ports[1];

	for (unsigned i = 0; i < SENDERS; i++)
		CHECK_KR(mach_thread_start(send_in_order, (void *)i),
		    KERN_SUCCESS);
	for (unsigned i = 0; i < SENDERS * EACH; i++) {
		CHECK_KR(mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT,
		    0, sizeof(in), port, 10000, 0), MACH_MSG_SUCCESS);
		CHECK(in.word[1] < SENDERS);
		CHECK_EQ(in.word[2], next[in.word[1]]);
		CHECK_EQ(in.head.msgh_seqno, one_queue ? i : in.word[2]);
		next[in.word[1]]++;
	}
}

TEST(ipc_message_many_senders_keep_their_order)
{
	mach_port_t port = test_port();

	for (unsigned i = 0; i < SENDERS; i++)
		crowd_ports[i] = port;
	receive_crowd(port);
	CHECK_EQ(receive_status(port).mps_msgcount, 0);
}

TEST(ipc_message_set_members_keep_their_order)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	for (unsigned i = 0; i < SENDERS; i++) {
		crowd_ports[i] = test_port();
		CHECK_KR(mach_port_move_member(SELF, crowd_ports[i], set),
		    KERN_SUCCESS);
	}
	receive_crowd(set);
}

static mach_port_t shared_set;
static volatile unsigned received[SENDERS][EACH];

static void
receive_shared(void *unused)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		unsigned	  sender, number;
		char		  room[64];
	} msg;

	(void)unused;
	for (;;) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), shared_set, 0),
		    MACH_MSG_SUCCESS);
		CHECK(msg.sender < SENDERS && msg.number < EACH);
		__atomic_add_fetch(&received[msg.sender][msg.number], 1,
		    __ATOMIC_SEQ_CST);
	}
}

TEST(ipc_message_many_receivers_share_a_set)
{
	shared_set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	for (unsigned i = 0; i < SENDERS; i++) {
		crowd_ports[i] = test_port();
		CHECK_KR(mach_port_move_member(SELF, crowd_ports[i],
		    shared_set), KERN_SUCCESS);
		CHECK_KR(mach_thread_start(receive_shared, NULL),
		    KERN_SUCCESS);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		CHECK_KR(mach_thread_start(send_in_order, (void *)i),
		    KERN_SUCCESS);
	for (unsigned i = 0; i < 1000 && senders_done < SENDERS; i++)
		test_sleep(10);
	CHECK_EQ(senders_done, SENDERS);
	test_sleep(300);
	for (unsigned i = 0; i < SENDERS; i++)
		for (unsigned j = 0; j < EACH; j++)
			CHECK_EQ(received[i][j], 1);
}

/* ---- buffers that are none ---- */

TEST(ipc_message_send_buffers_out_of_reach)
{
	vm_address_t room = test_allocate(2 * PAGE_SIZE);
	const vm_address_t wrong[] = { 0, 0x10, room + PAGE_SIZE,
	    room + PAGE_SIZE - 8, USER_END - 8, USER_END, USER_END + 0x100000,
	    0xfffff000, 0xffffffe8, 0xfffffffc, 0xffffffff };

	CHECK_KR(vm_deallocate(SELF, room + PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 11; i++) {
		CHECK_KR(mach_msg_trap((mach_msg_header_t *)wrong[i],
		    MACH_SEND_MSG, 24, 0, 0, 0, 0), MACH_SEND_INVALID_DATA);
		CHECK_KR(mach_msg_trap((mach_msg_header_t *)wrong[i],
		    MACH_SEND_MSG, 8192, 0, 0, 0, 0), MACH_SEND_INVALID_DATA);
	}
}

TEST(ipc_message_receive_buffers_out_of_reach)
{
	vm_address_t room = test_allocate(2 * PAGE_SIZE);
	vm_address_t fixed = test_allocate(PAGE_SIZE);
	const vm_address_t wrong[] = { 0, 0x10, room + PAGE_SIZE,
	    room + PAGE_SIZE - 8, fixed, USER_END - 8, USER_END,
	    USER_END + 0x100000, 0xfffff000, 0xffffffe8, 0xffffffff };
	mach_port_t port = test_port();

	CHECK_KR(vm_deallocate(SELF, room + PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(SELF, fixed, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 11; i++) {
		CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
		CHECK_KR(mach_msg_trap((mach_msg_header_t *)wrong[i],
		    MACH_RCV_MSG, 0, 24, port, 0, 0), MACH_RCV_INVALID_DATA);
		check_silent(port);
		CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
		CHECK_KR(mach_msg_trap((mach_msg_header_t *)wrong[i],
		    MACH_RCV_MSG | MACH_RCV_LARGE, 0, 20, port, 0, 0),
		    i == 3 || i == 5 ? MACH_RCV_TOO_LARGE :
		    MACH_RCV_INVALID_DATA);
		CHECK_EQ(receive_empty(port), 1);
	}
}

TEST(ipc_message_receive_buffer_goes_while_waiting)
{
	mach_port_t port = test_port();
	struct simple *buffer = (struct simple *)test_allocate(PAGE_SIZE);

	/* The page is not there yet: the message is copied all the same. */
	CHECK_KR(send_empty(port, 9), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg_trap(&buffer->head, MACH_RCV_MSG, 0, 200, port, 0,
	    0), MACH_MSG_SUCCESS);
	CHECK_EQ(buffer->head.msgh_id, 9);
}

/* ---- kernel ports ---- */

/* The code of the kernel's reply to out; 0x7ead if there is none. */
static kern_return_t
kernel_rpc(mach_port_t port, mach_port_t reply, unsigned size)
{
	mig_reply_header_t *answer = (mig_reply_header_t *)&in;
	mach_msg_return_t mr;

	out.head.msgh_bits = (out.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	out.head.msgh_remote_port = port;
	out.head.msgh_local_port = reply;
	in = out;
	mr = mach_msg(&in.head, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_RCV_TIMEOUT, size, sizeof(in), reply, 0, 0);
	if (mr == MACH_RCV_TIMED_OUT || mr == MACH_SEND_INVALID_DEST)
		return 0x7ead;
	CHECK_KR(mr, MACH_MSG_SUCCESS);
	return answer->RetCode;
}

TEST(ipc_message_kernel_refuses_unknown_ids)
{
	static const mach_msg_id_t ids[] = { 0, 1, 64, 100, 1999, 2000, 2006,
	    2073, 2100, 2107, 2599, 2699, 3199, 3299, 5000, 0x7fffffff,
	    (mach_msg_id_t)0x80000000, -1 };
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	out.head.msgh_bits = 0;
	for (unsigned i = 0; i < 18; i++) {
		out.head.msgh_id = ids[i];
		CHECK_KR(kernel_rpc(SELF, reply, 24), MIG_BAD_ID);
		CHECK_EQ(in.head.msgh_id, (uint32_t)ids[i] + 100);
		CHECK_EQ(in.head.msgh_size, 32);
	}
}

/* vm_allocate is id 2021, 48 bytes: header, three of type and word. */
static void
put_vm_allocate(void)
{
	out.head.msgh_bits = 0;
	out.head.msgh_id = 2021;
	out.word[0] = type_word(MACH_MSG_TYPE_INTEGER_32, 32, 1);
	out.word[1] = 0;
	out.word[2] = type_word(MACH_MSG_TYPE_INTEGER_32, 32, 1);
	out.word[3] = PAGE_SIZE;
	out.word[4] = type_word(MACH_MSG_TYPE_BOOLEAN, 32, 1);
	out.word[5] = TRUE;
}

TEST(ipc_message_kernel_checks_requests)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	put_vm_allocate();
	CHECK_KR(kernel_rpc(SELF, reply, 48), KERN_SUCCESS);
	CHECK_EQ(in.head.msgh_size, 40);
	CHECK_EQ(in.head.msgh_id, 2121);
	CHECK_EQ(in.word[0], type_word(MACH_MSG_TYPE_INTEGER_32, 32, 1));
	CHECK_EQ(in.word[2], type_word(MACH_MSG_TYPE_INTEGER_32, 32, 1));
	*(char *)in.word[3] = 1;
	for (unsigned size = 24; size < 200; size += 4) {
		put_vm_allocate();
		if (size != 48)
			CHECK_KR(kernel_rpc(SELF, reply, size),
			    MIG_BAD_ARGUMENTS);
	}
	/* Complex is what has rights or memory in it, whatever its bit says. */
	put_vm_allocate();
	out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	CHECK_KR(kernel_rpc(SELF, reply, 48), KERN_SUCCESS);
	for (unsigned bit = 0; bit < 32; bit++) {
		put_vm_allocate();
		out.word[2] ^= 1u << bit;
		CHECK_KR(kernel_rpc(SELF, reply, 48), MIG_BAD_ARGUMENTS);
	}
	out.head.msgh_bits = 0;
}

TEST(ipc_message_kernel_replies_to_nobody)
{
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);

	put_vm_allocate();
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND, MACH_PORT_NULL,
	    0), MACH_MSG_SUCCESS);
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND, dead,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	out.head.msgh_id = 1;
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND, MACH_PORT_NULL,
	    0), MACH_MSG_SUCCESS);
}

/* The reply goes to the kernel port itself, that is, nowhere. */
TEST(ipc_message_kernel_replies_to_itself)
{
	put_vm_allocate();
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND, SELF,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND,
	    mach_host_self(), MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
}

/* A full reply queue: the kernel does not wait for room. */
TEST(ipc_message_kernel_reply_to_a_full_port)
{
	mach_port_t port = full_port();

	put_vm_allocate();
	CHECK_KR(send_out(48, SELF, MACH_MSG_TYPE_COPY_SEND, port,
	    MACH_MSG_TYPE_COPY_SEND), MACH_MSG_SUCCESS);
}

/* Rights that a kernel call does not want are given up. */
TEST(ipc_message_kernel_gives_up_what_it_refuses)
{
	mach_port_t moved = test_port(), notify = test_port();
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	request_notification(moved, MACH_NOTIFY_NO_SENDERS, notify);
	out.word[0] = type_word(MACH_MSG_TYPE_MOVE_SEND, 32, 1);
	out.word[1] = moved;
	out.head.msgh_id = 2059;	/* task_set_special_port */
	out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	CHECK_KR(kernel_rpc(SELF, reply, 32), MIG_BAD_ARGUMENTS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	out.head.msgh_bits = 0;
}

/* ---- what makes no sense at all ---- */

/* These would end the target, or the machine. */
static bool
is_final(int id)
{
	return id == 2008 || id == 2016 || id == 2635 || id == 4201;
}

/* Every id of every subsystem, header only and with junk behind. */
static void
pelt_with_ids(mach_port_t port, mach_port_t reply, uint32_t *seed)
{
	static const struct { int first, last; } ranges[] = {
		{ 2000, 2110 }, { 2200, 2215 }, { 2250, 2285 }, { 2400, 2401 },
		{ 2600, 2650 }, { 2800, 2820 }, { 2900, 2910 }, { 3000, 3030 },
		{ 3200, 3225 }, { 3800, 3810 }, { 4000, 4015 }, { 4200, 4215 },
		{ 6000, 6021 }, { 60, 101 },
	};

	for (unsigned r = 0; r < 14; r++) {
		for (int id = ranges[r].first; id <= ranges[r].last; id++) {
			unsigned words = test_random(seed) % 20;

			if (is_final(id))
				continue;
			out.head.msgh_bits = 0;
			out.head.msgh_id = id;
			(void)kernel_rpc(port, reply, 24);
			for (unsigned i = 0; i < words; i++)
				out.word[i] = test_random(seed) << 8;
			(void)kernel_rpc(port, reply, 24 + words * 4);
			drain_port(reply);	/* of late replies */
		}
	}
}

TEST_LIMIT(ipc_message_kernel_ports_pelted_with_ids, 120)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	processor_set_name_t pset = MACH_PORT_NULL;
	processor_array_t processors;
	mach_msg_type_number_t count;
	mach_port_t time;
	thread_t thread;
	uint32_t seed = 5;
	task_t task;

	CHECK_KR(processor_set_default(mach_host_self(), &pset),
	    KERN_SUCCESS);
	CHECK_KR(host_processors(TEST_HOST_PORT, &processors, &count),
	    KERN_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, "time", &time),
	    D_SUCCESS);
	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(thread_create(task, &thread), KERN_SUCCESS);
	pelt_with_ids(mach_host_self(), reply, &seed);
	pelt_with_ids(TEST_HOST_PORT, reply, &seed);
	pelt_with_ids(TEST_DEVICE_PORT, reply, &seed);
	pelt_with_ids(pset, reply, &seed);
	pelt_with_ids(processors[0], reply, &seed);
	pelt_with_ids(time, reply, &seed);
	pelt_with_ids(thread, reply, &seed);
	pelt_with_ids(task, reply, &seed);
	CHECK_KR(thread_terminate(thread), KERN_SUCCESS);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

/* Descriptors and values from a short list, in any order. */
static unsigned
make_nonsense(uint32_t *seed, const uint32_t *values, unsigned count)
{
	unsigned words = test_random(seed) % 12;

	for (unsigned i = 0; i < words; i++) {
		uint32_t kind = test_random(seed) % 4;

		if (kind == 0)
			out.word[i] = type_word(test_random(seed) % 24,
			    test_random(seed) % 2 ? 32 : 8,
			    test_random(seed) % 4) ^
			    (test_random(seed) % 8 == 0 ? 0x10000000 : 0);
		else if (kind == 1)
			out.word[i] = 0x20000000;
		else
			out.word[i] = values[test_random(seed) % count];
	}
	return words;
}

static void
send_nonsense(void *unused)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t mine = test_port();
	vm_address_t room = test_allocate(4 * PAGE_SIZE);
	const uint32_t values[] = { mine, reply, set, 0, ~0u, SELF, room,
	    room + 5, USER_END, 0x00200011, 0x00200013, 0x00080009,
	    0x00200010, 1, 5, 4096, 0x7fffffff, mach_host_self() };
	uint32_t seed = 99;

	(void)unused;
	CHECK_KR(mach_port_set_qlimit(SELF, mine, 16), KERN_SUCCESS);
	for (unsigned i = 0; i < 4000; i++) {
		unsigned words = make_nonsense(&seed, values, 18);
		mach_port_t to = i % 3 == 0 ? SELF : mine;

		out.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
		out.head.msgh_id = i % 2 ? 2000 + test_random(&seed) % 100 :
		    3200 + test_random(&seed) % 24;
		if (out.head.msgh_id == 2008 || out.head.msgh_id == 2056)
			continue;	/* the end, or a long rest */
		(void)send_out(24 + words * 4, to, MACH_MSG_TYPE_COPY_SEND,
		    mine, MACH_MSG_TYPE_MAKE_SEND_ONCE);
		if (i % 8 == 7)
			while (mach_msg(&in.head, MACH_RCV_MSG |
			    MACH_RCV_TIMEOUT, 0, sizeof(in), mine, 0, 0) ==
			    MACH_MSG_SUCCESS)
				mach_msg_destroy(&in.head);
	}
}

TEST_LIMIT(ipc_message_nonsense_harms_only_the_sender, 60)
{
	mach_port_t mine = test_port();
	task_t task;

	task = test_task_start(send_nonsense, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, MACH_PORT_NULL, mine);
	CHECK(task != MACH_PORT_NULL);
	for (unsigned i = 0; i < 3000; i++) {
		if (right_type(task) == MACH_PORT_TYPE_DEAD_NAME)
			break;
		/* It may have moved its own memory away: let it end. */
		if (test_receive(&in.head, sizeof(in), mine, 10) ==
		    MACH_MSG_SUCCESS)
			CHECK_KR(task_terminate(task), KERN_SUCCESS);
	}
	CHECK_EQ(right_type(task), MACH_PORT_TYPE_DEAD_NAME);
}
