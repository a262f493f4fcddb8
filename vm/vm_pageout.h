/*
 * vm/vm_pageout.h - the daemon that keeps pages free (DESIGN, "a pageout").
 */
#ifndef VM_VM_PAGEOUT_H
#define VM_VM_PAGEOUT_H

#include <kern/types.h>

struct vm_page;

void		 vm_pageout_init(void);
void		 vm_pageout_start(void);	/* when threads exist */
/*
 * Memory is scarce: have the daemon look, unless it did a moment ago and found
 * nothing.  Any lock before LOCK_WAIT.
 */
void		 vm_pageout_wanted(void);
/* The same for one who waits for the daemon's word: it looks in any case. */
void		 vm_pageout_needed(void);
/*
 * Someone found no page and will wait: attempts counts its tries, 0 at
 * first.  Returns false when trying again is useless.
 */
bool		 vm_pageout_may_help(unsigned *attempts);

#endif
