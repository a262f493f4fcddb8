/*
 * i386/user_ldt.h - a thread's own local descriptor table.
 */
#ifndef I386_USER_LDT_H
#define I386_USER_LDT_H

#include <stdint.h>

#include <mach/mig_errors.h>

/* Never changed once a processor may have it loaded: replaced instead. */
struct i386_ldt {
	unsigned count;			/* of entries */
	uint64_t entries[];
};

void	user_ldt_free(struct i386_ldt *ldt);	/* NULL allowed */

/* Load the current thread's segments, which have changed. */
void	user_ldt_reload(void);

/* mach_i386.defs's routine for a request, NULL if there is none. */
mig_routine_t mach_i386_checked_server_routine(const mach_msg_header_t *in);

#endif
