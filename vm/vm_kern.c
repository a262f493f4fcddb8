/*
 * vm/vm_kern.c - the kernel's own memory above the direct map, and the start
 * of the virtual memory system.
 *
 * Owns:       kernel_map.  Its entries have no objects: their pages belong to
 *             nothing else and are found through the pmap.
 * Locks:      kernel_map's, after those of tasks' maps.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <machine/cpu.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_kern.h>
#include <vm/vm_map_copy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>

struct vm_map *kernel_map;		/* fixed after boot */

void
vm_init(void)
{
	vm_map_init();
	vm_object_init();
	vm_pager_init();
	pmap_reference(kernel_pmap);
	kernel_map = vm_map_create(kernel_pmap, KERNEL_MAP_MIN,
	    KERNEL_MAP_MAX);
	if (kernel_map == NULL)
		panic("vm_init: no memory for the kernel's map");
	vm_pageout_init();
}

void
vm_start_daemons(void)
{
	vm_pageout_start();
}

/* Unmap and free the pages of [start, end). */
static void
pages_free(vm_offset_t start, vm_offset_t end)
{
	struct vm_page *page;
	vm_offset_t va;
	phys_addr_t pa;

	for (va = start; va < end; va += PAGE_SIZE) {
		pa = pmap_extract(kernel_pmap, va);
		page = pa != 0 ? vm_page_lookup_phys(pa) : NULL;
		pmap_remove(kernel_pmap, va, va + PAGE_SIZE);
		if (page != NULL)
			vm_page_release(page);
	}
}

static bool
page_add(vm_offset_t va)
{
	struct vm_page *page = vm_page_grab(VM_PAGE_KERNEL);

	if (page == NULL)
		return false;
	pmap_zero_page(page);
	if (pmap_enter(kernel_pmap, va, page, VM_PROT_DEFAULT, true) ==
	    KERN_SUCCESS)
		return true;
	vm_page_release(page);
	return false;
}

/* An entry of kernel_map; entries are freed as they were made, never joined. */
static kern_return_t
range_alloc(vm_offset_t *start, vm_size_t size)
{
	struct vm_map_entry *entry = vm_map_entry_alloc(), *next;
	kern_return_t kr;

	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	rwlock_write(&kernel_map->lock);
	kr = vm_map_find_room(kernel_map, start, size, 0, true, &next);
	if (kr == KERN_SUCCESS) {
		entry->node.start = *start;
		entry->node.end = *start + size;
		vm_map_entry_link(kernel_map, entry, next);
	}
	rwlock_done(&kernel_map->lock);
	if (kr != KERN_SUCCESS)
		vm_map_entry_free(entry);
	return kr;
}

kern_return_t
kmem_alloc(vm_offset_t *addr, vm_size_t size)
{
	vm_offset_t start = 0, va;
	kern_return_t kr;

	size = round_page(size);
	if (size == 0)
		return KERN_NO_SPACE;
	kr = range_alloc(&start, size);
	if (kr != KERN_SUCCESS)
		return kr;
	for (va = start; va < start + size; va += PAGE_SIZE)
		if (!page_add(va)) {
			kmem_free(start, size);
			return KERN_RESOURCE_SHORTAGE;
		}
	*addr = start;
	return KERN_SUCCESS;
}

void
kmem_free(vm_offset_t addr, vm_size_t size)
{
	struct vm_map_entry *entry;

	size = round_page(size);
	pages_free(addr, addr + size);
	rwlock_write(&kernel_map->lock);
	entry = vm_map_lookup_entry(kernel_map, addr, false);
	if (entry == NULL || entry_start(entry) != addr ||
	    entry_end(entry) != addr + size)
		panic("kmem_free: %lx, %lu bytes: not allocated so", addr,
		    size);
	vm_map_entry_unlink(kernel_map, entry);
	rwlock_done(&kernel_map->lock);
	vm_map_entry_free(entry);
}

bool
kmem_contains(const void *ptr)
{
	vm_offset_t addr = (vm_offset_t)ptr;

	return addr >= KERNEL_MAP_MIN && addr < KERNEL_MAP_MAX;
}
