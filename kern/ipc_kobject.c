/*
 * kern/ipc_kobject.c - the kernel as a server: a message sent to a kernel
 * object's port is served at once, in the sender's thread.
 *
 * Owns:       the table of subsystems that MIG's stubs serve.
 * Locks:      none held here; the routines take their own.
 * Invariant:  MIG's rule: a routine that succeeds has consumed everything in
 *             the request, one that fails nothing.  The right the request was
 *             sent to and the request itself are always ours to give up; the
 *             reply right goes into the reply, or to the routine that answers
 *             MIG_NO_REPLY.
 * Source:     SOSP 1987 paper, section 3.2 (the kernel task acts as a server).
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_port.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <kern/types.h>
#include <mach/mig_errors.h>

#include "mach_server.h"
#include "mach_host_server.h"
#include "mach_port_server.h"
#include "mach4_server.h"
#include "gnumach_server.h"
#include "device_server.h"
#include "mach_i386_server.h"
#include "mach_debug_server.h"
#include "duality_server.h"

/* Room for a reply: nearly all fit the small size. */
#define REPLY_SMALL	256u
#define REPLY_LARGE	3584u	/* inline arrays end at 2,048 bytes */
#define REPLY_LARGEST	4160u	/* host_get_boot_info's: a string of 4,096 */
#define BOOT_INFO_ID	2642

struct subsystem {
	mach_msg_id_t	first, end;	/* ids served, end excluded */
	mig_routine_t	(*routine)(const mach_msg_header_t *request);
};

static const struct subsystem subsystems[] = {
	{ 2000, 2100, mach_server_routine },
	{ 3200, 3300, mach_port_server_routine },
	{ 2600, 2700, mach_host_server_routine },
	{ 2800, 2900, device_server_routine },
	{ 4200, 4300, gnumach_server_routine },
	{ 4000, 4100, mach4_server_routine },
	{ 3800, 3900, mach_i386_server_routine },
	{ 3000, 3100, mach_debug_server_routine },
	{ 6000, 6100, duality_server_routine },
};

/* Routines whose reply carries an inline array or a long string. */
static const mach_msg_id_t large_replies[] = {
	2012, 2017, 2019,			/* info and state of tasks, threads */
	2619, 2638, 2639, 2640, 2641, 2646,	/* hosts, processors */
	2805, 2811,				/* devices */
	3005, 3008, 3009, 3010, 3016, 3021, 3022, 3024,
	3804, 4002, 4005, 4212,
};

static mig_routine_t
find_routine(const mach_msg_header_t *request)
{
	mach_msg_id_t id = request->msgh_id;

	for (unsigned i = 0; i < array_count(subsystems); i++)
		if (id >= subsystems[i].first && id < subsystems[i].end)
			return subsystems[i].routine(request);
	return NULL;
}

static mach_msg_size_t
reply_room(mach_msg_id_t id)
{
	if (id == BOOT_INFO_ID)
		return REPLY_LARGEST;
	for (unsigned i = 0; i < array_count(large_replies); i++)
		if (large_replies[i] == id)
			return REPLY_LARGE;
	return REPLY_SMALL;
}

/*
 * An empty reply to request, with the reply right borrowed from it.  Cleared,
 * since stubs leave the padding of strings and short arrays as it is.
 */
static void
reply_init(mig_reply_header_t *reply, const mach_msg_header_t *request,
    mach_msg_size_t room)
{
	static const mach_msg_type_t code_type = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};

	memset(reply, 0, room);
	reply->Head.msgh_bits =
	    MACH_MSGH_BITS(MACH_MSGH_BITS_LOCAL(request->msgh_bits), 0);
	reply->Head.msgh_size = sizeof(*reply);
	reply->Head.msgh_remote_port = request->msgh_local_port;
	reply->Head.msgh_id = request->msgh_id + 100;
	reply->RetCodeType = code_type;
}

/* Give up the right that the request was sent to. */
static void
release_destination(mach_msg_header_t *request)
{
	struct ipc_port *port = request->msgh_remote_port;

	if (MACH_MSGH_BITS_REMOTE(request->msgh_bits) ==
	    MACH_MSG_TYPE_PORT_SEND_ONCE)
		ipc_port_release_sonce(port);
	else
		ipc_port_release_send(port);
	request->msgh_remote_port = NULL;
}

struct ipc_kmsg *
ipc_kobject_server(struct ipc_kmsg *request)
{
	mach_msg_header_t *in = ikm_header(request);
	mach_msg_size_t room = reply_room(in->msgh_id);
	struct ipc_kmsg *reply = ipc_kmsg_alloc(room);
	mig_reply_header_t *out;
	mig_routine_t routine;
	kern_return_t kr;

	if (reply == NULL) {
		ipc_kmsg_destroy(request);
		return NULL;
	}
	out = (mig_reply_header_t *)ikm_header(reply);
	reply_init(out, in, room);
	routine = find_routine(in);
	if (routine != NULL)
		routine(in, &out->Head);
	else
		out->RetCode = MIG_BAD_ID;
	kr = out->RetCode;
	if (kr == KERN_SUCCESS || kr == MIG_NO_REPLY) {
		release_destination(in);
		ipc_kmsg_free(request);
	} else {
		in->msgh_local_port = NULL;	/* it is in the reply */
		ipc_kmsg_destroy(request);
	}
	if (kr == MIG_NO_REPLY || !IP_VALID(out->Head.msgh_remote_port)) {
		if (kr == MIG_NO_REPLY)
			out->Head.msgh_remote_port = NULL;
		ipc_kmsg_destroy(reply);
		return NULL;
	}
	return reply;
}
