/*
 * mach/machine/syscall_sw.h - the built machine's mach/<machine>/syscall_sw.h.
 */
#ifndef MACH_MACHINE_SYSCALL_SW_H
#define MACH_MACHINE_SYSCALL_SW_H

#include <mach/i386/syscall_sw.h>

#endif
