/*
 * tests/paging_manager.c - a default pager by hand.
 */
#include <string.h>

#include <mach/gnumach.h>
#include <mach/mach_thread.h>
#include <mach/vm_wire.h>

#include "paging_manager.h"

#define KEPT_MAX	8192u	/* pages */
#define STACKS_SIZE	0x1000000u	/* no other region is so large */
#define MOMENT_MS	10

/* A page as the manager keeps it: all of it, unless it has but two words. */
struct kept {
	mach_port_t  port;	/* null: free */
	vm_offset_t  offset;
	bool	     gone;	/* it was kept */
	vm_address_t whole;	/* 0: the rest is zeros */
	uint32_t     first, last;
};

volatile uint32_t *manager_words;
mach_port_t manager_ports;

static struct kept kept[KEPT_MAX];
static mach_port_t manager_port;
static manager_watch watch;

static struct kept *
kept_find(mach_port_t port, vm_offset_t offset)
{
	unsigned i = (port * 7 + offset / PAGE_SIZE) % KEPT_MAX;
	unsigned n;

	for (n = 0; n < KEPT_MAX; n++, i = (i + 1) % KEPT_MAX)
		if (kept[i].port == MACH_PORT_NULL ||
		    (kept[i].port == port && kept[i].offset == offset))
			return &kept[i];
	test_fail(__FILE__, __LINE__, "more than %u pages", KEPT_MAX);
}

static bool
is_sparse(vm_address_t page)
{
	for (unsigned at = 4; at < PAGE_SIZE - 4; at += 4)
		if (vm_word(page + at) != 0)
			return false;
	return true;
}

static void
keep(mach_port_t port, vm_offset_t offset, vm_address_t page)
{
	struct kept *k = kept_find(port, offset);

	if (k->whole != 0)
		vm_deallocate_check(k->whole, PAGE_SIZE);
	*k = (struct kept){ .port = port, .offset = offset, .whole = page };
	if (!is_sparse(page))
		return;
	k->first = vm_word(page);
	k->last = vm_word(page + PAGE_SIZE - 4);
	k->whole = 0;
	vm_deallocate_check(page, PAGE_SIZE);
}

static void
keep_all(struct request *request)
{
	vm_size_t size = RETURN_SIZE(request);

	for (vm_size_t at = 0; at < size; at += PAGE_SIZE)
		keep(request->head.msgh_local_port, FIELD(request, 1) + at,
		    RETURN_DATA(request) + at);
	manager_words[MANAGER_GOT] += size / PAGE_SIZE;
}

/* Send a page that is kept; what is given back the kernel may have for itself. */
static void
kept_send(struct kept *k, mach_port_t control, bool back)
{
	vm_address_t page = k->whole;
	bool own = page == 0;

	if (own) {
		page = test_allocate(PAGE_SIZE);
		vm_set_word(page, k->first);
		vm_set_word(page + PAGE_SIZE - 4, k->last);
	}
	CHECK_KR(memory_object_data_supply(control, k->offset, page,
	    PAGE_SIZE, own || back, VM_PROT_NONE, back, MACH_PORT_NULL),
	    KERN_SUCCESS);
}

void
manager_give_back(mach_port_t port, mach_port_t control, vm_offset_t offset)
{
	struct kept *k = kept_find(port, offset);

	CHECK(k->port != MACH_PORT_NULL && !k->gone);
	kept_send(k, control, true);
	k->gone = true;
	k->whole = 0;
}

static void
give_page(struct request *request, vm_offset_t offset)
{
	struct kept *k = kept_find(request->head.msgh_local_port, offset);

	if (k->port == MACH_PORT_NULL || k->gone) {
		CHECK_KR(memory_object_data_unavailable(FIELD(request, 0),
		    offset, PAGE_SIZE), KERN_SUCCESS);
		return;
	}
	kept_send(k, FIELD(request, 0), false);
	manager_words[MANAGER_GAVE]++;
}

static void
give(struct request *request)
{
	for (vm_size_t at = 0; at < FIELD(request, 2); at += PAGE_SIZE)
		give_page(request, FIELD(request, 1) + at);
}

/*
 * All but the room for stacks of threads that this task has not: of that the
 * running thread's.
 */
uint32_t
manager_wire(uint32_t unused, uint32_t unused_too)
{
	vm_address_t stack = (vm_address_t)__builtin_frame_address(0);
	struct vm_region_facts facts;
	vm_address_t at = 0;

	(void)unused, (void)unused_too;
	CHECK_KR(vm_wire(TEST_HOST_PORT, self, trunc_page(stack) -
	    3 * PAGE_SIZE, 4 * PAGE_SIZE, VM_PROT_DEFAULT), KERN_SUCCESS);
	for (; vm_region_of(self, at, &facts) == KERN_SUCCESS;
	    at = facts.start + facts.size)
		if (facts.size < STACKS_SIZE && facts.prot != VM_PROT_NONE)
			CHECK_KR(vm_wire(TEST_HOST_PORT, self, facts.start,
			    facts.size, facts.prot), KERN_SUCCESS);
	return 0;
}

void
manager_serve(struct request *request)
{
	switch (request->head.msgh_id) {
	case CREATE:
		CHECK_KR(mach_port_move_member(self, FIELD(request, 0),
		    manager_ports), KERN_SUCCESS);
		break;
	case INITIALIZE:
	case DATA_RETURN:
		keep_all(request);
		release(FIELD(request, 0));
		break;
	case DATA_REQUEST:
		give(request);
		release(FIELD(request, 0));
		break;
	}
}

/* A default pager in a task of its own, which is given its port. */
static void
manage(void *unused)
{
	struct request request;
	mach_msg_return_t mr;

	(void)unused;
	while (!manager_words[MANAGER_HAS_PORT])
		test_sleep(10);
	(void)manager_wire(0, 0);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, self, VM_WIRE_FUTURE),
	    KERN_SUCCESS);
	CHECK_KR(thread_wire(TEST_HOST_PORT, mach_thread_self(), TRUE),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET,
	    &manager_ports), KERN_SUCCESS);
	CHECK_KR(mach_port_move_member(self, manager_port, manager_ports),
	    KERN_SUCCESS);
	manager_words[MANAGER_READY] = true;
	for (;;) {
		mr = test_receive(&request.head, sizeof(request),
		    manager_ports, watch != NULL ? MOMENT_MS : 0);
		if (mr == MACH_RCV_TIMED_OUT) {
			(void)watch(NULL);
			continue;
		}
		CHECK_KR(mr, MACH_MSG_SUCCESS);
		if (watch == NULL || !watch(&request))
			manager_serve(&request);
	}
}

task_t
manager_start(mach_port_t port, manager_watch its_watch)
{
	task_t task;

	manager_port = port;
	watch = its_watch;
	manager_words = (uint32_t *)test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(self, (vm_address_t)manager_words, PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	task = test_spawn(manage, NULL, MACH_PORT_NULL);
	CHECK_KR(mach_port_insert_right(task, port, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	manager_words[MANAGER_HAS_PORT] = true;
	while (!manager_words[MANAGER_READY])
		test_sleep(10);
	return task;
}

/* The call of mach.defs is for who receives on the port: by hand a send right will do. */
mach_port_t
manager_set(mach_port_t port)
{
	struct {
		mach_msg_header_t head;
		uint32_t	  word[6];
	} msg = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS_COMPLEX |
			    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    MACH_MSG_TYPE_MAKE_SEND_ONCE),
			.msgh_size = sizeof(msg.head) + 8,
			.msgh_remote_port = TEST_HOST_PORT,
			.msgh_local_port = mach_reply_port(),
			.msgh_id = 2041,
		},
	};
	mach_msg_type_t type = {
		.msgt_name = MACH_MSG_TYPE_COPY_SEND, .msgt_size = 32,
		.msgt_number = 1, .msgt_inline = TRUE,
	};

	memcpy(&msg.word[0], &type, sizeof(type));
	msg.word[1] = port;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    msg.head.msgh_size, sizeof(msg), msg.head.msgh_local_port, 0,
	    MACH_PORT_NULL), MACH_MSG_SUCCESS);
	CHECK_EQ(msg.word[1], KERN_SUCCESS);
	return msg.word[3];
}
