/*
 * vm/vm_fault_find.c - the second step of a fault: where the page is, and the
 * waits on the way to it.
 *
 * Owns, locks: as vm_fault.c.  The object lock is dropped across every wait
 *             for a pager.
 */
#include <kern/debug.h>
#include <kern/task.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_fault_internal.h>
#include <vm/vm_fault_policy.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_page_hash.h>
#include <vm/vm_pageout.h>
#include <vm/vm_paged.h>
#include <vm/vm_stat.h>

void
vm_fault_unwind(struct vm_fault *f)
{
	if (f->own != NULL) {
		vm_object_lock(f->top);
		vm_page_free(f->own);
		vm_object_paging_end_unlock(f->top);
		f->own = NULL;
	}
	if (f->map_locked) {
		rwlock_done(&f->map->lock);
		f->map_locked = false;
	}
}

enum vm_fault_result
vm_fault_error(struct vm_fault *f, kern_return_t code)
{
	vm_fault_unwind(f);
	f->code = code;
	return VM_FAULT_ERROR;
}

/* What the continuation needs to know; timed: the wait ends after some time. */
static void
save(struct vm_fault *f, bool timed)
{
	struct thread *thread = current_thread();

	if (f->continuation == NULL)
		return;
	thread->saved.fault.error = f->attempts;
	thread->saved.fault.timed = timed;
	thread->saved.fault.told = f->told;
}

/* The wait has been asserted and object locks are gone: block. */
static enum vm_fault_result
vm_fault_block(struct vm_fault *f)
{
	vm_fault_unwind(f);
	save(f, false);
	if (thread_block(f->continuation) == THREAD_INTERRUPTED) {
		f->code = KERN_ABORTED;
		return VM_FAULT_ERROR;
	}
	return VM_FAULT_RETRY;
}

/* The same for what the pager of object, which is not locked, must answer. */
static enum vm_fault_result
vm_fault_block_pager(struct vm_fault *f, struct vm_object *object)
{
	unsigned timeout_ms = 0;
	enum wait_result result;

	if (f->map_locked && f->map->policies != NULL)
		timeout_ms = vm_fault_policy_timeout(f->map, f->va,
		    object != f->top);
	if (timeout_ms == 0)
		return vm_fault_block(f);
	vm_fault_unwind(f);
	save(f, true);
	thread_set_timeout(timeout_ms);
	result = thread_block(f->continuation);
	if (result == THREAD_TIMED_OUT)
		f->code = vm_fault_policy_apply(f->map, f->va, f->access,
		    &f->told);
	else
		f->code = result == THREAD_INTERRUPTED ? KERN_ABORTED :
		    KERN_SUCCESS;
	return f->code == KERN_SUCCESS ? VM_FAULT_RETRY : VM_FAULT_ERROR;
}

enum vm_fault_result
vm_fault_no_memory(struct vm_fault *f)
{
	vm_fault_unwind(f);
	if (!vm_pageout_may_help(&f->attempts)) {
		f->code = KERN_RESOURCE_SHORTAGE;
		return VM_FAULT_ERROR;
	}
	save(f, false);
	vm_page_wait(f->continuation);
	if (current_thread()->wait_result == THREAD_INTERRUPTED) {
		f->code = KERN_ABORTED;
		return VM_FAULT_ERROR;
	}
	return VM_FAULT_RETRY;
}

/* Our own busy page in top (locked), to be filled and entered. */
static bool
vm_fault_take_own(struct vm_fault *f)
{
	f->own = vm_page_alloc_new(f->top, f->top_offset);
	if (f->own == NULL)
		return false;
	vm_object_paging_begin(f->top);
	return true;
}

/* A page of a locked object to be asked of its pager; NULL: no memory. */
static struct vm_page *
absent_page(struct vm_object *object, vm_offset_t offset, bool waited)
{
	struct vm_page *page = vm_page_alloc_back(object, offset, waited);

	if (page != NULL) {
		page->absent = 1;
		object->absent_count++;
	}
	return page;
}

/*
 * How much to ask for from a page on that is going to be asked for: as much as
 * the pager takes at once and is not resident.  All of it is absent and busy
 * from now on, so nobody else asks for it, nor does it go out meanwhile.
 */
static vm_size_t
absent_run(struct vm_object *object, vm_offset_t offset)
{
	vm_size_t size = PAGE_SIZE;

	while (size < object->run_size &&
	    vm_page_shortage() <= vm_page_free_target / 2 &&
	    offset + size > offset && offset + size < object->size &&
	    vm_object_pager_has(object, offset + size) &&
	    vm_page_lookup(object, offset + size) == NULL &&
	    absent_page(object, offset + size, false) != NULL)
		size += PAGE_SIZE;
	return size;
}

/*
 * If a thread of the pager waits, give it the request and the processor, and
 * block; does not return then.  Unlocks the object.  Else the request has to
 * be sent, and whether that wait was aborted is returned.
 */
static bool
vm_fault_request_pass(struct vm_fault *f, struct vm_object *object,
    struct vm_page *page, vm_offset_t offset, vm_size_t size, vm_prot_t access)
{
	struct thread *self = current_thread();

	if (f->continuation == NULL || f->own != NULL ||
	    f->map->policies != NULL) {
		vm_object_unlock(object);
		return false;
	}
	vm_page_assert_wait(page, true);
	vm_object_unlock(object);
	vm_fault_unwind(f);
	save(f, false);
	vm_pager_request_pass(object, offset, size, access, f->continuation);
	return !clear_wait(self, THREAD_AWAKENED, false) &&
	    self->wait_result == THREAD_INTERRUPTED;
}

/*
 * Ask the pager of a locked object for a page, perhaps with those after it,
 * and wait for the answer.  Unlocks the object.
 */
static enum vm_fault_result
vm_fault_request(struct vm_fault *f, struct vm_object *object,
    vm_offset_t offset)
{
	vm_prot_t access = object == f->top ? f->access : VM_PROT_READ;
	struct vm_page *page;
	bool wait = false, aborted;
	vm_size_t size;

	if (object->pager_dead || !object->alive) {
		vm_object_unlock(object);
		return vm_fault_error(f, KERN_MEMORY_ERROR);
	}
	if (!object->pager_ready) {
		assert_wait(&object->pager_ready, true);
		vm_object_unlock(object);
		return vm_fault_block_pager(f, object);
	}
	if (object->returning) {
		vm_pager_assert_returned(object, true);
		vm_object_unlock(object);
		return vm_fault_block(f);
	}
	page = absent_page(object, offset, f->attempts != 0);
	if (page == NULL) {
		vm_object_unlock(object);
		return vm_fault_no_memory(f);
	}
	size = absent_run(object, offset);
	vm_object_paging_begin(object);
	vm_event(pageins);
	aborted = vm_fault_request_pass(f, object, page, offset, size, access);
	vm_pager_request(object, offset, size, access);
	vm_object_lock(object);
	page = vm_page_lookup(object, offset);
	if (page != NULL && page->busy && !aborted) {
		vm_page_assert_wait(page, true);
		wait = true;
	}
	vm_object_paging_end_unlock(object);
	if (wait)
		return vm_fault_block_pager(f, object);
	vm_fault_unwind(f);
	f->code = KERN_ABORTED;
	return aborted ? VM_FAULT_ERROR : VM_FAULT_RETRY;
}

/* The pager forbids this access to the page for now: ask it to unlock. */
static enum vm_fault_result
vm_fault_unlock_page(struct vm_fault *f, struct vm_object *object,
    struct vm_page *page, vm_offset_t offset, vm_prot_t access)
{
	bool ask = (access & ~page->unlock_request) != 0;

	if (object->pager_dead || !object->alive) {
		vm_object_unlock(object);
		return vm_fault_error(f, KERN_MEMORY_ERROR);
	}
	page->unlock_request |= access;
	vm_page_assert_wait(page, true);
	if (ask) {
		vm_object_paging_begin(object);
		vm_object_unlock(object);
		vm_pager_unlock(object, offset, PAGE_SIZE, access);
		vm_object_lock(object);
		vm_object_paging_end_unlock(object);
	} else {
		vm_object_unlock(object);
	}
	return vm_fault_block_pager(f, object);
}

/*
 * A page of the locked object is there; may it be used?  VM_FAULT_OK: yes,
 * or *page is NULL and the object still locked: its pager has no data, look
 * below.  Otherwise the object is unlocked.
 */
static enum vm_fault_result
vm_fault_examine(struct vm_fault *f, struct vm_object *object,
    vm_offset_t offset, struct vm_page **pagep)
{
	struct vm_page *page = *pagep;
	vm_prot_t access = object == f->top ? f->access : VM_PROT_READ;

	if (page->busy) {
		vm_page_assert_wait(page, true);
		vm_object_unlock(object);
		return vm_fault_block_pager(f, object);
	}
	if (page->error) {
		vm_page_free(page);
		vm_object_unlock(object);
		return vm_fault_error(f, KERN_MEMORY_ERROR);
	}
	if (page->absent) {
		*pagep = NULL;
		if (object != f->top || f->map == NULL) {
			vm_page_free(page);
			return VM_FAULT_OK;
		}
		page->absent = 0;
		object->absent_count--;
		page->busy = 1;
		vm_object_paging_begin(object);
		f->own = page;
		return VM_FAULT_OK;
	}
	access &= page->page_lock;
	if (access != 0)
		return vm_fault_unlock_page(f, object, page, offset, access);
	return VM_FAULT_OK;
}

/* The chain has ended, object (locked) being its last: the page is zeros. */
static enum vm_fault_result
vm_fault_zero_fill(struct vm_fault *f, struct vm_object *object)
{
	f->page = NULL;
	f->object = NULL;
	if (f->map == NULL) {
		vm_object_unlock(object);
		return VM_FAULT_OK;
	}
	if (f->own == NULL && object != f->top) {
		vm_object_unlock(object);
		vm_fault_unwind(f);
		f->want_own = true;
		return VM_FAULT_RETRY;
	}
	if (f->own == NULL && !vm_fault_take_own(f)) {
		vm_object_unlock(object);
		return vm_fault_no_memory(f);
	}
	vm_object_unlock(object);
	pmap_zero_page(f->own);
	vm_event(zero_fills);
	__atomic_fetch_add(&current_thread()->task->zero_fills, 1,
	    __ATOMIC_RELAXED);
	vm_object_lock(f->top);
	/* zeros no longer: it must not go before its thread gets to write */
	if (f->access & VM_PROT_WRITE)
		f->own->dirty = 1;
	f->object = f->top;
	f->page = f->own;
	return VM_FAULT_OK;
}

static enum vm_fault_result
vm_fault_device(struct vm_fault *f)
{
	struct vm_object *object = f->top;

	f->page = NULL;
	f->object = NULL;
	f->device_pa = object->device_page(object->device_arg, f->top_offset);
	if (f->device_pa == 0)
		return vm_fault_error(f, KERN_MEMORY_ERROR);
	return VM_FAULT_OK;
}

enum vm_fault_result
vm_fault_find_page(struct vm_fault *f)
{
	struct vm_object *object = f->top, *next;
	vm_offset_t offset = f->top_offset;
	enum vm_fault_result r;
	struct vm_page *page;

	if (object->device_page != NULL)
		return vm_fault_device(f);
	vm_object_lock(object);
	for (;;) {
		page = vm_page_find(object, offset);
		if (page != NULL) {
			r = vm_fault_examine(f, object, offset, &page);
			if (r != VM_FAULT_OK)
				return r;
			if (page != NULL)
				break;
		} else if (vm_object_pager_has(object, offset)) {
			return vm_fault_request(f, object, offset);
		}
		next = object->shadow;
		if (next == NULL)
			return vm_fault_zero_fill(f, object);
		if (object == f->top && f->own == NULL && f->map != NULL &&
		    ((f->access & VM_PROT_WRITE) || f->want_own) &&
		    !vm_fault_take_own(f)) {
			vm_object_unlock(object);
			return vm_fault_no_memory(f);
		}
		offset += object->shadow_offset;
		vm_object_lock_below(next);
		vm_object_unlock(object);
		object = next;
	}
	f->object = object;
	f->page = page;
	return VM_FAULT_OK;
}
