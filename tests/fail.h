/*
 * tests/fail.h - having an allocation of the kernel fail: the debug kernel's.
 */
#ifndef TESTS_FAIL_H
#define TESTS_FAIL_H

#include "test.h"

/* Whether this kernel can. */
bool	fail_is_possible(void);
/* From now on the nth allocation that the kernel makes for this thread fails. */
void	fail_begin(unsigned nth);
/* No more; whether one has failed, before this call needed memory itself. */
bool	fail_end(void);

#endif
