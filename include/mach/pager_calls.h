/*
 * mach/pager_calls.h - what a pager says to the kernels that use its objects,
 * without ever waiting for one.
 *
 * The messages are those of the memory_object_ calls.  But anybody who has a
 * right to an object may act as a kernel, with a control port that nobody
 * listens to: what it has no room for is dropped, where a memory_object_ call
 * would stop the pager.  A real kernel takes everything at once.
 */
#ifndef MACH_PAGER_CALLS_H
#define MACH_PAGER_CALLS_H

#include <mach/mach_types.h>
#include <mach/memory_object.h>

#ifndef KERNEL

extern kern_return_t pager_ready(memory_object_control_t control,
    boolean_t may_cache, memory_object_copy_strategy_t copy_strategy);
extern kern_return_t pager_set_run(memory_object_control_t control,
    vm_size_t size);
extern kern_return_t pager_set_discard(memory_object_control_t control,
    boolean_t wanted);
extern kern_return_t pager_destroy(memory_object_control_t control,
    kern_return_t reason);
extern kern_return_t pager_data_unavailable(memory_object_control_t control,
    vm_offset_t offset, vm_size_t size);
extern kern_return_t pager_data_error(memory_object_control_t control,
    vm_offset_t offset, vm_size_t size, kern_return_t error);
extern kern_return_t pager_unlock(memory_object_control_t control,
    vm_offset_t offset, vm_size_t size);

/*
 * With dealloc the memory goes from the caller, sent or dropped; on another
 * code than KERN_SUCCESS it stays.
 */
extern kern_return_t pager_data_supply(memory_object_control_t control,
    vm_offset_t offset, vm_offset_t data, vm_size_t size, boolean_t dealloc,
    boolean_t precious);

#endif /* KERNEL */

#endif
