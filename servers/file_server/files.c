/*
 * servers/file_server/files.c - the files, and the versions of their contents.
 *
 * Owns:       the files, the versions, the pager and its counters.
 * Locks:      files_lock, for the files, each version's use count and its
 *             memory object.  A version's other fields are fixed.
 * Invariant:  a version is used by its file, while it is that one's present
 *             one, and by each look-up.  At the last release it goes, or if
 *             it has a memory object, when no kernel has that any more.
 */
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_thread.h>
#include <mach/pager.h>
#include <mach/vm_param.h>
#include <servers/fs_types.h>

#include "files.h"

#define BUCKETS		1024
#define PAGER_THREADS	2
#define RECORD_SIZE	512	/* of the disk */

struct version {
	/* fixed */
	vm_size_t		 size;
	vm_address_t		 memory;	/* 0: on the disk */
	mach_port_t		 disk;
	uint32_t		 start;
	/* under files_lock */
	unsigned int		 uses;
	struct pager_object	*object;	/* null until first mapped */
};

struct file {
	/* fixed */
	struct file	*next_in_bucket;
	/* under files_lock */
	struct file	*next;			/* in the order they came */
	struct version	*version;
	/* fixed */
	char		 name[];
};

static mach_mutex_t files_lock;
static struct file *buckets[BUCKETS];
static struct file *first_file;
static struct file **files_end = &first_file;
static vm_size_t names_size;		/* what files_list gives */

static struct pager *pager;
static struct paging_statistics statistics;	/* atomic */

static struct version *
version_make(vm_size_t size)
{
	struct version *version = calloc(1, sizeof(*version));

	if (version != NULL) {
		version->size = size;
		version->uses = 1;
	}
	return version;
}

struct version *
version_on_disk(mach_port_t disk, uint32_t start, vm_size_t size)
{
	struct version *version = version_make(size);

	if (version != NULL) {
		version->disk = disk;
		version->start = start;
	}
	return version;
}

struct version *
version_in_memory(vm_address_t memory, vm_size_t size)
{
	struct version *version = version_make(size);

	if (version != NULL)
		version->memory = memory;
	return version;
}

static void
version_free(struct version *version)
{
	if (version->memory != 0)
		vm_deallocate(mach_task_self(), version->memory,
		    round_page(version->size));
	free(version);
}

void
version_release(struct version *version)
{
	boolean_t last;

	mach_mutex_lock(&files_lock);
	last = --version->uses == 0;
	mach_mutex_unlock(&files_lock);
	if (!last)
		return;
	if (version->object != NULL)
		pager_object_destroy(version->object);
	else
		version_free(version);
}

vm_size_t
version_size(const struct version *version)
{
	return version->size;
}

/*
 * The pager's side: pages of a version.  What is in memory the kernel copies
 * from there, and what the disk's driver gives is passed on, so no thread here
 * touches a page of contents, which might not be there to be had.
 */
static kern_return_t
version_read_disk(const struct version *version, vm_offset_t offset,
    vm_size_t size, vm_offset_t *data)
{
	vm_size_t wanted = version->size - offset;
	mach_msg_type_number_t got = 0;
	io_buf_ptr_t buf;
	kern_return_t kr;

	if (wanted > size)
		wanted = size;
	wanted = (wanted + RECORD_SIZE - 1) & ~(RECORD_SIZE - 1);
	kr = device_read(version->disk, 0,
	    (version->start + offset) / RECORD_SIZE, wanted, &buf, &got);
	if (kr != KERN_SUCCESS)
		return kr;
	if (got != wanted) {
		vm_deallocate(mach_task_self(), (vm_address_t) buf, got);
		return FS_IO_ERROR;
	}
	*data = (vm_offset_t) buf;
	return KERN_SUCCESS;
}

static kern_return_t
version_read(void *cookie, vm_offset_t offset, vm_size_t size,
    vm_offset_t *data, boolean_t *dealloc)
{
	const struct version *version = cookie;
	kern_return_t kr = KERN_SUCCESS;

	if (version->memory != 0)
		*data = version->memory + offset;
	else
		kr = version_read_disk(version, offset, size, data);
	*dealloc = version->memory == 0;
	if (kr == KERN_SUCCESS) {
		__atomic_add_fetch(&statistics.data_requests, 1,
		    __ATOMIC_RELAXED);
		__atomic_add_fetch(&statistics.bytes_supplied, size,
		    __ATOMIC_RELAXED);
	}
	return kr;
}

static void
version_gone(void *cookie)
{
	version_free(cookie);
	__atomic_sub_fetch(&statistics.objects, 1, __ATOMIC_RELAXED);
}

static const struct pager_ops version_ops = {
	.read = version_read,
	.gone = version_gone,
};

kern_return_t
files_init(void)
{
	return pager_create(&version_ops, PAGER_THREADS, &pager);
}

struct paging_statistics
files_paging_statistics(void)
{
	return statistics;
}

/* The memory object of a version in use. */
static kern_return_t
version_object(struct version *version, mach_port_t *port)
{
	kern_return_t kr = KERN_SUCCESS;

	mach_mutex_lock(&files_lock);
	if (version->object == NULL) {
		kr = pager_object_create(pager, version, version->size, FALSE,
		    MEMORY_OBJECT_COPY_DELAY, &version->object);
		if (kr == KERN_SUCCESS)
			__atomic_add_fetch(&statistics.objects, 1,
			    __ATOMIC_RELAXED);
	}
	if (kr == KERN_SUCCESS)
		*port = pager_object_port(version->object);
	mach_mutex_unlock(&files_lock);
	return kr;
}

kern_return_t
version_map(struct version *version, vm_address_t *addr)
{
	mach_port_t port;
	kern_return_t kr;

	*addr = 0;
	if (version->size == 0)
		return KERN_SUCCESS;
	kr = version_object(version, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	return vm_map(mach_task_self(), addr, round_page(version->size), 0,
	    TRUE, port, 0, FALSE, VM_PROT_READ, VM_PROT_READ,
	    VM_INHERIT_NONE);
}

boolean_t
file_name_is_good(const char *name)
{
	size_t length = strnlen(name, FS_NAME_MAX);

	return length > 0 && length < FS_NAME_MAX;
}

static struct file **
bucket(const char *name)
{
	unsigned int hash = 5381;

	while (*name != '\0')
		hash = hash * 33 + (unsigned char) *name++;
	return &buckets[hash % BUCKETS];
}

static struct file *
file_find(const char *name)
{
	struct file *file;

	for (file = *bucket(name); file != NULL; file = file->next_in_bucket)
		if (strcmp(file->name, name) == 0)
			return file;
	return NULL;
}

static struct file *
file_make(const char *name)
{
	size_t size = strlen(name) + 1;
	struct file *file = malloc(sizeof(*file) + size);
	struct file **at = bucket(name);

	if (file == NULL)
		return NULL;
	memcpy(file->name, name, size);
	file->version = NULL;
	file->next_in_bucket = *at;
	*at = file;
	file->next = NULL;
	*files_end = file;
	files_end = &file->next;
	names_size += size;
	return file;
}

kern_return_t
files_enter(const char *name, struct version *version)
{
	struct version *old = version;
	struct file *file;

	mach_mutex_lock(&files_lock);
	file = file_find(name);
	if (file == NULL)
		file = file_make(name);
	if (file != NULL) {
		old = file->version;
		file->version = version;
	}
	mach_mutex_unlock(&files_lock);
	if (old != NULL)
		version_release(old);
	return file != NULL ? KERN_SUCCESS : FS_NO_SPACE;
}

struct version *
files_look_up(const char *name)
{
	struct version *version = NULL;
	struct file *file;

	mach_mutex_lock(&files_lock);
	file = file_find(name);
	if (file != NULL) {
		version = file->version;
		version->uses++;
	}
	mach_mutex_unlock(&files_lock);
	return version;
}

kern_return_t
files_list(vm_address_t *names, vm_size_t *size)
{
	kern_return_t kr = KERN_SUCCESS;
	struct file *file;
	char *at;

	*names = 0;
	mach_mutex_lock(&files_lock);
	*size = names_size;
	if (names_size != 0)
		kr = vm_allocate(mach_task_self(), names, names_size, TRUE);
	at = (char *) *names;
	for (file = first_file; kr == KERN_SUCCESS && file != NULL;
	    file = file->next)
		at = stpcpy(at, file->name) + 1;
	mach_mutex_unlock(&files_lock);
	return kr;
}
