/*
 * mach/mach_types.h - the kernel's objects, and all other types of the mach
 * interfaces.
 *
 * A task holds a port for each; the kernel, once MIG's stubs have looked the
 * port up, holds the object.  Arrays of them are arrays of ports in both.
 */
#ifndef MACH_MACH_TYPES_H
#define MACH_MACH_TYPES_H

#include <mach/host_info.h>
#include <mach/mach_param.h>
#include <mach/machine.h>
#include <mach/machine/vm_types.h>
#include <mach/memory_object.h>
#include <mach/message.h>
#include <mach/pc_sample.h>
#include <mach/port.h>
#include <mach/processor_info.h>
#include <mach/std_types.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>
#include <mach/thread_info.h>
#include <mach/thread_special_ports.h>
#include <mach/thread_status.h>
#include <mach/time_value.h>
#include <mach/vm_attributes.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_statistics.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>

#ifdef KERNEL
typedef struct task		*task_t;
typedef struct thread		*thread_t;
typedef struct vm_map		*vm_map_t;
typedef struct vm_object	*vm_object_t;
typedef struct ipc_space	*ipc_space_t;
typedef struct host		*host_t;
typedef struct processor	*processor_t;
typedef struct processor_set	*processor_set_t;

#define TASK_NULL		((task_t) 0)
#define THREAD_NULL		((thread_t) 0)
#define VM_MAP_NULL		((vm_map_t) 0)
#define VM_OBJECT_NULL		((vm_object_t) 0)
#define IPC_SPACE_NULL		((ipc_space_t) 0)
#define HOST_NULL		((host_t) 0)
#define PROCESSOR_NULL		((processor_t) 0)
#define PROCESSOR_SET_NULL	((processor_set_t) 0)
#else
typedef mach_port_t		task_t;
typedef mach_port_t		thread_t;
typedef mach_port_t		vm_map_t;
typedef mach_port_t		ipc_space_t;
typedef mach_port_t		host_t;
typedef mach_port_t		processor_t;
typedef mach_port_t		processor_set_t;

#define TASK_NULL		MACH_PORT_NULL
#define THREAD_NULL		MACH_PORT_NULL
#endif

typedef vm_map_t		vm_task_t;
typedef host_t			host_priv_t;
typedef processor_set_t		processor_set_name_t;

typedef mach_port_t		*task_array_t;
typedef task_array_t		task_port_array_t;
typedef mach_port_t		*thread_array_t;
typedef thread_array_t		thread_port_array_t;
typedef mach_port_t		*processor_array_t;
typedef mach_port_t		*processor_set_array_t;
typedef mach_port_t		*processor_set_name_array_t;
typedef vm_offset_t		*emulation_vector_t;

/* A task's or a thread's name, for people: at most 31 characters are kept. */
#define KERNEL_DEBUG_NAME_MAX	64
typedef char			kernel_debug_name_t[KERNEL_DEBUG_NAME_MAX];
typedef const char		*const_kernel_debug_name_t;

/* Flags of gsync_wait and its kin. */
#define GSYNC_SHARED		0x01	/* key is the object, not the task */
#define GSYNC_QUAD		0x02	/* two words are compared */
#define GSYNC_TIMED		0x04
#define GSYNC_BROADCAST		0x08	/* wake all */
#define GSYNC_MUTATE		0x10	/* store the value first */

/* What task_ras_control does with restartable sequences. */
#define TASK_RAS_CONTROL_PURGE_ALL			0
#define TASK_RAS_CONTROL_PURGE_ONE			1
#define TASK_RAS_CONTROL_PURGE_ALL_AND_INSTALL_ONE	2
#define TASK_RAS_CONTROL_INSTALL_ONE			3

#endif
