/*
 * device/device_types.h - how programs name, open and ask devices.
 */
#ifndef DEVICE_DEVICE_TYPES_H
#define DEVICE_DEVICE_TYPES_H

#include <mach/port.h>
#include <mach/std_types.h>

#ifdef KERNEL
typedef struct device	*device_t;
#define DEVICE_NULL	((device_t) 0)
#else
typedef mach_port_t	device_t;
#endif

typedef mach_port_t	reply_port_t;

/* A name: letters, unit number, and for disks a slice and a letter. */
typedef char		dev_name_t[128];
typedef const char	*const_dev_name_t;
typedef dev_name_t	new_dev_name_t;
typedef const char	*const_new_dev_name_t;

typedef unsigned int	dev_mode_t;
#define D_READ		0x1
#define D_WRITE		0x2
#define D_NODELAY	0x4	/* open without waiting for the line */
#define D_NOWAIT	0x8	/* answer D_WOULD_BLOCK instead */

typedef unsigned int	dev_flavor_t;
typedef int		*dev_status_t;
typedef const int	*const_dev_status_t;
#define DEV_STATUS_MAX	1024
typedef int		dev_status_data_t[DEV_STATUS_MAX];

/* Where on the device: records, of the size that status DEV_GET_SIZE says. */
typedef unsigned int	recnum_t;

typedef char		*io_buf_ptr_t;
#define IO_INBAND_MAX	128
typedef char		io_buf_ptr_inband_t[IO_INBAND_MAX];
typedef const char	*const_io_buf_ptr_inband_t;

typedef struct io_buf_vec {
	vm_offset_t	data;
	vm_size_t	count;
} io_buf_vec_t;

_Static_assert(sizeof(io_buf_vec_t) == 8, "user ABI");

/* A network filter program. */
#define NET_MAX_FILTER		128
#define NET_FILTER_STACK_DEPTH	32
typedef unsigned short	filter_t;
typedef filter_t	*filter_array_t;
typedef const filter_t	*const_filter_array_t;

#define D_IO_QUEUED		-1	/* the answer comes by message */
#define D_SUCCESS		0
#define D_IO_ERROR		2500
#define D_WOULD_BLOCK		2501
#define D_NO_SUCH_DEVICE	2502
#define D_ALREADY_OPEN		2503
#define D_DEVICE_DOWN		2504
#define D_INVALID_OPERATION	2505
#define D_INVALID_RECNUM	2506
#define D_INVALID_SIZE		2507
#define D_NO_MEMORY		2508
#define D_READ_ONLY		2509

/* Flavors that many devices know; each gives two words. */
#define DEV_GET_SIZE			0
#define DEV_GET_SIZE_DEVICE_SIZE	0	/* bytes; 0 if unknown */
#define DEV_GET_SIZE_RECORD_SIZE	1	/* bytes */
#define DEV_GET_SIZE_COUNT		2

#define DEV_GET_RECORDS			1
#define DEV_GET_RECORDS_DEVICE_RECORDS	0
#define DEV_GET_RECORDS_RECORD_SIZE	1
#define DEV_GET_RECORDS_COUNT		2

#endif
