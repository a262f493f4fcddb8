/*
 * vm/vm_receive.h - memory that came in a message, read in full before the
 * receive returns (paper, section 6.1: a data manager changes data).
 */
#ifndef VM_VM_RECEIVE_H
#define VM_VM_RECEIVE_H

#include <kern/types.h>

struct vm_map;

/* The reading of what one message brought. */
struct vm_reading {
	struct vm_map	*map;
	uint32_t	 since;		/* when it began, in ticks */
	uint32_t	 ticks;		/* how long pagers have; 0: no limit */
	bool		 aborted;	/* thread_abort has ended it */
};

/* Whether the task of map wants that.  Nothing held. */
bool		 vm_reading_begin(struct vm_reading *reading,
		    struct vm_map *map);
/*
 * Read all pages of memory that was just received at addr: what a user's pager
 * would supply is the task's own from then on.  Waits as the task's policy has
 * it; nothing held.  On failure, with a code as vm_fault's, the memory has been
 * removed.
 */
kern_return_t	 vm_reading_do(struct vm_reading *reading, vm_offset_t addr,
		    vm_size_t size);

#endif
