/*
 * tests/rights.h - looking at rights, moving them, and awaiting
 * notifications, for the tests of ports and messages.
 */
#ifndef TESTS_RIGHTS_H
#define TESTS_RIGHTS_H

#include <mach/notify.h>

#include "test.h"

/* A message that carries one right. */
struct right_message {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	mach_port_t	  right;
};

/* What mach_port_type says; 0 if there is no such name. */
mach_port_type_t right_type(mach_port_name_t name);
mach_port_urefs_t right_refs(mach_port_name_t name, mach_port_right_t right);
struct mach_port_status receive_status(mach_port_name_t name);

/* Allocate a receive right, a port set or a dead name. */
mach_port_t right_allocate(mach_port_right_t right);
/* A send-once right to a port that this task receives on. */
mach_port_t send_once_right(mach_port_t port);
void	destroy_right(mach_port_name_t name);

/* Send one right in the body, as disposition says, to port to. */
mach_msg_return_t send_right(mach_port_t to, mach_port_t right,
	    mach_msg_type_name_t disposition);
/* Receive such a message; the right's name, and what kind it is. */
mach_port_t receive_right(mach_port_t port, mach_msg_type_name_t kind);

/* A header alone. */
mach_msg_return_t send_empty(mach_port_t to, mach_msg_id_t id);
/* Its id; fails the test if none comes in a few seconds, or in time. */
mach_msg_id_t receive_empty(mach_port_t port);
mach_msg_id_t receive_empty_within(mach_port_t port,
	    mach_msg_timeout_t timeout_ms);
/* Receive all that is queued at port, and give up what it brings. */
void	drain_port(mach_port_t port);
/* Nothing may be queued at port. */
void	check_silent(mach_port_t port);

/* The id and the word of a notification that must come. */
void	check_notified(mach_port_t port, mach_msg_id_t id, uint32_t word);
/* Ask for a notification to port notify; no other may have been asked for. */
void	request_notification(mach_port_t name, mach_msg_id_t id,
	    mach_port_t notify);

#endif
