/*
 * mach/machine/mach_i386_types.h - the built machine's own interface types.
 */
#ifndef MACH_MACHINE_MACH_I386_TYPES_H
#define MACH_MACHINE_MACH_I386_TYPES_H

#include <mach/i386/mach_i386_types.h>

#endif
