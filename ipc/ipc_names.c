/*
 * ipc/ipc_names.c - names to kernel objects.
 *
 * Locks:      the space's, then, for a moment, the port's.
 * Invariant:  the port cannot be freed while the space is locked and denotes
 *             it, so it can be converted without a reference of its own.
 *             Under that lock a reference is only taken: dropping one, of a
 *             task that just ended, may sleep.
 */
#include <ipc/ipc_hint.h>
#include <ipc/ipc_names.h>
#include <ipc/ipc_port.h>
#include <kern/ipc_kobject.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/vm_map.h>

/* Call convert on the port of the send right called name. */
static inline __attribute__((always_inline)) void *
convert_name(mach_port_name_t name, void *(*convert)(struct ipc_port *))
{
	struct ipc_space *space = current_space();
	void *object = NULL;

	spin_lock(&space->lock);
	if (likely(space->active))
		object = convert(ipc_hint_object(space, name));
	spin_unlock(&space->lock);
	return object;
}

static void *
to_task(struct ipc_port *port)
{
	return convert_port_to_task(port);
}

static void *
to_thread(struct ipc_port *port)
{
	return convert_port_to_thread(port);
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

static void *
to_object(struct ipc_port *port)
{
	return vm_object_lookup(port);
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

struct vm_object *
port_name_to_object(mach_port_name_t name)
{
	return convert_name(name, to_object);
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
