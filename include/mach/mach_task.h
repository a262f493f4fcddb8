/*
 * mach/mach_task.h - tasks that begin as copies of their maker.
 *
 * A copy has the maker's memory, written from then on without either seeing
 * it in the other, and none of its rights or threads.  A lock that another
 * thread of the maker held stays held in it: copy while they are quiet.
 */
#ifndef MACH_MACH_TASK_H
#define MACH_MACH_TASK_H

#include <mach/mach_types.h>

/*
 * Make a copy of the calling task with one thread, which, on a stack of its
 * own, will call mach_child_init (mach_init.h) and fn(arg), and then end the
 * task.
 * The task is left with a suspend count of one, so that the caller can give
 * it rights before it calls task_resume.
 *
 * Returns  KERN_SUCCESS, *task is a send right; or the code of the call that
 *          failed, and nothing is left of the copy.
 */
extern kern_return_t mach_task_copy(void (*fn)(void *), void *arg,
    task_t *task);

#endif
