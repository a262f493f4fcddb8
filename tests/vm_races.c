/*
 * tests/vm_races.c - how the memory of Mach kernels has been broken: rights
 * checked once and used later, ranges that wrap, edges of page tables, other
 * ways to memory that was sent away, no room in the middle of an operation.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/exception.h>
#include <mach/gnumach.h>
#include <mach/mach_thread.h>

#include "vm_support.h"

#define BASE	((vm_address_t)0x50000000)
#define self	mach_task_self()

#define PICTURE_SIZE	0x10000000u	/* from BASE on */

enum { PAGES = 4, SIZE = PAGES * PAGE_SIZE };

static void
allocate_at(vm_address_t addr, vm_size_t size)
{
	vm_address_t got = addr;

	CHECK_KR(vm_allocate(self, &got, size, FALSE), KERN_SUCCESS);
	CHECK_EQ(got, addr);
}

static void
fill_words(vm_address_t addr, vm_size_t size, uint32_t word)
{
	for (vm_size_t at = 0; at < size; at += sizeof(word))
		vm_set_word(addr + at, word);
}

/* Threads beside the test's own, told to go on and to end */

static volatile bool go_on, ended;
static volatile uint32_t turns;

static void
await_end(void)
{
	go_on = false;
	for (unsigned i = 0; i < 2000 && !ended; i++)
		test_sleep(5);
	CHECK(ended);
}

static void
start(void (*fn)(void *))
{
	go_on = true;
	ended = false;
	turns = 0;
	CHECK_KR(mach_thread_start(fn, NULL), KERN_SUCCESS);
	while (turns == 0)		/* the race is on */
		(void)swtch_pri(0);
}

/* Writes BASE by vm_write; each time all of it is another word. */
static void
keep_overwriting(void *unused)
{
	vm_address_t data = test_allocate(SIZE);
	kern_return_t kr;

	(void)unused;
	while (go_on) {
		fill_words(data, SIZE, ++turns);
		kr = vm_write(self, BASE, data, SIZE);
		if (kr != KERN_PROTECTION_FAILURE)
			CHECK_KR(kr, KERN_SUCCESS);
	}
	ended = true;
}

/* CVE-2022-46689: rights checked, lock dropped, bytes written later. */
TEST_LIMIT(vm_races_write_stops_when_the_right_goes, 60)
{
	static uint32_t before[SIZE / sizeof(uint32_t)];
	struct vm_agent sharer;

	allocate_at(BASE, SIZE);
	fill_words(BASE, SIZE, 7);
	CHECK_KR(vm_inherit(self, BASE, SIZE, VM_INHERIT_SHARE), KERN_SUCCESS);
	vm_agent_start(&sharer, self);	/* shared: written through faults */
	start(keep_overwriting);
	for (unsigned i = 0; i < 25; i++) {
		CHECK_KR(vm_protect(self, BASE, SIZE, FALSE, VM_PROT_READ),
		    KERN_SUCCESS);
		memcpy(before, (void *)BASE, SIZE);
		(void)swtch_pri(0);
		CHECK(memcmp(before, (void *)BASE, SIZE) == 0);
		CHECK_KR(vm_protect(self, BASE, SIZE, FALSE, VM_PROT_DEFAULT),
		    KERN_SUCCESS);
		(void)swtch_pri(0);
	}
	await_end();
	CHECK(turns != 0);
	vm_agent_end(&sharer);
}

/* CVE-2023-41974: entries that are being wired meanwhile. */
static void
keep_wiring(void *unused)
{
	(void)unused;
	for (; go_on; turns++) {
		CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, SIZE,
		    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
		CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, SIZE,
		    VM_PROT_NONE), KERN_SUCCESS);
	}
	ended = true;
}

TEST_LIMIT(vm_races_wiring_loses_no_write, 60)
{
	vm_address_t data = test_allocate(SIZE);
	mach_msg_type_number_t size;
	pointer_t copy;

	allocate_at(BASE, SIZE);
	start(keep_wiring);
	for (uint32_t i = 1; i <= 20; i++) {
		fill_words(data, SIZE, i);
		CHECK_KR(vm_write(self, BASE, data, SIZE), KERN_SUCCESS);
		CHECK(memcmp((void *)BASE, (void *)data, SIZE) == 0);
		CHECK_KR(vm_read(self, BASE, SIZE, &copy, &size),
		    KERN_SUCCESS);
		fill_words(BASE, SIZE, ~i);
		CHECK(memcmp((void *)copy, (void *)data, SIZE) == 0);
		vm_deallocate_check(copy, size);
		CHECK_KR(vm_copy(self, data, SIZE, BASE), KERN_SUCCESS);
		CHECK(memcmp((void *)BASE, (void *)data, SIZE) == 0);
		(void)swtch_pri(0);
	}
	await_end();
	CHECK(turns != 0);
}

/* CVE-2023-32434: sums that wrap only when they are rounded. */

static const vm_size_t wrapping_sizes[] = {
	(vm_size_t)-1, (vm_size_t)-PAGE_SIZE, (vm_size_t)-PAGE_SIZE + 1,
	(vm_size_t)-BASE, (vm_size_t)-BASE - 1, (vm_size_t)-BASE + 1,
	(vm_size_t)-BASE - PAGE_SIZE + 1, 0xfffff000u - BASE + 1,
};

/* Every call on [addr, addr + size), which is no range of user memory. */
static void
calls_on_wrapping(vm_address_t addr, vm_size_t size)
{
	mach_msg_type_number_t count;
	vm_address_t at = addr;
	pointer_t data;

	CHECK(vm_allocate(self, &at, size, FALSE) != KERN_SUCCESS);
	at = addr;
	CHECK(vm_map(self, &at, size, 0, FALSE, MACH_PORT_NULL, 0, FALSE,
	    VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_COPY) != KERN_SUCCESS);
	CHECK(vm_read(self, addr, size, &data, &count) != KERN_SUCCESS);
	CHECK(vm_copy(self, addr, size, BASE) != KERN_SUCCESS);
	CHECK(vm_copy(self, BASE, size, addr) != KERN_SUCCESS);
	CHECK(vm_wire(TEST_HOST_PORT, self, addr, size, VM_PROT_READ) !=
	    KERN_SUCCESS);
}

TEST(vm_races_ranges_that_wrap_change_nothing)
{
	static const vm_address_t offsets[] = { 0, 1, PAGE_SIZE - 1 };
	struct vm_picture before;

	allocate_at(BASE, SIZE);
	fill_words(BASE, SIZE, 3);
	vm_picture_take(&before, BASE, PICTURE_SIZE);
	for (unsigned o = 0; o < 3; o++)
		for (unsigned i = 0; i < sizeof(wrapping_sizes) /
		    sizeof(wrapping_sizes[0]); i++) {
			calls_on_wrapping(BASE + offsets[o],
			    wrapping_sizes[i]);
			vm_picture_compare(&before, "a range that wraps");
		}
	for (vm_address_t at = BASE; at < BASE + SIZE; at += sizeof(uint32_t))
		CHECK_EQ(vm_word(at), 3);
}

/* CVE-2023-23536: one page too few unmapped; here at page tables' edges. */
TEST(vm_races_unmap_to_the_edge_of_page_tables)
{
	static const vm_address_t edges[] = {
		0x50200000, 0x50400000, 0x40000000, 0x80000000, 0x50201000,
	};

	for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		vm_address_t low = edges[i] - 2 * PAGE_SIZE;

		for (unsigned first = 0; first < 4; first++) {
			allocate_at(low, SIZE);
			vm_fill(low, PAGES, 1);
			for (unsigned n = first; n < PAGES; n++) {
				vm_deallocate_check(low + n * PAGE_SIZE,
				    PAGE_SIZE);
				CHECK_RAISED(vm_try_read(low + n * PAGE_SIZE),
				    KERN_INVALID_ADDRESS, low + n * PAGE_SIZE);
			}
			vm_expect(low, first, 1);
			if (first != 0)
				vm_deallocate_check(low, first * PAGE_SIZE);
			allocate_at(low, SIZE);
			for (unsigned n = 0; n < PAGES; n++)
				CHECK_EQ(vm_word(low + n * PAGE_SIZE), 0);
			vm_deallocate_check(low, SIZE);
		}
	}
}

/* P0-1728: memory sent away to which somebody else still has a way. */

static uint32_t
keep_writing(uint32_t addr, uint32_t rounds)
{
	for (uint32_t i = 1; i <= rounds; i++)
		for (unsigned page = 0; page < PAGES; page++)
			vm_set_word(addr + page * PAGE_SIZE, i);
	return 0;
}

TEST_LIMIT(vm_races_memory_sent_stays_as_it_was_sent, 60)
{
	uint32_t first[PAGES];
	mach_port_t port = test_port();
	struct vm_agent sharer;
	vm_address_t data;
	vm_size_t size;

	for (unsigned round = 0; round < 4; round++) {
		allocate_at(BASE, SIZE);
		vm_fill(BASE, PAGES, 1);
		CHECK_KR(vm_inherit(self, BASE, SIZE, VM_INHERIT_SHARE),
		    KERN_SUCCESS);
		vm_agent_start(&sharer, self);
		vm_agent_begin(&sharer, keep_writing, BASE, 20000);
		CHECK_KR(vm_send_data(port, BASE, SIZE, true),
		    MACH_MSG_SUCCESS);
		data = vm_receive_data(port, &size);
		CHECK_EQ(size, SIZE);
		for (unsigned i = 0; i < PAGES; i++)
			first[i] = vm_word(data + i * PAGE_SIZE);
		for (unsigned i = 0; i < 6; i++) {
			(void)swtch_pri(0);
			for (unsigned page = 0; page < PAGES; page++)
				CHECK_EQ(vm_word(data + page * PAGE_SIZE),
				    first[page]);
		}
		CHECK_RAISED(vm_try_read(BASE), KERN_INVALID_ADDRESS, BASE);
		CHECK_VALUE(vm_agent_finish(&sharer), 0);
		vm_agent_end(&sharer);
		vm_deallocate_check(data, size);
	}
}

/* CVE-2025-43510: every way to copy, from every kind of memory */

enum source { PLAIN, COPIED, WIRED, SHARED, HALF_TOUCHED, SOURCES };
enum way { BY_READ, BY_MESSAGE, BY_SMALL_MESSAGE, BY_ODD_MESSAGE, BY_COPY,
	BY_WRITE, WAYS };

static struct vm_agent sharer;

static void
source_make(enum source source)
{
	mach_msg_type_number_t size;
	pointer_t copy;

	allocate_at(BASE, SIZE);
	fill_words(BASE, source == HALF_TOUCHED ? SIZE / 2 : SIZE, 0x11);
	if (source == COPIED) {
		CHECK_KR(vm_read(self, BASE, SIZE, &copy, &size),
		    KERN_SUCCESS);
		vm_deallocate_check(copy, size);
	} else if (source == WIRED) {
		CHECK_KR(vm_wire(TEST_HOST_PORT, self, BASE, SIZE,
		    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
	} else if (source == SHARED) {
		CHECK_KR(vm_inherit(self, BASE, SIZE, VM_INHERIT_SHARE),
		    KERN_SUCCESS);
		vm_agent_start(&sharer, self);
	}
}

/* A copy of some bytes of the source: from where, how many, the copy's place. */
static vm_address_t
copy_make(enum way way, mach_port_t port, vm_address_t *from, vm_size_t *bytes)
{
	mach_msg_type_number_t size;
	vm_address_t to;
	pointer_t copy;

	*from = BASE;
	*bytes = SIZE;
	switch (way) {
	case BY_READ:
		CHECK_KR(vm_read(self, BASE, SIZE, &copy, &size),
		    KERN_SUCCESS);
		return copy;
	case BY_COPY:
	case BY_WRITE:
		to = test_allocate(SIZE);
		fill_words(to, SIZE, 0x55);
		CHECK_KR(way == BY_COPY ? vm_copy(self, BASE, SIZE, to) :
		    vm_write(self, to, BASE, SIZE), KERN_SUCCESS);
		return to;
	case BY_SMALL_MESSAGE:
		*bytes = PAGE_SIZE;
		break;
	case BY_ODD_MESSAGE:
		*from = BASE + 0x404;
		*bytes = SIZE - 0x808;
		break;
	default:
		break;
	}
	CHECK_KR(vm_send_data(port, *from, *bytes, false), MACH_MSG_SUCCESS);
	to = vm_receive_data(port, bytes);
	return to;
}

static uint32_t
source_word(enum source source, vm_address_t addr)
{
	return source == HALF_TOUCHED && addr >= BASE + SIZE / 2 ? 0 : 0x11;
}

static void
copy_apart(enum source source, enum way way, mach_port_t port)
{
	vm_address_t from, to;
	vm_size_t bytes, at;

	source_make(source);
	to = copy_make(way, port, &from, &bytes);
	for (at = 0; at < bytes; at += 0x200) {
		CHECK_EQ(vm_word(to + at), source_word(source, from + at));
		vm_set_word(from + at, 0x22);
		CHECK_EQ(vm_word(to + at), source_word(source, from + at));
		vm_set_word(to + at, 0x33);
	}
	for (at = 0; at < bytes; at += 0x200) {
		CHECK_EQ(vm_word(from + at), 0x22);
		CHECK_EQ(vm_word(to + at), 0x33);
		if (source == SHARED)
			CHECK_EQ(vm_agent_read(&sharer, from + at), 0x22);
	}
	if (source == SHARED)
		vm_agent_end(&sharer);
	vm_deallocate_check(to, bytes);
	vm_deallocate_check(BASE, SIZE);
}

TEST_LIMIT(vm_races_every_way_to_copy_keeps_both_sides_apart, 60)
{
	mach_port_t port = test_port();

	for (enum source source = 0; source < SOURCES; source++)
		for (enum way way = 0; way < WAYS; way++)
			copy_apart(source, way, port);
}

/* No room for an entry more: the code, and the map as it was. */

static struct task_limits
limits_of(int flavor)
{
	struct task_limits limits;
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;

	CHECK_KR(task_get_limits(self, flavor, (task_limits_t)&limits,
	    &count), KERN_SUCCESS);
	CHECK_EQ(count, TASK_LIMITS_COUNT);
	return limits;
}

/* From now on this task may have so many regions more; -1: as before. */
static void
set_room(int entries)
{
	static natural_t before;
	struct task_limits limits;

	if (before == 0)
		before = limits_of(TASK_LIMITS).map_entries;
	memset(&limits, 0xff, sizeof(limits));
	limits.map_entries = entries < 0 ? before :
	    limits_of(TASK_LIMITS_USE).map_entries + (natural_t)entries;
	CHECK_KR(task_set_limits(self, TEST_HOST_PORT, (task_limits_t)&limits,
	    TASK_LIMITS_COUNT), KERN_SUCCESS);
}

static kern_return_t
protect_middle(void)
{
	return vm_protect(self, BASE + PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_READ);
}

static kern_return_t
inherit_middle(void)
{
	return vm_inherit(self, BASE + PAGE_SIZE, PAGE_SIZE, VM_INHERIT_NONE);
}

static kern_return_t
deallocate_middle(void)
{
	return vm_deallocate(self, BASE + PAGE_SIZE, PAGE_SIZE);
}

static kern_return_t
wire_middle(void)
{
	return vm_wire(TEST_HOST_PORT, self, BASE + PAGE_SIZE, PAGE_SIZE,
	    VM_PROT_READ);
}

static kern_return_t
copy_to_middle(void)
{
	return vm_copy(self, BASE + SIZE + PAGE_SIZE, PAGE_SIZE,
	    BASE + PAGE_SIZE);
}

TEST(vm_races_without_room_for_entries_the_map_stays)
{
	static kern_return_t (*const calls[])(void) = {
		protect_middle, inherit_middle, deallocate_middle,
		wire_middle, copy_to_middle,
	};
	struct vm_picture before;
	kern_return_t kr;

	allocate_at(BASE, SIZE);
	allocate_at(BASE + SIZE + PAGE_SIZE, PAGE_SIZE);
	vm_fill(BASE, PAGES, 1);
	vm_picture_take(&before, BASE, PICTURE_SIZE);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (int room = 0; room <= 1; room++) {
			set_room(room);
			kr = calls[i]();
			set_room(-1);
			CHECK_KR(kr, KERN_RESOURCE_SHORTAGE);
			vm_picture_compare(&before, "a call without room");
			vm_expect(BASE, PAGES, 1);
		}
	/* to give back an end takes no room */
	set_room(0);
	kr = vm_deallocate(self, BASE + 3 * PAGE_SIZE, PAGE_SIZE);
	set_room(-1);
	CHECK_KR(kr, KERN_SUCCESS);
	vm_expect(BASE, 3, 1);
}

/* What is idle and untouched costs little */

TEST(vm_races_untouched_gigabyte_is_one_region)
{
	struct vm_picture picture;
	vm_address_t addr = BASE;

	CHECK_KR(vm_allocate(self, &addr, 0x40000000, FALSE), KERN_SUCCESS);
	CHECK_KR(vm_regions(self, BASE, 0x40000000, &picture.regions,
	    &picture.count), KERN_SUCCESS);
	CHECK_EQ(picture.count, 1);
	CHECK_EQ(picture.regions[0].size, 0x40000000);
}

TEST(vm_races_idle_empty_task_takes_8_kb_at_most)
{
	enum { TASKS = 200 };
	static task_t task[TASKS + 20];
	unsigned before = 0, taken;

	for (unsigned i = 0; i < TASKS + 20; i++) {
		if (i == 20)		/* what the first ones make stays */
			before = vm_free_count();
		CHECK_KR(task_create(self, FALSE, &task[i]), KERN_SUCCESS);
	}
	taken = (before - vm_free_count()) * PAGE_SIZE / TASKS;
	test_note("%u bytes each", taken);
	CHECK(taken <= 8192);
	for (unsigned i = 0; i < TASKS + 20; i++) {
		CHECK_KR(task_terminate(task[i]), KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(self, task[i]), KERN_SUCCESS);
	}
}

/* A server that maps and frees for hours ends with what it began with. */
TEST_LIMIT(vm_races_regions_do_not_pile_up, 60)
{
	enum { SLOTS = 24 };
	vm_address_t addr[SLOTS] = { 0 };
	vm_size_t size[SLOTS];
	natural_t before = limits_of(TASK_LIMITS_USE).map_entries;
	uint32_t seed = 5;
	unsigned i;

	for (unsigned round = 0; round < 1500; round++) {
		i = test_random(&seed) % SLOTS;
		if (addr[i] != 0) {
			vm_deallocate_check(addr[i], size[i]);
			addr[i] = 0;
			continue;
		}
		size[i] = (1 + test_random(&seed) % 8) * PAGE_SIZE;
		addr[i] = test_allocate(size[i]);
		vm_set_word(addr[i], 1);
		if (round % 3 != 0)
			continue;
		CHECK_KR(vm_protect(self, addr[i], PAGE_SIZE, FALSE,
		    VM_PROT_READ), KERN_SUCCESS);
		CHECK_KR(vm_protect(self, addr[i], PAGE_SIZE, FALSE,
		    VM_PROT_DEFAULT), KERN_SUCCESS);
	}
	CHECK(limits_of(TASK_LIMITS_USE).map_entries <= before + SLOTS);
	for (i = 0; i < SLOTS; i++)
		if (addr[i] != 0)
			vm_deallocate_check(addr[i], size[i]);
	CHECK(limits_of(TASK_LIMITS_USE).map_entries <= before + 1);
}
