/*
 * kern/ipc_tt.h - the ports of tasks and threads.
 */
#ifndef KERN_IPC_TT_H
#define KERN_IPC_TT_H

struct ipc_port;
struct task;
struct thread;

kern_return_t	 ipc_task_init(struct task *task, struct task *parent);
void		 ipc_task_enable(struct task *task);
void		 ipc_task_disable(struct task *task);	/* the port dies as a kernel object */
void		 ipc_task_terminate(struct task *task);	/* gives back all ports */
kern_return_t	 ipc_thread_init(struct thread *thread);
void		 ipc_thread_enable(struct thread *thread);
void		 ipc_thread_disable(struct thread *thread);
void		 ipc_thread_terminate(struct thread *thread);

/* A send right to the task's or thread's self port as the user set it, or NULL. */
struct ipc_port	*retrieve_task_self(struct task *task);
struct ipc_port	*retrieve_thread_self(struct thread *thread);
/* A send right to the exception port, or NULL. */
struct ipc_port	*retrieve_task_exception(struct task *task);
struct ipc_port	*retrieve_thread_exception(struct thread *thread);

#endif
