/*
 * kern/task.c - task life: creation, suspension, termination.
 *
 * Owns:       the task zone and the list of all tasks.
 * Locks:      pset_lock (list of all), task.  Threads are locked inside task.
 * Invariant:  a task on all_tasks is active; the list holds a reference.
 *             Each thread of a task that is suspended has one reason to stop
 *             for it in its stop_count.
 * Source:     SOSP 1987 paper, section 3.1; Mach 3.0 kernel interface.
 */
#include <ipc/ipc_space.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/ipc_tt.h>
#include <kern/pset.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/thread_internal.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>
#include <mach/vm_param.h>

static struct zone *task_zone;
struct task *kernel_task;

/* A child is named after its parent, in parentheses. */
static void
name_after(char *name, const char *parent)
{
	unsigned i;

	for (i = 0; i < TASK_NAME_SIZE - 3 && parent[i] != '\0'; i++)
		name[i + 1] = parent[i];
	name[0] = '(';
	name[i + 1] = ')';
	name[i + 2] = '\0';
}

/* A task structure with a lock and a name; no map, space or ports. */
static struct task *
task_alloc(struct task *parent)
{
	struct task *task = zalloc_zero(task_zone);

	if (task == NULL)
		return NULL;
	refcount_init(&task->refs, 1);
	spinlock_init(&task->lock, LOCK_TASK);
	spinlock_init(&task->ipc_lock, LOCK_TASK_IPC);
	queue_init(&task->threads);
	queue_init(&task->all_link);
	task->active = true;
	task->priority = PRI_USER;
	clock_get_time(&task->creation_time);
	if (parent != NULL) {
		task->priority = parent->priority;
		name_after(task->name, parent->name);
	}
	return task;
}

void
task_bootstrap(void)
{
	task_zone = zone_create("task", sizeof(struct task), 16);
	account_bootstrap();
	thread_bootstrap();
	kernel_task = task_alloc(NULL);
	if (kernel_task == NULL)
		panic("no memory for the kernel task");
	strlcpy(kernel_task->name, "kernel", sizeof(kernel_task->name));
	kernel_task->priority = PRI_SYSTEM;
	kernel_task->map = kernel_map;
	kernel_task->space = ipc_space_kernel;
	kernel_task->account = &kernel_account;
	if (ipc_task_init(kernel_task, NULL) != KERN_SUCCESS)
		panic("no memory for the kernel task's port");
	ipc_task_enable(kernel_task);
	pset_add_task(kernel_task);
	boot_thread.task = kernel_task;
	boot_thread.vm_privilege = true;
}

/* An empty map, or the parent's as its entries are inherited. */
static struct vm_map *
task_map_create(struct task *parent, bool inherit_memory)
{
	struct vm_map *map;
	struct pmap *pmap;

	if (inherit_memory)
		return vm_map_fork(parent->map);
	pmap = pmap_create();
	if (pmap == NULL)
		return NULL;
	map = vm_map_create(pmap, VM_MIN_ADDRESS, VM_MAX_ADDRESS);
	if (map == NULL) {
		pmap_destroy(pmap);
		return NULL;
	}
	if (parent != NULL && parent->map->exec_strict) {
		map->exec_strict = true;
		pmap_set_exec_strict(map->pmap, true);
	}
	return map;
}

/* Make the task known; false if its parent has died meanwhile. */
static bool
task_enlist(struct task *task, struct task *parent)
{
	bool ok = true;

	spin_lock(&pset_lock);
	if (parent != NULL) {
		spin_lock(&parent->lock);
		ok = parent->active;
		spin_unlock(&parent->lock);
	}
	if (ok) {
		refcount_take(&task->refs);
		pset_add_task(task);
	}
	spin_unlock(&pset_lock);
	return ok;
}

kern_return_t
task_create_internal(struct task *parent, bool inherit_memory,
    struct task **child)
{
	struct task *task = task_alloc(parent);

	if (task == NULL)
		return KERN_RESOURCE_SHORTAGE;
	task->map = task_map_create(parent, inherit_memory && parent != NULL);
	if (task->map == NULL)
		goto fail_map;
	task->account = account_create(parent != NULL &&
	    parent != kernel_task ? parent->account : NULL);
	if (task->account == NULL)
		goto fail_account;
	vm_map_set_account(task->map, task->account);
	if (ipc_space_create(task->account, &task->space) != KERN_SUCCESS)
		goto fail_space;
	if (ipc_task_init(task, parent) != KERN_SUCCESS)
		goto fail_ports;
	if (!task_enlist(task, parent)) {
		ipc_task_terminate(task);
		ipc_space_destroy(task->space);
		task->active = false;
		task_release(task);
		return KERN_FAILURE;
	}
	ipc_task_enable(task);
	*child = task;
	return KERN_SUCCESS;
fail_ports:
	ipc_space_destroy(task->space);
	ipc_space_release(task->space);
fail_space:
	account_release(task->account);
fail_account:
	vm_map_deallocate(task->map);
fail_map:
	zfree(task_zone, task);
	return KERN_RESOURCE_SHORTAGE;
}

kern_return_t
task_create(struct task *parent, boolean_t inherit_memory, struct task **child)
{
	if (parent == NULL)
		return KERN_INVALID_ARGUMENT;
	if (parent == kernel_task && inherit_memory)
		return KERN_FAILURE;
	return task_create_internal(parent, inherit_memory != 0, child);
}

struct task *
task_reference(struct task *task)
{
	refcount_take(&task->refs);
	return task;
}

void
task_release(struct task *task)
{
	if (!refcount_drop(&task->refs))
		return;
	assert(!task->active && task->thread_count == 0);
	vm_map_deallocate(task->map);
	ipc_space_release(task->space);
	account_release(task->account);
	zfree(task_zone, task);
}

void
task_deallocate(struct task *task)
{
	if (task != NULL)
		task_release(task);
}

/*
 * A thread of the task other than except, with a reference, that is not yet
 * dying; NULL when there is none.
 */
static struct thread *
task_live_thread(struct task *task, struct thread *except)
{
	struct thread *thread, *found = NULL;
	struct queue *q;

	spin_lock(&task->lock);
	queue_for_each(q, &task->threads) {
		thread = queue_element(q, struct thread, task_link);
		if (thread != except && thread->active) {
			found = thread_reference(thread);
			break;
		}
	}
	spin_unlock(&task->lock);
	return found;
}

/*
 * Terminate a task: its threads die at the user boundary, its rights now, its
 * memory with the last of its threads.
 *
 * Returns     KERN_SUCCESS, KERN_INVALID_ARGUMENT (no task, or the kernel's),
 *             KERN_FAILURE (terminated already).
 */
kern_return_t
task_terminate(struct task *task)
{
	struct thread *self = current_thread();
	struct thread *thread;
	bool was;

	if (task == NULL || task == kernel_task)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&pset_lock);
	spin_lock(&task->lock);
	was = task->active;
	task->active = false;
	spin_unlock(&task->lock);
	if (was)
		pset_remove_task(task);
	spin_unlock(&pset_lock);
	if (!was)
		return KERN_FAILURE;
	/* threads first: none of them sees a call fail for want of its task */
	while ((thread = task_live_thread(task, self)) != NULL) {
		(void)thread_deactivate(thread);
		thread_release(thread);
	}
	ipc_task_disable(task);
	ipc_task_terminate(task);
	ipc_space_destroy(task->space);
	if (self->task == task)
		(void)thread_deactivate(self);
	task_release(task);		/* the list's */
	return KERN_SUCCESS;
}

/* Suspension. */

/* A reason more, or less, to stop for every thread.  The task is locked. */
static void
task_hold_threads(struct task *task, bool hold)
{
	struct queue *q;

	queue_for_each(q, &task->threads) {
		struct thread *thread =
		    queue_element(q, struct thread, task_link);

		if (hold)
			thread_hold(thread);
		else
			thread_unhold(thread);
	}
}

/*
 * A thread of the task, other than the caller, that still runs though the task
 * is suspended; a reference.
 */
static struct thread *
task_running_thread(struct task *task)
{
	struct thread *thread, *found = NULL;
	struct queue *q;

	spin_lock(&task->lock);
	queue_for_each(q, &task->threads) {
		if (task->suspend_count == 0)
			break;
		thread = queue_element(q, struct thread, task_link);
		if ((thread->state & TH_RUN) && thread != current_thread()) {
			found = thread_reference(thread);
			break;
		}
	}
	spin_unlock(&task->lock);
	return found;
}

kern_return_t
task_suspend(struct task *task)
{
	struct thread *thread;
	kern_return_t kr = KERN_SUCCESS;
	bool active;

	if (task == NULL || task == kernel_task)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&task->lock);
	active = task->active;
	if (active && task->suspend_count++ == 0)
		task_hold_threads(task, true);
	spin_unlock(&task->lock);
	if (!active)
		return KERN_FAILURE;
	while (kr == KERN_SUCCESS &&
	    (thread = task_running_thread(task)) != NULL) {
		kr = thread_stop_wait(thread);
		thread_release(thread);
	}
	return kr;
}

kern_return_t
task_resume(struct task *task)
{
	kern_return_t kr = KERN_SUCCESS;

	if (task == NULL || task == kernel_task)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&task->lock);
	if (!task->active || task->suspend_count == 0)
		kr = KERN_FAILURE;
	else if (--task->suspend_count == 0)
		task_hold_threads(task, false);
	spin_unlock(&task->lock);
	return kr;
}
