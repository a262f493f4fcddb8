/*
 * i386/param.h - constants of this machine that the rest of the kernel
 * passes on; included as <machine/param.h>.
 */
#ifndef I386_PARAM_H
#define I386_PARAM_H

#include <mach/machine.h>

/* What host_info and processor_info say; a Pentium Pro is the least we run on. */
#define MACHINE_CPU_TYPE	CPU_TYPE_PENTIUMPRO
#define MACHINE_CPU_SUBTYPE	CPU_SUBTYPE_AT386

/* Boot modules: their ELF machine number, and where the stack is. */
#define MACHINE_ELF_MACHINE	3		/* EM_386 */
#define MACHINE_ELF_DYN_BASE	0x08000000u	/* where an ET_DYN image goes */
#define MACHINE_STACK_TOP	0xc0000000u
#define MACHINE_STACK_SIZE	(128u * 1024)

#endif
