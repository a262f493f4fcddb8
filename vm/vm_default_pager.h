/*
 * vm/vm_default_pager.h - the default pager, a user task, seen from the
 * kernel: it keeps anonymous memory that has to leave main memory.
 */
#ifndef VM_VM_DEFAULT_PAGER_H
#define VM_VM_DEFAULT_PAGER_H

#include <kern/types.h>

struct vm_object;

/* Whether there is one; no lock after LOCK_TASK held. */
bool		 vm_default_pager_exists(void);

/*
 * Give a locked anonymous object a pager: the default one.  The object, which
 * has paging_in_progress, is unlocked for a while.  False: there is no default
 * pager, or no memory; the object is as before.
 */
bool		 vm_default_pager_adopt(struct vm_object *object);

/* The longest run, in bytes, that objects which it gets from now on have. */
void		 vm_default_pager_set_run(vm_size_t size);

/*
 * Pages [start, end) of a locked anonymous object with a reference can be
 * reached no more: the pager that has some of them is told, if it wants that.
 * Unlocks the object.
 */
void		 vm_default_pager_discard_unlock(struct vm_object *object,
		    vm_offset_t start, vm_offset_t end);

/*
 * It has sent a page back: it has no room.  From then on, and until room was
 * made, it is called full: nothing goes to it that it has not got already, but
 * for an offer now and then.  If that is not refused, either, it is full no more.
 */
void		 vm_default_pager_refused(void);
void		 vm_default_pager_has_room(void);
bool		 vm_default_pager_full(void);
/* Whether it may be sent what it has not got: not full, or some time has passed. */
bool		 vm_default_pager_may_be_offered(void);

#endif
