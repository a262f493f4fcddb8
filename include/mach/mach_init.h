/*
 * mach/mach_init.h - the ports every program has, asked for once.
 */
#ifndef MACH_MACH_INIT_H
#define MACH_MACH_INIT_H

#include <mach/mach_traps.h>
#include <mach/mach_types.h>

extern mach_port_t mach_task_self_;
extern mach_port_t mach_host_self_;

/* The traps give a new reference at each call; these do not. */
#define mach_task_self()	(mach_task_self_)
#define mach_host_self()	(mach_host_self_)

/* Set for programs that know no constant page size. */
extern vm_size_t vm_page_size;

/* crt0 calls it before main. */
extern void mach_init(void);

/*
 * Where read and write of descriptors 0 to 2 go.  Null until a program that
 * has the device master port calls mach_console_open; writes then go to
 * mach_print.
 */
extern mach_port_t mach_device_port;
extern kern_return_t mach_console_open(mach_port_t device_master);

#endif
