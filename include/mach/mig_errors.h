/*
 * mach/mig_errors.h - what MIG's stubs answer of their own, and the head of
 * every reply.
 */
#ifndef MACH_MIG_ERRORS_H
#define MACH_MIG_ERRORS_H

#include <mach/kern_return.h>
#include <mach/message.h>

#define MIG_TYPE_ERROR		-300	/* client: reply has wrong types */
#define MIG_REPLY_MISMATCH	-301	/* client: reply has a wrong id */
#define MIG_REMOTE_ERROR	-302
#define MIG_BAD_ID		-303	/* server: no such routine */
#define MIG_BAD_ARGUMENTS	-304	/* server: request has wrong types */
#define MIG_NO_REPLY		-305	/* server: do not reply (yet) */
#define MIG_EXCEPTION		-306
#define MIG_ARRAY_TOO_LARGE	-307	/* client: array has no room */
#define MIG_SERVER_DIED		-308	/* client: reply will not come */
#define MIG_DESTROY_REQUEST	-309	/* server: no reply, destroy all */

typedef struct mig_reply_header {
	mach_msg_header_t	Head;
	mach_msg_type_t		RetCodeType;
	kern_return_t		RetCode;
} mig_reply_header_t;

_Static_assert(sizeof(mig_reply_header_t) == 32, "user ABI");

typedef struct mig_symtab {
	char	*ms_routine_name;
	int	 ms_routine_number;
	void	(*ms_routine)(void);
} mig_symtab_t;

typedef void (*mig_routine_t)(mach_msg_header_t *in, mach_msg_header_t *out);

#endif
