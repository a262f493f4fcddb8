/*
 * vm/vm_stat.h - counts of events for vm_statistics, one set for each
 * processor, which alone writes it.
 */
#ifndef VM_VM_STAT_H
#define VM_VM_STAT_H

#include <kern/processor.h>

struct vm_events {
	uint32_t zero_fills, reactivations, pageins, pageouts, faults,
		 cow_faults, lookups, hits;
};

extern struct vm_events vm_events[MAX_PROCESSORS];

#define vm_event(what)	(vm_events[cpu_number()].what++)

#endif
