/*
 * vm/vm_fault.c - turn a page fault into a mapped, resident page.
 *
 * Owns:       nothing that outlives one fault.  Pages belong to vm_page.c,
 *             shadow chains to vm_object.c, pager messages to vm_pager.c.
 * Locks:      map (read), then objects down the chain, then page queues;
 *             docs/design.md.  The map stays locked while nothing is waited
 *             for.  Before a wait everything is given up, and the fault
 *             starts anew after it: the world may have changed.
 * Invariant:  a page in our hands is marked busy, its object has
 *             paging_in_progress, and only the thread that marked it clears
 *             the mark, on every path out.  The chain is walked hand over
 *             hand, so nobody who comes later overtakes.
 * Source:     SOSP 1987 paper, section 5.5 (the four duties of a fault).
 */
#include <kern/debug.h>
#include <kern/exception.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_fault_internal.h>
#include <vm/vm_fault_policy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_stat.h>

struct vm_events vm_events[MAX_PROCESSORS];

kern_return_t
vm_fault_wait_memory(unsigned *attempts)
{
	struct vm_fault f = { .attempts = *attempts };
	enum vm_fault_result r = vm_fault_no_memory(&f);

	*attempts = f.attempts;
	return r == VM_FAULT_RETRY ? KERN_SUCCESS : f.code;
}

/*
 * The entry must change before the fault can go on, and others look at the map:
 * give it its own memory and begin again.
 */
static enum vm_fault_result __attribute__((noinline))
prepare_entry_again(struct vm_fault *f)
{
	struct vm_map_entry *entry;
	kern_return_t kr = KERN_SUCCESS;

	rwlock_done(&f->map->lock);
	rwlock_write(&f->map->lock);
	entry = vm_map_lookup_entry(f->map, f->va, false);
	if (entry != NULL && (entry->object == NULL ||
	    (entry->needs_copy && (entry->protection & VM_PROT_WRITE))))
		kr = vm_map_entry_make_writable(f->map, entry);
	rwlock_write_done(&f->map->lock);
	f->map_locked = false;
	return kr == KERN_SUCCESS ? VM_FAULT_RETRY : vm_fault_no_memory(f);
}

/* The same if nobody else looks: the fault goes on. */
static enum vm_fault_result
prepare_entry(struct vm_fault *f, struct vm_map_entry *entry)
{
	if (!rwlock_try_upgrade(&f->map->lock))
		return prepare_entry_again(f);
	if (vm_map_entry_make_writable(f->map, entry) != KERN_SUCCESS) {
		rwlock_write_done(&f->map->lock);
		f->map_locked = false;
		return vm_fault_no_memory(f);
	}
	rwlock_downgrade(&f->map->lock);
	return VM_FAULT_OK;
}

/* Entry and rights. */
static enum vm_fault_result
vm_fault_lookup(struct vm_fault *f)
{
	struct vm_map_entry *entry;
	vm_prot_t access = f->access;
	enum vm_fault_result r;

	rwlock_read(&f->map->lock);
	f->map_locked = true;
	entry = vm_map_lookup_entry(f->map, f->va, false);
	if (entry == NULL)
		return vm_fault_error(f, KERN_INVALID_ADDRESS);
	if ((access & VM_PROT_EXECUTE) && !f->map->exec_strict)
		access = (access & ~VM_PROT_EXECUTE) | VM_PROT_READ;
	if ((access & ~entry->protection) != 0)
		return vm_fault_error(f, KERN_PROTECTION_FAILURE);
	f->wired = entry->wired_count != 0;
	if (f->wired)
		access |= entry->protection & VM_PROT_WRITE;
	if (entry->object == NULL ||
	    (entry->needs_copy && (access & VM_PROT_WRITE))) {
		r = prepare_entry(f, entry);
		if (r != VM_FAULT_OK)
			return r;
	}
	entry->mapped = true;
	f->access = access;
	f->prot = entry->protection;
	if (entry->needs_copy)
		f->prot &= ~VM_PROT_WRITE;
	f->start = entry_start(entry);
	f->end = entry_end(entry);
	f->top = entry->object;
	f->top_offset = entry->offset + (f->va - entry_start(entry));
	return VM_FAULT_OK;
}

/* Copy the page in hand into our own. */
static void
copy_into_own(struct vm_fault *f)
{
	struct vm_object *object = f->object;
	struct vm_page *page = f->page;

	page->busy = 1;
	vm_object_paging_begin(object);
	vm_object_unlock(object);
	pmap_copy_page(page, f->own);
	vm_object_lock(object);
	/* Others who share top must not go on reading the original. */
	if (f->top->refs.count > 1)
		pmap_page_protect(page, VM_PROT_NONE);
	if (unlikely(page->early))
		vm_page_early_end(page);
	vm_page_wakeup_done(page);
	vm_object_paging_end_unlock(object);
	vm_event(cow_faults);
	__atomic_fetch_add(&current_thread()->task->cow_faults, 1,
	    __ATOMIC_RELAXED);
	vm_object_lock(f->top);
	f->own->dirty = 1;	/* not before: others may set wanted beside it */
	f->object = f->top;
	f->page = f->own;
}

/* The page is not top's own and will be written: copy it. */
static inline enum vm_fault_result
vm_fault_copy(struct vm_fault *f)
{
	if (f->own != NULL && f->page != f->own && f->page != NULL)
		copy_into_own(f);
	return VM_FAULT_OK;
}

/* Whether a locked object needs its shadow no more: all pages are its own. */
static bool
object_complete(struct vm_object *object)
{
	return object->shadow != NULL && object->pager == NULL &&
	    object->paging_in_progress == 0 && object->absent_count == 0 &&
	    object->resident->count == object->size >> PAGE_SHIFT;
}

/* Our own page is ready: the world may use it.  Unlocks top. */
static void
vm_fault_publish_own(struct vm_fault *f)
{
	struct vm_object *top = f->top, *shadow = NULL;

	vm_page_wakeup_done(f->own);
	f->own = NULL;
	if (top->paging_in_progress == 1 && top->shadow != NULL) {
		top->paging_in_progress = 0;
		if (object_complete(top)) {
			shadow = top->shadow;
			vm_object_lock_below(shadow);
			vm_object_clear_shadow(top);
			vm_object_unlock(shadow);
		}
		top->paging_in_progress = 1;
	}
	f->drop = shadow;
	vm_object_paging_end_unlock(top);
}

/* A page is used that has not been for some time, or ever. */
static inline void
vm_fault_activate(struct vm_page *page)
{
	if (unlikely(page->early))
		vm_page_early_end(page);
	vm_page_activate(page);
}

static void
vm_fault_wire(struct vm_page *page)
{
	if (page->early)
		vm_page_early_end(page);
	vm_page_wire(page);
}

static enum vm_fault_result
push_to_copy(struct vm_fault *f)
{
	kern_return_t kr;

	kr = vm_object_copy_push(f->top, f->page, f->top_offset);
	if (kr == KERN_SUCCESS)
		return VM_FAULT_OK;
	if (kr == KERN_RESOURCE_SHORTAGE) {
		vm_object_unlock(f->object);
		return vm_fault_no_memory(f);
	}
	vm_fault_unwind(f);
	return VM_FAULT_RETRY;
}

/* The page's object is locked: before a write its copy gets the page. */
static inline enum vm_fault_result
vm_fault_push(struct vm_fault *f)
{
	if (likely(!(f->access & VM_PROT_WRITE) || f->object != f->top ||
	    f->top->copy == NULL))
		return VM_FAULT_OK;
	return push_to_copy(f);
}

static enum vm_fault_result
vm_fault_enter_device(struct vm_fault *f)
{
	struct vm_page *page = vm_page_lookup_phys(f->device_pa);
	kern_return_t kr;

	if (page != NULL)
		kr = pmap_enter(f->map->pmap, f->va, page, f->prot, true);
	else
		kr = pmap_enter_phys(f->map->pmap, f->va, f->device_pa,
		    f->prot, false);
	if (kr != KERN_SUCCESS)
		return vm_fault_no_memory(f);
	vm_fault_unwind(f);
	return VM_FAULT_OK;
}

/* Tell the pmap. */
static enum vm_fault_result
vm_fault_enter(struct vm_fault *f)
{
	struct vm_object *object = f->object;
	struct vm_page *page = f->page;
	vm_prot_t prot = f->prot & ~(vm_prot_t)(page != NULL ? page->page_lock : 0);
	enum vm_fault_result r;

	if (page == NULL)
		return vm_fault_enter_device(f);
	r = vm_fault_push(f);
	if (r != VM_FAULT_OK)
		return r;
	if (object != f->top ||
	    (object->copy != NULL && !(f->access & VM_PROT_WRITE)))
		prot &= ~VM_PROT_WRITE;
	if (prot & VM_PROT_WRITE)
		object->mapped_writable = true;
	if (pmap_enter(f->map->pmap, f->va, page, prot,
	    f->wired || f->wiring) != KERN_SUCCESS) {
		vm_object_unlock(object);
		return vm_fault_no_memory(f);
	}
	if (f->wiring)
		vm_fault_wire(page);
	else if (!page->active && page->wire_count == 0)
		vm_fault_activate(page);
	if (f->own != NULL) {
		vm_fault_publish_own(f);
	} else {
		if (!f->wired && !f->wiring &&
		    !(f->access & VM_PROT_WRITE) &&
		    (!f->waited || object->run_size > PAGE_SIZE))
			vm_fault_enter_near(f, prot);
		vm_object_unlock(object);
	}
	vm_fault_unwind(f);
	return VM_FAULT_OK;
}

/* All steps until the fault is resolved; KERN_SUCCESS or why not. */
static kern_return_t
vm_fault_resolve(struct vm_fault *f)
{
	vm_prot_t access = f->access;
	enum vm_fault_result r;

	vm_event(faults);
	do {
		f->access = access;
		r = vm_fault_lookup(f);
		if (r == VM_FAULT_OK)
			r = vm_fault_find_page(f);
		if (r == VM_FAULT_OK)
			r = vm_fault_copy(f);
		if (r == VM_FAULT_OK)
			r = vm_fault_enter(f);
	} while (r == VM_FAULT_RETRY);
	if (f->drop != NULL)
		vm_object_deallocate(f->drop);
	return r == VM_FAULT_OK ? KERN_SUCCESS : f->code;
}

kern_return_t
vm_fault(struct vm_map *map, vm_offset_t va, vm_prot_t access, bool wiring)
{
	struct vm_fault f = {
		.map = map, .va = trunc_page(va), .access = access,
		.wiring = wiring,
	};

	return vm_fault_resolve(&f);
}

static void	vm_fault_continue(void) __attribute__((noreturn));

/* In user mode's stead: the fault saved in the thread. */
static void __attribute__((noreturn))
vm_fault_saved(unsigned attempts, bool told, bool waited)
{
	struct thread *thread = current_thread();
	struct vm_fault f = {
		.map = thread->task->map,
		.va = trunc_page(thread->saved.fault.address),
		.access = thread->saved.fault.access,
		.continuation = vm_fault_continue,
		.attempts = attempts,
		.told = told,
		.waited = waited,
	};
	vm_offset_t va = thread->saved.fault.address;
	kern_return_t kr;

	kr = vm_fault_resolve(&f);
	if (kr == KERN_SUCCESS || kr == KERN_ABORTED)
		thread_exception_return();	/* aborted: faults again, if at all */
	exception(EXC_BAD_ACCESS, kr, va);
}

static void
vm_fault_continue(void)
{
	struct thread *thread = current_thread();
	vm_offset_t va = thread->saved.fault.address;
	bool told = thread->saved.fault.told;
	unsigned attempts = thread->saved.fault.error;
	kern_return_t kr;

	if (thread->wait_result == THREAD_INTERRUPTED)
		thread_exception_return();
	if (thread->wait_result == THREAD_TIMED_OUT &&
	    thread->saved.fault.timed) {
		kr = vm_fault_policy_apply(thread->task->map, trunc_page(va),
		    thread->saved.fault.access, &told);
		if (kr != KERN_SUCCESS)
			exception(EXC_BAD_ACCESS, kr, va);
	}
	vm_fault_saved(attempts, told, true);
}

void
vm_fault_user(vm_offset_t va, vm_prot_t access)
{
	struct thread *thread = current_thread();

	thread->saved.fault.address = va;
	thread->saved.fault.access = access;
	__atomic_fetch_add(&thread->task->faults, 1, __ATOMIC_RELAXED);
	vm_fault_saved(0, false, false);
}

/* Where a page that is read goes: another page, or bytes of it to memory. */
struct read_target {
	struct vm_page	 *page;
	void		 *buffer;
	unsigned	  offset, size;
};

static void
read_page(struct vm_page *page, const struct read_target *to)
{
	if (to->page != NULL)
		pmap_copy_page(page, to->page);
	else
		pmap_copy_from_page(page, to->offset, to->buffer, to->size);
}

/* The page found goes to the target; object locked, unlocks it. */
static void
read_found(struct vm_fault *f, const struct read_target *to)
{
	struct vm_object *object = f->object;

	f->page->busy = 1;
	vm_object_paging_begin(object);
	vm_object_unlock(object);
	read_page(f->page, to);
	vm_object_lock(object);
	if (unlikely(f->page->early))
		vm_page_early_end(f->page);
	vm_page_wakeup_done(f->page);
	vm_object_paging_end_unlock(object);
}

static kern_return_t
read_from(struct vm_object *object, vm_offset_t offset,
    const struct read_target *to, bool *zero)
{
	struct vm_fault f = {
		.top = object, .top_offset = offset, .access = VM_PROT_READ,
	};
	enum vm_fault_result r;
	struct vm_page *page;

	*zero = false;
	do {
		r = vm_fault_find_page(&f);
	} while (r == VM_FAULT_RETRY);
	if (r != VM_FAULT_OK)
		return f.code;
	if (f.page != NULL) {
		read_found(&f, to);
	} else if (f.device_pa != 0) {
		page = vm_page_lookup_phys(f.device_pa);
		if (page == NULL)
			return KERN_PROTECTION_FAILURE;	/* registers */
		read_page(page, to);
	} else {
		*zero = true;
	}
	return KERN_SUCCESS;
}

kern_return_t
vm_fault_read_page(struct vm_object *object, vm_offset_t offset,
    struct vm_page *dst, bool *zero)
{
	struct read_target to = { .page = dst };

	return read_from(object, offset, &to, zero);
}

kern_return_t
vm_fault_read(struct vm_object *object, vm_offset_t offset, void *dst,
    vm_size_t size)
{
	struct read_target to = {
		.buffer = dst, .offset = offset & PAGE_MASK, .size = size,
	};
	kern_return_t kr;
	bool zero;

	kr = read_from(object, trunc_page(offset), &to, &zero);
	if (kr == KERN_SUCCESS && zero)
		memset(dst, 0, size);
	return kr;
}

/* As vm_fault_enter, but the kernel does the writing. */
static enum vm_fault_result
vm_fault_store(struct vm_fault *f, const void *src, unsigned offset,
    unsigned size)
{
	enum vm_fault_result r;

	if (f->page == NULL)
		return vm_fault_error(f, KERN_PROTECTION_FAILURE);
	r = vm_fault_push(f);
	if (r != VM_FAULT_OK)
		return r;
	pmap_copy_to_page(src, f->page, offset, size);
	f->page->dirty = 1;
	if (!f->page->active && f->page->wire_count == 0)
		vm_fault_activate(f->page);
	if (f->own != NULL)
		vm_fault_publish_own(f);
	else
		vm_object_unlock(f->object);
	vm_fault_unwind(f);
	return VM_FAULT_OK;
}

kern_return_t
vm_fault_write(struct vm_map *map, vm_offset_t va, const void *src,
    vm_size_t size)
{
	struct vm_fault f = {
		.map = map, .va = trunc_page(va), .access = VM_PROT_WRITE,
	};
	enum vm_fault_result r;

	do {
		f.access = VM_PROT_WRITE;
		r = vm_fault_lookup(&f);
		if (r == VM_FAULT_OK)
			r = vm_fault_find_page(&f);
		if (r == VM_FAULT_OK)
			r = vm_fault_copy(&f);
		if (r == VM_FAULT_OK)
			r = vm_fault_store(&f, src, va & PAGE_MASK, size);
	} while (r == VM_FAULT_RETRY);
	if (f.drop != NULL)
		vm_object_deallocate(f.drop);
	return r == VM_FAULT_OK ? KERN_SUCCESS : f.code;
}
