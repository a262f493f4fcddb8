/*
 * mach/i386/kern_return.h - the machine's type for a kernel return code.
 */
#ifndef MACH_I386_KERN_RETURN_H
#define MACH_I386_KERN_RETURN_H

typedef int kern_return_t;

#endif
