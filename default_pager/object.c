/*
 * default_pager/object.c - memory objects and what kernels ask of them.
 *
 * Owns:       the objects, in a hash by port.
 * Invariant:  an object that the kernel made lives until the kernel ends its
 *             use; one that a task asked for until nobody has a right to it.
 *             A dead object's record stays until its last transfer is over.
 */
#include <stdio.h>
#include <string.h>

#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/memory_object.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach/pager_calls.h>
#include <mach/vm_param.h>

#include "duality_object_server.h"
#include "io.h"
#include "memory_object_default_server.h"
#include "memory_object_server.h"
#include "object.h"

#define BUCKETS		512u

extern boolean_t memory_object_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);
extern boolean_t memory_object_default_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);
extern boolean_t duality_object_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

struct object_counts object_counts;

static struct object *table[BUCKETS];
static struct object *free_objects;
static mach_port_t object_set;

void
object_init(mach_port_t set)
{
	object_set = set;
}

/* ---- the table ---- */

static struct object **
bucket(mach_port_t port)
{
	return &table[port % BUCKETS];
}

static struct object *
object_lookup(mach_port_t port)
{
	struct object *object;

	for (object = *bucket(port); object != NULL; object = object->next)
		if (object->port == port)
			return object;
	return NULL;
}

struct object *
object_next(struct object *object)
{
	unsigned int i = 0;

	if (object != NULL && object->next != NULL)
		return object->next;
	if (object != NULL)
		i = bucket(object->port) - table + 1;
	for (; i < BUCKETS; i++)
		if (table[i] != NULL)
			return table[i];
	return NULL;
}

/* A page of records more. */
static boolean_t
objects_make(void)
{
	vm_address_t addr = 0, at;

	if (vm_allocate(mach_task_self(), &addr, vm_page_size, TRUE)
	    != KERN_SUCCESS)
		return FALSE;
	for (at = addr; at + sizeof(struct object) <= addr + vm_page_size;
	    at += sizeof(struct object)) {
		((struct object *) at)->next = free_objects;
		free_objects = (struct object *) at;
	}
	return TRUE;
}

/* Enter an object whose receive right is ours. */
static struct object *
object_enter(mach_port_t port, vm_size_t size)
{
	struct object *object;

	if (free_objects == NULL && !objects_make())
		return NULL;
	if (mach_port_move_member(mach_task_self(), port, object_set)
	    != KERN_SUCCESS)
		return NULL;
	object = free_objects;
	free_objects = object->next;
	memset(object, 0, sizeof(*object));
	object->port = port;
	object->slots = NO_SLOT;
	object->size = size;
	object->next = *bucket(port);
	*bucket(port) = object;
	object_counts.objects++;
	return object;
}

/* ---- ports ---- */

static void
send_right_drop(mach_port_t port)
{
	if (MACH_PORT_VALID(port))
		mach_port_deallocate(mach_task_self(), port);
}

static void
receive_right_drop(mach_port_t port)
{
	if (MACH_PORT_VALID(port))
		mach_port_mod_refs(mach_task_self(), port,
		    MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
kernel_drop(struct object *object)
{
	send_right_drop(object->control);
	send_right_drop(object->name);
	object->control = object->name = MACH_PORT_NULL;
}

/* ---- the end of an object ---- */

static void
object_free(struct object *object)
{
	object->next = free_objects;
	free_objects = object;
}

void
object_transfer_done(struct object *object)
{
	if (--object->transfers == 0 && object->dead)
		object_free(object);
}

static void
object_end(struct object *object)
{
	struct object **at = bucket(object->port);
	slot_t slot;

	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	object_counts.objects--;
	while ((slot = slot_of_object(object)) != NO_SLOT) {
		slot_forget(slot);
		io_slot_release(slot);
	}
	kernel_drop(object);
	receive_right_drop(object->port);
	object->dead = TRUE;
	if (object->transfers == 0)
		object_free(object);
}

/* ---- objects that the kernel makes ---- */

kern_return_t
memory_object_create(memory_object_t pager, memory_object_t port,
    vm_size_t size, memory_object_control_t control, memory_object_name_t name,
    vm_size_t page_size)
{
	struct object *object = NULL;

	if (page_size == vm_page_size)
		object = object_enter(port, size);
	if (object == NULL) {
		pager_destroy(control, KERN_RESOURCE_SHORTAGE);
		return KERN_RESOURCE_SHORTAGE;
	}
	send_right_drop(pager);
	object->control = control;
	object->name = name;
	object->kernels = TRUE;
	pager_set_run(control, TRANSFER_PAGES * vm_page_size);
	pager_set_discard(control, TRUE);
	return KERN_SUCCESS;
}

/* ---- objects for tasks ---- */

struct object *
object_create(vm_size_t size)
{
	mach_port_t port, previous = MACH_PORT_NULL;
	struct object *object;

	if (mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
	    &port) != KERN_SUCCESS)
		return NULL;
	object = object_enter(port, size);
	if (object == NULL) {
		receive_right_drop(port);
		return NULL;
	}
	/* in time for the first right, which the reply makes */
	mach_port_request_notification(mach_task_self(), port,
	    MACH_NOTIFY_NO_SENDERS, 1, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
	return object;
}

kern_return_t
memory_object_init(mach_port_t port, memory_object_control_t control,
    memory_object_name_t name, vm_size_t page_size)
{
	struct object *object = object_lookup(port);

	if (object == NULL || object->kernels)
		return KERN_INVALID_ARGUMENT;
	if (page_size != vm_page_size) {
		pager_destroy(control, KERN_INVALID_ARGUMENT);
		return KERN_INVALID_ARGUMENT;
	}
	kernel_drop(object);
	object->control = control;
	object->name = name;
	pager_set_run(control, TRANSFER_PAGES * vm_page_size);
	pager_ready(control, FALSE, MEMORY_OBJECT_COPY_DELAY);
	return KERN_SUCCESS;
}

/* The port's own state decides: anybody could have made the message up. */
static void
no_senders(struct object *object)
{
	mach_port_status_t status;

	if (object->kernels || mach_port_get_receive_status(mach_task_self(),
	    object->port, &status) != KERN_SUCCESS || status.mps_srights
	    || status.mps_msgcount != 0 || status.mps_mscount == 0)
		return;
	object_end(object);
}

/* ---- both ---- */

kern_return_t
memory_object_terminate(memory_object_t port, memory_object_control_t control,
    memory_object_name_t name)
{
	struct object *object = object_lookup(port);

	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	receive_right_drop(control);
	receive_right_drop(name);
	if (object->control == control)
		kernel_drop(object);
	else {
		send_right_drop(control);
		send_right_drop(name);
	}
	if (object->kernels)
		object_end(object);
	return KERN_SUCCESS;
}

/* The whole pages that a request is about; FALSE: it is about none. */
static boolean_t
range_pages(vm_offset_t offset, vm_size_t size, unsigned int *page,
    unsigned int *count)
{
	*page = offset / vm_page_size;
	*count = size / vm_page_size;
	return size != 0 && offset % vm_page_size == 0
	    && size % vm_page_size == 0 && offset + size - 1 >= offset;
}

/* Pages from page on that are in slots side by side, from slot on, at rest. */
static unsigned int
run_length(struct object *object, unsigned int page, unsigned int count,
    slot_t slot)
{
	unsigned int n = 1;

	while (n < count && n < TRANSFER_PAGES
	    && slot_find(object, page + n) == slot + n
	    && io_data_of(slot + n) == 0 && !slot_is_spoiled(slot + n))
		n++;
	return n;
}

/* Supply what is still on its way out; the memory stays ours. */
static void
supply_on_its_way(mach_port_t control, unsigned int page, vm_address_t data)
{
	pager_data_supply(control, page * vm_page_size, data, vm_page_size,
	    FALSE, FALSE);
}

void
object_read(struct object *object, mach_port_t control, unsigned int page,
    unsigned int count, unsigned int most)
{
	unsigned int n;
	vm_address_t data;
	slot_t slot;

	for (; count > 0; page += n, count -= n) {
		slot = slot_find(object, page);
		data = slot != NO_SLOT ? io_data_of(slot) : 0;
		n = 1;
		if (slot == NO_SLOT) {
			pager_data_unavailable(control,
			    page * vm_page_size, vm_page_size);
		} else if (data != 0) {
			supply_on_its_way(control, page, data);
		} else if (slot_is_spoiled(slot)) {	/* lost for good */
			pager_data_error(control, page * vm_page_size,
			    vm_page_size, KERN_MEMORY_FAILURE);
		} else {
			n = run_length(object, page,
			    count < most ? count : most, slot);
			mach_port_mod_refs(mach_task_self(), control,
			    MACH_PORT_RIGHT_SEND, 1);
			io_read(object, page, n, slot, control);
		}
	}
}

/*
 * How many of count pages from page on an object has: one that a task asked
 * for is as large as it said, the kernel's own grow.
 */
static unsigned int
pages_within(const struct object *object, unsigned int page,
    unsigned int count)
{
	unsigned int all = object->size / vm_page_size;

	if (object->kernels || page + count <= all)
		return count;
	return page < all ? all - page : 0;
}

kern_return_t
memory_object_data_request(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_size_t length, vm_prot_t access)
{
	struct object *object = object_lookup(port);
	unsigned int page, count, within;

	(void) access;
	if (object == NULL || !range_pages(offset, length, &page, &count))
		return KERN_INVALID_ARGUMENT;
	within = pages_within(object, page, count);
	object_counts.pages_in += within;
	object_read(object, control, page, within, TRANSFER_PAGES);
	if (within < count)
		pager_data_error(control,
		    (page + within) * vm_page_size,
		    (count - within) * vm_page_size, KERN_INVALID_ADDRESS);
	send_right_drop(control);
	return KERN_SUCCESS;
}

void
object_give_back(struct object *object, mach_port_t control, unsigned int page,
    unsigned int count, vm_address_t data)
{
	object_counts.refused += count;
	if (control == MACH_PORT_NULL || pager_data_supply(control,
	    page * vm_page_size, data, count * vm_page_size, TRUE, TRUE)
	    != KERN_SUCCESS)
		vm_deallocate(mach_task_self(), data, count * vm_page_size);
}

/*
 * The slot of a page that is to be written; NO_SLOT: it has none, or none that
 * can be written now, and that one is given up.
 */
static slot_t
slot_to_write(struct object *object, unsigned int page)
{
	slot_t slot = slot_find(object, page);

	if (slot != NO_SLOT && (slot_leaves(slot) || slot_is_spoiled(slot)
	    || io_data_of(slot) != 0)) {
		slot_forget(slot);
		io_slot_release(slot);
		return NO_SLOT;
	}
	return slot;
}

/* Slots for pages, as many as lie side by side; NO_SLOT: no room for n pages. */
static slot_t
slots_to_write(struct object *object, unsigned int page, unsigned int count,
    unsigned int *n)
{
	slot_t slot = slot_to_write(object, page);

	if (count > TRANSFER_PAGES)
		count = TRANSFER_PAGES;
	if (slot != NO_SLOT) {
		for (*n = 1; *n < count
		    && slot_to_write(object, page + *n) == slot + *n; ++*n)
			continue;
		return slot;
	}
	for (*n = 1; *n < count
	    && slot_to_write(object, page + *n) == NO_SLOT; ++*n)
		continue;
	return slot_take(object, page, *n, n);
}

static void
pages_out(struct object *object, mach_port_t control, unsigned int page,
    unsigned int count, vm_address_t data)
{
	unsigned int n;
	slot_t slot;

	object_counts.pages_out += count;
	for (; count > 0; page += n, count -= n, data += n * vm_page_size) {
		slot = slots_to_write(object, page, count, &n);
		if (slot != NO_SLOT)
			io_write(object, page, n, slot, data);
		else
			object_give_back(object, control, page, n, data);
	}
}

kern_return_t
memory_object_data_return(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_offset_t data, mach_msg_type_number_t size,
    boolean_t dirty, boolean_t kernel_copy)
{
	struct object *object = object_lookup(port);
	unsigned int page, count, within = 0;

	(void) kernel_copy;
	if (object == NULL || !range_pages(offset, size, &page, &count))
		return KERN_INVALID_ARGUMENT;
	if (dirty)
		within = pages_within(object, page, count);
	pages_out(object, control, page, within, data);
	if (within < count)
		vm_deallocate(mach_task_self(), data + within * vm_page_size,
		    (count - within) * vm_page_size);
	send_right_drop(control);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_write(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_offset_t data, mach_msg_type_number_t size)
{
	return memory_object_data_return(port, control, offset, data, size,
	    TRUE, FALSE);
}

/* Pages that we should not have yet; what we have already is newer. */
kern_return_t
memory_object_data_initialize(mach_port_t port,
    memory_object_control_t control, vm_offset_t offset, vm_offset_t data,
    mach_msg_type_number_t size)
{
	struct object *object = object_lookup(port);
	unsigned int page, count, n;

	if (object == NULL || !range_pages(offset, size, &page, &count))
		return KERN_INVALID_ARGUMENT;
	for (; count > 0; page += n, count -= n, data += n * vm_page_size) {
		for (n = 0; n < count
		    && slot_find(object, page + n) == NO_SLOT; n++)
			continue;
		if (n > 0) {
			pages_out(object, control, page, n, data);
			continue;
		}
		n = 1;
		vm_deallocate(mach_task_self(), data, vm_page_size);
	}
	send_right_drop(control);
	return KERN_SUCCESS;
}

/* Nobody will ask for these pages again: their slots are free. */
kern_return_t
memory_object_discard(mach_port_t port, vm_offset_t offset, vm_size_t length)
{
	struct object *object = object_lookup(port);
	unsigned int page, count;
	slot_t slot;

	if (object == NULL || !object->kernels
	    || !range_pages(offset, length, &page, &count))
		return KERN_INVALID_ARGUMENT;
	for (; count > 0 && object->pages != 0; page++, count--) {
		slot = slot_find(object, page);
		if (slot != NO_SLOT) {
			slot_forget(slot);
			io_slot_release(slot);
		}
	}
	return KERN_SUCCESS;
}

/* All access is granted. */
kern_return_t
memory_object_data_unlock(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_size_t length, vm_prot_t access)
{
	(void) access;
	if (object_lookup(port) == NULL)
		return KERN_INVALID_ARGUMENT;
	pager_unlock(control, offset, length);
	send_right_drop(control);
	return KERN_SUCCESS;
}

boolean_t
object_demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	struct object *object = object_lookup(request->msgh_local_port);

	if (object != NULL && request->msgh_id == MACH_NOTIFY_NO_SENDERS
	    && !(request->msgh_bits & MACH_MSGH_BITS_COMPLEX)) {
		no_senders(object);
		return TRUE;
	}
	return memory_object_server(request, reply)
	    || memory_object_default_server(request, reply)
	    || duality_object_server(request, reply);
}
