/*
 * mach/machine/fp_reg.h - the built machine's mach/<machine>/fp_reg.h.
 */
#ifndef MACH_MACHINE_FP_REG_H
#define MACH_MACHINE_FP_REG_H

#include <mach/i386/fp_reg.h>

#endif
