/*
 * vm/vm_object_copy.c - snapshots of objects, and shadows over them.
 *
 * Owns:       nothing that outlives a call.
 * Locks:      as vm_object.c.  A copy object lies above its source in the
 *             shadow chain, so from the source its lock is only tried.
 * Ways        symmetric: source and copy both are marked needs_copy in their
 *             map entries, and whoever writes first gets a shadow; only for
 *             anonymous memory that one map writes.  Asymmetric (delay): the
 *             source gets a copy object, which shadows it and receives each
 *             page before it is written; for pagers' objects and for memory
 *             shared between maps.  Slow: the pages are copied now.
 */
#include <kern/debug.h>
#include <kern/thread.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>

kern_return_t
vm_object_shadow(struct vm_object **object, vm_offset_t *offset,
    vm_size_t length)
{
	struct vm_object *below = *object, *shadow;

	shadow = vm_object_create(length);
	if (shadow == NULL)
		return KERN_RESOURCE_SHORTAGE;
	vm_object_lock(below);
	vm_object_set_shadow(shadow, below, *offset);
	vm_object_unlock(below);
	*object = shadow;
	*offset = 0;
	return KERN_SUCCESS;
}

/* Whether the copy object of a locked source, locked too, can serve once more. */
static bool
copy_reusable(struct vm_object *copy)
{
	return copy->pure_copy && copy->alive && copy->shadow_offset == 0 &&
	    copy->pager == NULL && !copy->pager_dead &&
	    copy->resident->count == 0 && copy->paging_in_progress == 0;
}

/* Give a locked source the fresh object new as its copy; old is locked or NULL. */
static void
copy_install(struct vm_object *source, struct vm_object *new,
    struct vm_object *old)
{
	vm_offset_t offset;

	new->pure_copy = true;
	if (old == NULL) {
		refcount_take(&source->refs);
		vm_object_set_shadow(new, source, 0);
	} else {
		/* old sees what source is now through new */
		offset = old->shadow_offset;
		vm_object_clear_shadow(old);	/* its reference becomes new's */
		vm_object_set_shadow(new, source, 0);
		refcount_take(&new->refs);
		vm_object_set_shadow(old, new, offset);
		new->size = max_of(new->size, offset + old->size);
	}
	source->copy = new;
	vm_object_protect_pages(source, 0, new->size);
}

/*
 * The copy object that holds, from now on, what source holds up to end; a
 * reference.  NULL: no memory.
 */
static struct vm_object *
copy_delayed(struct vm_object *source, vm_offset_t end)
{
	struct vm_object *new, *old;

	new = vm_object_create(end);
	if (new == NULL)
		return NULL;
	vm_object_lock(source);
	while ((old = source->copy) != NULL && !spin_trylock(&old->lock)) {
		vm_object_unlock(source);
		cpu_spin_wait();
		vm_object_lock(source);
	}
	if (old != NULL && copy_reusable(old) &&
	    refcount_take_unless_zero(&old->refs)) {
		old->size = max_of(old->size, end);
		vm_object_protect_pages(source, 0, old->size);
		vm_object_unlock(old);
		vm_object_unlock(source);
		vm_object_free(new);
		return old;
	}
	copy_install(source, new, old);
	if (old != NULL)
		vm_object_unlock(old);
	vm_object_unlock(source);
	return new;
}

kern_return_t
vm_object_copy_push(struct vm_object *object, struct vm_page *page,
    vm_offset_t offset)
{
	struct vm_object *copy = object->copy;
	struct vm_page *old, *new;

	if (copy == NULL)
		return KERN_SUCCESS;
	if (!spin_trylock(&copy->lock))
		goto busy;
	offset -= copy->shadow_offset;
	old = offset < copy->size ? vm_page_lookup(copy, offset) : NULL;
	if (offset >= copy->size || (old != NULL && !old->busy) ||
	    vm_paged_test(copy, offset)) {
		/* it has its own, though it may be on its way in or out */
		vm_object_unlock(copy);
		return KERN_SUCCESS;
	}
	if (old != NULL) {
		/* its thread is on its way down to copy this very page */
		vm_object_unlock(copy);
		goto busy;
	}
	new = vm_page_alloc(copy, offset);
	if (new == NULL) {
		vm_object_unlock(copy);
		return KERN_RESOURCE_SHORTAGE;
	}
	pmap_copy_page(page, new);
	pmap_page_protect(page, VM_PROT_NONE);
	new->dirty = 1;
	vm_page_activate(new);
	vm_page_wakeup_done(new);
	vm_object_unlock(copy);
	return KERN_SUCCESS;
busy:
	vm_object_unlock(object);
	cpu_spin_wait();
	return KERN_ABORTED;
}

/* Copy one page of object into a fresh page of new, which nobody else knows. */
static kern_return_t
copy_page(struct vm_object *object, vm_offset_t offset,
    struct vm_object *new, vm_offset_t new_offset)
{
	struct vm_page *page;
	unsigned attempts = 0;
	kern_return_t kr;
	bool zero;

	for (;;) {
		vm_object_lock(new);
		page = vm_page_alloc(new, new_offset);
		vm_object_unlock(new);
		if (page != NULL)
			break;
		kr = vm_fault_wait_memory(&attempts);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	kr = vm_fault_read_page(object, offset, page, &zero);
	vm_object_lock(new);
	if (kr != KERN_SUCCESS || zero) {
		vm_page_free(page);
	} else {
		page->dirty = 1;
		vm_page_activate(page);
		vm_page_wakeup_done(page);
	}
	vm_object_unlock(new);
	return kr;
}

kern_return_t
vm_object_copy_slowly(struct vm_object *object, vm_offset_t offset,
    vm_size_t size, struct vm_object **copy)
{
	struct vm_object *new;
	vm_offset_t at;
	kern_return_t kr = KERN_SUCCESS;

	new = vm_object_create(size);
	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (at = 0; at < size && kr == KERN_SUCCESS; at += PAGE_SIZE)
		kr = copy_page(object, offset + at, new, at);
	if (kr != KERN_SUCCESS) {
		vm_object_deallocate(new);
		return kr;
	}
	*copy = new;
	return KERN_SUCCESS;
}

/* Until the pager has said that it is ready, and so how to copy. */
static kern_return_t
wait_ready(struct vm_object *object)
{
	kern_return_t kr = KERN_SUCCESS;

	vm_object_lock(object);
	while (object->pager != NULL && !object->pager_ready &&
	    kr == KERN_SUCCESS) {
		if (object->pager_dead || !object->alive)
			kr = KERN_MEMORY_FAILURE;
		else if (thread_sleep(&object->pager_ready, &object->lock,
		    true) == THREAD_INTERRUPTED)
			return KERN_ABORTED;
		else
			vm_object_lock(object);
	}
	vm_object_unlock(object);
	return kr;
}

kern_return_t
vm_object_copy_strategically(struct vm_object *object, vm_offset_t offset,
    vm_size_t size, struct vm_object **copy, vm_offset_t *copy_offset,
    bool *needs_copy)
{
	kern_return_t kr;

	kr = wait_ready(object);
	if (kr != KERN_SUCCESS)
		return kr;
	if (vm_object_symmetric(object)) {
		vm_object_lock(object);
		vm_object_protect_pages(object, 0, object->size);
		vm_object_unlock(object);
		vm_object_reference(object);
		*copy = object;
		*copy_offset = offset;
		*needs_copy = true;
		return KERN_SUCCESS;
	}
	if (object->internal ||
	    object->copy_strategy == MEMORY_OBJECT_COPY_DELAY ||
	    object->copy_strategy == MEMORY_OBJECT_COPY_TEMPORARY) {
		*copy = copy_delayed(object, offset + size);
		*copy_offset = offset;
		*needs_copy = true;	/* so that the copy object can serve again */
		return *copy != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
	}
	*copy_offset = 0;
	*needs_copy = false;
	vm_object_lock(object);
	if (object->copy_strategy == MEMORY_OBJECT_COPY_CALL &&
	    object->pager != NULL && !object->pager_dead) {
		*copy = vm_pager_copy(object, offset, size);
		return *copy != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
	}
	vm_object_unlock(object);
	return vm_object_copy_slowly(object, offset, size, copy);
}
