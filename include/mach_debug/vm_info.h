/*
 * mach_debug/vm_info.h - one region, object or page of memory, seen closely.
 */
#ifndef MACH_DEBUG_VM_INFO_H
#define MACH_DEBUG_VM_INFO_H

#include <stdint.h>

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <mach/memory_object.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

typedef struct vm_region_info {
	rpc_vm_offset_t	vri_start;
	rpc_vm_offset_t	vri_end;
	vm_prot_t	vri_protection;
	vm_prot_t	vri_max_protection;
	vm_inherit_t	vri_inheritance;
	unsigned int	vri_wired_count;
	unsigned int	vri_user_wired_count;
	rpc_vm_offset_t	vri_object;		/* tells objects apart */
	rpc_vm_offset_t	vri_offset;
	integer_t	vri_needs_copy;
	unsigned int	vri_sharing;
} vm_region_info_t;
typedef vm_region_info_t *vm_region_info_array_t;

typedef natural_t vm_object_info_state_t;

#define VOI_STATE_PAGER_CREATED		0x1
#define VOI_STATE_PAGER_INITIALIZED	0x2
#define VOI_STATE_PAGER_READY		0x4
#define VOI_STATE_CAN_PERSIST		0x8
#define VOI_STATE_INTERNAL		0x10
#define VOI_STATE_TEMPORARY		0x20
#define VOI_STATE_ALIVE			0x40
#define VOI_STATE_LOCK_IN_PROGRESS	0x80
#define VOI_STATE_LOCK_RESTART		0x100
#define VOI_STATE_USE_OLD_PAGEOUT	0x200

typedef struct vm_object_info {
	rpc_vm_offset_t	voi_object;		/* tells objects apart */
	rpc_vm_size_t	voi_pagesize;
	rpc_vm_size_t	voi_size;
	unsigned int	voi_ref_count;
	unsigned int	voi_resident_page_count;
	unsigned int	voi_absent_count;
	rpc_vm_offset_t	voi_copy;
	rpc_vm_offset_t	voi_shadow;
	rpc_vm_offset_t	voi_shadow_offset;
	rpc_vm_offset_t	voi_paging_offset;
	memory_object_copy_strategy_t voi_copy_strategy;
	rpc_vm_offset_t	voi_last_alloc;
	unsigned int	voi_paging_in_progress;
	vm_object_info_state_t voi_state;
} vm_object_info_t;
typedef vm_object_info_t *vm_object_info_array_t;

typedef natural_t vm_page_info_state_t;

#define VPI_STATE_BUSY			0x1
#define VPI_STATE_WANTED		0x2
#define VPI_STATE_TABLED		0x4
#define VPI_STATE_FICTITIOUS		0x8
#define VPI_STATE_PRIVATE		0x10
#define VPI_STATE_ABSENT		0x20
#define VPI_STATE_ERROR			0x40
#define VPI_STATE_DIRTY			0x80
#define VPI_STATE_PRECIOUS		0x100
#define VPI_STATE_OVERWRITING		0x200
#define VPI_STATE_INACTIVE		0x400
#define VPI_STATE_ACTIVE		0x800
#define VPI_STATE_LAUNDRY		0x1000
#define VPI_STATE_FREE			0x2000
#define VPI_STATE_REFERENCE		0x4000
#define VPI_STATE_PAGER			0x80000000	/* not resident */

typedef struct vm_page_info {
	rpc_vm_offset_t	vpi_offset;		/* within the object */
	rpc_vm_offset_t	vpi_phys_addr;
	unsigned int	vpi_wire_count;
	vm_prot_t	vpi_page_lock;
	vm_prot_t	vpi_unlock_request;
	vm_page_info_state_t vpi_state;
} vm_page_info_t;
typedef vm_page_info_t *vm_page_info_array_t;

typedef struct vm_page_phys_info {
	rpc_vm_offset_t	vpi_offset;
	rpc_phys_addr_t	vpi_phys_addr;
	unsigned int	vpi_wire_count;
	vm_prot_t	vpi_page_lock;
	vm_prot_t	vpi_unlock_request;
	vm_page_info_state_t vpi_state;
} vm_page_phys_info_t;
typedef vm_page_phys_info_t *vm_page_phys_info_array_t;

_Static_assert(sizeof(vm_region_info_t) == 44, "user ABI");
_Static_assert(sizeof(vm_object_info_t) == 56, "user ABI");
_Static_assert(sizeof(vm_page_info_t) == 24, "user ABI");
_Static_assert(sizeof(vm_page_phys_info_t) == 28, "user ABI");

#endif
