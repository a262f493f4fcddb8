/*
 * tests/host/zone.c - zones: elements apart and aligned, exact counts, pages
 * given back, no memory, and the checks of the debug build.
 *
 * HOST_SRCS: kern/zone.c kern/zone_check.c kern/lock.c
 */
#include <string.h>

#include <kernel.h>

#include <kern/fail.h>
#include <kern/zone.h>
#include <vm/vm_kern.h>
#include <vm/vm_page.h>
#include <sanitizer/asan_interface.h>

#define PAGES		256u
#define ELEMS_MAX	4000u

static struct vm_page pages[PAGES];
static bool page_out[PAGES];
static unsigned pages_out;
static unsigned page_limit = PAGES;
static uint32_t seed = 4711;

/* The rest of the kernel. */

bool
fail_allocation(void)
{
	return false;
}

struct vm_page *
vm_page_grab(enum vm_page_use use)
{
	for (unsigned i = 0; i < PAGES && pages_out < page_limit; i++) {
		if (page_out[i])
			continue;
		page_out[i] = true;
		pages_out++;
		pages[i].pfn = i;
		ASAN_UNPOISON_MEMORY_REGION(host_memory + i * PAGE_SIZE,
		    PAGE_SIZE);
		return &pages[i];
	}
	return NULL;
}

void
vm_page_release(struct vm_page *page)
{
	if (!page_out[page->pfn])
		panic("page released twice");
	page_out[page->pfn] = false;
	pages_out--;
	ASAN_POISON_MEMORY_REGION(host_memory + page->pfn * PAGE_SIZE,
	    PAGE_SIZE);
}

struct vm_page *
vm_page_from_direct(const void *addr)
{
	return &pages[direct_to_phys(addr) >> PAGE_SHIFT];
}

/* Nothing side by side here: large memory comes from kmem_alloc. */
struct vm_page *
vm_page_grab_contiguous(enum vm_page_use use, unsigned order)
{
	return NULL;
}

void
vm_page_release_contiguous(struct vm_page *page, unsigned order)
{
	panic("pages given back that were never had");
}

bool
kmem_contains(const void *ptr)
{
	return true;
}

kern_return_t
kmem_alloc(vm_offset_t *addr, vm_size_t size)
{
	*addr = (vm_offset_t)calloc(1, size);
	return *addr != 0 ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

void
kmem_free(vm_offset_t addr, vm_size_t size)
{
	free((void *)addr);
}

/* The tests. */

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void
play(unsigned processor)
{
	host_processor = &host_processors[processor];
}

static void
collect_all(void)
{
	for (unsigned i = 0; i < 2; i++) {
		play(i);
		zone_collect();
	}
	play(0);
}

static void *elems[ELEMS_MAX];

/* Take n elements, write them full, check them, put them back. */
static bool
zone_holds_apart(struct zone *zone, size_t size, size_t align, unsigned n)
{
	bool ok = true;

	for (unsigned i = 0; i < n; i++) {
		elems[i] = zalloc(zone);
		ok = ok && elems[i] != NULL && (uintptr_t)elems[i] % align == 0;
		if (!ok)
			return false;
		memset(elems[i], (int)i, size);
	}
	for (unsigned i = 0; i < n; i++)
		for (size_t b = 0; b < size; b++)
			ok = ok && ((unsigned char *)elems[i])[b] ==
			    (unsigned char)i;
	ok = ok && zone_in_use(zone) == n;
	for (unsigned i = 0; i < n; i++)
		zfree(zone, elems[i]);
	return ok && zone_in_use(zone) == 0;
}

static void
test_sizes(void)
{
	static const struct { size_t size, align; } kinds[] = {
		{ 1, 0 }, { 4, 0 }, { 12, 0 }, { 16, 16 }, { 40, 0 },
		{ 61, 32 }, { 64, 64 }, { 100, 64 }, { 512, 16 }, { 700, 0 },
		{ 1365, 0 }, { 2044, 0 }, { 2048, 0 }, { 2049, 0 }, { 4096, 0 },
	};
	bool ok = true;

	for (unsigned i = 0; i < array_count(kinds); i++) {
		size_t align = kinds[i].align != 0 ? kinds[i].align : 8;
		struct zone *zone = zone_create("sizes", kinds[i].size,
		    kinds[i].align);

		ok = ok && zone_holds_apart(zone, kinds[i].size, align,
		    min_of(150u, 120u * PAGE_SIZE / (unsigned)kinds[i].size));
	}
	result(ok, "zone_elements_lie_apart_and_aligned");
}

static void
test_pages_come_back(void)
{
	unsigned before;

	collect_all();
	before = pages_out;	/* of the processors' caches themselves */
	for (unsigned i = 0; i < 500; i++)
		elems[i] = kalloc(200);
	for (unsigned i = 0; i < 500; i++) {
		play(i & 1);
		kfree(elems[i], 200);
	}
	collect_all();
	result(pages_out <= before + 1, "zone_collect_gives_pages_back");
}

static void
test_random(void)
{
	struct zone *zone = zone_create("random", 72, 0);
	unsigned n = 0;
	bool ok = true;

	for (unsigned step = 0; step < 200000; step++) {
		play(rnd(2));
		if (step % 5000 == 4999)
			zone_collect();
		if (n < ELEMS_MAX && rnd(100) < (step / 20000 % 2 ? 30 : 70)) {
			void *elem = zalloc_zero(zone);

			if (elem == NULL)
				continue;
			for (unsigned b = 0; b < 72; b++)
				ok = ok && ((char *)elem)[b] == 0;
			memset(elem, 0x55, 72);
			elems[n++] = elem;
		} else if (n > 0) {
			unsigned i = rnd(n);

			zfree(zone, elems[i]);
			elems[i] = elems[--n];
		}
		ok = ok && zone_in_use(zone) == n;
	}
	while (n > 0)
		zfree(zone, elems[--n]);
	collect_all();
	result(ok && zone_in_use(zone) == 0, "zone_random_use_counts_exactly");
}

static void
test_no_memory(void)
{
	struct zone *zone = zone_create("scarce", 1000, 0);
	unsigned n = 0, again = 0;

	zfree(zone, zalloc(zone));
	page_limit = pages_out + 3;
	while ((elems[n] = zalloc(zone)) != NULL)
		n++;
	result(n > 0 && zone_in_use(zone) == n, "zone_without_memory_gives_null");
	for (unsigned i = 0; i < n; i++)
		zfree(zone, elems[i]);
	while ((elems[again] = zalloc(zone)) != NULL)
		again++;
	result(again >= n, "zone_recovers_from_no_memory");
	for (unsigned i = 0; i < again; i++)
		zfree(zone, elems[i]);
	page_limit = PAGES;
	result(zone_in_use(zone) == 0, "zone_counts_after_no_memory");
}

static void
test_kalloc(void)
{
	bool ok = true;

	for (size_t size = 0; size < 9000; size = size < 5000 ? size + 1 : size * 2) {
		char *p = kalloc_zero(size);

		ok = ok && p != NULL;
		for (size_t i = 0; ok && i < size; i++)
			ok = p[i] == 0;
		memset(p, 0xff, size);
		kfree(p, size);
	}
	result(ok, "kalloc_zero_serves_every_size");
}

static void
free_it(void *arg)
{
	kfree(arg, 24);
}

static void
alloc_many(void *arg)
{
	for (unsigned i = 0; i < 64; i++)
		elems[i] = kalloc(24);
}

static void
test_checks(void)
{
	uint32_t *p = kalloc(24);

	kfree(p, 24);
	result(panics(free_it, p), "zone_double_free_panics");
	p = kalloc(24);
	result(panics(free_it, p + 1), "zone_free_of_no_element_panics");
	p[8] ^= 1;
	result(panics(free_it, p), "zone_overrun_panics");
	p[8] ^= 1;
	result(!panics(free_it, p), "zone_good_free_is_silent");
	p[3] = 17;
	result(panics(alloc_many, NULL), "zone_write_after_free_panics");
}

int
main(void)
{
	host_memory = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	zone_bootstrap();
	test_sizes();
	test_pages_come_back();
	test_random();
	test_no_memory();
	test_kalloc();
	test_checks();
	plan();
	return 0;
}
