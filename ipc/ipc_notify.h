/*
 * ipc/ipc_notify.h - notifications the kernel sends.
 *
 * Who asks for a notification gives a send-once right.  The kernel makes the
 * message at once, charged to who asks, and keeps it with the request: this
 * notice holds the right, and sending it needs no memory.
 */
#ifndef IPC_IPC_NOTIFY_H
#define IPC_IPC_NOTIFY_H

#include <kern/types.h>
#include <mach/port.h>

struct account;
struct ipc_kmsg;
struct ipc_port;

/*
 * A notice for notify (a send-once right, consumed on success).  NULL: no
 * memory, or the limit of the account; without one nobody pays.
 */
struct ipc_kmsg	*ipc_notice_alloc(struct account *account, struct ipc_port *notify);
/* Its right back, the notice freed; NULL for NULL. */
struct ipc_port	*ipc_notice_cancel(struct ipc_kmsg *notice);

/* Send a notice (consumed).  Nothing locked. */
void	ipc_notify_port_deleted(struct ipc_kmsg *notice, mach_port_name_t name);
void	ipc_notify_msg_accepted(struct ipc_kmsg *notice, mach_port_name_t name);
void	ipc_notify_port_destroyed(struct ipc_kmsg *notice, struct ipc_port *right);	/* consumes the receive right */
void	ipc_notify_no_senders(struct ipc_kmsg *notice, mach_port_mscount_t mscount);
void	ipc_notify_dead_name(struct ipc_kmsg *notice, mach_port_name_t name);
void	ipc_notify_unused(struct ipc_kmsg *notice);	/* as ipc_notify_send_once */

/*
 * Have the kernel told, by a message to the same port, when nobody has a send
 * right any more to a port of its own; the next right that is made counts
 * already.  One notice at a time is asked for: callers must not race.  False:
 * no memory.
 */
bool	ipc_notify_kernel_no_senders(struct ipc_port *port);

/*
 * A send-once right (consumed) ends without a message.  When there is no
 * memory for the notification, a thread of the kernel sends it later.
 */
void	ipc_notify_send_once(struct ipc_port *sonce);
/* The thread for that; at boot. */
void	ipc_notify_start(void);

#endif
