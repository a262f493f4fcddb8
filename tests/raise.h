/*
 * tests/raise.h - exceptions as their handler receives them.
 */
#ifndef TESTS_RAISE_H
#define TESTS_RAISE_H

#include <mach/exception.h>

#include "test.h"

/* exception_raise as it arrives. */
struct raise {
	mach_msg_header_t head;
	mach_msg_type_t	  thread_type;
	mach_port_t	  thread;
	mach_msg_type_t	  task_type;
	mach_port_t	  task;
	mach_msg_type_t	  exception_type;
	int		  exception;
	mach_msg_type_t	  code_type;
	int		  code;
	mach_msg_type_t	  subcode_type;
	int		  subcode;
	char		  room[64];
};

/* Receive the next one at port; fails the test if none comes. */
void	raise_await(struct raise *raise, mach_port_t port);
/* Answer it. */
void	raise_reply(const struct raise *raise, kern_return_t code);

#define CHECK_RAISE(r, want_exception, want_code, want_subcode)		\
	do {								\
		CHECK_EQ((r)->exception, want_exception);		\
		CHECK_EQ((r)->code, want_code);				\
		CHECK_EQ((r)->subcode, want_subcode);			\
	} while (0)

#endif
