/*
 * mach/mach_traps.h - calls that enter the kernel without a message.
 *
 * The syscall_ forms work on the caller's own objects and answer
 * MACH_SEND_INTERRUPTED for others, for which there is the message.
 */
#ifndef MACH_MACH_TRAPS_H
#define MACH_MACH_TRAPS_H

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#ifndef KERNEL

/* In parentheses: mach/mach_init.h has macros of two of these names. */
extern mach_port_t (mach_reply_port)(void);
extern mach_port_t (mach_thread_self)(void);
extern mach_port_t (mach_task_self)(void);
extern mach_port_t (mach_host_self)(void);

extern kern_return_t mach_print(const char *string);

extern kern_return_t evc_wait(unsigned int event);
extern kern_return_t evc_wait_clear(unsigned int event);

extern boolean_t swtch_pri(int pri);
extern boolean_t swtch(void);
extern kern_return_t thread_switch(mach_port_name_t thread, int option,
    mach_msg_timeout_t option_time);

struct io_buf_vec;
extern kern_return_t syscall_device_write_request(mach_port_name_t device,
    mach_port_name_t reply, unsigned int mode, unsigned int recnum,
    vm_offset_t data, vm_size_t count);
extern kern_return_t syscall_device_writev_request(mach_port_name_t device,
    mach_port_name_t reply, unsigned int mode, unsigned int recnum,
    struct io_buf_vec *vec, vm_size_t count);

extern kern_return_t syscall_vm_map(mach_port_t task, vm_offset_t *address,
    vm_size_t size, vm_offset_t mask, boolean_t anywhere,
    mach_port_t memory_object, vm_offset_t offset, boolean_t copy,
    vm_prot_t cur_prot, vm_prot_t max_prot, vm_inherit_t inheritance);
extern kern_return_t syscall_vm_allocate(mach_port_t task,
    vm_offset_t *address, vm_size_t size, boolean_t anywhere);
extern kern_return_t syscall_vm_deallocate(mach_port_t task,
    vm_offset_t address, vm_size_t size);

extern kern_return_t syscall_task_create(mach_port_t parent,
    boolean_t inherit_memory, mach_port_name_t *child);
extern kern_return_t syscall_task_terminate(mach_port_t task);
extern kern_return_t syscall_task_suspend(mach_port_t task);
extern kern_return_t syscall_task_set_special_port(mach_port_t task,
    int which, mach_port_t port);

extern kern_return_t syscall_mach_port_allocate(mach_port_t task,
    mach_port_right_t right, mach_port_name_t *name);
extern kern_return_t syscall_mach_port_deallocate(mach_port_t task,
    mach_port_name_t name);
extern kern_return_t syscall_mach_port_insert_right(mach_port_t task,
    mach_port_name_t name, mach_port_t right,
    mach_msg_type_name_t right_type);
extern kern_return_t syscall_mach_port_allocate_name(mach_port_t task,
    mach_port_right_t right, mach_port_name_t name);
extern kern_return_t syscall_thread_depress_abort(mach_port_t thread);

#endif

#endif
