/*
 * ipc/ipc_pset.c - port sets and their members.
 *
 * Owns:       struct ipc_pset.
 * Locks:      port, then set.  Who starts from the set takes a reference to
 *             the port, lets go of the set and looks again.
 * Invariant:  a live member is on members; it is on ready exactly if it has
 *             messages.  A set has receivers waiting only while ready is empty,
 *             but for those that refused a message for its size.
 */
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_pset.h>
#include <kern/thread.h>
#include <kern/zone.h>

static struct zone *pset_zone;

void
ipc_pset_bootstrap(void)
{
	pset_zone = zone_create("ipc_pset", sizeof(struct ipc_pset), 0);
}

struct ipc_pset *
ipc_pset_alloc(mach_port_name_t name)
{
	struct ipc_pset *pset = zalloc(pset_zone);

	if (pset == NULL)
		return NULL;
	spinlock_init(&pset->head.lock, LOCK_PORT_SET);
	refcount_init(&pset->head.refs, 1);
	ipc_waiters_init(&pset->head.receivers);
	pset->head.flags = IO_SET;
	pset->name = name;
	queue_init(&pset->members);
	queue_init(&pset->ready);
	return pset;
}

void
ipc_pset_reference(struct ipc_pset *pset)
{
	refcount_take(&pset->head.refs);
}

void
ipc_pset_release(struct ipc_pset *pset)
{
	if (refcount_drop(&pset->head.refs))
		zfree(pset_zone, pset);
}

void
ipc_pset_remove(struct ipc_port *port)
{
	struct ipc_pset *pset = port->pset;

	ips_lock(pset);
	queue_remove(&port->set_link);
	queue_remove(&port->ready_link);
	ipc_object_flag(&pset->head, IO_MESSAGES, !queue_empty(&pset->ready));
	port->pset = NULL;
	port->head.flags &= ~IO_MEMBER;
	ips_unlock(pset);
}

void
ipc_pset_add(struct ipc_pset *pset, struct ipc_port *port)
{
	ips_lock(pset);
	port->pset = pset;
	port->head.flags |= IO_MEMBER;
	queue_push_back(&pset->members, &port->set_link);
	ipc_pset_rank(pset, port);
	ips_unlock(pset);
	while (ipc_mqueue_changed(&port->head, MACH_RCV_PORT_CHANGED))
		continue;
	ipc_mqueue_offer(port);
}

void
ipc_pset_rank(struct ipc_pset *pset, struct ipc_port *port)
{
	queue_remove(&port->ready_link);
	if (port->head.flags & IO_MESSAGES)
		queue_push_back(&pset->ready, &port->ready_link);
	ipc_object_flag(&pset->head, IO_MESSAGES, !queue_empty(&pset->ready));
}

/* Take the first member, whatever it is, out of a set. */
static bool
remove_first(struct ipc_pset *pset)
{
	struct ipc_port *port;

	ips_lock(pset);
	if (queue_empty(&pset->members)) {
		ips_unlock(pset);
		return false;
	}
	port = queue_element(queue_first(&pset->members), struct ipc_port,
	    set_link);
	ipc_port_reference(port);
	ips_unlock(pset);
	ip_lock(port);
	if (port->pset == pset)
		ipc_pset_remove(port);
	ip_unlock(port);
	ipc_port_release(port);
	return true;
}

/* The set dies, if it has not; some of its receivers wake.  True: not all. */
static bool
wake_some(struct ipc_pset *pset)
{
	bool more;

	ips_lock(pset);
	pset->head.flags |= IO_DEAD;
	more = ipc_mqueue_changed(&pset->head, MACH_RCV_PORT_DIED);
	ips_unlock(pset);
	return more;
}

void
ipc_pset_destroy(struct ipc_pset *pset)
{
	while (wake_some(pset))
		thread_breathe();
	while (remove_first(pset))
		thread_breathe();
	ipc_pset_release(pset);
}
