/*
 * tests/i386_trap.h - any trap with any arguments.
 */
#ifndef TESTS_I386_TRAP_H
#define TESTS_I386_TRAP_H

#include <stdint.h>

/* Enter by the gate with number in eax; what comes back in eax. */
uint32_t i386_trap(int32_t number, uint32_t a, uint32_t b, uint32_t c,
	    uint32_t d, uint32_t e, uint32_t f, uint32_t g, uint32_t h,
	    uint32_t i, uint32_t j, uint32_t k);

#endif
