/*
 * kern/served.c - which routines of the kernel's interfaces were reached.
 *
 * Debug build only; the release build answers MIG_BAD_ID.
 *
 * Owns:       served, two bits for each id.
 * Locks:      none; the bits are set atomically and never cleared.
 */
#include <kern/served.h>
#include <kern/types.h>
#include <mach/mig_errors.h>

#ifdef DEBUG_KERNEL

#include <duality_server.h>

#define FIRST_ID	2000
#define END_ID		6100

static uint8_t served[END_ID - FIRST_ID];

void
served_note(mach_msg_id_t id, kern_return_t code)
{
	uint8_t how = code == KERN_SUCCESS || code == MIG_NO_REPLY ?
	    SERVED_WELL : SERVED_REFUSED;

	if (id < FIRST_ID || id >= END_ID)
		return;
	/* The stub's own refusals: the routine was not called. */
	if (code == MIG_BAD_ID || code == MIG_BAD_ARGUMENTS ||
	    code == MIG_TYPE_ERROR)
		return;
	if (!(__atomic_load_n(&served[id - FIRST_ID], __ATOMIC_RELAXED) & how))
		(void)__atomic_fetch_or(&served[id - FIRST_ID], how,
		    __ATOMIC_RELAXED);
}

/*
 * Whether requests of this id have succeeded, and been refused by their
 * routine, since the boot: SERVED_* bits.
 */
kern_return_t
host_get_served(struct host *host, mach_msg_id_t id, int *how)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	if (id < FIRST_ID || id >= END_ID)
		return KERN_INVALID_ARGUMENT;
	*how = __atomic_load_n(&served[id - FIRST_ID], __ATOMIC_RELAXED);
	return KERN_SUCCESS;
}

#endif
