/*
 * i386/fpu.c - the FPU, lazily: a thread's state is loaded when it first uses
 * the FPU after running elsewhere, and saved when it leaves the processor.
 *
 * Owns:       pcb->fpu and PCB_FPU_LIVE of the running thread.
 * Locks:      none; interrupts are off where registers and that bit change.
 * Invariant:  CR0.TS is clear exactly while the running thread's bit is set.
 *             No thread's state is in a processor it does not run on.
 * Source:     Intel SDM volume 1, chapters 8 and 10; volume 3, chapter 13.
 */
#include <kern/debug.h>
#include <kern/exception.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <mach/i386/thread_status.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/fpu.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/trap.h>

#define CONTROL_DEFAULT	0x037fu		/* all masked, 64-bit precision */
#define TAG_EMPTY	0xffffu
#define MXCSR_DEFAULT	0x1f80u
#define MXCSR_MASK_DEFAULT 0xffbfu	/* of a processor that shows none */
#define STATUS_ERRORS	0x3fu
#define TOP_SHIFT	11

/* FXSAVE's layout; without it the first 108 bytes are FSAVE's. */
struct fxsave {
	uint16_t control, status;
	uint8_t	 tags;			/* a bit each: not empty */
	uint8_t	 reserved;
	uint16_t opcode;
	uint32_t eip;
	uint16_t cs, reserved_2;
	uint32_t dp;
	uint16_t ds, reserved_3;
	uint32_t mxcsr, mxcsr_mask;
	struct {
		uint16_t word[5];
		uint16_t pad[3];
	} st[8];			/* top of stack first */
	uint8_t	 xmm[8][16];
	uint8_t	 pad[224];
};

/* FSAVE's. */
struct fsave {
	struct i386_fp_save save;
	struct i386_fp_regs regs;
};

struct fpu_state {
	union {
		struct fxsave fx;
		struct fsave f;
	};
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fpu_state) == 512, "architecture");

static struct zone *fpu_zone;
static uint32_t mxcsr_mask = MXCSR_MASK_DEFAULT;

static void
ts_set(void)
{
	cr0_write(cr0_read() | CR0_TS);
}

static void
state_init(struct fpu_state *s)
{
	memset(s, 0, sizeof(*s));
	if (cpu_features.fxsr) {
		s->fx.control = CONTROL_DEFAULT;
		s->fx.mxcsr = MXCSR_DEFAULT;
	} else {
		s->f.save.fp_control = CONTROL_DEFAULT;
		s->f.save.fp_tag = TAG_EMPTY;
	}
}

/* FNSAVE also initialises the FPU; nothing of the thread's is left there. */
static void
registers_save(struct fpu_state *s)
{
	if (cpu_features.fxsr)
		__asm__ volatile("fxsave %0" : "=m" (*s));
	else
		__asm__ volatile("fnsave %0; fwait" : "=m" (*s));
}

static void
registers_load(const struct fpu_state *s)
{
	if (cpu_features.fxsr)
		__asm__ volatile("fxrstor %0" : : "m" (*s));
	else
		__asm__ volatile("frstor %0" : : "m" (*s));
}

void
fpu_init(void)
{
	static struct fpu_state state;	/* the stack is not aligned so */
	bool were_on;

	fpu_zone = zone_create("fpu state", sizeof(struct fpu_state), 16);
	if (!cpu_features.fxsr)
		return;
	were_on = intr_disable();
	clts();
	registers_save(&state);
	ts_set();
	intr_restore(were_on);
	if (state.fx.mxcsr_mask != 0)
		mxcsr_mask = state.fx.mxcsr_mask;
}

void
fpu_save(struct pcb *pcb)
{
	if (!(pcb->special & PCB_FPU_LIVE))
		return;
	registers_save(pcb->fpu);
	pcb->special &= ~PCB_FPU_LIVE;
	ts_set();
}

void
fpu_free(struct pcb *pcb)
{
	assert(!(pcb->special & PCB_FPU_LIVE));
	if (pcb->fpu != NULL)
		zfree(fpu_zone, pcb->fpu);
	pcb->fpu = NULL;
}

/* Give pcb a state if it has none. */
static bool
state_make(struct pcb *pcb)
{
	struct fpu_state *s;

	if (pcb->fpu != NULL)
		return true;
	s = zalloc(fpu_zone);
	if (s == NULL)
		return false;
	state_init(s);
	if (pcb->fpu_control != 0) {
		if (cpu_features.fxsr)
			s->fx.control = pcb->fpu_control;
		else
			s->f.save.fp_control = pcb->fpu_control;
	}
	pcb->fpu = s;
	return true;
}

/* The thread uses the FPU for the first time since it runs here. */
void
fpu_not_available(void)
{
	struct pcb *pcb = &current_thread()->pcb;

	if (!state_make(pcb)) {
		intr_restore(true);
		exception(EXC_BAD_ACCESS, KERN_RESOURCE_SHORTAGE,
		    (long)pcb->regs.eip);
	}
	clts();
	registers_load(pcb->fpu);
	pcb->special |= PCB_FPU_LIVE;
}

static struct fpu_state *
state_in_memory(struct pcb *pcb)
{
	bool were_on = intr_disable();

	fpu_save(pcb);
	intr_restore(were_on);
	return pcb->fpu;
}

/*
 * The status word of a thread whose FPU has reported an error.  The FPU's own
 * error is cleared, or the thread could not go on.
 */
uint32_t
fpu_error_status(void)
{
	struct fpu_state *s = state_in_memory(&current_thread()->pcb);
	uint32_t status;

	if (s == NULL)
		return 0;
	if (cpu_features.fxsr) {
		status = s->fx.status;
		s->fx.status &= ~(uint16_t)(STATUS_ERRORS | 0x8080);
	} else {
		status = s->f.save.fp_status;
		s->f.save.fp_status &= ~(uint16_t)(STATUS_ERRORS | 0x8080);
	}
	current_thread()->pcb.fpu_error = status;
	return status;
}

void
fpu_inherit(struct pcb *parent, struct pcb *child)
{
	struct fpu_state *s = state_in_memory(parent);

	if (s == NULL)
		child->fpu_control = parent->fpu_control;
	else
		child->fpu_control = cpu_features.fxsr ? s->fx.control :
		    s->f.save.fp_control;
}

/* Two bits for each register, from its contents: FSAVE's tag word. */
static uint16_t
tags_full(const struct fxsave *fx)
{
	unsigned top = (fx->status >> TOP_SHIFT) & 7;
	uint16_t full = 0;

	for (unsigned i = 0; i < 8; i++) {
		const uint16_t *w = fx->st[(i - top) & 7].word;
		uint16_t exponent = w[4] & 0x7fff;
		bool zero = (w[0] | w[1] | w[2] | w[3]) == 0;
		unsigned tag = 2;		/* special */

		if (!(fx->tags & (1u << i)))
			tag = 3;		/* empty */
		else if (exponent == 0 && zero)
			tag = 1;
		else if (exponent != 0 && exponent != 0x7fff &&
		    (w[3] & 0x8000))
			tag = 0;		/* valid */
		full |= (uint16_t)(tag << (2 * i));
	}
	return full;
}

static uint8_t
tags_short(uint16_t full)
{
	uint8_t tags = 0;

	for (unsigned i = 0; i < 8; i++)
		if (((full >> (2 * i)) & 3) != 3)
			tags |= (uint8_t)(1u << i);
	return tags;
}

static void
fsave_from_fxsave(struct fsave *f, const struct fxsave *fx)
{
	memset(f, 0, sizeof(*f));
	f->save.fp_control = fx->control;
	f->save.fp_status = fx->status;
	f->save.fp_tag = tags_full(fx);
	f->save.fp_eip = fx->eip;
	f->save.fp_cs = seg_shown(fx->cs);
	f->save.fp_opcode = fx->opcode;
	f->save.fp_dp = fx->dp;
	f->save.fp_ds = fx->ds;
	for (unsigned i = 0; i < 8; i++)
		memcpy(f->regs.fp_reg_word[i], fx->st[i].word, 10);
}

/* The SSE part stays as it is. */
static void
fxsave_from_fsave(struct fxsave *fx, const struct fsave *f)
{
	fx->control = f->save.fp_control;
	fx->status = f->save.fp_status;
	fx->tags = tags_short(f->save.fp_tag);
	fx->eip = f->save.fp_eip;
	fx->cs = f->save.fp_cs;
	fx->opcode = f->save.fp_opcode;
	fx->dp = f->save.fp_dp;
	fx->ds = f->save.fp_ds;
	for (unsigned i = 0; i < 8; i++)
		memcpy(fx->st[i].word, f->regs.fp_reg_word[i], 10);
	fx->mxcsr &= mxcsr_mask;
}

void
fpu_get_state(struct pcb *pcb, struct i386_float_state *state)
{
	struct fpu_state *s = state_in_memory(pcb);
	struct fsave f;

	memset(state, 0, sizeof(*state));
	state->fpkind = cpu_features.fxsr ? FP_387FX : FP_387;
	state->exc_status = (int)pcb->fpu_error;
	if (s == NULL)
		return;
	state->initialized = 1;
	if (cpu_features.fxsr)
		fsave_from_fxsave(&f, &s->fx);
	else
		f = s->f;
	memcpy(state->hw_state, &f, sizeof(state->hw_state));
}

kern_return_t
fpu_set_state(struct pcb *pcb, const struct i386_float_state *state)
{
	struct fsave f;

	(void)state_in_memory(pcb);
	if (!state->initialized) {
		fpu_free(pcb);
		return KERN_SUCCESS;
	}
	if (!state_make(pcb))
		return KERN_RESOURCE_SHORTAGE;
	memcpy(&f, state->hw_state, sizeof(f));
	if (cpu_features.fxsr)
		fxsave_from_fsave(&pcb->fpu->fx, &f);
	else
		pcb->fpu->f = f;
	return KERN_SUCCESS;
}
