/*
 * servers/fs_demo/reader.h - the second client: a task that reads the same
 * file while the first changes its copy.
 */
#ifndef FS_DEMO_READER_H
#define FS_DEMO_READER_H

#include <mach/mach_types.h>

/* What the reader found. */
struct reader_result {
	kern_return_t	code;		/* of its calls to the server */
	unsigned int	size;
	unsigned int	crc;
};

/* Start the reader's task. */
kern_return_t	reader_start(void);
/*
 * Have the reader read a file and sum it up, or sum up again what it has and
 * then throw it away.  Returns at once.
 */
kern_return_t	reader_read(const char *name);
kern_return_t	reader_again(void);
/* Wait for the result of either. */
kern_return_t	reader_wait(struct reader_result *result);

#endif
