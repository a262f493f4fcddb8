/*
 * tests/rights.c - rights and notifications; see rights.h.
 */
#include <string.h>

#include "rights.h"

#define PATIENCE_MS	5000

static const mach_msg_type_t one_word = {
	.msgt_size = 32, .msgt_number = 1, .msgt_inline = TRUE,
};

mach_port_type_t
right_type(mach_port_name_t name)
{
	mach_port_type_t type = 0;

	(void)mach_port_type(mach_task_self(), name, &type);
	return type;
}

mach_port_urefs_t
right_refs(mach_port_name_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs = 0;

	CHECK_KR(mach_port_get_refs(mach_task_self(), name, right, &refs),
	    KERN_SUCCESS);
	return refs;
}

struct mach_port_status
receive_status(mach_port_name_t name)
{
	struct mach_port_status status;

	memset(&status, 0, sizeof(status));
	CHECK_KR(mach_port_get_receive_status(mach_task_self(), name, &status),
	    KERN_SUCCESS);
	return status;
}

mach_port_t
right_allocate(mach_port_right_t right)
{
	mach_port_t name = MACH_PORT_NULL;

	CHECK_KR(mach_port_allocate(mach_task_self(), right, &name),
	    KERN_SUCCESS);
	return name;
}

mach_port_t
send_once_right(mach_port_t port)
{
	mach_msg_type_name_t kind = 0;
	mach_port_t right = MACH_PORT_NULL;

	CHECK_KR(mach_port_extract_right(mach_task_self(), port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &right, &kind), KERN_SUCCESS);
	CHECK_EQ(kind, MACH_MSG_TYPE_PORT_SEND_ONCE);
	return right;
}

void
destroy_right(mach_port_name_t name)
{
	CHECK_KR(mach_port_destroy(mach_task_self(), name), KERN_SUCCESS);
}

mach_msg_return_t
send_right(mach_port_t to, mach_port_t right, mach_msg_type_name_t disposition)
{
	struct right_message msg = {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX,
		.head.msgh_size = sizeof(msg),
		.type = one_word,
		.right = right,
	};

	msg.type.msgt_name = disposition;
	return test_send(&msg.head, to, 77);
}

mach_port_t
receive_right(mach_port_t port, mach_msg_type_name_t kind)
{
	struct {
		struct right_message msg;
		char		     room[64];
	} in;

	memset(&in, 0, sizeof(in));
	CHECK_KR(test_receive(&in.msg.head, sizeof(in), port, PATIENCE_MS),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(in.msg.head.msgh_size, sizeof(in.msg));
	CHECK_EQ(in.msg.type.msgt_name, kind);
	return in.msg.right;
}

mach_msg_return_t
send_empty(mach_port_t to, mach_msg_id_t id)
{
	mach_msg_header_t head = { .msgh_size = sizeof(head) };

	return test_send(&head, to, id);
}

mach_msg_id_t
receive_empty(mach_port_t port)
{
	return receive_empty_within(port, PATIENCE_MS);
}

mach_msg_id_t
receive_empty_within(mach_port_t port, mach_msg_timeout_t timeout_ms)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} in;

	CHECK_KR(test_receive(&in.head, sizeof(in), port, timeout_ms),
	    MACH_MSG_SUCCESS);
	return in.head.msgh_id;
}

void
drain_port(mach_port_t port)
{
	static union {
		mach_msg_header_t head;
		char		  room[4096];
	} in;

	while (mach_msg(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(in), port, 0, MACH_PORT_NULL) == MACH_MSG_SUCCESS)
		mach_msg_destroy(&in.head);
}

void
check_silent(mach_port_t port)
{
	char room[256];

	CHECK_KR(mach_msg((mach_msg_header_t *)room,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(room), port, 0,
	    MACH_PORT_NULL), MACH_RCV_TIMED_OUT);
}

void
check_notified(mach_port_t port, mach_msg_id_t id, uint32_t word)
{
	struct {
		mach_dead_name_notification_t msg;
		char			      room[64];
	} in;

	memset(&in, 0, sizeof(in));
	CHECK_KR(test_receive(&in.msg.not_header, sizeof(in), port,
	    PATIENCE_MS), MACH_MSG_SUCCESS);
	CHECK_EQ(in.msg.not_header.msgh_id, id);
	if (id != MACH_NOTIFY_SEND_ONCE)
		CHECK_EQ(in.msg.not_port, word);
}

void
request_notification(mach_port_t name, mach_msg_id_t id, mach_port_t notify)
{
	mach_port_t previous = 1;

	CHECK_KR(mach_port_request_notification(mach_task_self(), name, id, 0,
	    notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
	CHECK_EQ(previous, MACH_PORT_NULL);
}
