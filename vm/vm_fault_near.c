/*
 * vm/vm_fault_near.c - neighbours of a page that was read: who reads a page
 * mostly reads those beside it, and mapping one more is cheaper than a fault.
 *
 * Owns:       nothing.
 * Locks:      the map, for reading, and the object, throughout.
 * Only        what changes nothing: pages that are resident in the same object
 *             and in nobody's hands, within the same entry, where nothing is
 *             mapped yet.  They count as referenced when they are used.
 */
#include <vm/pmap.h>
#include <vm/vm_fault_internal.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

/* The page at offset of a locked object, if it may be mapped as it is. */
static struct vm_page *
page_near(struct vm_object *object, vm_offset_t offset)
{
	struct vm_page *page = vm_page_lookup(object, offset);

	if (page == NULL || page->busy || page->absent || page->error ||
	    page->page_lock != VM_PROT_NONE)
		return NULL;
	return page;
}

void
vm_fault_enter_near(struct vm_fault *f, vm_prot_t prot)
{
	vm_offset_t base = f->va & ~(PMAP_NEAR * PAGE_SIZE - 1), offset;
	unsigned here = (f->va - base) >> PAGE_SHIFT, first, end, i;
	struct vm_page *pages[PMAP_NEAR];

	if (f->object->resident->count == 1 || prot == VM_PROT_NONE)
		return;
	first = f->start > base ? (f->start - base) >> PAGE_SHIFT : 0;
	end = min_of(PMAP_NEAR, (f->end - base) >> PAGE_SHIFT);
	offset = f->top_offset - (f->va - base);
	pages[here] = NULL;
	for (i = here + 1; i < end; i++) {
		pages[i] = page_near(f->object, offset + i * PAGE_SIZE);
		if (pages[i] == NULL)
			break;
	}
	end = i;
	for (i = here; i > first; i--) {
		pages[i - 1] = page_near(f->object,
		    offset + (i - 1) * PAGE_SIZE);
		if (pages[i - 1] == NULL)
			break;
	}
	if (end - i > 1)
		pmap_enter_near(f->map->pmap, base + i * PAGE_SIZE, &pages[i],
		    end - i, prot);
}
