/*
 * servers/file_server/copy_in.h - copy memory that may not be there.
 */
#ifndef FILE_SERVER_COPY_IN_H
#define FILE_SERVER_COPY_IN_H

#include <mach/mach_types.h>

/*
 * Copy size bytes, more than none, into pages of the server's own, zeros
 * behind them.  The memory came from a client: its pages may be some pager's,
 * which may fail.
 *
 * Returns  KERN_SUCCESS, *copy is the caller's
 *          FS_NO_SPACE  no memory
 *          FS_IO_ERROR  the client's memory cannot be read
 */
kern_return_t	copy_in(vm_offset_t data, vm_size_t size, vm_address_t *copy);

#endif
