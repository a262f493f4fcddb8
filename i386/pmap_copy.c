/*
 * i386/pmap_copy.c - from one task's memory straight to another's.
 *
 * Owns:       nothing.
 * Locks:      none.  The processor enters itself among those that may hold
 *             pmap's translations and turns interrupts off: who takes a right
 *             away afterwards waits for its answer, so for the copy's end.
 * Invariant:  a page is written only through an entry that a user program
 *             could write through at that moment.
 */
#include <machine/pmap_internal.h>

#define NX_BIT	(1u << 31)	/* of an entry's high word */

/* Where the user part's va may be written, as direct memory, or NULL. */
static inline char *
writable(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pte;
	uint32_t low, rights = PTE_P | PTE_W | PTE_U;

	if (directory == NULL)
		return NULL;
	pte = pde_in(directory, va);
	if ((pte->low & (rights | PTE_PS)) != rights)
		return NULL;
	pte = pte_in(table_of(pte), va);
	low = pte->low;
	/* What is not dirty yet the processor marks when the user writes. */
	rights |= PTE_D | PTE_MANAGED;
	if ((low & rights) != rights || (pte->high & ~NX_BIT) != 0 ||
	    (low & PTE_FRAME) >= pmap_direct_end)
		return NULL;
	return phys_to_direct((low & PTE_FRAME) | (va & PAGE_MASK));
}

static inline bool
copy_pages(struct pmap *pmap, vm_offset_t to, const char *from, uint32_t size)
{
	uint32_t part;
	char *page;

	for (; size > 0; to += part, from += part, size -= part) {
		part = min_of(size, PAGE_SIZE - (to & PAGE_MASK));
		page = writable(pmap, to);
		if (page == NULL || copyin_nofault(from, page, part) != 0)
			return false;
	}
	return true;
}

bool
pmap_copy_user(struct pmap *pmap, vm_offset_t to, const void *from,
    uint32_t size)
{
	struct processor *self = current_processor();
	bool other = pmap != self->machine.pmap, ok;

	if (to >= KERNEL_BASE || size > KERNEL_BASE - to)
		return false;
	intr_off();
	if (other)
		__atomic_or_fetch(&pmap->processors, self->machine.bit,
		    __ATOMIC_SEQ_CST);
	ok = copy_pages(pmap, to, from, size);
	if (other)
		__atomic_and_fetch(&pmap->processors, ~self->machine.bit,
		    __ATOMIC_RELEASE);
	intr_restore(true);
	return ok;
}
