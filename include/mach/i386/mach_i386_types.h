/*
 * mach/i386/mach_i386_types.h - segment descriptors and I/O permissions.
 */
#ifndef MACH_I386_MACH_I386_TYPES_H
#define MACH_I386_MACH_I386_TYPES_H

#include <device/device_types.h>
#include <mach/port.h>

struct descriptor {
	unsigned int	low_word;
	unsigned int	high_word;
};
typedef struct descriptor descriptor_t;
typedef struct descriptor *descriptor_list_t;
typedef const struct descriptor *const_descriptor_list_t;

typedef unsigned short	io_port_t;
typedef mach_port_t	*device_list_t;

typedef mach_port_t	io_perm_t;	/* a range of ports, in the kernel too */

_Static_assert(sizeof(struct descriptor) == 8, "user ABI");

#endif
