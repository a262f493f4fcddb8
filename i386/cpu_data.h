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

/*
 * A page of a task's that pmap_copy.c may write to as direct memory, as the TLB
 * would let the task: true while key's low bits are the processor's copy_epoch.
 */
struct copy_page {
	struct pmap	 *pmap;		/* NULL: none */
	uint32_t	  key;		/* the page's address, and the epoch */
	uint32_t	  to_direct;	/* from its addresses to direct memory */
	char		 *next;		/* where the next page begins, or NULL */
};

#define COPY_PAGES	32u
/* Bits of key for the epoch; those below are 0 in all, so as to be aligned. */
#define COPY_EPOCH_ONE	0x004u
#define COPY_EPOCH_END	0x1000u

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
	struct pmap	 *pmap_next;	/* the same, but while it is loaded what will be */
	bool		  pmap_unused;	/* the kernel's would do, its half is in it */
	volatile uint32_t shootdown_pending;
	uint32_t	  copy_epoch;	/* pmap_copy.c */
	struct copy_page  copy_pages[COPY_PAGES];
};

#endif
