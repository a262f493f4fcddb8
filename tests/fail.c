/*
 * tests/fail.c - having an allocation of the kernel fail; see fail.h.
 */
#include <mach/duality.h>

#include "fail.h"

bool
fail_is_possible(void)
{
	int left;

	return host_fail_allocation(TEST_HOST_PORT, 0, &left) != MIG_BAD_ID;
}

void
fail_begin(unsigned nth)
{
	int left;

	CHECK_KR(host_fail_allocation(TEST_HOST_PORT, (int)nth, &left),
	    KERN_SUCCESS);
}

bool
fail_end(void)
{
	int left;

	if (host_fail_allocation(TEST_HOST_PORT, 0, &left) == KERN_SUCCESS)
		return left == 0;
	CHECK_KR(host_fail_allocation(TEST_HOST_PORT, 0, &left), KERN_SUCCESS);
	return false;
}
