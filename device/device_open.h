/*
 * device/device_open.h - opening and closing, between device.c and the calls.
 */
#ifndef DEVICE_DEVICE_OPEN_H
#define DEVICE_DEVICE_OPEN_H

#include <kern/types.h>

struct device;
struct ipc_port;

/*
 * Open the device named; a send right to its port.
 * D_INVALID_OPERATION not the master port; D_NO_SUCH_DEVICE; D_NO_MEMORY.
 */
kern_return_t device_open(struct ipc_port *master_port, const char *name,
	    struct ipc_port **port);
void	device_close(struct device *device);

#endif
