/*
 * vm/vm_traps.c - vm_map, vm_allocate and vm_deallocate as system calls.
 *
 * Owns, locks: nothing.
 */
#include <ipc/ipc_names.h>
#include <ipc/ipc_port.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <mach/message.h>
#include <mach_server.h>
#include <vm/vm_map.h>
#include <vm/vm_user.h>

static kern_return_t
copyout_address(vm_offset_t value, vm_offset_t *address)
{
	if (copyout(&value, address, sizeof(value)) != 0)
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

/* The memory object named; MACH_SEND_INTERRUPTED: let a message deal with it. */
static kern_return_t
object_right(mach_port_name_t name, struct ipc_port **port)
{
	*port = IP_NULL;
	if (name == MACH_PORT_NAME_NULL || name == MACH_PORT_NAME_DEAD) {
		if (name == MACH_PORT_NAME_DEAD)
			*port = IP_DEAD;
		return KERN_SUCCESS;
	}
	if (ipc_port_copyin_send(current_thread()->task->space, name, port) !=
	    KERN_SUCCESS)
		return MACH_SEND_INTERRUPTED;
	return KERN_SUCCESS;
}

TRAP_ROUTINE kern_return_t
syscall_vm_map(mach_port_name_t task, vm_offset_t *address, vm_size_t size,
    vm_offset_t mask, boolean_t anywhere, mach_port_name_t memory_object,
    vm_offset_t offset, boolean_t copy, vm_prot_t cur_prot,
    vm_prot_t max_prot, vm_inherit_t inheritance)
{
	struct vm_map *map = port_name_to_map(task);
	struct ipc_port *port;
	vm_offset_t addr;
	kern_return_t kr;

	if (map == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = object_right(memory_object, &port);
	if (kr != KERN_SUCCESS)
		goto out;
	kr = KERN_INVALID_ADDRESS;
	if (copyin(address, &addr, sizeof(addr)) == 0)
		kr = vm_map(map, &addr, size, mask, anywhere, port, offset,
		    copy, cur_prot, max_prot, inheritance);
	if (kr == KERN_SUCCESS)
		kr = copyout_address(addr, address);	/* vm_map took port */
	else
		ipc_port_release_send(port);
out:
	vm_map_deallocate(map);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_vm_allocate(mach_port_name_t task, vm_offset_t *address,
    vm_size_t size, boolean_t anywhere)
{
	struct vm_map *map = port_name_to_map(task);
	vm_offset_t addr;
	kern_return_t kr = KERN_INVALID_ADDRESS;

	if (map == NULL)
		return MACH_SEND_INTERRUPTED;
	if (copyin(address, &addr, sizeof(addr)) == 0)
		kr = vm_allocate(map, &addr, size, anywhere);
	if (kr == KERN_SUCCESS)
		kr = copyout_address(addr, address);
	vm_map_deallocate(map);
	return kr;
}

TRAP_ROUTINE kern_return_t
syscall_vm_deallocate(mach_port_name_t task, vm_offset_t address,
    vm_size_t size)
{
	struct vm_map *map = port_name_to_map(task);
	kern_return_t kr;

	if (map == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = vm_deallocate(map, address, size);
	vm_map_deallocate(map);
	return kr;
}
