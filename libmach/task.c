/*
 * libmach/task.c - tasks that begin as copies of this one.
 *
 * Owns:       what the next copy is to do.
 * Locks:      copy_lock, for that, held while the copy is made.
 */
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_task.h>
#include <mach/mach_thread.h>

#include "thread.h"

static mach_mutex_t copy_lock;
static void (*copy_fn)(void *);
static void *copy_arg;

/* The first code of a copy.  Its copy of the lock is as its maker held it. */
static void
copy_main(void *unused)
{
	(void) unused;
	mach_mutex_init(&copy_lock);
	mach_child_init();
	copy_fn(copy_arg);
	for (;;)
		task_terminate(mach_task_self());
}

/* A suspended copy of this task, its thread ready on the stack given. */
static kern_return_t
copy_make(vm_address_t stack_top, task_t *out)
{
	task_t task;
	thread_t thread;
	kern_return_t kr;

	kr = task_create(mach_task_self(), TRUE, &task);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = task_suspend(task);
	if (kr == KERN_SUCCESS)
		kr = thread_create(task, &thread);
	if (kr != KERN_SUCCESS)
		goto fail;
	kr = mach_thread_set_entry(thread, copy_main, NULL, stack_top);
	if (kr == KERN_SUCCESS)
		kr = thread_resume(thread);
	mach_port_deallocate(mach_task_self(), thread);
	if (kr != KERN_SUCCESS)
		goto fail;
	*out = task;
	return KERN_SUCCESS;
fail:
	task_terminate(task);
	mach_port_deallocate(mach_task_self(), task);
	return kr;
}

/* Only the copy keeps the stack, which is made for it. */
kern_return_t
mach_task_copy(void (*fn)(void *), void *arg, task_t *task)
{
	vm_address_t stack = 0;
	kern_return_t kr;

	kr = vm_allocate(mach_task_self(), &stack, MACH_THREAD_STACK_SIZE,
	    TRUE);
	if (kr != KERN_SUCCESS)
		return kr;
	mach_mutex_lock(&copy_lock);
	copy_fn = fn;
	copy_arg = arg;
	kr = copy_make(stack + MACH_THREAD_STACK_SIZE, task);
	mach_mutex_unlock(&copy_lock);
	vm_deallocate(mach_task_self(), stack, MACH_THREAD_STACK_SIZE);
	return kr;
}
