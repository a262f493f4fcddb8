/*
 * mach/fault_policy.h - what a fault does when a pager does not answer in
 * time, and word of a pager's end; vm_set_fault_policy and
 * vm_request_pager_death of duality.defs.
 */
#ifndef MACH_FAULT_POLICY_H
#define MACH_FAULT_POLICY_H

#include <mach/message.h>

#define FAULT_POLICY_WAIT	0	/* it waits on, until thread_abort */
#define FAULT_POLICY_EXCEPTION	1	/* EXC_BAD_ACCESS, code KERN_TIMEDOUT */
#define FAULT_POLICY_MESSAGE	2	/* tells a port, and waits on */
#define FAULT_POLICY_ZERO	3	/* the page becomes zeros of the task's own */

/*
 * Or'ed to one of them, for memory received in messages: all of it is read
 * before the receive returns, and is the task's own from then on.
 */
#define FAULT_POLICY_READ	0x100

#define FAULT_POLICY_MSG_ID	6050

/* What FAULT_POLICY_MESSAGE sends, once for each fault. */
typedef struct fault_policy_message {
	mach_msg_header_t	head;
	mach_msg_type_t		type;		/* of both words */
	natural_t		address;	/* of the page */
	natural_t		access;		/* VM_PROT_* that it is wanted for */
} fault_policy_message_t;

#define PAGER_DEATH_MSG_ID	6051

/* What vm_request_pager_death asks for. */
typedef struct pager_death_message {
	mach_msg_header_t	head;
	mach_msg_type_t		type;		/* of both words */
	natural_t		address;	/* of the memory, when it was asked */
	natural_t		size;
} pager_death_message_t;

#endif
