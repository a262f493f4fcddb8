/*
 * mach/exception.h - kinds of exception; codes are the machine's.
 */
#ifndef MACH_EXCEPTION_H
#define MACH_EXCEPTION_H

#include <mach/machine/exception.h>

#define EXC_BAD_ACCESS		1	/* code: kern_return; sub: address */
#define EXC_BAD_INSTRUCTION	2
#define EXC_ARITHMETIC		3
#define EXC_EMULATION		4
#define EXC_SOFTWARE		5
#define EXC_BREAKPOINT		6

/* Message ids of exception_raise and its reply. */
#define MACH_EXCEPTION_ID	2400
#define MACH_EXCEPTION_REPLY_ID	2500

#endif
