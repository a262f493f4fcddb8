/*
 * mach/i386/fp_reg.h - the x87 unit's state as FSAVE writes it.
 */
#ifndef MACH_I386_FP_REG_H
#define MACH_I386_FP_REG_H

struct i386_fp_save {
	unsigned short	fp_control;
	unsigned short	fp_unused_1;
	unsigned short	fp_status;
	unsigned short	fp_unused_2;
	unsigned short	fp_tag;
	unsigned short	fp_unused_3;
	unsigned int	fp_eip;		/* of the last instruction */
	unsigned short	fp_cs;
	unsigned short	fp_opcode;
	unsigned int	fp_dp;		/* its operand */
	unsigned short	fp_ds;
	unsigned short	fp_unused_4;
};

struct i386_fp_regs {
	unsigned short	fp_reg_word[8][5];	/* top of stack first */
};

_Static_assert(sizeof(struct i386_fp_save) == 28, "user ABI");
_Static_assert(sizeof(struct i386_fp_regs) == 80, "user ABI");

/* The control word: exceptions masked, precision, rounding. */
#define FPC_IE		0x0001
#define FPC_DE		0x0002
#define FPC_ZE		0x0004
#define FPC_OE		0x0008
#define FPC_UE		0x0010
#define FPC_PE		0x0020
#define FPC_PC		0x0300
#define FPC_PC_24	0x0000
#define FPC_PC_53	0x0200
#define FPC_PC_64	0x0300
#define FPC_RC		0x0c00
#define FPC_RC_RN	0x0000
#define FPC_RC_RD	0x0400
#define FPC_RC_RU	0x0800
#define FPC_RC_CHOP	0x0c00

/* What the processor has. */
#define FP_NO		0
#define FP_SOFT		1
#define FP_287		2
#define FP_387		3
#define FP_387FX	4	/* FXSAVE */
#define FP_387X		5	/* XSAVE */

#endif
