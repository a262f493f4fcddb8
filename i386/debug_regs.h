/*
 * i386/debug_regs.h - breakpoints by the debug registers, for user programs.
 */
#ifndef I386_DEBUG_REGS_H
#define I386_DEBUG_REGS_H

#include <mach/kern_return.h>

struct i386_debug_state;
struct pcb;
struct thread;

/* The processor leaves old for new; interrupts off. */
void	debug_regs_switch(const struct pcb *old, const struct pcb *new);

void	debug_regs_get(const struct pcb *pcb, struct i386_debug_state *state);
/* KERN_INVALID_ARGUMENT: a breakpoint outside the user's part. */
kern_return_t debug_regs_set(struct thread *thread,
	    const struct i386_debug_state *state);

#endif
