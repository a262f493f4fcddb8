/*
 * kern/sched.c - who runs next: run queues, switching, priorities.
 *
 * Owns:       each processor's run queues, the set of idle processors, and
 *             the way from one thread to the next.
 * Locks:      thread, then run queue; interrupts off under both.  Never two
 *             run queues at once.
 * Invariant:  a thread with TH_RUN is running on one processor, is on one run
 *             queue, or is in the hands of the processor that just took it
 *             off.  One that blocks keeps TH_RUN until its successor has left
 *             its stack (thread_dispatch); who ends its wait before that only
 *             clears TH_WAIT.  The stack in use is the processor's (stack_top):
 *             a thread has one of its own only while it does not run.
 * Source:     SOSP 1987 paper, section 3.1; continuations and hand-off after
 *             "Using Continuations to Implement Thread Management", SOSP 1991.
 */
#include <kern/debug.h>
#include <kern/handoff.h>
#include <kern/reaper.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread_internal.h>
#include <kern/wait.h>
#include <mach/policy.h>
#include <machine/switch.h>

#define USAGE_SHIFT	8		/* 16 ticks of recent use cost a level */
#define USAGE_TICK	16u		/* sched_usage of one tick */
#define RESCAN_MAX	32u		/* queued threads re-ranked a second */

struct processor *processors[MAX_PROCESSORS];
unsigned processor_count;
static volatile uint32_t idle_processors;	/* bit per processor; atomic */

void
sched_bootstrap(void)
{
	wait_bootstrap();
}

/* What a thread that leaves p now keeps of when and where. */
static void
stamp_set(struct processor *p)
{
	p->stamp = uptime_seconds() << PROCESSOR_BITS | p->number;
}

void
processor_add(struct processor *p)
{
	p->self = p;
	p->number = processor_count;
	stamp_set(p);
	spinlock_init(&p->run_lock, LOCK_RUN_QUEUE);
	for (unsigned i = 0; i < RUN_LEVELS; i++)
		queue_init(&p->run_queues[i]);
	processors[processor_count++] = p;
}

/* Run queues. */

static void
run_queue_add(struct processor *p, struct thread *thread, bool front)
{
	unsigned level = (unsigned)thread->sched_pri;

	spin_lock(&p->run_lock);
	if (front)
		queue_push_front(&p->run_queues[level], &thread->run_link);
	else
		queue_push_back(&p->run_queues[level], &thread->run_link);
	p->run_bitmap[level / 32] |= 1u << (level % 32);
	p->run_count++;
	thread->run_queue_of = p;
	spin_unlock(&p->run_lock);
}

/* The run lock is held. */
static void
run_queue_unlink(struct processor *p, struct thread *thread)
{
	struct queue *next = thread->run_link.next;

	queue_remove(&thread->run_link);
	if (queue_empty(next)) {
		unsigned level = (unsigned)(next - p->run_queues);

		p->run_bitmap[level / 32] &= ~(1u << (level % 32));
	}
	p->run_count--;
	thread->run_queue_of = NULL;
}

/* Best queued level, or -1.  Exact under the run lock, a hint without. */
static int
run_queue_best(const struct processor *p)
{
	for (unsigned i = 0; i < array_count(p->run_bitmap); i++)
		if (p->run_bitmap[i] != 0)
			return (int)(i * 32) + __builtin_ctz(p->run_bitmap[i]);
	return -1;
}

static struct thread *
run_queue_pop(struct processor *p)
{
	struct thread *thread = NULL;
	int level;

	if (p->run_count == 0)
		return NULL;
	spin_lock(&p->run_lock);
	level = run_queue_best(p);
	if (level >= 0) {
		thread = queue_element(queue_first(&p->run_queues[level]),
		    struct thread, run_link);
		run_queue_unlink(p, thread);
	}
	spin_unlock(&p->run_lock);
	return thread;
}

/* Take a locked thread off its run queue; false if it was on none. */
static bool
run_queue_take(struct thread *thread)
{
	struct processor *p = thread->run_queue_of;
	bool taken;

	if (p == NULL)
		return false;
	spin_lock(&p->run_lock);
	taken = thread->run_queue_of == p;
	if (taken)
		run_queue_unlink(p, thread);
	spin_unlock(&p->run_lock);
	return taken;
}

/* Choosing. */

struct processor *
thread_processor(const struct thread *thread)
{
	for (unsigned i = 0; i < processor_count; i++)
		if (processors[i]->active_thread == thread)
			return processors[i];
	return NULL;
}

struct processor *
thread_last_processor(const struct thread *thread)
{
	struct processor *p = thread_processor(thread);

	return p != NULL ? p : processors[thread->left % MAX_PROCESSORS];
}

uint32_t
thread_sleep_seconds(const struct thread *thread)
{
	uint32_t now = uptime_seconds() << PROCESSOR_BITS;

	return (now - (thread->left & -MAX_PROCESSORS)) >> PROCESSOR_BITS;
}

/* The processor that a thread made runnable should go to. */
static struct processor *
choose_processor(struct thread *thread)
{
	struct processor *last = processors[thread->left % MAX_PROCESSORS];
	uint32_t idle = idle_processors;

	if (idle == 0 || (idle & (1u << last->number)))
		return last;
	return processors[__builtin_ctz(idle)];
}

void
thread_setrun(struct thread *thread)
{
	struct processor *p = choose_processor(thread);
	struct thread *running;

	assert(thread->state & TH_RUN);
	run_queue_add(p, thread, false);
	running = p->active_thread;
	if (p == current_processor()) {
		if (thread->sched_pri < running->sched_pri)
			__atomic_or_fetch(&running->ast, AST_PREEMPT,
			    __ATOMIC_RELAXED);
		return;
	}
	/*
	 * A processor going idle looks at its queue once more after it has
	 * said so, and we looked at idle after queueing: one of us sees.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (p->idle || thread->sched_pri < running->sched_pri) {
		__atomic_or_fetch(&running->ast, AST_PREEMPT, __ATOMIC_RELAXED);
		cpu_nudge(p);
	}
}

/* A thread queued elsewhere that nobody is about to run. */
static struct thread *
steal_thread(struct processor *self)
{
	for (unsigned i = 1; i < processor_count; i++) {
		unsigned n = (self->number + i) % processor_count;
		struct thread *thread = run_queue_pop(processors[n]);

		if (thread != NULL)
			return thread;
	}
	return NULL;
}

static struct thread *
thread_select(struct processor *p)
{
	struct thread *thread = run_queue_pop(p);

	if (thread == NULL)
		thread = steal_thread(p);
	return thread != NULL ? thread : p->idle_thread;
}

/* Switching. */

/*
 * The processor has left old: give back its stack if it wants none, and let
 * others have it.  Interrupts off.
 */
static void
thread_dispatch(struct thread *old)
{
	bool stop_wanted, halted;

	if (old == NULL || (old->state & TH_IDLE))
		return;
	if (old->continuation != NULL && old->kernel_stack != 0) {
		stack_free(old->kernel_stack);
		old->kernel_stack = 0;
	}
	spin_lock(&old->lock);
	if (!(old->state & (TH_WAIT | TH_HALTED))) {
		thread_setrun(old);
		spin_unlock(&old->lock);
		return;
	}
	old->state &= ~TH_RUN;
	stop_wanted = old->stop_wanted;
	old->stop_wanted = false;
	halted = (old->state & TH_HALTED) != 0;
	spin_unlock(&old->lock);
	if (stop_wanted)
		thread_wakeup(&old->stop_wanted);
	if (halted)
		thread_reap(old);
}

/* On the new thread's stack or with the stack it was given: finish the switch. */
static void
switch_done(void)
{
	struct processor *p = current_processor();
	struct thread *old = p->switched_from;

	p->switched_from = NULL;
	thread_dispatch(old);
}

/* The current thread goes on with its continuation, on a fresh stack. */
static void __attribute__((noreturn))
thread_continue(void)
{
	struct thread *thread = current_thread();

	machine_call_continuation(thread->continuation);
}

/* Where a thread that was given a stack starts; interrupts are off. */
static void
thread_first(void)
{
	switch_done();
	thread_continue();
}

/* A stack for new, which has none; false if none is to be had. */
static bool
thread_give_stack(struct thread *new)
{
	vm_offset_t stack = stack_alloc(new->vm_privilege);

	if (stack == 0)
		return false;
	new->kernel_stack = stack;
	machine_stack_attach(new, stack, thread_first);
	return true;
}

/* From here on the processor's stack is that of new, who has one. */
static void
stack_enter(struct processor *p, struct thread *new)
{
	p->stack_top = new->kernel_stack + KERNEL_STACK_SIZE;
	new->kernel_stack = 0;
}

/*
 * Leave the current thread for new, which is in our hands; interrupts off.
 * Returns when the current thread runs again, if it keeps its stack.
 */
static void
thread_invoke(struct thread *old, continuation_t continuation,
    struct thread *new)
{
	struct processor *p = current_processor();

	assert(new->state & TH_RUN);
	old->continuation = continuation;
	old->left = p->stamp;
	p->switched_from = old;
	if (new->kernel_stack == 0 && continuation != NULL) {
		machine_switch_no_stack(old, new);
		switch_done();
		thread_continue();
	}
	old->kernel_stack = p->stack_top - KERNEL_STACK_SIZE;
	stack_enter(p, new);
	machine_switch(old, new);
	switch_done();
}

/*
 * The next thread for p: one that runs, has a stack or can be given one.  It
 * has a time slice of its own.
 */
static struct thread *
thread_select_with_stack(struct processor *p, bool have_stack)
{
	struct thread *new;

	p->quantum_left = QUANTUM_TICKS;
	for (;;) {
		new = thread_select(p);
		if (new->kernel_stack != 0 || have_stack ||
		    new == p->active_thread || thread_give_stack(new))
			return new;
		thread_await_stack(new);
	}
}

enum wait_result
thread_block(continuation_t continuation)
{
	struct thread *thread = current_thread();
	struct thread *new;
	bool intr;

	lock_debug_assert_none_held();
	intr = intr_disable();
	__atomic_and_fetch(&thread->ast, ~AST_PREEMPT, __ATOMIC_RELAXED);
	new = thread_select_with_stack(current_processor(),
	    continuation != NULL);
	if (new->state & TH_IDLE) {
		/* Nobody else: stay, unless there is something to wait for. */
		spin_lock(&thread->lock);
		if (!(thread->state & (TH_WAIT | TH_HALTED)))
			new = thread;
		spin_unlock(&thread->lock);
	}
	if (new != thread)
		thread_invoke(thread, continuation, new);
	if (continuation != NULL)
		machine_call_continuation(continuation);
	intr_restore(intr);
	return thread->wait_result;
}

/*
 * Take target out of its wait, or off its run queue, for the current
 * processor to enter at once.  Interrupts off.  False: it cannot be had so.
 */
static bool
thread_grab(struct thread *target, bool waiting)
{
	bool ok;

	spin_lock(&target->lock);
	if (waiting) {
		ok = (target->state & (TH_RUN | TH_WAIT)) == TH_WAIT &&
		    target->wait_event == NULL;
		if (ok) {
			target->state &= ~TH_WAIT_BITS;
			target->state |= TH_RUN;
			target->wait_result = THREAD_AWAKENED;
		}
	} else {
		ok = run_queue_take(target);
	}
	spin_unlock(&target->lock);
	return ok;
}

/* Enter target, which thread_grab has just given us, for the rest of the slice. */
static enum wait_result
thread_enter(struct thread *target, continuation_t continuation, bool intr)
{
	struct thread *thread = current_thread();

	if (target->kernel_stack == 0 && continuation == NULL &&
	    !thread_give_stack(target)) {
		spin_lock(&target->lock);
		thread_setrun(target);
		spin_unlock(&target->lock);
		intr_restore(intr);
		return thread_block(continuation);
	}
	thread_invoke(thread, continuation, target);
	intr_restore(intr);
	return thread->wait_result;
}

bool
thread_may_swap(const struct thread *self, const struct thread *target,
    bool waits)
{
	return (target->state & ~TH_TIMED) == TH_WAIT && self->ast == 0 &&
	    (!waits || self->state == (TH_RUN | TH_WAIT));
}

bool
thread_take(struct thread *target)
{
	bool intr = intr_disable();
	bool taken = thread_grab(target, true);

	intr_restore(intr);
	return taken;
}

void
thread_untake(struct thread *target)
{
	bool intr = spin_lock_intr(&target->lock);

	thread_setrun(target);
	spin_unlock_intr(&target->lock, intr);
}

bool
sched_better_queued(const struct thread *thread)
{
	int best = run_queue_best(current_processor());

	return best >= 0 && best < thread->sched_pri;
}

/*
 * Who queued a thread here told the one that he saw running; another may have
 * come since, with the processor passed on to it.
 */
void
sched_nudged(void)
{
	struct thread *thread = current_thread();

	if (sched_better_ready(thread))
		__atomic_or_fetch(&thread->ast, AST_PREEMPT, __ATOMIC_RELAXED);
}

enum wait_result
thread_handoff(struct thread *target, continuation_t continuation)
{
	bool intr;

	lock_debug_assert_none_held();
	intr = intr_disable();
	if (sched_better_ready(target)) {
		intr_restore(intr);
		thread_untake(target);
		return thread_block(continuation);
	}
	return thread_enter(target, continuation, intr);
}

enum wait_result
thread_run_next(struct thread *target, continuation_t continuation)
{
	bool intr;

	lock_debug_assert_none_held();
	intr = intr_disable();
	if (target == current_thread() || !thread_grab(target, false)) {
		intr_restore(intr);
		return thread_block(continuation);
	}
	return thread_enter(target, continuation, intr);
}

bool
sched_others_ready(void)
{
	return current_processor()->run_count != 0;
}

/* Idling. */

static void
processor_idle(struct processor *p)
{
	uint32_t bit = 1u << p->number;

	p->idle = true;
	__atomic_or_fetch(&idle_processors, bit, __ATOMIC_SEQ_CST);
	if (p->run_count == 0)
		cpu_idle();
	__atomic_and_fetch(&idle_processors, ~bit, __ATOMIC_SEQ_CST);
	p->idle = false;
}

/* Body of an idle thread. */
static void __attribute__((noreturn))
idle_loop(void)
{
	struct processor *p = current_processor();
	struct thread *idle = p->idle_thread;
	struct thread *new;

	for (;;) {
		(void)intr_disable();
		idle->ast = 0;
		new = thread_select_with_stack(p, false);
		if (new == idle) {
			processor_idle(p);
			continue;
		}
		thread_invoke(idle, NULL, new);
	}
}

/* The stack of an idle thread starts here. */
void
idle_start(void)
{
	switch_done();
	idle_loop();
}

void
sched_start(struct thread *first)
{
	struct processor *p = current_processor();

	(void)intr_disable();
	p->running = true;
	spin_lock(&first->lock);
	(void)run_queue_take(first);
	spin_unlock(&first->lock);
	if (!thread_give_stack(first))
		panic("no memory for the first thread's stack");
	/* The boot stack is left for good: nobody to dispatch. */
	stack_enter(p, first);
	machine_switch(current_thread(), first);
	panic("the boot thread was resumed");
}

/* The start-up stack has been left: the next processor may have it. */
static void
processor_started(void)
{
	current_processor()->running = true;
	idle_loop();
}

void
sched_processor_start(void)
{
	struct processor *p = current_processor();

	stack_enter(p, p->idle_thread);
	machine_call_continuation(processor_started);
}

/* Priorities. */

/* Age the use that a locked thread has made of processors. */
static void
usage_decay(struct thread *thread)
{
	uint32_t now = uptime_seconds();
	uint32_t seconds = now - thread->sched_stamp;

	thread->sched_stamp = now;
	if (seconds > 30)
		thread->sched_usage = 0;
	for (; seconds > 0 && thread->sched_usage > 0; seconds--)
		thread->sched_usage = thread->sched_usage * 5 / 8;
}

/* Current priority of a locked thread from its base and its use. */
static void
priority_compute(struct thread *thread)
{
	int pri = thread->priority;

	if (thread->depress_pri >= 0)
		return;
	if (thread->policy == POLICY_TIMESHARE) {
		usage_decay(thread);
		pri += (int)(thread->sched_usage >> USAGE_SHIFT);
	}
	thread->sched_pri = min_of(pri, PRI_WORST);
}

void
thread_set_priority(struct thread *thread, int priority)
{
	bool queued = run_queue_take(thread);

	thread->priority = priority;
	priority_compute(thread);
	if (queued)
		thread_setrun(thread);
}

void
thread_depress(struct thread *thread, uint64_t ticks)
{
	bool intr = spin_lock_intr(&thread->lock);

	thread->depress_pri = thread->priority;
	thread->sched_pri = PRI_WORST;
	spin_unlock_intr(&thread->lock, intr);
	if (ticks != 0)
		timer_set(&thread->depress_timer, ticks);
}

bool
thread_undepress(struct thread *thread)
{
	bool intr = spin_lock_intr(&thread->lock);
	bool was = thread->depress_pri >= 0;

	if (was) {
		bool queued = run_queue_take(thread);

		thread->depress_pri = -1;
		priority_compute(thread);
		if (queued)
			thread_setrun(thread);
	}
	spin_unlock_intr(&thread->lock, intr);
	return was;
}

void
thread_depress_timeout(void *arg)
{
	(void)thread_undepress(arg);
}

/* Once a second: threads that wait for this processor rise as their use ages. */
static void
run_queue_rescan(struct processor *p)
{
	struct queue aged;
	struct thread *thread;
	struct queue *q;
	unsigned n = 0;

	queue_init(&aged);
	spin_lock(&p->run_lock);
	for (int level = PRI_WORST - 1; level >= 0 && n < RESCAN_MAX; level--)
		while (n < RESCAN_MAX && !queue_empty(&p->run_queues[level])) {
			thread = queue_element(queue_first(&p->run_queues[level]),
			    struct thread, run_link);
			run_queue_unlink(p, thread);
			queue_push_back(&aged, &thread->run_link);
			n++;
		}
	spin_unlock(&p->run_lock);
	while ((q = queue_pop_front(&aged)) != NULL) {
		thread = queue_element(q, struct thread, run_link);
		spin_lock(&thread->lock);
		priority_compute(thread);
		thread_setrun(thread);
		spin_unlock(&thread->lock);
	}
}

/* The clock ticked in thread: charge it. */
static void
thread_tick(struct thread *thread, bool from_user)
{
	spin_lock(&thread->lock);
	if (from_user)
		thread->user_ticks++;
	else
		thread->system_ticks++;
	thread->sched_usage += USAGE_TICK;
	priority_compute(thread);
	spin_unlock(&thread->lock);
}

/* The slice is a tick shorter: see whether it is over, and another's turn. */
static void
slice_tick(struct processor *p, struct thread *thread)
{
	int best;

	if (p->quantum_left > 1) {
		p->quantum_left--;
		return;
	}
	p->quantum_left = QUANTUM_TICKS;
	best = run_queue_best(p);
	if (best >= 0 && best <= thread->sched_pri)
		__atomic_or_fetch(&thread->ast, AST_PREEMPT, __ATOMIC_RELAXED);
}

void
sched_tick(bool from_user)
{
	struct processor *p = current_processor();
	struct thread *thread = p->active_thread;

	stamp_set(p);
	if (thread->state & TH_IDLE) {
		p->ticks_idle++;
		return;
	}
	if (from_user)
		p->ticks_user++;
	else
		p->ticks_system++;
	thread_tick(thread, from_user);
	slice_tick(p, thread);
	if (clock_ticks % HZ == p->number % HZ && p->run_count != 0)
		run_queue_rescan(p);
}
