/*
 * tests/i386_culprit.h - a second thread that runs a few instructions, and
 * whose exceptions the test receives.
 */
#ifndef TESTS_I386_CULPRIT_H
#define TESTS_I386_CULPRIT_H

#include <mach/thread_status.h>

#include "raise.h"

#define CODE(name, instructions)					\
	extern char name[];						\
	__asm__(".text\n" #name ":\n" instructions "\n")

#define GATE		"lcall $7, $0\n\t"

#define STACK_SIZE	0x4000		/* of the culprits' stack */

struct culprit {
	thread_t	  thread;
	mach_port_t	  exceptions;
	struct raise	  raise;		/* the last one */
	struct i386_thread_state state;		/* at that time */
};

/* Its registers, with the selectors, to and from c->state. */
void	state_get(struct culprit *c);
void	state_set(struct culprit *c);

/* A suspended thread that will run code; its registers are in c->state. */
void	culprit_make(struct culprit *c, const char *code);
/* Wait for its next exception. */
void	culprit_fault(struct culprit *c);
/* Make it, let it run, and wait for its first exception. */
void	culprit_run(struct culprit *c, const char *code);
/* Let it go on. */
void	culprit_continue(struct culprit *c);
void	culprit_end(struct culprit *c);

#define CHECK_RAISED(c, want_exception, want_code, want_subcode)	\
	CHECK_RAISE(&(c)->raise, want_exception, want_code, want_subcode)

/* Run code once; it must raise just this. */
void	check_code(const char *code, int exception, int exception_code,
	    int subcode);

#endif
