/*
 * i386/switch.h - from thread to thread without a change of stack; included
 * as <machine/switch.h>.
 */
#ifndef I386_SWITCH_H
#define I386_SWITCH_H

#include <kern/processor.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/pmap_internal.h>
#include <vm/vm_map.h>

/* What only some threads have: FPU state, debug registers, segments. */
void	machine_switch_special(struct processor *processor,
	    struct thread *old, struct thread *new);

/* What follows, but for the address space. */
static inline __attribute__((always_inline)) struct processor *
machine_switch_thread(struct thread *old, struct thread *new)
{
	struct processor *processor = current_processor();

	if (unlikely((old->pcb.special | new->pcb.special) != 0))
		machine_switch_special(processor, old, new);
	processor->active_thread = new;
	processor->machine.tss.esp0 = (uintptr_t)(&new->pcb.regs + 1);
	return processor;
}

/*
 * machine_switch when old gives its stack to new, or the stack is switched
 * next: only the threads' own state.  Interrupts off.
 */
static inline __attribute__((always_inline)) void
machine_switch_no_stack(struct thread *old, struct thread *new)
{
	struct processor *processor = machine_switch_thread(old, new);

	if (new->task != old->task)
		pmap_switch(processor, new->task->map->pmap);
}

/* The same between two threads of user tasks. */
static inline __attribute__((always_inline)) void
machine_switch_user(struct thread *old, struct thread *new)
{
	struct processor *processor = machine_switch_thread(old, new);

	if (new->task != old->task)
		pmap_switch_user(processor, new->task->map->pmap);
}

#endif
