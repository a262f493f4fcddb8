/*
 * mach/machine/vm_types.h - the built machine's mach/<machine>/vm_types.h.
 */
#ifndef MACH_MACHINE_VM_TYPES_H
#define MACH_MACHINE_VM_TYPES_H

#include <mach/i386/vm_types.h>

#endif
