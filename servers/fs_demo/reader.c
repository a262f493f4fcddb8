/*
 * servers/fs_demo/reader.c - the second client.
 *
 * Owns:       both ends of a conversation between two tasks: the first asks on
 *             the request port, whose receive right the second was given, and
 *             gets the answers on its reply port.
 */
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_task.h>
#include <servers/bootstrap.h>
#include <servers/fs.h>
#include <servers/fs_types.h>

#include "cksum.h"
#include "reader.h"

#define READ_ID		1
#define SUM_ID		2
#define DROP_ID		3

struct request {
	mach_msg_header_t	head;
	mach_msg_type_t		type;
	char			name[FS_NAME_MAX];
};

struct answer {
	mach_msg_header_t	head;
	mach_msg_type_t		type;
	kern_return_t		code;
	struct reader_sum	sum;
};

static mach_port_t request_port;	/* the same name in both tasks */
static mach_port_t reply_port;		/* the first's */

/* The second client's. */
static mach_port_t file_server;
static vm_offset_t data;
static mach_msg_type_number_t size;

static void
file_drop(void)
{
	if (size != 0)
		vm_deallocate(mach_task_self(), data, size);
	size = 0;
}

static kern_return_t
file_read(const char *name)
{
	kern_return_t kr;

	file_drop();
	kr = fs_read_file(file_server, name, &data, &size);
	if (kr != KERN_SUCCESS)
		size = 0;
	return kr;
}

static void
request_serve(const struct request *request, struct answer *answer)
{
	switch (request->head.msgh_id) {
	case READ_ID:
		answer->code = file_read(request->name);
		break;
	case SUM_ID:
		answer->sum.size = size;
		answer->sum.crc = cksum((const void *) data, size);
		break;
	case DROP_ID:
		file_drop();
	}
}

static mach_msg_return_t
answer_send(mach_port_t to, struct answer *answer)
{
	answer->head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
		.msgh_size = sizeof(*answer),
		.msgh_remote_port = to,
	};
	answer->type = (mach_msg_type_t) {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = (sizeof(*answer)
		    - offsetof(struct answer, code)) / 4,
		.msgt_inline = TRUE,
	};
	return mach_msg(&answer->head, MACH_SEND_MSG, sizeof(*answer), 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

/* The second client, from its first to its last call. */
static void
reader_main(void *arg)
{
	static struct request request;
	struct answer answer;
	mach_port_t bootstrap;

	(void) arg;
	if (task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    &bootstrap) != KERN_SUCCESS
	    || bootstrap_look_up(bootstrap, "file_server", &file_server)
	    != KERN_SUCCESS)
		return;
	while (mach_msg(&request.head, MACH_RCV_MSG, 0, sizeof(request),
	    request_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL)
	    == MACH_MSG_SUCCESS) {
		memset(&answer, 0, sizeof(answer));
		request_serve(&request, &answer);
		if (answer_send(request.head.msgh_remote_port, &answer)
		    != MACH_MSG_SUCCESS)
			return;
	}
}

/* The request port's receive right goes to the copy, under the same name. */
kern_return_t
reader_start(void)
{
	task_t task;
	kern_return_t kr;

	reply_port = mach_reply_port();
	request_port = mach_reply_port();
	kr = mach_port_insert_right(mach_task_self(), request_port,
	    request_port, MACH_MSG_TYPE_MAKE_SEND);
	if (kr == KERN_SUCCESS)
		kr = mach_task_copy(reader_main, NULL, &task);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = mach_port_insert_right(task, request_port, request_port,
	    MACH_MSG_TYPE_MOVE_RECEIVE);
	if (kr == KERN_SUCCESS)
		kr = task_resume(task);
	if (kr != KERN_SUCCESS)
		task_terminate(task);
	mach_port_deallocate(mach_task_self(), task);
	return kr;
}

static kern_return_t
request_send(mach_msg_id_t id, const char *name)
{
	static struct request request;

	request.head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_size = sizeof(request),
		.msgh_remote_port = request_port,
		.msgh_local_port = reply_port,
		.msgh_id = id,
	};
	request.type = (mach_msg_type_t) {
		.msgt_name = MACH_MSG_TYPE_CHAR,
		.msgt_size = 8,
		.msgt_number = sizeof(request.name),
		.msgt_inline = TRUE,
	};
	strncpy(request.name, name, sizeof(request.name) - 1);
	return mach_msg(&request.head, MACH_SEND_MSG, sizeof(request), 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

/* A reader that died leaves a send-once notification, which is no answer. */
static kern_return_t
answer_wait(struct answer *answer)
{
	mach_msg_return_t mr;

	mr = mach_msg(&answer->head, MACH_RCV_MSG, 0, sizeof(*answer),
	    reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (answer->head.msgh_size != sizeof(*answer))
		return KERN_TERMINATED;
	return answer->code;
}

static kern_return_t
reader_call(mach_msg_id_t id, const char *name)
{
	struct answer answer;
	kern_return_t kr;

	kr = request_send(id, name);
	return kr == KERN_SUCCESS ? answer_wait(&answer) : kr;
}

kern_return_t
reader_read(const char *name)
{
	return reader_call(READ_ID, name);
}

kern_return_t
reader_drop(void)
{
	return reader_call(DROP_ID, "");
}

kern_return_t
reader_sum_begin(void)
{
	return request_send(SUM_ID, "");
}

kern_return_t
reader_sum_wait(struct reader_sum *sum)
{
	struct answer answer;
	kern_return_t kr;

	kr = answer_wait(&answer);
	if (kr == KERN_SUCCESS)
		*sum = answer.sum;
	return kr;
}
