/*
 * kern/fail.c - allocations that fail on purpose: every way out for want of
 * memory can be taken by a test.
 *
 * Debug build only; the release build answers MIG_BAD_ID.
 *
 * Owns:       failing, the thread that asked last, and its count.
 * Locks:      none; the thread that asked is the only one that counts.
 */
#include <kern/fail.h>

#ifdef DEBUG_KERNEL

#include <duality_server.h>
#include <kern/thread.h>

static struct thread *volatile failing;	/* only compared */
static volatile unsigned countdown;	/* failing's own; 0: none is to fail */

bool
fail_allocation(void)
{
	if (failing == NULL || failing != current_thread() || countdown == 0)
		return false;
	return --countdown == 0;
}

/*
 * From now on the nth allocation of the calling thread in the kernel fails,
 * and no other; 0: none does.  *left tells what was left of the last count.
 */
kern_return_t
host_fail_allocation(struct host *host, int nth, int *left)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	if (nth < 0)
		return KERN_INVALID_ARGUMENT;
	*left = failing == current_thread() ? (int)countdown : 0;
	countdown = 0;
	failing = nth != 0 ? current_thread() : NULL;
	countdown = (unsigned)nth;
	return KERN_SUCCESS;
}

#endif
