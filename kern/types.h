/*
 * kern/types.h - the few types that every folder shares.
 */
#ifndef KERN_TYPES_H
#define KERN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>

typedef uint64_t phys_addr_t;		/* bytes; PAE gives more than 32 bits */

#define array_count(a)	(sizeof(a) / sizeof((a)[0]))
#define min_of(a, b)	((a) < (b) ? (a) : (b))
#define max_of(a, b)	((a) > (b) ? (a) : (b))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#endif
