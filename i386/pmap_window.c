/*
 * i386/pmap_window.c - contents of physical pages, in the direct map or not.
 *
 * Owns:       each processor's windows: two kernel pages that show any page
 *             of memory.  They are left as last set; only their processor
 *             ever uses them, and no interrupt handler does, so setting one
 *             costs a flush on this processor alone.
 * Locks:      none; the kernel is not preemptible.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <machine/pmap_internal.h>

/* Address of the page's memory, by window "which" if need be. */
static inline char *
page_open(struct vm_page *page, unsigned which)
{
	vm_offset_t va;
	struct pte *pte;

	if (likely(page->pfn < pmap_direct_end >> PAGE_SHIFT))
		return vm_page_to_direct(page);
	pte = pmap_window(which, &va);
	pte->low = 0;
	pte_set(pte, page->pfn >> (32 - PAGE_SHIFT) | pmap_nx_high,
	    page->pfn << PAGE_SHIFT | PTE_P | PTE_W | PTE_A | PTE_D);
	flush_page(va);
	return (char *)va;
}

void
pmap_zero_page(struct vm_page *page)
{
	void *to = page_open(page, 0);
	uint32_t words = PAGE_SIZE / 4;

	__asm__ volatile("rep stosl"
	    : "+D" (to), "+c" (words) : "a" (0) : "memory");
}

void
pmap_copy_page(struct vm_page *src, struct vm_page *dst)
{
	const void *from = page_open(src, 0);
	void *to = page_open(dst, 1);
	uint32_t words = PAGE_SIZE / 4;

	__asm__ volatile("rep movsl"
	    : "+D" (to), "+S" (from), "+c" (words) : : "memory");
}

void
pmap_copy_to_page(const void *src, struct vm_page *page, unsigned offset,
    unsigned size)
{
	assert(offset + size <= PAGE_SIZE);
	memcpy(page_open(page, 0) + offset, src, size);
}

void
pmap_copy_from_page(struct vm_page *page, unsigned offset, void *dst,
    unsigned size)
{
	assert(offset + size <= PAGE_SIZE);
	memcpy(dst, page_open(page, 0) + offset, size);
}

void
pmap_copy_page_part(struct vm_page *src, unsigned src_offset,
    struct vm_page *dst, unsigned dst_offset, unsigned size)
{
	const char *from = page_open(src, 0) + src_offset;

	assert(src_offset + size <= PAGE_SIZE);
	assert(dst_offset + size <= PAGE_SIZE);
	memmove(page_open(dst, 1) + dst_offset, from, size);
}
