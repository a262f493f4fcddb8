/*
 * kern/zone.c - allocation of kernel structures.
 *
 * Owns:       zones; the pages cut into their elements; the caches of free
 *             elements that each processor keeps of each zone.
 * Locks:      zone->lock (LOCK_ZONE) guards the zone's pages and counts, and
 *             in the pages' structures pageq, zone_free and wire_count.  A
 *             cache is its processor's own: the kernel is not preemptible and
 *             interrupt handlers do not allocate.
 * Invariant:  a page of a zone is on zone->partial if it has free elements
 *             and elements out, on zone->empty if it has none out, on neither
 *             list if it has none free.  Elements in caches count as out of
 *             their page.
 *
 * Free elements of a page are linked through their first word.  The common
 * case of zalloc and zfree touches the processor's cache alone; every half
 * a cache of elements moves between cache and pages at once.
 */
#include <kern/debug.h>
#include <kern/fail.h>
#include <kern/lock.h>
#include <kern/processor.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <kern/zone_check.h>
#include <vm/vm_kern.h>
#include <vm/vm_page.h>

#define ZONES_MAX	96
#define CACHE_MAX	24		/* elements in a cache */
#define CACHE_DEEP	384		/* the same of the smallest elements */
#define SMALLEST	16		/* bytes */
#define CACHE_BYTES	8192		/* and no more memory than about this */
#define EMPTY_PAGES_KEPT 2

struct zone_cache {
	unsigned	count;
	unsigned	limit;
	void	       *elems[];	/* room for limit */
};

struct zone {
	/* fixed at creation */
	const char	*name;
	size_t		 size;		/* as asked for */
	size_t		 stride;	/* from element to element */
	unsigned	 per_page;
	unsigned	 cache_limit;	/* 0: no caches */
	enum vm_page_use use;
	struct zone_cache *cache[MAX_PROCESSORS]; /* each processor's own */

	/* under lock */
	struct spinlock	 lock;
	struct queue	 partial;	/* of struct vm_page, by pageq */
	struct queue	 empty;
	unsigned	 empty_count;
	uint32_t	 pages;
	uint32_t	 out;		/* elements out of their pages */
};

static struct zone zones[ZONES_MAX];	/* grows at boot only */
static unsigned zone_count;

/* Before a processor has a cache of a zone: nothing in it, no room. */
static struct zone_cache no_cache;
static struct zone *cache_zone;
static struct zone *deep_cache_zone;

static const uint16_t kalloc_sizes[] = {
	16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096,
};
static const char *const kalloc_names[] = {
	"kalloc.16", "kalloc.32", "kalloc.64", "kalloc.96", "kalloc.128",
	"kalloc.192", "kalloc.256", "kalloc.384", "kalloc.512", "kalloc.768",
	"kalloc.1024", "kalloc.2048", "kalloc.4096",
};
#define KALLOC_STEP	16u		/* sizes up to KALLOC_STEPPED: a table */
#define KALLOC_STEPPED	1024u

static struct zone *kalloc_zones[array_count(kalloc_sizes)];
static struct zone *kalloc_by_step[KALLOC_STEPPED / KALLOC_STEP + 1];

/* A zone without caches on the processors. */
static struct zone *
zone_create_bare(const char *name, size_t elem_size, size_t align)
{
	struct zone *zone;

	if (zone_count == ZONES_MAX)
		panic("zone %s: there are %d zones already", name, ZONES_MAX);
	if (elem_size == 0 || elem_size > PAGE_SIZE || align > 64)
		panic("zone %s: size %zu, alignment %zu", name, elem_size, align);
	if (align < 8)
		align = 8;
	zone = &zones[zone_count++];
	zone->name = name;
	zone->size = elem_size;
	zone->stride = zone_check_stride(elem_size, align);
	zone->per_page = PAGE_SIZE / zone->stride;
	zone->use = VM_PAGE_KERNEL;
	for (unsigned i = 0; i < MAX_PROCESSORS; i++)
		zone->cache[i] = &no_cache;
	spinlock_init(&zone->lock, LOCK_ZONE);
	queue_init(&zone->partial);
	queue_init(&zone->empty);
	return zone;
}

struct zone *
zone_create(const char *name, size_t elem_size, size_t align)
{
	struct zone *zone = zone_create_bare(name, elem_size, align);

	zone->cache_limit = CACHE_BYTES / zone->stride;
	zone->cache_limit = min_of(zone->cache_limit,
	    elem_size <= SMALLEST ? CACHE_DEEP : CACHE_MAX);
	zone->cache_limit = max_of(zone->cache_limit, 4);
	return zone;
}

void
zone_use_message_reserve(struct zone *zone)
{
	zone->use = VM_PAGE_MESSAGE;
}

void
zone_bootstrap(void)
{
	unsigned class = 0;

	cache_zone = zone_create_bare("zone cache",
	    offsetof(struct zone_cache, elems[CACHE_MAX]), 0);
	deep_cache_zone = zone_create_bare("deep zone cache",
	    offsetof(struct zone_cache, elems[CACHE_DEEP]), 0);
	for (unsigned i = 0; i < array_count(kalloc_sizes); i++)
		kalloc_zones[i] = zone_create(kalloc_names[i],
		    kalloc_sizes[i], 0);
	for (unsigned i = 0; i < array_count(kalloc_by_step); i++) {
		if (i * KALLOC_STEP > kalloc_sizes[class])
			class++;
		kalloc_by_step[i] = kalloc_zones[class];
	}
}

/* Get a page and cut it up.  Zone locked. */
static struct vm_page *
zone_grow(struct zone *zone)
{
	struct vm_page *page = vm_page_grab(zone->use);
	char *base, *elem;
	void *next = NULL;

	if (page == NULL)
		return NULL;
	base = vm_page_to_direct(page);
	for (unsigned i = zone->per_page; i-- > 0; next = elem) {
		elem = base + i * zone->stride;
		zone_check_new(zone->size, zone->stride, elem);
		*(void **)elem = next;
	}
	page->zone = zone;
	page->zone_free = next;
	page->wire_count = 0;
	zone->pages++;
	queue_push_back(&zone->empty, &page->pageq);
	zone->empty_count++;
	return page;
}

/* A page with a free element, NULL if there is no memory.  Zone locked. */
static struct vm_page *
zone_find_page(struct zone *zone)
{
	if (!queue_empty(&zone->partial))
		return queue_element(queue_first(&zone->partial),
		    struct vm_page, pageq);
	if (!queue_empty(&zone->empty))
		return queue_element(queue_first(&zone->empty),
		    struct vm_page, pageq);
	return zone_grow(zone);
}

/* Take up to want elements out of page.  Zone locked. */
static unsigned
zone_take_from(struct zone *zone, struct vm_page *page, void **elems,
    unsigned want)
{
	unsigned n = 0;

	if (page->wire_count == 0) {
		queue_remove(&page->pageq);
		zone->empty_count--;
		queue_push_front(&zone->partial, &page->pageq);
	}
	while (n < want && page->zone_free != NULL) {
		void *elem = page->zone_free;

		page->zone_free = *(void **)elem;
		zone_check_unlinked(elem);
		elems[n++] = elem;
	}
	page->wire_count += n;
	if (page->zone_free == NULL)
		queue_remove(&page->pageq);
	return n;
}

/* Take up to want elements out of the zone's pages; returns how many. */
static unsigned
zone_take(struct zone *zone, void **elems, unsigned want)
{
	unsigned n = 0;

	spin_lock(&zone->lock);
	while (n < want) {
		struct vm_page *page = zone_find_page(zone);

		if (page == NULL)
			break;
		n += zone_take_from(zone, page, elems + n, want - n);
	}
	zone->out += n;
	spin_unlock(&zone->lock);
	return n;
}

/* Give a page without elements out back.  Zone locked; page on no list. */
static void
zone_shrink(struct zone *zone, struct vm_page *page)
{
	zone->pages--;
	page->zone = NULL;
	page->zone_free = NULL;
	vm_page_release(page);
}

/* Put an element back into its page.  Zone locked. */
static void
zone_put_one(struct zone *zone, void *elem)
{
	struct vm_page *page = vm_page_from_direct(elem);

	assert(page->zone == zone && page->wire_count > 0);
	if (page->zone_free == NULL)
		queue_push_front(&zone->partial, &page->pageq);
	*(void **)elem = page->zone_free;
	page->zone_free = elem;
	if (--page->wire_count > 0)
		return;
	queue_remove(&page->pageq);
	if (zone->empty_count >= EMPTY_PAGES_KEPT) {
		zone_shrink(zone, page);
		return;
	}
	queue_push_front(&zone->empty, &page->pageq);
	zone->empty_count++;
}

static void
zone_put(struct zone *zone, void **elems, unsigned n)
{
	spin_lock(&zone->lock);
	for (unsigned i = 0; i < n; i++)
		zone_put_one(zone, elems[i]);
	zone->out -= n;
	spin_unlock(&zone->lock);
}

/* Give this processor a cache of zone if it has none and should. */
static struct zone_cache *
zone_cache_make(struct zone *zone, unsigned cpu)
{
	struct zone_cache *cache = zone->cache[cpu];
	void *elem;

	if (cache != &no_cache || zone->cache_limit == 0)
		return cache;
	if (zone_take(zone->cache_limit > CACHE_MAX ? deep_cache_zone :
	    cache_zone, &elem, 1) == 0)
		return cache;
	cache = elem;
	cache->count = 0;
	cache->limit = zone->cache_limit;
	zone->cache[cpu] = cache;
	return cache;
}

/* The cache is empty: fill half of it, and one for the caller. */
static void * __attribute__((noinline))
zalloc_slow(struct zone *zone, unsigned cpu)
{
	struct zone_cache *cache = zone_cache_make(zone, cpu);
	void *elem;

	if (cache->limit == 0)
		return zone_take(zone, &elem, 1) == 1 ? elem : NULL;
	cache->count = zone_take(zone, cache->elems, cache->limit / 2);
	if (cache->count == 0)
		return NULL;
	return cache->elems[--cache->count];
}

/* The cache is full: empty half of it first. */
static void __attribute__((noinline))
zfree_slow(struct zone *zone, unsigned cpu, void *elem)
{
	struct zone_cache *cache = zone_cache_make(zone, cpu);

	if (cache->limit == 0) {
		zone_put(zone, &elem, 1);
		return;
	}
	if (cache->count == cache->limit) {
		unsigned keep = cache->limit / 2;

		/* The oldest go; who was freed last is in the CPU's cache. */
		zone_put(zone, cache->elems, cache->limit - keep);
		memmove(cache->elems, cache->elems + cache->limit - keep,
		    keep * sizeof(cache->elems[0]));
		cache->count = keep;
	}
	cache->elems[cache->count++] = elem;
}

void *
zalloc(struct zone *zone)
{
	unsigned cpu = current_processor()->number;
	struct zone_cache *cache = zone->cache[cpu];
	void *elem;

	if (fail_allocation())
		return NULL;
	if (likely(cache->count > 0))
		elem = cache->elems[--cache->count];
	else
		elem = zalloc_slow(zone, cpu);
	zone_check_alloc(zone->name, zone->size, zone->stride, elem);
	return elem;
}

void *
zalloc_zero(struct zone *zone)
{
	void *elem = zalloc(zone);

	if (elem != NULL)
		memset(elem, 0, zone->size);
	return elem;
}

void
zfree(struct zone *zone, void *elem)
{
	unsigned cpu = current_processor()->number;
	struct zone_cache *cache = zone->cache[cpu];

	zone_check_free(zone->name, zone->size, zone->stride, elem,
	    cache->elems + cache->count - min_of(cache->count, CACHE_MAX),
	    min_of(cache->count, CACHE_MAX));
	if (likely(cache->count < cache->limit))
		cache->elems[cache->count++] = elem;
	else
		zfree_slow(zone, cpu, elem);
}

uint32_t
zone_in_use(struct zone *zone)
{
	uint32_t in_use;

	spin_lock(&zone->lock);
	in_use = zone->out;
	for (unsigned i = 0; i < MAX_PROCESSORS; i++)
		in_use -= zone->cache[i]->count;
	spin_unlock(&zone->lock);
	return in_use;
}

/* Empty this processor's cache of zone, then give free pages back. */
static unsigned
zone_collect_one(struct zone *zone, unsigned cpu)
{
	struct zone_cache *cache = zone->cache[cpu];
	unsigned released = 0;
	struct queue *q;

	zone_put(zone, cache->elems, cache->count);
	if (cache->limit > 0)
		cache->count = 0;
	spin_lock(&zone->lock);
	while ((q = queue_pop_front(&zone->empty)) != NULL) {
		zone->empty_count--;
		zone_shrink(zone, queue_element(q, struct vm_page, pageq));
		released++;
	}
	spin_unlock(&zone->lock);
	return released;
}

unsigned
zone_collect(void)
{
	unsigned cpu = current_processor()->number;
	unsigned released = 0;

	for (unsigned i = 0; i < zone_count; i++)
		released += zone_collect_one(&zones[i], cpu);
	return released;
}

void
zone_for_each(void (*visit)(void *arg, const char *name, size_t size,
    uint32_t in_use, uint32_t pages), void *arg)
{
	for (unsigned i = 0; i < zone_count; i++)
		visit(arg, zones[i].name, zones[i].size,
		    zone_in_use(&zones[i]), zones[i].pages);
}

/* The zone for a size up to a page. */
static inline struct zone *
kalloc_zone(size_t size)
{
	if (likely(size <= KALLOC_STEPPED))
		return kalloc_by_step[(size + KALLOC_STEP - 1) / KALLOC_STEP];
	return kalloc_zones[array_count(kalloc_sizes) - (size <= 2048 ? 2 : 1)];
}

/* Above a page and up to this, pages side by side are tried first. */
#define CONTIGUOUS_MAX	(4 * PAGE_SIZE)

static unsigned
page_order(size_t size)
{
	return size <= 2 * PAGE_SIZE ? 1 : 2;
}

static void *
kalloc_large(size_t size)
{
	struct vm_page *page = NULL;
	vm_offset_t addr;

	if (size <= CONTIGUOUS_MAX)
		page = vm_page_grab_contiguous(VM_PAGE_MESSAGE,
		    page_order(size));
	if (page != NULL)
		return vm_page_to_direct(page);
	if (kmem_alloc(&addr, size) != KERN_SUCCESS)
		return NULL;
	return (void *)addr;
}

void *
kalloc(size_t size)
{
	if (likely(size <= PAGE_SIZE))
		return zalloc(kalloc_zone(size));
	return kalloc_large(size);
}

void *
kalloc_zero(size_t size)
{
	void *ptr = kalloc(size);

	/* Memory from kmem_alloc is zero already. */
	if (ptr != NULL && (size <= PAGE_SIZE || !kmem_contains(ptr)))
		memset(ptr, 0, size);
	return ptr;
}

void
kfree(void *ptr, size_t size)
{
	if (likely(size <= PAGE_SIZE))
		zfree(kalloc_zone(size), ptr);
	else if (kmem_contains(ptr))
		kmem_free((vm_offset_t)ptr, size);
	else
		vm_page_release_contiguous(vm_page_from_direct(ptr),
		    page_order(size));
}
