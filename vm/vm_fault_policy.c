/*
 * vm/vm_fault_policy.c - how long the faults of a task wait for pagers, and
 * what then (paper, section 6.2.1).
 *
 * Owns:       each map's list of policies, newest first: the first that covers
 *             an address counts.
 * Locks:      the map's.
 */
#include <duality_server.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_mig.h>
#include <kern/zone.h>
#include <mach/fault_policy.h>
#include <vm/pmap.h>
#include <vm/vm_fault_policy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>

#define POLICIES_MAX	64u	/* of one map */

struct vm_fault_policy {
	struct vm_fault_policy *next;
	vm_offset_t	 start, end;	/* both 0: memory received in messages */
	int		 policy;
	bool		 read;		/* that memory is read when it comes */
	unsigned	 timeout_ms;
	struct ipc_port	*notify;	/* a send right, or NULL */
};

static struct vm_fault_policy *
policy_find(struct vm_map *map, vm_offset_t va, bool received)
{
	struct vm_fault_policy *p, *general = NULL;

	for (p = map->policies; p != NULL; p = p->next) {
		if (va >= p->start && va < p->end)
			return p;
		if (p->end == 0 && general == NULL)
			general = p;
	}
	return received ? general : NULL;
}

unsigned
vm_fault_policy_timeout(struct vm_map *map, vm_offset_t va, bool received)
{
	struct vm_fault_policy *p = policy_find(map, va, received);

	if (p == NULL || p->policy == FAULT_POLICY_WAIT)
		return 0;
	return max_of(p->timeout_ms, 1u);
}

bool
vm_fault_policy_reads(struct vm_map *map, unsigned *timeout_ms)
{
	struct vm_fault_policy *p;
	bool reads;

	*timeout_ms = 0;
	rwlock_read(&map->lock);
	for (p = map->policies; p != NULL && p->end != 0; p = p->next)
		continue;
	reads = p != NULL && p->read;
	if (reads && (p->policy == FAULT_POLICY_EXCEPTION ||
	    p->policy == FAULT_POLICY_ZERO))
		*timeout_ms = max_of(p->timeout_ms, 1u);
	rwlock_done(&map->lock);
	return reads;
}

static void
policy_tell(struct ipc_port *notify, vm_offset_t va, vm_prot_t access)
{
	struct fault_policy_message msg = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0),
			.msgh_remote_port = notify,
			.msgh_id = FAULT_POLICY_MSG_ID,
		},
		.type = {
			.msgt_name = MACH_MSG_TYPE_INTEGER_32,
			.msgt_size = 32,
			.msgt_number = 2,
			.msgt_inline = TRUE,
		},
		.address = va,
		.access = access,
	};

	(void)mach_msg_send_from_kernel(&msg.head, sizeof(msg));
}

/* The page at va becomes memory that nobody has touched. */
static kern_return_t
policy_zero(struct vm_map *map, vm_offset_t va)
{
	struct vm_object *object = NULL;
	struct vm_map_entry *entry;
	kern_return_t kr;

	rwlock_write(&map->lock);
	kr = vm_map_clip_range(map, va, va + PAGE_SIZE, &entry);
	if (kr == KERN_SUCCESS && entry->wired_count == 0 &&
	    !entry->in_transition) {
		pmap_remove(map->pmap, va, va + PAGE_SIZE);
		object = entry->object;
		entry->object = NULL;
		entry->offset = 0;
		entry->needs_copy = false;
		entry->is_shared = false;
	}
	rwlock_done(&map->lock);
	vm_object_deallocate(object);
	return kr == KERN_RESOURCE_SHORTAGE ? KERN_RESOURCE_SHORTAGE :
	    KERN_SUCCESS;	/* a hole: the fault will see it */
}

kern_return_t
vm_fault_policy_apply(struct vm_map *map, vm_offset_t va, vm_prot_t access,
    bool *told)
{
	struct ipc_port *notify = NULL;
	struct vm_fault_policy *p;
	int policy = FAULT_POLICY_WAIT;

	rwlock_read(&map->lock);
	p = policy_find(map, va, true);
	if (p != NULL) {
		policy = p->policy;
		if (policy == FAULT_POLICY_MESSAGE && !*told)
			notify = ipc_port_copy_send(p->notify);
	}
	rwlock_done(&map->lock);
	if (policy == FAULT_POLICY_ZERO)
		return policy_zero(map, va);
	if (policy == FAULT_POLICY_EXCEPTION)
		return KERN_TIMEDOUT;
	if (IP_VALID(notify)) {
		policy_tell(notify, va, access);
		*told = true;
	}
	return KERN_SUCCESS;
}

static void
policy_free(struct vm_fault_policy *p)
{
	ipc_port_release_send(p->notify);
	kfree(p, sizeof(*p));
}

void
vm_fault_policy_free(struct vm_map *map)
{
	struct vm_fault_policy *p;

	while ((p = map->policies) != NULL) {
		map->policies = p->next;
		policy_free(p);
	}
}

/* Take policies that a new one covers off the list; how many are left. */
static unsigned
policies_replace(struct vm_map *map, const struct vm_fault_policy *new,
    struct vm_fault_policy **gone)
{
	struct vm_fault_policy **link = &map->policies, *p;
	unsigned left = 0;

	while ((p = *link) != NULL) {
		if (p->start >= new->start && p->end <= new->end &&
		    (p->end == 0) == (new->end == 0)) {
			*link = p->next;
			p->next = *gone;
			*gone = p;
		} else {
			link = &p->next;
			left++;
		}
	}
	return left;
}

kern_return_t
vm_set_fault_policy(struct vm_map *map, vm_address_t address, vm_size_t size,
    int policy, natural_t timeout_ms, struct ipc_port *notify)
{
	struct vm_fault_policy *new, *gone = NULL;
	bool full, read = policy & FAULT_POLICY_READ;

	policy &= ~FAULT_POLICY_READ;
	if (map == NULL || policy < FAULT_POLICY_WAIT ||
	    policy > FAULT_POLICY_ZERO || (read && size != 0) ||
	    address + size < address ||
	    (policy == FAULT_POLICY_MESSAGE && !IP_VALID(notify)))
		return KERN_INVALID_ARGUMENT;
	new = kalloc_zero(sizeof(*new));
	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (size != 0) {
		new->start = trunc_page(address);
		new->end = round_page(address + size);
	}
	new->policy = policy;
	new->read = read;
	new->timeout_ms = timeout_ms;
	rwlock_write(&map->lock);
	full = policies_replace(map, new, &gone) >= POLICIES_MAX;
	if (!full) {
		new->notify = notify;
		new->next = map->policies;
		map->policies = new;
	}
	rwlock_done(&map->lock);
	if (full)
		kfree(new, sizeof(*new));
	while (gone != NULL) {
		new = gone;
		gone = new->next;
		policy_free(new);
	}
	return full ? KERN_RESOURCE_SHORTAGE : KERN_SUCCESS;
}
