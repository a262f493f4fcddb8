/*
 * kern/syscall_sw.h - the table of system call traps.
 *
 * Trap number -n is mach_trap_table[n].  A gap has a function that returns
 * KERN_INVALID_ARGUMENT; no slot is NULL.  The machine copies arg_count words
 * from the user's stack and passes them as arguments.
 */
#ifndef KERN_SYSCALL_SW_H
#define KERN_SYSCALL_SW_H

#include <mach/kern_return.h>

struct mach_trap {
	const void	*function;	/* TRAP_ROUTINE, returns kern_return_t */
	int		arg_count;	/* words, at most MACH_TRAP_ARGS_MAX */
};

#define MACH_TRAP_ARGS_MAX	12

extern const struct mach_trap mach_trap_table[];
extern const int mach_trap_count;

#endif
