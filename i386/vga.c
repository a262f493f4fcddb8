/*
 * i386/vga.c - the text screen: 80 by 25 characters at a fixed address.
 *
 * Owns:       the frame buffer and the cursor.
 * Locks:      the console lock.
 */
#include <kern/string.h>
#include <kern/types.h>
#include <machine/console.h>
#include <machine/cpu.h>
#include <machine/regs.h>

#define VGA_TEXT	0xb8000
#define COLUMNS		80u
#define ROWS		25u
#define CELLS		(COLUMNS * ROWS)
#define TAB		8u
#define BLANK		0x0720u		/* grey on black space */
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR_HIGH 14
#define CRTC_CURSOR_LOW	15

static volatile uint16_t *const screen =
    (volatile uint16_t *)phys_to_direct(VGA_TEXT);
static unsigned cursor;			/* cell */

static void
cursor_show(void)
{
	outb(CRTC_INDEX, CRTC_CURSOR_HIGH);
	outb(CRTC_DATA, (uint8_t)(cursor >> 8));
	outb(CRTC_INDEX, CRTC_CURSOR_LOW);
	outb(CRTC_DATA, (uint8_t)cursor);
}

void
vga_init(void)
{
	for (unsigned i = 0; i < CELLS; i++)
		screen[i] = BLANK;
	cursor = 0;
	cursor_show();
}

static void
scroll(void)
{
	for (unsigned i = 0; i < CELLS - COLUMNS; i++)
		screen[i] = screen[i + COLUMNS];
	for (unsigned i = CELLS - COLUMNS; i < CELLS; i++)
		screen[i] = BLANK;
	cursor -= COLUMNS;
}

void
vga_putc(char c)
{
	switch (c) {
	case '\n':
		cursor += COLUMNS - cursor % COLUMNS;
		break;
	case '\r':
		cursor -= cursor % COLUMNS;
		break;
	case '\b':
		if (cursor % COLUMNS != 0)
			cursor--;
		break;
	case '\t':
		cursor += TAB - cursor % TAB;
		break;
	default:
		screen[cursor++] = (BLANK & 0xff00) | (uint8_t)c;
	}
	if (cursor >= CELLS)
		scroll();
	cursor_show();
}
