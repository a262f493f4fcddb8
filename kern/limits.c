/*
 * kern/limits.c - the calls that tell and set what tasks may take of the
 * kernel (mach/duality.defs).
 *
 * Locks:      the task's for its limits, inside it the space's for the number
 *             of names; pset_lock to find the tasks that are added up.
 */
#include <ipc/ipc_space.h>
#include <kern/account.h>
#include <kern/host.h>
#include <kern/pset.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <mach/task_limits.h>
#include <mach/mach_types.h>

#include "duality_server.h"

#define LIMIT_MOST	0x7fffffffu	/* counts never come near it */

/* As many words as the caller has room for; none is an error. */
static kern_return_t
words_out(const uint32_t *words, natural_t *out, mach_msg_type_number_t *count)
{
	if (*count == 0)
		return KERN_INVALID_ARGUMENT;
	*count = min_of(*count, ACCOUNT_KINDS);
	memcpy(out, words, *count * sizeof(*words));
	return KERN_SUCCESS;
}

/* Add what a task uses to words. */
static void
add_use(struct task *task, uint32_t *words)
{
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		words[i] += task->account->use[i];
	words[ACCOUNT_NAMES] += ipc_space_names(task->space);
	words[ACCOUNT_BYTES] += account_bytes(task->account) -
	    task->account->use[ACCOUNT_BYTES];
}

/*
 * Returns     KERN_SUCCESS, *count set to what was written
 *             KERN_INVALID_ARGUMENT  no task, no such flavor, or no room
 */
kern_return_t
task_get_limits(struct task *task, int flavor, task_limits_t limits,
    mach_msg_type_number_t *count)
{
	uint32_t words[ACCOUNT_KINDS] = { 0 };

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	if (flavor == TASK_LIMITS)
		for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
			words[i] = task->account->limit[i];
	else if (flavor == TASK_LIMITS_USE)
		add_use(task, words);
	else
		return KERN_INVALID_ARGUMENT;
	return words_out(words, limits, count);
}

/* What a limit becomes that a caller asks for. */
static uint32_t
clip(enum account_kind kind, natural_t wanted)
{
	return min_of(wanted, kind == ACCOUNT_NAMES ? IPC_SPACE_LIMIT_MAX :
	    LIMIT_MOST);
}

/* Set limits of a locked task, all or none. */
static kern_return_t
set_locked(struct task *task, bool privileged, const natural_t *limits,
    unsigned count)
{
	struct account *account = task->account;

	for (unsigned i = 0; i < count && !privileged; i++)
		if (limits[i] != TASK_LIMIT_KEEP &&
		    clip(i, limits[i]) > account->limit[i])
			return KERN_NO_ACCESS;
	for (unsigned i = 0; i < count; i++)
		if (limits[i] != TASK_LIMIT_KEEP)
			account->limit[i] = clip(i, limits[i]);
	ipc_space_limit(task->space, account->limit[ACCOUNT_NAMES]);
	return KERN_SUCCESS;
}

/*
 * What is above a lowered limit stays; only nothing more is to be had.
 *
 * Returns     KERN_SUCCESS
 *             KERN_INVALID_ARGUMENT  no task, or the kernel's; no limit, or
 *                                    more than there are
 *             KERN_NO_ACCESS         one would be raised, host is NULL;
 *                                    nothing has changed
 */
kern_return_t
task_set_limits(struct task *task, struct host *host, task_limits_t limits,
    mach_msg_type_number_t count)
{
	kern_return_t kr;

	if (task == NULL || task == kernel_task || count == 0 ||
	    count > ACCOUNT_KINDS)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&task->lock);
	kr = set_locked(task, host != NULL, limits, count);
	spin_unlock(&task->lock);
	return kr;
}

#define TASKS_STEP	64u	/* tasks looked at with pset_lock held */

/*
 * References to the tasks behind the last of some, or the first ones if none
 * of those is left; returns how many.  *again: they are the first.
 */
static unsigned
take_tasks(struct task **tasks, unsigned count, bool *again)
{
	struct queue *q = &all_tasks;
	unsigned taken = 0;

	spin_lock(&pset_lock);
	while (count != 0 && q == &all_tasks)
		if (!queue_empty(&tasks[--count]->all_link))
			q = &tasks[count]->all_link;
	*again = q == &all_tasks;
	for (q = q->next; q != &all_tasks && taken < TASKS_STEP; q = q->next)
		tasks[TASKS_STEP + taken++] = task_reference(
		    queue_element(q, struct task, all_link));
	spin_unlock(&pset_lock);
	return taken;
}

/* All tasks are added up, in steps; who ends that many at once delays us. */
static void
add_all_uses(uint32_t *words)
{
	struct task *tasks[2 * TASKS_STEP];
	unsigned count = 0, taken;
	bool again;

	do {
		taken = take_tasks(tasks, count, &again);
		if (again)
			memset(words, 0, ACCOUNT_KINDS * sizeof(*words));
		while (count != 0)
			task_release(tasks[--count]);
		for (; count < taken; count++) {
			tasks[count] = tasks[TASKS_STEP + count];
			add_use(tasks[count], words);
		}
		thread_breathe();
	} while (count != 0);
}

/*
 * Returns     as task_get_limits
 */
kern_return_t
host_get_limits(struct host *host, int flavor, task_limits_t limits,
    mach_msg_type_number_t *count)
{
	uint32_t words[ACCOUNT_KINDS] = { 0 };

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (flavor == TASK_LIMITS)
		for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
			words[i] = account_default(i);
	else if (flavor == TASK_LIMITS_USE)
		add_all_uses(words);
	else
		return KERN_INVALID_ARGUMENT;
	return words_out(words, limits, count);
}
