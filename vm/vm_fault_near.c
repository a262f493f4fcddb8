/*
 * vm/vm_fault_near.c - neighbours of a page that was read: who reads a page
 * mostly reads those beside it, and mapping one more is cheaper than a fault.
 *
 * Owns:       nothing.
 * Locks:      the map, for reading, and the page's object, throughout; the
 *             first object, where it is another one, if that is free.
 * Only        what changes nothing: pages that are resident in the same object
 *             and in nobody's hands, within the same entry, where nothing is
 *             mapped yet, and, where the object is what the first one
 *             shadows, that one has no page.  They count as referenced when
 *             they are used.
 */
#include <vm/pmap.h>
#include <vm/vm_fault_internal.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_paged.h>

/* Whether top, locked, has something of its own at offset. */
static inline bool
top_has(struct vm_object *top, vm_offset_t offset)
{
	return vm_page_lookup(top, offset) != NULL ||
	    vm_object_pager_has(top, offset);
}

/*
 * The page that lies one page (as step has it) from another one of its object,
 * or NULL.  What came in order is in order on the object's list.
 */
static inline struct vm_page *
page_beside(struct vm_object *object, struct vm_page *page,
    struct queue *link, vm_offset_t step)
{
	struct vm_page *beside = queue_element(link, struct vm_page,
	    object_link);

	if (link != &object->resident->pages &&
	    beside->offset == page->offset + step)
		return beside;
	return vm_page_lookup(object, vm_page_object_offset(page) + step);
}

/*
 * The same if it, so many bytes from the one in hand, may be mapped as it is.
 * Its object is locked, and top.
 */
static inline struct vm_page *
page_near(const struct vm_fault *f, struct vm_page *page,
    struct queue *link, vm_offset_t step, vm_offset_t distance)
{
	page = page_beside(f->object, page, link, step);
	if (page == NULL || page->busy || page->absent || page->error ||
	    page->page_lock != VM_PROT_NONE)
		return NULL;
	if (unlikely(page->early))
		vm_page_early_end(page);	/* about to be used */
	if (f->object != f->top && top_has(f->top, f->top_offset + distance))
		return NULL;
	return page;
}

/* Pages beside the one in hand, both ways as far as there are some. */
static void
enter_near(struct vm_fault *f, vm_prot_t prot)
{
	vm_offset_t base = f->va & ~(PMAP_NEAR * PAGE_SIZE - 1);
	unsigned here = (f->va - base) >> PAGE_SHIFT, first, end, i;
	struct vm_page *pages[PMAP_NEAR], *page = f->page;

	first = f->start > base ? (f->start - base) >> PAGE_SHIFT : 0;
	end = min_of(PMAP_NEAR, (f->end - base) >> PAGE_SHIFT);
	pages[here] = NULL;
	for (i = here + 1; i < end; i++) {
		page = page_near(f, page, page->object_link.next, PAGE_SIZE,
		    (i - here) * PAGE_SIZE);
		if (page == NULL)
			break;
		pages[i] = page;
	}
	end = i;
	page = f->page;
	for (i = here; i > first; i--) {
		page = page_near(f, page, page->object_link.prev, -PAGE_SIZE,
		    -(here - i + 1) * PAGE_SIZE);
		if (page == NULL)
			break;
		pages[i - 1] = page;
	}
	if (end - i > 1)
		pmap_enter_near(f->map->pmap, base + i * PAGE_SIZE, &pages[i],
		    end - i, prot);
}

void
vm_fault_enter_near(struct vm_fault *f, vm_prot_t prot)
{
	struct vm_object *top = f->top;

	if (f->object->resident->count == 1 || prot == VM_PROT_NONE)
		return;
	if (f->object == top) {
		enter_near(f, prot);
	} else if (spin_trylock(&top->lock)) {
		if (top->shadow == f->object)
			enter_near(f, prot);
		vm_object_unlock(top);
	}
}
