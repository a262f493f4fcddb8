/*
 * i386/intr.c - interrupt lines and vectors: who is called.
 *
 * Owns:       the handlers of the lines; set once each, before the line is
 *             unmasked.
 * Locks:      controller_lock (LOCK_TTY), interrupts off, around the
 *             controllers' registers; not held while a handler runs.
 */
#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/sched.h>
#include <kern/types.h>
#include <machine/acpi.h>
#include <machine/apic.h>
#include <machine/clock.h>
#include <machine/console.h>
#include <machine/fpu.h>
#include <machine/intr.h>
#include <machine/machine.h>
#include <machine/pcb.h>
#include <machine/pmap.h>
#include <machine/regs.h>
#include <machine/trap.h>

#define PIT_IRQ		0

static struct spinlock controller_lock = SPINLOCK_INIT(LOCK_TTY);

static struct {
	void	(*handler)(void *);
	void	 *arg;
} lines[INTR_LINES];

static void
set_mask(unsigned irq, bool masked)
{
	bool were_on = spin_lock_intr(&controller_lock);

	if (apic_in_use)
		ioapic_set_mask(irq, masked);
	else if (irq < 16)
		pic_set_mask(irq, masked);
	spin_unlock_intr(&controller_lock, were_on);
}

void
intr_mask(unsigned irq)
{
	set_mask(irq, true);
}

void
intr_unmask(unsigned irq)
{
	set_mask(irq, false);
}

void
intr_establish(unsigned irq, void (*handler)(void *), void *arg)
{
	assert(irq < INTR_LINES && lines[irq].handler == NULL);
	lines[irq].arg = arg;
	lines[irq].handler = handler;
	intr_unmask(irq);
}

void
intr_init(void)
{
	pic_init();
	acpi_find();
	apic_init();
}

static void
line_interrupt(unsigned irq, bool from_user)
{
	if (apic_in_use) {
		lapic_eoi();
	} else if (!pic_acknowledge(irq)) {
		return;
	} else if (irq == PIT_IRQ) {
		clock_tick(from_user);
		return;
	}
	if (lines[irq].handler != NULL)
		lines[irq].handler(lines[irq].arg);
}

void
interrupt(struct trap_frame *frame)
{
	uint32_t vector = frame->trapno;

	switch (vector) {
	case VEC_APIC_TIMER:
		lapic_eoi();
		clock_tick(trap_from_user(frame));
		break;
	case VEC_NUDGE:			/* the way out looks at thread->ast */
		lapic_eoi();
		sched_nudged();
		break;
	case VEC_SHOOTDOWN:
		lapic_eoi();
		pmap_shootdown_interrupt();
		break;
	case VEC_SPURIOUS:		/* wants no acknowledgement */
		break;
	default:
		if (vector - VEC_IRQ_BASE < INTR_LINES)
			line_interrupt(vector - VEC_IRQ_BASE,
			    trap_from_user(frame));
		else if (apic_in_use)	/* something the firmware left on */
			lapic_eoi();
	}
}

void
machine_init_late(void)
{
	fpu_init();
	intr_init();
	clock_start();
	console_input_start();
}
