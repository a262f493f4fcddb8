/*
 * servers/file_server/archive.c - the files of a tar archive on a disk.
 *
 * Owns:       a mapping of the disk, while it reads the headers.
 * Source:     the ustar format of POSIX, and GNU tar's long names: an entry of
 *             type L whose contents are the name of the entry after it.
 */
#include <stdio.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/vm_param.h>
#include <servers/fs_types.h>

#include "archive.h"
#include "files.h"

#define BLOCK		512U

struct header {
	char	name[100];
	char	mode[8], uid[8], gid[8];
	char	size[12];
	char	mtime[12];
	char	checksum[8];
	char	type;
	char	link[100];
	char	magic[6];
	char	version[2];
	char	user[32], group[32];
	char	dev_major[8], dev_minor[8];
	char	prefix[155];
	char	unused[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "tar format");

/* Where in the archive we are. */
struct reader {
	mach_port_t		 disk;
	const char		*bytes;		/* the disk, mapped */
	uint32_t		 size;
	uint32_t		 offset;	/* of the header in hand */
	uint32_t		 length;	/* of its contents */
	char			 name[FS_NAME_MAX];
	boolean_t		 long_name;	/* it came in an entry before */
	struct archive_totals	*totals;
};

static const struct header *
header_at(const struct reader *r)
{
	return (const struct header *) (r->bytes + r->offset);
}

/* An octal number, perhaps after spaces; FALSE if that is not what is there. */
static boolean_t
number_read(const char *digits, unsigned int width, uint64_t *value)
{
	unsigned int i = 0;

	*value = 0;
	while (i < width && digits[i] == ' ')
		i++;
	for (; i < width && digits[i] >= '0' && digits[i] <= '7'; i++)
		*value = *value * 8 + (digits[i] - '0');
	return i == width || digits[i] == ' ' || digits[i] == '\0';
}

/* The sum of the header's bytes, those of the sum itself taken as spaces. */
static boolean_t
checksum_is_right(const struct header *header)
{
	const unsigned char *bytes = (const unsigned char *) header;
	size_t first = offsetof(struct header, checksum);
	uint64_t expected, sum = 0;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i - first < sizeof(header->checksum) ? ' ' : bytes[i];
	return number_read(header->checksum, sizeof(header->checksum),
	    &expected) && sum == expected;
}

static boolean_t
is_end(const struct reader *r)
{
	static const char zeros[BLOCK];

	return r->size - r->offset < BLOCK
	    || memcmp(header_at(r), zeros, BLOCK) == 0;
}

/* Look at the header in hand; FALSE if it is none. */
static boolean_t
header_read(struct reader *r)
{
	const struct header *header = header_at(r);
	uint64_t length;

	if (!checksum_is_right(header)
	    || !number_read(header->size, sizeof(header->size), &length)
	    || length > r->size - r->offset - BLOCK)
		return FALSE;
	r->length = length;
	return TRUE;
}

static void
header_next(struct reader *r)
{
	uint64_t next = (uint64_t) r->offset + BLOCK
	    + (((uint64_t) r->length + BLOCK - 1) & ~(uint64_t) (BLOCK - 1));

	r->offset = next < r->size ? next : r->size;
}

/* Contents of an entry that are the next one's name. */
static void
long_name_read(struct reader *r)
{
	size_t length = strnlen(r->bytes + r->offset + BLOCK, r->length);

	r->long_name = TRUE;
	if (length >= FS_NAME_MAX)
		length = 0;	/* no file has this name: it is left out */
	memcpy(r->name, r->bytes + r->offset + BLOCK, length);
	r->name[length] = '\0';
}

/* The name in the header: 100 bytes, and POSIX's 155 before that. */
static void
short_name_read(struct reader *r)
{
	const struct header *header = header_at(r);
	int prefix = 0;

	if (memcmp(header->magic, "ustar", sizeof(header->magic)) == 0)
		prefix = strnlen(header->prefix, sizeof(header->prefix));
	snprintf(r->name, sizeof(r->name), "%.*s%s%.*s", prefix,
	    header->prefix, prefix != 0 ? "/" : "", (int) sizeof(header->name),
	    header->name);
}

static void
file_enter(struct reader *r)
{
	struct version *version;

	if (!r->long_name)
		short_name_read(r);
	r->long_name = FALSE;
	if (r->name[0] == '\0') {
		printf("file_server: a name at byte %lu is empty or too long\n",
		    (unsigned long) r->offset);
		return;
	}
	version = version_on_disk(r->disk, r->offset + BLOCK, r->length);
	if (version == NULL || files_enter(r->name, version) != KERN_SUCCESS) {
		printf("file_server: no memory for the file %s\n", r->name);
		return;
	}
	r->totals->files++;
	r->totals->bytes += r->length;
}

static void
entries_read(struct reader *r)
{
	for (; !is_end(r); header_next(r)) {
		if (!header_read(r)) {
			printf("file_server: the archive is damaged at byte "
			    "%lu\n", (unsigned long) r->offset);
			return;
		}
		switch (header_at(r)->type) {
		case 'L':
			long_name_read(r);
			break;
		case '0':
		case '7':
		case '\0':
			file_enter(r);
			break;
		default:
			r->long_name = FALSE;	/* it was this entry's */
		}
	}
}

static kern_return_t
disk_size(mach_port_t disk, uint32_t *size)
{
	int status[DEV_GET_SIZE_COUNT];
	mach_msg_type_number_t count = DEV_GET_SIZE_COUNT;
	kern_return_t kr;

	kr = device_get_status(disk, DEV_GET_SIZE, status, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	*size = status[DEV_GET_SIZE_DEVICE_SIZE];
	return status[DEV_GET_SIZE_RECORD_SIZE] == BLOCK ? KERN_SUCCESS
	    : D_INVALID_SIZE;
}

static kern_return_t
disk_map(mach_port_t disk, vm_size_t size, vm_address_t *addr)
{
	mach_port_t object;
	kern_return_t kr;

	kr = device_map(disk, VM_PROT_READ, 0, size, &object, 0);
	if (kr != KERN_SUCCESS)
		return kr;
	*addr = 0;
	kr = vm_map(mach_task_self(), addr, size, 0, TRUE, object, 0, FALSE,
	    VM_PROT_READ, VM_PROT_READ, VM_INHERIT_NONE);
	mach_port_deallocate(mach_task_self(), object);
	return kr;
}

kern_return_t
archive_read(mach_port_t disk, struct archive_totals *totals)
{
	struct reader r = { .disk = disk, .totals = totals };
	vm_address_t addr;
	kern_return_t kr;

	*totals = (struct archive_totals) { 0 };
	kr = disk_size(disk, &r.size);
	if (kr != KERN_SUCCESS || r.size < BLOCK)
		return kr;
	kr = disk_map(disk, round_page(r.size), &addr);
	if (kr != KERN_SUCCESS)
		return kr;
	r.bytes = (const char *) addr;
	entries_read(&r);
	return vm_deallocate(mach_task_self(), addr, round_page(r.size));
}
