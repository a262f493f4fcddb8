/*
 * default_pager/default_pager.c - the default pager: anonymous memory that
 * has to leave main memory goes to parts of devices.
 *
 * usage, in a boot script:
 *   default_pager --host-port=${host-port} --device-port=${device-port}
 *       rd0 hd0s2 hd1:2048+65536 $(task-create) $(task-resume)
 *
 * Each word is paging space: a device, or COUNT of its records from FIRST on.
 * With a privileged host port it becomes the kernel's default pager; its
 * memory and its thread are wired then.  Without one it is a pager like any
 * other: --name=NAME registers its port with the bootstrap server, and tasks
 * ask it for memory objects.
 *
 * One thread receives everything: requests of the kernel, calls of tasks, and
 * the answers of devices, for which it never waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mig_errors.h>
#include <mach/mig_support.h>
#include <mach/gnumach.h>
#include <mach/vm_param.h>
#include <mach/vm_wire.h>
#include <mach_error.h>
#include <servers/bootstrap.h>

#include "calls.h"
#include "io.h"
#include "object.h"
#include "space.h"

#define MESSAGE_MAX	8192

static mach_port_t host_port, device_port, pager_port;

static void
check(const char *what, kern_return_t kr)
{
	if (kr == KERN_SUCCESS)
		return;
	printf("default_pager: %s: %s\n", what, mach_error_string(kr));
	exit(1);
}

/* The pager's own port takes what kernels and tasks ask of the pager itself. */
static boolean_t
demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	boolean_t known;

	mig_reply_setup(request, reply);
	((mig_reply_header_t *) reply)->RetCode = MIG_NO_REPLY;
	known = io_demux(request, reply);
	if (!known && request->msgh_local_port == pager_port)
		known = calls_demux(request, reply);
	if (!known)
		known = object_demux(request, reply);
	calls_continue();
	return known;
}

/* "--NAME=VALUE" or NULL */
static const char *
option_value(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) == 0 ? word + length : NULL;
}

static void
arguments_read(int argc, char **argv, const char **name)
{
	const char *value;
	int i;

	for (i = 1; i < argc; i++) {
		if ((value = option_value(argv[i], "--host-port=")) != NULL)
			host_port = strtoul(value, NULL, 0);
		else if ((value = option_value(argv[i], "--device-port="))
		    != NULL)
			device_port = strtoul(value, NULL, 0);
		else if ((value = option_value(argv[i], "--name=")) != NULL)
			*name = value;
		else if (argv[i][0] == '-')
			printf("default_pager: %s: no such option\n", argv[i]);
	}
}

/* Space that is missing, too small or read-only is said and left out. */
static void
spaces_add(int argc, char **argv)
{
	kern_return_t kr;
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		kr = space_add(device_port, argv[i]);
		if (kr != KERN_SUCCESS)
			printf("default_pager: %s: %s\n", argv[i],
			    mach_error_string(kr));
	}
	printf("default_pager: %u KB of paging space\n",
	    (unsigned int) (space_totals().pages * (vm_page_size / 1024)));
}

static mach_port_t
port_make(mach_port_t set)
{
	mach_port_t port;

	check("port", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, &port));
	check("port", mach_port_insert_right(mach_task_self(), port, port,
	    MACH_MSG_TYPE_MAKE_SEND));
	check("port set", mach_port_move_member(mach_task_self(), port, set));
	return port;
}

/* From now on nothing here is paged, and there is memory for us when there is little. */
static void
become_default(void)
{
	mach_port_t port = pager_port;

	check("wire", vm_wire_all(host_port, mach_task_self(), VM_WIRE_ALL));
	check("wire", thread_wire(host_port, mach_thread_self(), TRUE));
	check("default pager", vm_set_default_memory_manager(host_port,
	    &port));
	if (MACH_PORT_VALID(port))
		mach_port_deallocate(mach_task_self(), port);
}

static void
register_name(const char *name)
{
	mach_port_t bootstrap;

	check("bootstrap port", task_get_special_port(mach_task_self(),
	    TASK_BOOTSTRAP_PORT, &bootstrap));
	check(name, bootstrap_register(bootstrap, name, pager_port));
}

int
main(int argc, char **argv)
{
	const char *name = NULL;
	mach_port_t set;

	arguments_read(argc, argv, &name);
	check("port set", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_PORT_SET, &set));
	pager_port = port_make(set);
	object_init(set);
	calls_init(device_port);
	check("transfers", io_init(set));
	spaces_add(argc, argv);
	if (host_port != MACH_PORT_NULL)
		become_default();
	if (name != NULL)
		register_name(name);
	check("mach_msg_server", mach_msg_server(demux, MESSAGE_MAX, set));
	return 1;
}
