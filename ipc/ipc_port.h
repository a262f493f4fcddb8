/*
 * ipc/ipc_port.h - ports: one receiver, any number of senders, a bounded queue.
 */
#ifndef IPC_IPC_PORT_H
#define IPC_IPC_PORT_H

#include <kern/account.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <ipc/ipc_space.h>
#include <ipc/ipc_waiters.h>
#include <mach/message.h>
#include <mach/port.h>

struct ipc_kmsg;
struct ipc_pset;

/*
 * The head of a port and of a port set: what a receiver can wait on.
 */
struct ipc_object {
	struct spinlock	  lock;		/* LOCK_PORT or LOCK_PORT_SET */
	/* atomic */
	struct refcount	  refs;
	/* under lock */
	struct ipc_waiters receivers;
	uint32_t	  flags;	/* IO_* */
};

/*
 * What a message or its receiver has to look at: all that may keep it from the
 * shortest way, so that one comparison tells that nothing does.
 */
#define IO_DEAD		0x01u	/* once set it stays so */
#define IO_MESSAGES	0x02u	/* a port's msgs, a set's ready is not empty */
#define IO_MEMBER	0x04u	/* a port in a set: pset is not NULL */
#define IO_PAYLOAD	0x08u	/* a port whose receiver has set payload */
#define IO_SET		0x10u	/* it is a set; fixed */

/* Set flags of a locked object, or clear them. */
static inline void
ipc_object_flag(struct ipc_object *object, uint32_t flags, bool on)
{
	if (on)
		object->flags |= flags;
	else
		object->flags &= ~flags;
}

/*
 * A port.  Each right, wherever it is, holds a reference: an entry of a space
 * one for all rights it denotes, a right in a message or in the kernel's hands
 * one each.  In a space: receiver is that space.  In a message or between two
 * spaces: receiver is NULL.
 */
struct ipc_port {
	struct ipc_object head;

	/* under head.lock */
	uint8_t		  kotype;	/* enum kobject_type */
	uint16_t	  qlimit;
	struct ipc_space *receiver;	/* no reference */
	mach_port_name_t  receiver_name;
	mach_port_mscount_t mscount;	/* send rights made */
	uint32_t	  srights;	/* entries and naked rights */
	uint32_t	  sorights;
	struct ipc_kmsg	 *nsrequest;	/* notices, see ipc_notify.h, or NULL */
	struct ipc_kmsg	 *pdrequest;
	struct queue	  dnrequests;	/* of struct ipc_request, link */
	void		 *kobject;
	uint32_t	  payload;
	mach_port_seqno_t seqno;
	uint32_t	  msgcount;	/* queued, and senders let in */
	struct queue	  msgs;		/* of struct ipc_kmsg, link */
	struct ipc_waiters blocked;	/* senders */
	struct ipc_pset	 *pset;		/* set it is in, NULL: none */
	struct account	 *account;	/* that it is charged to, or NULL */
	uint32_t	  sonce_owed;	/* notifications; see ipc_notify.c */

	/* under the set's lock, and head.lock to change */
	struct queue	  set_link;	/* on pset->members */
	struct queue	  ready_link;	/* on pset->ready if msgs is not empty */

	/* under a lock of ipc_notify.c */
	struct ipc_port	 *owed_next;

	/* under the transit lock of ipc_port.c */
	struct ipc_port	 *destination;	/* in a message to it: a reference */
};
typedef struct ipc_port *ipc_port_t;

#ifndef DEBUG_KERNEL
_Static_assert(sizeof(struct ipc_port) <= 120, "docs/design-ipc.md: port");
#endif

#define IP_NULL		((struct ipc_port *)0)
#define IP_DEAD		((struct ipc_port *)~0ul)
#define IP_VALID(port)	((port) != IP_NULL && (port) != IP_DEAD)

/* A dead-name request: send notice when the port that name denotes dies. */
struct ipc_request {
	/* port lock */
	struct queue	  link;		/* on the port's dnrequests */
	struct ipc_kmsg	 *notice;	/* NULL once told */
	mach_port_name_t  name;
	uint32_t	  orphan : 1;	/* the entry forgot it: free when told */
	uint32_t	  count : 31;	/* in the first: of all of the port's */
};

static inline bool
ip_alive(const struct ipc_port *port)
{
	return !(port->head.flags & IO_DEAD);
}

static inline void
ip_lock(struct ipc_port *port)
{
	spin_lock(&port->head.lock);
}

/* For assertions: the flags of a locked port say what is so. */
static inline bool
ipc_port_flags_hold(const struct ipc_port *port)
{
	uint32_t flags = port->head.flags;

	return !(flags & IO_SET) &&
	    !(flags & IO_MESSAGES) == queue_empty(&port->msgs) &&
	    !(flags & IO_MEMBER) == (port->pset == NULL);
}

static inline void
ip_unlock(struct ipc_port *port)
{
	assert(ipc_port_flags_hold(port));
	spin_unlock(&port->head.lock);
}

void		 ipc_port_bootstrap(void);

/*
 * A port in no space: the caller has its receive right.  NULL: no memory.
 */
struct ipc_port	*ipc_port_alloc(void);

void		 ipc_port_free(struct ipc_port *port);	/* without references */

static inline __attribute__((always_inline)) void
ipc_port_reference(struct ipc_port *port)
{
	refcount_take(&port->head.refs);
}

static inline void
ipc_port_release(struct ipc_port *port)
{
	if (unlikely(refcount_drop(&port->head.refs)))
		ipc_port_free(port);
}

/* A port the kernel receives on; naked receive right; NULL: no memory. */
struct ipc_port	*ipc_port_alloc_kernel(void);
struct ipc_port	*ipc_port_alloc_reply(void);		/* in ipc_space_reply */
void		 ipc_port_dealloc_kernel(struct ipc_port *port);	/* destroys it */
void		 ipc_port_dealloc_reply(struct ipc_port *port);

/*
 * Take the receive right out of its space: nobody receives, it is in no set,
 * counts start again.  Port locked and alive.
 */
void		 ipc_port_clear_receiver(struct ipc_port *port);
/*
 * Destroy a receive right, naked or in a message (consumed).  Senders and
 * receivers wake, messages die, notifications go out; a port-destroyed request
 * saves the port.  Nothing locked.
 */
void		 ipc_port_destroy(struct ipc_port *port);

/*
 * In place of a lock: a port that has been freed as ipc_port_alloc makes it,
 * but for what it sets anew.  Its zone's links, which lie here once it leaves
 * the processor's cache, are no such value.
 */
#define PORT_MADE_UP	0x5a5a5a5bu

/*
 * Destroy at once the port of a receive right that is alone in the world: the
 * last reference, and nobody to be told.  False: it is not, nothing changed.
 * The right's space is locked.
 */
static inline __attribute__((always_inline)) bool
ipc_port_destroy_alone(struct ipc_port *port)
{
	/*
	 * Who sends to it or is queued there has a reference until he has let
	 * go of its lock.  A receiver has none, and is here by the time that he
	 * has let go of it; he took it with the space locked.
	 */
	if (port->head.refs.count != 1 ||
	    __atomic_load_n(&port->head.lock.locked, __ATOMIC_ACQUIRE) != 0 ||
	    !ipc_waiters_empty(&port->head.receivers) ||
	    port->head.flags != 0 ||
	    port->nsrequest != NULL || port->pdrequest != NULL ||
	    port->kotype != KOBJECT_NONE || !queue_empty(&port->dnrequests))
		return false;
	assert(port->srights == 0 && port->sorights == 0 &&
	    port->msgcount == 0 && port->sonce_owed == 0 &&
	    queue_empty(&port->msgs) && ipc_waiters_empty(&port->blocked));
	port->head.flags = IO_DEAD;
	port->head.lock.locked = PORT_MADE_UP;
	if (port->account != NULL)
		account_give(port->account, ACCOUNT_PORTS, 1);
	ipc_port_free(port);
	return true;
}

/*
 * Note that port's receive right travels to dest.  Returns true, and notes
 * nothing, if dest itself travels, directly or not, to port: then the message
 * is marked MACH_MSGH_BITS_CIRCULAR.  The name is what MIG's stubs call.
 */
bool		 ipc_port_check_circularity(struct ipc_port *port,
		    struct ipc_port *dest);
/* It has arrived.  Nothing locked but the receiver's space. */
void		 ipc_port_clear_transit(struct ipc_port *port);

/* Make rights from a live receive right the kernel holds or knows alive. */
struct ipc_port	*ipc_port_make_send(struct ipc_port *port);
struct ipc_port	*ipc_port_make_sonce(struct ipc_port *port);
/* From a send right: another; IP_DEAD if the port has died; NULL and IP_DEAD pass. */
struct ipc_port	*ipc_port_copy_send(struct ipc_port *port);
void		 ipc_port_release_send(struct ipc_port *port);	/* NULL and IP_DEAD allowed */
void		 ipc_port_release_sonce(struct ipc_port *port);	/* destroys a send-once right without a message */
/* Put a send right (consumed) into space; its name, MACH_PORT_NULL / MACH_PORT_DEAD. */
mach_port_name_t ipc_port_copyout_send(struct ipc_port *right, struct ipc_space *space);
/* The send right (or receive right) named, as a new naked send right, or an error. */
kern_return_t	 ipc_port_copyin_send(struct ipc_space *space, mach_port_name_t name, struct ipc_port **right);

/*
 * Destroy any right, by its type as received (MACH_MSG_TYPE_PORT_*): a
 * send-once right ends with a notification.  NULL and IP_DEAD allowed.
 */
void		 ipc_right_discard(struct ipc_port *port,
		    mach_msg_type_name_t type);

/* One send right less; port locked.  Returns the notice now due, or NULL. */
static inline struct ipc_kmsg *
ipc_port_drop_srights(struct ipc_port *port)
{
	struct ipc_kmsg *notice;

	if (--port->srights != 0 || likely(port->nsrequest == NULL))
		return NULL;
	notice = port->nsrequest;
	port->nsrequest = NULL;
	return notice;
}

/* Kernel objects.  Takes the port's lock. */
void		 ipc_kobject_set(struct ipc_port *port, void *object, enum kobject_type type);
/*
 * The object of type behind port, NULL if it is another.  get_ref is called with
 * the port locked (LOCK_PORT) so that the object cannot go: it takes the reference.
 */
void		*ipc_kobject_get(struct ipc_port *port, enum kobject_type type, void (*get_ref)(void *object));
/* The same with whatever type is there; *type tells. */
enum kobject_type ipc_port_kotype(struct ipc_port *port);

/*
 * Ask for a no-senders notification (notice NULL: ask no longer).  Replaces
 * the request, *previous is the old one.  If there are no senders already, the
 * notice goes at once.
 */
void		 ipc_port_nsrequest(struct ipc_port *port, mach_port_mscount_t sync,
		    struct ipc_kmsg *notice, struct ipc_kmsg **previous);

/*
 * Kernel RPC (exceptions): wait on reply port for a message as a receiver, see
 * ipc_mqueue_receive in ipc/ipc_mqueue.h.
 */
bool		 ipc_port_alive(struct ipc_port *port);

#endif
