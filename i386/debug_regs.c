/*
 * i386/debug_regs.c - breakpoints by the debug registers, for user programs.
 *
 * Owns:       pcb->debug_regs and PCB_DEBUG in pcb->special.
 * Locks:      none; the processor's registers change with interrupts off.
 * Invariant:  only user addresses are watched; general detection, which
 *             would trap the kernel's own use, is never on.
 * Source:     Intel SDM volume 3, 17.2.
 */
#include <kern/thread.h>
#include <kern/types.h>
#include <mach/i386/thread_status.h>
#include <machine/cpu.h>
#include <machine/debug_regs.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/trap.h>

#define BREAKPOINTS	4u
#define DR6_REASONS	0x0000e00fu	/* breakpoints, single step, switch */
#define DR6_CLEAR	0xffff0ff0u
#define DR7_ENABLES	0x000000ffu
#define DR7_USER	0xffff03ffu	/* what a user may choose */
#define DR7_ONE		0x00000400u
#define RW_IO		2u		/* needs an extension: refused */
#define LENGTH_8	2u

/* Interrupts are off. */
static void
debug_regs_load(const struct pcb *pcb)
{
	if (pcb->special & PCB_DEBUG) {
		dr0_write(pcb->debug_regs[0]);
		dr1_write(pcb->debug_regs[1]);
		dr2_write(pcb->debug_regs[2]);
		dr3_write(pcb->debug_regs[3]);
		dr7_write(pcb->debug_regs[7] | DR7_ONE);
	} else {
		dr7_write(DR7_ONE);
	}
}

void
debug_regs_switch(const struct pcb *old, const struct pcb *new)
{
	if ((new->special | old->special) & PCB_DEBUG)
		debug_regs_load(new);
}

uint32_t
debug_trap_reasons(void)
{
	uint32_t reasons = dr6_read() & DR6_REASONS;

	dr6_write(DR6_CLEAR);
	current_thread()->pcb.debug_regs[6] = reasons;
	return reasons;
}

void
debug_regs_get(const struct pcb *pcb, struct i386_debug_state *state)
{
	for (unsigned i = 0; i < array_count(state->dr); i++)
		state->dr[i] = pcb->debug_regs[i];
}

static bool
breakpoint_ok(uint32_t address, uint32_t rw, uint32_t length)
{
	return rw != RW_IO && length != LENGTH_8 &&
	    address <= KERNEL_BASE - (length + 1);
}

kern_return_t
debug_regs_set(struct thread *thread, const struct i386_debug_state *state)
{
	struct pcb *pcb = &thread->pcb;
	uint32_t control = state->dr[7] & DR7_USER;
	bool were_on;

	for (unsigned i = 0; i < BREAKPOINTS; i++)
		if ((control & (3u << (2 * i))) && !breakpoint_ok(state->dr[i],
		    (control >> (16 + 4 * i)) & 3, (control >> (18 + 4 * i)) & 3))
			return KERN_INVALID_ARGUMENT;
	for (unsigned i = 0; i < BREAKPOINTS; i++)
		pcb->debug_regs[i] = state->dr[i];
	pcb->debug_regs[6] = state->dr[6] & DR6_REASONS;
	pcb->debug_regs[7] = control;
	were_on = intr_disable();
	if (control & DR7_ENABLES)
		pcb->special |= PCB_DEBUG;
	else
		pcb->special &= ~PCB_DEBUG;
	if (thread == current_thread())
		debug_regs_load(pcb);
	intr_restore(were_on);
	return KERN_SUCCESS;
}
