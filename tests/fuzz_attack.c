/*
 * tests/fuzz_attack.c - what an attacker does; see fuzz.h.
 *
 * A round is a request of some routine, mostly to a port that serves it, with
 * random arguments and now and then something wrong about it; or words of
 * nonsense; or a trap.  Whatever comes back is looked through and given up.
 */
#include <string.h>

#include <mach/vm_param.h>

#include "fuzz.h"
#include "i386_trap.h"

#define SELF		mach_task_self()
#define ROOM		8192u
#define USER_END	((uint32_t)VM_MAX_ADDRESS)

/* These end the run, or leave the kernel without a default pager. */
#define HOST_REBOOT	2635
#define VM_SET_DEFAULT_MEMORY_MANAGER 2041

static union {
	mach_msg_header_t head;
	uint32_t	  word[ROOM / 4];
} out, in;

static uint32_t seed;
static unsigned ports;		/* how many of enum fuzz_port we have */
static mach_port_t reply_port, host;

static uint32_t
any(uint32_t below)
{
	return test_random(&seed) % below;
}

static bool
one_in(uint32_t n)
{
	return any(n) == 0;
}

/* ---- values ---- */

/* 32 random bits, none of them like the markers of fuzz_reply.c. */
static uint32_t
any_bits(void)
{
	uint32_t word = test_random(&seed) ^ test_random(&seed) << 16;

	return (word & 0xff000000u) == 0xde000000u ? word ^ 0x80000000u : word;
}

static mach_port_t
fresh_port(void)
{
	mach_port_t port = MACH_PORT_NULL;

	(void)mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port);
	return port;
}

static mach_port_t
port_named(enum fuzz_port which)
{
	return which == FUZZ_HOST ? host : FUZZ_PORT(which);
}

static uint32_t
any_port(void)
{
	switch (any(16)) {
	case 0:		return MACH_PORT_NULL;
	case 1:		return MACH_PORT_DEAD;
	case 2:		return SELF;
	case 3:		return reply_port;
	case 4:		return fresh_port();
	default:	return port_named(any(ports));
	}
}

/* Addresses of the kernel: its first ones, and where nothing is. */
static uint32_t
kernel_address(void)
{
	static const uint32_t addresses[] = { 0xc0000000, 0xc0000ffc,
	    0xc0100000, 0xc0101ffe, 0xc8000000, 0xefffffff, 0xff000000,
	    0xfffff000, 0xfffffffc };

	return addresses[any(sizeof(addresses) / sizeof(addresses[0]))];
}

static uint32_t
any_address(void)
{
	uint32_t page = fuzz_arena + any(FUZZ_ARENA_PAGES) * PAGE_SIZE;

	switch (any(8)) {
	case 0:		return page + any(PAGE_SIZE);
	case 1:		return page + PAGE_SIZE - any(8);
	case 2:		return kernel_address();
	case 3:		return USER_END - any(3) * PAGE_SIZE / 2;
	default:	return page;
	}
}

static uint32_t
any_word(void)
{
	switch (any(16)) {
	case 0:		return 0;
	case 1:		return 1;
	case 2:		return ~0u;
	case 3:		return 0x80000000u - any(2);
	case 4:		return 1u << any(32);
	case 5:		return any(8) * PAGE_SIZE;
	case 6:		return 0u - any(4) * PAGE_SIZE;
	case 7:		return any_bits();
	case 8:
	case 9:		return any_port();
	case 10:
	case 11:
	case 12:	return any_address();
	default:	return any(40);
	}
}

/* A page of the arena, which may have been given away or protected. */
static vm_address_t
restore_page(unsigned i)
{
	vm_address_t page = fuzz_arena + i % FUZZ_ARENA_PAGES * PAGE_SIZE;

	if (vm_allocate(SELF, &page, PAGE_SIZE, FALSE) == KERN_NO_SPACE)
		(void)vm_protect(SELF, page, PAGE_SIZE, FALSE,
		    VM_PROT_READ | VM_PROT_WRITE);
	return page;
}

/* ---- requests ---- */

static char *
put_ports(char *to, unsigned count, mach_msg_type_name_t name)
{
	bool fresh = name == MACH_MSG_TYPE_MOVE_RECEIVE ||
	    name == MACH_MSG_TYPE_MAKE_SEND ||
	    name == MACH_MSG_TYPE_MAKE_SEND_ONCE;
	mach_port_t port;

	for (unsigned i = 0; i < count; i++, to += 4) {
		port = fresh && !one_in(8) ? fresh_port() : any_port();
		memcpy(to, &port, 4);
	}
	return to;
}

static char *
put_words(char *to, size_t size)
{
	uint32_t word;

	for (size_t i = 0; i < size; i += 4, to += 4) {
		word = any_word();
		memcpy(to, &word, 4);
	}
	return to;
}

/* Text that some call or other knows. */
static char *
put_text(char *to, size_t size)
{
	static const char *const texts[] = { "time", "rd0", "hd0", "mem",
	    "irq", "com0", "", "time0s1a" };

	if (one_in(4))
		return put_words(to, size);
	memset(to, one_in(2) ? 0 : 'x', size);
	strncpy(to, texts[any(8)], size);
	return to + size;
}

/* How many elements: mostly as many as there can be, or a few. */
static unsigned
any_number(const struct request_item *item, mach_msg_type_name_t name)
{
	if (!item->is_inline)
		return MACH_MSG_TYPE_PORT_ANY(name) ? any(6) :
		    one_in(8) ? any_word() : any(FUZZ_ARENA_PAGES * PAGE_SIZE);
	if (item->number == 1 || !one_in(3))
		return item->number;
	return any(item->number < 64 ? item->number : 64);
}

static mach_msg_type_name_t
any_disposition(void)
{
	return MACH_MSG_TYPE_MOVE_RECEIVE + any(6);
}

static char *
put_item(char *to, const struct request_item *item)
{
	mach_msg_type_name_t name = item->name;
	vm_address_t memory;
	unsigned number;
	size_t size;

	if (name == MACH_MSG_TYPE_POLYMORPHIC && one_in(4))
		name = one_in(2) ? MACH_MSG_TYPE_INTEGER_32 :
		    MACH_MSG_TYPE_PORT_NAME;
	else if (name == MACH_MSG_TYPE_POLYMORPHIC ||
	    (MACH_MSG_TYPE_PORT_ANY(name) && one_in(8)))
		name = any_disposition();
	number = any_number(item, name);
	to = request_put_type(to, item, name, number,
	    !item->is_inline && one_in(8));
	if (!item->is_inline) {
		memory = fuzz_arena + (one_in(2) ? 0 : any(PAGE_SIZE));
		if (MACH_MSG_TYPE_PORT_ANY(name)) {
			memory = restore_page(0) + any(64) * 4;
			(void)put_ports((char *)memory, number, name);
		}
		if (one_in(8))
			memory = any_address();
		memcpy(to, &memory, 4);
		return to + 4;
	}
	size = (number * item->size + 31) / 32 * 4;
	if (MACH_MSG_TYPE_PORT_ANY(name))
		return put_ports(to, number, name);
	if (name == MACH_MSG_TYPE_STRING_C || name == MACH_MSG_TYPE_CHAR)
		return put_text(to, size);
	return put_words(to, size);
}

/* Ports that serve such a target, by a word in the argument's name. */
static mach_port_t
port_for(const char *target)
{
	static const struct { const char *word; enum fuzz_port first, second; }
	kinds[] = {
		{ "thread",	FUZZ_THREAD,	FUZZ_THREAD_STOPPED },
		{ "host_priv",	FUZZ_HOST_PRIV,	FUZZ_HOST_PRIV },
		{ "host",	FUZZ_HOST,	FUZZ_HOST_PRIV },
		{ "master",	FUZZ_MASTER,	FUZZ_MASTER },
		{ "device",	FUZZ_TIME,	FUZZ_DISK },
		{ "set",	FUZZ_SET_NAME,	FUZZ_SET },
		{ "processor",	FUZZ_PROCESSOR,	FUZZ_PROCESSOR },
		{ "memory",	FUZZ_CONTROL,	FUZZ_CONTROL },
		{ "object",	FUZZ_NAME,	FUZZ_PAGER },
	};

	if (one_in(5))
		return one_in(16) ? any_port() : port_named(any(ports));
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(target, kinds[i].word) != NULL)
			return port_named(one_in(2) ? kinds[i].first :
			    kinds[i].second);
	return FUZZ_PORT(FUZZ_TASK);
}

/* What would leave the others too little to do, or spoil the console. */
static bool
is_too_much(mach_msg_id_t id, mach_port_t to)
{
	if (id == HOST_REBOOT || id == VM_SET_DEFAULT_MEMORY_MANAGER)
		return true;
	/* the ends of the victim, and of the attacker */
	if (id == 2008 || id == 2016 || id == 4201)
		return to == SELF || !one_in(64);
	/* task_suspend: nobody would resume the attacker */
	if (id == 2056 && to == SELF)
		return true;
	/* the console's reads wait for somebody to type */
	return to == FUZZ_PORT(FUZZ_CONSOLE) &&
	    ((id >= 2802 && id <= 2805) || id == 2810);
}

static unsigned
make_request(void)
{
	const struct request *request = &requests[any(request_count)];
	mach_port_t to = port_for(request->target);
	char *at = (char *)(&out.head + 1);

	while (is_too_much(request->id, to))
		request = &requests[any(request_count)];
	out.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	out.head.msgh_remote_port = to;
	out.head.msgh_local_port = reply_port;
	out.head.msgh_seqno = 0;
	out.head.msgh_id = request->id;
	for (unsigned i = 0; i < request->item_count; i++) {
		const struct request_item *item = &request->item[i];

		at = put_item(at, item);
		if (!item->is_inline || request_item_is_right(item))
			out.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	}
	return (unsigned)(at - (char *)&out);
}

/* Descriptors and values in any order. */
static unsigned
make_nonsense(void)
{
	unsigned words = 6 + any(20);

	(void)make_request();
	for (unsigned i = 6; i < words; i++)
		out.word[i] = one_in(2) ? any_word() :
		    any_disposition() | 32u << 8 | any(3) << 16 |
		    any(16) << 28;
	out.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	return words * 4;
}

/* Something wrong about a message of size bytes; its new size. */
static unsigned
mutate(unsigned size)
{
	unsigned words = size / 4;

	switch (any(10)) {
	case 0:		/* a bit of the body, often a descriptor's */
	case 1:
		if (words > 6)
			out.word[6 + any(words - 6)] ^= 1u << any(32);
		return size;
	case 2:		/* a word of it */
	case 3:
		if (words > 6)
			out.word[6 + any(words - 6)] = any_word();
		return size;
	case 4:		/* cut short, or longer */
		return any(size + 1);
	case 5:
		return size + any(64);
	case 6:		/* the header's rights */
		out.head.msgh_bits = MACH_MSGH_BITS(any(24), any(24)) |
		    (out.head.msgh_bits & MACH_MSGH_BITS_COMPLEX);
		return size;
	case 7:
		out.head.msgh_local_port = any_port();
		return size;
	case 8:
		out.head.msgh_bits ^= 1u << any(32);
		return size;
	default:
		out.head.msgh_id = any_word();
		if (is_too_much(out.head.msgh_id, out.head.msgh_remote_port))
			out.head.msgh_id = 0;
		return size;
	}
}

/* ---- what comes back ---- */

/* Tasks made on the way must not outlive the attacker. */
static void
end_child(void)
{
	mach_msg_type_t *type = (mach_msg_type_t *)&in.word[8];

	if (in.head.msgh_id == 2107 && in.head.msgh_size == 40 &&
	    type->msgt_name == MACH_MSG_TYPE_PORT_SEND)
		(void)task_terminate(in.word[9]);
}

static void
take_reply(mach_msg_id_t request)
{
	/* Not a late one, nor what this attacker has sent to itself. */
	if (in.head.msgh_id == request + 100 &&
	    out.head.msgh_remote_port != reply_port) {
		fuzz_shared->answers++;
		fuzz_check_reply(&in.head, request);
		end_child();
	}
	mach_msg_destroy(&in.head);
}

static void
drain(void)
{
	while (mach_msg_trap(&in.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(in), reply_port, 0, 0) == MACH_MSG_SUCCESS)
		mach_msg_destroy(&in.head);
}

static void
attack_by_message(void)
{
	unsigned size = one_in(8) ? make_nonsense() : make_request();
	mach_msg_option_t option = MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
	mach_port_t notify = MACH_PORT_NULL;
	unsigned room = sizeof(in);
	mach_msg_id_t id;

	if (one_in(3))
		size = mutate(size);
	if (size > ROOM)
		size = ROOM;
	if (one_in(16)) {
		option |= any_word() & (MACH_SEND_NOTIFY | MACH_SEND_CANCEL |
		    MACH_RCV_NOTIFY | MACH_RCV_LARGE);
		notify = one_in(2) ? reply_port : any_port();
	}
	if (one_in(32))
		room = any(64);
	id = out.head.msgh_id;
	memcpy(&in, &out, size);
	if (mach_msg_trap(&in.head, option, size, room, reply_port, 0,
	    notify) == MACH_MSG_SUCCESS)
		take_reply(id);
	drain();
}

/* From where no message can be, or only a part of one. */
static void
attack_from_nowhere(void)
{
	unsigned size = make_request();
	char *last = (char *)restore_page(FUZZ_ARENA_PAGES - 1) + PAGE_SIZE;
	unsigned cut = any(size / 4 + 1) * 4;

	if (one_in(2)) {
		(void)mach_msg_trap((mach_msg_header_t *)any_address(),
		    MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT |
		    MACH_RCV_TIMEOUT, size, size, reply_port, 0, 0);
		return;
	}
	memcpy(last - cut, &out, cut);
	(void)mach_msg_trap((mach_msg_header_t *)(last - cut),
	    MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT |
	    MACH_RCV_TIMEOUT, size, sizeof(in), reply_port, 0, 0);
}

/*
 * Any trap but those that print, end or stop the caller, or wait without
 * end; memory is only taken from the arena.
 */
static void
attack_by_trap(void)
{
	uint32_t a[11];
	int number = (int)any(130);

	if (one_in(2))
		number = 59 + (int)any(18);
	if (number == 25 || number == 30 || number == 69 || number == 70)
		return;
	for (unsigned i = 0; i < 11; i++)
		a[i] = any_word();
	if (number >= 64 && number <= 76 && !one_in(4))
		a[0] = SELF;
	if (number == 61)
		a[2] = any(2);
	if (number == 66) {
		a[1] = fuzz_arena + any(FUZZ_ARENA_PAGES) * PAGE_SIZE;
		a[2] = PAGE_SIZE;
	}
	if (number == 68)
		a[2] = (uint32_t)&in.word[9];
	if (a[0] == FUZZ_PORT(FUZZ_CONSOLE))
		return;
	if (i386_trap(-number, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7],
	    a[8], a[9], a[10]) == KERN_SUCCESS && number == 68)
		(void)task_terminate(in.word[9]);
}

void
fuzz_attack(const struct fuzz_plan *plan)
{
	seed = plan->seed;
	ports = plan->attacker == 0 ? FUZZ_PORTS : FUZZ_PRIVILEGED;
	host = mach_host_self();
	reply_port = fresh_port();
	(void)mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, 1000);
	for (unsigned i = 0; i < ports; i++)
		(void)mach_port_mod_refs(SELF, port_named(i),
		    MACH_PORT_RIGHT_SEND, 1000);
	for (unsigned i = 0; i < plan->rounds; i++) {
		fuzz_shared->rounds[plan->attacker] = i;
		if (i % 4 == 0)
			(void)restore_page(i / 4);
		if (one_in(8))
			attack_by_trap();
		else if (one_in(32))
			attack_from_nowhere();
		else
			attack_by_message();
	}
	fuzz_shared->rounds[plan->attacker] = plan->rounds;
}
