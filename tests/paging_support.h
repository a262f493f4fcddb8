/*
 * tests/paging_support.h - what the tests with a default pager share.
 */
#ifndef TESTS_PAGING_SUPPORT_H
#define TESTS_PAGING_SUPPORT_H

#include <mach/default_pager.h>

#include "vm_support.h"

/* The default pager's port; the tests start while it does. */
mach_port_t paging_port(void);
struct default_pager_info paging_space(void);
/* Fails unless as much paging space comes back as there was before. */
void	paging_check_space(struct default_pager_info before);
/* Pages paged out so far. */
unsigned paging_count(void);

/* Page i of what is at base holds what it got in round r. */
void	paging_write(vm_address_t base, unsigned i, unsigned r);
void	paging_check(vm_address_t base, unsigned i, unsigned r);

#endif
