/*
 * servers/bootstrap/bootstrap.c - the task that every other task knows.
 *
 * usage, in a boot script, after the tasks that it starts:
 *   bootstrap --host-port=${host-port} --device-port=${device-port}
 *       --start=${a-task} --vital=${b-task} $(task-create) $(task-resume)
 *
 * Gives its service port to each of these tasks as bootstrap port, resumes
 * them, and then answers: the privileged ports, and ports by name.  When a
 * vital task ends, it halts the machine.
 *
 * Owns:       the service port, for requests, and the notify port, on which
 *             alone it believes that a port died.  One thread receives from
 *             both, and waits for nobody: who asks for a name that is not yet
 *             there is answered when it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach_error.h>
#include <servers/bootstrap_types.h>

#include "bootstrap_server.h"
#include "names.h"
#include "notify_server.h"

#define MESSAGE_MAX	1024
#define TASKS_MAX	32

extern boolean_t bootstrap_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);
extern boolean_t notify_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

static mach_port_t host_port;		/* privileged */
static mach_port_t device_port;		/* master */
static mach_port_t service_port;
static mach_port_t notify_port;
static struct {
	task_t		port;
	boolean_t	vital;
} tasks[TASKS_MAX];
static unsigned int task_count;

/* Have the notify port told when port dies, or now if it is dead. */
static void
watch(mach_port_t port)
{
	mach_port_t previous = MACH_PORT_NULL;
	kern_return_t kr;

	kr = mach_port_request_notification(mach_task_self(), port,
	    MACH_NOTIFY_DEAD_NAME, 1, notify_port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
	if (kr == KERN_SUCCESS && MACH_PORT_VALID(previous))
		mach_port_deallocate(mach_task_self(), previous);
}

/* MIG bounds the message, not the name in it. */
static boolean_t
name_is_good(const char *name)
{
	size_t length = strnlen(name, BOOTSTRAP_NAME_MAX);

	return length > 0 && length < BOOTSTRAP_NAME_MAX;
}

kern_return_t
S_bootstrap_privileged_ports(mach_port_t bootstrap, mach_port_t *host,
    mach_port_t *device)
{
	(void) bootstrap;
	*host = host_port;
	*device = device_port;
	return KERN_SUCCESS;
}

kern_return_t
S_bootstrap_register(mach_port_t bootstrap, const_bootstrap_name_t name,
    mach_port_t port)
{
	kern_return_t kr;

	(void) bootstrap;
	if (!name_is_good(name))
		return BOOTSTRAP_BAD_NAME;
	if (!MACH_PORT_VALID(port))
		return KERN_INVALID_RIGHT;
	kr = names_register(name, port);
	if (kr == BOOTSTRAP_SUCCESS)
		watch(port);
	return kr;
}

/* A send right to answer by later might be full then, and block us. */
kern_return_t
S_bootstrap_look_up(mach_port_t bootstrap, mach_port_t reply,
    mach_msg_type_name_t reply_type, const_bootstrap_name_t name,
    mach_port_t *port)
{
	kern_return_t kr;

	(void) bootstrap;
	if (!name_is_good(name))
		return BOOTSTRAP_BAD_NAME;
	*port = names_look_up(name);
	if (*port != MACH_PORT_NULL)
		return KERN_SUCCESS;
	if (!MACH_PORT_VALID(reply)
	    || reply_type != MACH_MSG_TYPE_MOVE_SEND_ONCE)
		return KERN_INVALID_RIGHT;
	kr = names_wait(name, reply);
	if (kr != BOOTSTRAP_SUCCESS)
		return kr;
	watch(reply);
	return MIG_NO_REPLY;
}

/* If port was one of our tasks: say so, and do not go on without a vital one. */
static void
task_ended(mach_port_t port)
{
	unsigned int i;

	for (i = 0; i < task_count && tasks[i].port != port; i++)
		continue;
	if (i == task_count)
		return;
	printf("bootstrap: the task with port %u has ended\n",
	    (unsigned int) port);
	fflush(stdout);
	if (tasks[i].vital)
		host_reboot(host_port, RB_HALT);
}

/* The notification brought a reference to the dead name. */
kern_return_t
do_mach_notify_dead_name(mach_port_t notify, mach_port_name_t name)
{
	(void) notify;
	task_ended(name);
	names_port_died(name);
	mach_port_deallocate(mach_task_self(), name);
	return KERN_SUCCESS;
}

/* A name we had watched is gone by our own doing: a waiting task is answered. */
kern_return_t
do_mach_notify_port_deleted(mach_port_t notify, mach_port_name_t name)
{
	(void) notify, (void) name;
	return KERN_SUCCESS;
}

/* A second request to watch a port took the place of the first. */
kern_return_t
do_mach_notify_send_once(mach_port_t notify)
{
	(void) notify;
	return KERN_SUCCESS;
}

/* Nobody asked for the others. */
kern_return_t
do_mach_notify_msg_accepted(mach_port_t notify, mach_port_name_t name)
{
	(void) notify, (void) name;
	return KERN_FAILURE;
}

kern_return_t
do_mach_notify_port_destroyed(mach_port_t notify, mach_port_t rights)
{
	(void) notify, (void) rights;
	return KERN_FAILURE;
}

kern_return_t
do_mach_notify_no_senders(mach_port_t notify, mach_port_mscount_t mscount)
{
	(void) notify, (void) mscount;
	return KERN_FAILURE;
}

static boolean_t
demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	return request->msgh_local_port == notify_port
	    ? notify_server(request, reply) : bootstrap_server(request, reply);
}

static void
check(const char *what, kern_return_t kr)
{
	if (kr == KERN_SUCCESS)
		return;
	printf("bootstrap: %s: %s\n", what, mach_error_string(kr));
	exit(1);
}

/* A receive right, in the set. */
static mach_port_t
port_make(mach_port_t set)
{
	mach_port_t port;

	check("mach_port_allocate", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, &port));
	check("mach_port_move_member", mach_port_move_member(mach_task_self(),
	    port, set));
	return port;
}

static void
task_start(task_t task)
{
	watch(task);
	check("task_set_special_port", task_set_special_port(task,
	    TASK_BOOTSTRAP_PORT, service_port));
	check("task_resume", task_resume(task));
}

/* Whether argument is option, with the name of a port right after it. */
static boolean_t
port_option(const char *argument, const char *option, mach_port_t *port)
{
	size_t length = strlen(option);

	if (strncmp(argument, option, length) != 0)
		return FALSE;
	*port = strtoul(argument + length, NULL, 10);
	return TRUE;
}

static boolean_t
task_option(const char *argument)
{
	mach_port_t *port = &tasks[task_count].port;

	if (task_count == TASKS_MAX)
		return FALSE;
	tasks[task_count].vital = port_option(argument, "--vital=", port);
	if (!tasks[task_count].vital
	    && !port_option(argument, "--start=", port))
		return FALSE;
	task_count++;
	return TRUE;
}

static void
options_read(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!port_option(argv[i], "--host-port=", &host_port)
		    && !port_option(argv[i], "--device-port=", &device_port)
		    && !task_option(argv[i]))
			printf("bootstrap: %s: unknown, or too many\n",
			    argv[i]);
	}
}

int
main(int argc, char **argv)
{
	mach_port_t set;
	unsigned int i;

	options_read(argc, argv);
	check("mach_port_allocate", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_PORT_SET, &set));
	service_port = port_make(set);
	notify_port = port_make(set);
	check("mach_port_insert_right", mach_port_insert_right(mach_task_self(),
	    service_port, service_port, MACH_MSG_TYPE_MAKE_SEND));
	for (i = 0; i < task_count; i++)
		task_start(tasks[i].port);
	check("mach_msg_server", mach_msg_server(demux, MESSAGE_MAX, set));
	return 1;
}
