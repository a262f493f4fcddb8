/*
 * vm/vm_map_copy.c - memory between maps: snapshots taken from one address
 * space, carried in messages, and put into another.
 *
 * Owns:       copies and the entries in them.  A copy has one holder and no
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

/* Up to so many bytes are copied at once: cheaper than two faults later. */
#define COPY_DIRECT_MAX	(2 * PAGE_SIZE)

static struct zone *copy_zone;		/* fixed after boot */

void
vm_map_copy_init(void)
{
	copy_zone = zone_create("vm map copy", sizeof(struct vm_map_copy), 0);
}

static vm_map_copy_t
copy_alloc(vm_offset_t addr, vm_size_t size)
{
	vm_map_copy_t copy = zalloc(copy_zone);

	if (copy == NULL)
		return NULL;
	copy->size = size;
	copy->offset = addr & PAGE_MASK;
	queue_init(&copy->entries);
	return copy;
}

/* An entry for [start, end) of the copy, at its end. */
static struct vm_map_entry *
copy_add_entry(vm_map_copy_t copy, vm_offset_t start, vm_offset_t end)
{
	struct vm_map_entry *entry = vm_map_entry_alloc();

	if (entry == NULL)
		return NULL;
	entry->node.start = start;
	entry->node.end = end;
	queue_push_back(&copy->entries, &entry->node.link);
	return entry;
}

struct vm_map_entry *
vm_map_copy_entry_at(vm_map_copy_t copy, vm_offset_t at)
{
	struct queue *q;

	queue_for_each(q, &copy->entries)
		if (at < entry_end(copy_entry(q)))
			return copy_entry(q);
	return NULL;
}

vm_size_t
vm_map_copy_size(vm_map_copy_t copy)
{
	return copy != NULL ? copy->size : 0;
}

static unsigned
copy_entries(vm_map_copy_t copy)
{
	unsigned count = 0;
	struct queue *q;

	queue_for_each(q, &copy->entries)
		count++;
	return count;
}

vm_size_t
vm_map_copy_memory(vm_map_copy_t copy)
{
	if (copy == NULL)
		return 0;
	return sizeof(*copy) + copy_entries(copy) *
	    (sizeof(struct vm_map_entry) + sizeof(struct vm_object));
}

bool
vm_map_copy_page_aligned(vm_map_copy_t copy)
{
	return copy == NULL || copy->offset == 0;
}

void
vm_map_copy_discard(vm_map_copy_t copy)
{
	struct vm_map_entry *entry;
	struct queue *q;

	if (copy == NULL)
		return;
	while ((q = queue_pop_front(&copy->entries)) != NULL) {
		entry = copy_entry(q);
		vm_object_deallocate(entry->object);
		vm_map_entry_free(entry);
	}
	zfree(copy_zone, copy);
}

vm_map_copy_t
vm_map_copy_from_object(struct vm_object *object, vm_size_t size)
{
	vm_map_copy_t copy = copy_alloc(0, size);
	struct vm_map_entry *entry;

	if (copy == NULL)
		return NULL;
	entry = copy_add_entry(copy, 0, round_page(size));
	if (entry == NULL) {
		zfree(copy_zone, copy);
		return NULL;
	}
	entry->object = object;
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
		if (src->protection & VM_PROT_WRITE)
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

/* Whether a mapped range may leave its map as it is: private, readable. */
static kern_return_t
range_movable(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    bool *movable)
{
	struct vm_map_entry *entry;

	*movable = true;
	if (!vm_map_range_mapped(map, start, end))
		return KERN_INVALID_ADDRESS;
	for (entry = vm_map_lookup_entry(map, start, false);
	    entry != NULL && entry_start(entry) < end;
	    entry = entry_next(map, entry)) {
		if (!(entry->protection & VM_PROT_READ))
			return KERN_PROTECTION_FAILURE;
		if (entry->wired_count != 0 || (entry->object != NULL &&
		    !vm_object_symmetric(entry->object)))
			*movable = false;
	}
	return KERN_SUCCESS;
}

/* Take a movable range out of its map into copy; map locked. */
static kern_return_t
copyin_move(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t copy)
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
		queue_push_back(&copy->entries, &entry->node.link);
	}
	return KERN_SUCCESS;
}

/* Snapshot a range into copy; map locked, for a while not. */
static kern_return_t
copyin_snapshot(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t copy)
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

/* The general way; *destroyed: the source is gone already. */
static kern_return_t
copyin_entries(struct vm_map *map, vm_offset_t start, vm_offset_t end,
    vm_map_copy_t copy, bool destroy, bool *destroyed)
{
	kern_return_t kr;
	bool movable;

	*destroyed = false;
	rwlock_write(&map->lock);
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
	rwlock_done(&map->lock);
	return kr;
}

kern_return_t
vm_map_copyin(struct vm_map *src_map, vm_offset_t addr, vm_size_t len,
    bool src_destroy, vm_map_copy_t *copyp)
{
	vm_offset_t start = trunc_page(addr), end = round_page(addr + len);
	bool destroyed;
	kern_return_t kr;
	vm_map_copy_t copy;

	*copyp = NULL;
	if (len == 0)
		return KERN_SUCCESS;
	if (addr + len < addr || end <= start)
		return KERN_INVALID_ADDRESS;
	if (len <= COPY_DIRECT_MAX && !src_destroy && !src_map->write_only &&
	    src_map == current_thread()->task->map) {
		copy = copyin_direct(addr, len);
		if (copy != NULL) {
			copy->offset = addr & PAGE_MASK;
			copy->size = len;
			*copyp = copy;
			return KERN_SUCCESS;
		}
	}
	copy = copy_alloc(addr, len);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = copyin_entries(src_map, start, end, copy, src_destroy,
	    &destroyed);
	if (kr == KERN_SUCCESS && src_destroy && !destroyed)
		kr = vm_map_remove(src_map, start, end);
	if (kr != KERN_SUCCESS) {
		vm_map_copy_discard(copy);
		return kr;
	}
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

kern_return_t
vm_map_copyout(struct vm_map *map, vm_offset_t *addr, vm_map_copy_t copy)
{
	vm_offset_t base = map->min_offset;
	struct vm_map_entry *entry, *next;
	vm_size_t size;
	struct queue *q;
	kern_return_t kr;

	*addr = 0;
	if (copy == NULL)
		return KERN_SUCCESS;
	size = round_page(copy->offset + copy->size);
	rwlock_write(&map->lock);
	kr = vm_map_find_room(map, &base, size, 0, true, &next);
	if (kr == KERN_SUCCESS && !vm_map_has_room(map, copy_entries(copy)))
		kr = KERN_RESOURCE_SHORTAGE;
	if (kr != KERN_SUCCESS) {
		rwlock_done(&map->lock);
		return kr;
	}
	while ((q = queue_pop_front(&copy->entries)) != NULL) {
		entry = copy_entry(q);
		entry->node.start += base;
		entry->node.end += base;
		entry->protection = VM_PROT_DEFAULT;
		entry->max_protection = VM_PROT_ALL;
		entry->inheritance = VM_INHERIT_DEFAULT;
		vm_map_entry_link(map, entry, next);
		vm_map_simplify_entry(map, entry);
	}
	if (next != NULL)
		vm_map_simplify_entry(map, next);
	rwlock_done(&map->lock);
	*addr = base + copy->offset;
	zfree(copy_zone, copy);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_copy_read(vm_map_copy_t copy, vm_offset_t offset, void *dst,
    vm_size_t len)
{
	struct vm_map_entry *entry;
	vm_offset_t at = copy->offset + offset;
	char *to = dst;
	kern_return_t kr;
	vm_size_t n;

	assert(offset + len <= copy->size);
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
	if (page != NULL && (page->busy || page->wire_count != 0))
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
