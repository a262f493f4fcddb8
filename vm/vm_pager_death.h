/*
 * vm/vm_pager_death.h - tasks that asked are told when the pager of memory of
 * theirs has gone (paper, section 6.2.1).
 */
#ifndef VM_VM_PAGER_DEATH_H
#define VM_VM_PAGER_DEATH_H

struct vm_pager_death;

/* Tell those who asked: requests taken off their object.  Nothing held; NULL allowed. */
void		 vm_pager_death_tell(struct vm_pager_death *requests);
/* Nobody will be told: the object is being freed.  NULL allowed. */
void		 vm_pager_death_free(struct vm_pager_death *requests);

#endif
