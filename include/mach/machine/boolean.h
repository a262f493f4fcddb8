/*
 * mach/machine/boolean.h - the built machine's mach/<machine>/boolean.h.
 */
#ifndef MACH_MACHINE_BOOLEAN_H
#define MACH_MACHINE_BOOLEAN_H

#include <mach/i386/boolean.h>

#endif
