/*
 * vm/vm_object.h - memory objects as the kernel holds them: a set of resident
 * pages, and where the pages come from that are not resident (a pager, the
 * object that this one shadows, or zeros).
 */
#ifndef VM_VM_OBJECT_H
#define VM_VM_OBJECT_H

#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <mach/memory_object.h>
#include <mach/vm_prot.h>
#include <vm/vm_page.h>

struct account;
struct ipc_port;
struct vm_object;
struct vm_paged;
struct vm_pager_death;

/* Physical address of a device object's page, or 0. */
typedef phys_addr_t (*vm_object_device_fn)(void *arg, vm_offset_t offset);

/*
 * What of one pager's object is on its way to it.  The object and all carriers
 * of its pages have a reference.
 */
struct vm_laundry {
	struct refcount	  refs;
	volatile unsigned pages;	/* LOCK_PAGE_QUEUES; read freely */
};

/*
 * An object's shadow is where pages come from that the object lacks: the
 * shadow's offset is the object's plus shadow_offset.  The object holds a
 * reference of its shadow.  copy goes the other way: the object that keeps
 * what this one's pages held when they were copied; it shadows this one.
 * Locks go down the chain: an object's, then its shadow's.
 */
struct vm_object {
	struct spinlock	  lock;
	/* taken by anyone who holds one; dropped under lock */
	struct refcount	  refs;
	/* under lock */
	struct vm_pages	 *resident;
	vm_offset_t	  resident_bias;/* page offset = ours + this */
	vm_size_t	  size;		/* bytes; whole pages if internal */
	struct vm_object *shadow;	/* and the shadow's lock to change it */
	vm_offset_t	  shadow_offset;
	struct vm_object *copy;		/* no reference */
	struct queue	  shadows;	/* of those that shadow this */
	unsigned	  shadow_count;	/* == length of shadows */
	unsigned	  paging_in_progress;	/* holds off collapse and end */
	unsigned	  absent_count;	/* pages asked of the pager: absent or owed */
	memory_object_copy_strategy_t copy_strategy;
	bool		  internal;	/* made by the kernel, no user's pager; fixed */
	bool		  alive;	/* not terminated or destroyed */
	bool		  terminating;
	bool		  pure_copy;	/* only copy_push has put pages here */
	bool		  shared;	/* several maps write it: copy asymmetrically */
	bool		  collapse_wanted;	/* when paging_in_progress ends */
	bool		  paging_wanted;	/* somebody waits for that */
	bool		  returning;	/* pages left us, and are not in the pager's queue yet */
	bool		  return_wanted;	/* somebody waits for that */
	bool		  mapped_writable;	/* since pages were last protected */
	bool		  can_persist;	/* cached without references */
	bool		  cached;
	bool		  pager_ready;
	bool		  pager_dead;
	bool		  old_pageout;	/* the pager wants data_write */
	bool		  kept;		/* in memory: the default pager is at work with it */
	bool		  wants_discard;/* it is told what is deallocated */
	vm_size_t	  run_size;	/* bytes that the pager takes at once */
	struct vm_laundry *laundry;	/* of a pager's object, or its carrier */
	struct account	 *supplier;	/* who sends early pages; a reference */
	uint32_t	  laundry_since;/* carrier: when it was sent, in ticks */
	vm_offset_t	  paging_offset;/* the pager's offset = ours + this */
	struct vm_paged	 *paged;	/* internal: what the pager has */
	struct vm_pager_death *deaths;	/* who is to be told of the pager's end */
	/*
	 * fixed once the pager is known, but that an anonymous object's pass
	 * to who takes it in
	 */
	struct ipc_port	 *pager;	/* a send right */
	struct ipc_port	 *control;	/* receive rights of the kernel */
	mach_port_name_t  control_name;	/* the pager's for it, perhaps: a hint, no lock */
	struct ipc_port	 *name;
	/* fixed: a device's memory */
	vm_object_device_fn device_page;
	void		 *device_arg;
	vm_prot_t	  device_prot;	/* most that an entry mapping it may allow */
	/* the shadow's lock */
	struct queue	  shadow_link;
	/* LOCK_OBJECT_CACHE */
	struct queue	  cache_link;
};

void		 vm_object_init(void);
/* An anonymous object, one reference; NULL: no memory. */
struct vm_object *vm_object_create(vm_size_t size);
static inline void
vm_object_reference(struct vm_object *object)
{
	refcount_take(&object->refs);
}

/* Drops a reference; may sleep; nothing held but map locks.  NULL allowed. */
void		 vm_object_deallocate(struct vm_object *object);

/* The memory of an object that has nothing left. */
void		 vm_object_free(struct vm_object *object);
/* Ends a locked object without references; gives its shadow, with its reference. */
struct vm_object *vm_object_terminate_unlock(struct vm_object *object);

static inline void
vm_object_lock(struct vm_object *object)
{
	spin_lock(&object->lock);
}

/* Lock what a locked object shadows. */
static inline void
vm_object_lock_below(struct vm_object *shadow)
{
	spin_lock_second(&shadow->lock);
}

static inline void
vm_object_unlock(struct vm_object *object)
{
	spin_unlock(&object->lock);
}

/* Object locked. */
static inline void
vm_object_paging_begin(struct vm_object *object)
{
	object->paging_in_progress++;
}

/* Ends it and unlocks the object. */
void		 vm_object_paging_end_unlock(struct vm_object *object);

/* Unlock it; if it may be merged now, for which paging had to end, it is. */
static inline void
vm_object_unlock_settled(struct vm_object *object)
{
	if (object->collapse_wanted) {
		vm_object_paging_begin(object);
		vm_object_paging_end_unlock(object);
	} else {
		vm_object_unlock(object);
	}
}

/* Pages [start, end) of a locked object are freed. */
void		 vm_object_free_pages(struct vm_object *object,
		    vm_offset_t start, vm_offset_t end);
/* Take write access away from all mappings of the pages; object locked. */
void		 vm_object_protect_pages(struct vm_object *object,
		    vm_offset_t start, vm_offset_t end);

/* Hang object (private, locked or unseen) above shadow, whose reference it takes. */
void		 vm_object_set_shadow(struct vm_object *object,
		    struct vm_object *shadow, vm_offset_t offset);
/* Undo it; both locked.  The caller has the reference then. */
void		 vm_object_clear_shadow(struct vm_object *object);

/* vm_object_collapse.c */
/* A locked object may have become mergeable with its neighbours; unlocks it. */
void		 vm_object_collapse_unlock(struct vm_object *object);

/* vm_object_copy.c */
/* Whether copies may leave the object as it is and shadow it (needs_copy). */
static inline bool
vm_object_symmetric(const struct vm_object *object)
{
	return object->internal && !object->shared;
}

/*
 * Replace *object, *offset (one reference) by a new object of length bytes
 * that shadows them.  KERN_RESOURCE_SHORTAGE: unchanged.
 */
kern_return_t	 vm_object_shadow(struct vm_object **object,
		    vm_offset_t *offset, vm_size_t length);
/*
 * A snapshot of part of object by its own strategy: *copy with a reference,
 * to be used from offset *copy_offset, with *needs_copy.  May sleep; no locks
 * (slow copies ask pagers).  KERN_RESOURCE_SHORTAGE, KERN_MEMORY_ERROR,
 * KERN_ABORTED.
 */
kern_return_t	 vm_object_copy_strategically(struct vm_object *object,
		    vm_offset_t offset, vm_size_t size,
		    struct vm_object **copy, vm_offset_t *copy_offset,
		    bool *needs_copy);
/* The same by copying the pages now. */
kern_return_t	 vm_object_copy_slowly(struct vm_object *object,
		    vm_offset_t offset, vm_size_t size,
		    struct vm_object **copy);
/*
 * The page of a locked object is about to be written: give the copy object
 * its own first.  Returns KERN_SUCCESS; KERN_RESOURCE_SHORTAGE; KERN_ABORTED
 * with the object UNLOCKED when the copy's lock was busy: begin again.
 */
kern_return_t	 vm_object_copy_push(struct vm_object *object,
		    struct vm_page *page, vm_offset_t offset);

/* vm_object_cache.c: objects without references that their pager lets stay */
void		 vm_object_cache_insert_unlock(struct vm_object *object);
/* From the cache, object locked; its count of references is 0. */
void		 vm_object_cache_remove(struct vm_object *object);
/* Terminate the longest unused; returns whether there was one. */
bool		 vm_object_cache_trim(void);
void		 vm_object_cache_count(unsigned *objects, unsigned *pages);

/*
 * A device's memory as an object: page_at tells where each page lies; an
 * entry that maps it (vm_map_enter) allows at most prot.  Its
 * pages are never paged; main memory among them must be managed or reserved
 * by the device for good.  Mappings get no more rights than prot.  One reference; NULL: no memory.  Give a port the
 * object (ipc_kobject_set, KOBJECT_PAGER) and vm_map maps it; the port keeps
 * the reference.
 */
struct vm_object *vm_object_create_device(vm_size_t size, vm_prot_t prot,
		    vm_object_device_fn page_at, void *arg);

/* A send right to the name port of the object's data, or NULL. */
struct ipc_port	*vm_object_name(struct vm_object *object);

#endif
