/*
 * mach.h - what most user programs want of Mach.
 *
 * mach/mach.h, mach_host.h and mach_port.h are made by MIG.
 */
#ifndef MACH_H
#define MACH_H

#include <mach/mach_types.h>
#include <mach/mach_traps.h>
#include <mach/mach_init.h>
#include <mach/mig_errors.h>
#include <mach/vm_param.h>

#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_port.h>

#endif
