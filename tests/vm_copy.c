/*
 * tests/vm_copy.c - copy-on-write, seen from both sides: by inheritance, by
 * message, by vm_copy, vm_read and vm_write, and of memory that is shared.
 */
#include <string.h>

#include <mach/exception.h>

#include "vm_model.h"
#include "vm_support.h"

#define BASE	((vm_address_t)0x30000000)
#define self	mach_task_self()

/* pages at BASE plus index times 1 MB; word i is first + i if touched. */
static vm_address_t
region(unsigned index, unsigned pages)
{
	vm_address_t addr = BASE + index * 0x100000;

	CHECK_KR(vm_allocate(self, &addr, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	return addr;
}

static vm_address_t
filled_region(unsigned index, unsigned pages, uint32_t first)
{
	vm_address_t addr = region(index, pages);

	vm_fill(addr, pages, first);
	return addr;
}

static void
inherit(vm_address_t addr, unsigned pages, vm_inherit_t inheritance)
{
	CHECK_KR(vm_inherit(self, addr, pages * PAGE_SIZE, inheritance),
	    KERN_SUCCESS);
}

static void
agent_expect(struct vm_agent *agent, vm_address_t addr, unsigned pages,
    uint32_t first)
{
	for (unsigned i = 0; i < pages; i++)
		CHECK_EQ(vm_agent_read(agent, addr + i * PAGE_SIZE),
		    first + i);
}

/* Inheritance */

TEST(vm_copy_by_inheritance_is_seen_by_neither_side)
{
	struct vm_agent child;
	vm_address_t addr = region(0, 8);

	vm_fill(addr, 4, 10);		/* the rest is untouched */
	vm_agent_start(&child, self);
	vm_set_word(addr, 100);
	vm_agent_write(&child, addr + PAGE_SIZE, 201);
	vm_agent_write(&child, addr + 4 * PAGE_SIZE, 204);
	vm_set_word(addr + 5 * PAGE_SIZE, 105);
	agent_expect(&child, addr, 1, 10);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 11);
	agent_expect(&child, addr + 2 * PAGE_SIZE, 2, 12);
	CHECK_EQ(vm_word(addr + 4 * PAGE_SIZE), 0);
	CHECK_EQ(vm_agent_read(&child, addr + 5 * PAGE_SIZE), 0);
	CHECK_EQ(vm_agent_read(&child, addr + 6 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(addr + 7 * PAGE_SIZE), 0);
	/* Both write the same page. */
	vm_set_word(addr + 3 * PAGE_SIZE, 103);
	vm_agent_write(&child, addr + 3 * PAGE_SIZE, 203);
	CHECK_EQ(vm_word(addr + 3 * PAGE_SIZE), 103);
	CHECK_EQ(vm_agent_read(&child, addr + 3 * PAGE_SIZE), 203);
	vm_agent_end(&child);
	CHECK_EQ(vm_word(addr), 100);
	vm_expect(addr + PAGE_SIZE, 2, 11);
}

TEST(vm_share_by_inheritance_is_seen_by_both_sides)
{
	struct vm_agent child;
	vm_address_t addr = region(0, 4);

	inherit(addr, 4, VM_INHERIT_SHARE);
	vm_set_word(addr, 1);
	vm_agent_start(&child, self);
	CHECK_EQ(vm_agent_read(&child, addr), 1);
	vm_set_word(addr, 2);
	CHECK_EQ(vm_agent_read(&child, addr), 2);
	vm_agent_write(&child, addr, 3);
	CHECK_EQ(vm_word(addr), 3);
	/* First touched after the child was made, by either side. */
	vm_agent_write(&child, addr + PAGE_SIZE, 4);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 4);
	vm_set_word(addr + 2 * PAGE_SIZE, 5);
	CHECK_EQ(vm_agent_read(&child, addr + 2 * PAGE_SIZE), 5);
	CHECK_EQ(vm_agent_read(&child, addr + 3 * PAGE_SIZE), 0);
	vm_set_word(addr + 3 * PAGE_SIZE, 6);
	CHECK_EQ(vm_agent_read(&child, addr + 3 * PAGE_SIZE), 6);
	vm_agent_end(&child);
	CHECK_EQ(vm_word(addr), 3);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 4);
}

/* No page of it existed, not even an object, when it was shared. */
TEST(vm_share_of_untouched_memory_is_one_memory)
{
	struct vm_agent a, b;
	vm_address_t addr = region(0, 3);

	inherit(addr, 3, VM_INHERIT_SHARE);
	vm_agent_start(&a, self);
	vm_agent_start(&b, a.task);
	vm_agent_write(&a, addr, 1);
	vm_agent_write(&b, addr + PAGE_SIZE, 2);
	vm_set_word(addr + 2 * PAGE_SIZE, 3);
	vm_expect(addr, 3, 1);
	agent_expect(&a, addr, 3, 1);
	agent_expect(&b, addr, 3, 1);
	vm_agent_end(&a);
	vm_agent_write(&b, addr, 9);
	CHECK_EQ(vm_word(addr), 9);
	vm_agent_end(&b);
}

TEST(vm_inherit_none_leaves_a_hole_in_the_child)
{
	struct vm_agent child;
	vm_address_t addr = filled_region(0, 3, 5);

	inherit(addr + PAGE_SIZE, 1, VM_INHERIT_NONE);
	vm_agent_start(&child, self);
	CHECK_EQ(vm_agent_read(&child, addr), 5);
	CHECK_RAISED(vm_agent_try(&child, vm_fn_read, addr + PAGE_SIZE, 0),
	    KERN_INVALID_ADDRESS, addr + PAGE_SIZE);
	CHECK_EQ(vm_agent_read(&child, addr + 2 * PAGE_SIZE), 7);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 6);
	vm_agent_end(&child);
}

TEST(vm_share_keeps_each_maps_own_protection)
{
	struct vm_agent child;
	vm_address_t addr = filled_region(0, 2, 5);

	inherit(addr, 2, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	agent_expect(&child, addr, 2, 5);
	CHECK_KR(vm_protect(child.task, addr, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_RAISED(vm_agent_try(&child, vm_fn_write, addr, 1),
	    KERN_PROTECTION_FAILURE, addr);
	vm_set_word(addr, 50);
	CHECK_EQ(vm_agent_read(&child, addr), 50);
	CHECK_KR(vm_protect(self, addr, 2 * PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_RAISED(vm_try_read(addr), KERN_PROTECTION_FAILURE, addr);
	CHECK_EQ(vm_agent_read(&child, addr), 50);
	vm_agent_write(&child, addr + PAGE_SIZE, 60);
	CHECK_KR(vm_protect(self, addr, 2 * PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 60);
	CHECK_RAISED(vm_try_write(addr, 1), KERN_PROTECTION_FAILURE, addr);
	CHECK_KR(vm_protect(child.task, addr, PAGE_SIZE, FALSE,
	    VM_PROT_DEFAULT), KERN_SUCCESS);
	vm_agent_write(&child, addr, 70);
	CHECK_EQ(vm_word(addr), 70);
	vm_agent_end(&child);
}

TEST(vm_copies_by_inheritance_go_many_levels_deep)
{
	enum { DEPTH = 6 };
	struct vm_agent agents[DEPTH];
	vm_address_t addr = filled_region(0, DEPTH + 2, 0);

	for (unsigned i = 0; i < DEPTH; i++) {
		vm_agent_start(&agents[i],
		    i == 0 ? self : agents[i - 1].task);
		/* Each level leaves its mark in one page. */
		vm_agent_write(&agents[i], addr + i * PAGE_SIZE, 1000 + i);
	}
	vm_set_word(addr + DEPTH * PAGE_SIZE, 77);
	for (unsigned i = 0; i < DEPTH; i++) {
		agent_expect(&agents[i], addr, i + 1, 1000);
		agent_expect(&agents[i], addr + (i + 1) * PAGE_SIZE,
		    DEPTH + 1 - i, i + 1);
	}
	vm_expect(addr, DEPTH, 0);
	/* Levels go from the middle; the rest keeps what it had. */
	vm_agent_end(&agents[2]);
	vm_agent_end(&agents[0]);
	vm_agent_write(&agents[4], addr, 4444);
	agent_expect(&agents[5], addr, DEPTH, 1000);
	agent_expect(&agents[3], addr, 4, 1000);
	CHECK_EQ(vm_agent_read(&agents[4], addr), 4444);
	agent_expect(&agents[1], addr, 2, 1000);
	vm_agent_end(&agents[5]);
	vm_agent_end(&agents[3]);
	agent_expect(&agents[4], addr + PAGE_SIZE, 4, 1001);
	vm_agent_end(&agents[1]);
	vm_expect(addr, DEPTH, 0);
	CHECK_EQ(vm_word(addr + DEPTH * PAGE_SIZE), 77);
	vm_agent_end(&agents[4]);
}

/* The parent ends first: the child's memory outlives it. */
TEST(vm_copy_outlives_the_task_it_was_made_from)
{
	struct vm_agent middle, last;
	vm_address_t addr = filled_region(0, 4, 20);

	vm_agent_start(&middle, self);
	vm_agent_write(&middle, addr, 200);
	vm_agent_start(&last, middle.task);
	vm_agent_write(&middle, addr + PAGE_SIZE, 201);
	vm_agent_end(&middle);
	CHECK_EQ(vm_agent_read(&last, addr), 200);
	agent_expect(&last, addr + PAGE_SIZE, 3, 21);
	vm_deallocate_check(addr, 4 * PAGE_SIZE);
	agent_expect(&last, addr + PAGE_SIZE, 3, 21);
	vm_agent_write(&last, addr + PAGE_SIZE, 5);
	CHECK_EQ(vm_agent_read(&last, addr + PAGE_SIZE), 5);
	vm_agent_end(&last);
}

/* Messages */

TEST(vm_message_carries_a_snapshot)
{
	mach_port_t port = test_port();
	vm_address_t addr = region(0, 4), data;
	vm_size_t size;

	vm_fill(addr, 3, 10);
	CHECK_KR(vm_send_data(port, addr, 4 * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	vm_fill(addr, 2, 90);		/* while it is queued */
	data = vm_receive_data(port, &size);
	CHECK_EQ(size, 4 * PAGE_SIZE);
	CHECK(page_aligned(data));
	vm_expect(data, 3, 10);
	CHECK_EQ(vm_word(data + 3 * PAGE_SIZE), 0);
	vm_set_word(addr + 2 * PAGE_SIZE, 92);
	vm_set_word(addr + 3 * PAGE_SIZE, 93);
	vm_expect(data, 3, 10);
	CHECK_EQ(vm_word(data + 3 * PAGE_SIZE), 0);
	vm_fill(data, 4, 50);
	vm_expect(addr, 4, 90);
	vm_deallocate_check(data, 4 * PAGE_SIZE);
	vm_expect(addr, 4, 90);
}

TEST(vm_message_moves_memory_with_deallocate)
{
	mach_port_t port = test_port();
	vm_address_t addr = filled_region(0, 4, 10), data;
	vm_size_t size;

	CHECK_KR(vm_send_data(port, addr + PAGE_SIZE, 2 * PAGE_SIZE, true),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(vm_word(addr), 10);
	CHECK_RAISED(vm_try_read(addr + PAGE_SIZE), KERN_INVALID_ADDRESS,
	    addr + PAGE_SIZE);
	CHECK_EQ(vm_word(addr + 3 * PAGE_SIZE), 13);
	data = vm_receive_data(port, &size);
	CHECK_EQ(size, 2 * PAGE_SIZE);
	vm_expect(data, 2, 11);
	vm_fill(data, 2, 5);
}

TEST(vm_message_carries_any_bytes)
{
	static const unsigned short spans[][2] = { { 0, 1 }, { 1, 1 },
	    { 4095, 2 }, { 4093, 4100 }, { 5, 12000 }, { 4096, 4096 },
	    { 0, 8191 } };
	mach_port_t port = test_port();
	vm_address_t addr = region(0, 4), data;
	uint32_t seed = 4;
	vm_size_t size;

	for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
		((char *)addr)[i] = (char)test_random(&seed);
	for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		CHECK_KR(vm_send_data(port, addr + spans[i][0], spans[i][1],
		    false), MACH_MSG_SUCCESS);
		data = vm_receive_data(port, &size);
		CHECK_EQ(size, spans[i][1]);
		CHECK(memcmp((void *)data, (void *)(addr + spans[i][0]),
		    size) == 0);
		*(volatile char *)data ^= 0x55;
		CHECK(memcmp((void *)data, (void *)(addr + spans[i][0]),
		    size) != 0);
		vm_deallocate_check(data, size);
	}
}

TEST(vm_message_of_no_bytes_carries_none)
{
	mach_port_t port = test_port();
	vm_address_t data;
	vm_size_t size;

	CHECK_KR(vm_send_data(port, 0xc0000000, 0, false), MACH_MSG_SUCCESS);
	data = vm_receive_data(port, &size);
	CHECK_EQ(size, 0);
	CHECK_EQ(data, 0);
}

TEST(vm_message_refuses_memory_out_of_reach)
{
	mach_port_t port = test_port();
	vm_address_t addr = filled_region(0, 2, 1);

	CHECK_KR(vm_send_data(port, addr + PAGE_SIZE, 2 * PAGE_SIZE, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_send_data(port, 0xc0000000, 1, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_send_data(port, 0xbffff000, 2 * PAGE_SIZE, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_send_data(port, addr, (vm_size_t)-1, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_send_data(port, addr, -addr, false),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_send_data(port, addr, -addr - PAGE_SIZE, true),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_KR(vm_protect(self, addr, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_KR(vm_send_data(port, addr, 2 * PAGE_SIZE, true),
	    MACH_SEND_INVALID_MEMORY);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 2);
}

static uint32_t
send_pages(uint32_t addr, uint32_t port)
{
	return vm_send_data(port, addr, 4 * PAGE_SIZE, false);
}

TEST(vm_message_outlives_its_sender)
{
	struct vm_agent child;
	mach_port_t port = test_port();
	vm_address_t addr = filled_region(0, 4, 30), data;
	vm_size_t size;

	vm_agent_start(&child, self);
	vm_agent_give_send(&child, port);
	vm_agent_write(&child, addr, 300);
	CHECK_EQ(vm_agent_call(&child, send_pages, addr, port),
	    MACH_MSG_SUCCESS);
	vm_agent_write(&child, addr + PAGE_SIZE, 301);
	vm_agent_end(&child);
	vm_deallocate_check(addr, 4 * PAGE_SIZE);
	data = vm_receive_data(port, &size);
	CHECK_EQ(vm_word(data), 300);
	vm_expect(data + PAGE_SIZE, 3, 31);
	vm_fill(data, 4, 1);
	vm_expect(data, 4, 1);
}

/* Received memory is sent on, changed on the way, by several hands. */
TEST(vm_message_copies_of_copies)
{
	enum { HANDS = 8 };
	mach_port_t port = test_port();
	vm_address_t hand[HANDS + 1];
	vm_size_t size;

	hand[0] = filled_region(0, HANDS + 1, 0);
	for (unsigned i = 0; i < HANDS; i++) {
		CHECK_KR(vm_send_data(port, hand[i], (HANDS + 1) * PAGE_SIZE,
		    false), MACH_MSG_SUCCESS);
		hand[i + 1] = vm_receive_data(port, &size);
		vm_set_word(hand[i + 1] + i * PAGE_SIZE, 100 + i);
	}
	for (unsigned i = 0; i <= HANDS; i++) {
		vm_expect(hand[i], i, 100);
		vm_expect(hand[i] + i * PAGE_SIZE, HANDS + 1 - i, i);
	}
	for (unsigned i = 1; i < HANDS; i += 2)
		vm_deallocate_check(hand[i], size);
	for (unsigned i = 0; i <= HANDS; i += 2) {
		vm_expect(hand[i], i, 100);
		vm_expect(hand[i] + i * PAGE_SIZE, HANDS + 1 - i, i);
	}
}

/* vm_copy, vm_read, vm_write */

TEST(vm_copy_chains_keep_every_level_apart)
{
	enum { LEVELS = 8, PAGES = LEVELS + 2 };
	vm_address_t level[LEVELS];

	level[0] = filled_region(0, PAGES, 0);
	for (unsigned i = 1; i < LEVELS; i++) {
		level[i] = region(i, PAGES);
		CHECK_KR(vm_copy(self, level[i - 1], PAGES * PAGE_SIZE,
		    level[i]), KERN_SUCCESS);
		vm_set_word(level[i] + i * PAGE_SIZE, 100 + i);
	}
	/* A page that all levels have from the first is changed there. */
	vm_set_word(level[0] + (PAGES - 1) * PAGE_SIZE, 555);
	for (unsigned i = 1; i < LEVELS; i++) {
		CHECK_EQ(vm_word(level[i]), 0);
		vm_expect(level[i] + PAGE_SIZE, i, 101);
		vm_expect(level[i] + (i + 1) * PAGE_SIZE, PAGES - 1 - i,
		    i + 1);
	}
	vm_expect(level[0], PAGES - 1, 0);
	/* Even levels go; odd ones stay what they were. */
	for (unsigned i = 0; i < LEVELS; i += 2)
		vm_deallocate_check(level[i], PAGES * PAGE_SIZE);
	for (unsigned i = 1; i < LEVELS; i += 2) {
		vm_expect(level[i] + PAGE_SIZE, i, 101);
		vm_expect(level[i] + (i + 1) * PAGE_SIZE, PAGES - 1 - i,
		    i + 1);
	}
}

/* The same range copied again and again while it changes. */
TEST(vm_copy_of_a_changing_source_gives_each_state)
{
	enum { COPIES = 12, PAGES = 4 };
	vm_address_t src = filled_region(0, PAGES, 0), copy[COPIES];

	for (unsigned i = 0; i < COPIES; i++) {
		copy[i] = vm_read_pages(self, src, PAGES);
		vm_fill(src, PAGES, (i + 1) * 100);
	}
	for (unsigned i = 0; i < COPIES; i++)
		vm_expect(copy[i], PAGES, i * 100);
	for (unsigned i = 0; i < COPIES; i++) {
		unsigned victim = (i * 5) % COPIES;

		vm_expect(copy[victim], PAGES, victim * 100);
		vm_deallocate_check(copy[victim], PAGES * PAGE_SIZE);
	}
	vm_expect(src, PAGES, COPIES * 100);
}

/*
 * One page of several, alternately written and not between its copies: each
 * shows what was there, however the kernel has come to make it.
 */
TEST(vm_small_copies_again_and_again_give_each_state)
{
	enum { COPIES = 60 };
	vm_address_t page = filled_region(0, 3, 1) + PAGE_SIZE;
	volatile uint32_t *word = (volatile uint32_t *)page;
	vm_address_t copies[COPIES];
	uint32_t values[COPIES];

	for (unsigned i = 0; i < COPIES; i++) {
		if (i % 30 < 10 || i % 7 == 0)
			*word = 100 + i;
		values[i] = *word;
		copies[i] = vm_read_pages(self, page, 1);
		if (i % 5 == 0) {
			*(volatile uint32_t *)copies[i] += 1000;
			values[i] += 1000;
		}
	}
	for (unsigned i = 0; i < COPIES; i++)
		CHECK_EQ(*(volatile uint32_t *)copies[i], values[i]);
	CHECK_EQ(word[-(PAGE_SIZE / 4)], 1);
	CHECK_EQ(word[PAGE_SIZE / 4], 3);
}

TEST(vm_copy_keeps_the_destinations_rights)
{
	struct vm_region_facts facts;
	vm_address_t src = filled_region(0, 2, 5), dst = region(1, 2);

	inherit(dst, 2, VM_INHERIT_NONE);
	CHECK_KR(vm_protect(self, dst, 2 * PAGE_SIZE, TRUE, VM_PROT_DEFAULT),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, src, 2 * PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_KR(vm_copy(self, src, 2 * PAGE_SIZE, dst), KERN_SUCCESS);
	CHECK_KR(vm_region_of(self, dst, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.prot, VM_PROT_DEFAULT);
	CHECK_EQ(facts.max_prot, VM_PROT_DEFAULT);
	CHECK_EQ(facts.inheritance, VM_INHERIT_NONE);
	vm_fill(dst, 2, 8);
	vm_expect(src, 2, 5);
}

TEST(vm_copy_of_partly_touched_memory)
{
	vm_address_t src = region(0, 6), dst = filled_region(1, 6, 900), copy;

	vm_set_word(src + PAGE_SIZE, 1);
	vm_set_word(src + 3 * PAGE_SIZE, 3);
	copy = vm_read_pages(self, src, 6);
	CHECK_KR(vm_copy(self, src, 6 * PAGE_SIZE, dst), KERN_SUCCESS);
	vm_set_word(src, 10);
	vm_set_word(src + PAGE_SIZE, 11);
	vm_set_word(dst + 2 * PAGE_SIZE, 22);
	vm_set_word(copy + 4 * PAGE_SIZE, 34);
	CHECK_EQ(vm_word(dst), 0);
	CHECK_EQ(vm_word(copy), 0);
	CHECK_EQ(vm_word(dst + PAGE_SIZE), 1);
	CHECK_EQ(vm_word(copy + PAGE_SIZE), 1);
	CHECK_EQ(vm_word(src + 2 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(copy + 2 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(dst + 3 * PAGE_SIZE), 3);
	CHECK_EQ(vm_word(src + 4 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(dst + 4 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(dst + 5 * PAGE_SIZE), 0);
}

TEST(vm_copy_outlives_its_source)
{
	vm_address_t src = filled_region(0, 4, 60), copy;

	copy = vm_read_pages(self, src, 4);
	vm_set_word(copy, 1);
	vm_deallocate_check(src, 4 * PAGE_SIZE);
	vm_expect(copy + PAGE_SIZE, 3, 61);
	src = filled_region(0, 4, 80);
	vm_expect(copy + PAGE_SIZE, 3, 61);
	vm_set_word(copy + PAGE_SIZE, 2);
	vm_expect(src, 4, 80);
	CHECK_EQ(vm_word(copy), 1);
}

/* Ranges that span regions of different history. */
TEST(vm_copy_spans_regions)
{
	vm_address_t src = region(0, 2), dst = region(2, 6), more, copy;

	vm_fill(src, 2, 10);
	more = src + 2 * PAGE_SIZE;
	CHECK_KR(vm_allocate(self, &more, 2 * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(self, more, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	vm_set_word(more + PAGE_SIZE, 13);
	copy = vm_read_pages(self, src, 4);
	vm_expect(copy, 2, 10);
	CHECK_EQ(vm_word(copy + 2 * PAGE_SIZE), 0);
	vm_fill(copy, 4, 40);
	CHECK_KR(vm_write(self, dst + PAGE_SIZE, copy, 4 * PAGE_SIZE),
	    KERN_SUCCESS);
	vm_expect(dst + PAGE_SIZE, 4, 40);
	CHECK_EQ(vm_word(dst + 5 * PAGE_SIZE), 0);
	vm_expect(src, 2, 10);
	CHECK_EQ(vm_word(more), 0);
	/* And onto a destination of several regions. */
	CHECK_KR(vm_protect(self, dst + 2 * PAGE_SIZE, PAGE_SIZE, FALSE,
	    VM_PROT_ALL), KERN_SUCCESS);
	CHECK_KR(vm_copy(self, src, 4 * PAGE_SIZE, dst), KERN_SUCCESS);
	vm_expect(dst, 2, 10);
	CHECK_EQ(vm_word(dst + 2 * PAGE_SIZE), 0);
	CHECK_EQ(vm_word(dst + 3 * PAGE_SIZE), 13);
	CHECK_EQ(vm_word(dst + 4 * PAGE_SIZE), 43);
}

/* Shared memory, copied */

TEST(vm_copy_of_shared_memory_is_a_snapshot)
{
	struct vm_agent child;
	vm_address_t addr = filled_region(0, 4, 10), other = region(1, 4);
	vm_address_t copy, childs;

	inherit(addr, 4, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	copy = vm_read_pages(self, addr, 4);
	CHECK_KR(vm_copy(self, addr, 4 * PAGE_SIZE, other), KERN_SUCCESS);
	childs = vm_read_pages(child.task, addr, 4);
	vm_agent_write(&child, addr, 200);
	vm_set_word(addr + PAGE_SIZE, 101);
	CHECK_EQ(vm_word(addr), 200);
	CHECK_EQ(vm_agent_read(&child, addr + PAGE_SIZE), 101);
	vm_expect(copy, 4, 10);
	vm_expect(other, 4, 10);
	vm_expect(childs, 4, 10);
	vm_fill(copy, 4, 50);
	vm_fill(other, 4, 60);
	agent_expect(&child, addr + 2 * PAGE_SIZE, 2, 12);
	/* Still one memory, also where only copies were written so far. */
	vm_agent_write(&child, addr + 2 * PAGE_SIZE, 202);
	CHECK_EQ(vm_word(addr + 2 * PAGE_SIZE), 202);
	vm_expect(childs, 4, 10);
	vm_agent_end(&child);
	CHECK_EQ(vm_word(addr), 200);
	vm_expect(childs, 4, 10);
}

TEST(vm_copy_onto_shared_memory_is_seen_by_all)
{
	struct vm_agent child;
	vm_address_t addr = filled_region(0, 4, 10);
	vm_address_t src = filled_region(1, 4, 70);

	inherit(addr, 4, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	agent_expect(&child, addr, 4, 10);
	CHECK_KR(vm_copy(self, src, 2 * PAGE_SIZE, addr), KERN_SUCCESS);
	agent_expect(&child, addr, 2, 70);
	agent_expect(&child, addr + 2 * PAGE_SIZE, 2, 12);
	CHECK_KR(vm_write(child.task, addr + 2 * PAGE_SIZE, src,
	    2 * PAGE_SIZE), KERN_SUCCESS);
	vm_expect(addr, 2, 70);
	vm_expect(addr + 2 * PAGE_SIZE, 2, 70);
	vm_agent_write(&child, addr, 1);
	CHECK_EQ(vm_word(addr), 1);
	vm_expect(src, 4, 70);
	vm_agent_end(&child);
}

TEST(vm_inherit_copy_of_shared_memory_is_a_snapshot)
{
	struct vm_agent child, grandchild;
	vm_address_t addr = filled_region(0, 3, 10);

	inherit(addr, 3, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	CHECK_KR(vm_inherit(child.task, addr, 3 * PAGE_SIZE, VM_INHERIT_COPY),
	    KERN_SUCCESS);
	vm_agent_start(&grandchild, child.task);
	vm_set_word(addr, 100);
	vm_agent_write(&child, addr + PAGE_SIZE, 201);
	vm_agent_write(&grandchild, addr + 2 * PAGE_SIZE, 302);
	CHECK_EQ(vm_agent_read(&child, addr), 100);
	CHECK_EQ(vm_word(addr + PAGE_SIZE), 201);
	CHECK_EQ(vm_word(addr + 2 * PAGE_SIZE), 12);
	CHECK_EQ(vm_agent_read(&child, addr + 2 * PAGE_SIZE), 12);
	agent_expect(&grandchild, addr, 2, 10);
	CHECK_EQ(vm_agent_read(&grandchild, addr + 2 * PAGE_SIZE), 302);
	vm_agent_end(&child);
	agent_expect(&grandchild, addr, 2, 10);
	vm_agent_end(&grandchild);
	CHECK_EQ(vm_word(addr), 100);
}

/* Copied first, shared then: the sharers write one memory, not the copy's. */
TEST(vm_share_of_copied_memory_is_one_memory)
{
	struct vm_agent child;
	vm_address_t src = filled_region(0, 4, 10), dst = region(1, 4);

	CHECK_KR(vm_copy(self, src, 4 * PAGE_SIZE, dst), KERN_SUCCESS);
	inherit(src, 4, VM_INHERIT_SHARE);
	inherit(dst, 4, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	vm_agent_write(&child, dst, 200);
	CHECK_EQ(vm_word(dst), 200);
	vm_set_word(dst + PAGE_SIZE, 101);
	CHECK_EQ(vm_agent_read(&child, dst + PAGE_SIZE), 101);
	vm_agent_write(&child, src + 2 * PAGE_SIZE, 302);
	CHECK_EQ(vm_word(src + 2 * PAGE_SIZE), 302);
	vm_set_word(src + 3 * PAGE_SIZE, 303);
	CHECK_EQ(vm_agent_read(&child, src + 3 * PAGE_SIZE), 303);
	vm_expect(src, 2, 10);
	CHECK_EQ(vm_agent_read(&child, src), 10);
	vm_expect(dst + 2 * PAGE_SIZE, 2, 12);
	agent_expect(&child, dst + 2 * PAGE_SIZE, 2, 12);
	vm_agent_end(&child);
}

/* Size */

TEST(vm_copy_of_a_large_sparse_region_costs_what_it_touches)
{
	enum { PAGES = 0x10000000 / 4096, STEP = PAGES / 16 };
	vm_address_t src = region(0, PAGES), copy;
	struct vm_agent child;
	unsigned before, after;

	for (unsigned i = 0; i < 16; i++)
		vm_set_word(src + i * STEP * PAGE_SIZE, i + 1);
	before = vm_free_count();
	copy = vm_read_pages(self, src, PAGES);
	vm_agent_start(&child, self);
	for (unsigned i = 0; i < 16; i++) {
		vm_address_t at = i * STEP * PAGE_SIZE;

		vm_set_word(src + at, 100 + i);
		CHECK_EQ(vm_word(copy + at), i + 1);
		CHECK_EQ(vm_agent_read(&child, copy + at), i + 1);
		vm_set_word(src + at + PAGE_SIZE, 200 + i);
		CHECK_EQ(vm_word(copy + at + PAGE_SIZE), 0);
		CHECK_EQ(vm_agent_read(&child, src + at + PAGE_SIZE), 0);
	}
	after = vm_free_count();
	/* Data, page tables and the child's own; far from 64 K pages. */
	if (after + 512 < before)
		test_fail(__FILE__, __LINE__, "%u pages free, then %u", before,
		    after);
	vm_agent_end(&child);
	vm_deallocate_check(copy, PAGES * PAGE_SIZE);
	vm_expect(src, 1, 100);
	vm_deallocate_check(src, PAGES * PAGE_SIZE);
}

/* Leaks */

static void
copy_round(void)
{
	mach_port_t port = test_port();
	struct vm_agent child;
	vm_address_t addr = filled_region(0, 16, 3), copy, data;
	vm_size_t size;

	inherit(addr, 4, VM_INHERIT_SHARE);
	vm_agent_start(&child, self);
	copy = vm_read_pages(child.task, addr, 16);
	CHECK_KR(vm_send_data(port, copy, 16 * PAGE_SIZE, true),
	    MACH_MSG_SUCCESS);
	vm_agent_write(&child, addr, 5);
	vm_agent_write(&child, addr + 5 * PAGE_SIZE, 5);
	data = vm_receive_data(port, &size);
	vm_fill(data, 8, 4);
	CHECK_KR(vm_copy(self, data, 16 * PAGE_SIZE, addr), KERN_SUCCESS);
	CHECK_KR(vm_send_data(port, addr, 16 * PAGE_SIZE, false),
	    MACH_MSG_SUCCESS);
	vm_fill(addr, 16, 9);
	CHECK_KR(mach_port_destroy(self, port), KERN_SUCCESS);
	vm_deallocate_check(data, size);
	vm_deallocate_check(addr, 16 * PAGE_SIZE);
	vm_agent_end(&child);
}

/* What was copied once, and is freed while the rest of its region stays. */
static void
free_part_of_copied(void)
{
	enum { PART = 256, KEPT = 2 };
	vm_address_t addr = test_allocate((PART + 2 * KEPT) * PAGE_SIZE);
	mach_msg_type_number_t size;
	unsigned before;
	pointer_t copy;

	vm_fill(addr, PART + 2 * KEPT, 1);
	CHECK_KR(vm_read(mach_task_self(), addr + KEPT * PAGE_SIZE,
	    PART * PAGE_SIZE, &copy, &size), KERN_SUCCESS);
	vm_deallocate_check(copy, size);
	vm_expect(addr, PART + 2 * KEPT, 1);
	before = vm_free_count();
	vm_deallocate_check(addr + KEPT * PAGE_SIZE, PART * PAGE_SIZE);
	CHECK(vm_free_count() >= before + PART / 2);
	vm_expect(addr, KEPT, 1);
	vm_expect(addr + (KEPT + PART) * PAGE_SIZE, KEPT, 1 + KEPT + PART);
	vm_deallocate_check(addr, KEPT * PAGE_SIZE);
	vm_deallocate_check(addr + (KEPT + PART) * PAGE_SIZE,
	    KEPT * PAGE_SIZE);
}

TEST(vm_free_of_part_of_a_copied_region_frees_its_pages)
{
	free_part_of_copied();
}

TEST(vm_copies_leave_no_memory_behind)
{
	vm_check_no_leak(copy_round, 20, 16);
}

/* Seeded random operations against a model; --seed=N and --steps=N. */

static void
random_operations(unsigned n)
{
	vm_model_run(test_number("--seed=", 1) + n,
	    test_number("--steps=", 2500));
}

TEST(vm_random_operations_read_as_the_model)
{
	random_operations(0);
}

TEST(vm_random_operations_read_as_the_model_again)
{
	random_operations(1);
}

TEST(vm_random_operations_read_as_the_model_once_more)
{
	random_operations(2);
}
