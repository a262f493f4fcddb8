/*
 * tests/i386_nx.h - whether this processor can refuse to run data.
 */
#ifndef TESTS_I386_NX_H
#define TESTS_I386_NX_H

#include <stdbool.h>
#include <stdint.h>

static inline void
cpuid(uint32_t leaf, uint32_t *a, uint32_t *d)
{
	uint32_t b, c;

	__asm__ volatile("cpuid" : "=a" (*a), "=b" (b), "=c" (c), "=d" (*d) :
	    "a" (leaf));
}

/* As the kernel does: the NX flag of the extended features. */
static inline bool
processor_has_nx(void)
{
	uint32_t a, d;

	cpuid(0x80000000, &a, &d);
	if (a < 0x80000001)
		return false;
	cpuid(0x80000001, &a, &d);
	return (d & (1u << 20)) != 0;
}

#endif
