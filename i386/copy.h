/*
 * i386/copy.h - for code that touches user memory.
 */
#ifndef I386_COPY_H
#define I386_COPY_H

/*
 * User memory may be touched between STAC and CLAC.  They are no-ops until
 * the start-up code finds SMAP (cpu_features.c).
 */
#define OPCODE_STAC	0xcb010f
#define OPCODE_CLAC	0xca010f

#ifdef __ASSEMBLER__

	.macro	SMAP_SITE opcode
	.pushsection .smap_sites, "a"
	.long	.Lsite\@, \opcode
	.popsection
.Lsite\@:
	.byte	0x0f, 0x1f, 0x00
	.endm

#define STAC	SMAP_SITE OPCODE_STAC
#define CLAC	SMAP_SITE OPCODE_CLAC

/*
 * A fault on a user address by an instruction in [start, end) that cannot be
 * resolved goes on at recover, with all registers as they are; the reason and
 * the address are in the thread's pcb.
 */
	.macro	USER_ACCESS start, end, recover
	.pushsection .copy_table, "a"
	.long	\start, \end, \recover
	.popsection
	.endm

#else

/* For C: between these, each access by user_access_*. */
#define SMAP_SITE(opcode)						\
	"800: .byte 0x0f, 0x1f, 0x00\n\t"				\
	".pushsection .smap_sites, \"a\"\n\t"			\
	".long 800b, " #opcode "\n\t.popsection\n\t"
#define USER_ACCESS_TABLE						\
	"802:\n\t.pushsection .copy_table, \"a\"\n\t"		\
	".long 801b, 802b, %l[fault]\n\t.popsection"

/* The same where a fault is not resolved at all: interrupts may be off. */
#define USER_ACCESS_TABLE_NOFAULT					\
	"802:\n\t.pushsection .copy_table_nofault, \"a\"\n\t"	\
	".long 801b, 802b, %l[fault]\n\t.popsection"

static inline void
user_access_begin(void)
{
	__asm__ volatile(SMAP_SITE(0xcb010f) : : : "memory");
}

static inline void
user_access_end(void)
{
	__asm__ volatile(SMAP_SITE(0xca010f) : : : "memory");
}

#endif

#endif
