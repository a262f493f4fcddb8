/*
 * tests/rights_model.c - the model of rights; see rights_model.h.
 *
 * Owns:       model.
 * Invariant:  an entry or queued right to a port that has died is turned into
 *             a dead name or M_DEAD at once, so that a dead port's number is
 *             free again.
 */
#include <string.h>

#include "rights_model.h"

struct model model;

/* Dead-name requests whose entries have become dead names before the port. */
static struct {
	int		 port;
	mach_port_t	 notify;
	mach_port_name_t name;
} orphans[M_ORPHANS];
static unsigned orphan_count;

/* Messages that are dying, oldest first, while one is being destroyed. */
static int dying_first = M_NONE, dying_last = M_NONE;
static bool is_destroying;
/* A whole space goes: in which order is the kernel's affair. */
static bool any_order;
static int ending_space = M_NONE;

static void
must(bool ok, const char *what)
{
	if (!ok)
		test_fail(__FILE__, __LINE__, "model: %s", what);
}

void
m_due_add(mach_port_t notify, uint32_t ids, uint32_t value)
{
	if (notify == MACH_PORT_NULL)
		return;
	must(model.due_count < M_DUE, "notifications due");
	model.due[model.due_count++] = (struct m_due) {
		.notify = notify, .ids = ids, .value = value,
		.any_value = any_order ||
		    (ids & M_ID(MACH_NOTIFY_PORT_DESTROYED)),
	};
}

/* ---- names ---- */

struct m_entry *
m_lookup(int space, mach_port_name_t name)
{
	for (unsigned i = 0; i < M_NAMES; i++)
		if (model.entry[space][i].type != 0 &&
		    model.entry[space][i].name == name)
			return &model.entry[space][i];
	return NULL;
}

struct m_entry *
m_entry_new(int space, mach_port_name_t name)
{
	struct m_entry *entry = model.entry[space];

	must(m_lookup(space, name) == NULL, "a fresh name that was there");
	while (entry < model.entry[space] + M_NAMES - 1 && entry->type != 0)
		entry++;
	must(entry->type == 0, "names of a space");
	*entry = (struct m_entry) { .name = name, .port = M_NONE };
	model.names[space]++;
	return entry;
}

static void
entry_free(int space, struct m_entry *entry)
{
	entry->type = 0;
	model.names[space]--;
}

struct m_entry *
m_reverse(int space, int port)
{
	for (unsigned i = 0; i < M_NAMES; i++)
		if ((model.entry[space][i].type &
		    MACH_PORT_TYPE_SEND_RECEIVE) &&
		    model.entry[space][i].port == port)
			return &model.entry[space][i];
	return NULL;
}

/* The msg-accepted request of an entry that goes tells that it has gone. */
static void
drop_accept(int space, struct m_entry *entry)
{
	struct m_message *message;

	if (!entry->accept)
		return;
	entry->accept = false;
	for (unsigned i = 0; i < M_MESSAGES; i++) {
		message = &model.message[i];
		if (message->used && message->accept_space == space &&
		    message->accept_name == entry->name)
			message->accept_space = M_NONE;
	}
	m_due_add(M_ACCEPT(space), M_ID(MACH_NOTIFY_PORT_DELETED),
	    entry->name);
}

/* An entry goes with its requests. */
static void
drop_entry(int space, struct m_entry *entry)
{
	m_due_add(entry->request, M_ID(MACH_NOTIFY_PORT_DELETED) |
	    (any_order ? M_ID(MACH_NOTIFY_DEAD_NAME) : 0), entry->name);
	drop_accept(space, entry);
	entry_free(space, entry);
}

/* ---- ports ---- */

int
m_port_new(int space, mach_port_name_t name)
{
	struct m_entry *entry = m_entry_new(space, name);
	int port = 0;

	while (port < M_PORTS - 1 && model.port[port].used)
		port++;
	must(!model.port[port].used, "ports");
	model.port[port] = (struct m_port) {
		.used = true, .alive = true, .space = space,
		.destination = M_NONE, .first = M_NONE, .last = M_NONE,
		.qlimit = MACH_PORT_QLIMIT_DEFAULT,
	};
	entry->type = MACH_PORT_TYPE_RECEIVE;
	entry->port = port;
	return port;
}

/* One send right less; the request to be told, if it was the last. */
mach_port_t
m_take_no_senders(int port)
{
	struct m_port *p = &model.port[port];
	mach_port_t notify = p->no_senders;

	must(p->srights > 0, "send rights");
	if (--p->srights != 0)
		return MACH_PORT_NULL;
	p->no_senders = MACH_PORT_NULL;
	return notify;
}

static void
drop_send_right(int port)
{
	uint32_t ids = M_ID(MACH_NOTIFY_NO_SENDERS);

	if (any_order)
		ids |= M_ID(MACH_NOTIFY_SEND_ONCE);
	m_due_add(m_take_no_senders(port), ids, model.port[port].mscount);
}

static void
clear_receiver(int port)
{
	struct m_port *p = &model.port[port];

	p->space = M_ON_THE_WAY;
	p->set = MACH_PORT_NULL;
	p->mscount = p->seqno = 0;
}

static void
make_dead_name(int space, struct m_entry *entry)
{
	uint32_t ids = M_ID(MACH_NOTIFY_DEAD_NAME);

	if (space == ending_space)
		ids |= M_ID(MACH_NOTIFY_PORT_DELETED);
	entry->urefs += entry->request != MACH_PORT_NULL;
	m_due_add(entry->request, ids, entry->name);
	entry->request = MACH_PORT_NULL;
	entry->type = MACH_PORT_TYPE_DEAD_NAME;
	entry->port = M_NONE;
}

static void
forget_right(struct m_right *right, int port)
{
	if (right->port == port)
		right->port = M_DEAD;
}

/* Every right to a port that has died is dead from now on. */
static void
forget_port(int port)
{
	for (int s = 0; s < M_SPACES; s++)
		for (unsigned i = 0; i < M_NAMES; i++)
			if ((model.entry[s][i].type &
			    MACH_PORT_TYPE_PORT_RIGHTS) &&
			    model.entry[s][i].port == port)
				make_dead_name(s, &model.entry[s][i]);
	for (unsigned i = 0; i < M_MESSAGES; i++) {
		struct m_message *message = &model.message[i];

		forget_right(&message->dest, port);
		forget_right(&message->reply, port);
		for (unsigned j = 0; j < message->items; j++)
			for (unsigned k = 0; k < message->item[j].count; k++)
				forget_right(&message->item[j].right[k], port);
	}
	for (unsigned i = 0; i < orphan_count; i++) {
		if (orphans[i].port != port)
			continue;
		m_due_add(orphans[i].notify, M_ID(MACH_NOTIFY_DEAD_NAME),
		    orphans[i].name);
		orphans[i--] = orphans[--orphan_count];
	}
}

static void	destroy_dying(void);

/* A receive right that nobody holds is given up. */
static void
port_destroy(int port)
{
	struct m_port *p = &model.port[port];

	clear_receiver(port);
	p->destination = M_NONE;
	if (p->destroyed != MACH_PORT_NULL) {
		m_due_add(p->destroyed, M_ID(MACH_NOTIFY_PORT_DESTROYED),
		    (uint32_t)port);
		p->destroyed = MACH_PORT_NULL;
		return;
	}
	p->alive = p->used = false;
	m_due_add(p->no_senders, M_ID(MACH_NOTIFY_SEND_ONCE) |
	    (any_order ? M_ID(MACH_NOTIFY_NO_SENDERS) : 0), 0);
	if (p->first != M_NONE) {
		if (dying_first == M_NONE)
			dying_first = p->first;
		else
			model.message[dying_last].next = p->first;
		dying_last = p->last;
	}
	forget_port(port);
	destroy_dying();
}

void
m_discard(const struct m_right *right)
{
	int message;

	if (right->port < 0)
		return;
	switch (right->type) {
	case MACH_MSG_TYPE_PORT_SEND:
		drop_send_right(right->port);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		message = m_message_new();
		model.message[message].id = MACH_NOTIFY_SEND_ONCE;
		model.message[message].dest = *right;
		m_enqueue(message);
		break;
	default:
		port_destroy(right->port);
		break;
	}
}

/* ---- rights that leave and arrive ---- */

static kern_return_t
copyin_from_receive(int space, struct m_entry *entry,
    mach_msg_type_name_t disposition, struct m_right *right)
{
	struct m_port *p = &model.port[entry->port];

	right->port = entry->port;
	if (disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE) {
		right->type = MACH_MSG_TYPE_PORT_SEND_ONCE;
		p->sorights++;
	} else if (disposition == MACH_MSG_TYPE_MAKE_SEND) {
		right->type = MACH_MSG_TYPE_PORT_SEND;
		p->srights++;
		p->mscount++;
	} else {
		right->type = MACH_MSG_TYPE_PORT_RECEIVE;
		clear_receiver(entry->port);
		entry->type &= ~MACH_PORT_TYPE_RECEIVE;
		if (entry->type == 0) {
			entry->type = MACH_PORT_TYPE_RECEIVE;
			drop_entry(space, entry);
		}
	}
	return KERN_SUCCESS;
}

static void
copyin_dead(int space, struct m_entry *entry,
    mach_msg_type_name_t disposition, struct m_right *right)
{
	right->port = M_DEAD;
	if (disposition != MACH_MSG_TYPE_COPY_SEND && --entry->urefs == 0)
		drop_entry(space, entry);
}

static void
copyin_send(int space, struct m_entry *entry,
    mach_msg_type_name_t disposition)
{
	if (disposition == MACH_MSG_TYPE_COPY_SEND || entry->urefs > 1)
		model.port[entry->port].srights++;
	if (disposition == MACH_MSG_TYPE_COPY_SEND || --entry->urefs > 0)
		return;
	if (entry->type & MACH_PORT_TYPE_RECEIVE)
		entry->type &= ~MACH_PORT_TYPE_SEND;
	else
		drop_entry(space, entry);
}

bool
m_copyin_check(const struct m_entry *entry, mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return (entry->type & MACH_PORT_TYPE_RECEIVE) != 0;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return (entry->type & (MACH_PORT_TYPE_SEND_ONCE |
		    MACH_PORT_TYPE_DEAD_NAME)) != 0;
	default:
		return (entry->type & (MACH_PORT_TYPE_SEND |
		    MACH_PORT_TYPE_DEAD_NAME)) != 0;
	}
}

kern_return_t
m_copyin(int space, struct m_entry *entry, mach_msg_type_name_t disposition,
    bool dead_ok, struct m_right *right)
{
	bool is_dead = entry->type == MACH_PORT_TYPE_DEAD_NAME;

	if (!m_copyin_check(entry, disposition) || (is_dead && !dead_ok))
		return KERN_INVALID_RIGHT;
	model.transfers++;
	if (disposition == MACH_MSG_TYPE_MAKE_SEND ||
	    disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE ||
	    disposition == MACH_MSG_TYPE_MOVE_RECEIVE)
		return copyin_from_receive(space, entry, disposition, right);
	right->type = disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE ?
	    MACH_MSG_TYPE_PORT_SEND_ONCE : MACH_MSG_TYPE_PORT_SEND;
	right->port = entry->port;
	if (is_dead)
		copyin_dead(space, entry, disposition, right);
	else if (right->type == MACH_MSG_TYPE_PORT_SEND)
		copyin_send(space, entry, disposition);
	else
		drop_entry(space, entry);
	return KERN_SUCCESS;
}

mach_port_name_t
m_copyout_name(int space, const struct m_right *right)
{
	struct m_entry *entry;

	if (right->port == M_DEAD)
		return MACH_PORT_DEAD;
	if (right->port == M_NONE)
		return MACH_PORT_NULL;
	if (right->type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		return 0;
	entry = m_reverse(space, right->port);
	return entry != NULL ? entry->name : 0;
}

/* A send right joins what the entry has. */
static void
copyout_send(struct m_entry *entry, int port)
{
	if (!(entry->type & MACH_PORT_TYPE_SEND)) {
		entry->type |= MACH_PORT_TYPE_SEND;
		entry->urefs = 1;
		return;
	}
	model.port[port].srights--;
	if (entry->urefs < M_UREFS_MAX)
		entry->urefs++;
}

void
m_copyout(int space, const struct m_right *right, mach_port_name_t name)
{
	struct m_entry *entry = NULL;

	if (right->port < 0)
		return;
	model.transfers++;
	if (right->type != MACH_MSG_TYPE_PORT_SEND_ONCE)
		entry = m_reverse(space, right->port);
	if (entry == NULL)
		entry = m_entry_new(space, name);
	must(entry->name == name, "a right under another name");
	entry->port = right->port;
	if (right->type == MACH_MSG_TYPE_PORT_SEND_ONCE) {
		entry->type = MACH_PORT_TYPE_SEND_ONCE;
		entry->urefs = 1;
	} else if (right->type == MACH_MSG_TYPE_PORT_SEND) {
		copyout_send(entry, right->port);
	} else {
		entry->type |= MACH_PORT_TYPE_RECEIVE;
		model.port[right->port].space = space;
		model.port[right->port].destination = M_NONE;
	}
}

/* ---- rights given up ---- */

static void
destroy_set(int space, struct m_entry *entry)
{
	for (unsigned i = 0; i < M_PORTS; i++)
		if (model.port[i].used && model.port[i].space == space &&
		    model.port[i].set == entry->name)
			model.port[i].set = MACH_PORT_NULL;
	entry_free(space, entry);
}

static void
destroy_send(int space, struct m_entry *entry)
{
	int port = entry->port;

	if (entry->type & MACH_PORT_TYPE_RECEIVE)
		entry->type &= ~MACH_PORT_TYPE_SEND;
	else
		drop_entry(space, entry);
	drop_send_right(port);
}

static void
destroy_send_once(int space, struct m_entry *entry)
{
	struct m_right right = { entry->port, MACH_MSG_TYPE_PORT_SEND_ONCE };

	drop_entry(space, entry);
	m_discard(&right);
}

void
m_destroy(int space, struct m_entry *entry)
{
	int port = entry->port;

	if (entry->type & MACH_PORT_TYPE_PORT_SET) {
		destroy_set(space, entry);
	} else if (entry->type & MACH_PORT_TYPE_RECEIVE) {
		if (entry->type & MACH_PORT_TYPE_SEND)
			drop_send_right(port);
		drop_entry(space, entry);
		port_destroy(port);
	} else if (entry->type & MACH_PORT_TYPE_DEAD_NAME) {
		drop_entry(space, entry);
	} else if (entry->type & MACH_PORT_TYPE_SEND) {
		destroy_send(space, entry);
	} else {
		destroy_send_once(space, entry);
	}
}

/* The receive right alone goes: a send right becomes a dead name. */
static void
destroy_receive(int space, struct m_entry *entry)
{
	int port = entry->port;
	struct m_port *p = &model.port[port];

	clear_receiver(port);
	if (!(entry->type & MACH_PORT_TYPE_SEND)) {
		drop_entry(space, entry);
	} else {
		if (p->destroyed != MACH_PORT_NULL)
			drop_send_right(port);
		else
			p->srights--;
		if (entry->request != MACH_PORT_NULL) {
			must(orphan_count < M_ORPHANS, "orphans");
			orphans[orphan_count].port = port;
			orphans[orphan_count].notify = entry->request;
			orphans[orphan_count++].name = entry->name;
			entry->request = MACH_PORT_NULL;
			entry->urefs++;
		}
		entry->type = MACH_PORT_TYPE_DEAD_NAME;
		entry->port = M_NONE;
	}
	port_destroy(port);
}

kern_return_t
m_deallocate(int space, struct m_entry *entry)
{
	if (!(entry->type & (MACH_PORT_TYPE_SEND_RIGHTS |
	    MACH_PORT_TYPE_DEAD_NAME)))
		return KERN_INVALID_RIGHT;
	if (entry->type & MACH_PORT_TYPE_SEND_ONCE)
		destroy_send_once(space, entry);
	else if (entry->urefs > 1)
		entry->urefs--;
	else if (entry->type & MACH_PORT_TYPE_DEAD_NAME)
		drop_entry(space, entry);
	else
		destroy_send(space, entry);
	return KERN_SUCCESS;
}

/* Send rights and dead names have user references. */
static kern_return_t
mod_counted(int space, struct m_entry *entry, int delta, unsigned most)
{
	if (delta < 0 && (unsigned)-delta > entry->urefs)
		return KERN_INVALID_VALUE;
	if (delta > 0 && entry->urefs + (unsigned)delta > most)
		return KERN_UREFS_OVERFLOW;
	if (entry->urefs + (unsigned)delta != 0)
		entry->urefs += (unsigned)delta;
	else if (entry->type & MACH_PORT_TYPE_DEAD_NAME)
		drop_entry(space, entry);
	else
		destroy_send(space, entry);
	return KERN_SUCCESS;
}

kern_return_t
m_mod_refs(int space, struct m_entry *entry, mach_port_right_t right,
    int delta)
{
	if (!(entry->type & MACH_PORT_TYPE(right)))
		return KERN_INVALID_RIGHT;
	if (right == MACH_PORT_RIGHT_SEND)
		return mod_counted(space, entry, delta, M_UREFS_MAX);
	if (right == MACH_PORT_RIGHT_DEAD_NAME)
		return mod_counted(space, entry, delta, M_UREFS_MAX + 1);
	if (delta == 0)
		return KERN_SUCCESS;
	if (delta != -1)
		return KERN_INVALID_VALUE;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		destroy_receive(space, entry);
	else
		m_destroy(space, entry);
	return KERN_SUCCESS;
}

void
m_rename(int space, struct m_entry *entry, mach_port_name_t name)
{
	for (unsigned i = 0; i < M_PORTS; i++)
		if ((entry->type & MACH_PORT_TYPE_PORT_SET) &&
		    model.port[i].used && model.port[i].space == space &&
		    model.port[i].set == entry->name)
			model.port[i].set = name;
	for (unsigned i = 0; entry->accept && i < M_MESSAGES; i++)
		if (model.message[i].used &&
		    model.message[i].accept_space == space &&
		    model.message[i].accept_name == entry->name)
			model.message[i].accept_name = name;
	entry->name = name;
}

/* The port that a space is told by has gone with it. */
static void
forget_accept(int space)
{
	for (unsigned i = 0; i < M_MESSAGES; i++)
		if (model.message[i].used &&
		    model.message[i].accept_space == space)
			model.message[i].accept_space = M_NONE;
	for (unsigned i = 0; i < model.due_count; i++)
		if (model.due[i].notify == M_ACCEPT(space))
			model.due[i--] = model.due[--model.due_count];
	for (unsigned i = 0; i < orphan_count; i++)
		if (orphans[i].notify == M_ACCEPT(space))
			orphans[i--] = orphans[--orphan_count];
}

void
m_space_destroy(int space)
{
	any_order = true;
	ending_space = space;
	for (unsigned i = 0; i < M_NAMES; i++)
		if (model.entry[space][i].type != 0)
			m_destroy(space, &model.entry[space][i]);
	any_order = false;
	ending_space = M_NONE;
	forget_accept(space);
}

/* ---- messages ---- */

int
m_message_new(void)
{
	int i = 0;

	while (i < M_MESSAGES - 1 && model.message[i].used)
		i++;
	must(!model.message[i].used, "messages");
	model.message[i] = (struct m_message) {
		.used = true, .next = M_NONE, .reply = { M_NONE, 0 },
		.accept_space = M_NONE,
	};
	return i;
}

void
m_message_free(int message)
{
	model.message[message].used = false;
	model.message[message].items = 0;
	model.message[message].dest.port = M_NONE;
	model.message[message].reply.port = M_NONE;
}

bool
m_circular(int port, int dest)
{
	int base = dest;

	while (base >= 0 && base != port)
		base = model.port[base].destination;
	if (base == port)
		return true;
	model.port[port].destination = dest;
	return false;
}

void
m_enqueue(int message)
{
	struct m_port *p = &model.port[model.message[message].dest.port];

	if (p->first == M_NONE)
		p->first = message;
	else
		model.message[p->last].next = message;
	p->last = message;
	p->msgcount++;
}

int
m_dequeue(int port)
{
	struct m_port *p = &model.port[port];
	int message = p->first;

	must(message != M_NONE, "a message from an empty queue");
	p->first = model.message[message].next;
	model.message[message].next = M_NONE;
	p->msgcount--;
	p->seqno++;
	return message;
}

/* The first items of a message, and of the one after them some rights. */
void
m_message_clean(struct m_message *message, unsigned items,
    unsigned last_rights)
{
	struct m_right *right;

	for (unsigned i = 0; i <= items && i < message->items; i++) {
		unsigned count = i < items ? message->item[i].count :
		    last_rights;

		for (unsigned j = 0; j < count; j++) {
			right = &message->item[i].right[j];
			m_discard(right);
			right->port = M_NONE;
		}
	}
}

/* It has been received or destroyed: who asked is told. */
void
m_message_done(int message)
{
	struct m_message *m = &model.message[message];
	struct m_entry *entry;

	if (m->accept_space == M_NONE)
		return;
	entry = m_lookup(m->accept_space, m->accept_name);
	if (entry != NULL)
		entry->accept = false;
	m_due_add(M_ACCEPT(m->accept_space), M_ID(MACH_NOTIFY_MSG_ACCEPTED),
	    m->accept_name);
	m->accept_space = M_NONE;
}

static void
destroy_dying(void)
{
	struct m_message *m;
	int message;

	if (is_destroying)
		return;
	is_destroying = true;
	while (dying_first != M_NONE) {
		message = dying_first;
		m = &model.message[message];
		m_discard(&m->dest);
		m_discard(&m->reply);
		m_message_clean(m, m->items, 0);
		m_message_done(message);
		dying_first = m->next;
		if (dying_first == M_NONE)
			dying_last = M_NONE;
		m_message_free(message);
	}
	is_destroying = false;
}

void
m_message_destroy(int message)
{
	model.message[message].next = M_NONE;
	if (dying_first == M_NONE)
		dying_first = message;
	else
		model.message[dying_last].next = message;
	dying_last = message;
	destroy_dying();
}
