/*
 * mach_debug/hash_info.h - how full a hash table's buckets are.
 */
#ifndef MACH_DEBUG_HASH_INFO_H
#define MACH_DEBUG_HASH_INFO_H

typedef struct hash_info_bucket {
	unsigned int	hib_count;		/* entries in the bucket */
} hash_info_bucket_t;
typedef hash_info_bucket_t *hash_info_bucket_array_t;

_Static_assert(sizeof(hash_info_bucket_t) == 4, "user ABI");

#endif
