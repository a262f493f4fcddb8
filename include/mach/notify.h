/*
 * mach/notify.h - messages that tell the holder of a right of its port's fate.
 */
#ifndef MACH_NOTIFY_H
#define MACH_NOTIFY_H

#include <mach/message.h>
#include <mach/port.h>

typedef mach_port_t notify_port_t;

#define MACH_NOTIFY_FIRST		0100
#define MACH_NOTIFY_PORT_DELETED	(MACH_NOTIFY_FIRST + 001)
#define MACH_NOTIFY_MSG_ACCEPTED	(MACH_NOTIFY_FIRST + 002)
#define MACH_NOTIFY_PORT_DESTROYED	(MACH_NOTIFY_FIRST + 005)
#define MACH_NOTIFY_NO_SENDERS		(MACH_NOTIFY_FIRST + 006)
#define MACH_NOTIFY_SEND_ONCE		(MACH_NOTIFY_FIRST + 007)
#define MACH_NOTIFY_DEAD_NAME		(MACH_NOTIFY_FIRST + 010)
#define MACH_NOTIFY_LAST		(MACH_NOTIFY_FIRST + 015)

typedef struct mach_port_deleted_notification {
	mach_msg_header_t	not_header;
	mach_msg_type_t		not_type;	/* PORT_NAME */
	mach_port_name_t	not_port;
} mach_port_deleted_notification_t;

typedef struct mach_msg_accepted_notification {
	mach_msg_header_t	not_header;
	mach_msg_type_t		not_type;	/* PORT_NAME */
	mach_port_name_t	not_port;
} mach_msg_accepted_notification_t;

typedef struct mach_port_destroyed_notification {
	mach_msg_header_t	not_header;
	mach_msg_type_t		not_type;	/* PORT_RECEIVE */
	mach_port_t		not_port;
} mach_port_destroyed_notification_t;

typedef struct mach_no_senders_notification {
	mach_msg_header_t	not_header;
	mach_msg_type_t		not_type;	/* INTEGER_32 */
	unsigned int		not_count;	/* make-send count */
} mach_no_senders_notification_t;

typedef struct mach_send_once_notification {
	mach_msg_header_t	not_header;
} mach_send_once_notification_t;

typedef struct mach_dead_name_notification {
	mach_msg_header_t	not_header;
	mach_msg_type_t		not_type;	/* PORT_NAME */
	mach_port_name_t	not_port;
} mach_dead_name_notification_t;

_Static_assert(sizeof(mach_port_deleted_notification_t) == 32, "user ABI");
_Static_assert(sizeof(mach_port_destroyed_notification_t) == 32, "user ABI");
_Static_assert(sizeof(mach_no_senders_notification_t) == 32, "user ABI");
_Static_assert(sizeof(mach_dead_name_notification_t) == 32, "user ABI");
_Static_assert(sizeof(mach_send_once_notification_t) == 24, "user ABI");

#endif
