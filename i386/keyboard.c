/*
 * i386/keyboard.c - the PS/2 keyboard as the console's input: a US layout,
 * shift, control and caps lock.
 *
 * Owns:       the keyboard's data port; the state of the shifting keys, which
 *             only its interrupt touches.
 */
#include <device/console.h>
#include <kern/types.h>
#include <machine/console.h>
#include <machine/intr.h>
#include <machine/regs.h>

#define KBD_DATA	0x60
#define KBD_STATUS	0x64
#define KBD_FULL	0x01
#define KBD_IRQ		1
#define KEY_RELEASED	0x80
#define KEY_EXTENDED	0xe0
#define KEY_CONTROL	0x1d
#define KEY_SHIFT_LEFT	0x2a
#define KEY_SHIFT_RIGHT	0x36
#define KEY_CAPS_LOCK	0x3a

static bool shift, control, caps_lock;

/* By scan code; NUL: nothing to type. */
static const char plain[] =
    "\0\033" "1234567890-=\b\t" "qwertyuiop[]\n\0" "asdfghjkl;'`\0\\"
    "zxcvbnm,./\0*\0 ";
static const char shifted[] =
    "\0\033" "!@#$%^&*()_+\b\t" "QWERTYUIOP{}\n\0" "ASDFGHJKL:\"~\0|"
    "ZXCVBNM<>?\0*\0 ";

_Static_assert(sizeof(plain) == sizeof(shifted), "one layout");

static bool
letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static void
key_pressed(uint8_t key)
{
	char c;

	if (key >= sizeof(plain) - 1)
		return;
	c = shift != (caps_lock && letter(plain[key])) ? shifted[key] :
	    plain[key];
	if (control && letter(plain[key]))
		c = plain[key] & 0x1f;
	if (c != '\0')
		console_input(c);
}

static void
key_changed(uint8_t code)
{
	uint8_t key = code & ~KEY_RELEASED;
	bool down = !(code & KEY_RELEASED);

	if (key == KEY_SHIFT_LEFT || key == KEY_SHIFT_RIGHT)
		shift = down;
	else if (key == KEY_CONTROL)
		control = down;
	else if (key == KEY_CAPS_LOCK)
		caps_lock ^= down;
	else if (down)
		key_pressed(key);
}

static void
keyboard_interrupt(void *arg)
{
	(void)arg;
	while (inb(KBD_STATUS) & KBD_FULL) {
		uint8_t code = inb(KBD_DATA);

		if (code != KEY_EXTENDED)
			key_changed(code);
	}
}

void
keyboard_start(void)
{
	while (inb(KBD_STATUS) & KBD_FULL)
		(void)inb(KBD_DATA);
	intr_establish(KBD_IRQ, keyboard_interrupt, NULL);
}
