/*
 * i386/pcb.h - the machine's part of a thread; included as <machine/pcb.h>.
 *
 * The user's registers are saved straight into pcb.regs at every entry from
 * user mode: TSS.esp0 points behind it.  mach_msg's entry goes on to push what
 * it was called with.  Below is room for the frame of an interrupt, debug trap
 * or fault that hits these instructions, which run there with interrupts on.
 */
#ifndef I386_PCB_H
#define I386_PCB_H

#include <stdbool.h>
#include <stdint.h>

#include <ipc/mach_msg_args.h>
#include <mach/kern_return.h>
#include <machine/seg.h>

struct copy_page;
struct fpu_state;
struct pmap;
struct thread;
struct i386_ldt;

/* What every entry pushes, lowest address first. */
struct trap_frame {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, kesp /* unused, from pusha */, ebx, edx, ecx, eax;
	uint32_t trapno, error;
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;		/* only from user mode */
};

struct pcb {
	uint32_t	   entry_room[32];	/* below, see above */
	/* own; while it waits also read by who has what it waits at locked */
	struct mach_msg_call call;
	struct trap_frame  regs;		/* the user's registers */
	struct pmap	  *pmap;		/* fixed: its task's */
	/* fixed: its place in each processor's copy_pages */
	struct copy_page __seg_fs *copy_page;
	/* kernel context while switched out with a stack */
	uint32_t	   kernel_esp;
	/* own, or under the thread's lock when it is stopped */
	kern_return_t	   fault_why;		/* of a copy that gave up */
	uint32_t	   fault_address;
	uint32_t	   special;		/* PCB_*: what a switch must look at */
	struct fpu_state  *fpu;			/* NULL until first used */
	uint16_t	   fpu_control;		/* to start with; 0: the default */
	uint32_t	   fpu_error;		/* status word of the last FPU error */
	uint32_t	   debug_regs[8];
	struct i386_ldt	  *ldt;			/* own segments, or NULL */
	uint32_t	   gdt_user[2][2];	/* i386_set_gdt slots */
};

/*
 * Set up a new thread of a task, by then thread->task: its user registers are
 * flat selectors, IF, all else zero.
 */
void	pcb_init(struct thread *thread);
void	pcb_free(struct thread *thread);	/* fpu state, ldt */

/*
 * Switch the processor from old (whose registers are saved if it keeps its
 * stack) to new, which has a stack.  Also the address space, TSS, LDT, FPU
 * trap and debug registers.  Interrupts off.  Returns when old runs again.
 */
void	machine_switch(struct thread *old, struct thread *new);
/* Run continuation on the processor's stack, from its top, interrupts on. */
void	machine_call_continuation(void (*continuation)(void))
	    __attribute__((noreturn));
/* Give thread a stack on which machine_switch will start "start" (interrupts off there). */
void	machine_stack_attach(struct thread *thread, uint32_t stack,
	    void (*start)(void));

/* thread_get_state and thread_set_state; thread is stopped or current. */
kern_return_t machine_thread_get_state(struct thread *thread, int flavor,
	    uint32_t *state, unsigned *count);
kern_return_t machine_thread_set_state(struct thread *thread, int flavor,
	    const uint32_t *state, unsigned count);
/* The new thread inherits what the machine passes on (FPU control word). */
void	machine_thread_inherit(struct thread *parent, struct thread *child);

/* Entry for a boot module: program counter and stack pointer. */
void	machine_set_entry(struct thread *thread, uint32_t eip, uint32_t esp);

#endif
