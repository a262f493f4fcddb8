/*
 * mach/i386/boolean.h - how wide a boolean is in a message on i386.
 */
#ifndef MACH_I386_BOOLEAN_H
#define MACH_I386_BOOLEAN_H

typedef int boolean_t;

#endif
