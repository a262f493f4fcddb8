/*
 * default_pager/calls.c - the calls of default_pager.defs: objects for tasks,
 * paging space more and less, and what there is.
 *
 * Owns:       the space that is being emptied, if any, and the reply port of
 *             who asked for that: the answer goes out when it is empty.
 */
#include <stdio.h>
#include <string.h>

#include <mach/default_pager_types.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mig_errors.h>
#include <mach/mig_support.h>
#include <mach/vm_param.h>

#include "calls.h"
#include "default_pager_server.h"
#include "duality_pager_server.h"
#include "io.h"
#include "object.h"
#include "space.h"

extern boolean_t default_pager_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);
extern boolean_t duality_pager_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

static mach_port_t device_master;	/* as the boot script gave it, or null */
static struct space *leaving;
static unsigned int leaving_at;		/* the next slot to look at */
static unsigned int leaving_rounds;	/* in which nothing could be moved */
static mig_reply_header_t leaving_reply;
static const mach_msg_header_t *current;	/* the request in hand */

void
calls_init(mach_port_t master)
{
	device_master = master;
}

kern_return_t
S_default_pager_object_create(mach_port_t pager, memory_object_t *port,
    vm_size_t size)
{
	struct object *object;

	(void) pager;
	if (round_page(size) < size)
		return KERN_INVALID_ARGUMENT;
	object = object_create(round_page(size));
	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	*port = object->port;
	return KERN_SUCCESS;
}

kern_return_t
S_default_pager_info(mach_port_t pager, default_pager_info_t *info)
{
	struct space_totals totals = space_totals();

	(void) pager;
	info->dpi_total_space = totals.pages * vm_page_size;
	info->dpi_free_space = totals.free * vm_page_size;
	info->dpi_page_size = vm_page_size;
	return KERN_SUCCESS;
}

kern_return_t
S_default_pager_statistics(mach_port_t pager,
    default_pager_statistics_t *statistics)
{
	struct space_totals totals = space_totals();

	(void) pager;
	statistics->total_pages = totals.pages;
	statistics->free_pages = totals.free;
	statistics->objects = object_counts.objects;
	statistics->pages_in = object_counts.pages_in;
	statistics->pages_out = object_counts.pages_out;
	statistics->refused = object_counts.refused;
	statistics->read_errors = io_counts.read_errors;
	statistics->write_errors = io_counts.write_errors;
	return KERN_SUCCESS;
}

/*
 * An array of count elements of size bytes: where the stub has it, if there is
 * room for as many, or memory that goes with the reply.
 */
static kern_return_t
array_make(vm_address_t *array, mach_msg_type_number_t room,
    unsigned int count, vm_size_t size)
{
	if (count <= room)
		return KERN_SUCCESS;
	*array = 0;
	return vm_allocate(mach_task_self(), array, count * size, TRUE);
}

kern_return_t
S_default_pager_objects(mach_port_t pager, default_pager_object_array_t *objects,
    mach_msg_type_number_t *object_count, mach_port_array_t *ports,
    mach_msg_type_number_t *port_count)
{
	unsigned int count = object_counts.objects, i = 0;
	vm_address_t first = (vm_address_t) *objects;
	vm_address_t second = (vm_address_t) *ports;
	struct object *object = NULL;
	kern_return_t kr;

	(void) pager;
	kr = array_make(&first, *object_count, count, sizeof(**objects));
	if (kr == KERN_SUCCESS)
		kr = array_make(&second, *port_count, count, sizeof(**ports));
	if (kr != KERN_SUCCESS) {
		if (first != (vm_address_t) *objects)
			vm_deallocate(mach_task_self(), first,
			    count * sizeof(**objects));
		return kr;
	}
	*objects = (default_pager_object_array_t) first;
	*ports = (mach_port_array_t) second;
	*object_count = *port_count = count;
	while (i < count && (object = object_next(object)) != NULL) {
		(*objects)[i].dpo_object = (rpc_vm_offset_t) (uintptr_t) object;
		(*objects)[i].dpo_size = object->pages * vm_page_size;
		(*ports)[i++] = object->name;
	}
	return KERN_SUCCESS;
}

static struct object *
object_by_name(mach_port_t name)
{
	struct object *object = NULL;

	while ((object = object_next(object)) != NULL)
		if (object->name == name && MACH_PORT_VALID(name))
			break;
	return object;
}

kern_return_t
S_default_pager_object_pages(mach_port_t pager, memory_object_name_t name,
    default_pager_page_array_t *pages, mach_msg_type_number_t *count)
{
	struct object *object = object_by_name(name);
	vm_address_t array = (vm_address_t) *pages;
	unsigned int page, i = 0;
	kern_return_t kr;
	slot_t slot;

	(void) pager;
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = array_make(&array, *count, object->pages, sizeof(**pages));
	if (kr != KERN_SUCCESS)
		return kr;
	*pages = (default_pager_page_array_t) array;
	*count = object->pages;
	for (slot = object->slots; slot != NO_SLOT; slot = slot_next(slot)) {
		slot_owner(slot, &page);
		(*pages)[i++].dpp_offset = page * vm_page_size;
	}
	mach_port_deallocate(mach_task_self(), name);
	return KERN_SUCCESS;
}

/* ---- space more and less ---- */

kern_return_t
S_default_pager_paging_file(mach_port_t pager, mach_port_t master,
    const_default_pager_filename_t name, boolean_t add)
{
	kern_return_t kr;

	(void) pager;
	/* who may use our devices may say what we do with them */
	if (MACH_PORT_VALID(device_master) && master != device_master)
		return KERN_NO_ACCESS;
	if (strnlen(name, sizeof(default_pager_filename_t))
	    == sizeof(default_pager_filename_t))
		return KERN_INVALID_ARGUMENT;
	if (add) {
		kr = space_add(master, name);
	} else {
		if (leaving != NULL)
			return KERN_RESOURCE_SHORTAGE;
		kr = space_leave(name, &leaving);
	}
	if (kr != KERN_SUCCESS)
		return kr;
	if (MACH_PORT_VALID(master))
		mach_port_deallocate(mach_task_self(), master);
	if (add)
		return KERN_SUCCESS;
	leaving_at = leaving_rounds = 0;
	mig_reply_setup(current, &leaving_reply.Head);
	return MIG_NO_REPLY;
}

static void
leaving_answer(kern_return_t code)
{
	leaving = NULL;
	leaving_reply.RetCode = code;
	if (!MACH_PORT_VALID(leaving_reply.Head.msgh_remote_port))
		return;
	if (mach_msg(&leaving_reply.Head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(leaving_reply), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL)
	    != MACH_MSG_SUCCESS)
		mach_port_deallocate(mach_task_self(),
		    leaving_reply.Head.msgh_remote_port);
}

/*
 * Start as many moves as can be under way.  Each ends with a message, which
 * brings us back here.
 */
void
calls_continue(void)
{
	struct space *space = leaving;
	slot_t slot;

	if (space == NULL)
		return;
	if (space_is_empty(space)) {
		space_remove(space);
		leaving_answer(KERN_SUCCESS);
		return;
	}
	while ((slot = space_next_used(space, &leaving_at)) != NO_SLOT) {
		if (io_is_busy(slot))
			continue;
		if (!io_move(slot)) {
			leaving_at--;
			break;
		}
		leaving_rounds = 0;
	}
	if (slot == NO_SLOT)
		leaving_at = 0;
	if (io_idle() && ++leaving_rounds > 1) {
		/* what is still there can be moved nowhere */
		space_stay(space);
		leaving_answer(KERN_RESOURCE_SHORTAGE);
	}
}

/* Files are read by no file server here: the space is on devices. */
kern_return_t
S_default_pager_register_fileserver(mach_port_t pager, mach_port_t server)
{
	(void) pager, (void) server;
	return KERN_FAILURE;
}

boolean_t
calls_demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	current = request;
	return default_pager_server(request, reply)
	    || duality_pager_server(request, reply);
}
