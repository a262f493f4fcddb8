/*
 * kern/stack.c - kernel stacks.
 *
 * Few exist: one for each thread that blocked without a continuation, one for
 * each processor's running thread, and a few spare ones on each processor.  Two
 * more are kept for wired threads, who must run when there is no memory: what
 * they do makes some.
 *
 * Owns:       the per-processor caches (the processor's own, interrupts off),
 *             the wired threads' spare stacks, and the queue of threads that
 *             wait for a stack.
 * Locks:      starved_lock, interrupts off.
 */
#include <kern/debug.h>
#include <kern/reaper.h>
#include <kern/sched.h>
#include <vm/vm_page.h>

#define STACK_ORDER	1	/* 2^1 pages */
#define STACK_CANARY	0x57ac6ea6u
#define SPARE_MAX	2u

_Static_assert(KERNEL_STACK_SIZE == PAGE_SIZE << STACK_ORDER, "stack order");

static struct spinlock starved_lock = SPINLOCK_INIT(LOCK_TIMER);
static struct queue starved = { &starved, &starved };	/* starved_lock */
static vm_offset_t spare[SPARE_MAX];	/* starved_lock */
static unsigned spare_count;		/* starved_lock */
static unsigned spare_wanted;		/* starved_lock */

static vm_offset_t
stack_create(void)
{
	struct vm_page *page = vm_page_grab_contiguous(VM_PAGE_STACK,
	    STACK_ORDER);
	vm_offset_t stack;

	if (page == NULL)
		return 0;
	stack = (vm_offset_t)vm_page_to_direct(page);
	*(uint32_t *)stack = STACK_CANARY;
	return stack;
}

/* Keep a stack for wired threads if there are too few; false: it was not taken. */
static bool
spare_put(vm_offset_t stack)
{
	bool intr, taken = false;

	if (spare_count >= spare_wanted)
		return false;
	intr = spin_lock_intr(&starved_lock);
	if (spare_count < spare_wanted) {
		spare[spare_count++] = stack;
		taken = true;
	}
	spin_unlock_intr(&starved_lock, intr);
	return taken;
}

static vm_offset_t
spare_take(void)
{
	bool intr = spin_lock_intr(&starved_lock);
	vm_offset_t stack = spare_count > 0 ? spare[--spare_count] : 0;

	spin_unlock_intr(&starved_lock, intr);
	return stack;
}

void
stack_want_spare(void)
{
	vm_offset_t stack;

	spare_wanted = SPARE_MAX;
	while (spare_count < spare_wanted) {
		stack = stack_create();
		if (stack == 0)
			return;		/* the next that is freed will do */
		if (!spare_put(stack))
			stack_free(stack);
	}
}

vm_offset_t
stack_alloc(bool privileged)
{
	bool intr = intr_disable();
	struct processor *p = current_processor();
	vm_offset_t stack;

	if (p->stack_cached > 0)
		stack = p->stack_cache[--p->stack_cached];
	else
		stack = stack_create();
	if (stack == 0 && privileged)
		stack = spare_take();
	intr_restore(intr);
	return stack;
}

/* Somebody who waited for a stack, made ready again. */
static void
starved_wake(void)
{
	struct queue *q;
	struct thread *thread;
	bool intr;

	if (queue_empty(&starved))
		return;
	intr = spin_lock_intr(&starved_lock);
	q = queue_pop_front(&starved);
	spin_unlock(&starved_lock);
	if (q != NULL) {
		thread = queue_element(q, struct thread, reap_link);
		spin_lock(&thread->lock);
		thread_setrun(thread);
		spin_unlock(&thread->lock);
	}
	intr_restore(intr);
}

void
stack_free(vm_offset_t stack)
{
	bool intr = intr_disable();
	struct processor *p = current_processor();

	assert(*(uint32_t *)stack == STACK_CANARY);
	if (spare_put(stack)) {
		intr_restore(intr);
		return;
	}
	if (p->stack_cached < array_count(p->stack_cache)) {
		p->stack_cache[p->stack_cached++] = stack;
	} else {
		vm_page_release_contiguous(
		    vm_page_from_direct((void *)stack), STACK_ORDER);
	}
	starved_wake();
	intr_restore(intr);
}

void
thread_await_stack(struct thread *thread)
{
	bool intr = spin_lock_intr(&starved_lock);

	if (thread->vm_privilege)
		queue_push_front(&starved, &thread->reap_link);
	else
		queue_push_back(&starved, &thread->reap_link);
	spin_unlock_intr(&starved_lock, intr);
}
