/*
 * tests/oracle/messages.c - messages drawn, sent, received and shown.
 *
 * A message is made in the memory that all spaces share.  Items carry data or
 * rights, in line or out of line; some descriptors are wrong on purpose, and
 * what such a message brings to its receiver is not looked into.
 */
#include <string.h>

#include "differences.h"
#include "oracle.h"

#define HEADER_WORDS	(sizeof(mach_msg_header_t) / 4)
#define ITEMS_MAX	4
#define MOVED_MAX	64
#define ID_FIRST	1000
#define ID_OPAQUE	1900	/* the body's words are no business of ours */
#define ID_NAME_FIRST	65	/* notifications whose word is a name */
#define FILL		0x77
#define MEMORY_BASE	0x30000000u	/* memory that a message gives away */
#define MEMORY_STEP	0x00010000u

#define TYPE_INLINE	(1u << 28)
#define TYPE_LONG	(1u << 29)
#define TYPE_DEALLOCATE	(1u << 30)

struct item {			/* one descriptor, as its fields */
	unsigned	name, size, number;
	uint32_t	flags;
};

static unsigned at;		/* where the next word of the body goes */
static bool opaque;
static mach_port_t moved[MOVED_MAX];
static unsigned moved_count, memory_count, bulk_used;
static int space;		/* that sends or receives */

static const uint8_t data_names[] = { 0, 1, 2, 8, 9, 11, 12, 15 };
static const uint8_t data_sizes[] = { 1, 16, 32, 8, 8, 64, 8, 32 };

void
messages_begin(void)
{
	memset(common->buffer.words, 0, sizeof(common->buffer.words));
}

static void
put(uint32_t word)
{
	common->buffer.words[at++] = word;
}

static bool
names_a_right(unsigned name)
{
	return MACH_MSG_TYPE_PORT_ANY(name);
}

/* A name and how it travels: mostly so that it can. */
static mach_port_t
draw_right(unsigned *how)
{
	mach_port_type_t type;
	mach_port_t name = name_draw(space, MACH_PORT_TYPE_PORT_RIGHTS);

	type = name_type(space, name);
	*how = MACH_MSG_TYPE_MOVE_RECEIVE + draw(6);
	if (!one_in(8)) {
		if (type & MACH_PORT_TYPE_SEND)
			*how = one_in(2) ? MACH_MSG_TYPE_COPY_SEND :
			    MACH_MSG_TYPE_MOVE_SEND;
		else if (type & MACH_PORT_TYPE_SEND_ONCE)
			*how = MACH_MSG_TYPE_MOVE_SEND_ONCE;
		else if (type & MACH_PORT_TYPE_RECEIVE)
			*how = one_in(2) ? MACH_MSG_TYPE_MAKE_SEND :
			    MACH_MSG_TYPE_MAKE_SEND_ONCE;
	}
	if (name_is_kept(space, name))
		*how = MACH_MSG_TYPE_COPY_SEND;
	return name;
}

static void
note_moved(mach_port_t name, unsigned how)
{
	if (how <= MACH_MSG_TYPE_MOVE_SEND_ONCE && moved_count < MOVED_MAX)
		moved[moved_count++] = name;
}

/* A name that may travel so. */
static mach_port_t
draw_name_for(unsigned how)
{
	static const mach_port_type_t fit[] = {
		MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_SEND,
		MACH_PORT_TYPE_SEND_ONCE, MACH_PORT_TYPE_SEND,
		MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_RECEIVE
	};
	mach_port_t name = one_in(16) ? MACH_PORT_NULL : how ==
	    MACH_MSG_TYPE_COPY_SEND && !opaque ?
	    name_draw(space, fit[how - MACH_MSG_TYPE_MOVE_RECEIVE]) :
	    name_draw_victim(space, fit[how - MACH_MSG_TYPE_MOVE_RECEIVE]);

	note_moved(name, how);
	say(" %s", name_known(space, name));
	return name;
}

static void
put_type(const struct item *item)
{
	uint32_t word;

	if (item->flags & TYPE_LONG) {
		word = item->flags;
	} else {
		word = (item->name & 0xff) | (item->size & 0xff) << 8 |
		    (item->number & 0xfff) << 16 | item->flags;
	}
	if (one_in(50)) {
		word ^= 1u << (names_a_right(item->name) ? draw(16) : draw(32));
		opaque = true;
	}
	put(word);
	say(" {%lx", (unsigned long)word);
	if (item->flags & TYPE_LONG) {
		put((item->name & 0xffff) | item->size << 16);
		put(item->number);
		say("/%x/%lx", common->buffer.words[at - 2],
		    (unsigned long)item->number);
	}
}

/* Memory of the sender that goes with the message, or is read from. */
static vm_address_t
draw_memory(vm_size_t size, bool give, const uint32_t *content)
{
	vm_address_t addr;
	vm_size_t room = round_page(((vm_address_t)content & PAGE_MASK) +
	    size + 1);

	if (!give)
		return (vm_address_t)content;
	addr = MEMORY_BASE + memory_count++ * MEMORY_STEP;
	must("memory to give", vm_allocate(child_task[space], &addr, room,
	    FALSE));
	must("its content", vm_write(child_task[space], addr,
	    trunc_page(content), room));
	return addr + ((vm_address_t)content & PAGE_MASK);
}

static void
put_rights(bool in_line)
{
	struct item item = { MACH_MSG_TYPE_MOVE_RECEIVE + draw(6), 32,
	    draw(4), in_line ? TYPE_INLINE : 0 };
	uint32_t *names = &common->bulk[bulk_used];
	bool give = !in_line && one_in(3);

	if (one_in(4))
		item.flags |= TYPE_LONG;
	if (give || (in_line && one_in(12)))
		item.flags |= TYPE_DEALLOCATE;
	put_type(&item);
	for (unsigned i = 0; i < item.number; i++) {
		if (in_line)
			put(draw_name_for(item.name));
		else
			names[i] = draw_name_for(item.name);
	}
	if (!in_line) {
		bulk_used += item.number;
		put(draw_memory(item.number * 4, give, names));
	}
	say("}");
}

static void
put_data(bool in_line)
{
	unsigned which = draw(COUNT(data_names));
	struct item item = { data_names[which], data_sizes[which], 0,
	    in_line ? TYPE_INLINE : 0 };
	vm_size_t size;
	bool give = !in_line && one_in(3);

	item.number = in_line ? draw(9) : draw(9000 * 8 / item.size);
	if (one_in(4) || item.number > 0xfff)
		item.flags |= TYPE_LONG;
	if (give)
		item.flags |= TYPE_DEALLOCATE;
	size = (item.size * item.number + 7) / 8;
	put_type(&item);
	if (in_line) {
		for (vm_size_t done = 0; done < size; done += 4)
			put(0x40000000 | draw(0x10000000));
	} else {
		put(give ? draw_memory(size, true,
		    &common->bulk[1024]) : draw_memory(size, false,
		    (uint32_t *)((char *)&common->bulk[1024] + draw(2000))));
	}
	say("}");
}

static void
put_item(void)
{
	switch (draw(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		put_rights(true);
		return;
	case 4:
		put_rights(false);
		return;
	case 5:
		put_data(false);
		return;
	}
	put_data(true);
}

static mach_msg_id_t
draw_id(void)
{
	return ID_FIRST + draw(ID_OPAQUE - ID_FIRST);
}

static void
make_header(mach_msg_header_t *head)
{
	unsigned remote, local = 0;

	head->msgh_remote_port = draw_right(&remote);
	note_moved(head->msgh_remote_port, remote);
	head->msgh_local_port = MACH_PORT_NULL;
	if (one_in(2)) {
		head->msgh_local_port = draw_right(&local);
		note_moved(head->msgh_local_port, local);
	}
	if (one_in(30))
		local = 15 + draw(12);
	if (name_is_kept(space, head->msgh_local_port) ||
	    name_is_kept(space, head->msgh_remote_port))
		local = local == 0 ? 0 : MACH_MSG_TYPE_COPY_SEND;
	head->msgh_bits = MACH_MSGH_BITS(remote, local);
	if (one_in(40))
		head->msgh_bits |= 1u << (16 + draw(15));
	head->msgh_id = draw_id();
	say(" to %s reply %s", name_known(space, head->msgh_remote_port),
	    name_known(space, head->msgh_local_port));
}

static void
make_message(void)
{
	mach_msg_header_t *head = &common->buffer.head;

	at = HEADER_WORDS;
	moved_count = memory_count = bulk_used = 0;
	opaque = false;
	memset(common->buffer.words, 0, sizeof(common->buffer.words));
	make_header(head);
	if (one_in(2)) {
		head->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
		for (unsigned n = draw(ITEMS_MAX); n > 0 && !opaque; n--)
			put_item();
	} else if (one_in(2)) {
		put_data(true);
	}
	if (opaque)
		head->msgh_id = ID_OPAQUE;
	say(" bits %#x id %d", head->msgh_bits, (int)head->msgh_id);
}

static mach_msg_size_t
draw_send_size(void)
{
	mach_msg_size_t size = at * 4;

	if (one_in(40)) {
		opaque = true;
		common->buffer.head.msgh_id = ID_OPAQUE;
		return size - 4 * draw(4);
	}
	if (one_in(80))
		return size + 1 + draw(3);
	if (one_in(80))
		return draw(28);
	return size;
}

static void
draw_send_options(struct trap *trap)
{
	trap->option = MACH_SEND_MSG | MACH_SEND_TIMEOUT;
	trap->notify = MACH_PORT_NULL;
	if (one_in(5))
		trap->option |= MACH_SEND_NOTIFY;
	if (one_in(8))
		trap->option |= MACH_SEND_CANCEL;
	if (trap->option & (MACH_SEND_NOTIFY | MACH_SEND_CANCEL))
		trap->notify = name_draw_victim(space, MACH_PORT_TYPE_RECEIVE);
	say(" size %u option %#x notify %s", trap->send_size,
	    (unsigned)trap->option, name_known(space, trap->notify));
}

/* How many members of a set have messages. */
static unsigned
ready_members(mach_port_t name)
{
	task_t task = child_task[space];
	mach_port_t *members;
	mach_msg_type_number_t count;
	mach_port_status_t status;
	unsigned ready = 0;

	if (mach_port_get_set_status(task, name, &members, &count) !=
	    KERN_SUCCESS)
		return 0;
	for (unsigned i = 0; i < count; i++)
		if (mach_port_get_receive_status(task, members[i], &status) ==
		    KERN_SUCCESS && status.mps_msgcount > 0)
			ready++;
	(void)vm_deallocate(mach_task_self(), (vm_address_t)members,
	    count * sizeof(members[0]));
	return ready;
}

static void
draw_receive_options(struct trap *trap)
{
	trap->option |= MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	trap->rcv_name = name_draw_victim(space,
	    MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET);
	if (ready_members(trap->rcv_name) >= DIFFERENCE_READY_MEMBERS)
		trap->rcv_name = MACH_PORT_NULL;
	trap->rcv_size = sizeof(common->buffer);
	if (one_in(6))
		trap->rcv_size = 4 * draw(16);
	if (one_in(60))
		trap->rcv_size = 24 + draw(4);
	if (one_in(5))
		trap->option |= MACH_RCV_LARGE;
	if (one_in(6)) {
		trap->option |= MACH_RCV_NOTIFY;
		if (trap->notify == MACH_PORT_NULL)
			trap->notify = name_draw_victim(space,
			    MACH_PORT_TYPE_RECEIVE);
	}
	say(" from %s size %u option %#x notify %s",
	    name_known(space, trap->rcv_name), trap->rcv_size,
	    (unsigned)trap->option, name_known(space, trap->notify));
}

/* What came out of line; it is freed. */
static void
show_memory(const struct item *item, vm_address_t addr)
{
	vm_size_t size = ((uint64_t)item->size * item->number + 7) / 8;
	vm_offset_t data;
	mach_msg_type_number_t got;
	kern_return_t kr;

	if (size == 0) {
		say(addr == 0 ? " null" : " empty");
		return;
	}
	kr = vm_read(child_task[space], addr, size, &data, &got);
	say(" memory %d", kr);
	if (kr != KERN_SUCCESS)
		return;
	if (names_a_right(item->name))
		for (unsigned i = 0; i < item->number; i++)
			say(" %s", name_label(space, ((mach_port_t *)data)[i]));
	else if (common->buffer.head.msgh_id != ID_OPAQUE)
		say(" %08lx", (unsigned long)hash_bytes((void *)data, size));
	(void)vm_deallocate(mach_task_self(), data, got);
	say(" %d", vm_deallocate(child_task[space], addr, size));
}

/* The descriptor at words; returns its words. */
static unsigned
take_type(const uint32_t *words, struct item *item)
{
	item->flags = words[0] & 0xf0000000;
	if (words[0] & TYPE_LONG) {
		item->name = words[1] & 0xffff;
		item->size = words[1] >> 16;
		item->number = words[2];
		say(" {%lx/%lx/%lx", (unsigned long)words[0],
		    (unsigned long)words[1], (unsigned long)words[2]);
		return 3;
	}
	item->name = words[0] & 0xff;
	item->size = words[0] >> 8 & 0xff;
	item->number = words[0] >> 16 & 0xfff;
	say(" {%lx", (unsigned long)words[0]);
	return 1;
}

static unsigned
show_inline(const struct item *item, const uint32_t *words, unsigned room)
{
	vm_size_t size = ((uint64_t)item->size * item->number + 7) / 8;
	unsigned count = (size + 3) / 4;

	if (count > room)
		count = room;
	for (unsigned i = 0; i < count; i++) {
		if (names_a_right(item->name))
			say(" %s", name_label(space, words[i]));
		else
			say(" %lx", (unsigned long)words[i]);
	}
	return count;
}

static void
show_body(const uint32_t *words, unsigned count)
{
	struct item item;
	unsigned i = 0;

	while (i < count) {
		i += take_type(&words[i], &item);
		if (item.flags & TYPE_INLINE)
			i += show_inline(&item, &words[i], count - i);
		else if (i < count)
			show_memory(&item, words[i++]);
		say("}");
	}
}

/* A received message, or one that came back. */
static void
show(void)
{
	const mach_msg_header_t *head = &common->buffer.head;
	const uint32_t *body = &common->buffer.words[HEADER_WORDS];
	unsigned count = head->msgh_size / 4 - HEADER_WORDS;
	unsigned local = MACH_MSGH_BITS_LOCAL(head->msgh_bits);

	say(" bits %#x size %u remote %s",
	    head->msgh_bits & ~DIFFERENCE_KERNEL_BITS, head->msgh_size,
	    name_label(space, head->msgh_remote_port));
	if (local == MACH_MSG_TYPE_PROTECTED_PAYLOAD)
		say(" payload %#lx",
		    (unsigned long)head->msgh_protected_payload);
	else
		say(" local %s", name_label(space, head->msgh_local_port));
	say(" seqno %u id %d", (unsigned)head->msgh_seqno, (int)head->msgh_id);
	if (head->msgh_size < sizeof(*head) || count > BUFFER_WORDS)
		say(" odd");
	else if (head->msgh_bits & MACH_MSGH_BITS_COMPLEX)
		show_body(body, count);
	else if (head->msgh_id >= ID_FIRST && head->msgh_id != ID_OPAQUE)
		say(" body %08lx", (unsigned long)hash_bytes(body, count * 4));
	else if (head->msgh_id == 70 && count == 2)
		say(" count %u", (unsigned)body[1]);
}

/* Whether the memory that was to be given away is gone. */
static void
show_given(void)
{
	vm_address_t addr;
	vm_offset_t data;
	mach_msg_type_number_t count;
	kern_return_t kr;

	for (unsigned i = 0; i < memory_count; i++) {
		addr = MEMORY_BASE + i * MEMORY_STEP;
		kr = vm_read(child_task[space], addr, 1, &data, &count);
		say(kr == KERN_SUCCESS ? " left" : " gone");
		if (kr == KERN_SUCCESS)
			(void)vm_deallocate(mach_task_self(), data, count);
		(void)vm_deallocate(child_task[space], addr, MEMORY_STEP);
	}
}

static bool
came_back(mach_msg_return_t mr)
{
	switch (mr & ~MACH_MSG_MASK) {
	case MACH_SEND_TIMED_OUT:
	case MACH_SEND_INTERRUPTED:
	case MACH_SEND_NO_NOTIFY:
	case MACH_SEND_NOTIFY_IN_PROGRESS:
		return true;
	case MACH_SEND_INVALID_NOTIFY:	/* else the header was refused */
		return !(common->trap.option & MACH_SEND_CANCEL);
	}
	return false;
}

static bool
came_in(mach_msg_return_t mr)
{
	return mr == MACH_MSG_SUCCESS ||
	    (mr & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR ||
	    (mr & ~MACH_MSG_MASK) == MACH_RCV_HEADER_ERROR;
}

/* Of a message that does not fit: what a receiver learns of it. */
static void
show_too_large(void)
{
	const mach_msg_header_t *head = &common->buffer.head;

	say(" size %x bits %x id %x", head->msgh_size,
	    head->msgh_bits & ~DIFFERENCE_KERNEL_BITS,
	    (unsigned)head->msgh_id);
}

void
message_send(int which)
{
	struct trap *trap = &common->trap;
	mach_msg_return_t mr;
	bool receive;

	space = which;
	trap->msg = (vm_address_t)&common->buffer;
	say("send %c", 'a' + space);
	make_message();
	trap->send_size = draw_send_size();
	draw_send_options(trap);
	receive = one_in(6);
	if (receive)
		draw_receive_options(trap);
	if (one_in(100))
		trap->msg = DIFFERENCE_NO_MEMORY;
	mr = child_trap(space);
	say(" -> %#x", (unsigned)mr);
	if (came_back(mr) || (receive && came_in(mr))) {
		say_line();
		notices_named();
		say("  ");
		names_take(space, moved, moved_count);
		show();
		names_return(space, moved, moved_count);
	} else if (mr == MACH_RCV_TOO_LARGE) {
		show_too_large();
	}
	show_given();
}

void
message_receive(int which)
{
	struct trap *trap = &common->trap;
	mach_msg_return_t mr;

	space = which;
	trap->msg = (vm_address_t)&common->buffer;
	trap->option = 0;
	trap->send_size = 0;
	trap->notify = MACH_PORT_NULL;
	say("receive %c", 'a' + space);
	draw_receive_options(trap);
	memset(&common->buffer, FILL, sizeof(common->buffer));
	mr = child_trap(space);
	say(" -> %#x", (unsigned)mr);
	if (came_in(mr))
		show();
	else if (mr == MACH_RCV_TOO_LARGE)
		show_too_large();
}
