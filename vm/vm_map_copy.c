/*
 * vm/vm_map_copy.c - memory between maps: snapshots taken from one address
 * space, carried in messages, and put into another.
 *
 * Owns:       copies, which are made of entries.  A copy has one holder and no
 *             lock.
 * Locks:      a map's, for writing; given up while pages are copied.
 * Invariant:  a copy's entries cover whole pages from 0 without holes; its
 *             first byte lies at offset within the first page.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_fault.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/* Up to so many bytes may be copied at once: see copy_at_once. */
#define COPY_DIRECT_MAX	(2 * PAGE_SIZE)

/* Put an entry at a copy's end; the first one becomes the copy. */
static void
copy_append(vm_map_copy_t *copy, struct vm_map_entry *entry)
{
	if (*copy == NULL) {
		queue_init(&entry->node.link);
		*copy = (vm_map_copy_t)entry;
	} else {
		queue_push_back(&(*copy)->first.node.link, &entry->node.link);
	}
}

/* An entry for [start, end) of a copy, at its end. */
static struct vm_map_entry *
copy_add_entry(vm_map_copy_t *copy, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry = vm_map_entry_alloc();

	if (entry == NULL)
		return NULL;
	entry->node.start = start;
	entry->node.end = end;
	copy_append(copy, entry);
	return entry;
}

/* All entries are there: which of their bytes the copy is. */
static void
copy_set(vm_map_copy_t copy, vm_offset_t addr, vm_size_t size)
{
	copy->first.node.loose[0] = size;
	copy->first.node.loose[1] = addr & PAGE_MASK;
}

struct vm_map_entry *
vm_map_copy_entry_at(vm_map_copy_t copy, vm_offset_t at)
{
	struct vm_map_entry *entry = &copy->first;

	while (entry != NULL && at >= entry_end(entry))
		entry = copy_next(copy, entry);
	return entry;
}

vm_size_t
vm_map_copy_size(vm_map_copy_t copy)
{
	return copy != NULL ? copy_size(copy) : 0;
}

static unsigned
copy_entries(vm_map_copy_t copy)
{
	struct vm_map_entry *entry = &copy->first;
	unsigned count = 1;

	while ((entry = copy_next(copy, entry)) != NULL)
		count++;
	return count;
}

vm_size_t
vm_map_copy_memory(vm_map_copy_t copy)
{
	if (copy == NULL)
		return 0;
	return copy_entries(copy) *
	    (sizeof(struct vm_map_entry) + sizeof(struct vm_object));
}

bool
vm_map_copy_page_aligned(vm_map_copy_t copy)
{
	return copy == NULL || copy_offset(copy) == 0;
}

void
vm_map_copy_discard(vm_map_copy_t copy)
{
	struct vm_map_entry *entry, *next;

	if (copy == NULL)
		return;
	for (entry = &copy->first; entry != NULL; entry = next) {
		next = copy_next(copy, entry);
		vm_object_deallocate(entry->object);
		vm_map_entry_free(entry);
	}
}

vm_map_copy_t
vm_map_copy_from_object(struct vm_object *object, vm_size_t size)
{
	vm_map_copy_t copy = NULL;
	struct vm_map_entry *entry;

	entry = copy_add_entry(&copy, 0, round_page(size));
	if (entry == NULL)
		return NULL;
	entry->object = object;
	/* the default pager must not be sent what it asked to have read */
	object->kept = current_thread()->vm_privilege;
	copy_set(copy, 0, size);
	return copy;
}

/* What of src can be shared until somebody writes; map stays locked. */
static kern_return_t
snapshot_symmetric(struct vm_map *map, struct vm_map_entry *src,
    vm_offset_t start, vm_offset_t end, struct vm_map_entry *copy)
{
	kern_return_t kr;

	if (!src->needs_copy) {
		kr = vm_map_clip_start(map, src, start);
		if (kr == KERN_SUCCESS)
			kr = vm_map_clip_end(map, src, end);
		if (kr != KERN_SUCCESS)
			return kr;
		if ((src->protection & VM_PROT_WRITE) && src->mapped)
			pmap_protect(map->pmap, start, end,
			    src->protection & ~VM_PROT_WRITE);
		src->needs_copy = true;
	}
	vm_object_reference(src->object);
	copy->object = src->object;
	copy->offset = src->offset + (start - entry_start(src));
	copy->needs_copy = true;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_entry_snapshot(struct vm_map *map, struct vm_map_entry *src,
    vm_offset_t start, vm_offset_t end, struct vm_map_entry *copy)
{
	struct vm_object *object = src->object;
	vm_offset_t offset = src->offset + (start - entry_start(src));
	bool wired = src->wired_count != 0;
	kern_return_t kr;

	if (object == NULL)
		return KERN_SUCCESS;
	if (!wired && vm_object_symmetric(object))
		return snapshot_symmetric(map, src, start, end, copy);
	vm_object_reference(object);
	rwlock_done(&map->lock);
	if (wired) {
		/* wired memory never faults, so it cannot be shared */
		kr = vm_object_copy_slowly(object, offset, end - start,
		    &copy->object);
		copy->offset = 0;
	} else {
		kr = vm_object_copy_strategically(object, offset, end - start,
		    &copy->object, &copy->offset, &copy->needs_copy);
	}
	if (kr != KERN_SUCCESS)
		copy->object = NULL;
	rwlock_write(&map->lock);
	vm_object_deallocate(object);
	return kr;
}

/*
 * Copy a few bytes of the current task's memory into fresh pages.  NULL when
 * that does not go smoothly: then the general way finds out why.  Reads what
 * the processor reads, which may be more than the map allows: write_only.
 */
static vm_map_copy_t
copyin_direct(vm_offset_t addr, vm_size_t len)
{
	vm_size_t size = round_page((addr & PAGE_MASK) + len), at, n, skip;
	struct vm_object *object = vm_object_create(size);
	vm_map_copy_t copy = NULL;
	struct vm_page *page;
	char *bytes;

	if (object == NULL)
		return NULL;
	for (at = 0; at < size; at += PAGE_SIZE) {
		page = vm_page_grab(VM_PAGE_USER_DIRECT);
		if (page == NULL)
			goto fail;
		bytes = vm_page_to_direct(page);
		skip = at == 0 ? addr & PAGE_MASK : 0;
		n = min_of(len, PAGE_SIZE - skip);
		if (copyin((const void *)addr, bytes + skip, n) != 0) {
			vm_page_release(page);
			goto fail;
		}
		memset(bytes, 0, skip);
		memset(bytes + skip + n, 0, PAGE_SIZE - skip - n);
		page->dirty = 1;
		vm_object_lock(object);
		vm_page_insert(page, object, at);
		vm_object_unlock(object);
		vm_page_activate(page);
		addr += n;
		len -= n;
	}
	copy = vm_map_copy_from_object(object, size);
	if (copy != NULL)
		return copy;
fail:
	vm_object_deallocate(object);
	return NULL;
}

/*
 * Whether a range may be read; its first obstacle names the error.  *movable:
 * and may leave its map as it is, being private.
 */
static kern_return_t
range_movable(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    bool *movable)
{
	struct vm_map_entry *entry;
	vm_offset_t at;

	*movable = true;
	for (entry = vm_map_lookup_entry(map, start, false), at = start;
	    at < end; entry = entry_next(map, entry)) {
		if (entry == NULL || entry_start(entry) > at)
			return KERN_INVALID_ADDRESS;
		if (!(entry->protection & VM_PROT_READ))
			return KERN_PROTECTION_FAILURE;
		at = entry_end(entry);
		if (entry->wired_count != 0 || (entry->object != NULL &&
		    !vm_object_symmetric(entry->object)))
			*movable = false;
	}
	return KERN_SUCCESS;
}

/* Take a movable range out of its map into a copy; map locked. */
static kern_return_t
copyin_move(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t *copy)
{
	struct vm_map_entry *entry, *next;
	kern_return_t kr;

	kr = vm_map_clip_range(map, start, end, &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	for (; entry != NULL && entry_start(entry) < end; entry = next) {
		next = entry_next(map, entry);
		vm_map_entry_delete(map, entry);
		entry->node.start -= start;
		entry->node.end -= start;
		entry->is_shared = false;
		copy_append(copy, entry);
	}
	return KERN_SUCCESS;
}

/* Snapshot a range into a copy; map locked, for a while not. */
static kern_return_t
copyin_snapshot(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t *copy)
{
	struct vm_map_entry *entry, *new;
	vm_offset_t at = start, stop;
	kern_return_t kr;

	while (at < end) {
		if (vm_map_wait_transition(map, at, end))
			continue;
		entry = vm_map_lookup_entry(map, at, false);
		if (entry == NULL)
			return KERN_INVALID_ADDRESS;
		if (!(entry->protection & VM_PROT_READ))
			return KERN_PROTECTION_FAILURE;
		stop = min_of(end, entry_end(entry));
		new = copy_add_entry(copy, at - start, stop - start);
		if (new == NULL)
			return KERN_RESOURCE_SHORTAGE;
		kr = vm_map_entry_snapshot(map, entry, at, stop, new);
		if (kr != KERN_SUCCESS)
			return kr;
		at = stop;
	}
	return KERN_SUCCESS;
}

/* The general way; *destroyed: the source is gone already.  Map locked. */
static kern_return_t
copyin_entries(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t *copy, bool destroy, bool *destroyed)
{
	kern_return_t kr;
	bool movable;

	while (vm_map_wait_transition(map, start, end))
		continue;
	kr = range_movable(map, start, end, &movable);
	if (kr == KERN_SUCCESS && destroy && movable) {
		kr = copyin_move(map, start, end, copy);
		*destroyed = kr == KERN_SUCCESS;
	} else if (kr == KERN_SUCCESS) {
		kr = copyin_snapshot(map, start, end, copy);
	}
	if (!*destroyed)
		vm_map_simplify_range(map, start, end);
	return kr;
}

/*
 * Whether a small range is better copied byte by byte than by copy-on-write:
 * parts of pages; what only copy objects could protect; memory that is known
 * to be written between copies, until that has not been tried for some time;
 * and parts of an entry that would have to be cut out of it, but for one that
 * is sent again and again.
 */
static bool
copy_at_once(struct vm_map *map, struct vm_map_entry *entry, vm_offset_t addr,
    vm_size_t len)
{
	bool inside = entry_end(entry) - addr >= len;

	if (inside && entry->object == NULL)
		return false;
	if (!page_aligned(addr | len))
		return true;
	if (!inside || entry->needs_copy)
		return false;
	if (entry->wired_count != 0 || !vm_object_symmetric(entry->object))
		return true;
	if (entry->copies_direct != 0) {
		entry->copies_direct--;
		return true;
	}
	if ((entry_start(entry) == addr && entry_size(entry) == len) ||
	    map->copied_direct == addr)
		return false;
	map->copied_direct = addr;
	return true;
}

/*
 * Copy a range of a map that is locked; unlocks it.  *destroyed: the source is
 * gone already.
 */
static kern_return_t
copyin_unlock(struct vm_map *map, vm_offset_t addr, vm_size_t len,
    bool destroy, vm_map_copy_t *copy, bool *destroyed)
{
	vm_offset_t start = trunc_page(addr), end = round_page(addr + len);
	struct vm_map_entry *entry = vm_map_lookup_entry(map, start, false);
	kern_return_t kr;

	if (entry != NULL && len <= COPY_DIRECT_MAX && !destroy &&
	    !map->write_only && map == current_thread()->task->map &&
	    copy_at_once(map, entry, addr, len)) {
		rwlock_done(&map->lock);
		current_thread()->wait_result = THREAD_AWAKENED;
		*copy = copyin_direct(addr, len);
		if (*copy != NULL)
			return KERN_SUCCESS;
		/* the general way might not wait, and forget the abort */
		if (current_thread()->wait_result == THREAD_INTERRUPTED)
			return KERN_ABORTED;
		rwlock_write(&map->lock);
	}
	kr = copyin_entries(map, start, end, copy, destroy, destroyed);
	rwlock_done(&map->lock);
	return kr;
}

/* The same if a copy of its first entry will not do, or something goes. */
static kern_return_t __attribute__((noinline))
copyin_slowly_unlock(struct vm_map *map, vm_offset_t addr, vm_size_t len,
    bool destroy, vm_map_copy_t *copyp)
{
	vm_map_copy_t copy = NULL;
	bool destroyed = false;
	kern_return_t kr;

	kr = copyin_unlock(map, addr, len, destroy, &copy, &destroyed);
	if (kr == KERN_SUCCESS && destroy && !destroyed)
		kr = vm_map_remove(map, trunc_page(addr),
		    round_page(addr + len));
	if (kr != KERN_SUCCESS) {
		vm_map_copy_discard(copy);
		return kr;
	}
	copy_set(copy, addr, len);
	*copyp = copy;
	return KERN_SUCCESS;
}

/*
 * Whether another copy of a range of an entry changes neither entry nor map:
 * they are as the last one left them, or nobody has touched the memory.
 */
static inline bool
entry_copied_before(const struct vm_map_entry *entry)
{
	return (entry->protection & VM_PROT_READ) && !entry->in_transition &&
	    (entry->object == NULL || (entry->needs_copy &&
	    vm_object_symmetric(entry->object)));
}

/* A copy of a range of such an entry; NULL: no memory. */
static vm_map_copy_t
copyin_again(struct vm_map_entry *src, vm_offset_t start, vm_offset_t end)
{
	vm_map_copy_t copy = NULL;
	struct vm_map_entry *entry = copy_add_entry(&copy, 0, end - start);

	if (entry == NULL || src->object == NULL)
		return copy;
	vm_object_reference(src->object);
	entry->object = src->object;
	entry->offset = src->offset + (start - entry_start(src));
	entry->needs_copy = true;
	return copy;
}

kern_return_t
vm_map_copyin(struct vm_map *map, vm_offset_t addr, vm_size_t len,
    bool src_destroy, vm_map_copy_t *copyp)
{
	vm_offset_t start = trunc_page(addr), end = round_page(addr + len);
	struct vm_map_entry *entry;
	vm_map_copy_t copy;

	*copyp = NULL;
	if (len == 0)
		return KERN_SUCCESS;
	if (addr + len < addr || end <= start)
		return KERN_INVALID_ADDRESS;
	rwlock_write(&map->lock);
	entry = vm_map_lookup_entry(map, start, false);
	if (src_destroy || entry == NULL || end > entry_end(entry) ||
	    !entry_copied_before(entry) ||
	    (len <= COPY_DIRECT_MAX && !page_aligned(addr | len)))
		return copyin_slowly_unlock(map, addr, len, src_destroy,
		    copyp);
	copy = copyin_again(entry, start, end);
	rwlock_write_done(&map->lock);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	copy_set(copy, addr, len);
	*copyp = copy;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_copyin_kernel(const void *data, vm_size_t len, vm_map_copy_t *copyp)
{
	struct vm_object *object;
	struct vm_page *page;
	vm_size_t at, n;

	*copyp = NULL;
	if (len == 0)
		return KERN_SUCCESS;
	object = vm_object_create(round_page(len));
	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (at = 0; at < len; at += PAGE_SIZE) {
		page = vm_page_grab(VM_PAGE_USER);
		if (page == NULL)
			goto fail;
		n = min_of(len - at, PAGE_SIZE);
		if (n < PAGE_SIZE)
			pmap_zero_page(page);
		pmap_copy_to_page((const char *)data + at, page, 0, n);
		page->dirty = 1;
		vm_object_lock(object);
		vm_page_insert(page, object, at);
		vm_object_unlock(object);
		vm_page_activate(page);
	}
	*copyp = vm_map_copy_from_object(object, len);
	if (*copyp != NULL)
		return KERN_SUCCESS;
fail:
	vm_object_deallocate(object);
	return KERN_RESOURCE_SHORTAGE;
}

/* Put an entry of a copy that is to be at base into a locked map, below above. */
static inline void
copyout_entry(struct vm_map *map, struct vm_map_entry *entry,
    vm_offset_t base, struct vm_map_entry *above)
{
	entry->node.start += base;
	entry->node.end += base;
	entry->protection = VM_PROT_DEFAULT;
	entry->max_protection = VM_PROT_ALL;
	entry->inheritance = VM_INHERIT_DEFAULT;
	vm_map_entry_link(map, entry, above);
	vm_map_simplify_entry(map, entry);
}

/* vm_map_copyout; map locked, *addr where the copy's first page is. */
static inline kern_return_t
copyout_locked(struct vm_map *map, vm_offset_t *addr, vm_map_copy_t copy)
{
	struct vm_map_entry *entry = &copy->first, *next;
	struct vm_map_node *above;
	bool one = copy_next(copy, entry) == NULL;

	if (!vm_map_tree_find_hole(&map->tree, 0,
	    round_page(copy_offset(copy) + copy_size(copy)), 0, addr, &above))
		return KERN_NO_SPACE;
	if (!vm_map_has_room(map, one ? 1 : copy_entries(copy)))
		return KERN_RESOURCE_SHORTAGE;
	if (one) {
		copyout_entry(map, entry, *addr, entry_of(above));
	} else {
		for (; entry != NULL; entry = next) {
			next = copy_next(copy, entry);
			copyout_entry(map, entry, *addr, entry_of(above));
		}
	}
	vm_map_simplify_entry(map, entry_of(above));
	return KERN_SUCCESS;
}

kern_return_t
vm_map_copyout(struct vm_map *map, vm_offset_t *addr, vm_map_copy_t copy)
{
	vm_offset_t base, offset;
	kern_return_t kr;

	*addr = 0;
	if (copy == NULL)
		return KERN_SUCCESS;
	offset = copy_offset(copy);
	rwlock_write(&map->lock);
	kr = copyout_locked(map, &base, copy);
	rwlock_write_done(&map->lock);
	if (kr == KERN_SUCCESS)
		*addr = base + offset;
	return kr;
}

kern_return_t
vm_map_copy_read(vm_map_copy_t copy, vm_offset_t offset, void *dst,
    vm_size_t len)
{
	struct vm_map_entry *entry;
	vm_offset_t at = copy_offset(copy) + offset;
	char *to = dst;
	kern_return_t kr;
	vm_size_t n;

	assert(offset + len <= copy_size(copy));
	for (; len > 0; at += n, to += n, len -= n) {
		n = min_of(len, PAGE_SIZE - (at & PAGE_MASK));
		entry = vm_map_copy_entry_at(copy, at);
		if (entry->object == NULL) {
			memset(to, 0, n);
			continue;
		}
		kr = vm_fault_read(entry->object,
		    entry->offset + (at - entry_start(entry)), to, n);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	return KERN_SUCCESS;
}

kern_return_t
vm_map_copy_read_page(vm_map_copy_t copy, vm_offset_t offset,
    struct vm_page *dst)
{
	struct vm_map_entry *entry = vm_map_copy_entry_at(copy, offset);
	kern_return_t kr = KERN_SUCCESS;
	bool zero = true;

	if (entry->object != NULL)
		kr = vm_fault_read_page(entry->object,
		    entry->offset + (offset - entry_start(entry)), dst, &zero);
	if (kr == KERN_SUCCESS && zero)
		pmap_zero_page(dst);
	return kr;
}

/* A page in no object; waits for memory. */
static kern_return_t
fresh_page(struct vm_page **page)
{
	kern_return_t kr = KERN_SUCCESS;
	unsigned attempts = 0;

	while ((*page = vm_page_grab(VM_PAGE_USER)) == NULL &&
	    kr == KERN_SUCCESS)
		kr = vm_fault_wait_memory(&attempts);
	return kr;
}

struct vm_page *
vm_map_copy_take_page(vm_map_copy_t copy, vm_offset_t offset)
{
	struct vm_page *page = vm_map_copy_steal_page(copy, offset);

	if (page != NULL || fresh_page(&page) != KERN_SUCCESS)
		return page;
	page->busy = 1;
	if (vm_map_copy_read_page(copy, offset, page) != KERN_SUCCESS) {
		page->busy = 0;
		vm_page_release(page);
		return NULL;
	}
	return page;
}

kern_return_t
vm_map_copy_fresh(vm_size_t size, struct vm_page **pages, vm_map_copy_t *copy)
{
	struct vm_object *object = vm_object_create(round_page(size));
	kern_return_t kr = KERN_SUCCESS;

	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (vm_size_t at = 0; at < size && kr == KERN_SUCCESS;
	    at += PAGE_SIZE) {
		struct vm_page *page;

		kr = fresh_page(&page);
		if (kr != KERN_SUCCESS)
			break;
		page->dirty = 1;
		vm_object_lock(object);
		vm_page_insert(page, object, at);
		vm_object_unlock(object);
		*pages++ = page;
	}
	if (kr == KERN_SUCCESS) {
		*copy = vm_map_copy_from_object(object, size);
		if (*copy != NULL)
			return KERN_SUCCESS;
		kr = KERN_RESOURCE_SHORTAGE;
	}
	vm_object_deallocate(object);
	return kr;
}

struct vm_page *
vm_map_copy_steal_page(vm_map_copy_t copy, vm_offset_t offset)
{
	struct vm_map_entry *entry = vm_map_copy_entry_at(copy, offset);
	struct vm_object *object = entry->object;
	struct vm_page *page = NULL;

	if (object == NULL)
		return NULL;
	vm_object_lock(object);
	if (object->refs.count == 1 && object->internal && !object->shared &&
	    object->copy == NULL && object->paging_in_progress == 0)
		page = vm_page_lookup(object,
		    entry->offset + (offset - entry_start(entry)));
	if (page != NULL && (page->busy || page->error ||
	    page->wire_count != 0))
		page = NULL;
	if (page != NULL) {
		if (page->pv_pmap != NULL)
			pmap_page_protect(page, VM_PROT_NONE);
		page->busy = 1;
		vm_page_remove(page);
	}
	vm_object_unlock(object);
	return page;
}
