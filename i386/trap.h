/*
 * i386/trap.h - what the parts of trap handling know of each other.
 */
#ifndef I386_TRAP_H
#define I386_TRAP_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/* Came from user mode? */
bool	trap_from_user(const struct trap_frame *frame);

/* fpu.c: the processor's FPU is not this thread's; interrupts off. */
void	fpu_not_available(void);
/* The thread's FPU reports an error: its status word.  Interrupts off. */
uint32_t fpu_error_status(void);

/* debug_regs.c: a debug trap; the reasons (DR6), kept for the thread. */
uint32_t debug_trap_reasons(void);

/* panic.c: something impossible happened at frame. */
void	panic_trap(const struct trap_frame *frame, const char *what)
	    __attribute__((noreturn));
/* panic.c: a non-maskable interrupt; perhaps another processor's panic. */
void	panic_nmi(const struct trap_frame *frame) __attribute__((noreturn));

#endif
