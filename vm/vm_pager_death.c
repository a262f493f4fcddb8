/*
 * vm/vm_pager_death.c - tasks that asked are told when the pager of memory of
 * theirs has gone (paper, section 6.2.1).
 *
 * Owns:       the requests; each hangs from the pager's object that it is
 *             about, and goes with it, or with the message that it asked for.
 * Locks:      the object's, for its list of requests.  A map comes first.
 * Source:     docs/reference/fault-policy.md.
 */
#include <duality_server.h>
#include <ipc/ipc_port.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/ipc_mig.h>
#include <kern/zone.h>
#include <mach/fault_policy.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_pager_death.h>

#define REQUESTS_MAX	64u	/* of one task about one object */

struct vm_pager_death {
	struct vm_pager_death *next;
	vm_offset_t	 address;
	vm_size_t	 size;
	struct ipc_port	*notify;	/* a send right */
	struct account	*account;	/* a reference; who pays */
};

/* One that its account pays for, without a right yet.  NULL: no memory. */
static struct vm_pager_death *
request_make(struct vm_map *map, vm_offset_t address, vm_size_t size)
{
	struct vm_pager_death *request;

	if (!account_take(map->account, ACCOUNT_BYTES, sizeof(*request)))
		return NULL;
	request = kalloc_zero(sizeof(*request));
	if (request == NULL) {
		account_give(map->account, ACCOUNT_BYTES, sizeof(*request));
		return NULL;
	}
	account_reference(map->account);
	request->account = map->account;
	request->address = address;
	request->size = size;
	return request;
}

static void
request_free(struct vm_pager_death *request)
{
	ipc_port_release_send(request->notify);
	account_give(request->account, ACCOUNT_BYTES, sizeof(*request));
	account_release(request->account);
	kfree(request, sizeof(*request));
}

void
vm_pager_death_free(struct vm_pager_death *requests)
{
	struct vm_pager_death *request;

	while ((request = requests) != NULL) {
		requests = request->next;
		request_free(request);
	}
}

/* Send what was asked for; takes the request's right. */
static void
request_tell(struct vm_pager_death *request)
{
	struct pager_death_message msg = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0),
			.msgh_remote_port = request->notify,
			.msgh_id = PAGER_DEATH_MSG_ID,
		},
		.type = {
			.msgt_name = MACH_MSG_TYPE_INTEGER_32,
			.msgt_size = 32,
			.msgt_number = 2,
			.msgt_inline = TRUE,
		},
		.address = request->address,
		.size = request->size,
	};

	request->notify = NULL;
	(void)mach_msg_send_from_kernel(&msg.head, sizeof(msg));
}

void
vm_pager_death_tell(struct vm_pager_death *requests)
{
	struct vm_pager_death *request;

	for (request = requests; request != NULL; request = request->next)
		request_tell(request);
	vm_pager_death_free(requests);
}

/*
 * Put a request on a locked object's list, and take off into gone what it
 * replaces and what nobody waits for any more.  False: there are too many.
 */
static bool
request_enter(struct vm_object *object, struct vm_pager_death *new,
    struct vm_pager_death **gone)
{
	struct vm_pager_death **link = &object->deaths, *request;
	unsigned count = 0;

	while ((request = *link) != NULL) {
		if (!ipc_port_alive(request->notify) ||
		    (request->notify == new->notify &&
		    request->address == new->address)) {
			*link = request->next;
			request->next = *gone;
			*gone = request;
		} else {
			count += request->account == new->account;
			link = &request->next;
		}
	}
	if (count >= REQUESTS_MAX)
		return false;
	new->next = NULL;
	*link = new;
	return true;
}

/* The object of a user's pager in a chain, locked; NULL: there is none. */
static struct vm_object *
paged_object(struct vm_object *object)
{
	struct vm_object *shadow;

	if (object == NULL)
		return NULL;
	vm_object_lock(object);
	while (object->internal ||
	    (object->pager == NULL && !object->pager_dead)) {
		shadow = object->shadow;
		if (shadow != NULL)
			vm_object_lock_below(shadow);
		vm_object_unlock(object);
		if (shadow == NULL)
			return NULL;
		object = shadow;
	}
	return object;
}

/* What a call for a range of memory has come to. */
struct asking {
	struct vm_map	      *map;	/* locked */
	struct ipc_port	      *notify;
	bool		       any;	/* some memory was a pager's */
	struct vm_pager_death *now;	/* whose pager had gone already */
	struct vm_pager_death *gone;	/* replaced */
};

/* Ask for a message about [start, end), which is part of an entry. */
static kern_return_t
ask_for(struct asking *asking, struct vm_map_entry *entry, vm_offset_t start,
    vm_offset_t end)
{
	struct vm_pager_death *new;
	struct vm_object *object;
	bool entered = true;

	new = request_make(asking->map, start, end - start);
	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	new->notify = ipc_port_copy_send(asking->notify);
	object = IP_VALID(new->notify) ? paged_object(entry->object) : NULL;
	if (object == NULL) {
		request_free(new);
		return KERN_SUCCESS;
	}
	asking->any = true;
	if (object->pager_dead) {
		new->next = asking->now;
		asking->now = new;
	} else {
		entered = request_enter(object, new, &asking->gone);
	}
	vm_object_unlock(object);
	if (!entered)
		request_free(new);
	return entered ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
vm_request_pager_death(struct vm_map *map, vm_address_t address,
    vm_size_t size, struct ipc_port *notify)
{
	struct asking asking = { .map = map, .notify = notify };
	vm_offset_t last = address + (size - 1), end;
	struct vm_map_entry *entry;
	kern_return_t kr = KERN_SUCCESS;

	/* a proxy might keep the very object that keeps the request */
	if (map == NULL || map->account == NULL || size == 0 ||
	    last < address || !IP_VALID(notify) ||
	    ipc_port_kotype(notify) == KOBJECT_PROXY)
		return KERN_INVALID_ARGUMENT;
	address = trunc_page(address);
	rwlock_read(&map->lock);
	entry = vm_map_lookup_entry(map, address, true);
	while (kr == KERN_SUCCESS && entry != NULL &&
	    entry_start(entry) <= last) {
		end = entry_end(entry);
		if (last < end - 1)
			end = trunc_page(last) + PAGE_SIZE;
		kr = ask_for(&asking, entry, max_of(address,
		    entry_start(entry)), end);
		entry = entry_next(map, entry);
	}
	rwlock_done(&map->lock);
	vm_pager_death_free(asking.gone);
	vm_pager_death_tell(asking.now);
	if (kr == KERN_SUCCESS && !asking.any)
		kr = KERN_INVALID_ADDRESS;
	if (kr == KERN_SUCCESS)
		ipc_port_release_send(notify);
	return kr;
}
