/*
 * mach/mach_interface.h - the calls on tasks, threads and memory, by the name
 * that programs know.  mach/mach.h is made by MIG from mach/mach.defs.
 */
#ifndef MACH_MACH_INTERFACE_H
#define MACH_MACH_INTERFACE_H

#include <mach/mach.h>

#endif
