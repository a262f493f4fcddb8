/*
 * device/tty_status.h - status of terminals and serial lines.
 */
#ifndef DEVICE_TTY_STATUS_H
#define DEVICE_TTY_STATUS_H

struct tty_status {
	int	tt_ispeed;
	int	tt_ospeed;
	int	tt_breakc;		/* character that means a break */
	int	tt_flags;
};
/* Of tt_flags: without TF_ECHO input is neither echoed nor gathered in lines. */
#define TF_ECHO		0x080
#define TF_CRMOD	0x100	/* return and newline are one */

#define TTY_STATUS_COUNT	(sizeof(struct tty_status) / sizeof(int))

#define TTY_STATUS		(('t' << 16) + 1)
#define TTY_MODEM		(('t' << 16) + 2)
#define TTY_MODEM_COUNT		1
#define TTY_FLUSH		(('t' << 16) + 3)
#define TTY_FLUSH_COUNT		1
#define TTY_STOP		(('t' << 16) + 4)
#define TTY_START		(('t' << 16) + 5)
#define TTY_SET_BREAK		(('t' << 16) + 6)
#define TTY_CLEAR_BREAK		(('t' << 16) + 7)
#define TTY_SET_TRANSLATION	(('t' << 16) + 8)

_Static_assert(sizeof(struct tty_status) == 16, "user ABI");

#endif
