/*
 * device/disk.h - disks and their slices: between device/disk.c, the machine's
 * drivers, and memory disks.
 */
#ifndef DEVICE_DISK_H
#define DEVICE_DISK_H

#include <device/device_types.h>
#include <mach/message.h>
#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>

struct device_request;
struct vm_page;

/* Sectors of one transfer. */
#define DISK_TRANSFER_MAX	128u

/* Requests of the disks that work one at a time, and the thread that serves them. */
struct disk_queue {
	/* fixed */
	const char	*name;		/* of the thread; the driver sets it */
	struct vm_page	*sector;	/* the thread's own: for parts of a sector */
	/* under lock */
	struct spinlock	 lock;		/* LOCK_DEVICE */
	struct queue	 requests;	/* oldest first */
	unsigned	 count;		/* == length of requests */
	unsigned	 pages;		/* in them */
};

/* A whole disk.  The driver sets the fields and keeps it for good. */
/* Sectors with an error that the console has been told of. */
struct disk_error {
	uint32_t	   first, end;
	bool		   write;
};
#define DISK_ERRORS	8u	/* that are remembered */

struct disk_drive {
	const char	  *name;	/* letters */
	unsigned	   unit;
	uint32_t	   sectors;	/* of 512 bytes */
	struct disk_queue *queue;
	/* the same thread's as transfer */
	struct disk_error  errors[DISK_ERRORS];	/* zeros at first */
	unsigned	   errors_told;
	/*
	 * Move count sectors (at most DISK_TRANSFER_MAX) from sector on, from
	 * or to the beginning of the first of pages on.  By the queue's
	 * thread, or before that runs; sleeps a bounded time.
	 * D_SUCCESS; D_IO_ERROR: trying again may help; D_READ_ONLY.
	 */
	kern_return_t	 (*transfer)(struct disk_drive *drive, bool write,
			    uint32_t sector, unsigned count,
			    struct vm_page *const *pages);
};

/* All at start-up.  A queue is made first and started when it has its disks. */
bool	disk_queue_init(struct disk_queue *queue);	/* false: no memory */
/* Make devices of a disk and its slices. */
void	disk_attach(struct disk_drive *drive);
void	disk_queue_start(struct disk_queue *queue);

/* For any disk of so many bytes: the operations of struct device_ops. */
kern_return_t disk_get_status(uint64_t bytes, dev_flavor_t flavor, int *status,
	    mach_msg_type_number_t *count);
kern_return_t disk_read_size(uint64_t bytes,
	    const struct device_request *request, unsigned *size);
/* Whether the request lies on it: D_INVALID_RECNUM, D_INVALID_SIZE. */
kern_return_t disk_check_write(uint64_t bytes,
	    const struct device_request *request);

#endif
