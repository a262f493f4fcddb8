/*
 * vm/vm_host_calls.c - calls on memory that want a host port or name objects:
 * wiring, returning pages to pagers on demand, and looking closely.
 *
 * Owns, locks: nothing; as vm_user.c.
 * Source:     mach_host.defs, gnumach.defs; codes as GNU Mach gives them.
 */
#include <gnumach_server.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <mach_host_server.h>
#include <mach_server.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

/* What a task may wire of its memory by the unprivileged host port. */
#define WIRE_UNPRIVILEGED_MAX	(8u << 20)

kern_return_t
vm_wire(struct ipc_port *host, struct vm_map *map, vm_address_t address,
    vm_size_t size, vm_prot_t access)
{
	vm_offset_t start = trunc_page(address);
	vm_offset_t end = round_page(address + size);

	if (convert_port_to_host(host) == NULL)
		return KERN_INVALID_HOST;
	if (map == NULL)
		return KERN_INVALID_TASK;
	if ((access & ~VM_PROT_ALL) != 0 || address + size < address ||
	    end < start)
		return KERN_INVALID_ARGUMENT;
	if (convert_port_to_host_priv(host) == NULL &&
	    access != VM_PROT_NONE && (end - start > WIRE_UNPRIVILEGED_MAX ||
	    map->wired_size + (end - start) > WIRE_UNPRIVILEGED_MAX))
		return KERN_NO_ACCESS;
	return vm_map_wire(map, start, end, access);
}

kern_return_t
vm_wire_all(struct ipc_port *host, struct vm_map *map, vm_wire_t flags)
{
	if (convert_port_to_host_priv(host) == NULL)
		return KERN_INVALID_HOST;
	if (map == NULL)
		return KERN_INVALID_TASK;
	if ((flags & ~VM_WIRE_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	return vm_map_wire_all(map, flags);
}

kern_return_t
vm_cache_statistics(struct vm_map *map, vm_cache_statistics_data_t *stats)
{
	unsigned objects, pages;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	memset(stats, 0, sizeof(*stats));
	vm_object_cache_count(&objects, &pages);
	stats->cache_object_count = objects;
	stats->cache_count = pages;
	return KERN_SUCCESS;
}

/*
 * By the name alone, which whoever maps a copy of the object gets from
 * vm_region: so what was changed goes to the pager even if the caller does not
 * want it returned, and anonymous memory, which copies share, stays as it is.
 * It has been sent when the call returns; more cannot be waited for.
 */
kern_return_t
vm_object_sync(struct vm_object *object, vm_offset_t offset, vm_size_t size,
    boolean_t should_flush, boolean_t should_return, boolean_t should_iosync)
{
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	if (!should_flush && !should_return)
		return KERN_SUCCESS;
	size = round_page(offset + size) - trunc_page(offset);
	return memory_object_sync(object, trunc_page(offset), size,
	    should_flush);
}

/*
 * The object behind the entry at *at, below end, and its part there; a
 * reference or NULL.  *at moves on.  False: nothing is mapped at *at.
 */
static bool
sync_next(struct vm_map *map, vm_offset_t *at, vm_offset_t end,
    struct vm_object **object, vm_offset_t *offset, vm_size_t *size)
{
	struct vm_map_entry *entry;

	*object = NULL;
	rwlock_read(&map->lock);
	entry = vm_map_lookup_entry(map, *at, false);
	if (entry != NULL) {
		*size = min_of(end, entry_end(entry)) - *at;
		*offset = entry->offset + (*at - entry_start(entry));
		*object = entry->object;
		if (*object != NULL)
			vm_object_reference(*object);
		*at += *size;
	}
	rwlock_done(&map->lock);
	return entry != NULL;
}

/*
 * Range by range: what private copies have of their own stays there.  A hole
 * ends it.
 */
kern_return_t
vm_msync(struct vm_map *map, vm_address_t address, vm_size_t size,
    vm_sync_t sync_flags)
{
	const vm_sync_t both = VM_SYNC_ASYNCHRONOUS | VM_SYNC_SYNCHRONOUS;
	vm_offset_t at = trunc_page(address), end = round_page(address + size);
	bool flush = sync_flags & VM_SYNC_INVALIDATE;
	kern_return_t kr = KERN_SUCCESS;
	struct vm_object *object;
	vm_offset_t offset;
	vm_size_t part;

	if (map == NULL || (sync_flags & both) == both)
		return KERN_INVALID_ARGUMENT;
	if (address + size < address || end < at)
		return KERN_INVALID_ARGUMENT;
	while (at < end) {
		if (!sync_next(map, &at, end, &object, &offset, &part))
			return KERN_INVALID_ADDRESS;
		if (object != NULL && (flush || (sync_flags & both) != 0) &&
		    memory_object_sync(object, offset, part, flush) !=
		    KERN_SUCCESS)
			kr = KERN_RESOURCE_SHORTAGE;
		vm_object_deallocate(object);
	}
	return kr;
}
