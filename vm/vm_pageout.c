/*
 * vm/vm_pageout.c - the daemon that finds pages to free when memory is scarce.
 *
 * Owns:       the decision which page goes; the queues are vm_page_queue.c's.
 * Locks:      page queues, from there objects by trying only; an object
 *             while one of its pages is looked at.
 * Invariant:  a pass looks at each page a bounded number of times and ends by
 *             waking whoever waits for memory, whether it found any or not:
 *             nobody waits for what will not come.  No more than a bounded
 *             number of pages is on its way to a pager at any time, and what
 *             a user's pager keeps too long is paged out like all memory.
 */
#include <kern/debug.h>
#include <kern/reaper.h>
#include <kern/thread.h>
#include <kern/timer.h>
#include <kern/zone.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_paged.h>
#include <vm/vm_pageout.h>
#include <vm/vm_stat.h>

/* Pages on their way: of one pager's object, to all users' pagers, to the default one. */
#define LAUNDRY_OBJECT_MAX 32u
#define LAUNDRY_USER_MAX 64u
#define LAUNDRY_DEFAULT_MAX 128u
#define LAUNDRY_TICKS	(5 * HZ)	/* then a user's pager has had its time */
#define ATTEMPTS_MAX	3u	/* passes in vain before memory is said to be out */
#define ATTEMPTS_LAUNDRY 50u	/* the same while pagers still clean */
#define ATTEMPTS_ENDING	500u	/* waits of some ms while threads still end */
#define PROGRESS_TICKS	(10 * HZ)	/* without any, and the default pager is no help */
#define IDLE_TICKS	HZ		/* the daemon has not been needed for so long */
#define COLLECT_TICKS	(HZ / 10)	/* kernel memory is looked through so often */
#define LAUNDRY_WAIT_MS	20u
#define VAIN_TICKS	(HZ / 4)	/* before another look that nobody waits for */

static struct spinlock wanted_lock;	/* LOCK_PAGE_FREE's peer: a leaf */
static volatile bool wanted;		/* wanted_lock; read freely */
static volatile bool running;		/* fixed once the daemon runs */
static volatile uint32_t vain_until;	/* the daemon's to write: ticks */
static volatile uint32_t progress_at;	/* the same: when pages were last freed */
static uint32_t pass_at;		/* the daemon's: when it last looked */
static unsigned done_seen;		/* the daemon's: laundry done by then */
static uint32_t collect_at;		/* the daemon's: when zones are looked at next */
static volatile bool has_default;	/* the daemon's to write: there is a default pager */

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

	limit = vm_page_laundry_count != 0 || has_default ? ATTEMPTS_LAUNDRY :
	    ATTEMPTS_MAX;
	if (has_default && !vm_default_pager_full() &&
	    (uint32_t)clock_ticks - progress_at < PROGRESS_TICKS)
		return true;
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

/*
 * Not to be freed now: among the active ones it is not looked at so soon.  An
 * early one may have been sent so that it stays.
 */
static bool
page_keep(struct vm_page *page)
{
	if (!page->early)
		vm_page_activate(page);
	return false;
}

/* Whether a page of a locked object can be part of what is sent just now. */
static bool
page_sendable(struct vm_page *page)
{
	return !page->busy && page->wire_count == 0 && !page->laundry &&
	    !page->absent && !page->error && !page->owed;
}

/*
 * Whether the default pager takes a page of a locked anonymous object now;
 * had: it has an older form of it, and so a place.
 */
static bool
anonymous_can_go(struct vm_object *object, bool had)
{
	if (object->pager_dead || (!had && !vm_default_pager_may_be_offered()))
		return false;
	return object->pager != NULL || has_default;
}

/* A neighbour of a page that is sent goes with it if it has not been used either. */
static bool
neighbour_joins(struct vm_object *object, struct vm_page *page,
    vm_offset_t offset, bool had)
{
	if (page == NULL || !page_sendable(page) || pmap_is_referenced(page) ||
	    vm_paged_test(object, offset) != had)
		return false;
	if (pmap_is_modified(page))
		page->dirty = 1;
	return page->dirty;	/* still mapped: all go at once */
}

/*
 * Pages on both sides of page, at offset, within a block as large as the
 * longest run that the pager takes.
 */
static void
run_gather(struct vm_object *object, struct vm_page *page, vm_offset_t offset,
    bool had, struct vm_pager_run *run)
{
	vm_offset_t block = offset - offset % object->run_size;
	vm_offset_t end = block + object->run_size;
	unsigned before = 0, i;

	run->offset = offset;
	while (run->offset > block && neighbour_joins(object,
	    vm_page_lookup(object, run->offset - PAGE_SIZE),
	    run->offset - PAGE_SIZE, had)) {
		run->offset -= PAGE_SIZE;
		before++;
	}
	for (i = 0; i < before; i++)
		run->pages[i] = vm_page_lookup(object,
		    run->offset + i * PAGE_SIZE);
	run->pages[before] = page;
	run->count = before + 1;
	for (offset += PAGE_SIZE; offset < end; offset += PAGE_SIZE) {
		page = vm_page_lookup(object, offset);
		if (!neighbour_joins(object, page, offset, had))
			break;
		run->pages[run->count++] = page;
	}
	for (i = 0; i < run->count; i++)
		run->pages[i]->busy = 1;
}

/* Send an unmapped page of a locked anonymous object to the default pager.  Unlocks. */
static void
anonymous_send_unlock(struct vm_object *object, struct vm_page *page,
    vm_offset_t offset, bool had)
{
	struct vm_pager_run run = {
		.dirty = true, .flush = true, .initialize = !had,
	};

	page->dirty = 1;
	vm_object_paging_begin(object);
	page->busy = 1;
	if (object->pager != NULL || vm_default_pager_adopt(object)) {
		page->busy = 0;
		run_gather(object, page, offset, had, &run);
		(void)vm_pager_return(object, &run);
	} else {
		vm_page_wakeup_done(page);
		vm_page_activate(page);
	}
	vm_object_paging_end_unlock(object);
}

/*
 * An anonymous page: one that still reads as zeros, or as the default pager
 * has it, goes at once; others go to the default pager.  Unlocks the object;
 * returns whether the page was freed.
 */
static bool
reclaim_anonymous_unlock(struct vm_object *object, struct vm_page *page)
{
	vm_offset_t offset = vm_page_object_offset(page);
	bool had = vm_paged_test(object, offset);
	bool alone = object->shadow == NULL && object->copy == NULL &&
	    object->shadow_count == 0;
	bool can_go = !object->kept && anonymous_can_go(object, had);
	bool dirty;

	if (!can_go && (page->dirty || pmap_is_modified(page) ||
	    (!had && !alone))) {
		page_keep(page);
		vm_object_unlock(object);
		return false;
	}
	if (can_go && vm_page_laundry_default_count >= LAUNDRY_DEFAULT_MAX &&
	    (page->dirty || (!had && !alone))) {
		vm_object_unlock(object);	/* its turn will come */
		return false;
	}
	pmap_page_protect(page, VM_PROT_NONE);
	dirty = page->dirty || pmap_is_modified(page);
	page->dirty = dirty;
	if (!dirty && (had || alone)) {
		vm_page_free(page);
		vm_object_unlock(object);
		return true;
	}
	if (can_go) {
		anonymous_send_unlock(object, page, offset, had);
		return false;
	}
	page_keep(page);
	vm_object_unlock(object);
	return false;
}

/*
 * What a copy has shown must not be read again from a user's pager: it may
 * have changed.  Have the copy take the page of a locked object before it
 * goes.  False: not now, and the object is unlocked.
 */
static bool
copy_secured(struct vm_object *object, struct vm_page *page)
{
	kern_return_t kr = vm_object_copy_push(object, page,
	    vm_page_object_offset(page));

	if (kr == KERN_RESOURCE_SHORTAGE)
		vm_object_unlock(object);
	return kr == KERN_SUCCESS;
}

/* Send an unmapped page of a locked object to its user's pager, with others if it takes them. */
static void
pager_send(struct vm_object *object, struct vm_page *page)
{
	struct vm_pager_run run = { .dirty = true, .flush = true };

	if (page->dirty && object->copy == NULL) {
		run_gather(object, page, vm_page_object_offset(page), false,
		    &run);
		(void)vm_pager_return(object, &run);
	} else {
		(void)vm_pager_return_page(object, page, page->dirty, true);
	}
}

static bool
pager_can_take(const struct vm_object *object)
{
	return object->pager != NULL && !object->pager_dead &&
	    object->pager_ready &&
	    vm_page_laundry_count - vm_page_laundry_default_count <
	    LAUNDRY_USER_MAX && (object->laundry == NULL ||
	    object->laundry->pages < LAUNDRY_OBJECT_MAX);
}

/* A pager's page: a clean one goes, a dirty one is sent.  Unlocks; whether it was freed. */
static bool
reclaim_pager_unlock(struct vm_object *object, struct vm_page *page)
{
	bool can_send = pager_can_take(object), freed = false;

	if (object->device_page != NULL || (!can_send && (page->dirty ||
	    page->precious || pmap_is_modified(page)))) {
		page_keep(page);
		vm_object_unlock(object);
		return false;
	}
	if (object->copy != NULL && !copy_secured(object, page))
		return false;
	pmap_page_protect(page, VM_PROT_NONE);
	if (pmap_is_modified(page))
		page->dirty = 1;
	if (!page->dirty && !page->precious) {
		vm_page_free(page);
		freed = true;
	} else if (can_send) {
		pager_send(object, page);
	} else {
		page_keep(page);
	}
	vm_object_unlock(object);
	return freed;
}

/* A page of a locked object; returns whether it was freed.  Unlocks. */
static bool
reclaim_unlock(struct vm_page *page)
{
	struct vm_object *object = page->home->owner;

	if (!page->error && !page_sendable(page)) {
		vm_object_unlock(object);
		return false;
	}
	if (page->error && !page->busy && page->wire_count == 0) {
		vm_page_free(page);
		vm_object_unlock(object);
		return true;
	}
	if (pmap_is_referenced(page)) {
		pmap_clear_reference(page);
		vm_event(reactivations);
		if (page->early)
			vm_page_early_end(page);
		vm_page_activate(page);
		vm_object_unlock(object);
		return false;
	}
	if (object->internal)
		return reclaim_anonymous_unlock(object, page);
	return reclaim_pager_unlock(object, page);
}

/* Whether what is free, and what the default pager will soon free, is enough. */
static bool
enough_underway(void)
{
	return vm_page_shortage() <= vm_page_laundry_default_count;
}

/* Returns how many pages of objects were freed. */
static unsigned
pageout_pass(void)
{
	unsigned scan, freed = 0;
	struct vm_page *page;

	balance();
	for (scan = vm_page_inactive_count; scan > 0; scan--) {
		if (enough_underway())
			break;
		page = inactive_next();
		if (page != NULL && reclaim_unlock(page))
			freed++;
	}
	return freed;
}

/*
 * The page longest on its way to a user's pager, with its carrier locked, if
 * it has been for too long; NULL: none, or the carrier is busy.
 */
static struct vm_page *
laundry_overdue(void)
{
	struct vm_page *page = NULL;
	struct vm_object *carrier;

	spin_lock(&vm_page_queue_lock);
	if (!queue_empty(&vm_page_queue_laundry)) {
		page = queue_element(queue_first(&vm_page_queue_laundry),
		    struct vm_page, pageq);
		carrier = page->home->owner;
		if ((uint32_t)clock_ticks - carrier->laundry_since <
		    LAUNDRY_TICKS || !spin_trylock(&carrier->lock))
			page = NULL;
	}
	spin_unlock(&vm_page_queue_lock);
	return page;
}

/*
 * What users' pagers have not taken in time becomes memory like all other,
 * which the default pager gets in its turn.  The pager finds it where it was.
 */
static void
laundry_hand_over(void)
{
	struct vm_object *carrier;
	struct vm_page *page;
	struct queue *q;

	if (!has_default)
		return;
	while ((page = laundry_overdue()) != NULL) {
		carrier = page->home->owner;
		spin_lock(&vm_page_queue_lock);
		queue_for_each(q, &carrier->resident->pages) {
			page = queue_element(q, struct vm_page, object_link);
			if (!page->laundry)
				continue;
			vm_page_dequeue_locked(page);
			vm_page_deactivate_locked(page);
		}
		spin_unlock(&vm_page_queue_lock);
		vm_pager_laundry_release(carrier->laundry);
		carrier->laundry = NULL;
		vm_object_unlock(carrier);
	}
}

/*
 * Kernel memory that nobody uses comes back: now and then, since what is free
 * is soon used again, or if a pass has got nowhere.  Returns how many pages.
 */
static unsigned
collect(unsigned freed)
{
	bool progress = freed != 0 || vm_page_laundry_default_count != 0;

	if (progress && (int32_t)(collect_at - (uint32_t)clock_ticks) > 0)
		return 0;
	collect_at = (uint32_t)clock_ticks + COLLECT_TICKS;
	return zone_collect();
}

/* After a pass: note whether pages are freed, and pagers get on with theirs. */
static void
progress_note(unsigned freed)
{
	unsigned done = vm_page_laundry_done;

	if ((uint32_t)clock_ticks - pass_at > IDLE_TICKS)
		progress_at = (uint32_t)clock_ticks;	/* a new shortage */
	pass_at = (uint32_t)clock_ticks;
	if (freed != 0 || done != done_seen)
		progress_at = (uint32_t)clock_ticks;
	done_seen = done;
}

/* Whoever holds what could not be had this time gets on meanwhile. */
static void
pause_ms(unsigned ms)
{
	assert_wait(&pass_at, false);
	thread_set_timeout(ms);
	(void)thread_block(NULL);
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
		has_default = vm_default_pager_exists();
		laundry_hand_over();
		freed = pageout_pass();
		progress_note(freed);
		freed += collect(freed);
		if (freed == 0 && vm_page_laundry_count != 0) {
			vm_page_laundry_wait(LAUNDRY_WAIT_MS);
			progress_note(0);
		} else if (freed == 0 && vm_page_scarce()) {
			/* objects that only the cache holds */
			(void)vm_object_cache_trim();
			vain_until = (uint32_t)clock_ticks + VAIN_TICKS;
			if (has_default)
				pause_ms(LAUNDRY_WAIT_MS);
		}
		vm_page_wakeup_waiters();
	}
}

void
vm_pageout_start(void)
{
	(void)kernel_thread("pageout", pageout_daemon);
}
