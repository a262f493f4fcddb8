/*
 * mach/thread_switch.h - what a thread that gives up the processor asks for.
 */
#ifndef MACH_THREAD_SWITCH_H
#define MACH_THREAD_SWITCH_H

#define SWITCH_OPTION_NONE	0
#define SWITCH_OPTION_DEPRESS	1	/* lowest priority for a while */
#define SWITCH_OPTION_WAIT	2	/* sleep, unless aborted */

#define valid_switch_option(opt) \
	((unsigned int) (opt) <= SWITCH_OPTION_WAIT)

#endif
