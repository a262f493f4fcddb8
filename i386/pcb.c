/*
 * i386/pcb.c - the machine's part of a thread: start, switch, end.
 *
 * Owns:       struct pcb.  A running thread's belongs to its processor; a
 *             stopped one's to whoever stopped it.
 * Locks:      none; switching is done with interrupts off.
 */
#include <kern/processor.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>
#include <machine/debug_regs.h>
#include <machine/fpu.h>
#include <machine/locore.h>
#include <machine/switch.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/seg.h>
#include <machine/user_ldt.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

/* What locore_switch pops, lowest address first. */
struct switch_frame {
	uint32_t edi, esi, ebx, ebp;
	uint32_t eip;
	uint32_t return_address;	/* of a function that does not return */
};

void
pcb_init(struct thread *thread)
{
	struct trap_frame *regs = &thread->pcb.regs;

	memset(&thread->pcb, 0, sizeof(thread->pcb));
	regs->cs = USER_CS;
	regs->ss = regs->ds = regs->es = regs->fs = regs->gs = USER_DS;
	regs->eflags = EFLAGS_ONE | EFLAGS_IF;
	thread->pcb.pmap = thread->task->map->pmap;
	thread->pcb.copy_page = &own_processor->machine.copy_pages[
	    (uintptr_t)thread / sizeof(*thread) % COPY_PAGES];
}

void
pcb_free(struct thread *thread)
{
	fpu_free(&thread->pcb);
	user_ldt_free(thread->pcb.ldt);
	thread->pcb.ldt = NULL;
}

void
machine_set_entry(struct thread *thread, uint32_t eip, uint32_t esp)
{
	thread->pcb.regs.eip = eip;
	thread->pcb.regs.esp = esp;
}

void
machine_thread_inherit(struct thread *parent, struct thread *child)
{
	fpu_inherit(&parent->pcb, &child->pcb);
}

void
machine_stack_attach(struct thread *thread, uint32_t stack,
    void (*start)(void))
{
	struct switch_frame *frame =
	    (struct switch_frame *)(stack + KERNEL_STACK_SIZE) - 1;

	memset(frame, 0, sizeof(*frame));
	frame->eip = (uintptr_t)start;
	thread->pcb.kernel_esp = (uintptr_t)frame;
}

void
machine_switch_special(struct processor *processor, struct thread *old,
    struct thread *new)
{
	fpu_save(&old->pcb);
	debug_regs_switch(&old->pcb, &new->pcb);
	seg_load_thread(processor, &new->pcb);
}

void
machine_switch(struct thread *old, struct thread *new)
{
	machine_switch_no_stack(old, new);
	locore_switch(&old->pcb.kernel_esp, new->pcb.kernel_esp);
}
