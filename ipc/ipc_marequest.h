/*
 * ipc/ipc_marequest.h - msg-accepted requests (MACH_SEND_NOTIFY): tell the
 * sender of a message queued beyond the limit when it is received.
 */
#ifndef IPC_IPC_MAREQUEST_H
#define IPC_IPC_MAREQUEST_H

#include <ipc/ipc_space.h>
#include <mach/message.h>

struct ipc_kmsg;
struct ipc_marequest;

void		 ipc_marequest_bootstrap(void);
/*
 * Remember that notify (a receive right of space) wants to hear of the message
 * that was sent to port.  MACH_MSG_SUCCESS; MACH_SEND_INVALID_NOTIFY;
 * MACH_SEND_NOTIFY_IN_PROGRESS: the space's name for port has one already;
 * MACH_SEND_NO_NOTIFY: no memory, or too many.
 */
mach_msg_return_t ipc_marequest_create(struct ipc_space *space,
		    struct ipc_port *port, mach_port_name_t notify,
		    struct ipc_marequest **marequest);
/* The message was received or destroyed.  Consumes the request. */
void		 ipc_marequest_done(struct ipc_marequest *marequest);

/* For the entry that bears IE_MAREQUEST; space locked. */
/* Its name goes: the notice, which the caller sends. */
struct ipc_kmsg	*ipc_marequest_cancel(struct ipc_space *space,
		    mach_port_name_t name);
void		 ipc_marequest_rename(struct ipc_space *space,
		    mach_port_name_t old, mach_port_name_t new);
/* Requests under way in the whole system. */
unsigned	 ipc_marequest_total(void);

#endif
