/*
 * tests/ipc_storm.c - short calls between tasks in a storm: other threads take
 * the pages of the buffers away and give them back, rename, give up and
 * destroy the ports and rights in use, put ports into sets and out, abort,
 * suspend and end who calls and who answers.  Every message is checked by who
 * gets it (ipc_storm_rpc.c), every page taken away by who took it; when the
 * storm is over, all calls are answered again and nothing has been left.
 */
#include <mach/mach_thread.h>

#include "disturb.h"
#include "ipc_storm.h"
#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define STORM_STEPS	3u	/* after each a task or thread is ended */
#define STORM_STEP_MS	60u

static task_t tasks[STORM_TASKS];
static bool lame[STORM_TASKS];		/* a thread was ended */

static task_t
task_of(unsigned worker)
{
	return tasks[worker / STORM_THREADS];
}

/* ---- ports and rights ---- */

/* A new right for a client to call by; the old one goes. */
static void
connect(unsigned client, unsigned server, unsigned port)
{
	mach_port_name_t name = STORM_DEST(server, port);
	mach_msg_type_name_t type;
	mach_port_t right;

	(void)mach_port_destroy(tasks[client], name);
	if (mach_port_extract_right(tasks[server], STORM_PORT(port),
	    MACH_MSG_TYPE_MAKE_SEND, &right, &type) != KERN_SUCCESS)
		return;
	(void)mach_port_insert_right(tasks[client], name, right,
	    MACH_MSG_TYPE_MOVE_SEND);
	/* If the client had ended the right is still here. */
	(void)mach_port_deallocate(SELF, right);
}

static void
make_port(unsigned server, unsigned port)
{
	(void)mach_port_destroy(tasks[server], STORM_PORT(port));
	(void)mach_port_allocate_name(tasks[server], MACH_PORT_RIGHT_RECEIVE,
	    STORM_PORT(port));
	(void)mach_port_move_member(tasks[server], STORM_PORT(port),
	    STORM_SET);
	for (unsigned i = STORM_SERVERS; i < STORM_TASKS; i++)
		connect(i, server, port);
}

static void
make_set(unsigned server)
{
	(void)mach_port_destroy(tasks[server], STORM_SET);
	(void)mach_port_allocate_name(tasks[server], MACH_PORT_RIGHT_PORT_SET,
	    STORM_SET);
	for (unsigned i = 0; i < STORM_PORTS; i++)
		(void)mach_port_move_member(tasks[server], STORM_PORT(i),
		    STORM_SET);
}

static void
change_port(unsigned server, unsigned port, uint32_t *seed)
{
	task_t task = tasks[server];
	mach_port_name_t name = STORM_PORT(port);

	switch (test_random(seed) % 6) {
	case 0:
		(void)mach_port_rename(task, name, STORM_AWAY);
		(void)mach_port_rename(task, STORM_AWAY, name);
		return;
	case 1:
		(void)mach_port_set_protected_payload(task, name,
		    STORM_PAYLOAD + test_random(seed) % 16);
		return;
	case 2:
		(void)mach_port_clear_protected_payload(task, name);
		return;
	case 3:
		(void)mach_port_set_qlimit(task, name,
		    1 + test_random(seed) % 5);
		return;
	case 4:
		(void)mach_port_move_member(task, name, MACH_PORT_NULL);
		return;
	default:
		(void)mach_port_move_member(task, name, STORM_SET);
	}
}

/* The right to reply that a server holds is given up, or gets another name. */
static void
change_reply_right(unsigned worker, uint32_t *seed)
{
	mach_port_t name = storm->worker[worker].reply;

	(void)mach_port_destroy(task_of(worker), STORM_CHOSEN(worker));
	if (test_random(seed) % 2 == 0)
		(void)mach_port_deallocate(task_of(worker), name);
	else if (mach_port_rename(task_of(worker), name,
	    STORM_CHOSEN(worker)) == KERN_SUCCESS)
		(void)__atomic_compare_exchange_n(&storm->worker[worker].reply,
		    &name, STORM_CHOSEN(worker), false, __ATOMIC_SEQ_CST,
		    __ATOMIC_SEQ_CST);
}

static void
change_rights(uint32_t *seed)
{
	unsigned server = test_random(seed) % STORM_SERVERS;
	unsigned client = STORM_SERVERS + test_random(seed) % STORM_CLIENTS;
	unsigned thread = test_random(seed) % STORM_THREADS;
	unsigned port = test_random(seed) % STORM_PORTS;

	switch (test_random(seed) % 16) {
	case 0:
		make_port(server, port);
		return;
	case 1:
		make_set(server);
		return;
	case 2:
		connect(client, server, port);
		return;
	case 3:
		(void)mach_port_mod_refs(tasks[client],
		    storm->worker[client * STORM_THREADS + thread].reply,
		    MACH_PORT_RIGHT_RECEIVE, -1);
		return;
	case 4: case 5: case 6: case 7:
		change_reply_right(server * STORM_THREADS + thread, seed);
		return;
	default:
		change_port(server, port, seed);
	}
}

/* ---- pages ---- */

static uint32_t
sum_of(vm_address_t page)
{
	const volatile uint32_t *word = (const volatile uint32_t *)page;
	uint32_t sum = 0;

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		sum = sum * 33 + word[i];
	return sum;
}

static void
rest(uint32_t *seed)
{
	for (unsigned i = test_random(seed) % 4; i > 0; i--)
		(void)swtch_pri(0);
}

/* A copy of the page is never written to. */
static void
copy_page(task_t task, vm_address_t page, uint32_t *seed)
{
	mach_msg_type_number_t size;
	pointer_t data;
	uint32_t sum;

	if (vm_read(task, page, PAGE_SIZE, &data, &size) != KERN_SUCCESS)
		return;
	sum = sum_of(data);
	rest(seed);
	CHECK_EQ(sum_of(data), sum);
	(void)vm_deallocate(SELF, data, PAGE_SIZE);
}

/* What the page holds; false if its task has ended. */
static bool
sum_in(task_t task, vm_address_t page, uint32_t *sum)
{
	mach_msg_type_number_t size;
	pointer_t data;

	if (vm_read(task, page, PAGE_SIZE, &data, &size) != KERN_SUCCESS)
		return false;
	*sum = sum_of(data);
	(void)vm_deallocate(SELF, data, PAGE_SIZE);
	return true;
}

/* Nor is the page while it may only be read. */
static void
protect_page(task_t task, vm_address_t page, uint32_t *seed)
{
	uint32_t before, after;

	if (vm_protect(task, page, PAGE_SIZE, FALSE, VM_PROT_READ) !=
	    KERN_SUCCESS)
		return;
	if (sum_in(task, page, &before)) {
		rest(seed);
		if (sum_in(task, page, &after))
			CHECK_EQ(after, before);
	}
	(void)vm_protect(task, page, PAGE_SIZE, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE);
}

/* Nor memory that was the page's, and is now this task's. */
static void
replace_page(task_t task, vm_address_t page, uint32_t *seed)
{
	vm_address_t mine;

	if (vm_deallocate(task, page, PAGE_SIZE) != KERN_SUCCESS)
		return;
	mine = test_allocate(2 * PAGE_SIZE);
	*(volatile uint32_t *)mine = 1;
	*(volatile uint32_t *)(mine + PAGE_SIZE) = 1;
	rest(seed);
	(void)vm_allocate(task, &page, PAGE_SIZE, FALSE);
	for (unsigned i = 0; i < 2 * PAGE_SIZE / sizeof(uint32_t); i++)
		CHECK_EQ(((volatile uint32_t *)mine)[i],
		    i % (PAGE_SIZE / sizeof(uint32_t)) == 0);
	CHECK_KR(vm_deallocate(SELF, mine, 2 * PAGE_SIZE), KERN_SUCCESS);
}

/* The page becomes a copy of another, which is not written to either. */
static void
overwrite_page(task_t task, vm_address_t page, uint32_t *seed)
{
	vm_address_t mine = test_allocate(PAGE_SIZE);
	uint32_t sum = sum_of(mine);

	(void)vm_write(task, page, mine, PAGE_SIZE);
	rest(seed);
	CHECK_EQ(sum_of(mine), sum);
	CHECK_KR(vm_deallocate(SELF, mine, PAGE_SIZE), KERN_SUCCESS);
}

static void
wire_page(task_t task, vm_address_t page, uint32_t *seed)
{
	(void)vm_wire(TEST_HOST_PORT, task, page, PAGE_SIZE,
	    VM_PROT_READ | VM_PROT_WRITE);
	rest(seed);
	(void)vm_wire(TEST_HOST_PORT, task, page, PAGE_SIZE, VM_PROT_NONE);
}

static void
change_pages(uint32_t *seed)
{
	static void (*const ways[])(task_t, vm_address_t, uint32_t *) = {
		copy_page, protect_page, wire_page, replace_page,
		overwrite_page,
	};
	unsigned worker = test_random(seed) % STORM_WORKERS;
	unsigned page = test_random(seed) % STORM_PAGES;
	unsigned way = test_random(seed) % 5;

	if (way >= 3 && (!storm->zeros ||
	    page < storm_first_body_page(worker)))
		return;
	if (!storm_try_lock(worker, STORM_MEDDLES))
		return;
	ways[way](task_of(worker), storm_pages(worker) + page * PAGE_SIZE,
	    seed);
	storm_unlock(worker, STORM_MEDDLES);
}

/* ---- who meddles ---- */

static void
meddle(void (*change)(uint32_t *), uint32_t seed)
{
	while (storm->raging) {
		change(&seed);
		(void)swtch_pri(0);
	}
	(void)__atomic_sub_fetch(&storm->at_work, 1, __ATOMIC_SEQ_CST);
}

static void
meddle_with_pages(void *seed)
{
	meddle(change_pages, (uint32_t)(uintptr_t)seed);
}

static void
meddle_with_rights(void *seed)
{
	meddle(change_rights, (uint32_t)(uintptr_t)seed);
}

/* ---- tasks ---- */

static void
task_begin(unsigned i)
{
	for (unsigned w = i * STORM_THREADS; w < (i + 1) * STORM_THREADS; w++) {
		storm->worker[w].reply = MACH_PORT_NULL;
		storm_unlock(w, STORM_WORKS);
	}
	lame[i] = false;
	tasks[i] = test_spawn(storm_work, (void *)(uintptr_t)i,
	    MACH_PORT_NULL);
	if (i < STORM_SERVERS)
		make_set(i);
	for (unsigned s = 0; s < STORM_SERVERS; s++)
		for (unsigned p = 0; p < STORM_PORTS; p++)
			if (i == s)
				make_port(s, p);
			else if (i >= STORM_SERVERS)
				connect(i, s, p);
}

static void
task_finish(unsigned i)
{
	/* A thread that has been told to end may still take its lock. */
	CHECK_KR(task_suspend(tasks[i]), KERN_SUCCESS);
	(void)task_terminate(tasks[i]);
	disturb_await_dead(tasks[i]);
	CHECK_KR(mach_port_deallocate(SELF, tasks[i]), KERN_SUCCESS);
}

static void
task_renew(unsigned i)
{
	task_finish(i);
	task_begin(i);
}

static void
end_a_thread(unsigned i)
{
	mach_msg_type_number_t count = 0;
	thread_array_t threads;

	if (task_threads(tasks[i], &threads, &count) != KERN_SUCCESS)
		return;
	if (count != 0)
		(void)thread_terminate(threads[0]);
	lame[i] = true;
	for (unsigned t = 0; t < count; t++)
		(void)mach_port_deallocate(SELF, threads[t]);
	(void)vm_deallocate(SELF, (vm_address_t)threads,
	    count * sizeof(*threads));
}

static void
rage(uint32_t *seed)
{
	unsigned i, steps = test_number("--steps=", STORM_STEPS);

	for (unsigned step = 0; step < steps; step++) {
		disturb_for(tasks, STORM_TASKS, STORM_STEP_MS, seed);
		i = test_random(seed) % STORM_TASKS;
		if (lame[i] || test_random(seed) % 3 == 0)
			task_renew(i);
		else
			end_a_thread(i);
	}
}

/* ---- after the storm ---- */

/* What servers got with a page that they could not write, or keep elsewhere. */
static void
give_up_replies(unsigned server)
{
	mach_msg_type_number_t count, type_count;
	mach_port_name_array_t names;
	mach_port_type_array_t types;

	CHECK_KR(mach_port_names(tasks[server], &names, &count, &types,
	    &type_count), KERN_SUCCESS);
	for (unsigned i = 0; i < count; i++)
		if (types[i] & MACH_PORT_TYPE_SEND_ONCE)
			(void)mach_port_deallocate(tasks[server], names[i]);
	(void)vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names));
	(void)vm_deallocate(SELF, (vm_address_t)types,
	    type_count * sizeof(*types));
}

static void
make_good(void)
{
	for (unsigned i = 0; i < STORM_TASKS; i++)
		if (lame[i])
			task_renew(i);
	for (unsigned s = 0; s < STORM_SERVERS; s++) {
		make_set(s);
		for (unsigned p = 0; p < STORM_PORTS; p++)
			make_port(s, p);
	}
	for (unsigned n = 0; n < 2; n++) {
		test_sleep(10);
		for (unsigned s = 0; s < STORM_SERVERS; s++)
			give_up_replies(s);
	}
}

/* Every client gets answers, and nobody is aborted any more. */
static void
check_all_go_on(void)
{
	uint32_t had[STORM_WORKERS];

	for (unsigned w = 0; w < STORM_WORKERS; w++)
		had[w] = storm->worker[w].answered;
	for (unsigned w = STORM_SERVERS * STORM_THREADS; w < STORM_WORKERS; w++)
		for (unsigned n = 0; storm->worker[w].answered - had[w] < 3;
		    n++) {
			if (n == 1000)
				test_fail(__FILE__, __LINE__,
				    "client %u waits on in call %u", w,
				    (unsigned)storm->worker[w].calls);
			test_sleep(10);
		}
}

static void
map_stage(void)
{
	storm = (struct storm *)test_allocate(round_page(sizeof(*storm)));
	CHECK_KR(vm_inherit(SELF, (vm_address_t)storm,
	    round_page(sizeof(*storm)), VM_INHERIT_SHARE), KERN_SUCCESS);
	storm_buffers = test_allocate(STORM_WORKERS * (STORM_PAGES + 1) *
	    PAGE_SIZE);
}

static uint32_t storm_seed;
static bool storm_zeros;

static void
round_of_storm(void)
{
	uint32_t seed = storm_seed;

	map_stage();
	storm->zeros = storm_zeros;
	storm->raging = true;
	storm->at_work = 2;
	for (unsigned i = 0; i < STORM_TASKS; i++)
		task_begin(i);
	CHECK_KR(mach_thread_start(meddle_with_pages,
	    (void *)test_random(&seed)), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(meddle_with_rights,
	    (void *)test_random(&seed)), KERN_SUCCESS);
	rage(&seed);
	storm->raging = false;
	while (storm->at_work != 0)
		(void)swtch_pri(0);
	make_good();
	check_all_go_on();
	for (unsigned i = 0; i < STORM_TASKS; i++)
		task_finish(i);
}

static void
storm_rounds(bool zeros)
{
	storm_seed = test_number("--seed=", 1);
	storm_zeros = zeros;
	zones_check_tasks(round_of_storm, 2);
}

TEST(ipc_storm_every_call_gets_its_own_answer)
{
	storm_rounds(false);
}

TEST(ipc_storm_of_pages_that_go_and_come)
{
	storm_rounds(true);
}
