/*
 * ipc/ipc_notify.c - the kernel's messages about the fate of rights.
 *
 * Owns:       notices until they are sent, and the ports that are owed
 *             send-once notifications for want of memory.
 * Locks:      none held, and none may be: the message may be served at once.
 *             owed_lock (LOCK_IPC_MISC) for the list of ports owed to.
 * Invariant:  a port is on that list, with a reference, exactly if its
 *             sonce_owed, under its own lock, is not 0; so many naked
 *             send-once rights to it are the list's.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_port.h>
#include <kern/thread.h>
#include <mach/notify.h>

#define RETRY_MS	20u

/* All notifications have room in one of these. */
union notification {
	mach_msg_header_t		  header;
	mach_port_destroyed_notification_t destroyed;
	mach_dead_name_notification_t	  word;
};

static struct spinlock owed_lock = SPINLOCK_INIT(LOCK_IPC_MISC);
static struct ipc_port *owed_first;	/* owed_lock; by owed_next */

static struct ipc_kmsg *
notice_alloc(struct ipc_port *sonce)
{
	struct ipc_kmsg *notice = ipc_kmsg_alloc(sizeof(union notification));
	mach_msg_header_t *header;

	if (notice == NULL)
		return NULL;
	header = ikm_header(notice);
	header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	header->msgh_remote_port = sonce;
	header->msgh_local_port = MACH_PORT_NULL;
	header->msgh_seqno = 0;
	return notice;
}

struct ipc_kmsg *
ipc_notice_alloc(struct account *account, struct ipc_port *notify)
{
	struct ipc_kmsg *notice = notice_alloc(notify);

	if (notice == NULL || account == NULL ||
	    ipc_charge_reserve(notice, account))
		return notice;
	ipc_kmsg_free(notice);
	return NULL;
}

struct ipc_port *
ipc_notice_cancel(struct ipc_kmsg *notice)
{
	struct ipc_port *notify;

	if (notice == NULL)
		return NULL;
	notify = ikm_header(notice)->msgh_remote_port;
	ipc_kmsg_free(notice);
	return notify;
}

bool
ipc_notify_kernel_no_senders(struct ipc_port *port)
{
	struct ipc_kmsg *notice, *previous;
	struct ipc_port *sonce;

	if (port->nsrequest != NULL)
		return true;
	sonce = ipc_port_make_sonce(port);
	notice = ipc_notice_alloc(NULL, sonce);
	if (notice == NULL) {
		ipc_port_release_sonce(sonce);
		return false;
	}
	ipc_port_nsrequest(port, port->mscount + 1, notice, &previous);
	return true;
}

static void
send(struct ipc_kmsg *notice, mach_msg_id_t id, mach_msg_size_t size)
{
	ikm_header(notice)->msgh_id = id;
	ikm_header(notice)->msgh_size = size;
	(void)ipc_mqueue_send_always(notice);
}

/* Send one whose body is a word of the type named. */
static void
notify_word(struct ipc_kmsg *notice, mach_msg_id_t id, uint32_t type,
    uint32_t word)
{
	mach_dead_name_notification_t *message =
	    (mach_dead_name_notification_t *)ikm_header(notice);

	message->not_type = (mach_msg_type_t) {
		.msgt_name = type,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	message->not_port = word;
	send(notice, id, sizeof(*message));
}

void
ipc_notify_port_deleted(struct ipc_kmsg *notice, mach_port_name_t name)
{
	notify_word(notice, MACH_NOTIFY_PORT_DELETED, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_msg_accepted(struct ipc_kmsg *notice, mach_port_name_t name)
{
	notify_word(notice, MACH_NOTIFY_MSG_ACCEPTED, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_dead_name(struct ipc_kmsg *notice, mach_port_name_t name)
{
	notify_word(notice, MACH_NOTIFY_DEAD_NAME, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_no_senders(struct ipc_kmsg *notice, mach_port_mscount_t mscount)
{
	notify_word(notice, MACH_NOTIFY_NO_SENDERS, MACH_MSG_TYPE_INTEGER_32,
	    mscount);
}

void
ipc_notify_port_destroyed(struct ipc_kmsg *notice, struct ipc_port *right)
{
	mach_port_destroyed_notification_t *message =
	    (mach_port_destroyed_notification_t *)ikm_header(notice);
	struct ipc_port *sonce = message->not_header.msgh_remote_port;

	message->not_header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	if (ipc_port_check_circularity(right, sonce))
		message->not_header.msgh_bits |= MACH_MSGH_BITS_CIRCULAR;
	message->not_type = (mach_msg_type_t) {
		.msgt_name = MACH_MSG_TYPE_PORT_RECEIVE,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	message->not_port = right;
	send(notice, MACH_NOTIFY_PORT_DESTROYED, sizeof(*message));
}

void
ipc_notify_unused(struct ipc_kmsg *notice)
{
	struct ipc_port *sonce = ikm_header(notice)->msgh_remote_port;

	if (ip_alive(sonce)) {
		send(notice, MACH_NOTIFY_SEND_ONCE,
		    sizeof(mach_send_once_notification_t));
	} else {
		ipc_kmsg_free(notice);
		ipc_port_release_sonce(sonce);
	}
}

/* There is no memory to tell of the end of a send-once right: put it off. */
static void
notify_later(struct ipc_port *sonce)
{
	bool listed;

	ip_lock(sonce);
	listed = sonce->sonce_owed++ != 0;
	ip_unlock(sonce);
	if (listed)
		return;
	ipc_port_reference(sonce);
	spin_lock(&owed_lock);
	sonce->owed_next = owed_first;
	owed_first = sonce;
	spin_unlock(&owed_lock);
	thread_wakeup(&owed_first);
}

void
ipc_notify_send_once(struct ipc_port *sonce)
{
	struct ipc_kmsg *notice;

	if (!ip_alive(sonce)) {
		ipc_port_release_sonce(sonce);
		return;
	}
	notice = notice_alloc(sonce);
	if (likely(notice != NULL))
		ipc_notify_unused(notice);
	else
		notify_later(sonce);
}

/* Send what a port is owed; false: there is no memory yet. */
static bool
pay(struct ipc_port *port)
{
	struct ipc_kmsg *notice;
	bool more;

	do {
		notice = notice_alloc(port);
		if (notice == NULL)
			return false;
		ip_lock(port);
		more = --port->sonce_owed != 0;
		ip_unlock(port);
		ipc_notify_unused(notice);
	} while (more);
	ipc_port_release(port);
	return true;
}

static void __attribute__((noreturn))
notify_thread(void)
{
	struct ipc_port *port;

	/* The last of the reserve is not for this: stacks come from it. */
	current_thread()->vm_privilege = false;
	for (;;) {
		spin_lock(&owed_lock);
		port = owed_first;
		if (port != NULL)
			owed_first = port->owed_next;
		else
			assert_wait(&owed_first, false);
		spin_unlock(&owed_lock);
		if (port == NULL)
			(void)thread_block(notify_thread);
		while (!pay(port)) {
			assert_wait(&owed_lock, false);
			thread_set_timeout(RETRY_MS);
			(void)thread_block(NULL);
		}
	}
}

void
ipc_notify_start(void)
{
	(void)kernel_thread("notifications", notify_thread);
}
