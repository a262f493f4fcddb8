/*
 * vm/vm_page.c - the resident pages of objects: which page holds an object's
 * bytes at an offset.
 *
 * Owns:       the hash by (object's pages, offset) and the list of pages of
 *             each object.
 * Locks:      the object's lock guards its list and what a page says of
 *             itself; LOCK_PAGE_HASH guards changes to a hash chain.
 * Lookups     take no hash lock.  Page structures are never freed, so a walk
 *             along a chain ends whatever happens to it; a page that it finds
 *             belongs to our locked object and stays.  A miss is certain only
 *             if nothing left the chain meanwhile, which its count tells.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <machine/boot_info.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define HASH_LOCKS	64u

struct hash_chain {
	struct vm_page *volatile first;	/* its lock in hash_locks */
	volatile uint32_t removals;	/* the same; read freely */
};

static struct hash_chain *hash;		/* fixed after boot */
static uint32_t hash_mask;		/* fixed after boot */
static struct spinlock hash_locks[HASH_LOCKS];

void
vm_page_hash_init(void)
{
	uint32_t size = 512, i;

	while (size < vm_page_total / 2)
		size *= 2;
	hash_mask = size - 1;
	hash = boot_alloc(round_page(size * sizeof(*hash)));
	for (i = 0; i < HASH_LOCKS; i++)
		spinlock_init(&hash_locks[i], LOCK_PAGE_HASH);
}

static inline uint32_t
hash_index(const struct vm_pages *home, vm_offset_t offset)
{
	uint32_t h = (uintptr_t)home >> 4;

	return ((h ^ (h >> 9)) * 31 + (offset >> PAGE_SHIFT)) & hash_mask;
}

static void
hash_insert(struct vm_page *page)
{
	uint32_t i = hash_index(page->home, page->offset);
	struct spinlock *lock = &hash_locks[i % HASH_LOCKS];

	spin_lock(lock);
	page->hash_next = hash[i].first;
	hash[i].first = page;
	spin_unlock(lock);
}

static void
hash_remove(struct vm_page *page)
{
	uint32_t i = hash_index(page->home, page->offset);
	struct spinlock *lock = &hash_locks[i % HASH_LOCKS];
	struct vm_page *prev;

	spin_lock(lock);
	if (hash[i].first == page) {
		hash[i].first = page->hash_next;
	} else {
		for (prev = hash[i].first; prev->hash_next != page;)
			prev = prev->hash_next;
		prev->hash_next = page->hash_next;
	}
	hash[i].removals++;
	spin_unlock(lock);
}

struct vm_page *
vm_page_lookup(struct vm_object *object, vm_offset_t offset)
{
	struct vm_pages *home = object->resident;
	struct hash_chain *chain;
	struct vm_page *page;
	uint32_t seen;

	assert(spinlock_held(&object->lock));
	if (home->count == 0)
		return NULL;
	offset += object->resident_bias;
	chain = &hash[hash_index(home, offset)];
	do {
		seen = chain->removals;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		for (page = chain->first; page != NULL;
		    page = *(struct vm_page *volatile *)&page->hash_next)
			if (page->home == home && page->offset == offset)
				return page;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (chain->removals != seen);
	return NULL;
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

static void
page_leave_object(struct vm_page *page)
{
	assert(page->tabled && spinlock_held(&page->home->owner->lock));
	hash_remove(page);
	queue_remove(&page->object_link);
	page->home->count--;
	page->tabled = 0;
}

void
vm_page_remove(struct vm_page *page)
{
	struct vm_object *object = page->home->owner;

	if (page->absent)
		object->absent_count--;
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
}

void
vm_page_rename(struct vm_page *page, struct vm_object *object,
    vm_offset_t offset)
{
	struct vm_pages *home = object->resident;

	assert(!page->absent);
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
	vm_page_remove(page);
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
