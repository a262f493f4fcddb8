/*
 * servers/fs_types.h - the file server's names and errors.
 */
#ifndef SERVERS_FS_TYPES_H
#define SERVERS_FS_TYPES_H

#include <mach/std_types.h>

#define FS_NAME_MAX	1024		/* bytes, with the final zero */

typedef char		fs_name_t[FS_NAME_MAX];
typedef const char	*const_fs_name_t;

#define FS_SUCCESS	0
#define FS_NO_FILE	5001		/* no file has that name */
#define FS_NO_SPACE	5002		/* or too much is being written */
#define FS_BAD_NAME	5003		/* empty, or too long */
#define FS_IO_ERROR	5004		/* the device failed */

#endif
