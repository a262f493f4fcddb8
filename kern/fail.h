/*
 * kern/fail.h - allocations that fail on purpose.
 *
 * The debug build lets a thread have one of its own fail, for the tests
 * (duality.defs, id 6091).
 */
#ifndef KERN_FAIL_H
#define KERN_FAIL_H

#include <kern/types.h>

#ifdef DEBUG_KERNEL
/* Whether this allocation, by the current thread, is the one. */
bool	fail_allocation(void);
#else
static inline bool
fail_allocation(void)
{
	return false;
}
#endif

#endif
