/*
 * mach/i386/syscall_sw.h - a trap's stub, for assembly sources.
 *
 * kernel_trap(name, number, args): the number goes in eax, the arguments are
 * where the caller pushed them, above the return address.
 */
#ifndef MACH_I386_SYSCALL_SW_H
#define MACH_I386_SYSCALL_SW_H

#define MACH_CALL_GATE	0x07		/* LDT entry 0, privilege 3 */

#define kernel_trap(trap_name, trap_number, number_args)	\
	.globl	trap_name;					\
	.type	trap_name, @function;				\
	.p2align 4;						\
trap_name:							\
	movl	$(trap_number), %eax;				\
	lcall	$(MACH_CALL_GATE), $0;				\
	ret;							\
	.size	trap_name, . - trap_name

#endif
