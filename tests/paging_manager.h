/*
 * tests/paging_manager.h - a default pager by hand: a task of the test, which
 * keeps pages in memory of its own.
 */
#ifndef TESTS_PAGING_MANAGER_H
#define TESTS_PAGING_MANAGER_H

#include "pager_support.h"
#include "paging_support.h"

#define CREATE		2250
#define INITIALIZE	2251

/* Words that the manager's task shares with the one that starts it. */
enum {
	MANAGER_GOT,		/* pages */
	MANAGER_GAVE,		/* of these, back */
	MANAGER_READY,
	MANAGER_HAS_PORT,
	MANAGER_OWN,		/* from here on the test's own */
};
extern volatile uint32_t *manager_words;

/*
 * Sees a message before the manager does, in its task; NULL: none came for a
 * moment.  True: it has dealt with it.
 */
typedef bool (*manager_watch)(struct request *request);

/* Start a manager that serves port, whose receive right it gets: its task. */
task_t	manager_start(mach_port_t port, manager_watch watch);
/*
 * Make this port the default pager's; a right to the one before.  The default
 * pager has room then, as far as the kernel knows.
 */
mach_port_t manager_set(mach_port_t port);

/* Wire what this task has, so that it can run whatever memory there is. */
uint32_t manager_wire(uint32_t unused, uint32_t unused_too);

/* In the manager's task: the ports that it listens to; a message dealt with. */
extern mach_port_t manager_ports;
void	manager_serve(struct request *request);
/* What it keeps is given back for want of room: not kept any more. */
void	manager_give_back(mach_port_t port, mach_port_t control,
	    vm_offset_t offset);

#endif
