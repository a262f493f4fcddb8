/*
 * vm/pmap.h - the contract of the machine's physical map; <machine>/pmap.c
 * implements it.
 *
 * A pmap caches what vm maps say; its hardware bits of reference and
 * modification are moved to the page's own as mappings go.  Unless said
 * otherwise: call with LOCK_PMAP's predecessors only, nothing sleeps, and on
 * return every processor's TLB obeys.
 */
#ifndef VM_PMAP_H
#define VM_PMAP_H

#include <kern/types.h>
#include <mach/vm_prot.h>

struct pmap;
struct thread;
struct vm_page;

extern struct pmap *kernel_pmap;		/* fixed after boot */

/* Boot, first processor; before vm_page_bootstrap. */
void		 pmap_bootstrap(void);
/* After zones exist. */
void		 pmap_init(void);

struct pmap	*pmap_create(void);		/* NULL: no memory */
void		 pmap_reference(struct pmap *pmap);
void		 pmap_destroy(struct pmap *pmap);	/* drops a reference */

/*
 * Map page at va (page aligned).  Replaces what was there.  Without
 * VM_PROT_WRITE in prot a write faults, and so on.  May fail for want of page
 * tables: KERN_RESOURCE_SHORTAGE, nothing mapped.
 */
kern_return_t	 pmap_enter(struct pmap *pmap, vm_offset_t va,
		    struct vm_page *page, vm_prot_t prot, bool wired);
/*
 * Map pages that will probably be wanted: those of count at va and following,
 * all in one aligned PMAP_NEAR pages, that are not NULL and where nothing is
 * mapped.  They are not referenced yet.  Without memory, fewer.
 */
#define PMAP_NEAR	16u
void		 pmap_enter_near(struct pmap *pmap, vm_offset_t va,
		    struct vm_page *const *pages, unsigned count,
		    vm_prot_t prot);
/* The same for physical memory without a page structure (devices). */
kern_return_t	 pmap_enter_phys(struct pmap *pmap, vm_offset_t va,
		    phys_addr_t pa, vm_prot_t prot, bool cached);
void		 pmap_remove(struct pmap *pmap, vm_offset_t start,
		    vm_offset_t end);
/* Take rights away (never adds): VM_PROT_NONE removes. */
void		 pmap_protect(struct pmap *pmap, vm_offset_t start,
		    vm_offset_t end, vm_prot_t prot);
void		 pmap_change_wiring(struct pmap *pmap, vm_offset_t va,
		    bool wired);
/* Physical address with offset, or 0 when nothing is mapped. */
phys_addr_t	 pmap_extract(struct pmap *pmap, vm_offset_t va);
uint32_t	 pmap_resident_count(struct pmap *pmap);

/*
 * Copy whole words, size in bytes not 0, from the current task's user memory to
 * that of thread's task, to an aligned address, if no page on either side is
 * missing or may not be written: false else, and part may have been copied.
 * Never sleeps; spin locks may be held, interrupts are on (and off for the time,
 * so size is for messages: PMAP_COPY_MAX at most).  Fast if other messages to
 * the same thread went to the same page.
 */
#define PMAP_COPY_MAX	8192u
bool		 pmap_copy_user(const struct thread *thread, vm_offset_t to,
		    const void *from, uint32_t size);

/* On every mapping of a page.  The page is busy or its object locked. */
void		 pmap_page_protect(struct vm_page *page, vm_prot_t prot);
/*
 * The same for pages of one object, side by side: where they are mapped side by
 * side, as most are, other processors are interrupted once.
 */
void		 pmap_pages_protect(struct vm_page *const *pages,
		    unsigned count, vm_prot_t prot);
bool		 pmap_is_modified(struct vm_page *page);
void		 pmap_clear_modify(struct vm_page *page);
bool		 pmap_is_referenced(struct vm_page *page);
void		 pmap_clear_reference(struct vm_page *page);

/* Contents of physical pages, wherever they are. */
void		 pmap_zero_page(struct vm_page *page);
void		 pmap_copy_page(struct vm_page *src, struct vm_page *dst);
void		 pmap_copy_to_page(const void *src, struct vm_page *page,
		    unsigned offset, unsigned size);
void		 pmap_copy_from_page(struct vm_page *page, unsigned offset,
		    void *dst, unsigned size);
/* Part of one page to part of another. */
void		 pmap_copy_page_part(struct vm_page *src, unsigned src_offset,
		    struct vm_page *dst, unsigned dst_offset, unsigned size);

/* Where readable means executable unless the task is strict (DESIGN). */
void		 pmap_set_exec_strict(struct pmap *pmap, bool strict);

#endif
