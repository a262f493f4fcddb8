/*
 * mach/memory_object.h - memory objects as their managers and users see them.
 */
#ifndef MACH_MEMORY_OBJECT_H
#define MACH_MEMORY_OBJECT_H

#include <mach/port.h>

typedef mach_port_t memory_object_t;		/* a pager serves this */
typedef mach_port_t memory_object_control_t;	/* the kernel serves this */
typedef mach_port_t memory_object_name_t;	/* and this, to vm_region */
typedef mach_port_t *memory_object_array_t;
typedef const mach_port_t *const_memory_object_array_t;

/* How the kernel may copy an object's memory. */
typedef int memory_object_copy_strategy_t;

#define MEMORY_OBJECT_COPY_NONE		0	/* at once */
#define MEMORY_OBJECT_COPY_CALL		1	/* by asking the pager */
#define MEMORY_OBJECT_COPY_DELAY	2	/* page by page, on write */
#define MEMORY_OBJECT_COPY_TEMPORARY	3	/* so, and nobody else sees */

/* Which pages a lock request sends back. */
typedef int memory_object_return_t;

#define MEMORY_OBJECT_RETURN_NONE	0
#define MEMORY_OBJECT_RETURN_DIRTY	1
#define MEMORY_OBJECT_RETURN_ALL	2

#endif
