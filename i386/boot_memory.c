/*
 * i386/boot_memory.c - which physical memory is usable, and the first
 * allocations from it.
 *
 * Owns:       memory_ranges and memory_size until vm_page_bootstrap.
 * Locks:      none; one processor runs.
 * Invariant:  memory_ranges are sorted, apart, not empty, whole pages.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/types.h>
#include <machine/boot_info.h>
#include <machine/boot_memory.h>
#include <machine/cpu.h>
#include <machine/multiboot.h>

#define KILOBYTE	1024u
#define PHYS_MAX	(1ull << 36)	/* what PAE reaches on every processor */

struct memory_range memory_ranges[MEMORY_RANGES_MAX];
unsigned memory_range_count;
phys_addr_t memory_size;

static void
range_insert(unsigned at, phys_addr_t start, phys_addr_t end)
{
	if (memory_range_count == MEMORY_RANGES_MAX) {
		kprintf("memory at 0x%llx ignored: too many ranges\n",
		    (unsigned long long)start);
		return;
	}
	for (unsigned i = memory_range_count++; i > at; i--)
		memory_ranges[i] = memory_ranges[i - 1];
	memory_ranges[at] = (struct memory_range){ start, end };
}

static void
range_delete(unsigned at)
{
	memory_range_count--;
	for (unsigned i = at; i < memory_range_count; i++)
		memory_ranges[i] = memory_ranges[i + 1];
}

void
boot_memory_reserve(phys_addr_t start, phys_addr_t end)
{
	start &= ~(phys_addr_t)PAGE_MASK;
	end = (end + PAGE_MASK) & ~(phys_addr_t)PAGE_MASK;
	for (unsigned i = 0; i < memory_range_count; ) {
		struct memory_range *r = &memory_ranges[i];
		struct memory_range old = *r;

		if (end <= old.start || start >= old.end) {
			i++;
		} else if (start > old.start) {
			r->end = start;
			i++;
			if (end < old.end)
				range_insert(i, end, old.end);
		} else if (end < old.end) {
			r->start = end;
			i++;
		} else {
			range_delete(i);
		}
	}
}

/* Usable memory, which may overlap or touch what is known already. */
static void
range_add(phys_addr_t start, phys_addr_t end)
{
	unsigned i = 0;

	start = (start + PAGE_MASK) & ~(phys_addr_t)PAGE_MASK;
	end = min_of(end, PHYS_MAX) & ~(phys_addr_t)PAGE_MASK;
	while (i < memory_range_count && memory_ranges[i].end < start)
		i++;
	while (i < memory_range_count && memory_ranges[i].start <= end) {
		start = min_of(start, memory_ranges[i].start);
		end = max_of(end, memory_ranges[i].end);
		range_delete(i);
	}
	if (start < end)
		range_insert(i, start, end);
}

/* Call visit for each range of the loader's map, of type RAM or not. */
static void
map_visit(const struct multiboot_info *info, bool ram,
    void (*visit)(phys_addr_t start, phys_addr_t end))
{
	uint32_t at = info->map_addr;
	uint32_t end = at + info->map_length;

	while (at < end) {
		const struct multiboot_range *r = phys_to_direct(at);

		if ((r->type == MULTIBOOT_RAM) == ram && r->length != 0 &&
		    r->start + r->length > r->start)
			visit(r->start, r->start + r->length);
		at += r->size + sizeof(r->size);
	}
}

void
boot_memory_find(const struct multiboot_info *info)
{
	if (info->flags & MULTIBOOT_HAS_MAP) {
		map_visit(info, true, range_add);
		map_visit(info, false, boot_memory_reserve);
	} else if (info->flags & MULTIBOOT_HAS_MEMORY) {
		range_add(0, (phys_addr_t)info->mem_lower * KILOBYTE);
		range_add(KILOBYTE * KILOBYTE, KILOBYTE * KILOBYTE +
		    (phys_addr_t)info->mem_upper * KILOBYTE);
	}
	for (unsigned i = 0; i < memory_range_count; i++)
		memory_size += memory_ranges[i].end - memory_ranges[i].start;
}

/* From the lowest range above low memory that has room in the direct map. */
void *
boot_alloc(uint32_t size)
{
	size = round_page(size);
	for (unsigned i = 0; i < memory_range_count; i++) {
		struct memory_range *r = &memory_ranges[i];
		phys_addr_t start = r->start;
		void *memory;

		if (start < KILOBYTE * KILOBYTE || r->end - start < size ||
		    start + size > DIRECT_MAP_SIZE)
			continue;
		r->start += size;
		if (r->start == r->end)
			range_delete(i);
		memory = phys_to_direct(start);
		memset(memory, 0, size);
		return memory;
	}
	panic("no memory left at boot for %u bytes", size);
}
