/*
 * i386/pmap_internal.h - page tables, shared by the files of the pmap:
 * pmap_boot.c, pmap.c, pmap_range.c, pmap_pv.c, pmap_shootdown.c and
 * pmap_window.c.
 *
 * PAE: CR3 holds a table of four entries, each for a gigabyte: a directory of
 * 512 entries for 2 MB each: a table of 512 entries for 4 KB each.  The
 * fourth gigabyte's directory is the kernel's and shared by every pmap.
 *
 * Who may change an entry of a user's or kernel_map's page table:
 *   - making or unmaking a mapping: pmap->lock, and the page's pv_lock if the
 *     page is managed (has a struct vm_page);
 *   - rights, accessed and dirty bits of a live one: either lock, by locked
 *     instructions.
 * So a table that a pv list leads to stays while that list's lock is held.
 *
 * A directory entry for a table may withhold rights (no PDE R/W, or NX) from
 * all pages below it: the effective right is the smaller one, and page
 * entries may hold stale larger ones.  push_limits (pmap.c) moves the
 * restriction into the page entries before some page there gets more.
 */
#ifndef I386_PMAP_INTERNAL_H
#define I386_PMAP_INTERNAL_H

#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/processor.h>
#include <kern/types.h>
#include <machine/pmap.h>
#include <machine/regs.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

/* The low word of an entry. */
#define PTE_P		0x001u		/* present */
#define PTE_W		0x002u		/* writable */
#define PTE_U		0x004u		/* user */
#define PTE_PWT		0x008u		/* with PCD: uncached */
#define PTE_PCD		0x010u
#define PTE_A		0x020u		/* accessed */
#define PTE_D		0x040u		/* dirty */
#define PTE_PS		0x080u		/* directory: a 2 MB page */
#define PTE_G		0x100u		/* global: survives a CR3 load */
#define PTE_WIRED	0x200u		/* ours */
#define PTE_MANAGED	0x400u		/* ours: the page has a pv list */
#define PTE_FRAME	0xfffff000u

#define LARGE_SHIFT	21
#define LARGE_SIZE	(1u << LARGE_SHIFT)
#define LARGE_MASK	(LARGE_SIZE - 1)
#define ENTRIES		512u		/* of a directory or table */
#define USER_SLOTS	3u		/* gigabytes of a task */
#define KERNEL_SLOT	3u
#define COUNTS_SIZE	(ENTRIES * sizeof(uint16_t))	/* of one slot */

/* An entry.  Its low word is written last to make it, first to clear it. */
struct pte {
	volatile uint32_t low;
	volatile uint32_t high;		/* bit 31: not executable */
};

struct pmap {
	/* what CR3 points at; under lock */
	struct pte	  pdpt[4] __attribute__((aligned(32)));
	struct pte	 *directory[4];	/* the same, as memory; NULL if none */
	uint16_t	 *counts[4];	/* for each page table its entries in use */
	struct spinlock	  lock;
	uint32_t	  resident;	/* pages mapped */
	uint32_t	  wired;
	uint32_t	  empty_tables;	/* page tables that map nothing */
	bool		  exec_strict;	/* readable does not mean executable */
	/* fixed */
	uint32_t	  cr3;
	/* atomic */
	struct refcount	  refs;
	/* atomic: processors, each of which sets its own bit */
	volatile uint32_t processors;	/* may have it loaded: until its end */
	volatile uint32_t copiers;	/* may remember pages: pmap_copy.c */
};

extern uint32_t	pmap_nx_high;		/* the NX bit of a high word, or 0 */
extern uint32_t	pmap_global;		/* PTE_G if the processor has it */
extern uint32_t	pmap_direct_end;	/* bytes in the direct map */
extern struct pte kernel_directory[ENTRIES];

static inline unsigned
slot_of(vm_offset_t va)
{
	return va >> 30;
}

/* The directory entry of va; the directory exists. */
static inline struct pte *
pde_in(struct pte *directory, vm_offset_t va)
{
	return &directory[(va >> LARGE_SHIFT) & (ENTRIES - 1)];
}

/* The table that a directory entry, present or in removal, names. */
static inline struct pte *
table_of(const struct pte *pde)
{
	return phys_to_direct(pde->low & PTE_FRAME);
}

static inline struct pte *
pte_in(struct pte *table, vm_offset_t va)
{
	return &table[(va >> PAGE_SHIFT) & (ENTRIES - 1)];
}

static inline phys_addr_t
pte_phys(const struct pte *pte)
{
	return (phys_addr_t)(pte->high & ~(1u << 31)) << 32 |
	    (pte->low & PTE_FRAME);
}

/* The number of the physical page. */
static inline uint32_t
pte_frame(const struct pte *pte)
{
	return pte->high << (32 - PAGE_SHIFT) | pte->low >> PAGE_SHIFT;
}

static inline void
pte_set(struct pte *pte, uint32_t high, uint32_t low)
{
	pte->high = high;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	pte->low = low;
}

static inline void
pte_clear(struct pte *pte)
{
	pte->low = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	pte->high = 0;
}

/* Clear flags of a live entry; returns what it was. */
static inline uint32_t
pte_take(struct pte *pte, uint32_t flags)
{
	return __atomic_fetch_and(&pte->low, ~flags, __ATOMIC_SEQ_CST);
}

/* Clear flags of a live entry when nobody asks what they were. */
static inline void
pte_drop(struct pte *pte, uint32_t flags)
{
	__atomic_and_fetch(&pte->low, ~flags, __ATOMIC_SEQ_CST);
}

static inline void
pte_add(struct pte *pte, uint32_t flags)
{
	__atomic_or_fetch(&pte->low, flags, __ATOMIC_SEQ_CST);
}

/* The same for the bit of the high word; hardware leaves that word alone. */
static inline void
pte_set_nx(struct pte *pte)
{
	__atomic_or_fetch(&pte->high, pmap_nx_high, __ATOMIC_SEQ_CST);
}

static inline void
pte_clear_nx(struct pte *pte)
{
	__atomic_and_fetch(&pte->high, ~pmap_nx_high, __ATOMIC_SEQ_CST);
}

/*
 * The entry that maps va, or NULL where no page table is: pmap->lock or the
 * pv lock of a page mapped there is held.
 */
static inline struct pte *
pmap_pte(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pde;

	if (directory == NULL)
		return NULL;
	pde = pde_in(directory, va);
	if ((pde->low & PTE_FRAME) == 0 || (pde->low & PTE_PS))
		return NULL;
	return pte_in(table_of(pde), va);
}

/* The entries in use of the page table of va. */
static inline uint16_t *
table_count(struct pmap *pmap, vm_offset_t va)
{
	return &pmap->counts[slot_of(va)][(va >> LARGE_SHIFT) & (ENTRIES - 1)];
}

static inline void
table_count_add(struct pmap *pmap, vm_offset_t va, unsigned n)
{
	uint16_t *count = table_count(pmap, va);

	if (*count == 0)
		pmap->empty_tables--;
	*count += n;
}

static inline void
table_count_sub(struct pmap *pmap, vm_offset_t va, unsigned n)
{
	if (n > 0 && (*table_count(pmap, va) -= n) == 0)
		pmap->empty_tables++;
}

/* Make this processor forget one address, whatever is loaded. */
static inline void
flush_page(vm_offset_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r" (va) : "memory");
}

/* pmap_shootdown.c */

/* Make every processor forget pmap's translations for [start, end). */
void	pmap_flush(struct pmap *pmap, vm_offset_t start, vm_offset_t end);
/* Make every processor that has pmap loaded load it again. */
void	pmap_reload(struct pmap *pmap);
/* Make every processor use the kernel's instead. */
void	pmap_unload(struct pmap *pmap);
void	pmap_flush_local(vm_offset_t start, vm_offset_t end);

/* pmap_copy.c */

/* Begin a new series of epochs. */
void	pmap_copy_renew(void);

/* Make this processor forget every page that it might have written to. */
static inline void
pmap_copy_forget(void)
{
	own_processor->machine.copy_epoch += COPY_EPOCH_ONE;
	if (unlikely(own_processor->machine.copy_epoch >= COPY_EPOCH_END))
		pmap_copy_renew();
}

/* pmap_pv.c */

void	pmap_pv_init(void);

static inline void
pv_lock(struct vm_page *page)
{
	while (__atomic_exchange_n(&page->pv_lock, 1, __ATOMIC_ACQUIRE) != 0)
		cpu_spin_wait();
}

static inline void
pv_unlock(struct vm_page *page)
{
	__atomic_store_n(&page->pv_lock, 0, __ATOMIC_RELEASE);
}

/* The same for a page that is mapped elsewhere already. */
bool	pv_insert_more(struct vm_page *page, struct pmap *pmap, vm_offset_t va);

/* Note that page is mapped at va.  False: no memory.  Both locks held. */
static inline bool
pv_insert(struct vm_page *page, struct pmap *pmap, vm_offset_t va)
{
	if (unlikely(page->pv_pmap != NULL))
		return pv_insert_more(page, pmap, va);
	page->pv_pmap = pmap;
	page->pv_va = va;
	return true;
}

/*
 * Unmake a mapping that no TLB holds any more: its bits go to its page.  The
 * caller counts it in its table.  pmap->lock held; the page's pv lock too if
 * pv_held.
 */
void	pmap_unmake(struct pmap *pmap, vm_offset_t va, struct pte *pte,
	    bool pv_held);
/* The same for up to count of the entries from pte on, up to end; how many. */
unsigned pmap_unmake_run(struct pmap *pmap, vm_offset_t va, vm_offset_t end,
	    struct pte *pte, unsigned count);

/* pmap.c */

/* Unmap one page that is mapped, and flush it.  pmap->lock held. */
void	pmap_remove_one(struct pmap *pmap, vm_offset_t va, struct pte *pte,
	    bool pv_held);

/* pmap_range.c */

/* pmap_remove and pmap_protect of what is mapped there.  pmap->lock held. */
void	pmap_remove_range(struct pmap *pmap, vm_offset_t start,
	    vm_offset_t end);
void	pmap_protect_range(struct pmap *pmap, vm_offset_t start,
	    vm_offset_t end, vm_prot_t prot);
/* Unmap all without a flush: no processor uses pmap.  pmap->lock held. */
void	pmap_remove_all(struct pmap *pmap);
/* Free the tables that map nothing.  pmap->lock held. */
void	pmap_tables_collect(struct pmap *pmap);

#define EMPTY_TABLES_KEPT	16u	/* of one pmap, after a removal */

/* The same after a removal, if there are many. */
static inline void
pmap_collect(struct pmap *pmap)
{
	if (unlikely(pmap->empty_tables > EMPTY_TABLES_KEPT))
		pmap_tables_collect(pmap);
}

/* pmap_boot.c */

/* A zeroed page for a table, in the direct map; NULL: no memory. */
struct pte *pmap_table_alloc(void);
void	pmap_table_free(struct pte *table);
/* The entry of one of this processor's windows, and its address. */
struct pte *pmap_window(unsigned which, vm_offset_t *va);

/* Set this processor's bit, if it is not; interrupts are off. */
static inline __attribute__((always_inline)) void
pmap_join(volatile uint32_t *mask)
{
	uint32_t bit = own_processor->machine.bit;

	if (unlikely((*mask & bit) == 0))
		__atomic_or_fetch(mask, bit, __ATOMIC_SEQ_CST);
}

/* Load pmap instead of another; interrupts are off.  See pmap_shootdown.c. */
static inline __attribute__((always_inline)) void
pmap_load(struct pmap *pmap)
{
	own_processor->machine.pmap_next = pmap;
	cr3_write(pmap->cr3);
	own_processor->machine.pmap = pmap;
}

/* Use pmap, of a user task, on this processor from now on; interrupts are off. */
static inline __attribute__((always_inline)) void
pmap_switch_user(struct pmap *pmap)
{
	assert(pmap != kernel_pmap && !own_processor->machine.pmap_unused);
	if (pmap == own_processor->machine.pmap)
		return;
	pmap_join(&pmap->processors);
	pmap_load(pmap);
}

/*
 * The same for any pmap, from any.  The kernel's own half is in every pmap, so
 * changing to kernel_pmap leaves the old one loaded: often the same task runs
 * again next.  A shootdown for it then makes the processor let go.
 */
static inline __attribute__((always_inline)) void
pmap_switch(struct pmap *pmap)
{
	own_processor->machine.pmap_unused = pmap == kernel_pmap;
	if (pmap != kernel_pmap)
		pmap_switch_user(pmap);
}

#endif
