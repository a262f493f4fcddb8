/*
 * ipc/ipc_space.h - a task's names for rights.
 *
 * Names that the kernel chose are index plus generation in a table that
 * grows by chunks and never moves; names that a user chose outside of it are
 * in a hash.  Both resolve under the space's lock.
 */
#ifndef IPC_IPC_SPACE_H
#define IPC_IPC_SPACE_H

#include <ipc/ipc_hash.h>
#include <kern/lock.h>
#include <kern/queue.h>
#include <kern/types.h>
#include <mach/port.h>

struct account;
struct ipc_entry;
struct ipc_port;
struct ipc_pset;

/* 1,024 indices of a space: which are free, and from the 257th on where. */
struct ipc_block {
	uint32_t	  summary;		/* words of free that are not 0 */
	uint32_t	  free[32];		/* bit set: index is free */
	struct ipc_entry *leaf[4];		/* 256 entries each */
};

#define IPC_SMALL_CHUNKS	4u		/* 32, 32, 64, 128 entries */
#define IPC_SPACE_LIMIT		(1u << 18)	/* names of a space, default */
#define IPC_SPACE_LIMIT_MAX	(1u << 20)

/* Names that are looked up again and again, by what they are used for. */
enum ipc_hint_use {
	IPC_HINT_SEND,			/* a call goes to this port of a user's */
	IPC_HINT_KERNEL,		/* a call goes to this port of the kernel's */
	IPC_HINT_RECEIVE,		/* its reply comes to this port */
	IPC_HINT_SERVE,			/* the next call comes to this port */
	IPC_HINT_SET,			/* or to this set */
	IPC_HINT_OBJECT,		/* a trap names its object by this port */
	IPC_HINT_GIVEN,			/* this send right was given once more */
	IPC_HINTS
};

struct ipc_hint {
	mach_port_name_t  name;
	union {					/* what name denotes, by use */
		struct ipc_port	 *port;
		struct ipc_pset	 *pset;
		struct ipc_entry *entry;	/* only the last use */
	};
};

struct ipc_space {
	/* fixed at creation */
	struct account	 *account;		/* a reference: pays for it */
	/* atomic */
	struct refcount	  refs;

	/* under lock (LOCK_SPACE) */
	struct spinlock	  lock;
	bool		  active;		/* once false it stays so */
	uint32_t	  table_size;		/* indices in being */
	uint32_t	  entry_count;		/* names in use, and the slot's */
	uint32_t	  entry_limit;
	mach_port_name_t  slot_name;		/* the slot: see ipc_entry.h */
	struct ipc_entry *slot;
	struct ipc_hint	  hint[IPC_HINTS];	/* see ipc_hint.h */
	uint32_t	  user_names;		/* bit (name & 31): chosen once */
	struct ipc_entry *chunk[IPC_SMALL_CHUNKS]; /* less their first index */
	struct ipc_block **blocks;		/* &first, or a page of pointers */
	struct ipc_block *first;		/* == &block0 */
	struct ipc_block  block0;
	uint32_t	  free_summary;		/* words of free_blocks not 0 */
	uint32_t	  free_blocks[32];	/* bit: block has a free index */
	struct ipc_hash	  by_port;		/* send rights: port -> name */
	struct ipc_hash	  by_name;		/* struct ipc_user_entry */
	struct queue	  marequests;		/* of struct ipc_marequest */
	unsigned	  marequest_count;
};
typedef struct ipc_space *ipc_space_t;

extern struct ipc_space *ipc_space_kernel;	/* receiver of kernel object ports */
extern struct ipc_space *ipc_space_reply;	/* receiver of kernel reply ports */

void		 ipc_space_bootstrap(void);
/* A space that account pays for: a reference; KERN_RESOURCE_SHORTAGE. */
kern_return_t	 ipc_space_create(struct account *account, struct ipc_space **space);
void		 ipc_space_destroy(struct ipc_space *space);	/* all rights die; further use gets KERN_INVALID_TASK */
/* How many names it has, and how many it may have from now on. */
uint32_t	 ipc_space_names(struct ipc_space *space);
void		 ipc_space_limit(struct ipc_space *space, uint32_t limit);
void		 ipc_space_free(struct ipc_space *space);	/* without references */

static inline void
ipc_space_reference(struct ipc_space *space)
{
	refcount_take(&space->refs);
}

static inline void
ipc_space_release(struct ipc_space *space)
{
	if (unlikely(refcount_drop(&space->refs)))
		ipc_space_free(space);
}

struct ipc_space *current_space(void);

#endif
