/*
 * mach/pc_sample.h - samples of where a thread runs, or faults.
 */
#ifndef MACH_PC_SAMPLE_H
#define MACH_PC_SAMPLE_H

#include <mach/machine/vm_types.h>

typedef natural_t sampled_pc_flavor_t;

#define SAMPLED_PC_PERIODIC			0x001
#define SAMPLED_PC_VM_ZFILL_FAULTS		0x010
#define SAMPLED_PC_VM_REACTIVATION_FAULTS	0x020
#define SAMPLED_PC_VM_PAGEIN_FAULTS		0x040
#define SAMPLED_PC_VM_COW_FAULTS		0x080
#define SAMPLED_PC_VM_FAULTS_ANY		0x100
#define SAMPLED_PC_VM_FAULTS \
	(SAMPLED_PC_VM_ZFILL_FAULTS | SAMPLED_PC_VM_REACTIVATION_FAULTS | \
	 SAMPLED_PC_VM_PAGEIN_FAULTS | SAMPLED_PC_VM_COW_FAULTS)

typedef struct sampled_pc {
	natural_t		id;		/* the thread */
	rpc_vm_offset_t		pc;
	sampled_pc_flavor_t	sampletype;
} sampled_pc_t;
typedef sampled_pc_t *sampled_pc_array_t;

typedef unsigned int sampled_pc_seqno_t;

#define MAX_SAMPLED_PCS		512

_Static_assert(sizeof(sampled_pc_t) == 12, "user ABI");

#endif
