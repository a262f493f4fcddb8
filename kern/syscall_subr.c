/*
 * kern/syscall_subr.c - the system call traps of kern/.
 *
 * The syscall_ forms answer MACH_SEND_INTERRUPTED when the name is no object
 * of this kernel's; user libraries then make the same call by message.
 *
 * Source:     Mach 3.0 kernel interface; numbers in kern/syscall_sw.c.
 */
#include <ipc/ipc_names.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_tt.h>
#include <mach_server.h>
#include <kern/sched.h>
#include <kern/syscall_subr.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/thread_internal.h>
#include <mach/thread_switch.h>
#include <machine/cpu.h>

#define PRINT_MAX	256u		/* bytes of one mach_print, NUL included */

kern_return_t
kern_invalid(void)
{
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
null_port(void)
{
	return 0;			/* MACH_PORT_NULL */
}

/* Print a string; what is longer than a line's worth is cut. */
TRAP_ROUTINE kern_return_t
trap_mach_print(const char *user_string)
{
	char buf[PRINT_MAX];

	for (unsigned i = 0; i < sizeof(buf) - 1; i++) {
		if (copyin(user_string + i, &buf[i], 1) != KERN_SUCCESS)
			return KERN_INVALID_ADDRESS;
		if (buf[i] == '\0')
			break;
		buf[i + 1] = '\0';
	}
	kprintf("%s", buf);
	return KERN_SUCCESS;
}

static void
swtch_continue(void)
{
	thread_syscall_return(sched_others_ready());
}

/* Let others run; whether there are any. */
TRAP_ROUTINE kern_return_t
trap_swtch(void)
{
	if (!sched_others_ready())
		return FALSE;
	(void)thread_block(swtch_continue);
	return FALSE;
}

static void
swtch_pri_continue(void)
{
	(void)thread_undepress(current_thread());
	thread_syscall_return(sched_others_ready());
}

TRAP_ROUTINE kern_return_t
trap_swtch_pri(int ignored)
{
	(void)ignored;
	if (!sched_others_ready())
		return FALSE;
	thread_depress(current_thread(), QUANTUM_TICKS);
	(void)thread_block(swtch_pri_continue);
	return FALSE;
}

static void
thread_switch_continue(void)
{
	(void)thread_undepress(current_thread());
	thread_syscall_return(KERN_SUCCESS);
}

/*
 * Give the processor away, if thread_name is a thread's that is ready, to it.
 *
 * option      SWITCH_OPTION_DEPRESS runs behind all others for option_time,
 *             SWITCH_OPTION_WAIT waits that long; milliseconds.
 * Returns     KERN_SUCCESS, KERN_INVALID_ARGUMENT (the option).
 */
TRAP_ROUTINE kern_return_t
trap_thread_switch(mach_port_name_t thread_name, int option,
    mach_msg_timeout_t option_time)
{
	struct thread *hint;

	switch (option) {
	case SWITCH_OPTION_NONE:
		break;
	case SWITCH_OPTION_DEPRESS:
		thread_depress(current_thread(), ticks_from_ms(option_time));
		break;
	case SWITCH_OPTION_WAIT:
		thread_will_wait(true);
		thread_set_timeout(option_time);
		break;
	default:
		return KERN_INVALID_ARGUMENT;
	}
	hint = thread_name != 0 ? port_name_to_thread(thread_name) : NULL;
	if (hint == NULL)
		(void)thread_block(thread_switch_continue);
	/* Without a continuation: the reference on hint is ours to drop. */
	(void)thread_run_next(hint, NULL);
	thread_release(hint);
	(void)thread_undepress(current_thread());
	return KERN_SUCCESS;
}

TRAP_ROUTINE kern_return_t
syscall_task_create(mach_port_name_t parent_name, boolean_t inherit_memory,
    mach_port_name_t *user_child)
{
	struct task *parent = port_name_to_task(parent_name);
	struct task *child;
	mach_port_name_t name;
	kern_return_t kr;

	if (parent == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_create(parent, inherit_memory, &child);
	task_release(parent);
	if (kr != KERN_SUCCESS)
		return kr;
	name = ipc_port_copyout_send(convert_task_to_port(child),
	    current_thread()->task->space);
	return copyout(&name, user_child, sizeof(name)) == KERN_SUCCESS ?
	    KERN_SUCCESS : KERN_INVALID_ADDRESS;
}

TRAP_ROUTINE kern_return_t
syscall_task_terminate(mach_port_name_t name)
{
	struct task *task = port_name_to_task(name);
	kern_return_t kr;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_terminate(task);
	task_release(task);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_task_suspend(mach_port_name_t name)
{
	struct task *task = port_name_to_task(name);
	kern_return_t kr;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_suspend(task);
	task_release(task);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_task_set_special_port(mach_port_name_t name, int which,
    mach_port_name_t port_name)
{
	struct task *task = port_name_to_task(name);
	struct ipc_port *right = NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	if (port_name != 0)
		kr = ipc_port_copyin_send(current_thread()->task->space,
		    port_name, &right);
	if (kr == KERN_SUCCESS) {
		kr = task_set_special_port(task, which, right);
		if (kr != KERN_SUCCESS)
			ipc_port_release_send(right);
	}
	task_release(task);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_thread_depress_abort(mach_port_name_t name)
{
	struct thread *thread = port_name_to_thread(name);
	kern_return_t kr;

	if (thread == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = thread_undepress(thread) ? KERN_SUCCESS : KERN_FAILURE;
	thread_release(thread);
	return kr;
}
