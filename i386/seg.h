/*
 * i386/seg.h - selectors, descriptors and task state segments.
 *
 * Every processor has its own GDT (in struct cpu_data); the IDT and the
 * default LDT are shared.  User selectors are the ABI's: code 0x17 and data
 * 0x1f in the LDT, slot 0x07 the system call gate, 0x4b and 0x53 in the GDT
 * for i386_set_gdt.
 */
#ifndef I386_SEG_H
#define I386_SEG_H

/*
 * GDT slots.  SYSENTER and SYSEXIT count on the first four being in this
 * order.  Where the processor has no SYSENTER the user's two are not present:
 * that is how a program sees whether it may use it.
 */
#define KERNEL_CS	0x08
#define KERNEL_DS	0x10
#define SYSEXIT_CS	0x18	/* flat, as the LDT's */
#define SYSEXIT_DS	0x20
#define KERNEL_FS	0x28	/* base: this processor's struct processor */
#define KERNEL_TSS	0x30
#define KERNEL_LDT	0x38
#define KERNEL_DF_TSS	0x40	/* double faults run on a stack of their own */
#define USER_GDT	0x48	/* i386_set_gdt's first slot */
#define USER_GDT_SLOTS	2
#define GDT_ENTRIES	11

#define USER_GATE	0x07
#define USER_CS		0x17
#define USER_DS		0x1f
#define LDT_ENTRIES	4	/* of the default LDT */

#define SEL_RPL		0x3	/* privilege asked for */

#define TRAP_SYSENTER	0x100	/* in a frame's trapno: no vector's number */
#define SYSENTER_ROOM	128	/* bytes, for a trap on its first instruction */

/* pcb.special; nearly every thread has none. */
#define PCB_FPU_LIVE	0x1u		/* its FPU registers are in the processor */
#define PCB_DEBUG	0x2u		/* uses debug registers */
#define PCB_SEGMENTS	0x4u		/* has had segments of its own */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* What the processor reads and writes at a task switch. */
struct i386_tss {
	uint32_t link;
	uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs;
	uint32_t ldt;
	uint16_t trap, io_bitmap;	/* offset of the port bitmap */
};

_Static_assert(sizeof(struct i386_tss) == 104, "architecture");

/* Access byte of a descriptor. */
#define DESC_PRESENT	0x80u
#define DESC_USER	0x60u	/* privilege level 3 */
#define DESC_CODE	0x1bu	/* code or data, executable, readable, accessed */
#define DESC_DATA	0x13u	/* code or data, writable, accessed */
#define DESC_LDT	0x02u
#define DESC_TSS	0x09u
#define DESC_CALL_GATE	0x0cu
#define DESC_INTR_GATE	0x0eu
#define DESC_TASK_GATE	0x05u

/* A segment: a limit of a megabyte or more is counted in pages. */
static inline uint64_t
seg_make(uint32_t base, uint32_t limit, uint8_t access)
{
	uint32_t low, high = 0;

	if (limit > 0xfffff) {
		limit >>= 12;
		high |= 0x800000;
	}
	if (access & 0x10)
		high |= 0x400000;	/* 32-bit code or data */
	low = (base << 16) | (limit & 0xffff);
	high |= (base & 0xff000000) | ((base >> 16) & 0xff) |
	    (limit & 0xf0000) | (uint32_t)access << 8;
	return (uint64_t)high << 32 | low;
}

static inline uint64_t
gate_make(uint16_t selector, uint32_t offset, uint8_t access)
{
	uint32_t low = (uint32_t)selector << 16 | (offset & 0xffff);
	uint32_t high = (offset & 0xffff0000) | (uint32_t)access << 8;

	return (uint64_t)high << 32 | low;
}

struct pcb;
struct processor;

extern uint64_t default_ldt[LDT_ENTRIES];

void	seg_init_shared(void);			/* IDT, default LDT */
/* Fill in and load this processor's GDT, IDT, TSS, %fs. */
void	seg_init_processor(struct processor *processor);
/* The kernel's page directory is known: tell the double-fault segment. */
void	seg_set_kernel_cr3(struct processor *processor, uint32_t cr3);
/* Load what a thread brings: where it enters the kernel, LDT, GDT slots. */
void	seg_load_thread(struct processor *processor, const struct pcb *pcb);
/* The same, whatever table is loaded: it may be gone. */
void	seg_reload_thread(struct processor *processor, const struct pcb *pcb);
/* A selector as thread states show it: those after a SYSEXIT are the LDT's. */
static inline uint32_t
seg_shown(uint32_t selector)
{
	selector &= 0xffff;
	if (selector == (SYSEXIT_CS | SEL_RPL))
		return USER_CS;
	return selector == (SYSEXIT_DS | SEL_RPL) ? USER_DS : selector;
}

/* Whether a user may load this descriptor: absent, or privilege 3 and no gate. */
bool	seg_user_descriptor_ok(const uint32_t desc[2]);

#endif
#endif
