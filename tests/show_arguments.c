/*
 * tests/show_arguments.c - prints what the boot script gave it, and ends the
 * machine by the privileged host port among that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>

extern char **environ;

static void
print_string(const char *list, int i, const char *string)
{
	char line[200];

	(void)snprintf(line, sizeof(line), "%s %d: %s\n", list, i, string);
	(void)mach_print(line);
}

static void
show_right(const char *argument)
{
	mach_port_t name = strtoul(argument, NULL, 10);
	mach_port_type_t type = 0;
	char line[80];

	(void)mach_port_type(mach_task_self(), name, &type);
	(void)snprintf(line, sizeof(line), "right %u: %s\n", (unsigned)name,
	    type == MACH_PORT_TYPE_SEND ? "send" : "none");
	(void)mach_print(line);
}

/* --end=HOST ends the machine; alone, the third argument is the host's. */
int
main(int argc, char **argv)
{
	mach_port_t host = MACH_PORT_NULL;

	for (int i = 0; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');

		print_string("argument", i, argv[i]);
		if (equals != NULL && strchr("123456789", equals[1]) != NULL)
			show_right(equals + 1);
		if (strncmp(argv[i], "--end=", 6) == 0)
			host = strtoul(argv[i] + 6, NULL, 10);
	}
	for (int i = 0; environ[i] != NULL; i++)
		print_string("environment", i, environ[i]);
	if (argc > 2 && strcmp(argv[0], "bootstrap") == 0)
		host = strtoul(argv[2], NULL, 10);
	if (host == MACH_PORT_NULL)
		return 0;
	(void)host_reboot(host, RB_AUTOBOOT);
	return 1;
}
