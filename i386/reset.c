/*
 * i386/reset.c - host_reboot: stop the machine or start it anew.
 *
 * Owns:       nothing; the last thing that runs.
 */
#include <kern/console.h>
#include <kern/debug.h>
#include <kern/host.h>
#include <kern/types.h>
#include <mach/host_reboot.h>
#include <machine/acpi.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/machine.h>
#include <machine/panic.h>
#include <machine/regs.h>
#include <machine/reset.h>

#define KBD_COMMAND	0x64
#define KBD_BUSY	0x02
#define KBD_RESET	0xfe
#define KBD_SPINS	100000u
#define SETTLE_US	50000u

void
qemu_exit(uint32_t code)
{
	if (boot_flag("qemu-exit"))
		outl(QEMU_EXIT_PORT, code);
}

static void
keyboard_reset(void)
{
	unsigned spins = KBD_SPINS;

	while ((inb(KBD_COMMAND) & KBD_BUSY) && spins-- > 0)
		cpu_relax();
	outb(KBD_COMMAND, KBD_RESET);
}

/* An exception without an interrupt table shuts the processor down. */
static void
triple_fault(void)
{
	static const uint64_t no_table;

	__asm__ volatile("lidt %0; int3" : : "m" (no_table));
}

void
machine_boot_failed(const char *why)
{
	kprintf("%s\n", why);
	qemu_exit(QEMU_EXIT_REFUSED);
	cpu_halt_all();
}

void
machine_reboot(int options)
{
	(void)intr_disable();
	panic_stop_others();
	console_panic();		/* whoever was printing has stopped */
	if (options & RB_HALT) {
		kprintf("halted\n");
		qemu_exit(QEMU_EXIT_HALTED);
		cpu_halt_all();
	}
	qemu_exit(QEMU_EXIT_DONE);
	if (acpi_info.reset_port != 0) {
		outb(acpi_info.reset_port, acpi_info.reset_value);
		delay_us(SETTLE_US);
	}
	keyboard_reset();
	delay_us(SETTLE_US);
	triple_fault();
	cpu_halt_all();
}
