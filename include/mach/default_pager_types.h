/*
 * mach/default_pager_types.h - what the default pager tells of itself.
 */
#ifndef MACH_DEFAULT_PAGER_TYPES_H
#define MACH_DEFAULT_PAGER_TYPES_H

#include <mach/machine/vm_types.h>

typedef struct default_pager_info {
	rpc_vm_size_t	dpi_total_space;	/* bytes */
	rpc_vm_size_t	dpi_free_space;
	rpc_vm_size_t	dpi_page_size;
} default_pager_info_t;

typedef struct default_pager_object {
	rpc_vm_offset_t	dpo_object;		/* tells objects apart */
	rpc_vm_size_t	dpo_size;		/* bytes of paging space */
} default_pager_object_t;
typedef default_pager_object_t *default_pager_object_array_t;

typedef struct default_pager_page {
	rpc_vm_offset_t	dpp_offset;		/* within the object */
} default_pager_page_t;
typedef default_pager_page_t *default_pager_page_array_t;

/* What it has done since it began; pages, but for objects. */
typedef struct default_pager_statistics {
	natural_t	total_pages;		/* of paging space that is good */
	natural_t	free_pages;
	natural_t	objects;
	natural_t	pages_in;		/* asked for by kernels */
	natural_t	pages_out;		/* sent by kernels */
	natural_t	refused;		/* of these, for want of room */
	natural_t	read_errors;		/* lost */
	natural_t	write_errors;		/* put elsewhere */
} default_pager_statistics_t;

typedef char		default_pager_filename_t[256];
typedef const char	*const_default_pager_filename_t;

_Static_assert(sizeof(default_pager_info_t) == 12, "user ABI");
_Static_assert(sizeof(default_pager_object_t) == 8, "user ABI");
_Static_assert(sizeof(default_pager_page_t) == 4, "user ABI");

#endif
