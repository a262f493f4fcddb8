/*
 * ipc/ipc_right.c - what can be done to the rights that an entry denotes.
 *
 * An entry holds one reference to its port, whatever rights it has.  Its send
 * right counts once in srights, whatever its user references.  A port's entry
 * is found from the port itself where the space receives on it, and from the
 * space's by_port where the space can only send.
 *
 * Locks:      the space's, held by the caller, then the port's.
 * Invariant:  SEND without RECEIVE, and only that, is in by_port.  SEND_ONCE
 *             and DEAD_NAME stand alone; SEND_ONCE has one user reference.
 *             An entry that loses its last right leaves its dead-name and
 *             msg-accepted requests to the caller, in struct ipc_after.
 */
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_pset.h>
#include <ipc/ipc_right.h>
#include <kern/debug.h>
#include <kern/zone.h>

/* A send right keeps one reference free for a dead-name notification. */
#define UREFS_MAX	65535u
#define SEND_UREFS_MAX	(UREFS_MAX - 1)

static struct zone *request_zone;

static bool
urefs_overflow(mach_port_urefs_t urefs, mach_port_delta_t delta,
    mach_port_urefs_t max)
{
	return delta > 0 && (uint64_t)urefs + delta > max;
}

static bool
urefs_underflow(mach_port_urefs_t urefs, mach_port_delta_t delta)
{
	return delta < 0 && (uint32_t)-delta > urefs;
}

void
ipc_right_bootstrap(void)
{
	request_zone = zone_create("ipc_request", sizeof(struct ipc_request),
	    0);
}

struct ipc_request *
ipc_request_alloc(void)
{
	struct ipc_request *request = zalloc(request_zone);

	if (request != NULL) {
		queue_init(&request->link);
		request->orphan = false;
	}
	return request;
}

void
ipc_request_free(struct ipc_request *request)
{
	zfree(request_zone, request);
}

void
ipc_after_do(struct ipc_after *after)
{
	uint32_t what = after->what;

	if (what == AFTER_RECEIVE) {
		ipc_port_destroy(after->receive);
		return;
	}
	if (what & AFTER_SEND_ONCE)
		ipc_notify_send_once(after->send_once);
	if (what & AFTER_RECEIVE)
		ipc_port_destroy(after->receive);
	if (what & AFTER_NO_SENDERS)
		ipc_notify_no_senders(after->no_senders, after->mscount);
	if (what & AFTER_DELETED)
		ipc_notify_port_deleted(after->deleted, after->name);
	if (what & AFTER_MA_DELETED)
		ipc_notify_port_deleted(after->ma_deleted, after->name);
	if (what & AFTER_PORT)
		ipc_port_release(after->port);
	if (what & AFTER_PSET)
		ipc_pset_destroy(after->pset);
}

uint32_t
ipc_port_dnrequests(const struct ipc_port *port)
{
	if (queue_empty(&port->dnrequests))
		return 0;
	return queue_element(port->dnrequests.next, struct ipc_request,
	    link)->count;
}

/* A request of one of a locked port's holders; the first has their number. */
static void
add_request(struct ipc_port *port, struct ipc_request *request)
{
	queue_push_back(&port->dnrequests, &request->link);
	request->count = 0;
	queue_element(queue_first(&port->dnrequests), struct ipc_request,
	    link)->count++;
}

/* It is taken back; port locked and alive. */
static void
remove_request(struct ipc_port *port, struct ipc_request *request)
{
	uint32_t count = ipc_port_dnrequests(port);

	queue_remove(&request->link);
	if (!queue_empty(&port->dnrequests))
		queue_element(queue_first(&port->dnrequests),
		    struct ipc_request, link)->count = count - 1;
	ipc_request_free(request);
}

/* The entry goes: its requests become notifications.  Port locked, if any. */
static void __attribute__((noinline))
drop_its_requests(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	struct ipc_request *request = entry->request;

	after->name = name;
	if (request != NULL) {
		if (request->notice != NULL) {
			after->deleted = request->notice;
			after->what |= AFTER_DELETED;
		}
		remove_request(entry->port, request);
		entry->request = NULL;
	}
	if (entry->bits & IE_MAREQUEST) {
		entry->bits &= ~IE_MAREQUEST;
		after->ma_deleted = ipc_marequest_cancel(space, name);
		if (after->ma_deleted != NULL)
			after->what |= AFTER_MA_DELETED;
	}
}

static inline void
drop_requests(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	if (unlikely(entry->request != NULL || (entry->bits & IE_MAREQUEST)))
		drop_its_requests(space, name, entry, after);
}

/* A dead port's lock is held: make its entry a dead name, and unlock. */
static void
become_dead_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;
	struct ipc_request *request = entry->request;
	uint32_t bits = entry->bits;
	bool told = true;

	ipc_hint_forget(space, name, entry);
	ipc_slot_leave(space, entry);
	if (request != NULL && request->notice != NULL)
		request->orphan = true, told = false;
	ip_unlock(port);
	if (bits & MACH_PORT_TYPE_SEND)
		ipc_entry_hash_remove(space, name, entry);
	if (request != NULL) {
		bits++;			/* the notification carries one */
		entry->request = NULL;
		if (told)
			ipc_request_free(request);
	}
	entry->bits = (bits & ~(IE_TYPE_MASK | IE_HINTED)) |
	    MACH_PORT_TYPE_DEAD_NAME;
	entry->port = NULL;
	ipc_port_release(port);
}

bool
ipc_right_lock_port(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;

	ip_lock(port);
	if (likely(ip_alive(port)))
		return true;
	become_dead_name(space, name, entry);
	return false;
}

struct ipc_entry *
ipc_right_reverse(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t *name)
{
	if (port->receiver == space) {
		*name = port->receiver_name;
		return ipc_entry_lookup(space, *name);
	}
	return ipc_entry_hash_lookup(space, port, name);
}

/* Turn an entry whose port has died meanwhile into a dead name. */
static void
check_dead(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	if ((entry->bits & MACH_PORT_TYPE_SEND_RIGHTS) &&
	    ipc_right_lock_port(space, name, entry))
		ip_unlock(entry->port);
}

void
ipc_right_info(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_port_type_t *type, mach_port_urefs_t *urefs)
{
	check_dead(space, name, entry);
	*type = IE_TYPE(entry->bits);
	*urefs = IE_UREFS(entry->bits);
	if (entry->request != NULL)
		*type |= MACH_PORT_TYPE_DNREQUEST;
	if (entry->bits & IE_MAREQUEST)
		*type |= MACH_PORT_TYPE_MAREQUEST;
}

/* A locked port has lost a send right. */
static void
drop_sright(struct ipc_port *port, struct ipc_after *after)
{
	after->no_senders = ipc_port_drop_srights(port);
	if (likely(after->no_senders == NULL))
		return;
	after->what |= AFTER_NO_SENDERS;
	after->mscount = port->mscount;
}

/* Take the send right (all user references) of an entry; port locked. */
static void
drop_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	ipc_hint_forget(space, name, entry);
	entry->bits &= ~(MACH_PORT_TYPE_SEND | IE_UREFS_MASK);
	drop_sright(entry->port, after);
}

/* An entry of a locked port has lost all rights; unlocks the port. */
static void
drop_entry(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	drop_requests(space, name, entry, after);
	ip_unlock(entry->port);
	entry->bits &= ~(IE_TYPE_MASK | IE_UREFS_MASK);
	ipc_entry_dealloc(space, name, entry);
}

static void
destroy_dead_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	drop_requests(space, name, entry, after);
	entry->bits &= ~(IE_TYPE_MASK | IE_UREFS_MASK);
	ipc_entry_dealloc(space, name, entry);
}

static void
destroy_pset(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	after->pset = entry->pset;
	after->what |= AFTER_PSET;
	entry->bits &= ~IE_TYPE_MASK;
	ipc_entry_dealloc(space, name, entry);
}

/* Destroy a send right with all its user references; port locked, alive. */
static void
destroy_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	if (entry->bits & MACH_PORT_TYPE_RECEIVE) {
		drop_send(space, name, entry, after);
		ip_unlock(port);
		return;
	}
	ipc_entry_hash_remove(space, name, entry);
	drop_send(space, name, entry, after);
	after->port = port;
	after->what |= AFTER_PORT;
	drop_entry(space, name, entry, after);
}

/* Destroy a send-once right; port locked, alive. */
static void
destroy_sonce(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	after->send_once = entry->port;
	after->what |= AFTER_SEND_ONCE;
	drop_entry(space, name, entry, after);
}

/*
 * Destroy a receive right and nothing else: a send right becomes a dead name.
 */
static void
destroy_receive(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	ip_lock(port);
	ipc_port_clear_receiver(port);
	after->receive = port;
	after->what |= AFTER_RECEIVE;
	if (!(entry->bits & MACH_PORT_TYPE_SEND)) {
		drop_entry(space, name, entry, after);
		return;
	}
	if (port->pdrequest != NULL)
		drop_sright(port, after);
	else
		port->srights--;	/* no notification: the port dies */
	if (entry->request != NULL) {
		entry->request->orphan = true;
		entry->request = NULL;
		entry->bits++;		/* the notification carries one */
	}
	ip_unlock(port);
	ipc_hint_forget(space, name, entry);
	entry->bits = (entry->bits & ~IE_TYPE_MASK) | MACH_PORT_TYPE_DEAD_NAME;
	entry->port = NULL;
}

/* Destroy all rights of an entry that receives; port not locked. */
static void
destroy_receive_all(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	if (!(entry->bits & (MACH_PORT_TYPE_SEND | IE_MAREQUEST)) &&
	    ipc_port_destroy_alone(port)) {
		entry->bits &= ~IE_TYPE_MASK;
		ipc_entry_dealloc(space, name, entry);
		return;
	}
	ip_lock(port);
	if (entry->bits & MACH_PORT_TYPE_SEND)
		drop_send(space, name, entry, after);
	ipc_port_clear_receiver(port);
	after->receive = port;
	after->what |= AFTER_RECEIVE;
	drop_entry(space, name, entry, after);
}

void
ipc_right_destroy(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	uint32_t bits = entry->bits;

	if (bits & MACH_PORT_TYPE_PORT_SET)
		destroy_pset(space, name, entry, after);
	else if (bits & MACH_PORT_TYPE_RECEIVE)
		destroy_receive_all(space, name, entry, after);
	else if ((bits & MACH_PORT_TYPE_DEAD_NAME) ||
	    !ipc_right_lock_port(space, name, entry))
		destroy_dead_name(space, name, entry, after);
	else if (bits & MACH_PORT_TYPE_SEND)
		destroy_send(space, name, entry, after);
	else
		destroy_sonce(space, name, entry, after);
}

/* One user reference of a dead name less. */
static void
dealloc_dead_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	if (IE_UREFS(entry->bits) == 1)
		destroy_dead_name(space, name, entry, after);
	else
		entry->bits--;
}

/* delta (negative) user references of a send right; port locked, alive. */
static void
reduce_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, uint32_t less, struct ipc_after *after)
{
	if (IE_UREFS(entry->bits) == less) {
		destroy_send(space, name, entry, after);
		return;
	}
	ip_unlock(entry->port);
	entry->bits -= less;
}

kern_return_t
ipc_right_dealloc(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	if (entry->bits & MACH_PORT_TYPE_DEAD_NAME) {
		dealloc_dead_name(space, name, entry, after);
		return KERN_SUCCESS;
	}
	if (!(entry->bits & MACH_PORT_TYPE_SEND_RIGHTS))
		return KERN_INVALID_RIGHT;
	if (!ipc_right_lock_port(space, name, entry))
		dealloc_dead_name(space, name, entry, after);
	else if (entry->bits & MACH_PORT_TYPE_SEND)
		reduce_send(space, name, entry, 1, after);
	else
		destroy_sonce(space, name, entry, after);
	return KERN_SUCCESS;
}

/* A right without user references: it can only be kept or given up. */
static kern_return_t
single_delta(mach_port_delta_t delta)
{
	return delta == 0 || delta == -1 ? KERN_SUCCESS : KERN_INVALID_VALUE;
}

static kern_return_t
delta_dead_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_port_delta_t delta, struct ipc_after *after)
{
	mach_port_urefs_t urefs;

	check_dead(space, name, entry);
	if (!(entry->bits & MACH_PORT_TYPE_DEAD_NAME))
		return KERN_INVALID_RIGHT;
	urefs = IE_UREFS(entry->bits);
	if (urefs_underflow(urefs, delta))
		return KERN_INVALID_VALUE;
	if (urefs_overflow(urefs, delta, UREFS_MAX))
		return KERN_UREFS_OVERFLOW;
	if (urefs + delta == 0)
		destroy_dead_name(space, name, entry, after);
	else
		entry->bits += delta;
	return KERN_SUCCESS;
}

static kern_return_t
delta_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_port_delta_t delta, struct ipc_after *after)
{
	mach_port_urefs_t urefs;

	if (!(entry->bits & MACH_PORT_TYPE_SEND) ||
	    !ipc_right_lock_port(space, name, entry))
		return KERN_INVALID_RIGHT;
	urefs = IE_UREFS(entry->bits);
	if (urefs_underflow(urefs, delta) ||
	    urefs_overflow(urefs, delta, SEND_UREFS_MAX)) {
		ip_unlock(entry->port);
		return delta < 0 ? KERN_INVALID_VALUE : KERN_UREFS_OVERFLOW;
	}
	if (delta < 0) {
		reduce_send(space, name, entry, -delta, after);
		return KERN_SUCCESS;
	}
	ip_unlock(entry->port);
	entry->bits += delta;
	return KERN_SUCCESS;
}

static kern_return_t
delta_sonce(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_port_delta_t delta, struct ipc_after *after)
{
	if (!(entry->bits & MACH_PORT_TYPE_SEND_ONCE) ||
	    !ipc_right_lock_port(space, name, entry))
		return KERN_INVALID_RIGHT;
	if (delta == -1) {
		destroy_sonce(space, name, entry, after);
		return KERN_SUCCESS;
	}
	ip_unlock(entry->port);
	return single_delta(delta);
}

kern_return_t
ipc_right_delta(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_port_right_t right, mach_port_delta_t delta,
    struct ipc_after *after)
{
	switch (right) {
	case MACH_PORT_RIGHT_PORT_SET:
		if (!(entry->bits & MACH_PORT_TYPE_PORT_SET))
			return KERN_INVALID_RIGHT;
		if (delta == -1)
			destroy_pset(space, name, entry, after);
		return single_delta(delta);
	case MACH_PORT_RIGHT_RECEIVE:
		if (!(entry->bits & MACH_PORT_TYPE_RECEIVE))
			return KERN_INVALID_RIGHT;
		if (delta == -1)
			destroy_receive(space, name, entry, after);
		return single_delta(delta);
	case MACH_PORT_RIGHT_SEND_ONCE:
		return delta_sonce(space, name, entry, delta, after);
	case MACH_PORT_RIGHT_DEAD_NAME:
		return delta_dead_name(space, name, entry, delta, after);
	case MACH_PORT_RIGHT_SEND:
		return delta_send(space, name, entry, delta, after);
	default:
		return KERN_INVALID_VALUE;
	}
}

void
ipc_right_rename(struct ipc_space *space, mach_port_name_t old_name,
    struct ipc_entry *old, mach_port_name_t new_name, struct ipc_entry *new)
{
	uint32_t bits;
	bool hashed;

	check_dead(space, old_name, old);
	ipc_hint_forget(space, old_name, old);
	bits = old->bits & ~IE_GEN_MASK;
	hashed = (bits & MACH_PORT_TYPE_SEND) &&
	    !(bits & MACH_PORT_TYPE_RECEIVE);
	if (hashed)
		ipc_entry_hash_remove(space, old_name, old);
	if (bits & IE_MAREQUEST)
		ipc_marequest_rename(space, old_name, new_name);
	new->port = old->port;
	new->request = old->request;
	new->bits = (new->bits & IE_GEN_MASK) | bits;
	if (bits & MACH_PORT_TYPE_PORT_SET) {
		new->pset->name = new_name;
	} else if (new->port != NULL) {
		ip_lock(new->port);
		if (new->request != NULL)
			new->request->name = new_name;
		if (bits & MACH_PORT_TYPE_RECEIVE)
			new->port->receiver_name = new_name;
		ip_unlock(new->port);
	}
	if (hashed)
		ipc_entry_hash_insert(space, new_name, new);
	old->port = NULL;
	old->request = NULL;
	old->bits &= IE_GEN_MASK;
	ipc_entry_dealloc(space, old_name, old);
}

/* A dead-name request on a name that is dead already. */
static kern_return_t
dnrequest_dead(struct ipc_entry *entry, bool immediate,
    struct ipc_kmsg *notice, struct ipc_kmsg **tell)
{
	if (!(entry->bits & MACH_PORT_TYPE_PORT_OR_DEAD))
		return KERN_INVALID_RIGHT;
	if (!immediate || notice == NULL)
		return KERN_INVALID_ARGUMENT;
	if (urefs_overflow(IE_UREFS(entry->bits), 1, UREFS_MAX))
		return KERN_UREFS_OVERFLOW;
	entry->bits++;
	*tell = notice;
	return KERN_SUCCESS;
}

kern_return_t
ipc_right_dnrequest(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, bool immediate, struct ipc_kmsg *notice,
    struct ipc_request **fresh, struct ipc_kmsg **previous,
    struct ipc_kmsg **tell)
{
	struct ipc_request *request;

	*previous = NULL;
	if (!(entry->bits & MACH_PORT_TYPE_PORT_RIGHTS) ||
	    !ipc_right_lock_port(space, name, entry))
		return dnrequest_dead(entry, immediate, notice, tell);
	request = entry->request;
	if (request != NULL)
		*previous = request->notice;
	if (notice == NULL) {
		entry->request = NULL;
		if (request != NULL)
			remove_request(entry->port, request);
	} else if (request != NULL) {
		request->notice = notice;
	} else {
		request = *fresh;
		*fresh = NULL;
		request->notice = notice;
		request->name = name;
		ipc_slot_leave(space, entry);
		add_request(entry->port, request);
		entry->request = request;
	}
	ip_unlock(entry->port);
	return KERN_SUCCESS;
}

/* From a receive right: another kind of right, or the receive right itself. */
static kern_return_t
copyin_from_receive(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t disposition,
    struct ipc_port **out, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	if (!(entry->bits & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	*out = port;
	ip_lock(port);
	if (disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE) {
		port->sorights++;
	} else if (disposition == MACH_MSG_TYPE_MAKE_SEND) {
		port->srights++;
		port->mscount++;
	} else if (entry->bits & MACH_PORT_TYPE_SEND) {
		ipc_port_clear_receiver(port);
		ipc_hint_forget(space, name, entry);
		entry->bits &= ~MACH_PORT_TYPE_RECEIVE;
		ipc_entry_hash_insert(space, name, entry);
	} else {
		ipc_port_clear_receiver(port);
		drop_requests(space, name, entry, after);
		ip_unlock(port);
		entry->bits &= ~IE_TYPE_MASK;
		entry->port = NULL;
		return KERN_SUCCESS;	/* the entry's reference goes along */
	}
	ip_unlock(port);
	ipc_port_reference(port);
	return KERN_SUCCESS;
}

/* From a dead name: MOVE takes a user reference. */
static kern_return_t
copyin_dead(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t disposition, bool dead_ok,
    struct ipc_port **out, struct ipc_after *after)
{
	if (!dead_ok)
		return KERN_INVALID_RIGHT;
	*out = IP_DEAD;
	if (disposition == MACH_MSG_TYPE_COPY_SEND)
		return KERN_SUCCESS;
	entry->bits--;
	if (IE_UREFS(entry->bits) == 0) {
		drop_requests(space, name, entry, after);
		entry->bits &= ~IE_TYPE_MASK;
	}
	return KERN_SUCCESS;
}

/* The last user reference of a send right moves; port locked. */
static void
move_last_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	if (entry->bits & MACH_PORT_TYPE_RECEIVE) {
		ip_unlock(port);
		ipc_hint_forget(space, name, entry);
		entry->bits &= ~(MACH_PORT_TYPE_SEND | IE_UREFS_MASK);
		ipc_port_reference(port);
		return;
	}
	drop_requests(space, name, entry, after);
	ip_unlock(port);
	ipc_entry_hash_remove(space, name, entry);
	entry->bits &= ~(IE_TYPE_MASK | IE_UREFS_MASK);
	entry->port = NULL;
}

/* From a send or send-once right of a live port, which is locked. */
static kern_return_t
copyin_live(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t disposition,
    struct ipc_port **out, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;
	bool sonce = (entry->bits & MACH_PORT_TYPE_SEND_ONCE) != 0;

	if (sonce != (disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE)) {
		ip_unlock(port);
		return KERN_INVALID_RIGHT;
	}
	*out = port;
	if (sonce) {
		drop_requests(space, name, entry, after);
		ip_unlock(port);
		entry->bits &= ~(IE_TYPE_MASK | IE_UREFS_MASK);
		entry->port = NULL;
		return KERN_SUCCESS;
	}
	if (disposition == MACH_MSG_TYPE_MOVE_SEND) {
		if (IE_UREFS(entry->bits) == 1) {
			move_last_send(space, name, entry, after);
			return KERN_SUCCESS;
		}
		entry->bits--;
	}
	port->srights++;
	ip_unlock(port);
	ipc_port_reference(port);
	return KERN_SUCCESS;
}

kern_return_t
ipc_right_copyin(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t disposition, bool dead_ok,
    struct ipc_port **port, struct ipc_after *after)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return copyin_from_receive(space, name, entry, disposition,
		    port, after);
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		break;
	default:
		return KERN_INVALID_RIGHT;
	}
	if (!(entry->bits & MACH_PORT_TYPE_DEAD_NAME)) {
		if (!(entry->bits & MACH_PORT_TYPE_SEND_RIGHTS))
			return KERN_INVALID_RIGHT;
		if (likely(ipc_right_lock_port(space, name, entry)))
			return copyin_live(space, name, entry, disposition,
			    port, after);
	}
	return copyin_dead(space, name, entry, disposition, dead_ok, port,
	    after);
}

bool
ipc_right_copyin_check(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t disposition)
{
	bool sonce;

	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return (entry->bits & MACH_PORT_TYPE_RECEIVE) != 0;
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		break;
	default:
		return false;
	}
	check_dead(space, name, entry);
	if (entry->bits & MACH_PORT_TYPE_DEAD_NAME)
		return true;
	sonce = disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE;
	return (entry->bits & (sonce ? MACH_PORT_TYPE_SEND_ONCE :
	    MACH_PORT_TYPE_SEND)) != 0;
}

kern_return_t
ipc_right_copyin_two(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_port **out, struct ipc_after *after)
{
	struct ipc_port *port = entry->port;

	if (!(entry->bits & MACH_PORT_TYPE_SEND) ||
	    IE_UREFS(entry->bits) < 2 ||
	    !ipc_right_lock_port(space, name, entry))
		return KERN_INVALID_RIGHT;
	*out = port;
	port->srights++;
	ipc_port_reference(port);
	entry->bits--;
	if (IE_UREFS(entry->bits) == 1) {
		move_last_send(space, name, entry, after);
		return KERN_SUCCESS;
	}
	entry->bits--;
	port->srights++;
	ip_unlock(port);
	ipc_port_reference(port);
	return KERN_SUCCESS;
}

/* A send right arrives at an entry; the port is locked. */
static kern_return_t
copyout_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, bool clip, struct ipc_port *port)
{
	if (entry->bits & MACH_PORT_TYPE_SEND) {
		if (IE_UREFS(entry->bits) == SEND_UREFS_MAX) {
			if (!clip) {
				ip_unlock(port);
				return KERN_UREFS_OVERFLOW;
			}
			entry->bits--;	/* stays as it was */
		}
		port->srights--;
		ip_unlock(port);
		entry->bits++;
		ipc_port_release(port);
		return KERN_SUCCESS;
	}
	ip_unlock(port);
	if (entry->bits & MACH_PORT_TYPE_RECEIVE) {
		entry->bits += MACH_PORT_TYPE_SEND + 1;
		ipc_port_release(port);
		return KERN_SUCCESS;
	}
	entry->port = port;
	entry->bits += MACH_PORT_TYPE_SEND + 1;
	ipc_entry_hash_insert(space, name, entry);
	return KERN_SUCCESS;
}

/* A receive right arrives; the port is locked. */
static void
copyout_receive(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, struct ipc_port *port)
{
	bool had_send = (entry->bits & MACH_PORT_TYPE_SEND) != 0;

	port->receiver = space;
	port->receiver_name = name;
	ip_unlock(port);
	if (had_send)
		ipc_entry_hash_remove(space, name, entry);
	entry->port = port;
	entry->bits |= MACH_PORT_TYPE_RECEIVE;
	ipc_port_clear_transit(port);
	if (had_send)
		ipc_port_release(port);
}

mach_port_name_t
ipc_right_name_again(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t *hint)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;
	struct ipc_entry *entry;

	if (unlikely(!IP_VALID(port) || !ip_alive(port)))
		return MACH_PORT_NAME_NULL;
	spin_lock(&space->lock);
	entry = ipc_entry_hash_lookup(space, port, &name);
	*hint = name;
	if (entry != NULL && IE_UREFS(entry->bits) < SEND_UREFS_MAX)
		entry->bits++;
	else
		name = MACH_PORT_NAME_NULL;
	spin_unlock(&space->lock);
	return name;
}

kern_return_t
ipc_right_copyout(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry, mach_msg_type_name_t type, bool clip,
    struct ipc_port *port)
{
	switch (type) {
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		ip_unlock(port);
		entry->port = port;
		entry->bits += MACH_PORT_TYPE_SEND_ONCE + 1;
		return KERN_SUCCESS;
	case MACH_MSG_TYPE_PORT_SEND:
		return copyout_send(space, name, entry, clip, port);
	default:
		copyout_receive(space, name, entry, port);
		return KERN_SUCCESS;
	}
}
