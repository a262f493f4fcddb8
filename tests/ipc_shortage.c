/*
 * tests/ipc_shortage.c - messages that arrive where there is no room for
 * what they carry: the codes that say of what, and what becomes of the rest.
 *
 * Room is made scarce by limits of this task's own (mach/duality.defs) and by
 * filling its address space.
 */
#include <string.h>

#include <mach/duality.h>
#include <mach/mach_thread.h>
#include <mach/notify.h>
#include <mach/task_limits.h>
#include <mach/vm_param.h>

#include "rights.h"

#define SELF		mach_task_self()
#define ROOM		64u		/* bytes beyond a message, to receive */
#define LIMIT(field) \
	(offsetof(struct task_limits, field) / sizeof(natural_t))

/* A message with a reply port, a right, an array of rights and memory. */
struct parcel {
	mach_msg_header_t    head;
	mach_msg_type_t	     right_type;
	mach_port_t	     right;
	mach_msg_type_long_t array_type;
	mach_port_t	    *array;
	mach_msg_type_long_t memory_type;
	vm_address_t	     memory;
	char		     room[ROOM];
};
#define PARCEL_SIZE	offsetof(struct parcel, room)

/* This task may have so much more than it has now. */
static void
leave_room(unsigned word, natural_t more)
{
	natural_t words[TASK_LIMITS_COUNT];
	mach_msg_type_number_t count = TASK_LIMITS_COUNT;
	natural_t limit;

	CHECK_KR(task_get_limits(SELF, TASK_LIMITS_USE, words, &count),
	    KERN_SUCCESS);
	limit = words[word] + more;
	memset(words, 0xff, sizeof(words));	/* TASK_LIMIT_KEEP */
	words[word] = limit;
	CHECK_KR(task_set_limits(SELF, TEST_HOST_PORT, words, count),
	    KERN_SUCCESS);
}

static void
leave_plenty(unsigned word)
{
	leave_room(word, 1u << 20);
}

/* No kernel memory more, and all that there is for names in use. */
static void
use_up_kernel_memory(void)
{
	kern_return_t kr = KERN_SUCCESS;
	mach_port_t name;

	leave_room(LIMIT(kernel_bytes), 0);
	while (kr == KERN_SUCCESS)
		kr = mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME,
		    &name);
	CHECK_EQ(kr, KERN_RESOURCE_SHORTAGE);
}

/* Nothing is free afterwards, not a page. */
static void
fill_address_space(void)
{
	vm_address_t addr;

	for (vm_size_t size = 1u << 30; size >= PAGE_SIZE; size /= 2)
		while (vm_allocate(SELF, &addr, size, TRUE) == KERN_SUCCESS)
			continue;
}

static mach_msg_type_long_t
out_of_line(unsigned name, unsigned size, unsigned number)
{
	return (mach_msg_type_long_t) {
		.msgtl_header.msgt_longform = TRUE,
		.msgtl_name = name, .msgtl_size = size,
		.msgtl_number = number,
	};
}

static mach_port_t array[2];
static char memory[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* A parcel to port; its rights are to a port that has no name here else. */
static void
fill_parcel(struct parcel *parcel, mach_port_t port, mach_port_t reply,
    mach_port_t right)
{
	*parcel = (struct parcel) {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    reply != 0 ? MACH_MSG_TYPE_MAKE_SEND_ONCE : 0),
		.head.msgh_remote_port = port,
		.head.msgh_local_port = reply,
		.head.msgh_id = 33,
		.right_type = {
			.msgt_name = MACH_MSG_TYPE_MAKE_SEND_ONCE,
			.msgt_size = 32, .msgt_number = 1,
			.msgt_inline = TRUE,
		},
		.right = right,
		.array_type = out_of_line(MACH_MSG_TYPE_MAKE_SEND_ONCE, 32, 2),
		.array = array,
		.memory_type = out_of_line(MACH_MSG_TYPE_BYTE, 8,
		    sizeof(memory)),
		.memory = (vm_address_t)memory,
	};
	array[0] = array[1] = right;
	memset(memory, 0x5a, sizeof(memory));
}

static void
send_parcel(mach_port_t port, mach_port_t reply, mach_port_t right)
{
	struct parcel parcel;

	fill_parcel(&parcel, port, reply, right);
	CHECK_KR(mach_msg(&parcel.head, MACH_SEND_MSG, PARCEL_SIZE, 0, 0, 0,
	    0), MACH_MSG_SUCCESS);
}

static mach_msg_return_t
receive_parcel(struct parcel *parcel, mach_port_t port,
    mach_msg_option_t options)
{
	memset(parcel, 0xee, sizeof(*parcel));
	return mach_msg(&parcel->head, MACH_RCV_MSG | MACH_RCV_TIMEOUT |
	    options, 0, sizeof(*parcel), port, 2000, MACH_PORT_NULL);
}

/* So many send-once rights to a port have come back unused. */
static void
check_unused(mach_port_t port, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		check_notified(port, MACH_NOTIFY_SEND_ONCE, 0);
	check_silent(port);
	CHECK_EQ(receive_status(port).mps_sorights, 0);
}

/* Only the header comes, and says nothing of what went. */
static void
check_header_only(const struct parcel *parcel, mach_port_t port)
{
	CHECK_EQ(parcel->head.msgh_id, 33);
	CHECK_EQ(parcel->head.msgh_local_port, port);
	CHECK_EQ(parcel->head.msgh_remote_port, MACH_PORT_NULL);
	CHECK_EQ(parcel->right, 0xeeeeeeee);
}

TEST(ipc_shortage_of_names_for_the_reply_port)
{
	mach_port_t port = test_port(), reply = test_port();
	mach_port_t right = test_port();
	struct parcel parcel;

	send_parcel(port, reply, right);
	leave_room(LIMIT(names), 0);
	CHECK_KR(receive_parcel(&parcel, port, 0),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
	check_header_only(&parcel, port);
	check_unused(reply, 1);
	check_unused(right, 3);
}

TEST(ipc_shortage_of_kernel_memory_for_the_reply_port)
{
	mach_port_t port = test_port(), reply = test_port();
	mach_port_t right = test_port();
	struct parcel parcel;

	send_parcel(port, reply, right);
	use_up_kernel_memory();
	CHECK_KR(receive_parcel(&parcel, port, 0),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL);
	leave_plenty(LIMIT(kernel_bytes));
	check_header_only(&parcel, port);
	check_unused(reply, 1);
	check_unused(right, 3);
}

TEST(ipc_shortage_of_names_for_the_body)
{
	mach_port_t port = test_port(), right = test_port();
	struct parcel parcel;

	send_parcel(port, MACH_PORT_NULL, right);
	leave_room(LIMIT(names), 1);
	CHECK_KR(receive_parcel(&parcel, port, 0),
	    MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
	CHECK_EQ(right_type(parcel.right), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_EQ(parcel.array[0], MACH_PORT_NULL);
	CHECK_EQ(parcel.array[1], MACH_PORT_NULL);
	CHECK(memcmp((void *)parcel.memory, memory, sizeof(memory)) == 0);
	check_notified(right, MACH_NOTIFY_SEND_ONCE, 0);
	check_notified(right, MACH_NOTIFY_SEND_ONCE, 0);
	check_silent(right);
}

/* The whole message comes, whatever of it found no room. */
TEST(ipc_shortage_of_address_space)
{
	mach_port_t port = test_port(), right = test_port();
	struct parcel parcel;

	send_parcel(port, MACH_PORT_NULL, right);
	fill_address_space();
	CHECK_KR(receive_parcel(&parcel, port, 0),
	    MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE);
	CHECK_EQ(parcel.head.msgh_size, PARCEL_SIZE);
	CHECK_EQ(parcel.memory, 0);
	CHECK_EQ(parcel.array, NULL);
	CHECK_EQ(right_type(parcel.right), MACH_PORT_TYPE_SEND_ONCE);
	check_notified(right, MACH_NOTIFY_SEND_ONCE, 0);
	check_notified(right, MACH_NOTIFY_SEND_ONCE, 0);
	check_silent(right);
}

TEST(ipc_shortage_of_names_and_address_space)
{
	mach_port_t port = test_port(), right = test_port();
	struct parcel parcel;

	send_parcel(port, MACH_PORT_NULL, right);
	fill_address_space();
	leave_room(LIMIT(names), 0);
	CHECK_KR(receive_parcel(&parcel, port, 0), MACH_RCV_BODY_ERROR |
	    MACH_MSG_VM_SPACE | MACH_MSG_IPC_SPACE);
	CHECK_EQ(parcel.right, MACH_PORT_NULL);
	CHECK_EQ(parcel.memory, 0);
	check_unused(right, 3);
}

TEST(ipc_shortage_of_regions)
{
	mach_port_t port = test_port(), right = test_port();
	struct parcel parcel;

	send_parcel(port, MACH_PORT_NULL, right);
	leave_room(LIMIT(map_entries), 0);
	CHECK_KR(receive_parcel(&parcel, port, 0),
	    MACH_RCV_BODY_ERROR | MACH_MSG_VM_KERNEL);
	CHECK_EQ(parcel.memory, 0);
	CHECK_EQ(right_type(parcel.right), MACH_PORT_TYPE_SEND_ONCE);
}

TEST(ipc_shortage_of_kernel_memory_for_the_body)
{
	mach_port_t port = test_port(), right = test_port();
	struct parcel parcel;

	send_parcel(port, MACH_PORT_NULL, right);
	use_up_kernel_memory();
	CHECK_KR(receive_parcel(&parcel, port, 0), MACH_RCV_BODY_ERROR |
	    MACH_MSG_VM_KERNEL | MACH_MSG_IPC_KERNEL);
	leave_plenty(LIMIT(kernel_bytes));
	CHECK_EQ(parcel.right, MACH_PORT_NULL);
	CHECK_EQ(parcel.memory, 0);
	CHECK_EQ(parcel.array, NULL);
	check_unused(right, 3);
}

/* A right that the space has a name for needs no room. */
TEST(ipc_shortage_hurts_no_right_that_is_there)
{
	mach_port_t port = test_port(), right = test_port();

	CHECK_KR(send_right(port, right, MACH_MSG_TYPE_MAKE_SEND),
	    MACH_MSG_SUCCESS);
	leave_room(LIMIT(names), 0);
	CHECK_EQ(receive_right(port, MACH_MSG_TYPE_PORT_SEND), right);
	CHECK_EQ(right_refs(right, MACH_PORT_RIGHT_SEND), 2);
}

/* ---- requests that options make ---- */

/* A name for the reply port is there, and nothing for the request about it. */
TEST(ipc_shortage_of_kernel_memory_for_a_receivers_request)
{
	mach_port_t port = test_port(), reply = test_port();
	mach_port_t notify = test_port();
	mach_port_t spare = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	struct parcel parcel = {
		.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.head.msgh_remote_port = port,
		.head.msgh_local_port = reply,
		.head.msgh_id = 33,
	};

	CHECK_KR(mach_msg(&parcel.head, MACH_SEND_MSG, sizeof(parcel.head), 0,
	    0, 0, 0), MACH_MSG_SUCCESS);
	use_up_kernel_memory();
	destroy_right(spare);
	CHECK_KR(mach_msg(&parcel.head, MACH_RCV_MSG | MACH_RCV_NOTIFY, 0,
	    sizeof(parcel), port, 0, notify),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL);
	leave_plenty(LIMIT(kernel_bytes));
	CHECK_EQ(parcel.head.msgh_remote_port, MACH_PORT_NULL);
	CHECK_EQ(receive_status(notify).mps_sorights, 0);
	check_unused(reply, 1);
}

/*
 * With more and more room: none for the message, then for the message alone,
 * which comes back, then for both.
 */
TEST(ipc_shortage_of_kernel_memory_for_a_senders_request)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_msg_header_t head;
	mach_msg_return_t mr = MACH_SEND_NO_BUFFER;
	unsigned no_buffer = 0, no_notify = 0;

	CHECK_KR(mach_port_set_qlimit(SELF, port, 0), KERN_SUCCESS);
	for (natural_t room = 0; mr != MACH_SEND_WILL_NOTIFY; room += 16) {
		CHECK(room < 1024);
		leave_room(LIMIT(kernel_bytes), room);
		head = (mach_msg_header_t) {
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			    0),
			.msgh_remote_port = port,
		};
		mr = mach_msg(&head, MACH_SEND_MSG | MACH_SEND_NOTIFY |
		    MACH_SEND_TIMEOUT, sizeof(head), 0, 0, 0, notify);
		no_buffer += mr == MACH_SEND_NO_BUFFER;
		no_notify += mr == MACH_SEND_NO_NOTIFY;
		CHECK(mr == MACH_SEND_WILL_NOTIFY || no_buffer + no_notify ==
		    room / 16 + 1);
		CHECK(no_notify == 0 || mr != MACH_SEND_NO_BUFFER);
	}
	leave_plenty(LIMIT(kernel_bytes));
	CHECK(no_buffer > 0 && no_notify > 0);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND),
	    1 + no_buffer + no_notify);
	CHECK_EQ(receive_status(port).mps_msgcount, 1);
	CHECK_EQ(receive_status(notify).mps_sorights, 1);
}

/* ---- what comes back to its sender ---- */

#define REGION		((vm_address_t)0x30000000)	/* with nothing beside it */
#define REGION_SIZE	sizeof(memory)

static struct parcel returned;
static mach_port_t full_port;

/* A parcel that a full queue will not take, its memory to be moved. */
static void
prepare_in_vain(mach_port_t reply, mach_port_t right)
{
	vm_address_t addr = REGION;

	full_port = test_port();
	CHECK_KR(mach_port_set_qlimit(SELF, full_port, 0), KERN_SUCCESS);
	fill_parcel(&returned, full_port, reply, right);
	CHECK_KR(vm_allocate(SELF, &addr, REGION_SIZE, FALSE), KERN_SUCCESS);
	memcpy((void *)addr, memory, REGION_SIZE);
	returned.memory = addr;
	returned.memory_type.msgtl_header.msgt_deallocate = TRUE;
}

/* It is not sent, and cannot all come back. */
static void
send_in_vain(mach_msg_return_t want)
{
	CHECK_KR(mach_msg(&returned.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    PARCEL_SIZE, 0, 0, 0, 0), want);
	CHECK_EQ(returned.head.msgh_remote_port, full_port);
}

TEST(ipc_shortage_of_names_for_what_comes_back)
{
	mach_port_t reply = test_port(), right = test_port();

	prepare_in_vain(reply, right);
	leave_room(LIMIT(names), 0);
	send_in_vain(MACH_SEND_TIMED_OUT | MACH_MSG_IPC_SPACE);
	CHECK_EQ(right_refs(full_port, MACH_PORT_RIGHT_SEND), 2);
	CHECK_EQ(returned.head.msgh_local_port, MACH_PORT_NULL);
	CHECK_EQ(returned.right, MACH_PORT_NULL);
	CHECK(memcmp((void *)returned.memory, memory, sizeof(memory)) == 0);
	check_unused(reply, 1);
	check_unused(right, 3);
}

TEST(ipc_shortage_of_kernel_memory_for_what_comes_back)
{
	mach_port_t reply = test_port(), right = test_port();

	prepare_in_vain(reply, right);
	use_up_kernel_memory();
	/* nor is there any for a message that waits */
	send_in_vain(MACH_SEND_NO_BUFFER | MACH_MSG_IPC_KERNEL |
	    MACH_MSG_VM_KERNEL);
	leave_plenty(LIMIT(kernel_bytes));
	CHECK_EQ(returned.head.msgh_local_port, MACH_PORT_NULL);
	CHECK_EQ(returned.right, MACH_PORT_NULL);
	CHECK_EQ(returned.array, NULL);
	check_unused(reply, 1);
	check_unused(right, 3);
}

TEST(ipc_shortage_of_address_space_for_what_comes_back)
{
	mach_port_t reply = test_port(), right = test_port();

	prepare_in_vain(reply, right);
	returned.memory_type.msgtl_header.msgt_deallocate = FALSE;
	fill_address_space();
	send_in_vain(MACH_SEND_TIMED_OUT | MACH_MSG_VM_SPACE);
	CHECK_EQ(returned.memory, 0);
	CHECK_EQ(right_type(returned.right), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_EQ(right_type(returned.head.msgh_local_port),
	    MACH_PORT_TYPE_SEND_ONCE);
}

/* The region that went has left room for one; there is to be none. */
TEST(ipc_shortage_of_regions_for_what_comes_back)
{
	mach_port_t reply = test_port(), right = test_port();

	prepare_in_vain(reply, right);
	leave_room(LIMIT(map_entries), (natural_t)-1);
	send_in_vain(MACH_SEND_TIMED_OUT | MACH_MSG_VM_KERNEL);
	CHECK_EQ(returned.memory, 0);
	CHECK_EQ(right_type(returned.right), MACH_PORT_TYPE_SEND_ONCE);
	check_silent(reply);
}

/* The same when it is not a timeout that ends the wait. */

static volatile mach_msg_return_t vain_result;

static void
send_until_aborted(void *unused)
{
	(void)unused;
	vain_result = mach_msg_trap(&returned.head, MACH_SEND_MSG, PARCEL_SIZE,
	    0, 0, 0, 0);
}

/* Have it wait, take away what it needs to come back, and abort it. */
static void
abort_in_vain(mach_port_t reply, mach_port_t right, void (*use_up)(void),
    mach_msg_return_t want)
{
	thread_array_t threads;
	mach_msg_type_number_t count;

	prepare_in_vain(reply, right);
	CHECK_KR(mach_thread_start(send_until_aborted, NULL), KERN_SUCCESS);
	CHECK_KR(task_threads(SELF, &threads, &count), KERN_SUCCESS);
	CHECK_EQ(count, 2);
	test_sleep(100);
	use_up();
	CHECK_KR(thread_abort(threads[1]), KERN_SUCCESS);
	for (unsigned i = 0; i < 300 && vain_result == 0; i++)
		test_sleep(10);
	leave_plenty(LIMIT(kernel_bytes));
	CHECK_EQ(vain_result, MACH_SEND_INTERRUPTED | want);
	CHECK_EQ(returned.head.msgh_remote_port, full_port);
	CHECK_EQ(returned.right, MACH_PORT_NULL);
	check_unused(reply, 1);
	check_unused(right, 3);
}

static void
use_up_names(void)
{
	leave_room(LIMIT(names), 0);
}

TEST(ipc_shortage_of_names_after_an_interrupt)
{
	abort_in_vain(test_port(), test_port(), use_up_names,
	    MACH_MSG_IPC_SPACE);
	CHECK(memcmp((void *)returned.memory, memory, sizeof(memory)) == 0);
}

TEST(ipc_shortage_of_kernel_memory_after_an_interrupt)
{
	abort_in_vain(test_port(), test_port(), use_up_kernel_memory,
	    MACH_MSG_IPC_KERNEL | MACH_MSG_VM_KERNEL);
}

/* ---- on the way from sender to a receiver that waits ---- */

static mach_port_t wait_port;
static volatile mach_msg_return_t wait_result;
static volatile bool wait_done;

static void
wait_for_call(void *unused)
{
	struct parcel parcel;

	(void)unused;
	wait_result = mach_msg_trap(&parcel.head, MACH_RCV_MSG, 0,
	    sizeof(parcel), wait_port, 0, 0);
	CHECK_EQ(parcel.head.msgh_remote_port, MACH_PORT_NULL);
	CHECK_EQ(parcel.head.msgh_local_port, wait_port);
	wait_done = true;
}

TEST(ipc_shortage_of_names_at_a_waiting_receiver)
{
	mach_port_t reply = test_port();
	struct {
		mach_msg_header_t head;
		char		  room[ROOM];
	} msg;

	wait_port = test_port();
	CHECK_KR(mach_thread_start(wait_for_call, NULL), KERN_SUCCESS);
	test_sleep(100);
	leave_room(LIMIT(names), 0);
	msg.head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = wait_port,
		.msgh_local_port = reply,
	};
	/* The right to reply, which found no name, comes back unused. */
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG, 40,
	    sizeof(msg), reply, 0, 0), MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, MACH_NOTIFY_SEND_ONCE);
	for (unsigned i = 0; i < 300 && !wait_done; i++)
		test_sleep(10);
	CHECK_EQ(wait_result, MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
}
