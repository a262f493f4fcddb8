/*
 * tests/oracle/notices.c - the notifications that calls of the round asked for.
 *
 * Owns ports of this task that only the kernel sends to.  One for each space
 * takes those that tell a name; they are shown before anything that may bring
 * another right by the same name.  One takes those that bring a receive right.
 */
#include "oracle.h"

#define ID_PORT_DESTROYED	69
#define ID_NO_SENDERS		70

struct notice {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	uint32_t	word;
	uint32_t	rest[16];
};

static mach_port_t named[SPACES], bringing;

static void
make_port(mach_port_t *port)
{
	must("a port", mach_port_allocate(mach_task_self(),
	    MACH_PORT_RIGHT_RECEIVE, port));
}

void
notices_begin(void)
{
	make_port(&bringing);
	for (int i = 0; i < SPACES; i++)
		make_port(&named[i]);
}

void
notices_end(void)
{
	for (int i = 0; i < SPACES; i++)
		(void)mach_port_destroy(mach_task_self(), named[i]);
	(void)mach_port_destroy(mach_task_self(), bringing);
}

mach_port_t
notices_port(int space, mach_msg_id_t id)
{
	return id == ID_PORT_DESTROYED ? bringing : named[space];
}

/* Show the next one; false: there is none. */
static bool
show_one(int space, mach_port_t port)
{
	struct notice notice;
	const mach_msg_header_t *head = &notice.head;

	if (mach_msg_trap(&notice.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(notice), port, 0, 0) != MACH_MSG_SUCCESS)
		return false;
	say("   notified %d bits %#x size %u", (int)head->msgh_id,
	    head->msgh_bits, head->msgh_size);
	if (head->msgh_id == ID_NO_SENDERS)
		say(" count %u", (unsigned)notice.word);
	else if (head->msgh_id == ID_PORT_DESTROYED)
		say(" %s", name_label(0, notice.word));
	else if (head->msgh_size > sizeof(*head))
		say(" %s", name_known(space, notice.word));
	say_line();
	return true;
}

void
notices_named(void)
{
	for (int i = 0; i < SPACES; i++)
		while (show_one(i, named[i]))
			continue;
}

void
notices_bringing(void)
{
	while (show_one(0, bringing))
		continue;
}
