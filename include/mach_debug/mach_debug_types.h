/*
 * mach_debug/mach_debug_types.h - what the kernel tells of its insides.
 */
#ifndef MACH_DEBUG_MACH_DEBUG_TYPES_H
#define MACH_DEBUG_MACH_DEBUG_TYPES_H

#include <mach_debug/hash_info.h>
#include <mach_debug/slab_info.h>
#include <mach_debug/vm_info.h>
#include <mach_debug/zone_info.h>

typedef char		symtab_name_t[32];
typedef const char	*const_symtab_name_t;
typedef symtab_name_t	old_symtab_name_t;
typedef const char	*const_old_symtab_name_t;

#endif
