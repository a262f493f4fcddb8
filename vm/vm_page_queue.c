/*
 * vm/vm_page_queue.c - how recently pages were used: the active and inactive
 * queues, and the pages that are wired and on neither.
 *
 * Owns:       both queues and their counts.
 * Locks:      vm_page_queue_lock (LOCK_PAGE_QUEUES), after the page's object.
 * Invariant:  a page on a queue has a home; it leaves the queue before the
 *             home goes, so the daemon may follow page to home to object
 *             while it holds this lock.
 */
#include <kern/debug.h>
#include <kern/thread.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

struct spinlock vm_page_queue_lock = SPINLOCK_INIT(LOCK_PAGE_QUEUES);
struct queue vm_page_queue_active = {
	&vm_page_queue_active, &vm_page_queue_active
};
struct queue vm_page_queue_inactive = {
	&vm_page_queue_inactive, &vm_page_queue_inactive
};
volatile unsigned vm_page_active_count;
volatile unsigned vm_page_inactive_count;
volatile unsigned vm_page_wire_count;
struct queue vm_page_queue_laundry = {
	&vm_page_queue_laundry, &vm_page_queue_laundry
};
volatile unsigned vm_page_laundry_count;
volatile unsigned vm_page_laundry_default_count;
volatile unsigned vm_page_laundry_done;

static volatile bool laundry_awaited;		/* vm_page_queue_lock */

/* A page in its carrier is no laundry any more; it is still on its queue. */
static void
laundry_end(struct vm_page *page)
{
	struct vm_laundry *laundry = page->home->owner->laundry;

	page->laundry = 0;
	vm_page_laundry_count--;
	vm_page_laundry_done++;
	vm_page_laundry_default_count -= page->laundry_default;
	page->laundry_default = 0;
	if (laundry != NULL)
		laundry->pages--;
	if (laundry_awaited) {
		laundry_awaited = false;
		thread_wakeup(&laundry_awaited);
	}
}

void
vm_page_launder(struct vm_page *page, bool to_default)
{
	struct vm_laundry *laundry;

	spin_lock(&vm_page_queue_lock);
	vm_page_dequeue_locked(page);
	laundry = page->home->owner->laundry;
	page->laundry = 1;
	page->laundry_default = to_default;
	vm_page_laundry_count++;
	vm_page_laundry_default_count += to_default;
	if (laundry != NULL)
		laundry->pages++;
	if (to_default)
		queue_init(&page->pageq);
	else
		queue_push_back(&vm_page_queue_laundry, &page->pageq);
	spin_unlock(&vm_page_queue_lock);
}

void
vm_page_laundry_wait(unsigned timeout_ms)
{
	spin_lock(&vm_page_queue_lock);
	if (vm_page_laundry_count == 0) {
		spin_unlock(&vm_page_queue_lock);
		return;
	}
	assert_wait(&laundry_awaited, false);
	laundry_awaited = true;
	spin_unlock(&vm_page_queue_lock);
	thread_set_timeout(timeout_ms);
	(void)thread_block(NULL);
}

void
vm_page_dequeue_other(struct vm_page *page)
{
	if (page->inactive) {
		page->inactive = 0;
		vm_page_inactive_count--;
	} else if (page->laundry) {
		laundry_end(page);
	} else {
		return;
	}
	queue_remove(&page->pageq);
}

void
vm_page_activate_locked(struct vm_page *page)
{
	if (page->wire_count != 0 || page->laundry)
		return;
	if (page->active || page->inactive)	/* a fresh one is not */
		vm_page_dequeue_locked(page);
	queue_push_back(&vm_page_queue_active, &page->pageq);
	page->active = 1;
	vm_page_active_count++;
}

void
vm_page_deactivate_locked(struct vm_page *page)
{
	if (page->wire_count != 0 || page->laundry)
		return;
	vm_page_dequeue_locked(page);
	queue_push_back(&vm_page_queue_inactive, &page->pageq);
	page->inactive = 1;
	vm_page_inactive_count++;
}

void
vm_page_next_out(struct vm_page *page)
{
	spin_lock(&vm_page_queue_lock);
	if (page->inactive) {
		queue_remove(&page->pageq);
		queue_push_front(&vm_page_queue_inactive, &page->pageq);
	}
	spin_unlock(&vm_page_queue_lock);
}

void
vm_page_activate(struct vm_page *page)
{
	if (page->active)		/* a hint is good enough here */
		return;
	spin_lock(&vm_page_queue_lock);
	vm_page_activate_locked(page);
	spin_unlock(&vm_page_queue_lock);
}

void
vm_page_deactivate(struct vm_page *page)
{
	pmap_clear_reference(page);
	spin_lock(&vm_page_queue_lock);
	vm_page_deactivate_locked(page);
	spin_unlock(&vm_page_queue_lock);
}

void
vm_page_wire(struct vm_page *page)
{
	spin_lock(&vm_page_queue_lock);
	if (page->wire_count == 0) {
		vm_page_dequeue_locked(page);
		vm_page_wire_count++;
	}
	if (page->wire_count != UINT16_MAX)
		page->wire_count++;
	spin_unlock(&vm_page_queue_lock);
}

void
vm_page_unwire(struct vm_page *page)
{
	spin_lock(&vm_page_queue_lock);
	if (page->wire_count != 0 && page->wire_count != UINT16_MAX &&
	    --page->wire_count == 0) {
		vm_page_wire_count--;
		vm_page_activate_locked(page);
	}
	spin_unlock(&vm_page_queue_lock);
}
