/*
 * servers/file_server/archive.h - the files of a tar archive on a disk.
 */
#ifndef FILE_SERVER_ARCHIVE_H
#define FILE_SERVER_ARCHIVE_H

#include <mach/mach_types.h>

struct archive_totals {
	unsigned int	files;
	uint64_t	bytes;
};

/*
 * Enter the archive's regular files (files.h), whose contents stay on the
 * disk.  Says on the console what is wrong with an archive; the files before
 * that are entered.  A code of the kernel's or the device's if the disk cannot
 * be read at all.
 */
kern_return_t	archive_read(mach_port_t disk, struct archive_totals *totals);

#endif
