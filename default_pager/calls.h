/*
 * default_pager/calls.h - what tasks ask of the default pager itself.
 */
#ifndef DEFAULT_PAGER_CALLS_H
#define DEFAULT_PAGER_CALLS_H

#include <mach/mach.h>
#include <mach/message.h>

/*
 * What a caller must hold to change paging space: the port by which this pager
 * has its devices.  Null: anybody may bring devices.
 */
extern void calls_init(mach_port_t master);

/* The calls of default_pager.defs and duality_pager.defs, on the pager's own port. */
extern boolean_t calls_demux(mach_msg_header_t *request,
    mach_msg_header_t *reply);

/* After each message: go on emptying a space that is to be removed. */
extern void calls_continue(void);

#endif
