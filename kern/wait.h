/*
 * kern/wait.h - between wait.c and the scheduler; kern/thread.h has the calls
 * for everybody else.
 */
#ifndef KERN_WAIT_H
#define KERN_WAIT_H

struct thread;

void	wait_bootstrap(void);
void	thread_wait_timeout(void *thread);	/* a timer's expire function */
void	thread_unpark(struct thread *thread);	/* no effect unless parked */

#endif
