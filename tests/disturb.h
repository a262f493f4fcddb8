/*
 * tests/disturb.h - meddling with the threads of other tasks.
 */
#ifndef TESTS_DISTURB_H
#define TESTS_DISTURB_H

#include "test.h"

/*
 * Abort one thread of a task, or hold it up for a moment first.  The task may
 * just be ending.
 */
void	disturb(task_t task, uint32_t *seed);
/* Do so to tasks at random for a while. */
void	disturb_for(const task_t *tasks, unsigned count, unsigned ms,
	    uint32_t *seed);
/* Wait until a task or thread has ended, without resting. */
void	disturb_await_dead(mach_port_t name);

#endif
