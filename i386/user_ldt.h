/*
 * i386/user_ldt.h - a thread's own local descriptor table.
 */
#ifndef I386_USER_LDT_H
#define I386_USER_LDT_H

#include <stdint.h>

/* Never changed once a processor may have it loaded: replaced instead. */
struct i386_ldt {
	unsigned count;			/* of entries */
	uint64_t entries[];
};

void	user_ldt_free(struct i386_ldt *ldt);	/* NULL allowed */

#endif
