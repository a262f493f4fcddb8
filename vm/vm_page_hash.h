/*
 * vm/vm_page_hash.h - the hash of resident pages: vm_page_lookup in line, for
 * faults, which may look into many objects.
 *
 * A lookup takes no hash lock.  Page structures are never freed, so a walk
 * along a chain ends whatever happens to it; a page that it finds belongs to
 * our locked object and stays.  A miss is certain only if nothing left the
 * chain meanwhile, which its count tells.
 */
#ifndef VM_VM_PAGE_HASH_H
#define VM_VM_PAGE_HASH_H

#include <kern/debug.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

struct vm_page_chain {
	struct vm_page *volatile first;	/* its lock: vm_page.c */
	volatile uint32_t removals;	/* the same; read freely */
};

extern struct vm_page_chain *vm_page_hash;	/* fixed after boot */
extern uint32_t vm_page_hash_mask;		/* fixed after boot */

static inline uint32_t
vm_page_hash_index(const struct vm_pages *home, vm_offset_t offset)
{
	return (home->hash + (offset >> PAGE_SHIFT)) & vm_page_hash_mask;
}

/* The object's page, or NULL; object locked. */
static inline struct vm_page *
vm_page_find(struct vm_object *object, vm_offset_t offset)
{
	struct vm_pages *home = object->resident;
	struct vm_page_chain *chain;
	struct vm_page *page;
	uint32_t seen;

	assert(spinlock_held(&object->lock));
	if (home->count == 0)
		return NULL;
	offset += object->resident_bias;
	chain = &vm_page_hash[vm_page_hash_index(home, offset)];
	do {
		seen = chain->removals;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		for (page = chain->first; page != NULL;
		    page = *(struct vm_page *volatile *)&page->hash_next)
			if (page->home == home && page->offset == offset)
				return page;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (chain->removals != seen);
	return NULL;
}

#endif
