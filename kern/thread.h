/*
 * kern/thread.h - threads: the unit of execution, and how one waits.
 *
 * A thread that blocks with a continuation gives up its kernel stack; its
 * user registers live in the machine's part of this structure (struct pcb),
 * so nothing on the stack has to survive.
 */
#ifndef KERN_THREAD_H
#define KERN_THREAD_H

#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/timer.h>
#include <kern/types.h>
#include <mach/port.h>
#include <mach/time_value.h>
#include <machine/pcb.h>

struct ipc_kmsg;
struct ipc_port;
struct ipc_space;
struct processor;
struct task;

/* Runs on a fresh stack when the thread is resumed; must not return. */
typedef void (*continuation_t)(void);
typedef const volatile void *event_t;

enum wait_result {
	THREAD_AWAKENED,
	THREAD_TIMED_OUT,
	THREAD_INTERRUPTED,	/* thread_abort, termination */
	THREAD_RESTART,		/* what was waited for is gone: look again */
};

/* thread->state; a thread runs or is on a run queue exactly if TH_RUN. */
#define TH_RUN		0x01u	/* running, or ready to */
#define TH_WAIT		0x02u	/* waits for an event */
#define TH_UNINT	0x04u	/* and thread_abort does not end the wait */
#define TH_IDLE		0x08u	/* a processor's idle thread */
#define TH_PARKED	0x10u	/* waits at the user boundary, suspended */
#define TH_HALTED	0x20u	/* has run its last */
#define TH_TIMED	0x40u	/* wait_timer may end this wait */
#define TH_WAIT_BITS	(TH_WAIT | TH_UNINT | TH_PARKED | TH_TIMED)

/* thread->ast: reasons to leave the way back to user mode.  Atomic bits. */
#define AST_PREEMPT	0x01u	/* a better thread waits, or the quantum ended */
#define AST_TERMINATE	0x02u
#define AST_SUSPEND	0x04u	/* suspend counts are not all zero */
#define AST_STEP	0x08u	/* the machine: a single step came in the kernel */
#define AST_ABORTED	0x10u	/* thread_abort found it outside any wait */
#define AST_SEGMENTS	0x20u	/* the machine: its segments have been changed */

struct thread {
	/* fixed at creation */
	struct task	 *task;			/* a reference */
	struct ipc_space *space;		/* its task's */
	/* atomic */
	struct refcount	  refs;
	volatile uint32_t ast;			/* AST_* */

	/* under lock (interrupts off) */
	struct spinlock	  lock;
	struct queue	  run_link;		/* on a run queue, under its lock */
	struct processor *run_queue_of;		/* whose, NULL if on none */
	uint32_t	  state;		/* TH_* */
	event_t		  wait_event;		/* NULL: not in a wait bucket */
	struct queue	  wait_link;		/* under the bucket's lock */
	enum wait_result  wait_result;
	struct timer	  wait_timer;		/* may be left from an earlier wait */
	bool		  stop_wanted;		/* somebody waits for !TH_RUN; only while stop_count > 0 */
	bool		  active;		/* not terminated */
	int		  priority;		/* base; 0 is best */
	int		  max_priority;
	int		  sched_pri;		/* current */
	int		  depress_pri;		/* what to return to, -1 if none */
	struct timer	  depress_timer;
	uint32_t	  sched_usage;		/* decayed ticks, scaled */
	uint32_t	  sched_stamp;		/* second of the last decay */
	int		  policy;		/* POLICY_* */
	int		  policy_data;		/* quantum in ms for POLICY_FIXEDPRI */
	unsigned	  suspend_count;	/* thread_suspend's */
	unsigned	  stop_count;		/* reasons to stop: its own suspension, its task's */
	unsigned	  user_ticks;
	unsigned	  system_ticks;
	uint32_t	  left;			/* stamp of the processor it last ran on, from when it left */

	/* the thread's own, or its processor's while switching */
	continuation_t	  continuation;		/* what it last left the processor with, or NULL */
	vm_offset_t	  kernel_stack;		/* lowest address; 0: none, or running */
	struct pcb	  pcb;			/* user registers, FPU: machine */
	bool		  vm_privilege;		/* may take the page reserve */

	/* ipc, under the lock named */
	struct spinlock	  ipc_lock;		/* guards the port slots; before LOCK_PORT */
	struct ipc_port	 *self;			/* kernel port, ipc_lock */
	struct ipc_port	 *sself;		/* send right for the user, ipc_lock */
	mach_port_name_t  self_name;		/* last given by mach_thread_self; space->lock */
	struct ipc_port	 *exception_port;	/* send right, ipc_lock */
	struct ipc_port	 *reply_port;		/* for kernel RPC (exceptions); own */
	struct queue	  ith_link;		/* among a port's or set's waiters, its lock; else to itself */
	/*
	 * The outcome of a wait, a mach_msg_return_t, by who took the thread
	 * off its queue, under that lock, until the thread has looked at it; no
	 * message that passes without a buffer tells one.  At all other times
	 * MACH_RCV_IN_PROGRESS.
	 */
	uint32_t	  ith_state;
	struct ipc_kmsg	 *ith_kmsg;		/* message handed over; own once awake */
	/*
	 * The largest message that the waiter takes if ith_fast_limit is 0, else
	 * pcb.call tells; then the size of one that is too large.  When it does
	 * not wait MACH_MSG_SIZE_MAX; queue's lock.
	 */
	uint32_t	  ith_rcv_limit;
	uint32_t	  ith_fast_limit;	/* ... of those without a buffer; 0: none; queue's lock */
	struct thread	 *ith_handoff;		/* receiver taken by a send of ours, or NULL; own */
	uint32_t	  messages_sent, messages_received;	/* own */
	bool		  ith_kernel_pays;	/* for messages that it sends for the kernel; own */
	struct queue	 *ith_dying;		/* messages that a call of its own destroys, or NULL; own */
	union {					/* what a continuation needs; own */
		uint32_t  words[12];
		struct {			/* mach_msg receive, beside pcb.call */
			/*
			 * The port or set waited on: no reference.  It goes
			 * only when nobody waits there.  Who takes a thread off
			 * its queue stores the outcome in ith_state and then
			 * takes the thread's lock before he lets go of the
			 * queue's: so while the thread itself holds its own,
			 * and the outcome is still MACH_RCV_IN_PROGRESS, it may
			 * try the queue's.
			 */
			void	*mqueue;
		} msg;
		struct {			/* exception */
			int	 type;
			int	 code;
			long	 subcode;
			int	 stage;	/* which port comes next */
		} exc;
		struct {			/* page fault from user mode */
			uint32_t address;
			uint32_t access;
			uint32_t error;
			bool	 timed;	/* a pager's answer has its time */
			bool	 told;	/* vm_fault_policy_apply */
		} fault;
	} saved;

	/* lists, under the lock named */
	struct queue	  reap_link;		/* the reaper's, once halted */
	struct queue	  task_link;		/* task->lock */
	struct queue	  all_link;		/* LOCK_PSET */
	char		  name[32];		/* lock */
	time_value_t	  creation_time;	/* fixed at creation */
#ifdef DEBUG_KERNEL
	unsigned	  sleep_locks;		/* rwlocks held; own */
#endif
};

struct thread *thread_reference(struct thread *thread);
void	thread_release(struct thread *thread);	/* drops a reference */
void	thread_deallocate(struct thread *thread);	/* the same, for MIG */

/*
 * A kernel thread, running start on a kernel stack (it may block with or
 * without continuations).  Panics when out of memory: for boot only.
 */
struct thread *kernel_thread(const char *name, continuation_t start);

/*
 * Waiting.  assert_wait declares the wait; whoever calls thread_wakeup(event)
 * from then on ends it.  The order is: assert_wait under the lock that guards
 * the condition, unlock, thread_block.
 */
void	assert_wait(event_t event, bool interruptible);
/* A wait that ends after ms at the latest; call between assert_wait and thread_block. */
void	thread_set_timeout(unsigned ms);
/*
 * Give up the processor.  With a continuation the stack is given up too and
 * the call does not return; current_thread()->wait_result tells the cause.
 * Without one, returns that cause.  No spin lock may be held.
 */
enum wait_result thread_block(continuation_t continuation);
/*
 * In long work of the kernel, between its steps: let those run whose turn it
 * is.  No spin lock is held, no wait declared.
 */
static inline void
thread_breathe(void)
{
	if (unlikely(current_thread()->ast & AST_PREEMPT))
		(void)thread_block(NULL);
}
/* assert_wait(event), unlock, thread_block(NULL). */
enum wait_result thread_sleep(event_t event, struct spinlock *lock,
	    bool interruptible);
/* End the waits of all, or of one (the longest), with THREAD_AWAKENED. */
void	thread_wakeup(event_t event);
bool	thread_wakeup_one(event_t event);
/*
 * End this thread's wait, whatever it waits for; with only_interruptible,
 * only one that thread_abort may end.  Returns whether it was waiting.
 */
bool	clear_wait(struct thread *thread, enum wait_result result,
	    bool only_interruptible);
/*
 * A wait on no event, ended by thread_go or clear_wait only: ipc's queues
 * of waiters.  Call with the queue's lock held.
 */
void	thread_will_wait(bool interruptible);
/* Make a thread in thread_will_wait runnable; at once or when it has blocked. */
void	thread_go(struct thread *thread, enum wait_result result);

/*
 * Hand-off.  thread_take ends the wait (thread_will_wait) of a thread without
 * making it ready: it is then the caller's, to be entered by thread_handoff or
 * made ready by thread_untake soon.  Call with the queue's lock held.  False:
 * target has not blocked yet, or is awake already; thread_go does the rest.
 */
bool	thread_take(struct thread *target);
void	thread_untake(struct thread *target);
/*
 * Block as thread_block does and give the processor and what is left of the
 * time slice straight to target, which has been taken; unless somebody better
 * is ready here.
 */
enum wait_result thread_handoff(struct thread *target, continuation_t continuation);
/* Leave for user mode by the registers in the current thread's pcb. */
void	thread_exception_return(void) __attribute__((noreturn));
/* The same after a trap that returns value in the result register. */
void	thread_syscall_return(kern_return_t value) __attribute__((noreturn));
/* The same with interrupts off; self is the current thread. */
void	thread_syscall_return_off(struct thread *self, kern_return_t value)
	    __attribute__((noreturn));

void	ast_on(struct thread *thread, uint32_t reasons);	/* and nudge its processor */
void	ast_taken(void);	/* machine, on the way to user mode, interrupts on */

/* Terminate the current thread; for the AST and for fatal exceptions. */
void	thread_terminate_self(void) __attribute__((noreturn));


#endif
