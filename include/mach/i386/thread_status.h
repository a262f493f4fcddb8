/*
 * mach/i386/thread_status.h - a thread's registers, by flavor.
 */
#ifndef MACH_I386_THREAD_STATUS_H
#define MACH_I386_THREAD_STATUS_H

#include <stddef.h>

#include <mach/machine/fp_reg.h>
#include <mach/machine/vm_types.h>

/* THREAD_STATE_FLAVOR_LIST, 0, is machine-independent. */
#define i386_THREAD_STATE		1
#define i386_FLOAT_STATE		2
#define i386_ISA_PORT_MAP_STATE		3
#define i386_V86_ASSIST_STATE		4
#define i386_REGS_SEGS_STATE		5
#define i386_DEBUG_STATE		6
#define i386_FSGS_BASE_STATE		7

/*
 * The user's registers.  Flavor i386_THREAD_STATE sets flat selectors
 * whatever is asked for; i386_REGS_SEGS_STATE takes the caller's.  uesp is
 * the stack pointer; esp reads 0 and is ignored when set.
 */
struct i386_thread_state {
	unsigned int	gs;
	unsigned int	fs;
	unsigned int	es;
	unsigned int	ds;
	unsigned int	edi;
	unsigned int	esi;
	unsigned int	ebp;
	unsigned int	esp;
	unsigned int	ebx;
	unsigned int	edx;
	unsigned int	ecx;
	unsigned int	eax;
	unsigned int	eip;
	unsigned int	cs;
	unsigned int	efl;
	unsigned int	uesp;
	unsigned int	ss;
};

/* What an x87 unit saves, as FSAVE lays it out. */
struct i386_float_state {
	int		fpkind;			/* FP_NO ... */
	int		initialized;
	unsigned char	hw_state[sizeof(struct i386_fp_save) +
			    sizeof(struct i386_fp_regs)];
	int		exc_status;
};

#define PORT_MAP_BITS	0x400
struct i386_isa_port_map_state {
	unsigned char	pm[PORT_MAP_BITS >> 3];	/* bit set: denied */
};

struct i386_v86_assist_state {
	unsigned int	int_table;		/* address of a table of ... */
	int		int_count;
};

struct v86_interrupt_table {
	unsigned int	count;
	unsigned short	mask;
	unsigned short	vec;
};

struct i386_debug_state {
	unsigned int	dr[8];
};

struct i386_fsgs_base_state {
	unsigned int	fs_base;
	unsigned int	gs_base;
};

/* Lengths in words, as thread_get_state counts them. */
#define i386_THREAD_STATE_COUNT \
	(sizeof(struct i386_thread_state) / sizeof(unsigned int))
#define i386_REGS_SEGS_STATE_COUNT	i386_THREAD_STATE_COUNT
#define i386_FLOAT_STATE_COUNT \
	(sizeof(struct i386_float_state) / sizeof(unsigned int))
#define i386_ISA_PORT_MAP_STATE_COUNT \
	(sizeof(struct i386_isa_port_map_state) / sizeof(unsigned int))
#define i386_V86_ASSIST_STATE_COUNT \
	(sizeof(struct i386_v86_assist_state) / sizeof(unsigned int))
#define i386_DEBUG_STATE_COUNT \
	(sizeof(struct i386_debug_state) / sizeof(unsigned int))
#define i386_FSGS_BASE_STATE_COUNT \
	(sizeof(struct i386_fsgs_base_state) / sizeof(unsigned int))

_Static_assert(sizeof(struct i386_thread_state) == 68, "user ABI");
_Static_assert(offsetof(struct i386_thread_state, eip) == 48, "user ABI");
_Static_assert(sizeof(struct i386_float_state) == 120, "user ABI");
_Static_assert(sizeof(struct i386_isa_port_map_state) == 128, "user ABI");
_Static_assert(sizeof(struct i386_v86_assist_state) == 8, "user ABI");
_Static_assert(sizeof(struct i386_debug_state) == 32, "user ABI");

/* EFLAGS bits that a state may show. */
#define EFL_CF		0x00000001
#define EFL_PF		0x00000004
#define EFL_AF		0x00000010
#define EFL_ZF		0x00000040
#define EFL_SF		0x00000080
#define EFL_TF		0x00000100
#define EFL_IF		0x00000200
#define EFL_DF		0x00000400
#define EFL_OF		0x00000800
#define EFL_IOPL	0x00003000
#define EFL_NT		0x00004000
#define EFL_RF		0x00010000
#define EFL_VM		0x00020000
#define EFL_AC		0x00040000

#endif
