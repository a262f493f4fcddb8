/*
 * i386/cpu_data.h - the machine's part of struct processor; included as
 * <machine/cpu_data.h>.
 */
#ifndef I386_CPU_DATA_H
#define I386_CPU_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/seg.h>

struct i386_ldt;
struct pmap;

struct cpu_data {
	/* this processor's own */
	uint64_t	  gdt[GDT_ENTRIES];
	uint8_t		  sysenter_room[SYSENTER_ROOM];	/* below tss.esp0 */
	struct i386_tss	  tss;
	struct i386_tss	  df_tss;
	const struct i386_ldt *ldt;	/* loaded, NULL: the default LDT */

	/* fixed when the processor starts */
	uint8_t		  apic_id;
	uint32_t	  bit;		/* 1 << number */

	/* pmap.c's */
	struct pmap	 *pmap;		/* loaded; written by this processor */
	bool		  pmap_unused;	/* the kernel's would do, its half is in it */
	volatile uint32_t shootdown_pending;
};

#endif
