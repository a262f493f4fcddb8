/*
 * kern/exception.h - user faults become messages.
 */
#ifndef KERN_EXCEPTION_H
#define KERN_EXCEPTION_H

#include <mach/exception.h>

/*
 * Raise an exception for the current thread, which came from user mode: a
 * message to the thread's, then to the task's exception port; with neither
 * willing, the task is terminated.  Continues in user mode.  Nothing held.
 */
void exception(int type, int code, long subcode) __attribute__((noreturn));

#endif
