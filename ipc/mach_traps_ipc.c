/*
 * ipc/mach_traps_ipc.c - traps about ports: those that only name something,
 * and the short forms of a few calls.
 *
 * Locks:      none held.
 */
#include <ipc/ipc_entry.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_names.h>
#include <ipc/ipc_object.h>
#include <ipc/ipc_port.h>
#include <ipc/ipc_right.h>
#include <ipc/mach_traps_ipc.h>
#include <kern/host.h>
#include <kern/ipc_kobject.h>
#include <kern/ipc_tt.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <machine/cpu.h>
#include <mach_port_server.h>

mach_port_name_t
mach_reply_port(void)
{
	mach_port_name_t name;

	if (ipc_object_new_port(current_space(), MACH_PORT_NAME_NULL, &name) !=
	    KERN_SUCCESS)
		return MACH_PORT_NAME_NULL;
	return name;
}

mach_port_name_t
mach_task_self(void)
{
	struct task *task = current_thread()->task;
	mach_port_name_t name;

	name = ipc_right_last_given(task->space, &task->sself, task->self_name);
	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	spin_lock(&task->ipc_lock);
	name = ipc_right_name_again(task->space, task->sself,
	    &task->self_name);
	spin_unlock(&task->ipc_lock);
	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	return ipc_port_copyout_send(retrieve_task_self(task), task->space);
}

mach_port_name_t
mach_thread_self(void)
{
	struct thread *self = current_thread();
	mach_port_name_t name;

	name = ipc_right_last_given(self->task->space, &self->sself,
	    self->self_name);
	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	spin_lock(&self->ipc_lock);
	name = ipc_right_name_again(self->task->space, self->sself,
	    &self->self_name);
	spin_unlock(&self->ipc_lock);
	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	return ipc_port_copyout_send(retrieve_thread_self(self),
	    self->task->space);
}

mach_port_name_t
mach_host_self(void)
{
	struct task *task = current_thread()->task;
	mach_port_name_t name = ipc_right_last_given(task->space,
	    &realhost.host_self, task->host_name);

	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	name = ipc_right_name_again(task->space, realhost.host_self,
	    &task->host_name);
	if (likely(name != MACH_PORT_NAME_NULL))
		return name;
	return ipc_port_copyout_send(ipc_port_make_send(realhost.host_self),
	    current_space());
}

TRAP_ROUTINE kern_return_t
syscall_mach_port_allocate(mach_port_name_t task, mach_port_right_t right,
    mach_port_name_t *user_name)
{
	struct ipc_space *space = port_name_to_space(task);
	mach_port_name_t name;
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_allocate(space, right, &name);
	if (kr == KERN_SUCCESS &&
	    copyout(&name, user_name, sizeof(name)) != 0) {
		(void)mach_port_destroy(space, name);
		kr = KERN_INVALID_ADDRESS;
	}
	ipc_space_release(space);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_mach_port_deallocate(mach_port_name_t task, mach_port_name_t name)
{
	struct ipc_space *space = port_name_to_space(task);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_deallocate(space, name);
	ipc_space_release(space);
	return kr;
}

/* Insert the caller's right into space. */
static kern_return_t
insert_own_right(struct ipc_space *space, mach_port_name_t name,
    mach_port_name_t right, mach_msg_type_name_t disposition)
{
	struct ipc_port *port = (struct ipc_port *)(uintptr_t)right;
	mach_msg_type_name_t type = ipc_received_type(disposition);
	kern_return_t kr;

	if (!MACH_MSG_TYPE_PORT_ANY(disposition))
		return KERN_INVALID_VALUE;
	if (MACH_PORT_NAME_VALID(right)) {
		kr = ipc_object_copyin(current_space(), right, disposition,
		    &port);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	kr = mach_port_insert_right(space, name, port, type);
	if (kr != KERN_SUCCESS)
		ipc_right_discard(port, type);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_mach_port_insert_right(mach_port_name_t task, mach_port_name_t name,
    mach_port_name_t right, mach_msg_type_name_t right_type)
{
	struct ipc_space *space = port_name_to_space(task);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = insert_own_right(space, name, right, right_type);
	ipc_space_release(space);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_mach_port_allocate_name(mach_port_name_t task,
    mach_port_right_t right, mach_port_name_t name)
{
	struct ipc_space *space = port_name_to_space(task);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_allocate_name(space, right, name);
	ipc_space_release(space);
	return kr;
}
