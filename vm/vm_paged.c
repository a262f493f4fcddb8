/*
 * vm/vm_paged.c - which pages of an anonymous object the default pager has: a
 * bit for each, in pieces that exist once a page of theirs has gone out.
 *
 * Owns:       the bits.
 * Locks:      the object's.
 * Invariant:  a bit is at the page's place in the pager's object, so that the
 *             bits stay right when another object takes the pager over.
 */
#include <kern/zone.h>
#include <vm/vm_paged.h>

#define CHUNK_PAGES	(PAGE_SIZE * 8u)	/* 128 MB */

struct vm_paged {
	unsigned	 pages;		/* that there can be bits for */
	uint32_t	*chunks[];	/* NULL: the pager has none of these */
};

static unsigned
chunk_count(unsigned pages)
{
	return (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

static size_t
paged_bytes(unsigned pages)
{
	return sizeof(struct vm_paged) + chunk_count(pages) * sizeof(uint32_t *);
}

static size_t
chunk_bytes(const struct vm_paged *paged, unsigned chunk)
{
	unsigned pages = min_of(paged->pages - chunk * CHUNK_PAGES, CHUNK_PAGES);

	return (pages + 31) / 32 * sizeof(uint32_t);
}

/* The word with the bit of a page, NULL if there is none; *mask the bit. */
static uint32_t *
paged_word(const struct vm_object *object, vm_offset_t offset, uint32_t *mask)
{
	unsigned page = (offset + object->paging_offset) >> PAGE_SHIFT;
	const struct vm_paged *paged = object->paged;
	uint32_t *chunk;

	if (paged == NULL || page >= paged->pages)
		return NULL;
	*mask = 1u << (page % 32);
	chunk = paged->chunks[page / CHUNK_PAGES];
	return chunk != NULL ? &chunk[page % CHUNK_PAGES / 32] : NULL;
}

bool
vm_paged_lookup(const struct vm_object *object, vm_offset_t offset)
{
	uint32_t mask, *word = paged_word(object, offset, &mask);

	return word != NULL && (*word & mask) != 0;
}

/* The piece in which the bit of a page would lie; false: no memory, or no such page. */
static bool
chunk_make(struct vm_object *object, unsigned page)
{
	struct vm_paged *paged = object->paged;
	unsigned pages, chunk = page / CHUNK_PAGES;

	if (paged == NULL) {
		pages = round_page(object->size) >> PAGE_SHIFT;
		paged = kalloc_zero(paged_bytes(pages));
		if (paged == NULL)
			return false;
		paged->pages = pages;
		object->paged = paged;
	}
	if (page >= paged->pages)
		return false;
	if (paged->chunks[chunk] == NULL)
		paged->chunks[chunk] = kalloc_zero(chunk_bytes(paged, chunk));
	return paged->chunks[chunk] != NULL;
}

bool
vm_paged_set(struct vm_object *object, vm_offset_t offset)
{
	uint32_t mask, *word;

	if (!chunk_make(object,
	    (offset + object->paging_offset) >> PAGE_SHIFT))
		return false;
	word = paged_word(object, offset, &mask);
	*word |= mask;
	return true;
}

void
vm_paged_clear(struct vm_object *object, vm_offset_t offset)
{
	uint32_t mask, *word = paged_word(object, offset, &mask);

	if (word != NULL)
		*word &= ~mask;
}

vm_offset_t
vm_paged_next(const struct vm_object *object, vm_offset_t offset,
    vm_offset_t end)
{
	const struct vm_paged *paged = object->paged;
	unsigned first = (offset + object->paging_offset) >> PAGE_SHIFT;
	unsigned page = first, last = first + ((end - offset) >> PAGE_SHIFT);
	uint32_t *chunk, word;

	if (paged == NULL)
		return end;
	last = min_of(last, paged->pages);
	while (page < last) {
		chunk = paged->chunks[page / CHUNK_PAGES];
		if (chunk == NULL) {
			page = (page / CHUNK_PAGES + 1) * CHUNK_PAGES;
			continue;
		}
		word = chunk[page % CHUNK_PAGES / 32] >> page % 32;
		if (word == 0)
			page = (page / 32 + 1) * 32;
		else if (word & 1)
			return offset + ((vm_offset_t)(page - first) <<
			    PAGE_SHIFT);
		else
			page += (unsigned)__builtin_ctz(word);
	}
	return end;
}

void
vm_paged_free(struct vm_object *object)
{
	struct vm_paged *paged = object->paged;
	unsigned i;

	if (paged == NULL)
		return;
	object->paged = NULL;
	for (i = 0; i < chunk_count(paged->pages); i++)
		if (paged->chunks[i] != NULL)
			kfree(paged->chunks[i], chunk_bytes(paged, i));
	kfree(paged, paged_bytes(paged->pages));
}
