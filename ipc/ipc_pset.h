/*
 * ipc/ipc_pset.h - port sets: many ports to receive from as one.
 *
 * Messages stay queued on the member ports; the set lists those members that
 * have some, so neither its size nor a change of members costs anything.
 */
#ifndef IPC_IPC_PSET_H
#define IPC_IPC_PSET_H

#include <ipc/ipc_port.h>

struct ipc_pset {
	struct ipc_object head;		/* lock class LOCK_PORT_SET */

	/* fixed but for rename, which holds the space's lock */
	mach_port_name_t  name;
	/* under head.lock; to change also the port's */
	struct queue	  members;	/* of struct ipc_port, set_link */
	struct queue	  ready;	/* of those with messages, ready_link */
};

static inline void
ips_lock(struct ipc_pset *pset)
{
	spin_lock(&pset->head.lock);
}

static inline void
ips_unlock(struct ipc_pset *pset)
{
	assert(!(pset->head.flags & IO_MESSAGES) == queue_empty(&pset->ready));
	spin_unlock(&pset->head.lock);
}

/*
 * Where the receivers of a locked port wait: itself, or the set that it is in,
 * which comes back locked.
 */
static inline struct ipc_object *
ip_lock_queue(struct ipc_port *port)
{
	if (likely(!(port->head.flags & IO_MEMBER)))
		return &port->head;
	ips_lock(port->pset);
	return &port->pset->head;
}

static inline void
ip_unlock_queue(struct ipc_port *port)
{
	if (unlikely(port->head.flags & IO_MEMBER))
		ips_unlock(port->pset);
}

void		 ipc_pset_bootstrap(void);
struct ipc_pset	*ipc_pset_alloc(mach_port_name_t name);	/* a reference, or NULL */
void		 ipc_pset_reference(struct ipc_pset *pset);
void		 ipc_pset_release(struct ipc_pset *pset);
/* Empty the set and wake its receivers; consumes a reference. */
void		 ipc_pset_destroy(struct ipc_pset *pset);

/* Port locked. */
void		 ipc_pset_remove(struct ipc_port *port);	/* it is in a set */
void		 ipc_pset_add(struct ipc_pset *pset, struct ipc_port *port);
/* A locked set's member goes behind those that have messages, if it has some. */
void		 ipc_pset_rank(struct ipc_pset *pset, struct ipc_port *port);

#endif
