/*
 * i386/mp.c - start the other processors, one after the other.
 *
 * Owns:       the trampoline's page; the start-up stack, which the boot
 *             processor has left and one starting processor has at a time.
 * Locks:      none: the starting thread waits for each processor.
 * Source:     Intel SDM volume 3, 8.4; ACPI specification, MADT.
 */
#include <kern/debug.h>
#include <kern/processor.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/thread_internal.h>
#include <kern/types.h>
#include <kern/zone.h>
#include <machine/acpi.h>
#include <machine/apic.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/machine.h>
#include <machine/mp.h>
#include <machine/pmap.h>
#include <machine/regs.h>
#include <machine/seg.h>

#define INIT_US		10000u
#define STARTUP_US	200u
#define WAIT_US		10000u
#define WAITS		200u		/* two seconds in all */

void	processor_main(void) __attribute__((noreturn));

extern const char trampoline_start[], trampoline_end[];

/* Who is starting; written before it is sent on its way. */
static struct processor *volatile starting;

/* On the start-up stack, in boot.S's tables, interrupts off. */
void
processor_main(void)
{
	struct processor *self = starting;

	seg_init_processor(self);
	cpu_enable_features();
	cr3_write(pmap_kernel_cr3);
	seg_set_kernel_cr3(self, pmap_kernel_cr3);
	lapic_init();
	pmap_processor_init();		/* shootdowns come from here on */
	lapic_timer_start();
	sched_processor_start();
}

static void
processor_start(struct processor *processor)
{
	uint8_t apic_id = processor->machine.apic_id;

	starting = processor;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	lapic_send_init(apic_id);
	delay_us(INIT_US);
	for (unsigned i = 0; i < 2 && !processor->running; i++) {
		lapic_send_startup(apic_id, TRAMPOLINE_ADDRESS);
		delay_us(STARTUP_US);
	}
	for (unsigned i = 0; i < WAITS && !processor->running; i++)
		delay_us(WAIT_US);
	if (!processor->running)
		panic("processor %u (APIC %u) does not start",
		    processor->number, apic_id);
}

static void
processor_make(uint8_t apic_id)
{
	struct processor *processor = kalloc_zero(sizeof(*processor));

	if (processor == NULL)
		panic("no memory for a processor");
	processor->machine.apic_id = apic_id;
	processor_add(processor);
	processor->machine.bit = 1u << processor->number;
	idle_thread_create(processor);
	processor_start(processor);
}

/* The word smp=N bounds the number of processors; nosmp is smp=1. */
static unsigned
processors_wanted(void)
{
	char value[8];
	unsigned wanted = 0;

	if (boot_flag("nosmp"))
		return 1;
	if (boot_option("smp", value, sizeof(value)) == NULL)
		return MAX_PROCESSORS;
	for (const char *p = value; *p >= '0' && *p <= '9'; p++)
		wanted = wanted * 10 + (unsigned)(*p - '0');
	return min_of(wanted, MAX_PROCESSORS);
}

void
machine_start_processors(void)
{
	unsigned wanted = processors_wanted();
	uint8_t self = current_processor()->machine.apic_id;

	if (!apic_in_use)
		return;
	memcpy(phys_to_direct(TRAMPOLINE_ADDRESS), trampoline_start,
	    (size_t)(trampoline_end - trampoline_start));
	for (unsigned i = 0; i < acpi_info.processor_count &&
	    processor_count < wanted; i++)
		if (acpi_info.apic_ids[i] != self)
			processor_make(acpi_info.apic_ids[i]);
}
