/*
 * ipc/ipc_names.c - names to kernel objects.
 *
 * Locks:      the space's, then, for a moment, the port's.
 * Invariant:  the port cannot be freed while the space is locked and denotes
 *             it, so it can be converted without a reference of its own.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_names.h>
#include <ipc/ipc_port.h>
#include <kern/ipc_kobject.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/vm_map.h>

/* Call convert on the port of the send right called name. */
static void *
convert_name(mach_port_name_t name, void *(*convert)(struct ipc_port *))
{
	struct ipc_space *space = current_space();
	struct ipc_entry *entry;
	void *object = NULL;

	spin_lock(&space->lock);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (entry != NULL && (entry->bits & MACH_PORT_TYPE_SEND))
		object = convert(entry->port);
	spin_unlock(&space->lock);
	return object;
}

static void
task_ref(void *task)
{
	(void)task_reference(task);
}

static void *
to_task(struct ipc_port *port)
{
	return ipc_kobject_get(port, KOBJECT_TASK, task_ref);
}

static void
thread_ref(void *thread)
{
	(void)thread_reference(thread);
}

static void *
to_thread(struct ipc_port *port)
{
	return ipc_kobject_get(port, KOBJECT_THREAD, thread_ref);
}

static void *
to_host(struct ipc_port *port)
{
	return convert_port_to_host(port);
}

static void *
to_device(struct ipc_port *port)
{
	return dev_port_lookup(port);
}

static void *
to_map(struct ipc_port *port)
{
	return convert_port_to_map(port);
}

static void *
to_space(struct ipc_port *port)
{
	return convert_port_to_space(port);
}

struct task *
port_name_to_task(mach_port_name_t name)
{
	return convert_name(name, to_task);
}

struct thread *
port_name_to_thread(mach_port_name_t name)
{
	return convert_name(name, to_thread);
}

struct host *
port_name_to_host(mach_port_name_t name)
{
	return convert_name(name, to_host);
}

struct device *
port_name_to_device(mach_port_name_t name)
{
	return convert_name(name, to_device);
}

struct vm_map *
port_name_to_map(mach_port_name_t name)
{
	return convert_name(name, to_map);
}

struct ipc_space *
port_name_to_space(mach_port_name_t name)
{
	return convert_name(name, to_space);
}
