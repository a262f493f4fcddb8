/*
 * kern/pset.c - the default processor set: the lists of all tasks and threads.
 *
 * Locks:      pset_lock guards all lists here.
 */
#include <kern/pset.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread.h>

struct spinlock pset_lock = SPINLOCK_INIT(LOCK_PSET);
struct queue all_tasks = { &all_tasks, &all_tasks };
struct queue all_threads = { &all_threads, &all_threads };
unsigned all_task_count;
unsigned all_thread_count;
struct processor_set default_pset = { .max_priority = PRI_USER };

void
pset_add_thread(struct thread *thread)
{
	queue_push_back(&all_threads, &thread->all_link);
	all_thread_count++;
}

void
pset_remove_thread(struct thread *thread)
{
	queue_remove(&thread->all_link);
	all_thread_count--;
}

void
pset_add_task(struct task *task)
{
	queue_push_back(&all_tasks, &task->all_link);
	all_task_count++;
}

void
pset_remove_task(struct task *task)
{
	queue_remove(&task->all_link);
	all_task_count--;
}
