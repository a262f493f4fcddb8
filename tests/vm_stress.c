/*
 * tests/vm_stress.c - tasks and threads that allocate, touch, copy, send and
 * deallocate at once; what they race for, and what must come out right.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/mach_thread.h>

#include "raise.h"
#include "vm_support.h"

#define BASE	((vm_address_t)0x70000000)
#define OTHER	((vm_address_t)0x78000000)
#define self	mach_task_self()

static volatile uint32_t *
word_at(vm_address_t addr)
{
	return (volatile uint32_t *)addr;
}

static void
add_one(vm_address_t addr)
{
	(void)__atomic_fetch_add(word_at(addr), 1, __ATOMIC_SEQ_CST);
}

static void
allocate_at(vm_address_t addr, unsigned pages)
{
	CHECK_KR(vm_allocate(self, &addr, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
}

/* Each task for itself */

/* Allocate, touch, copy, send to oneself, check and deallocate. */
static uint32_t
private_rounds(uint32_t seed, uint32_t rounds)
{
	mach_port_t port = test_port();
	vm_address_t a, b;
	unsigned pages;
	vm_size_t size;

	for (unsigned i = 0; i < rounds; i++) {
		pages = 1 + test_random(&seed) % 24;
		a = test_allocate(pages * PAGE_SIZE);
		vm_fill(a, pages, i);
		CHECK_KR(vm_send_data(port, a, pages * PAGE_SIZE,
		    test_random(&seed) % 2), MACH_MSG_SUCCESS);
		b = vm_receive_data(port, &size);
		vm_expect(b, pages, i);
		vm_fill(b, pages, i + 1000);
		a = test_allocate(pages * PAGE_SIZE);
		CHECK_KR(vm_copy(mach_task_self(), b, pages * PAGE_SIZE, a),
		    KERN_SUCCESS);
		vm_fill(b, pages / 2, 7);
		vm_expect(a, pages, i + 1000);
		vm_deallocate_check(b, size);
		vm_expect(a, pages, i + 1000);
		vm_deallocate_check(a, size);
	}
	CHECK_KR(mach_port_destroy(mach_task_self(), port), KERN_SUCCESS);
	return rounds;
}

TEST_LIMIT(vm_stress_of_private_memory, 60)
{
	enum { AGENTS = 4 };
	struct vm_agent agent[AGENTS];

	for (unsigned i = 0; i < AGENTS; i++) {
		vm_agent_start(&agent[i], self);
		vm_agent_begin(&agent[i], private_rounds, i + 1, 60);
	}
	for (unsigned i = 0; i < AGENTS; i++)
		CHECK_VALUE(vm_agent_finish(&agent[i]), 60);
	for (unsigned i = 0; i < AGENTS; i++)
		vm_agent_end(&agent[i]);
}

/* Shared memory under copies: no write may be lost */

enum { SHARED_PAGES = 8 };

static uint32_t
count_in_shared(uint32_t seed, uint32_t rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		add_one(BASE + test_random(&seed) % SHARED_PAGES * PAGE_SIZE);
	return 0;
}

static uint32_t
sum_of_shared(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < SHARED_PAGES; i++)
		sum += *word_at(BASE + i * PAGE_SIZE);
	return sum;
}

/* A snapshot's words stay what they were. */
static void
snapshot_shared(task_t task)
{
	mach_msg_type_number_t count;
	uint32_t word[SHARED_PAGES];
	pointer_t copy;

	CHECK_KR(vm_read(task, BASE, SHARED_PAGES * PAGE_SIZE, &copy, &count),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < SHARED_PAGES; i++)
		word[i] = *word_at(copy + i * PAGE_SIZE);
	add_one(copy);
	word[0]++;
	(void)swtch_pri(0);
	for (unsigned i = 0; i < SHARED_PAGES; i++)
		CHECK_EQ(*word_at(copy + i * PAGE_SIZE), word[i]);
	vm_deallocate_check(copy, count);
}

TEST_LIMIT(vm_stress_of_shared_memory_loses_no_write, 60)
{
	enum { AGENTS = 3, ROUNDS = 20000, COPIES = 100 };
	struct vm_agent agent[AGENTS], visitor;

	allocate_at(BASE, SHARED_PAGES);
	allocate_at(OTHER, SHARED_PAGES);
	CHECK_KR(vm_inherit(self, BASE, SHARED_PAGES * PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	for (unsigned i = 0; i < AGENTS; i++)
		vm_agent_start(&agent[i], self);
	for (unsigned i = 0; i < AGENTS; i++)
		vm_agent_begin(&agent[i], count_in_shared, i, ROUNDS);
	for (unsigned i = 0; i < COPIES; i++) {
		snapshot_shared(i % 2 ? self : agent[0].task);
		CHECK_KR(vm_copy(self, BASE, SHARED_PAGES * PAGE_SIZE, OTHER),
		    KERN_SUCCESS);
		add_one(OTHER);
		if (i % 20 == 0) {
			vm_agent_start(&visitor, self);
			vm_agent_call(&visitor, count_in_shared, i, 10);
			vm_agent_end(&visitor);
		}
	}
	for (unsigned i = 0; i < AGENTS; i++)
		CHECK_VALUE(vm_agent_finish(&agent[i]), 0);
	CHECK_EQ(sum_of_shared(), AGENTS * ROUNDS + COPIES / 20 * 10);
	for (unsigned i = 0; i < AGENTS; i++)
		vm_agent_end(&agent[i]);
}

/* Threads of one task that fault on the same pages at once */

enum { THREADS = 4, RACE_PAGES = 32 };

static volatile uint32_t race_begin, race_done;

static void
race_main(void *round)
{
	while (race_begin != (uint32_t)round)
		(void)swtch();
	for (unsigned i = 0; i < RACE_PAGES; i++)
		add_one(BASE + i * PAGE_SIZE);
	(void)__atomic_fetch_add(&race_done, 1, __ATOMIC_SEQ_CST);
}

static void
race(uint32_t round)
{
	race_done = 0;
	for (unsigned i = 0; i < THREADS; i++)
		CHECK_KR(mach_thread_start(race_main, (void *)round),
		    KERN_SUCCESS);
	race_begin = round;
	while (race_done != THREADS)
		(void)swtch_pri(0);
}

TEST_LIMIT(vm_stress_of_first_touches_by_many_threads, 60)
{
	for (uint32_t round = 1; round <= 20; round++) {
		allocate_at(BASE, RACE_PAGES);
		race(round);
		for (unsigned i = 0; i < RACE_PAGES; i++)
			CHECK_EQ(*word_at(BASE + i * PAGE_SIZE), THREADS);
		vm_deallocate_check(BASE, RACE_PAGES * PAGE_SIZE);
	}
}

TEST_LIMIT(vm_stress_of_copies_written_by_many_threads, 60)
{
	mach_msg_type_number_t count;
	pointer_t copy;

	allocate_at(BASE, RACE_PAGES);
	for (uint32_t round = 1; round <= 20; round++) {
		CHECK_KR(vm_read(self, BASE, RACE_PAGES * PAGE_SIZE, &copy,
		    &count), KERN_SUCCESS);
		race(round);
		for (unsigned i = 0; i < RACE_PAGES; i++) {
			CHECK_EQ(*word_at(copy + i * PAGE_SIZE),
			    THREADS * (round - 1));
			CHECK_EQ(*word_at(BASE + i * PAGE_SIZE),
			    THREADS * round);
		}
		vm_deallocate_check(copy, count);
	}
}

/* Memory that comes and goes under those who use it */

static mach_port_t fault_port;
static volatile uint32_t faults_answered, touches;

/* Answers faults until the memory is there again. */
static void
answer_faults(void *unused)
{
	struct raise raise;

	(void)unused;
	for (;;) {
		raise_await(&raise, fault_port);
		if (raise.exception != EXC_BAD_ACCESS ||
		    (raise.code != KERN_INVALID_ADDRESS &&
		    raise.code != KERN_PROTECTION_FAILURE))
			test_fail(__FILE__, __LINE__,
			    "exception %d, code %d", raise.exception,
			    raise.code);
		faults_answered++;
		test_sleep(1);
		raise_reply(&raise, KERN_SUCCESS);
	}
}

static void
touch_for_ever(void *unused)
{
	uint32_t seed = 3;

	(void)unused;
	CHECK_KR(thread_set_special_port(mach_thread_port(),
	    THREAD_EXCEPTION_PORT, fault_port), KERN_SUCCESS);
	for (;;) {
		add_one(BASE + test_random(&seed) % 4 * PAGE_SIZE);
		touches++;
	}
}

static void
await_touches(void)
{
	uint32_t before = touches;

	for (unsigned i = 0; i < 2000 && touches == before; i++)
		test_sleep(5);
	CHECK(touches != before);
}

static void
start_touching(void)
{
	fault_port = test_port();
	allocate_at(BASE, 4);
	CHECK_KR(mach_thread_start(answer_faults, NULL), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(touch_for_ever, NULL), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(touch_for_ever, NULL), KERN_SUCCESS);
	await_touches();
}

TEST_LIMIT(vm_stress_of_deallocation_against_faults, 60)
{
	start_touching();
	for (unsigned i = 0; i < 100; i++) {
		vm_deallocate_check(BASE, 4 * PAGE_SIZE);
		if (i % 8 == 0)
			test_sleep(5);
		allocate_at(BASE, 4);
		if (i % 8 == 0)
			await_touches();
	}
	await_touches();
	test_note("%u faults", (unsigned)faults_answered);
}

TEST_LIMIT(vm_stress_of_protection_against_writers, 60)
{
	start_touching();
	for (unsigned i = 0; i < 100; i++) {
		CHECK_KR(vm_protect(self, BASE, 4 * PAGE_SIZE, FALSE,
		    i % 2 ? VM_PROT_READ : VM_PROT_NONE), KERN_SUCCESS);
		if (i % 8 == 0)
			test_sleep(5);
		CHECK_KR(vm_protect(self, BASE, 4 * PAGE_SIZE, FALSE,
		    VM_PROT_DEFAULT), KERN_SUCCESS);
		if (i % 8 == 0)
			await_touches();
	}
	await_touches();
}

/* Copies of a range that another thread takes away and brings back. */

static volatile bool coming_and_going;

/* Let the other thread run for a while, or not. */
static void
make_way(uint32_t *seed)
{
	for (unsigned i = test_random(seed) % 4; i > 0; i--)
		(void)swtch_pri(0);
}

static void
come_and_go(void *unused)
{
	uint32_t seed = 11;

	(void)unused;
	while (coming_and_going) {
		(void)vm_deallocate(self, OTHER, 4 * PAGE_SIZE);
		make_way(&seed);
		allocate_at(OTHER, 4);
		*word_at(OTHER) = 5;
		*word_at(OTHER + 3 * PAGE_SIZE) = 5;
		make_way(&seed);
	}
	coming_and_going = true;
}

/* Whether what came is as it was at some time; it is written, and goes. */
static void
check_snapshot(vm_address_t copy, vm_size_t size)
{
	CHECK(*word_at(copy) == 0 || *word_at(copy) == 5);
	*word_at(copy) = 9;
	vm_deallocate_check(copy, size);
}

static kern_return_t
copy_by_read(mach_port_t unused)
{
	mach_msg_type_number_t count;
	kern_return_t kr;
	pointer_t copy;

	(void)unused;
	kr = vm_read(self, OTHER, 4 * PAGE_SIZE, &copy, &count);
	if (kr == KERN_SUCCESS)
		check_snapshot(copy, count);
	return kr;
}

static kern_return_t
copy_by_copy(mach_port_t unused)
{
	(void)unused;
	return vm_copy(self, OTHER, 4 * PAGE_SIZE, BASE);
}

static kern_return_t
copy_by_message(mach_port_t port)
{
	kern_return_t kr;
	vm_address_t copy;
	vm_size_t size;

	kr = vm_send_data(port, OTHER, 4 * PAGE_SIZE, false);
	if (kr == MACH_SEND_INVALID_MEMORY)
		return KERN_INVALID_ADDRESS;
	if (kr == MACH_MSG_SUCCESS) {
		copy = vm_receive_data(port, &size);
		check_snapshot(copy, size);
	}
	return kr;
}

TEST_LIMIT(vm_stress_of_deallocation_against_copies, 60)
{
	static kern_return_t (*const ways[])(mach_port_t port) = {
		copy_by_read, copy_by_copy, copy_by_message,
	};
	enum { ENOUGH = 20, WAYS = 3 };
	unsigned made[WAYS] = { 0 }, refused[WAYS] = { 0 }, way, least = 0;
	unsigned alike = 0;
	mach_port_t port = test_port();
	uint32_t seed = 12;
	kern_return_t kr, last = KERN_SUCCESS;

	allocate_at(OTHER, 4);
	allocate_at(BASE, 4);
	coming_and_going = true;
	CHECK_KR(mach_thread_start(come_and_go, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < 900 || (i < 20000 && least < ENOUGH); i++) {
		way = test_random(&seed) % WAYS;
		kr = ways[way](port);
		if (kr != KERN_SUCCESS)
			CHECK_KR(kr, KERN_INVALID_ADDRESS);
		alike = kr == last ? alike + 1 : 0;
		last = kr;
		if (kr == KERN_SUCCESS)
			made[way]++;
		else
			refused[way]++;
		/* the other's processor may be held up for a while */
		if (alike % 8 == 7)
			test_sleep(1);
		make_way(&seed);
		least = ENOUGH;
		for (way = 0; way < WAYS; way++)
			if (made[way] < ENOUGH || refused[way] < ENOUGH)
				least = 0;
	}
	coming_and_going = false;
	for (unsigned i = 0; i < 2000 && !coming_and_going; i++)
		test_sleep(5);
	CHECK(coming_and_going);
	for (way = 0; way < WAYS; way++)
		test_note("%u made, %u refused", made[way], refused[way]);
	CHECK_EQ(least, ENOUGH);
}

/* Regions handed on with deallocation, each hand counting in them. */

static uint32_t
pass_on(uint32_t from, uint32_t to)
{
	vm_address_t data;
	vm_size_t size;

	for (unsigned i = 0; i < 60; i++) {
		data = vm_receive_data(from, &size);
		for (vm_size_t at = 0; at < size; at += PAGE_SIZE)
			add_one(data + at);
		CHECK_KR(vm_send_data(to, data, size, i % 2),
		    MACH_MSG_SUCCESS);
		if (i % 2 == 0)
			vm_deallocate_check(data, size);
	}
	return 60;
}

TEST_LIMIT(vm_stress_of_memory_passed_in_a_ring, 60)
{
	enum { HANDS = 3, REGIONS = 2, PAGES = 16 };
	struct vm_agent agent[HANDS];
	mach_port_t port[HANDS + 1];
	vm_address_t data;
	uint32_t rounds = 0;
	vm_size_t size;

	for (unsigned i = 0; i <= HANDS; i++)
		port[i] = test_port();
	for (unsigned i = 0; i < HANDS; i++) {
		vm_agent_start(&agent[i], self);
		vm_agent_give_send(&agent[i], port[i + 1]);
		CHECK_KR(mach_port_insert_right(agent[i].task, port[i],
		    port[i], MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
		vm_agent_begin(&agent[i], pass_on, port[i], port[i + 1]);
	}
	for (unsigned i = 0; i < REGIONS; i++)
		CHECK_KR(vm_send_data(port[0],
		    test_allocate(PAGES * PAGE_SIZE), PAGES * PAGE_SIZE,
		    true), MACH_MSG_SUCCESS);
	for (unsigned i = 0; i < 60; i++) {
		data = vm_receive_data(port[HANDS], &size);
		rounds = *word_at(data);
		CHECK_EQ(rounds, HANDS * (i / REGIONS + 1));
		for (vm_size_t at = 0; at < size; at += PAGE_SIZE)
			CHECK_EQ(*word_at(data + at), rounds);
		if (i < 60 - REGIONS)
			CHECK_KR(vm_send_data(port[0], data, size, true),
			    MACH_MSG_SUCCESS);
	}
	for (unsigned i = 0; i < HANDS; i++)
		CHECK_VALUE(vm_agent_finish(&agent[i]), 60);
	for (unsigned i = 0; i < HANDS; i++)
		vm_agent_end(&agent[i]);
}

/* Tasks that end in the middle of everything */

static void
busy_thread(void *arg)
{
	(void)private_rounds((uint32_t)arg, 100000);
}

static uint32_t
be_busy(uint32_t seed, uint32_t unused)
{
	(void)unused;
	/* These fail when the task is ending already. */
	(void)mach_thread_start(busy_thread, (void *)seed);
	(void)mach_thread_start(busy_thread, (void *)(seed + 1));
	(void)private_rounds(seed + 2, 100000);
	return 0;
}

static void
end_in_the_middle(void)
{
	static uint32_t seed = 77;
	struct vm_agent agent[2];

	for (unsigned i = 0; i < 2; i++) {
		vm_agent_start(&agent[i], self);
		vm_agent_begin(&agent[i], be_busy, test_random(&seed), 0);
	}
	test_sleep(1 + test_random(&seed) % 30);
	vm_agent_end(&agent[1]);
	vm_agent_end(&agent[0]);
}

TEST_LIMIT(vm_stress_of_tasks_that_end_in_the_middle, 60)
{
	allocate_at(BASE, 64);
	vm_fill(BASE, 64, 1);
	vm_check_no_leak(end_in_the_middle, 25, 32);
	vm_expect(BASE, 64, 1);
}
