/*
 * vm/vm_map.h - address maps (paper, section 5.1): which ranges of a task's
 * addresses are which parts of which objects, with what rights.
 */
#ifndef VM_VM_MAP_H
#define VM_VM_MAP_H

#include <kern/lock.h>
#include <kern/types.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_wire.h>
#include <vm/vm_map_tree.h>

struct account;
struct pmap;
struct vm_object;
struct vm_page;

/*
 * One range of an address space with the same memory and rights throughout.
 * object NULL: memory that nobody has touched; it reads as zeros.
 */
struct vm_map_entry {
	struct vm_map_node node;	/* first; start, end */
	/* under the map's lock, for writing to change */
	struct vm_object *object;	/* a reference */
	vm_offset_t	  offset;	/* of start in object; 0 without object */
	uint8_t		  protection;
	uint8_t		  max_protection;
	uint8_t		  inheritance;
	bool		  needs_copy;	/* object is shadowed before a write */
	bool		  is_shared;	/* shared by inheritance */
	uint8_t		  in_transition;/* not 0: being wired, may not go or change */
	bool		  wakeup_wanted;/* when in_transition ends */
	uint8_t		  copies_direct;/* so many small copies are made at once */
	/* under the lock; set with it held for reading, too */
	bool		  mapped;	/* the pmap may know of it */
	/* under the lock, for writing to change */
	uint16_t	  wired_count;
};

/* A balanced tree of entries by address, each node knowing the largest hole below it. */
struct vm_map {
	/* fixed at creation */
	struct pmap	 *pmap;		/* a reference */
	vm_offset_t	  min_offset, max_offset;
	struct account	 *account;	/* a reference; NULL: nobody pays */
	/* atomic */
	struct refcount	  refs;
	/* under lock (LOCK_MAP, a sleep lock) */
	struct rwlock	  lock;
	struct vm_map_tree tree;	/* of struct vm_map_entry, node */
	struct vm_map_entry edge;	/* the tree's; it never joins a neighbour */
	unsigned	  entry_count;
	vm_size_t	  size;		/* bytes mapped */
	vm_size_t	  wired_size;	/* bytes in wired entries */
	unsigned	  wirings;	/* under way: entries may be in_transition */
	vm_offset_t	  copied_direct;/* vm_map_copy.c: a part of an entry */
	struct vm_fault_policy *policies; /* vm_fault_policy.c */
	bool		  exec_strict;	/* inherited by task_create */
	bool		  write_only;	/* once an entry may be written, not read */
	bool		  wire_future;	/* vm_wire_all: new memory is wired */
	/* under lock or atomic */
	struct vm_map_entry *volatile hint;	/* last looked up */
};

struct vm_map	*vm_map_create(struct pmap *pmap, vm_offset_t min, vm_offset_t max);	/* consumes pmap; NULL: no memory */
/* Charge the entries of a new map, now and from now on, to account. */
void		 vm_map_set_account(struct vm_map *map, struct account *account);
void		 vm_map_deallocate(struct vm_map *map);	/* NULL allowed */

static inline void
vm_map_reference(struct vm_map *map)
{
	refcount_take(&map->refs);
}

/* The child's map for task_create: every entry by its inheritance. NULL: no memory. */
struct vm_map	*vm_map_fork(struct vm_map *parent);

/* The kernel calls behind vm_user.c; each has the ABI's codes. */
kern_return_t	 vm_map_allocate(struct vm_map *map, vm_offset_t *addr, vm_size_t size, bool anywhere);
kern_return_t	 vm_map_remove(struct vm_map *map, vm_offset_t start, vm_offset_t end);
kern_return_t	 vm_map_protect(struct vm_map *map, vm_offset_t start, vm_offset_t end, vm_prot_t prot, bool set_max);
kern_return_t	 vm_map_inherit(struct vm_map *map, vm_offset_t start, vm_offset_t end, vm_inherit_t inheritance);
/* Map object (consumes a reference on success; NULL: fresh zero-filled memory). */
kern_return_t	 vm_map_enter(struct vm_map *map, vm_offset_t *addr, vm_size_t size, vm_offset_t mask, bool anywhere,
		    struct vm_object *object, vm_offset_t offset, bool needs_copy,
		    vm_prot_t prot, vm_prot_t max_prot, vm_inherit_t inheritance);
kern_return_t	 vm_map_wire(struct vm_map *map, vm_offset_t start, vm_offset_t end, vm_prot_t access);	/* VM_PROT_NONE unwires */

/*
 * vm_wire_all: wire all there is, or will be entered, by flags; VM_WIRE_NONE
 * ends both.  On an error nothing has changed.
 */
kern_return_t	 vm_map_wire_all(struct vm_map *map, vm_wire_t flags);

/*
 * A snapshot of memory in transit between maps: what an out-of-line region
 * is while its message is under way.  Opaque; vm/vm_map_copy.c.
 */
struct vm_map_copy;
typedef struct vm_map_copy *vm_map_copy_t;

/*
 * Snapshot [addr, addr + len) of src_map, copy on write; addr and len need not
 * be aligned (the bytes keep their place in the page).  src_destroy removes the
 * source range (then nothing needs copying).  KERN_INVALID_ADDRESS a hole or wrap,
 * KERN_PROTECTION_FAILURE not readable, KERN_RESOURCE_SHORTAGE; source unchanged on error.
 * len 0 gives a NULL copy.
 */
kern_return_t	 vm_map_copyin(struct vm_map *src_map, vm_offset_t addr, vm_size_t len, bool src_destroy, vm_map_copy_t *copy);
/* A copy holding the given bytes of kernel memory. */
kern_return_t	 vm_map_copyin_kernel(const void *data, vm_size_t len, vm_map_copy_t *copy);
/*
 * Put copy into map, anywhere.  Consumes copy on success; *addr is where the
 * first byte is (0 for a NULL copy).  KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE: copy kept.
 */
kern_return_t	 vm_map_copyout(struct vm_map *map, vm_offset_t *addr, vm_map_copy_t copy);
/* Write copy over existing memory (vm_write, vm_copy).  Consumes copy on success. */
kern_return_t	 vm_map_copy_overwrite(struct vm_map *map, vm_offset_t addr, vm_map_copy_t copy);
void		 vm_map_copy_discard(vm_map_copy_t copy);	/* NULL allowed */
vm_size_t	 vm_map_copy_size(vm_map_copy_t copy);		/* bytes; NULL is 0 */
vm_size_t	 vm_map_copy_memory(vm_map_copy_t copy);	/* kernel memory it takes, in bytes */
/* Whether its first byte begins a page. */
bool		 vm_map_copy_page_aligned(vm_map_copy_t copy);
/*
 * The page of data at offset (page aligned, as the copy's first byte must be),
 * busy and in no object: the copy's own, which it then lacks, or another with
 * the same bytes.  NULL: no memory, or it cannot be read.  May sleep.
 */
struct vm_page	*vm_map_copy_take_page(vm_map_copy_t copy, vm_offset_t offset);
/*
 * A copy of size bytes that are still to be put into its pages, which are
 * listed in pages; on no page queue yet, so each is to be activated when it
 * is filled.  May sleep for memory.
 */
kern_return_t	 vm_map_copy_fresh(vm_size_t size, struct vm_page **pages, vm_map_copy_t *copy);
/* Read bytes of a copy into kernel memory (faults pages in; may sleep). */
kern_return_t	 vm_map_copy_read(vm_map_copy_t copy, vm_offset_t offset, void *dst, vm_size_t len);

struct vm_map_entry *vm_map_search_entry(struct vm_map *map, vm_offset_t addr, bool above);
/*
 * The entry at addr, or NULL; map locked.  With above, one that starts above
 * addr will do.
 */
static inline struct vm_map_entry *
vm_map_lookup_entry(struct vm_map *map, vm_offset_t addr, bool above)
{
	struct vm_map_entry *entry = map->hint;

	if (likely(entry != NULL && addr >= entry->node.start &&
	    addr < entry->node.end))
		return entry;
	return vm_map_search_entry(map, addr, above);
}

/* Let tasks of this map run data only where it is mapped executable, or not. */
/* Note what an entry of a map locked for writing may be used for. */
static inline void
vm_map_note_rights(struct vm_map *map, vm_prot_t prot)
{
	if ((prot & (VM_PROT_READ | VM_PROT_WRITE)) == VM_PROT_WRITE)
		map->write_only = true;
}
void		 vm_map_set_exec_strict(struct vm_map *map, bool strict);

extern struct vm_map *kernel_map;	/* fixed after boot */

void		 vm_map_init(void);

#endif
