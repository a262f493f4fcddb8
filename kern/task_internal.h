/*
 * kern/task_internal.h - between the files of kern/ that make up tasks.
 */
#ifndef KERN_TASK_INTERNAL_H
#define KERN_TASK_INTERNAL_H

#include <kern/types.h>
#include <mach/time_value.h>

struct task;
struct thread;

kern_return_t task_create(struct task *parent, boolean_t inherit_memory,
	    struct task **child);
kern_return_t task_suspend(struct task *task);
kern_return_t task_resume(struct task *task);

/* Add a dying thread's ticks and messages to its task's; the task is locked. */
void	task_add_counts(struct task *task, struct thread *thread);
/* Time that ticks are. */
void	ticks_to_time(unsigned ticks, time_value_t *time);

#endif
