/*
 * device/disk_slices.h - the slices of a disk, between disk_slices.c and
 * disk.c.
 */
#ifndef DEVICE_DISK_SLICES_H
#define DEVICE_DISK_SLICES_H

#include <kern/types.h>

struct disk_drive;

/* Read the disk's partition tables and disk_add what they list. */
void	disk_slices_find(struct disk_drive *drive);
/* A device for a slice that lies on the disk; 0: for all of it. */
void	disk_add(struct disk_drive *drive, unsigned slice, uint32_t first,
	    uint32_t sectors);

#endif
