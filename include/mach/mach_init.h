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
 * Enter the kernel by the quickest way that machine and kernel have (SYSENTER
 * on i386), or by the one that all have; crt0 asks for the quickest.  Returns
 * whether there is a quicker one.  No other thread may be in a trap.
 */
extern boolean_t mach_trap_fast(boolean_t wanted);

/*
 * In a task made with its parent's memory: call this first, on a stack that
 * is none of mach_thread_start's.  The names of ports that the library kept
 * are the parent's; the child forgets them and asks for its own.  Memory and
 * locks stay as the parent had them.
 */
extern void mach_child_init(void);

/*
 * Where read and write of descriptors 0 to 2 go.  Null until a program that
 * has the device master port calls mach_console_open; writes then go to
 * mach_print.
 */
extern mach_port_t mach_device_port;
extern kern_return_t mach_console_open(mach_port_t device_master);

#endif
