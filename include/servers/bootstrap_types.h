/*
 * servers/bootstrap_types.h - the bootstrap task's names and errors.
 */
#ifndef SERVERS_BOOTSTRAP_TYPES_H
#define SERVERS_BOOTSTRAP_TYPES_H

#include <mach/std_types.h>

#define BOOTSTRAP_NAME_MAX	128		/* bytes, with the final zero */

typedef char		bootstrap_name_t[BOOTSTRAP_NAME_MAX];
typedef const char	*const_bootstrap_name_t;

#define BOOTSTRAP_SUCCESS	0
#define BOOTSTRAP_NAME_IN_USE	4001	/* and its port is alive */
#define BOOTSTRAP_BAD_NAME	4002	/* empty, or too long */
#define BOOTSTRAP_FULL		4003	/* of names, or of tasks that wait */

#endif
