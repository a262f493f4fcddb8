/*
 * mach/i386/vm_param.h - page size and the bounds of a user's address space.
 */
#ifndef MACH_I386_VM_PARAM_H
#define MACH_I386_VM_PARAM_H

#define BYTE_SIZE	8		/* bits */

#define I386_PGBYTES	4096
#define I386_PGSHIFT	12
#define MACHINE_PAGE_SHIFT I386_PGSHIFT

#define VM_MIN_ADDRESS	0x00000000UL
#define VM_MAX_ADDRESS	0xc0000000UL

/* Whole pages below and above, in bytes. */
#define i386_round_page(x) \
	(((vm_offset_t) (x) + I386_PGBYTES - 1) & ~(I386_PGBYTES - 1UL))
#define i386_trunc_page(x)	((vm_offset_t) (x) & ~(I386_PGBYTES - 1UL))
#define i386_btop(x)		((vm_offset_t) (x) >> I386_PGSHIFT)
#define i386_ptob(x)		((vm_offset_t) (x) << I386_PGSHIFT)

#endif
