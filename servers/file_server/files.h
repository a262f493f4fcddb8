/*
 * servers/file_server/files.h - the files, and the versions of their contents.
 *
 * A file's contents are a version: it never changes, and writing the file
 * gives it another.  Each has one memory object, made when it is first read;
 * whoever mapped it keeps it alive after the file has gone on.
 */
#ifndef FILE_SERVER_FILES_H
#define FILE_SERVER_FILES_H

#include <mach/mach_types.h>

struct version;

/* Start the pager.  Before all else. */
kern_return_t	files_init(void);

/*
 * A version of size bytes, which lie on the disk from a byte on, or in memory,
 * whole pages that are the version's from then on.  Null: no memory.
 */
struct version	*version_on_disk(mach_port_t disk, uint32_t start,
		    vm_size_t size);
struct version	*version_in_memory(vm_address_t memory, vm_size_t size);

/* Neither empty nor too long.  MIG bounds the message, not the name in it. */
boolean_t	file_name_is_good(const char *name);

/*
 * Make the version the contents of the file by that name, which is made if
 * there is none.  FS_NO_SPACE: no memory, and the version is gone.
 */
kern_return_t	files_enter(const char *name, struct version *version);

/* The present version, to be released after use; null: no such file. */
struct version	*files_look_up(const char *name);
void		version_release(struct version *version);
vm_size_t	version_size(const struct version *version);

/*
 * Map the version's memory object, read-only; *addr is 0 for an empty one.
 * No thread of the pager may touch that memory.
 */
kern_return_t	version_map(struct version *version, vm_address_t *addr);

/* All names, in the order they came, each with its final zero. */
kern_return_t	files_list(vm_address_t *names, vm_size_t *size);

struct paging_statistics {
	unsigned int	data_requests;
	unsigned int	bytes_supplied;
	unsigned int	objects;
};
struct paging_statistics files_paging_statistics(void);

#endif
