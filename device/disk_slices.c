/*
 * device/disk_slices.c - partition tables of PCs: which slices a disk has.
 *
 * Owns:       nothing.  Tables are read once, at start-up.
 * Locks:      none.
 * Invariant:  what a table says is not believed: a slice that leaves the disk
 *             is left out, and a chain of tables ends.
 */
#include <device/disk.h>
#include <device/disk_slices.h>
#include <device/disk_status.h>
#include <kern/debug.h>
#include <kern/types.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define TABLE_ENTRIES	4u
#define SLICES_MAX	16u
#define SIGNATURE	0xaa55u

/* One sector: of a disk, or of an extended slice. */
struct table {
	uint8_t	 code[446];
	struct {
		uint8_t	 flag, start[3];
		uint8_t	 type, end[3];
		uint32_t first, sectors;
	} __attribute__((packed)) entries[TABLE_ENTRIES];
	uint16_t signature;
} __attribute__((packed));

_Static_assert(sizeof(struct table) == DISK_SECTOR_SIZE, "a sector");

static bool
is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static bool
table_read(struct disk_drive *drive, uint32_t sector, struct table *table)
{
	struct vm_page *page = drive->queue->sector;

	if (sector >= drive->sectors ||
	    drive->transfer(drive, false, sector, 1, &page) != D_SUCCESS)
		return false;
	pmap_copy_from_page(page, 0, table, sizeof(*table));
	return table->signature == SIGNATURE;
}

static void
slice_add(struct disk_drive *drive, unsigned slice, uint32_t first,
    uint32_t sectors)
{
	if (first != 0 && sectors != 0 && first < drive->sectors &&
	    sectors <= drive->sectors - first)
		disk_add(drive, slice, first, sectors);
	else
		kprintf("%s%us%u: does not lie on the disk\n", drive->name,
		    drive->unit, slice);
}

/*
 * The slices within an extended one: a chain of tables, in each a slice and
 * the next table, by their distance from this and from the first table.
 */
static void
extended_find(struct disk_drive *drive, uint32_t start)
{
	struct table table;
	uint32_t at = start;

	for (unsigned slice = TABLE_ENTRIES + 1; slice <= SLICES_MAX; slice++) {
		if (!table_read(drive, at, &table) ||
		    table.entries[0].type == 0)
			return;
		slice_add(drive, slice, at + table.entries[0].first,
		    table.entries[0].sectors);
		if (!is_extended(table.entries[1].type))
			return;
		at = start + table.entries[1].first;
	}
}

void
disk_slices_find(struct disk_drive *drive)
{
	struct table table;

	if (!table_read(drive, 0, &table))
		return;
	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		if (table.entries[i].type == 0)
			continue;
		slice_add(drive, i + 1, table.entries[i].first,
		    table.entries[i].sectors);
		if (is_extended(table.entries[i].type))
			extended_find(drive, table.entries[i].first);
	}
}
