/*
 * mach_debug/zone_info.h - what host_zone_info tells of each zone.
 */
#ifndef MACH_DEBUG_ZONE_INFO_H
#define MACH_DEBUG_ZONE_INFO_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

#define ZONE_NAME_MAX_LEN	80

typedef struct zone_name {
	char		zn_name[ZONE_NAME_MAX_LEN];
} zone_name_t;
typedef zone_name_t *zone_name_array_t;

typedef struct zone_info {
	integer_t	zi_count;		/* elements in use */
	rpc_vm_size_t	zi_cur_size;		/* bytes */
	rpc_vm_size_t	zi_max_size;
	rpc_vm_size_t	zi_elem_size;
	rpc_vm_size_t	zi_alloc_size;
	boolean_t	zi_pageable;
	boolean_t	zi_sleepable;
	boolean_t	zi_exhaustible;
	boolean_t	zi_collectable;
} zone_info_t;
typedef zone_info_t *zone_info_array_t;

_Static_assert(sizeof(zone_name_t) == 80, "user ABI");
_Static_assert(sizeof(zone_info_t) == 36, "user ABI");

#endif
