/*
 * device/ramdisk.h - disks rd0, rd1, ... in memory: boot modules.
 */
#ifndef DEVICE_RAMDISK_H
#define DEVICE_RAMDISK_H

#include <kern/types.h>

/*
 * Make the next disk out of physical memory, which it keeps for good.  start
 * is page aligned; what follows size in its last page is cleared.  False: no
 * memory, or too many disks.  At boot only.
 */
bool	ramdisk_create(phys_addr_t start, uint32_t size);

#endif
