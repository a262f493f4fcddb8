/*
 * servers/bootstrap/names.h - the names that tasks register and wait for.
 */
#ifndef BOOTSTRAP_NAMES_H
#define BOOTSTRAP_NAMES_H

#include <mach/mach_types.h>

/*
 * Enter a name for port, and answer those who wait for it.  The port's send
 * right is consumed on success.
 * Returns BOOTSTRAP_SUCCESS or another code of servers/bootstrap_types.h.
 */
kern_return_t	names_register(const char *name, mach_port_t port);
/* The port of a name, borrowed; null if there is none. */
mach_port_t	names_look_up(const char *name);
/* Keep a send-once right to answer when the name is registered; as above. */
kern_return_t	names_wait(const char *name, mach_port_t reply);
/* This port died: no name, and nobody who waits, has it any longer. */
void		names_port_died(mach_port_t port);

#endif
