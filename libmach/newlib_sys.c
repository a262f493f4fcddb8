/*
 * libmach/newlib_sys.c - the calls that newlib makes of a system.
 *
 * Owns:       the heap, one range that grows up from HEAP_START.
 * Locks:      none of its own: newlib calls sbrk under its malloc lock.
 * Descriptors 0, 1 and 2 are the console; there are no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>

#include "console.h"

#define HEAP_START	0x40000000UL
#define HEAP_END	0xa0000000UL
#define HEAP_STEP	0x10000UL	/* bytes allocated at least */

#define DESCRIPTORS	3

static vm_address_t heap_break = HEAP_START;	/* given out below this */
static vm_address_t heap_end = HEAP_START;	/* allocated below this */

/* newlib's headers declare neither of these for every target. */
int	kill(pid_t pid, int signal);
int	gettimeofday(struct timeval *restrict now, void *restrict zone);

static int
fail(int error)
{
	errno = error;
	return -1;
}

void
_exit(int status)
{
	(void) status;	/* Mach's tasks leave none */
	for (;;)
		task_terminate(mach_task_self());
}

static kern_return_t
heap_grow(vm_address_t to)
{
	vm_address_t addr = heap_end;
	vm_size_t size = (to - heap_end + HEAP_STEP - 1) & ~(HEAP_STEP - 1);
	kern_return_t kr;

	kr = vm_allocate(mach_task_self(), &addr, size, FALSE);
	if (kr == KERN_SUCCESS)
		heap_end += size;
	return kr;
}

void *
sbrk(ptrdiff_t increment)
{
	vm_address_t old = heap_break;

	if (increment > 0 && (vm_size_t) increment > HEAP_END - heap_break)
		goto no_memory;
	if (increment < 0 && (vm_size_t) -increment > heap_break - HEAP_START)
		goto no_memory;
	if (old + increment > heap_end
	    && heap_grow(old + increment) != KERN_SUCCESS)
		goto no_memory;
	heap_break = old + increment;
	return (void *) old;
no_memory:
	errno = ENOMEM;
	return (void *) -1;
}

_READ_WRITE_RETURN_TYPE
write(int fd, const void *buf, size_t count)
{
	const char *at = buf;
	size_t left = count;
	int written;

	if (fd <= 0 || fd >= DESCRIPTORS)
		return fail(EBADF);
	for (; left > 0; left -= written, at += written) {
		written = console_write(at, left);
		if (written <= 0)
			return fail(EIO);
	}
	return count;
}

_READ_WRITE_RETURN_TYPE
read(int fd, void *buf, size_t count)
{
	int got;

	if (fd != 0)
		return fail(EBADF);
	got = console_read(buf, count);
	return got < 0 ? fail(EIO) : got;
}

int
open(const char *path, int flags, ...)
{
	(void) path, (void) flags;
	return fail(ENOENT);
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	(void) path, (void) st;
	return fail(ENOENT);
}

int
unlink(const char *path)
{
	(void) path;
	return fail(ENOENT);
}

int
close(int fd)
{
	return fd < 0 || fd >= DESCRIPTORS ? fail(EBADF) : 0;
}

int
fstat(int fd, struct stat *st)
{
	if (fd < 0 || fd >= DESCRIPTORS)
		return fail(EBADF);
	*st = (struct stat) { .st_mode = S_IFCHR | S_IRUSR | S_IWUSR };
	return 0;
}

int
isatty(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS;
}

off_t
lseek(int fd, off_t offset, int whence)
{
	(void) fd, (void) offset, (void) whence;
	return fail(ESPIPE);
}

/* A program is one process; a signal it raises and does not catch ends it. */
pid_t
getpid(void)
{
	return 1;
}

int
kill(pid_t pid, int signal)
{
	if (pid != getpid())
		return fail(ESRCH);
	if (signal != 0)
		_exit(128 + signal);
	return 0;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	time_value_t time;

	(void) zone;
	if (host_get_time(mach_host_self(), &time) != KERN_SUCCESS)
		return fail(EIO);
	now->tv_sec = time.seconds;
	now->tv_usec = time.microseconds;
	return 0;
}

static clock_t
ticks(const time_value_t *a, const time_value_t *b)
{
	return (clock_t) (a->seconds + b->seconds) * CLOCKS_PER_SEC
	    + (clock_t) (a->microseconds + b->microseconds)
	    / (1000000 / CLOCKS_PER_SEC);
}

/* Time of the threads that ended, and of those that live. */
clock_t
times(struct tms *t)
{
	struct task_basic_info ended;
	struct task_thread_times_info live;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;
	struct timeval now;

	if (task_info(mach_task_self(), TASK_BASIC_INFO, (task_info_t) &ended,
	    &count) != KERN_SUCCESS)
		return fail(EIO);
	count = TASK_THREAD_TIMES_INFO_COUNT;
	if (task_info(mach_task_self(), TASK_THREAD_TIMES_INFO,
	    (task_info_t) &live, &count) != KERN_SUCCESS)
		return fail(EIO);
	t->tms_utime = ticks(&ended.user_time, &live.user_time);
	t->tms_stime = ticks(&ended.system_time, &live.system_time);
	t->tms_cutime = t->tms_cstime = 0;
	if (gettimeofday(&now, NULL) != 0)
		return -1;
	return (clock_t) now.tv_sec * CLOCKS_PER_SEC
	    + now.tv_usec / (1000000 / CLOCKS_PER_SEC);
}
