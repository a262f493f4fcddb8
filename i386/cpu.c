/*
 * i386/cpu.c - what cpu.h promises and takes more than an instruction or two.
 *
 * Owns:       nothing.
 */
#include <kern/processor.h>
#include <machine/apic.h>
#include <machine/cpu.h>
#include <machine/panic.h>
#include <machine/pmap.h>
#include <machine/regs.h>

int
cpu_number(void)
{
	return (int)current_processor()->number;
}

void
cpu_spin_wait(void)
{
	cpu_relax();
	if (!intr_enabled())
		pmap_shootdown_poll();
}

/* The instruction after sti is reached before any interrupt. */
void
cpu_idle(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

void
cpu_nudge(struct processor *processor)
{
	if (apic_in_use && processor != current_processor())
		lapic_send_ipi(processor->number, VEC_NUDGE);
}

void
cpu_halt_all(void)
{
	(void)intr_disable();
	panic_stop_others();
	for (;;)
		__asm__ volatile("hlt");
}
