/*
 * kern/task.h - tasks: an address map, a port space and a set of threads.
 */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <mach/mach_param.h>
#include <mach/port.h>
#include <mach/time_value.h>

struct account;
struct ipc_port;
struct ipc_space;
struct vm_map;

#define TASK_NAME_SIZE	32

struct task {
	/* fixed at creation */
	struct vm_map	 *map;		/* a reference */
	struct ipc_space *space;	/* a reference; dead after termination */
	struct account	 *account;	/* a reference */
	/* atomic */
	struct refcount	  refs;

	/* under lock */
	struct spinlock	  lock;
	bool		  active;
	struct queue	  threads;	/* of struct thread, task_link */
	unsigned	  thread_count;
	unsigned	  suspend_count;	/* task_suspend's */
	int		  priority;
	time_value_t	  total_user;	/* of threads that are gone */
	time_value_t	  total_system;
	uint32_t	  messages_sent, messages_received;	/* by them */
	time_value_t	  creation_time;
	char		  name[TASK_NAME_SIZE];
	bool		  essential;

	/* under ipc_lock */
	struct spinlock	  ipc_lock;
	struct ipc_port	 *self;		/* kernel port, NULL when dead */
	struct ipc_port	 *sself;	/* send right handed to the user */
	/* space->lock: names last given by mach_task_self, mach_host_self */
	mach_port_name_t  self_name, host_name;
	struct ipc_port	 *exception_port;
	struct ipc_port	 *bootstrap_port;
	struct ipc_port	 *registered[TASK_PORT_REGISTER_MAX];

	/* statistics, atomic adds */
	uint32_t	  faults, zero_fills, reactivations, pageins, cow_faults;

	/* LOCK_PSET */
	struct queue	  all_link;
};

extern struct task *kernel_task;	/* fixed after boot */

void		 task_bootstrap(void);
/*
 * A new task.  parent NULL: empty map, no ports.  Consumes nothing; returns a
 * reference, KERN_RESOURCE_SHORTAGE, or KERN_TERMINATED-like failure of parent.
 */
kern_return_t	 task_create_internal(struct task *parent, bool inherit_memory,
		    struct task **child);
struct task	*task_reference(struct task *task);
void		 task_release(struct task *task);
void		 task_deallocate(struct task *task);	/* the same, for MIG */
kern_return_t	 task_terminate(struct task *task);

/* A thread in task: suspended once, no registers set.  Returns a reference. */
struct thread;
kern_return_t	 thread_create(struct task *task, struct thread **thread);

#endif
