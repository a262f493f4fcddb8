/*
 * i386/thread_state.c - a thread's registers as the interface shows them.
 *
 * Owns:       nothing; the thread is stopped or the current one.
 * Locks:      none; callers come one at a time, by thread_state_begin.
 * Invariant:  no state that can be set gives a thread more than user mode:
 *             what selectors cannot be loaded becomes its exception on the
 *             way out (trap.c).
 */
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/types.h>
#include <mach/i386/thread_status.h>
#include <machine/debug_regs.h>
#include <machine/fpu.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/seg.h>

#define FLAVOR_LIST	0		/* THREAD_STATE_FLAVOR_LIST */
#define FLAVOR_COUNT	4u

/* Flags that a user chooses; interrupts stay on, all else off. */
#define EFLAGS_USER	(EFL_CF | EFL_PF | EFL_AF | EFL_ZF | EFL_SF | \
			 EFL_TF | EFL_DF | EFL_OF | EFL_AC | EFLAGS_ID)

static void
general_get(const struct trap_frame *regs, struct i386_thread_state *state)
{
	state->gs = regs->gs & 0xffff;
	state->fs = regs->fs & 0xffff;
	state->es = regs->es & 0xffff;
	state->ds = regs->ds & 0xffff;
	state->edi = regs->edi;
	state->esi = regs->esi;
	state->ebp = regs->ebp;
	state->esp = 0;
	state->ebx = regs->ebx;
	state->edx = regs->edx;
	state->ecx = regs->ecx;
	state->eax = regs->eax;
	state->eip = regs->eip;
	state->cs = seg_shown(regs->cs);
	state->efl = regs->eflags;
	state->uesp = regs->esp;
	state->ss = seg_shown(regs->ss);
}

/* All but the selectors. */
static void
general_set(struct trap_frame *regs, const struct i386_thread_state *state)
{
	regs->edi = state->edi;
	regs->esi = state->esi;
	regs->ebp = state->ebp;
	regs->ebx = state->ebx;
	regs->edx = state->edx;
	regs->ecx = state->ecx;
	regs->eax = state->eax;
	regs->eip = state->eip;
	regs->eflags = (state->efl & EFLAGS_USER) | EFLAGS_ONE | EFLAGS_IF;
	regs->esp = state->uesp;
	regs->trapno = 0;		/* not by SYSEXIT, whatever it came by */
}

static kern_return_t
thread_state_set(struct trap_frame *regs,
    const struct i386_thread_state *state)
{
	general_set(regs, state);
	regs->cs = USER_CS;
	regs->ss = regs->ds = regs->es = regs->fs = regs->gs = USER_DS;
	return KERN_SUCCESS;
}

static bool
user_selector(uint32_t selector)
{
	return (selector & 0xffff & ~SEL_RPL) != 0 &&
	    (selector & SEL_RPL) == SEL_RPL;
}

static kern_return_t
regs_segs_set(struct trap_frame *regs, const struct i386_thread_state *state)
{
	if (!user_selector(state->cs) || !user_selector(state->ss))
		return KERN_INVALID_ARGUMENT;
	general_set(regs, state);
	regs->cs = state->cs & 0xffff;
	regs->ss = state->ss & 0xffff;
	regs->ds = state->ds & 0xffff;
	regs->es = state->es & 0xffff;
	regs->fs = state->fs & 0xffff;
	regs->gs = state->gs & 0xffff;
	return KERN_SUCCESS;
}

static const unsigned flavor_words[] = {
	[FLAVOR_LIST] = FLAVOR_COUNT,
	[i386_THREAD_STATE] = i386_THREAD_STATE_COUNT,
	[i386_FLOAT_STATE] = i386_FLOAT_STATE_COUNT,
	[i386_ISA_PORT_MAP_STATE] = i386_ISA_PORT_MAP_STATE_COUNT,
	[i386_V86_ASSIST_STATE] = i386_V86_ASSIST_STATE_COUNT,
	[i386_REGS_SEGS_STATE] = i386_REGS_SEGS_STATE_COUNT,
	[i386_DEBUG_STATE] = i386_DEBUG_STATE_COUNT,
};

static bool
flavor_fits(int flavor, unsigned count)
{
	return flavor >= 0 && flavor < (int)array_count(flavor_words) &&
	    count >= flavor_words[flavor];
}

kern_return_t
machine_thread_get_state(struct thread *thread, int flavor, uint32_t *state,
    unsigned *count)
{
	struct pcb *pcb = &thread->pcb;
	void *out = state;

	if (!flavor_fits(flavor, *count))
		return KERN_INVALID_ARGUMENT;
	*count = flavor_words[flavor];
	switch (flavor) {
	case FLAVOR_LIST:
		for (unsigned i = 0; i < FLAVOR_COUNT; i++)
			state[i] = i + 1;
		break;
	case i386_THREAD_STATE:
	case i386_REGS_SEGS_STATE:
		general_get(&pcb->regs, out);
		break;
	case i386_FLOAT_STATE:
		fpu_get_state(pcb, out);
		break;
	case i386_ISA_PORT_MAP_STATE:
		memset(out, 0xff, sizeof(struct i386_isa_port_map_state));
		break;
	case i386_V86_ASSIST_STATE:
		memset(out, 0, sizeof(struct i386_v86_assist_state));
		break;
	case i386_DEBUG_STATE:
		debug_regs_get(pcb, out);
		break;
	}
	return KERN_SUCCESS;
}

kern_return_t
machine_thread_set_state(struct thread *thread, int flavor,
    const uint32_t *state, unsigned count)
{
	struct pcb *pcb = &thread->pcb;
	const void *in = state;

	if (!flavor_fits(flavor, count))
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case i386_THREAD_STATE:
		return thread_state_set(&pcb->regs, in);
	case i386_REGS_SEGS_STATE:
		return regs_segs_set(&pcb->regs, in);
	case i386_FLOAT_STATE:
		return fpu_set_state(pcb, in);
	case i386_ISA_PORT_MAP_STATE:
		return KERN_SUCCESS;	/* accepted and ignored, as on GNU */
	case i386_DEBUG_STATE:
		return debug_regs_set(thread, in);
	}
	return KERN_INVALID_ARGUMENT;	/* no virtual 8086 mode */
}
