/*
 * ipc/ipc_object.h - rights between a space and the kernel's hands, one at a
 * time.
 */
#ifndef IPC_IPC_OBJECT_H
#define IPC_IPC_OBJECT_H

#include <ipc/ipc_port.h>
#include <ipc/ipc_pset.h>
#include <ipc/ipc_space.h>
#include <mach/message.h>

/*
 * Take a right out of a space by disposition.  A dead name gives IP_DEAD.
 * KERN_INVALID_TASK, KERN_INVALID_NAME, KERN_INVALID_RIGHT.
 */
kern_return_t	 ipc_object_copyin(struct ipc_space *space,
		    mach_port_name_t name, mach_msg_type_name_t disposition,
		    struct ipc_port **port);
/*
 * Put a naked right into a space, which names it.  On failure it is still the
 * caller's.  KERN_INVALID_TASK; KERN_INVALID_CAPABILITY the port is dead;
 * KERN_UREFS_OVERFLOW (without clip); KERN_NO_SPACE; KERN_RESOURCE_SHORTAGE.
 */
kern_return_t	 ipc_object_copyout(struct ipc_space *space,
		    struct ipc_port *port, mach_msg_type_name_t type, bool clip,
		    mach_port_name_t *name);
/* The same; *fresh tells whether the name is new to the space. */
kern_return_t	 ipc_object_copyout_fresh(struct ipc_space *space,
		    struct ipc_port *port, mach_msg_type_name_t type, bool clip,
		    mach_port_name_t *name, bool *fresh);
/*
 * The same under a chosen name.  Also KERN_NAME_EXISTS, and KERN_RIGHT_EXISTS
 * if the space knows the port by another name.
 */
kern_return_t	 ipc_object_copyout_name(struct ipc_space *space,
		    struct ipc_port *port, mach_msg_type_name_t type, bool clip,
		    mach_port_name_t name);
/*
 * Put anything into a space, NULL and IP_DEAD too; consumes it in any case.  A
 * dead port gives MACH_PORT_DEAD.  On failure *name is MACH_PORT_NULL, and the bit
 * MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL is returned.
 */
mach_msg_return_t ipc_object_copyout_any(struct ipc_space *space,
		    struct ipc_port *port, mach_msg_type_name_t type,
		    mach_port_name_t *name);
/* The right a message came by (consumed): its name if space receives on it. */
mach_port_name_t ipc_object_copyout_dest(struct ipc_space *space,
		    struct ipc_port *port, mach_msg_type_name_t type);

/* A new port or set in a space; name 0: the kernel chooses, and *out tells. */
kern_return_t	 ipc_object_new_port(struct ipc_space *space,
		    mach_port_name_t name, mach_port_name_t *out);
kern_return_t	 ipc_object_new_pset(struct ipc_space *space,
		    mach_port_name_t name, mach_port_name_t *out);
kern_return_t	 ipc_object_new_dead_name(struct ipc_space *space,
		    mach_port_name_t name, mach_port_name_t *out);

#endif
