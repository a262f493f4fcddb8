/*
 * default_pager/calls.h - what tasks ask of the default pager itself.
 */
#ifndef DEFAULT_PAGER_CALLS_H
#define DEFAULT_PAGER_CALLS_H

#include <mach/mach.h>
#include <mach/message.h>

/* The calls of default_pager.defs, on the pager's own port. */
extern boolean_t calls_demux(mach_msg_header_t *request,
    mach_msg_header_t *reply);

/* After each message: go on emptying a space that is to be removed. */
extern void calls_continue(void);

#endif
