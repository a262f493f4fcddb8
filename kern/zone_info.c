/*
 * kern/zone_info.c - what the zones tell of themselves: host_zone_info and
 * host_slab_info of mach_debug.defs.
 *
 * Owns:       nothing.
 * Locks:      each zone's, one at a time: the counts of different zones are
 *             not of one moment.  Zones are made at boot only.
 * Note        no address of a zone or element leaves here.
 */
#include <kern/string.h>
#include <kern/zone.h>
#include <mach_debug_server.h>
#include <machine/param.h>
#include <vm/vm_map.h>

/* Where the visits of zone_for_each write. */
struct listing {
	zone_name_t	*names;
	zone_info_t	*zones;
	cache_info_t	*caches;
	unsigned	 count;
};

static void
visit_count(void *arg, const char *name, size_t size, uint32_t in_use,
    uint32_t pages)
{
	((struct listing *)arg)->count++;
}

static void
visit_zone(void *arg, const char *name, size_t size, uint32_t in_use,
    uint32_t pages)
{
	struct listing *list = arg;
	unsigned i = list->count++;

	(void)strlcpy(list->names[i].zn_name, name, ZONE_NAME_MAX_LEN);
	list->zones[i] = (zone_info_t) {
		.zi_count = in_use,
		.zi_cur_size = pages * PAGE_SIZE,
		.zi_max_size = 0,		/* none */
		.zi_elem_size = size,
		.zi_alloc_size = PAGE_SIZE,
		.zi_collectable = TRUE,
	};
}

static void
visit_cache(void *arg, const char *name, size_t size, uint32_t in_use,
    uint32_t pages)
{
	struct listing *list = arg;
	cache_info_t *info = &list->caches[list->count++];

	info->obj_size = size;
	info->buf_size = pages * PAGE_SIZE;
	info->slab_size = PAGE_SIZE;
	info->bufs_per_slab = PAGE_SIZE / size;
	info->nr_objs = in_use;
	info->nr_bufs = pages * (PAGE_SIZE / size);
	info->nr_slabs = pages;
	(void)strlcpy(info->name, name, CACHE_NAME_MAX_LEN);
}

static unsigned
count_zones(void)
{
	struct listing list = { .count = 0 };

	zone_for_each(visit_count, &list);
	return list.count;
}

kern_return_t
host_zone_info(struct host *host, zone_name_array_t *names,
    mach_msg_type_number_t *names_count, zone_info_array_t *info,
    mach_msg_type_number_t *info_count)
{
	unsigned count = count_zones();
	vm_map_copy_t names_copy, info_copy;
	struct listing list = { .count = 0 };
	kern_return_t kr = KERN_RESOURCE_SHORTAGE;

	if (host == NULL)
		return KERN_INVALID_HOST;
	list.names = kalloc_zero(count * sizeof(*list.names));
	list.zones = kalloc_zero(count * sizeof(*list.zones));
	if (list.names == NULL || list.zones == NULL)
		goto done;
	zone_for_each(visit_zone, &list);
	kr = vm_map_copyin_kernel(list.names, count * sizeof(*list.names),
	    &names_copy);
	if (kr != KERN_SUCCESS)
		goto done;
	kr = vm_map_copyin_kernel(list.zones, count * sizeof(*list.zones),
	    &info_copy);
	if (kr != KERN_SUCCESS) {
		vm_map_copy_discard(names_copy);
		goto done;
	}
	*names = (zone_name_array_t)names_copy;
	*info = (zone_info_array_t)info_copy;
	*names_count = *info_count = count;
done:
	if (list.names != NULL)
		kfree(list.names, count * sizeof(*list.names));
	if (list.zones != NULL)
		kfree(list.zones, count * sizeof(*list.zones));
	return kr;
}

kern_return_t
host_slab_info(struct host *host, cache_info_array_t *info,
    mach_msg_type_number_t *info_count)
{
	unsigned count = count_zones();
	struct listing list = { .count = 0 };
	vm_map_copy_t copy;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	list.caches = kalloc_zero(count * sizeof(*list.caches));
	if (list.caches == NULL)
		return KERN_RESOURCE_SHORTAGE;
	zone_for_each(visit_cache, &list);
	kr = vm_map_copyin_kernel(list.caches, count * sizeof(*list.caches),
	    &copy);
	kfree(list.caches, count * sizeof(*list.caches));
	if (kr != KERN_SUCCESS)
		return kr;
	*info = (cache_info_array_t)copy;
	*info_count = count;
	return KERN_SUCCESS;
}
