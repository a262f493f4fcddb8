/*
 * kern/served.h - which routines of the kernel's interfaces were reached.
 *
 * The debug build notes it, for the tests (duality.defs, id 6090).
 */
#ifndef KERN_SERVED_H
#define KERN_SERVED_H

#include <mach/message.h>

#ifdef DEBUG_KERNEL
/* The routine for a request of this id has answered code. */
void	served_note(mach_msg_id_t id, kern_return_t code);
#else
static inline void
served_note(mach_msg_id_t id, kern_return_t code)
{
	(void)id;
	(void)code;
}
#endif

#endif
