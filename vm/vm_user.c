/*
 * vm/vm_user.c - the vm_* calls of mach.defs, as MIG's stubs make them.
 *
 * Owns, locks: nothing; vm_map.h's routines do the work.  A task that the
 * call names by a wrong or dead port arrives as a NULL map.
 * Consumes    out-of-line data and rights on success only (MIG's rule).
 * Source:     Mach 3.0 kernel interface; codes as GNU Mach gives them.
 */
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <duality_server.h>
#include <mach_server.h>
#include <mach/vm_statistics.h>
#include <vm/memory_object.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_proxy.h>
#include <vm/vm_stat.h>

kern_return_t
vm_allocate(struct vm_map *map, vm_address_t *address, vm_size_t size,
    boolean_t anywhere)
{
	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	size = round_page(size);
	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	*address = trunc_page(*address);
	return vm_map_allocate(map, address, size, anywhere);
}

kern_return_t
vm_deallocate(struct vm_map *map, vm_address_t address, vm_size_t size)
{
	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size == 0)
		return KERN_SUCCESS;
	/* a range that wraps is empty */
	return vm_map_remove(map, trunc_page(address),
	    address + size < address ? 0 : round_page(address + size));
}

kern_return_t
vm_protect(struct vm_map *map, vm_address_t address, vm_size_t size,
    boolean_t set_maximum, vm_prot_t new_protection)
{
	if (map == NULL || (new_protection & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	return vm_map_protect(map, trunc_page(address),
	    address + size < address ? 0 : round_page(address + size),
	    new_protection, set_maximum);
}

static bool
inheritance_valid(vm_inherit_t inheritance)
{
	return inheritance == VM_INHERIT_SHARE ||
	    inheritance == VM_INHERIT_COPY || inheritance == VM_INHERIT_NONE;
}

kern_return_t
vm_inherit(struct vm_map *map, vm_address_t address, vm_size_t size,
    vm_inherit_t new_inheritance)
{
	if (map == NULL || !inheritance_valid(new_inheritance))
		return KERN_INVALID_ARGUMENT;
	return vm_map_inherit(map, trunc_page(address),
	    address + size < address ? 0 : round_page(address + size),
	    new_inheritance);
}

kern_return_t
vm_read(struct vm_map *map, vm_address_t address, vm_size_t size,
    vm_offset_t *data, mach_msg_type_number_t *data_count)
{
	vm_map_copy_t copy;
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = vm_map_copyin(map, address, size, false, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	*data = (vm_offset_t)copy;
	*data_count = size;
	return KERN_SUCCESS;
}

kern_return_t
vm_write(struct vm_map *map, vm_address_t address, vm_offset_t data,
    mach_msg_type_number_t data_count)
{
	vm_map_copy_t copy = (vm_map_copy_t)data;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (copy != NULL && !(page_aligned(address) &&
	    page_aligned(data_count) && vm_map_copy_page_aligned(copy)))
		return KERN_INVALID_ARGUMENT;
	return vm_map_copy_overwrite(map, address, copy);
}

kern_return_t
vm_copy(struct vm_map *map, vm_address_t source_address, vm_size_t size,
    vm_address_t dest_address)
{
	vm_map_copy_t copy;
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = vm_map_copyin(map, source_address, size, false, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = KERN_INVALID_ARGUMENT;
	if (copy == NULL || page_aligned(source_address | size | dest_address))
		kr = vm_map_copy_overwrite(map, dest_address, copy);
	if (kr != KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}

/* Why vm_object_enter gave none: no memory, or nothing that can be a pager. */
static kern_return_t
why_no_object(struct ipc_port *port)
{
	return ipc_port_kotype(port) == KOBJECT_NONE && ipc_port_alive(port) ?
	    KERN_RESOURCE_SHORTAGE : KERN_INVALID_ARGUMENT;
}

/* The object to map for a right, from where, and with what access at most. */
static kern_return_t
map_object(struct ipc_port *port, vm_size_t size, bool copy,
    vm_offset_t *offset, bool *needs_copy, struct vm_object **objectp,
    vm_prot_t *allowed)
{
	struct vm_object *object = NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (ipc_port_kotype(port) == KOBJECT_PROXY)
		kr = vm_proxy_enter(port, size, offset, allowed, &object);
	else
		object = vm_object_enter(port, *offset + size);
	if (object == NULL)
		return why_no_object(port);
	if (copy && !(*allowed & VM_PROT_READ)) {
		vm_object_deallocate(object);
		return KERN_PROTECTION_FAILURE;
	}
	*objectp = object;
	if (copy) {
		*allowed = VM_PROT_ALL;	/* the copy is the caller's */
		kr = vm_object_copy_strategically(object, *offset, size,
		    objectp, offset, needs_copy);
		vm_object_deallocate(object);
	}
	return kr;
}

kern_return_t
vm_map(struct vm_map *map, vm_address_t *address, vm_size_t size,
    vm_address_t mask, boolean_t anywhere, struct ipc_port *memory_object,
    vm_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
    vm_prot_t max_protection, vm_inherit_t inheritance)
{
	struct vm_object *object = NULL;
	bool needs_copy = false;
	vm_prot_t allowed = VM_PROT_ALL;
	vm_offset_t addr = trunc_page(*address);
	kern_return_t kr;

	if (map == NULL || (cur_protection & ~VM_PROT_ALL) != 0 ||
	    (max_protection & ~VM_PROT_ALL) != 0 ||
	    !inheritance_valid(inheritance))
		return KERN_INVALID_ARGUMENT;
	size = round_page(size);
	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	if (IP_VALID(memory_object)) {
		if (!page_aligned(offset) || offset + size < offset)
			return KERN_INVALID_ARGUMENT;
		kr = map_object(memory_object, size, copy, &offset,
		    &needs_copy, &object, &allowed);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	kr = vm_map_enter(map, &addr, size, mask, anywhere, object, offset,
	    needs_copy, cur_protection & allowed, max_protection & allowed,
	    inheritance);
	if (kr != KERN_SUCCESS) {
		vm_object_deallocate(object);
		return kr;
	}
	*address = addr;
	if (IP_VALID(memory_object))
		ipc_port_release_send(memory_object);
	return KERN_SUCCESS;
}

kern_return_t
vm_region(struct vm_map *map, vm_address_t *address, vm_size_t *size,
    vm_prot_t *protection, vm_prot_t *max_protection,
    vm_inherit_t *inheritance, boolean_t *is_shared,
    struct ipc_port **object_name, vm_offset_t *offset)
{
	struct vm_map_entry *entry;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	rwlock_read(&map->lock);
	entry = vm_map_lookup_entry(map, *address, true);
	if (entry == NULL) {
		rwlock_done(&map->lock);
		return KERN_NO_SPACE;
	}
	*address = entry_start(entry);
	*size = entry_size(entry);
	*protection = entry->protection;
	*max_protection = entry->max_protection;
	*inheritance = entry->inheritance;
	*is_shared = entry->is_shared;
	*object_name = vm_object_name(entry->object);
	*offset = entry->offset;
	rwlock_done(&map->lock);
	return KERN_SUCCESS;
}

static void
region_record(const struct vm_map_entry *entry, vm_region_record_t *record)
{
	record->address = entry_start(entry);
	record->size = entry_size(entry);
	record->protection = entry->protection;
	record->max_protection = entry->max_protection;
	record->inheritance = entry->inheritance;
	record->shared = entry->is_shared;
	record->offset = entry->offset;
	record->wired_count = entry->wired_count;
}

/*
 * Records of the entries of a locked map that lie in [start, last], as far as
 * there is room for them (NULL: none).  Returns how many there are.
 */
static unsigned
regions_collect(struct vm_map *map, vm_offset_t start, vm_offset_t last,
    vm_region_record_t *records, unsigned room)
{
	struct vm_map_entry *entry = vm_map_lookup_entry(map, start, true);
	unsigned n = 0;

	for (; entry != NULL && entry_start(entry) <= last;
	    entry = entry_next(map, entry), n++)
		if (n < room)
			region_record(entry, &records[n]);
	return n;
}

/*
 * All regions of a range at once, as the 1987 interface has it.
 *
 * Returns     KERN_SUCCESS            also if there are none
 *             KERN_INVALID_ARGUMENT   no task
 *             KERN_INVALID_ADDRESS    the range wraps
 *             KERN_RESOURCE_SHORTAGE
 */
kern_return_t
vm_regions(struct vm_map *map, vm_address_t address, vm_size_t size,
    vm_region_records_t *regions, mach_msg_type_number_t *count)
{
	vm_offset_t last = address + size - 1;
	vm_region_record_t *records;
	vm_map_copy_t copy = NULL;
	kern_return_t kr = KERN_RESOURCE_SHORTAGE;
	unsigned n = 0;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size != 0 && last < address)
		return KERN_INVALID_ADDRESS;
	rwlock_read(&map->lock);
	if (size != 0)
		n = regions_collect(map, address, last, NULL, 0);
	records = n != 0 ? kalloc(n * sizeof(*records)) : NULL;
	if (records != NULL)
		(void)regions_collect(map, address, last, records, n);
	rwlock_done(&map->lock);
	if (n == 0)
		kr = KERN_SUCCESS;
	if (records != NULL) {
		kr = vm_map_copyin_kernel(records, n * sizeof(*records), &copy);
		kfree(records, n * sizeof(*records));
	}
	if (kr != KERN_SUCCESS)
		return kr;
	*regions = (vm_region_records_t)copy;
	*count = n;
	return KERN_SUCCESS;
}

kern_return_t
vm_statistics(struct vm_map *map, vm_statistics_data_t *stat)
{
	const struct vm_events *e;
	unsigned i;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_page_check();
	memset(stat, 0, sizeof(*stat));
	stat->pagesize = PAGE_SIZE;
	stat->free_count = vm_page_free_total();
	stat->active_count = vm_page_active_count;
	stat->inactive_count = vm_page_inactive_count;
	stat->wire_count = vm_page_total - stat->free_count -
	    stat->active_count - stat->inactive_count;
	for (i = 0; i < MAX_PROCESSORS; i++) {
		e = &vm_events[i];
		stat->zero_fill_count += e->zero_fills;
		stat->reactivations += e->reactivations;
		stat->pageins += e->pageins;
		stat->pageouts += e->pageouts;
		stat->faults += e->faults;
		stat->cow_faults += e->cow_faults;
		stat->lookups += e->lookups;
		stat->hits += e->hits;
	}
	return KERN_SUCCESS;
}

/* This machine keeps its caches coherent itself: nothing to set. */
kern_return_t
vm_machine_attribute(struct vm_map *map, vm_address_t address,
    vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value)
{
	return KERN_INVALID_ARGUMENT;
}
