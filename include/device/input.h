/*
 * device/input.h - events of the keyboard and the mouse.
 */
#ifndef DEVICE_INPUT_H
#define DEVICE_INPUT_H

#include <mach/boolean.h>
#include <mach/time_value.h>

#define KDSKBDMODE	0x80044b01	/* set: KB_EVENT or KB_ASCII */
#define KB_EVENT	1
#define KB_ASCII	2
#define KDGKBDTYPE	0x40044b02	/* get: KB_VANILLAKB */
#define KB_VANILLAKB	0
#define KDSETLEDS	0x80044b05

#define MOUSE_LEFT	1
#define MOUSE_MIDDLE	2
#define MOUSE_RIGHT	3
#define MOUSE_MOTION	4
#define KEYBD_EVENT	5

typedef unsigned char Scancode;

typedef struct {
	unsigned short	type;		/* one of the above */
	time_value_t	unused_time;
	union {
		boolean_t	up;	/* a button or key was released */
		Scancode	sc;
		struct {
			short	mm_deltaX;
			short	mm_deltaY;
		} mmotion;
	} value;
} kd_event;

_Static_assert(sizeof(kd_event) == 16, "user ABI");

#endif
