/*
 * ipc/ipc_charge.c - who pays for messages that wait.
 *
 * A message that goes straight to a waiting receiver costs nobody.  One that
 * has to wait, in a queue or with its blocked sender, is charged until it is
 * received or destroyed: to the task that sends it, or, if it goes to a
 * send-once right, to the one that made the port: it asked for that reply.
 * So neither a server that does not receive nor one whose clients do not
 * listen pays for the others.  A task at its limit still gets some replies, and
 * after those some messages from the kernel: each a quarter of the limit more.
 * What must not be lost whoever caused it, as changed memory on its way to a
 * pager, is the kernel's own affair: ith_kernel_pays.
 *
 * Owns:       account and charged of struct ipc_kmsg.
 * Locks:      the port's, so that its account stays.
 * Invariant:  account is NULL: nothing is charged.  charged is 0: the buffer
 *             is, as kernel memory; else so many bytes are as a message.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_port.h>
#include <kern/account.h>
#include <kern/debug.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <vm/vm_map.h>

#define MESSAGE_BYTES	512u	/* more than one with a piece of memory weighs */

uint32_t
ipc_charge_weigh(struct ipc_kmsg *kmsg)
{
	mach_msg_header_t *header = ikm_header(kmsg);
	char *here = (char *)(header + 1);
	char *end = (char *)header + header->msgh_size;
	uint32_t bytes = kmsg->alloc_size;
	struct ipc_item item;

	if (!(header->msgh_bits & MACH_MSGH_BITS_COMPLEX))
		return bytes;
	for (; (here = ipc_item_skip_words(here, end)) < end &&
	    ipc_item_decode(here, end, &item); here = item.next) {
		if (ipc_item_is_inline(&item) || item.length == 0)
			continue;
		bytes += ipc_item_is_port(&item) ? item.length :
		    vm_map_copy_memory(*(vm_map_copy_t *)item.data);
	}
	return bytes;
}

static bool
within_margin(const struct account *account, enum account_kind kind,
    unsigned quarters)
{
	uint32_t limit = account->limit[kind];

	return account->use[kind] < limit + limit / 4 * quarters;
}

/* Charge what may go so many quarters beyond the limits. */
static bool
take_margin(struct account *account, uint32_t bytes, unsigned quarters)
{
	if (!within_margin(account, ACCOUNT_MESSAGES, quarters) ||
	    !within_margin(account, ACCOUNT_MESSAGE_BYTES, quarters))
		return false;
	account_add(account, ACCOUNT_MESSAGES, 1);
	account_add(account, ACCOUNT_MESSAGE_BYTES, bytes);
	return true;
}

static bool
take(struct account *account, uint32_t bytes)
{
	if (!account_take(account, ACCOUNT_MESSAGES, 1))
		return false;
	if (account_take(account, ACCOUNT_MESSAGE_BYTES, bytes))
		return true;
	account_give(account, ACCOUNT_MESSAGES, 1);
	return false;
}

bool
ipc_charge_queued(struct ipc_kmsg *kmsg, struct ipc_port *port, uint32_t bytes,
    bool always)
{
	struct thread *self = current_thread();
	struct account *account = self->ith_kernel_pays ? &kernel_account :
	    self->task->account;
	unsigned quarters = 0;

	assert(kmsg->account == NULL);
	if (port->receiver == ipc_space_reply) {
		ipc_charge_forced(kmsg, account);
		return true;
	}
	if (MACH_MSGH_BITS_REMOTE(kmsg->header.msgh_bits) ==
	    MACH_MSG_TYPE_PORT_SEND_ONCE && port->account != NULL) {
		account = port->account;
		quarters = 1;
	}
	if (always)
		quarters = 2;
	if (!take(account, bytes) &&
	    (quarters == 0 || !take_margin(account, bytes, quarters)))
		return false;
	kmsg->account = account;
	kmsg->charged = bytes;
	return true;
}

bool
ipc_charge_room(void)
{
	struct account *account = current_thread()->task->account;

	return account_room(account, ACCOUNT_MESSAGES, 1) &&
	    account_room(account, ACCOUNT_MESSAGE_BYTES, MESSAGE_BYTES);
}

void
ipc_charge_forced(struct ipc_kmsg *kmsg, struct account *account)
{
	account_add(account, ACCOUNT_BYTES, kmsg->alloc_size);
	kmsg->account = account;
	kmsg->charged = 0;
}

bool
ipc_charge_reserve(struct ipc_kmsg *kmsg, struct account *account)
{
	if (!account_take(account, ACCOUNT_BYTES, kmsg->alloc_size))
		return false;
	kmsg->account = account;
	kmsg->charged = 0;
	return true;
}

void
ipc_charge_end(struct ipc_kmsg *kmsg)
{
	struct account *account = kmsg->account;

	kmsg->account = NULL;
	if (kmsg->charged == 0) {
		account_give(account, ACCOUNT_BYTES, kmsg->alloc_size);
		return;
	}
	account_give(account, ACCOUNT_MESSAGE_BYTES, kmsg->charged);
	account_give(account, ACCOUNT_MESSAGES, 1);
}
