/*
 * ipc/ipc_debug.c - the calls of mach_debug that look at ports.
 *
 * No kernel address leaves here: mach_port_kernel_object tells the type of
 * what is behind a port, and 0 for where.
 *
 * Locks:      the space's, then the port's.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_port.h>
#include <ipc/ipc_right.h>
#include <mach_debug_server.h>

/*
 * The locked port behind a name that has one of the rights wanted; the space
 * is unlocked.
 */
static kern_return_t
lookup_port(struct ipc_space *space, mach_port_name_t name,
    mach_port_type_t wanted, struct ipc_port **port)
{
	kern_return_t kr = KERN_INVALID_RIGHT;
	struct ipc_entry *entry;

	if (space == NULL)
		return KERN_INVALID_TASK;
	spin_lock(&space->lock);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (!space->active) {
		kr = KERN_INVALID_TASK;
	} else if (entry == NULL) {
		kr = KERN_INVALID_NAME;
	} else if ((entry->bits & wanted) &&
	    ipc_right_lock_port(space, name, entry)) {
		*port = entry->port;
		kr = KERN_SUCCESS;
	}
	spin_unlock(&space->lock);
	return kr;
}

kern_return_t
mach_port_get_srights(struct ipc_space *space, mach_port_name_t name,
    mach_port_rights_t *srights)
{
	struct ipc_port *port;
	kern_return_t kr;

	kr = lookup_port(space, name, MACH_PORT_TYPE_RECEIVE, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	*srights = port->srights;
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_dnrequest_info(struct ipc_space *space, mach_port_name_t name,
    unsigned *total, unsigned *used)
{
	struct ipc_port *port;
	kern_return_t kr;

	kr = lookup_port(space, name, MACH_PORT_TYPE_RECEIVE, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	*total = *used = ipc_port_dnrequests(port);
	ip_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t
mach_port_kernel_object(struct ipc_space *space, mach_port_name_t name,
    unsigned *type, vm_offset_t *address)
{
	struct ipc_port *port;
	kern_return_t kr;

	kr = lookup_port(space, name, MACH_PORT_TYPE_SEND_RECEIVE, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	*type = port->kotype;
	*address = 0;
	ip_unlock(port);
	return KERN_SUCCESS;
}

/* Requests are not hashed: one bucket holds them all. */
kern_return_t
host_ipc_marequest_info(struct host *host, unsigned *max_requests,
    hash_info_bucket_array_t *info, mach_msg_type_number_t *count)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	*max_requests = ipc_marequest_total();
	if (*count != 0) {
		(*info)[0].hib_count = *max_requests;
		*count = 1;
	}
	return KERN_SUCCESS;
}

/* The maps from ports to names are each space's own: none to tell of here. */
kern_return_t
host_ipc_hash_info(struct host *host, hash_info_bucket_array_t *info,
    mach_msg_type_number_t *count)
{
	(void)info;
	if (host == NULL)
		return KERN_INVALID_HOST;
	*count = 0;
	return KERN_SUCCESS;
}
