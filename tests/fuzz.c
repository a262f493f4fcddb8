/*
 * tests/fuzz.c - random and mutated messages and traps at everything that the
 * kernel serves; see fuzz.h.
 *
 * A batch is a task, the keeper, that makes a victim and something of each
 * kind that has a port, gives rights to all of them to the attackers, and
 * serves a memory object until they are through.  After each batch all tasks
 * are gone, and so must be every structure that the kernel had made for them.
 *
 * --seed=N and --rounds=N of the command line: a batch's seed is the run's
 * plus its number, so what a batch found can be had again alone.
 */
#include <stdio.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach4.h>
#include <mach/memory_object.h>
#include <mach/task_special_ports.h>
#include <mach/vm_param.h>

#include "../libmach/thread.h"
#include "fuzz.h"
#include "raise.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define BATCH_ROUNDS	2000u		/* of each attacker */
#define VICTIM_EXCEPTIONS 50u		/* then it is stopped */
#define TICK_MS		20
#define STALL		800u		/* ms or messages without a round */

struct fuzz_shared *fuzz_shared;
vm_address_t fuzz_arena;

static struct keeper {
	mach_port_t pool[FUZZ_PORTS];
	mach_port_t set;		/* pager and exceptions */
	mach_port_t pager, exceptions;
	unsigned    victim_exceptions;
	task_t	    attacker[FUZZ_ATTACKERS];
	struct fuzz_plan plan[FUZZ_ATTACKERS];
} keeper;

/* ---- the pool ---- */

static void
victim_main(void *unused)
{
	volatile uint32_t *word = (volatile uint32_t *)fuzz_arena;

	(void)unused;
	for (;;) {
		word[0]++;
		test_sleep(1);
	}
}

static mach_port_t
watched_port(void)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_move_member(SELF, port, keeper.set), KERN_SUCCESS);
	return port;
}

static void
make_victim(void)
{
	mach_port_t *pool = keeper.pool;
	thread_array_t threads;
	mach_msg_type_number_t count;

	pool[FUZZ_TASK] = test_task_start(victim_main, NULL, MACH_PORT_NULL,
	    MACH_PORT_NULL, MACH_PORT_NULL, keeper.exceptions);
	CHECK(pool[FUZZ_TASK] != MACH_PORT_NULL);
	CHECK_KR(task_threads(pool[FUZZ_TASK], &threads, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 1);
	pool[FUZZ_THREAD] = threads[0];
	CHECK_KR(thread_create(pool[FUZZ_TASK], &pool[FUZZ_THREAD_STOPPED]),
	    KERN_SUCCESS);
}

/* A memory object, mapped here and not touched. */
static void
make_object(void)
{
	struct { mach_msg_header_t head; uint32_t word[24]; } init;
	mach_port_t *pool = keeper.pool;
	vm_offset_t offset = 0, from = PAGE_SIZE;
	vm_size_t size = 4 * PAGE_SIZE;
	vm_address_t addr = 0;

	keeper.pager = pool[FUZZ_PAGER] = watched_port();
	CHECK_KR(vm_map(SELF, &addr, 8 * PAGE_SIZE, 0, TRUE, keeper.pager, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	CHECK_KR(test_receive(&init.head, sizeof(init), keeper.set, 20000),
	    MACH_MSG_SUCCESS);
	pool[FUZZ_CONTROL] = init.word[1];
	pool[FUZZ_NAME] = init.word[3];
	CHECK_KR(memory_object_ready(pool[FUZZ_CONTROL], FALSE,
	    MEMORY_OBJECT_COPY_DELAY), KERN_SUCCESS);
	CHECK_KR(memory_object_create_proxy(SELF, VM_PROT_DEFAULT,
	    &keeper.pager, MACH_MSG_TYPE_COPY_SEND, 1, &offset, 1, &from, 1,
	    &size, 1, &pool[FUZZ_PROXY]), KERN_SUCCESS);
}

const mach_port_t *
fuzz_pool_make(void)
{
	mach_port_t *pool = keeper.pool;
	processor_array_t processors;
	mach_msg_type_number_t count;

	keeper.set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	keeper.exceptions = watched_port();
	pool[FUZZ_HOST] = mach_host_self();
	make_victim();
	make_object();
	CHECK_KR(processor_set_default(mach_host_self(), &pool[FUZZ_SET_NAME]),
	    KERN_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, "time",
	    &pool[FUZZ_TIME]), D_SUCCESS);
	CHECK_KR(device_map(pool[FUZZ_TIME], VM_PROT_READ, 0, PAGE_SIZE,
	    &pool[FUZZ_DEVICE_PAGER], 0), D_SUCCESS);
	pool[FUZZ_SILENT] = test_port();
	pool[FUZZ_DEAD] = test_port();
	pool[FUZZ_HOST_PRIV] = TEST_HOST_PORT;
	CHECK_KR(host_processor_set_priv(TEST_HOST_PORT, pool[FUZZ_SET_NAME],
	    &pool[FUZZ_SET]), KERN_SUCCESS);
	CHECK_KR(host_processors(TEST_HOST_PORT, &processors, &count),
	    KERN_SUCCESS);
	pool[FUZZ_PROCESSOR] = processors[0];
	pool[FUZZ_MASTER] = TEST_DEVICE_PORT;
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ | D_WRITE, "rd0",
	    &pool[FUZZ_DISK]), D_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ | D_WRITE, "console",
	    &pool[FUZZ_CONSOLE]), D_SUCCESS);
	return pool;
}

/* Each task has rights to itself and the host under names of its own. */
static void
give_pool(task_t task, unsigned ports)
{
	for (unsigned i = 0; i < ports; i++)
		if (i != FUZZ_HOST && keeper.pool[i] != task)
			CHECK_KR(mach_port_insert_right(task, FUZZ_PORT(i),
			    keeper.pool[i], MACH_MSG_TYPE_COPY_SEND),
			    KERN_SUCCESS);
}

/* ---- the keeper ---- */

static void
attacker_main(void *arg)
{
	while (!fuzz_shared->go)
		test_sleep(1);
	fuzz_attack(arg);
}

static void
start_attacker(unsigned i)
{
	task_t task = test_task_start(attacker_main, &keeper.plan[i],
	    TEST_REPORT_PORT, MACH_PORT_NULL, MACH_PORT_NULL,
	    keeper.exceptions);

	CHECK(task != MACH_PORT_NULL);
	give_pool(task, i == 0 ? FUZZ_PORTS : FUZZ_PRIVILEGED);
	keeper.attacker[i] = task;
}

/*
 * memory_object_data_unavailable, but without waiting: once the object is at
 * its end, its control port is one like any other, and its queue may be full.
 */
static void
answer_request(vm_offset_t offset, vm_size_t size)
{
	static const mach_msg_type_t word_type = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  offset_type;
		vm_offset_t	  offset;
		mach_msg_type_t	  size_type;
		vm_size_t	  size;
	} msg = {
		.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.head.msgh_size = sizeof(msg),
		.head.msgh_remote_port = keeper.pool[FUZZ_CONTROL],
		.head.msgh_id = 2039,
		.offset_type = word_type,
		.offset = offset,
		.size_type = word_type,
		.size = size,
	};

	(void)mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(msg), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

/* A page that nobody will supply, or an attacker or a victim that fell. */
static void
serve(const struct raise *msg, const uint32_t *word)
{
	if (msg->head.msgh_id == 2203 &&
	    word[1] == keeper.pool[FUZZ_CONTROL]) {
		answer_request(word[3], word[5]);
		return;
	}
	if (msg->head.msgh_id != 2400 ||
	    msg->head.msgh_local_port != keeper.exceptions)
		return;
	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		if (msg->task == keeper.attacker[i])
			(void)task_terminate(msg->task);
	/* Without an answer the victim's threads only try again. */
	if (msg->task == keeper.pool[FUZZ_TASK] &&
	    ++keeper.victim_exceptions == VICTIM_EXCEPTIONS)
		(void)task_suspend(keeper.pool[FUZZ_TASK]);
}

static unsigned
rounds_done(void)
{
	unsigned done = 0;

	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		done += fuzz_shared->rounds[i];
	return done;
}

static bool
all_ended(void)
{
	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		if (right_type(keeper.attacker[i]) != MACH_PORT_TYPE_DEAD_NAME)
			return false;
	return true;
}

/*
 * Until the attackers have ended, or no round is done for some time, or for
 * many messages.
 */
static void
serve_attackers(void)
{
	static union {
		struct raise raise;
		struct { mach_msg_header_t head; uint32_t word[1024]; } words;
	} msg;
	unsigned idle = 0, last = 0;

	while (idle < STALL && !all_ended()) {
		if (test_receive(&msg.raise.head, sizeof(msg), keeper.set,
		    TICK_MS) == MACH_MSG_SUCCESS) {
			serve(&msg.raise, msg.words.word);
			mach_msg_destroy(&msg.raise.head);
			idle++;
		} else {
			idle += TICK_MS;
		}
		if (rounds_done() != last)
			idle = 0;
		last = rounds_done();
	}
}

static void
keeper_main(void *unused)
{
	(void)unused;
	(void)fuzz_pool_make();
	give_pool(keeper.pool[FUZZ_TASK], FUZZ_PRIVILEGED);
	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		start_attacker(i);
	destroy_right(keeper.pool[FUZZ_DEAD]);
	fuzz_shared->go = true;
	serve_attackers();
	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		(void)task_terminate(keeper.attacker[i]);
	(void)task_terminate(keeper.pool[FUZZ_TASK]);
}

/* ---- batches ---- */

/* At once, for a machine that panics prints no notes. */
static void __attribute__((format(printf, 1, 2)))
print_line(const char *fmt, ...)
{
	char line[100];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	(void)mach_print(line);
}

/*
 * Once made, a device's pagers stay, and its port until somebody closes it, as
 * an attacker may (device/device.c): have them all whenever zones are counted.
 */
static void
open_devices(void)
{
	static const char *const names[] = { "time", "rd0", "console" };
	mach_port_t device, pager;

	for (unsigned i = 0; i < 6; i++) {
		CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ | D_WRITE,
		    (char *)names[i / 2], &device), D_SUCCESS);
		if (device_map(device, i % 2 == 0 ? VM_PROT_READ :
		    VM_PROT_READ | VM_PROT_WRITE, 0, PAGE_SIZE, &pager, 0) ==
		    D_SUCCESS)
			(void)mach_port_deallocate(SELF, pager);
		(void)mach_port_deallocate(SELF, device);
	}
}

static void
run_batch(uint32_t seed, unsigned rounds)
{
	task_t task;

	memset(fuzz_shared, 0, sizeof(*fuzz_shared));
	for (unsigned i = 0; i < FUZZ_ATTACKERS; i++)
		keeper.plan[i] = (struct fuzz_plan){ .attacker = i,
		    .seed = seed * FUZZ_ATTACKERS + i, .rounds = rounds };
	task = test_spawn(keeper_main, NULL, MACH_PORT_NULL);
	test_wait_end(task);
	CHECK_KR(mach_port_deallocate(SELF, task), KERN_SUCCESS);
	test_end_new_tasks(TEST_HOST_PORT);
	open_devices();
}

TEST_LIMIT(fuzz_harms_only_the_attackers, 36000)
{
	static struct zone_counts before;
	uint32_t seed = test_number("--seed=", 1);
	unsigned rounds = test_number("--rounds=", 3 * BATCH_ROUNDS);
	unsigned batch, done = 0, answers = 0;

	print_line("# fuzz: seed %u, %u rounds\n", (unsigned)seed, rounds);
	fuzz_shared = (struct fuzz_shared *)test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(SELF, (vm_address_t)fuzz_shared, PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	fuzz_arena = test_allocate(FUZZ_ARENA_PAGES * PAGE_SIZE);
	test_remember_tasks(TEST_HOST_PORT);
	/* What is made once only. */
	for (batch = 0; batch < 2; batch++) {
		run_batch(seed, 100);
		zones_read(&before);
		zones_check(&before);
	}
	zones_read(&before);
	for (batch = 0; batch * BATCH_ROUNDS < rounds; batch++) {
		print_line("# fuzz: batch of seed %u\n",
		    (unsigned)seed + batch);
		run_batch(seed + batch, BATCH_ROUNDS);
		done += rounds_done();
		answers += fuzz_shared->answers;
		zones_check(&before);
	}
	print_line("# fuzz: %u rounds, %u answers\n", done, answers);
	CHECK(answers > rounds / 4);
}
