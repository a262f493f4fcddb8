/*
 * vm/vm_page_early.c - pages that a pager supplied unasked and nobody has used
 * yet: how many there may be.
 *
 * They count against their object, and with those of all its objects against
 * the task that sent them.  The first ones of an object are memory like all
 * other, so that reading ahead is worth while; what is beyond is what memory is
 * taken from first, and while memory is scarce no more of it is taken.
 *
 * Owns:       the mark, the counts of pages that bear it, and an object's
 *             reference to the account of who sends them.
 * Locks:      the object's; an account's count is atomic.
 * Source:     SOSP 1987 paper, section 6.1: a data manager floods the cache.
 */
#include <kern/account.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define OBJECT_MAX	64u	/* pages of an object that are as all others */
#define TASK_SHARE	16u	/* the part of memory that may be one task's */

/* Whose pages those of a locked object are: the first who sends some. */
static struct account *
supplier_of(struct vm_object *object)
{
	struct account *account = current_thread()->task->account;

	if (object->supplier == account ||
	    (object->supplier != NULL && object->resident->early != 0))
		return object->supplier;
	if (object->supplier != NULL)
		account_release(object->supplier);
	account_reference(account);
	object->supplier = account;
	return account;
}

static bool
object_has_many(const struct vm_object *object)
{
	return object->resident->early >= OBJECT_MAX;
}

static bool
task_has_many(const struct account *account)
{
	return account->early_pages >= vm_page_total / TASK_SHARE;
}

bool
vm_page_early_refused(struct vm_object *object, bool precious)
{
	bool many = task_has_many(supplier_of(object));

	if (precious && many)
		return true;
	return (many || object_has_many(object)) && vm_page_scarce();
}

void
vm_page_early_begin(struct vm_page *page)
{
	struct vm_object *object = page->home->owner;
	struct account *account = supplier_of(object);

	vm_page_deactivate(page);
	if (object_has_many(object) || task_has_many(account))
		vm_page_next_out(page);
	page->early = 1;
	object->resident->early++;
	__atomic_fetch_add(&account->early_pages, 1, __ATOMIC_RELAXED);
}

void
vm_page_early_end(struct vm_page *page)
{
	page->early = 0;
	page->home->early--;
	__atomic_fetch_sub(&page->home->owner->supplier->early_pages, 1,
	    __ATOMIC_RELAXED);
}

void
vm_page_early_free(struct vm_object *object)
{
	if (object->supplier != NULL)
		account_release(object->supplier);
}
