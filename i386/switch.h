/*
 * i386/switch.h - from thread to thread without a change of stack; included
 * as <machine/switch.h>.
 */
#ifndef I386_SWITCH_H
#define I386_SWITCH_H

#include <kern/processor.h>
#include <kern/thread.h>
#include <machine/pmap_internal.h>

/* What only some threads have: FPU state, debug registers, segments. */
void	machine_switch_special(struct processor *processor,
	    struct thread *old, struct thread *new);

/* What follows, but for the address space. */
static inline __attribute__((always_inline)) void
machine_switch_thread(struct thread *old, struct thread *new)
{
	if (unlikely((old->pcb.special | new->pcb.special) != 0))
		machine_switch_special(current_processor(), old, new);
	own_processor->active_thread = new;
	own_processor->machine.tss.esp0 = (uintptr_t)(&new->pcb.regs + 1);
}

/*
 * machine_switch when old gives its stack to new, or the stack is switched
 * next: only the threads' own state.  Interrupts off.
 */
static inline __attribute__((always_inline)) void
machine_switch_no_stack(struct thread *old, struct thread *new)
{
	machine_switch_thread(old, new);
	pmap_switch(new->pcb.pmap);
}

/* The same between two threads of user tasks. */
static inline __attribute__((always_inline)) void
machine_switch_user(struct thread *old, struct thread *new)
{
	machine_switch_thread(old, new);
	pmap_switch_user(new->pcb.pmap);
}

#endif
