/*
 * mach_error.h - return codes in words.
 */
#ifndef MACH_ERROR_STRINGS_H
#define MACH_ERROR_STRINGS_H

#include <mach/error.h>

/* The code's name, or that it is unknown; never null. */
extern const char *mach_error_string(mach_error_t err);

/* Print "what: the code's name" on standard error. */
extern void mach_error(const char *what, mach_error_t err);

#endif
