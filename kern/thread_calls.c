/*
 * kern/thread_calls.c - the calls on tasks and threads that are neither life
 * nor ports: lists of threads, machine state, names, priorities.
 *
 * Source:     Mach 3.0 kernel interface; GNU Mach manual for the names.
 */
#include <ipc/ipc_port.h>
#include <gnumach_server.h>
#include <mach_host_server.h>
#include <mach_server.h>
#include <kern/pset.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/thread_internal.h>
#include <kern/zone.h>
#include <mach/policy.h>

/* A kalloc'd array of exactly count threads with references; fewer: NULL. */
static struct thread **
task_snapshot(struct task *task, unsigned count)
{
	struct thread **list = kalloc(count * sizeof(*list));
	struct queue *q;
	unsigned n = 0;

	if (list == NULL)
		return NULL;
	spin_lock(&task->lock);
	if (task->thread_count == count)
		queue_for_each(q, &task->threads)
			list[n++] = thread_reference(
			    queue_element(q, struct thread, task_link));
	spin_unlock(&task->lock);
	if (n == count)
		return list;
	kfree(list, count * sizeof(*list));
	return NULL;
}

/*
 * Ports of all threads of a task.  The set may change while memory for the
 * array is found; then once more, a bounded number of times.
 */
kern_return_t
task_threads(struct task *task, thread_array_t *threads,
    mach_msg_type_number_t *out_count)
{
	struct thread **list = NULL;
	struct ipc_port **ports;
	unsigned count = 0;

	if (task == NULL || !task->active)
		return KERN_INVALID_ARGUMENT;
	for (unsigned tries = 0; tries < 16 && list == NULL; tries++) {
		count = task->thread_count;
		if (count == 0)
			break;
		list = task_snapshot(task, count);
	}
	if (count != 0 && list == NULL)
		return KERN_RESOURCE_SHORTAGE;
	ports = (struct ipc_port **)list;
	for (unsigned i = 0; i < count; i++)
		ports[i] = convert_thread_to_port(list[i]);
	*threads = ports;
	*out_count = count;
	return KERN_SUCCESS;
}

kern_return_t
thread_get_state(struct thread *thread, int flavor, thread_state_t state,
    mach_msg_type_number_t *count)
{
	kern_return_t kr;

	if (thread == NULL || thread == current_thread())
		return KERN_INVALID_ARGUMENT;
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = machine_thread_get_state(thread, flavor,
	    (uint32_t *)state, count);
	thread_state_end(thread);
	return kr;
}

kern_return_t
thread_set_state(struct thread *thread, int flavor, thread_state_t state,
    mach_msg_type_number_t count)
{
	kern_return_t kr;

	if (thread == NULL || thread == current_thread())
		return KERN_INVALID_ARGUMENT;
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = machine_thread_set_state(thread, flavor,
	    (const uint32_t *)state, count);
	thread_state_end(thread);
	return kr;
}

kern_return_t
task_set_name(struct task *task, const_kernel_debug_name_t name)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&task->lock);
	strlcpy(task->name, name, min_of(sizeof(task->name),
	    strnlen(name, KERNEL_DEBUG_NAME_MAX) + 1));
	spin_unlock(&task->lock);
	return KERN_SUCCESS;
}

kern_return_t
thread_set_name(struct thread *thread, const_kernel_debug_name_t name)
{
	bool intr;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	strlcpy(thread->name, name, min_of(sizeof(thread->name),
	    strnlen(name, KERNEL_DEBUG_NAME_MAX) + 1));
	spin_unlock_intr(&thread->lock, intr);
	return KERN_SUCCESS;
}

kern_return_t
thread_priority(struct thread *thread, int priority, boolean_t set_max)
{
	kern_return_t kr = KERN_SUCCESS;
	bool intr;

	if (thread == NULL || priority < 0 || priority >= RUN_LEVELS)
		return KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	if (priority < thread->max_priority) {
		kr = KERN_FAILURE;
	} else {
		thread_set_priority(thread, priority);
		if (set_max)
			thread->max_priority = priority;
	}
	spin_unlock_intr(&thread->lock, intr);
	return kr;
}

kern_return_t
thread_max_priority(struct thread *thread, struct processor_set *pset,
    int priority)
{
	bool intr;

	if (thread == NULL || pset == NULL || priority < 0 ||
	    priority >= RUN_LEVELS)
		return KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	thread->max_priority = priority;
	if (thread->priority < priority)
		thread_set_priority(thread, priority);
	spin_unlock_intr(&thread->lock, intr);
	return KERN_SUCCESS;
}

kern_return_t
task_priority(struct task *task, int priority, boolean_t change_threads)
{
	kern_return_t kr = KERN_SUCCESS;
	struct queue *q;

	if (task == NULL || priority < 0 || priority >= RUN_LEVELS)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&task->lock);
	task->priority = priority;
	if (change_threads)
		queue_for_each(q, &task->threads)
			if (thread_priority(queue_element(q, struct thread,
			    task_link), priority, FALSE) != KERN_SUCCESS)
				kr = KERN_FAILURE;
	spin_unlock(&task->lock);
	return kr;
}

/* data is the quantum in milliseconds; kept and shown, one quantum serves all. */
kern_return_t
thread_policy(struct thread *thread, int policy, int data)
{
	bool intr;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	if (policy != POLICY_TIMESHARE)
		return policy == POLICY_FIXEDPRI ? KERN_FAILURE :
		    KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	thread->policy = policy;
	thread->policy_data = data;
	spin_unlock_intr(&thread->lock, intr);
	return KERN_SUCCESS;
}

kern_return_t
thread_depress_abort(struct thread *thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_undepress(thread) ? KERN_SUCCESS : KERN_FAILURE;
}

/* Wired threads are those that make memory free: they may take all of it, and a stack is kept. */
kern_return_t
thread_wire(struct host *host, struct thread *thread, boolean_t wired)
{
	if (host == NULL || thread == NULL)
		return KERN_INVALID_ARGUMENT;
	thread->vm_privilege = wired != 0;
	if (wired)
		stack_want_spare();
	return KERN_SUCCESS;
}
