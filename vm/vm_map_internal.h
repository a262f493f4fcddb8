/*
 * vm/vm_map_internal.h - what the files that work on map entries share.  All
 * of it wants the map locked for writing unless said otherwise.
 */
#ifndef VM_VM_MAP_INTERNAL_H
#define VM_VM_MAP_INTERNAL_H

#include <kern/account.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

static inline vm_offset_t
entry_start(const struct vm_map_entry *entry)
{
	return entry->node.start;
}

static inline vm_offset_t
entry_end(const struct vm_map_entry *entry)
{
	return entry->node.end;
}

static inline vm_size_t
entry_size(const struct vm_map_entry *entry)
{
	return entry->node.end - entry->node.start;
}

static inline struct vm_map_entry *
entry_of(struct vm_map_node *node)
{
	return (struct vm_map_entry *)node;	/* its first field */
}

static inline struct vm_map_entry *
entry_next(struct vm_map *map, struct vm_map_entry *entry)
{
	return entry_of(vm_map_tree_next(&map->tree, &entry->node));
}

static inline struct vm_map_entry *
entry_prev(struct vm_map *map, struct vm_map_entry *entry)
{
	return entry_of(vm_map_tree_prev(&map->tree, &entry->node));
}

/* The same; past the ends is the map's edge. */
static inline struct vm_map_entry *
entry_above(struct vm_map_entry *entry)
{
	return entry_of(vm_map_node_next(&entry->node));
}

static inline struct vm_map_entry *
entry_below(struct vm_map_entry *entry)
{
	return entry_of(vm_map_node_prev(&entry->node));
}

extern struct zone *vm_map_entry_zone;	/* fixed after boot */

/* An entry in no map, with inheritance and protections as by default. NULL: no memory. */
static inline struct vm_map_entry *
vm_map_entry_alloc(void)
{
	struct vm_map_entry *entry = zalloc(vm_map_entry_zone);

	if (entry == NULL)
		return NULL;
	entry->object = NULL;
	entry->offset = 0;
	entry->protection = VM_PROT_DEFAULT;
	entry->max_protection = VM_PROT_ALL;
	entry->inheritance = VM_INHERIT_DEFAULT;
	entry->needs_copy = false;
	entry->is_shared = false;
	entry->in_transition = false;
	entry->wakeup_wanted = false;
	entry->copies_direct = 0;
	entry->mapped = false;
	entry->wired_count = 0;
	return entry;
}

static inline void
vm_map_entry_free(struct vm_map_entry *entry)
{
	zfree(vm_map_entry_zone, entry);
}

/* Whether the map's task may have so many entries more. */
static inline bool
vm_map_has_room(const struct vm_map *map, unsigned entries)
{
	if (map->account == NULL)
		return true;
	return likely(entries == 1) ? account_room_entry(map->account) :
	    account_room(map->account, ACCOUNT_MAP_ENTRIES, entries);
}

/* One entry more is in the map. */
static inline void
vm_map_entry_count(struct vm_map *map, struct vm_map_entry *entry)
{
	map->entry_count++;
	map->size += entry_size(entry);
	if (unlikely(entry->wired_count != 0))
		map->wired_size += entry_size(entry);
}

/*
 * Into the map, out of it: the tree, counts and sizes; nothing else.  next is
 * the first entry above, or the edge.
 */
static inline void
vm_map_entry_link(struct vm_map *map, struct vm_map_entry *entry,
    struct vm_map_entry *next)
{
	vm_map_tree_insert(&map->tree, &entry->node, &next->node);
	map->hint = entry;
	if (map->account != NULL)
		account_add(map->account, ACCOUNT_MAP_ENTRIES, 1);
	vm_map_entry_count(map, entry);
}

static inline void
vm_map_entry_unlink(struct vm_map *map, struct vm_map_entry *entry)
{
	if (map->hint == entry)
		map->hint = NULL;
	vm_map_tree_remove(&map->tree, &entry->node);
	if (map->account != NULL)
		account_give(map->account, ACCOUNT_MAP_ENTRIES, 1);
	map->entry_count--;
	map->size -= entry_size(entry);
	if (unlikely(entry->wired_count != 0))
		map->wired_size -= entry_size(entry);
}

/*
 * The same of many entries, from the lowest up, into a map without any that
 * nobody uses yet, with vm_map_entries_linked after the last.
 */
static inline void
vm_map_entry_append(struct vm_map *map, struct vm_map_entry *entry)
{
	assert(map->account == NULL);
	vm_map_tree_append(&map->tree, &entry->node);
	vm_map_entry_count(map, entry);
}

void		 vm_map_entries_linked(struct vm_map *map);

/*
 * Make entry begin, end exactly there if addr lies inside it: the rest
 * becomes an entry of its own.  KERN_RESOURCE_SHORTAGE: nothing changed.
 */
kern_return_t	 vm_map_clip_start(struct vm_map *map,
		    struct vm_map_entry *entry, vm_offset_t addr);
kern_return_t	 vm_map_clip_end(struct vm_map *map,
		    struct vm_map_entry *entry, vm_offset_t addr);
/*
 * The same for whatever lies at the ends of a range, which may have holes.
 * *first: the first entry in it, one above, or NULL.
 */
kern_return_t	 vm_map_clip_ends(struct vm_map *map, vm_offset_t start,
		    vm_offset_t end, struct vm_map_entry **first);
/*
 * The entries of [start, end), clipped to it: *first.  KERN_INVALID_ADDRESS
 * when it has a hole; KERN_RESOURCE_SHORTAGE.
 */
kern_return_t	 vm_map_clip_range(struct vm_map *map, vm_offset_t start,
		    vm_offset_t end, struct vm_map_entry **first);
/* Make one of two neighbours of the same object, if they can be; prev goes. */
void		 vm_map_join_entries(struct vm_map *map,
		    struct vm_map_entry *prev, struct vm_map_entry *entry);

/* Join entry, or the edge, with the one before it where the two could be one. */
static inline void
vm_map_simplify_entry(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_map_entry *prev = entry_below(entry);

	if (prev->object == entry->object &&
	    entry_end(prev) == entry_start(entry))
		vm_map_join_entries(map, prev, entry);
}

/* The same for all entries of a range and its borders. */
void		 vm_map_simplify_range(struct vm_map *map, vm_offset_t start,
		    vm_offset_t end);
/* Whether all of [start, end) is mapped; locked at least for reading. */
bool		 vm_map_range_mapped(struct vm_map *map, vm_offset_t start,
		    vm_offset_t end);
/*
 * Wait until nobody wires in [start, end).  Sleeps with the map unlocked
 * and returns true if it had to: look everything up again.
 */
bool		 vm_map_wait_wiring(struct vm_map *map, vm_offset_t start,
		    vm_offset_t end);

static inline bool
vm_map_wait_transition(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	return unlikely(map->wirings != 0) &&
	    vm_map_wait_wiring(map, start, end);
}

/*
 * Free room for size bytes at *addr, or anywhere, above that where there is
 * some: KERN_NO_SPACE, KERN_INVALID_ADDRESS.  *next: the first entry above
 * it, or the edge.
 */
kern_return_t	 vm_map_search_room(struct vm_map *map, vm_offset_t *addr,
		    vm_size_t size, vm_offset_t mask, bool anywhere,
		    struct vm_map_entry **next);

static inline kern_return_t
vm_map_find_room(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    vm_offset_t mask, bool anywhere, struct vm_map_entry **next)
{
	struct vm_map_node *node;

	if (unlikely(!anywhere) || unlikely(!vm_map_tree_find_hole(&map->tree,
	    *addr, size, mask, addr, &node)))
		return vm_map_search_room(map, addr, size, mask, anywhere,
		    next);
	*next = entry_of(node);
	return KERN_SUCCESS;
}

/* Give the entry memory of its own to write: an object, a shadow. */
kern_return_t	 vm_map_entry_make_writable(struct vm_map *map,
		    struct vm_map_entry *entry);
/* Take what the entry maps out of the pmap. */
static inline void
vm_map_entry_unmap(struct vm_map *map, struct vm_map_entry *entry)
{
	if (!entry->mapped)
		return;
	pmap_remove(map->pmap, entry_start(entry), entry_end(entry));
	entry->mapped = false;
}

/* vm_map_rights.c */
void		 vm_map_entry_unwire(struct vm_map *map,
		    struct vm_map_entry *entry);

/* The map's part of removal; end of wiring included.  Entries are clipped. */
static inline void
vm_map_entry_delete(struct vm_map *map, struct vm_map_entry *entry)
{
	if (entry->wired_count != 0)
		vm_map_entry_unwire(map, entry);
	vm_map_entry_unmap(map, entry);
	vm_map_entry_unlink(map, entry);
}

/* vm_map_fork.c */
/*
 * The entry's memory is going to be written through several maps: make it an
 * object's, and take a reference of that.  The map is locked for writing.
 */
kern_return_t	 vm_map_entry_share(struct vm_map *map,
		    struct vm_map_entry *entry);

/* vm_map_copy.c */
/*
 * Make copy, an entry in no map, a snapshot of [start, end), all or part of
 * src: object, offset and needs_copy.  May unlock the map for a while: look
 * up again by address.  KERN_RESOURCE_SHORTAGE, KERN_MEMORY_ERROR,
 * KERN_ABORTED.
 */
kern_return_t	 vm_map_entry_snapshot(struct vm_map *map,
		    struct vm_map_entry *src, vm_offset_t start,
		    vm_offset_t end, struct vm_map_entry *copy);

#endif
