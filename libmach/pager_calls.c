/*
 * libmach/pager_calls.c - what a pager says to the kernels that use its
 * objects, without ever waiting for one.
 *
 * Owns nothing.  The ids and layouts are those of mach.defs and duality.defs.
 */
#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mig_support.h>
#include <mach/pager_calls.h>

/* Ids of the calls. */
enum {
	DATA_UNAVAILABLE = 2039,
	LOCK_REQUEST = 2044,
	DATA_ERROR = 2090,
	DESTROY = 2092,
	DATA_SUPPLY = 2093,
	READY = 2094,
	SET_RUN = 6020,
	SET_DISCARD = 6021,
};

#define FIELDS_MAX	6

struct field {
	mach_msg_type_t	type;
	natural_t	value;
};

struct message {
	mach_msg_header_t head;
	struct field	  field[FIELDS_MAX];
};

struct supply_message {
	mach_msg_header_t    head;
	struct field	     offset;
	mach_msg_type_long_t data_type;
	vm_offset_t	     data;
	struct field	     rest[3];	/* lock, precious, reply port */
};

static struct field
word(unsigned int name, natural_t value)
{
	struct field field = {
		.type = {
			.msgt_name = name,
			.msgt_size = 32,
			.msgt_number = 1,
			.msgt_inline = TRUE,
		},
		.value = value,
	};

	return field;
}

/* Send a message; what finds no room is destroyed, which counts as sent. */
static kern_return_t
say(mach_msg_header_t *head, mach_port_t control, mach_msg_id_t id,
    mach_msg_size_t size, mach_msg_bits_t complex)
{
	mach_msg_return_t mr;

	head->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | complex;
	head->msgh_size = size;
	head->msgh_remote_port = control;
	head->msgh_local_port = MACH_PORT_NULL;
	head->msgh_id = id;
	mr = mach_msg(head, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (mr != MACH_SEND_TIMED_OUT)
		return mr;
	mach_msg_destroy(head);
	return KERN_SUCCESS;
}

/* A message of count words. */
static kern_return_t
say_words(struct message *msg, mach_port_t control, mach_msg_id_t id,
    unsigned int count)
{
	return say(&msg->head, control, id, sizeof(msg->head)
	    + count * sizeof(struct field), 0);
}

kern_return_t
pager_ready(memory_object_control_t control, boolean_t may_cache,
    memory_object_copy_strategy_t copy_strategy)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_BOOLEAN, may_cache);
	msg.field[1] = word(MACH_MSG_TYPE_INTEGER_32, copy_strategy);
	return say_words(&msg, control, READY, 2);
}

kern_return_t
pager_set_run(memory_object_control_t control, vm_size_t size)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_INTEGER_32, size);
	return say_words(&msg, control, SET_RUN, 1);
}

kern_return_t
pager_set_discard(memory_object_control_t control, boolean_t wanted)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_BOOLEAN, wanted);
	return say_words(&msg, control, SET_DISCARD, 1);
}

kern_return_t
pager_destroy(memory_object_control_t control, kern_return_t reason)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_INTEGER_32, reason);
	return say_words(&msg, control, DESTROY, 1);
}

kern_return_t
pager_data_unavailable(memory_object_control_t control, vm_offset_t offset,
    vm_size_t size)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_INTEGER_32, offset);
	msg.field[1] = word(MACH_MSG_TYPE_INTEGER_32, size);
	return say_words(&msg, control, DATA_UNAVAILABLE, 2);
}

kern_return_t
pager_data_error(memory_object_control_t control, vm_offset_t offset,
    vm_size_t size, kern_return_t error)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_INTEGER_32, offset);
	msg.field[1] = word(MACH_MSG_TYPE_INTEGER_32, size);
	msg.field[2] = word(MACH_MSG_TYPE_INTEGER_32, error);
	return say_words(&msg, control, DATA_ERROR, 3);
}

/* All access is granted. */
kern_return_t
pager_unlock(memory_object_control_t control, vm_offset_t offset,
    vm_size_t size)
{
	struct message msg;

	msg.field[0] = word(MACH_MSG_TYPE_INTEGER_32, offset);
	msg.field[1] = word(MACH_MSG_TYPE_INTEGER_32, size);
	msg.field[2] = word(MACH_MSG_TYPE_INTEGER_32,
	    MEMORY_OBJECT_RETURN_NONE);
	msg.field[3] = word(MACH_MSG_TYPE_BOOLEAN, FALSE);
	msg.field[4] = word(MACH_MSG_TYPE_INTEGER_32, VM_PROT_NONE);
	msg.field[5] = word(MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_PORT_NULL);
	return say(&msg.head, control, LOCK_REQUEST, sizeof(msg),
	    MACH_MSGH_BITS_COMPLEX);
}

kern_return_t
pager_data_supply(memory_object_control_t control, vm_offset_t offset,
    vm_offset_t data, vm_size_t size, boolean_t dealloc, boolean_t precious)
{
	struct supply_message msg = {
		.offset = word(MACH_MSG_TYPE_INTEGER_32, offset),
		.data_type = {
			.msgtl_header = {
				.msgt_longform = TRUE,
				.msgt_deallocate = dealloc,
			},
			.msgtl_name = MACH_MSG_TYPE_BYTE,
			.msgtl_size = 8,
			.msgtl_number = size,
		},
		.data = data,
		.rest = {
			word(MACH_MSG_TYPE_INTEGER_32, VM_PROT_NONE),
			word(MACH_MSG_TYPE_BOOLEAN, precious),
			word(MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_PORT_NULL),
		},
	};

	return say(&msg.head, control, DATA_SUPPLY, sizeof(msg),
	    MACH_MSGH_BITS_COMPLEX);
}
