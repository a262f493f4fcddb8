/*
 * vm/vm_page.h - resident pages (paper, section 5.3): one structure for each
 * page of physical memory, the hash by (object, offset) and the queues.
 */
#ifndef VM_VM_PAGE_H
#define VM_VM_PAGE_H

#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <mach/vm_prot.h>

struct pmap;
struct pv_entry;
struct zone;
struct vm_object;

/*
 * The resident pages of one object.  Apart from the object so that a collapse
 * can hand over a large set of pages by exchanging two pointers.
 */
struct vm_pages {
	/* changes under the owner's lock and LOCK_PAGE_QUEUES, read under either */
	struct vm_object *owner;
	/* owner's lock */
	struct queue	  pages;	/* of struct vm_page, object_link */
	unsigned	  count;	/* == length of pages */
	unsigned	  early;	/* those of them that are */
	/* fixed at creation */
	uint32_t	  hash;		/* where page 0 would be: vm_page.c */
};

/*
 * At most 64 bytes.  A page is on exactly one of: the free queue, a
 * processor's free cache, the active queue, the inactive queue; or wired, or
 * in laundry, or busy in somebody's hands.
 */
struct vm_page {
	/* page queue it is on; LOCK_PAGE_QUEUES, or LOCK_PAGE_FREE if free */
	struct queue	  pageq;
	/* LOCK_PAGE_HASH to change; readers need none, see vm_page.c */
	struct vm_page	 *hash_next;
	/* object lock */
	struct queue	  object_link;
	/* object lock, and LOCK_PAGE_QUEUES to change it; NULL: none */
	union {
		struct vm_pages *home;
		struct zone	*zone;		/* of a zone's page; fixed */
	};
	union {
		vm_offset_t offset;		/* bytes within home */
		void	   *zone_free;		/* first free element; LOCK_ZONE */
	};
	/* fixed */
	uint32_t	  pfn;		/* physical page number */
	/* pv lock: the mappings, kept by the machine's pmap */
	struct pmap	 *pv_pmap;	/* first mapping, NULL if none */
	vm_offset_t	  pv_va;	/* its address and flags */
	struct pv_entry	 *pv_more;	/* the others */
	volatile uint8_t  pv_lock;	/* LOCK_PV; a byte lock */
	/* pv lock: gathered from mappings that are gone */
	uint8_t		  pv_bits;
	/* LOCK_PAGE_QUEUES */
	uint16_t	  wire_count;	/* a zone's page: elements out */
	uint8_t		  free : 1, active : 1, inactive : 1, laundry : 1,
			  laundry_default : 1, in_cache : 1;
	/* fixed: this is main memory in our care (also parts bit fields) */
	bool		  managed;
	/* object lock */
	uint8_t		  busy : 1, wanted : 1, absent : 1, error : 1,
			  dirty : 1, precious : 1, tabled : 1,
			  early : 1;	/* supplied unasked, and not used yet */
	uint8_t		  page_lock : 3, unlock_request : 3, /* VM_PROT_*, prohibited */
			  owed : 1;	/* here, and a request for it is unanswered */
	/* LOCK_PAGE_FREE, of the first page of a free block */
	uint8_t		  order;
};

_Static_assert(sizeof(struct vm_page) <= 64, "docs/design.md: page structure");

static inline phys_addr_t
vm_page_phys(const struct vm_page *page)
{
	return (phys_addr_t)page->pfn << PAGE_SHIFT;
}

/*
 * What a page is wanted for.  Each may take more of the reserve than the one
 * before, so that a flood of one kind leaves room for the next: with all of
 * user memory touched there is memory for objects, and with objects made to
 * the last there are still messages to call with and stacks to serve them.  A
 * thread with vm_privilege may take all of the reserve for any of them.
 */
enum vm_page_use {
	VM_PAGE_USER_NEW,	/* as VM_PAGE_USER, memory that did not exist before */
	VM_PAGE_USER_BACK,	/* the same, what was paged out, at its first try */
	VM_PAGE_USER,		/* any memory; leaves the reserve alone */
	VM_PAGE_USER_DIRECT,	/* so too, in the direct map */
	VM_PAGE_KERNEL,		/* in the direct map, as the next */
	VM_PAGE_MESSAGE,
	VM_PAGE_STACK,		/* of a thread, without which nothing ends */
};

/*
 * Free pages: vm_page_free.c.
 *
 * Boot: makes the structures of all memory_ranges and boot modules; the
 * ranges' pages become free.
 */
void		 vm_page_bootstrap(void);
/* Memory that held boot modules, or other managed pages, is free from now on. */
void		 vm_page_release_range(phys_addr_t start, phys_addr_t end);
/* Memory that is a device's for good: it counts no more. */
void		 vm_page_withdraw(uint32_t pages);
/* A free page, not zeroed, on no queue; NULL when there is none.  Never sleeps. */
struct vm_page	*vm_page_grab(enum vm_page_use use);
void		 vm_page_release(struct vm_page *page);	/* back to the free queue */
/* 2^order contiguous pages in the direct map for the kernel, NULL if none. */
struct vm_page	*vm_page_grab_contiguous(enum vm_page_use use, unsigned order);
void		 vm_page_release_contiguous(struct vm_page *page, unsigned order);
/* Wait (interruptibly) until pages are free; continuation as thread_block's. */
void		 vm_page_wait(void (*continuation)(void));
/* Whether memory is scarce: the pageout daemon should work. */
bool		 vm_page_scarce(void);
/* How many pages the pageout daemon should free, 0 when there are enough. */
uint32_t	 vm_page_shortage(void);
/* Whether VM_PAGE_KERNEL would find no page. */
bool		 vm_page_kernel_exhausted(void);
/* All waiters look again: pages came, or the pageout daemon found none. */
void		 vm_page_wakeup_waiters(void);
/* Free pages, with those in processors' caches. */
uint32_t	 vm_page_free_total(void);
/* The structure of a physical address, NULL if that is no main memory. */
struct vm_page	*vm_page_lookup_phys(phys_addr_t pa);

/*
 * Page structures, for memory of 4 MB each; NULL where there is none.  Fixed
 * after boot.
 */
extern struct vm_page **vm_page_chunks;
#define VM_PAGE_CHUNK_SHIFT	10u
#define VM_PAGE_CHUNK		(1u << VM_PAGE_CHUNK_SHIFT)

/* The structure of a page that has one. */
static inline struct vm_page *
vm_page_managed(uint32_t pfn)
{
	return &vm_page_chunks[pfn >> VM_PAGE_CHUNK_SHIFT]
	    [pfn & (VM_PAGE_CHUNK - 1)];
}

/* A page in the direct map as memory, and back. */
static inline void *
vm_page_to_direct(const struct vm_page *page)
{
	return phys_to_direct(page->pfn << PAGE_SHIFT);
}
struct vm_page	*vm_page_from_direct(const void *addr);

/*
 * Check that each page of an object is on exactly one queue, wired or busy, and
 * that all counts are right; looks at all of memory, in the debug build, once
 * a second at most.
 */
#ifdef DEBUG_KERNEL
void		 vm_page_check(void);
#else
#define vm_page_check()	((void)0)
#endif

extern uint32_t	 vm_page_total;		/* fixed after boot */
extern volatile uint32_t vm_page_free_count;	/* LOCK_PAGE_FREE; read freely */
extern uint32_t	 vm_page_free_target;	/* fixed after boot: pageout stops */

/*
 * Pages of objects: vm_page.c.  offset is the object's, page aligned; the
 * object is locked.
 */
void		 vm_page_hash_init(void);
/* Make an object's pages: none yet. */
void		 vm_pages_init(struct vm_pages *pages, struct vm_object *owner);
struct vm_page	*vm_page_lookup(struct vm_object *object, vm_offset_t offset);
/* page is in no object and its own holder's; offset is not resident. */
void		 vm_page_insert(struct vm_page *page, struct vm_object *object,
		    vm_offset_t offset);
/* A fresh busy page in the object; NULL when there is none. */
struct vm_page	*vm_page_alloc(struct vm_object *object, vm_offset_t offset);
/* The same for memory that did not exist: refused while paging space is full and memory scarce. */
struct vm_page	*vm_page_alloc_new(struct vm_object *object, vm_offset_t offset);
/*
 * The same for what comes back from a pager.  While paging space is full, and
 * small tasks wait for new memory, who has not waited yet leaves them some.
 */
struct vm_page	*vm_page_alloc_back(struct vm_object *object,
		    vm_offset_t offset, bool waited);
/* Out of its object, off its queue; the caller's from now on. */
void		 vm_page_remove(struct vm_page *page);
/* From its object (locked) to another (locked too). */
void		 vm_page_rename(struct vm_page *page, struct vm_object *object,
		    vm_offset_t offset);
/* Out of its object, off its queue, unmapped by the caller: free memory. */
void		 vm_page_free(struct vm_page *page);
/* The same, taking its mappings away first. */
void		 vm_page_discard(struct vm_page *page);
/* The page's offset within the object it is in. */
vm_offset_t	 vm_page_object_offset(const struct vm_page *page);
/* Wait for, and end, the time in somebody's hands; object locked. */
void		 vm_page_assert_wait(struct vm_page *page, bool interruptible);
void		 vm_page_wakeup_done(struct vm_page *page);	/* clears busy */
void		 vm_page_wakeup(struct vm_page *page);		/* wanted only */

/*
 * Early pages: vm_page_early.c.  Their object is locked.
 *
 * Whether the current task, the object's pager, has sent so much that nobody
 * asked for that another such page is not to be taken.
 */
bool		 vm_page_early_refused(struct vm_object *object,
		    bool precious);
/* A page that it has just supplied is early; inactive, too. */
void		 vm_page_early_begin(struct vm_page *page);
/* It is used, or leaves its object. */
void		 vm_page_early_end(struct vm_page *page);
/* The object is being freed. */
void		 vm_page_early_free(struct vm_object *object);

/*
 * Page queues: vm_page_queue.c.  Take LOCK_PAGE_QUEUES themselves unless
 * _locked.
 */
extern struct spinlock vm_page_queue_lock;
extern struct queue vm_page_queue_active;	/* vm_page_queue_lock */
extern struct queue vm_page_queue_inactive;
extern volatile unsigned vm_page_active_count;	/* vm_page_queue_lock */
extern volatile unsigned vm_page_inactive_count;
extern volatile unsigned vm_page_wire_count;	/* wired pages of objects */
/*
 * Pages on their way: to all pagers, and those of them that go to the default
 * pager.  The others are on a queue, longest sent first.
 */
extern struct queue vm_page_queue_laundry;
extern volatile unsigned vm_page_laundry_count;
extern volatile unsigned vm_page_laundry_default_count;
extern volatile unsigned vm_page_laundry_done;	/* so far: grows and wraps */

/* An inactive page goes before all others when memory is scarce. */
void		 vm_page_next_out(struct vm_page *page);
void		 vm_page_activate(struct vm_page *page);
void		 vm_page_deactivate(struct vm_page *page);
void		 vm_page_deactivate_locked(struct vm_page *page);
void		 vm_page_activate_locked(struct vm_page *page);
void		 vm_page_dequeue_other(struct vm_page *page);	/* not active */

static inline void
vm_page_dequeue_locked(struct vm_page *page)
{
	if (likely(page->active)) {
		page->active = 0;
		vm_page_active_count--;
		queue_remove(&page->pageq);
	} else {
		vm_page_dequeue_other(page);
	}
}

/* From now until it is dequeued the page, in its carrier, is laundry. */
void		 vm_page_launder(struct vm_page *page, bool to_default);
/*
 * Wait until laundry is done, some milliseconds at most; no locks.  One waiter:
 * the pageout daemon.
 */
void		 vm_page_laundry_wait(unsigned timeout_ms);
void		 vm_page_wire(struct vm_page *page);
void		 vm_page_unwire(struct vm_page *page);	/* active when the last goes */

#endif
