/*
 * device/device.h - what a device is, within device/.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <device/device_types.h>
#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <mach/message.h>
#include <mach/vm_prot.h>
#include <vm/vm_map.h>

struct device;
struct ipc_port;

/* Bytes to be written: one of these, the others NULL. */
struct device_source {
	const char	   *bytes;	/* in a message */
	vm_map_copy_t	    copy;	/* out of line */
	const io_buf_vec_t *user;	/* parts of the current task's memory */
};

/* One read or write. */
struct device_request {
	dev_mode_t		 mode;
	recnum_t		 recnum;
	unsigned		 size;		/* bytes wanted or given */
	/* writes */
	struct device_source	 source;
	/* those that may have to wait: where the answer goes then */
	struct ipc_port		*reply_port;
	mach_msg_type_name_t	 reply_type;
	bool			 inband;
};

/*
 * What a kind of device can do; a gap is D_INVALID_OPERATION.  Called with
 * nothing held; all may sleep.
 */
struct device_ops {
	/* Bring size down to what can be had at once, or refuse. */
	kern_return_t	(*read_size)(struct device *device,
			    const struct device_request *request,
			    unsigned *size);
	/*
	 * Read up to *size bytes, which becomes their number.  D_IO_QUEUED:
	 * the device took the request's reply port and will answer by it.
	 */
	kern_return_t	(*read)(struct device *device,
			    const struct device_request *request, void *buf,
			    unsigned *size);
	/* Where the bytes of a read lie in kernel memory, or NULL. */
	const void	*(*read_in_place)(struct device *device,
			    const struct device_request *request);
	kern_return_t	(*write)(struct device *device,
			    const struct device_request *request,
			    unsigned *written);
	/*
	 * In place of read and write: take a request to be done later, with
	 * its reply port, and answer by that.  D_IO_QUEUED, or an error with
	 * the reply port left alone.  Pages of source.copy may be used up.
	 */
	kern_return_t	(*queue)(struct device *device,
			    const struct device_request *request, bool write);
	kern_return_t	(*get_status)(struct device *device,
			    dev_flavor_t flavor, int *status,
			    mach_msg_type_number_t *count);
	kern_return_t	(*set_status)(struct device *device,
			    dev_flavor_t flavor, const int *status,
			    mach_msg_type_number_t count);
	/* Physical address of a page, 0 beyond the end.  Holds object locks. */
	phys_addr_t	(*page)(void *device, vm_offset_t offset);
	bool		 map_read_only;
};

/*
 * A device that exists from start-up on and for good, so references are not
 * counted.
 */
struct device {
	/* fixed */
	struct queue		 link;		/* in the table of devices */
	const char		*name;		/* the letters */
	unsigned		 unit;
	unsigned		 slice;		/* of a disk; 0: all of it */
	const struct device_ops *ops;
	phys_addr_t		 start;		/* memory, if it is made of it */
	vm_size_t		 size;		/* bytes of that */
	/* under device_open_lock */
	unsigned		 open_count;
	struct ipc_port		*port;		/* NULL while nobody has it open */
	struct ipc_port		*pagers[2];	/* read-only, writable: once mapped */
};

/* Enter a device in the table.  At start-up only. */
void	device_add(struct device *device);

/* Bytes of what is written: from offset on, size of them.  May sleep. */
kern_return_t device_source_read(const struct device_source *source,
	    vm_offset_t offset, void *dst, unsigned size);

/*
 * A send right to a memory object that is the device's memory.
 * D_INVALID_OPERATION, D_READ_ONLY, D_NO_MEMORY.
 */
kern_return_t device_pager(struct device *device, vm_prot_t prot,
	    struct ipc_port **pager);

void	console_start(void);
void	clock_device_start(void);

#endif
