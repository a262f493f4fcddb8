/*
 * tests/oracle/memory.c - the calls on address ranges, in four address spaces.
 *
 * This task, a child that acts when told, and two tasks without threads that
 * are made by inheritance and ended as it comes.  All calls are about an arena
 * of the same addresses in each; what a kernel places itself is freed at once
 * or copied into the arena.
 */
#include <string.h>

#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "differences.h"
#include "oracle.h"

#define TASKS		4
#define ACTING		2	/* that have a thread: 0 and 1 */
#define ARENA		0x20000000u
#define ARENA_PAGES	24u
#define ARENA_END	(ARENA + ARENA_PAGES * PAGE_SIZE)
#define PORT_NAME	((mach_port_t)0x52000002)	/* in each acting one */

static task_t task[TASKS];
static mach_port_t port[ACTING];	/* send rights; each receives on its own */
static int which;			/* of the operation */

static const vm_prot_t some_rights[] = {
	VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_PROT_ALL, VM_PROT_ALL,
	VM_PROT_READ, VM_PROT_NONE, VM_PROT_READ | VM_PROT_EXECUTE,
	VM_PROT_NO_CHANGE, DIFFERENCE_NO_RIGHTS, ~0u
};
static const vm_inherit_t some_inheritance[] = {
	VM_INHERIT_COPY, VM_INHERIT_SHARE, VM_INHERIT_SHARE, VM_INHERIT_NONE,
	3, ~0u
};

/* An address in the arena, rarely one that no call may succeed with. */
static vm_address_t
draw_address(void)
{
	static const vm_address_t odd[] = {
		0xc0000000, 0xfffff000, 0xffffffff, 0xd0000123
	};
	vm_address_t addr = ARENA + draw(ARENA_PAGES) * PAGE_SIZE;

	if (one_in(30))
		return DRAW_OF(odd);
	return one_in(8) ? addr + draw(PAGE_SIZE) : addr;
}

/* A size that stays in the arena from addr, rarely one that wraps. */
static vm_size_t
draw_size(vm_address_t addr)
{
	static const vm_size_t odd[] = {
		0, 0, 0xfffff000, 0xffffffff, 0xf0000000
	};
	vm_size_t pages = one_in(3) ? 1 : 1 + draw(8);

	if (one_in(20))
		return DRAW_OF(odd);
	if (addr >= ARENA && addr < ARENA_END &&
	    pages > (ARENA_END - trunc_page(addr)) / PAGE_SIZE)
		pages = (ARENA_END - trunc_page(addr)) / PAGE_SIZE;
	return one_in(8) ? pages * PAGE_SIZE - draw(PAGE_SIZE) :
	    pages * PAGE_SIZE;
}

static void
say_range(const char *call, vm_address_t addr, vm_size_t size)
{
	say("%s %d %#lx+%#lx", call, which, (unsigned long)(addr - ARENA),
	    (unsigned long)size);
}

static void
say_code(kern_return_t kr)
{
	say(" -> %#x", (unsigned)kr);
}

static void
allocate(void)
{
	vm_address_t addr = draw_address(), asked = addr;
	vm_size_t size = draw_size(addr);
	bool trap = one_in(3) && which == 0;
	kern_return_t kr;

	say_range(trap ? "allocate trap" : "allocate", addr, size);
	kr = trap ? syscall_vm_allocate(task[which], &addr, size, FALSE) :
	    vm_allocate(task[which], &addr, size, FALSE);
	say_code(kr);
	if (kr == KERN_SUCCESS)
		say(" moved %ld", (long)(addr - asked));
}

static void
allocate_anywhere(void)
{
	vm_size_t size = draw_size(0);
	vm_address_t addr = 0;
	kern_return_t kr = vm_allocate(task[which], &addr, size, TRUE);

	say_range("allocate_anywhere", ARENA, size);
	say_code(kr);
	if (kr != KERN_SUCCESS || size == 0)
		return;
	say(" offset %lu -> %d", (unsigned long)(addr & PAGE_MASK),
	    vm_deallocate(task[which], addr, size));
}

static void
deallocate(void)
{
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	bool trap = one_in(3) && which == 0;

	say_range(trap ? "deallocate trap" : "deallocate", addr, size);
	say_code(trap ? syscall_vm_deallocate(task[which], addr, size) :
	    vm_deallocate(task[which], addr, size));
}

static void
protect(void)
{
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	boolean_t maximum = one_in(5);
	vm_prot_t rights = DRAW_OF(some_rights);

	say_range(maximum ? "protect maximum" : "protect", addr, size);
	say(" %#x", (unsigned)rights);
	say_code(vm_protect(task[which], addr, size, maximum, rights));
}

static void
inherit(void)
{
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	vm_inherit_t how = DRAW_OF(some_inheritance);

	say_range("inherit", addr, size);
	say(" %d", (int)how);
	say_code(vm_inherit(task[which], addr, size, how));
}

struct region {
	vm_address_t	start;
	vm_size_t	size;
	vm_prot_t	now, most;
	vm_inherit_t	how;
	boolean_t	shared;
};

/* The first region at or after addr in a task; false: there is none. */
static bool
find_region(task_t of, vm_address_t addr, struct region *region)
{
	mach_port_t name = MACH_PORT_NULL;
	vm_offset_t offset;
	kern_return_t kr;

	region->start = addr;
	kr = vm_region(of, &region->start, &region->size, &region->now,
	    &region->most, &region->how, &region->shared, &name, &offset);
	if (MACH_PORT_VALID(name))
		(void)mach_port_deallocate(mach_task_self(), name);
	return kr == KERN_SUCCESS;
}

static bool
can(int of, vm_address_t addr, vm_prot_t rights)
{
	struct region r;

	return find_region(task[of], addr, &r) && r.start <= addr &&
	    (r.now & rights) == rights;
}

static void
read_range(void)
{
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	vm_offset_t data;
	mach_msg_type_number_t count;
	kern_return_t kr = vm_read(task[which], addr, size, &data, &count);

	say_range("read", addr, size);
	say_code(kr);
	if (kr != KERN_SUCCESS)
		return;
	say(" %u %08lx", (unsigned)count,
	    (unsigned long)hash_bytes((void *)data, count));
	(void)vm_deallocate(mach_task_self(), data, count);
}

static void
write_range(void)
{
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	vm_address_t from = (vm_address_t)common->bulk;

	if (size > BULK_SIZE - PAGE_SIZE)
		size = BULK_SIZE - PAGE_SIZE;
	from = one_in(3) ? ARENA : from + 4 * draw(PAGE_SIZE / 4);
	say_range("write", addr, size);
	say(from == ARENA ? " from arena" : " %lu", (unsigned long)
	    (from - (vm_address_t)common->bulk));
	say_code(vm_write(task[which], addr, from, size));
}

static void
copy(void)
{
	vm_address_t from = draw_address(), to = draw_address();
	vm_size_t size = draw_size(from > to ? from : to);

	say_range("copy", from, size);
	say(" to %#lx", (unsigned long)(to - ARENA));
	say_code(vm_copy(task[which], from, size, to));
}

static void
map(void)
{
	static const vm_address_t masks[] = { 0, 0, 0xfff, 0x1fff, 0x7fff };
	vm_address_t addr = draw_address(), mask = DRAW_OF(masks);
	vm_size_t size = draw_size(addr);
	boolean_t copied = one_in(2);
	vm_prot_t now = DRAW_OF(some_rights), most = DRAW_OF(some_rights);
	vm_inherit_t how = DRAW_OF(some_inheritance);
	kern_return_t kr;

	say_range("map", addr, size);
	say(" mask %#lx %d %#x %#x %d", (unsigned long)mask, copied,
	    (unsigned)now, (unsigned)most, (int)how);
	kr = vm_map(task[which], &addr, size, mask, FALSE, MACH_PORT_NULL,
	    one_in(4) ? 123 : 0, copied, now, most, how);
	say_code(kr);
	if (kr == KERN_SUCCESS)
		say(" %#lx", (unsigned long)(addr - ARENA));
}

/* Placed by the kernel, looked at, and given back. */
static void
map_anywhere(void)
{
	static const vm_address_t masks[] = { 0, 0xfff, 0x1fff, 0x7fff, 0xfffff };
	vm_address_t addr = 0, mask = DRAW_OF(masks);
	vm_size_t size = draw_size(ARENA);
	boolean_t copied = one_in(2);
	vm_prot_t now = DRAW_OF(some_rights), most = DRAW_OF(some_rights);
	vm_inherit_t how = DRAW_OF(some_inheritance);
	struct region r;
	kern_return_t kr;

	say_range("map_anywhere", ARENA, size);
	say(" mask %#lx %d %#x %#x %d", (unsigned long)mask, copied,
	    (unsigned)now, (unsigned)most, (int)how);
	kr = vm_map(task[which], &addr, size, mask, TRUE, MACH_PORT_NULL, 0,
	    copied, now, most, how);
	say_code(kr);
	if (kr != KERN_SUCCESS || size == 0)
		return;
	say(" offset %lu", (unsigned long)(addr & (mask | PAGE_MASK)));
	if (find_region(task[which], addr, &r))
		say(" %u/%u/%u", (unsigned)r.now, (unsigned)r.most,
		    (unsigned)r.how);
	say(" -> %d", vm_deallocate(task[which], addr, size));
}

/* The region at or after an address; where it ends is the kernel's affair. */
static void
region(void)
{
	vm_address_t addr = draw_address();
	struct region r;

	say_range("region", addr, 0);
	if (!find_region(task[which], addr, &r)) {
		say(" none");
		return;
	}
	if (addr < ARENA || r.start >= ARENA_END)
		return;
	say(" at %#lx: %u/%u/%u", (unsigned long)((r.start > addr ? r.start :
	    trunc_page(addr)) - ARENA), (unsigned)r.now, (unsigned)r.most,
	    (unsigned)r.how);
}

/* Read or write a word by a task itself. */
static void
touch(void)
{
	vm_address_t addr = ARENA + draw(ARENA_PAGES) * PAGE_SIZE +
	    4 * draw(PAGE_SIZE / 4);
	bool writes = one_in(2);
	uint32_t word = draw(~0u);

	which %= ACTING;
	say_range(writes ? "poke" : "peek", addr, 4);
	if (!can(which, addr, writes ? VM_PROT_DEFAULT : VM_PROT_READ))
		return;
	if (writes)
		child_poke(which, addr, word);
	say(" %lx", (unsigned long)child_peek(which, addr));
}

/* Another task by inheritance in place of one without a thread. */
static void
fork_one(void)
{
	int to = ACTING + draw(TASKS - ACTING);
	kern_return_t kr;

	if (task[to] != MACH_PORT_NULL) {
		say("end %d", to);
		say_code(task_terminate(task[to]));
		(void)mach_port_deallocate(mach_task_self(), task[to]);
		task[to] = MACH_PORT_NULL;
		if (which == to)
			return;
	}
	say(" task_create %d from %d", to, which);
	kr = task_create(task[which], TRUE, &task[to]);
	say_code(kr);
}

struct memory_message {
	mach_msg_header_t head;
	mach_msg_type_long_t type;
	vm_address_t	data;
};

/* The arena's memory in a message from an acting task to one of the ports. */
static void
send_range(void)
{
	struct memory_message *msg = (struct memory_message *)&common->buffer;
	vm_address_t addr = draw_address();
	vm_size_t size = draw_size(addr);
	bool gives = one_in(3);

	which %= ACTING;
	memset(msg, 0, sizeof(*msg));
	msg->head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	msg->head.msgh_remote_port = which == 0 ? port[draw(ACTING)] :
	    PORT_NAME;
	msg->type.msgtl_header.msgt_longform = TRUE;
	msg->type.msgtl_header.msgt_deallocate = gives;
	msg->type.msgtl_name = MACH_MSG_TYPE_BYTE;
	msg->type.msgtl_size = 8;
	msg->type.msgtl_number = size;
	msg->data = addr;
	common->trap = (struct trap) {
		.msg = (vm_address_t)msg, .send_size = sizeof(*msg),
		.option = MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	};
	say_range(gives ? "give" : "send", addr, size);
	say(" to %d", msg->head.msgh_remote_port == port[1] ? 1 : which);
	say_code(child_trap(which));
}

/*
 * Fill a task's arena, so that a kernel places nothing there by itself; what
 * it has filled is returned, a bit a page, for open_holes.
 */
static uint32_t
fill_holes(int of)
{
	uint32_t filled = 0;
	vm_address_t addr;

	for (unsigned i = 0; i < ARENA_PAGES; i++) {
		addr = ARENA + i * PAGE_SIZE;
		if (!can(of, addr, VM_PROT_NONE) && vm_allocate(task[of],
		    &addr, PAGE_SIZE, FALSE) == KERN_SUCCESS)
			filled |= 1u << i;
	}
	return filled;
}

static void
open_holes(int of, uint32_t filled)
{
	for (unsigned i = 0; i < ARENA_PAGES; i++)
		if (filled & 1u << i)
			(void)vm_deallocate(task[of], ARENA + i * PAGE_SIZE,
			    PAGE_SIZE);
}

/* What an acting task receives goes into its arena, or is looked at. */
static void
receive_range(void)
{
	struct memory_message *msg = (struct memory_message *)&common->buffer;
	vm_address_t to = ARENA + draw(ARENA_PAGES) * PAGE_SIZE;
	vm_size_t size;
	mach_msg_return_t mr;
	uint32_t holes;

	which %= ACTING;
	common->trap = (struct trap) {
		.msg = (vm_address_t)msg, .rcv_size = sizeof(*msg),
		.option = MACH_RCV_MSG | MACH_RCV_TIMEOUT,
		.rcv_name = which == 0 ? port[0] : PORT_NAME,
	};
	holes = fill_holes(which);
	mr = child_trap(which);
	open_holes(which, holes);
	say("receive %d", which);
	say_code(mr);
	if (mr != MACH_MSG_SUCCESS)
		return;
	size = msg->type.msgtl_number;
	say(" size %#lx offset %lu", (unsigned long)size,
	    (unsigned long)(msg->data & PAGE_MASK));
	if (size == 0)
		return;
	say(" first %lx", (unsigned long)
	    child_peek(which, msg->data & ~3u));
	say(" copy to %#lx -> %#x", (unsigned long)(to - ARENA),
	    (unsigned)vm_copy(task[which], trunc_page(msg->data),
	    round_page(msg->data + size) - trunc_page(msg->data), to));
	say(" -> %d", vm_deallocate(task[which], msg->data, size));
}

static const struct operation operations[] = {
	{ 16, allocate }, { 2, allocate_anywhere }, { 7, deallocate },
	{ 8, protect }, { 6, inherit }, { 6, read_range },
	{ 10, write_range }, { 8, copy }, { 6, map },
	{ 2, map_anywhere }, { 3, region },
	{ 22, touch }, { 5, fork_one }, { 7, send_range },
	{ 7, receive_range },
};

static void
operate(void)
{
	which = draw(TASKS);
	if (task[which] == MACH_PORT_NULL)
		which = 0;
	draw_operation(operations, COUNT(operations));
	say_line();
}

static bool
alike(const struct region *a, const struct region *b)
{
	return a->now == b->now && a->most == b->most && a->how == b->how &&
	    a->start + a->size == b->start;
}

/* The regions of a task's arena; neighbours that are alike are one. */
static void
show_regions(int of)
{
	struct region run = { 0 }, next;
	vm_address_t addr = ARENA;

	while (addr < ARENA_END && find_region(task[of], addr, &next) &&
	    next.start < ARENA_END) {
		addr = next.start + next.size;
		if (run.size != 0 && alike(&run, &next)) {
			run.size += next.size;
			continue;
		}
		if (run.size != 0)
			say(" %lx+%lx:%u/%u/%u",
			    (unsigned long)(run.start - ARENA),
			    (unsigned long)run.size, (unsigned)run.now,
			    (unsigned)run.most, (unsigned)run.how);
		run = next;
	}
	if (run.size != 0)
		say(" %lx+%lx:%u/%u/%u", (unsigned long)(run.start - ARENA),
		    (unsigned long)run.size, (unsigned)run.now,
		    (unsigned)run.most, (unsigned)run.how);
}

static void
show_page(int of, vm_address_t addr)
{
	vm_offset_t data;
	mach_msg_type_number_t count;

	if (vm_read(task[of], addr, PAGE_SIZE, &data, &count) != KERN_SUCCESS) {
		say(" -");
		return;
	}
	say(" %lx", (unsigned long)(hash_bytes((void *)data, count) & 0xffff));
	(void)vm_deallocate(mach_task_self(), data, count);
}

static void
show(void)
{
	for (int i = 0; i < TASKS; i++) {
		if (task[i] == MACH_PORT_NULL)
			continue;
		say("   %d:", i);
		show_regions(i);
		say_line();
		say("   ");
		for (vm_address_t addr = ARENA; addr < ARENA_END;
		    addr += PAGE_SIZE)
			show_page(i, addr);
		say_line();
	}
}

static void
begin(void)
{
	task_t self = mach_task_self();

	child_start(1);
	memset(task, 0, sizeof(task));
	for (int i = 0; i < ACTING; i++) {
		task[i] = child_task[i];
		must("a port", mach_port_allocate(self,
		    MACH_PORT_RIGHT_RECEIVE, &port[i]));
		must("a right to it", mach_port_insert_right(self, port[i],
		    port[i], MACH_MSG_TYPE_MAKE_SEND));
	}
	must("the child's port", mach_port_insert_right(task[1], PORT_NAME,
	    port[1], MACH_MSG_TYPE_MOVE_RECEIVE));
	must("a right to it", mach_port_insert_right(task[1], PORT_NAME,
	    port[1], MACH_MSG_TYPE_COPY_SEND));
}

static void
finish(void)
{
	task_t self = mach_task_self();

	child_end(1);
	for (int i = ACTING; i < TASKS; i++) {
		if (task[i] == MACH_PORT_NULL)
			continue;
		(void)task_terminate(task[i]);
		(void)mach_port_deallocate(self, task[i]);
	}
	for (int i = 0; i < ACTING; i++)
		(void)mach_port_destroy(self, port[i]);
	(void)vm_deallocate(self, ARENA, ARENA_END - ARENA);
}

const struct part memory_part = { "memory", begin, operate, show, finish };
