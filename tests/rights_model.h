/*
 * tests/rights_model.h - what each space should hold: a model of ports,
 * rights, queued messages and the notifications that are due.
 *
 * The model calls no kernel.  Its user (ipc_rights_model.c) tells it what was
 * done and, where the kernel chose a name, which one; the model tells what
 * must have come of it.  Spaces, ports, messages and requests are numbers.
 */
#ifndef TESTS_RIGHTS_MODEL_H
#define TESTS_RIGHTS_MODEL_H

#include <mach/notify.h>

#include "test.h"

enum {
	M_SPACES = 4, M_NAMES = 120, M_PORTS = 200, M_MESSAGES = 800,
	M_ITEMS = 4, M_ITEM_RIGHTS = 6, M_DUE = 600, M_ORPHANS = 300,
	M_NONE = -1, M_DEAD = -2, M_ON_THE_WAY = -1, M_UREFS_MAX = 65534,
};

/* A right in no space: port is M_NONE, M_DEAD or a port's number. */
struct m_right {
	int		     port;
	mach_msg_type_name_t type;	/* MACH_MSG_TYPE_PORT_* */
};

struct m_entry {
	mach_port_name_t name;
	mach_port_type_t type;		/* 0: free; no request bits */
	int		 port;
	unsigned	 urefs;
	mach_port_t	 request;	/* dead-name request, by its port */
	bool		 accept;	/* a msg-accepted request */
};

struct m_port {
	bool		 used, alive;
	int		 space;		/* that receives, or M_ON_THE_WAY */
	int		 destination;	/* where it is on the way to */
	mach_port_name_t set;		/* in its space, or 0 */
	unsigned	 mscount, seqno, qlimit, msgcount, srights, sorights;
	mach_port_t	 no_senders, destroyed;	/* requests */
	int		 first, last;	/* messages */
};

enum m_form { M_SHORT, M_LONG, M_OUT_OF_LINE, M_FORMS };

struct m_item {
	enum m_form	     form;
	unsigned	     count;
	mach_msg_type_name_t disposition;
	struct m_right	     right[M_ITEM_RIGHTS];
};

struct m_message {
	bool		 used;
	int		 next;
	mach_msg_id_t	 id;
	struct m_right	 dest, reply;
	unsigned	 items;
	struct m_item	 item[M_ITEMS];
	int		 accept_space;	/* M_NONE: no request */
	mach_port_name_t accept_name;
};

/*
 * A notification that must come: ids is a set of bits id - 64.  Requests are
 * known by the port that is to be told, or by M_ACCEPT if that is the one port
 * that each space keeps for what it asks for in mach_msg.
 */
struct m_due {
	mach_port_t notify;
	uint32_t    ids;
	bool	    any_value;
	uint32_t    value;
};
#define M_ID(id)	(1u << ((id) - 64))
#define M_ACCEPT(space)	(0x80000000u + (unsigned)(space))

struct model {
	struct m_entry	 entry[M_SPACES][M_NAMES];
	unsigned	 names[M_SPACES];
	struct m_port	 port[M_PORTS];
	struct m_message message[M_MESSAGES];
	struct m_due	 due[M_DUE];
	unsigned	 due_count;
	unsigned	 transfers;	/* rights moved so far */
};
extern struct model model;

struct m_entry *m_lookup(int space, mach_port_name_t name);
struct m_entry *m_entry_new(int space, mach_port_name_t name);
/* The entry that denotes a port in a space, if there is one. */
struct m_entry *m_reverse(int space, int port);
int	m_port_new(int space, mach_port_name_t name);
int	m_message_new(void);

/* An entry's right leaves it.  KERN_SUCCESS or KERN_INVALID_RIGHT. */
kern_return_t m_copyin(int space, struct m_entry *entry,
	    mach_msg_type_name_t disposition, bool dead_ok,
	    struct m_right *right);
bool	m_copyin_check(const struct m_entry *entry,
	    mach_msg_type_name_t disposition);
/* The name that a right will get; 0: a fresh one. */
mach_port_name_t m_copyout_name(int space, const struct m_right *right);
/* A right arrives under the name that it got. */
void	m_copyout(int space, const struct m_right *right,
	    mach_port_name_t name);
/* A right is given up. */
void	m_discard(const struct m_right *right);

/* mach_port_destroy, _deallocate, _mod_refs, _rename. */
void	m_destroy(int space, struct m_entry *entry);
kern_return_t m_deallocate(int space, struct m_entry *entry);
kern_return_t m_mod_refs(int space, struct m_entry *entry,
	    mach_port_right_t right, int delta);
void	m_rename(int space, struct m_entry *entry, mach_port_name_t name);
/* A task ends with all that it holds. */
void	m_space_destroy(int space);

/*
 * A receive right is about to be sent to dest: whether it could then never be
 * received.  If not it is on its way from now on.
 */
bool	m_circular(int port, int dest);
void	m_enqueue(int message);
int	m_dequeue(int port);
/* A message is destroyed; all of what it carries, or what is named. */
void	m_message_destroy(int message);
void	m_message_clean(struct m_message *message, unsigned items,
	    unsigned last_rights);
void	m_message_done(int message);
void	m_message_free(int message);

void	m_due_add(mach_port_t notify, uint32_t ids, uint32_t value);
mach_port_t m_take_no_senders(int port);

#endif
