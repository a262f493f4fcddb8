/*
 * vm/vm_pageout.c - the daemon that finds pages to free when memory is scarce.
 *
 * Owns:       the decision which page goes; the queues are vm_page_queue.c's.
 * Locks:      page queues, from there objects by trying only; an object
 *             while one of its pages is looked at.
 * Invariant:  a pass looks at each page a bounded number of times and ends by
 *             waking whoever waits for memory, whether it found any or not:
 *             nobody waits for what will not come.
 * Later       the default pager takes dirty anonymous pages; until then they
 *             stay (page_keep is where it comes in).
 */
#include <kern/debug.h>
#include <kern/reaper.h>
#include <kern/thread.h>
#include <kern/timer.h>
#include <kern/zone.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>
#include <vm/vm_stat.h>

#define LAUNDRY_MAX	64u	/* pages on their way to all pagers */
#define ATTEMPTS_MAX	3u	/* passes in vain before memory is said to be out */
#define ATTEMPTS_LAUNDRY 50u	/* the same while pagers still clean */
#define ATTEMPTS_ENDING	500u	/* waits of some ms while threads still end */
#define LAUNDRY_WAIT_MS	20u
#define VAIN_TICKS	(HZ / 4)	/* before another look that nobody waits for */

static struct spinlock wanted_lock;	/* LOCK_PAGE_FREE's peer: a leaf */
static volatile bool wanted;		/* wanted_lock; read freely */
static volatile bool running;		/* fixed once the daemon runs */
static volatile uint32_t vain_until;	/* the daemon's to write: ticks */

void
vm_pageout_init(void)
{
	spinlock_init(&wanted_lock, LOCK_PAGE_FREE);
}

void
vm_pageout_wanted(void)
{
	if ((int32_t)(vain_until - (uint32_t)clock_ticks) <= 0)
		vm_pageout_needed();
}

void
vm_pageout_needed(void)
{
	bool wakeup;

	if (wanted || !running)
		return;
	spin_lock(&wanted_lock);
	wakeup = !wanted;
	wanted = true;
	spin_unlock(&wanted_lock);
	if (wakeup)
		thread_wakeup(&wanted);
}

bool
vm_pageout_may_help(unsigned *attempts)
{
	unsigned limit;

	limit = vm_page_laundry_count != 0 ? ATTEMPTS_LAUNDRY : ATTEMPTS_MAX;
	if (reaper_busy())
		limit = ATTEMPTS_ENDING;
	return running && (*attempts)++ < limit;
}

/* Move the longest unused active pages to the inactive queue until a third is there. */
static void
balance(void)
{
	unsigned scan = vm_page_active_count;
	struct vm_page *page;

	spin_lock(&vm_page_queue_lock);
	while (scan-- > 0 && !queue_empty(&vm_page_queue_active) &&
	    vm_page_inactive_count < vm_page_active_count / 2) {
		page = queue_element(queue_first(&vm_page_queue_active),
		    struct vm_page, pageq);
		pmap_clear_reference(page);
		vm_page_deactivate_locked(page);
		if (scan % 64 == 0) {
			/* let others have the lock */
			spin_unlock(&vm_page_queue_lock);
			spin_lock(&vm_page_queue_lock);
		}
	}
	spin_unlock(&vm_page_queue_lock);
}

/*
 * The longest inactive page with its object locked, moved to the queue's end;
 * NULL if there is none or its object is busy.
 */
static struct vm_page *
inactive_next(void)
{
	struct vm_page *page = NULL;
	struct vm_object *object;

	spin_lock(&vm_page_queue_lock);
	if (!queue_empty(&vm_page_queue_inactive)) {
		page = queue_element(queue_first(&vm_page_queue_inactive),
		    struct vm_page, pageq);
		vm_page_deactivate_locked(page);
		object = page->home->owner;
		if (!spin_trylock(&object->lock))
			page = NULL;
	}
	spin_unlock(&vm_page_queue_lock);
	return page;
}

/* Not to be freed now: among the active ones it is not looked at so soon. */
static bool
page_keep(struct vm_page *page)
{
	vm_page_activate(page);
	return false;
}

/* An anonymous page: it may go only if it still reads as zeros. */
static bool
reclaim_anonymous(struct vm_object *object, struct vm_page *page)
{
	if (page->dirty || pmap_is_modified(page) || object->shadow != NULL ||
	    object->copy != NULL || object->shadow_count != 0)
		return page_keep(page);
	pmap_page_protect(page, VM_PROT_NONE);
	if (pmap_is_modified(page)) {
		page->dirty = 1;
		return page_keep(page);
	}
	vm_page_free(page);
	return true;
}

/* A pager's page: a clean one goes, a dirty one is sent. */
static bool
reclaim_pager(struct vm_object *object, struct vm_page *page)
{
	bool can_send = object->pager != NULL && !object->pager_dead &&
	    object->pager_ready && vm_page_laundry_count < LAUNDRY_MAX;

	/* What a copy has shown must not be read again: it may have changed. */
	if (object->copy != NULL || object->device_page != NULL)
		return page_keep(page);
	if (!can_send && (page->dirty || page->precious ||
	    pmap_is_modified(page)))
		return page_keep(page);
	pmap_page_protect(page, VM_PROT_NONE);
	if (!page->dirty && !page->precious && !pmap_is_modified(page)) {
		vm_page_free(page);
		return true;
	}
	if (!can_send) {
		page->dirty = 1;	/* written just before it was unmapped */
		return page_keep(page);
	}
	page->busy = 1;
	(void)vm_pager_return(object, page,
	    page->dirty || pmap_is_modified(page), true);
	return false;
}

/* A page of a locked object; returns whether it was freed.  Unlocks. */
static bool
reclaim(struct vm_page *page)
{
	struct vm_object *object = page->home->owner;
	bool freed = false;

	if (page->busy || page->wire_count != 0 || page->laundry ||
	    page->absent) {
		vm_object_unlock(object);
		return false;
	}
	if (page->error) {
		vm_page_free(page);
		freed = true;
	} else if (pmap_is_referenced(page)) {
		pmap_clear_reference(page);
		vm_event(reactivations);
		vm_page_activate(page);
	} else if (object->internal) {
		freed = reclaim_anonymous(object, page);
	} else {
		freed = reclaim_pager(object, page);
	}
	vm_object_unlock(object);
	return freed;
}

/* Returns how many pages were freed. */
static unsigned
pageout_pass(void)
{
	unsigned scan, freed;
	struct vm_page *page;

	freed = zone_collect();
	balance();
	for (scan = vm_page_inactive_count; scan > 0; scan--) {
		if (!vm_page_scarce())
			break;
		page = inactive_next();
		if (page != NULL && reclaim(page))
			freed++;
	}
	return freed;
}

static void __attribute__((noreturn))
pageout_daemon(void)
{
	unsigned freed;

	current_thread()->vm_privilege = true;
	running = true;
	for (;;) {
		spin_lock(&wanted_lock);
		if (!wanted) {
			(void)thread_sleep(&wanted, &wanted_lock, false);
			continue;
		}
		wanted = false;
		spin_unlock(&wanted_lock);
		freed = pageout_pass();
		if (freed == 0 && vm_page_laundry_count != 0) {
			assert_wait(&vm_page_laundry_count, false);
			thread_set_timeout(LAUNDRY_WAIT_MS);
			(void)thread_block(NULL);
		} else if (freed == 0 && vm_page_scarce()) {
			/* objects that only the cache holds */
			(void)vm_object_cache_trim();
			vain_until = (uint32_t)clock_ticks + VAIN_TICKS;
		}
		vm_page_wakeup_waiters();
	}
}

void
vm_pageout_start(void)
{
	(void)kernel_thread("pageout", pageout_daemon);
}
