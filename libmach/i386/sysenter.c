/*
 * libmach/i386/sysenter.c - whether traps go by SYSENTER or by the call gate.
 *
 * Owns __mach_enter and __mach_msg: chosen before main, for all threads; a
 * program may choose again while no other thread is in a trap.
 */
#include <stdint.h>

#include <mach/mach_init.h>

/* Of the segments that a kernel with SYSENTER has for its users. */
#define SYSEXIT_CS	0x1b
#define SYSEXIT_DS	0x23
#define ACCESS_SHIFT	8
#define ACCESS_MASK	0xfeu	/* without: has been accessed */
#define ACCESS_CODE	0xfau	/* present, privilege 3, code, readable */
#define ACCESS_DATA	0xf2u	/* present, privilege 3, data, writable */

typedef void enter_t(void);

extern enter_t __mach_enter_gate, __mach_enter_sysenter;
extern enter_t __mach_msg_gate, __mach_msg_sysenter;
extern enter_t *__mach_enter, *__mach_msg;

enter_t *__mach_enter = __mach_enter_gate;
enter_t *__mach_msg = __mach_msg_gate;

/* The access byte of a segment that we may load, or 0. */
static uint32_t
segment_access(uint32_t selector)
{
	uint32_t rights = 0;

	/* leaves rights alone where there is no such segment */
	__asm__("lar %1, %0" : "+r" (rights) : "r" (selector) : "cc");
	return (rights >> ACCESS_SHIFT) & ACCESS_MASK;
}

boolean_t
mach_trap_fast(boolean_t wanted)
{
	boolean_t has = segment_access(SYSEXIT_CS) == ACCESS_CODE &&
	    segment_access(SYSEXIT_DS) == ACCESS_DATA;

	if (has && wanted) {
		__mach_enter = __mach_enter_sysenter;
		__mach_msg = __mach_msg_sysenter;
	} else {
		__mach_enter = __mach_enter_gate;
		__mach_msg = __mach_msg_gate;
	}
	return has;
}
