/*
 * device/ramdisk.c - memory disks rd0, rd1, ...: boot modules that are no
 * programs.
 *
 * Owns:       the disks and, for good, the memory they lie in.
 * Locks:      none.  Reads and writes of the same bytes at once are the
 *             clients' affair, as on a real disk that splits requests.
 */
#include <device/device.h>
#include <device/disk.h>
#include <device/disk_status.h>
#include <device/ramdisk.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <machine/cpu.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define DISKS_MAX	16u

static struct device disks[DISKS_MAX];
static unsigned disk_count;		/* fixed once tasks run */

static phys_addr_t
place_of(const struct device *disk, recnum_t recnum)
{
	return disk->start + (phys_addr_t)recnum * DISK_SECTOR_SIZE;
}

static kern_return_t
ramdisk_read_size(struct device *disk, const struct device_request *request,
    unsigned *size)
{
	return disk_read_size(disk->size, request, size);
}

static kern_return_t
ramdisk_read(struct device *disk, const struct device_request *request,
    void *buf, unsigned *size)
{
	phys_addr_t pa = place_of(disk, request->recnum);
	char *to = buf;
	unsigned done = 0;

	while (done < *size) {
		unsigned in_page = (pa + done) & PAGE_MASK;
		unsigned piece = min_of(*size - done, PAGE_SIZE - in_page);

		pmap_copy_from_page(vm_page_lookup_phys(pa + done), in_page,
		    to + done, piece);
		done += piece;
	}
	return D_SUCCESS;
}

/* All that the direct map could hold is in it. */
static bool
in_direct_map(const struct device *disk)
{
	return disk->start + disk->size <= DIRECT_MAP_SIZE;
}

static const void *
ramdisk_read_in_place(struct device *disk,
    const struct device_request *request)
{
	if (!in_direct_map(disk))
		return NULL;
	return phys_to_direct(place_of(disk, request->recnum));
}

/* Pages, or parts, to where they belong: through buf unless that is NULL. */
static kern_return_t
write_pieces(phys_addr_t pa, const struct device_request *request, char *buf,
    unsigned *written)
{
	kern_return_t kr = D_SUCCESS;
	unsigned in_page, piece;

	for (*written = 0; *written < request->size; *written += piece) {
		in_page = (pa + *written) & PAGE_MASK;
		piece = min_of(request->size - *written, PAGE_SIZE - in_page);
		kr = device_source_read(&request->source, *written,
		    buf != NULL ? buf : phys_to_direct(pa + *written), piece);
		if (kr != D_SUCCESS)
			break;
		if (buf != NULL)
			pmap_copy_to_page(buf, vm_page_lookup_phys(pa +
			    *written), in_page, piece);
	}
	return kr;
}

static kern_return_t
ramdisk_write(struct device *disk, const struct device_request *request,
    unsigned *written)
{
	kern_return_t kr = disk_check_write(disk->size, request);
	char *buf = NULL;

	if (kr != D_SUCCESS)
		return kr;
	/* bytes of a user's may be missing in the midst of a piece */
	if (!in_direct_map(disk) || request->source.user != NULL) {
		buf = kalloc(PAGE_SIZE);
		if (buf == NULL)
			return D_NO_MEMORY;
	}
	kr = write_pieces(place_of(disk, request->recnum), request, buf,
	    written);
	if (buf != NULL)
		kfree(buf, PAGE_SIZE);
	return kr;
}

static kern_return_t
ramdisk_get_status(struct device *disk, dev_flavor_t flavor, int *status,
    mach_msg_type_number_t *count)
{
	return disk_get_status(disk->size, flavor, status, count);
}

static phys_addr_t
ramdisk_page(void *arg, vm_offset_t offset)
{
	const struct device *disk = arg;

	return offset < disk->size ? disk->start + offset : 0;
}

static const struct device_ops ramdisk_ops = {
	.read_size = ramdisk_read_size,
	.read = ramdisk_read,
	.read_in_place = ramdisk_read_in_place,
	.write = ramdisk_write,
	.get_status = ramdisk_get_status,
	.page = ramdisk_page,
};

/* Maps show whole pages: the last one must not show what was there before. */
static bool
clear_tail(phys_addr_t start, uint32_t size)
{
	unsigned used = size & PAGE_MASK;
	char *zeros;

	if (used == 0)
		return true;
	zeros = kalloc_zero(PAGE_SIZE);
	if (zeros == NULL)
		return false;
	pmap_copy_to_page(zeros, vm_page_lookup_phys(start + size), used,
	    PAGE_SIZE - used);
	kfree(zeros, PAGE_SIZE);
	return true;
}

bool
ramdisk_create(phys_addr_t start, uint32_t size)
{
	struct device *disk = &disks[disk_count];

	if (disk_count == DISKS_MAX || !clear_tail(start, size))
		return false;
	disk->name = "rd";
	disk->unit = disk_count++;
	disk->ops = &ramdisk_ops;
	disk->start = start;
	disk->size = size;
	device_add(disk);
	vm_page_withdraw(round_page(size) >> PAGE_SHIFT);
	return true;
}
