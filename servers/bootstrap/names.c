/*
 * servers/bootstrap/names.c - the names that tasks register and wait for.
 *
 * Owns:       two lists, for the server's only thread, and a send right for
 *             each name, a send-once right for each that waits.
 */
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <servers/bootstrap_reply.h>
#include <servers/bootstrap_types.h>

#include "names.h"

#define ENTRIES_MAX	1024	/* in each list */

struct entry {
	struct entry	*next;
	mach_port_t	 port;
	char		 name[];
};

struct list {
	struct entry	*first;
	unsigned int	 count;
};

static struct list names;
static struct list waiters;

static kern_return_t
entry_add(struct list *list, const char *name, mach_port_t port)
{
	size_t size = strlen(name) + 1;
	struct entry *entry;

	if (list->count == ENTRIES_MAX)
		return BOOTSTRAP_FULL;
	entry = malloc(sizeof(*entry) + size);
	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	memcpy(entry->name, name, size);
	entry->port = port;
	entry->next = list->first;
	list->first = entry;
	list->count++;
	return BOOTSTRAP_SUCCESS;
}

/* Unlink what the pointer points to; its right is the caller's. */
static mach_port_t
entry_remove(struct list *list, struct entry **at)
{
	struct entry *entry = *at;
	mach_port_t port = entry->port;

	*at = entry->next;
	list->count--;
	free(entry);
	return port;
}

static void
waiters_answer(const char *name, mach_port_t port)
{
	struct entry **at = &waiters.first;
	mach_port_t reply;

	while (*at != NULL) {
		if (strcmp((*at)->name, name) != 0) {
			at = &(*at)->next;
			continue;
		}
		reply = entry_remove(&waiters, at);
		if (bootstrap_look_up_reply(reply, MACH_MSG_TYPE_MOVE_SEND_ONCE,
		    KERN_SUCCESS, port) != KERN_SUCCESS)
			mach_port_deallocate(mach_task_self(), reply);
	}
}

kern_return_t
names_register(const char *name, mach_port_t port)
{
	kern_return_t kr;

	if (names_look_up(name) != MACH_PORT_NULL)
		return BOOTSTRAP_NAME_IN_USE;
	kr = entry_add(&names, name, port);
	if (kr == BOOTSTRAP_SUCCESS)
		waiters_answer(name, port);
	return kr;
}

mach_port_t
names_look_up(const char *name)
{
	struct entry *entry;

	for (entry = names.first; entry != NULL; entry = entry->next)
		if (strcmp(entry->name, name) == 0)
			return entry->port;
	return MACH_PORT_NULL;
}

kern_return_t
names_wait(const char *name, mach_port_t reply)
{
	return entry_add(&waiters, name, reply);
}

static void
list_drop(struct list *list, mach_port_t port)
{
	struct entry **at = &list->first;

	while (*at != NULL) {
		if ((*at)->port != port) {
			at = &(*at)->next;
			continue;
		}
		mach_port_deallocate(mach_task_self(), entry_remove(list, at));
	}
}

void
names_port_died(mach_port_t port)
{
	list_drop(&names, port);
	list_drop(&waiters, port);
}
