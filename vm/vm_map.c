/*
 * vm/vm_map.c - address maps: entries made, found, split, joined and removed.
 *
 * Owns:       maps, their entries and the tree that holds them.
 * Locks:      the map's own lock, which sleeps; objects come after it.
 * Invariant:  entries do not overlap, are whole pages, and lie within the
 *             map's bounds; neighbours that could be one entry are one, as
 *             far as the last change beside them could tell.
 */
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_default_pager.h>
#include <vm/vm_fault_policy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/*
 * Memory that was written after it was copied will be so again: so many of the
 * next small copies of it are not by copy-on-write.
 */
#define COPIES_DIRECT	16u

static struct zone *map_zone;		/* fixed after boot */
struct zone *vm_map_entry_zone;		/* fixed after boot */

void
vm_map_init(void)
{
	map_zone = zone_create("vm map", sizeof(struct vm_map), 0);
	vm_map_entry_zone = zone_create("vm map entry",
	    sizeof(struct vm_map_entry), 0);
}

struct vm_map *
vm_map_create(struct pmap *pmap, vm_offset_t min, vm_offset_t max)
{
	struct vm_map *map = zalloc_zero(map_zone);

	if (map == NULL)
		return NULL;
	map->pmap = pmap;
	map->min_offset = min;
	map->max_offset = max;
	refcount_init(&map->refs, 1);
	rwlock_init(&map->lock,
	    pmap == kernel_pmap ? LOCK_KERNEL_MAP : LOCK_MAP);
	/* never the first page unless asked for: a null pointer must fault */
	vm_map_tree_init(&map->tree, &map->edge.node, max_of(min, PAGE_SIZE),
	    max);
	map->edge.in_transition = true;
	return map;
}

void
vm_map_set_account(struct vm_map *map, struct account *account)
{
	account_reference(account);
	map->account = account;
	if (map->entry_count != 0)
		account_add(account, ACCOUNT_MAP_ENTRIES, map->entry_count);
}

/*
 * Let go of all that a map holds; nobody else knows it any more.  Its pages
 * are unmapped all at once, then its objects may go.
 */
static void
map_empty(struct vm_map *map)
{
	struct vm_map_node *node, *next;
	struct vm_map_entry *entry;

	for (node = vm_map_tree_first(&map->tree); node != NULL;
	    node = vm_map_tree_next(&map->tree, node))
		if (entry_of(node)->wired_count != 0)
			vm_map_entry_unwire(map, entry_of(node));
	pmap_destroy(map->pmap);
	if (map->account != NULL && map->entry_count != 0)
		account_give(map->account, ACCOUNT_MAP_ENTRIES,
		    map->entry_count);
	for (node = vm_map_tree_first(&map->tree); node != NULL; node = next) {
		next = vm_map_tree_next(&map->tree, node);
		entry = entry_of(node);
		vm_object_deallocate(entry->object);
		vm_map_entry_free(entry);
	}
}

/* Nobody has the map any more. */
static void __attribute__((noinline))
map_free(struct vm_map *map)
{
	map_empty(map);
	vm_fault_policy_free(map);
	if (map->account != NULL)
		account_release(map->account);
	zfree(map_zone, map);
}

void
vm_map_deallocate(struct vm_map *map)
{
	if (map != NULL && refcount_drop(&map->refs))
		map_free(map);
}

void
vm_map_set_exec_strict(struct vm_map *map, bool strict)
{
	rwlock_write(&map->lock);
	map->exec_strict = strict;
	pmap_set_exec_strict(map->pmap, strict);
	rwlock_done(&map->lock);
}

/* One to go into map; NULL: no memory, or its task may not have more. */
static struct vm_map_entry *
entry_alloc_in(const struct vm_map *map)
{
	return vm_map_has_room(map, 1) ? vm_map_entry_alloc() : NULL;
}

void
vm_map_entries_linked(struct vm_map *map)
{
	vm_map_tree_build(&map->tree, map->entry_count);
}

struct vm_map_entry *
vm_map_search_entry(struct vm_map *map, vm_offset_t addr, bool above)
{
	struct vm_map_node *node = vm_map_tree_lookup(&map->tree, addr);

	if (node != NULL && addr < node->end) {
		map->hint = entry_of(node);
		return entry_of(node);
	}
	if (!above)
		return NULL;
	node = node != NULL ? vm_map_tree_next(&map->tree, node) :
	    vm_map_tree_first(&map->tree);
	return entry_of(node);
}

/*
 * Split entry at addr, which lies inside it; a new entry has the upper part,
 * or the lower one.
 */
static kern_return_t
entry_split(struct vm_map *map, struct vm_map_entry *entry, vm_offset_t addr,
    bool lower)
{
	struct vm_map_entry *new = entry_alloc_in(map), *next = entry;
	vm_offset_t start = entry_start(entry), end = entry_end(entry);

	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	*new = *entry;
	if (entry->object != NULL) {
		(lower ? entry : new)->offset += addr - start;
		vm_object_reference(entry->object);
	}
	if (lower) {
		new->node.end = addr;
		vm_map_tree_resize(&map->tree, &entry->node, addr, end);
	} else {
		next = entry_above(entry);
		new->node.start = addr;
		vm_map_tree_resize(&map->tree, &entry->node, start, addr);
	}
	map->size -= entry_size(new);
	if (entry->wired_count != 0)
		map->wired_size -= entry_size(new);
	vm_map_entry_link(map, new, next);
	return KERN_SUCCESS;
}

static inline bool
entry_has_inside(const struct vm_map_entry *entry, vm_offset_t addr)
{
	return addr > entry_start(entry) && addr < entry_end(entry);
}

kern_return_t
vm_map_clip_start(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t addr)
{
	/* The new entry is the lower part, so that entry stays the caller's. */
	return entry_has_inside(entry, addr) ?
	    entry_split(map, entry, addr, true) : KERN_SUCCESS;
}

kern_return_t
vm_map_clip_end(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t addr)
{
	return entry_has_inside(entry, addr) ?
	    entry_split(map, entry, addr, false) : KERN_SUCCESS;
}

bool
vm_map_range_mapped(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry;

	if (start >= end)
		return true;
	entry = vm_map_lookup_entry(map, start, false);
	while (entry != NULL && entry_end(entry) < end) {
		vm_offset_t at = entry_end(entry);

		entry = entry_next(map, entry);
		if (entry != NULL && entry_start(entry) != at)
			return false;
	}
	return entry != NULL;
}

kern_return_t
vm_map_clip_ends(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    struct vm_map_entry **first)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	*first = entry = vm_map_lookup_entry(map, start, true);
	if (entry == NULL || entry_start(entry) >= end)
		return KERN_SUCCESS;
	kr = vm_map_clip_start(map, entry, start);
	if (kr != KERN_SUCCESS)
		return kr;
	if (entry_end(entry) < end)
		entry = vm_map_lookup_entry(map, end - 1, false);
	return entry != NULL ? vm_map_clip_end(map, entry, end) : KERN_SUCCESS;
}

kern_return_t
vm_map_clip_range(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    struct vm_map_entry **first)
{
	if (!vm_map_range_mapped(map, start, end))
		return KERN_INVALID_ADDRESS;
	return vm_map_clip_ends(map, start, end, first);
}

/*
 * Whether the upper of two neighbours without a hole between them, that have
 * the same object, continues the lower in all respects.
 */
static bool
entries_joinable(const struct vm_map_entry *a, const struct vm_map_entry *b)
{
	return (a->object == NULL || a->offset + entry_size(a) == b->offset) &&
	    a->protection == b->protection &&
	    a->max_protection == b->max_protection &&
	    a->inheritance == b->inheritance &&
	    a->needs_copy == b->needs_copy && a->is_shared == b->is_shared &&
	    a->wired_count == b->wired_count &&
	    !a->in_transition && !b->in_transition;
}

void
vm_map_join_entries(struct vm_map *map, struct vm_map_entry *prev,
    struct vm_map_entry *entry)
{
	vm_offset_t start = entry_start(prev);

	if (!entries_joinable(prev, entry))
		return;
	vm_map_entry_unlink(map, prev);
	map->size += entry_size(prev);
	if (prev->wired_count != 0)
		map->wired_size += entry_size(prev);
	entry->offset = prev->offset;
	entry->mapped |= prev->mapped;
	vm_map_tree_resize(&map->tree, &entry->node, start, entry_end(entry));
	vm_object_deallocate(prev->object);
	vm_map_entry_free(prev);
}

void
vm_map_simplify_range(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry, *next;

	entry = vm_map_lookup_entry(map, start, true);
	while (entry != NULL && entry_start(entry) <= end) {
		next = entry_next(map, entry);
		vm_map_simplify_entry(map, entry);
		entry = next;
	}
}

bool
vm_map_wait_wiring(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry;

	for (entry = vm_map_lookup_entry(map, start, true);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry)) {
		if (!entry->in_transition)
			continue;
		entry->wakeup_wanted = true;
		assert_wait(map, false);
		rwlock_done(&map->lock);
		thread_block(NULL);
		rwlock_write(&map->lock);
		return true;
	}
	return false;
}

kern_return_t
vm_map_search_room(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    vm_offset_t mask, bool anywhere, struct vm_map_entry **nextp)
{
	vm_offset_t start = *addr;
	struct vm_map_entry *entry;
	struct vm_map_node *next;

	if (anywhere) {
		/* above is no room */
		if (!vm_map_tree_find_hole(&map->tree, 0, size, mask, addr,
		    &next))
			return KERN_NO_SPACE;
		*nextp = entry_of(next);
		return KERN_SUCCESS;
	}
	if ((start & mask) != 0)
		return KERN_NO_SPACE;
	if (start < map->min_offset || start >= map->max_offset ||
	    map->max_offset - start < size)
		return KERN_INVALID_ADDRESS;
	entry = vm_map_lookup_entry(map, start, true);
	if (entry == NULL)
		entry = &map->edge;
	else if (entry_start(entry) < start + size)
		return KERN_NO_SPACE;
	*nextp = entry;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_entry_make_writable(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object;
	bool sole;

	if (object == NULL) {
		entry->object = vm_object_create(entry_size(entry));
		if (entry->object == NULL)
			return KERN_RESOURCE_SHORTAGE;
		entry->offset = 0;
		entry->needs_copy = false;
		return KERN_SUCCESS;
	}
	if (!entry->needs_copy)
		return KERN_SUCCESS;
	vm_object_lock(object);
	sole = object->refs.count == 1 && object->internal &&
	    object->copy == NULL;
	if (sole)
		object->pure_copy = false;
	vm_object_unlock(object);
	if (!sole && vm_object_shadow(&entry->object, &entry->offset,
	    entry_size(entry)) != KERN_SUCCESS)
		return KERN_RESOURCE_SHORTAGE;
	entry->needs_copy = false;
	entry->copies_direct = COPIES_DIRECT;
	return KERN_SUCCESS;
}

/*
 * Memory that has been used does not grow by more than this: of a large piece
 * that goes untouched nobody should have to look for pages.
 */
#define GROW_MAX	(256u * 1024)

/*
 * Let an anonymous entry that ends where new memory begins grow over it.
 * Possible where its object is its own and holds nothing beyond.
 */
static bool
entry_extend(struct vm_map *map, struct vm_map_entry *entry, vm_size_t size)
{
	struct vm_object *object = entry->object;
	vm_offset_t end;
	bool ok;

	if (object != NULL && size > GROW_MAX)
		return false;
	if (object != NULL) {
		end = entry->offset + entry_size(entry);
		vm_object_lock(object);
		ok = object->internal && object->refs.count == 1 &&
		    object->shadow == NULL && object->copy == NULL &&
		    object->pager == NULL && !object->pager_dead &&
		    object->laundry == NULL &&
		    object->paging_in_progress == 0 && end + size > end;
		if (ok && object->size > end)
			vm_object_free_pages(object, end, object->size);
		if (ok)
			object->size = end + size;
		vm_object_unlock(object);
		if (!ok)
			return false;
	}
	vm_map_tree_resize(&map->tree, &entry->node, entry_start(entry),
	    entry_end(entry) + size);
	map->size += size;
	return true;
}

/* Whether fresh anonymous memory at addr with such rights may join entry. */
static bool
entry_extendable(const struct vm_map_entry *entry, vm_offset_t addr,
    vm_prot_t prot, vm_prot_t max_prot, vm_inherit_t inheritance)
{
	return entry_end(entry) == addr && entry->protection == prot &&
	    entry->max_protection == max_prot &&
	    entry->inheritance == inheritance && entry->wired_count == 0 &&
	    !entry->is_shared && !entry->needs_copy && !entry->in_transition;
}

/*
 * Wire what has been entered just now; without that it goes again.  object:
 * a reference besides the entry's, for the caller on an error; or NULL.
 */
static kern_return_t __attribute__((noinline))
entered_wire(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot, struct vm_object *object)
{
	kern_return_t kr = vm_map_wire(map, start, end, prot);

	if (kr != KERN_SUCCESS)
		(void)vm_map_remove(map, start, end);
	else
		vm_object_deallocate(object);
	return kr;
}

/* Enter memory at room found; map locked. */
static inline __attribute__((always_inline)) kern_return_t
enter_at(struct vm_map *map, vm_offset_t start, vm_size_t size,
    struct vm_map_entry *next, struct vm_object *object, vm_offset_t offset,
    bool needs_copy, vm_prot_t prot, vm_prot_t max_prot,
    vm_inherit_t inheritance)
{
	struct vm_map_entry *entry = entry_below(next);

	if (object == NULL && entry_extendable(entry, start, prot, max_prot,
	    inheritance) && entry_extend(map, entry, size))
		goto entered;
	entry = entry_alloc_in(map);
	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	entry->node.start = start;
	entry->node.end = start + size;
	entry->object = object;
	entry->offset = object != NULL ? offset : 0;
	entry->needs_copy = needs_copy;
	entry->protection = prot;
	vm_map_note_rights(map, prot);
	entry->max_protection = max_prot;
	entry->inheritance = inheritance;
	vm_map_entry_link(map, entry, next);
	if (object != NULL)
		vm_map_simplify_entry(map, entry);
entered:
	vm_map_simplify_entry(map, next);
	return KERN_SUCCESS;
}

/* vm_map_enter, but for what a device's memory allows. */
static inline __attribute__((always_inline)) kern_return_t
enter(struct vm_map *map, vm_offset_t *addr, vm_size_t size, vm_offset_t mask,
    bool anywhere, struct vm_object *object, vm_offset_t offset,
    bool needs_copy, vm_prot_t prot, vm_prot_t max_prot,
    vm_inherit_t inheritance)
{
	struct vm_map_entry *next;
	vm_offset_t start = *addr;
	bool wire = false;
	kern_return_t kr;

	rwlock_write(&map->lock);
	kr = vm_map_find_room(map, &start, size, mask, anywhere, &next);
	if (kr == KERN_SUCCESS)
		kr = enter_at(map, start, size, next, object, offset,
		    needs_copy, prot, max_prot, inheritance);
	if (kr == KERN_SUCCESS) {
		*addr = start;
		wire = map->wire_future && prot != VM_PROT_NONE;
		if (unlikely(wire) && object != NULL)
			vm_object_reference(object);
	}
	rwlock_write_done(&map->lock);
	return likely(!wire) ? kr :
	    entered_wire(map, start, start + size, prot, object);
}

kern_return_t
vm_map_enter(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    vm_offset_t mask, bool anywhere, struct vm_object *object,
    vm_offset_t offset, bool needs_copy, vm_prot_t prot, vm_prot_t max_prot,
    vm_inherit_t inheritance)
{
	if (object != NULL && object->device_page != NULL && !needs_copy) {
		prot &= object->device_prot;
		max_prot &= object->device_prot;
	}
	return enter(map, addr, size, mask, anywhere, object, offset,
	    needs_copy, prot, max_prot, inheritance);
}

kern_return_t
vm_map_allocate(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    bool anywhere)
{
	if (anywhere)
		*addr = 0;
	return enter(map, addr, size, 0, anywhere, NULL, 0, false,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT);
}

/*
 * Entries looked at on each side of one that goes, for others of its object:
 * a bound, as memory that is not freed now is freed with the last of them.
 */
#define NEIGHBOURS_MAX	8u

/* Whether two entries map different parts of one object. */
static inline bool
entries_apart(const struct vm_map_entry *a, const struct vm_map_entry *b)
{
	return a->object == b->object &&
	    a->offset - entry_start(a) == b->offset - entry_start(b);
}

/* How many other entries, those gone among them, have parts of its object. */
static unsigned
count_apart(struct vm_map_entry *entry, const struct vm_map_entry *gone)
{
	struct vm_map_entry *beside;
	unsigned i, users = 0;

	beside = entry_above(entry);
	for (i = 0; i < NEIGHBOURS_MAX && entries_apart(entry, beside);
	    i++, users++)
		beside = entry_above(beside);
	beside = entry_below(entry);
	for (i = 0; i < NEIGHBOURS_MAX && entries_apart(entry, beside);
	    i++, users++)
		beside = entry_below(beside);
	for (i = 0; i < NEIGHBOURS_MAX && gone != NULL &&
	    entries_apart(entry, gone); i++, users++)
		gone = (const struct vm_map_entry *)gone->node.parent;
	return users;
}

/*
 * An entry is about to go, or its part "cut" (NULL: all of it) has gone, with a
 * reference.  If all other references to its object are of entries beside it,
 * or of those that have just gone, that have other parts of the object, nobody
 * has a copy of what goes: needs_copy is cleared to say so.
 */
static inline __attribute__((always_inline)) void
entry_note_alone(struct vm_map_entry *entry, struct vm_map_entry *cut,
    const struct vm_map_entry *gone)
{
	uint32_t users = cut != NULL ? 2 : 1;

	if (entry->object == NULL || !entry->needs_copy)
		return;
	if (entries_apart(entry, entry_above(entry)) ||
	    entries_apart(entry, entry_below(entry)) ||
	    (gone != NULL && entries_apart(entry, gone)))
		users += count_apart(entry, gone);
	if (entry->object->refs.count == users)
		(cut != NULL ? cut : entry)->needs_copy = false;
}

/*
 * Part of an anonymous object goes, without needs_copy, while a neighbour keeps
 * the object: free its pages now.  Without sharing nobody else can reach them:
 * who shares the object so has other parts of it.
 */
static void
entry_free_pages(struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object;
	vm_offset_t end = entry->offset + entry_size(entry);

	if (!object->internal || object->refs.count == 1)
		return;
	vm_object_lock(object);
	if (object->refs.count > 1 && vm_object_symmetric(object) &&
	    object->copy == NULL && object->paging_in_progress == 0) {
		vm_object_free_pages(object, entry->offset, end);
		if (unlikely(object->paged != NULL)) {
			vm_default_pager_discard_unlock(object,
			    entry->offset, end);
			return;
		}
	}
	vm_object_unlock(object);
}

/*
 * Cut [start, end) off one end of the first entry in it, if it is such a
 * range: *cut becomes what went, with a reference to the object.  That
 * reference keeps new memory there from growing over the object's old pages.
 */
static bool
entry_cut(struct vm_map *map, struct vm_map_entry *entry, vm_offset_t start,
    vm_offset_t end, struct vm_map_entry *cut)
{
	vm_offset_t low = entry_start(entry), high = entry_end(entry);

	if (entry->wired_count != 0 || start < low || end > high ||
	    (start == low) == (end == high))
		return false;		/* its middle, all of it or more */
	*cut = *entry;
	cut->node.start = start;
	cut->node.end = end;
	vm_map_entry_unmap(map, cut);
	if (entry->object != NULL) {
		vm_object_reference(entry->object);
		cut->offset += start - low;
	}
	if (start == low) {
		if (entry->object != NULL)
			entry->offset += end - low;
		vm_map_tree_resize(&map->tree, &entry->node, end, high);
	} else {
		vm_map_tree_resize(&map->tree, &entry->node, low, start);
	}
	map->size -= end - start;
	entry_note_alone(entry, cut, NULL);
	return true;
}

/*
 * Take all of a range, in which entry is the first one, out of a locked map;
 * *gone, NULL before: what went, by node.parent.
 */
static kern_return_t
range_unlink(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t start, vm_offset_t end, struct vm_map_entry **gone)
{
	struct vm_map_entry *next;
	kern_return_t kr = vm_map_clip_ends(map, start, end, &entry);

	if (kr != KERN_SUCCESS) {
		vm_map_simplify_range(map, start, end);
		return kr;
	}
	while (entry != NULL && entry_start(entry) < end) {
		next = entry_next(map, entry);
		entry_note_alone(entry, NULL, *gone);
		vm_map_entry_delete(map, entry);
		entry->node.parent = (struct vm_map_node *)*gone;
		*gone = entry;
		entry = next;
	}
	return KERN_SUCCESS;
}

/*
 * If a range is one end of the first entry in it, take it off and unlock the
 * map; false: it is not.
 */
static bool
remove_end_unlock(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry cut;

	if (!entry_cut(map, entry, start, end, &cut))
		return false;
	rwlock_write_done(&map->lock);
	if (cut.object != NULL && !cut.needs_copy)
		entry_free_pages(&cut);
	vm_object_deallocate(cut.object);
	return true;
}

/* What a map had in an entry goes; the map is unlocked. */
static inline void
entry_end_of(struct vm_map_entry *gone)
{
	if (gone->object != NULL) {
		if (!gone->needs_copy)
			entry_free_pages(gone);
		vm_object_deallocate(gone->object);
	}
	vm_map_entry_free(gone);
}

/* Take a range of more or less than an entry out of a map; unlocks it. */
static kern_return_t __attribute__((noinline))
remove_range_unlock(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry, *next, *gone = NULL;
	kern_return_t kr = KERN_SUCCESS;

	while (vm_map_wait_transition(map, start, end))
		continue;
	entry = vm_map_lookup_entry(map, start, true);
	if (entry != NULL && entry_size(entry) > end - start &&
	    remove_end_unlock(map, entry, start, end))
		return KERN_SUCCESS;
	if (entry != NULL && entry_start(entry) < end)
		kr = range_unlink(map, entry, start, end, &gone);
	rwlock_write_done(&map->lock);
	/* Objects may take long to end: not with the map locked. */
	for (; gone != NULL; gone = next) {
		next = entry_of(gone->node.parent);
		entry_end_of(gone);
	}
	return kr;
}

kern_return_t
vm_map_remove(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry;

	if (start >= end)
		return KERN_SUCCESS;
	rwlock_write(&map->lock);
	entry = vm_map_lookup_entry(map, start, false);
	if (entry == NULL || entry_start(entry) != start ||
	    entry_end(entry) != end || entry->in_transition)
		return remove_range_unlock(map, start, end);
	entry_note_alone(entry, NULL, NULL);
	vm_map_entry_delete(map, entry);
	rwlock_write_done(&map->lock);
	entry_end_of(entry);
	return KERN_SUCCESS;
}
