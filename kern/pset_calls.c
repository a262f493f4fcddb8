/*
 * kern/pset_calls.c - the calls on the processor set, of which there is one:
 * every processor, task and thread is assigned to it for good.
 *
 * Locks:      pset_lock, for the lists of tasks and threads (kern/pset.c).
 * Source:     Mach 3.0 kernel interface, processor set calls.  What would
 *             make another set is refused; an assignment to this one is done.
 */
#include <ipc/ipc_port.h>
#include <kern/host.h>
#include <kern/lock.h>
#include <kern/pset.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <mach/policy.h>
#include <mach/processor_info.h>
#include <mach_host_server.h>

kern_return_t
processor_set_default(struct host *host, struct processor_set **pset)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = &default_pset;
	return KERN_SUCCESS;
}

kern_return_t
processor_set_create(struct host *host, struct processor_set **new_set,
    struct processor_set **new_name)
{
	return host == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
processor_set_destroy(struct processor_set *pset)
{
	return pset == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
processor_assign(struct processor *processor, struct processor_set *new_set,
    boolean_t wait)
{
	return processor == NULL || new_set == NULL ? KERN_INVALID_ARGUMENT :
	    KERN_SUCCESS;
}

kern_return_t
processor_get_assignment(struct processor *processor,
    struct processor_set **pset)
{
	if (processor == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = &default_pset;
	return KERN_SUCCESS;
}

kern_return_t
thread_assign(struct thread *thread, struct processor_set *new_set)
{
	return thread == NULL || new_set == NULL ? KERN_INVALID_ARGUMENT :
	    KERN_SUCCESS;
}

kern_return_t
thread_assign_default(struct thread *thread)
{
	return thread_assign(thread, &default_pset);
}

kern_return_t
thread_get_assignment(struct thread *thread, struct processor_set **pset)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = &default_pset;
	return KERN_SUCCESS;
}

kern_return_t
task_assign(struct task *task, struct processor_set *new_set,
    boolean_t assign_threads)
{
	return task == NULL || new_set == NULL ? KERN_INVALID_ARGUMENT :
	    KERN_SUCCESS;
}

kern_return_t
task_assign_default(struct task *task, boolean_t assign_threads)
{
	return task_assign(task, &default_pset, assign_threads);
}

kern_return_t
task_get_assignment(struct task *task, struct processor_set **pset)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = &default_pset;
	return KERN_SUCCESS;
}

kern_return_t
host_processor_sets(struct host *host, processor_set_name_array_t *sets,
    mach_msg_type_number_t *count)
{
	struct ipc_port **ports;

	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	ports = kalloc(sizeof(*ports));
	if (ports == NULL)
		return KERN_RESOURCE_SHORTAGE;
	ports[0] = convert_pset_name_to_port(&default_pset);
	*sets = (processor_set_name_array_t)ports;
	*count = 1;
	return KERN_SUCCESS;
}

kern_return_t
host_processor_set_priv(struct host *host_priv, struct processor_set *name,
    struct processor_set **pset)
{
	if (host_priv == NULL || name == NULL) {
		*pset = NULL;
		return KERN_INVALID_ARGUMENT;
	}
	*pset = name;
	return KERN_SUCCESS;
}

/*
 * Returns     KERN_INVALID_ARGUMENT  no set, or no such flavor
 *             KERN_FAILURE           *count too small for the flavor
 */
kern_return_t
processor_set_info(struct processor_set *pset, int flavor, struct host **host,
    processor_set_info_t info, mach_msg_type_number_t *count)
{
	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	if (flavor == PROCESSOR_SET_BASIC_INFO) {
		processor_set_basic_info_t basic =
		    (processor_set_basic_info_t)info;

		if (*count < PROCESSOR_SET_BASIC_INFO_COUNT)
			return KERN_FAILURE;
		spin_lock(&pset_lock);
		basic->task_count = all_task_count;
		basic->thread_count = all_thread_count;
		spin_unlock(&pset_lock);
		basic->processor_count = processors_running();
		basic->load_average = host_load[0];
		basic->mach_factor = host_mach_factor[0];
		*count = PROCESSOR_SET_BASIC_INFO_COUNT;
	} else if (flavor == PROCESSOR_SET_SCHED_INFO) {
		processor_set_sched_info_t sched =
		    (processor_set_sched_info_t)info;

		if (*count < PROCESSOR_SET_SCHED_INFO_COUNT)
			return KERN_FAILURE;
		sched->policies = POLICY_TIMESHARE;
		sched->max_priority = pset->max_priority;
		*count = PROCESSOR_SET_SCHED_INFO_COUNT;
	} else {
		return KERN_INVALID_ARGUMENT;
	}
	*host = &realhost;
	return KERN_SUCCESS;
}

kern_return_t
processor_set_policy_enable(struct processor_set *pset, int policy)
{
	if (pset == NULL || invalid_policy(policy))
		return KERN_INVALID_ARGUMENT;
	return policy == POLICY_TIMESHARE ? KERN_SUCCESS : KERN_FAILURE;
}

kern_return_t
processor_set_policy_disable(struct processor_set *pset, int policy,
    boolean_t change_threads)
{
	if (pset == NULL || policy == POLICY_TIMESHARE ||
	    invalid_policy(policy))
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;		/* it never was enabled */
}

/* ---- all tasks, all threads ---- */

/* How to list one kind of object. */
struct kind {
	struct queue	  *list;		/* pset_lock */
	unsigned	  *count;		/* pset_lock */
	void		*(*reference)(struct queue *link);
	void		 (*release)(void *object);
	struct ipc_port	*(*to_port)(void *object);
};

static void *
task_of_link(struct queue *link)
{
	struct task *task = queue_element(link, struct task, all_link);

	return refcount_take_unless_zero(&task->refs) ? task : NULL;
}

static void
release_task(void *task)
{
	task_release(task);
}

static struct ipc_port *
port_of_task(void *task)
{
	return convert_task_to_port(task);
}

static void *
thread_of_link(struct queue *link)
{
	struct thread *thread = queue_element(link, struct thread, all_link);

	return refcount_take_unless_zero(&thread->refs) ? thread : NULL;
}

static void
release_thread(void *thread)
{
	thread_release(thread);
}

static struct ipc_port *
port_of_thread(void *thread)
{
	return convert_thread_to_port(thread);
}

static const struct kind tasks = {
	&all_tasks, &all_task_count, task_of_link, release_task, port_of_task,
};

static const struct kind threads = {
	&all_threads, &all_thread_count, thread_of_link, release_thread,
	port_of_thread,
};

/* References to all objects of a kind; free by snapshot_free. */
struct snapshot {
	void	 **objects;
	unsigned  room;			/* how many fit */
	unsigned  count;
};

/* False if there are more than room; then none was taken. */
static bool
snapshot_fill(struct snapshot *snapshot, const struct kind *kind)
{
	struct queue *link;
	bool fits;

	spin_lock(&pset_lock);
	fits = *kind->count <= snapshot->room;
	if (fits)
		queue_for_each(link, kind->list) {
			void *object = kind->reference(link);

			if (object != NULL)
				snapshot->objects[snapshot->count++] = object;
		}
	spin_unlock(&pset_lock);
	return fits;
}

static void
snapshot_free(struct snapshot *snapshot)
{
	kfree(snapshot->objects, snapshot->room * sizeof(void *));
}

/* The number may grow while memory is found; then once more. */
static kern_return_t
snapshot_take(struct snapshot *snapshot, const struct kind *kind)
{
	for (;;) {
		snapshot->room = *kind->count + 8;
		snapshot->count = 0;
		snapshot->objects = kalloc(snapshot->room * sizeof(void *));
		if (snapshot->objects == NULL)
			return KERN_RESOURCE_SHORTAGE;
		if (snapshot_fill(snapshot, kind))
			return KERN_SUCCESS;
		snapshot_free(snapshot);
	}
}

static kern_return_t
list_all(struct processor_set *pset, const struct kind *kind,
    mach_port_t **list, mach_msg_type_number_t *count)
{
	struct snapshot all;
	struct ipc_port **ports;
	kern_return_t kr;

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = snapshot_take(&all, kind);
	if (kr != KERN_SUCCESS)
		return kr;
	ports = kalloc(all.count * sizeof(*ports));
	for (unsigned i = 0; i < all.count; i++) {
		if (ports != NULL)
			ports[i] = kind->to_port(all.objects[i]);
		else
			kind->release(all.objects[i]);
	}
	*list = (mach_port_t *)ports;
	*count = all.count;
	snapshot_free(&all);
	return ports != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
processor_set_tasks(struct processor_set *pset, task_array_t *list,
    mach_msg_type_number_t *count)
{
	return list_all(pset, &tasks, list, count);
}

kern_return_t
processor_set_threads(struct processor_set *pset, thread_array_t *list,
    mach_msg_type_number_t *count)
{
	return list_all(pset, &threads, list, count);
}

/* Bound the priority that threads of the set may be given. */
kern_return_t
processor_set_max_priority(struct processor_set *pset, int max_priority,
    boolean_t change_threads)
{
	struct snapshot all;
	kern_return_t kr;

	if (pset == NULL || max_priority < 0 || max_priority >= RUN_LEVELS)
		return KERN_INVALID_ARGUMENT;
	spin_lock(&pset_lock);
	pset->max_priority = max_priority;
	spin_unlock(&pset_lock);
	if (!change_threads)
		return KERN_SUCCESS;
	kr = snapshot_take(&all, &threads);
	if (kr != KERN_SUCCESS)
		return kr;
	for (unsigned i = 0; i < all.count; i++) {
		thread_max_priority(all.objects[i], pset, max_priority);
		thread_release(all.objects[i]);
	}
	snapshot_free(&all);
	return KERN_SUCCESS;
}
