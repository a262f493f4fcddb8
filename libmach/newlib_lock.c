/*
 * libmach/newlib_lock.c - newlib's locks, made of libmach's mutexes.
 *
 * Owns:       newlib's static locks, named below.
 * Locks:      struct __lock is a mutex that its holder may take again; holder
 *             and depth are the holder's.
 */
#include <stdlib.h>
#include <sys/lock.h>

#include <mach/mach_thread.h>

#include "thread.h"

struct __lock {
	mach_mutex_t		 mutex;
	struct mach_thread	*volatile holder;
	unsigned int		 depth;
};

struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

/* newlib gives no way to fail: without memory the lock is null, and free. */
void
__retarget_lock_init(_LOCK_T *lock)
{
	*lock = calloc(1, sizeof(struct __lock));
}

void
__retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void
__retarget_lock_close(_LOCK_T lock)
{
	free(lock);
}

void
__retarget_lock_close_recursive(_LOCK_T lock)
{
	free(lock);
}

void
__retarget_lock_acquire(_LOCK_T lock)
{
	if (lock != NULL)
		mach_mutex_lock(&lock->mutex);
}

int
__retarget_lock_try_acquire(_LOCK_T lock)
{
	return lock == NULL || mach_mutex_try(&lock->mutex);
}

void
__retarget_lock_release(_LOCK_T lock)
{
	if (lock != NULL)
		mach_mutex_unlock(&lock->mutex);
}

void
__retarget_lock_acquire_recursive(_LOCK_T lock)
{
	struct mach_thread *self = mach_thread_current();

	if (lock == NULL)
		return;
	if (lock->holder != self) {
		mach_mutex_lock(&lock->mutex);
		lock->holder = self;
	}
	lock->depth++;
}

int
__retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	struct mach_thread *self = mach_thread_current();

	if (lock == NULL)
		return 1;
	if (lock->holder != self) {
		if (!mach_mutex_try(&lock->mutex))
			return 0;
		lock->holder = self;
	}
	lock->depth++;
	return 1;
}

void
__retarget_lock_release_recursive(_LOCK_T lock)
{
	if (lock == NULL || --lock->depth != 0)
		return;
	lock->holder = NULL;
	mach_mutex_unlock(&lock->mutex);
}
