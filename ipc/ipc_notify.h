/*
 * ipc/ipc_notify.h - notifications the kernel sends; each consumes the
 * send-once right it is given.
 */
#ifndef IPC_IPC_NOTIFY_H
#define IPC_IPC_NOTIFY_H

#include <kern/types.h>
#include <mach/port.h>

struct ipc_port;

void	ipc_notify_port_deleted(struct ipc_port *sonce, mach_port_name_t name);
void	ipc_notify_msg_accepted(struct ipc_port *sonce, mach_port_name_t name);
void	ipc_notify_port_destroyed(struct ipc_port *sonce, struct ipc_port *right);	/* consumes the receive right */
void	ipc_notify_no_senders(struct ipc_port *sonce, mach_port_mscount_t mscount);
void	ipc_notify_send_once(struct ipc_port *sonce);
void	ipc_notify_dead_name(struct ipc_port *sonce, mach_port_name_t name);

#endif
