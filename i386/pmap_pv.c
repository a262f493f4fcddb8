/*
 * i386/pmap_pv.c - where a page is mapped, and operations on all its mappings.
 *
 * Owns:       the pv list of each page: the first mapping in struct vm_page,
 *             the others in entries of a zone; pv_bits, which gathers PTE_D
 *             and PTE_A of mappings that are gone.
 * Locks:      page->pv_lock, after pmap->lock.  While it is held, every pmap,
 *             page table and entry that the list leads to stays.  Unmaking a
 *             mapping needs its pmap's lock too, in the wrong order: it is
 *             tried, and on failure all is let go and begun again.
 */
#include <kern/debug.h>
#include <kern/zone.h>
#include <machine/pmap_internal.h>

struct pv_entry {
	struct pmap	*pmap;
	vm_offset_t	 va;
	struct pv_entry	*next;
};

static struct zone *pv_zone;		/* fixed after boot */

void
pmap_pv_init(void)
{
	pv_zone = zone_create("mappings", sizeof(struct pv_entry), 0);
}

bool
pv_insert_more(struct vm_page *page, struct pmap *pmap, vm_offset_t va)
{
	struct pv_entry *pv = zalloc(pv_zone);

	if (pv == NULL)
		return false;
	pv->pmap = pmap;
	pv->va = va;
	pv->next = page->pv_more;
	page->pv_more = pv;
	return true;
}

/* Forget the first mapping; another one takes its place. */
static void
pv_remove_first(struct vm_page *page)
{
	struct pv_entry *pv = page->pv_more;

	page->pv_pmap = pv->pmap;
	page->pv_va = pv->va;
	page->pv_more = pv->next;
	zfree(pv_zone, pv);
}

/* Forget one of several mappings. */
static void
pv_remove(struct vm_page *page, struct pmap *pmap, vm_offset_t va)
{
	struct pv_entry **link = &page->pv_more;
	struct pv_entry *pv;

	if (page->pv_pmap == pmap && page->pv_va == va) {
		pv_remove_first(page);
		return;
	}
	while ((pv = *link) != NULL && (pv->pmap != pmap || pv->va != va))
		link = &pv->next;
	assert(pv != NULL);
	*link = pv->next;
	zfree(pv_zone, pv);
}

/* A mapping of a managed page goes: keep its bits.  Both locks held. */
static inline void
unmake_managed(struct vm_page *page, struct pmap *pmap, vm_offset_t va,
    uint32_t low)
{
	page->pv_bits |= low & (PTE_D | PTE_A);
	if (likely(page->pv_more == NULL)) {
		assert(page->pv_pmap == pmap && page->pv_va == va);
		page->pv_pmap = NULL;
	} else {
		pv_remove(page, pmap, va);
	}
}

/* Unmake one mapping but for the pmap's counts. */
static inline void
unmake(struct pmap *pmap, vm_offset_t va, struct pte *pte, uint32_t low,
    bool pv_held)
{
	struct vm_page *page;

	if (likely(low & PTE_MANAGED)) {
		page = vm_page_managed(pte_frame(pte));
		if (!pv_held)
			pv_lock(page);
		unmake_managed(page, pmap, va, pte->low);
		if (!pv_held)
			pv_unlock(page);
	}
	pte_clear(pte);
}

void
pmap_unmake(struct pmap *pmap, vm_offset_t va, struct pte *pte, bool pv_held)
{
	uint32_t low = pte->low;

	unmake(pmap, va, pte, low, pv_held);
	pmap->resident--;
	if (low & PTE_WIRED)
		pmap->wired--;
}

unsigned
pmap_unmake_run(struct pmap *pmap, vm_offset_t va, vm_offset_t end,
    struct pte *pte, unsigned count)
{
	unsigned done = 0, wired = 0;
	uint32_t low;

	for (; va < end && done < count; va += PAGE_SIZE, pte++) {
		low = pte->low;
		if (low == 0)
			continue;
		unmake(pmap, va, pte, low, false);
		wired += (low & PTE_WIRED) != 0;
		done++;
	}
	pmap->resident -= done;
	pmap->wired -= wired;
	return done;
}

/* The flags that any mapping of page has.  pv lock held. */
static uint32_t
mappings_any(struct vm_page *page)
{
	uint32_t low;

	if (page->pv_pmap == NULL)
		return 0;
	low = pmap_pte(page->pv_pmap, page->pv_va)->low;
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		low |= pmap_pte(pv->pmap, pv->va)->low;
	return low;
}

bool
pmap_is_modified(struct vm_page *page)
{
	bool modified;

	pv_lock(page);
	modified = ((page->pv_bits | mappings_any(page)) & PTE_D) != 0;
	pv_unlock(page);
	return modified;
}

bool
pmap_is_referenced(struct vm_page *page)
{
	bool referenced;

	pv_lock(page);
	referenced = ((page->pv_bits | mappings_any(page)) & PTE_A) != 0;
	pv_unlock(page);
	return referenced;
}

/* Do something to each mapping; pv lock held. */
static inline void
mappings_each(struct vm_page *page,
    void (*act)(struct pmap *pmap, vm_offset_t va, bool execute), bool execute)
{
	if (page->pv_pmap == NULL)
		return;
	act(page->pv_pmap, page->pv_va, execute);
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		act(pv->pmap, pv->va, execute);
}

static void
clear_modify_one(struct pmap *pmap, vm_offset_t va, bool execute)
{
	(void)execute;
	if (pte_take(pmap_pte(pmap, va), PTE_D) & PTE_D)
		pmap_flush(pmap, va, va + PAGE_SIZE);
}

void
pmap_clear_modify(struct vm_page *page)
{
	pv_lock(page);
	page->pv_bits &= ~PTE_D;
	mappings_each(page, clear_modify_one, false);
	pv_unlock(page);
}

/*
 * Other processors are not interrupted for this: until their TLB entry goes
 * they do not set the bit again, which at worst makes the page look idle.
 */
static void
clear_reference_one(struct pmap *pmap, vm_offset_t va, bool execute)
{
	(void)execute;
	if (pte_take(pmap_pte(pmap, va), PTE_A) & PTE_A)
		flush_page(va);
}

void
pmap_clear_reference(struct vm_page *page)
{
	pv_lock(page);
	page->pv_bits &= ~PTE_A;
	mappings_each(page, clear_reference_one, false);
	pv_unlock(page);
}

static void
write_protect_one(struct pmap *pmap, vm_offset_t va, bool execute)
{
	struct pte *pte = pmap_pte(pmap, va);
	bool lost = (pte_take(pte, PTE_W) & PTE_W) != 0;

	if (!execute && pmap->exec_strict && (pmap_nx_high & ~pte->high)) {
		pte_set_nx(pte);
		lost = true;
	}
	if (lost)
		pmap_flush(pmap, va, va + PAGE_SIZE);
}

/* Lock the pmap of a page's first mapping, and its pv lock; NULL: it has none. */
static struct pmap *
first_lock(struct vm_page *page)
{
	struct pmap *pmap;

	pv_lock(page);
	while ((pmap = page->pv_pmap) != NULL && !spin_trylock(&pmap->lock)) {
		pv_unlock(page);
		cpu_spin_wait();
		pv_lock(page);
	}
	if (pmap == NULL)
		pv_unlock(page);
	return pmap;
}

/* Unmap page at its first mapping; false: it has none.  No locks held. */
static bool
remove_first(struct vm_page *page)
{
	struct pmap *pmap = first_lock(page);

	if (pmap == NULL)
		return false;
	pmap_remove_one(pmap, page->pv_va, pmap_pte(pmap, page->pv_va), true);
	pv_unlock(page);
	pmap_collect(pmap);
	spin_unlock(&pmap->lock);
	return true;
}

void
pmap_page_protect(struct vm_page *page, vm_prot_t prot)
{
	if (prot == VM_PROT_NONE) {
		while (remove_first(page))
			continue;
	} else if (!(prot & VM_PROT_WRITE)) {
		pv_lock(page);
		mappings_each(page, write_protect_one,
		    (prot & VM_PROT_EXECUTE) != 0);
		pv_unlock(page);
	}
}

/* Whether a page's first mapping is there.  pmap->lock held. */
static bool
is_first_at(struct vm_page *page, const struct pmap *pmap, vm_offset_t va)
{
	bool is;

	pv_lock(page);
	is = page->pv_pmap == pmap && page->pv_va == va;
	pv_unlock(page);
	return is;
}

/*
 * Protect the first of some pages, and those after it whose first mappings are
 * beside its own, there; if it stands alone nothing is done.  How many were
 * looked at.
 */
static unsigned
beside_protect(struct vm_page *const *pages, unsigned count, vm_prot_t prot)
{
	struct pmap *pmap = first_lock(pages[0]);
	vm_offset_t va;
	unsigned n = 1;

	if (pmap == NULL)
		return 1;
	va = pages[0]->pv_va;
	pv_unlock(pages[0]);
	while (n < count && is_first_at(pages[n], pmap, va + n * PAGE_SIZE))
		n++;
	if (n > 1 && prot == VM_PROT_NONE)
		pmap_remove_range(pmap, va, va + n * PAGE_SIZE);
	else if (n > 1)
		pmap_protect_range(pmap, va, va + n * PAGE_SIZE, prot);
	spin_unlock(&pmap->lock);
	return n;
}

void
pmap_pages_protect(struct vm_page *const *pages, unsigned count,
    vm_prot_t prot)
{
	unsigned i;

	for (i = 0; i < count && count > 1;)
		i += beside_protect(&pages[i], count - i, prot);
	for (i = 0; i < count; i++)
		pmap_page_protect(pages[i], prot);
}
