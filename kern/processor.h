/*
 * kern/processor.h - what the kernel keeps for each processor.
 *
 * The first two fields have fixed offsets: the machine layer reads them by a
 * segment register (current_processor, current_thread in machine/cpu.h).
 */
#ifndef KERN_PROCESSOR_H
#define KERN_PROCESSOR_H

#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <machine/cpu.h>
#include <machine/cpu_data.h>

#define MAX_PROCESSORS	32		/* bits of a word */
#define RUN_LEVELS	64		/* priorities, 0 best */
#define PROCESSOR_BITS	5		/* of a processor's number */

struct processor {
	struct processor *self;		/* offset 0 */
	struct thread	 *active_thread;/* offset 4: running here */
	unsigned	  number;	/* 0 is the boot processor */
	volatile bool	  running;

	struct cpu_data	  machine;	/* the machine layer's own */

	/* under run_lock (interrupts off) */
	struct spinlock	  run_lock;
	struct queue	  run_queues[RUN_LEVELS];
	uint32_t	  run_bitmap[RUN_LEVELS / 32];
	volatile unsigned run_count;
	volatile bool	  idle;

	/* this processor's own */
	vm_offset_t	  stack_top;	/* end of the stack in use; the machine's entries begin there */
	struct thread	 *idle_thread;
	struct thread	 *switched_from;/* to be dispatched by who runs next */
	vm_offset_t	  stack_cache[4];
	unsigned	  stack_cached;
	unsigned	  quantum_left;	/* ticks of the time slice */
	/* number, and the second of the last tick above it: see thread->left */
	uint32_t	  stamp;
	unsigned	  ticks_user;
	unsigned	  ticks_system;
	unsigned	  ticks_idle;
	struct ipc_port	 *port;		/* fixed after boot */
#ifdef DEBUG_KERNEL
	struct spinlock	 *held[16];	/* spin locks held, in order */
	unsigned	  held_count;
#endif
};

_Static_assert(MAX_PROCESSORS == 1u << PROCESSOR_BITS, "stamp");
_Static_assert(offsetof(struct processor, self) == 0, "machine/cpu.h");
_Static_assert(offsetof(struct processor, active_thread) == 4, "machine/cpu.h");

extern struct processor *processors[MAX_PROCESSORS];	/* fixed after boot */
extern unsigned processor_count;			/* fixed after boot */

#endif
