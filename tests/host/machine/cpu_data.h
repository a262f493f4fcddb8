/*
 * tests/host/machine/cpu_data.h - the make-believe processor has no state.
 */
#ifndef HOST_MACHINE_CPU_DATA_H
#define HOST_MACHINE_CPU_DATA_H

struct cpu_data {
	int	none;
};

#endif
