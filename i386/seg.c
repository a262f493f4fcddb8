/*
 * i386/seg.c - descriptor tables and task state segments.
 *
 * Owns:       the IDT and the default LDT, fixed after start-up; each
 *             processor's GDT and TSS, which only that processor changes.
 * Locks:      none; a processor's own are changed with interrupts off.
 * Source:     Intel SDM volume 3, chapters 3, 6 and 7.
 */
#include <kern/processor.h>
#include <kern/thread.h>
#include <kern/types.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/locore.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/seg.h>
#include <machine/user_ldt.h>

#define IDT_ENTRIES	256
#define FLAT		0xffffffffu
#define NO_IO_BITMAP	0xffffu		/* offset beyond the segment */
#define DF_STACK_SIZE	2048
#define VEC_BREAKPOINT	3
#define VEC_OVERFLOW	4
#define VEC_BOUND	5

struct table_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

static uint64_t idt[IDT_ENTRIES];
uint64_t default_ldt[LDT_ENTRIES];

/* One double fault stops everything, so processors share its stack. */
static uint32_t df_stack[DF_STACK_SIZE / sizeof(uint32_t)];

static void
idt_init(void)
{
	for (unsigned v = 0; v < IDT_ENTRIES; v++)
		idt[v] = gate_make(KERNEL_CS, trap_stubs[v],
		    DESC_PRESENT | DESC_INTR_GATE);
	/* What a program may ask for by an instruction. */
	idt[VEC_BREAKPOINT] |= (uint64_t)DESC_USER << 40;
	idt[VEC_OVERFLOW] |= (uint64_t)DESC_USER << 40;
	idt[VEC_BOUND] |= (uint64_t)DESC_USER << 40;
	idt[VEC_DOUBLE] = gate_make(KERNEL_DF_TSS, 0,
	    DESC_PRESENT | DESC_TASK_GATE);
}

void
seg_init_shared(void)
{
	idt_init();
	default_ldt[USER_GATE >> 3] = gate_make(KERNEL_CS,
	    (uintptr_t)gate_entry, DESC_PRESENT | DESC_USER | DESC_CALL_GATE);
	default_ldt[USER_CS >> 3] = seg_make(0, FLAT,
	    DESC_PRESENT | DESC_USER | DESC_CODE);
	default_ldt[USER_DS >> 3] = seg_make(0, FLAT,
	    DESC_PRESENT | DESC_USER | DESC_DATA);
}

static void
df_tss_init(struct cpu_data *cpu)
{
	struct i386_tss *tss = &cpu->df_tss;

	tss->cr3 = cr3_read();
	tss->eip = (uintptr_t)double_fault_entry;
	tss->eflags = EFLAGS_ONE;
	tss->esp = (uintptr_t)&df_stack[array_count(df_stack)];
	tss->cs = KERNEL_CS;
	tss->ss = tss->ds = tss->es = KERNEL_DS;
	tss->fs = KERNEL_FS;
	tss->io_bitmap = NO_IO_BITMAP;
}

static void
gdt_init(struct processor *processor)
{
	struct cpu_data *cpu = &processor->machine;

	cpu->gdt[KERNEL_CS >> 3] = seg_make(0, FLAT, DESC_PRESENT | DESC_CODE);
	cpu->gdt[KERNEL_DS >> 3] = seg_make(0, FLAT, DESC_PRESENT | DESC_DATA);
	if (cpu_features.sysenter) {
		cpu->gdt[SYSEXIT_CS >> 3] = seg_make(0, FLAT,
		    DESC_PRESENT | DESC_USER | DESC_CODE);
		cpu->gdt[SYSEXIT_DS >> 3] = seg_make(0, FLAT,
		    DESC_PRESENT | DESC_USER | DESC_DATA);
	}
	cpu->gdt[KERNEL_FS >> 3] = seg_make((uintptr_t)processor, FLAT,
	    DESC_PRESENT | DESC_DATA);
	cpu->gdt[KERNEL_TSS >> 3] = seg_make((uintptr_t)&cpu->tss,
	    sizeof(cpu->tss) - 1, DESC_PRESENT | DESC_TSS);
	cpu->gdt[KERNEL_DF_TSS >> 3] = seg_make((uintptr_t)&cpu->df_tss,
	    sizeof(cpu->df_tss) - 1, DESC_PRESENT | DESC_TSS);
	cpu->gdt[KERNEL_LDT >> 3] = seg_make((uintptr_t)default_ldt,
	    sizeof(default_ldt) - 1, DESC_PRESENT | DESC_LDT);
}

/* The entry finds the thread's frame by the word that esp points at. */
static void
sysenter_init(struct cpu_data *cpu)
{
	if (!cpu_features.sysenter)
		return;
	msr_write(MSR_SYSENTER_CS, KERNEL_CS);
	msr_write(MSR_SYSENTER_ESP, (uintptr_t)&cpu->tss.esp0);
	msr_write(MSR_SYSENTER_EIP, (uintptr_t)sysenter_entry);
}

void
seg_init_processor(struct processor *processor)
{
	struct cpu_data *cpu = &processor->machine;
	struct table_register gdtr = { sizeof(cpu->gdt) - 1,
	    (uintptr_t)cpu->gdt };
	struct table_register idtr = { sizeof(idt) - 1, (uintptr_t)idt };

	gdt_init(processor);
	cpu->tss.ss0 = KERNEL_DS;
	cpu->tss.io_bitmap = NO_IO_BITMAP;
	df_tss_init(cpu);
	sysenter_init(cpu);
	__asm__ volatile(
	    "lgdt %0\n\t"
	    "lidt %1\n\t"
	    "ljmp %2, $1f\n"
	    "1:\n\t"
	    "movl %3, %%ds\n\t"
	    "movl %3, %%es\n\t"
	    "movl %3, %%ss\n\t"
	    "movl %4, %%fs\n\t"
	    "movl %5, %%gs\n\t"
	    "ltr %w6\n\t"
	    "lldt %w7"
	    : : "m" (gdtr), "m" (idtr), "i" (KERNEL_CS), "r" (KERNEL_DS),
	    "r" (KERNEL_FS), "r" (0), "r" (KERNEL_TSS), "r" (KERNEL_LDT)
	    : "memory");
}

void
seg_set_kernel_cr3(struct processor *processor, uint32_t cr3)
{
	processor->machine.df_tss.cr3 = cr3;
}

/* Interrupts are off.  NULL stands for the default. */
static void
ldt_load(struct cpu_data *cpu, const struct i386_ldt *ldt)
{
	if (ldt == NULL)
		cpu->gdt[KERNEL_LDT >> 3] = seg_make((uintptr_t)default_ldt,
		    sizeof(default_ldt) - 1, DESC_PRESENT | DESC_LDT);
	else
		cpu->gdt[KERNEL_LDT >> 3] = seg_make((uintptr_t)ldt->entries,
		    ldt->count * sizeof(ldt->entries[0]) - 1,
		    DESC_PRESENT | DESC_LDT);
	cpu->ldt = ldt;
	__asm__ volatile("lldt %w0" : : "r" (KERNEL_LDT) : "memory");
}

static uint64_t
descriptor(const uint32_t desc[2])
{
	return (uint64_t)desc[1] << 32 | desc[0];
}

void
seg_load_thread(struct processor *processor, const struct pcb *pcb)
{
	struct cpu_data *cpu = &processor->machine;
	uint64_t *slots = &cpu->gdt[USER_GDT >> 3];

	if (unlikely(cpu->ldt != pcb->ldt))
		ldt_load(cpu, pcb->ldt);
	for (unsigned i = 0; i < USER_GDT_SLOTS; i++)
		slots[i] = descriptor(pcb->gdt_user[i]);
}

void
seg_reload_thread(struct processor *processor, const struct pcb *pcb)
{
	ldt_load(&processor->machine, pcb->ldt);
	seg_load_thread(processor, pcb);
}

bool
seg_user_descriptor_ok(const uint32_t desc[2])
{
	uint32_t access = desc[1] >> 8;

	if (!(access & DESC_PRESENT))
		return true;
	return (access & DESC_USER) == DESC_USER && (access & 0x10) != 0;
}
