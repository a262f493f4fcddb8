/*
 * libmach/msg_destroy.c - give back what a message carries.
 *
 * Owns nothing.  A message that was received, or whose sending failed, brought
 * rights and memory that are now the task's: all go.  One that was never sent
 * still has its sender's: only what sending would have taken away goes.  What
 * found no room in the receiver's task came as a null address.
 */
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>

/* One item of a body, short or long form alike. */
struct item {
	mach_msg_type_name_t	name;
	mach_msg_type_number_t	number;
	boolean_t		is_inline;
	boolean_t		deallocate;
	vm_size_t		size;		/* bytes of its data */
	vm_address_t		data;
	vm_address_t		next;		/* the item after it */
};

static void
right_destroy(mach_port_t port, mach_msg_type_name_t type)
{
	if (!MACH_PORT_VALID(port))
		return;
	switch (type) {
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		mach_port_deallocate(mach_task_self(), port);
		break;
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		mach_port_mod_refs(mach_task_self(), port,
		    MACH_PORT_RIGHT_RECEIVE, -1);
		break;
	default:	/* a name, or a right that stayed ours */
		break;
	}
}

static vm_size_t
words_round(vm_size_t size)
{
	return (size + sizeof(natural_t) - 1) & ~(sizeof(natural_t) - 1);
}

static void
item_read(vm_address_t at, struct item *item)
{
	mach_msg_type_long_t *type = (mach_msg_type_long_t *) at;
	unsigned int bits;

	item->is_inline = type->msgtl_header.msgt_inline;
	item->deallocate = type->msgtl_header.msgt_deallocate;
	if (type->msgtl_header.msgt_longform) {
		item->name = type->msgtl_name;
		bits = type->msgtl_size;
		item->number = type->msgtl_number;
		at += sizeof(mach_msg_type_long_t);
	} else {
		item->name = type->msgtl_header.msgt_name;
		bits = type->msgtl_header.msgt_size;
		item->number = type->msgtl_header.msgt_number;
		at += sizeof(mach_msg_type_t);
	}
	item->size = (vm_size_t) (((uint64_t) item->number * bits + 7) / 8);
	item->data = item->is_inline ? at : *(vm_address_t *) at;
	item->next = at + (item->is_inline ? words_round(item->size)
	    : sizeof(vm_address_t));
}

static void
item_destroy(const struct item *item, boolean_t was_sent)
{
	mach_port_t *ports = (mach_port_t *) item->data;
	mach_msg_type_number_t i;

	if (item->data == 0)
		return;
	if (MACH_MSG_TYPE_PORT_ANY(item->name))
		for (i = 0; i < item->number; i++)
			right_destroy(ports[i], item->name);
	if (!item->is_inline && item->size != 0
	    && (was_sent || item->deallocate))
		vm_deallocate(mach_task_self(), item->data, item->size);
}

static void
message_destroy(mach_msg_header_t *msg, boolean_t was_sent)
{
	vm_address_t at = (vm_address_t) (msg + 1);
	vm_address_t end = (vm_address_t) msg + msg->msgh_size;
	struct item item;

	/* The local port of a received message is no right that it brought. */
	right_destroy(msg->msgh_remote_port,
	    MACH_MSGH_BITS_REMOTE(msg->msgh_bits));
	if (!(msg->msgh_bits & MACH_MSGH_BITS_COMPLEX))
		return;
	for (; at < end; at = item.next) {
		item_read(at, &item);
		item_destroy(&item, was_sent);
	}
}

void
mach_msg_destroy(mach_msg_header_t *msg)
{
	message_destroy(msg, TRUE);
}

void
mach_msg_abandon(mach_msg_header_t *msg)
{
	message_destroy(msg, FALSE);
}
