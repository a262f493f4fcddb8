/*
 * vm/vm_pager.c - the kernel as the client of pagers: which object stands
 * behind a pager's port, and the messages that go there.
 *
 * Owns:       the association of pager, control and name ports with objects.
 * Locks:      enter_lock makes one object at most for a port; it is taken
 *             first of all.  Messages are sent with no object locked.
 * Invariant:  an object with a pager has had memory_object_init sent before
 *             anything else, and memory_object_terminate is the last message.
 */
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/thread.h>
#include <memory_object_user.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_object.h>
#include <vm/vm_stat.h>

static struct rwlock enter_lock;

void
vm_pager_init(void)
{
	rwlock_init(&enter_lock, LOCK_TASK_CREATE);
}

/*
 * For ipc_kobject_get, the port locked.  The object may be in the cache, or
 * even ending: then whoever ends it waits for this reference to go.
 */
static void
object_get(void *arg)
{
	struct vm_object *object = arg;

	vm_object_lock(object);
	if (object->cached)
		vm_object_cache_remove(object);
	vm_object_reference(object);
	vm_object_unlock(object);
}

struct vm_object *
vm_object_lookup(struct ipc_port *control)
{
	return ipc_kobject_get(control, KOBJECT_PAGING_REQUEST, object_get);
}

struct vm_object *
vm_object_lookup_name(struct ipc_port *name)
{
	return ipc_kobject_get(name, KOBJECT_PAGING_NAME, object_get);
}

/* An object of a pager that nobody knows yet. */
static struct vm_object *
pager_object_create(struct ipc_port *port, vm_size_t size)
{
	struct vm_object *object = vm_object_create(size);

	if (object == NULL)
		return NULL;
	object->control = ipc_port_alloc_kernel();
	if (object->control == NULL)
		goto fail_object;
	object->name = ipc_port_alloc_kernel();
	if (object->name == NULL)
		goto fail_control;
	object->pager = ipc_port_copy_send(port);
	if (!IP_VALID(object->pager))
		goto fail_name;
	object->internal = false;
	object->copy_strategy = MEMORY_OBJECT_COPY_DELAY;
	return object;
fail_name:
	ipc_port_dealloc_kernel(object->name);
fail_control:
	ipc_port_dealloc_kernel(object->control);
fail_object:
	vm_object_free(object);
	return NULL;
}

/* No data will ever come from the pager. */
static void
pager_gone(struct vm_object *object)
{
	vm_object_lock(object);
	object->pager_dead = true;
	object->can_persist = false;
	vm_pager_fail_absent(object);
	thread_wakeup(&object->pager_ready);
	vm_object_unlock(object);
}

/* Make the object of port; enter_lock is held. */
static struct vm_object *
pager_enter(struct ipc_port *port, vm_size_t size)
{
	struct vm_object *object;

	if (ipc_port_kotype(port) != KOBJECT_NONE)
		return NULL;
	object = pager_object_create(port, size);
	if (object == NULL)
		return NULL;
	ipc_kobject_set(object->control, object, KOBJECT_PAGING_REQUEST);
	ipc_kobject_set(object->name, object, KOBJECT_PAGING_NAME);
	ipc_kobject_set(port, object, KOBJECT_PAGER);
	/* It may have died before it could have told us. */
	if (!ipc_port_alive(port) ||
	    memory_object_init(object->pager, object->control,
	    object->name, PAGE_SIZE) != KERN_SUCCESS)
		pager_gone(object);
	return object;
}

struct vm_object *
vm_object_enter(struct ipc_port *port, vm_size_t size)
{
	struct vm_object *object;

	vm_event(lookups);
	for (;;) {
		rwlock_write(&enter_lock);
		object = ipc_kobject_get(port, KOBJECT_PAGER, object_get);
		if (object == NULL) {
			object = pager_enter(port, size);
			rwlock_done(&enter_lock);
			return object;
		}
		rwlock_done(&enter_lock);
		vm_object_lock(object);
		if (object->alive || object->pager_dead) {
			object->size = max_of(object->size, size);
			vm_object_unlock(object);
			vm_event(hits);
			return object;
		}
		/* It is ending; its pages may yet be on their way back. */
		vm_object_unlock(object);
		vm_object_deallocate(object);
		assert_wait(&enter_lock, false);
		thread_set_timeout(10);
		thread_block(NULL);
	}
}

void
vm_object_pager_port_died(struct ipc_port *port)
{
	struct vm_object *object = NULL;

	ip_lock(port);
	if (port->kotype == KOBJECT_PAGER) {
		object = port->kobject;
		object_get(object);
	}
	ip_unlock(port);
	if (object == NULL)
		return;
	pager_gone(object);
	vm_object_deallocate(object);
}

void
vm_pager_fail_absent(struct vm_object *object)
{
	struct queue *q;
	struct vm_page *page;

	queue_for_each(q, &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		if (page->absent && page->busy) {
			page->absent = 0;
			object->absent_count--;
			page->error = 1;
			vm_page_wakeup_done(page);
		} else if (page->unlock_request != 0) {
			vm_page_wakeup(page);
		}
	}
}

void
vm_pager_request(struct vm_object *object, vm_offset_t offset,
    vm_size_t length, vm_prot_t access)
{
	struct vm_page *page;

	if (memory_object_data_request(object->pager,
	    object->control, offset, length, access) ==
	    KERN_SUCCESS)
		return;
	vm_object_lock(object);
	page = vm_page_lookup(object, offset);
	if (page != NULL && page->absent && page->busy) {
		page->absent = 0;
		object->absent_count--;
		page->error = 1;
		vm_page_wakeup_done(page);
	}
	vm_object_unlock(object);
}

void
vm_pager_unlock(struct vm_object *object, vm_offset_t offset,
    vm_size_t length, vm_prot_t access)
{
	if (memory_object_data_unlock(object->pager,
	    object->control, offset, length, access) !=
	    KERN_SUCCESS)
		pager_gone(object);
}

/* The page itself goes into the new object, and counts as laundry till freed. */
static void
page_launder(struct vm_page *page, struct vm_object *new)
{
	pmap_clear_modify(page);
	page->dirty = 1;
	page->precious = 0;
	page->page_lock = 0;
	page->unlock_request = 0;
	vm_object_lock_below(new);
	vm_page_rename(page, new, 0);
	spin_lock(&vm_page_queue_lock);
	vm_page_dequeue_locked(page);
	page->laundry = 1;
	vm_page_laundry_count++;
	spin_unlock(&vm_page_queue_lock);
	vm_page_wakeup_done(page);
	vm_object_unlock(new);
}

/* The page stays, clean; a twin goes.  False: no memory. */
static bool
page_clean(struct vm_page *page, struct vm_object *new)
{
	struct vm_page *twin;

	vm_object_lock_below(new);
	twin = vm_page_alloc(new, 0);
	if (twin != NULL) {
		pmap_clear_modify(page);
		pmap_copy_page(page, twin);
		twin->dirty = 1;
		vm_page_activate(twin);
		vm_page_wakeup_done(twin);
		page->dirty = 0;
		page->precious = 0;
	}
	vm_object_unlock(new);
	return twin != NULL;
}

static void
send_return(struct vm_object *object, vm_offset_t offset, vm_map_copy_t copy,
    bool dirty, bool flush)
{
	vm_event(pageouts);
	if (object->old_pageout)
		(void)memory_object_data_write(object->pager, object->control,
		    offset, (vm_offset_t)copy, PAGE_SIZE);
	else
		(void)memory_object_data_return(object->pager,
		    object->control, offset, (vm_offset_t)copy, PAGE_SIZE,
		    dirty, !flush);
}

kern_return_t
vm_pager_return(struct vm_object *object, struct vm_page *page, bool dirty,
    bool flush)
{
	vm_offset_t offset = vm_page_object_offset(page);
	struct vm_object *new;
	vm_map_copy_t copy = NULL;
	kern_return_t kr = KERN_SUCCESS;

	pmap_page_protect(page, flush ? VM_PROT_NONE :
	    VM_PROT_READ | VM_PROT_EXECUTE);
	new = vm_object_create(PAGE_SIZE);
	if (new != NULL)
		copy = vm_map_copy_from_object(new, PAGE_SIZE);
	if (copy == NULL || (!flush && !page_clean(page, new)))
		kr = KERN_RESOURCE_SHORTAGE;
	if (kr == KERN_SUCCESS && flush)
		page_launder(page, new);
	else
		vm_page_wakeup_done(page);
	vm_object_paging_begin(object);
	vm_object_unlock(object);
	if (kr == KERN_SUCCESS)
		send_return(object, offset, copy, dirty, flush);
	else if (copy != NULL)
		vm_map_copy_discard(copy);
	else if (new != NULL)
		vm_object_free(new);
	vm_object_lock(object);
	vm_object_paging_end_unlock(object);
	vm_object_lock(object);
	return kr;
}

void
vm_pager_terminate(struct vm_object *object)
{
	struct ipc_port *pager, *control, *name;

	vm_object_lock(object);
	pager = object->pager;
	control = object->control;
	name = object->name;
	object->pager = NULL;
	object->control = NULL;
	object->name = NULL;
	vm_object_unlock(object);
	if (pager == NULL)
		return;
	ipc_kobject_set(control, NULL, KOBJECT_NONE);
	ipc_kobject_set(name, NULL, KOBJECT_NONE);
	ipc_kobject_set(pager, NULL, KOBJECT_NONE);
	(void)memory_object_terminate(pager, control, name);
}
