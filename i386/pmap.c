/*
 * i386/pmap.c - physical maps: their life, and single mappings.
 *
 * Owns:       struct pmap, its directories and page tables, except the
 *             kernel's directory (pmap_boot.c).
 * Locks:      pmap->lock, then page->pv_lock; pmap_internal.h says who may
 *             change an entry under which.
 * Invariant:  a mapping of a managed page is in the page's pv list exactly if
 *             its entry is not zero.  A table's count is its entries that are
 *             not zero, empty_tables the number of tables whose count is 0.
 *
 * A page table stays when its last mapping goes one at a time; it is freed
 * when its whole 2 MB are unmapped, or, by pmap_collect, with others like it.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <machine/pmap_internal.h>

static struct zone *pmap_zone;		/* fixed after boot */

void
pmap_init(void)
{
	pmap_zone = zone_create("pmap", sizeof(struct pmap), 32);
	pmap_pv_init();
}

struct pmap *
pmap_create(void)
{
	struct pmap *pmap = zalloc_zero(pmap_zone);

	if (pmap == NULL)
		return NULL;
	spinlock_init(&pmap->lock, LOCK_PMAP);
	refcount_init(&pmap->refs, 1);
	pmap->directory[KERNEL_SLOT] = kernel_directory;
	pmap->pdpt[KERNEL_SLOT] = kernel_pmap->pdpt[KERNEL_SLOT];
	pmap->cr3 = direct_to_phys(pmap->pdpt);
	return pmap;
}

void
pmap_reference(struct pmap *pmap)
{
	refcount_take(&pmap->refs);
}

void
pmap_destroy(struct pmap *pmap)
{
	if (!refcount_drop(&pmap->refs))
		return;
	assert(pmap != kernel_pmap);
	pmap_unload(pmap);
	spin_lock(&pmap->lock);
	pmap_remove_all(pmap);
	assert(pmap->resident == 0 && pmap->wired == 0);
	spin_unlock(&pmap->lock);
	zfree(pmap_zone, pmap);
}

/* Make the directory of a gigabyte.  pmap->lock held. */
static struct pte *
directory_make(struct pmap *pmap, unsigned slot)
{
	uint16_t *counts = kalloc_zero(COUNTS_SIZE);
	struct pte *directory;

	if (counts == NULL)
		return NULL;
	directory = pmap_table_alloc();
	if (directory == NULL) {
		kfree(counts, COUNTS_SIZE);
		return NULL;
	}
	pmap->counts[slot] = counts;
	pmap->directory[slot] = directory;
	pte_add(&pmap->pdpt[slot], direct_to_phys(directory) | PTE_P);
	/* Processors read the top level only when they load CR3. */
	pmap_reload(pmap);
	return directory;
}

/* Make the page table of va, and its directory if need be; NULL: no memory. */
static struct pte * __attribute__((noinline))
table_make(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pde, *table;

	if (directory == NULL) {
		directory = directory_make(pmap, slot_of(va));
		if (directory == NULL)
			return NULL;
	}
	pde = pde_in(directory, va);
	if (pde->low != 0)
		return pde;
	table = pmap_table_alloc();
	if (table == NULL)
		return NULL;
	pmap->empty_tables++;
	pte_set(pde, 0, direct_to_phys(table) | PTE_P | PTE_W | PTE_A |
	    (va < KERNEL_BASE ? PTE_U : 0));
	return pde;
}

/* The directory entry of va, naming a page table; NULL: no memory. */
static inline struct pte *
pde_make(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pde;

	if (likely(directory != NULL)) {
		pde = pde_in(directory, va);
		if (likely(pde->low != 0))
			return pde;
	}
	return table_make(pmap, va);
}

/*
 * Move what the directory entry withholds into the page entries, so that one
 * of them may get more.  Nothing gains or loses a right: no flush but of the
 * directory entry itself, here; elsewhere a stale one makes a fault that
 * pmap_enter mends.  pmap->lock held.
 */
static void __attribute__((noinline))
push_limits(struct pmap *pmap, struct pte *pde, vm_offset_t va)
{
	bool no_write = !(pde->low & PTE_W);
	uint32_t nx = pde->high & pmap_nx_high;
	unsigned left = *table_count(pmap, va);

	for (struct pte *pte = table_of(pde); left > 0; pte++) {
		uint32_t low = pte->low;

		if (low == 0)
			continue;
		if (no_write && (low & PTE_W))
			pte_drop(pte, PTE_W);
		if (nx != 0)
			pte_set_nx(pte);
		left--;
	}
	pte_add(pde, PTE_W);
	pte_clear_nx(pde);
	flush_page(va);
}

/* Let pde give the rights that an entry with these words is to have. */
static inline void
allow(struct pmap *pmap, struct pte *pde, vm_offset_t va, uint32_t high,
    uint32_t low)
{
	if (unlikely((low & PTE_W & ~pde->low) ||
	    (pde->high & ~high & pmap_nx_high)))
		push_limits(pmap, pde, va);
}

/* The words of an entry, but for the frame. */
static inline uint32_t
prot_low(vm_offset_t va, vm_prot_t prot, bool wired)
{
	uint32_t low = PTE_P | PTE_A;

	low |= va < KERNEL_BASE ? PTE_U : pmap_global;
	if (prot & VM_PROT_WRITE)
		low |= PTE_W;
	if (wired)
		low |= PTE_WIRED;
	return low;
}

static inline uint32_t
prot_high(const struct pmap *pmap, vm_prot_t prot)
{
	if (!pmap->exec_strict)
		return 0;
	if ((prot & VM_PROT_EXECUTE) && pmap != kernel_pmap)
		return 0;
	return pmap_nx_high;
}

/*
 * Give the mapping of the same page new rights.  pmap->lock held.  Fewer
 * rights need every processor's attention; more only this one's, as another
 * one's stale entry makes a fault that comes here again.
 */
static void
change(struct pmap *pmap, vm_offset_t va, struct pte *pde, struct pte *pte,
    uint32_t high, uint32_t low)
{
	uint32_t old = pte->low;
	uint32_t lost = old & ~low & PTE_W & pde->low;
	uint32_t nx_lost = high & ~(pte->high | pde->high) & pmap_nx_high;

	allow(pmap, pde, va, high, low);
	pmap->wired += !!(low & PTE_WIRED) - !!(old & PTE_WIRED);
	pte_drop(pte, (PTE_W | PTE_WIRED) & ~low);
	pte_add(pte, low & (PTE_W | PTE_WIRED | PTE_A));
	if (high & ~pte->high & pmap_nx_high)
		pte_set_nx(pte);
	else if (pte->high & ~high & pmap_nx_high)
		pte_clear_nx(pte);
	if (lost | nx_lost)
		pmap_flush(pmap, va, va + PAGE_SIZE);
	else
		flush_page(va);
}

void
pmap_remove_one(struct pmap *pmap, vm_offset_t va, struct pte *pte,
    bool pv_held)
{
	pte_drop(pte, PTE_P);
	pmap_flush(pmap, va, va + PAGE_SIZE);
	pmap_unmake(pmap, va, pte, pv_held);
	table_count_sub(pmap, va, 1);
}

/* Write a new entry, which is zero now.  pmap->lock held. */
static inline void
make(struct pmap *pmap, vm_offset_t va, struct pte *pde, struct pte *pte,
    uint32_t high, uint32_t low)
{
	allow(pmap, pde, va, high, low);
	pte_set(pte, high, low);
	table_count_add(pmap, va, 1);
	pmap->resident++;
	if (low & PTE_WIRED)
		pmap->wired++;
}

/* Whether an entry maps the page that new words name, as a managed one. */
static inline bool
same_frame(const struct pte *pte, uint32_t high, uint32_t low)
{
	return ((pte->low ^ low) & (PTE_FRAME | PTE_MANAGED)) == 0 &&
	    ((pte->high ^ high) & ~pmap_nx_high) == 0;
}

kern_return_t
pmap_enter(struct pmap *pmap, vm_offset_t va, struct vm_page *page,
    vm_prot_t prot, bool wired)
{
	uint32_t frame_high = page->pfn >> (32 - PAGE_SHIFT);
	uint32_t frame_low = page->pfn << PAGE_SHIFT;
	uint32_t low = prot_low(va, prot, wired) | PTE_MANAGED | frame_low;
	uint32_t high = prot_high(pmap, prot) | frame_high;
	struct pte *pde, *pte;
	bool noted;

	if (prot == VM_PROT_NONE) {
		pmap_remove(pmap, va, va + PAGE_SIZE);
		return KERN_SUCCESS;
	}
	assert((pmap == kernel_pmap) == (va >= KERNEL_BASE));
	spin_lock(&pmap->lock);
	pde = pde_make(pmap, va);
	if (unlikely(pde == NULL))
		goto shortage;
	pte = pte_in(table_of(pde), va);
	if (pte->low != 0) {
		if (same_frame(pte, high, low)) {
			change(pmap, va, pde, pte, high, low);
			spin_unlock(&pmap->lock);
			return KERN_SUCCESS;
		}
		pmap_remove_one(pmap, va, pte, false);
	}
	pv_lock(page);
	noted = pv_insert(page, pmap, va);
	pv_unlock(page);
	if (unlikely(!noted))
		goto shortage;
	make(pmap, va, pde, pte, high, low);
	spin_unlock(&pmap->lock);
	return KERN_SUCCESS;
shortage:
	spin_unlock(&pmap->lock);
	return KERN_RESOURCE_SHORTAGE;
}

void
pmap_enter_near(struct pmap *pmap, vm_offset_t va,
    struct vm_page *const *pages, unsigned count, vm_prot_t prot)
{
	uint32_t low = (prot_low(va, prot, false) | PTE_MANAGED) & ~PTE_A;
	uint32_t high = prot_high(pmap, prot);
	struct pte *pde, *pte;
	struct vm_page *page;
	unsigned made = 0;
	bool noted;

	spin_lock(&pmap->lock);
	pde = pde_make(pmap, va);
	if (pde == NULL)
		goto out;
	allow(pmap, pde, va, high, low);
	for (pte = pte_in(table_of(pde), va); count > 0;
	    count--, va += PAGE_SIZE, pte++) {
		page = *pages++;
		if (page == NULL || pte->low != 0)
			continue;
		pv_lock(page);
		noted = pv_insert(page, pmap, va);
		pv_unlock(page);
		if (unlikely(!noted))
			break;
		pte_set(pte, high | page->pfn >> (32 - PAGE_SHIFT),
		    low | page->pfn << PAGE_SHIFT);
		made++;
	}
	if (made != 0)
		table_count_add(pmap, va - PAGE_SIZE, made);
	pmap->resident += made;
out:
	spin_unlock(&pmap->lock);
}

kern_return_t
pmap_enter_phys(struct pmap *pmap, vm_offset_t va, phys_addr_t pa,
    vm_prot_t prot, bool cached)
{
	uint32_t low = prot_low(va, prot, false) | ((uint32_t)pa & PTE_FRAME);
	uint32_t high = prot_high(pmap, prot) | (uint32_t)(pa >> 32);
	struct pte *pde, *pte;

	if (!cached)
		low |= PTE_PCD | PTE_PWT;
	if (prot == VM_PROT_NONE) {
		pmap_remove(pmap, va, va + PAGE_SIZE);
		return KERN_SUCCESS;
	}
	assert((pmap == kernel_pmap) == (va >= KERNEL_BASE));
	spin_lock(&pmap->lock);
	pde = pde_make(pmap, va);
	if (pde == NULL) {
		spin_unlock(&pmap->lock);
		return KERN_RESOURCE_SHORTAGE;
	}
	pte = pte_in(table_of(pde), va);
	if (pte->low != 0)
		pmap_remove_one(pmap, va, pte, false);
	make(pmap, va, pde, pte, high, low);
	spin_unlock(&pmap->lock);
	return KERN_SUCCESS;
}

void
pmap_change_wiring(struct pmap *pmap, vm_offset_t va, bool wired)
{
	struct pte *pte;
	uint32_t old;

	spin_lock(&pmap->lock);
	pte = pmap_pte(pmap, va);
	if (pte != NULL && pte->low != 0) {
		old = pte_take(pte, PTE_WIRED);
		if (wired)
			pte_add(pte, PTE_WIRED);
		pmap->wired += wired - !!(old & PTE_WIRED);
	}
	spin_unlock(&pmap->lock);
}

/* Where va is in a 2 MB page of the direct map, or 0. */
static phys_addr_t
extract_large(const struct pmap *pmap, vm_offset_t va)
{
	const struct pte *directory = pmap->directory[slot_of(va)];
	const struct pte *pde;

	if (directory == NULL)
		return 0;
	pde = &directory[(va >> LARGE_SHIFT) & (ENTRIES - 1)];
	if (!(pde->low & PTE_PS))
		return 0;
	return pte_phys(pde) + (va & LARGE_MASK);
}

phys_addr_t
pmap_extract(struct pmap *pmap, vm_offset_t va)
{
	const struct pte *pte;
	phys_addr_t pa;

	spin_lock(&pmap->lock);
	pte = pmap_pte(pmap, va);
	if (pte == NULL)
		pa = extract_large(pmap, va);
	else
		pa = pte->low != 0 ? pte_phys(pte) + (va & PAGE_MASK) : 0;
	spin_unlock(&pmap->lock);
	return pa;
}

uint32_t
pmap_resident_count(struct pmap *pmap)
{
	return pmap->resident;
}

/* What is mapped becomes as strict; what is no longer so faults and is mended. */
void
pmap_set_exec_strict(struct pmap *pmap, bool strict)
{
	bool was;

	assert(pmap != kernel_pmap);
	spin_lock(&pmap->lock);
	was = pmap->exec_strict;
	pmap->exec_strict = strict;
	spin_unlock(&pmap->lock);
	if (strict && !was)
		pmap_protect(pmap, 0, KERNEL_BASE,
		    VM_PROT_READ | VM_PROT_WRITE);
}
