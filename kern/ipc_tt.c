/*
 * kern/ipc_tt.c - the ports of tasks and threads.
 *
 * A task or thread has a kernel port (self, a receive right of the kernel's)
 * and slots for send rights that users may change: what mach_task_self hands
 * out (sself), the exception and bootstrap ports, the registered ports.
 *
 * Locks:      ipc_lock of the task or thread guards every slot; port locks
 *             are taken inside it.  Rights taken out of a slot are released
 *             after it is unlocked.
 * Invariant:  self is NULL exactly if the task or thread is disabled.  The
 *             port's object is then no longer the task: a lookup finds none.
 * Source:     Mach 3.0 kernel interface, special ports.
 */
#include <ipc/ipc_port.h>
#include <kern/ipc_tt.h>
#include <mach_server.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <mach/mach_types.h>
#include <vm/vm_map.h>

/* Put right into a locked slot; what was there comes out. */
static struct ipc_port *
slot_swap(struct ipc_port **slot, struct ipc_port *right)
{
	struct ipc_port *old = *slot;

	*slot = right;
	return old;
}

kern_return_t
ipc_task_init(struct task *task, struct task *parent)
{
	struct ipc_port *port = ipc_port_alloc_kernel();

	if (port == NULL)
		return KERN_RESOURCE_SHORTAGE;
	task->self = port;
	task->sself = ipc_port_make_send(port);
	if (parent == NULL)
		return KERN_SUCCESS;
	spin_lock(&parent->ipc_lock);
	for (unsigned i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		task->registered[i] = ipc_port_copy_send(parent->registered[i]);
	task->exception_port = ipc_port_copy_send(parent->exception_port);
	task->bootstrap_port = ipc_port_copy_send(parent->bootstrap_port);
	spin_unlock(&parent->ipc_lock);
	return KERN_SUCCESS;
}

void
ipc_task_enable(struct task *task)
{
	spin_lock(&task->ipc_lock);
	if (task->self != NULL)
		ipc_kobject_set(task->self, task, KOBJECT_TASK);
	spin_unlock(&task->ipc_lock);
}

void
ipc_task_disable(struct task *task)
{
	spin_lock(&task->ipc_lock);
	if (task->self != NULL)
		ipc_kobject_set(task->self, NULL, KOBJECT_NONE);
	spin_unlock(&task->ipc_lock);
}

void
ipc_task_terminate(struct task *task)
{
	struct ipc_port *rights[3 + TASK_PORT_REGISTER_MAX];
	struct ipc_port *self;
	unsigned n = 0;

	spin_lock(&task->ipc_lock);
	self = slot_swap(&task->self, NULL);
	rights[n++] = slot_swap(&task->sself, NULL);
	rights[n++] = slot_swap(&task->exception_port, NULL);
	rights[n++] = slot_swap(&task->bootstrap_port, NULL);
	for (unsigned i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		rights[n++] = slot_swap(&task->registered[i], NULL);
	spin_unlock(&task->ipc_lock);
	if (self == NULL)
		return;
	for (unsigned i = 0; i < n; i++)
		ipc_port_release_send(rights[i]);
	ipc_port_dealloc_kernel(self);
}

kern_return_t
ipc_thread_init(struct thread *thread)
{
	struct ipc_port *port = ipc_port_alloc_kernel();

	if (port == NULL)
		return KERN_RESOURCE_SHORTAGE;
	thread->self = port;
	thread->sself = ipc_port_make_send(port);
	return KERN_SUCCESS;
}

void
ipc_thread_enable(struct thread *thread)
{
	spin_lock(&thread->ipc_lock);
	if (thread->self != NULL)
		ipc_kobject_set(thread->self, thread, KOBJECT_THREAD);
	spin_unlock(&thread->ipc_lock);
}

void
ipc_thread_disable(struct thread *thread)
{
	spin_lock(&thread->ipc_lock);
	if (thread->self != NULL)
		ipc_kobject_set(thread->self, NULL, KOBJECT_NONE);
	spin_unlock(&thread->ipc_lock);
}

void
ipc_thread_terminate(struct thread *thread)
{
	struct ipc_port *self, *sself, *exc;

	spin_lock(&thread->ipc_lock);
	self = slot_swap(&thread->self, NULL);
	sself = slot_swap(&thread->sself, NULL);
	exc = slot_swap(&thread->exception_port, NULL);
	spin_unlock(&thread->ipc_lock);
	if (self != NULL) {
		ipc_port_release_send(sself);
		ipc_port_release_send(exc);
		ipc_port_dealloc_kernel(self);
	}
	if (thread->reply_port != NULL) {
		ipc_port_dealloc_reply(thread->reply_port);
		thread->reply_port = NULL;
	}
}

/* Another send right like the one in a slot. */
static struct ipc_port *
slot_copy(struct spinlock *lock, struct ipc_port **slot)
{
	struct ipc_port *right;

	spin_lock(lock);
	right = ipc_port_copy_send(*slot);
	spin_unlock(lock);
	return right;
}

struct ipc_port *
retrieve_task_self(struct task *task)
{
	return slot_copy(&task->ipc_lock, &task->sself);
}

struct ipc_port *
retrieve_thread_self(struct thread *thread)
{
	return slot_copy(&thread->ipc_lock, &thread->sself);
}

struct ipc_port *
retrieve_task_exception(struct task *task)
{
	return slot_copy(&task->ipc_lock, &task->exception_port);
}

struct ipc_port *
retrieve_thread_exception(struct thread *thread)
{
	return slot_copy(&thread->ipc_lock, &thread->exception_port);
}

/* Conversions for MIG's stubs: see kern/ipc_kobject.h. */

static void
task_ref(void *task)
{
	refcount_take(&((struct task *)task)->refs);
}

static void
thread_ref(void *thread)
{
	refcount_take(&((struct thread *)thread)->refs);
}

struct task *
convert_port_to_task(struct ipc_port *port)
{
	return ipc_kobject_get(port, KOBJECT_TASK, task_ref);
}

struct thread *
convert_port_to_thread(struct ipc_port *port)
{
	return ipc_kobject_get(port, KOBJECT_THREAD, thread_ref);
}

/*
 * The task whose port this is, with the port locked, or NULL: also for the
 * kernel's, whose memory and names nobody has by its port.
 */
static inline struct task *
lock_port_of_task(struct ipc_port *port)
{
	if (!IP_VALID(port))
		return NULL;
	ip_lock(port);
	if (likely(port->kotype == KOBJECT_TASK && ip_alive(port) &&
	    port->kobject != kernel_task))
		return port->kobject;
	ip_unlock(port);
	return NULL;
}

/*
 * The current task if port is its own, or NULL.  No lock: it is, or was as
 * the call began, and who runs in a task has what belongs to it.
 */
static inline __attribute__((always_inline)) struct task *
own_task(const struct ipc_port *port)
{
	struct task *task = current_thread()->task;

	return likely(task->self == port && port != NULL) ? task : NULL;
}

struct vm_map *
convert_port_to_map(struct ipc_port *port)
{
	struct task *task = own_task(port);
	struct vm_map *map;

	if (task != NULL) {
		vm_map_reference(task->map);
		return task->map;
	}
	task = lock_port_of_task(port);
	if (task == NULL)
		return NULL;
	map = task->map;
	vm_map_reference(map);
	ip_unlock(port);
	return map;
}

struct ipc_space *
convert_port_to_space(struct ipc_port *port)
{
	struct task *task = own_task(port);
	struct ipc_space *space;

	if (task != NULL) {
		ipc_space_reference(task->space);
		return task->space;
	}
	task = lock_port_of_task(port);
	if (task == NULL)
		return NULL;
	space = task->space;
	ipc_space_reference(space);
	ip_unlock(port);
	return space;
}

void
space_deallocate(struct ipc_space *space)
{
	if (space != NULL)
		ipc_space_release(space);
}

struct ipc_port *
convert_task_to_port(struct task *task)
{
	struct ipc_port *port;

	spin_lock(&task->ipc_lock);
	port = task->self != NULL ? ipc_port_make_send(task->self) : NULL;
	spin_unlock(&task->ipc_lock);
	task_release(task);
	return port;
}

struct ipc_port *
convert_thread_to_port(struct thread *thread)
{
	struct ipc_port *port;

	spin_lock(&thread->ipc_lock);
	port = thread->self != NULL ? ipc_port_make_send(thread->self) : NULL;
	spin_unlock(&thread->ipc_lock);
	thread_release(thread);
	return port;
}

/* Special ports. */

static struct ipc_port **
task_slot(struct task *task, int which)
{
	switch (which) {
	case TASK_KERNEL_PORT:
		return &task->sself;
	case TASK_EXCEPTION_PORT:
		return &task->exception_port;
	case TASK_BOOTSTRAP_PORT:
		return &task->bootstrap_port;
	default:
		return NULL;
	}
}

static struct ipc_port **
thread_slot(struct thread *thread, int which)
{
	switch (which) {
	case THREAD_KERNEL_PORT:
		return &thread->sself;
	case THREAD_EXCEPTION_PORT:
		return &thread->exception_port;
	default:
		return NULL;
	}
}

/*
 * Copy (set NULL) or exchange (set a right, consumed on success) a slot of
 * something whose kernel port is self.  KERN_FAILURE if that is gone.
 */
static kern_return_t
slot_get(struct spinlock *lock, struct ipc_port **self, struct ipc_port **slot,
    struct ipc_port **out)
{
	kern_return_t kr = KERN_FAILURE;

	spin_lock(lock);
	if (*self != NULL) {
		*out = ipc_port_copy_send(*slot);
		kr = KERN_SUCCESS;
	}
	spin_unlock(lock);
	return kr;
}

static kern_return_t
slot_set(struct spinlock *lock, struct ipc_port **self, struct ipc_port **slot,
    struct ipc_port *right)
{
	struct ipc_port *old;

	spin_lock(lock);
	if (*self == NULL) {
		spin_unlock(lock);
		return KERN_FAILURE;
	}
	old = slot_swap(slot, right);
	spin_unlock(lock);
	ipc_port_release_send(old);
	return KERN_SUCCESS;
}

kern_return_t
task_get_special_port(struct task *task, int which, struct ipc_port **port)
{
	struct ipc_port **slot = task != NULL ? task_slot(task, which) : NULL;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	return slot_get(&task->ipc_lock, &task->self, slot, port);
}

kern_return_t
task_set_special_port(struct task *task, int which, struct ipc_port *port)
{
	struct ipc_port **slot = task != NULL ? task_slot(task, which) : NULL;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	return slot_set(&task->ipc_lock, &task->self, slot, port);
}

kern_return_t
thread_get_special_port(struct thread *thread, int which,
    struct ipc_port **port)
{
	struct ipc_port **slot =
	    thread != NULL ? thread_slot(thread, which) : NULL;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	return slot_get(&thread->ipc_lock, &thread->self, slot, port);
}

kern_return_t
thread_set_special_port(struct thread *thread, int which,
    struct ipc_port *port)
{
	struct ipc_port **slot =
	    thread != NULL ? thread_slot(thread, which) : NULL;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	return slot_set(&thread->ipc_lock, &thread->self, slot, port);
}

/* Registered ports: arrays of send rights in kalloc'd memory. */

kern_return_t
mach_ports_register(struct task *task, mach_port_array_t ports,
    mach_msg_type_number_t count)
{
	struct ipc_port *rights[TASK_PORT_REGISTER_MAX] = { NULL };

	if (task == NULL || count > TASK_PORT_REGISTER_MAX)
		return KERN_INVALID_ARGUMENT;
	memcpy(rights, ports, count * sizeof(*ports));
	spin_lock(&task->ipc_lock);
	if (task->self == NULL) {
		spin_unlock(&task->ipc_lock);
		return KERN_INVALID_ARGUMENT;
	}
	for (unsigned i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		rights[i] = slot_swap(&task->registered[i], rights[i]);
	spin_unlock(&task->ipc_lock);
	for (unsigned i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		ipc_port_release_send(rights[i]);
	if (count != 0)
		kfree(ports, count * sizeof(*ports));
	return KERN_SUCCESS;
}

kern_return_t
mach_ports_lookup(struct task *task, mach_port_array_t *ports,
    mach_msg_type_number_t *count)
{
	struct ipc_port **rights;
	kern_return_t kr = KERN_INVALID_ARGUMENT;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	rights = kalloc(TASK_PORT_REGISTER_MAX * sizeof(*rights));
	if (rights == NULL)
		return KERN_RESOURCE_SHORTAGE;
	spin_lock(&task->ipc_lock);
	if (task->self != NULL) {
		for (unsigned i = 0; i < TASK_PORT_REGISTER_MAX; i++)
			rights[i] = ipc_port_copy_send(task->registered[i]);
		kr = KERN_SUCCESS;
	}
	spin_unlock(&task->ipc_lock);
	if (kr != KERN_SUCCESS) {
		kfree(rights, TASK_PORT_REGISTER_MAX * sizeof(*rights));
		return kr;
	}
	*ports = rights;
	*count = TASK_PORT_REGISTER_MAX;
	return KERN_SUCCESS;
}
