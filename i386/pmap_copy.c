/*
 * i386/pmap_copy.c - from one task's memory straight to another's.
 *
 * Owns:       nothing.
 * Locks:      none.  The processor is among those that may hold pmap's
 *             translations and turns interrupts off: who takes a right away
 *             afterwards waits for its answer, so for the copy's end.
 * Invariant:  a page is written only through an entry that a user program
 *             could write through at that moment.
 */
#include <machine/pmap_internal.h>
#include <machine/user_access.h>

#define NX_BIT	(1u << 31)	/* of an entry's high word */
#define TABLE_BITS	(PTE_P | PTE_W | PTE_U)
/* What is not dirty yet the processor marks when the user writes. */
#define PAGE_BITS	(PTE_P | PTE_W | PTE_U | PTE_D | PTE_MANAGED)

/* Where the user part's va may be written, as direct memory, or NULL. */
static inline __attribute__((always_inline)) char *
writable(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pte;
	uint32_t low;

	if (unlikely(directory == NULL))
		return NULL;
	low = pde_in(directory, va)->low;
	if (unlikely((~low & TABLE_BITS) != 0))
		return NULL;		/* a user's is never a large page */
	pte = pte_in(phys_to_direct(low & PTE_FRAME), va);
	low = pte->low;
	if (unlikely((~low & PAGE_BITS) != 0 || (pte->high & ~NX_BIT) != 0 ||
	    (low & PTE_FRAME) >= pmap_direct_end))
		return NULL;
	return phys_to_direct((low & PTE_FRAME) | (va & PAGE_MASK));
}

static inline __attribute__((always_inline)) bool
copy_pages(struct pmap *pmap, vm_offset_t to, const char *from, uint32_t size)
{
	uint32_t room = PAGE_SIZE - (to & PAGE_MASK);
	char *page;

	while (unlikely(size > room)) {
		page = writable(pmap, to);
		if (page == NULL ||
		    !user_words_read_nofault(from, page, room / sizeof(uint32_t)))
			return false;
		to += room;
		from += room;
		size -= room;
		room = PAGE_SIZE;
	}
	page = writable(pmap, to);
	return likely(page != NULL) &&
	    user_words_read_nofault(from, page, size / sizeof(uint32_t));
}

bool
pmap_copy_user(struct pmap *pmap, vm_offset_t to, const void *from,
    uint32_t size)
{
	bool ok;

	if (unlikely(to > KERNEL_BASE - size ||
	    (uintptr_t)from > KERNEL_BASE - size || ((to | size) & 3) != 0))
		return false;
	intr_off();
	pmap_join(pmap);
	ok = copy_pages(pmap, to, from, size);
	intr_restore(true);
	return ok;
}
