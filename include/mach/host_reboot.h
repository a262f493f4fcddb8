/*
 * mach/host_reboot.h - options of host_reboot.
 */
#ifndef MACH_HOST_REBOOT_H
#define MACH_HOST_REBOOT_H

#define RB_AUTOBOOT	0
#define RB_ASKNAME	0x0001
#define RB_SINGLE	0x0002
#define RB_KDB		0x0004
#define RB_HALT		0x0008
#define RB_INITNAME	0x0010
#define RB_DFLTROOT	0x0020
#define RB_ALTBOOT	0x0040
#define RB_UNIPROC	0x0080
#define RB_DEBUGGER	0x1000

#endif
