/*
 * ipc/ipc_copyout.c - a message on its way out: from the kernel's form to the
 * receiver's.
 *
 * Owns:       nothing.
 * Locks:      the space's, once for the header and once for each port of the
 *             body.
 * Invariant:  a header error leaves the message whole.  A body is always
 *             delivered: an item that finds no room arrives as a null name or
 *             address, and what it held is destroyed.  So does memory that
 *             could not be read, if the receiver wants all of it read.
 * Source:     Mach 3.0 kernel interface, mach_msg.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_right.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <machine/cpu.h>
#include <vm/vm_map.h>
#include <vm/vm_receive.h>

mach_msg_return_t
ipc_kmsg_put(void *user, struct ipc_kmsg *kmsg, mach_msg_size_t size)
{
	int error = copyoutmsg(&kmsg->header, user, size);

	ipc_kmsg_free(kmsg);
	return error == 0 ? MACH_MSG_SUCCESS : MACH_RCV_INVALID_DATA;
}

/* A name as it stands in a message's field for a port. */
static struct ipc_port *
name_field(mach_port_name_t name)
{
	return (struct ipc_port *)(uintptr_t)name;
}

static mach_msg_return_t
header_error(kern_return_t kr)
{
	return MACH_RCV_HEADER_ERROR | (kr == KERN_RESOURCE_SHORTAGE ?
	    MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE);
}

/* Whether a name is a receive right, for MACH_RCV_NOTIFY; space unlocked. */
static struct ipc_port *
notify_right(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_port *right;

	if (ipc_object_copyin(space, name, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &right) != KERN_SUCCESS)
		return NULL;
	return right;
}

/* A notice for it. */
static mach_msg_return_t
notice_for(struct ipc_space *space, mach_port_name_t name,
    struct ipc_kmsg **notice)
{
	struct ipc_port *right = notify_right(space, name);

	if (right == NULL)
		return MACH_RCV_INVALID_NOTIFY;
	*notice = ipc_notice_alloc(space->account, right);
	if (*notice != NULL)
		return MACH_MSG_SUCCESS;
	ipc_port_release_sonce(right);
	return MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL;
}

/* Ask for a dead-name notification for a reply port just received. */
static void
request_reply_death(struct ipc_space *space, mach_port_name_t name,
    struct ipc_kmsg *notice, struct ipc_request **request,
    struct ipc_kmsg **previous, struct ipc_kmsg **tell)
{
	struct ipc_entry *entry;
	kern_return_t kr = KERN_INVALID_NAME;

	*previous = *tell = NULL;
	spin_lock(&space->lock);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (entry != NULL)
		kr = ipc_right_dnrequest(space, name, entry, true, notice,
		    request, previous, tell);
	spin_unlock(&space->lock);
	if (kr != KERN_SUCCESS)
		*previous = notice;
}

/*
 * The reply port with MACH_RCV_NOTIFY.  All that can fail is got beforehand.
 * A name that the space had before keeps the request it has, or none.
 */
static mach_msg_return_t
copyout_reply_notify(mach_msg_header_t *header, struct ipc_space *space,
    mach_port_name_t notify_name, mach_port_name_t *name)
{
	struct ipc_request *request = ipc_request_alloc();
	struct ipc_kmsg *notice, *previous, *tell;
	mach_msg_return_t mr;
	kern_return_t kr;
	bool fresh;

	if (request == NULL)
		return MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL;
	mr = notice_for(space, notify_name, &notice);
	if (mr != MACH_MSG_SUCCESS) {
		ipc_request_free(request);
		return mr;
	}
	kr = ipc_object_copyout_fresh(space, header->msgh_local_port,
	    MACH_MSGH_BITS_LOCAL(header->msgh_bits), true, name, &fresh);
	if (kr != KERN_SUCCESS || !fresh) {
		ipc_port_release_sonce(ipc_notice_cancel(notice));
		ipc_request_free(request);
		return kr;
	}
	request_reply_death(space, *name, notice, &request, &previous, &tell);
	if (request != NULL)
		ipc_request_free(request);
	if (previous != NULL)
		ipc_notify_unused(previous);
	if (tell != NULL)
		ipc_notify_dead_name(tell, *name);
	return KERN_SUCCESS;
}

/* The reply port, which comes as the remote port of the received header. */
static mach_msg_return_t
copyout_reply(mach_msg_header_t *header, struct ipc_space *space,
    mach_port_name_t notify, mach_port_name_t *name)
{
	struct ipc_port *reply = header->msgh_local_port;
	mach_msg_type_name_t type = MACH_MSGH_BITS_LOCAL(header->msgh_bits);
	mach_msg_return_t mr;

	if (!IP_VALID(reply)) {
		*name = (mach_port_name_t)(uintptr_t)reply;
		return MACH_MSG_SUCCESS;
	}
	if (unlikely(notify != MACH_PORT_NAME_NULL))
		mr = copyout_reply_notify(header, space, notify, name);
	else
		mr = ipc_object_copyout(space, reply, type, true, name);
	if (mr == KERN_INVALID_CAPABILITY) {
		ipc_right_discard(reply, type);
		*name = MACH_PORT_NAME_DEAD;
		return MACH_MSG_SUCCESS;
	}
	if (mr == KERN_SUCCESS || (mr & ~MACH_MSG_MASK) ==
	    MACH_RCV_HEADER_ERROR || mr == MACH_RCV_INVALID_NOTIFY)
		return mr;
	return header_error(mr);
}

/* Whether the receiver has set a payload for the port; *payload is it. */
static bool
get_payload(struct ipc_port *dest, struct ipc_space *space, uint32_t *payload)
{
	bool has;

	if (likely(!(dest->head.flags & IO_PAYLOAD)))
		return false;
	ip_lock(dest);
	has = (dest->head.flags & IO_PAYLOAD) && dest->receiver == space;
	*payload = dest->payload;
	ip_unlock(dest);
	return has;
}

static mach_msg_return_t
copyout_header(mach_msg_header_t *header, struct ipc_space *space,
    mach_port_name_t notify)
{
	mach_msg_bits_t bits = header->msgh_bits;
	mach_msg_type_name_t dest_type = MACH_MSGH_BITS_REMOTE(bits);
	struct ipc_port *dest = header->msgh_remote_port;
	mach_port_name_t reply_name, dest_name;
	mach_msg_return_t mr;
	uint32_t payload;
	bool has_payload;

	if (unlikely(notify != MACH_PORT_NAME_NULL &&
	    !IP_VALID(header->msgh_local_port))) {
		struct ipc_port *right = notify_right(space, notify);

		if (right == NULL)
			return MACH_RCV_INVALID_NOTIFY;
		ipc_port_release_sonce(right);
	}
	mr = copyout_reply(header, space, notify, &reply_name);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	has_payload = get_payload(dest, space, &payload);
	dest_name = ipc_object_copyout_dest(space, dest, dest_type);
	if (unlikely(has_payload)) {
		dest_type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
		dest_name = payload;
	}
	header->msgh_bits = MACH_MSGH_BITS_OTHER(bits) |
	    MACH_MSGH_BITS(MACH_MSGH_BITS_LOCAL(bits), dest_type);
	header->msgh_remote_port = name_field(reply_name);
	header->msgh_local_port = name_field(dest_name);
	return MACH_MSG_SUCCESS;
}

/* Rights to names, in place. */
static mach_msg_return_t
copyout_ports(struct ipc_item *item, struct ipc_space *space)
{
	struct ipc_port **ports = ipc_item_ports(item);
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	mach_port_name_t name;

	for (uint32_t i = 0; i < item->number; i++) {
		thread_breathe();
		mr |= ipc_object_copyout_any(space, ports[i], item->name,
		    &name);
		ports[i] = name_field(name);
	}
	return mr;
}

/* What is short when memory finds no place. */
static mach_msg_return_t
memory_bits(kern_return_t kr)
{
	return kr == KERN_RESOURCE_SHORTAGE ? MACH_MSG_VM_KERNEL :
	    MACH_MSG_VM_SPACE;
}

/* An array of ports: a place first, then the names. */
static mach_msg_return_t
copyout_port_array(struct ipc_item *item, struct ipc_space *space,
    struct vm_map *map)
{
	void *array = *(void **)item->data;
	size_t size = item->length;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	vm_offset_t addr = 0;
	kern_return_t kr;

	kr = vm_map_allocate(map, &addr, round_page(size), true);
	if (kr == KERN_SUCCESS) {
		mr = copyout_ports(item, space);
		if (copyout(array, (void *)addr, size) != 0) {
			(void)vm_map_remove(map, addr,
			    addr + round_page(size));
			addr = 0;
			mr |= MACH_MSG_VM_KERNEL;
		}
	} else {
		for (uint32_t i = 0; i < item->number; i++)
			ipc_right_discard(((struct ipc_port **)array)[i],
			    item->name);
		addr = 0;
		mr = memory_bits(kr);
	}
	kfree(array, size);
	*(vm_offset_t *)item->data = addr;
	return mr;
}

/* Memory (consumed) to a place in map; *addr is 0 if there is none. */
static mach_msg_return_t
copyout_memory(struct vm_map *map, struct vm_map_copy *copy,
    vm_offset_t *addr)
{
	kern_return_t kr;

	*addr = 0;
	kr = vm_map_copyout(map, addr, copy);
	if (likely(kr == KERN_SUCCESS))
		return MACH_MSG_SUCCESS;
	vm_map_copy_discard(copy);
	*addr = 0;
	return memory_bits(kr);
}

/* Any item, at *here, which moves past it; what was short, or 0. */
static mach_msg_return_t __attribute__((noinline))
copyout_item(char **here, char *end, struct ipc_space *space,
    struct vm_map *map)
{
	struct ipc_item item;

	if (!ipc_item_decode(*here, end, &item)) {
		*here = end;
		return MACH_MSG_SUCCESS;
	}
	*here = item.next;
	if (ipc_item_is_inline(&item))
		return ipc_item_is_port(&item) ? copyout_ports(&item, space) :
		    MACH_MSG_SUCCESS;
	item.type->msgt_deallocate = TRUE;
	if (item.length == 0)
		*(vm_offset_t *)item.data = 0;
	else if (ipc_item_is_port(&item))
		return copyout_port_array(&item, space, map);
	else
		return copyout_memory(map, *(vm_map_copy_t *)item.data,
		    (vm_offset_t *)item.data);
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_copyout_body(mach_msg_header_t *header, struct ipc_space *space,
    struct vm_map *map)
{
	char *here = (char *)(header + 1);
	char *end = (char *)header + header->msgh_size;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	struct ipc_memory_item *memory;

	while ((here = ipc_item_skip_words(here, end)) < end) {
		memory = ipc_item_memory(here, end);
		if (memory == NULL) {
			mr |= copyout_item(&here, end, space, map);
			continue;
		}
		memory->word |= IPC_ITEM_DEALLOCATE;
		mr |= copyout_memory(map, memory->copy, &memory->address);
		here = (char *)(memory + 1);
	}
	return mr;
}

mach_msg_return_t
ipc_kmsg_read_body(mach_msg_header_t *header, struct vm_map *map)
{
	char *here = (char *)(header + 1);
	char *end = (char *)header + header->msgh_size;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	struct vm_reading reading;
	struct ipc_item item;
	vm_offset_t *addr;

	if (!vm_reading_begin(&reading, map))
		return MACH_MSG_SUCCESS;
	for (; (here = ipc_item_skip_words(here, end)) < end &&
	    ipc_item_decode(here, end, &item); here = item.next) {
		addr = (vm_offset_t *)item.data;
		if (ipc_item_is_inline(&item) || *addr == 0 ||
		    vm_reading_do(&reading, *addr, item.length) ==
		    KERN_SUCCESS)
			continue;
		*addr = 0;
		mr = MACH_MSG_VM_KERNEL;
	}
	return mr;
}

mach_msg_return_t
ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space,
    struct vm_map *map, mach_port_name_t notify)
{
	mach_msg_return_t mr = copyout_header(&kmsg->header, space, notify);

	if (mr != MACH_MSG_SUCCESS ||
	    likely(!(kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX)))
		return mr;
	mr = ipc_kmsg_copyout_body(&kmsg->header, space, map);
	if (unlikely(map->policies != NULL))
		mr |= ipc_kmsg_read_body(&kmsg->header, map);
	return mr == MACH_MSG_SUCCESS ? mr : mr | MACH_RCV_BODY_ERROR;
}

mach_msg_return_t
ipc_kmsg_copyout_pseudo(mach_msg_header_t *header, struct ipc_space *space,
    struct vm_map *map)
{
	mach_msg_bits_t bits = header->msgh_bits;
	mach_port_name_t dest_name, reply_name;
	mach_msg_return_t mr;

	mr = ipc_object_copyout_any(space, header->msgh_remote_port,
	    MACH_MSGH_BITS_REMOTE(bits), &dest_name);
	mr |= ipc_object_copyout_any(space, header->msgh_local_port,
	    MACH_MSGH_BITS_LOCAL(bits), &reply_name);
	header->msgh_bits = bits & ~MACH_MSGH_BITS_CIRCULAR;
	header->msgh_remote_port = name_field(dest_name);
	header->msgh_local_port = name_field(reply_name);
	if (bits & MACH_MSGH_BITS_COMPLEX)
		mr |= ipc_kmsg_copyout_body(header, space, map);
	return mr;
}

void
ipc_kmsg_copyout_dest(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	mach_msg_header_t *header = &kmsg->header;
	mach_msg_bits_t bits = header->msgh_bits;
	struct ipc_port *reply = header->msgh_local_port;
	mach_msg_type_name_t reply_type = MACH_MSGH_BITS_LOCAL(bits);
	mach_port_name_t name;

	name = ipc_object_copyout_dest(space, header->msgh_remote_port,
	    MACH_MSGH_BITS_REMOTE(bits));
	if (IP_VALID(reply)) {
		ipc_right_discard(reply, reply_type);
		reply = MACH_PORT_NULL;
	}
	header->msgh_bits = MACH_MSGH_BITS_OTHER(bits) |
	    MACH_MSGH_BITS(reply_type, MACH_MSGH_BITS_REMOTE(bits));
	header->msgh_local_port = name_field(name);
	header->msgh_remote_port = reply;
	if (bits & MACH_MSGH_BITS_COMPLEX)
		ipc_kmsg_clean_body(header, (char *)header + header->msgh_size,
		    false, 0);
}
