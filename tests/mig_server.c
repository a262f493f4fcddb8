/*
 * tests/mig_server.c - who frees what a request brought: libmach's server
 * loop, or the routine that it calls.
 *
 * A routine that succeeds, or says that it will answer later, has taken
 * everything over: what it freed may be somebody else's by then, and the loop
 * must leave it alone.  One that fails has taken nothing, and the loop frees
 * all of it, once.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/mig_support.h>

#include "rights.h"
#include "vm_support.h"

#define SELF	mach_task_self()
#define SIZE	(4 * PAGE_SIZE)
#define CANARY	0x600dcafeu

/* MIG's, for exc.defs, and the routine that it calls. */
boolean_t exc_server(mach_msg_header_t *request, mach_msg_header_t *reply);
kern_return_t catch_exception_raise(mach_port_t port, mach_port_t thread,
	    mach_port_t task, int exception, int code, int subcode);

static vm_address_t seen;		/* where the memory came */
static kern_return_t answer;		/* what the routine returns */
static bool frees;			/* whether it has freed the memory */

/* Free what came; what another thread maps next comes to lie there. */
static void
replace_by_canary(vm_address_t addr)
{
	vm_deallocate_check(addr, SIZE);
	CHECK_KR(vm_allocate(SELF, &addr, SIZE, FALSE), KERN_SUCCESS);
	for (vm_size_t at = 0; at < SIZE; at += PAGE_SIZE)
		vm_set_word(addr + at, CANARY);
}

static boolean_t
routine(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	struct vm_data_message *msg = (struct vm_data_message *)request;

	mig_reply_setup(request, reply);
	((mig_reply_header_t *)reply)->RetCode = answer;
	seen = msg->data;
	CHECK_EQ(vm_word(seen), 1);
	if (frees)
		replace_by_canary(seen);
	return answer != MIG_BAD_ID;
}

/* Have the loop serve what waits at port. */
static void
serve(mach_msg_demux_t demux, mach_port_t port)
{
	CHECK_KR(mach_msg_server_timeout(demux, 1024, port, MACH_RCV_TIMEOUT,
	    0), MACH_RCV_TIMED_OUT);
}

/* Send memory to the routine, with a right to answer; what came of both. */
static void
serve_memory(mach_msg_demux_t demux, mach_port_t reply_port)
{
	vm_address_t addr = test_allocate(SIZE);
	mach_port_t port = test_port();
	struct vm_data_message msg;

	vm_fill(addr, SIZE / PAGE_SIZE, 1);
	vm_data_message_make(&msg, addr, SIZE, true);
	msg.head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = port;
	msg.head.msgh_local_port = reply_port;
	msg.head.msgh_id = 3999;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, msg.head.msgh_size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	serve(demux, port);
	destroy_right(port);
}

static bool
is_mapped(vm_address_t addr)
{
	struct vm_region_facts facts;

	return vm_region_of(SELF, addr, &facts) == KERN_SUCCESS &&
	    facts.start <= addr;
}

static void
check_canary(void)
{
	for (vm_size_t at = 0; at < SIZE; at += PAGE_SIZE)
		CHECK_EQ(vm_word(seen + at), CANARY);
	vm_deallocate_check(seen, SIZE);
}

TEST(mig_server_leaves_what_its_routine_took)
{
	static const kern_return_t answers[] = { KERN_SUCCESS, MIG_NO_REPLY };
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	frees = true;
	for (unsigned i = 0; i < 2; i++) {
		answer = answers[i];
		serve_memory(routine, reply);
		check_canary();
	}
	CHECK_EQ(receive_empty(reply), 4099);	/* the success */
	check_silent(reply);
}

TEST(mig_server_frees_what_its_routine_refused)
{
	static const kern_return_t answers[] = { KERN_INVALID_ARGUMENT,
	    MIG_BAD_ID, MIG_BAD_ARGUMENTS, MIG_DESTROY_REQUEST };
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	frees = false;
	for (unsigned i = 0; i < 4; i++) {
		answer = answers[i];
		serve_memory(routine, reply);
		CHECK(!is_mapped(seen));
	}
	/* No answer gives the right to answer back as well. */
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(receive_empty(reply), 4099);
	check_notified(reply, MACH_NOTIFY_SEND_ONCE, 0);
	check_silent(reply);
	CHECK_EQ(receive_status(reply).mps_sorights, 0);
}

/* ---- rights, by a stub of MIG's ---- */

static mach_port_t raised_thread;

kern_return_t
catch_exception_raise(mach_port_t port, mach_port_t thread, mach_port_t task,
    int exception, int code, int subcode)
{
	(void)port;
	(void)exception;
	(void)code;
	(void)subcode;
	raised_thread = thread;
	if (answer == KERN_SUCCESS) {
		CHECK_KR(mach_port_deallocate(SELF, thread), KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(SELF, task), KERN_SUCCESS);
	}
	return answer;
}

/* exception_raise, with rights to ports of ours for thread and task. */
static void
raise_by_hand(mach_port_t port, mach_port_t thread, mach_port_t task)
{
	static const mach_msg_type_t integer = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32, .msgt_size = 32,
		.msgt_number = 1, .msgt_inline = TRUE,
	};
	struct {
		mach_msg_header_t head;
		struct { mach_msg_type_t type; uint32_t word; } item[5];
	} msg;

	memset(&msg, 0, sizeof(msg));
	msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	msg.head.msgh_size = sizeof(msg);
	for (unsigned i = 0; i < 5; i++)
		msg.item[i].type = integer;
	msg.item[0].type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	msg.item[1].type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	msg.item[0].word = thread;
	msg.item[1].word = task;
	CHECK_KR(test_send(&msg.head, port, MACH_EXCEPTION_ID),
	    MACH_MSG_SUCCESS);
}

TEST(mig_server_keeps_count_of_rights)
{
	mach_port_t port = test_port(), thread = test_port();
	mach_port_t task = test_port();

	for (unsigned i = 0; i < 20; i++) {
		answer = i % 2 == 0 ? KERN_SUCCESS : KERN_FAILURE;
		raised_thread = MACH_PORT_NULL;
		raise_by_hand(port, thread, task);
		serve(exc_server, port);
		CHECK_EQ(raised_thread, thread);
		CHECK_EQ(right_refs(thread, MACH_PORT_RIGHT_SEND), 1);
		CHECK_EQ(right_refs(task, MACH_PORT_RIGHT_SEND), 1);
	}
}

/* ---- messages that do not come whole ---- */

/* Two regions, for which together no task has room. */
struct two_regions {
	mach_msg_header_t    head;
	mach_msg_type_long_t first_type;
	vm_address_t	     first;
	mach_msg_type_long_t second_type;
	vm_address_t	     second;
};

TEST(mig_server_goes_on_after_a_message_without_room)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	vm_size_t size = 0x60000000;
	vm_address_t addr = test_allocate(size);
	mach_port_t port = test_port();
	struct two_regions msg;

	memset(&msg, 0, sizeof(msg));
	vm_data_message_make((struct vm_data_message *)&msg, addr, size,
	    false);
	msg.second_type = msg.first_type;
	msg.second = addr;
	msg.head.msgh_size = sizeof(msg);
	msg.head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.head.msgh_remote_port = port;
	msg.head.msgh_local_port = reply;
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
	vm_deallocate_check(addr, size);
	/* nobody is called, nothing is left, and the next request is served */
	serve(routine, port);
	check_notified(reply, MACH_NOTIFY_SEND_ONCE, 0);
	vm_deallocate_check(test_allocate(size), size);
	frees = false;
	answer = KERN_INVALID_ARGUMENT;
	serve_memory(routine, reply);
	CHECK_EQ(receive_empty(reply), 4099);
}
