/*
 * bench/ipc.c - traps, ports, messages, and how they cost more as there are
 * more of them.
 */
#include <string.h>

#include "bench.h"

#define ROUNDS	2000u

/* Names of count ports, in memory that newlib has nothing to do with. */
static kern_return_t
ports_make(mach_port_t **ports, unsigned count)
{
	vm_address_t table = 0;
	kern_return_t kr;

	kr = vm_allocate(mach_task_self(), &table, count * sizeof(**ports),
	    TRUE);
	*ports = (mach_port_t *)table;
	for (unsigned i = 0; i < count && kr == KERN_SUCCESS; i++)
		kr = mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_RECEIVE, &(*ports)[i]);
	return kr;
}

static void
ports_destroy(mach_port_t *ports, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)mach_port_destroy(mach_task_self(), ports[i]);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)ports,
	    count * sizeof(*ports));
}

static mach_msg_return_t
queue_message(mach_port_t port)
{
	mach_msg_header_t head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0),
		.msgh_remote_port = port,
	};

	return mach_msg_trap(&head, MACH_SEND_MSG, sizeof(head), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

/*
 * Bytes of kernel memory that each of many takes.  tools/bench boots for these
 * alone, for what others have given back the kernel may keep at hand.
 */
static void
memory_of(const char *name, unsigned pages_before, unsigned count)
{
	int pages = (int)(pages_before - bench_free_pages());

	bench_count(name, pages * (int)PAGE / (int)count);
}

BENCH(memory)
{
	enum { PORTS = 20000, TASKS = 500 };
	static task_t tasks[TASKS];
	mach_port_t *ports;
	unsigned before;

	before = bench_free_pages();
	for (unsigned i = 0; i < TASKS; i++)
		BENCH_TRY(task_create(mach_task_self(), FALSE, &tasks[i]));
	memory_of("memory.task", before, TASKS);
	for (unsigned i = 0; i < TASKS; i++) {
		BENCH_TRY(task_terminate(tasks[i]));
		BENCH_TRY(mach_port_deallocate(mach_task_self(), tasks[i]));
	}

	/* Less the pages of the table of names. */
	before = bench_free_pages() - PORTS * sizeof(*ports) / PAGE;
	BENCH_TRY(ports_make(&ports, PORTS));
	memory_of("memory.port", before, PORTS);
	before = bench_free_pages();
	for (unsigned i = 0; i < PORTS; i++)
		BENCH_TRY(queue_message(ports[i]));
	memory_of("memory.message", before, PORTS);
	ports_destroy(ports, PORTS);
}

BENCH(trap)
{
	uint64_t start;

	(void)(mach_task_self)();
	start = bench_now();
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)(mach_task_self)();
	bench_figure("trap.self", bench_now() - start, ROUNDS);
}

/* Allocate and destroy ports, one after the other; 0 if a call fails. */
static uint64_t
time_ports(unsigned rounds)
{
	uint64_t start = bench_now();
	mach_port_t port;

	for (unsigned i = 0; i < rounds; i++)
		if (mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS ||
		    mach_port_destroy(mach_task_self(), port) != KERN_SUCCESS)
			return 0;
	return bench_now() - start;
}

BENCH(port)
{
	(void)time_ports(ROUNDS);
	bench_figure("port.allocate-destroy", time_ports(ROUNDS), ROUNDS);
}

BENCH(rpc)
{
	struct rpc rpc;

	BENCH_TRY(rpc_thread_port(&rpc));
	bench_figure("rpc.threads", rpc_time_null(&rpc, ROUNDS), ROUNDS);
	rpc_end(&rpc);
	BENCH_TRY(rpc_task(&rpc));
	bench_figure("rpc.tasks", rpc_time_null(&rpc, ROUNDS), ROUNDS);
	rpc_end(&rpc);
}

/* The same by SYSENTER, on a kernel that has it. */
BENCH(sysenter)
{
	struct rpc rpc;
	uint64_t start;

	if (!mach_trap_fast(TRUE))
		return;
	(void)(mach_task_self)();
	start = bench_now();
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)(mach_task_self)();
	bench_figure("sysenter.self", bench_now() - start, ROUNDS);
	(void)time_ports(ROUNDS);
	bench_figure("sysenter.ports", time_ports(ROUNDS), ROUNDS);
	BENCH_TRY(rpc_thread_port(&rpc));
	bench_figure("sysenter.threads", rpc_time_null(&rpc, ROUNDS), ROUNDS);
	rpc_end(&rpc);
	BENCH_TRY(rpc_task(&rpc));
	bench_figure("sysenter.tasks", rpc_time_null(&rpc, ROUNDS), ROUNDS);
	rpc_end(&rpc);
	(void)mach_trap_fast(FALSE);
}

/* A message of size bytes of characters besides its header. */
static mach_msg_size_t
fill_inline(struct rpc_message *msg, unsigned size)
{
	memset(msg, 0, sizeof(*msg));
	msg->body.inl.type.msgtl_header.msgt_inline = TRUE;
	msg->body.inl.type.msgtl_header.msgt_longform = TRUE;
	msg->body.inl.type.msgtl_name = MACH_MSG_TYPE_CHAR;
	msg->body.inl.type.msgtl_size = 8;
	msg->body.inl.type.msgtl_number = size;
	return offsetof(struct rpc_message, body.inl.data) + size;
}

BENCH(inline)
{
	static const unsigned sizes[] = { 128, 1024, 4096 };
	static struct rpc_message msg;
	mach_msg_size_t size;
	struct rpc rpc;

	BENCH_TRY(rpc_task(&rpc));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size = fill_inline(&msg, sizes[i]);
		bench_figure_at("inline", sizes[i], rpc_time(&rpc, &msg, size,
		    0, RPC_NULL, ROUNDS), ROUNDS);
	}
	rpc_end(&rpc);
}

static mach_msg_size_t
fill_ool(struct rpc_message *msg, vm_address_t data, vm_size_t size)
{
	memset(&msg->body.ool, 0, sizeof(msg->body.ool));
	msg->body.ool.type.msgtl_header.msgt_longform = TRUE;
	msg->body.ool.type.msgtl_name = MACH_MSG_TYPE_CHAR;
	msg->body.ool.type.msgtl_size = 8;
	msg->body.ool.type.msgtl_number = size;
	msg->body.ool.data = data;
	return offsetof(struct rpc_message, body.ool) + sizeof(msg->body.ool);
}

/* Send size bytes, all of whose pages are resident, to a task. */
static void
out_of_line(const char *name, vm_size_t size, mach_msg_id_t id,
    unsigned rounds)
{
	struct rpc_message msg;
	mach_msg_size_t msg_size;
	vm_address_t data = 0;
	struct rpc rpc;

	BENCH_TRY(vm_allocate(mach_task_self(), &data, size, TRUE));
	bench_write_pages(data, size / PAGE);
	BENCH_TRY(rpc_task(&rpc));
	msg_size = fill_ool(&msg, data, size);
	bench_figure(name, rpc_time(&rpc, &msg, msg_size,
	    MACH_MSGH_BITS_COMPLEX, id, rounds), rounds);
	rpc_end(&rpc);
	(void)vm_deallocate(mach_task_self(), data, size);
}

BENCH(ool)
{
	out_of_line("ool.4k", 4 * KB, RPC_DROP, 500);
	out_of_line("ool.64k", 64 * KB, RPC_DROP, 500);
	out_of_line("ool.1m", 1 * MB, RPC_DROP, 100);
	out_of_line("ool.16m", 16 * MB, RPC_DROP, 20);
}

BENCH(read)
{
	out_of_line("read.64k", 64 * KB, RPC_READ, 100);
	out_of_line("read.1m", 1 * MB, RPC_READ, 10);
}

BENCH(write)
{
	out_of_line("write.64k", 64 * KB, RPC_WRITE, 100);
	out_of_line("write.1m", 1 * MB, RPC_WRITE, 10);
}

/* Call, through a port set, the last of its count members. */
static void
port_set(unsigned count)
{
	mach_port_t *ports, set;
	struct rpc rpc;

	BENCH_TRY(mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_PORT_SET, &set));
	BENCH_TRY(ports_make(&ports, count));
	for (unsigned i = 0; i < count; i++)
		BENCH_TRY(mach_port_move_member(mach_task_self(), ports[i],
		    set));
	rpc.port = ports[count - 1];
	BENCH_TRY(mach_port_insert_right(mach_task_self(), rpc.port, rpc.port,
	    MACH_MSG_TYPE_MAKE_SEND));
	BENCH_TRY(rpc_thread(&rpc, set));
	bench_figure_at("set", count, rpc_time_null(&rpc, ROUNDS), ROUNDS);
	rpc_end(&rpc);
	ports_destroy(ports, count - 1);
}

BENCH(set)
{
	port_set(1);
	port_set(100);
	port_set(2000);
}

BENCH(destroy)
{
	mach_port_t *ports;
	uint64_t start;

	BENCH_TRY(ports_make(&ports, 2000));
	start = bench_now();
	for (unsigned i = 0; i < 2000; i++)
		BENCH_TRY(mach_port_destroy(mach_task_self(), ports[i]));
	bench_figure("destroy.2000", bench_now() - start, 2000);
}

/* As the task has more ports: another port, and a call to the last one. */
static void
with_ports(unsigned count)
{
	mach_port_t *ports;
	struct rpc rpc;

	BENCH_TRY(ports_make(&ports, count));
	bench_figure_at("ports-allocate", count, time_ports(500), 500);
	BENCH_TRY(rpc_thread_port(&rpc));
	bench_figure_at("ports-rpc", count, rpc_time_null(&rpc, 500), 500);
	rpc_end(&rpc);
	ports_destroy(ports, count);
}

BENCH(ports)
{
	for (unsigned count = 10; count <= 100000; count *= 10)
		with_ports(count);
}

/*
 * As more messages are queued, five to a port: what queueing one costs, on
 * average over all of these, and a call meanwhile.
 */
static void
with_messages(unsigned count)
{
	mach_port_t *ports;
	struct rpc rpc;
	uint64_t start;

	BENCH_TRY(ports_make(&ports, count / 5));
	start = bench_now();
	for (unsigned i = 0; i < count; i++)
		BENCH_TRY(queue_message(ports[i / 5]));
	bench_figure_at("queued-send", count, bench_now() - start, count);
	BENCH_TRY(rpc_thread_port(&rpc));
	bench_figure_at("queued-rpc", count, rpc_time_null(&rpc, 500), 500);
	rpc_end(&rpc);
	ports_destroy(ports, count / 5);
}

BENCH(queued)
{
	for (unsigned count = 10; count <= 10000; count *= 10)
		with_messages(count);
}

/* As there are more tasks: another one, empty, and a call to one. */
static void
with_tasks(unsigned count)
{
	task_t tasks[1000], task;
	struct rpc rpc;
	uint64_t start;

	for (unsigned i = 0; i < count; i++)
		BENCH_TRY(task_create(mach_task_self(), FALSE, &tasks[i]));
	start = bench_now();
	for (unsigned i = 0; i < 100; i++) {
		BENCH_TRY(task_create(mach_task_self(), FALSE, &task));
		BENCH_TRY(task_terminate(task));
		BENCH_TRY(mach_port_deallocate(mach_task_self(), task));
	}
	bench_figure_at("tasks-create", count, bench_now() - start, 100);
	BENCH_TRY(rpc_task(&rpc));
	bench_figure_at("tasks-rpc", count, rpc_time_null(&rpc, 500), 500);
	rpc_end(&rpc);
	for (unsigned i = 0; i < count; i++) {
		(void)task_terminate(tasks[i]);
		(void)mach_port_deallocate(mach_task_self(), tasks[i]);
	}
}

BENCH(tasks)
{
	for (unsigned count = 10; count <= 1000; count *= 10)
		with_tasks(count);
}
