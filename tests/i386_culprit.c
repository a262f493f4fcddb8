/*
 * tests/i386_culprit.c - threads that run a few instructions; see
 * i386_culprit.h.
 */
#include "i386_culprit.h"

static char stack[STACK_SIZE] __attribute__((aligned(16)));

void
state_get(struct culprit *c)
{
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;

	CHECK_KR(thread_get_state(c->thread, i386_REGS_SEGS_STATE,
	    (thread_state_t)&c->state, &count), KERN_SUCCESS);
}

void
state_set(struct culprit *c)
{
	CHECK_KR(thread_set_state(c->thread, i386_REGS_SEGS_STATE,
	    (thread_state_t)&c->state, i386_REGS_SEGS_STATE_COUNT),
	    KERN_SUCCESS);
}

void
culprit_make(struct culprit *c, const char *code)
{
	CHECK_KR(thread_create(mach_task_self(), &c->thread), KERN_SUCCESS);
	c->exceptions = test_port();
	CHECK_KR(thread_set_special_port(c->thread, THREAD_EXCEPTION_PORT,
	    c->exceptions), KERN_SUCCESS);
	state_get(c);
	c->state.eip = (uint32_t)code;
	c->state.uesp = (uint32_t)&stack[STACK_SIZE - 256];
	c->state.cs = 0x17;
	state_set(c);
}

void
culprit_fault(struct culprit *c)
{
	raise_await(&c->raise, c->exceptions);
	CHECK_EQ(c->raise.thread, c->thread);
	state_get(c);
}

void
culprit_run(struct culprit *c, const char *code)
{
	culprit_make(c, code);
	CHECK_KR(thread_resume(c->thread), KERN_SUCCESS);
	culprit_fault(c);
}

void
culprit_continue(struct culprit *c)
{
	raise_reply(&c->raise, KERN_SUCCESS);
}

void
culprit_end(struct culprit *c)
{
	CHECK_KR(thread_terminate(c->thread), KERN_SUCCESS);
}

void
check_code(const char *code, int exception, int exception_code, int subcode)
{
	struct culprit c;

	culprit_run(&c, code);
	CHECK_RAISED(&c, exception, exception_code, subcode);
	culprit_end(&c);
}
