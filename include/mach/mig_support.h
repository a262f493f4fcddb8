/*
 * mach/mig_support.h - what MIG's stubs call.
 *
 * In a task, each thread keeps one reply port for its calls: get gives it,
 * put says the call is over, dealloc that it may not be used again.
 *
 * Only stubs include this: they compare sizes with 12-bit fields, which C
 * promotes to int, and their stand-ins for missing routines ignore all
 * arguments; hence the pragmas.
 */
#ifndef MACH_MIG_SUPPORT_H
#define MACH_MIG_SUPPORT_H

#include <stddef.h>

#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/mach_types.h>

#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"

extern void *memcpy(void *dst, const void *src, size_t n);

/* A server's stubs answer this for routines that the server leaves out. */
#ifndef MIG_EOPNOTSUPP
#define MIG_EOPNOTSUPP	MIG_BAD_ID
#endif

/*
 * Copy a string into an array of n bytes, cut to fit, always terminated.
 * Returns its length, without the final zero.
 */
extern vm_size_t mig_strncpy(char *dst, const char *src, vm_size_t n);

extern kern_return_t mig_allocate(vm_address_t *addr, vm_size_t size);
extern kern_return_t mig_deallocate(vm_address_t addr, vm_size_t size);

extern mach_port_t mig_get_reply_port(void);
extern void mig_put_reply_port(mach_port_t port);
extern void mig_dealloc_reply_port(mach_port_t port);

#ifndef KERNEL
extern void mig_init(void *first);

/* Make the reply that says the request was not understood. */
extern void mig_reply_setup(const mach_msg_header_t *request,
    mach_msg_header_t *reply);
#endif

#endif
