/*
 * kern/task_info.c - what tasks and threads tell of themselves.
 *
 * Structures are served by the count that the caller gives: CMU's, GNU 2022's
 * and GNU 2024's sizes alike; tails are written whenever they fit whole.
 * Times are counted in clock ticks.
 *
 * Source:     Mach 3.0 kernel interface, task_info and thread_info.
 */
#include <mach_server.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/zone.h>
#include <mach/mach_types.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

void
ticks_to_time(unsigned ticks, time_value_t *time)
{
	time->seconds = (integer_t)(ticks / HZ);
	time->microseconds = (integer_t)(ticks % HZ * TICK_US);
}

static time_value64_t
time_to_64(const time_value_t *time)
{
	return (time_value64_t) {
		.seconds = time->seconds,
		.nanoseconds = (int64_t)time->microseconds * 1000,
	};
}

void
task_add_counts(struct task *task, struct thread *thread)
{
	time_value_t user, system;

	ticks_to_time(thread->user_ticks, &user);
	ticks_to_time(thread->system_ticks, &system);
	time_value_add(&task->total_user, &user);
	time_value_add(&task->total_system, &system);
	task->messages_sent += thread->messages_sent;
	task->messages_received += thread->messages_received;
}

/*
 * Give the caller the first words of a structure: as many as the largest of
 * the known sizes (ascending) that his count holds.  False if none fits.
 */
static bool
info_copy(const void *info, const unsigned *sizes, unsigned size_count,
    integer_t *out, mach_msg_type_number_t *count)
{
	unsigned words = 0;

	for (unsigned i = 0; i < size_count; i++)
		if (*count >= sizes[i])
			words = sizes[i];
	if (words == 0)
		return false;
	memcpy(out, info, words * sizeof(integer_t));
	*count = words;
	return true;
}

static void
task_basic(struct task *task, struct task_basic_info *info)
{
	memset(info, 0, sizeof(*info));
	spin_lock(&task->lock);
	info->suspend_count = (integer_t)task->suspend_count;
	info->base_priority = task->priority;
	info->user_time = task->total_user;
	info->system_time = task->total_system;
	info->creation_time = task->creation_time;
	spin_unlock(&task->lock);
	info->virtual_size = task->map->size;
	info->resident_size =
	    pmap_resident_count(task->map->pmap) * PAGE_SIZE;
	info->user_time64 = time_to_64(&info->user_time);
	info->system_time64 = time_to_64(&info->system_time);
	info->creation_time64 = time_to_64(&info->creation_time);
}

static void
task_thread_times(struct task *task, struct task_thread_times_info *info)
{
	unsigned user = 0, system = 0;
	struct queue *q;

	memset(info, 0, sizeof(*info));
	spin_lock(&task->lock);
	queue_for_each(q, &task->threads) {
		struct thread *thread =
		    queue_element(q, struct thread, task_link);

		user += thread->user_ticks;
		system += thread->system_ticks;
	}
	spin_unlock(&task->lock);
	ticks_to_time(user, &info->user_time);
	ticks_to_time(system, &info->system_time);
	info->user_time64 = time_to_64(&info->user_time);
	info->system_time64 = time_to_64(&info->system_time);
}

static void
task_events(struct task *task, struct task_events_info *info)
{
	struct queue *q;

	info->faults = task->faults;
	info->zero_fills = task->zero_fills;
	info->reactivations = task->reactivations;
	info->pageins = task->pageins;
	info->cow_faults = task->cow_faults;
	spin_lock(&task->lock);
	info->messages_sent = task->messages_sent;
	info->messages_received = task->messages_received;
	queue_for_each(q, &task->threads) {
		const struct thread *thread =
		    queue_element(q, struct thread, task_link);

		info->messages_sent += thread->messages_sent;
		info->messages_received += thread->messages_received;
	}
	spin_unlock(&task->lock);
}

kern_return_t
task_info(struct task *task, int flavor, task_info_t out,
    mach_msg_type_number_t *count)
{
	static const unsigned basic_sizes[] = { TASK_BASIC_INFO_COUNT_CMU,
	    TASK_BASIC_INFO_COUNT_2022, TASK_BASIC_INFO_COUNT };
	static const unsigned times_sizes[] = {
	    TASK_THREAD_TIMES_INFO_COUNT_2022, TASK_THREAD_TIMES_INFO_COUNT };
	static const unsigned events_sizes[] = { TASK_EVENTS_INFO_COUNT };
	union {
		struct task_basic_info basic;
		struct task_events_info events;
		struct task_thread_times_info times;
	} info;
	bool ok;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case TASK_BASIC_INFO:
		task_basic(task, &info.basic);
		ok = info_copy(&info, basic_sizes, 3, out, count);
		break;
	case TASK_EVENTS_INFO:
		task_events(task, &info.events);
		ok = info_copy(&info, events_sizes, 1, out, count);
		break;
	case TASK_THREAD_TIMES_INFO:
		task_thread_times(task, &info.times);
		ok = info_copy(&info, times_sizes, 2, out, count);
		break;
	default:
		ok = false;
	}
	return ok ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

/* TH_STATE_* of a locked thread. */
static int
thread_run_state(const struct thread *thread)
{
	if (thread->state & TH_HALTED)
		return TH_STATE_HALTED;
	if (thread->state & TH_PARKED)
		return TH_STATE_STOPPED;
	if (thread->state & TH_RUN)
		return TH_STATE_RUNNING;
	if (thread->state & TH_UNINT)
		return TH_STATE_UNINTERRUPTIBLE;
	return TH_STATE_WAITING;
}

static void
thread_basic(struct thread *thread, struct thread_basic_info *info)
{
	bool intr;

	memset(info, 0, sizeof(*info));
	intr = spin_lock_intr(&thread->lock);
	ticks_to_time(thread->user_ticks, &info->user_time);
	ticks_to_time(thread->system_ticks, &info->system_time);
	info->cpu_usage = (integer_t)(thread->sched_usage / 4);
	if (info->cpu_usage > TH_USAGE_SCALE)
		info->cpu_usage = TH_USAGE_SCALE;
	info->base_priority = thread->priority;
	info->cur_priority = thread->sched_pri;
	info->run_state = thread_run_state(thread);
	if (thread->kernel_stack == 0 && thread_processor(thread) == NULL)
		info->flags |= TH_FLAGS_SWAPPED;
	if (thread->state & TH_IDLE)
		info->flags |= TH_FLAGS_IDLE;
	info->suspend_count = (integer_t)thread->suspend_count;
	if (!(thread->state & TH_RUN))
		info->sleep_time = (integer_t)thread_sleep_seconds(thread);
	info->creation_time = thread->creation_time;
	spin_unlock_intr(&thread->lock, intr);
	info->user_time64 = time_to_64(&info->user_time);
	info->system_time64 = time_to_64(&info->system_time);
	info->creation_time64 = time_to_64(&info->creation_time);
}

static void
thread_sched(struct thread *thread, struct thread_sched_info *info)
{
	bool intr = spin_lock_intr(&thread->lock);

	info->policy = thread->policy;
	info->data = thread->policy_data;
	info->base_priority = thread->priority;
	info->max_priority = thread->max_priority;
	info->cur_priority = thread->sched_pri;
	info->depressed = thread->depress_pri >= 0;
	info->depress_priority = thread->depress_pri;
	info->last_processor = (integer_t)thread_last_processor(thread)->number;
	spin_unlock_intr(&thread->lock, intr);
}

kern_return_t
thread_info(struct thread *thread, int flavor, thread_info_t out,
    mach_msg_type_number_t *count)
{
	static const unsigned basic_sizes[] = { THREAD_BASIC_INFO_COUNT_CMU,
	    THREAD_BASIC_INFO_COUNT_2022, THREAD_BASIC_INFO_COUNT };
	static const unsigned sched_sizes[] = { THREAD_SCHED_INFO_COUNT_CMU,
	    THREAD_SCHED_INFO_COUNT };
	union {
		struct thread_basic_info basic;
		struct thread_sched_info sched;
	} info;
	bool ok;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case THREAD_BASIC_INFO:
		thread_basic(thread, &info.basic);
		ok = info_copy(&info, basic_sizes, 3, out, count);
		break;
	case THREAD_SCHED_INFO:
		thread_sched(thread, &info.sched);
		ok = info_copy(&info, sched_sizes, 2, out, count);
		break;
	default:
		ok = false;
	}
	return ok ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}
