/*
 * mach/task_limits.h - what a task may take of the kernel; see
 * docs/reference/limits.md.
 *
 * The structure may grow at its end: each call goes by the caller's count.
 */
#ifndef MACH_TASK_LIMITS_H
#define MACH_TASK_LIMITS_H

#include <mach/machine/vm_types.h>

typedef natural_t *task_limits_t;

/* Flavors. */
#define TASK_LIMITS		1	/* how much there may be */
#define TASK_LIMITS_USE		2	/* how much there is */

struct task_limits {
	natural_t	kernel_bytes;	/* of kernel memory, for all of these */
	natural_t	ports;		/* made by the task, and alive */
	natural_t	names;		/* rights in its space */
	natural_t	messages;	/* sent by it and not yet received */
	natural_t	message_bytes;	/* kernel memory of those */
	natural_t	threads;
	natural_t	map_entries;	/* regions of its address space */
};
typedef struct task_limits task_limits_data_t;

#define TASK_LIMITS_COUNT \
	(sizeof(task_limits_data_t) / sizeof(natural_t))

/* In task_set_limits: leave this one as it is. */
#define TASK_LIMIT_KEEP		((natural_t)~0u)

#endif
