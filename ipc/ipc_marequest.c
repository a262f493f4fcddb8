/*
 * ipc/ipc_marequest.c - msg-accepted requests.
 *
 * Owns:       struct ipc_marequest: made by a send, ended by the message's
 *             receipt or destruction.
 * Locks:      the space's for all fields and for the space's list of them;
 *             the list is short (MAREQUESTS_MAX), so a search is cheap.
 * Invariant:  a request is on its space's list exactly while notice is set,
 *             and then the entry of name bears IE_MAREQUEST.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_right.h>
#include <kern/zone.h>

#define MAREQUESTS_MAX	64u	/* of one space; docs/design-ipc.md */

struct ipc_marequest {
	struct ipc_space *space;	/* a reference */
	struct queue	  link;		/* on space->marequests */
	struct ipc_kmsg	 *notice;	/* NULL: cancelled */
	mach_port_name_t  name;		/* where the message went */
};

static struct zone *marequest_zone;

void
ipc_marequest_bootstrap(void)
{
	marequest_zone = zone_create("ipc_marequest",
	    sizeof(struct ipc_marequest), 0);
}

/* Take a request off its locked space; its notice comes out. */
static struct ipc_kmsg *
detach(struct ipc_marequest *request)
{
	struct ipc_kmsg *notice = request->notice;

	queue_remove(&request->link);
	request->space->marequest_count--;
	request->notice = NULL;
	return notice;
}

/* Attach a request to the space's name for port, all checks made. */
static mach_msg_return_t
attach(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t notify_name, struct ipc_marequest *request)
{
	struct ipc_entry *entry, *notify;

	if (!space->active)
		return MACH_SEND_INVALID_NOTIFY;
	request->name = MACH_PORT_NAME_NULL;
	entry = ipc_right_reverse(space, port, &request->name);
	if (entry != NULL && (entry->bits & IE_MAREQUEST))
		return MACH_SEND_NOTIFY_IN_PROGRESS;
	notify = ipc_entry_lookup(space, notify_name);
	if (notify == NULL || !(notify->bits & MACH_PORT_TYPE_RECEIVE))
		return MACH_SEND_INVALID_NOTIFY;
	if (entry != NULL && space->marequest_count >= MAREQUESTS_MAX)
		return MACH_SEND_NO_NOTIFY;
	request->notice = ipc_notice_alloc(space->account, notify->port);
	if (request->notice == NULL)
		return MACH_SEND_NO_NOTIFY;
	if (entry != NULL)
		entry->bits |= IE_MAREQUEST;
	queue_push_back(&space->marequests, &request->link);
	space->marequest_count++;
	(void)ipc_port_make_sonce(notify->port);
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_marequest_create(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t notify_name, struct ipc_marequest **out)
{
	struct ipc_marequest *request = zalloc(marequest_zone);
	mach_msg_return_t mr;

	if (request == NULL)
		return MACH_SEND_NO_NOTIFY;
	spin_lock(&space->lock);
	mr = attach(space, port, notify_name, request);
	spin_unlock(&space->lock);
	if (mr != MACH_MSG_SUCCESS) {
		zfree(marequest_zone, request);
		return mr;
	}
	ipc_space_reference(space);
	request->space = space;
	*out = request;
	return MACH_MSG_SUCCESS;
}

void
ipc_marequest_done(struct ipc_marequest *request)
{
	struct ipc_space *space = request->space;
	struct ipc_kmsg *notice = NULL;
	struct ipc_entry *entry;

	spin_lock(&space->lock);
	if (request->notice != NULL) {
		entry = ipc_entry_lookup(space, request->name);
		if (entry != NULL)
			entry->bits &= ~IE_MAREQUEST;
		notice = detach(request);
	}
	spin_unlock(&space->lock);
	if (notice != NULL)
		ipc_notify_msg_accepted(notice, request->name);
	ipc_space_release(space);
	zfree(marequest_zone, request);
}

static struct ipc_marequest *
find(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_marequest *request;
	struct queue *q;

	queue_for_each(q, &space->marequests) {
		request = queue_element(q, struct ipc_marequest, link);
		if (request->name == name)
			return request;
	}
	return NULL;
}

struct ipc_kmsg *
ipc_marequest_cancel(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_marequest *request = find(space, name);

	return request != NULL ? detach(request) : NULL;
}

void
ipc_marequest_rename(struct ipc_space *space, mach_port_name_t old,
    mach_port_name_t new)
{
	struct ipc_marequest *request = find(space, old);

	if (request != NULL)
		request->name = new;
}

unsigned
ipc_marequest_total(void)
{
	return zone_in_use(marequest_zone);
}
