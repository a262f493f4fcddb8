/*
 * mach/machine/vm_param.h - the built machine's mach/<machine>/vm_param.h.
 */
#ifndef MACH_MACHINE_VM_PARAM_H
#define MACH_MACHINE_VM_PARAM_H

#include <mach/i386/vm_param.h>

#endif
