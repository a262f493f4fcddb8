/*
 * tests/fuzz.h - random and mutated messages and traps: what the parts share.
 *
 * fuzz.c makes victims and attackers and looks after what is left behind;
 * fuzz_attack.c is what an attacker does; fuzz_reply.c looks for what no
 * reply may tell.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "requests.h"
#include "test.h"

#define FUZZ_ATTACKERS	2	/* the second without privileges */

/* What every attacker, and the victim, can name. */
enum fuzz_port {
	/* all have these */
	FUZZ_TASK,		/* the victim */
	FUZZ_THREAD,		/* its thread that runs */
	FUZZ_THREAD_STOPPED,
	FUZZ_HOST,
	FUZZ_SET_NAME,
	FUZZ_TIME,		/* a device */
	FUZZ_CONTROL,		/* of a memory object that fuzz.c serves */
	FUZZ_NAME,		/* the same one's name */
	FUZZ_PAGER,		/* the same one's pager */
	FUZZ_DEVICE_PAGER,
	FUZZ_PROXY,		/* of part of the object */
	FUZZ_SILENT,		/* a port that nobody receives from */
	FUZZ_DEAD,
	/* the privileged attacker has these as well */
	FUZZ_PRIVILEGED,
	FUZZ_HOST_PRIV = FUZZ_PRIVILEGED,
	FUZZ_SET,
	FUZZ_PROCESSOR,
	FUZZ_MASTER,		/* of devices */
	FUZZ_DISK,
	FUZZ_CONSOLE,
	FUZZ_PORTS
};
#define FUZZ_PORT(i)	((mach_port_t)(0x8000 + (i)))

/*
 * Make one of each but the dead one in the current task; what the names say,
 * by enum fuzz_port.  The memory object and the victim's exceptions are not
 * served.
 */
const mach_port_t *fuzz_pool_make(void);

/* Seen by fuzz.c and all attackers. */
struct fuzz_shared {
	volatile bool	  go;
	volatile unsigned rounds[FUZZ_ATTACKERS];	/* done so far */
	volatile unsigned answers;			/* replies seen */
};
extern struct fuzz_shared *fuzz_shared;

/* The same addresses in every task: memory to send, and to lose. */
#define FUZZ_ARENA_PAGES	16u
extern vm_address_t fuzz_arena;

/* A task's life: rounds attacks, drawn from seed. */
struct fuzz_plan {
	unsigned attacker;
	uint32_t seed;
	unsigned rounds;
};
void	fuzz_attack(const struct fuzz_plan *plan);

/*
 * Fail the test if a reply carries memory that the debug kernel had marked as
 * free, or an address in the kernel's memory, or contradicts itself.
 */
void	fuzz_check_reply(const mach_msg_header_t *reply, mach_msg_id_t request);

#endif
