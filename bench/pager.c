/*
 * bench/pager.c - memory whose pages a thread of this task supplies.
 */
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

static vm_address_t supply;		/* PAGES pages of data */
static mach_port_t control;		/* the kernel's, of the object */
static volatile unsigned requests;
static volatile unsigned returned;	/* pages */
static volatile unsigned returns;	/* messages with them */

static void
answer(const union object_message *msg)
{
	if (msg->head.msgh_id == OBJECT_INIT) {
		control = msg->request.control;
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

BENCH(pager)
{
	vm_address_t first = 0, second = 0;
	mach_port_t object;
	uint64_t start;

	BENCH_TRY(vm_allocate(mach_task_self(), &supply, PAGES * PAGE, TRUE));
	bench_write_pages(supply, PAGES);
	BENCH_TRY(rpc_port(&object));
	BENCH_TRY(mach_thread_start(page, (void *)(uintptr_t)object));
	BENCH_TRY(vm_map(mach_task_self(), &first, PAGES * PAGE, 0, TRUE,
	    object, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
	    VM_INHERIT_SHARE));
	bench_read_pages(first, 16);
	start = bench_now();
	bench_read_pages(first + 16 * PAGE, PAGES - 16);
	bench_figure("pager.fault", bench_now() - start, PAGES - 16);
	bench_count("pager.requests", (int)requests);

	BENCH_TRY(vm_map(mach_task_self(), &second, PAGES * PAGE, 0, TRUE,
	    object, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
	    VM_INHERIT_SHARE));
	start = bench_now();
	bench_read_pages(second, PAGES);
	bench_figure("pager.cached", bench_now() - start, PAGES);
	page_out(first);
	(void)vm_deallocate(mach_task_self(), first, PAGES * PAGE);
	(void)vm_deallocate(mach_task_self(), second, PAGES * PAGE);
	(void)vm_deallocate(mach_task_self(), supply, PAGES * PAGE);
	(void)mach_port_destroy(mach_task_self(), object);
}
