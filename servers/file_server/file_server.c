/*
 * servers/file_server/file_server.c - whole files as memory (paper, section
 * 4.1).
 *
 * usage, in a boot script: file_server --files=rd0 $(name=task-create)
 * and a bootstrap task that starts it; it registers there as "file_server".
 *
 * Owns:       the service port.  Several threads answer requests on it; the
 *             threads that page are others (files.c), for a request may wait
 *             for them: a reply that carries a new memory object waits until
 *             that is ready.  Writes wait for whoever pages what is written,
 *             each in a thread of its own (write.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_thread.h>
#include <mach_error.h>
#include <servers/bootstrap.h>
#include <servers/fs_types.h>

#include "archive.h"
#include "files.h"
#include "fs_server.h"

#define SERVICE_THREADS	4
#define MESSAGE_MAX	2048

extern boolean_t fs_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

static mach_port_t service_port;

/* The reply takes the mapping out of our space. */
kern_return_t
S_fs_read_file(mach_port_t server, const_fs_name_t name, vm_offset_t *data,
    mach_msg_type_number_t *count)
{
	struct version *version;
	kern_return_t kr;

	(void) server;
	if (!file_name_is_good(name))
		return FS_BAD_NAME;
	version = files_look_up(name);
	if (version == NULL)
		return FS_NO_FILE;
	kr = version_map(version, data);
	*count = version_size(version);
	version_release(version);
	return kr;
}

kern_return_t
S_fs_stat_file(mach_port_t server, const_fs_name_t name, vm_size_t *size)
{
	struct version *version;

	(void) server;
	if (!file_name_is_good(name))
		return FS_BAD_NAME;
	version = files_look_up(name);
	if (version == NULL)
		return FS_NO_FILE;
	*size = version_size(version);
	version_release(version);
	return FS_SUCCESS;
}

kern_return_t
S_fs_list(mach_port_t server, vm_offset_t *names,
    mach_msg_type_number_t *count)
{
	vm_size_t size;
	kern_return_t kr;

	(void) server;
	kr = files_list(names, &size);
	*count = size;
	return kr;
}

kern_return_t
S_fs_paging_statistics(mach_port_t server, natural_t *data_requests,
    natural_t *bytes_supplied, natural_t *objects)
{
	struct paging_statistics statistics = files_paging_statistics();

	(void) server;
	*data_requests = statistics.data_requests;
	*bytes_supplied = statistics.bytes_supplied;
	*objects = statistics.objects;
	return KERN_SUCCESS;
}

static void
check(const char *what, kern_return_t kr)
{
	if (kr == KERN_SUCCESS)
		return;
	printf("file_server: %s: %s\n", what, mach_error_string(kr));
	exit(1);
}

static void
service_thread(void *arg)
{
	(void) arg;
	check("mach_msg_server", mach_msg_server(fs_server, MESSAGE_MAX,
	    service_port));
}

static void
service_start(mach_port_t bootstrap)
{
	unsigned int i;

	check("mach_port_allocate", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, &service_port));
	check("mach_port_insert_right", mach_port_insert_right(mach_task_self(),
	    service_port, service_port, MACH_MSG_TYPE_MAKE_SEND));
	for (i = 1; i < SERVICE_THREADS; i++)
		check("mach_thread_start",
		    mach_thread_start(service_thread, NULL));
	check("bootstrap_register", bootstrap_register(bootstrap,
	    "file_server", service_port));
}

/* A disk that cannot be read makes a server without files. */
static void
files_read(mach_port_t device_master, const char *disk_name)
{
	struct archive_totals totals;
	mach_port_t disk;
	kern_return_t kr;

	kr = device_open(device_master, D_READ, (char *) disk_name, &disk);
	if (kr == KERN_SUCCESS)
		kr = archive_read(disk, &totals);
	if (kr != KERN_SUCCESS)
		printf("file_server: %s: %s\n", disk_name,
		    mach_error_string(kr));
	else
		printf("file_server: %u files, %llu bytes on %s\n",
		    totals.files, (unsigned long long) totals.bytes,
		    disk_name);
}

int
main(int argc, char **argv)
{
	static const char option[] = "--files=";
	mach_port_t bootstrap, host, device_master;
	int i;

	check("task_get_special_port", task_get_special_port(mach_task_self(),
	    TASK_BOOTSTRAP_PORT, &bootstrap));
	check("bootstrap_privileged_ports", bootstrap_privileged_ports(
	    bootstrap, &host, &device_master));
	check("files_init", files_init());
	for (i = 1; i < argc; i++) {
		if (strncmp(argv[i], option, strlen(option)) == 0)
			files_read(device_master, argv[i] + strlen(option));
		else
			printf("file_server: %s: no such option\n", argv[i]);
	}
	service_start(bootstrap);
	service_thread(NULL);
	return 1;
}
