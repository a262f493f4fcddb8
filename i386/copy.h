/*
 * i386/copy.h - for assembly that touches user memory.
 */
#ifndef I386_COPY_H
#define I386_COPY_H

/*
 * User memory may be touched between STAC and CLAC.  They are no-ops until
 * the start-up code finds SMAP (cpu_features.c).
 */
#define OPCODE_STAC	0xcb010f
#define OPCODE_CLAC	0xca010f

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
 * resolved goes on at recover, with the reason in eax, the address in edx.
 */
	.macro	USER_ACCESS start, end, recover
	.pushsection .copy_table, "a"
	.long	\start, \end, \recover
	.popsection
	.endm

#endif
