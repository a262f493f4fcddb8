/*
 * ipc/ipc_entry.c - the tables that turn names into entries.
 *
 * A name that the kernel chose is (generation << 24) | index.  The index
 * given up last is given out first if it is the spare slot's, and else the
 * lowest free one, with its generation one up at each reuse.
 * The first 256 entries are in chunks of 32, 32, 64 and 128, the others in
 * leaves of 256, so no allocation exceeds a page and no entry ever moves.
 *
 * Owns:       names, entries and the maps of a space.
 * Locks:      all under the space's lock (LOCK_SPACE).
 * Invariant:  a bit of block->free is set exactly if the index exists and its
 *             entry has been given up and is not the slot; summaries
 *             follow.  No fresh name equals one in by_name.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_hint.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/zone.h>

#define LEAF_ENTRIES	256u
#define LEAF_BYTES	(LEAF_ENTRIES * sizeof(struct ipc_entry))
#define BLOCK_ENTRIES	1024u
#define BLOCK_POINTERS	(IPC_SPACE_LIMIT_MAX / BLOCK_ENTRIES)
#define BLOCKS_BYTES	(BLOCK_POINTERS * sizeof(struct ipc_block *))
/* Charged for a name: its entry, its part of blocks and hashes. */
#define NAME_BYTES	(sizeof(struct ipc_entry) + 4)
#define USER_NAME_BYTES	(sizeof(struct ipc_user_entry) + 4)

static struct zone *user_entry_zone;

/* A dead port; fixed but for its lock. */
#define DEAD_PORT(name)							\
	struct ipc_port name = {					\
		.head.lock = SPINLOCK_INIT(LOCK_PORT),			\
		.head.flags = IO_DEAD,					\
		.msgs = { &name.msgs, &name.msgs },			\
	}
DEAD_PORT(ipc_port_none);
DEAD_PORT(ipc_port_spare);
struct ipc_entry ipc_entry_none = { .port = &ipc_port_none };	/* fixed */

void
ipc_entry_bootstrap(void)
{
	user_entry_zone = zone_create("ipc_user_entry",
	    sizeof(struct ipc_user_entry), 0);
}

/* First index and number of entries of a small chunk. */
static uint32_t
chunk_start(unsigned chunk)
{
	return chunk == 0 ? 0 : 16u << chunk;
}

static uint32_t
chunk_entries(unsigned chunk)
{
	return chunk == 0 ? 32 : 16u << chunk;
}

static void
mark_free(struct ipc_space *space, uint32_t index)
{
	uint32_t b = index / BLOCK_ENTRIES, w = (index >> 5) & 31;
	struct ipc_block *block = space->blocks[b];

	block->free[w] |= 1u << (index & 31);
	block->summary |= 1u << w;
	space->free_blocks[b >> 5] |= 1u << (b & 31);
	space->free_summary |= 1u << (b >> 5);
}

static void
mark_used(struct ipc_space *space, uint32_t index)
{
	uint32_t b = index / BLOCK_ENTRIES, w = (index >> 5) & 31;
	struct ipc_block *block = space->blocks[b];

	block->free[w] &= ~(1u << (index & 31));
	if (block->free[w] != 0)
		return;
	block->summary &= ~(1u << w);
	if (block->summary != 0)
		return;
	space->free_blocks[b >> 5] &= ~(1u << (b & 31));
	if (space->free_blocks[b >> 5] == 0)
		space->free_summary &= ~(1u << (b >> 5));
}

/* The lowest free index; there is one. */
static uint32_t
lowest_free(struct ipc_space *space)
{
	uint32_t t = __builtin_ctz(space->free_summary);
	uint32_t b = t * 32 + __builtin_ctz(space->free_blocks[t]);
	struct ipc_block *block = space->blocks[b];
	uint32_t w = __builtin_ctz(block->summary);

	return b * BLOCK_ENTRIES + w * 32 + __builtin_ctz(block->free[w]);
}

/* Make sure that block number b exists. */
static bool
grow_blocks(struct ipc_space *space, uint32_t b)
{
	struct ipc_block **blocks;

	if (b == 0)
		return true;
	if (space->blocks == &space->first) {
		blocks = kalloc_zero(BLOCKS_BYTES);
		if (blocks == NULL)
			return false;
		blocks[0] = space->first;
		space->blocks = blocks;
	}
	if (space->blocks[b] == NULL)
		space->blocks[b] = kalloc_zero(sizeof(struct ipc_block));
	return space->blocks[b] != NULL;
}

/* Add the next chunk or leaf. */
static kern_return_t
grow_table(struct ipc_space *space)
{
	uint32_t start = space->table_size, count = LEAF_ENTRIES;
	struct ipc_entry *entries = NULL;

	if (start >= IPC_SPACE_LIMIT_MAX)
		return KERN_NO_SPACE;
	if (start < LEAF_ENTRIES)
		count = start == 0 ? 32 : start;
	if (!account_take(space->account, ACCOUNT_BYTES, count * NAME_BYTES))
		return KERN_RESOURCE_SHORTAGE;
	if (grow_blocks(space, start / BLOCK_ENTRIES))
		entries = kalloc_zero(count * sizeof(*entries));
	if (entries == NULL) {
		account_give(space->account, ACCOUNT_BYTES, count * NAME_BYTES);
		return KERN_RESOURCE_SHORTAGE;
	}
	if (start < LEAF_ENTRIES)
		space->chunk[27 - __builtin_clz(start | 31)] = entries - start;
	else
		space->blocks[start / BLOCK_ENTRIES]->leaf[(start >> 8) & 3] =
		    entries;
	space->table_size = start + count;
	for (uint32_t i = start; i < start + count; i++)
		if (i != 0)		/* no right is called MACH_PORT_NULL */
			mark_free(space, i);
	return KERN_SUCCESS;
}

/*
 * Give a free index a generation under which no user has chosen its name.
 */
static bool
settle_name(struct ipc_space *space, struct ipc_entry *entry, uint32_t index)
{
	for (unsigned tries = 0; tries < 256; tries++) {
		if (space->by_name.elements == 0 || ipc_entry_lookup_user(space,
		    (entry->bits & IE_GEN_MASK) | index) == NULL)
			return true;
		entry->bits += IE_GEN_ONE;
	}
	return false;
}

kern_return_t
ipc_entry_alloc_lowest(struct ipc_space *space, mach_port_name_t *name,
    struct ipc_entry **out)
{
	struct ipc_entry *entry;
	kern_return_t kr;
	uint32_t index;

	if (space->entry_count >= space->entry_limit)
		return KERN_NO_SPACE;
	if (unlikely(space->free_summary == 0)) {
		kr = grow_table(space);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	index = lowest_free(space);
	entry = ipc_entry_at(space, index);
	if (!settle_name(space, entry, index))
		return KERN_NO_SPACE;
	mark_used(space, index);
	space->entry_count++;
	*name = (entry->bits & IE_GEN_MASK) | index;
	*out = entry;
	return KERN_SUCCESS;
}

static uint32_t *
user_bucket(struct ipc_space *space, mach_port_name_t name)
{
	return ipc_hash_at(&space->by_name,
	    ipc_hash_bucket(&space->by_name, name));
}

static struct ipc_user_entry *
user_chain(const uint32_t *bucket)
{
	return (struct ipc_user_entry *)(uintptr_t)*bucket;
}

static void
user_insert(struct ipc_space *space, struct ipc_user_entry *user)
{
	uint32_t *bucket = user_bucket(space, user->name);

	user->next = user_chain(bucket);
	*bucket = (uint32_t)(uintptr_t)user;
}

struct ipc_entry *
ipc_entry_lookup_user(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_user_entry *user = user_chain(user_bucket(space, name));

	while (user != NULL && user->name != name)
		user = user->next;
	return user != NULL ? &user->entry : NULL;
}

static void
user_grow(struct ipc_space *space)
{
	struct ipc_user_entry *user, *next;
	uint32_t from, *bucket;

	if (!ipc_hash_crowded(&space->by_name) ||
	    !ipc_hash_grow(&space->by_name, &from))
		return;
	bucket = ipc_hash_at(&space->by_name, from);
	user = user_chain(bucket);
	*bucket = 0;
	for (; user != NULL; user = next) {
		next = user->next;
		user_insert(space, user);
	}
}

kern_return_t
ipc_entry_alloc_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry **out)
{
	struct ipc_user_entry *user;

	if (space->entry_count >= space->entry_limit &&
	    ipc_slot_is_spare(space))
		ipc_slot_retire(space);
	if (space->entry_count >= space->entry_limit)
		return KERN_NO_SPACE;
	if (!account_take(space->account, ACCOUNT_BYTES, USER_NAME_BYTES))
		return KERN_RESOURCE_SHORTAGE;
	user = zalloc_zero(user_entry_zone);
	if (user == NULL) {
		account_give(space->account, ACCOUNT_BYTES, USER_NAME_BYTES);
		return KERN_RESOURCE_SHORTAGE;
	}
	user->name = name;
	user_insert(space, user);
	space->user_names |= 1u << (name & 31);
	if (((space->slot_name ^ name) & IE_INDEX_MASK) == 0)
		ipc_slot_retire(space);
	space->by_name.elements++;
	space->entry_count++;
	user_grow(space);
	*out = &user->entry;
	return KERN_SUCCESS;
}

static void
user_dealloc(struct ipc_space *space, struct ipc_user_entry *user)
{
	uint32_t *bucket = user_bucket(space, user->name);
	struct ipc_user_entry *prev = user_chain(bucket);

	if (prev == user) {
		*bucket = (uint32_t)(uintptr_t)user->next;
	} else {
		while (prev->next != user)
			prev = prev->next;
		prev->next = user->next;
	}
	space->by_name.elements--;
	zfree(user_entry_zone, user);
	account_give(space->account, ACCOUNT_BYTES, USER_NAME_BYTES);
}

void
ipc_slot_retire(struct ipc_space *space)
{
	mach_port_name_t name;

	if (ipc_slot_is_spare(space)) {
		ipc_slot_take(space, &name);
		mark_free(space, name & IE_INDEX_MASK);
		space->entry_count--;
	}
	space->slot = &ipc_entry_none;
	space->slot_name = MACH_PORT_NAME_NULL;
}

/*
 * Whether the entry of a name that is given up should be the slot.  Not if the
 * name is, or may become, one that a user chose.
 */
static inline bool
slot_is_wanted(const struct ipc_space *space, mach_port_name_t name)
{
	return !ipc_slot_is_spare(space) &&
	    !((space->user_names >> (name & 31)) & 1) && space->active &&
	    space->entry_count <= space->entry_limit;
}

void
ipc_entry_dealloc(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	uint32_t index = name & IE_INDEX_MASK;

	assert(entry->request == NULL);
	ipc_hint_forget(space, name, entry);
	if (entry == space->slot || slot_is_wanted(space, name)) {
		entry->port = &ipc_port_spare;
		entry->bits = (entry->bits & IE_GEN_MASK) + IE_GEN_ONE;
		space->slot = entry;
		space->slot_name = entry->bits | index;
		return;
	}
	space->entry_count--;
	if (index >= space->table_size ||
	    ipc_entry_at(space, index) != entry) {
		user_dealloc(space, (struct ipc_user_entry *)entry);
		return;
	}
	entry->port = NULL;
	entry->bits = (entry->bits & IE_GEN_MASK) + IE_GEN_ONE;
	mark_free(space, index);
}

struct ipc_port *
ipc_slot_other(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (entry == NULL || entry->request != NULL ||
	    !(entry->bits & MACH_PORT_TYPE_SEND_ONCE))
		return &ipc_port_none;
	/* What ipc_slot_used is told must not be true of both. */
	if (entry->port == space->slot->port)
		ipc_slot_retire(space);
	return entry->port;
}

void
ipc_slot_other_used(struct ipc_space *space, mach_port_name_t name)
{
	ipc_entry_dealloc(space, name, ipc_entry_lookup(space, name));
}

void
ipc_entry_free_tables(struct ipc_space *space)
{
	struct ipc_block *block;

	for (unsigned c = 0; c < IPC_SMALL_CHUNKS; c++)
		if (chunk_start(c) < space->table_size)
			kfree(space->chunk[c] + chunk_start(c),
			    chunk_entries(c) * sizeof(struct ipc_entry));
	for (uint32_t b = 0; b * BLOCK_ENTRIES < space->table_size; b++) {
		block = space->blocks[b];
		for (unsigned l = 0; l < 4; l++)
			if (block->leaf[l] != NULL)
				kfree(block->leaf[l], LEAF_BYTES);
		if (b != 0)
			kfree(block, sizeof(*block));
	}
	if (space->blocks != &space->first)
		kfree(space->blocks, BLOCKS_BYTES);
	space->blocks = &space->first;
	if (space->table_size != 0)
		account_give(space->account, ACCOUNT_BYTES,
		    space->table_size * NAME_BYTES);
	space->table_size = 0;
	ipc_hash_free(&space->by_port);
	ipc_hash_free(&space->by_name);
}

#define SKIP_MAX	256u	/* free entries in one go */

/* From the table: the cursor is an index. */
static struct ipc_entry *
next_in_table(struct ipc_space *space, uint64_t *cursor,
    mach_port_name_t *name)
{
	uint64_t stop = min_of(*cursor + SKIP_MAX, space->table_size);
	struct ipc_entry *entry;

	while (*cursor < stop) {
		entry = ipc_entry_at(space, (uint32_t)*cursor);
		*name = (entry->bits & IE_GEN_MASK) | (uint32_t)*cursor;
		++*cursor;
		if (IE_TYPE(entry->bits) != 0)
			return entry;
	}
	return NULL;
}

#define CURSOR_USER	(1ull << 32)	/* then bucket, and place in the chain */
#define CURSOR_BUCKET	(1ull << 40)

/* From the hash: bucket in the cursor's upper bits, place in the lower. */
static struct ipc_entry *
next_in_hash(struct ipc_space *space, uint64_t *cursor,
    mach_port_name_t *name)
{
	struct ipc_user_entry *user;
	uint32_t place, bucket;

	if (!(*cursor & CURSOR_USER))
		*cursor = CURSOR_USER;
	for (uint32_t skipped = 0; skipped < SKIP_MAX; skipped++) {
		bucket = (uint32_t)(*cursor / CURSOR_BUCKET);
		if (space->by_name.elements == 0 ||
		    bucket >= space->by_name.buckets) {
			*cursor = IPC_CURSOR_END;
			return NULL;
		}
		user = user_chain(ipc_hash_at(&space->by_name, bucket));
		for (place = (uint32_t)*cursor; user != NULL && place > 0;
		    place--)
			user = user->next;
		if (user != NULL) {
			++*cursor;
			*name = user->name;
			return &user->entry;
		}
		*cursor = CURSOR_USER + (bucket + 1) * CURSOR_BUCKET;
	}
	return NULL;
}

struct ipc_entry *
ipc_entry_next(struct ipc_space *space, uint64_t *cursor,
    mach_port_name_t *name)
{
	if (*cursor < space->table_size)
		return next_in_table(space, cursor, name);
	return next_in_hash(space, cursor, name);
}

static uint32_t *
port_bucket(struct ipc_space *space, const struct ipc_port *port)
{
	return ipc_hash_at(&space->by_port, ipc_hash_bucket(&space->by_port,
	    (uint32_t)(uintptr_t)port));
}

/* One bucket more; its elements come from one other. */
static void
port_grow(struct ipc_space *space)
{
	mach_port_name_t name, next;
	struct ipc_entry *entry;
	uint32_t from, *bucket;

	if (!ipc_hash_grow(&space->by_port, &from))
		return;
	bucket = ipc_hash_at(&space->by_port, from);
	name = *bucket;
	*bucket = 0;
	for (; name != 0; name = next) {
		entry = ipc_entry_lookup(space, name);
		next = entry->hash_next;
		bucket = port_bucket(space, entry->port);
		entry->hash_next = *bucket;
		*bucket = name;
	}
}

void
ipc_entry_hash_insert(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	uint32_t *bucket = port_bucket(space, entry->port);

	entry->hash_next = *bucket;
	*bucket = name;
	space->by_port.elements++;
	if (unlikely(ipc_hash_crowded(&space->by_port)))
		port_grow(space);
}

void
ipc_entry_hash_remove(struct ipc_space *space, mach_port_name_t name,
    struct ipc_entry *entry)
{
	uint32_t *link = port_bucket(space, entry->port);

	while (*link != name)
		link = &ipc_entry_lookup(space, *link)->hash_next;
	*link = entry->hash_next;
	space->by_port.elements--;
}

struct ipc_entry *
ipc_entry_hash_lookup(struct ipc_space *space, struct ipc_port *port,
    mach_port_name_t *out)
{
	mach_port_name_t name = *port_bucket(space, port);
	struct ipc_entry *entry;

	for (; name != 0; name = entry->hash_next) {
		entry = ipc_entry_lookup(space, name);
		if (entry->port == port) {
			*out = name;
			return entry;
		}
	}
	return NULL;
}
