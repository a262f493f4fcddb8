/*
 * default_pager/io.c - transfers between memory and paging space.
 *
 * Owns:       a fixed number of transfers, each with a port on which its
 *             device answers.
 * Invariant:  what a transfer writes stays in memory until the device has
 *             answered, so a page on its way can be read back, and one that
 *             cannot be written goes elsewhere: to another slot, or back to
 *             the kernel.  A slot that a transfer uses is not given away.
 */
#include <stdio.h>
#include <string.h>

#include <device/device.h>
#include <device/device_request.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/memory_object.h>
#include <mach/pager_calls.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach/thread_switch.h>
#include <mach/vm_param.h>

#include "device_reply_server.h"
#include "io.h"

#define TRANSFERS_MAX	64u
#define TRIES_MAX	3u		/* of what a device calls an error */
#define TRIES_MEMORY_MAX 500u		/* of what it had no memory for */
#define MEMORY_WAIT_MS	10

extern boolean_t device_reply_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

enum kind { FREE, WRITE, READ, MOVE_READ, MOVE_WRITE };

struct transfer {
	mach_port_t	 reply;		/* receive right */
	enum kind	 kind;
	unsigned int	 stamp;		/* the oldest has waited longest */
	struct object	*object;
	unsigned int	 page, count;
	slot_t		 slot;
	slot_t		 from;		/* MOVE_WRITE: where the page still is */
	vm_address_t	 data;		/* 0: none yet */
	mach_port_t	 control;	/* READ: a send right */
	unsigned int	 tries, memory_tries;
	uint32_t	 released;	/* a bit for each slot to be freed after */
};

struct io_counts io_counts;

static struct transfer transfers[TRANSFERS_MAX];
static mach_port_t all_set;
static unsigned int stamp;

kern_return_t
io_init(mach_port_t set)
{
	struct transfer *t;
	kern_return_t kr;

	all_set = set;
	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++) {
		kr = mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_RECEIVE, &t->reply);
		if (kr == KERN_SUCCESS)
			kr = mach_port_move_member(mach_task_self(), t->reply,
			    set);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	return KERN_SUCCESS;
}

/* ---- who uses what ---- */

static struct transfer *
transfer_by_port(mach_port_t port)
{
	struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (t->reply == port)
			return t;
	return NULL;
}

static boolean_t
transfer_uses(const struct transfer *t, slot_t slot)
{
	return t->kind != FREE && (slot - t->slot < t->count
	    || (t->kind == MOVE_WRITE && slot == t->from));
}

vm_address_t
io_data_of(slot_t slot)
{
	const struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (t->kind == WRITE && transfer_uses(t, slot))
			return t->data + (slot - t->slot) * vm_page_size;
	return 0;
}

boolean_t
io_is_busy(slot_t slot)
{
	const struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (transfer_uses(t, slot))
			return TRUE;
	return FALSE;
}

boolean_t
io_idle(void)
{
	const struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (t->kind != FREE)
			return FALSE;
	return TRUE;
}

void
io_slot_release(slot_t slot)
{
	struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (t->kind != MOVE_WRITE && transfer_uses(t, slot)) {
			t->released |= 1u << (slot - t->slot);
			return;
		}
	slot_free(slot);
}

/* ---- the life of a transfer ---- */

static void
transfer_start(struct transfer *t)
{
	vm_size_t size = t->count * vm_page_size;
	kern_return_t kr;
	recnum_t record;
	mach_port_t device = slot_place(t->slot, &record);

	if (t->kind == READ || t->kind == MOVE_READ)
		kr = device_read_request(device, t->reply, 0, record, size);
	else
		kr = device_write_request(device, t->reply, 0, record,
		    (io_buf_ptr_t) t->data, size);
	if (kr != KERN_SUCCESS)
		printf("default_pager: no word to the device: %#x\n", kr);
}

/* Receive the answer to the transfer that has waited longest. */
static void
oldest_finish(void)
{
	static union {
		mach_msg_header_t head;
		char		  room[512];
	} request, reply;
	struct transfer *t, *oldest = transfers;
	kern_return_t kr;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if ((int) (t->stamp - oldest->stamp) < 0)
			oldest = t;
	mach_port_move_member(mach_task_self(), oldest->reply, MACH_PORT_NULL);
	kr = mach_msg(&request.head, MACH_RCV_MSG, 0, sizeof(request),
	    oldest->reply, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	mach_port_move_member(mach_task_self(), oldest->reply, all_set);
	if (kr == MACH_MSG_SUCCESS)
		io_demux(&request.head, &reply.head);
}

static struct transfer *
transfer_free(void)
{
	struct transfer *t;

	for (t = transfers; t < &transfers[TRANSFERS_MAX]; t++)
		if (t->kind == FREE)
			return t;
	return NULL;
}

static struct transfer *
transfer_new(enum kind kind, struct object *object, unsigned int page,
    unsigned int count, slot_t slot)
{
	struct transfer *t;
	mach_port_t reply;

	while ((t = transfer_free()) == NULL)
		oldest_finish();
	reply = t->reply;
	memset(t, 0, sizeof(*t));
	t->reply = reply;
	t->kind = kind;
	t->stamp = stamp++;
	t->object = object;
	t->page = page;
	t->count = count;
	t->slot = slot;
	t->from = NO_SLOT;
	object->transfers++;
	return t;
}

/* It is over; slots that were given up meanwhile go now. */
static void
transfer_end(struct transfer *t)
{
	unsigned int i;

	t->kind = FREE;
	if (t->data != 0)
		vm_deallocate(mach_task_self(), t->data,
		    t->count * vm_page_size);
	for (i = 0; i < t->count; i++)
		if (t->released >> i & 1)
			io_slot_release(t->slot + i);
	object_transfer_done(t->object);
}

void
io_write(struct object *object, unsigned int page, unsigned int count,
    slot_t slot, vm_address_t data)
{
	struct transfer *t = transfer_new(WRITE, object, page, count, slot);

	t->data = data;
	transfer_start(t);
}

void
io_read(struct object *object, unsigned int page, unsigned int count,
    slot_t slot, mach_port_t control)
{
	struct transfer *t = transfer_new(READ, object, page, count, slot);

	t->control = control;
	transfer_start(t);
}

boolean_t
io_move(slot_t slot)
{
	struct object *object;
	unsigned int page;

	object = slot_owner(slot, &page);
	if (object == NULL || transfer_free() == NULL
	    || space_totals().free == 0)
		return FALSE;
	transfer_start(transfer_new(MOVE_READ, object, page, 1, slot));
	return TRUE;
}

/* ---- what devices answer ---- */

/* Whether a transfer that failed is worth another try, which is begun. */
static boolean_t
transfer_retry(struct transfer *t, kern_return_t code)
{
	if (code == D_NO_MEMORY || code == KERN_RESOURCE_SHORTAGE) {
		if (++t->memory_tries > TRIES_MEMORY_MAX)
			return FALSE;
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
		    MEMORY_WAIT_MS);
	} else if (++t->tries >= TRIES_MAX) {
		return FALSE;
	}
	transfer_start(t);
	return TRUE;
}

/* A page cannot be written to its slot: it goes to another, or back. */
static void
write_elsewhere(struct object *object, unsigned int page, slot_t slot,
    vm_address_t data)
{
	slot_t new = slot_take_unowned();

	io_counts.write_errors++;
	slot_spoil(slot);
	if (new != NO_SLOT) {
		slot_replace(slot, new);
		io_write(object, page, 1, new, data);
	} else {
		slot_forget(slot);
		object_give_back(object, object->control, page, 1, data);
	}
	io_slot_release(slot);
}

/*
 * Pages cannot be written where they are to go.  Each is tried by itself, and
 * one that was already goes elsewhere; those whose slots are no longer theirs
 * are not wanted any more.
 */
static void
write_failed(struct transfer *t)
{
	vm_address_t data = t->data;
	struct object *object = t->object;
	unsigned int page = t->page, count = t->count, at, i;
	slot_t slot = t->slot;

	t->data = 0;
	object->transfers++;	/* it must outlast this */
	transfer_end(t);
	for (i = 0; i < count; i++, data += vm_page_size) {
		if (slot_owner(slot + i, &at) != object || at != page + i)
			vm_deallocate(mach_task_self(), data, vm_page_size);
		else if (count > 1)
			io_write(object, page + i, 1, slot + i, data);
		else
			write_elsewhere(object, page, slot, data);
	}
	object_transfer_done(object);
}

/* The page of a space that is being emptied has arrived in its new slot. */
static void
move_done(struct transfer *t)
{
	unsigned int page;
	slot_t from = t->from, to = t->slot;

	t->from = NO_SLOT;
	if (slot_owner(from, &page) == t->object && page == t->page) {
		slot_replace(from, to);
		transfer_end(t);
	} else {
		transfer_end(t);
		slot_free(to);
	}
	io_slot_release(from);
}

/* It could not be moved: it stays where it is. */
static void
move_failed(struct transfer *t)
{
	slot_t to = t->slot;
	boolean_t had_slot = t->kind == MOVE_WRITE;

	transfer_end(t);
	if (had_slot) {
		slot_spoil(to);
		slot_free(to);
	}
}

kern_return_t
device_write_reply(mach_port_t port, kern_return_t code, int written)
{
	struct transfer *t = transfer_by_port(port);

	if (t == NULL || (t->kind != WRITE && t->kind != MOVE_WRITE))
		return MIG_NO_REPLY;
	if (code == KERN_SUCCESS && written != (int) (t->count * vm_page_size))
		code = D_IO_ERROR;
	if (code != KERN_SUCCESS && transfer_retry(t, code))
		return MIG_NO_REPLY;
	if (t->kind == MOVE_WRITE) {
		if (code == KERN_SUCCESS)
			move_done(t);
		else
			move_failed(t);
	} else if (code == KERN_SUCCESS) {
		transfer_end(t);
	} else {
		write_failed(t);
	}
	return MIG_NO_REPLY;
}

/*
 * Pages cannot be read.  Each is tried by itself; one that was already is
 * lost, and who wants it gets an error.
 */
static void
read_failed(struct transfer *t)
{
	struct object *object = t->object;
	mach_port_t control = t->control;
	unsigned int page = t->page, count = t->count;

	object->transfers++;	/* it must outlast this */
	if (count == 1) {
		io_counts.read_errors++;
		slot_spoil(t->slot);
	}
	transfer_end(t);
	if (count > 1)
		object_read(object, control, page, count, 1);
	else
		pager_data_error(control, page * vm_page_size,
		    vm_page_size, KERN_MEMORY_FAILURE);
	mach_port_deallocate(mach_task_self(), control);
	object_transfer_done(object);
}

/* Give the kernel what it asked for. */
static void
read_done(struct transfer *t, vm_address_t data)
{
	vm_offset_t offset = t->page * vm_page_size;
	vm_size_t size = t->count * vm_page_size;

	if (pager_data_supply(t->control, offset, data, size, TRUE, FALSE)
	    != KERN_SUCCESS)
		vm_deallocate(mach_task_self(), data, size);
	mach_port_deallocate(mach_task_self(), t->control);
	transfer_end(t);
}

/* The second half of a move, unless the page has gone meanwhile. */
static void
move_write(struct transfer *t, vm_address_t data)
{
	unsigned int page;
	slot_t to = NO_SLOT;

	t->data = data;
	if (slot_owner(t->slot, &page) == t->object && page == t->page)
		to = slot_take_unowned();
	if (to == NO_SLOT) {
		transfer_end(t);
		return;
	}
	t->from = t->slot;
	t->slot = to;
	t->kind = MOVE_WRITE;
	transfer_start(t);
}

kern_return_t
device_read_reply(mach_port_t port, kern_return_t code, io_buf_ptr_t data,
    mach_msg_type_number_t count)
{
	struct transfer *t = transfer_by_port(port);

	if (t == NULL || (t->kind != READ && t->kind != MOVE_READ)) {
		if (count != 0)
			vm_deallocate(mach_task_self(), (vm_address_t) data,
			    count);
		return MIG_NO_REPLY;
	}
	if (code == KERN_SUCCESS && count != t->count * vm_page_size) {
		if (count != 0)
			vm_deallocate(mach_task_self(), (vm_address_t) data,
			    count);
		code = D_IO_ERROR;
	}
	if (code != KERN_SUCCESS && transfer_retry(t, code))
		return MIG_NO_REPLY;
	if (t->kind == READ && code == KERN_SUCCESS)
		read_done(t, (vm_address_t) data);
	else if (t->kind == READ)
		read_failed(t);
	else if (code == KERN_SUCCESS)
		move_write(t, (vm_address_t) data);
	else
		move_failed(t);
	return MIG_NO_REPLY;
}

/* Nobody asks for these. */
kern_return_t
device_open_reply(mach_port_t port, kern_return_t code, mach_port_t device)
{
	(void) port, (void) code, (void) device;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
device_write_reply_inband(mach_port_t port, kern_return_t code, int written)
{
	(void) port, (void) code, (void) written;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
device_read_reply_inband(mach_port_t port, kern_return_t code,
    const io_buf_ptr_inband_t data, mach_msg_type_number_t count)
{
	(void) port, (void) code, (void) data, (void) count;
	return KERN_INVALID_ARGUMENT;
}

static void
transfer_failed(struct transfer *t, kern_return_t code)
{
	if (t->kind == READ || t->kind == MOVE_READ)
		device_read_reply(t->reply, code, NULL, 0);
	else
		device_write_reply(t->reply, code, 0);
}

/*
 * An answer; one that is only a code; or word that there will be none, for
 * which the kernel had no memory.
 */
boolean_t
io_demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	struct transfer *t = transfer_by_port(request->msgh_local_port);

	if (t == NULL)
		return FALSE;
	if (request->msgh_id == MACH_NOTIFY_SEND_ONCE)
		transfer_failed(t, D_NO_MEMORY);
	else if (request->msgh_size == sizeof(mig_reply_header_t))
		transfer_failed(t, ((mig_reply_header_t *) request)->RetCode);
	else
		return device_reply_server(request, reply);
	return TRUE;
}
