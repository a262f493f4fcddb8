/*
 * ipc/ipc_charge.h - who pays for messages that wait.
 */
#ifndef IPC_IPC_CHARGE_H
#define IPC_IPC_CHARGE_H

#include <kern/types.h>

struct account;
struct ipc_kmsg;
struct ipc_port;

/* Kernel memory of a message in kernel form, with what is in it, in bytes. */
uint32_t ipc_charge_weigh(struct ipc_kmsg *kmsg);
/*
 * Charge a message of so many bytes that is to wait at a locked port.  always:
 * the kernel sends it.  False: the payer has reached his limits, nothing is
 * charged.
 */
bool	 ipc_charge_queued(struct ipc_kmsg *kmsg, struct ipc_port *port,
	    uint32_t bytes, bool always);
/* Whether the current task could pay for one more message, not a large one. */
bool	 ipc_charge_room(void);
/*
 * Charge a buffer that the kernel keeps for a message yet to come; that
 * message is charged to nobody else.  False: the limit of kernel memory.
 */
bool	 ipc_charge_reserve(struct ipc_kmsg *kmsg, struct account *account);
/* The same, whatever the limits say: for what there can be one of a thread. */
void	 ipc_charge_forced(struct ipc_kmsg *kmsg, struct account *account);
/* A message that was charged is received, destroyed or given back. */
void	 ipc_charge_end(struct ipc_kmsg *kmsg);

#endif
