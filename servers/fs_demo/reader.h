/*
 * servers/fs_demo/reader.h - the second client: a task that reads the same
 * file while the first changes its copy.
 */
#ifndef FS_DEMO_READER_H
#define FS_DEMO_READER_H

#include <mach/mach_types.h>

/* What the reader sees in its copy. */
struct reader_sum {
	unsigned int	size;
	unsigned int	crc;
};

/* Start the reader's task. */
kern_return_t	reader_start(void);
/* Have it read a file; the code is that of fs_read_file. */
kern_return_t	reader_read(const char *name);
/* Have it sum up what it read; returns at once.  Then wait for the sum. */
kern_return_t	reader_sum_begin(void);
kern_return_t	reader_sum_wait(struct reader_sum *sum);
/* Have it throw its copy away. */
kern_return_t	reader_drop(void);

#endif
