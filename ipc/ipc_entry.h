/*
 * ipc/ipc_entry.h - what a name denotes.  All under the space's lock.
 */
#ifndef IPC_IPC_ENTRY_H
#define IPC_IPC_ENTRY_H

#include <ipc/ipc_space.h>
#include <kern/debug.h>

struct ipc_port;
struct ipc_pset;
struct ipc_request;

/*
 * bits: generation of the name (8), three of ours, type (5, laid out as
 * MACH_PORT_TYPE_*), user references (16).  A free entry has type 0.
 */
struct ipc_entry {
	union {
		struct ipc_port	*port;	/* a reference; NULL: a dead name */
		struct ipc_pset	*pset;	/* a reference */
	};
	uint32_t	    bits;
	struct ipc_request *request;	/* dead-name request, or NULL */
	mach_port_name_t    hash_next;	/* next name in the bucket of by_port */
};

_Static_assert(sizeof(struct ipc_entry) == 16, "docs/design-ipc.md: right");

/* An entry whose name the user chose. */
struct ipc_user_entry {
	struct ipc_entry	entry;
	mach_port_name_t	name;
	struct ipc_user_entry  *next;
};

#define IE_UREFS_MASK	0x0000ffffu
#define IE_TYPE_MASK	0x001f0000u
#define IE_MAREQUEST	0x00200000u	/* a msg-accepted request names it */
#define IE_HINTED	0x00400000u	/* a hint may tell of its name */
#define IE_GEN_MASK	0xff000000u
#define IE_GEN_ONE	0x01000000u
#define IE_INDEX_MASK	0x00ffffffu
#define IE_TYPE(bits)	((bits) & IE_TYPE_MASK)
#define IE_UREFS(bits)	((bits) & IE_UREFS_MASK)

void		  ipc_entry_bootstrap(void);
struct ipc_entry *ipc_entry_lookup_user(struct ipc_space *space,
		    mach_port_name_t name);
/*
 * A free entry and its name, the lowest index that is free.  Its type is 0
 * until the caller sets it.  KERN_NO_SPACE: the space is at its limit;
 * KERN_RESOURCE_SHORTAGE.
 */
static inline kern_return_t ipc_entry_alloc(struct ipc_space *space,
		    mach_port_name_t *name, struct ipc_entry **entry);
/* The same when the slot is not spare. */
kern_return_t	  ipc_entry_alloc_lowest(struct ipc_space *space,
		    mach_port_name_t *name, struct ipc_entry **entry);
/* The same under a name chosen by the user, which is not in use. */
kern_return_t	  ipc_entry_alloc_name(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry **entry);
/* Give up a name; the entry denotes nothing any more. */
void		  ipc_entry_dealloc(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry);
/* Free the tables of a space that has no names left. */
void		  ipc_entry_free_tables(struct ipc_space *space);
/*
 * The first name in use from *cursor on (0 at the start), which moves past it.
 * NULL at the end, where *cursor is IPC_CURSOR_END, and before it when many
 * free ones have been skipped: a good place to let go of the space.  Names
 * given up meanwhile do no harm; names that users choose meanwhile may make
 * others of their kind come twice, or, if some are given up too, not at all.
 */
#define IPC_CURSOR_END	(~0ull)
struct ipc_entry *ipc_entry_next(struct ipc_space *space, uint64_t *cursor,
		    mach_port_name_t *name);

/* The map from ports to the names of their send rights. */
void		  ipc_entry_hash_insert(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry);
void		  ipc_entry_hash_remove(struct ipc_space *space,
		    mach_port_name_t name, struct ipc_entry *entry);
struct ipc_entry *ipc_entry_hash_lookup(struct ipc_space *space,
		    struct ipc_port *port, mach_port_name_t *name);

/* The entry of a table index below table_size. */
static inline struct ipc_entry *
ipc_entry_at(struct ipc_space *space, uint32_t index)
{
	if (likely(index < 256))
		return space->chunk[27 - __builtin_clz(index | 31)] + index;
	return space->blocks[index >> 10]->leaf[(index >> 8) & 3] +
	    (index & 255);
}

/* What a name denotes, or NULL. */
static inline struct ipc_entry *
ipc_entry_lookup(struct ipc_space *space, mach_port_name_t name)
{
	uint32_t index = name & IE_INDEX_MASK;
	struct ipc_entry *entry;

	if (likely(index < space->table_size)) {
		entry = ipc_entry_at(space, index);
		if (likely(((entry->bits ^ name) & IE_GEN_MASK) == 0 &&
		    IE_TYPE(entry->bits) != 0))
			return entry;
	}
	if (likely(space->by_name.elements == 0))
		return NULL;
	return ipc_entry_lookup_user(space, name);
}

/*
 * The slot: the entry of the table that a right to reply, which comes and goes
 * with each message, has without a look at any table.  It is spare, slot_name
 * the name that it will have next, or in use, slot_name a send-once right, of
 * which no notification has been requested.  Counted as in use either way, so
 * whoever finds the space at its limit takes it first if it is spare.
 *
 * While there is a slot the space lives, has no more names than it may, and
 * no user has chosen a name of the slot's index.  Without one it is
 * ipc_entry_none, which is neither spare nor a right to anything.
 */
extern struct ipc_entry ipc_entry_none;	/* no name's: no rights to a dead port */
/* Dead: what a spare slot denotes; what a name does that is not what is asked for. */
extern struct ipc_port ipc_port_spare, ipc_port_none;

/* No slot any more; its right, if there is one, is like any other. */
void		  ipc_slot_retire(struct ipc_space *space);

/* An entry becomes what the slot cannot be. */
static inline void
ipc_slot_leave(struct ipc_space *space, const struct ipc_entry *entry)
{
	if (unlikely(entry == space->slot))
		ipc_slot_retire(space);
}

static inline bool
ipc_slot_is_spare(const struct ipc_space *space)
{
	return space->slot->port == &ipc_port_spare;
}

/* A send-once right (consumed) into the slot, under *name; false: it is not spare. */
static inline __attribute__((always_inline)) bool
ipc_slot_use(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t *name)
{
	struct ipc_entry *entry = space->slot;

	if (unlikely(entry->port != &ipc_port_spare))
		return false;
	*name = space->slot_name;
	/* If the port has died since, check_dead will see it. */
	entry->port = port;
	entry->bits += MACH_PORT_TYPE_SEND_ONCE + 1;
	return true;
}

/* The same for a right that is not the slot's. */
struct ipc_port	 *ipc_slot_other(struct ipc_space *space,
		    mach_port_name_t name);
void		  ipc_slot_other_used(struct ipc_space *space,
		    mach_port_name_t name);

/*
 * The port of a send-once right to reply to, of which no notification has been
 * requested; it may be dead.  ipc_port_none: there is none of that name.
 */
static inline __attribute__((always_inline)) struct ipc_port *
ipc_slot_reply(struct ipc_space *space, mach_port_name_t name)
{
	if (unlikely(name != space->slot_name))
		return ipc_slot_other(space, name);
	return space->slot->port;
}

/* The right to port that ipc_slot_reply has found by name has been used. */
static inline __attribute__((always_inline)) void
ipc_slot_used(struct ipc_space *space, mach_port_name_t name,
    const struct ipc_port *port)
{
	struct ipc_entry *entry = space->slot;

	if (unlikely(entry->port != port)) {
		ipc_slot_other_used(space, name);
		return;
	}
	assert((entry->bits & ~IE_GEN_MASK) == MACH_PORT_TYPE_SEND_ONCE + 1 &&
	    entry->request == NULL);
	entry->port = &ipc_port_spare;
	entry->bits += IE_GEN_ONE - MACH_PORT_TYPE_SEND_ONCE - 1;
	space->slot_name += IE_GEN_ONE;
}

/* Use the spare slot for any right: it is the slot no more. */
static inline struct ipc_entry *
ipc_slot_take(struct ipc_space *space, mach_port_name_t *name)
{
	struct ipc_entry *entry = space->slot;

	*name = space->slot_name;
	entry->port = NULL;
	space->slot = &ipc_entry_none;
	space->slot_name = MACH_PORT_NAME_NULL;
	return entry;
}

static inline kern_return_t
ipc_entry_alloc(struct ipc_space *space, mach_port_name_t *name,
    struct ipc_entry **entry)
{
	if (unlikely(!ipc_slot_is_spare(space)))
		return ipc_entry_alloc_lowest(space, name, entry);
	*entry = ipc_slot_take(space, name);
	return KERN_SUCCESS;
}

#endif
