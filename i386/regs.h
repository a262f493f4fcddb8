/*
 * i386/regs.h - bits of the processor's registers, and its instructions that
 * C has no words for.
 */
#ifndef I386_REGS_H
#define I386_REGS_H

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_EM		0x00000004
#define CR0_TS		0x00000008
#define CR0_NE		0x00000020
#define CR0_WP		0x00010000
#define CR0_NW		0x20000000
#define CR0_CD		0x40000000
#define CR0_PG		0x80000000

#define CR4_PAE		0x00000020
#define CR4_PGE		0x00000080
#define CR4_OSFXSR	0x00000200
#define CR4_OSXMMEXCPT	0x00000400
#define CR4_SMEP	0x00100000
#define CR4_SMAP	0x00200000

#define EFLAGS_ONE	0x00000002	/* always set */
#define EFLAGS_TF	0x00000100
#define EFLAGS_IF	0x00000200
#define EFLAGS_DF	0x00000400
#define EFLAGS_NT	0x00004000
#define EFLAGS_AC	0x00040000
#define EFLAGS_ID	0x00200000

#define MSR_APIC_BASE	0x1b
#define MSR_SYSENTER_CS	0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_EFER	0xc0000080
#define EFER_NXE	0x800

/* Leaf 1, edx. */
#define CPUID_FPU	0x00000001
#define CPUID_TSC	0x00000010
#define CPUID_PAE	0x00000040
#define CPUID_CX8	0x00000100
#define CPUID_APIC	0x00000200
#define CPUID_SEP	0x00000800	/* SYSENTER */
#define CPUID_PGE	0x00002000
#define CPUID_CMOV	0x00008000
#define CPUID_FXSR	0x01000000
#define CPUID_SSE	0x02000000
#define CPUID_NEEDED	(CPUID_FPU | CPUID_PAE | CPUID_CX8 | CPUID_CMOV)
/* Leaf 7, ebx. */
#define CPUID7_SMEP	0x00000080
#define CPUID7_SMAP	0x00100000
/* Leaf 0x80000001, edx. */
#define CPUIDX_NX	0x00100000

/* What boot.S needs of a page table entry; pmap.c has the rest. */
#define PTE_PRESENT	0x001
#define PTE_WRITE	0x002
#define PTE_LARGE	0x080

/* Vectors.  0x20 to 0x2f are the PIC's 16 lines, or the I/O APIC's first 16. */
#define VEC_DEBUG	1
#define VEC_NMI		2
#define VEC_NO_FPU	7
#define VEC_DOUBLE	8
#define VEC_PAGE_FAULT	14
#define VEC_IRQ_BASE	0x20
#define VEC_APIC_TIMER	0xef
#define VEC_NUDGE	0xf0
#define VEC_SHOOTDOWN	0xf1
#define VEC_SPURIOUS	0xff

#ifndef __ASSEMBLER__

#include <stdint.h>

static inline uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

static inline void
outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a" (v), "Nd" (port));
}

/* count words between a port and memory. */
static inline void
insw(uint16_t port, void *to, uint32_t count)
{
	__asm__ volatile("rep insw" : "+D" (to), "+c" (count) : "d" (port) :
	    "memory");
}

static inline void
outsw(uint16_t port, const void *from, uint32_t count)
{
	__asm__ volatile("rep outsw" : "+S" (from), "+c" (count) : "d" (port) :
	    "memory");
}

static inline uint32_t
inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

static inline void
outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a" (v), "Nd" (port));
}

#define DEFINE_REGISTER(name)						\
static inline uint32_t							\
name##_read(void)							\
{									\
	uint32_t v;							\
									\
	__asm__ volatile("movl %%" #name ", %0" : "=r" (v));		\
	return v;							\
}									\
static inline void							\
name##_write(uint32_t v)						\
{									\
	__asm__ volatile("movl %0, %%" #name : : "r" (v) : "memory");	\
}

DEFINE_REGISTER(cr0)
DEFINE_REGISTER(cr3)
DEFINE_REGISTER(cr4)
DEFINE_REGISTER(dr0)
DEFINE_REGISTER(dr1)
DEFINE_REGISTER(dr2)
DEFINE_REGISTER(dr3)
DEFINE_REGISTER(dr6)
DEFINE_REGISTER(dr7)

static inline uint32_t
cr2_read(void)
{
	uint32_t v;

	__asm__ volatile("movl %%cr2, %0" : "=r" (v));
	return v;
}

static inline void
clts(void)
{
	__asm__ volatile("clts" : : : "memory");
}

static inline uint64_t
msr_read(uint32_t msr)
{
	uint64_t v;

	__asm__ volatile("rdmsr" : "=A" (v) : "c" (msr));
	return v;
}

static inline void
msr_write(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr" : : "c" (msr), "A" (v) : "memory");
}

static inline uint64_t
tsc_read(void)
{
	uint64_t v;

	__asm__ volatile("rdtsc" : "=A" (v));
	return v;
}

static inline void
cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	__asm__ volatile("cpuid" : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d)
	    : "a" (leaf), "c" (0));
}

static inline void
cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

#endif
#endif
