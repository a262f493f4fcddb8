/*
 * libmach/pager_unasked.c - messages that a pager gets only if it asked for
 * what they tell of.  A program that does defines these four itself.
 *
 * Owns nothing.
 */
#include <mach/kern_return.h>
#include <mach/memory_object.h>
#include <mach/message.h>
#include <mach/mach_types.h>

#include "memory_object_server.h"

/* For objects with the strategy MEMORY_OBJECT_COPY_CALL. */
kern_return_t
memory_object_copy(mach_port_t port, memory_object_control_t control,
    vm_offset_t offset, vm_size_t length, memory_object_t copy)
{
	(void) port, (void) control, (void) offset, (void) length, (void) copy;
	return KERN_INVALID_ARGUMENT;
}

/* For requests that named a port for the reply. */
kern_return_t
memory_object_lock_completed(memory_object_t port, mach_msg_type_name_t type,
    memory_object_control_t control, vm_offset_t offset, vm_size_t length)
{
	(void) port, (void) type, (void) control, (void) offset, (void) length;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
memory_object_supply_completed(memory_object_t port, mach_msg_type_name_t type,
    memory_object_control_t control, vm_offset_t offset, vm_size_t length,
    kern_return_t result, vm_offset_t error_offset)
{
	(void) port, (void) type, (void) control, (void) offset, (void) length;
	(void) result, (void) error_offset;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
memory_object_change_completed(memory_object_t port, mach_msg_type_name_t type,
    boolean_t may_cache, memory_object_copy_strategy_t copy_strategy)
{
	(void) port, (void) type, (void) may_cache, (void) copy_strategy;
	return KERN_INVALID_ARGUMENT;
}
