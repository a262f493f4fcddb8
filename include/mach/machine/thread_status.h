/*
 * mach/machine/thread_status.h - the built machine's mach/<machine>/thread_status.h.
 */
#ifndef MACH_MACHINE_THREAD_STATUS_H
#define MACH_MACHINE_THREAD_STATUS_H

#include <mach/i386/thread_status.h>

#endif
