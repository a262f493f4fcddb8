/*
 * tests/vm_shortage.c - memory that is out in the middle of an operation: the
 * code that says so, and the map as it was before.
 *
 * On the debug kernel, which can have a given allocation fail: each operation
 * is done again and again, with its first, its second, ... allocation failing,
 * until it needs no more.
 */
#include <string.h>

#include "fail.h"
#include "rights.h"
#include "vm_support.h"
#include "zones.h"

#define BASE		((vm_address_t)0x50000000)
#define OTHER		(BASE + 0x100000)
#define FREE		(BASE + 0x200000)
#define SPAN		0x1000000u
#define self		mach_task_self()
#define MOST		400u		/* allocations of one operation */

enum { PAGES = 6, SIZE = PAGES * PAGE_SIZE };

static mach_port_t port;

/* What an operation that succeeded leaves; cleaned up when all is well again. */
static struct {
	pointer_t	       data;
	mach_msg_type_number_t count;
	task_t		       task;
} result;
static mach_port_t port, pager;

/* ---- operations ---- */

static kern_return_t
by_allocate(void)
{
	vm_address_t addr = FREE;

	return vm_allocate(self, &addr, SIZE, FALSE);
}

static kern_return_t
map_free(mach_port_t object)
{
	vm_address_t addr = FREE;

	return vm_map(self, &addr, SIZE, 0, FALSE, object, 0, FALSE,
	    VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_NONE);
}

static kern_return_t
by_map(void)
{
	return map_free(MACH_PORT_NULL);
}

static kern_return_t
by_map_of_pager(void)
{
	return map_free(pager);
}

static kern_return_t
by_read(void)
{
	return vm_read(self, BASE, SIZE, &result.data, &result.count);
}

static kern_return_t
by_write(void)
{
	return vm_write(self, OTHER, BASE, SIZE);
}

static kern_return_t
by_copy(void)
{
	return vm_copy(self, BASE, 3 * PAGE_SIZE, OTHER);
}

static kern_return_t
by_protect(void)
{
	return vm_protect(self, BASE + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ);
}

static kern_return_t
by_inherit(void)
{
	return vm_inherit(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_INHERIT_NONE);
}

static kern_return_t
by_deallocate(void)
{
	return vm_deallocate(self, FREE + PAGE_SIZE, PAGE_SIZE);
}

static kern_return_t
by_wire(void)
{
	return vm_wire(TEST_HOST_PORT, self, BASE + PAGE_SIZE, 2 * PAGE_SIZE,
	    VM_PROT_READ | VM_PROT_WRITE);
}

static kern_return_t
by_task_create(void)
{
	return task_create(self, TRUE, &result.task);
}

static kern_return_t
by_message(void)
{
	return vm_send_data(port, BASE, SIZE, false);
}

static kern_return_t
by_message_that_moves(void)
{
	return vm_send_data(port, FREE, SIZE, true);
}

static kern_return_t
by_received_message(void)
{
	struct vm_data_message msg;
	kern_return_t kr = vm_send_data(port, BASE, SIZE, false);

	if (kr == MACH_MSG_SUCCESS)
		kr = mach_msg(&msg.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		    sizeof(msg), port, 0, MACH_PORT_NULL);
	if (kr == MACH_MSG_SUCCESS) {
		result.data = msg.data;
		result.count = SIZE;
	}
	return kr;
}

static const struct operation {
	const char    *name;
	kern_return_t (*run)(void);
	bool	       at_free;		/* it wants memory at FREE */
} operations[] = {
	{ "vm_allocate",	by_allocate, false },
	{ "vm_map",		by_map, false },
	{ "vm_map of a pager",	by_map_of_pager, false },
	{ "vm_read",		by_read, false },
	{ "vm_write",		by_write, false },
	{ "vm_copy",		by_copy, false },
	{ "vm_protect",		by_protect, false },
	{ "vm_inherit",		by_inherit, false },
	{ "vm_deallocate",	by_deallocate, true },
	{ "vm_wire",		by_wire, false },
	{ "task_create",	by_task_create, false },
	{ "a message",		by_message, false },
	{ "a message that moves", by_message_that_moves, true },
	{ "a message received",	by_received_message, false },
};

/* ---- the same ground for each ---- */

static void
ground_add(vm_address_t addr)
{
	CHECK_KR(vm_allocate(self, &addr, SIZE, FALSE), KERN_SUCCESS);
	vm_fill(addr, PAGES, 1);
}

static void
ground_make(const struct operation *op)
{
	ground_add(BASE);
	ground_add(OTHER);
	if (op->at_free)
		ground_add(FREE);
	pager = test_port();
	memset(&result, 0, sizeof(result));
}

/* What has come, if anything has, is whole. */
static void
ground_remove(void)
{
	struct vm_data_message msg;

	if (result.data != 0) {
		vm_expect(result.data, PAGES, 1);
		vm_deallocate_check(result.data, result.count);
	}
	if (result.task != MACH_PORT_NULL) {
		CHECK_KR(task_terminate(result.task), KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(self, result.task),
		    KERN_SUCCESS);
	}
	if (mach_msg(&msg.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(msg), port, 0, MACH_PORT_NULL) == MACH_MSG_SUCCESS) {
		vm_expect(msg.data, PAGES, 1);
		mach_msg_destroy(&msg.head);
	}
	vm_deallocate_check(BASE, SPAN);
	drain_port(pager);
	destroy_right(pager);
}

static const vm_region_record_t *
region_at(const struct vm_picture *picture, vm_address_t addr)
{
	for (unsigned i = 0; i < picture->count; i++)
		if (addr - picture->regions[i].address <
		    picture->regions[i].size)
			return &picture->regions[i];
	return NULL;
}

/* Each page is as it was; a region may be in two parts now, which are alike. */
static void
check_unchanged(const struct vm_picture *before, const char *what,
    unsigned nth)
{
	const vm_region_record_t *was, *is;
	struct vm_picture now;

	vm_picture_take(&now, BASE, SPAN);
	for (vm_address_t at = BASE; at < FREE + SIZE; at += PAGE_SIZE) {
		was = region_at(before, at);
		is = region_at(&now, at);
		if ((was == NULL) != (is == NULL) || (was != NULL &&
		    (was->protection != is->protection ||
		    was->max_protection != is->max_protection ||
		    was->inheritance != is->inheritance ||
		    was->shared != is->shared ||
		    was->wired_count != is->wired_count)))
			test_fail(__FILE__, __LINE__,
			    "%s without allocation %u changed %#lx", what, nth,
			    (unsigned long)at);
	}
	vm_picture_free(&now);
}

/* The code for want of memory, wherever it was wanted. */
static bool
is_shortage(kern_return_t kr)
{
	if (kr == MIG_SERVER_DIED)	/* no reply could be made */
		return true;
	switch (kr & ~MACH_MSG_MASK) {
	case KERN_RESOURCE_SHORTAGE:
	case MACH_SEND_NO_BUFFER:
	case MACH_SEND_INVALID_MEMORY:
	case MACH_RCV_HEADER_ERROR:
	case MACH_RCV_BODY_ERROR:
		return true;
	default:
		return false;
	}
}

/* The operation with its nth allocation failing; false: it has none so many. */
static bool
run_failing(const struct operation *op, unsigned nth)
{
	struct vm_picture before;
	kern_return_t kr;
	bool failed;

	ground_make(op);
	vm_picture_take(&before, BASE, SPAN);
	fail_begin(nth);
	kr = op->run();
	failed = fail_end();
	if (kr != KERN_SUCCESS && !is_shortage(kr))
		test_fail(__FILE__, __LINE__, "%s without allocation %u: %#x",
		    op->name, nth, kr);
	if (kr != KERN_SUCCESS)
		check_unchanged(&before, op->name, nth);
	vm_expect(BASE, PAGES, 1);
	vm_expect(OTHER, PAGES, 1);
	vm_picture_free(&before);
	ground_remove();
	return failed;
}

static const struct operation *the_operation;
static unsigned failures;

static void
round_of_failures(void)
{
	for (failures = 0; failures < MOST &&
	    run_failing(the_operation, failures + 1); failures++)
		continue;
	CHECK(failures != MOST);
}

TEST_LIMIT(vm_shortage_at_each_allocation, 60)
{
	unsigned total = 0;

	if (!fail_is_possible())
		return;			/* the release build */
	port = test_port();
	test_remember_tasks(TEST_HOST_PORT);
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]);
	    i++) {
		the_operation = &operations[i];
		zones_check_rounds(round_of_failures, 1);
		CHECK(failures > 0);
		total += failures;
	}
	test_end_new_tasks(TEST_HOST_PORT);
	test_note("%u allocations failed", total);
}
