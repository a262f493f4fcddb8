/*
 * i386/pmap_range.c - unmap or write-protect ranges of a physical map.
 *
 * Owns:       nothing beyond pmap.c's.
 * Locks:      pmap->lock throughout; pv locks one at a time.
 *
 * Removal goes in two passes, so that no page counts as unmapped while a TLB
 * may still reach it.  The first only clears Present bits: one of the
 * directory for each whole 2 MB, one of each page at the ends.  Then come
 * the flush and the second pass, which hands the pages' bits over and frees
 * the tables.  Protection of a whole 2 MB is one directory entry's, too.
 * What has no page table costs one look for each 2 MB, or each gigabyte.
 */
#include <kern/debug.h>
#include <kern/zone.h>
#include <machine/pmap_internal.h>

/* The part of a range that one page table covers. */
struct piece {
	struct pte	*pde;
	vm_offset_t	 start, end;
	bool		 whole;		/* all of its 2 MB */
};

/* What a first pass has changed, and so what is to be flushed. */
struct changed {
	vm_offset_t	 start, end;
};

static inline void
changed_add(struct changed *c, vm_offset_t start, vm_offset_t end)
{
	if (c->start == c->end)
		c->start = start;
	c->end = end;
}

/* The end of va's gigabyte, or of the range that ends before. */
static inline vm_offset_t
gigabyte_end(vm_offset_t va, vm_offset_t end)
{
	if (slot_of(va) == slot_of(end - 1))
		return end;
	return (vm_offset_t)(slot_of(va) + 1) << 30;
}

/*
 * The first piece with a page table in [va, end); false: there is none.  A
 * table whose directory entry is not present is in removal and counts.
 */
static bool
piece_find(struct pmap *pmap, vm_offset_t va, vm_offset_t end,
    struct piece *piece)
{
	struct pte *pde;
	vm_offset_t stop;

	for (; va < end; va = stop) {
		stop = gigabyte_end(va, end);
		if (pmap->directory[slot_of(va)] == NULL)
			continue;
		pde = pde_in(pmap->directory[slot_of(va)], va);
		while (va < stop && pde->low == 0) {
			va = (va & ~LARGE_MASK) + LARGE_SIZE;
			pde++;
		}
		if (va >= stop)
			continue;
		assert(!(pde->low & PTE_PS));
		piece->pde = pde;
		piece->start = va;
		stop = (va & ~LARGE_MASK) + LARGE_SIZE;
		piece->end = min_of(stop, end);
		piece->whole = piece->end - va == LARGE_SIZE;
		return true;
	}
	return false;
}

#define for_each_piece(pmap, from, to, piece)				\
	for (vm_offset_t at_ = (from);					\
	    piece_find((pmap), at_, (to), (piece));			\
	    at_ = (piece)->end)

#define GROUP	4u		/* entries looked at together */

static inline bool
group_unused(const struct pte *pte)
{
	return (pte[0].low | pte[1].low | pte[2].low | pte[3].low) == 0;
}

/* First pass of a removal. */
static void
piece_hide(const struct piece *piece, struct changed *c)
{
	struct pte *pte = pte_in(table_of(piece->pde), piece->start);
	vm_offset_t va = piece->start, first = 0, end = 0;

	if (piece->whole) {
		pte_drop(piece->pde, PTE_P);
		changed_add(c, piece->start, piece->end);
		return;
	}
	while (va < piece->end) {
		if ((va & (GROUP * PAGE_SIZE - 1)) == 0 && group_unused(pte)) {
			va += GROUP * PAGE_SIZE;
			pte += GROUP;
			continue;
		}
		do {
			if (pte->low != 0) {
				pte_drop(pte, PTE_P);
				if (end == 0)
					first = va;
				end = va + PAGE_SIZE;
			}
			va += PAGE_SIZE;
			pte++;
		} while (va < piece->end && (va & (GROUP * PAGE_SIZE - 1)) != 0);
	}
	if (end != 0)
		changed_add(c, first, end);
}

/* Unmake the mappings of a piece, of which no TLB holds any. */
static void
piece_unmake(struct pmap *pmap, const struct piece *piece)
{
	struct pte *pte = pte_in(table_of(piece->pde), piece->start);

	table_count_sub(pmap, piece->start, pmap_unmake_run(pmap, piece->start,
	    piece->end, pte, *table_count(pmap, piece->start)));
}

/* Second pass of a removal. */
static void
piece_remove(struct pmap *pmap, const struct piece *piece)
{
	struct pte *table = table_of(piece->pde);

	piece_unmake(pmap, piece);
	if (!piece->whole)
		return;
	assert(*table_count(pmap, piece->start) == 0);
	if (pmap == kernel_pmap) {
		/* The kernel's tables stay, with all rights again. */
		piece->pde->high = 0;
		pte_add(piece->pde, PTE_P | PTE_W);
		return;
	}
	pte_clear(piece->pde);
	pmap->empty_tables--;
	pmap_table_free(table);
}

void
pmap_remove_range(struct pmap *pmap, vm_offset_t start, vm_offset_t end)
{
	struct changed c = { 0, 0 };
	struct piece piece;

	for_each_piece(pmap, start, end, &piece)
		piece_hide(&piece, &c);
	if (c.start == c.end)
		return;
	pmap_flush(pmap, c.start, c.end);
	for_each_piece(pmap, c.start, c.end, &piece)
		piece_remove(pmap, &piece);
}

static void
remove_page(struct pmap *pmap, vm_offset_t va)
{
	struct pte *pte = pmap_pte(pmap, va);

	if (pte != NULL && pte->low != 0)
		pmap_remove_one(pmap, va, pte, false);
}

void
pmap_remove_all(struct pmap *pmap)
{
	struct piece piece;

	assert(pmap->processors == 0);
	for_each_piece(pmap, 0, KERNEL_BASE, &piece)
		piece_remove(pmap, &piece);
	for (unsigned slot = 0; slot < USER_SLOTS; slot++) {
		if (pmap->directory[slot] == NULL)
			continue;
		pte_clear(&pmap->pdpt[slot]);
		kfree(pmap->counts[slot], COUNTS_SIZE);
		pmap->counts[slot] = NULL;
		pmap_table_free(pmap->directory[slot]);
		pmap->directory[slot] = NULL;
	}
}

void
pmap_tables_collect(struct pmap *pmap)
{
	struct piece piece;

	if (pmap == kernel_pmap)
		return;
	for_each_piece(pmap, 0, KERNEL_BASE, &piece)
		if (*table_count(pmap, piece.start) == 0)
			pte_drop(piece.pde, PTE_P);
	pmap_flush(pmap, 0, KERNEL_BASE);
	for_each_piece(pmap, 0, KERNEL_BASE, &piece)
		if (!(piece.pde->low & PTE_P))
			piece_remove(pmap, &piece);
	assert(pmap->empty_tables == 0);
}

void
pmap_remove(struct pmap *pmap, vm_offset_t start, vm_offset_t end)
{
	assert(page_aligned(start) && page_aligned(end));
	spin_lock(&pmap->lock);
	if (end - start == PAGE_SIZE)
		remove_page(pmap, start);
	else
		pmap_remove_range(pmap, start, end);
	pmap_collect(pmap);
	spin_unlock(&pmap->lock);
}

/* Take rights from one entry, of a page or a directory; whether it had any. */
static bool
entry_protect(struct pte *entry, bool no_write, uint32_t nx)
{
	bool had = false;

	if (no_write && (entry->low & PTE_W)) {
		pte_drop(entry, PTE_W);
		had = true;
	}
	if (nx & ~entry->high) {
		pte_set_nx(entry);
		had = true;
	}
	return had;
}

static void
piece_protect(const struct piece *piece, bool no_write, uint32_t nx,
    struct changed *c)
{
	struct pte *pte = pte_in(table_of(piece->pde), piece->start);

	if (piece->whole) {
		if (entry_protect(piece->pde, no_write, nx))
			changed_add(c, piece->start, piece->end);
		return;
	}
	for (vm_offset_t va = piece->start; va < piece->end;
	    va += PAGE_SIZE, pte++) {
		if (pte->low != 0) {
			if (entry_protect(pte, no_write, nx))
				changed_add(c, va, va + PAGE_SIZE);
		} else if ((va & (GROUP * PAGE_SIZE - 1)) == 0 &&
		    group_unused(pte)) {
			va += (GROUP - 1) * PAGE_SIZE;
			pte += GROUP - 1;
		}
	}
}

void
pmap_protect_range(struct pmap *pmap, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot)
{
	struct changed c = { 0, 0 };
	bool no_write = !(prot & VM_PROT_WRITE);
	struct piece piece;
	uint32_t nx;

	nx = pmap->exec_strict && !(prot & VM_PROT_EXECUTE) ? pmap_nx_high : 0;
	if (!no_write && nx == 0)
		return;
	for_each_piece(pmap, start, end, &piece)
		piece_protect(&piece, no_write, nx, &c);
	if (c.start != c.end)
		pmap_flush(pmap, c.start, c.end);
}

void
pmap_protect(struct pmap *pmap, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot)
{
	assert(page_aligned(start) && page_aligned(end));
	if (prot == VM_PROT_NONE) {
		pmap_remove(pmap, start, end);
		return;
	}
	spin_lock(&pmap->lock);
	pmap_protect_range(pmap, start, end, prot);
	spin_unlock(&pmap->lock);
}
