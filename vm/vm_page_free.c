/*
 * vm/vm_page_free.c - which pages of main memory are free.
 *
 * Owns:       the page structures, found through a table of chunks; the free
 *             blocks of the direct map and of memory beyond it; the small
 *             stock of free pages that each processor keeps.
 * Locks:      LOCK_PAGE_FREE for the blocks.  A processor's stock needs none:
 *             the kernel is not preempted and interrupts allocate nothing.
 * Invariant:  a free block of order n is 2^n pages, aligned to its size, with
 *             only its first page on a list; the kernel's stacks come from
 *             blocks, so neighbours are joined as soon as both are free.
 */
#include <kern/debug.h>
#include <kern/fail.h>
#include <kern/processor.h>
#include <kern/reaper.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/timer.h>
#include <machine/boot_info.h>
#include <vm/pmap.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_map.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>

#define ORDER_MAX	VM_PAGE_CHUNK_SHIFT
#define DIRECT_PAGES	(DIRECT_MAP_SIZE >> PAGE_SHIFT)
#define STOCK_MAX	32u
#define ENDING_WAIT_MS	20u		/* for memory of threads that end */
#define AWAITED_TICKS	(HZ / 10)	/* more than from one try to the next */
#define STOCK_BATCH_ORDER 4u
#define STOCK_BATCH	(1u << STOCK_BATCH_ORDER)

enum memory_class {
	MEMORY_DIRECT,			/* in the direct map: all uses */
	MEMORY_HIGH,			/* for users only */
	MEMORY_CLASSES
};

struct free_blocks {
	struct queue	  blocks[ORDER_MAX + 1];	/* of struct vm_page */
	volatile uint32_t count;			/* pages */
};

struct page_stock {
	unsigned	  count;
	struct vm_page	 *pages[STOCK_MAX];
};

uint32_t vm_page_total;
volatile uint32_t vm_page_free_count;
uint32_t vm_page_free_target;

struct vm_page **vm_page_chunks;
static uint32_t chunk_count;
/* What each use leaves alone; fixed after boot. */
static uint32_t reserve_user, reserve_kernel, reserve_message;
static uint32_t reserve_others;		/* fixed after boot; see user_left */

static struct spinlock free_lock = SPINLOCK_INIT(LOCK_PAGE_FREE);
static struct free_blocks free_memory[MEMORY_CLASSES];	/* free_lock */
static volatile bool waiters;		/* free_lock to set; read freely */
static volatile uint32_t new_awaited_until;	/* a hint: ticks */

/* Each processor's own. */
static struct page_stock stocks[MAX_PROCESSORS][MEMORY_CLASSES];

static inline enum memory_class
page_class(const struct vm_page *page)
{
	return page->pfn < DIRECT_PAGES ? MEMORY_DIRECT : MEMORY_HIGH;
}

static struct vm_page *
page_at(uint32_t pfn)
{
	struct vm_page *chunk;

	if ((pfn >> VM_PAGE_CHUNK_SHIFT) >= chunk_count)
		return NULL;
	chunk = vm_page_chunks[pfn >> VM_PAGE_CHUNK_SHIFT];
	if (chunk == NULL || !chunk[pfn & (VM_PAGE_CHUNK - 1)].managed)
		return NULL;
	return &chunk[pfn & (VM_PAGE_CHUNK - 1)];
}

struct vm_page *
vm_page_lookup_phys(phys_addr_t pa)
{
	return page_at((uint32_t)(pa >> PAGE_SHIFT));
}

struct vm_page *
vm_page_from_direct(const void *addr)
{
	return page_at(direct_to_phys(addr) >> PAGE_SHIFT);
}

/* Take free blocks apart until one of order is left; NULL if none is as large. */
static struct vm_page *
block_take(struct free_blocks *fb, unsigned order)
{
	struct vm_page *page, *half;
	unsigned have = order;

	while (queue_empty(&fb->blocks[have]))
		if (++have > ORDER_MAX)
			return NULL;
	page = queue_element(queue_pop_front(&fb->blocks[have]),
	    struct vm_page, pageq);
	while (have > order) {
		have--;
		half = page + (1u << have);	/* a block is within one chunk */
		half->free = 1;
		half->order = have;
		queue_push_front(&fb->blocks[have], &half->pageq);
	}
	page->free = 0;
	fb->count -= 1u << order;
	vm_page_free_count -= 1u << order;
	return page;
}

/*
 * Put a block back, joined with its other half, which is in the same chunk,
 * for as long as that is free.
 */
static void
block_give(struct free_blocks *fb, struct vm_page *page, unsigned order)
{
	struct vm_page *buddy;
	uint32_t size;

	fb->count += 1u << order;
	vm_page_free_count += 1u << order;
	for (; order < ORDER_MAX; order++) {
		size = 1u << order;
		buddy = page->pfn & size ? page - size : page + size;
		if (!buddy->free || buddy->order != order)
			break;
		queue_remove(&buddy->pageq);
		buddy->free = 0;
		page = min_of(page, buddy);
	}
	page->free = 1;
	page->order = order;
	queue_push_front(&fb->blocks[order], &page->pageq);
}

/* Take the smallest block there is, of at most 2^*order pages, to be split. */
static struct vm_page *
block_take_small(struct free_blocks *fb, unsigned *order)
{
	unsigned have = 0;

	while (have < *order && queue_empty(&fb->blocks[have]))
		have++;
	*order = have;
	return block_take(fb, have);
}

/*
 * Fill the empty stock of this processor; at least left pages stay behind.
 * While memory is scarce one page must do: what lies in a stock is lost to
 * others.
 */
static void
stock_refill(struct page_stock *stock, enum memory_class class, uint32_t left)
{
	struct free_blocks *fb = &free_memory[class];
	bool scarce = vm_page_scarce();
	struct vm_page *page, *end;
	unsigned order;

	spin_lock(&free_lock);
	while (stock->count < (scarce ? 1 : STOCK_BATCH) && fb->count > left) {
		order = STOCK_BATCH_ORDER;
		if (scarce || fb->count - left < STOCK_BATCH)
			order = 0;
		page = block_take_small(fb, &order);
		for (end = page + (1u << order); page < end; page++) {
			page->in_cache = 1;
			stock->pages[stock->count++] = page;
		}
	}
	spin_unlock(&free_lock);
	if (scarce)
		vm_pageout_wanted();
}

/* An empty stock is filled first, if more than left pages are free. */
static struct vm_page * __attribute__((noinline))
stock_take_slow(struct page_stock *stock, enum memory_class class,
    uint32_t left)
{
	struct vm_page *page;

	if (stock->count == 0 && free_memory[class].count > left)
		stock_refill(stock, class, left);
	if (stock->count == 0)
		return NULL;
	page = stock->pages[--stock->count];
	page->in_cache = 0;
	return page;
}

/*
 * Whether the batch of pages from pages on is one block, in order of address or
 * against it, as when what came from one comes back: its first page, or NULL.
 */
static struct vm_page *
batch_block(struct vm_page **pages)
{
	struct vm_page *first = pages[0], *page = first;
	ptrdiff_t step = 1;

	if ((first->pfn & (STOCK_BATCH - 1)) == STOCK_BATCH - 1) {
		first = pages[STOCK_BATCH - 1];
		step = -1;
	}
	if ((first->pfn & (STOCK_BATCH - 1)) != 0)
		return NULL;
	for (unsigned i = 1; i < STOCK_BATCH; i++) {
		page += step;
		if (pages[i] != page)
			return NULL;
	}
	return first;
}

/* Take count pages from the given place on out of the stock. */
static void
stock_cut(struct page_stock *stock, struct vm_page **pages, unsigned count)
{
	struct vm_page **end = stock->pages + stock->count - count;

	for (unsigned i = 0; i < count; i++)
		pages[i]->in_cache = 0;
	for (; pages < end; pages++)
		pages[0] = pages[count];
	stock->count -= count;
}

/* Give a block that lies in the stock as a whole back; false: there is none. */
static bool
stock_give_block(struct page_stock *stock, enum memory_class class)
{
	struct vm_page **pages, *first;

	for (pages = stock->pages;
	    pages + STOCK_BATCH <= stock->pages + stock->count; pages++) {
		first = batch_block(pages);
		if (first == NULL)
			continue;
		stock_cut(stock, pages, STOCK_BATCH);
		block_give(&free_memory[class], first, STOCK_BATCH_ORDER);
		return true;
	}
	return false;
}

/*
 * Give pages of a stock back to the blocks until no more than keep are left:
 * the longest there, if no block is whole yet.
 */
static void
stock_drain(struct page_stock *stock, enum memory_class class, unsigned keep)
{
	struct vm_page *pages[STOCK_MAX];
	unsigned i, count;

	spin_lock(&free_lock);
	while (stock->count > keep && stock_give_block(stock, class))
		continue;
	if (stock->count > keep) {
		count = stock->count - keep;
		for (i = 0; i < count; i++)
			pages[i] = stock->pages[i];
		stock_cut(stock, stock->pages, count);
		for (i = 0; i < count; i++)
			block_give(&free_memory[class], pages[i], 0);
	}
	spin_unlock(&free_lock);
}

/* Whether the current task holds much of memory already. */
static bool
task_is_large(void)
{
	struct vm_map *map = current_thread()->task->map;

	return map != NULL && map != kernel_map &&
	    pmap_resident_count(map->pmap) >= vm_page_total / 8;
}

/*
 * What a task must leave behind: the reserve, and if it is large a margin for
 * the others, who may need a page to give some back.
 */
static uint32_t
user_left(void)
{
	if (free_memory[MEMORY_DIRECT].count > reserve_user + reserve_others ||
	    !task_is_large())
		return reserve_user;
	return reserve_user + reserve_others;
}

/*
 * What memory that did not exist before must leave behind while nothing new
 * can be paged out: room for what went out to come back in, and more than that
 * if the task is large.
 */
static uint32_t
new_left(void)
{
	if (!vm_default_pager_full() || current_thread()->vm_privilege)
		return 0;
	return task_is_large() ? 3 * reserve_others : reserve_others / 2;
}

/*
 * Whether what comes back must leave behind, at its first try, as much as new
 * memory of a small task: such a task waits, and would starve if memory that
 * goes and comes took all that is freed.
 */
static bool
back_is_modest(void)
{
	return vm_default_pager_full() && !current_thread()->vm_privilege &&
	    (int32_t)(new_awaited_until - (uint32_t)clock_ticks) > 0;
}

/* What a use of users' memory leaves behind beyond the direct map. */
static uint32_t
high_left(enum vm_page_use use)
{
	if (use == VM_PAGE_USER_NEW)
		return new_left();
	return use == VM_PAGE_USER_BACK && back_is_modest() ?
	    reserve_others / 2 : 0;
}

/* There was no page for new memory; note it if what comes back must heed it. */
static void
new_awaited(void)
{
	if (vm_default_pager_full() && !task_is_large())
		new_awaited_until = (uint32_t)clock_ticks + AWAITED_TICKS;
}

/* What a use leaves behind of the direct map's free pages. */
static uint32_t
use_left(enum vm_page_use use)
{
	if (current_thread()->vm_privilege)
		return 0;
	switch (use) {
	case VM_PAGE_USER_NEW:
		return max_of(user_left(), reserve_user + new_left());
	case VM_PAGE_USER_BACK:
		if (back_is_modest())
			return reserve_user + reserve_others / 2;
		/* fall through */
	case VM_PAGE_USER:
		/* what comes in while nothing new can go out can go again */
		return vm_default_pager_full() ? reserve_kernel : user_left();
	case VM_PAGE_USER_DIRECT:
		return user_left();
	case VM_PAGE_KERNEL:
		return reserve_kernel;
	case VM_PAGE_MESSAGE:
		return reserve_message;
	case VM_PAGE_STACK:
		return reserve_message / 2;
	}
	return 0;
}

struct vm_page *
vm_page_grab(enum vm_page_use use)
{
	struct page_stock *stock = stocks[current_processor()->number];
	enum memory_class class = MEMORY_DIRECT;
	struct vm_page *page = NULL;

	if (fail_allocation())
		return NULL;
	if (use <= VM_PAGE_USER && (stock[MEMORY_HIGH].count != 0 ||
	    free_memory[MEMORY_HIGH].count != 0))
		class = MEMORY_HIGH;
	stock += class;
	if (likely(stock->count != 0)) {
		page = stock->pages[--stock->count];
		page->in_cache = 0;
		return page;
	}
	if (class == MEMORY_HIGH) {
		page = stock_take_slow(stock, class, high_left(use));
		stock -= MEMORY_HIGH;
	}
	if (page == NULL)
		page = stock_take_slow(stock, MEMORY_DIRECT, use_left(use));
	if (page == NULL) {
		if (use == VM_PAGE_USER_NEW)
			new_awaited();
		vm_pageout_wanted();
	}
	return page;
}

void
vm_page_release(struct vm_page *page)
{
	struct page_stock *stock = stocks[current_processor()->number];

	assert(page->home == NULL && !page->active && !page->inactive);
	assert(!page->free && !page->in_cache && page->wire_count == 0);
	page->dirty = 0;
	page->precious = 0;
	page->pv_bits = 0;
	page->in_cache = 1;
	stock += page_class(page);
	stock->pages[stock->count++] = page;
	if (unlikely(vm_page_scarce()))
		stock_drain(stock, page_class(page), 0);
	else if (unlikely(stock->count == STOCK_MAX))
		stock_drain(stock, page_class(page), STOCK_BATCH);
	if (unlikely(waiters))
		vm_page_wakeup_waiters();
}

struct vm_page *
vm_page_grab_contiguous(enum vm_page_use use, unsigned order)
{
	struct free_blocks *fb = &free_memory[MEMORY_DIRECT];
	struct vm_page *page = NULL;

	assert(order <= ORDER_MAX);
	if (fail_allocation())
		return NULL;
	spin_lock(&free_lock);
	if (fb->count > use_left(use))
		page = block_take(fb, order);
	spin_unlock(&free_lock);
	if (page == NULL || vm_page_scarce())
		vm_pageout_wanted();
	return page;
}

void
vm_page_release_contiguous(struct vm_page *page, unsigned order)
{
	spin_lock(&free_lock);
	block_give(&free_memory[MEMORY_DIRECT], page, order);
	spin_unlock(&free_lock);
	if (waiters)
		vm_page_wakeup_waiters();
}

bool
vm_page_scarce(void)
{
	return free_memory[MEMORY_HIGH].count +
	    free_memory[MEMORY_DIRECT].count < vm_page_free_target;
}

uint32_t
vm_page_shortage(void)
{
	uint32_t free = free_memory[MEMORY_HIGH].count +
	    free_memory[MEMORY_DIRECT].count;
	uint32_t want = vm_page_free_target + vm_page_free_target / 4;

	return free < want ? want - free : 0;
}

bool
vm_page_kernel_exhausted(void)
{
	return free_memory[MEMORY_DIRECT].count <= reserve_kernel;
}

uint32_t
vm_page_free_total(void)
{
	uint32_t total = vm_page_free_count;
	unsigned i;

	for (i = 0; i < processor_count; i++)
		total += stocks[i][MEMORY_DIRECT].count +
		    stocks[i][MEMORY_HIGH].count;
	return total;
}

/*
 * Wait for the pageout daemon's next word: it frees pages, or says by waking
 * us that it went through all of memory and found none.
 */
void
vm_page_wait(void (*continuation)(void))
{
	spin_lock(&free_lock);
	assert_wait(&waiters, true);
	waiters = true;
	spin_unlock(&free_lock);
	if (reaper_busy()) {
		/* memory is on its way: no need to have all pages looked at */
		vm_pageout_wanted();
		thread_set_timeout(ENDING_WAIT_MS);
	} else {
		vm_pageout_needed();
	}
	thread_block(continuation);
}

void
vm_page_wakeup_waiters(void)
{
	spin_lock(&free_lock);
	waiters = false;
	spin_unlock(&free_lock);
	thread_wakeup(&waiters);
}

/* Structures for [start, end); pages already seen stay as they are. */
static void
range_manage(phys_addr_t start, phys_addr_t end)
{
	uint32_t pfn;
	struct vm_page *page;

	for (pfn = start >> PAGE_SHIFT; pfn < (end >> PAGE_SHIFT); pfn++) {
		page = vm_page_managed(pfn);
		if (page->managed)
			continue;
		page->managed = true;
		page->pfn = pfn;
		queue_init(&page->pageq);
		vm_page_total++;
	}
}

void
vm_page_release_range(phys_addr_t start, phys_addr_t end)
{
	uint32_t pfn = (start + PAGE_MASK) >> PAGE_SHIFT;
	uint32_t last = end >> PAGE_SHIFT;
	struct vm_page *page;
	unsigned order;

	while (pfn < last) {
		page = page_at(pfn);
		order = 0;
		while (order < ORDER_MAX && !(pfn & (1u << order)) &&
		    pfn + (2u << order) <= last)
			order++;
		spin_lock(&free_lock);
		block_give(&free_memory[page_class(page)], page, order);
		spin_unlock(&free_lock);
		pfn += 1u << order;
	}
	if (waiters)
		vm_page_wakeup_waiters();
}

/* Mark the chunks of [start, end) as wanted; returns how many are new. */
static unsigned
range_chunks(phys_addr_t start, phys_addr_t end)
{
	static struct vm_page wanted;
	uint32_t chunk, last = (end - 1) >> (PAGE_SHIFT + VM_PAGE_CHUNK_SHIFT);
	unsigned fresh = 0;

	for (chunk = start >> (PAGE_SHIFT + VM_PAGE_CHUNK_SHIFT); chunk <= last; chunk++)
		if (vm_page_chunks[chunk] == NULL) {
			vm_page_chunks[chunk] = &wanted;
			fresh++;
		}
	return fresh;
}

static phys_addr_t
module_end(const struct boot_module *module)
{
	return round_page(module->start + module->size);
}

/* The highest address of memory that will have page structures. */
static phys_addr_t
memory_end(void)
{
	phys_addr_t end = 0;
	unsigned i;

	for (i = 0; i < memory_range_count; i++)
		end = max_of(end, memory_ranges[i].end);
	for (i = 0; i < boot_module_count; i++)
		end = max_of(end, module_end(&boot_modules[i]));
	return end;
}

static void
page_structures_make(void)
{
	unsigned i, count = 0, next = 0;
	struct vm_page *pages;

	chunk_count = (memory_end() - 1) / (VM_PAGE_CHUNK * PAGE_SIZE) + 1;
	vm_page_chunks = boot_alloc(round_page(chunk_count * sizeof(*vm_page_chunks)));
	for (i = 0; i < memory_range_count; i++)
		count += range_chunks(memory_ranges[i].start,
		    memory_ranges[i].end);
	for (i = 0; i < boot_module_count; i++)
		count += range_chunks(boot_modules[i].start,
		    module_end(&boot_modules[i]));
	pages = boot_alloc(round_page(count * VM_PAGE_CHUNK *
	    sizeof(struct vm_page)));
	for (i = 0; i < chunk_count; i++)
		if (vm_page_chunks[i] != NULL)
			vm_page_chunks[i] = &pages[VM_PAGE_CHUNK * next++];
}

/* What is left alone, by how much memory there is. */
static void
reserves_set(void)
{
	reserve_user = vm_page_total / 64;
	reserve_user = max_of(reserve_user, 64u);
	reserve_user = min_of(reserve_user, 1024u);
	reserve_kernel = reserve_user / 2;
	reserve_message = reserve_user / 4;
	reserve_others = reserve_user / 2;
	vm_page_free_target = reserve_user + 2 * reserve_others;
}

void
vm_page_withdraw(uint32_t pages)
{
	vm_page_total -= pages;
	reserves_set();
}

void
vm_page_bootstrap(void)
{
	struct memory_range *range;
	unsigned i, class, order;

	for (class = 0; class < MEMORY_CLASSES; class++)
		for (order = 0; order <= ORDER_MAX; order++)
			queue_init(&free_memory[class].blocks[order]);
	page_structures_make();
	for (i = 0; i < boot_module_count; i++)
		range_manage(boot_modules[i].start,
		    module_end(&boot_modules[i]));
	for (i = 0; i < memory_range_count; i++)
		range_manage(memory_ranges[i].start, memory_ranges[i].end);
	vm_page_hash_init();		/* the last to take from memory_ranges */
	for (i = 0; i < memory_range_count; i++) {
		range = &memory_ranges[i];
		vm_page_release_range(range->start, range->end);
	}
	reserves_set();
}

#ifdef DEBUG_KERNEL
/* The free blocks of a class are as many pages as are counted; free_lock held. */
static void
blocks_check(const struct free_blocks *fb)
{
	struct vm_page *page;
	uint32_t count = 0;
	struct queue *q;

	for (unsigned order = 0; order <= ORDER_MAX; order++)
		queue_for_each(q, &fb->blocks[order]) {
			page = queue_element(q, struct vm_page, pageq);
			assert(page->free && page->order == order);
			assert((page->pfn & ((1u << order) - 1)) == 0);
			count += 1u << order;
		}
	assert(count == fb->count);
}

/*
 * What a look at all pages found amiss: an object's page that is nowhere, and
 * how many more are wired than counted.  Another processor may just be moving
 * a page, but not the same one at the next look, a second later.
 */
struct amiss {
	const struct vm_page  *page;
	const struct vm_pages *home;
	vm_offset_t	       offset;
	int32_t		       wired;
};

static bool
page_nowhere(const struct vm_page *page)
{
	return page->tabled && !page->busy && page->wire_count == 0 &&
	    !page->active && !page->inactive && !page->laundry;
}

/* Each queue is as long as is counted; what else is amiss.  Queues locked. */
static struct amiss
queues_check(void)
{
	uint32_t active = 0, inactive = 0, laundry = 0;
	struct amiss amiss = { .wired = -(int32_t)vm_page_wire_count };
	const struct vm_page *page;

	for (uint32_t pfn = 0; pfn < chunk_count * VM_PAGE_CHUNK; pfn++) {
		page = page_at(pfn);
		if (page == NULL)
			continue;
		assert(page->active + page->inactive + page->laundry +
		    page->free + page->in_cache <= 1);
		if (page->active || page->inactive)
			assert(page->home != NULL && page->wire_count == 0);
		active += page->active;
		inactive += page->inactive;
		laundry += page->laundry;
		amiss.wired += page->tabled && page->wire_count != 0;
		if (amiss.page == NULL && page_nowhere(page)) {
			amiss.page = page;
			amiss.home = page->home;
			amiss.offset = page->offset;
		}
	}
	assert(active == vm_page_active_count);
	assert(inactive == vm_page_inactive_count);
	assert(laundry == vm_page_laundry_count);
	return amiss;
}

void
vm_page_check(void)
{
	static uint32_t checked_at;	/* seconds; vm_page_queue_lock */
	static struct amiss before;	/* vm_page_queue_lock */
	struct amiss now;

	spin_lock(&vm_page_queue_lock);
	if (checked_at == uptime) {
		spin_unlock(&vm_page_queue_lock);
		return;
	}
	checked_at = uptime;
	now = queues_check();
	assert(now.page == NULL || now.page != before.page ||
	    now.home != before.home || now.offset != before.offset);
	assert(now.wired == 0 || now.wired != before.wired);
	before = now;
	spin_unlock(&vm_page_queue_lock);
	spin_lock(&free_lock);
	blocks_check(&free_memory[MEMORY_DIRECT]);
	blocks_check(&free_memory[MEMORY_HIGH]);
	assert(free_memory[MEMORY_DIRECT].count +
	    free_memory[MEMORY_HIGH].count == vm_page_free_count);
	spin_unlock(&free_lock);
}
#endif
