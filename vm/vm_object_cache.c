/*
 * vm/vm_object_cache.c - objects that nobody maps but whose pager lets them
 * stay (may_cache): all of memory caches their pages until it is wanted.
 *
 * Owns:       the list of such objects, longest unused first.
 * Locks:      cache_lock (LOCK_OBJECT_CACHE) after the object's; upwards only
 *             by trying.
 * Invariant:  an object is on the list exactly if cached is set, and then has
 *             no references.
 */
#include <kern/debug.h>
#include <kern/lock.h>
#include <vm/vm_object.h>

#define CACHED_OBJECTS_MAX	2000u	/* each holds a pager's port */

static struct spinlock cache_lock = SPINLOCK_INIT(LOCK_OBJECT_CACHE);
static struct queue cache = { &cache, &cache };	/* cache_lock */
static volatile unsigned cache_count;		/* cache_lock */

void
vm_object_cache_insert_unlock(struct vm_object *object)
{
	bool full;

	spin_lock(&cache_lock);
	object->cached = true;
	queue_push_back(&cache, &object->cache_link);
	full = ++cache_count > CACHED_OBJECTS_MAX;
	spin_unlock(&cache_lock);
	vm_object_unlock(object);
	if (full)
		vm_object_cache_trim();
}

void
vm_object_cache_remove(struct vm_object *object)
{
	assert(object->cached);
	spin_lock(&cache_lock);
	object->cached = false;
	queue_remove(&object->cache_link);
	cache_count--;
	spin_unlock(&cache_lock);
}

bool
vm_object_cache_trim(void)
{
	struct vm_object *object = NULL;
	struct queue *q;

	spin_lock(&cache_lock);
	queue_for_each(q, &cache) {
		object = queue_element(q, struct vm_object, cache_link);
		if (spin_trylock(&object->lock))
			break;
		object = NULL;
	}
	if (object == NULL) {
		spin_unlock(&cache_lock);
		return false;
	}
	object->cached = false;
	queue_remove(&object->cache_link);
	cache_count--;
	spin_unlock(&cache_lock);
	vm_object_deallocate(vm_object_terminate_unlock(object));
	return true;
}

void
vm_object_cache_count(unsigned *objects, unsigned *pages)
{
	struct queue *q;

	*pages = 0;
	spin_lock(&cache_lock);
	*objects = cache_count;
	queue_for_each(q, &cache)
		*pages += queue_element(q, struct vm_object,
		    cache_link)->resident->count;
	spin_unlock(&cache_lock);
}
