/*
 * mach/machine.h - kinds of processor, and what a machine is made of.
 */
#ifndef MACH_MACHINE_H
#define MACH_MACHINE_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

typedef integer_t cpu_type_t;
typedef integer_t cpu_subtype_t;

#define CPU_TYPE_I386		((cpu_type_t) 7)
#define CPU_TYPE_I486		((cpu_type_t) 17)
#define CPU_TYPE_PENTIUM	((cpu_type_t) 18)
#define CPU_TYPE_PENTIUMPRO	((cpu_type_t) 19)

#define CPU_SUBTYPE_AT386	((cpu_subtype_t) 1)

#define CPU_STATE_USER		0
#define CPU_STATE_SYSTEM	1
#define CPU_STATE_IDLE		2
#define CPU_STATE_MAX		3

struct machine_info {
	integer_t	major_version;
	integer_t	minor_version;
	integer_t	max_cpus;
	integer_t	avail_cpus;
	rpc_vm_size_t	memory_size;		/* bytes */
};
typedef struct machine_info *machine_info_t;
typedef struct machine_info machine_info_data_t;

struct machine_slot {
	boolean_t	is_cpu;
	cpu_type_t	cpu_type;
	cpu_subtype_t	cpu_subtype;
	boolean_t	running;
	integer_t	cpu_ticks[CPU_STATE_MAX];
	integer_t	clock_freq;
};
typedef struct machine_slot *machine_slot_t;
typedef struct machine_slot machine_slot_data_t;

_Static_assert(sizeof(struct machine_info) == 20, "user ABI");
_Static_assert(sizeof(struct machine_slot) == 32, "user ABI");

#endif
