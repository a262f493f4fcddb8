/*
 * vm/vm_debug_calls.c - regions, objects and pages seen closely, for
 * debugging: the mach_vm_* calls of mach_debug.defs.
 *
 * Owns:       nothing.
 * Locks:      a map's for reading, or one object's, while it is looked at.
 * Note        addresses of kernel structures only tell objects apart: they
 *             are scrambled.
 */
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <mach_debug/mach_debug_types.h>
#include <mach_debug_server.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/* The same for the same object, without telling where it lies. */
static inline vm_offset_t
identity(const void *object)
{
	return object == NULL ? 0 : (uintptr_t)object * 2654435761u;
}

kern_return_t
mach_vm_region_info(struct vm_map *map, vm_address_t address,
    vm_region_info_t *region, struct ipc_port **name)
{
	struct vm_map_entry *entry;

	if (map == NULL)
		return KERN_INVALID_TASK;
	rwlock_read(&map->lock);
	entry = vm_map_lookup_entry(map, address, true);
	if (entry == NULL) {
		rwlock_done(&map->lock);
		return KERN_NO_SPACE;
	}
	region->vri_start = entry_start(entry);
	region->vri_end = entry_end(entry);
	region->vri_protection = entry->protection;
	region->vri_max_protection = entry->max_protection;
	region->vri_inheritance = entry->inheritance;
	region->vri_wired_count = entry->wired_count;
	region->vri_user_wired_count = entry->wired_count;
	region->vri_object = identity(entry->object);
	region->vri_offset = entry->offset;
	region->vri_needs_copy = entry->needs_copy;
	region->vri_sharing = entry->is_shared;
	*name = vm_object_name(entry->object);
	rwlock_done(&map->lock);
	return KERN_SUCCESS;
}

static vm_object_info_state_t
object_state(const struct vm_object *object)
{
	return (object->pager != NULL ? VOI_STATE_PAGER_CREATED |
	    VOI_STATE_PAGER_INITIALIZED : 0) |
	    (object->pager_ready ? VOI_STATE_PAGER_READY : 0) |
	    (object->can_persist ? VOI_STATE_CAN_PERSIST : 0) |
	    (object->internal ? VOI_STATE_INTERNAL | VOI_STATE_TEMPORARY : 0) |
	    (object->alive ? VOI_STATE_ALIVE : 0) |
	    (object->old_pageout ? VOI_STATE_USE_OLD_PAGEOUT : 0);
}

kern_return_t
mach_vm_object_info(struct vm_object *object, vm_object_info_t *info,
    struct ipc_port **shadow, struct ipc_port **copy)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_object_lock(object);
	info->voi_object = identity(object);
	info->voi_pagesize = PAGE_SIZE;
	info->voi_size = object->size;
	info->voi_ref_count = object->refs.count - 1;	/* not ours */
	info->voi_resident_page_count = object->resident->count;
	info->voi_absent_count = object->absent_count;
	info->voi_copy = identity(object->copy);
	info->voi_shadow = identity(object->shadow);
	info->voi_shadow_offset = object->shadow_offset;
	info->voi_paging_offset = 0;
	info->voi_copy_strategy = object->copy_strategy;
	info->voi_last_alloc = 0;
	info->voi_paging_in_progress = object->paging_in_progress;
	info->voi_state = object_state(object);
	vm_object_unlock(object);
	/* Only pagers' objects have names, and those shadow nothing. */
	*shadow = IP_NULL;
	*copy = IP_NULL;
	return KERN_SUCCESS;
}

static vm_page_info_state_t
page_state(const struct vm_page *page)
{
	return (page->busy ? VPI_STATE_BUSY : 0) |
	    (page->wanted ? VPI_STATE_WANTED : 0) |
	    (page->tabled ? VPI_STATE_TABLED : 0) |
	    (page->absent ? VPI_STATE_ABSENT : 0) |
	    (page->error ? VPI_STATE_ERROR : 0) |
	    (page->dirty ? VPI_STATE_DIRTY : 0) |
	    (page->precious ? VPI_STATE_PRECIOUS : 0) |
	    (page->inactive ? VPI_STATE_INACTIVE : 0) |
	    (page->active ? VPI_STATE_ACTIVE : 0) |
	    (page->laundry ? VPI_STATE_LAUNDRY : 0);
}

static void
page_info(struct vm_page *page, vm_page_phys_info_t *info)
{
	info->vpi_offset = vm_page_object_offset(page);
	info->vpi_phys_addr = vm_page_phys(page);
	info->vpi_wire_count = page->wire_count;
	info->vpi_page_lock = page->page_lock;
	info->vpi_unlock_request = page->unlock_request;
	info->vpi_state = page_state(page);
}

static void
page_info_short(const vm_page_phys_info_t *from, vm_page_info_t *info)
{
	info->vpi_offset = from->vpi_offset;
	info->vpi_phys_addr = from->vpi_phys_addr;
	info->vpi_wire_count = from->vpi_wire_count;
	info->vpi_page_lock = from->vpi_page_lock;
	info->vpi_unlock_request = from->vpi_unlock_request;
	info->vpi_state = from->vpi_state;
}

/* Up to count pages of an object into infos; returns how many it has. */
static unsigned
pages_collect(struct vm_object *object, char *infos, unsigned count,
    size_t size)
{
	vm_page_phys_info_t info;
	unsigned n = 0;
	struct queue *q;

	memset(&info, 0, sizeof(info));
	vm_object_lock(object);
	queue_for_each(q, &object->resident->pages) {
		if (n < count) {
			page_info(queue_element(q, struct vm_page,
			    object_link), &info);
			if (size == sizeof(info))
				memcpy(infos + n * size, &info, size);
			else
				page_info_short(&info,
				    (vm_page_info_t *)(infos + n * size));
		}
		n++;
	}
	vm_object_unlock(object);
	return n;
}

/*
 * The pages of an object as an array of size-byte elements: into *out while it
 * has room for *count of them, else out of line as a copy.
 */
static kern_return_t
object_pages(struct vm_object *object, void **out,
    mach_msg_type_number_t *count, size_t size)
{
	unsigned have, room = *count;
	vm_map_copy_t copy;
	kern_return_t kr;
	char *infos;

	have = pages_collect(object, *out, room, size);
	if (have <= room) {
		*count = have;
		return KERN_SUCCESS;
	}
	room = have;
	infos = kalloc_zero(room * size);
	if (infos == NULL)
		return KERN_RESOURCE_SHORTAGE;
	have = min_of(pages_collect(object, infos, room, size), room);
	kr = vm_map_copyin_kernel(infos, have * size, &copy);
	kfree(infos, room * size);
	if (kr != KERN_SUCCESS)
		return kr;
	*out = copy;
	*count = have;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_object_pages(struct vm_object *object, vm_page_info_array_t *pages,
    mach_msg_type_number_t *count)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	return object_pages(object, (void **)pages, count,
	    sizeof(vm_page_info_t));
}

kern_return_t
mach_vm_object_pages_phys(struct vm_object *object,
    vm_page_phys_info_array_t *pages, mach_msg_type_number_t *count)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	return object_pages(object, (void **)pages, count,
	    sizeof(vm_page_phys_info_t));
}
