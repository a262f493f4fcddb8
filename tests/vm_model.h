/*
 * tests/vm_model.h - random operations on memory, against a model.
 */
#ifndef TESTS_VM_MODEL_H
#define TESTS_VM_MODEL_H

#include <stdint.h>

/*
 * So many operations, drawn from seed, on regions of this task and of copies
 * of it; fails the test where a byte reads otherwise than it must.
 */
void	vm_model_run(uint32_t seed, unsigned operations);

#endif
