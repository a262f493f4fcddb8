/*
 * mach/vm_statistics.h - what vm_statistics and vm_cache_statistics tell.
 */
#ifndef MACH_VM_STATISTICS_H
#define MACH_VM_STATISTICS_H

#include <mach/machine/vm_types.h>

/* Counts of pages now, then of events since the start. */
struct vm_statistics {
	integer_t	pagesize;		/* bytes */
	integer_t	free_count;
	integer_t	active_count;
	integer_t	inactive_count;
	integer_t	wire_count;
	integer_t	zero_fill_count;
	integer_t	reactivations;
	integer_t	pageins;
	integer_t	pageouts;
	integer_t	faults;
	integer_t	cow_faults;
	integer_t	lookups;		/* objects looked up ... */
	integer_t	hits;			/* ... and found cached */
};
typedef struct vm_statistics *vm_statistics_t;
typedef struct vm_statistics vm_statistics_data_t;

struct vm_cache_statistics {
	integer_t	cache_object_count;
	integer_t	cache_count;
	integer_t	active_tmp_count;
	integer_t	inactive_tmp_count;
	integer_t	active_perm_count;
	integer_t	inactive_perm_count;
	integer_t	dirty_count;
	integer_t	laundry_count;
	integer_t	writeback_count;
	integer_t	slab_count;
	integer_t	slab_reclaim_count;
};
typedef struct vm_cache_statistics *vm_cache_statistics_t;
typedef struct vm_cache_statistics vm_cache_statistics_data_t;

/* Of one pmap. */
struct pmap_statistics {
	integer_t	resident_count;		/* pages mapped */
	integer_t	wired_count;
};
typedef struct pmap_statistics *pmap_statistics_t;

_Static_assert(sizeof(struct vm_statistics) == 52, "user ABI");
_Static_assert(sizeof(struct vm_cache_statistics) == 44, "user ABI");

#endif
