/*
 * kern/thread.c - thread life: creation, suspension, termination.
 *
 * Owns:       the thread zone and the list of all threads.
 * Locks:      state_lock (who looks at machine state or sets it), pset_lock
 *             (list of all), task, thread (interrupts off).
 * Invariant:  a thread holds a reference on its task; the task's list holds
 *             one on the thread until it has run its last, the reaper drops
 *             it then.  stop_count is the number of reasons to stop at the
 *             user boundary; above zero AST_SUSPEND is set, or else
 *             AST_TERMINATE, so that no other thread takes its place unseen by
 *             who waits for it to stop.
 * Source:     SOSP 1987 paper, section 3.1; Mach 3.0 kernel interface.
 */
#include <ipc/ipc_port.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/ipc_tt.h>
#include <kern/pset.h>
#include <kern/reaper.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/thread_internal.h>
#include <kern/wait.h>
#include <kern/zone.h>
#include <mach/policy.h>
#include <mach_server.h>

static struct zone *thread_zone;
static struct rwlock state_lock;	/* machine state of stopped threads */
struct thread boot_thread;		/* what runs before sched_start */

void
thread_bootstrap(void)
{
	thread_zone = zone_create("thread", sizeof(struct thread), 16);
	rwlock_init(&state_lock, LOCK_TASK_CREATE);
}

/* Fill in everything but ports. */
static void
thread_setup(struct thread *thread, struct task *task, int priority)
{
	thread->task = task_reference(task);
	thread->space = task->space;
	refcount_init(&thread->refs, 1);
	spinlock_init(&thread->lock, LOCK_THREAD);
	spinlock_init(&thread->ipc_lock, LOCK_TASK_IPC);
	queue_init(&thread->run_link);
	queue_init(&thread->wait_link);
	queue_init(&thread->ith_link);
	thread->ith_state = MACH_RCV_IN_PROGRESS;
	thread->ith_rcv_limit = MACH_MSG_SIZE_MAX;
	queue_init(&thread->task_link);
	queue_init(&thread->all_link);
	queue_init(&thread->reap_link);
	timer_init(&thread->wait_timer, thread_wait_timeout, thread);
	timer_init(&thread->depress_timer, thread_depress_timeout, thread);
	thread->active = true;
	thread->priority = priority;
	thread->max_priority = priority;
	thread->sched_pri = priority;
	thread->depress_pri = -1;
	thread->policy = POLICY_TIMESHARE;
	thread->sched_stamp = uptime_seconds();
	thread->left = current_processor()->stamp;
	clock_get_time(&thread->creation_time);
	pcb_init(thread);
}

/* Enter a thread on its task's list; the list's reference is the second one. */
static kern_return_t
thread_enlist(struct thread *thread, struct task *task)
{
	bool active, intr;

	spin_lock(&pset_lock);
	spin_lock(&task->lock);
	active = task->active;
	if (!active || !account_take(task->account, ACCOUNT_THREADS, 1)) {
		spin_unlock(&task->lock);
		spin_unlock(&pset_lock);
		return active ? KERN_RESOURCE_SHORTAGE : KERN_FAILURE;
	}
	refcount_take(&thread->refs);
	queue_push_back(&task->threads, &thread->task_link);
	task->thread_count++;
	strlcpy(thread->name, task->name, sizeof(thread->name));
	intr = spin_lock_intr(&thread->lock);
	thread->priority = thread->sched_pri = task->priority;
	if (task->suspend_count > 0) {
		thread->stop_count++;
		ast_on(thread, AST_SUSPEND);
	}
	spin_unlock_intr(&thread->lock, intr);
	spin_unlock(&task->lock);
	pset_add_thread(thread);
	spin_unlock(&pset_lock);
	return KERN_SUCCESS;
}

kern_return_t
thread_create(struct task *task, struct thread **out)
{
	struct thread *thread;
	kern_return_t kr;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	thread = zalloc_zero(thread_zone);
	if (thread == NULL)
		return KERN_RESOURCE_SHORTAGE;
	thread_setup(thread, task, PRI_USER);
	thread->state = TH_WAIT | TH_PARKED;
	thread->continuation = thread_exception_return;
	thread->suspend_count = 1;
	thread->stop_count = 1;
	thread->ast = AST_SUSPEND;
	if (current_thread()->task == task)
		machine_thread_inherit(current_thread(), thread);
	kr = ipc_thread_init(thread);
	if (kr != KERN_SUCCESS)
		goto fail_ports;
	kr = thread_enlist(thread, task);
	if (kr != KERN_SUCCESS)
		goto fail_enlist;
	ipc_thread_enable(thread);
	*out = thread;
	return KERN_SUCCESS;
fail_enlist:
	ipc_thread_terminate(thread);
fail_ports:
	pcb_free(thread);
	task_release(task);
	zfree(thread_zone, thread);
	return kr;
}

/* Idle and kernel threads: no ports, kernel_task, never terminated. */
static struct thread *
kernel_thread_alloc(const char *name, int priority)
{
	struct thread *thread = zalloc_zero(thread_zone);

	if (thread == NULL)
		panic("no memory for kernel thread %s", name);
	thread_setup(thread, kernel_task, priority);
	thread->vm_privilege = true;
	strlcpy(thread->name, name, sizeof(thread->name));
	return thread;
}

struct thread *
kernel_thread(const char *name, continuation_t start)
{
	struct thread *thread = kernel_thread_alloc(name, PRI_SYSTEM);

	thread->continuation = start;
	thread->state = TH_WAIT;
	spin_lock(&kernel_task->lock);
	queue_push_back(&kernel_task->threads, &thread->task_link);
	kernel_task->thread_count++;
	spin_unlock(&kernel_task->lock);
	thread_go(thread, THREAD_AWAKENED);
	return thread;
}

void
idle_thread_create(struct processor *p)
{
	struct thread *thread = kernel_thread_alloc("idle", PRI_WORST);

	thread->state = TH_RUN | TH_IDLE;
	thread->vm_privilege = false;	/* it works for who comes next */
	thread->kernel_stack = stack_alloc(false);
	if (thread->kernel_stack == 0)
		panic("no memory for an idle thread's stack");
	machine_stack_attach(thread, thread->kernel_stack, idle_start);
	p->idle_thread = thread;
	p->active_thread = thread;
}

struct thread *
thread_reference(struct thread *thread)
{
	refcount_take(&thread->refs);
	return thread;
}

void
thread_release(struct thread *thread)
{
	if (!refcount_drop(&thread->refs))
		return;
	assert(thread->state & TH_HALTED);
	pcb_free(thread);
	task_release(thread->task);
	zfree(thread_zone, thread);
}

void
thread_deallocate(struct thread *thread)
{
	if (thread != NULL)
		thread_release(thread);
}

void
ast_on(struct thread *thread, uint32_t reasons)
{
	struct processor *p;

	__atomic_or_fetch(&thread->ast, reasons, __ATOMIC_SEQ_CST);
	p = thread_processor(thread);
	if (p != NULL && p != current_processor())
		cpu_nudge(p);
}

/* Suspension. */

/* One more reason to stop; the thread is locked. */
static void
thread_hold_locked(struct thread *thread)
{
	thread->stop_count++;
	ast_on(thread, AST_SUSPEND);
}

/* One reason less; the thread, locked, is unlocked. */
static void
thread_unhold_locked(struct thread *thread, bool intr)
{
	bool parked = false, stop_wanted = false;

	if (--thread->stop_count == 0) {
		__atomic_and_fetch(&thread->ast, ~AST_SUSPEND,
		    __ATOMIC_RELAXED);
		parked = (thread->state & TH_PARKED) != 0;
		stop_wanted = thread->stop_wanted;
		thread->stop_wanted = false;
	}
	spin_unlock_intr(&thread->lock, intr);
	if (parked)
		thread_unpark(thread);
	if (stop_wanted)
		thread_wakeup(&thread->stop_wanted);
}

void
thread_hold(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);

	thread_hold_locked(thread);
	spin_unlock_intr(&thread->lock, intr);
}

void
thread_unhold(struct thread *thread)
{
	thread_unhold_locked(thread, spin_lock_intr(&thread->lock));
}

kern_return_t
thread_stop_wait(struct thread *thread)
{
	bool intr, stopped;

	if (thread == current_thread())
		return KERN_SUCCESS;
	for (;;) {
		assert_wait(&thread->stop_wanted, true);
		intr = spin_lock_intr(&thread->lock);
		stopped = !(thread->state & TH_RUN) ||
		    (thread->state & TH_HALTED) || thread->stop_count == 0;
		if (!stopped)
			thread->stop_wanted = true;
		spin_unlock_intr(&thread->lock, intr);
		if (stopped) {
			(void)clear_wait(current_thread(), THREAD_AWAKENED,
			    false);
			return KERN_SUCCESS;
		}
		if (thread_block(NULL) == THREAD_INTERRUPTED)
			return KERN_ABORTED;
	}
}

kern_return_t
thread_state_begin(struct thread *thread)
{
	kern_return_t kr = KERN_SUCCESS;

	if (thread != current_thread()) {
		thread_hold(thread);
		kr = thread_stop_wait(thread);
		if (kr != KERN_SUCCESS)
			thread_unhold(thread);
	}
	if (kr == KERN_SUCCESS)
		rwlock_write(&state_lock);
	return kr;
}

void
thread_state_end(struct thread *thread)
{
	rwlock_done(&state_lock);
	if (thread != current_thread())
		thread_unhold(thread);
}

kern_return_t
thread_suspend(struct thread *thread)
{
	bool intr;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	if (thread->suspend_count++ == 0)
		thread_hold_locked(thread);
	spin_unlock_intr(&thread->lock, intr);
	return thread_stop_wait(thread);
}

kern_return_t
thread_resume(struct thread *thread)
{
	bool intr, was;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	intr = spin_lock_intr(&thread->lock);
	was = thread->suspend_count > 0;
	if (was && --thread->suspend_count == 0)
		thread_unhold_locked(thread, intr);
	else
		spin_unlock_intr(&thread->lock, intr);
	return was ? KERN_SUCCESS : KERN_FAILURE;
}

/* Wait at the user boundary until nobody wants the thread stopped. */
static void __attribute__((noreturn))
thread_park(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);

	if (thread->stop_count > 0 && !(thread->ast & AST_TERMINATE))
		thread->state |= TH_WAIT | TH_PARKED;
	else
		__atomic_and_fetch(&thread->ast, ~AST_SUSPEND, __ATOMIC_RELAXED);
	spin_unlock_intr(&thread->lock, intr);
	(void)thread_block(thread_exception_return);
	__builtin_unreachable();
}

/*
 * A thread that was found in no wait to abort is to abort its next one.  False:
 * it has entered one meanwhile.
 */
static bool
thread_abort_next(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);
	bool waits = (thread->state & (TH_WAIT | TH_UNINT | TH_PARKED)) ==
	    TH_WAIT;

	if (!waits && (thread->state & TH_RUN) && thread->active)
		ast_on(thread, AST_ABORTED);
	spin_unlock_intr(&thread->lock, intr);
	return !waits;
}

kern_return_t
thread_abort(struct thread *thread)
{
	if (thread == NULL || thread == current_thread())
		return KERN_INVALID_ARGUMENT;
	while (!clear_wait(thread, THREAD_INTERRUPTED, true) &&
	    !thread_abort_next(thread))
		continue;
	return thread_stop_wait(thread);
}

/* Termination. */

/* The thread is to die: at once if it waits, else at the user boundary. */
static void
thread_doom(struct thread *thread)
{
	ast_on(thread, AST_TERMINATE);
	thread_unpark(thread);
	(void)clear_wait(thread, THREAD_INTERRUPTED, true);
}

bool
thread_deactivate(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);
	bool was = thread->active;

	thread->active = false;
	spin_unlock_intr(&thread->lock, intr);
	if (was) {
		reaper_expect();
		thread_doom(thread);
		ipc_thread_disable(thread);
	}
	return was;
}

kern_return_t
thread_terminate(struct thread *thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_deactivate(thread) ? KERN_SUCCESS : KERN_FAILURE;
}

/* Take the current thread off its task and add what it counted to the task's. */
static void
thread_delist(struct thread *thread)
{
	struct task *task = thread->task;

	spin_lock(&pset_lock);
	pset_remove_thread(thread);
	spin_lock(&task->lock);
	queue_remove(&thread->task_link);
	task->thread_count--;
	account_give(task->account, ACCOUNT_THREADS, 1);
	task_add_counts(task, thread);
	spin_unlock(&task->lock);
	spin_unlock(&pset_lock);
}

void
thread_terminate_self(void)
{
	struct thread *thread = current_thread();

	(void)thread_deactivate(thread);
	(void)timer_cancel(&thread->depress_timer);
	ipc_thread_terminate(thread);
	thread_delist(thread);
	(void)timer_cancel(&thread->wait_timer);
	(void)intr_disable();
	spin_lock(&thread->lock);
	thread->state |= TH_HALTED;
	spin_unlock(&thread->lock);
	(void)thread_block(thread_exception_return);
	panic("a halted thread runs");
}

/* On the way to user mode: whatever AST_* asks for, worst first. */
void
ast_taken(void)
{
	struct thread *thread = current_thread();
	uint32_t ast = thread->ast;

	if (ast & AST_TERMINATE)
		thread_terminate_self();
	if (ast & AST_ABORTED)
		__atomic_and_fetch(&thread->ast, ~AST_ABORTED, __ATOMIC_RELAXED);
	if (ast & AST_SUSPEND)
		thread_park(thread);
	if (ast & AST_PREEMPT)
		(void)thread_block(thread_exception_return);
}
