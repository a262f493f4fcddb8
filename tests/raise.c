/*
 * tests/raise.c - receiving and answering exceptions; see raise.h.
 */
#include "raise.h"

#define PATIENCE_MS	15000

void
raise_await(struct raise *raise, mach_port_t port)
{
	CHECK_KR(test_receive(&raise->head, sizeof(*raise), port, PATIENCE_MS),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(raise->head.msgh_id, MACH_EXCEPTION_ID);
	CHECK_EQ(raise->head.msgh_size, offsetof(struct raise, room));
}

void
raise_reply(const struct raise *raise, kern_return_t code)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		kern_return_t	  code;
	} reply = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS(
			    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
			.msgh_size = sizeof(reply),
			.msgh_remote_port = raise->head.msgh_remote_port,
			.msgh_id = MACH_EXCEPTION_REPLY_ID,
		},
		.type = {
			.msgt_name = MACH_MSG_TYPE_INTEGER_32,
			.msgt_size = 32,
			.msgt_number = 1,
			.msgt_inline = TRUE,
		},
		.code = code,
	};

	CHECK_KR(mach_msg(&reply.head, MACH_SEND_MSG, sizeof(reply), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
}
