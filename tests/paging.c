/*
 * tests/paging.c - more memory than there is: anonymous memory that goes to
 * the default pager and comes back.
 *
 * Each test's memory is counted in units of what is free when it begins.
 */
#include <string.h>

#include <mach/gnumach.h>

#include "paging_support.h"

#define self	mach_task_self()

TEST_LIMIT(paging_brings_back_twice_the_memory, 150)
{
	struct default_pager_info before = paging_space();
	unsigned pages = 2 * vm_free_count(), out = paging_count();
	vm_address_t base = test_allocate(pages * PAGE_SIZE);

	for (unsigned r = 0; r < 2; r++) {
		for (unsigned i = 0; i < pages; i++)
			paging_write(base, i, r);
		for (unsigned i = 0; i < pages; i++)
			paging_check(base, i, r);
	}
	CHECK(paging_count() - out >= pages);
	test_note("%u pages, %u paged out", pages, paging_count() - out);
	vm_deallocate_check(base, pages * PAGE_SIZE);
	paging_check_space(before);
}

/* Who has a copy of memory knows its name: that harms nobody. */
TEST_LIMIT(paging_memory_is_not_lost_by_its_name, 60)
{
	unsigned pages = vm_free_count() + 500, i;
	vm_address_t base = test_allocate(pages * PAGE_SIZE);
	struct vm_region_facts facts;
	struct vm_agent copy;

	for (i = 0; i < pages; i++)
		paging_write(base, i, 1);
	vm_agent_start(&copy, self);
	CHECK_KR(vm_region_of(copy.task, base, &facts), KERN_SUCCESS);
	CHECK(MACH_PORT_VALID(facts.object_name));
	for (i = pages - 200; i < pages; i++)
		paging_check(base, i, 1);
	CHECK_KR(vm_object_sync(facts.object_name, 0, pages * PAGE_SIZE, TRUE,
	    FALSE, FALSE), KERN_SUCCESS);
	for (i = 0; i < pages; i++)
		paging_check(base, i, 1);
	vm_agent_end(&copy);
	vm_deallocate_check(base, pages * PAGE_SIZE);
}

/* Memory that is touched here and there: what goes out takes its tables along. */

#define TABLE_SPAN	0x200000u	/* what a page table maps */
#define TABLES		1200u		/* of each task */

static uint32_t
touch_sparsely(uint32_t base, uint32_t first)
{
	for (unsigned i = 0; i < TABLES; i++)
		vm_set_word(base + i * TABLE_SPAN, first + i);
	return 0;
}

static uint32_t
count_touched(uint32_t base, uint32_t first)
{
	uint32_t right = 0;

	for (unsigned i = 0; i < TABLES; i++)
		right += vm_word(base + i * TABLE_SPAN) == first + i;
	return right;
}

/* As many as would fill memory with page tables alone. */
TEST_LIMIT(paging_of_sparse_memory_gives_page_tables_back, 150)
{
	static struct vm_agent agent[16];
	unsigned agents = vm_free_count() / TABLES + 1;
	vm_address_t base = test_allocate(TABLES * TABLE_SPAN);

	if (agents > 16)
		return;			/* not a machine of little memory */
	for (unsigned i = 0; i < agents; i++) {
		vm_agent_start(&agent[i], self);
		(void)vm_agent_call(&agent[i], touch_sparsely, base, i << 16);
	}
	test_note("%u tasks, %u page tables each", agents, TABLES);
	CHECK_EQ(vm_agent_call(&agent[0], count_touched, base, 0), TABLES);
	for (unsigned i = 0; i < agents; i++)
		vm_agent_end(&agent[i]);
	vm_deallocate_check(base, TABLES * TABLE_SPAN);
}

/* Tasks that work in more memory than there is, each against a model of its own */

#define WORKERS		4u
#define RUN		12u	/* pages that are copied, sent or passed on at once */
#define SHARED_PAGES	64u

struct model {
	unsigned     worker;
	vm_address_t base;
	unsigned     pages;
	uint32_t    *value;	/* what each page holds */
	uint32_t     counts[SHARED_PAGES];	/* what we added to shared pages */
	uint32_t     seed;
	mach_port_t  port;	/* to oneself */
};

static vm_address_t shared;	/* memory of all workers; made before them */

static void
write_value(vm_address_t page, uint32_t value)
{
	vm_set_word(page, value);
	vm_set_word(page + PAGE_SIZE - 4, ~value);
}

static void
check_value(const struct model *m, vm_address_t page, uint32_t value)
{
	if (vm_word(page) != value || vm_word(page + PAGE_SIZE - 4) != ~value)
		test_fail(__FILE__, __LINE__,
		    "worker %u: %#lx %#lx at %#lx, not %#lx", m->worker,
		    (unsigned long)vm_word(page),
		    (unsigned long)vm_word(page + PAGE_SIZE - 4),
		    (unsigned long)page, (unsigned long)value);
}

static vm_address_t
page_of(const struct model *m, unsigned i)
{
	return m->base + i * PAGE_SIZE;
}

static unsigned
some_run(struct model *m)
{
	return test_random(&m->seed) % (m->pages - RUN);
}

static void
model_write(struct model *m, unsigned i)
{
	m->value[i] = test_random(&m->seed);
	write_value(page_of(m, i), m->value[i]);
}

static void
model_check(const struct model *m, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		check_value(m, page_of(m, i), m->value[i]);
}

static void
step_touch(struct model *m)
{
	unsigned first = some_run(m);
	bool write = test_random(&m->seed) % 2;

	model_check(m, first, RUN);
	for (unsigned i = first; write && i < first + RUN; i++)
		model_write(m, i);
}

/* A message keeps what was sent, whatever is written meanwhile. */
static void
step_send(struct model *m)
{
	unsigned first = some_run(m), i;
	uint32_t sent[RUN];
	vm_address_t copy;
	vm_size_t size;

	memcpy(sent, &m->value[first], sizeof(sent));
	CHECK_KR(vm_send_data(m->port, page_of(m, first), RUN * PAGE_SIZE,
	    false), MACH_MSG_SUCCESS);
	for (i = first; i < first + RUN; i += 2)
		model_write(m, i);
	step_touch(m);
	copy = vm_receive_data(m->port, &size);
	for (i = 0; i < RUN; i++)
		check_value(m, copy + i * PAGE_SIZE, sent[i]);
	vm_deallocate_check(copy, size);
	model_check(m, first, RUN);
}

static void
step_copy(struct model *m)
{
	unsigned from = some_run(m), to = some_run(m);

	if (from < to + RUN && to < from + RUN)
		return;
	CHECK_KR(vm_copy(mach_task_self(), page_of(m, from), RUN * PAGE_SIZE,
	    page_of(m, to)), KERN_SUCCESS);
	memcpy(&m->value[to], &m->value[from], RUN * sizeof(*m->value));
	model_write(m, from);
	model_write(m, to + RUN - 1);
	model_check(m, from, RUN);
	model_check(m, to, RUN);
}

/* In a child: what the parent had, and writes that it does not see. */
static void
child(void *arg)
{
	struct model *m = arg;
	unsigned first = some_run(m), i;

	model_check(m, first, RUN);
	for (i = first; i < first + RUN; i++)
		model_write(m, i);
	model_check(m, first, RUN);
}

static void
step_fork(struct model *m)
{
	task_t task = test_spawn(child, m, MACH_PORT_NULL);

	step_touch(m);
	test_wait_end(task);
	CHECK_KR(mach_port_deallocate(mach_task_self(), task), KERN_SUCCESS);
	step_touch(m);
}

/* Each worker counts in a word of its own of each shared page. */
static void
step_share(struct model *m)
{
	unsigned i = test_random(&m->seed) % SHARED_PAGES;
	vm_address_t word = shared + i * PAGE_SIZE + 64 * m->worker;

	CHECK_EQ(vm_word(word), m->counts[i]);
	vm_set_word(word, ++m->counts[i]);
}

static void
model_step(struct model *m)
{
	unsigned what = test_random(&m->seed) % 64;

	if (what == 0)
		step_fork(m);
	else if (what < 8)
		step_copy(m);
	else if (what < 16)
		step_send(m);
	else if (what < 32)
		step_share(m);
	else
		step_touch(m);
}

/* Set before the workers are made. */
static unsigned worker_pages, work_seed;

/* One worker, from its first page to the check of all of them. */
static void
work(void *arg)
{
	static struct model m;
	unsigned pages = worker_pages;

	m.worker = (uintptr_t)arg;
	m.seed = work_seed * WORKERS + m.worker + 1;
	m.pages = pages;
	m.port = test_port();
	m.base = test_allocate(pages * PAGE_SIZE);
	m.value = (uint32_t *)test_allocate(pages * sizeof(*m.value));
	for (unsigned i = 0; i < pages; i++)
		model_write(&m, i);
	for (unsigned i = 0; i < 256; i++)
		model_step(&m);
	model_check(&m, 0, pages);
	vm_deallocate_check(m.base, pages * PAGE_SIZE);
}

/* Wait for the end of a task for as long as the test may take. */
static void
wait_for(task_t task)
{
	mach_port_type_t type = 0;

	while (!(type & MACH_PORT_TYPE_DEAD_NAME)) {
		test_sleep(20);
		CHECK_KR(mach_port_type(self, task, &type), KERN_SUCCESS);
	}
	CHECK_KR(mach_port_deallocate(self, task), KERN_SUCCESS);
}

/* Workers from the first page to the last check; returns the pages paged out. */
static unsigned
workers_round(void)
{
	unsigned out = paging_count(), i;
	task_t workers[WORKERS];

	shared = test_allocate(SHARED_PAGES * PAGE_SIZE);
	CHECK_KR(vm_inherit(self, shared, SHARED_PAGES * PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	worker_pages = vm_free_count();
	for (i = 0; i < WORKERS; i++)
		workers[i] = test_spawn(work, (void *)(uintptr_t)i,
		    MACH_PORT_NULL);
	for (i = 0; i < WORKERS; i++)
		wait_for(workers[i]);
	vm_deallocate_check(shared, SHARED_PAGES * PAGE_SIZE);
	return paging_count() - out;
}

TEST_LIMIT(paging_carries_tasks_with_four_times_the_memory, 180)
{
	struct default_pager_info before = paging_space();
	unsigned out = workers_round();

	test_note("%u pages each, %u paged out", worker_pages, out);
	CHECK(out >= 20000);
	paging_check_space(before);
}

#define HALF	8		/* pages */

/* An object that has pages out is merged into the copy that outlives it. */
TEST_LIMIT(paging_keeps_what_was_written_since_it_went_out, 120)
{
	unsigned all = vm_free_count() * 5 / 4, i;
	vm_address_t source = test_allocate(2 * HALF * PAGE_SIZE), big, copy;
	mach_msg_type_number_t size;

	for (i = 0; i < 2 * HALF; i++)
		paging_write(source, i, 1);
	big = test_allocate(all * PAGE_SIZE);
	for (i = 0; i < all; i++)
		paging_write(big, i, 1);
	vm_deallocate_check(big, all * PAGE_SIZE);
	for (i = 0; i < 2 * HALF; i++) {
		paging_check(source, i, 1);
		paging_write(source, i, 2);
	}
	CHECK_KR(vm_read(self, source + HALF * PAGE_SIZE, HALF * PAGE_SIZE,
	    &copy, &size), KERN_SUCCESS);
	copy -= HALF * PAGE_SIZE;	/* so that pages keep their numbers */
	paging_write(copy, HALF, 3);
	vm_deallocate_check(source, 2 * HALF * PAGE_SIZE);
	paging_check(copy, HALF, 3);
	for (i = HALF + 1; i < 2 * HALF; i++)
		paging_check(copy, i, 2);
	vm_deallocate_check(copy + HALF * PAGE_SIZE, HALF * PAGE_SIZE);
}

/* ---- a small task beside one that takes all there is ---- */

#define SMALL_PAGES	16u	/* of the client, and of its server */
#define CALLS		100u
#define CALL_MS		5000u	/* each is answered in this time */
#define PAUSE_MS	10u	/* between calls */

static vm_address_t small_memory;

static void
small_touch(void)
{
	for (unsigned i = 0; i < SMALL_PAGES; i++)
		vm_set_word(small_memory + i * PAGE_SIZE,
		    vm_word(small_memory + i * PAGE_SIZE) + 1);
}

/* Touches memory of its own before it answers. */
static void
small_server(void *port)
{
	mach_msg_header_t msg;

	for (;;) {
		if (test_receive(&msg, sizeof(msg), (mach_port_t)port, 0) !=
		    MACH_MSG_SUCCESS) {
			test_sleep(10);	/* the port is yet to come */
			continue;
		}
		small_touch();
		msg.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE,
		    0);
		msg.msgh_local_port = MACH_PORT_NULL;
		(void)mach_msg(&msg, MACH_SEND_MSG, sizeof(msg), 0,
		    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	}
}

static unsigned
now_ms(void)
{
	time_value_t time;

	CHECK_KR(host_get_time(mach_host_self(), &time), KERN_SUCCESS);
	return (unsigned)time.seconds * 1000 +
	    (unsigned)time.microseconds / 1000;
}

static void
small_call(mach_port_t server, mach_port_t reply)
{
	mach_msg_header_t msg = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_size = sizeof(msg),
		.msgh_remote_port = server,
		.msgh_local_port = reply,
	};

	small_touch();
	CHECK_KR(mach_msg(&msg, MACH_SEND_MSG | MACH_RCV_MSG |
	    MACH_RCV_TIMEOUT, sizeof(msg), sizeof(msg), reply, CALL_MS,
	    MACH_PORT_NULL), MACH_MSG_SUCCESS);
}

/* Milliseconds that CALLS calls take, without the pauses; the longest, too. */
static unsigned
small_calls(mach_port_t server, unsigned *longest)
{
	unsigned sum = 0, start, took;
	mach_port_t reply = test_port();

	*longest = 0;
	for (unsigned i = 0; i < CALLS; i++) {
		start = now_ms();
		small_call(server, reply);
		took = now_ms() - start;
		sum += took;
		if (took > *longest)
			*longest = took;
		test_sleep(PAUSE_MS);
	}
	CHECK_KR(mach_port_destroy(self, reply), KERN_SUCCESS);
	return sum;
}

static void
be_greedy(void *pages)
{
	vm_address_t base = test_allocate((uintptr_t)pages * PAGE_SIZE);

	for (unsigned r = 0;; r++)
		for (unsigned i = 0; i < (uintptr_t)pages; i++)
			paging_write(base, i, r);
}

TEST_LIMIT(paging_greedy_task_does_not_stop_a_small_one, 120)
{
	struct default_pager_info before = paging_space();
	unsigned out, alone, beside, longest, worst, pages;
	mach_port_t port = test_port();
	task_t greedy, server;

	small_memory = test_allocate(SMALL_PAGES * PAGE_SIZE);
	server = test_spawn(small_server, (void *)port, MACH_PORT_NULL);
	CHECK_KR(mach_port_insert_right(server, port, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	alone = small_calls(port, &longest);
	pages = 3 * vm_free_count();
	out = paging_count();
	greedy = test_spawn(be_greedy, (void *)pages, MACH_PORT_NULL);
	while (paging_count() - out < 2000)
		test_sleep(20);
	beside = small_calls(port, &worst);
	out = paging_count() - out;
	CHECK_KR(task_terminate(greedy), KERN_SUCCESS);
	test_wait_end(greedy);
	test_note("%u calls: %u ms alone, %u ms beside a greedy task; the longest %u and %u ms; %u pages went out",
	    CALLS, alone, beside, longest, worst, out);
	CHECK_KR(task_terminate(server), KERN_SUCCESS);
	test_wait_end(server);
	paging_check_space(before);
}

/* make stress */
TEST_LIMIT(stress_two_hundred_thousand_pages, 3000)
{
	struct default_pager_info before = paging_space();
	unsigned out = 0, rounds = 0;

	while (out < 200000) {
		work_seed = ++rounds;
		out += workers_round();
	}
	test_note("%u rounds, %u pages paged out", rounds, out);
	paging_check_space(before);
}
