/*
 * libmach/i386/thread_state.c - the registers a new thread begins with.
 *
 * Owns nothing.  All that the thread library knows of the processor.
 */
#include <mach/mach.h>
#include <mach/thread_status.h>

#include "thread.h"

/* Tell the processor that this loop waits for another one. */
void
mach_spin_hint(void)
{
	__builtin_ia32_pause();
}

/*
 * Have a thread that was just created call entry(arg) on a stack that ends at
 * stack_top.  entry never returns.
 */
kern_return_t
mach_thread_set_entry(mach_port_t thread, void (*entry)(void *), void *arg,
    vm_address_t stack_top)
{
	struct i386_thread_state state;
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;
	unsigned int *frame = (unsigned int *) (stack_top & ~15UL) - 4;
	kern_return_t kr;

	kr = thread_get_state(thread, i386_THREAD_STATE,
	    (thread_state_t) &state, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	/* As a call leaves it: the argument 16-aligned, no return address. */
	frame[0] = (unsigned int) arg;
	frame[-1] = 0;
	state.eip = (unsigned int) entry;
	state.uesp = (unsigned int) (frame - 1);
	state.ebp = 0;
	return thread_set_state(thread, i386_THREAD_STATE,
	    (thread_state_t) &state, i386_THREAD_STATE_COUNT);
}
