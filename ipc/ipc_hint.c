/*
 * ipc/ipc_hint.c - names at hand: finding what is not, forgetting what goes.
 *
 * Locks:      the space's.
 * Invariant:  a name in a hint has an entry with IE_HINTED.
 */
#include <ipc/ipc_hint.h>

void
ipc_hint_clear(struct ipc_space *space, enum ipc_hint_use use)
{
	struct ipc_hint *hint = &space->hint[use];

	hint->name = MACH_PORT_NAME_NULL;
	if (use == IPC_HINT_SET)
		hint->pset = NULL;
	else if (use == IPC_HINT_GIVEN)
		hint->entry = &ipc_entry_none;
	else
		hint->port = &ipc_port_none;
}

void
ipc_hint_init(struct ipc_space *space)
{
	for (unsigned i = 0; i < IPC_HINTS; i++)
		ipc_hint_clear(space, i);
}

void
ipc_hint_forget_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	entry->bits &= ~IE_HINTED;
	for (unsigned i = 0; i < IPC_HINTS; i++)
		if (space->hint[i].name == name)
			ipc_hint_clear(space, i);
}

/* Put a name with its port or set at hand. */
static void
remember(struct ipc_space *space, enum ipc_hint_use use,
    mach_port_name_t name, struct ipc_entry *entry)
{
	entry->bits |= IE_HINTED;
	space->hint[use].name = name;
	space->hint[use].port = entry->port;
}

struct ipc_port *
ipc_hint_find(struct ipc_space *space, mach_port_name_t name,
    enum ipc_hint_use use)
{
	bool receives = use == IPC_HINT_RECEIVE || use == IPC_HINT_SERVE;
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (entry == NULL || !(entry->bits & (receives ?
	    MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_SEND)))
		return &ipc_port_none;
	if (use == IPC_HINT_KERNEL &&
	    entry->port->receiver != ipc_space_kernel)
		use = IPC_HINT_SEND;
	remember(space, use, name, entry);
	return entry->port;
}

struct ipc_pset *
ipc_hint_find_set(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (entry == NULL)
		return NULL;
	if (entry->bits & MACH_PORT_TYPE_PORT_SET) {
		remember(space, IPC_HINT_SET, name, entry);
		return entry->pset;
	}
	if (entry->bits & MACH_PORT_TYPE_RECEIVE)
		remember(space, IPC_HINT_SERVE, name, entry);
	return NULL;
}

struct ipc_entry *
ipc_hint_find_given(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (entry == NULL || !(entry->bits & MACH_PORT_TYPE_SEND))
		return &ipc_entry_none;
	entry->bits |= IE_HINTED;
	space->hint[IPC_HINT_GIVEN].name = name;
	space->hint[IPC_HINT_GIVEN].entry = entry;
	return entry;
}
