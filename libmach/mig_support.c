/*
 * libmach/mig_support.c - what MIG's stubs call.
 *
 * Owns each thread's reply port, in its struct mach_thread; no lock, for no
 * other thread looks there.
 */
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mig_support.h>

#include "thread.h"

/* Apart, so that nothing is saved for it on the way of every call. */
static __attribute__((noinline)) mach_port_t
reply_port_make(struct mach_thread *self)
{
	self->reply_port = mach_reply_port();
	return self->reply_port;
}

mach_port_t
mig_get_reply_port(void)
{
	struct mach_thread *self = mach_thread_current();

	if (self->reply_port == MACH_PORT_NULL)
		return reply_port_make(self);
	return self->reply_port;
}

void
mig_put_reply_port(mach_port_t port)
{
	(void) port;	/* kept for the thread's next call */
}

/*
 * A call failed so that a reply may still come: the next call needs another
 * port.  Forget this one first, for destroying it is itself a call.  Where that
 * call fails too, as in a task that has lost the right to itself, its port
 * stays behind.
 */
void
mig_dealloc_reply_port(mach_port_t port)
{
	struct mach_thread *self = mach_thread_current();

	if (self->reply_port != port || port == MACH_PORT_NULL)
		return;
	self->reply_port = MACH_PORT_NULL;
	if (self->reply_port_going)
		return;
	self->reply_port_going = TRUE;
	mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE,
	    -1);
	self->reply_port_going = FALSE;
}

/* Other thread libraries call this; here a thread's state needs no set-up. */
void
mig_init(void *first)
{
	(void) first;
}

vm_size_t
mig_strncpy(char *dst, const char *src, vm_size_t n)
{
	vm_size_t length;

	if (n == 0)
		return 0;
	length = strnlen(src, n - 1);
	memcpy(dst, src, length);
	dst[length] = '\0';
	return length;
}

kern_return_t
mig_allocate(vm_address_t *addr, vm_size_t size)
{
	return vm_allocate(mach_task_self(), addr, size, TRUE);
}

kern_return_t
mig_deallocate(vm_address_t addr, vm_size_t size)
{
	return vm_deallocate(mach_task_self(), addr, size);
}

void
mig_reply_setup(const mach_msg_header_t *in, mach_msg_header_t *out)
{
	mig_reply_header_t *reply = (mig_reply_header_t *) out;

	memset(reply, 0, sizeof(*reply));
	out->msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(in->msgh_bits),
	    0);
	out->msgh_size = sizeof(*reply);
	out->msgh_remote_port = in->msgh_remote_port;
	out->msgh_id = in->msgh_id + 100;
	reply->RetCodeType = (mach_msg_type_t) {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	reply->RetCode = MIG_BAD_ID;
}
