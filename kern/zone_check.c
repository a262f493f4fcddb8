/*
 * kern/zone_check.c - poison and red zones of zone elements, debug build.
 *
 * Owns:       nothing; the memory it checks is free or its caller's.
 * Locks:      none of its own.
 */
#include <kern/debug.h>
#include <kern/zone_check.h>

#ifdef DEBUG_KERNEL

#define POISON		0xdeadbee5u	/* odd: no pointer */
#define RED_FREE	0xf3eef3eeu
#define RED_USED	0xa110ca7eu

static inline size_t
align_up(size_t size, size_t align)
{
	return (size + align - 1) & ~(align - 1);
}

size_t
zone_check_stride(size_t size, size_t align)
{
	size_t plain = align_up(size, align);
	size_t with = align_up(align_up(size, 4) + 4, align);

	/* Large elements that share a page evenly go without. */
	return PAGE_SIZE / plain <= 2 && PAGE_SIZE / with < PAGE_SIZE / plain ?
	    plain : with;
}

/* The red zone's place, NULL if elements of this zone have none. */
static uint32_t *
red_zone(size_t size, size_t stride, void *elem)
{
	size_t at = align_up(size, 4);

	return at + 4 <= stride ? (uint32_t *)((char *)elem + at) : NULL;
}

static void
poison(size_t size, size_t stride, void *elem)
{
	uint32_t *word = elem;
	uint32_t *red = red_zone(size, stride, elem);

	for (size_t i = 0; i < size / 4; i++)
		word[i] = POISON;
	if (red != NULL)
		*red = RED_FREE;
}

void
zone_check_new(size_t size, size_t stride, void *elem)
{
	poison(size, stride, elem);
}

void
zone_check_unlinked(void *elem)
{
	for (size_t i = 0; i < sizeof(void *) / 4; i++)
		((uint32_t *)elem)[i] = POISON;
}

void
zone_check_alloc(const char *name, size_t size, size_t stride, void *elem)
{
	const uint32_t *word = elem;
	uint32_t *red;

	if (elem == NULL)
		return;
	for (size_t i = 0; i < size / 4; i++)
		if (word[i] != POISON)
			panic("zone %s: free element %p has %x at %u",
			    name, elem, word[i], (unsigned)i * 4);
	red = red_zone(size, stride, elem);
	if (red == NULL)
		return;
	if (*red != RED_FREE)
		panic("zone %s: free element %p has %x behind it", name, elem,
		    *red);
	*red = RED_USED;
}

void
zone_check_free(const char *name, size_t size, size_t stride, void *elem,
    void *const *cached, unsigned n)
{
	uint32_t *red = red_zone(size, stride, elem);

	if (((uintptr_t)elem & PAGE_MASK) % stride != 0)
		panic("zone %s: %p is no element", name, elem);
	for (unsigned i = 0; i < n; i++)
		if (cached[i] == elem)
			panic("zone %s: %p freed twice", name, elem);
	if (red != NULL && *red == RED_FREE)
		panic("zone %s: %p freed twice", name, elem);
	if (red != NULL && *red != RED_USED)
		panic("zone %s: element %p overrun: %x behind it", name, elem,
		    *red);
	poison(size, stride, elem);
}

#endif
