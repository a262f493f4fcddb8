/*
 * mach/mach_thread.h - libmach's threads, mutexes and conditions.
 *
 * A thread started here has a stack of MACH_THREAD_STACK_SIZE bytes, with a
 * page below it that faults, and its own reply port and errno.  Threads made
 * by thread_create alone share the main thread's: they must not make calls
 * while it does.
 */
#ifndef MACH_MACH_THREAD_H
#define MACH_MACH_THREAD_H

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>

#define MACH_THREAD_STACK_SIZE	0x10000
#define MACH_THREADS_MAX	1024

/*
 * Run fn(arg) in a new thread, which ends when fn returns.
 * Returns  KERN_SUCCESS
 *          KERN_RESOURCE_SHORTAGE  MACH_THREADS_MAX run, or as thread_create
 */
extern kern_return_t mach_thread_start(void (*fn)(void *), void *arg);

/* The same; *thread is the new thread's port, valid as long as it runs. */
extern kern_return_t mach_thread_start_port(void (*fn)(void *), void *arg,
    mach_port_t *thread);

/* End the calling thread.  The main thread may too; the task goes on. */
extern void mach_thread_exit(void) __attribute__((noreturn));

/* The calling thread's port, with no reference added. */
extern mach_port_t mach_thread_port(void);

/* A mutex spins a little, then gives up the processor.  Zero is unlocked. */
typedef struct mach_mutex {
	volatile int	held;
} mach_mutex_t;

#define MACH_MUTEX_INITIALIZER	{ 0 }

extern void mach_mutex_init(mach_mutex_t *mutex);
extern void mach_mutex_lock(mach_mutex_t *mutex);
extern boolean_t mach_mutex_try(mach_mutex_t *mutex);
extern void mach_mutex_unlock(mach_mutex_t *mutex);

/*
 * A condition: threads that wait, oldest first.  Zero is none.  wait drops
 * the mutex, sleeps, and takes it again.
 */
struct mach_waiter;
typedef struct mach_condition {
	mach_mutex_t		lock;
	struct mach_waiter	*first;
	struct mach_waiter	*last;
} mach_condition_t;

#define MACH_CONDITION_INITIALIZER	{ MACH_MUTEX_INITIALIZER, 0, 0 }

extern void mach_condition_init(mach_condition_t *cond);
extern void mach_condition_wait(mach_condition_t *cond, mach_mutex_t *mutex);
/* FALSE if timeout_ms went by first. */
extern boolean_t mach_condition_wait_timeout(mach_condition_t *cond,
    mach_mutex_t *mutex, mach_msg_timeout_t timeout_ms);
extern void mach_condition_signal(mach_condition_t *cond);
extern void mach_condition_broadcast(mach_condition_t *cond);

#endif
