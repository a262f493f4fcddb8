/*
 * mach/vm_param.h - pages as machine-independent code knows them.
 */
#ifndef MACH_VM_PARAM_H
#define MACH_VM_PARAM_H

#include <mach/machine/vm_param.h>
#include <mach/machine/vm_types.h>

#ifndef PAGE_SHIFT
#define PAGE_SHIFT	MACHINE_PAGE_SHIFT
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE	((vm_size_t) 1 << PAGE_SHIFT)
#endif
#ifndef PAGE_MASK
#define PAGE_MASK	(PAGE_SIZE - 1)
#endif

#define atop(x)		((vm_offset_t) (x) >> PAGE_SHIFT)
#define ptoa(x)		((vm_offset_t) (x) << PAGE_SHIFT)
#define round_page(x)	(((vm_offset_t) (x) + PAGE_MASK) & ~PAGE_MASK)
#define trunc_page(x)	((vm_offset_t) (x) & ~PAGE_MASK)
#define page_aligned(x)	(((vm_offset_t) (x) & PAGE_MASK) == 0)

#endif
