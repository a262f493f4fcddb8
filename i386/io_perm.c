/*
 * i386/io_perm.c - I/O ports for user tasks: none are given.
 *
 * Every task runs with all ports denied, so these calls check what they are
 * given and refuse.
 */
#include <ipc/ipc_port.h>
#include <kern/ipc_kobject.h>
#include <kern/types.h>

#include "mach_i386_server.h"

kern_return_t
i386_io_port_add(struct thread *thread, struct device *device)
{
	if (thread == NULL || device == NULL)
		return KERN_INVALID_ARGUMENT;
	return KERN_NO_ACCESS;
}

/* Not held is not to be removed. */
kern_return_t
i386_io_port_remove(struct thread *thread, struct device *device)
{
	(void)thread;
	(void)device;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
i386_io_port_list(struct thread *thread, mach_port_t **list,
    mach_msg_type_number_t *count)
{
	(void)list;
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	*count = 0;
	return KERN_SUCCESS;
}

kern_return_t
i386_io_perm_create(struct ipc_port *master_port, io_port_t from,
    io_port_t to, struct ipc_port **io_perm)
{
	(void)io_perm;
	if (master_port == NULL || from > to ||
	    ipc_port_kotype(master_port) != KOBJECT_DEVICE_MASTER)
		return KERN_INVALID_ARGUMENT;
	return KERN_NO_ACCESS;
}

kern_return_t
i386_io_perm_modify(struct task *task, struct ipc_port *io_perm,
    boolean_t enable)
{
	(void)task;
	(void)io_perm;
	(void)enable;
	return KERN_INVALID_ARGUMENT;
}
