/*
 * servers/fs_demo/cksum.h - the check sum that POSIX's cksum prints.
 */
#ifndef FS_DEMO_CKSUM_H
#define FS_DEMO_CKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t	cksum(const void *data, size_t size);

#endif
