/*
 * i386/apic.h - local APICs and I/O APICs.
 */
#ifndef I386_APIC_H
#define I386_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Whether APICs are in use; fixed by apic_init.  False: the 8259s are. */
extern bool apic_in_use;

/* Map and set up what acpi_info names; on the boot processor. */
void	apic_init(void);
/* Set up this processor's own. */
void	lapic_init(void);
void	lapic_eoi(void);
uint8_t	lapic_id(void);

/* Interrupt a processor, by its number, with a vector (regs.h VEC_*). */
void	lapic_send_ipi(unsigned processor, unsigned vector);
/*
 * A non-maskable interrupt to all running processors but this: one that was
 * never started would take it through the firmware's vectors.
 */
void	lapic_send_nmi_others(void);
/* The start-up protocol, to a processor that has no number yet. */
void	lapic_send_init(uint8_t apic_id);
void	lapic_send_startup(uint8_t apic_id, uint32_t page);

/* Timer: counts of a tick, and interrupts at each from now on. */
void	lapic_timer_calibrate(void);
void	lapic_timer_start(void);

/* Line irq (ISA's numbers below 16) of the I/O APICs to the boot processor. */
void	ioapic_set_mask(unsigned irq, bool masked);

#endif
