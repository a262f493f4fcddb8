/*
 * vm/vm_default_pager.c - which task is the default pager, and how an
 * anonymous object becomes one of its memory objects (paper, section 6.2.2).
 *
 * Owns:       the default pager's port; whether its paging space is full.
 * Locks:      manager_lock, before ports.  Objects stay with the pager that
 *             they were given to when another becomes the default one.
 */
#include <duality_object_user.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/timer.h>
#include <mach_server.h>
#include <memory_object_default_user.h>
#include <vm/memory_object.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>
#include <vm/vm_pageout.h>

/* So many pages at most are told of at once, the pager having one or all. */
#define DISCARD_MAX	1024u

/* After so long something is offered to a full pager once more. */
#define FULL_TICKS	(2 * HZ)
/* If it does not refuse that for so long, it is full no more. */
#define OFFER_TICKS	HZ

static struct spinlock manager_lock = SPINLOCK_INIT(LOCK_TASK_IPC);
static struct ipc_port *manager;	/* a send right or NULL; manager_lock */
static volatile vm_size_t run_size = PAGE_SIZE;	/* a hint */
/* A hint, written by anybody: ticks when the pager is no longer called full. */
static volatile uint32_t full_until;
static volatile bool full;

static uint32_t
now(void)
{
	return (uint32_t)clock_ticks;
}

void
vm_default_pager_refused(void)
{
	full_until = now() + FULL_TICKS + OFFER_TICKS;
	full = true;
}

void
vm_default_pager_has_room(void)
{
	full = false;
}

bool
vm_default_pager_full(void)
{
	if (full && (int32_t)(full_until - now()) <= 0)
		full = false;
	return full;
}

bool
vm_default_pager_may_be_offered(void)
{
	return !vm_default_pager_full() ||
	    (int32_t)(full_until - now()) <= (int32_t)OFFER_TICKS;
}

void
vm_default_pager_set_run(vm_size_t size)
{
	run_size = size;
}

bool
vm_default_pager_exists(void)
{
	bool exists;

	spin_lock(&manager_lock);
	exists = manager != NULL && ipc_port_alive(manager);
	spin_unlock(&manager_lock);
	return exists;
}

static struct ipc_port *
manager_get(void)
{
	struct ipc_port *port;

	spin_lock(&manager_lock);
	port = ipc_port_copy_send(manager);
	spin_unlock(&manager_lock);
	return port;
}

kern_return_t
vm_set_default_memory_manager(struct host *host,
    struct ipc_port **default_manager)
{
	struct ipc_port *old;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (!IP_VALID(*default_manager)) {
		*default_manager = manager_get();
		return KERN_SUCCESS;
	}
	spin_lock(&manager_lock);
	old = manager;
	manager = *default_manager;
	spin_unlock(&manager_lock);
	*default_manager = old;
	vm_default_pager_set_run(PAGE_SIZE);
	vm_default_pager_has_room();
	vm_pageout_needed();
	return KERN_SUCCESS;
}

/* The three ports of an object that has none; false: no memory. */
static bool
ports_make(struct ipc_port **pager, struct ipc_port **control,
    struct ipc_port **name)
{
	*pager = ipc_port_alloc_kernel();
	*control = ipc_port_alloc_kernel();
	*name = ipc_port_alloc_kernel();
	if (*pager != NULL && *control != NULL && *name != NULL)
		return true;
	if (*pager != NULL)
		ipc_port_dealloc_kernel(*pager);
	if (*control != NULL)
		ipc_port_dealloc_kernel(*control);
	if (*name != NULL)
		ipc_port_dealloc_kernel(*name);
	return false;
}

bool
vm_default_pager_adopt(struct vm_object *object)
{
	vm_size_t size = object->size;
	struct ipc_port *pager, *control, *name, *to, *right = NULL;

	assert(object->internal && object->paging_in_progress != 0);
	vm_object_unlock(object);
	to = manager_get();
	if (IP_VALID(to) && ports_make(&pager, &control, &name))
		right = ipc_port_make_send(pager);
	if (right == NULL) {
		ipc_port_release_send(to);
		vm_object_lock(object);
		return false;
	}
	vm_object_lock(object);
	/* The default pager need not say that it is ready. */
	object->pager = right;
	object->control = control;
	object->name = name;
	object->pager_ready = true;
	object->run_size = run_size;
	vm_object_unlock(object);
	ipc_kobject_set(control, object, KOBJECT_PAGING_REQUEST);
	ipc_kobject_set(name, object, KOBJECT_PAGING_NAME);
	ipc_kobject_set(pager, object, KOBJECT_PAGER);
	(void)memory_object_create(to, pager, size, control, name, PAGE_SIZE);
	vm_object_lock(object);
	return !object->pager_dead;
}

/* Forget what a locked object's pager has in [start, end); where the last page ends. */
static vm_offset_t
forget(struct vm_object *object, vm_offset_t start, vm_offset_t end)
{
	vm_offset_t at, last = start;

	for (at = vm_paged_next(object, start, end); at < end;
	    at = vm_paged_next(object, last, end)) {
		vm_paged_clear(object, at);
		last = at + PAGE_SIZE;
	}
	return last;
}

void
vm_default_pager_discard_unlock(struct vm_object *object, vm_offset_t start,
    vm_offset_t end)
{
	vm_offset_t at, last;

	vm_object_paging_begin(object);
	while (object->wants_discard && !object->pager_dead) {
		at = vm_paged_next(object, start, end);
		if (at >= end)
			break;
		last = forget(object, at, at + min_of(end - at,
		    DISCARD_MAX * PAGE_SIZE));
		vm_object_unlock(object);
		(void)memory_object_discard(object->pager,
		    at + object->paging_offset, last - at);
		vm_default_pager_has_room();
		vm_object_lock(object);
		start = last;
	}
	vm_object_paging_end_unlock(object);
}
