/*
 * ipc/ipc_init.h - start of the ipc system.
 */
#ifndef IPC_IPC_INIT_H
#define IPC_IPC_INIT_H

void	ipc_bootstrap(void);	/* zones, kernel spaces; after zones and before tasks */

#endif
