/*
 * kern/sched.h - who runs next.
 */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <kern/processor.h>
#include <kern/thread.h>

#define PRI_BEST	0
#define PRI_SYSTEM	6
#define PRI_USER	25
#define PRI_WORST	(RUN_LEVELS - 1)	/* the idle threads' and depressed */
#define QUANTUM_TICKS	10			/* 100 ms */

void	sched_bootstrap(void);
/* The boot processor enters the scheduler running thread; never returns. */
void	sched_start(struct thread *first) __attribute__((noreturn));
/* An application processor goes over to its idle thread; called by the machine. */
void	sched_processor_start(void) __attribute__((noreturn));
void	processor_add(struct processor *processor);	/* at boot, before it runs */

void	thread_setrun(struct thread *thread);	/* thread locked, TH_RUN set */
void	thread_set_priority(struct thread *thread, int priority);
void	sched_tick(bool from_user);	/* interrupts off, each processor */
void	sched_nudged(void);	/* by cpu_nudge; interrupts off */
/* Whether somebody of better priority than thread is ready here. */
bool	sched_better_queued(const struct thread *thread);

static inline bool
sched_better_ready(const struct thread *thread)
{
	return own_processor->run_count != 0 &&
	    sched_better_queued(thread);
}

bool	sched_others_ready(void);	/* swtch: somebody else could run here */

struct processor *thread_processor(const struct thread *thread);	/* where it runs, or NULL */
struct processor *thread_last_processor(const struct thread *thread);	/* or last ran, or was made */
/* How long a locked thread, which does not run, has not run. */
uint32_t thread_sleep_seconds(const struct thread *thread);

/* Kernel stacks. */
/* Lowest address, 0 if none is to be had; privileged: for a wired thread. */
vm_offset_t stack_alloc(bool privileged);
void	stack_free(vm_offset_t stack);
void	stack_want_spare(void);	/* there are wired threads from now on */

#endif
