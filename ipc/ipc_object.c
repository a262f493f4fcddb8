/*
 * ipc/ipc_object.c - a right enters or leaves a space.
 *
 * Locks:      the space's, then the port's.  Notifications that a change
 *             brings about go out after both are unlocked.
 * Invariant:  on failure the caller has what it had before.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_right.h>
#include <kern/account.h>

kern_return_t
ipc_object_copyin(struct ipc_space *space, mach_port_name_t name,
    mach_msg_type_name_t disposition, struct ipc_port **port)
{
	struct ipc_after after;
	struct ipc_entry *entry;
	kern_return_t kr;

	ipc_after_init(&after);
	spin_lock(&space->lock);
	if (!space->active) {
		spin_unlock(&space->lock);
		return KERN_INVALID_TASK;
	}
	entry = ipc_entry_lookup(space, name);
	if (entry == NULL) {
		spin_unlock(&space->lock);
		return KERN_INVALID_NAME;
	}
	kr = ipc_right_copyin(space, name, entry, disposition, true, port,
	    &after);
	ipc_right_tidy(space, name, entry);
	spin_unlock(&space->lock);
	ipc_after_run(&after);
	return kr;
}

/*
 * The entry a right goes to: the one that denotes its port, or a new one.
 * Space locked.
 */
static kern_return_t
entry_for(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, mach_port_name_t *name,
    struct ipc_entry **entry, bool *fresh)
{
	if (!space->active)
		return KERN_INVALID_TASK;
	*fresh = false;
	if (type != MACH_MSG_TYPE_PORT_SEND_ONCE) {
		*entry = ipc_right_reverse(space, port, name);
		if (*entry != NULL)
			return KERN_SUCCESS;
	}
	*fresh = true;
	return ipc_entry_alloc(space, name, entry);
}

/* Finish a copyout to an entry, space locked; unlocks it. */
static kern_return_t
copyout_to(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t type, bool clip,
    struct ipc_port *port)
{
	kern_return_t kr;

	ip_lock(port);
	if (likely(ip_alive(port))) {
		kr = ipc_right_copyout(space, name, entry, type, clip, port);
	} else {
		ip_unlock(port);
		kr = KERN_INVALID_CAPABILITY;
	}
	ipc_right_tidy(space, name, entry);
	spin_unlock(&space->lock);
	return kr;
}

kern_return_t
ipc_object_copyout(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, bool clip, mach_port_name_t *name)
{
	bool fresh;

	return ipc_object_copyout_fresh(space, port, type, clip, name, &fresh);
}

kern_return_t
ipc_object_copyout_fresh(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, bool clip, mach_port_name_t *name, bool *fresh)
{
	struct ipc_entry *entry;
	kern_return_t kr;

	spin_lock(&space->lock);
	kr = entry_for(space, port, type, name, &entry, fresh);
	if (kr != KERN_SUCCESS) {
		spin_unlock(&space->lock);
		return kr;
	}
	return copyout_to(space, *name, entry, type, clip, port);
}

/* The entry for a right that is to have a chosen name. */
static kern_return_t
entry_named(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, mach_port_name_t name,
    struct ipc_entry **entry)
{
	mach_port_name_t other;

	if (!space->active)
		return KERN_INVALID_TASK;
	*entry = ipc_entry_lookup(space, name);
	if (type != MACH_MSG_TYPE_PORT_SEND_ONCE &&
	    ipc_right_reverse(space, port, &other) != NULL) {
		if (other != name)
			return KERN_RIGHT_EXISTS;
		return KERN_SUCCESS;
	}
	if (*entry != NULL)
		return KERN_NAME_EXISTS;
	return ipc_entry_alloc_name(space, name, entry);
}

kern_return_t
ipc_object_copyout_name(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, bool clip, mach_port_name_t name)
{
	struct ipc_entry *entry;
	kern_return_t kr;

	spin_lock(&space->lock);
	kr = entry_named(space, port, type, name, &entry);
	if (kr != KERN_SUCCESS) {
		spin_unlock(&space->lock);
		return kr;
	}
	return copyout_to(space, name, entry, type, clip, port);
}

mach_msg_return_t
ipc_object_copyout_any(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, mach_port_name_t *name)
{
	kern_return_t kr;

	if (!IP_VALID(port)) {
		*name = (mach_port_name_t)(uintptr_t)port;
		return MACH_MSG_SUCCESS;
	}
	kr = ipc_object_copyout(space, port, type, true, name);
	if (likely(kr == KERN_SUCCESS))
		return MACH_MSG_SUCCESS;
	ipc_right_discard(port, type);
	if (kr == KERN_INVALID_CAPABILITY) {
		*name = MACH_PORT_NAME_DEAD;
		return MACH_MSG_SUCCESS;
	}
	*name = MACH_PORT_NAME_NULL;
	return kr == KERN_RESOURCE_SHORTAGE ? MACH_MSG_IPC_KERNEL :
	    MACH_MSG_IPC_SPACE;
}

mach_port_name_t
ipc_object_copyout_dest(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;
	struct ipc_kmsg *notice = NULL;
	mach_port_mscount_t mscount;

	ip_lock(port);
	if (likely(port->receiver == space))
		name = port->receiver_name;
	else if (!ip_alive(port))
		name = MACH_PORT_NAME_DEAD;
	if (type == MACH_MSG_TYPE_PORT_SEND) {
		notice = ipc_port_drop_srights(port);
	} else if (name == MACH_PORT_NAME_NULL) {
		ip_unlock(port);
		ipc_notify_send_once(port);
		return name;
	} else {
		port->sorights--;
	}
	mscount = port->mscount;
	ip_unlock(port);
	if (unlikely(notice != NULL))
		ipc_notify_no_senders(notice, mscount);
	ipc_port_release(port);
	return name;
}

/* A free entry under name, or, if that is 0, under one the kernel chooses. */
static inline __attribute__((always_inline)) kern_return_t
new_entry(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_t *out, struct ipc_entry **entry)
{
	if (!space->active)
		return KERN_INVALID_TASK;
	if (name == MACH_PORT_NAME_NULL)
		return ipc_entry_alloc(space, out, entry);
	*out = name;
	if (ipc_entry_lookup(space, name) != NULL)
		return KERN_NAME_EXISTS;
	return ipc_entry_alloc_name(space, name, entry);
}

/* A port that account pays for until it dies; NULL: no memory, or the limit. */
static inline struct ipc_port *
charged_port(struct account *account)
{
	struct ipc_port *port;

	if (unlikely(!account_take_port(account)))
		return NULL;
	port = ipc_port_alloc();
	if (likely(port != NULL))
		port->account = account;
	else
		account_give(account, ACCOUNT_PORTS, 1);
	return port;
}

/* Put a new port into an entry of a locked space, which is unlocked. */
static inline void
port_settle(struct ipc_space *space, struct ipc_port *port,
    struct ipc_entry *entry, mach_port_name_t name)
{
	port->receiver = space;
	port->receiver_name = name;
	entry->port = port;
	entry->bits |= MACH_PORT_TYPE_RECEIVE;
	spin_unlock(&space->lock);
}

/* The rest of ipc_object_new_port, where the slot is not to be used. */
static kern_return_t __attribute__((noinline))
port_name(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t name, mach_port_name_t *out)
{
	struct ipc_entry *entry;
	kern_return_t kr = new_entry(space, name, out, &entry);

	if (kr == KERN_SUCCESS) {
		port_settle(space, port, entry, *out);
		return KERN_SUCCESS;
	}
	spin_unlock(&space->lock);
	ipc_port_destroy(port);
	return kr;
}

kern_return_t
ipc_object_new_port(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_t *out)
{
	struct ipc_port *port = charged_port(space->account);
	struct ipc_entry *entry;

	if (port == NULL)
		return KERN_RESOURCE_SHORTAGE;
	spin_lock(&space->lock);
	if (unlikely(name != MACH_PORT_NAME_NULL ||
	    !ipc_slot_is_spare(space)))
		return port_name(space, port, name, out);
	entry = ipc_slot_take(space, &name);
	*out = name;
	port_settle(space, port, entry, name);
	return KERN_SUCCESS;
}

kern_return_t
ipc_object_new_pset(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_t *out)
{
	struct ipc_pset *pset = ipc_pset_alloc(name);
	struct ipc_entry *entry;
	kern_return_t kr;

	if (pset == NULL)
		return KERN_RESOURCE_SHORTAGE;
	spin_lock(&space->lock);
	kr = new_entry(space, name, out, &entry);
	if (kr != KERN_SUCCESS) {
		spin_unlock(&space->lock);
		ipc_pset_release(pset);
		return kr;
	}
	pset->name = *out;
	entry->pset = pset;
	entry->bits |= MACH_PORT_TYPE_PORT_SET;
	spin_unlock(&space->lock);
	return KERN_SUCCESS;
}

kern_return_t
ipc_object_new_dead_name(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_t *out)
{
	struct ipc_entry *entry;
	kern_return_t kr;

	spin_lock(&space->lock);
	kr = new_entry(space, name, out, &entry);
	if (kr == KERN_SUCCESS)
		entry->bits += MACH_PORT_TYPE_DEAD_NAME + 1;
	spin_unlock(&space->lock);
	return kr;
}
