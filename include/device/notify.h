/*
 * device/notify.h - the message that says a device interrupted.
 */
#ifndef DEVICE_NOTIFY_H
#define DEVICE_NOTIFY_H

#include <mach/message.h>

#define DEVICE_INTR_NOTIFY	100

typedef struct {
	mach_msg_header_t	intr_header;
	mach_msg_type_t		intr_type;	/* INTEGER_32 */
	int			id;		/* as registered */
} device_intr_notification_t;

_Static_assert(sizeof(device_intr_notification_t) == 32, "user ABI");

#endif
