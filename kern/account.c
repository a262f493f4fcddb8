/*
 * kern/account.c - what the kernel has given to each task.
 *
 * Owns:       accounts.  What is counted in them belongs to others.
 * Locks:      none: counts are atomic, limits are words.  Two that charge at
 *             once may both be refused where one of them would have fitted.
 * Invariant:  a count above 0 holds a reference, taken by who raises it from
 *             0 and dropped by who brings it back: so an account lives as
 *             long as its task, its space, its map and what is charged to it.
 */
#include <ipc/ipc_port.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <mach/task_limits.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define MB		(1024u * 1024u)
#define NO_LIMIT	0x7fffffffu

_Static_assert(TASK_LIMITS_COUNT == ACCOUNT_KINDS, "mach/task_limits.h");

static struct zone *account_zone;

struct account kernel_account;

/* Kernel memory of one of each, in bytes. */
static const uint32_t cost[ACCOUNT_KINDS] = {
	[ACCOUNT_BYTES] = 1,
	[ACCOUNT_PORTS] = sizeof(struct ipc_port),
	[ACCOUNT_MESSAGE_BYTES] = 1,
	/* with its two ports, and a stack for when it waits in the kernel */
	[ACCOUNT_THREADS] = sizeof(struct thread) +
	    2 * sizeof(struct ipc_port) + KERNEL_STACK_SIZE,
	/* with the object behind it */
	[ACCOUNT_MAP_ENTRIES] = sizeof(struct vm_map_entry) +
	    sizeof(struct vm_object),
};

/* Of kernel memory: see account_bootstrap. */
static uint32_t defaults[ACCOUNT_KINDS] = {	/* fixed after boot */
	[ACCOUNT_PORTS] = 1u << 17,
	[ACCOUNT_NAMES] = IPC_SPACE_LIMIT,
	[ACCOUNT_MESSAGES] = 1u << 18,
	[ACCOUNT_THREADS] = 4096,
	[ACCOUNT_MAP_ENTRIES] = 1u << 16,
};

/*
 * A quarter of the memory that the kernel can use, or 16 MB where that is
 * less and there are 32; half of that for messages.
 */
void
account_bootstrap(void)
{
	uint32_t pages = min_of(vm_page_total, DIRECT_MAP_SIZE >> PAGE_SHIFT);
	uint32_t memory = pages << PAGE_SHIFT;
	uint32_t bytes = min_of(16 * MB, memory / 2);

	account_zone = zone_create("account", sizeof(struct account), 0);
	defaults[ACCOUNT_BYTES] = max_of(bytes, memory / 4);
	defaults[ACCOUNT_MESSAGE_BYTES] = defaults[ACCOUNT_BYTES] / 2;
	refcount_init(&kernel_account.refs, 1);
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		kernel_account.limit[i] = NO_LIMIT;
}

uint32_t
account_default(enum account_kind kind)
{
	return defaults[kind];
}

struct account *
account_create(const struct account *parent)
{
	struct account *account = zalloc_zero(account_zone);

	if (account == NULL)
		return NULL;
	refcount_init(&account->refs, 1);
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		account->limit[i] = parent != NULL ? parent->limit[i] :
		    defaults[i];
	return account;
}

void
account_reference(struct account *account)
{
	refcount_take(&account->refs);
}

void
account_release(struct account *account)
{
	if (refcount_drop(&account->refs))
		zfree(account_zone, account);
}

uint32_t
account_bytes(const struct account *account)
{
	uint32_t bytes = 0;

#pragma GCC unroll 8
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		if (cost[i] != 0)
			bytes += account->use[i] * cost[i];
	return bytes;
}

/* Whether what is charged to kind, and memory as a whole, is within limits. */
static bool
within(const struct account *account, enum account_kind kind)
{
	return account->use[kind] <= account->limit[kind] &&
	    account_bytes(account) <= account->limit[ACCOUNT_BYTES];
}

bool
account_take(struct account *account, enum account_kind kind, uint32_t amount)
{
	account_add(account, kind, amount);
	if (likely(within(account, kind)))
		return true;
	account_give(account, kind, amount);
	return false;
}

bool
account_check_port(struct account *account, uint32_t old)
{
	if (old == 0)
		account_reference(account);
	if (likely(within(account, ACCOUNT_PORTS)))
		return true;
	account_give(account, ACCOUNT_PORTS, 1);
	return false;
}

static inline __attribute__((always_inline)) bool
room(const struct account *account, enum account_kind kind, uint32_t amount)
{
	return account->use[kind] + amount <= account->limit[kind] &&
	    account_bytes(account) + amount * cost[kind] <=
	    account->limit[ACCOUNT_BYTES];
}

bool
account_room(const struct account *account, enum account_kind kind,
    uint32_t amount)
{
	return room(account, kind, amount);
}

bool
account_room_entry(const struct account *account)
{
	return room(account, ACCOUNT_MAP_ENTRIES, 1);
}
