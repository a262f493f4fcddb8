/*
 * ipc/ipc_port.c - ports: their life, their death, and rights to them that
 * are in nobody's space.
 *
 * Owns:       struct ipc_port, its counts of rights and its requests.
 * Locks:      the port's own (LOCK_PORT), one at a time.  destination is under
 *             transit_lock, a leaf.  A dead-name request belongs to the port's
 *             lock while notice is set, then to the entry that made it.
 * Invariant:  once dead a port is in no space or set and nothing is queued;
 *             who waits at it is about to be woken.  Notices are sent with no lock held.
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_port.h>
#include <ipc/ipc_pset.h>
#include <ipc/ipc_right.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/memory_object.h>

static struct zone *port_zone;
static struct spinlock transit_lock = SPINLOCK_INIT(LOCK_IPC_MISC);
static uint32_t transit_links;	/* transit_lock: how many were ever made */

#define TRANSIT_STEPS	1000u	/* along a chain at once */
#define TRANSIT_AGAIN	8u	/* then a chain is followed in one piece */

void
ipc_port_bootstrap(void)
{
	port_zone = zone_create("ipc_port", sizeof(struct ipc_port), 0);
}

/* All of a new port. */
static void
make_up(struct ipc_port *port)
{
	spinlock_init(&port->head.lock, LOCK_PORT);
	refcount_init(&port->head.refs, 1);
	port->kotype = KOBJECT_NONE;
	port->srights = 0;
	port->sorights = 0;
	port->nsrequest = NULL;
	port->pdrequest = NULL;
	port->kobject = NULL;
	port->msgcount = 0;
	port->pset = NULL;
	port->sonce_owed = 0;
	port->owed_next = NULL;
	port->destination = NULL;
	ipc_waiters_init(&port->head.receivers);
	queue_init(&port->dnrequests);
	queue_init(&port->msgs);
	ipc_waiters_init(&port->blocked);
	queue_init(&port->set_link);
	queue_init(&port->ready_link);
}

struct ipc_port *
ipc_port_alloc(void)
{
	struct ipc_port *port = zalloc(port_zone);

	if (unlikely(port == NULL))
		return NULL;
	if (likely(port->head.lock.locked == PORT_MADE_UP))
		spinlock_init(&port->head.lock, LOCK_PORT);
	else
		make_up(port);
	port->head.flags = 0;
	port->qlimit = MACH_PORT_QLIMIT_DEFAULT;
	port->receiver = NULL;
	port->receiver_name = MACH_PORT_NAME_NULL;
	port->mscount = 0;
	port->seqno = 0;
	port->account = NULL;
	return port;
}

void
ipc_port_free(struct ipc_port *port)
{
	assert(!ip_alive(port));
	zfree(port_zone, port);
}

/* A port that one of the kernel's own spaces receives on. */
static struct ipc_port *
alloc_special(struct ipc_space *space)
{
	struct ipc_port *port = ipc_port_alloc();

	if (port != NULL)
		port->receiver = space;
	return port;
}

struct ipc_port *
ipc_port_alloc_kernel(void)
{
	return alloc_special(ipc_space_kernel);
}

struct ipc_port *
ipc_port_alloc_reply(void)
{
	return alloc_special(ipc_space_reply);
}

void
ipc_port_dealloc_kernel(struct ipc_port *port)
{
	ip_lock(port);
	port->kotype = KOBJECT_NONE;
	port->kobject = NULL;
	ip_unlock(port);
	ipc_port_destroy(port);
}

void
ipc_port_dealloc_reply(struct ipc_port *port)
{
	ipc_port_destroy(port);
}

void
ipc_port_clear_receiver(struct ipc_port *port)
{
	if (port->pset != NULL)
		ipc_pset_remove(port);
	else
		while (!ipc_waiters_empty(&port->head.receivers))
			(void)ipc_mqueue_changed(&port->head,
			    MACH_RCV_PORT_DIED);
	port->receiver = NULL;
	port->receiver_name = MACH_PORT_NAME_NULL;
	port->mscount = 0;
	port->seqno = 0;
	port->head.flags &= ~IO_PAYLOAD;
}

/*
 * Let others run in the middle of a long chain, at base, which is locked anew
 * afterwards; *held: the last such, which a reference kept.
 */
static void
transit_breathe(struct ipc_port *base, struct ipc_port **held)
{
	ipc_port_reference(base);
	spin_unlock(&transit_lock);
	if (*held != NULL)
		ipc_port_release(*held);
	*held = base;
	thread_breathe();
	spin_lock(&transit_lock);
}

/*
 * The chain is followed in pieces.  Where a link came meanwhile it may have
 * come behind us, so we begin again; not for ever: who makes links all the time
 * only has us follow the chain in one piece.
 */
bool
ipc_port_check_circularity(struct ipc_port *port, struct ipc_port *dest)
{
	struct ipc_port *base = dest, *held = NULL;
	unsigned steps = 0, again = 0;
	uint32_t links;

	spin_lock(&transit_lock);
	links = transit_links;
	while (base != NULL && base != port) {
		base = base->destination;
		if (likely(++steps % TRANSIT_STEPS != 0) || base == NULL ||
		    again == TRANSIT_AGAIN)
			continue;
		transit_breathe(base, &held);
		if (transit_links != links) {
			links = transit_links;
			base = dest;
			again++;
		}
	}
	if (base == NULL) {
		ipc_port_reference(dest);
		port->destination = dest;
		transit_links++;
	}
	spin_unlock(&transit_lock);
	if (held != NULL)
		ipc_port_release(held);
	return base != NULL;
}

void
ipc_port_clear_transit(struct ipc_port *port)
{
	struct ipc_port *dest;

	/* Who has the right, as we do, is who sets it. */
	if (likely(port->destination == NULL))
		return;
	spin_lock(&transit_lock);
	dest = port->destination;
	port->destination = NULL;
	spin_unlock(&transit_lock);
	if (dest != NULL)
		ipc_port_release(dest);
}

/* Tell the next dead-name request of a dead port; false when all are told. */
static bool
tell_one_dead_name(struct ipc_port *port)
{
	struct ipc_request *request;
	struct ipc_kmsg *notice;
	struct queue *link;
	mach_port_name_t name;
	bool orphan;

	if (queue_empty(&port->dnrequests))
		return false;		/* nor does any come now */
	ip_lock(port);
	link = queue_pop_front(&port->dnrequests);
	if (link == NULL) {
		ip_unlock(port);
		return false;
	}
	request = queue_element(link, struct ipc_request, link);
	notice = request->notice;
	name = request->name;
	orphan = request->orphan;
	request->notice = NULL;
	ip_unlock(port);
	if (orphan)
		ipc_request_free(request);
	ipc_notify_dead_name(notice, name);
	return true;
}

/* Wake some of a dead port's senders; false when all are awake. */
static bool
fail_some_senders(struct ipc_port *port)
{
	bool more;

	if (ipc_waiters_empty(&port->blocked))
		return false;		/* nor does any come now */
	ip_lock(port);
	more = ipc_mqueue_fail_senders(port);
	ip_unlock(port);
	return more;
}

/* What is left to do of a port's death once it is dead and unlocked. */
static void
port_bury(struct ipc_port *port, struct queue *msgs,
    struct ipc_kmsg *nsrequest, bool is_pager)
{
	while (fail_some_senders(port))
		thread_breathe();
	ipc_port_clear_transit(port);
	if (nsrequest != NULL)
		ipc_notify_unused(nsrequest);
	if (!queue_empty(msgs))
		ipc_kmsg_destroy_all(msgs);
	while (tell_one_dead_name(port))
		thread_breathe();
	if (is_pager)
		vm_object_pager_port_died(port);
	ipc_port_release(port);
}

void
ipc_port_destroy(struct ipc_port *port)
{
	struct ipc_kmsg *nsrequest, *pdrequest;
	struct account *account;
	struct queue msgs;
	bool is_pager;

	queue_init(&msgs);
	ip_lock(port);
	assert(ip_alive(port));
	if (port->receiver != NULL)
		ipc_port_clear_receiver(port);
	pdrequest = port->pdrequest;
	port->pdrequest = NULL;
	if (pdrequest != NULL) {
		ip_unlock(port);
		ipc_port_clear_transit(port);
		ipc_notify_port_destroyed(pdrequest, port);
		return;
	}
	port->head.flags = IO_DEAD;
	nsrequest = port->nsrequest;
	port->nsrequest = NULL;
	account = port->account;
	port->account = NULL;
	is_pager = port->kotype == KOBJECT_PAGER;
	queue_append(&msgs, &port->msgs);
	port->msgcount = 0;
	ip_unlock(port);
	if (account != NULL)
		account_give(account, ACCOUNT_PORTS, 1);
	port_bury(port, &msgs, nsrequest, is_pager);
}

struct ipc_port *
ipc_port_make_send(struct ipc_port *port)
{
	ipc_port_reference(port);
	ip_lock(port);
	port->mscount++;
	port->srights++;
	ip_unlock(port);
	return port;
}

struct ipc_port *
ipc_port_make_sonce(struct ipc_port *port)
{
	ipc_port_reference(port);
	ip_lock(port);
	port->sorights++;
	ip_unlock(port);
	return port;
}

struct ipc_port *
ipc_port_copy_send(struct ipc_port *port)
{
	if (!IP_VALID(port))
		return port;
	ip_lock(port);
	if (!ip_alive(port)) {
		ip_unlock(port);
		return IP_DEAD;
	}
	ipc_port_reference(port);
	port->srights++;
	ip_unlock(port);
	return port;
}

void
ipc_port_release_send(struct ipc_port *port)
{
	struct ipc_kmsg *notice;
	mach_port_mscount_t mscount;

	if (!IP_VALID(port))
		return;
	ip_lock(port);
	notice = ipc_port_drop_srights(port);
	mscount = port->mscount;
	ip_unlock(port);
	if (unlikely(notice != NULL))
		ipc_notify_no_senders(notice, mscount);
	ipc_port_release(port);
}

void
ipc_port_release_sonce(struct ipc_port *port)
{
	if (!IP_VALID(port))
		return;
	ip_lock(port);
	port->sorights--;
	ip_unlock(port);
	ipc_port_release(port);
}

void
ipc_right_discard(struct ipc_port *port, mach_msg_type_name_t type)
{
	if (!IP_VALID(port))
		return;
	switch (type) {
	case MACH_MSG_TYPE_PORT_SEND:
		ipc_port_release_send(port);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		ipc_notify_send_once(port);
		break;
	case MACH_MSG_TYPE_PORT_RECEIVE:
		ipc_port_destroy(port);
		break;
	}
}

mach_port_name_t
ipc_port_copyout_send(struct ipc_port *right, struct ipc_space *space)
{
	mach_port_name_t name;

	(void)ipc_object_copyout_any(space, right, MACH_MSG_TYPE_PORT_SEND,
	    &name);
	return name;
}

kern_return_t
ipc_port_copyin_send(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port **right)
{
	kern_return_t kr;

	kr = ipc_object_copyin(space, name, MACH_MSG_TYPE_COPY_SEND, right);
	if (kr == KERN_INVALID_RIGHT)
		kr = ipc_object_copyin(space, name, MACH_MSG_TYPE_MAKE_SEND,
		    right);
	return kr;
}

void
ipc_kobject_set(struct ipc_port *port, void *object, enum kobject_type type)
{
	ip_lock(port);
	port->kobject = object;
	port->kotype = type;
	ip_unlock(port);
}

void *
ipc_kobject_get(struct ipc_port *port, enum kobject_type type,
    void (*get_ref)(void *object))
{
	void *object = NULL;

	if (!IP_VALID(port))
		return NULL;
	ip_lock(port);
	if (port->kotype == type && ip_alive(port)) {
		object = port->kobject;
		get_ref(object);
	}
	ip_unlock(port);
	return object;
}

enum kobject_type
ipc_port_kotype(struct ipc_port *port)
{
	return IP_VALID(port) ? port->kotype : KOBJECT_NONE;
}

void
ipc_port_nsrequest(struct ipc_port *port, mach_port_mscount_t sync,
    struct ipc_kmsg *notice, struct ipc_kmsg **previous)
{
	mach_port_mscount_t mscount;
	bool now;

	ip_lock(port);
	mscount = port->mscount;
	now = notice != NULL && port->srights == 0 && sync <= mscount;
	*previous = port->nsrequest;
	port->nsrequest = now ? NULL : notice;
	ip_unlock(port);
	if (now)
		ipc_notify_no_senders(notice, mscount);
}

bool
ipc_port_alive(struct ipc_port *port)
{
	return IP_VALID(port) && ip_alive(port);
}

