/*
 * kern/pset.h - the default processor set: the lists of all tasks and
 * threads.
 */
#ifndef KERN_PSET_H
#define KERN_PSET_H

#include <kern/lock.h>
#include <kern/queue.h>

struct task;
struct thread;

struct processor_set {
	/* fixed after boot */
	struct ipc_port	*self;
	struct ipc_port	*name_self;
	/* under pset_lock */
	int		 max_priority;	/* best that its threads may be given */
};

extern struct processor_set default_pset;

extern struct spinlock	pset_lock;	/* LOCK_PSET; guards the lists and counts */
extern struct queue	all_tasks;	/* of struct task, all_link */
extern struct queue	all_threads;	/* of struct thread, all_link */
extern unsigned		all_task_count;
extern unsigned		all_thread_count;

/* pset_lock is held. */
void	pset_add_thread(struct thread *thread);
void	pset_remove_thread(struct thread *thread);
void	pset_add_task(struct task *task);
void	pset_remove_task(struct task *task);

#endif
