/*
 * tests/vm_model.c - seeded random operations on several regions of three
 * tasks and on memory in transit, against a model: what each byte must read
 * as; see vm_model.h.
 *
 * A page is written in parts.  The model keeps a stamp for each part, from
 * which, and its place in the page, each word of the part follows: no two
 * words of a page that was written are alike.
 */
#include <string.h>

#include "vm_model.h"
#include "vm_support.h"

#define BASE	((vm_address_t)0x30000000)
#define self	mach_task_self()

enum {
	ACTORS = 3,		/* 0 is this task */
	REGIONS = 5,
	SHARED = 2,		/* the first ones are shared by all */
	PAGES = 10,
	HELD = 6,
	QUEUED = 4,
	PARTS = 8,		/* of a page */
	PAGE_WORDS = PAGE_SIZE / sizeof(uint32_t),
	PART_WORDS = PAGE_WORDS / PARTS,
};

/* What a page must read as: stamps, 0 where it is still zeros. */
struct model_page {
	uint32_t stamp[PARTS];
};

struct model_copy {
	vm_address_t	  addr;		/* 0: none, or in a message */
	unsigned	  pages;
	struct model_page page[PAGES];
};

static struct {
	struct vm_agent	  agent[ACTORS];
	struct model_page private[ACTORS][REGIONS][PAGES];
	struct model_page shared[SHARED][PAGES];
	struct model_copy held[HELD];	/* copies in this task's memory */
	struct model_copy queued[QUEUED];	/* oldest first, in messages */
	unsigned	  queued_count;
	mach_port_t	  port;
	uint32_t	  seed, counter;
} world;

static unsigned
pick(unsigned limit)
{
	return test_random(&world.seed) % limit;
}

static vm_address_t
page_address(unsigned r, unsigned page)
{
	return BASE + r * 0x100000 + page * PAGE_SIZE;
}

static struct model_page *
model_of(unsigned actor, unsigned r)
{
	return r < SHARED ? world.shared[r] : world.private[actor][r];
}

static task_t
actor_task(unsigned actor)
{
	return actor == 0 ? self : world.agent[actor].task;
}

/* ---- bytes ---- */

/* Word i of a page, by the stamp of its part. */
static uint32_t
word_of(uint32_t stamp, unsigned i)
{
	return stamp == 0 ? 0 : stamp * 0x9e3779b1u + i * 0x01000193u;
}

/* Write the part at addr. */
static uint32_t
write_part(uint32_t addr, uint32_t stamp)
{
	unsigned first = (addr & (PAGE_SIZE - 1)) / sizeof(uint32_t);
	volatile uint32_t *word = (volatile uint32_t *)addr;

	for (unsigned i = 0; i < PART_WORDS; i++)
		word[i] = word_of(stamp, first + i);
	return stamp;
}

static uint32_t
mix(uint32_t sum, uint32_t word)
{
	return (sum << 5 | sum >> 27) ^ word;
}

/* A sum of all words of the page at addr, in order. */
static uint32_t
page_sum(uint32_t addr, uint32_t unused)
{
	const volatile uint32_t *word = (const volatile uint32_t *)addr;
	uint32_t sum = 0;

	(void)unused;
	for (unsigned i = 0; i < PAGE_WORDS; i++)
		sum = mix(sum, word[i]);
	return sum;
}

static uint32_t
model_sum(const struct model_page *page)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < PAGE_WORDS; i++)
		sum = mix(sum, word_of(page->stamp[i / PART_WORDS], i));
	return sum;
}

static void
check_word(const struct model_page *page, unsigned i, uint32_t got,
    vm_address_t addr)
{
	uint32_t want = word_of(page->stamp[i / PART_WORDS], i);

	if (got != want)
		test_fail(__FILE__, __LINE__, "%#lx reads %#x, not %#x",
		    (unsigned long)addr, (unsigned)got, (unsigned)want);
}

/* All bytes of a page of this task's. */
static void
check_bytes(vm_address_t addr, const struct model_page *page)
{
	for (unsigned i = 0; i < PAGE_WORDS; i++, addr += sizeof(uint32_t))
		check_word(page, i, vm_word(addr), addr);
}

static void
check_page(unsigned actor, unsigned r, unsigned n)
{
	const struct model_page *page = &model_of(actor, r)[n];
	vm_address_t addr = page_address(r, n);

	if (actor == 0) {
		check_bytes(addr, page);
	} else if (vm_agent_call(&world.agent[actor], page_sum, addr, 0) !=
	    model_sum(page)) {
		/* Which byte?  The agent reads on. */
		for (unsigned i = 0; i < PAGE_WORDS; i++, addr += 4)
			check_word(page, i, vm_agent_read(&world.agent[actor],
			    addr), addr);
		test_fail(__FILE__, __LINE__, "actor %u, region %u, page %u "
		    "read otherwise a moment ago", actor, r, n);
	}
}

static void
check_copy(const struct model_copy *copy)
{
	for (unsigned i = 0; i < copy->pages; i++)
		check_bytes(copy->addr + i * PAGE_SIZE, &copy->page[i]);
}

/* ---- operations ---- */

static void
op_check(void)
{
	check_page(pick(ACTORS), pick(REGIONS), pick(PAGES));
}

static void
op_write(void)
{
	unsigned actor = pick(ACTORS), r = pick(REGIONS), page = pick(PAGES);
	unsigned part = pick(PARTS);
	vm_address_t addr = page_address(r, page) + part * PAGE_SIZE / PARTS;

	model_of(actor, r)[page].stamp[part] = ++world.counter;
	if (actor == 0)
		(void)write_part(addr, world.counter);
	else
		(void)vm_agent_call(&world.agent[actor], write_part, addr,
		    world.counter);
}

static void
op_vm_copy(void)
{
	unsigned actor = pick(ACTORS), from = pick(REGIONS);
	unsigned to = pick(REGIONS), pages = 1 + pick(PAGES);
	unsigned src = pick(PAGES - pages + 1), dst = pick(PAGES - pages + 1);

	CHECK_KR(vm_copy(actor_task(actor), page_address(from, src),
	    pages * PAGE_SIZE, page_address(to, dst)), KERN_SUCCESS);
	memmove(model_of(actor, to) + dst, model_of(actor, from) + src,
	    pages * sizeof(struct model_page));
}

static void
op_vm_write(void)
{
	unsigned actor = pick(ACTORS), from = pick(REGIONS);
	unsigned to = pick(REGIONS), pages = 1 + pick(PAGES);
	unsigned src = pick(PAGES - pages + 1), dst = pick(PAGES - pages + 1);

	CHECK_KR(vm_write(actor_task(actor), page_address(to, dst),
	    page_address(from, src), pages * PAGE_SIZE), KERN_SUCCESS);
	memmove(model_of(actor, to) + dst, model_of(0, from) + src,
	    pages * sizeof(struct model_page));
}

static void
op_vm_read(void)
{
	unsigned actor = pick(ACTORS), r = pick(REGIONS);
	struct model_copy *copy = &world.held[pick(HELD)];
	unsigned first;

	if (copy->addr != 0) {
		check_copy(copy);
		vm_deallocate_check(copy->addr, copy->pages * PAGE_SIZE);
	}
	copy->pages = 1 + pick(PAGES);
	first = pick(PAGES - copy->pages + 1);
	copy->addr = vm_read_pages(actor_task(actor), page_address(r, first),
	    copy->pages);
	memcpy(copy->page, model_of(actor, r) + first,
	    copy->pages * sizeof(struct model_page));
}

/* Some bytes from anywhere to anywhere. */
static void
op_vm_read_odd(void)
{
	unsigned actor = pick(ACTORS), r = pick(REGIONS);
	unsigned first = pick(PAGES * PAGE_SIZE - 1);
	unsigned bytes = 1 + pick(PAGES * PAGE_SIZE - first);
	const struct model_page *page = model_of(actor, r);
	mach_msg_type_number_t count;
	pointer_t data;
	uint32_t word;

	CHECK_KR(vm_read(actor_task(actor), page_address(r, 0) + first, bytes,
	    &data, &count), KERN_SUCCESS);
	CHECK_EQ(count, bytes);
	for (unsigned i = first; i < first + bytes; i++) {
		word = word_of(page[i / PAGE_SIZE].stamp[i % PAGE_SIZE /
		    (PAGE_SIZE / PARTS)], i % PAGE_SIZE / 4);
		CHECK_EQ(((unsigned char *)data)[i - first],
		    (word >> i % 4 * 8) & 0xff);
	}
	vm_deallocate_check(data, count);
}

static void
op_write_held(void)
{
	struct model_copy *copy = &world.held[pick(HELD)];
	unsigned page, part = pick(PARTS);

	if (copy->addr == 0)
		return;
	page = pick(copy->pages);
	copy->page[page].stamp[part] = ++world.counter;
	(void)write_part(copy->addr + page * PAGE_SIZE +
	    part * PAGE_SIZE / PARTS, world.counter);
	check_copy(copy);
}

static void
op_write_back(void)
{
	struct model_copy *copy = &world.held[pick(HELD)];
	unsigned actor = pick(ACTORS), r = pick(REGIONS), first;

	if (copy->addr == 0)
		return;
	first = pick(PAGES - copy->pages + 1);
	CHECK_KR(vm_write(actor_task(actor), page_address(r, first),
	    copy->addr, copy->pages * PAGE_SIZE), KERN_SUCCESS);
	memcpy(model_of(actor, r) + first, copy->page,
	    copy->pages * sizeof(struct model_page));
}

static void
op_send(void)
{
	unsigned r = pick(REGIONS), pages = 1 + pick(PAGES);
	unsigned first = pick(PAGES - pages + 1);
	struct model_copy *copy;

	if (world.queued_count == QUEUED)
		return;
	copy = &world.queued[world.queued_count++];
	copy->pages = pages;
	CHECK_KR(vm_send_data(world.port, page_address(r, first),
	    pages * PAGE_SIZE, false), MACH_MSG_SUCCESS);
	memcpy(copy->page, model_of(0, r) + first,
	    pages * sizeof(struct model_page));
}

static void
op_send_held(void)
{
	struct model_copy *copy = &world.held[pick(HELD)];

	if (world.queued_count == QUEUED || copy->addr == 0)
		return;
	CHECK_KR(vm_send_data(world.port, copy->addr, copy->pages * PAGE_SIZE,
	    true), MACH_MSG_SUCCESS);
	copy->addr = 0;
	world.queued[world.queued_count++] = *copy;
}

static void
op_receive(void)
{
	struct model_copy *copy = &world.held[pick(HELD)];
	vm_size_t size;

	if (world.queued_count == 0 || copy->addr != 0)
		return;
	*copy = world.queued[0];
	world.queued_count--;
	memmove(world.queued, world.queued + 1,
	    world.queued_count * sizeof(world.queued[0]));
	copy->addr = vm_receive_data(world.port, &size);
	CHECK_EQ(size, copy->pages * PAGE_SIZE);
	check_copy(copy);
}

/* Part of a private region goes and comes back as zeros. */
static void
op_renew(void)
{
	unsigned actor = pick(ACTORS), pages = 1 + pick(PAGES);
	unsigned r = SHARED + pick(REGIONS - SHARED);
	unsigned first = pick(PAGES - pages + 1);
	vm_address_t addr = page_address(r, first);

	CHECK_KR(vm_deallocate(actor_task(actor), addr, pages * PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(vm_allocate(actor_task(actor), &addr, pages * PAGE_SIZE,
	    FALSE), KERN_SUCCESS);
	memset(model_of(actor, r) + first, 0,
	    pages * sizeof(struct model_page));
}

/* An agent ends; a copy of another actor takes its place. */
static void
op_replace_agent(void)
{
	unsigned actor = 1 + pick(ACTORS - 1), from = pick(ACTORS);

	if (from == actor || pick(4) != 0)
		return;
	vm_agent_end(&world.agent[actor]);
	vm_agent_start(&world.agent[actor], actor_task(from));
	memcpy(world.private[actor], world.private[from],
	    sizeof(world.private[0]));
}

/* Rights go and come back: the memory stays. */
static void
op_protect(void)
{
	unsigned actor = pick(ACTORS), r = pick(REGIONS), page = pick(PAGES);
	vm_size_t size = (1 + pick(PAGES - page)) * PAGE_SIZE;
	vm_address_t addr = page_address(r, page);

	CHECK_KR(vm_protect(actor_task(actor), addr, size, FALSE,
	    pick(2) ? VM_PROT_READ : VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_protect(actor_task(actor), addr, size, FALSE,
	    VM_PROT_DEFAULT), KERN_SUCCESS);
	check_page(actor, r, page);
}

static void (*const operations[])(void) = {
	op_check, op_check, op_check, op_write, op_write, op_write, op_write,
	op_write, op_vm_copy, op_vm_copy, op_vm_write, op_vm_read, op_vm_read,
	op_vm_read_odd, op_write_held, op_write_back, op_send, op_send_held,
	op_receive, op_receive, op_renew, op_replace_agent, op_protect,
};

/* ---- the world ---- */

static void
world_begin(uint32_t seed)
{
	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.port = test_port();
	for (unsigned r = 0; r < REGIONS; r++) {
		vm_address_t addr = page_address(r, 0);

		CHECK_KR(vm_allocate(self, &addr, PAGES * PAGE_SIZE, FALSE),
		    KERN_SUCCESS);
		if (r < SHARED)
			CHECK_KR(vm_inherit(self, addr, PAGES * PAGE_SIZE,
			    VM_INHERIT_SHARE), KERN_SUCCESS);
	}
	for (unsigned actor = 1; actor < ACTORS; actor++)
		vm_agent_start(&world.agent[actor], self);
}

static void
world_check(void)
{
	for (unsigned actor = 0; actor < ACTORS; actor++)
		for (unsigned r = 0; r < REGIONS; r++)
			for (unsigned page = 0; page < PAGES; page++)
				check_page(actor, r, page);
	for (unsigned i = 0; i < HELD; i++)
		if (world.held[i].addr != 0)
			check_copy(&world.held[i]);
}

void
vm_model_run(uint32_t seed, unsigned count)
{
	test_note("seed %u", (unsigned)seed);
	world_begin(seed);
	for (unsigned i = 0; i < count; i++) {
		operations[pick(sizeof(operations) / sizeof(operations[0]))]();
		if (i % 500 == 499)
			world_check();
	}
	world_check();
	for (unsigned actor = 1; actor < ACTORS; actor++)
		vm_agent_end(&world.agent[actor]);
}
