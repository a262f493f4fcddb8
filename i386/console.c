/*
 * i386/console.c - which devices the console is.
 *
 * Owns:       the choice, fixed at boot: console=comN, console=vga, or both
 *             the screen and the first serial line when nothing is said.
 * Locks:      callers of machine_console_putc take turns (kern/printf.c).
 */
#include <kern/console.h>
#include <kern/string.h>
#include <machine/console.h>
#include <machine/machine.h>

static bool use_serial, use_vga;

void
console_choose(void)
{
	char name[16];

	if (boot_option("console", name, sizeof(name)) == NULL) {
		use_serial = serial_init(0);
		use_vga = true;
	} else if (strncmp(name, "com", 3) == 0 && name[3] >= '0' &&
	    name[3] <= '3') {
		use_serial = serial_init((unsigned)(name[3] - '0'));
		use_vga = !use_serial;
	} else {
		use_vga = true;
	}
	if (use_vga)
		vga_init();
}

void
machine_console_putc(int c)
{
	if (use_serial) {
		if (c == '\n')
			serial_putc('\r');
		serial_putc((char)c);
	}
	if (use_vga)
		vga_putc((char)c);
}

void
console_input_start(void)
{
	if (use_serial)
		serial_input_start();
	if (use_vga)
		keyboard_start();
}
