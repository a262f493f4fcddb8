/*
 * servers/file_server/write.c - writes of files.
 *
 * What a client writes may be memory whose pager never answers.  So a write
 * runs in a thread of its own, which waits for that at worst as long as the
 * pager lives; other requests go on.
 *
 * Owns:       the count of writes under way, atomic.
 */
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_thread.h>
#include <mach/mig_errors.h>
#include <servers/fs_reply.h>
#include <servers/fs_types.h>

#include "copy_in.h"
#include "files.h"
#include "fs_server.h"

#define WRITES_MAX	64	/* at once */

struct write {
	mach_port_t		reply;
	mach_msg_type_name_t	reply_type;
	vm_offset_t		data;
	vm_size_t		size;
	char			name[FS_NAME_MAX];
};

static unsigned int write_count;

static kern_return_t
version_of_data(vm_offset_t data, vm_size_t size, struct version **version)
{
	vm_address_t copy = 0;
	kern_return_t kr;

	if (size > 0) {
		kr = copy_in(data, size, &copy);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	*version = version_in_memory(copy, size);
	if (*version != NULL)
		return KERN_SUCCESS;
	vm_deallocate(mach_task_self(), copy, size);
	return FS_NO_SPACE;
}

static kern_return_t
write_do(const struct write *write)
{
	struct version *version;
	kern_return_t kr;

	kr = version_of_data(write->data, write->size, &version);
	if (kr == KERN_SUCCESS)
		kr = files_enter(write->name, version);
	return kr;
}

static void
write_thread(void *arg)
{
	struct write *write = arg;
	kern_return_t kr;

	kr = write_do(write);
	vm_deallocate(mach_task_self(), write->data, write->size);
	if (fs_write_file_reply(write->reply, write->reply_type, kr)
	    != KERN_SUCCESS)
		mach_port_deallocate(mach_task_self(), write->reply);
	free(write);
	__atomic_sub_fetch(&write_count, 1, __ATOMIC_RELAXED);
}

static kern_return_t
write_start(struct write *write)
{
	if (__atomic_add_fetch(&write_count, 1, __ATOMIC_RELAXED) <= WRITES_MAX
	    && mach_thread_start(write_thread, write) == KERN_SUCCESS)
		return MIG_NO_REPLY;
	__atomic_sub_fetch(&write_count, 1, __ATOMIC_RELAXED);
	return FS_NO_SPACE;
}

kern_return_t
S_fs_write_file(mach_port_t server, mach_port_t reply,
    mach_msg_type_name_t reply_type, const_fs_name_t name, vm_offset_t data,
    mach_msg_type_number_t count)
{
	struct write *write;
	kern_return_t kr;

	(void) server;
	if (!file_name_is_good(name))
		return FS_BAD_NAME;
	write = malloc(sizeof(*write));
	if (write == NULL)
		return FS_NO_SPACE;
	write->reply = reply;
	write->reply_type = reply_type;
	write->data = data;
	write->size = count;
	strcpy(write->name, name);
	kr = write_start(write);
	if (kr != MIG_NO_REPLY)
		free(write);
	return kr;
}
