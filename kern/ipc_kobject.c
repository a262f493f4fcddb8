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
#include <device/device_init.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/served.h>
#include <kern/string.h>
#include <kern/types.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <machine/user_ldt.h>
#include <vm/vm_proxy.h>

#include "mach_server.h"
#include "mach_host_server.h"
#include "mach_port_server.h"
#include "mach4_server.h"
#include "gnumach_server.h"
#include "device_server.h"
#include "mach_debug_server.h"
#include "duality_server.h"

/* Room for a reply: nearly all fit KOBJECT_REPLY_SMALL. */
#define REPLY_LARGE	3584u	/* inline arrays end at 2,048 bytes */
#define REPLY_LARGEST	4160u	/* host_get_boot_info's: a string of 4,096 */
#define BOOT_INFO_ID	2642

#define IDS_OF_SUBSYSTEM	100u

typedef mig_routine_t (*subsystem_t)(const mach_msg_header_t *request);

/* By the hundreds of the id. */
static const subsystem_t subsystems[KOBJECT_IDS / IDS_OF_SUBSYSTEM] = {
#define SUBSYSTEM(first, name) \
	[((first) - KOBJECT_ID_MIN) / IDS_OF_SUBSYSTEM] = name##_server_routine
	SUBSYSTEM(2000, mach),
	SUBSYSTEM(2600, mach_host),
	SUBSYSTEM(2800, device),
	SUBSYSTEM(3000, mach_debug),
	SUBSYSTEM(3200, mach_port),
	SUBSYSTEM(3800, mach_i386_checked),
	SUBSYSTEM(4000, mach4),
	SUBSYSTEM(4200, gnumach),
	SUBSYSTEM(6000, duality),
};

/* Routines whose reply carries an inline array or a long string. */
static const mach_msg_id_t large_replies[] = {
	2012, 2017, 2019,			/* info and state of tasks, threads */
	2619, 2638, 2639, 2640, 2641, 2646,	/* hosts, processors */
	2805, 2811,				/* devices */
	3005, 3008, 3009, 3010, 3016, 3021, 3022, 3024,
	3804, 4002, 4005, 4212,
};

/*
 * Routines whose reply is simple, of at most KOBJECT_REPLY_SHORT bytes that the
 * stub writes all, and that answer before they return: served without buffers
 * when the request, too, is short and simple.
 */
static const struct {
	uint16_t	first, last;
} short_replies[] = {
	{ 2008, 2008 }, { 2016, 2016 }, { 2021, 2025 }, { 2028, 2028 },
	{ 2056, 2057 }, { 2062, 2064 }, { 2099, 2099 },	/* tasks, threads, memory */
	{ 2614, 2614 }, { 2617, 2617 }, { 2620, 2620 }, { 2622, 2626 },
	{ 2631, 2634 }, { 2643, 2643 },			/* priorities, time */
	{ 3201, 3208 }, { 3210, 3211 }, { 3213, 3213 }, { 3218, 3218 },
	{ 3221, 3222 },					/* names and ports */
};

mig_routine_t kobject_short[KOBJECT_SHORT_IDS];
static uint32_t large_ids[KOBJECT_IDS / 32];	/* fixed after boot */

static mig_routine_t
find_routine(const mach_msg_header_t *request)
{
	uint32_t index = ((uint32_t)request->msgh_id - KOBJECT_ID_MIN) /
	    IDS_OF_SUBSYSTEM;

	if (index >= array_count(subsystems) || subsystems[index] == NULL)
		return NULL;
	return subsystems[index](request);
}

static void
bootstrap_short(unsigned id)
{
	mach_msg_header_t request = { .msgh_id = id };

	kobject_short[id - KOBJECT_ID_MIN] = find_routine(&request);
}

static void
bootstrap_large(unsigned id)
{
	uint32_t index = id - KOBJECT_ID_MIN;

	large_ids[index / 32] |= 1u << (index % 32);
}

void
ipc_kobject_bootstrap(void)
{
	for (unsigned i = 0; i < array_count(short_replies); i++)
		for (unsigned id = short_replies[i].first;
		    id <= short_replies[i].last; id++)
			bootstrap_short(id);
	for (unsigned i = 0; i < array_count(large_replies); i++)
		bootstrap_large(large_replies[i]);
}

mach_msg_size_t
ipc_kobject_reply_room(mach_msg_id_t id)
{
	uint32_t index = (uint32_t)id - KOBJECT_ID_MIN;

	if (index >= KOBJECT_IDS)
		return KOBJECT_REPLY_SMALL;
	if (id == BOOT_INFO_ID)
		return REPLY_LARGEST;
	return (large_ids[index / 32] >> (index % 32)) & 1 ? REPLY_LARGE :
	    KOBJECT_REPLY_SMALL;
}

void
ipc_kobject_reply_init(mig_reply_header_t *reply, const mach_msg_header_t *request,
    mach_msg_size_t room)
{
	memset(reply, 0, room);
	reply->Head.msgh_bits =
	    MACH_MSGH_BITS(MACH_MSGH_BITS_LOCAL(request->msgh_bits), 0);
	reply->Head.msgh_size = sizeof(*reply);
	reply->Head.msgh_remote_port = request->msgh_local_port;
	reply->Head.msgh_id = request->msgh_id + 100;
	reply->RetCodeType = KOBJECT_CODE_TYPE;
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

/* A notice that the kernel asked for: only it has such rights to its ports. */
static bool
is_notice(const mach_msg_header_t *in)
{
	return in->msgh_id == MACH_NOTIFY_NO_SENDERS &&
	    MACH_MSGH_BITS_REMOTE(in->msgh_bits) ==
	    MACH_MSG_TYPE_PORT_SEND_ONCE;
}

kern_return_t
ipc_kobject_serve(mach_msg_header_t *in, mig_reply_header_t *out)
{
	mig_routine_t routine = find_routine(in);
	kern_return_t kr;

	if (routine != NULL)
		routine(in, &out->Head);
	else
		out->RetCode = MIG_BAD_ID;
	kr = out->RetCode;
	served_note(in->msgh_id, kr);
	if (kr == KERN_SUCCESS || kr == MIG_NO_REPLY) {
		release_destination(in);
	} else {
		in->msgh_local_port = NULL;	/* it is in the reply */
		ipc_kmsg_clean(in);
	}
	if (kr != MIG_NO_REPLY && IP_VALID(out->Head.msgh_remote_port))
		return KERN_SUCCESS;
	if (kr == MIG_NO_REPLY)
		out->Head.msgh_remote_port = NULL;
	ipc_kmsg_clean(&out->Head);
	return MIG_NO_REPLY;
}

/* A request that wants no reply needs no buffer for one. */
static void
serve_unanswered(struct ipc_kmsg *request)
{
	struct kobject_answer reply;

	ipc_kobject_reply_init(&reply.head, ikm_header(request),
	    sizeof(reply.head));
	(void)ipc_kobject_serve(ikm_header(request), &reply.head);
	ipc_kmsg_free(request);
}

struct ipc_kmsg *
ipc_kobject_server(struct ipc_kmsg *request)
{
	mach_msg_header_t *in = ikm_header(request);
	mach_msg_size_t room = ipc_kobject_reply_room(in->msgh_id);
	struct ipc_kmsg *reply;
	mig_reply_header_t *out;

	if (unlikely(is_notice(in))) {
		if (ipc_port_kotype(in->msgh_remote_port) == KOBJECT_PROXY)
			vm_proxy_no_senders(in->msgh_remote_port);
		else
			device_no_senders(in->msgh_remote_port);
		release_destination(in);
		ipc_kmsg_free(request);
		return NULL;
	}
	if (in->msgh_local_port == IP_NULL && room == KOBJECT_REPLY_SMALL) {
		serve_unanswered(request);
		return NULL;
	}
	reply = ipc_kmsg_alloc(room);
	if (reply == NULL) {
		ipc_kmsg_destroy(request);
		return NULL;
	}
	out = (mig_reply_header_t *)ikm_header(reply);
	ipc_kobject_reply_init(out, in, room);
	if (ipc_kobject_serve(in, out) != KERN_SUCCESS) {
		ipc_kmsg_free(reply);
		reply = NULL;
	}
	ipc_kmsg_free(request);
	return reply;
}
