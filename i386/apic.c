/*
 * i386/apic.c - local APICs, I/O APICs, interrupts between processors.
 *
 * Owns:       the APICs' registers.  A local APIC is its processor's alone.
 * Locks:      I/O APICs: the caller's (intr.c), interrupts off.  Sending an
 *             interrupt takes two writes: interrupts off in between.
 * Source:     Intel SDM volume 3, chapter 10; Intel 82093AA data sheet.
 */
#include <kern/debug.h>
#include <kern/processor.h>
#include <kern/timer.h>
#include <kern/types.h>
#include <machine/acpi.h>
#include <machine/apic.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/intr.h>
#include <machine/machine.h>
#include <machine/pmap.h>
#include <machine/regs.h>

/* Registers of a local APIC, in words. */
enum {
	LAPIC_ID	= 0x020 / 4,
	LAPIC_TASK_PRI	= 0x080 / 4,
	LAPIC_EOI	= 0x0b0 / 4,
	LAPIC_SPURIOUS	= 0x0f0 / 4,
	LAPIC_ERROR	= 0x280 / 4,
	LAPIC_ICR_LOW	= 0x300 / 4,
	LAPIC_ICR_HIGH	= 0x310 / 4,
	LAPIC_TIMER	= 0x320 / 4,
	LAPIC_LINT0	= 0x350 / 4,
	LAPIC_LINT1	= 0x360 / 4,
	LAPIC_LVT_ERROR	= 0x370 / 4,
	LAPIC_INITIAL	= 0x380 / 4,
	LAPIC_CURRENT	= 0x390 / 4,
	LAPIC_DIVIDE	= 0x3e0 / 4,
};

#define LAPIC_SIZE	PAGE_SIZE
#define SPURIOUS_ENABLE	0x100u
#define LVT_MASKED	0x10000u
#define LVT_PERIODIC	0x20000u
#define LVT_NMI		0x400u
#define DIVIDE_BY_16	0x3u
#define APIC_BASE_ENABLE 0x800u
#define APIC_BASE_MSRS	0x400u		/* x2APIC */
#define ICR_PENDING	0x1000u
#define ICR_ASSERT	0x4000u
#define ICR_NMI		0x400u
#define ICR_INIT	0x500u
#define ICR_STARTUP	0x600u
#define ICR_SPINS	1000000u	/* an APIC that never sends */
#define CALIBRATE_US	20000u

/* An I/O APIC: an index register and a window, then two words for each line. */
#define IOAPIC_SIZE	0x20u
#define IOAPIC_WINDOW	4		/* in words from the index register */
#define IOAPIC_VERSION	1
#define IOAPIC_LINE(n)	(0x10 + 2 * (n))
#define LINE_MASKED	0x10000u
#define LINE_LEVEL	0x8000u
#define LINE_LOW	0x2000u

bool apic_in_use;

static volatile uint32_t *lapic;	/* the same address on each processor */
static uint32_t timer_count;		/* of a tick */
static uint8_t boot_apic_id;

/* Fixed after apic_init. */
static struct {
	volatile uint32_t *registers;
	uint32_t first, count;
} ioapics[ACPI_IOAPICS_MAX];

/* Where each of intr.c's lines is; fixed after apic_init. */
static struct {
	volatile uint32_t *registers;	/* NULL: nowhere */
	uint32_t line;
	uint32_t low;			/* what its first word says, unmasked */
} irq_lines[INTR_LINES];

static uint32_t
ioapic_read(volatile uint32_t *registers, uint32_t index)
{
	registers[0] = index;
	return registers[IOAPIC_WINDOW];
}

static void
ioapic_write(volatile uint32_t *registers, uint32_t index, uint32_t value)
{
	registers[0] = index;
	registers[IOAPIC_WINDOW] = value;
}

static void
ioapic_map(unsigned i)
{
	volatile uint32_t *r = pmap_map_device(acpi_info.ioapics[i].address,
	    IOAPIC_SIZE);

	ioapics[i].registers = r;
	ioapics[i].first = acpi_info.ioapics[i].first;
	ioapics[i].count = ((ioapic_read(r, IOAPIC_VERSION) >> 16) & 0xff) + 1;
	for (unsigned n = 0; n < ioapics[i].count; n++)
		ioapic_write(r, IOAPIC_LINE(n), LINE_MASKED);
}

/* Point one of our lines to its place, masked. */
static void
irq_line_find(unsigned irq, uint32_t global, uint32_t flags)
{
	for (unsigned i = 0; i < acpi_info.ioapic_count; i++) {
		uint32_t line = global - ioapics[i].first;

		if (line >= ioapics[i].count)
			continue;
		irq_lines[irq].registers = ioapics[i].registers;
		irq_lines[irq].line = line;
		irq_lines[irq].low = (VEC_IRQ_BASE + irq) |
		    ((flags & ACPI_ACTIVE_LOW) ? LINE_LOW : 0) |
		    ((flags & ACPI_LEVEL) ? LINE_LEVEL : 0);
		ioapic_write(ioapics[i].registers, IOAPIC_LINE(line) + 1,
		    (uint32_t)boot_apic_id << 24);
	}
}

/* Lines beyond ISA's are PCI's. */
static void
irq_lines_find(void)
{
	for (unsigned irq = 0; irq < ACPI_ISA_LINES; irq++)
		irq_line_find(irq, acpi_info.isa[irq].global,
		    acpi_info.isa[irq].flags);
	for (unsigned irq = ACPI_ISA_LINES; irq < INTR_LINES; irq++)
		irq_line_find(irq, irq, ACPI_ACTIVE_LOW | ACPI_LEVEL);
}

void
ioapic_set_mask(unsigned irq, bool masked)
{
	if (irq_lines[irq].registers != NULL)
		ioapic_write(irq_lines[irq].registers,
		    IOAPIC_LINE(irq_lines[irq].line),
		    irq_lines[irq].low | (masked ? LINE_MASKED : 0));
}

void
apic_init(void)
{
	if (!cpu_features.apic || !acpi_info.has_madt || boot_flag("noapic"))
		return;
	lapic = pmap_map_device(acpi_info.lapic, LAPIC_SIZE);
	lapic_init();
	boot_apic_id = lapic_id();
	current_processor()->machine.apic_id = boot_apic_id;
	for (unsigned i = 0; i < acpi_info.ioapic_count; i++)
		ioapic_map(i);
	irq_lines_find();
	apic_in_use = true;
}

void
lapic_init(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	/* Registers in memory, not as MSRs: by way of off, the one way back. */
	if (base & APIC_BASE_MSRS)
		msr_write(MSR_APIC_BASE,
		    base & ~(uint64_t)(APIC_BASE_MSRS | APIC_BASE_ENABLE));
	msr_write(MSR_APIC_BASE,
	    (base & ~(uint64_t)APIC_BASE_MSRS) | APIC_BASE_ENABLE);
	lapic[LAPIC_SPURIOUS] = SPURIOUS_ENABLE | VEC_SPURIOUS;
	lapic[LAPIC_TASK_PRI] = 0;
	lapic[LAPIC_TIMER] = LVT_MASKED;
	lapic[LAPIC_LINT0] = LVT_MASKED;
	lapic[LAPIC_LINT1] = LVT_NMI;
	lapic[LAPIC_LVT_ERROR] = LVT_MASKED;
	lapic[LAPIC_EOI] = 0;
}

void
lapic_eoi(void)
{
	lapic[LAPIC_EOI] = 0;
}

uint8_t
lapic_id(void)
{
	return (uint8_t)(lapic[LAPIC_ID] >> 24);
}

static void
icr_write(uint8_t apic_id, uint32_t low)
{
	bool were_on = intr_disable();
	unsigned spins = ICR_SPINS;

	while ((lapic[LAPIC_ICR_LOW] & ICR_PENDING) && spins-- > 0)
		cpu_relax();
	lapic[LAPIC_ICR_HIGH] = (uint32_t)apic_id << 24;
	lapic[LAPIC_ICR_LOW] = low;
	intr_restore(were_on);
}

void
lapic_send_ipi(unsigned processor, unsigned vector)
{
	icr_write(processors[processor]->machine.apic_id, ICR_ASSERT | vector);
}

void
lapic_send_nmi_others(void)
{
	uint8_t self = lapic_id();

	for (unsigned i = 0; i < processor_count; i++)
		if (processors[i]->running &&
		    processors[i]->machine.apic_id != self)
			icr_write(processors[i]->machine.apic_id,
			    ICR_ASSERT | ICR_NMI);
}

void
lapic_send_init(uint8_t apic_id)
{
	icr_write(apic_id, ICR_ASSERT | ICR_INIT);
}

void
lapic_send_startup(uint8_t apic_id, uint32_t page)
{
	icr_write(apic_id, ICR_ASSERT | ICR_STARTUP | page >> PAGE_SHIFT);
}

void
lapic_timer_calibrate(void)
{
	uint32_t counted, rest;

	lapic[LAPIC_DIVIDE] = DIVIDE_BY_16;
	lapic[LAPIC_INITIAL] = 0xffffffff;
	delay_us(CALIBRATE_US);
	counted = 0xffffffff - lapic[LAPIC_CURRENT];
	lapic[LAPIC_INITIAL] = 0;
	timer_count = (uint32_t)divide_u64((uint64_t)counted * TICK_US,
	    CALIBRATE_US, &rest);
	if (timer_count == 0)
		panic("the local APIC's timer does not count");
}

void
lapic_timer_start(void)
{
	lapic[LAPIC_DIVIDE] = DIVIDE_BY_16;
	lapic[LAPIC_TIMER] = LVT_PERIODIC | VEC_APIC_TIMER;
	lapic[LAPIC_INITIAL] = timer_count;
}
