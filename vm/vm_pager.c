/*
 * vm/vm_pager.c - the kernel as the client of pagers: which object stands
 * behind a pager's port, and the messages that go there.
 *
 * Owns:       the association of pager, control and name ports with objects;
 *             the accounts of what is on its way to pagers.
 * Locks:      enter_lock makes one object at most for a port; it is taken
 *             first of all.  Messages are sent with no object locked.
 * Invariant:  an object with a pager has had memory_object_init sent before
 *             anything else, and memory_object_terminate is the last message.
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_pass.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/thread.h>
#include <kern/timer.h>
#include <kern/zone.h>
#include <mach_server.h>
#include <memory_object_default_user.h>
#include <memory_object_user.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>
#include <vm/vm_pager_death.h>
#include <vm/vm_stat.h>

#define RETURN_MESSAGE_SIZE 72u	/* of memory_object_data_return, the largest */

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

void
vm_pager_gone_unlock(struct vm_object *object)
{
	struct vm_pager_death *deaths = object->deaths;

	object->deaths = NULL;
	object->pager_dead = true;
	object->can_persist = false;
	vm_pager_fail_absent(object);
	thread_wakeup(&object->pager_ready);
	vm_object_unlock(object);
	vm_pager_death_tell(deaths);
}

static void
pager_gone(struct vm_object *object)
{
	vm_object_lock(object);
	vm_pager_gone_unlock(object);
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
		if (object->alive) {
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

struct vm_object *
vm_pager_copy(struct vm_object *object, vm_offset_t offset, vm_size_t size)
{
	struct ipc_port *port = ipc_port_alloc(), *right;
	struct vm_object *copy;

	if (port == NULL) {
		vm_object_unlock(object);
		return NULL;
	}
	vm_object_paging_begin(object);
	vm_object_unlock(object);
	right = ipc_port_make_send(port);
	(void)memory_object_lock_request(object, offset, size,
	    MEMORY_OBJECT_RETURN_DIRTY, FALSE, VM_PROT_NO_CHANGE, IP_NULL, 0);
	(void)memory_object_copy(object->pager, object->control, offset, size,
	    port);
	vm_object_lock(object);
	vm_object_paging_end_unlock(object);
	copy = vm_object_enter(right, size);
	ipc_port_release_send(right);
	return copy;
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

/* No data will come for a page of a locked object: whoever waits gets an error. */
static void
absent_fails(struct vm_object *object, struct vm_page *page)
{
	page->absent = 0;
	object->absent_count--;
	page->error = 1;
	vm_page_deactivate(page);
	vm_page_wakeup_done(page);
}

void
vm_pager_owes_no_more(struct vm_object *object, struct vm_page *page)
{
	page->owed = 0;
	object->absent_count--;
}

void
vm_pager_fail_absent(struct vm_object *object)
{
	struct queue *q;
	struct vm_page *page;

	queue_for_each(q, &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		if (page->owed)
			vm_pager_owes_no_more(object, page);
		if (page->absent && page->busy) {
			absent_fails(object, page);
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
	    object->control, offset + object->paging_offset, length,
	    access) == KERN_SUCCESS)
		return;
	vm_object_lock(object);
	for (; length > 0; offset += PAGE_SIZE, length -= PAGE_SIZE) {
		page = vm_page_lookup(object, offset);
		if (page != NULL && page->owed)
			vm_pager_owes_no_more(object, page);
		else if (page != NULL && page->absent && page->busy)
			absent_fails(object, page);
	}
	vm_object_unlock(object);
}

/* memory_object_data_request as its receiver sees it. */
struct data_request {
	mach_msg_header_t head;
	mach_msg_type_t	  control_type;
	struct ipc_port	 *control;
	mach_msg_type_t	  offset_type;
	vm_offset_t	  offset;
	mach_msg_type_t	  length_type;
	vm_size_t	  length;
	mach_msg_type_t	  access_type;
	vm_prot_t	  access;
};

#define DATA_REQUEST_ID	2203

#define WORD_TYPE(name) ((mach_msg_type_t){				\
	.msgt_name = (name), .msgt_size = 32, .msgt_number = 1,		\
	.msgt_inline = TRUE })

void
vm_pager_request_pass(struct vm_object *object, vm_offset_t offset,
    vm_size_t length, vm_prot_t access, void (*continuation)(void))
{
	struct data_request request;
	mach_msg_return_t mr;

	request.head.msgh_remote_port = object->pager;
	request.head.msgh_size = sizeof(request);
	request.head.msgh_id = DATA_REQUEST_ID;
	request.offset = offset + object->paging_offset;
	request.length = length;
	request.access = access;
	if (!ipc_pass(&request.head, continuation))
		return;
	request.control = object->control;
	mr = ipc_pass_right(&request.control, &object->control_name);
	request.control_type = WORD_TYPE(MACH_MSG_TYPE_PORT_SEND);
	request.offset_type = WORD_TYPE(MACH_MSG_TYPE_INTEGER_32);
	request.length_type = WORD_TYPE(MACH_MSG_TYPE_INTEGER_32);
	request.access_type = WORD_TYPE(MACH_MSG_TYPE_INTEGER_32);
	vm_object_lock(object);
	vm_object_paging_end_unlock(object);
	ipc_pass_arrive(&request.head, mr);
}

void
vm_pager_unlock(struct vm_object *object, vm_offset_t offset,
    vm_size_t length, vm_prot_t access)
{
	if (memory_object_data_unlock(object->pager,
	    object->control, offset + object->paging_offset, length,
	    access) != KERN_SUCCESS)
		pager_gone(object);
}

/* ---- data on its way to pagers ---- */

/* Another holder of the account; LOCK_PAGE_QUEUES is not needed: it is atomic. */
static struct vm_laundry *
laundry_reference(struct vm_laundry *laundry)
{
	refcount_take(&laundry->refs);
	return laundry;
}

void
vm_pager_laundry_release(struct vm_laundry *laundry)
{
	if (laundry != NULL && refcount_drop(&laundry->refs))
		kfree(laundry, sizeof(*laundry));
}

/* The account of a locked object of a user's pager; false: no memory. */
static bool
laundry_make(struct vm_object *object)
{
	struct vm_laundry *laundry;

	if (object->internal || object->laundry != NULL)
		return true;
	laundry = kalloc_zero(sizeof(*laundry));
	if (laundry == NULL)
		return false;
	refcount_init(&laundry->refs, 1);
	object->laundry = laundry;
	return true;
}

/*
 * Whether there is memory for a message: the buffer goes to this processor's
 * stock, and nobody else gets it before the message that is sent next.
 */
static bool
message_room(mach_msg_size_t size)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(size);

	if (kmsg == NULL)
		return false;
	ipc_kmsg_free(kmsg);
	return true;
}

/*
 * Make the carrier for count pages of a locked object, and the copy that the
 * message holds.  NULL: no memory.
 */
static struct vm_object *
carrier_make(struct vm_object *object, unsigned count, vm_map_copy_t *copy)
{
	struct vm_object *carrier;

	if (!laundry_make(object))
		return NULL;
	carrier = vm_object_create(count * PAGE_SIZE);
	if (carrier == NULL)
		return NULL;
	*copy = vm_map_copy_from_object(carrier, count * PAGE_SIZE);
	if (*copy == NULL) {
		vm_object_free(carrier);
		return NULL;
	}
	carrier->kept = object->internal;
	if (!object->internal)
		carrier->laundry = laundry_reference(object->laundry);
	carrier->laundry_since = (uint32_t)clock_ticks;
	return carrier;
}

/* The page itself goes into the carrier, and counts as laundry till freed. */
static void
page_launder(struct vm_page *page, struct vm_object *carrier,
    vm_offset_t offset, bool to_default)
{
	pmap_clear_modify(page);
	page->dirty = 1;
	page->precious = 0;
	page->page_lock = 0;
	page->unlock_request = 0;
	vm_page_rename(page, carrier, offset);
	vm_page_launder(page, to_default);
	vm_page_wakeup_done(page);
}

/* A page of a run stays, clean; its twin, a page in the carrier, goes. */
static void
page_clean(struct vm_page *page, struct vm_page *twin)
{
	pmap_clear_modify(page);
	pmap_copy_page(page, twin);
	twin->dirty = 1;
	vm_page_activate(twin);
	vm_page_wakeup_done(twin);
	page->dirty = 0;
	page->precious = 0;
	vm_page_wakeup_done(page);
}

/* Twins of all pages of a run; false: no memory, and none are left. */
static bool
run_clean(const struct vm_pager_run *run, struct vm_object *carrier)
{
	struct vm_page *twins[VM_PAGER_RUN_MAX];
	unsigned i;

	for (i = 0; i < run->count; i++) {
		twins[i] = vm_page_alloc(carrier, i * PAGE_SIZE);
		if (twins[i] == NULL) {
			while (i-- > 0)
				vm_page_free(twins[i]);
			return false;
		}
	}
	for (i = 0; i < run->count; i++)
		page_clean(run->pages[i], twins[i]);
	return true;
}

/* All of a run into the carrier; false: no memory for twins. */
static bool
run_load(struct vm_object *object, const struct vm_pager_run *run,
    struct vm_object *carrier)
{
	bool ok = true;
	unsigned i;

	vm_object_lock_below(carrier);
	if (run->flush)
		for (i = 0; i < run->count; i++)
			page_launder(run->pages[i], carrier, i * PAGE_SIZE,
			    object->internal);
	else
		ok = run_clean(run, carrier);
	vm_object_unlock(carrier);
	return ok;
}

/* Whether the kernel pays for what the current thread sends from now on. */
static void
kernel_pays(bool pays)
{
	current_thread()->ith_kernel_pays = pays;
}

static void
run_send(struct vm_object *object, const struct vm_pager_run *run,
    vm_map_copy_t copy)
{
	vm_offset_t offset = run->offset + object->paging_offset;
	vm_size_t size = vm_map_copy_size(copy);

	kernel_pays(!run->asked);
	vm_events[cpu_number()].pageouts += run->count;
	if (run->initialize)
		(void)memory_object_data_initialize(object->pager,
		    object->control, offset, (vm_offset_t)copy, size);
	else if (object->old_pageout)
		(void)memory_object_data_write(object->pager, object->control,
		    offset, (vm_offset_t)copy, size);
	else
		(void)memory_object_data_return(object->pager,
		    object->control, offset, (vm_offset_t)copy, size,
		    run->dirty, !run->flush);
	kernel_pays(false);
}

/* The default pager will have these pages of a locked object; false: no memory. */
static bool
run_note(struct vm_object *object, const struct vm_pager_run *run)
{
	for (unsigned i = 0; i < run->count; i++)
		if (!vm_paged_set(object, run->offset + i * PAGE_SIZE)) {
			while (run->initialize && i-- > 0)
				vm_paged_clear(object,
				    run->offset + i * PAGE_SIZE);
			return false;
		}
	return true;
}

void
vm_pager_assert_returned(struct vm_object *object, bool interruptible)
{
	object->return_wanted = true;
	assert_wait(&object->returning, interruptible);
}

void
vm_pager_wait_returned(struct vm_object *object)
{
	while (object->returning) {
		vm_pager_assert_returned(object, false);
		vm_object_unlock(object);
		(void)thread_block(NULL);
		vm_object_lock(object);
	}
}

/* What a locked object returned is in the pager's queue. */
static void
return_end(struct vm_object *object)
{
	object->returning = false;
	if (!object->return_wanted)
		return;
	object->return_wanted = false;
	thread_wakeup(&object->returning);
}

kern_return_t
vm_pager_return(struct vm_object *object, const struct vm_pager_run *run)
{
	struct vm_object *carrier = NULL;
	vm_map_copy_t copy = NULL;
	bool loaded = false;
	unsigned i;

	vm_object_paging_begin(object);
	vm_pager_wait_returned(object);
	object->returning = true;
	pmap_pages_protect(run->pages, run->count, run->flush ? VM_PROT_NONE :
	    VM_PROT_READ | VM_PROT_EXECUTE);
	if (message_room(RETURN_MESSAGE_SIZE) &&
	    (!object->internal || run_note(object, run)))
		carrier = carrier_make(object, run->count, &copy);
	if (carrier != NULL)
		loaded = run_load(object, run, carrier);
	for (i = 0; !loaded && i < run->count; i++)
		vm_page_wakeup_done(run->pages[i]);
	vm_object_unlock(object);
	if (loaded)
		run_send(object, run, copy);
	else
		vm_map_copy_discard(copy);
	vm_object_lock(object);
	return_end(object);
	vm_object_paging_end_unlock(object);
	vm_object_lock(object);
	return loaded ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
vm_pager_return_page(struct vm_object *object, struct vm_page *page,
    bool dirty, bool flush)
{
	struct vm_pager_run run = {
		.offset = vm_page_object_offset(page), .count = 1,
		.dirty = dirty, .flush = flush, .pages = { page },
	};

	page->busy = 1;
	return vm_pager_return(object, &run);
}

/* ---- ports ---- */

bool
vm_pager_ports_trylock(struct vm_object *object)
{
	if (!spin_trylock(&object->pager->head.lock))
		return false;
	if (spin_trylock(&object->control->head.lock)) {
		if (spin_trylock(&object->name->head.lock))
			return true;
		ip_unlock(object->control);
	}
	ip_unlock(object->pager);
	return false;
}

void
vm_pager_ports_unlock(struct vm_object *object)
{
	ip_unlock(object->name);
	ip_unlock(object->control);
	ip_unlock(object->pager);
}

void
vm_pager_move(struct vm_object *to, struct vm_object *from)
{
	to->pager = from->pager;
	to->control = from->control;
	to->name = from->name;
	to->pager_ready = from->pager_ready;
	to->pager->kobject = to;
	to->control->kobject = to;
	to->name->kobject = to;
	vm_pager_ports_unlock(to);
	from->pager = NULL;
	from->control = NULL;
	from->name = NULL;
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
	if (!object->terminating)
		ipc_kobject_set(pager, NULL, KOBJECT_NONE);
	ipc_port_reference(pager);
	kernel_pays(true);
	(void)memory_object_terminate(pager, control, name);
	kernel_pays(false);
	if (object->terminating)	/* its next object comes after this one */
		ipc_kobject_set(pager, NULL, KOBJECT_NONE);
	ipc_port_release(pager);
}
