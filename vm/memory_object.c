/*
 * vm/memory_object.c - what pagers tell the kernel: the memory_object_*
 * routines of mach.defs, on an object's control port.
 *
 * Owns:       nothing.
 * Locks:      the object's; given up while pages are copied or sent.
 * Each        routine gets the object with a reference that MIG's stub drops,
 *             NULL if the port is no control port (any more).  Pagers are not
 *             trusted: pages nobody asked for, twice, or badly aligned change
 *             nothing but the pager's own object.
 * Source:     Mach 3.0 kernel interface, memory_object.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/thread.h>
#include <duality_server.h>
#include <mach_server.h>
#include <memory_object_user.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>

/* Do something to each resident page of a range of a locked object. */
static void
for_each_page(struct vm_object *object, vm_offset_t offset, vm_size_t size,
    void (*what)(struct vm_object *object, struct vm_page *page, int arg),
    int arg)
{
	struct queue *q, *save;
	struct vm_page *page;
	vm_offset_t at;

	queue_for_each_safe(q, save, &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		at = vm_page_object_offset(page);
		if (at >= offset && at - offset < size)
			what(object, page, arg);
	}
}

static void
supply_discard(struct vm_page *page)
{
	page->busy = 0;
	vm_page_release(page);
}

/*
 * Whether an anonymous object takes a page from the default pager: only one
 * that was asked for, since what it sends unasked may be older than what is on
 * its way to it; or one that it gives back.
 */
static bool
supply_is_wanted(const struct vm_object *object, vm_offset_t offset,
    const struct vm_page *old, bool given_back)
{
	return offset < object->size && (old != NULL || given_back);
}

/* The default pager has no room for a page of a locked object, and has it no more. */
static void
page_given_back(struct vm_object *object, struct vm_page *page,
    vm_offset_t offset)
{
	page->dirty = 1;
	vm_paged_clear(object, offset);
	vm_default_pager_refused();
}

/*
 * What is supplied of a locked object is there: it may be the answer that was
 * owed, or what the default pager has given back after it was asked for it.
 */
static void
supply_of_resident(struct vm_object *object, struct vm_page *page,
    vm_offset_t offset, bool precious)
{
	if (object->internal && precious)
		page_given_back(object, page, offset);
	else if (page->owed)
		vm_pager_owes_no_more(object, page);
}

kern_return_t
memory_object_supply_page(struct vm_object *object, vm_offset_t offset,
    struct vm_page *page, vm_prot_t lock_value, bool precious)
{
	bool given_back = object->internal && precious;
	struct vm_page *old;

	vm_object_lock(object);
	offset -= object->paging_offset;
	old = vm_page_lookup(object, offset);
	if (!object->alive || object->pager_dead ||
	    (object->internal && !supply_is_wanted(object, offset, old,
	    precious)) ||
	    (old != NULL && !old->absent)) {
		if (old != NULL && !old->absent && !old->error)
			supply_of_resident(object, old, offset, precious);
		vm_object_unlock_settled(object);
		supply_discard(page);
		return old != NULL ? KERN_MEMORY_PRESENT : KERN_FAILURE;
	}
	if (old == NULL && !object->internal &&
	    vm_page_early_refused(object, precious)) {
		vm_object_unlock(object);
		supply_discard(page);
		return KERN_RESOURCE_SHORTAGE;
	}
	if (old != NULL)
		vm_page_free(old);	/* its waiters find the new one */
	vm_page_insert(page, object, offset);
	pmap_clear_modify(page);
	page->dirty = 0;
	page->precious = !object->internal && precious;
	if (given_back) {
		page_given_back(object, page, offset);
		/* what was asked for it waits in the pager's queue behind it */
		page->owed = old != NULL;
		object->absent_count += page->owed;
	}
	page->page_lock = lock_value & VM_PROT_ALL;
	if (old != NULL)
		vm_page_activate(page);
	else if (object->internal)
		vm_page_deactivate(page);
	else
		vm_page_early_begin(page);
	vm_page_wakeup_done(page);
	vm_object_unlock_settled(object);
	return KERN_SUCCESS;
}

/* There is no memory for what the pager supplied: who waits must not for ever. */
static void
supply_fail(struct vm_object *object, vm_offset_t offset)
{
	(void)memory_object_data_error(object, offset, PAGE_SIZE,
	    KERN_RESOURCE_SHORTAGE);
}

/* All pages of a copy, from offset on; *stopped: where an error struck. */
static kern_return_t
supply_pages(struct vm_object *object, vm_offset_t offset, vm_map_copy_t copy,
    vm_prot_t lock_value, bool precious, vm_offset_t *stopped)
{
	vm_size_t size = vm_map_copy_size(copy), at;
	kern_return_t result = KERN_SUCCESS, kr;
	struct vm_page *page;

	*stopped = 0;
	for (at = 0; at < size; at += PAGE_SIZE) {
		if (offset + at < offset)
			break;
		page = vm_map_copy_take_page(copy, at);
		if (page == NULL) {
			kr = KERN_RESOURCE_SHORTAGE;
			supply_fail(object, offset + at);
		} else {
			kr = memory_object_supply_page(object, offset + at,
			    page, lock_value, precious);
		}
		if (kr != KERN_SUCCESS && result == KERN_SUCCESS) {
			result = kr;
			*stopped = offset + at;
		}
	}
	return result;
}

/*
 * Whether an answer can be sent as a request says: nowhere, or by a right.
 * MIG's stubs pass on a word of any type, and receive rights, too.
 */
static bool
reply_possible(struct ipc_port *reply_to, mach_msg_type_name_t reply_type)
{
	return !IP_VALID(reply_to) || reply_type == MACH_MSG_TYPE_PORT_SEND ||
	    reply_type == MACH_MSG_TYPE_PORT_SEND_ONCE;
}

kern_return_t
memory_object_data_supply(struct vm_object *object, vm_offset_t offset,
    vm_offset_t data, mach_msg_type_number_t size, vm_prot_t lock_value,
    boolean_t precious, struct ipc_port *reply_to,
    mach_msg_type_name_t reply_type)
{
	vm_map_copy_t copy = (vm_map_copy_t)data;
	vm_offset_t stopped;
	kern_return_t result;

	if (object == NULL || !page_aligned(offset) || object->pager == NULL)
		return KERN_INVALID_ARGUMENT;
	if (!vm_map_copy_page_aligned(copy) ||
	    !reply_possible(reply_to, reply_type))
		return KERN_INVALID_ARGUMENT;
	result = supply_pages(object, offset, copy, lock_value, precious,
	    &stopped);
	if (IP_VALID(reply_to))
		(void)memory_object_supply_completed(reply_to, reply_type,
		    object->control, offset, size, result, stopped);
	vm_map_copy_discard(copy);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_provided(struct vm_object *object, vm_offset_t offset,
    vm_offset_t data, mach_msg_type_number_t size, vm_prot_t lock_value)
{
	return memory_object_data_supply(object, offset, data, size,
	    lock_value, FALSE, IP_NULL, 0);
}

static void
page_answered(struct vm_object *object, struct vm_page *page, int error)
{
	if (page->owed)
		vm_pager_owes_no_more(object, page);
	if (!page->absent || !page->busy)
		return;
	if (object->internal && !error)	/* it is below, or zeros: look again */
		vm_paged_clear(object, vm_page_object_offset(page));
	if (!page->wanted || (object->internal && !error)) {
		vm_page_free(page);
		return;
	}
	if (error) {
		page->absent = 0;
		object->absent_count--;
		page->error = 1;
		vm_page_deactivate(page);
	}
	vm_page_wakeup_done(page);
}

static kern_return_t
range_answered(struct vm_object *object, vm_offset_t offset, vm_size_t size,
    int error)
{
	if (object == NULL || !page_aligned(offset))
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	for_each_page(object, offset - object->paging_offset, size,
	    page_answered, error);
	vm_object_unlock_settled(object);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_unavailable(struct vm_object *object, vm_offset_t offset,
    vm_size_t size)
{
	return range_answered(object, offset, size, false);
}

kern_return_t
memory_object_data_error(struct vm_object *object, vm_offset_t offset,
    vm_size_t size, kern_return_t error_value)
{
	return range_answered(object, offset, size, true);
}

/* Attributes of a locked object; ready wakes those who wait for the pager. */
static kern_return_t
attributes_set(struct vm_object *object, bool ready, bool may_cache,
    memory_object_copy_strategy_t strategy)
{
	if (strategy < MEMORY_OBJECT_COPY_NONE ||
	    strategy > MEMORY_OBJECT_COPY_TEMPORARY)
		return KERN_INVALID_ARGUMENT;
	/* the default pager's objects are as the kernel made them */
	if (object->pager_dead || object->pager == NULL || object->internal)
		return KERN_SUCCESS;
	object->can_persist = may_cache;
	object->copy_strategy = strategy;
	if (ready && !object->pager_ready) {
		object->pager_ready = true;
		thread_wakeup(&object->pager_ready);
	}
	return KERN_SUCCESS;
}

kern_return_t
memory_object_ready(struct vm_object *object, boolean_t may_cache,
    memory_object_copy_strategy_t copy_strategy)
{
	kern_return_t kr;

	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	kr = attributes_set(object, true, may_cache, copy_strategy);
	vm_object_unlock(object);
	return kr;
}

kern_return_t
memory_object_set_attributes(struct vm_object *object,
    boolean_t object_ready, boolean_t may_cache,
    memory_object_copy_strategy_t copy_strategy)
{
	kern_return_t kr;

	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	kr = attributes_set(object, object_ready, may_cache, copy_strategy);
	if (kr == KERN_SUCCESS)
		object->old_pageout = true;	/* such pagers are old */
	vm_object_unlock(object);
	return kr;
}

kern_return_t
memory_object_change_attributes(struct vm_object *object,
    boolean_t may_cache, memory_object_copy_strategy_t copy_strategy,
    struct ipc_port *reply_to, mach_msg_type_name_t reply_type)
{
	kern_return_t kr;

	if (object == NULL || !reply_possible(reply_to, reply_type))
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	kr = attributes_set(object, false, may_cache, copy_strategy);
	vm_object_unlock(object);
	if (kr == KERN_SUCCESS && IP_VALID(reply_to))
		(void)memory_object_change_completed(reply_to, reply_type,
		    may_cache, copy_strategy);
	return kr;
}

kern_return_t
memory_object_get_attributes(struct vm_object *object,
    boolean_t *object_ready, boolean_t *may_cache,
    memory_object_copy_strategy_t *copy_strategy)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	*object_ready = object->pager_ready;
	*may_cache = object->can_persist;
	*copy_strategy = object->copy_strategy;
	vm_object_unlock(object);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_set_run(struct vm_object *object, vm_size_t size)
{
	if (object == NULL || size == 0 || !page_aligned(size))
		return KERN_INVALID_ARGUMENT;
	size = min_of(size, VM_PAGER_RUN_MAX * PAGE_SIZE);
	vm_object_lock(object);
	object->run_size = size;
	vm_object_unlock(object);
	if (object->internal)
		vm_default_pager_set_run(size);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_set_discard(struct vm_object *object, boolean_t wanted)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	object->wants_discard = wanted != FALSE;
	vm_object_unlock(object);
	return KERN_SUCCESS;
}

/*
 * The pager gives its object up: its ports go back to it, and faults on pages
 * that are not resident fail from now on.
 */
kern_return_t
memory_object_destroy(struct vm_object *object, kern_return_t reason)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	if (object->pager == NULL || object->terminating) {
		vm_object_unlock(object);
		return KERN_SUCCESS;
	}
	vm_pager_gone_unlock(object);
	vm_object_lock(object);
	while (object->paging_in_progress != 0) {
		object->paging_wanted = true;
		thread_sleep(&object->paging_in_progress, &object->lock, false);
		vm_object_lock(object);
	}
	vm_object_unlock(object);
	vm_pager_terminate(object);
	return KERN_SUCCESS;
}

/* What lock_request wants done, and how far it has come. */
struct lock_request {
	unsigned		attempts;	/* that found no memory */
	memory_object_return_t	should_return;
	bool			flush;
	bool			left;		/* some pages could not be sent */
	vm_prot_t		prot;
	unsigned		at;		/* number of the next page to look at */
	unsigned		run_max;	/* pages in a message */
	struct vm_pager_run	run;		/* gathered, busy, since the object was locked */
};

/* Give a page the lock that its pager wants; object locked. */
static void
page_lock(struct vm_page *page, vm_prot_t prot)
{
	if (prot == VM_PROT_NO_CHANGE)
		return;
	if ((prot & ~page->page_lock) != 0)
		pmap_page_protect(page, VM_PROT_ALL & ~prot);
	page->page_lock = prot & VM_PROT_ALL;
	page->unlock_request = 0;
	vm_page_wakeup(page);
}

/* Whether, after a wait with the object unlocked, a page without memory may do better. */
static bool
lock_request_wait(struct vm_object *object, struct lock_request *request)
{
	kern_return_t kr;

	vm_object_unlock(object);
	kr = vm_fault_wait_memory(&request->attempts);
	vm_object_lock(object);
	return kr == KERN_SUCCESS;
}

/*
 * Send the pages that have been gathered; the locked object is unlocked for a
 * while.  Those for which there is no memory come again: first in messages of
 * one page, then after waits, as long as these may help.  If the caller has
 * reached its limits of messages they stay as they are.
 */
static void
lock_request_send(struct vm_object *object, struct lock_request *request)
{
	struct vm_pager_run *run = &request->run;

	if (run->count == 0)
		return;
	if (!ipc_charge_room()) {
		request->left = true;
		for (unsigned i = 0; i < run->count; i++)
			vm_page_wakeup_done(run->pages[i]);
	} else if (vm_pager_return(object, run) != KERN_SUCCESS) {
		if (run->count > 1)
			request->run_max = 1;
		if (run->count > 1 || lock_request_wait(object, request))
			request->at = run->offset >> PAGE_SHIFT;
		else
			request->left = true;
	}
	run->count = 0;
}

/*
 * Whether a page of a locked object, nothing of which has been looked at yet,
 * may go with those that have been gathered.
 */
static bool
lock_request_joins(const struct vm_object *object, const struct vm_page *page,
    const struct lock_request *request)
{
	const struct vm_pager_run *run = &request->run;

	return !page->busy && object->copy == NULL &&
	    run->count < request->run_max &&
	    run->offset + run->count * PAGE_SIZE ==
	    (vm_offset_t)request->at << PAGE_SHIFT &&
	    run->flush == (request->flush && page->wire_count == 0);
}

/* What a copy has shown of a page that is flushed stays with it.  False: look again. */
static bool
lock_request_push(struct vm_object *object, struct vm_page *page,
    struct lock_request *request)
{
	kern_return_t kr = vm_object_copy_push(object, page,
	    (vm_offset_t)request->at << PAGE_SHIFT);

	if (kr == KERN_ABORTED)
		vm_object_lock(object);
	if (kr == KERN_RESOURCE_SHORTAGE &&
	    !lock_request_wait(object, request)) {
		request->left = true;
		request->at++;
	}
	return kr == KERN_SUCCESS;
}

/* The page, which is dirty or cannot be written any more, joins what is to be sent. */
static void
lock_request_gather(struct lock_request *request, struct vm_page *page,
    bool dirty, bool flush)
{
	struct vm_pager_run *run = &request->run;

	if (run->count == 0) {
		run->offset = (vm_offset_t)request->at << PAGE_SHIFT;
		run->dirty = dirty;
		run->flush = flush;
	}
	page->busy = 1;
	run->pages[run->count++] = page;
}

/*
 * Serve the next page of a locked object, or what must come before it, for
 * which the object may be unlocked for a while.
 */
static void
lock_request_page(struct vm_object *object, struct lock_request *request)
{
	struct vm_page *page = vm_page_lookup(object,
	    (vm_offset_t)request->at << PAGE_SHIFT);
	bool flush = request->flush && page->wire_count == 0;
	bool dirty, send;

	if (page->absent || page->error || page->owed) {
		request->at++;
		return;
	}
	if (request->run.count != 0 &&
	    !lock_request_joins(object, page, request)) {
		lock_request_send(object, request);
		return;
	}
	if (page->busy) {
		vm_page_assert_wait(page, false);
		vm_object_unlock(object);
		thread_block(NULL);
		vm_object_lock(object);
		return;
	}
	page_lock(page, request->prot);
	if (flush && !lock_request_push(object, page, request))
		return;
	dirty = page->dirty || pmap_is_modified(page);
	if (!dirty) {
		/* what is dirty is protected when it is sent, all of it at once */
		if (flush)
			pmap_page_protect(page, VM_PROT_NONE);
		else if (request->should_return != MEMORY_OBJECT_RETURN_NONE)
			pmap_page_protect(page,
			    VM_PROT_READ | VM_PROT_EXECUTE);
		dirty = pmap_is_modified(page);
	}
	send = request->should_return == MEMORY_OBJECT_RETURN_ALL ||
	    (request->should_return == MEMORY_OBJECT_RETURN_DIRTY &&
	    (dirty || page->precious));
	if (send && object->pager != NULL && !object->pager_dead) {
		if (request->run.count != 0 && request->run.dirty != dirty) {
			lock_request_send(object, request);
			return;
		}
		lock_request_gather(request, page, dirty, flush);
	} else if (flush) {
		vm_page_discard(page);
	}
	request->at++;
}

/* Of the resident pages of a locked object from first to last the lowest; last + 1: none. */
static unsigned
lowest_page(struct vm_object *object, unsigned first, unsigned last)
{
	unsigned at, lowest = last + 1;
	struct queue *q;

	if (last - first < 2 * object->resident->count) {
		for (at = first; at <= last; at++)
			if (vm_page_lookup(object,
			    (vm_offset_t)at << PAGE_SHIFT) != NULL)
				return at;
		return at;
	}
	queue_for_each(q, &object->resident->pages) {
		at = vm_page_object_offset(queue_element(q, struct vm_page,
		    object_link)) >> PAGE_SHIFT;
		if (at >= first && at < lowest)
			lowest = at;
	}
	return lowest;
}

/* The number of the last resident page of a locked object up to last, 0 if there is none. */
static unsigned
highest_page(struct vm_object *object, unsigned last)
{
	unsigned at, highest = 0;
	struct queue *q;

	queue_for_each(q, &object->resident->pages) {
		at = vm_page_object_offset(queue_element(q, struct vm_page,
		    object_link)) >> PAGE_SHIFT;
		if (at <= last)
			highest = max_of(highest, at);
	}
	return highest;
}

/*
 * All pages up to last that a locked object has now.  It is unlocked at times;
 * of what becomes resident meanwhile some may be left out.
 */
static void
lock_request_range(struct vm_object *object, struct lock_request *request,
    unsigned last)
{
	last = highest_page(object, last);
	while (request->at <= last) {
		request->at = lowest_page(object, request->at, last);
		if (request->at <= last)
			lock_request_page(object, request);
		else
			lock_request_send(object, request);
	}
	lock_request_send(object, request);
}

/* A whole request, of a locked object; offset is the pager's. */
static void
lock_request_do(struct vm_object *object, struct lock_request *request,
    vm_offset_t offset, vm_size_t size)
{
	vm_offset_t last;

	offset -= object->paging_offset;
	request->at = offset >> PAGE_SHIFT;
	last = offset + size - 1 < offset ? ~(vm_offset_t)0 : offset + size - 1;
	if (size != 0)
		lock_request_range(object, request, last >> PAGE_SHIFT);
	vm_pager_wait_returned(object);	/* by others, too */
}

kern_return_t
memory_object_sync(struct vm_object *object, vm_offset_t offset,
    vm_size_t size, bool flush)
{
	struct lock_request request = {
		.should_return = MEMORY_OBJECT_RETURN_DIRTY, .flush = flush,
		.prot = VM_PROT_NO_CHANGE, .run_max = VM_PAGER_RUN_MAX,
		.run.asked = true,
	};

	if (object->internal)
		return KERN_SUCCESS;
	vm_object_lock(object);
	if (object->pager != NULL && !object->pager_dead)
		lock_request_do(object, &request, offset, size);
	vm_object_unlock(object);
	return request.left ? KERN_RESOURCE_SHORTAGE : KERN_SUCCESS;
}

kern_return_t
memory_object_lock_request(struct vm_object *object, vm_offset_t offset,
    vm_size_t size, memory_object_return_t should_return,
    boolean_t should_flush, vm_prot_t prot, struct ipc_port *reply_to,
    mach_msg_type_name_t reply_type)
{
	struct lock_request request = {
		.should_return = should_return, .flush = should_flush,
		.prot = prot, .run_max = VM_PAGER_RUN_MAX, .run.asked = true,
	};

	if (object == NULL || !reply_possible(reply_to, reply_type) ||
	    ((prot & ~VM_PROT_ALL) != 0 && prot != VM_PROT_NO_CHANGE))
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	lock_request_do(object, &request, offset, size);
	vm_object_unlock(object);
	if (IP_VALID(reply_to))
		(void)memory_object_lock_completed(reply_to, reply_type,
		    object->control, offset, size);
	return KERN_SUCCESS;
}
