/*
 * vm/vm_fault_policy.h - how long the faults of a task wait for pagers, and
 * what then (paper, section 6.2.1).
 */
#ifndef VM_VM_FAULT_POLICY_H
#define VM_VM_FAULT_POLICY_H

#include <kern/types.h>
#include <mach/vm_prot.h>

struct vm_map;

/*
 * After how many milliseconds a fault at va is no longer to wait, 0: never.
 * received: the memory came in a message, so a policy for such memory counts
 * where there is none for the place.  map locked.
 */
unsigned	 vm_fault_policy_timeout(struct vm_map *map, vm_offset_t va,
		    bool received);

/*
 * That time is over.  KERN_SUCCESS: try again, now or after the same time;
 * KERN_TIMEDOUT: fail.  told: whether a message was sent for this fault, now or
 * before.  Nothing held; may sleep.
 */
kern_return_t	 vm_fault_policy_apply(struct vm_map *map, vm_offset_t va,
		    vm_prot_t access, bool *told);

/*
 * Whether memory that map's task receives in messages is to be read in full at
 * once (vm_receive.h); *timeout_ms: how long pagers have for all of a message, 0:
 * no limit.  Nothing held.
 */
bool		 vm_fault_policy_reads(struct vm_map *map,
		    unsigned *timeout_ms);

/* The map is being freed. */
void		 vm_fault_policy_free(struct vm_map *map);

#endif
