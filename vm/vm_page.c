/*
 * vm/vm_page.c - the resident pages of objects: which page holds an object's
 * bytes at an offset.
 *
 * Owns:       the hash by (object's pages, offset) and the list of pages of
 *             each object.
 * Locks:      the object's lock guards its list and what a page says of
 *             itself; LOCK_PAGE_HASH guards changes to a hash chain.
 * Lookups     take no hash lock: vm_page_hash.h.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <machine/boot_info.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_page_hash.h>

#define HASH_LOCKS	64u

struct vm_page_chain *vm_page_hash;
uint32_t vm_page_hash_mask;
static struct spinlock hash_locks[HASH_LOCKS];

void
vm_page_hash_init(void)
{
	uint32_t size = 512, i;

	while (size < vm_page_total / 2)
		size *= 2;
	vm_page_hash_mask = size - 1;
	vm_page_hash = boot_alloc(round_page(size * sizeof(*vm_page_hash)));
	for (i = 0; i < HASH_LOCKS; i++)
		spinlock_init(&hash_locks[i], LOCK_PAGE_HASH);
}

void
vm_pages_init(struct vm_pages *pages, struct vm_object *owner)
{
	uint32_t h = (uintptr_t)pages >> 4;

	pages->owner = owner;
	pages->count = 0;
	pages->early = 0;
	pages->hash = (h ^ (h >> 9)) * 31;
	queue_init(&pages->pages);
}

static void
hash_insert(struct vm_page *page)
{
	uint32_t i = vm_page_hash_index(page->home, page->offset);
	struct vm_page_chain *chain = &vm_page_hash[i];
	struct spinlock *lock = &hash_locks[i % HASH_LOCKS];

	spin_lock(lock);
	page->hash_next = chain->first;
	chain->first = page;
	spin_unlock(lock);
}

static inline __attribute__((always_inline)) void
hash_remove(struct vm_page *page)
{
	uint32_t i = vm_page_hash_index(page->home, page->offset);
	struct vm_page_chain *chain = &vm_page_hash[i];
	struct spinlock *lock = &hash_locks[i % HASH_LOCKS];
	struct vm_page *prev;

	spin_lock(lock);
	if (chain->first == page) {
		chain->first = page->hash_next;
	} else {
		for (prev = chain->first; prev->hash_next != page;)
			prev = prev->hash_next;
		prev->hash_next = page->hash_next;
	}
	chain->removals++;
	spin_unlock(lock);
}

struct vm_page *
vm_page_lookup(struct vm_object *object, vm_offset_t offset)
{
	return vm_page_find(object, offset);
}

vm_offset_t
vm_page_object_offset(const struct vm_page *page)
{
	return page->offset - page->home->owner->resident_bias;
}

void
vm_page_insert(struct vm_page *page, struct vm_object *object,
    vm_offset_t offset)
{
	struct vm_pages *home = object->resident;

	assert(spinlock_held(&object->lock));
	assert(!page->tabled && page->home == NULL);
	assert(vm_page_lookup(object, offset) == NULL);
	page->home = home;
	page->offset = offset + object->resident_bias;
	page->tabled = 1;
	hash_insert(page);
	queue_push_back(&home->pages, &page->object_link);
	home->count++;
}

static struct vm_page *
page_alloc(struct vm_object *object, vm_offset_t offset, enum vm_page_use use)
{
	struct vm_page *page = vm_page_grab(use);

	if (page == NULL)
		return NULL;
	page->busy = 1;
	vm_page_insert(page, object, offset);
	return page;
}

struct vm_page *
vm_page_alloc(struct vm_object *object, vm_offset_t offset)
{
	return page_alloc(object, offset, VM_PAGE_USER);
}

struct vm_page *
vm_page_alloc_new(struct vm_object *object, vm_offset_t offset)
{
	return page_alloc(object, offset, VM_PAGE_USER_NEW);
}

struct vm_page *
vm_page_alloc_back(struct vm_object *object, vm_offset_t offset, bool waited)
{
	return page_alloc(object, offset,
	    waited ? VM_PAGE_USER : VM_PAGE_USER_BACK);
}

static inline __attribute__((always_inline)) void
page_leave_object(struct vm_page *page)
{
	assert(page->tabled && spinlock_held(&page->home->owner->lock));
	if (unlikely(page->early))
		vm_page_early_end(page);
	hash_remove(page);
	queue_remove(&page->object_link);
	page->home->count--;
	page->tabled = 0;
}

static inline __attribute__((always_inline)) void
page_remove(struct vm_page *page)
{
	if (page->absent || page->owed)
		page->home->owner->absent_count--;
	page_leave_object(page);
	spin_lock(&vm_page_queue_lock);
	vm_page_dequeue_locked(page);
	if (page->wire_count != 0) {
		page->wire_count = 0;
		vm_page_wire_count--;
	}
	page->home = NULL;
	spin_unlock(&vm_page_queue_lock);
	page->absent = 0;
	page->error = 0;
	page->page_lock = 0;
	page->unlock_request = 0;
	page->owed = 0;
}

void
vm_page_remove(struct vm_page *page)
{
	page_remove(page);
}

void
vm_page_rename(struct vm_page *page, struct vm_object *object,
    vm_offset_t offset)
{
	struct vm_pages *home = object->resident;

	assert(!page->absent && !page->owed);
	page_leave_object(page);
	spin_lock(&vm_page_queue_lock);
	page->home = home;
	spin_unlock(&vm_page_queue_lock);
	page->offset = offset + object->resident_bias;
	page->tabled = 1;
	hash_insert(page);
	queue_push_back(&home->pages, &page->object_link);
	home->count++;
}

void
vm_page_free(struct vm_page *page)
{
	page_remove(page);
	vm_page_wakeup_done(page);
	vm_page_release(page);
}

void
vm_page_discard(struct vm_page *page)
{
	if (page->pv_pmap != NULL)
		pmap_page_protect(page, VM_PROT_NONE);
	vm_page_free(page);
}

void
vm_page_assert_wait(struct vm_page *page, bool interruptible)
{
	page->wanted = 1;
	assert_wait(page, interruptible);
}

void
vm_page_wakeup(struct vm_page *page)
{
	if (!page->wanted)
		return;
	page->wanted = 0;
	thread_wakeup(page);
}

void
vm_page_wakeup_done(struct vm_page *page)
{
	page->busy = 0;
	vm_page_wakeup(page);
}
