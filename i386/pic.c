/*
 * i386/pic.c - the pair of 8259 interrupt controllers.
 *
 * Owns:       the controllers' masks.  Where there are APICs, all is masked.
 * Locks:      the caller's (intr.c), interrupts off.
 */
#include <machine/intr.h>
#include <machine/regs.h>

#define PIC_FIRST	0x20		/* command port; data is the next */
#define PIC_SECOND	0xa0
#define ICW1_INIT	0x11
#define ICW4_8086	0x01
#define CASCADE		2		/* line of the first with the second */
#define EOI		0x20
#define READ_SERVICED	0x0b

static uint16_t mask = 0xffff & ~(1u << CASCADE);

static void
write_mask(void)
{
	outb(PIC_FIRST + 1, (uint8_t)mask);
	outb(PIC_SECOND + 1, (uint8_t)(mask >> 8));
}

void
pic_init(void)
{
	outb(PIC_FIRST, ICW1_INIT);
	outb(PIC_SECOND, ICW1_INIT);
	outb(PIC_FIRST + 1, VEC_IRQ_BASE);
	outb(PIC_SECOND + 1, VEC_IRQ_BASE + 8);
	outb(PIC_FIRST + 1, 1u << CASCADE);
	outb(PIC_SECOND + 1, CASCADE);
	outb(PIC_FIRST + 1, ICW4_8086);
	outb(PIC_SECOND + 1, ICW4_8086);
	write_mask();
}

void
pic_set_mask(unsigned irq, bool masked)
{
	if (masked)
		mask |= (uint16_t)(1u << irq);
	else
		mask &= (uint16_t)~(1u << irq);
	write_mask();
}

/* Line 7 of each rises by itself when a request goes away too early. */
static bool
spurious(uint16_t pic)
{
	outb(pic, READ_SERVICED);
	return !(inb(pic) & 0x80);
}

bool
pic_acknowledge(unsigned irq)
{
	if (irq == 7 && spurious(PIC_FIRST))
		return false;
	if (irq >= 8) {
		bool real = irq != 15 || !spurious(PIC_SECOND);

		if (real)
			outb(PIC_SECOND, EOI);
		outb(PIC_FIRST, EOI);	/* the cascade's own */
		return real;
	}
	outb(PIC_FIRST, EOI);
	return true;
}
