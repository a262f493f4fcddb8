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
#define AGAIN_ID	2

struct request {
	mach_msg_header_t	head;
	mach_msg_type_t		type;
	char			name[FS_NAME_MAX];
};

struct answer {
	mach_msg_header_t	head;
	mach_msg_type_t		type;
	struct reader_result	result;
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

static struct reader_result
request_serve(const struct request *request)
{
	struct reader_result result = { .code = KERN_SUCCESS };

	if (request->head.msgh_id == READ_ID)
		result.code = fs_read_file(file_server, request->name, &data,
		    &size);
	if (result.code != KERN_SUCCESS) {
		size = 0;
		return result;
	}
	result.size = size;
	result.crc = cksum((const void *) data, size);
	if (request->head.msgh_id == AGAIN_ID)
		file_drop();
	return result;
}

static mach_msg_return_t
answer_send(mach_port_t to, const struct reader_result *result)
{
	struct answer answer = {
		.head = {
			.msgh_bits = MACH_MSGH_BITS(
			    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
			.msgh_size = sizeof(answer),
			.msgh_remote_port = to,
		},
		.type = {
			.msgt_name = MACH_MSG_TYPE_INTEGER_32,
			.msgt_size = 32,
			.msgt_number = sizeof(*result) / 4,
			.msgt_inline = TRUE,
		},
		.result = *result,
	};

	return mach_msg(&answer.head, MACH_SEND_MSG, sizeof(answer), 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

/* The second client, from its first to its last call. */
static void
reader_main(void *arg)
{
	static struct request request;
	struct reader_result result;
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
		result = request_serve(&request);
		if (answer_send(request.head.msgh_remote_port, &result)
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

kern_return_t
reader_read(const char *name)
{
	return request_send(READ_ID, name);
}

kern_return_t
reader_again(void)
{
	return request_send(AGAIN_ID, "");
}

/* A reader that died leaves a send-once notification, which has no result. */
kern_return_t
reader_wait(struct reader_result *result)
{
	struct answer answer;
	mach_msg_return_t mr;

	mr = mach_msg(&answer.head, MACH_RCV_MSG, 0, sizeof(answer),
	    reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (answer.head.msgh_size != sizeof(answer))
		return KERN_TERMINATED;
	*result = answer.result;
	return result->code;
}
