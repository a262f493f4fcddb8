/*
 * tests/oracle/children.c - tasks that do as they are told.
 *
 * A child is a copy of this task.  It waits for a message on its command port,
 * does what the memory that all share says, and replies; so only one task
 * runs at any time and everything happens in one order.
 */
#include <string.h>

#include <mach/mach_task.h>

#include "oracle.h"

#define COMMAND_NAME	((mach_port_t)0x52000001)	/* in each child */
enum { COMMAND_TRAP = 1, COMMAND_PEEK, COMMAND_POKE };

struct common *common;
task_t child_task[SPACES];
static mach_port_t command_port[SPACES];	/* receive rights are there */
static mach_port_t reply_port;

void
common_allocate(void)
{
	vm_address_t addr = 0;
	vm_size_t size = round_page(sizeof(struct common));

	must("shared memory", vm_allocate(mach_task_self(), &addr, size, TRUE));
	must("sharing it", vm_inherit(mach_task_self(), addr, size,
	    VM_INHERIT_SHARE));
	common = (struct common *)addr;
	for (size_t i = 0; i < COUNT(common->bulk); i++)
		common->bulk[i] = i * 2654435761u;
	reply_port = (mach_reply_port)();
	child_task[0] = mach_task_self();
}

static mach_msg_return_t
do_trap(void)
{
	struct trap trap = common->trap;

	return mach_msg_trap((mach_msg_header_t *)trap.msg, trap.option,
	    trap.send_size, trap.rcv_size, trap.rcv_name, 0, trap.notify);
}

static void
do_command(mach_msg_id_t id)
{
	volatile uint32_t *word = (volatile uint32_t *)common->trap.msg;

	switch (id) {
	case COMMAND_TRAP:
		common->result = do_trap();
		break;
	case COMMAND_PEEK:
		common->result = *word;
		break;
	case COMMAND_POKE:
		*word = common->result;
		break;
	}
}

/* A child's life; ends when its command port dies, or with its task. */
static void
serve(void *unused)
{
	mach_msg_header_t msg;
	mach_msg_return_t mr;

	(void)unused;
	mr = mach_msg_trap(&msg, MACH_RCV_MSG, 0, sizeof(msg), COMMAND_NAME,
	    0, 0);
	while (mr == MACH_MSG_SUCCESS) {
		do_command(msg.msgh_id);
		msg.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.msgh_local_port = MACH_PORT_NULL;
		mr = mach_msg_trap(&msg, MACH_SEND_MSG | MACH_RCV_MSG,
		    sizeof(msg), sizeof(msg), COMMAND_NAME, 0, 0);
	}
}

static void
command(int space, mach_msg_id_t id)
{
	mach_msg_header_t msg;

	if (space == 0) {
		do_command(id);
		return;
	}
	memset(&msg, 0, sizeof(msg));
	msg.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	msg.msgh_remote_port = command_port[space];
	msg.msgh_local_port = reply_port;
	msg.msgh_id = id;
	must("a child's answer", mach_msg_trap(&msg,
	    MACH_SEND_MSG | MACH_RCV_MSG, sizeof(msg), sizeof(msg),
	    reply_port, 0, 0));
}

void
child_start(int space)
{
	task_t self = mach_task_self();
	mach_port_t *port = &command_port[space];

	must("a command port", mach_port_allocate(self,
	    MACH_PORT_RIGHT_RECEIVE, port));
	must("a right to it", mach_port_insert_right(self, *port, *port,
	    MACH_MSG_TYPE_MAKE_SEND));
	must("a child", mach_task_copy(serve, NULL, &child_task[space]));
	must("its command port", mach_port_insert_right(child_task[space],
	    COMMAND_NAME, *port, MACH_MSG_TYPE_MOVE_RECEIVE));
	must("its start", task_resume(child_task[space]));
	common->trap.msg = (vm_address_t)common;
	command(space, COMMAND_PEEK);
}

void
child_end(int space)
{
	must("a child's end", task_terminate(child_task[space]));
	(void)mach_port_destroy(mach_task_self(), child_task[space]);
	(void)mach_port_destroy(mach_task_self(), command_port[space]);
	child_task[space] = MACH_PORT_NULL;
}

mach_msg_return_t
child_trap(int space)
{
	command(space, COMMAND_TRAP);
	return common->result;
}

uint32_t
child_peek(int space, vm_address_t addr)
{
	common->trap.msg = addr;
	command(space, COMMAND_PEEK);
	return common->result;
}

void
child_poke(int space, vm_address_t addr, uint32_t word)
{
	common->trap.msg = addr;
	common->result = word;
	command(space, COMMAND_POKE);
}
