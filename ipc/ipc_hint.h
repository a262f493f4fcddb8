/*
 * ipc/ipc_hint.h - names at hand: the last name of each use, and what it
 * denotes.
 *
 * A hint says what kind of right its name denotes and which port, so a name
 * looked up again is one comparison.  What changes that clears the hint, by
 * ipc_hint_forget, under the same lock.  That a send right's port has died
 * meanwhile is seen at the port.
 *
 * Locks:      all under the space's lock, which also keeps what is found.
 */
#ifndef IPC_IPC_HINT_H
#define IPC_IPC_HINT_H

#include <ipc/ipc_entry.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>

void		 ipc_hint_init(struct ipc_space *space);
void		 ipc_hint_clear(struct ipc_space *space, enum ipc_hint_use use);
/* The same as the functions below, for a name that is not at hand. */
struct ipc_port	*ipc_hint_find(struct ipc_space *space, mach_port_name_t name,
		    enum ipc_hint_use use);
struct ipc_pset	*ipc_hint_find_set(struct ipc_space *space,
		    mach_port_name_t name);
struct ipc_entry *ipc_hint_find_given(struct ipc_space *space,
		    mach_port_name_t name);
void		 ipc_hint_forget_name(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry);

/* An entry's name goes, or a right that it has. */
static inline void
ipc_hint_forget(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	if (unlikely(entry->bits & IE_HINTED))
		ipc_hint_forget_name(space, name, entry);
}

/* For assertions: what a hint of a right says is so. */
static inline bool
ipc_hint_holds(struct ipc_space *space, enum ipc_hint_use use, uint32_t right)
{
	const struct ipc_hint *hint = &space->hint[use];
	struct ipc_entry *entry = ipc_entry_lookup(space, hint->name);

	if (entry == NULL)
		return hint->name == MACH_PORT_NAME_NULL;
	return (entry->bits & right) && entry->port == hint->port;
}

/* The port of a receive right, or ipc_port_none. */
static inline __attribute__((always_inline)) struct ipc_port *
ipc_hint_receive(struct ipc_space *space, mach_port_name_t name,
    enum ipc_hint_use use)
{
	if (unlikely(space->hint[use].name != name))
		return ipc_hint_find(space, name, use);
	assert(ipc_hint_holds(space, use, MACH_PORT_TYPE_RECEIVE));
	return space->hint[use].port;
}

/* The kernel's port of a send right, or NULL: any other name. */
static inline __attribute__((always_inline)) struct ipc_port *
ipc_hint_kernel(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_port *port;

	if (likely(space->hint[IPC_HINT_SEND].name == name))
		return NULL;
	port = space->hint[IPC_HINT_KERNEL].port;
	if (unlikely(space->hint[IPC_HINT_KERNEL].name != name))
		port = ipc_hint_find(space, name, IPC_HINT_KERNEL);
	return likely(port->receiver == ipc_space_kernel) ? port : NULL;
}

/*
 * The port of a send right where ipc_hint_kernel has found none, or
 * ipc_port_none.  No port becomes the kernel's, or, but by its end, ceases to
 * be.
 */
static inline __attribute__((always_inline)) struct ipc_port *
ipc_hint_send(struct ipc_space *space, mach_port_name_t name)
{
	if (unlikely(space->hint[IPC_HINT_SEND].name != name))
		return ipc_hint_find(space, name, IPC_HINT_SEND);
	assert(ipc_hint_holds(space, IPC_HINT_SEND, MACH_PORT_TYPE_SEND) &&
	    space->hint[IPC_HINT_SEND].port->receiver != ipc_space_kernel);
	return space->hint[IPC_HINT_SEND].port;
}

/* The port of a send right that names an object of the kernel's, or ipc_port_none. */
static inline __attribute__((always_inline)) struct ipc_port *
ipc_hint_object(struct ipc_space *space, mach_port_name_t name)
{
	if (unlikely(space->hint[IPC_HINT_OBJECT].name != name))
		return ipc_hint_find(space, name, IPC_HINT_OBJECT);
	assert(ipc_hint_holds(space, IPC_HINT_OBJECT, MACH_PORT_TYPE_SEND));
	return space->hint[IPC_HINT_OBJECT].port;
}

/* The set, or NULL: it may be a port's name that ipc_hint_receive is to look at. */
static inline __attribute__((always_inline)) struct ipc_pset *
ipc_hint_set(struct ipc_space *space, mach_port_name_t name)
{
	if (unlikely(space->hint[IPC_HINT_SET].name != name))
		return ipc_hint_find_set(space, name);
	return space->hint[IPC_HINT_SET].pset;
}

/* The entry of a send right, or ipc_entry_none. */
static inline __attribute__((always_inline)) struct ipc_entry *
ipc_hint_given(struct ipc_space *space, mach_port_name_t name)
{
	if (unlikely(space->hint[IPC_HINT_GIVEN].name != name))
		return ipc_hint_find_given(space, name);
	return space->hint[IPC_HINT_GIVEN].entry;
}

#endif
