/*
 * ipc/ipc_hash.c - growth of a hash table, bucket by bucket.
 *
 * Owns:       the bucket arrays.  Chains belong to ipc_entry.c.
 * Locks:      those of the table's owner (LOCK_SPACE); allocates at most a
 *             page at a time, so that it may be held.
 * Invariant:  base <= buckets < 2 * base; buckets below buckets - base are
 *             split, and their elements tell by one more bit of the hash.
 */
#include <ipc/ipc_hash.h>
#include <kern/string.h>
#include <kern/zone.h>

#define SEGMENT_BYTES	(IPC_HASH_SEGMENT * sizeof(uint32_t))
#define SEGMENTS_BYTES	(IPC_HASH_SEGMENTS * sizeof(uint32_t *))

void
ipc_hash_init(struct ipc_hash *hash)
{
	memset(hash, 0, sizeof(*hash));
	hash->buckets = hash->base = IPC_HASH_SMALL;
}

void
ipc_hash_free(struct ipc_hash *hash)
{
	if (hash->segments == NULL)
		return;
	for (unsigned i = 0; i < IPC_HASH_SEGMENTS; i++)
		if (hash->segments[i] != NULL)
			kfree(hash->segments[i], SEGMENT_BYTES);
	kfree(hash->segments, SEGMENTS_BYTES);
	hash->segments = NULL;
}

/* Move the embedded buckets to a segment of their own. */
static bool
leave_small(struct ipc_hash *hash)
{
	uint32_t **segments = kalloc_zero(SEGMENTS_BYTES);

	if (segments == NULL)
		return false;
	segments[0] = kalloc_zero(SEGMENT_BYTES);
	if (segments[0] == NULL) {
		kfree(segments, SEGMENTS_BYTES);
		return false;
	}
	memcpy(segments[0], hash->small, sizeof(hash->small));
	hash->segments = segments;
	return true;
}

bool
ipc_hash_grow(struct ipc_hash *hash, uint32_t *from)
{
	uint32_t segment = hash->buckets / IPC_HASH_SEGMENT;

	if (segment == IPC_HASH_SEGMENTS)
		return false;
	if (hash->segments == NULL && !leave_small(hash))
		return false;
	if (hash->segments[segment] == NULL)
		hash->segments[segment] = kalloc_zero(SEGMENT_BYTES);
	if (hash->segments[segment] == NULL)
		return false;
	*from = hash->buckets - hash->base;
	hash->buckets++;
	if (hash->buckets == 2 * hash->base)
		hash->base = hash->buckets;
	return true;
}
