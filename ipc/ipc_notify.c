/*
 * ipc/ipc_notify.c - the kernel's messages about the fate of rights.
 *
 * Owns:       nothing.  Each call consumes the send-once right it gets and, if
 *             no buffer is to be had, only that.
 * Locks:      none held, and none may be: the message may be served at once.
 */
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_mqueue.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_port.h>
#include <mach/notify.h>

/* A notification of size bytes to a send-once right, or NULL. */
static struct ipc_kmsg *
notification(struct ipc_port *sonce, mach_msg_id_t id, mach_msg_size_t size)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(size);
	mach_msg_header_t *header;

	if (kmsg == NULL)
		return NULL;
	header = ikm_header(kmsg);
	header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	header->msgh_size = size;
	header->msgh_remote_port = sonce;
	header->msgh_local_port = MACH_PORT_NULL;
	header->msgh_seqno = 0;
	header->msgh_id = id;
	return kmsg;
}

/* Send one whose body is a word of the type named. */
static void
notify_word(struct ipc_port *sonce, mach_msg_id_t id, uint32_t type,
    uint32_t word)
{
	struct ipc_kmsg *kmsg = notification(sonce, id,
	    sizeof(mach_dead_name_notification_t));
	mach_dead_name_notification_t *message;

	if (kmsg == NULL) {
		ipc_port_release_sonce(sonce);
		return;
	}
	message = (mach_dead_name_notification_t *)ikm_header(kmsg);
	message->not_type = (mach_msg_type_t) {
		.msgt_name = type,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	message->not_port = word;
	ipc_mqueue_send_always(kmsg);
}

void
ipc_notify_port_deleted(struct ipc_port *sonce, mach_port_name_t name)
{
	notify_word(sonce, MACH_NOTIFY_PORT_DELETED, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_msg_accepted(struct ipc_port *sonce, mach_port_name_t name)
{
	notify_word(sonce, MACH_NOTIFY_MSG_ACCEPTED, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_dead_name(struct ipc_port *sonce, mach_port_name_t name)
{
	notify_word(sonce, MACH_NOTIFY_DEAD_NAME, MACH_MSG_TYPE_PORT_NAME,
	    name);
}

void
ipc_notify_no_senders(struct ipc_port *sonce, mach_port_mscount_t mscount)
{
	notify_word(sonce, MACH_NOTIFY_NO_SENDERS, MACH_MSG_TYPE_INTEGER_32,
	    mscount);
}

void
ipc_notify_port_destroyed(struct ipc_port *sonce, struct ipc_port *right)
{
	struct ipc_kmsg *kmsg = notification(sonce,
	    MACH_NOTIFY_PORT_DESTROYED,
	    sizeof(mach_port_destroyed_notification_t));
	mach_port_destroyed_notification_t *message;

	if (kmsg == NULL) {
		ipc_port_release_sonce(sonce);
		ipc_port_destroy(right);
		return;
	}
	message = (mach_port_destroyed_notification_t *)ikm_header(kmsg);
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
	ipc_mqueue_send_always(kmsg);
}

void
ipc_notify_send_once(struct ipc_port *sonce)
{
	struct ipc_kmsg *kmsg = NULL;

	if (sonce->head.alive)
		kmsg = notification(sonce, MACH_NOTIFY_SEND_ONCE,
		    sizeof(mach_send_once_notification_t));
	if (kmsg == NULL)
		ipc_port_release_sonce(sonce);
	else
		ipc_mqueue_send_always(kmsg);
}
