/*
 * libmach/pager.c - a data manager: memory objects and the threads that serve
 * them.
 *
 * Owns:       the pagers, their objects, and the table from ports to objects.
 *             Each thread of a pager receives from a port set of its own, and
 *             an object's port stays in one set: so its messages are handled
 *             one at a time, in the order in which the kernel sent them.
 * Locks:      table_lock, for the table and each pager's next_thread.  What
 *             only an object's own thread touches has no lock.
 * Invariant:  an object is freed by its own thread, when the kernel says that
 *             no send right is left, after pager_object_destroy gave up ours.
 *             Messages come from whoever holds a send right: every port and
 *             offset in them is compared with what we know before it counts.
 */
#include <stdlib.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_thread.h>
#include <mach/mig_support.h>
#include <mach/notify.h>
#include <mach/pager.h>
#include <mach/pager_calls.h>
#include <mach/vm_param.h>
#include <mach_error.h>

#include "memory_object_server.h"

extern boolean_t memory_object_server(mach_msg_header_t *request,
    mach_msg_header_t *reply);

#define MESSAGE_MAX	4096	/* bytes of a request or a reply */
#define BUCKETS		256
#define KERNELS_MAX	16	/* that use one object at once */

/* A kernel that uses an object: our send rights to its two ports. */
struct pager_kernel {
	struct pager_kernel	*next;
	mach_port_t		 control;
	mach_port_t		 name;
};

struct pager_object {
	/* fixed */
	struct pager		*pager;
	void			*cookie;
	mach_port_t		 port;
	vm_size_t		 size;		/* whole pages */
	boolean_t		 may_cache;
	memory_object_copy_strategy_t copy_strategy;
	mach_msg_demux_t	 demux;		/* the program's own port */
	/* under table_lock */
	struct pager_object	*next;		/* of its bucket */
	boolean_t		 destroyed;
	/* its thread's alone */
	struct pager_kernel	*kernels;
	unsigned int		 kernel_count;
};

struct pager {
	/* fixed before the threads run */
	const struct pager_ops	*ops;
	unsigned int		 threads;
	mach_port_t		*sets;		/* one for each thread */
	/* under table_lock */
	unsigned int		 next_thread;
};

static mach_mutex_t table_lock;
static struct pager_object *table[BUCKETS];

static struct pager_object **
bucket(mach_port_t port)
{
	return &table[port % BUCKETS];
}

static void
table_insert(struct pager_object *object)
{
	struct pager_object **at = bucket(object->port);

	mach_mutex_lock(&table_lock);
	object->next = *at;
	*at = object;
	mach_mutex_unlock(&table_lock);
}

static void
table_remove(struct pager_object *object)
{
	struct pager_object **at = bucket(object->port);

	mach_mutex_lock(&table_lock);
	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	mach_mutex_unlock(&table_lock);
}

/* The object whose port this is; its thread may keep the pointer. */
static struct pager_object *
object_lookup(mach_port_t port)
{
	struct pager_object *object;

	mach_mutex_lock(&table_lock);
	for (object = *bucket(port); object != NULL; object = object->next)
		if (object->port == port)
			break;
	mach_mutex_unlock(&table_lock);
	return object;
}

/* Where the pointer to the kernel with this control port is, or null. */
static struct pager_kernel **
kernel_find(struct pager_object *object, mach_port_t control)
{
	struct pager_kernel **at;

	for (at = &object->kernels; *at != NULL; at = &(*at)->next)
		if ((*at)->control == control)
			return at;
	return NULL;
}

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

/*
 * A request came for an object from a kernel that uses it: take the request's
 * send right to the control port.  Null: it is somebody else's request, which
 * is destroyed when its routine answers an error.
 */
static struct pager_object *
request_begin(mach_port_t port, mach_port_t control)
{
	struct pager_object *object = object_lookup(port);

	if (object == NULL || kernel_find(object, control) == NULL)
		return NULL;
	send_right_drop(control);	/* the object keeps one */
	return object;
}

/* Are these whole pages of the object? */
static boolean_t
range_is_good(const struct pager_object *object, vm_offset_t offset,
    vm_size_t size)
{
	return size != 0 && offset % vm_page_size == 0
	    && size % vm_page_size == 0 && offset < object->size
	    && size <= object->size - offset;
}

/*
 * What kernels ask.  The names are those that MIG's stubs call; a routine that
 * answers an error has taken nothing of what its message brought.
 */
kern_return_t
memory_object_init(mach_port_t port, memory_object_control_t control,
    memory_object_name_t name, vm_size_t page_size)
{
	struct pager_object *object = object_lookup(port);
	struct pager_kernel *kernel;

	if (object == NULL || kernel_find(object, control) != NULL)
		return KERN_INVALID_ARGUMENT;
	if (page_size != vm_page_size || object->kernel_count == KERNELS_MAX)
		goto refuse;
	kernel = malloc(sizeof(*kernel));
	if (kernel == NULL)
		goto refuse;
	kernel->control = control;
	kernel->name = name;
	kernel->next = object->kernels;
	object->kernels = kernel;
	object->kernel_count++;
	pager_ready(control, object->may_cache, object->copy_strategy);
	return KERN_SUCCESS;
refuse:
	pager_destroy(control, KERN_RESOURCE_SHORTAGE);
	return KERN_RESOURCE_SHORTAGE;
}

kern_return_t
memory_object_terminate(memory_object_t port, memory_object_control_t control,
    memory_object_name_t name)
{
	struct pager_object *object = object_lookup(port);
	struct pager_kernel **at, *kernel;

	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	at = kernel_find(object, control);
	if (at == NULL || (*at)->name != name)
		return KERN_INVALID_ARGUMENT;
	kernel = *at;
	*at = kernel->next;
	object->kernel_count--;
	receive_right_drop(control);
	receive_right_drop(name);
	send_right_drop(control);
	send_right_drop(name);
	free(kernel);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_request(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_size_t length, vm_prot_t access)
{
	struct pager_object *object = request_begin(port, control);
	vm_offset_t data = 0;
	boolean_t dealloc = FALSE;
	kern_return_t kr;

	(void) access;	/* all access is granted */
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	if (range_is_good(object, offset, length))
		kr = object->pager->ops->read(object->cookie, offset, length,
		    &data, &dealloc);
	else
		kr = KERN_INVALID_ADDRESS;
	if (kr != KERN_SUCCESS)
		pager_data_error(control, offset, length, kr);
	else if (data == 0)
		pager_data_unavailable(control, offset, length);
	else if (pager_data_supply(control, offset, data, length, dealloc,
	    FALSE) != KERN_SUCCESS && dealloc)
		vm_deallocate(mach_task_self(), data, length);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_unlock(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_size_t length, vm_prot_t access)
{
	struct pager_object *object = request_begin(port, control);

	(void) access;
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	pager_unlock(control, offset, length);
	return KERN_SUCCESS;
}

kern_return_t
memory_object_data_return(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_offset_t data, mach_msg_type_number_t count,
    boolean_t dirty, boolean_t kernel_copy)
{
	struct pager_object *object = request_begin(port, control);

	(void) kernel_copy;
	if (object == NULL)
		return KERN_INVALID_ARGUMENT;
	if (dirty && object->pager->ops->write != NULL
	    && range_is_good(object, offset, count))
		object->pager->ops->write(object->cookie, offset, data, count);
	vm_deallocate(mach_task_self(), data, count);
	return KERN_SUCCESS;
}

/* The older form of data_return. */
kern_return_t
memory_object_data_write(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_offset_t data, mach_msg_type_number_t count)
{
	return memory_object_data_return(port, control, offset, data, count,
	    TRUE, FALSE);
}

/* Is it so that nobody can send to this port, nor has sent what waits there? */
static boolean_t
port_is_quiet(mach_port_t port)
{
	mach_port_status_t status;

	return mach_port_get_receive_status(mach_task_self(), port, &status)
	    == KERN_SUCCESS && !status.mps_srights && status.mps_msgcount == 0;
}

static void
object_free(struct pager_object *object)
{
	struct pager_kernel *kernel;

	while ((kernel = object->kernels) != NULL) {
		object->kernels = kernel->next;
		send_right_drop(kernel->control);
		send_right_drop(kernel->name);
		free(kernel);
	}
	table_remove(object);
	receive_right_drop(object->port);
	if (object->pager->ops->gone != NULL)
		object->pager->ops->gone(object->cookie);
	free(object);
}

/*
 * The notification that pager_object_destroy asked for, or one that somebody
 * made up: the port's own state decides.
 */
static void
no_senders(struct pager_object *object)
{
	boolean_t destroyed;

	mach_mutex_lock(&table_lock);
	destroyed = object->destroyed;
	mach_mutex_unlock(&table_lock);
	if (destroyed && port_is_quiet(object->port))
		object_free(object);
}

static boolean_t
is_no_senders(const mach_msg_header_t *request)
{
	return request->msgh_id == MACH_NOTIFY_NO_SENDERS
	    && !(request->msgh_bits & MACH_MSGH_BITS_COMPLEX);
}

static boolean_t
pager_demux(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	struct pager_object *object = object_lookup(request->msgh_local_port);

	if (object != NULL && object->demux != NULL)
		return object->demux(request, reply);
	if (object == NULL || !is_no_senders(request))
		return memory_object_server(request, reply);
	no_senders(object);
	mig_reply_setup(request, reply);
	((mig_reply_header_t *) reply)->RetCode = MIG_NO_REPLY;
	return TRUE;
}

static void
pager_thread(void *arg)
{
	mach_port_t set = *(mach_port_t *) arg;
	mach_msg_return_t mr;

	mr = mach_msg_server(pager_demux, MESSAGE_MAX, set);
	mach_error("pager", mr);
}

kern_return_t
pager_create(const struct pager_ops *ops, unsigned int threads,
    struct pager **out)
{
	struct pager *pager = calloc(1, sizeof(*pager));
	kern_return_t kr = KERN_SUCCESS;
	unsigned int i;

	if (pager == NULL)
		return KERN_RESOURCE_SHORTAGE;
	pager->ops = ops;
	pager->threads = threads;
	pager->sets = calloc(threads, sizeof(*pager->sets));
	if (pager->sets == NULL) {
		free(pager);
		return KERN_RESOURCE_SHORTAGE;
	}
	for (i = 0; i < threads && kr == KERN_SUCCESS; i++) {
		kr = mach_port_allocate(mach_task_self(),
		    MACH_PORT_RIGHT_PORT_SET, &pager->sets[i]);
		if (kr == KERN_SUCCESS)
			kr = mach_thread_start(pager_thread, &pager->sets[i]);
	}
	*out = pager;
	return kr;
}

/* Enter the object, whose port nobody knows yet, with its pager's next thread. */
static kern_return_t
object_start(struct pager_object *object)
{
	struct pager *pager = object->pager;
	mach_port_t set;
	kern_return_t kr;

	mach_mutex_lock(&table_lock);
	set = pager->sets[pager->next_thread++ % pager->threads];
	mach_mutex_unlock(&table_lock);
	table_insert(object);
	kr = mach_port_move_member(mach_task_self(), object->port, set);
	if (kr != KERN_SUCCESS)
		table_remove(object);
	return kr;
}

kern_return_t
pager_add_port(struct pager *pager, mach_port_t port, mach_msg_demux_t demux)
{
	struct pager_object *object = calloc(1, sizeof(*object));
	kern_return_t kr;

	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	object->pager = pager;
	object->port = port;
	object->demux = demux;
	kr = object_start(object);
	if (kr != KERN_SUCCESS)
		free(object);
	return kr;
}

kern_return_t
pager_object_create(struct pager *pager, void *cookie, vm_size_t size,
    boolean_t may_cache, memory_object_copy_strategy_t copy_strategy,
    struct pager_object **out)
{
	struct pager_object *object = calloc(1, sizeof(*object));
	kern_return_t kr;

	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	object->pager = pager;
	object->cookie = cookie;
	object->size = round_page(size);
	object->may_cache = may_cache;
	object->copy_strategy = copy_strategy;
	kr = mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
	    &object->port);
	if (kr != KERN_SUCCESS)
		goto fail;
	kr = mach_port_insert_right(mach_task_self(), object->port,
	    object->port, MACH_MSG_TYPE_MAKE_SEND);
	if (kr == KERN_SUCCESS)
		kr = object_start(object);
	if (kr != KERN_SUCCESS)
		goto fail_port;
	*out = object;
	return KERN_SUCCESS;
fail_port:
	mach_port_destroy(mach_task_self(), object->port);
fail:
	free(object);
	return kr;
}

mach_port_t
pager_object_port(const struct pager_object *object)
{
	return object->port;
}

/* Once our send right is gone, the object's thread may free it. */
void
pager_object_destroy(struct pager_object *object)
{
	mach_port_t port = object->port, previous = MACH_PORT_NULL;

	mach_mutex_lock(&table_lock);
	object->destroyed = TRUE;
	mach_mutex_unlock(&table_lock);
	mach_port_request_notification(mach_task_self(), port,
	    MACH_NOTIFY_NO_SENDERS, 0, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
	mach_port_deallocate(mach_task_self(), port);
}
