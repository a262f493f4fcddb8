/*
 * kern/debug.h - console printing, assertions and panic.
 *
 * assert() states an invariant of the kernel; it is on in the debug build and
 * compiles to nothing in the release build.  User input is never asserted on.
 */
#ifndef KERN_DEBUG_H
#define KERN_DEBUG_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Formats: %d %i %u %x %X %o %p %s %c %%; l, ll and z; width, precision of
 * %s; 0, - and #.
 */
int	kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int	kvprintf(const char *fmt, va_list args);
int	ksnprintf(char *buf, size_t size, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Print why, registers, a backtrace and the current thread; never returns. */
void	panic(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn, cold));

#ifdef DEBUG_KERNEL
#define assert(cond) \
	((cond) ? (void)0 : \
	    panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond))
#else
#define assert(cond)	((void)sizeof(cond))
#endif

#endif
