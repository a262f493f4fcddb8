/*
 * ipc/ipc_hash.h - the buckets of a hash table that grows one bucket at a
 * time, so that no single call pays for growth.
 *
 * The users keep the chains and hash their elements; a bucket is one word, 0
 * when empty.  The lock is the owner's.
 */
#ifndef IPC_IPC_HASH_H
#define IPC_IPC_HASH_H

#include <kern/types.h>

#define IPC_HASH_SMALL	32u		/* buckets of a new table; a power of 2 */

struct ipc_hash {
	uint32_t   elements;		/* kept by the user */
	uint32_t   buckets;
	uint32_t   base;		/* largest power of 2 <= buckets */
	uint32_t **segments;		/* NULL: all buckets are in small */
	uint32_t   small[IPC_HASH_SMALL];
};

#define IPC_HASH_SEGMENT	1024u	/* buckets to a segment */
#define IPC_HASH_SEGMENTS	256u

void	ipc_hash_init(struct ipc_hash *hash);
void	ipc_hash_free(struct ipc_hash *hash);
/*
 * Add a bucket.  Elements of bucket *from whose hash now says another bucket
 * are to be moved by the caller.  False: nothing changed (no memory).
 */
bool	ipc_hash_grow(struct ipc_hash *hash, uint32_t *from);

static inline uint32_t *
ipc_hash_at(struct ipc_hash *hash, uint32_t bucket)
{
	if (likely(hash->segments == NULL))
		return &hash->small[bucket];
	return &hash->segments[bucket / IPC_HASH_SEGMENT]
	    [bucket % IPC_HASH_SEGMENT];
}

/* The bucket of an element: the base's bits, or one more if it is split. */
static inline uint32_t
ipc_hash_bucket(const struct ipc_hash *hash, uint32_t key)
{
	uint32_t h = key * 2654435761u, bucket;

	h ^= h >> 15;
	bucket = h & (2 * hash->base - 1);
	return bucket < hash->buckets ? bucket : bucket - hash->base;
}

static inline bool
ipc_hash_crowded(const struct ipc_hash *hash)
{
	return hash->elements > 2 * hash->buckets;
}

#endif
