/*
 * ipc/ipc_right.h - rights in a space: what each call and each way of sending
 * does to an entry.
 */
#ifndef IPC_IPC_RIGHT_H
#define IPC_IPC_RIGHT_H

#include <ipc/ipc_entry.h>
#include <ipc/ipc_hint.h>
#include <ipc/ipc_port.h>
#include <mach/message.h>

/*
 * What a change of an entry leaves to be done when the space is unlocked: a
 * field says something if what has its bit.
 */
enum {
	AFTER_DELETED = 1, AFTER_MA_DELETED = 2, AFTER_NO_SENDERS = 4,
	AFTER_SEND_ONCE = 8, AFTER_RECEIVE = 16, AFTER_PORT = 32,
	AFTER_PSET = 64,
};

struct ipc_after {
	uint32_t	  what;
	mach_port_name_t  name;		/* of the entry that is gone */
	struct ipc_kmsg	 *deleted;	/* port-deleted notices of the requests */
	struct ipc_kmsg	 *ma_deleted;
	struct ipc_kmsg	 *no_senders;	/* no-senders notice, and its count */
	mach_port_mscount_t mscount;
	struct ipc_port	 *send_once;	/* right that ends unused */
	struct ipc_port	 *receive;	/* right to destroy */
	struct ipc_port	 *port;		/* reference to release */
	struct ipc_pset	 *pset;		/* set to destroy */
};

void		  ipc_right_bootstrap(void);
void		  ipc_request_free(struct ipc_request *request);
static inline void
ipc_after_init(struct ipc_after *after)
{
	after->what = 0;
}

/* Do what there is.  Nothing locked. */
void		  ipc_after_do(struct ipc_after *after);

static inline void
ipc_after_run(struct ipc_after *after)
{
	if (after->what != 0)
		ipc_after_do(after);
}

/*
 * All below: space locked and active, entry is that of name.
 */

/*
 * Lock the entry's port, if it is alive: true.  Otherwise the entry becomes a
 * dead name, with a reference more if a dead-name request was pending: false.
 * The entry has SEND or SEND_ONCE but not a live RECEIVE's guarantee.
 */
bool		  ipc_right_lock_port(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry);

/* The entry of the space's send or receive right to port, or NULL. */
struct ipc_entry *ipc_right_reverse(struct ipc_space *space,
		    struct ipc_port *port, mach_port_name_t *name);

/* MACH_PORT_TYPE_* and user references; a dead port shows as a dead name. */
void		  ipc_right_info(struct ipc_space *space, mach_port_name_t name,
		    struct ipc_entry *entry, mach_port_type_t *type,
		    mach_port_urefs_t *urefs);

/* mach_port_destroy, _deallocate and _mod_refs; the codes are theirs. */
void		  ipc_right_destroy(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    struct ipc_after *after);
kern_return_t	  ipc_right_dealloc(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    struct ipc_after *after);
kern_return_t	  ipc_right_delta(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    mach_port_right_t right, mach_port_delta_t delta,
		    struct ipc_after *after);
void		  ipc_right_rename(struct ipc_space *space,
		    mach_port_name_t old_name, struct ipc_entry *old,
		    mach_port_name_t new_name, struct ipc_entry *new);

/*
 * Ask for a dead-name notification (notice NULL: ask no longer).  request is
 * a fresh one, consumed (set NULL) if it is used; *previous is the notice it
 * replaces.  *tell is set to notice if it is to go at once: the name is dead
 * already and immediate.
 */
kern_return_t	  ipc_right_dnrequest(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    bool immediate, struct ipc_kmsg *notice,
		    struct ipc_request **request, struct ipc_kmsg **previous,
		    struct ipc_kmsg **tell);
struct ipc_request *ipc_request_alloc(void);
/* How many have asked to be told of a port's death; port locked and alive. */
uint32_t	  ipc_port_dnrequests(const struct ipc_port *port);

/*
 * Take a right out of an entry, as the disposition (MACH_MSG_TYPE_*) says;
 * *port is the naked right, or IP_DEAD for a dead name where dead_ok.  The entry
 * may be left with type 0: then ipc_entry_dealloc it.  KERN_INVALID_RIGHT.
 * With after->port a reference may be left.
 */
kern_return_t	  ipc_right_copyin(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    mach_msg_type_name_t disposition, bool dead_ok,
		    struct ipc_port **port, struct ipc_after *after);
/* Whether that would succeed with dead_ok. */
bool		  ipc_right_copyin_check(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    mach_msg_type_name_t disposition);
/* Undo nothing: a MOVE_SEND of two references at once. */
kern_return_t	  ipc_right_copyin_two(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    struct ipc_port **port, struct ipc_after *after);
/* Give up the entry if no right is left in it. */
static inline void
ipc_right_tidy(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	if (IE_TYPE(entry->bits) == 0)
		ipc_entry_dealloc(space, name, entry);
}

/*
 * Put a naked right to a live, locked port into an entry, which is free or
 * already denotes that port; unlocks the port.  KERN_UREFS_OVERFLOW: only
 * without clip, which loses the reference instead.
 */
kern_return_t	  ipc_right_copyout(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry,
		    mach_msg_type_name_t type, bool clip,
		    struct ipc_port *port);

/*
 * A send right for a port whose send right space already has: one more
 * reference of that, and its name; 0 if it has none, or no room for one.
 * port: somebody else's right, which stays.  Nothing of space locked.  *hint,
 * under the space's lock, is set to the name that was found.
 */
mach_port_name_t ipc_right_name_again(struct ipc_space *space,
		    struct ipc_port *port, mach_port_name_t *hint);

#define IE_UREFS_AMPLE	60000u	/* references of a right with room for more */

/*
 * One more reference of the send right that slot's owner was given last time,
 * if that is still what slot has; 0: look properly.  The entry's port is there
 * as long as its space is locked, whoever changes slot.
 */
static inline mach_port_name_t
ipc_right_last_given(struct ipc_space *space, struct ipc_port *const *slot,
    mach_port_name_t name)
{
	struct ipc_entry *entry;

	spin_lock(&space->lock);
	entry = ipc_hint_given(space, name);
	if (likely(entry->port == *slot && ip_alive(entry->port) &&
	    IE_UREFS(entry->bits) < IE_UREFS_AMPLE))
		entry->bits++;
	else
		name = MACH_PORT_NAME_NULL;
	spin_unlock(&space->lock);
	return name;
}

#endif
