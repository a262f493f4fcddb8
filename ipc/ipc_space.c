/*
 * ipc/ipc_space.c - the life of a space.
 *
 * Owns:       struct ipc_space, and the kernel's two spaces, which hold no
 *             names: they only stand for the kernel as a receiver.
 * Locks:      the space's.  Destruction gives it up for each right.
 * Invariant:  once !active no name is added, and all lookups fail.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_hint.h>
#include <ipc/ipc_init.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_pset.h>
#include <ipc/ipc_right.h>
#include <ipc/mach_msg_fast.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <machine/machine.h>

static struct zone *space_zone;

struct ipc_space *ipc_space_kernel;
struct ipc_space *ipc_space_reply;

/* The space of the current task. */
struct ipc_space *
current_space(void)
{
	return current_thread()->task->space;
}

void
ipc_bootstrap(void)
{
	ipc_port_bootstrap();
	ipc_pset_bootstrap();
	ipc_entry_bootstrap();
	ipc_right_bootstrap();
	ipc_kmsg_bootstrap();
	ipc_marequest_bootstrap();
	ipc_space_bootstrap();
	ipc_kobject_bootstrap();
	if (boot_flag("slow-ipc"))
		mach_msg_fast_off();
}

void
ipc_space_bootstrap(void)
{
	space_zone = zone_create("ipc_space", sizeof(struct ipc_space), 0);
	if (ipc_space_create(&kernel_account, &ipc_space_kernel) !=
	    KERN_SUCCESS ||
	    ipc_space_create(&kernel_account, &ipc_space_reply) !=
	    KERN_SUCCESS)
		panic("no memory for the kernel's spaces");
}

kern_return_t
ipc_space_create(struct account *account, struct ipc_space **out)
{
	struct ipc_space *space = zalloc_zero(space_zone);

	if (space == NULL)
		return KERN_RESOURCE_SHORTAGE;
	refcount_init(&space->refs, 1);
	spinlock_init(&space->lock, LOCK_SPACE);
	space->active = true;
	account_reference(account);
	space->account = account;
	space->entry_limit = account->limit[ACCOUNT_NAMES];
	space->slot = &ipc_entry_none;
	space->first = &space->block0;
	space->blocks = &space->first;
	ipc_hint_init(space);
	ipc_hash_init(&space->by_port);
	ipc_hash_init(&space->by_name);
	queue_init(&space->marequests);
	*out = space;
	return KERN_SUCCESS;
}

void
ipc_space_free(struct ipc_space *space)
{
	ipc_entry_free_tables(space);
	account_release(space->account);
	zfree(space_zone, space);
}

uint32_t
ipc_space_names(struct ipc_space *space)
{
	uint32_t count;

	spin_lock(&space->lock);
	count = space->entry_count - ipc_slot_is_spare(space);
	spin_unlock(&space->lock);
	return count;
}

void
ipc_space_limit(struct ipc_space *space, uint32_t limit)
{
	spin_lock(&space->lock);
	ipc_slot_retire(space);
	space->entry_limit = limit;
	spin_unlock(&space->lock);
}

/* Destroy the rights of one pass over the names. */
static void
destroy_pass(struct ipc_space *space)
{
	struct ipc_after after;
	struct ipc_entry *entry;
	mach_port_name_t name;
	uint64_t cursor = 0;

	while (cursor != IPC_CURSOR_END) {
		ipc_after_init(&after);
		spin_lock(&space->lock);
		entry = ipc_entry_next(space, &cursor, &name);
		if (entry != NULL)
			ipc_right_destroy(space, name, entry, &after);
		spin_unlock(&space->lock);
		ipc_after_run(&after);
		thread_breathe();
	}
}

void
ipc_space_destroy(struct ipc_space *space)
{
	bool was_active;

	spin_lock(&space->lock);
	was_active = space->active;
	space->active = false;
	ipc_slot_retire(space);
	spin_unlock(&space->lock);
	if (!was_active)
		return;
	/* A pass over the names that users chose may skip some. */
	while (space->entry_count != 0)
		destroy_pass(space);
}
