/*
 * libmach/mach_init.c - the task's own ports, asked for once.
 *
 * Owns mach_task_self_ and mach_host_self_: written before main, or first thing
 * in a child, then fixed.
 */
#include <mach/mach_init.h>
#include <mach/vm_param.h>

#include "thread.h"

mach_port_t mach_task_self_;
mach_port_t mach_host_self_;
vm_size_t vm_page_size = PAGE_SIZE;

void
mach_init(void)
{
	mach_task_self_ = (mach_task_self)();
	mach_host_self_ = (mach_host_self)();
}

void
mach_child_init(void)
{
	mach_thread_child_init();
	mach_device_port = MACH_PORT_NULL;
	mach_init();
}
