/*
 * kern/ipc_mig.h - what MIG's stubs call when the kernel is the client.
 */
#ifndef KERN_IPC_MIG_H
#define KERN_IPC_MIG_H

#include <mach/message.h>

/*
 * Send a message whose ports are struct ipc_port pointers and whose
 * out-of-line data are vm_map_copy pointers.  The destination right is used
 * as the header's disposition says; body rights are consumed.  Queue limits
 * do not apply.  Returns MACH_MSG_SUCCESS, MACH_SEND_INVALID_DEST or
 * MACH_SEND_NO_BUFFER; on failure what was to be moved has been destroyed.
 */
mach_msg_return_t mach_msg_send_from_kernel(mach_msg_header_t *msg,
		    mach_msg_size_t send_size);

#endif
