/*
 * bench/rpc.c - a client and its server, in one task or two.
 *
 * The server has one combined send-receive; the client makes a send-once right
 * to its reply port in each request.  Both enter the kernel by the bare trap.
 */
#include <mach/mach_task.h>
#include <mach/mach_thread.h>

#include "bench.h"

#define SERVER_NAME	((mach_port_t)0x7001)	/* in the server's task */
#define REPLY_SIZE	sizeof(mach_msg_header_t)

static void
serve_body(struct rpc_message *msg)
{
	vm_address_t data = msg->body.ool.data;
	vm_size_t size = msg->body.ool.type.msgtl_number;

	if (msg->head.msgh_id == RPC_READ)
		bench_read_pages(data, size / PAGE);
	else if (msg->head.msgh_id == RPC_WRITE)
		bench_write_pages(data, size / PAGE);
	(void)syscall_vm_deallocate(mach_task_self(), data, size);
}

/* Ends when its port dies, or with its task. */
static void
serve(void *arg)
{
	mach_port_t port = (mach_port_t)(uintptr_t)arg;
	struct rpc_message msg;
	mach_msg_return_t mr;

	mr = mach_msg_trap(&msg.head, MACH_RCV_MSG, 0, sizeof(msg), port, 0, 0);
	while (mr == MACH_MSG_SUCCESS) {
		if (msg.head.msgh_id != RPC_NULL)
			serve_body(&msg);
		msg.head.msgh_bits =
		    MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.head.msgh_local_port = MACH_PORT_NULL;
		mr = mach_msg_trap(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
		    REPLY_SIZE, sizeof(msg), port, 0, 0);
	}
}

kern_return_t
rpc_port(mach_port_t *port)
{
	kern_return_t kr;

	kr = mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
	    port);
	if (kr != KERN_SUCCESS)
		return kr;
	return mach_port_insert_right(mach_task_self(), *port, *port,
	    MACH_MSG_TYPE_MAKE_SEND);
}

kern_return_t
rpc_thread(struct rpc *rpc, mach_port_t receive)
{
	rpc->receive = receive;
	rpc->task = MACH_PORT_NULL;
	rpc->reply = (mach_reply_port)();
	return mach_thread_start(serve, (void *)(uintptr_t)receive);
}

kern_return_t
rpc_thread_port(struct rpc *rpc)
{
	kern_return_t kr = rpc_port(&rpc->port);

	return kr == KERN_SUCCESS ? rpc_thread(rpc, rpc->port) : kr;
}

kern_return_t
rpc_task(struct rpc *rpc)
{
	kern_return_t kr;

	rpc->receive = MACH_PORT_NULL;
	rpc->reply = (mach_reply_port)();
	kr = rpc_port(&rpc->port);
	if (kr == KERN_SUCCESS)
		kr = mach_task_copy(serve, (void *)(uintptr_t)SERVER_NAME,
		    &rpc->task);
	if (kr == KERN_SUCCESS)
		kr = mach_port_insert_right(rpc->task, SERVER_NAME, rpc->port,
		    MACH_MSG_TYPE_MOVE_RECEIVE);
	return kr == KERN_SUCCESS ? task_resume(rpc->task) : kr;
}

void
rpc_end(struct rpc *rpc)
{
	if (rpc->task != MACH_PORT_NULL) {
		(void)task_terminate(rpc->task);
		(void)mach_port_deallocate(mach_task_self(), rpc->task);
	}
	(void)mach_port_destroy(mach_task_self(), rpc->port);
	if (rpc->receive != rpc->port && rpc->receive != MACH_PORT_NULL)
		(void)mach_port_destroy(mach_task_self(), rpc->receive);
	(void)mach_port_destroy(mach_task_self(), rpc->reply);
}

static bool
call(struct rpc *rpc, struct rpc_message *msg, mach_msg_size_t size,
    mach_msg_bits_t bits, mach_msg_id_t id, unsigned rounds)
{
	for (; rounds > 0; rounds--) {
		msg->head.msgh_bits = bits | MACH_MSGH_BITS(
		    MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
		msg->head.msgh_remote_port = rpc->port;
		msg->head.msgh_local_port = rpc->reply;
		msg->head.msgh_id = id;
		if (mach_msg_trap(&msg->head, MACH_SEND_MSG | MACH_RCV_MSG,
		    size, REPLY_SIZE, rpc->reply, 0, 0) != MACH_MSG_SUCCESS)
			return false;
	}
	return true;
}

uint64_t
rpc_time(struct rpc *rpc, struct rpc_message *msg, mach_msg_size_t size,
    mach_msg_bits_t bits, mach_msg_id_t id, unsigned rounds)
{
	uint64_t start;

	if (!call(rpc, msg, size, bits, id, rounds))
		return 0;
	start = bench_now();
	if (!call(rpc, msg, size, bits, id, rounds))
		return 0;
	return bench_now() - start;
}

uint64_t
rpc_time_null(struct rpc *rpc, unsigned rounds)
{
	struct rpc_message msg;

	return rpc_time(rpc, &msg, sizeof(msg.head), 0, RPC_NULL, rounds);
}
