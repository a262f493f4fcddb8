/*
 * mach/machine/kern_return.h - the built machine's mach/<machine>/kern_return.h.
 */
#ifndef MACH_MACHINE_KERN_RETURN_H
#define MACH_MACHINE_KERN_RETURN_H

#include <mach/i386/kern_return.h>

#endif
