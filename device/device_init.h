/*
 * device/device_init.h - the devices as the rest of kern/ sees them: their
 * start, and their traps.
 */
#ifndef DEVICE_DEVICE_INIT_H
#define DEVICE_DEVICE_INIT_H

#include <device/device_types.h>
#include <kern/types.h>
#include <machine/cpu.h>

struct ipc_port;

void	device_bootstrap(void);	/* the master port; after zones and ipc */
void	device_start(void);	/* devices and their thread; by the first thread */

/* Nobody has a right to a port of the kernel's any more: a device's is closed. */
void	device_no_senders(struct ipc_port *port);

extern struct ipc_port *device_master_port;	/* fixed after device_bootstrap */

/*
 * Write to a device by trap.  KERN_INVALID_CAPABILITY: the name denotes no
 * device; KERN_INVALID_RIGHT: a reply port was given.
 */
TRAP_ROUTINE
kern_return_t syscall_device_write_request(mach_port_name_t device_name,
	    mach_port_name_t reply_name, dev_mode_t mode, recnum_t recnum,
	    vm_offset_t data, vm_size_t count);
TRAP_ROUTINE
kern_return_t syscall_device_writev_request(mach_port_name_t device_name,
	    mach_port_name_t reply_name, dev_mode_t mode, recnum_t recnum,
	    io_buf_vec_t *user_vector, vm_size_t vector_count);

#endif
