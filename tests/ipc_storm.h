/*
 * tests/ipc_storm.h - clients and servers whose every call is checked, while
 * all around them changes: what ipc_storm.c and ipc_storm_rpc.c share.
 */
#ifndef TESTS_IPC_STORM_H
#define TESTS_IPC_STORM_H

#include <mach/vm_param.h>

#include "test.h"

enum {
	STORM_SERVERS = 2, STORM_CLIENTS = 2,		/* tasks */
	STORM_TASKS = STORM_SERVERS + STORM_CLIENTS,	/* servers first */
	STORM_THREADS = 2,				/* of each */
	STORM_WORKERS = STORM_TASKS * STORM_THREADS,
	STORM_PORTS = 2,				/* of each server */
	STORM_PAGES = 3,				/* of a buffer */
	STORM_REMEMBERED = 256				/* calls */
};

/* Names in servers' spaces; a port may for a moment have the name AWAY. */
#define STORM_PORT(port)	(0x301u + (port))
#define STORM_AWAY		0x308u
#define STORM_SET		0x309u
#define STORM_CHOSEN(worker)	(0x400u + (worker))	/* a right to reply's */
/* Names in clients' spaces. */
#define STORM_DEST(server, port) (0x501u + 16 * (server) + (port))
#define STORM_PAYLOAD		0x9000u		/* a port's; 16 from here on */

/* A thread that calls or answers, as all tasks see it. */
struct storm_worker {
	/* taken by who looks at the buffer, or makes that impossible */
	volatile uint32_t    lock;
	/* the worker's alone, or written by the worker and by who meddles */
	volatile mach_port_t reply;	/* client: its port; server: its right */
	volatile uint32_t    calls;	/* of a client; one call's number */
	volatile uint32_t    answered;
	uint32_t	     done[STORM_REMEMBERED];	/* numbers answered */
};

/* Memory that all tasks share. */
struct storm {
	volatile bool	    zeros;	/* bodies' pages may be replaced */
	volatile bool	    raging;	/* what meddles goes on */
	volatile uint32_t   at_work;	/* threads that meddle */
	struct storm_worker worker[STORM_WORKERS];
};

extern struct storm *storm;		/* at the same address in each task */
extern vm_address_t storm_buffers;	/* STORM_PAGES for each worker */

/* Where a worker's pages begin, and the first with no byte of a header. */
vm_address_t storm_pages(unsigned worker);
unsigned storm_first_body_page(unsigned worker);

/* Who has a worker's lock: itself, which may have been ended, or another. */
enum storm_holder { STORM_NOBODY, STORM_WORKS, STORM_MEDDLES };

bool	storm_try_lock(unsigned worker, enum storm_holder holder);
/* Nothing if the lock is not holder's. */
void	storm_unlock(unsigned worker, enum storm_holder holder);
/* The first code of a task: number of the task. */
void	storm_work(void *task);

#endif
