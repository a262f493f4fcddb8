/*
 * vm/vm_proxy.c - proxies: ports that stand for part of a memory object, and
 * for some of the access to it.
 *
 * Owns:       the proxies.  One lives until nobody has a right to its port.
 * Locks:      none: a proxy does not change.  References are taken under its
 *             port's lock.
 * Invariant:  a proxy of a proxy names what that one names, less what it
 *             forbids, and does not need it any longer.
 * Source:     GNU Mach's interface, memory_object_create_proxy and
 *             vm_region_create_proxy; codes as GNU Mach 1.8 gives them.
 */
#include <ipc/ipc_notify.h>
#include <ipc/ipc_port.h>
#include <ipc/ipc_space.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/task.h>
#include <kern/zone.h>
#include <mach4_server.h>
#include <vm/memory_object.h>
#include <vm/vm_map_internal.h>
#include <vm/vm_object.h>
#include <vm/vm_proxy.h>

#define PROXY_BYTES	(sizeof(struct vm_proxy) + sizeof(struct ipc_port))

struct vm_proxy {
	/* atomic */
	struct refcount	  refs;
	/* fixed at creation */
	vm_prot_t	  prot;
	vm_offset_t	  start;	/* of the object's bytes */
	vm_size_t	  size;
	/* one of the two */
	struct ipc_port	 *pager;	/* a send right to a pager's object */
	struct vm_object *object;	/* a reference: what a region was of */
	struct account	 *account;	/* a reference; who pays */
};

/* For ipc_kobject_get, the port locked. */
static void
proxy_get(void *arg)
{
	struct vm_proxy *proxy = arg;

	refcount_take(&proxy->refs);
}

static struct vm_proxy *
proxy_lookup(struct ipc_port *port)
{
	return ipc_kobject_get(port, KOBJECT_PROXY, proxy_get);
}

/* NULL allowed. */
static void
proxy_release(struct vm_proxy *proxy)
{
	if (proxy == NULL || !refcount_drop(&proxy->refs))
		return;
	ipc_port_release_send(proxy->pager);
	vm_object_deallocate(proxy->object);
	account_give(proxy->account, ACCOUNT_BYTES, PROXY_BYTES);
	account_release(proxy->account);
	kfree(proxy, sizeof(*proxy));
}

/* One that account pays for, of nothing yet.  NULL: no memory. */
static struct vm_proxy *
proxy_make(struct account *account, vm_prot_t prot, vm_offset_t start,
    vm_size_t size)
{
	struct vm_proxy *proxy;

	if (!account_take(account, ACCOUNT_BYTES, PROXY_BYTES))
		return NULL;
	proxy = kalloc_zero(sizeof(*proxy));
	if (proxy == NULL) {
		account_give(account, ACCOUNT_BYTES, PROXY_BYTES);
		return NULL;
	}
	refcount_init(&proxy->refs, 1);
	account_reference(account);
	proxy->account = account;
	proxy->prot = prot & VM_PROT_ALL;
	proxy->start = start;
	proxy->size = size;
	return proxy;
}

/* Give a proxy a port, which takes it.  A send right, or NULL: no memory. */
static struct ipc_port *
proxy_port(struct vm_proxy *proxy)
{
	struct ipc_port *port = ipc_port_alloc_kernel();

	if (port == NULL) {
		proxy_release(proxy);
		return NULL;
	}
	ipc_kobject_set(port, proxy, KOBJECT_PROXY);
	if (!ipc_notify_kernel_no_senders(port)) {
		ipc_port_dealloc_kernel(port);
		proxy_release(proxy);
		return NULL;
	}
	return ipc_port_make_send(port);
}

void
vm_proxy_no_senders(struct ipc_port *port)
{
	struct vm_proxy *proxy = proxy_lookup(port);

	if (proxy == NULL)
		return;
	/* rights to it were made once: there are none for good */
	ipc_port_dealloc_kernel(port);
	proxy_release(proxy);
	proxy_release(proxy);
}

kern_return_t
vm_proxy_enter(struct ipc_port *port, vm_size_t size, vm_offset_t *offset,
    vm_prot_t *prot, struct vm_object **objectp)
{
	struct vm_proxy *proxy = proxy_lookup(port);
	struct vm_object *object;

	if (proxy == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size > proxy->size || *offset > proxy->size - size ||
	    !page_aligned(*offset + proxy->start)) {
		proxy_release(proxy);
		return KERN_INVALID_ARGUMENT;
	}
	*offset += proxy->start;
	*prot = proxy->prot;
	object = proxy->object;
	if (object != NULL)
		vm_object_reference(object);
	else
		object = vm_object_enter(proxy->pager, *offset + size);
	*objectp = object;
	proxy_release(proxy);
	return object != NULL ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

/* Make what a proxy names part of what another one does, and no more. */
static kern_return_t
proxy_narrow(struct vm_proxy *proxy, const struct vm_proxy *whole)
{
	vm_size_t left = 0;

	if (proxy->start + whole->start < whole->start)
		return KERN_INVALID_ARGUMENT;
	if (proxy->start < whole->size)
		left = whole->size - proxy->start;
	proxy->size = min_of(proxy->size, left);
	proxy->start += whole->start;
	proxy->prot &= whole->prot;
	if (whole->object != NULL)
		vm_object_reference(whole->object);
	proxy->object = whole->object;
	proxy->pager = ipc_port_copy_send(whole->pager);
	return KERN_SUCCESS;
}

/* One object at a time, and all of it from its beginning. */
kern_return_t
memory_object_create_proxy(struct ipc_space *space, vm_prot_t max_protection,
    const memory_object_array_t object, mach_msg_type_number_t object_count,
    const rpc_vm_offset_array_t offset, mach_msg_type_number_t offset_count,
    const rpc_vm_offset_array_t start, mach_msg_type_number_t start_count,
    const rpc_vm_size_array_t len, mach_msg_type_number_t len_count,
    struct ipc_port **port)
{
	struct vm_proxy *proxy, *whole;
	kern_return_t kr = KERN_SUCCESS;
	struct ipc_port *of;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (object_count != 1 || offset_count != 1 || start_count != 1 ||
	    len_count != 1)
		return KERN_INVALID_ARGUMENT;
	of = (struct ipc_port *)object[0];
	if (!IP_VALID(of))
		return KERN_INVALID_NAME;
	if (offset[0] != 0 || start[0] + len[0] < start[0])
		return KERN_INVALID_ARGUMENT;
	proxy = proxy_make(space->account, max_protection, start[0], len[0]);
	if (proxy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	whole = proxy_lookup(of);
	if (whole != NULL) {
		kr = proxy_narrow(proxy, whole);
		proxy_release(whole);
	} else {
		proxy->pager = ipc_port_copy_send(of);
	}
	if (kr != KERN_SUCCESS) {
		proxy_release(proxy);
		return kr;
	}
	*port = proxy_port(proxy);
	if (*port == NULL)
		return KERN_RESOURCE_SHORTAGE;
	ipc_port_release_send(of);
	return KERN_SUCCESS;
}

/* The object of size bytes of a map's region at address, for a proxy of them. */
static kern_return_t
region_share(struct vm_map *map, vm_offset_t address, vm_size_t size,
    struct vm_proxy *proxy)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	rwlock_write(&map->lock);
	do {
		entry = vm_map_lookup_entry(map, address, false);
	} while (entry != NULL && vm_map_wait_transition(map, address,
	    address + 1));
	kr = entry == NULL ? KERN_INVALID_ADDRESS :
	    size > entry_end(entry) - address ? KERN_INVALID_ARGUMENT :
	    vm_map_entry_share(map, entry);
	if (kr == KERN_SUCCESS) {
		proxy->object = entry->object;
		proxy->start = entry->offset + (address - entry_start(entry));
		proxy->prot &= entry->max_protection;
	}
	rwlock_done(&map->lock);
	return kr;
}

kern_return_t
vm_region_create_proxy(struct task *task, vm_address_t address,
    vm_prot_t max_protection, vm_size_t len, struct ipc_port **port)
{
	struct vm_proxy *proxy;
	kern_return_t kr;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	proxy = proxy_make(task->account, max_protection, 0, len);
	if (proxy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = region_share(task->map, address, len, proxy);
	if (kr != KERN_SUCCESS) {
		proxy_release(proxy);
		return kr;
	}
	*port = proxy_port(proxy);
	return *port != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}
