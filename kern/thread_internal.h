/*
 * kern/thread_internal.h - between the files of kern/ that make up threads,
 * tasks and the scheduler.
 */
#ifndef KERN_THREAD_INTERNAL_H
#define KERN_THREAD_INTERNAL_H

#include <kern/thread.h>

extern struct thread boot_thread;

void	thread_bootstrap(void);
void	idle_thread_create(struct processor *p);
void	idle_start(void);

/* One more, one less reason to stop at the user boundary. */
void	thread_hold(struct thread *thread);
void	thread_unhold(struct thread *thread);
/*
 * Wait until a held thread has stopped: is at the user boundary or blocked; or
 * until nobody holds it any more.
 * KERN_SUCCESS, or KERN_ABORTED if the caller was interrupted.
 */
kern_return_t thread_stop_wait(struct thread *thread);
/*
 * Have the machine state of a thread, stopped if it is not the caller's own,
 * to oneself until thread_state_end.  KERN_ABORTED: the caller was interrupted.
 */
kern_return_t thread_state_begin(struct thread *thread);
void	thread_state_end(struct thread *thread);
/* Make it die; false if it was already dying. */
bool	thread_deactivate(struct thread *thread);

kern_return_t thread_suspend(struct thread *thread);
kern_return_t thread_resume(struct thread *thread);
kern_return_t thread_abort(struct thread *thread);

/* Priority depression: 0 ticks for no time limit.  undepress: whether it was. */
void	thread_depress(struct thread *thread, uint64_t ticks);
bool	thread_undepress(struct thread *thread);
void	thread_depress_timeout(void *thread);
/* Run target next if it is on a run queue, as thread_block otherwise. */
enum wait_result thread_run_next(struct thread *target,
	    continuation_t continuation);

#endif
