/*
 * i386/serial.c - a 16550 as the console: polled output, input by interrupt.
 *
 * Owns:       one serial port, chosen at boot.
 * Locks:      output is serialised by the console lock; input runs on the
 *             port's interrupt only.
 */
#include <device/console.h>
#include <kern/types.h>
#include <machine/console.h>
#include <machine/intr.h>
#include <machine/regs.h>

/* Registers, from the port's base. */
enum {
	SERIAL_DATA,			/* divisor, low, when DLAB is set */
	SERIAL_INTR_ENABLE,		/* divisor, high */
	SERIAL_FIFO,
	SERIAL_LINE,
	SERIAL_MODEM,
	SERIAL_STATUS,
	SERIAL_MODEM_STATUS,
	SERIAL_SCRATCH,
};

#define INTR_RECEIVED	0x01
#define FIFO_ON		0x07		/* enabled, both cleared */
#define LINE_8N1	0x03
#define LINE_DLAB	0x80
#define MODEM_ON	0x0b		/* DTR, RTS, interrupts to the bus */
#define STATUS_RECEIVED	0x01
#define STATUS_ROOM	0x20
#define STATUS_NONE	0xff		/* what an empty bus reads */
#define DIVISOR_115200	1
#define OUTPUT_SPINS	100000u		/* a line that never drains */
#define INPUT_BURST	64u		/* characters for one interrupt */

static const struct {
	uint16_t base;
	uint8_t	 irq;
} serial_ports[] = {
	{ 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
};

static uint16_t base;			/* 0: none */
static uint8_t irq;

bool
serial_init(unsigned port)
{
	uint16_t at;

	if (port >= array_count(serial_ports))
		return false;
	at = serial_ports[port].base;
	outb(at + SERIAL_SCRATCH, 0x5a);
	if (inb(at + SERIAL_SCRATCH) != 0x5a)
		return false;
	base = at;
	irq = serial_ports[port].irq;
	outb(base + SERIAL_INTR_ENABLE, 0);
	outb(base + SERIAL_LINE, LINE_DLAB);
	outb(base + SERIAL_DATA, DIVISOR_115200);
	outb(base + SERIAL_INTR_ENABLE, 0);
	outb(base + SERIAL_LINE, LINE_8N1);
	outb(base + SERIAL_FIFO, FIFO_ON);
	outb(base + SERIAL_MODEM, MODEM_ON);
	return true;
}

void
serial_putc(char c)
{
	unsigned spins = OUTPUT_SPINS;

	while (!(inb(base + SERIAL_STATUS) & STATUS_ROOM) && spins-- > 0)
		cpu_relax();
	outb(base + SERIAL_DATA, (uint8_t)c);
}

/* A character that has come in, or -1. */
static int
serial_poll(void)
{
	uint8_t status = inb(base + SERIAL_STATUS);

	if (status == STATUS_NONE || !(status & STATUS_RECEIVED))
		return -1;
	return inb(base + SERIAL_DATA);
}

static void
serial_interrupt(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < INPUT_BURST; i++) {
		int c = serial_poll();

		if (c < 0)
			return;
		console_input(c);
	}
}

void
serial_input_start(void)
{
	intr_establish(irq, serial_interrupt, NULL);
	outb(base + SERIAL_INTR_ENABLE, INTR_RECEIVED);
}
