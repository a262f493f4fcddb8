/*
 * i386/trap.c - what becomes of exceptions: a fault resolved, a Mach
 * exception for the thread, or a panic.
 *
 * Owns:       nothing.
 * Locks:      none.  Entered with interrupts off; user faults turn them on.
 * Invariant:  a fault in the kernel is either by an instruction that
 *             copy_table lists, on a user address, or on the last
 *             instructions before user mode; anything else is a panic.
 * Source:     Intel SDM volume 3, chapter 6; the table of exceptions is the
 *             interface's.
 */
#include <ipc/mach_traps_ipc.h>
#include <kern/debug.h>
#include <kern/exception.h>
#include <kern/processor.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>
#include <machine/intr.h>
#include <machine/locore.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/seg.h>
#include <machine/trap.h>
#include <machine/user_ldt.h>
#include <vm/vm_fault.h>

/* Bits of a page fault's error code. */
#define PF_WRITE	0x02u
#define PF_RESERVED	0x08u		/* a malformed table entry */
#define PF_FETCH	0x10u

#define FRAME_GENERAL_WORDS	12u	/* selectors and general registers */

enum trap_subcode { SUB_NONE, SUB_ERROR, SUB_FPU };

/* What the exceptions of user mode are to Mach; page faults are apart. */
static const struct {
	uint8_t	type, code;
	uint8_t	subcode;
} user_exceptions[] = {
	[0]  = { EXC_ARITHMETIC, EXC_I386_DIV, SUB_NONE },
	[1]  = { EXC_BREAKPOINT, EXC_I386_SGL, SUB_NONE },
	[3]  = { EXC_BREAKPOINT, EXC_I386_BPT, SUB_NONE },
	[4]  = { EXC_ARITHMETIC, EXC_I386_INTO, SUB_NONE },
	[5]  = { EXC_SOFTWARE, EXC_I386_BOUND, SUB_NONE },
	[6]  = { EXC_BAD_INSTRUCTION, EXC_I386_INVOP, SUB_NONE },
	[9]  = { EXC_BAD_ACCESS, VM_PROT_READ | VM_PROT_EXECUTE, SUB_NONE },
	[10] = { EXC_BAD_INSTRUCTION, EXC_I386_INVTSSFLT, SUB_ERROR },
	[11] = { EXC_BAD_INSTRUCTION, EXC_I386_SEGNPFLT, SUB_ERROR },
	[12] = { EXC_BAD_INSTRUCTION, EXC_I386_STKFLT, SUB_ERROR },
	[13] = { EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, SUB_ERROR },
	[16] = { EXC_ARITHMETIC, EXC_I386_EXTERR, SUB_FPU },
	[17] = { EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, SUB_ERROR },
	[19] = { EXC_ARITHMETIC, EXC_I386_EXTERR, SUB_FPU },
};

/* copy.h: USER_ACCESS. */
struct copy_range {
	uint32_t start, end, recover;
};
extern const struct copy_range copy_table_start[], copy_table_end[];
extern const struct copy_range copy_nofault_start[], copy_nofault_end[];

bool
trap_from_user(const struct trap_frame *frame)
{
	return (frame->cs & SEL_RPL) != 0;
}

static vm_prot_t
fault_access(uint32_t error)
{
	if (error & PF_WRITE)
		return VM_PROT_READ | VM_PROT_WRITE;
	if (error & PF_FETCH)
		return VM_PROT_READ | VM_PROT_EXECUTE;
	return VM_PROT_READ;
}

static void __attribute__((noreturn))
user_page_fault(const struct trap_frame *frame, uint32_t address)
{
	if (frame->error & PF_RESERVED)
		panic_trap(frame, "malformed page table");
	intr_restore(true);
	if (address >= KERNEL_BASE)
		exception(EXC_BAD_ACCESS, EXC_I386_PGFLT, (long)address);
	vm_fault_user(address, fault_access(frame->error));
}

/* Raise what a vector other than the page fault's stands for. */
static void __attribute__((noreturn))
user_exception(uint32_t vector, uint32_t error)
{
	long subcode = 0;

	if (vector >= array_count(user_exceptions) ||
	    user_exceptions[vector].type == 0) {
		intr_restore(true);
		exception(EXC_BAD_INSTRUCTION, (int)vector, 0);
	}
	if (user_exceptions[vector].subcode == SUB_ERROR)
		subcode = error & 0xffff;
	else if (user_exceptions[vector].subcode == SUB_FPU)
		subcode = (long)fpu_error_status();
	intr_restore(true);
	exception(user_exceptions[vector].type, user_exceptions[vector].code,
	    subcode);
}

/* Any trap or interrupt from user mode; returns to it. */
void
trap_user(struct trap_frame *frame)
{
	uint32_t vector = frame->trapno;

	if (vector >= VEC_IRQ_BASE)
		interrupt(frame);
	else if (vector == VEC_PAGE_FAULT)
		user_page_fault(frame, cr2_read());
	else if (vector == VEC_NO_FPU)
		fpu_not_available();
	else if (vector == VEC_NMI)
		panic_nmi(frame);
	else {
		if (vector == VEC_DEBUG)
			(void)debug_trap_reasons();
		user_exception(vector, frame->error);
	}
}

/* Where a faulting copy of a table goes on, 0 if eip is in none. */
static uint32_t
copy_recovery(const struct copy_range *r, const struct copy_range *end,
    uint32_t eip)
{
	for (; r < end; r++)
		if (eip >= r->start && eip < r->end)
			return r->recover;
	return 0;
}

/* A copy that would rather not be than fault gives up; interrupts are off. */
static bool
copy_gives_up(struct trap_frame *frame)
{
	uint32_t recover = copy_recovery(copy_nofault_start, copy_nofault_end,
	    frame->eip);

	if (recover == 0 || cr2_read() >= KERNEL_BASE)
		return false;
	frame->eip = recover;
	return true;
}

/*
 * The kernel touched user memory: resolve the fault as the thread's own, or
 * go on where the copy gives up.  May sleep.
 */
static void
kernel_page_fault(struct trap_frame *frame)
{
	uint32_t address = cr2_read();
	uint32_t recover = copy_recovery(copy_table_start, copy_table_end,
	    frame->eip);
	kern_return_t kr;

	if (copy_gives_up(frame))
		return;
	if (recover == 0 || address >= KERNEL_BASE ||
	    (frame->error & PF_RESERVED))
		panic_trap(frame, "page fault in the kernel");
	if (!(frame->eflags & EFLAGS_IF))
		panic_trap(frame, "user memory touched with interrupts off");
	intr_restore(true);
	kr = vm_fault(current_thread()->task->map, trunc_page(address),
	    fault_access(frame->error), false);
	(void)intr_disable();
	if (kr != KERN_SUCCESS) {
		frame->eip = recover;
		current_thread()->pcb.fault_why = kr;
		current_thread()->pcb.fault_address = address;
	}
}

/*
 * A debug trap in the kernel: TF brought along through the call gate, or a
 * watched user address that the kernel touched.  The thread learns of it on
 * its way out.
 */
static void
kernel_debug_trap(struct trap_frame *frame)
{
	(void)debug_trap_reasons();
	if (frame->eip == (uintptr_t)gate_entry &&
	    (frame->eflags & EFLAGS_TF))
		frame->eip = (uintptr_t)gate_entry_stepped;
	if (frame->eip == (uintptr_t)sysenter_entry &&
	    (frame->eflags & EFLAGS_TF))
		frame->eip = (uintptr_t)sysenter_entry_stepped;
	frame->eflags &= ~(uint32_t)EFLAGS_TF;
	__atomic_or_fetch(&current_thread()->ast, AST_STEP, __ATOMIC_RELAXED);
}

/*
 * If frame was taken on the way to user mode, words of the user's frame had
 * been popped into registers, from where they are in frame now: their count.
 * Otherwise -1.
 */
static int
exit_words_popped(const struct trap_frame *frame)
{
	const char *eip = (const char *)frame->eip;

	if (eip == exit_pop_gs)
		return 0;
	if (eip == exit_pop_fs)
		return 1;
	if (eip == exit_pop_es)
		return 2;
	if (eip == exit_pop_ds)
		return 3;
	return eip == exit_iret ? (int)FRAME_GENERAL_WORDS : -1;
}

/*
 * The state that the thread is to have cannot be loaded.  Put its frame
 * together again and let the thread have the exception.
 */
static void __attribute__((noreturn))
exit_fault(const struct trap_frame *frame, unsigned popped)
{
	struct trap_frame *regs = &current_thread()->pcb.regs;
	uint32_t vector = frame->trapno;
	uint32_t error = frame->error;

	memmove(regs, frame, popped * sizeof(uint32_t));
	user_exception(vector, error);
}

/* Any trap or interrupt in the kernel; returns to where it came. */
void
trap_kernel(struct trap_frame *frame)
{
	uint32_t vector = frame->trapno;
	int popped;

	if (vector >= VEC_IRQ_BASE) {
		interrupt(frame);
		return;
	}
	if (vector == VEC_PAGE_FAULT) {
		kernel_page_fault(frame);
		return;
	}
	if (vector == VEC_DEBUG) {
		kernel_debug_trap(frame);
		return;
	}
	if (vector == VEC_NMI)
		panic_nmi(frame);
	popped = exit_words_popped(frame);
	if (popped >= 0)
		exit_fault(frame, (unsigned)popped);
	panic_trap(frame, "unexpected trap in the kernel");
}

/* On the way to user mode, something is to be done first. */
void
trap_ast(void)
{
	struct thread *thread = current_thread();

	if (thread->ast & ~(AST_STEP | AST_SEGMENTS))
		ast_taken();
	if (thread->ast & AST_SEGMENTS) {
		__atomic_and_fetch(&thread->ast, ~AST_SEGMENTS,
		    __ATOMIC_SEQ_CST);
		user_ldt_reload();
	}
	if (thread->ast & AST_STEP) {
		__atomic_and_fetch(&thread->ast, ~AST_STEP, __ATOMIC_RELAXED);
		exception(EXC_BREAKPOINT, EXC_I386_SGL, 0);
	}
}

/* The call gate was entered with a number that is no trap's. */
void
gate_bad_number(void)
{
	exception(EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
}

/* The arguments reach into the kernel's addresses: where they begin to. */
void
gate_bad_arguments(void)
{
	uint32_t first = current_thread()->pcb.regs.esp + sizeof(uint32_t);

	exception(EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (long)max_of(first, KERNEL_BASE));
}

void
gate_arguments_fault(void)
{
	struct pcb *pcb = &current_thread()->pcb;

	exception(EXC_BAD_ACCESS, pcb->fault_why, (long)pcb->fault_address);
}

/*
 * mach_msg's message could not be read as it was called: what its other ways
 * say to that.  Not if the wait for a page was broken off, for they would wait
 * again.
 */
kern_return_t
gate_header_fault(struct thread *self)
{
	return self->pcb.fault_why == KERN_ABORTED ? MACH_SEND_INVALID_DATA :
	    mach_msg_trap(self);
}

/* On a stack of its own; the task switch left the registers in the TSS. */
void
double_fault(void)
{
	const struct i386_tss *tss = &current_processor()->machine.tss;
	struct trap_frame frame = {
		.gs = tss->gs, .fs = tss->fs, .es = tss->es, .ds = tss->ds,
		.edi = tss->edi, .esi = tss->esi, .ebp = tss->ebp,
		.ebx = tss->ebx, .edx = tss->edx, .ecx = tss->ecx,
		.eax = tss->eax, .trapno = VEC_DOUBLE, .eip = tss->eip,
		.cs = tss->cs, .eflags = tss->eflags, .esp = tss->esp,
		.ss = tss->ss,
	};

	panic_trap(&frame, "double fault");
}
