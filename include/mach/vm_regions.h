/*
 * mach/vm_regions.h - what vm_regions (mach/duality.defs) tells of a region.
 */
#ifndef MACH_VM_REGIONS_H
#define MACH_VM_REGIONS_H

#include <mach/boolean.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/machine/vm_types.h>

struct vm_region_record {
	vm_address_t	address;
	vm_size_t	size;		/* bytes */
	vm_prot_t	protection;
	vm_prot_t	max_protection;
	vm_inherit_t	inheritance;
	boolean_t	shared;		/* by inheritance */
	vm_offset_t	offset;		/* of address in its memory object */
	natural_t	wired_count;
};
typedef struct vm_region_record vm_region_record_t;
typedef vm_region_record_t *vm_region_records_t;

#endif
