/*
 * device/device_init.h - start of the devices, and what the rest of the
 * kernel wants of them.
 */
#ifndef DEVICE_DEVICE_INIT_H
#define DEVICE_DEVICE_INIT_H

struct ipc_port;

void	device_bootstrap(void);	/* zones, the master port; after ipc and zones */
void	device_start(void);	/* devices and their thread; by the first thread */

extern struct ipc_port *device_master_port;	/* fixed after device_bootstrap */

/* A character came in on the console; from interrupts, which are off. */
void	console_input(int c);
/* Wait until somebody presses return on the console. */
void	console_wait_return(void);

#endif
