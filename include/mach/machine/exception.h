/*
 * mach/machine/exception.h - the built machine's mach/<machine>/exception.h.
 */
#ifndef MACH_MACHINE_EXCEPTION_H
#define MACH_MACHINE_EXCEPTION_H

#include <mach/i386/exception.h>

#endif
