/*
 * ipc/ipc_copyin.c - a message on its way in: from the sender's form, with
 * names and addresses, to the kernel's, with rights and memory.
 *
 * Owns:       nothing.
 * Locks:      the space's, once for the header and once for each port of the
 *             body; none while memory is copied.
 * Invariant:  the sender's message is read once, into the buffer; what is
 *             checked there is what is used.  Header errors change nothing;
 *             body errors destroy all that the message held by then.
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

#define OWN_BITS	(MACH_MSGH_BITS_CIRCULAR | \
			 MACH_MSGH_BITS_COMPLEX_PORTS | \
			 MACH_MSGH_BITS_COMPLEX_DATA | MACH_MSGH_BITS_MIGRATED)

mach_msg_return_t
ipc_kmsg_get(const void *user, mach_msg_size_t size, struct ipc_kmsg **out)
{
	struct ipc_kmsg *kmsg;

	if (size < sizeof(mach_msg_header_t) || (size & 3) != 0)
		return MACH_SEND_MSG_TOO_SMALL;
	kmsg = ipc_kmsg_alloc(size);
	if (kmsg == NULL)
		return MACH_SEND_NO_BUFFER;
	if (copyinmsg(user, &kmsg->header, size) != 0) {
		ipc_kmsg_free(kmsg);
		return MACH_SEND_INVALID_DATA;
	}
	kmsg->header.msgh_size = size;
	*out = kmsg;
	return MACH_MSG_SUCCESS;
}

/* What the header's copyin works on. */
struct header_in {
	struct ipc_space     *space;
	mach_port_name_t      dest_name, reply_name;
	mach_msg_type_name_t  dest_type, reply_type;	/* as sent */
	struct ipc_port	     *dest, *reply;		/* the result */
	struct ipc_after      after, reply_after;
};

static bool
is_make(mach_msg_type_name_t type)
{
	return type == MACH_MSG_TYPE_MAKE_SEND ||
	    type == MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

/*
 * One name for destination and reply port.  Both rights come from one entry,
 * atomically: the port, if it is alive, must not die in between.
 */
static mach_msg_return_t
header_in_same(struct header_in *h, struct ipc_entry *entry)
{
	struct ipc_space *space = h->space;
	mach_port_name_t name = h->dest_name;
	kern_return_t kr;

	if (!ipc_right_copyin_check(space, name, entry, h->reply_type))
		return MACH_SEND_INVALID_REPLY;
	/* a send-once right that still lives cannot serve twice */
	if (h->dest_type == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    h->reply_type == MACH_MSG_TYPE_MOVE_SEND_ONCE)
		return MACH_SEND_INVALID_DEST;
	if (h->dest_type == MACH_MSG_TYPE_MOVE_SEND &&
	    h->reply_type == MACH_MSG_TYPE_MOVE_SEND) {
		kr = ipc_right_copyin_two(space, name, entry, &h->dest,
		    &h->after);
		h->reply = h->dest;
		return kr == KERN_SUCCESS ? MACH_MSG_SUCCESS :
		    MACH_SEND_INVALID_DEST;
	}
	if (!is_make(h->dest_type) && !is_make(h->reply_type)) {
		/* COPY and MOVE, or COPY twice: move if either does */
		kr = ipc_right_copyin(space, name, entry,
		    h->dest_type == h->reply_type ? MACH_MSG_TYPE_COPY_SEND :
		    MACH_MSG_TYPE_MOVE_SEND, false, &h->dest, &h->after);
		if (kr != KERN_SUCCESS)
			return MACH_SEND_INVALID_DEST;
		ip_lock(h->dest);
		h->dest->srights++;
		ip_unlock(h->dest);
		ipc_port_reference(h->dest);
		h->reply = h->dest;
		return MACH_MSG_SUCCESS;
	}
	/* the receive right is here, so the port lives on */
	kr = ipc_right_copyin(space, name, entry, h->dest_type, false,
	    &h->dest, &h->after);
	if (kr != KERN_SUCCESS)
		return MACH_SEND_INVALID_DEST;
	(void)ipc_right_copyin(space, name, entry, h->reply_type, true,
	    &h->reply, &h->reply_after);
	return MACH_MSG_SUCCESS;
}

/* Destination and reply port under two names. */
static mach_msg_return_t
header_in_two(struct header_in *h, struct ipc_entry *dest_entry)
{
	struct ipc_space *space = h->space;
	struct ipc_entry *reply_entry;

	reply_entry = ipc_entry_lookup(space, h->reply_name);
	if (unlikely(reply_entry == NULL) ||
	    !ipc_right_copyin_check(space, h->reply_name, reply_entry,
	    h->reply_type))
		return MACH_SEND_INVALID_REPLY;
	if (ipc_right_copyin(space, h->dest_name, dest_entry, h->dest_type,
	    false, &h->dest, &h->after) != KERN_SUCCESS)
		return MACH_SEND_INVALID_DEST;
	(void)ipc_right_copyin(space, h->reply_name, reply_entry,
	    h->reply_type, true, &h->reply, &h->reply_after);
	ipc_right_tidy(space, h->reply_name, reply_entry);
	return MACH_MSG_SUCCESS;
}

/* With the space locked. */
static mach_msg_return_t
header_in_locked(struct header_in *h)
{
	struct ipc_space *space = h->space;
	struct ipc_entry *entry;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if (unlikely(!space->active))
		return MACH_SEND_INVALID_DEST;
	entry = ipc_entry_lookup(space, h->dest_name);
	if (unlikely(entry == NULL))
		return MACH_SEND_INVALID_DEST;
	if (!MACH_PORT_NAME_VALID(h->reply_name)) {
		if (ipc_right_copyin(space, h->dest_name, entry, h->dest_type,
		    false, &h->dest, &h->after) != KERN_SUCCESS)
			mr = MACH_SEND_INVALID_DEST;
		h->reply = (struct ipc_port *)(uintptr_t)h->reply_name;
	} else if (unlikely(h->reply_name == h->dest_name)) {
		mr = header_in_same(h, entry);
	} else {
		mr = header_in_two(h, entry);
	}
	ipc_right_tidy(space, h->dest_name, entry);
	return mr;
}

/* The receive right that MACH_SEND_CANCEL names; space locked. */
static struct ipc_port *
cancel_port(struct ipc_space *space, mach_port_name_t notify)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, notify);

	if (entry == NULL || !(entry->bits & MACH_PORT_TYPE_RECEIVE))
		return NULL;
	return entry->port;
}

/*
 * A port-deleted notification that would go to the port of MACH_SEND_CANCEL
 * does not: its right comes out, to be given up unused.
 */
static struct ipc_port *
cancel_notification(struct header_in *h, const struct ipc_port *port)
{
	struct ipc_kmsg *notice = h->after.deleted;

	if (port == NULL || !(h->after.what & AFTER_DELETED) ||
	    notice->header.msgh_remote_port != port)
		return NULL;
	h->after.what &= ~AFTER_DELETED;
	return ipc_notice_cancel(notice);
}

static mach_msg_return_t
copyin_header(mach_msg_header_t *header, struct ipc_space *space,
    mach_port_name_t notify)
{
	mach_msg_bits_t bits = header->msgh_bits & ~OWN_BITS;
	struct ipc_port *notify_port = NULL, *cancelled = NULL;
	struct header_in h;
	mach_msg_return_t mr;

	h.space = space;
	h.dest_name = (uintptr_t)header->msgh_remote_port;
	h.reply_name = (uintptr_t)header->msgh_local_port;
	h.dest_type = MACH_MSGH_BITS_REMOTE(bits);
	h.reply_type = MACH_MSGH_BITS_LOCAL(bits);
	ipc_after_init(&h.after);
	ipc_after_init(&h.reply_after);

	if (!MACH_MSG_TYPE_PORT_ANY_SEND(h.dest_type))
		return MACH_SEND_INVALID_HEADER;
	if (h.reply_type == 0 ? h.reply_name != MACH_PORT_NAME_NULL :
	    !MACH_MSG_TYPE_PORT_ANY_SEND(h.reply_type))
		return MACH_SEND_INVALID_HEADER;
	spin_lock(&space->lock);
	if (unlikely(notify != MACH_PORT_NAME_NULL)) {
		notify_port = cancel_port(space, notify);
		if (notify_port == NULL) {
			spin_unlock(&space->lock);
			return MACH_SEND_INVALID_NOTIFY;
		}
	}
	mr = header_in_locked(&h);
	cancelled = cancel_notification(&h, notify_port);
	spin_unlock(&space->lock);
	ipc_port_release_sonce(cancelled);
	ipc_after_run(&h.after);
	ipc_after_run(&h.reply_after);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	header->msgh_bits = MACH_MSGH_BITS_OTHER(bits) |
	    MACH_MSGH_BITS(ipc_received_type(h.dest_type),
	    ipc_received_type(h.reply_type));
	header->msgh_remote_port = h.dest;
	header->msgh_local_port = h.reply;
	return MACH_MSG_SUCCESS;
}

/* Whether an item's descriptor makes sense. */
static bool
item_valid(const struct ipc_item *item)
{
	uint32_t word = item->word;

	if (ipc_item_is_port(item) && item->size != 32)
		return false;
	if ((word & IPC_ITEM_LONG) && (word & IPC_ITEM_SHORT_MASK) != 0)
		return false;
	return !(word & IPC_ITEM_UNUSED) &&
	    (~word & (IPC_ITEM_DEALLOCATE | IPC_ITEM_INLINE)) != 0;
}

/* Take an array of names out of the sender's memory. */
static mach_msg_return_t
copyin_port_array(struct ipc_item *item, struct vm_map *map)
{
	uintptr_t addr = *(uintptr_t *)item->data;
	size_t size = item->length;
	void *array;

	if (size > IKM_SIZE_MAX)
		return MACH_SEND_INVALID_MEMORY;
	array = kalloc(size);
	if (array == NULL)
		return MACH_SEND_INVALID_MEMORY;
	if (copyin((const void *)addr, array, size) != 0 ||
	    ((item->word & IPC_ITEM_DEALLOCATE) && vm_map_remove(map, trunc_page(addr),
	    round_page(addr + size)) != KERN_SUCCESS)) {
		kfree(array, size);
		return MACH_SEND_INVALID_MEMORY;
	}
	*(void **)item->data = array;
	return MACH_MSG_SUCCESS;
}

/* Take an item's out-of-line memory. */
static mach_msg_return_t
copyin_memory(struct ipc_item *item, struct vm_map *map)
{
	vm_map_copy_t copy = NULL;
	kern_return_t kr;

	if (item->length == IPC_ITEM_ENDLESS)
		return MACH_SEND_INVALID_MEMORY;
	if (ipc_item_is_port(item) && item->length != 0)
		return copyin_port_array(item, map);
	kr = item->length == 0 ? KERN_SUCCESS :
	    vm_map_copyin(map, *(vm_offset_t *)item->data,
	    item->length, (item->word & IPC_ITEM_DEALLOCATE) != 0, &copy);
	if (kr != KERN_SUCCESS)
		return MACH_SEND_INVALID_MEMORY;
	*(vm_map_copy_t *)item->data = copy;
	return MACH_MSG_SUCCESS;
}

/* Names to rights.  On failure *done tells how many are rights. */
static mach_msg_return_t
copyin_ports(struct ipc_item *item, struct ipc_space *space,
    mach_msg_header_t *header, uint32_t *done)
{
	struct ipc_port **ports = ipc_item_ports(item), *port;
	mach_msg_type_name_t disposition = item->name;
	mach_port_name_t name;

	ipc_item_set_name(item, ipc_received_type(disposition));
	for (uint32_t i = 0; i < item->number; i++) {
		thread_breathe();
		name = (mach_port_name_t)(uintptr_t)ports[i];
		if (!MACH_PORT_NAME_VALID(name))
			continue;
		if (ipc_object_copyin(space, name, disposition, &port) !=
		    KERN_SUCCESS) {
			*done = i;
			return MACH_SEND_INVALID_RIGHT;
		}
		ports[i] = port;
		if (disposition == MACH_MSG_TYPE_MOVE_RECEIVE &&
		    ipc_port_check_circularity(port, header->msgh_remote_port))
			header->msgh_bits |= MACH_MSGH_BITS_CIRCULAR;
	}
	return MACH_MSG_SUCCESS;
}

/* Destroy what has been copied in of a message, of the last item only ports. */
static mach_msg_return_t
fail_body(mach_msg_header_t *header, char *here, bool with_last,
    uint32_t ports, mach_msg_return_t mr)
{
	header->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
	ipc_kmsg_clean(header);
	ipc_kmsg_clean_body(header, here, with_last, ports);
	return mr;
}

/*
 * Any item, at *here, which moves past it; on failure the message has been
 * destroyed.  *complex is set if it holds rights or memory.
 */
static mach_msg_return_t __attribute__((noinline))
copyin_item(mach_msg_header_t *header, char **here, struct ipc_space *space,
    struct vm_map *map, bool *complex)
{
	char *start = *here, *end = (char *)header + header->msgh_size;
	struct ipc_item item;
	mach_msg_return_t mr;
	uint32_t done = 0;
	bool fits = ipc_item_decode(start, end, &item);

	if (unlikely(!fits && item.data == NULL))
		return fail_body(header, start, false, 0,
		    MACH_SEND_MSG_TOO_SMALL);
	if (!item_valid(&item))
		return fail_body(header, start, false, 0,
		    MACH_SEND_INVALID_TYPE);
	if (!fits)
		return fail_body(header, start, false, 0,
		    MACH_SEND_MSG_TOO_SMALL);
	if (!ipc_item_is_inline(&item)) {
		mr = copyin_memory(&item, map);
		if (mr != MACH_MSG_SUCCESS)
			return fail_body(header, start, false, 0, mr);
		*complex = true;
	}
	if (ipc_item_is_port(&item)) {
		mr = copyin_ports(&item, space, header, &done);
		if (mr != MACH_MSG_SUCCESS)
			return fail_body(header, start, true, done, mr);
		*complex = true;
	}
	*here = item.next;
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_copyin_body(mach_msg_header_t *header, struct ipc_space *space,
    struct vm_map *map)
{
	char *here = (char *)(header + 1);
	char *end = (char *)header + header->msgh_size;
	struct ipc_memory_item *memory;
	bool complex = false;
	mach_msg_return_t mr;

	while ((here = ipc_item_skip_words(here, end)) < end) {
		memory = ipc_item_memory(here, end);
		if (memory == NULL) {
			mr = copyin_item(header, &here, space, map, &complex);
			if (mr != MACH_MSG_SUCCESS)
				return mr;
			continue;
		}
		if (vm_map_copyin(map, memory->address, memory->size,
		    memory->word & IPC_ITEM_DEALLOCATE, &memory->copy) !=
		    KERN_SUCCESS)
			return fail_body(header, here, false, 0,
			    MACH_SEND_INVALID_MEMORY);
		complex = true;
		here = (char *)(memory + 1);
	}
	if (!complex)
		header->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space,
    struct vm_map *map, mach_port_name_t notify)
{
	mach_msg_return_t mr = copyin_header(&kmsg->header, space, notify);

	if (mr == MACH_MSG_SUCCESS &&
	    (kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX))
		mr = ipc_kmsg_copyin_body(&kmsg->header, space, map);
	return mr;
}

/* Make the right that a disposition of the kernel's own asks for. */
static void
kernel_right(struct ipc_port *port, mach_msg_type_name_t disposition)
{
	if (!IP_VALID(port))
		return;
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
		ipc_port_reference(port);
		ip_lock(port);
		port->srights++;
		ip_unlock(port);
		break;
	case MACH_MSG_TYPE_MAKE_SEND:
		(void)ipc_port_make_send(port);
		break;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		(void)ipc_port_make_sonce(port);
		break;
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		ip_lock(port);
		ipc_port_clear_receiver(port);
		ip_unlock(port);
		break;
	}
}

void
ipc_kmsg_copyin_from_kernel(struct ipc_kmsg *kmsg)
{
	mach_msg_header_t *header = &kmsg->header;
	mach_msg_bits_t bits = header->msgh_bits;
	mach_msg_type_name_t dest_type = MACH_MSGH_BITS_REMOTE(bits);
	mach_msg_type_name_t reply_type = MACH_MSGH_BITS_LOCAL(bits);
	char *here = (char *)(header + 1);
	char *end = (char *)header + header->msgh_size;
	struct ipc_port **ports;
	struct ipc_item item;

	kernel_right(header->msgh_remote_port, dest_type);
	kernel_right(header->msgh_local_port, reply_type);
	header->msgh_bits = MACH_MSGH_BITS_OTHER(bits) |
	    MACH_MSGH_BITS(ipc_received_type(dest_type),
	    ipc_received_type(reply_type));
	if (!(bits & MACH_MSGH_BITS_COMPLEX))
		return;
	for (; (here = ipc_item_skip_words(here, end)) < end &&
	    ipc_item_decode(here, end, &item); here = item.next) {
		if (!ipc_item_is_port(&item))
			continue;
		ports = ipc_item_ports(&item);
		for (uint32_t i = 0; i < item.number; i++) {
			kernel_right(ports[i], item.name);
			if (item.name == MACH_MSG_TYPE_MOVE_RECEIVE &&
			    IP_VALID(ports[i]) &&
			    IP_VALID(header->msgh_remote_port) &&
			    ipc_port_check_circularity(ports[i],
			    header->msgh_remote_port))
				header->msgh_bits |= MACH_MSGH_BITS_CIRCULAR;
		}
		ipc_item_set_name(&item, ipc_received_type(item.name));
	}
}
