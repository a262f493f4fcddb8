/*
 * kern/reaper.h - what happens to threads that have run their last, and
 * kernel stacks.
 */
#ifndef KERN_REAPER_H
#define KERN_REAPER_H

#include <kern/types.h>

struct thread;

void	reaper_start(void);			/* boot */
void	thread_reap(struct thread *thread);	/* halted and off its stack; interrupts off */
/* A thread has been told to die: its memory, perhaps its task's, will come back. */
void	reaper_expect(void);
/* Whether such memory is still to come. */
bool	reaper_busy(void);
/* A runnable thread waits for memory for a stack; made ready when one is free. */
void	thread_await_stack(struct thread *thread);

#endif
