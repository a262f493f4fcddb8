/*
 * vm/vm_object_collapse.c - keep shadow chains short: an object whose only
 * user is the one that shadows it becomes part of that one.
 *
 * Owns:       nothing.
 * Locks:      the upper object, the lower, and what that shadows, in this
 *             order.
 * Cost:       the smaller set of pages moves: where the lower object's is the
 *             larger, the upper's pages join it and the two exchange their
 *             sets.  Done when a reference drops or paging ends, never at a
 *             fault.
 * Pagers      one of the two may have a pager; the upper has it afterwards,
 *             and what it holds of the other object stays good or is covered
 *             by a resident page.
 */
#include <kern/debug.h>
#include <vm/memory_object.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_paged.h>

/* Move upper's pages to lower, over what lies there. */
static void
pages_move_down(struct vm_object *upper, struct vm_object *lower)
{
	struct queue *q, *save;
	struct vm_page *page, *old;
	vm_offset_t offset;

	queue_for_each_safe(q, save, &upper->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		offset = vm_page_object_offset(page);
		old = vm_page_lookup(lower, offset);
		if (old != NULL)
			vm_page_discard(old);
		vm_page_rename(page, lower, offset);
	}
}

/*
 * Move lower's pages to upper where it has none, in memory or, if it has been
 * paged, at its pager; free the others.
 */
static void
pages_move_up(struct vm_object *upper, struct vm_object *lower,
    bool upper_paged)
{
	struct queue *q, *save;
	struct vm_page *page;
	vm_offset_t offset;

	queue_for_each_safe(q, save, &lower->resident->pages) {
		page = queue_element(q, struct vm_page, object_link);
		/* below the window this wraps to a large number */
		offset = vm_page_object_offset(page) - upper->shadow_offset;
		if (offset >= upper->size ||
		    vm_page_lookup(upper, offset) != NULL ||
		    (upper_paged && vm_paged_test(upper, offset)))
			vm_page_discard(page);
		else
			vm_page_rename(page, upper, offset);
	}
}

static void
pages_exchange(struct vm_object *a, struct vm_object *b)
{
	struct vm_pages *resident = a->resident;
	vm_offset_t bias = a->resident_bias;

	spin_lock(&vm_page_queue_lock);
	a->resident = b->resident;
	a->resident_bias = b->resident_bias;
	a->resident->owner = a;
	b->resident = resident;
	b->resident_bias = bias;
	b->resident->owner = b;
	spin_unlock(&vm_page_queue_lock);
}

/*
 * lower's pager becomes upper's, locked as well, whose pages differ from what
 * it has: they must go to it before they can be dropped.
 */
static void
pager_inherit(struct vm_object *upper, struct vm_object *lower)
{
	struct queue *q;

	queue_for_each(q, &upper->resident->pages)
		queue_element(q, struct vm_page, object_link)->dirty = 1;
	vm_pager_move(upper, lower);
	upper->paging_offset = lower->paging_offset + upper->shadow_offset;
	upper->paged = lower->paged;
	upper->run_size = lower->run_size;
	upper->wants_discard = lower->wants_discard;
	lower->paged = NULL;
}

/* upper shadows what lower, whose last reference is gone, shadowed. */
static void
shadow_inherit(struct vm_object *upper, struct vm_object *lower)
{
	struct vm_object *next = lower->shadow;
	vm_offset_t offset = upper->shadow_offset + lower->shadow_offset;
	bool was_copy;

	vm_object_clear_shadow(upper);
	if (next == NULL)
		return;
	vm_object_lock_below(next);
	was_copy = next->copy == lower;
	vm_object_clear_shadow(lower);
	vm_object_set_shadow(upper, next, offset);
	if (was_copy)
		next->copy = upper;
	vm_object_unlock(next);
}

/* Whether what pagers have of two objects allows them to become one. */
static bool
merge_pagers(const struct vm_object *upper, const struct vm_object *lower)
{
	if (upper->laundry != NULL || lower->laundry != NULL ||
	    upper->pager_dead || lower->pager_dead)
		return false;
	return lower->pager == NULL || (upper->pager == NULL &&
	    upper->shadow_offset + upper->size <= lower->size);
}

/*
 * Whether upper, locked, may take in lower, locked; notes it for later.  If
 * so, upper's reference, the only one, is gone: somebody who comes up from
 * what lower shadows (vm_object_collapse_unlock) and knows lower without its
 * lock can take none any more.
 */
static bool
merge_begin(struct vm_object *upper, struct vm_object *lower)
{
	bool upper_busy, lower_busy;

	if (lower->refs.count != 1 || !lower->internal || !upper->internal ||
	    upper->terminating || !merge_pagers(upper, lower))
		return false;
	if (lower->copy != NULL && lower->copy != upper)
		return false;
	upper_busy = upper->paging_in_progress != 0 || upper->absent_count != 0;
	lower_busy = lower->paging_in_progress != 0 || lower->absent_count != 0;
	if (upper_busy)
		upper->collapse_wanted = true;
	if (lower_busy)
		lower->collapse_wanted = true;
	if (upper_busy || lower_busy)
		return false;
	if (lower->pager == NULL)
		return refcount_drop_only(&lower->refs);
	if (!vm_pager_ports_trylock(lower))
		return false;
	if (refcount_drop_only(&lower->refs))
		return true;
	vm_pager_ports_unlock(lower);
	return false;
}

static void
merge(struct vm_object *upper, struct vm_object *lower)
{
	/* of its own: not what it is about to inherit */
	bool upper_paged = upper->paged != NULL;

	if (lower->pager != NULL)
		pager_inherit(upper, lower);
	if (upper->shadow_offset == 0 && upper->size >= lower->size &&
	    !upper_paged &&
	    upper->resident->count < lower->resident->count) {
		pages_move_down(upper, lower);
		pages_exchange(upper, lower);
	} else {
		pages_move_up(upper, lower, upper_paged);
	}
	if (lower->mapped_writable)
		upper->mapped_writable = true;
	upper->pure_copy = false;
	shadow_inherit(upper, lower);
}

/* Take in what a locked object shadows, as often as that is possible. */
static void
collapse_below(struct vm_object *upper)
{
	struct vm_object *lower;

	while ((lower = upper->shadow) != NULL) {
		vm_object_lock_below(lower);
		if (!merge_begin(upper, lower)) {
			vm_object_unlock(lower);
			return;
		}
		merge(upper, lower);
		vm_object_unlock(lower);
		vm_object_free(lower);
	}
}

void
vm_object_collapse_unlock(struct vm_object *object)
{
	struct vm_object *upper;

	if (object->terminating) {
		vm_object_unlock(object);
		return;
	}
	collapse_below(object);
	if (object->refs.count != 1 || object->shadow_count != 1 ||
	    !object->internal) {
		vm_object_unlock(object);
		return;
	}
	upper = queue_element(queue_first(&object->shadows), struct vm_object,
	    shadow_link);
	/* without a reference it is ending, and will give up its shadow */
	if (!refcount_take_unless_zero(&upper->refs)) {
		vm_object_unlock(object);
		return;
	}
	vm_object_unlock(object);
	vm_object_lock(upper);
	collapse_below(upper);
	vm_object_unlock(upper);
	vm_object_deallocate(upper);
}
