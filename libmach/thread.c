/*
 * libmach/thread.c - threads with stacks, and the state each has of its own.
 *
 * Owns:       the range of stacks, reserved when the first thread starts, and
 *             the list of stacks whose threads are ending.
 * Locks:      stacks_lock, for both; held for no call that can wait long.
 * Invariant:  a stack is used again only when its last thread's port is dead,
 *             for that thread runs on it until the kernel has ended it.
 */
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_thread.h>
#include <mach/vm_param.h>

#include "thread.h"

#define STACK_SIZE	MACH_THREAD_STACK_SIZE
#define RANGE_SIZE	MACH_THREAD_RANGE_SIZE
#define NOT_RESERVED	((vm_address_t) VM_MAX_ADDRESS)	/* no stack lies there */

static mach_mutex_t stacks_lock;
vm_address_t mach_thread_range = NOT_RESERVED;
static unsigned int stacks_made;	/* from the start of the range */
static struct mach_thread *given_back;	/* oldest first ... */
static struct mach_thread **given_back_end = &given_back;

struct mach_thread mach_thread_main;

/* newlib's way to the calling thread's errno and stdio. */
struct _reent *
__getreent(void)
{
	struct mach_thread *self = mach_thread_current();

	return self == &mach_thread_main ? _GLOBAL_REENT : &self->reent;
}

mach_port_t
mach_thread_port(void)
{
	struct mach_thread *self = mach_thread_current();

	if (self->port == MACH_PORT_NULL)
		self->port = mach_thread_self();
	return self->port;
}

/* Reserve the range, aligned to a stack; it costs memory only where used. */
static kern_return_t
range_reserve(void)
{
	vm_address_t addr = 0;
	kern_return_t kr;

	kr = vm_map(mach_task_self(), &addr, RANGE_SIZE, STACK_SIZE - 1, TRUE,
	    MACH_PORT_NULL, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE,
	    VM_PROT_ALL, VM_INHERIT_DEFAULT);
	if (kr == KERN_SUCCESS)
		mach_thread_range = addr;
	return kr;
}

/* A stack never used before, with its lowest page made to fault. */
static kern_return_t
stack_make(struct mach_thread **out)
{
	vm_address_t stack;
	kern_return_t kr;

	if (mach_thread_range == NOT_RESERVED) {
		kr = range_reserve();
		if (kr != KERN_SUCCESS)
			return kr;
	}
	if (stacks_made == MACH_THREADS_MAX)
		return KERN_RESOURCE_SHORTAGE;
	stack = mach_thread_range + (vm_size_t) stacks_made * STACK_SIZE;
	kr = vm_protect(mach_task_self(), stack, vm_page_size, FALSE,
	    VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	stacks_made++;
	*out = (struct mach_thread *) (stack + STACK_SIZE) - 1;
	return KERN_SUCCESS;
}

static int
thread_is_dead(const struct mach_thread *thread)
{
	mach_port_type_t type;

	return mach_port_type(mach_task_self(), thread->port, &type)
	    != KERN_SUCCESS || (type & MACH_PORT_TYPE_DEAD_NAME) != 0;
}

static void
receive_right_drop(mach_port_t port)
{
	if (port != MACH_PORT_NULL)
		mach_port_mod_refs(mach_task_self(), port,
		    MACH_PORT_RIGHT_RECEIVE, -1);
}

/*
 * The oldest stack given back, if its thread has left it; else null.  The
 * thread's ports go with it: it needed its reply port to its last call.
 */
static struct mach_thread *
stack_reuse(void)
{
	struct mach_thread *thread = given_back;

	if (thread == NULL || !thread_is_dead(thread))
		return NULL;
	given_back = thread->next;
	if (given_back == NULL)
		given_back_end = &given_back;
	receive_right_drop(thread->reply_port);
	receive_right_drop(thread->wait_port);
	if (thread->port != MACH_PORT_NULL)
		mach_port_deallocate(mach_task_self(), thread->port);
	return thread;
}

static void
stack_give_back(struct mach_thread *thread)
{
	mach_mutex_lock(&stacks_lock);
	thread->next = NULL;
	*given_back_end = thread;
	given_back_end = &thread->next;
	mach_mutex_unlock(&stacks_lock);
}

static kern_return_t
stack_get(struct mach_thread **out)
{
	kern_return_t kr = KERN_SUCCESS;

	mach_mutex_lock(&stacks_lock);
	*out = stack_reuse();
	if (*out == NULL)
		kr = stack_make(out);
	mach_mutex_unlock(&stacks_lock);
	if (kr == KERN_SUCCESS) {
		memset(*out, 0, sizeof(**out));
		_REENT_INIT_PTR(&(*out)->reent);
	}
	return kr;
}

static void
thread_main(void *arg)
{
	struct mach_thread *self = arg;

	self->fn(self->arg);
	mach_thread_exit();
}

kern_return_t
mach_thread_start_port(void (*fn)(void *), void *arg, mach_port_t *out)
{
	struct mach_thread *thread;
	mach_port_t port;
	kern_return_t kr;

	kr = stack_get(&thread);
	if (kr != KERN_SUCCESS)
		return kr;
	thread->fn = fn;
	thread->arg = arg;
	kr = thread_create(mach_task_self(), &port);
	if (kr != KERN_SUCCESS)
		goto fail;
	thread->port = port;
	kr = mach_thread_set_entry(port, thread_main, thread,
	    (vm_address_t) thread);
	if (kr == KERN_SUCCESS)
		kr = thread_resume(port);
	if (kr != KERN_SUCCESS)
		goto fail_thread;
	*out = port;
	return KERN_SUCCESS;
fail_thread:
	thread_terminate(port);
fail:
	stack_give_back(thread);
	return kr;
}

kern_return_t
mach_thread_start(void (*fn)(void *), void *arg)
{
	mach_port_t port;

	return mach_thread_start_port(fn, arg, &port);
}

void
mach_thread_exit(void)
{
	struct mach_thread *self = mach_thread_current();
	mach_port_t port = mach_thread_port();

	if (self != &mach_thread_main) {
		_reclaim_reent(&self->reent);
		stack_give_back(self);
	}
	for (;;)
		thread_terminate(port);
}

/* The child has the range and its contents, but none of the threads in it. */
void
mach_thread_child_init(void)
{
	mach_thread_main = (struct mach_thread) { 0 };
	stacks_lock = (mach_mutex_t) MACH_MUTEX_INITIALIZER;
	stacks_made = 0;
	given_back = NULL;
	given_back_end = &given_back;
}
