/*
 * mach/served.h - what host_get_served tells of a message id.
 */
#ifndef MACH_SERVED_H
#define MACH_SERVED_H

#define SERVED_WELL	0x1	/* some request has succeeded */
#define SERVED_REFUSED	0x2	/* its routine has refused one */

#endif
