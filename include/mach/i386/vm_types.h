/*
 * mach/i386/vm_types.h - integers the size of an address on i386.
 *
 * The rpc_ forms are what travels between a 32-bit task and the kernel; here
 * they are the plain types, except that physical addresses are always 64 bits.
 */
#ifndef MACH_I386_VM_TYPES_H
#define MACH_I386_VM_TYPES_H

#include <stdint.h>

typedef unsigned int	natural_t;
typedef int		integer_t;
typedef long		long_integer_t;
typedef unsigned long	long_natural_t;

typedef unsigned long	vm_offset_t;
typedef unsigned long	vm_address_t;
typedef unsigned long	vm_size_t;
typedef vm_offset_t	*vm_offset_array_t;
typedef vm_size_t	*vm_size_array_t;

typedef uint64_t	rpc_phys_addr_t;
typedef rpc_phys_addr_t	*rpc_phys_addr_array_t;

typedef uintptr_t	rpc_uintptr_t;
typedef vm_address_t	rpc_vm_address_t;
typedef vm_offset_t	rpc_vm_offset_t;
typedef vm_size_t	rpc_vm_size_t;
typedef vm_offset_t	*rpc_vm_offset_array_t;
typedef vm_size_t	*rpc_vm_size_array_t;
typedef long_integer_t	rpc_long_integer_t;
typedef long_natural_t	rpc_long_natural_t;

_Static_assert(sizeof(vm_offset_t) == 4, "user ABI");
_Static_assert(sizeof(natural_t) == 4, "user ABI");

#endif
