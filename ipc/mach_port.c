/*
 * ipc/mach_port.c - the calls on names and rights, as MIG's stubs call them.
 *
 * Locks:      the space's, then a port's or a set's; memory for answers is
 *             got before.
 * Invariant:  a call that fails has consumed none of its rights.
 * Source:     Mach 3.0 kernel interface, mach_port_*.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_pset.h>
#include <ipc/ipc_right.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <mach/notify.h>
#include <mach_port_server.h>
#include <vm/vm_map.h>

/* Lock a space and find a name in it.  Unlocked again on failure. */
static inline __attribute__((always_inline)) kern_return_t
lookup(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry **entry)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	spin_lock(&space->lock);
	if (!space->active) {
		spin_unlock(&space->lock);
		return KERN_INVALID_TASK;
	}
	*entry = ipc_entry_lookup(space, name);
	if (*entry == NULL) {
		spin_unlock(&space->lock);
		return KERN_INVALID_NAME;
	}
	return KERN_SUCCESS;
}

/* The port of a receive right, locked; the space is unlocked. */
static kern_return_t
lookup_receive(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port **port)
{
	struct ipc_entry *entry;
	kern_return_t kr = lookup(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!(entry->bits & MACH_PORT_TYPE_RECEIVE)) {
		spin_unlock(&space->lock);
		return KERN_INVALID_RIGHT;
	}
	*port = entry->port;
	ip_lock(*port);
	spin_unlock(&space->lock);
	return KERN_SUCCESS;
}

/* Two arrays of count words as out-of-line memory; frees them. */
static kern_return_t
words_out(uint32_t *words, uint32_t room, uint32_t count, uint32_t **out)
{
	vm_map_copy_t copy = NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (count != 0)
		kr = vm_map_copyin_kernel(words, count * sizeof(*words),
		    &copy);
	kfree(words, room * sizeof(*words));
	*out = (uint32_t *)copy;
	return kr;
}

#define NAMES_STEP	256u	/* names looked at with the space locked */

/*
 * Whether an entry is wanted: any for no set, else of a port that is in it.
 * Without the port's lock: who moves it meanwhile may come before or after.
 */
static bool
wanted(const struct ipc_entry *entry, const struct ipc_pset *pset)
{
	return pset == NULL || ((entry->bits & MACH_PORT_TYPE_RECEIVE) &&
	    entry->port->pset == pset);
}

/*
 * The next names and types from *cursor on, at most room; returns how many.
 * With a set, names of its members only.
 */
static uint32_t
collect_some(struct ipc_space *space, const struct ipc_pset *pset,
    uint64_t *cursor, uint32_t room, uint32_t *names, uint32_t *types)
{
	struct ipc_entry *entry;
	mach_port_urefs_t urefs;
	mach_port_name_t name;
	uint32_t count = 0;

	spin_lock(&space->lock);
	if (!space->active)
		*cursor = IPC_CURSOR_END;
	for (uint32_t i = 0; i < NAMES_STEP && count < room &&
	    *cursor != IPC_CURSOR_END &&
	    (entry = ipc_entry_next(space, cursor, &name)) != NULL; i++) {
		if (!wanted(entry, pset))
			continue;
		names[count] = name;
		if (types != NULL)
			ipc_right_info(space, name, entry, &types[count],
			    &urefs);
		count++;
	}
	spin_unlock(&space->lock);
	return count;
}

/*
 * Names and types, as many as fit; of members of a set, names only.  Returns
 * how many, room if there may be more.  Those that come or go meanwhile may be
 * among them or not.
 */
static uint32_t
collect_names(struct ipc_space *space, const struct ipc_pset *pset,
    uint32_t room, uint32_t *names, uint32_t *types)
{
	uint64_t cursor = 0;
	uint32_t count = 0;

	while (count < room && cursor != IPC_CURSOR_END) {
		count += collect_some(space, pset, &cursor, room - count,
		    names + count, types != NULL ? types + count : NULL);
		thread_breathe();
	}
	return count;
}

kern_return_t
mach_port_names(struct ipc_space *space, mach_port_name_array_t *names_out,
    mach_msg_type_number_t *names_count, mach_port_type_array_t *types_out,
    mach_msg_type_number_t *types_count)
{
	uint32_t room = 0, count, *names, *types;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	for (;;) {
		room = space->entry_count + 32;
		names = kalloc(room * sizeof(*names));
		types = kalloc(room * sizeof(*types));
		if (names == NULL || types == NULL) {
			kr = KERN_RESOURCE_SHORTAGE;
			goto fail;
		}
		count = collect_names(space, NULL, room, names, types);
		if (!space->active) {
			kr = KERN_INVALID_TASK;
			goto fail;
		}
		if (count < room)
			break;
		kfree(names, room * sizeof(*names));
		kfree(types, room * sizeof(*types));
	}
	kr = words_out(names, room, count, names_out);
	names = NULL;
	if (kr != KERN_SUCCESS)
		goto fail;
	kr = words_out(types, room, count, types_out);
	if (kr != KERN_SUCCESS) {
		vm_map_copy_discard((vm_map_copy_t)*names_out);
		return kr;
	}
	*names_count = *types_count = count;
	return KERN_SUCCESS;
fail:
	if (names != NULL)
		kfree(names, room * sizeof(*names));
	if (types != NULL)
		kfree(types, room * sizeof(*types));
	return kr;
}

kern_return_t
mach_port_type(struct ipc_space *space, mach_port_name_t name,
    mach_port_type_t *type)
{
	struct ipc_entry *entry;
	mach_port_urefs_t urefs;
	kern_return_t kr = lookup(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	ipc_right_info(space, name, entry, type, &urefs);
	spin_unlock(&space->lock);
	return KERN_SUCCESS;
}

/* With the space locked. */
static kern_return_t
rename_locked(struct ipc_space *space, mach_port_name_t old_name,
    mach_port_name_t new_name)
{
	struct ipc_entry *old, *new;
	kern_return_t kr;

	if (!space->active)
		return KERN_INVALID_TASK;
	if (ipc_entry_lookup(space, new_name) != NULL)
		return KERN_NAME_EXISTS;
	old = ipc_entry_lookup(space, old_name);
	if (old == NULL)
		return KERN_INVALID_NAME;
	kr = ipc_entry_alloc_name(space, new_name, &new);
	if (kr == KERN_SUCCESS)
		ipc_right_rename(space, old_name, old, new_name, new);
	return kr;
}

kern_return_t
mach_port_rename(struct ipc_space *space, mach_port_name_t old_name,
    mach_port_name_t new_name)
{
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(new_name))
		return KERN_INVALID_VALUE;
	spin_lock(&space->lock);
	kr = rename_locked(space, old_name, new_name);
	spin_unlock(&space->lock);
	return kr;
}

/* name 0: the kernel chooses. */
static kern_return_t
allocate(struct ipc_space *space, mach_port_right_t right,
    mach_port_name_t name, mach_port_name_t *out)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (likely(right == MACH_PORT_RIGHT_RECEIVE))
		return ipc_object_new_port(space, name, out);
	switch (right) {
	case MACH_PORT_RIGHT_PORT_SET:
		return ipc_object_new_pset(space, name, out);
	case MACH_PORT_RIGHT_DEAD_NAME:
		return ipc_object_new_dead_name(space, name, out);
	default:
		return KERN_INVALID_VALUE;
	}
}

kern_return_t
mach_port_allocate_name(struct ipc_space *space, mach_port_right_t right,
    mach_port_name_t name)
{
	mach_port_name_t out;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(name))
		return KERN_INVALID_VALUE;
	return allocate(space, right, name, &out);
}

kern_return_t
mach_port_allocate(struct ipc_space *space, mach_port_right_t right,
    mach_port_name_t *name)
{
	return allocate(space, right, MACH_PORT_NAME_NULL, name);
}

kern_return_t
mach_port_destroy(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_after after;
	struct ipc_entry *entry;
	kern_return_t kr = lookup(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	ipc_after_init(&after);
	ipc_right_destroy(space, name, entry, &after);
	spin_unlock(&space->lock);
	ipc_after_run(&after);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_deallocate(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_after after;
	struct ipc_entry *entry;
	kern_return_t kr = lookup(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	ipc_after_init(&after);
	kr = ipc_right_dealloc(space, name, entry, &after);
	spin_unlock(&space->lock);
	ipc_after_run(&after);
	return kr;
}

kern_return_t
mach_port_get_refs(struct ipc_space *space, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs)
{
	struct ipc_entry *entry;
	mach_port_urefs_t urefs;
	mach_port_type_t type;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	kr = lookup(space, name, &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_right_info(space, name, entry, &type, &urefs);
	spin_unlock(&space->lock);
	if (!(type & MACH_PORT_TYPE(right)))
		urefs = 0;
	else if (right != MACH_PORT_RIGHT_SEND &&
	    right != MACH_PORT_RIGHT_DEAD_NAME)
		urefs = 1;
	*refs = urefs;
	return KERN_SUCCESS;
}

kern_return_t
mach_port_mod_refs(struct ipc_space *space, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta)
{
	struct ipc_after after;
	struct ipc_entry *entry;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	kr = lookup(space, name, &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_after_init(&after);
	kr = ipc_right_delta(space, name, entry, right, delta, &after);
	spin_unlock(&space->lock);
	ipc_after_run(&after);
	return kr;
}

kern_return_t
mach_port_set_qlimit(struct ipc_space *space, mach_port_name_t name,
    mach_port_msgcount_t qlimit)
{
	struct ipc_port *port;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (qlimit > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	kr = lookup_receive(space, name, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	port->qlimit = qlimit;
	ipc_mqueue_admit_senders(port);
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_set_mscount(struct ipc_space *space, mach_port_name_t name,
    mach_port_mscount_t mscount)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->mscount = mscount;
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_set_seqno(struct ipc_space *space, mach_port_name_t name,
    mach_port_seqno_t seqno)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->seqno = seqno;
	ip_unlock(port);
	return KERN_SUCCESS;
}

/* The set of that name, locked; the space is unlocked. */
static kern_return_t
lookup_set(struct ipc_space *space, mach_port_name_t name,
    struct ipc_pset **pset)
{
	struct ipc_entry *entry;
	kern_return_t kr = lookup(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!(entry->bits & MACH_PORT_TYPE_PORT_SET)) {
		spin_unlock(&space->lock);
		return KERN_INVALID_RIGHT;
	}
	*pset = entry->pset;
	ips_lock(*pset);
	spin_unlock(&space->lock);
	return KERN_SUCCESS;
}

/* Names of a locked set's members; false if there are more than room. */
static bool
collect_members(struct ipc_pset *pset, uint32_t room, uint32_t *names,
    uint32_t *count)
{
	struct queue *q;

	*count = 0;
	queue_for_each(q, &pset->members) {
		if (*count == room)
			return false;
		names[(*count)++] = queue_element(q, struct ipc_port,
		    set_link)->receiver_name;
	}
	return true;
}

/*
 * Names of a large set's members, found among all names of the space, which
 * is looked through in steps.  Consumes the reference to pset and *names.
 */
static kern_return_t
collect_many_members(struct ipc_space *space, struct ipc_pset *pset,
    uint32_t *room, uint32_t **names, uint32_t *count)
{
	do {
		kfree(*names, *room * sizeof(**names));
		*room = space->entry_count + 32;
		*names = kalloc(*room * sizeof(**names));
		if (*names == NULL)
			break;
		*count = collect_names(space, pset, *room, *names, NULL);
	} while (*count == *room);
	ipc_pset_release(pset);
	return *names != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
mach_port_get_set_status(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_array_t *members, mach_msg_type_number_t *members_count)
{
	uint32_t room = NAMES_STEP, count, *names;
	struct ipc_pset *pset;
	kern_return_t kr;
	bool all;

	names = kalloc(room * sizeof(*names));
	if (names == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = lookup_set(space, name, &pset);
	if (kr != KERN_SUCCESS) {
		kfree(names, room * sizeof(*names));
		return kr;
	}
	all = collect_members(pset, room, names, &count);
	if (!all)
		ipc_pset_reference(pset);
	ips_unlock(pset);
	if (!all)
		kr = collect_many_members(space, pset, &room, &names, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	*members_count = count;
	return words_out(names, room, count, members);
}

/* The set to move a member to: NULL for the name 0.  Space locked. */
static kern_return_t
find_set(struct ipc_space *space, mach_port_name_t name,
    struct ipc_pset **pset)
{
	struct ipc_entry *entry;

	*pset = NULL;
	if (name == MACH_PORT_NAME_NULL)
		return KERN_SUCCESS;
	entry = ipc_entry_lookup(space, name);
	if (entry == NULL)
		return KERN_INVALID_NAME;
	if (!(entry->bits & MACH_PORT_TYPE_PORT_SET))
		return KERN_INVALID_RIGHT;
	*pset = entry->pset;
	return KERN_SUCCESS;
}

kern_return_t
mach_port_move_member(struct ipc_space *space, mach_port_name_t member,
    mach_port_name_t after)
{
	struct ipc_entry *entry;
	struct ipc_pset *pset;
	struct ipc_port *port;
	kern_return_t kr = lookup(space, member, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!(entry->bits & MACH_PORT_TYPE_RECEIVE)) {
		spin_unlock(&space->lock);
		return KERN_INVALID_RIGHT;
	}
	port = entry->port;
	kr = find_set(space, after, &pset);
	if (kr == KERN_SUCCESS) {
		ip_lock(port);
		if (pset == NULL && port->pset == NULL)
			kr = KERN_NOT_IN_SET;
		if (port->pset != NULL)
			ipc_pset_remove(port);
		if (pset != NULL)
			ipc_pset_add(pset, port);
		ip_unlock(port);
	}
	spin_unlock(&space->lock);
	return kr;
}

static kern_return_t
request_port_destroyed(struct ipc_space *space, mach_port_name_t name,
    mach_port_mscount_t sync, struct ipc_kmsg *notice,
    struct ipc_kmsg **previous)
{
	struct ipc_port *port;
	kern_return_t kr;

	if (sync != 0)
		return KERN_INVALID_VALUE;
	kr = lookup_receive(space, name, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	*previous = port->pdrequest;
	port->pdrequest = notice;
	ip_unlock(port);
	return KERN_SUCCESS;
}

static kern_return_t
request_no_senders(struct ipc_space *space, mach_port_name_t name,
    mach_port_mscount_t sync, struct ipc_kmsg *notice,
    struct ipc_kmsg **previous)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	ipc_port_reference(port);
	ip_unlock(port);
	ipc_port_nsrequest(port, sync, notice, previous);
	ipc_port_release(port);
	return KERN_SUCCESS;
}

static kern_return_t
request_dead_name(struct ipc_space *space, mach_port_name_t name,
    bool immediate, struct ipc_kmsg *notice, struct ipc_kmsg **previous)
{
	struct ipc_request *request = NULL;
	struct ipc_kmsg *tell = NULL;
	struct ipc_entry *entry;
	kern_return_t kr;

	if (notice != NULL) {
		request = ipc_request_alloc();
		if (request == NULL)
			return KERN_RESOURCE_SHORTAGE;
	}
	kr = lookup(space, name, &entry);
	if (kr == KERN_SUCCESS) {
		kr = ipc_right_dnrequest(space, name, entry, immediate, notice,
		    &request, previous, &tell);
		spin_unlock(&space->lock);
	}
	if (request != NULL)
		ipc_request_free(request);
	if (tell != NULL)
		ipc_notify_dead_name(tell, name);
	return kr;
}

/* Ask with a notice, or, if that is NULL, ask no longer. */
static kern_return_t
request(struct ipc_space *space, mach_port_name_t name, mach_msg_id_t id,
    mach_port_mscount_t sync, struct ipc_kmsg *notice,
    struct ipc_kmsg **previous)
{
	switch (id) {
	case MACH_NOTIFY_PORT_DESTROYED:
		return request_port_destroyed(space, name, sync, notice,
		    previous);
	case MACH_NOTIFY_NO_SENDERS:
		return request_no_senders(space, name, sync, notice, previous);
	case MACH_NOTIFY_DEAD_NAME:
		return request_dead_name(space, name, sync != 0, notice,
		    previous);
	default:
		return KERN_INVALID_VALUE;
	}
}

kern_return_t
mach_port_request_notification(struct ipc_space *space,
    mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync,
    struct ipc_port *notify, struct ipc_port **previous)
{
	struct ipc_kmsg *notice = NULL, *old;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (notify == IP_DEAD)
		return KERN_INVALID_CAPABILITY;
	if (notify != NULL) {
		notice = ipc_notice_alloc(space->account, notify);
		if (notice == NULL)
			return KERN_RESOURCE_SHORTAGE;
	}
	kr = request(space, name, id, sync, notice, &old);
	if (kr == KERN_SUCCESS)
		*previous = ipc_notice_cancel(old);
	else
		(void)ipc_notice_cancel(notice);	/* it stays the caller's */
	return kr;
}

kern_return_t
mach_port_insert_right(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port *right, mach_msg_type_name_t type)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(name) || !MACH_MSG_TYPE_PORT_ANY_RIGHT(type))
		return KERN_INVALID_VALUE;
	if (!IP_VALID(right))
		return KERN_INVALID_CAPABILITY;
	return ipc_object_copyout_name(space, right, type, false, name);
}

kern_return_t
mach_port_extract_right(struct ipc_space *space, mach_port_name_t name,
    mach_msg_type_name_t disposition, struct ipc_port **right,
    mach_msg_type_name_t *type)
{
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_MSG_TYPE_PORT_ANY(disposition))
		return KERN_INVALID_VALUE;
	kr = ipc_object_copyin(space, name, disposition, right);
	if (kr == KERN_SUCCESS)
		*type = ipc_received_type(disposition);
	return kr;
}

kern_return_t
mach_port_get_receive_status(struct ipc_space *space, mach_port_name_t name,
    mach_port_status_t *status)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	*status = (mach_port_status_t) {
		.mps_pset = port->pset != NULL ? port->pset->name :
		    MACH_PORT_NAME_NULL,
		.mps_seqno = port->seqno,
		.mps_mscount = port->mscount,
		.mps_qlimit = port->qlimit,
		.mps_msgcount = port->msgcount,
		.mps_sorights = port->sorights,
		.mps_srights = port->srights > 0,
		.mps_pdrequest = port->pdrequest != NULL,
		.mps_nsrequest = port->nsrequest != NULL,
	};
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
old_mach_port_get_receive_status(struct ipc_space *space,
    mach_port_name_t name, old_mach_port_status_t *status)
{
	mach_port_status_t new;
	kern_return_t kr = mach_port_get_receive_status(space, name, &new);

	if (kr != KERN_SUCCESS)
		return kr;
	*status = (old_mach_port_status_t) {
		.mps_pset = new.mps_pset,
		.mps_mscount = new.mps_mscount,
		.mps_qlimit = new.mps_qlimit,
		.mps_msgcount = new.mps_msgcount,
		.mps_sorights = new.mps_sorights,
		.mps_srights = new.mps_srights,
		.mps_pdrequest = new.mps_pdrequest,
		.mps_nsrequest = new.mps_nsrequest,
	};
	return KERN_SUCCESS;
}

kern_return_t
mach_port_set_protected_payload(struct ipc_space *space,
    mach_port_name_t name, rpc_uintptr_t payload)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->payload = payload;
	port->head.flags |= IO_PAYLOAD;
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_clear_protected_payload(struct ipc_space *space,
    mach_port_name_t name)
{
	struct ipc_port *port;
	kern_return_t kr = lookup_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->head.flags &= ~IO_PAYLOAD;
	ip_unlock(port);
	return KERN_SUCCESS;
}
