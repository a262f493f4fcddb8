/*
 * mach.h - what most user programs want of Mach.
 */
#ifndef MACH_H
#define MACH_H

#include <mach/mach_types.h>
#include <mach/mach_traps.h>
#include <mach/mig_errors.h>
#include <mach/vm_param.h>

#endif
