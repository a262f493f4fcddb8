/*
 * vm/vm_proxy.h - proxies: ports that stand for part of a memory object, and
 * for some of the access to it.  vm_map takes one as it takes the object's.
 */
#ifndef VM_VM_PROXY_H
#define VM_VM_PROXY_H

#include <kern/types.h>
#include <mach/vm_prot.h>

struct ipc_port;
struct vm_object;

/*
 * The object behind a proxy's port, a reference, of which size bytes from
 * *offset on are to be mapped.  *offset becomes the object's, *prot is what
 * the proxy allows.  May sleep.
 * KERN_INVALID_ARGUMENT: beyond the proxy; no object, or no memory for it.
 */
kern_return_t	 vm_proxy_enter(struct ipc_port *port, vm_size_t size,
		    vm_offset_t *offset, vm_prot_t *prot,
		    struct vm_object **object);
/* Nobody has a right to the port of a proxy any more. */
void		 vm_proxy_no_senders(struct ipc_port *port);

#endif
