/*
 * bench/pager.c - memory whose pages a thread of this task supplies.
 */
#include <mach/duality.h>
#include <mach/mach_task.h>
#include <mach/mach_thread.h>
#include <mach/memory_object.h>

#include "bench.h"

#define PAGES	512u

/* Ids of the kernel's messages to a memory object. */
#define OBJECT_INIT		2200
#define OBJECT_DATA_REQUEST	2203
#define OBJECT_DATA_RETURN	2208

union object_message {
	mach_msg_header_t head;
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  control_type;
		mach_port_t	  control;
		mach_msg_type_t	  offset_type;
		vm_offset_t	  offset;
		mach_msg_type_t	  length_type;
		vm_size_t	  length;
	} request;
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  control_type;
		mach_port_t	  control;
		mach_msg_type_t	  offset_type;
		vm_offset_t	  offset;
		mach_msg_type_long_t data_type;
		vm_address_t	  data;
	} returned;
	char		  room[512];
};

#define RUN	(64 * KB)

static vm_address_t supply;		/* PAGES pages of data */
static bool takes_runs;			/* the pager says so of its next object */
static mach_port_t control;		/* the kernel's, of the object */
static volatile unsigned requests;
static volatile unsigned returned;	/* pages */
static volatile unsigned returns;	/* messages with them */

static void
answer(const union object_message *msg)
{
	if (msg->head.msgh_id == OBJECT_INIT) {
		control = msg->request.control;
		if (takes_runs)
			takes_runs = memory_object_set_run(control, RUN) ==
			    KERN_SUCCESS;
		(void)memory_object_ready(control, TRUE,
		    MEMORY_OBJECT_COPY_DELAY);
	} else if (msg->head.msgh_id == OBJECT_DATA_REQUEST) {
		requests++;
		(void)memory_object_data_supply(msg->request.control,
		    msg->request.offset, supply + msg->request.offset,
		    msg->request.length, FALSE, VM_PROT_NONE, FALSE,
		    MACH_PORT_NULL);
	} else if (msg->head.msgh_id == OBJECT_DATA_RETURN) {
		returns++;
		returned += msg->returned.data_type.msgtl_number / PAGE;
		(void)syscall_vm_deallocate(mach_task_self(),
		    msg->returned.data, msg->returned.data_type.msgtl_number);
	}
}

static void
page(void *arg)
{
	mach_port_t port = (mach_port_t)(uintptr_t)arg;
	union object_message msg;

	while (mach_msg_trap(&msg.head, MACH_RCV_MSG, 0, sizeof(msg), port, 0,
	    0) == MACH_MSG_SUCCESS)
		answer(&msg);
}

/* Have changed pages cleaned and taken away; the pager takes them all first. */
static void
page_out(vm_address_t addr)
{
	union object_message msg;
	mach_port_t done = (mach_reply_port)();
	uint64_t start;

	bench_write_pages(addr, PAGES);
	returned = 0;
	start = bench_now();
	BENCH_TRY(memory_object_lock_request(control, 0, PAGES * PAGE,
	    MEMORY_OBJECT_RETURN_DIRTY, TRUE, VM_PROT_NO_CHANGE, done));
	BENCH_TRY(mach_msg_trap(&msg.head, MACH_RCV_MSG, 0, sizeof(msg), done,
	    0, MACH_PORT_NULL));
	while (returned < PAGES)
		(void)swtch();
	bench_figure("pager.page-out", bench_now() - start, PAGES);
	bench_count("pager.returns", (int)returns);
}

/* Memory that a thread of its own supplies from now on; false: said so. */
static bool
supplied_memory(mach_port_t *object, vm_address_t *addr)
{
	kern_return_t kr;

	requests = 0;
	*addr = 0;
	kr = vm_allocate(mach_task_self(), &supply, PAGES * PAGE, TRUE);
	if (kr == KERN_SUCCESS) {
		bench_write_pages(supply, PAGES);
		kr = rpc_port(object);
	}
	if (kr == KERN_SUCCESS)
		kr = mach_thread_start(page, (void *)(uintptr_t)*object);
	if (kr == KERN_SUCCESS)
		kr = vm_map(mach_task_self(), addr, PAGES * PAGE, 0, TRUE,
		    *object, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE,
		    VM_PROT_ALL, VM_INHERIT_SHARE);
	if (kr != KERN_SUCCESS)
		bench_failed("supplied memory", kr);
	return kr == KERN_SUCCESS;
}

static void
supplied_memory_end(mach_port_t object, vm_address_t addr)
{
	(void)vm_deallocate(mach_task_self(), addr, PAGES * PAGE);
	(void)vm_deallocate(mach_task_self(), supply, PAGES * PAGE);
	(void)mach_port_destroy(mach_task_self(), object);
}

/* Read all but what a warm-up reads. */
static uint64_t
read_in_order(vm_address_t addr)
{
	uint64_t start;

	bench_read_pages(addr, 16);
	start = bench_now();
	bench_read_pages(addr + 16 * PAGE, PAGES - 16);
	return bench_now() - start;
}

BENCH(pager)
{
	vm_address_t first, second = 0;
	mach_port_t object;
	uint64_t start;

	if (!supplied_memory(&object, &first))
		return;
	bench_figure("pager.fault", read_in_order(first), PAGES - 16);
	bench_count("pager.requests", (int)requests);

	BENCH_TRY(vm_map(mach_task_self(), &second, PAGES * PAGE, 0, TRUE,
	    object, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
	    VM_INHERIT_SHARE));
	start = bench_now();
	bench_read_pages(second, PAGES);
	bench_figure("pager.cached", bench_now() - start, PAGES);
	page_out(first);
	(void)vm_deallocate(mach_task_self(), second, PAGES * PAGE);
	supplied_memory_end(object, first);
}

/* The same when the pager has said that it takes 64 KB at once. */
BENCH(runs)
{
	mach_port_t object;
	vm_address_t addr;
	uint64_t total;

	takes_runs = true;
	if (!supplied_memory(&object, &addr))
		return;
	total = read_in_order(addr);
	if (takes_runs) {
		bench_figure("runs.page", total, PAGES - 16);
		bench_count("runs.requests", (int)requests);
	}
	takes_runs = false;
	supplied_memory_end(object, addr);
}
