/*
 * device/disk_status.h - status of disks.
 *
 * A disk answers the two flavors of device/device_types.h; slices and
 * partitions are part of its name.
 */
#ifndef DEVICE_DISK_STATUS_H
#define DEVICE_DISK_STATUS_H

#include <device/device_types.h>

#define DISK_SECTOR_SIZE	512	/* bytes of a record */

#endif
