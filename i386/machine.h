/*
 * i386/machine.h - what the machine-independent kernel asks of this one;
 * included as <machine/machine.h>.  Beside it: cpu.h, pcb.h, boot_info.h,
 * vm/pmap.h.
 */
#ifndef I386_MACHINE_H
#define I386_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <kern/types.h>

/*
 * The machine calls kernel_main() on the boot processor's start-up stack, in
 * the kernel's final page tables, interrupts off, when memory_ranges,
 * boot_modules and kprintf work.
 */
void	kernel_main(void) __attribute__((noreturn));

/*
 * Interrupt controllers, clock and console input.  After vm_init, zones and
 * clock_bootstrap; interrupts may be taken from the first intr_restore on.
 */
void	machine_init_late(void);
/*
 * Start the other processors; each ends in sched_processor_start.  Called
 * by a thread, interrupts on, when the scheduler runs.
 */
void	machine_start_processors(void);
/*
 * Find disks and give them to device/disk.h.  Called by a thread, interrupts
 * on, before any task runs.
 */
void	machine_disks_start(void);

/*
 * What the machine or the operator gave cannot be started; why is one line.
 * No panic: there is nothing in the kernel to look for.
 */
void	machine_boot_failed(const char *why) __attribute__((noreturn));

/* Name of the processor for the start-up message, from CPUID. */
const char *machine_cpu_name(void);

/* Value of a word "name=value" of the kernel's command line, or NULL. */
const char *boot_option(const char *name, char *buf, size_t size);
/* Whether the word stands on the kernel's command line. */
bool	boot_flag(const char *word);

#endif
