/*
 * libmach/thread.h - what libmach keeps for each thread.
 *
 * It lies at the top of the thread's stack.  All stacks are of one size,
 * aligned to it, in one range, so that a stack pointer tells whose it is
 * without a register set aside; any other stack means the main thread.
 */
#ifndef LIBMACH_THREAD_H
#define LIBMACH_THREAD_H

#include <sys/reent.h>

#include <mach/mach_thread.h>

struct mach_thread {
	/* the owning thread's alone */
	struct _reent		 reent;		/* errno, stdio's state */
	mach_port_t		 reply_port;	/* for MIG; null until needed */
	boolean_t		 reply_port_going;	/* being destroyed */
	mach_port_t		 wait_port;	/* for conditions; likewise */
	/* written before the thread runs */
	void			(*fn)(void *);
	void			*arg;
	mach_port_t		 port;		/* main's: null until needed */
	/* under the stacks' lock in thread.c */
	struct mach_thread	*next;		/* the next one given back */
};

#define MACH_THREAD_RANGE_SIZE \
	((vm_size_t)MACH_THREAD_STACK_SIZE * MACH_THREADS_MAX)

/* Where all stacks but main's are: where no stack can be, then fixed. */
extern vm_address_t mach_thread_range;
extern struct mach_thread mach_thread_main;

static inline struct mach_thread *
mach_thread_current(void)
{
	vm_address_t sp = (vm_address_t)__builtin_frame_address(0);

	if (sp - mach_thread_range >= MACH_THREAD_RANGE_SIZE)
		return &mach_thread_main;
	return (struct mach_thread *)((sp &
	    ~(MACH_THREAD_STACK_SIZE - 1UL)) + MACH_THREAD_STACK_SIZE) - 1;
}

extern void mach_thread_child_init(void);


/* The machine's part: libmach/<machine>/thread_state.c. */
extern void mach_spin_hint(void);
extern kern_return_t mach_thread_set_entry(mach_port_t thread,
    void (*entry)(void *), void *arg, vm_address_t stack_top);

#endif
