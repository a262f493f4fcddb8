/*
 * vm/vm_object.c - the life of memory objects: made, referenced, shadowed,
 * terminated.
 *
 * Owns:       the objects' memory, their references and the links of shadow
 *             chains.  Merging chains is vm_object_collapse.c's.
 * Locks:      an object's, then its shadow's; upwards only by trying.  The
 *             object cache and the page queues come after.
 * Invariant:  pages that are busy in somebody's hands keep their object's
 *             paging_in_progress above zero, unless they wait for a pager;
 *             neither collapse nor termination passes such an object by.
 */
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_object.h>
#include <vm/vm_pageout.h>
#include <vm/vm_paged.h>
#include <vm/vm_pager_death.h>

#define TERMINATE_ATTEMPTS 100u
#define TERMINATE_WAIT_MS 20u

static struct zone *object_zone;	/* fixed after boot */
static struct zone *pages_zone;		/* fixed after boot */

void
vm_object_init(void)
{
	object_zone = zone_create("vm object", sizeof(struct vm_object), 0);
	pages_zone = zone_create("vm object pages", sizeof(struct vm_pages),
	    16);
}

struct vm_object *
vm_object_create(vm_size_t size)
{
	struct vm_object *object;
	struct vm_pages *resident;

	object = zalloc_zero(object_zone);
	if (object == NULL)
		return NULL;
	resident = zalloc(pages_zone);
	if (resident == NULL) {
		zfree(object_zone, object);
		return NULL;
	}
	vm_pages_init(resident, object);
	spinlock_init(&object->lock, LOCK_OBJECT);
	refcount_init(&object->refs, 1);
	object->resident = resident;
	object->size = size;
	queue_init(&object->shadows);
	queue_init(&object->shadow_link);
	queue_init(&object->cache_link);
	object->copy_strategy = MEMORY_OBJECT_COPY_TEMPORARY;
	object->run_size = PAGE_SIZE;
	object->internal = true;
	object->alive = true;
	return object;
}

struct vm_object *
vm_object_create_device(vm_size_t size, vm_prot_t prot,
    vm_object_device_fn page_at, void *arg)
{
	struct vm_object *object = vm_object_create(size);

	if (object == NULL)
		return NULL;
	object->internal = false;
	object->copy_strategy = MEMORY_OBJECT_COPY_NONE;
	object->device_page = page_at;
	object->device_arg = arg;
	object->device_prot = prot;
	return object;
}

void
vm_object_paging_end_unlock(struct vm_object *object)
{
	assert(object->paging_in_progress != 0);
	if (--object->paging_in_progress != 0) {
		vm_object_unlock(object);
		return;
	}
	if (object->paging_wanted) {
		object->paging_wanted = false;
		thread_wakeup(&object->paging_in_progress);
	}
	if (object->collapse_wanted) {
		object->collapse_wanted = false;
		vm_object_collapse_unlock(object);
		return;
	}
	vm_object_unlock(object);
}

void
vm_object_set_shadow(struct vm_object *object, struct vm_object *shadow,
    vm_offset_t offset)
{
	assert(object->shadow == NULL);
	object->shadow = shadow;
	object->shadow_offset = offset;
	queue_push_back(&shadow->shadows, &object->shadow_link);
	shadow->shadow_count++;
}

void
vm_object_clear_shadow(struct vm_object *object)
{
	struct vm_object *shadow = object->shadow;

	queue_remove(&object->shadow_link);
	shadow->shadow_count--;
	if (shadow->copy == object)
		shadow->copy = NULL;
	object->shadow = NULL;
	object->shadow_offset = 0;
}

void
vm_object_free_pages(struct vm_object *object, vm_offset_t start,
    vm_offset_t end)
{
	struct queue *q, *save;
	struct vm_page *page;
	vm_offset_t offset;

	if (((end - start) >> PAGE_SHIFT) < object->resident->count) {
		for (offset = start; offset < end; offset += PAGE_SIZE) {
			page = vm_page_lookup(object, offset);
			if (page != NULL)
				vm_page_discard(page);
		}
		return;
	}
	queue_for_each_safe(q, save, &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		offset = vm_page_object_offset(page);
		if (offset >= start && offset < end)
			vm_page_discard(page);
	}
}

void
vm_object_protect_pages(struct vm_object *object, vm_offset_t start,
    vm_offset_t end)
{
	struct queue *q;
	struct vm_page *page;
	vm_offset_t offset;

	if (!object->mapped_writable)
		return;
	queue_for_each(q, &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		offset = vm_page_object_offset(page);
		if (offset >= start && offset < end && page->pv_pmap != NULL)
			pmap_page_protect(page,
			    VM_PROT_READ | VM_PROT_EXECUTE);
	}
	if (start == 0 && end >= object->size)
		object->mapped_writable = false;
}

void
vm_object_free(struct vm_object *object)
{
	assert(object->resident->count == 0);
	vm_paged_free(object);
	vm_pager_laundry_release(object->laundry);
	vm_page_early_free(object);
	vm_pager_death_free(object->deaths);
	zfree(pages_zone, object->resident);
	zfree(object_zone, object);
}

/*
 * No memory for the message that brings a page to its pager: wait a moment
 * with the object unlocked.  False: there was none for long, or we are who
 * makes some.
 */
static bool
terminate_wait(struct vm_object *object, unsigned *attempts)
{
	if (current_thread()->vm_privilege || ++*attempts > TERMINATE_ATTEMPTS)
		return false;
	vm_object_unlock(object);
	vm_pageout_needed();
	assert_wait(attempts, false);
	thread_set_timeout(TERMINATE_WAIT_MS);
	(void)thread_block(NULL);
	vm_object_lock(object);
	return true;
}

/* Whether a page of a pager's object that ends has to go to it; *dirty. */
static bool
terminate_sends(const struct vm_object *object, struct vm_page *page,
    bool *dirty)
{
	if (object->pager == NULL || object->pager_dead || page == NULL ||
	    page->absent || page->error)
		return false;
	*dirty = page->dirty || pmap_is_modified(page);
	return *dirty || page->precious;
}

/* The same with those before, or after it, that are like it, up to what the pager takes. */
static void
terminate_gather(struct vm_object *object, struct vm_page *page,
    struct vm_pager_run *run)
{
	unsigned max = object->run_size >> PAGE_SHIFT;
	vm_offset_t at = vm_page_object_offset(page), end = at + PAGE_SIZE;
	bool dirty;

	while (end - at < max * PAGE_SIZE && at != 0 && terminate_sends(object,
	    vm_page_lookup(object, at - PAGE_SIZE), &dirty) &&
	    dirty == run->dirty)
		at -= PAGE_SIZE;
	while (end - at < max * PAGE_SIZE && terminate_sends(object,
	    vm_page_lookup(object, end), &dirty) && dirty == run->dirty)
		end += PAGE_SIZE;
	run->offset = at;
	for (; at < end; at += PAGE_SIZE) {
		page = vm_page_lookup(object, at);
		page->busy = 1;
		run->pages[run->count++] = page;
	}
}

/* Send what the pager has not got, then let go of all pages.  Object locked. */
static void
terminate_pages(struct vm_object *object)
{
	struct vm_pager_run run;
	unsigned attempts = 0;
	bool dirty;
	struct queue *q;
	struct vm_page *page;

	while ((q = queue_first(&object->resident->pages)) !=
	    &object->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		if (!object->internal &&
		    terminate_sends(object, page, &dirty)) {
			run = (struct vm_pager_run){
				.dirty = dirty, .flush = true,
			};
			terminate_gather(object, page, &run);
			if (vm_pager_return(object, &run) == KERN_SUCCESS ||
			    terminate_wait(object, &attempts))
				continue;
		}
		vm_page_discard(page);
	}
}

/* Wait until a locked object that ends is in nobody's hands, whatever port it was found by. */
static void
terminate_settle(struct vm_object *object)
{
	while (object->paging_in_progress != 0 || object->refs.count != 0) {
		object->paging_wanted = true;
		thread_sleep(&object->paging_in_progress, &object->lock, false);
		vm_object_lock(object);
	}
}

/*
 * End a locked object that nobody refers to.  Returns the shadow whose
 * reference it held.
 */
struct vm_object *
vm_object_terminate_unlock(struct vm_object *object)
{
	bool has_pager = object->control != NULL;
	struct vm_object *shadow;

	object->alive = false;
	object->terminating = true;
	if (has_pager) {
		/* from here on no message finds us; who maps the pager's port waits */
		vm_object_unlock(object);
		ipc_kobject_set(object->control, NULL, KOBJECT_NONE);
		ipc_kobject_set(object->name, NULL, KOBJECT_NONE);
		vm_object_lock(object);
	}
	terminate_settle(object);
	assert(object->copy == NULL);
	terminate_pages(object);
	if (object->paged != NULL)
		vm_default_pager_has_room();
	shadow = object->shadow;
	if (shadow != NULL) {
		vm_object_lock_below(shadow);
		vm_object_clear_shadow(object);
		vm_object_unlock(shadow);
	}
	vm_object_unlock(object);
	if (has_pager) {
		vm_pager_terminate(object);
		vm_object_lock(object);
		terminate_settle(object);
		vm_object_unlock(object);
	}
	vm_object_free(object);
	return shadow;
}

void
vm_object_deallocate(struct vm_object *object)
{
	while (object != NULL) {
		vm_object_lock(object);
		if (!refcount_drop(&object->refs)) {
			if (object->refs.count == 1 && object->shadow_count == 1)
				vm_object_collapse_unlock(object);
			else
				vm_object_unlock(object);
			return;
		}
		if (object->terminating) {
			thread_wakeup(&object->paging_in_progress);
			vm_object_unlock(object);
			return;
		}
		if (object->can_persist && object->alive &&
		    !object->pager_dead) {
			vm_object_cache_insert_unlock(object);
			return;
		}
		object = vm_object_terminate_unlock(object);
	}
}

struct ipc_port *
vm_object_name(struct vm_object *object)
{
	struct ipc_port *name = NULL;
	struct vm_object *shadow;

	if (object == NULL)
		return NULL;
	vm_object_lock(object);
	while ((shadow = object->shadow) != NULL) {
		vm_object_lock_below(shadow);
		vm_object_unlock(object);
		object = shadow;
	}
	if (object->name == NULL) {
		vm_object_unlock(object);
		return NULL;
	}
	vm_object_paging_begin(object);
	vm_object_unlock(object);
	name = ipc_port_make_send(object->name);
	vm_object_lock(object);
	vm_object_paging_end_unlock(object);
	return name;
}
