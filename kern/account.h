/*
 * kern/account.h - what the kernel has given to a task, and how much it may.
 *
 * Every allocation for a task is charged to its account, by number (ports,
 * messages, threads, map entries) or by bytes.  The account outlives the task
 * for as long as anything is charged to it.  All of this is atomic: no locks,
 * callable under any.
 */
#ifndef KERN_ACCOUNT_H
#define KERN_ACCOUNT_H

#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/types.h>

/* In the order of struct task_limits. */
enum account_kind {
	ACCOUNT_BYTES,		/* kernel memory that no other kind counts */
	ACCOUNT_PORTS,
	ACCOUNT_NAMES,		/* the limit only: the space counts them */
	ACCOUNT_MESSAGES,
	ACCOUNT_MESSAGE_BYTES,
	ACCOUNT_THREADS,
	ACCOUNT_MAP_ENTRIES,
	ACCOUNT_KINDS
};

struct account {
	/* atomic */
	struct refcount	  refs;		/* one for each use that is not 0 */
	volatile uint32_t use[ACCOUNT_KINDS];
	volatile uint32_t early_pages;	/* vm_page_early.c */
	/* to change: the task's lock; read freely */
	volatile uint32_t limit[ACCOUNT_KINDS];
};

/* Of ports, kernel memory as a whole is looked at with every so many. */
#define ACCOUNT_PORTS_STEP	16u

extern struct account kernel_account;	/* without limits */

void		 account_bootstrap(void);
/* With parent's limits, NULL: the default ones.  A reference; NULL: no memory. */
struct account	*account_create(const struct account *parent);
void		 account_reference(struct account *account);
void		 account_release(struct account *account);

/* Charge amount; false, with nothing changed, if that is beyond a limit. */
bool		 account_take(struct account *account, enum account_kind kind,
		    uint32_t amount);
/* Whether amount more would be within the limits. */
bool		 account_room(const struct account *account,
		    enum account_kind kind, uint32_t amount);
/* The same for one map entry, short. */
bool		 account_room_entry(const struct account *account);
/* Kernel memory in all, in bytes. */
uint32_t	 account_bytes(const struct account *account);
/* The default limits. */
uint32_t	 account_default(enum account_kind kind);

/* Charge amount whatever the limits say. */
static inline void
account_add(struct account *account, enum account_kind kind, uint32_t amount)
{
	if (unlikely(__atomic_fetch_add(&account->use[kind], amount,
	    __ATOMIC_RELAXED) == 0))
		account_reference(account);
}

/* What has been charged is there no longer. */
static inline void
account_give(struct account *account, enum account_kind kind, uint32_t amount)
{
	uint32_t left = __atomic_sub_fetch(&account->use[kind], amount,
	    __ATOMIC_ACQ_REL);

	assert((int32_t)left >= 0);
	if (unlikely(left == 0))
		account_release(account);
}

/* The second half of account_take_port; old is the number before. */
bool		 account_check_port(struct account *account, uint32_t old);

/* account_take for one port, short. */
static inline bool
account_take_port(struct account *account)
{
	uint32_t old = __atomic_fetch_add(&account->use[ACCOUNT_PORTS], 1,
	    __ATOMIC_RELAXED);

	if (likely(old % ACCOUNT_PORTS_STEP != 0 &&
	    old < account->limit[ACCOUNT_PORTS]))
		return true;
	return account_check_port(account, old);
}

#endif
