/*
 * ipc/ipc_names.h - from a name in the current task's space straight to the
 * kernel object behind it, for traps: no right is made.
 *
 * The name must denote a send right to a port of that type; NULL if it does
 * not.  Each returns a reference, as convert_port_to_X does.
 */
#ifndef IPC_IPC_NAMES_H
#define IPC_IPC_NAMES_H

#include <mach/port.h>

struct ipc_space;
struct task;
struct thread;
struct vm_map;
struct vm_object;

struct task	*port_name_to_task(mach_port_name_t name);
struct thread	*port_name_to_thread(mach_port_name_t name);
struct vm_map	*port_name_to_map(mach_port_name_t name);
struct ipc_space *port_name_to_space(mach_port_name_t name);
/* Of a memory object's control port. */
struct vm_object *port_name_to_object(mach_port_name_t name);

#endif
