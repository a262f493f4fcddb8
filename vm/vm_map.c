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
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

static struct zone *map_zone;		/* fixed after boot */
static struct zone *entry_zone;		/* fixed after boot */

void
vm_map_init(void)
{
	map_zone = zone_create("vm map", sizeof(struct vm_map), 0);
	entry_zone = zone_create("vm map entry", sizeof(struct vm_map_entry),
	    0);
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
	vm_map_tree_init(&map->tree, min, max);
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

void
vm_map_reference(struct vm_map *map)
{
	refcount_take(&map->refs);
}

void
vm_map_deallocate(struct vm_map *map)
{
	if (map == NULL || !refcount_drop(&map->refs))
		return;
	vm_map_remove(map, map->min_offset, map->max_offset);
	pmap_destroy(map->pmap);
	if (map->account != NULL)
		account_release(map->account);
	zfree(map_zone, map);
}

void
vm_map_set_exec_strict(struct vm_map *map, bool strict)
{
	rwlock_write(&map->lock);
	map->exec_strict = strict;
	pmap_set_exec_strict(map->pmap, strict);
	rwlock_done(&map->lock);
}

struct vm_map_entry *
vm_map_entry_alloc(void)
{
	struct vm_map_entry *entry = zalloc_zero(entry_zone);

	if (entry == NULL)
		return NULL;
	queue_init(&entry->node.link);
	entry->protection = VM_PROT_DEFAULT;
	entry->max_protection = VM_PROT_ALL;
	entry->inheritance = VM_INHERIT_DEFAULT;
	return entry;
}

bool
vm_map_has_room(const struct vm_map *map, unsigned entries)
{
	return map->account == NULL ||
	    account_room(map->account, ACCOUNT_MAP_ENTRIES, entries);
}

/* One to go into map; NULL: no memory, or its task may not have more. */
static struct vm_map_entry *
entry_alloc_in(const struct vm_map *map)
{
	return vm_map_has_room(map, 1) ? vm_map_entry_alloc() : NULL;
}

void
vm_map_entry_free(struct vm_map_entry *entry)
{
	zfree(entry_zone, entry);
}

void
vm_map_entry_link(struct vm_map *map, struct vm_map_entry *entry)
{
	vm_map_tree_insert(&map->tree, &entry->node);
	map->entry_count++;
	if (map->account != NULL)
		account_add(map->account, ACCOUNT_MAP_ENTRIES, 1);
	map->size += entry_size(entry);
	if (entry->wired_count != 0)
		map->wired_size += entry_size(entry);
}

void
vm_map_entry_unlink(struct vm_map *map, struct vm_map_entry *entry)
{
	if (map->hint == entry)
		map->hint = NULL;
	vm_map_tree_remove(&map->tree, &entry->node);
	map->entry_count--;
	if (map->account != NULL)
		account_give(map->account, ACCOUNT_MAP_ENTRIES, 1);
	map->size -= entry_size(entry);
	if (entry->wired_count != 0)
		map->wired_size -= entry_size(entry);
}

struct vm_map_entry *
vm_map_lookup_entry(struct vm_map *map, vm_offset_t addr, bool above)
{
	struct vm_map_entry *entry = map->hint;
	struct vm_map_node *node;

	if (entry != NULL && addr >= entry_start(entry) &&
	    addr < entry_end(entry))
		return entry;
	node = vm_map_tree_lookup(&map->tree, addr);
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

/* Split entry at addr, which lies inside it; the upper part is a new entry. */
static kern_return_t
entry_split(struct vm_map *map, struct vm_map_entry *entry, vm_offset_t addr)
{
	struct vm_map_entry *upper = entry_alloc_in(map);

	if (upper == NULL)
		return KERN_RESOURCE_SHORTAGE;
	*upper = *entry;
	queue_init(&upper->node.link);
	upper->node.start = addr;
	if (upper->object != NULL) {
		upper->offset += addr - entry_start(entry);
		vm_object_reference(upper->object);
	}
	map->size -= entry_size(upper);
	if (entry->wired_count != 0)
		map->wired_size -= entry_size(upper);
	vm_map_tree_resize(&map->tree, &entry->node, entry_start(entry), addr);
	vm_map_entry_link(map, upper);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_clip_start(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t addr)
{
	vm_offset_t start = entry_start(entry);
	struct vm_map_entry *lower;

	if (addr <= start || addr >= entry_end(entry))
		return KERN_SUCCESS;
	/* The new entry is the lower part, so that entry stays the caller's. */
	lower = entry_alloc_in(map);
	if (lower == NULL)
		return KERN_RESOURCE_SHORTAGE;
	*lower = *entry;
	queue_init(&lower->node.link);
	lower->node.end = addr;
	if (entry->object != NULL) {
		entry->offset += addr - start;
		vm_object_reference(entry->object);
	}
	map->size -= entry_size(lower);
	if (entry->wired_count != 0)
		map->wired_size -= entry_size(lower);
	vm_map_tree_resize(&map->tree, &entry->node, addr, entry_end(entry));
	vm_map_entry_link(map, lower);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_clip_end(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t addr)
{
	if (addr <= entry_start(entry) || addr >= entry_end(entry))
		return KERN_SUCCESS;
	return entry_split(map, entry, addr);
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
vm_map_clip_ends(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry;
	kern_return_t kr = KERN_SUCCESS;

	entry = vm_map_lookup_entry(map, start, false);
	if (entry != NULL)
		kr = vm_map_clip_start(map, entry, start);
	if (kr != KERN_SUCCESS)
		return kr;
	entry = vm_map_lookup_entry(map, end - 1, false);
	return entry != NULL ? vm_map_clip_end(map, entry, end) : KERN_SUCCESS;
}

kern_return_t
vm_map_clip_range(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    struct vm_map_entry **first)
{
	kern_return_t kr;

	if (!vm_map_range_mapped(map, start, end))
		return KERN_INVALID_ADDRESS;
	kr = vm_map_clip_ends(map, start, end);
	if (kr != KERN_SUCCESS)
		return kr;
	*first = vm_map_lookup_entry(map, start, false);
	return KERN_SUCCESS;
}

/* Whether the upper of two neighbours continues the lower in all respects. */
static bool
entries_joinable(const struct vm_map_entry *a, const struct vm_map_entry *b)
{
	return entry_end(a) == entry_start(b) && a->object == b->object &&
	    (a->object == NULL || a->offset + entry_size(a) == b->offset) &&
	    a->protection == b->protection &&
	    a->max_protection == b->max_protection &&
	    a->inheritance == b->inheritance &&
	    a->needs_copy == b->needs_copy && a->is_shared == b->is_shared &&
	    a->wired_count == b->wired_count &&
	    !a->in_transition && !b->in_transition;
}

void
vm_map_simplify_entry(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_map_entry *prev = entry_prev(map, entry);
	vm_offset_t start;

	if (prev == NULL || !entries_joinable(prev, entry))
		return;
	start = entry_start(prev);
	vm_map_entry_unlink(map, prev);
	map->size += entry_size(prev);
	if (prev->wired_count != 0)
		map->wired_size += entry_size(prev);
	entry->offset = prev->offset;
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
vm_map_wait_transition(struct vm_map *map, vm_offset_t start, vm_offset_t end)
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
vm_map_find_room(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    vm_offset_t mask, bool anywhere)
{
	vm_offset_t start = *addr;
	struct vm_map_entry *entry;

	if (anywhere) {
		/* never the first page: a null pointer must fault */
		start = max_of(start, PAGE_SIZE);
		if (vm_map_tree_find_hole(&map->tree, start, size, mask,
		    addr) ||
		    vm_map_tree_find_hole(&map->tree, PAGE_SIZE, size, mask,
		    addr))
			return KERN_SUCCESS;
		return KERN_NO_SPACE;
	}
	if ((start & mask) != 0)
		return KERN_NO_SPACE;
	if (start < map->min_offset || start >= map->max_offset ||
	    map->max_offset - start < size)
		return KERN_INVALID_ADDRESS;
	entry = vm_map_lookup_entry(map, start, true);
	if (entry != NULL && entry_start(entry) < start + size)
		return KERN_NO_SPACE;
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
	return KERN_SUCCESS;
}

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

	if (object != NULL) {
		end = entry->offset + entry_size(entry);
		vm_object_lock(object);
		ok = object->internal && object->refs.count == 1 &&
		    object->shadow == NULL && object->copy == NULL &&
		    object->pager == NULL && !object->pager_dead &&
		    object->laundry == NULL && object->paging_in_progress == 0 && end + size > end;
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

/* The entry before addr, if fresh anonymous memory there may join it. */
static struct vm_map_entry *
entry_to_extend(struct vm_map *map, vm_offset_t addr, vm_prot_t prot,
    vm_prot_t max_prot, vm_inherit_t inheritance)
{
	struct vm_map_entry *entry;

	entry = addr == 0 ? NULL : vm_map_lookup_entry(map, addr - 1, false);
	if (entry == NULL || entry->protection != prot ||
	    entry->max_protection != max_prot ||
	    entry->inheritance != inheritance || entry->wired_count != 0 ||
	    entry->is_shared || entry->needs_copy || entry->in_transition)
		return NULL;
	return entry;
}

kern_return_t
vm_map_enter(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    vm_offset_t mask, bool anywhere, struct vm_object *object,
    vm_offset_t offset, bool needs_copy, vm_prot_t prot, vm_prot_t max_prot,
    vm_inherit_t inheritance)
{
	struct vm_map_entry *entry;
	vm_offset_t start = *addr;
	bool wire = false;
	kern_return_t kr;

	if (object != NULL && object->device_page != NULL && !needs_copy) {
		prot &= object->device_prot;
		max_prot &= object->device_prot;
	}
	rwlock_write(&map->lock);
	kr = vm_map_find_room(map, &start, size, mask, anywhere);
	if (kr != KERN_SUCCESS)
		goto out;
	wire = map->wire_future && prot != VM_PROT_NONE;
	if (object == NULL) {
		entry = entry_to_extend(map, start, prot, max_prot,
		    inheritance);
		if (entry != NULL && entry_extend(map, entry, size))
			goto entered;
	}
	entry = entry_alloc_in(map);
	if (entry == NULL) {
		kr = KERN_RESOURCE_SHORTAGE;
		goto out;
	}
	entry->node.start = start;
	entry->node.end = start + size;
	entry->object = object;
	entry->offset = object != NULL ? offset : 0;
	entry->needs_copy = needs_copy;
	entry->protection = prot;
	entry->max_protection = max_prot;
	entry->inheritance = inheritance;
	vm_map_entry_link(map, entry);
entered:
	vm_map_simplify_range(map, start, start + size);
	*addr = start;
out:
	rwlock_done(&map->lock);
	if (wire)
		(void)vm_map_wire(map, start, start + size, prot);
	return kr;
}

kern_return_t
vm_map_allocate(struct vm_map *map, vm_offset_t *addr, vm_size_t size,
    bool anywhere)
{
	if (anywhere)
		*addr = map->min_offset;
	return vm_map_enter(map, addr, size, 0, anywhere, NULL, 0, false,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_DEFAULT);
}

void
vm_map_entry_delete(struct vm_map *map, struct vm_map_entry *entry)
{
	if (entry->wired_count != 0)
		vm_map_entry_unwire(map, entry);
	if (entry->object != NULL)
		pmap_remove(map->pmap, entry_start(entry), entry_end(entry));
	vm_map_entry_unlink(map, entry);
}

/*
 * Part of an anonymous object goes while a neighbour keeps the object: free
 * its pages now.  Without needs_copy and sharing nobody else can reach them:
 * who shares the object so has other parts of it.
 */
static void
entry_free_pages(struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object;

	if (object == NULL || entry->needs_copy || !object->internal)
		return;
	vm_object_lock(object);
	if (object->refs.count > 1 && vm_object_symmetric(object) &&
	    object->copy == NULL && object->paging_in_progress == 0)
		vm_object_free_pages(object, entry->offset,
		    entry->offset + entry_size(entry));
	vm_object_unlock(object);
}

kern_return_t
vm_map_remove(struct vm_map *map, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry, *next, *gone = NULL;
	kern_return_t kr;

	if (start >= end)
		return KERN_SUCCESS;
	rwlock_write(&map->lock);
	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = vm_map_clip_ends(map, start, end);
	if (kr != KERN_SUCCESS) {
		rwlock_done(&map->lock);
		return kr;
	}
	entry = vm_map_lookup_entry(map, start, true);
	while (entry != NULL && entry_start(entry) < end) {
		next = entry_next(map, entry);
		vm_map_entry_delete(map, entry);
		entry->node.parent = (struct vm_map_node *)gone;
		gone = entry;
		entry = next;
	}
	rwlock_done(&map->lock);
	/* Objects may take long to end: not with the map locked. */
	for (; gone != NULL; gone = next) {
		next = entry_of(gone->node.parent);
		entry_free_pages(gone);
		vm_object_deallocate(gone->object);
		vm_map_entry_free(gone);
	}
	return KERN_SUCCESS;
}
