/*
 * tests/ipc_rights_model.c - tens of thousands of rights moved at random
 * between tasks, each step compared with the model (rights_model.h).
 *
 * Each space has an agent: a task whose one thread does the mach_msg calls
 * that it finds in memory shared with this one.  All else is done through the
 * tasks' ports.  After each step the notifications that are due must have
 * come, each once, and no other; from time to time all names are looked at.
 * The runner's argument --seed=N makes other choices.
 */
#include <string.h>

#include <mach/mach_thread.h>
#include <mach/vm_param.h>
#include <mach_debug/mach_debug.h>

#include "../libmach/thread.h"
#include "rights.h"
#include "rights_model.h"

#define SELF		mach_task_self()
#define STEPS		10000u		/* --steps=N: others */
#define CHECK_STEPS	500u		/* from one look at all to the next */
#define END_STEPS	400u		/* from one end of a task to the next */
#define NAMES_LEAST	10u		/* of a space; below, more is made */
#define NAMES_WANTED	60u		/* above, more is given up */

/* The agents' own names, which the model does not know. */
enum { COMMAND_NAME = 0x7100, ACCEPT_NAME, AGENT_NAMES = 2 };

/* What an agent is to do, and what came of it. */
struct stage {
	mach_msg_option_t option;
	mach_msg_size_t	  send_size, rcv_size;
	mach_port_name_t  rcv_name, notify;
	mach_msg_return_t result;
	mach_port_t	  array[M_ITEMS][M_ITEM_RIGHTS]; /* out of line */
	mach_port_t	  got[M_ITEMS][M_ITEM_RIGHTS];	 /* arrays that came */
	mach_msg_header_t head;
	uint32_t	  body[160];
};

static struct agent {
	task_t	      task;
	mach_port_t   command;
	struct stage *stage;
} agents[M_SPACES];

static struct stage *my_stage;		/* in an agent */
static char agent_stack[0x4000] __attribute__((aligned(16)));
static mach_port_t notify_set, reply_port;
static uint32_t seed;
static mach_msg_id_t last_id = 1000;

static uint32_t
below(uint32_t limit)
{
	return test_random(&seed) % limit;
}

static bool
one_in(uint32_t n)
{
	return below(n) == 0;
}

/* ---- agents ---- */

static bool
brought_something(mach_msg_return_t mr)
{
	return mr == MACH_MSG_SUCCESS || mr == MACH_SEND_TIMED_OUT ||
	    mr == MACH_SEND_NOTIFY_IN_PROGRESS || mr == MACH_SEND_NO_NOTIFY;
}

/* Where the item after this one starts; *array is its memory, if it has. */
static uint32_t *
next_item(uint32_t *at, uint32_t **array, unsigned *count)
{
	mach_msg_type_long_t *type = (mach_msg_type_long_t *)at;
	bool is_long = type->msgtl_header.msgt_longform;

	*count = is_long ? type->msgtl_number :
	    type->msgtl_header.msgt_number;
	at += is_long ? 3 : 1;
	*array = NULL;
	if (type->msgtl_header.msgt_inline)
		return at + *count;
	*array = (uint32_t *)*at;
	return at + 1;
}

/* Copy the arrays that came to the stage, and give their memory back. */
static void
keep_arrays(struct stage *stage, mach_port_t task)
{
	uint32_t *at = stage->body, *array;
	unsigned count;

	for (unsigned i = 0; (char *)at < (char *)&stage->head +
	    stage->head.msgh_size; i++) {
		at = next_item(at, &array, &count);
		if (array == NULL)
			continue;
		memcpy(stage->got[i], array, count * sizeof(*array));
		(void)syscall_vm_deallocate(task, (vm_offset_t)array,
		    count * sizeof(*array));
	}
}

static void
agent_act(struct stage *stage)
{
	mach_port_t task = (mach_task_self)();

	stage->result = mach_msg_trap(&stage->head, stage->option,
	    stage->send_size, stage->rcv_size, stage->rcv_name, 0,
	    stage->notify);
	if (brought_something(stage->result) &&
	    (stage->head.msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	    ((stage->option & MACH_RCV_MSG) || stage->result !=
	    MACH_MSG_SUCCESS))
		keep_arrays(stage, task);
	(void)syscall_mach_port_deallocate(task, task);
}

static void
agent_main(void *unused)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} msg;
	mach_msg_option_t option = MACH_RCV_MSG;

	(void)unused;
	while (mach_msg_trap(&msg.head, option, sizeof(msg.head), sizeof(msg),
	    COMMAND_NAME, 0, 0) == MACH_MSG_SUCCESS) {
		agent_act(my_stage);
		msg.head.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		msg.head.msgh_local_port = MACH_PORT_NULL;
		option = MACH_SEND_MSG | MACH_RCV_MSG;
	}
	for (;;)
		(void)syscall_task_terminate((mach_task_self)());
}

static void
agent_start(int space)
{
	struct agent *agent = &agents[space];
	mach_msg_type_name_t kind;
	thread_t thread;

	if (agent->stage == NULL) {
		agent->stage = (struct stage *)test_allocate(PAGE_SIZE);
		CHECK_KR(vm_inherit(SELF, (vm_address_t)agent->stage,
		    PAGE_SIZE, VM_INHERIT_SHARE), KERN_SUCCESS);
	}
	my_stage = agent->stage;
	CHECK_KR(task_create(SELF, TRUE, &agent->task), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(agent->task, MACH_PORT_RIGHT_RECEIVE,
	    COMMAND_NAME), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(agent->task, MACH_PORT_RIGHT_RECEIVE,
	    ACCEPT_NAME), KERN_SUCCESS);
	CHECK_KR(mach_port_extract_right(agent->task, COMMAND_NAME,
	    MACH_MSG_TYPE_MAKE_SEND, &agent->command, &kind), KERN_SUCCESS);
	CHECK_KR(thread_create(agent->task, &thread), KERN_SUCCESS);
	CHECK_KR(mach_thread_set_entry(thread, agent_main, NULL,
	    (vm_address_t)agent_stack + sizeof(agent_stack)), KERN_SUCCESS);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, thread), KERN_SUCCESS);
}

/* Have the space's agent do what its stage says. */
static mach_msg_return_t
act(int space)
{
	struct {
		mach_msg_header_t head;
		char		  room[64];
	} msg;

	msg.head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = agents[space].command,
		.msgh_local_port = reply_port,
	};
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_RCV_MSG,
	    sizeof(msg.head), sizeof(msg), reply_port, 0, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.head.msgh_id, 0);
	return agents[space].stage->result;
}

static mach_msg_return_t
act_receive(int space, mach_port_name_t name, mach_msg_option_t options,
    mach_msg_size_t size)
{
	struct stage *stage = agents[space].stage;

	stage->option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | options;
	stage->rcv_name = name;
	stage->rcv_size = size;
	stage->notify = ACCEPT_NAME;
	return act(space);
}

/* ---- notifications ---- */

struct notification {
	mach_msg_header_t head;
	mach_msg_type_t	  type;
	uint32_t	  word;
	char		  room[64];
};

/* One that came must have been due, and is so no more. */
static struct m_due
take_due(mach_port_t notify, mach_msg_id_t id, uint32_t word)
{
	struct m_due due;

	for (unsigned i = 0; i < model.due_count; i++) {
		due = model.due[i];
		if (due.notify != notify || !(due.ids & M_ID(id)) ||
		    (!due.any_value && id != MACH_NOTIFY_SEND_ONCE &&
		    due.value != word))
			continue;
		model.due[i] = model.due[--model.due_count];
		return due;
	}
	test_fail(__FILE__, __LINE__, "notification %d of %#lx at %#lx was "
	    "not due", (int)id, (unsigned long)word, (unsigned long)notify);
}

static bool
is_due(mach_port_t notify)
{
	for (unsigned i = 0; i < model.due_count; i++)
		if (model.due[i].notify == notify)
			return true;
	return false;
}

static mach_port_name_t
name_of_choice(int space)
{
	mach_port_name_t name;

	do {
		name = one_in(4) ? test_random(&seed) << 8 | 0x55 :
		    0x8000 + below(200);
	} while (m_lookup(space, name) != NULL);
	return name;
}

/* A port that was saved from its death goes to some space. */
static void
adopt(mach_port_t port, struct m_due due)
{
	struct m_right right = { (int)due.value, MACH_MSG_TYPE_PORT_RECEIVE };
	int space = (int)below(M_SPACES);
	mach_port_name_t name = m_copyout_name(space, &right);

	if (name == 0)
		name = name_of_choice(space);
	CHECK_KR(mach_port_insert_right(agents[space].task, name, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	m_copyout(space, &right, name);
}

/* What has come here; false: nothing within the time. */
static bool
take_notification(mach_msg_timeout_t timeout_ms)
{
	struct notification msg;
	struct m_due due;
	mach_msg_return_t mr;

	mr = mach_msg(&msg.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(msg), notify_set, timeout_ms, MACH_PORT_NULL);
	if (mr == MACH_RCV_TIMED_OUT)
		return false;
	CHECK_KR(mr, MACH_MSG_SUCCESS);
	due = take_due(msg.head.msgh_local_port, msg.head.msgh_id, msg.word);
	destroy_right(msg.head.msgh_local_port);
	if (msg.head.msgh_id == MACH_NOTIFY_PORT_DESTROYED)
		adopt(msg.word, due);
	return true;
}

static unsigned
due_here(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < model.due_count; i++)
		count += model.due[i].notify < M_ACCEPT(0) ||
		    model.due[i].notify >= M_ACCEPT(M_SPACES);
	return count;
}

/* What a space asked for itself. */
static void
take_accepted(int space)
{
	struct notification *msg =
	    (struct notification *)&agents[space].stage->head;
	mach_msg_return_t mr;

	for (;;) {
		mr = act_receive(space, ACCEPT_NAME, 0, sizeof(*msg));
		if (mr == MACH_RCV_TIMED_OUT)
			break;
		CHECK_KR(mr, MACH_MSG_SUCCESS);
		(void)take_due(M_ACCEPT(space), msg->head.msgh_id, msg->word);
	}
	CHECK(!is_due(M_ACCEPT(space)));
}

static void
settle(void)
{
	while (due_here() != 0)
		if (!take_notification(5000))
			test_fail(__FILE__, __LINE__, "notification of ids "
			    "%#x has not come", (unsigned)model.due[0].ids);
	if (take_notification(0))
		test_fail(__FILE__, __LINE__, "one notification too many");
	for (int s = 0; s < M_SPACES; s++)
		if (is_due(M_ACCEPT(s)))
			take_accepted(s);
}

/* ---- choosing ---- */

/* Any entry of a space, one of those of a type if there are some; or NULL. */
static struct m_entry *
choose(int space, mach_port_type_t type)
{
	struct m_entry *entry = NULL;

	for (unsigned i = 0; i < 60; i++) {
		struct m_entry *e = &model.entry[space][below(M_NAMES)];

		if (e->type & type)
			return e;
		if (e->type != 0)
			entry = e;
	}
	return entry;
}

static mach_msg_type_name_t
choose_disposition(const struct m_entry *entry, bool with_receive)
{
	static const mach_msg_type_name_t all[] = { MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    MACH_MSG_TYPE_MOVE_RECEIVE };

	for (unsigned i = 0; i < 40; i++) {
		mach_msg_type_name_t d = all[below(with_receive ? 10 : 9)];

		if (m_copyin_check(entry, d))
			return d;
	}
	return MACH_MSG_TYPE_COPY_SEND;
}

static mach_port_type_t
type_for(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
		return MACH_PORT_TYPE_SEND;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return MACH_PORT_TYPE_SEND_ONCE;
	default:
		return MACH_PORT_TYPE_RECEIVE;
	}
}

/*
 * A name for a right of that disposition, of an entry that may be used once
 * more; now and then a wrong one.
 */
static mach_port_name_t
choose_name(int space, mach_msg_type_name_t disposition, uint8_t *used)
{
	struct m_entry *entry;
	unsigned index;

	if (one_in(20))
		return one_in(2) ? MACH_PORT_NULL : MACH_PORT_DEAD;
	for (unsigned i = 0; i < 20; i++) {
		entry = choose(space, type_for(disposition));
		if (entry == NULL)
			break;
		index = entry - model.entry[space];
		if ((m_copyin_check(entry, disposition) && !used[index]) ||
		    one_in(400)) {
			used[index] = disposition !=
			    MACH_MSG_TYPE_COPY_SEND && disposition !=
			    MACH_MSG_TYPE_MAKE_SEND;
			return entry->name;
		}
	}
	return MACH_PORT_NULL;
}

/* ---- sending ---- */

/* A message as it is to be sent. */
struct plan {
	mach_port_name_t     dest, reply;
	mach_msg_type_name_t dest_type, reply_type;
	mach_port_name_t     name[M_ITEMS][M_ITEM_RIGHTS];
};

static void
plan_header(int space, struct plan *plan)
{
	struct m_entry *dest = choose(space, one_in(2) ?
	    MACH_PORT_TYPE_SEND_RIGHTS : MACH_PORT_TYPE_PORT_RIGHTS);
	struct m_entry *reply = choose(space, MACH_PORT_TYPE_PORT_RIGHTS);

	memset(plan, 0, sizeof(*plan));
	plan->dest_type = MACH_MSG_TYPE_COPY_SEND;
	if (dest != NULL) {
		plan->dest = dest->name;
		plan->dest_type = choose_disposition(dest, false);
	}
	if (one_in(10))
		reply = dest;
	if (reply != NULL && one_in(2)) {
		plan->reply = reply->name;
		plan->reply_type = choose_disposition(reply, false);
	}
}

static void
plan_items(int space, struct plan *plan, struct m_message *message)
{
	uint8_t used[M_NAMES] = { 0 };
	struct m_item *item;
	struct m_entry *entry;

	entry = m_lookup(space, plan->dest);
	if (entry != NULL)
		used[entry - model.entry[space]] = 1;
	message->items = below(M_ITEMS + 1);
	for (unsigned i = 0; i < message->items; i++) {
		item = &message->item[i];
		item->form = below(M_FORMS);
		item->count = 1 + below(M_ITEM_RIGHTS);
		entry = choose(space, one_in(20) ? MACH_PORT_TYPE_DEAD_NAME :
		    MACH_PORT_TYPE_PORT_RIGHTS);
		item->disposition = entry == NULL ? MACH_MSG_TYPE_COPY_SEND :
		    choose_disposition(entry, true);
		if (item->disposition == MACH_MSG_TYPE_MOVE_RECEIVE)
			item->count = 1 + below(2);
		for (unsigned j = 0; j < item->count; j++)
			plan->name[i][j] = choose_name(space,
			    item->disposition, used);
	}
}

/* The descriptor of an item; returns where its data go. */
static uint32_t *
put_type(uint32_t *at, const struct m_item *item)
{
	mach_msg_type_long_t *type = (mach_msg_type_long_t *)at;

	memset(type, 0, sizeof(*type));
	type->msgtl_header.msgt_inline = item->form != M_OUT_OF_LINE;
	if (item->form == M_SHORT) {
		type->msgtl_header.msgt_name = item->disposition;
		type->msgtl_header.msgt_size = 32;
		type->msgtl_header.msgt_number = item->count;
		return at + 1;
	}
	type->msgtl_header.msgt_longform = TRUE;
	type->msgtl_name = item->disposition;
	type->msgtl_size = 32;
	type->msgtl_number = item->count;
	return at + 3;
}

static void
put_message(struct stage *stage, const struct plan *plan,
    const struct m_message *message)
{
	uint32_t *at = stage->body;

	for (unsigned i = 0; i < message->items; i++) {
		const struct m_item *item = &message->item[i];
		size_t size = item->count * sizeof(mach_port_t);

		at = put_type(at, item);
		if (item->form == M_OUT_OF_LINE) {
			memcpy(stage->array[i], plan->name[i], size);
			*at++ = (uint32_t)stage->array[i];
		} else {
			memcpy(at, plan->name[i], size);
			at += item->count;
		}
	}
	stage->head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(plan->dest_type,
		    plan->reply_type) |
		    (message->items != 0 ? MACH_MSGH_BITS_COMPLEX : 0),
		.msgh_remote_port = plan->dest,
		.msgh_local_port = plan->reply,
		.msgh_id = message->id,
	};
	stage->send_size = (char *)at - (char *)&stage->head;
}

static bool
is_make(mach_msg_type_name_t disposition)
{
	return disposition == MACH_MSG_TYPE_MAKE_SEND ||
	    disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

/*
 * One name twice: what one of the two moves must still be there for the
 * other, but for a copy, which is made of the right that moves.
 */
static mach_msg_return_t
take_header_same(int space, const struct plan *plan, struct m_entry *entry,
    struct m_message *message)
{
	mach_msg_type_name_t dest = plan->dest_type, reply = plan->reply_type;
	bool makes = is_make(dest) || is_make(reply);
	bool moves_two = dest == MACH_MSG_TYPE_MOVE_SEND && dest == reply;

	if (!m_copyin_check(entry, reply))
		return MACH_SEND_INVALID_REPLY;
	if (dest == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    reply == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    (moves_two && entry->urefs < 2))
		return MACH_SEND_INVALID_DEST;
	if (!makes && dest != reply)
		dest = MACH_MSG_TYPE_MOVE_SEND;
	if (m_copyin(space, entry, dest, false, &message->dest) !=
	    KERN_SUCCESS)
		return MACH_SEND_INVALID_DEST;
	if (!makes && !moves_two) {
		message->reply = message->dest;
		model.port[message->dest.port].srights++;
		return MACH_MSG_SUCCESS;
	}
	CHECK_KR(m_copyin(space, entry, reply, true, &message->reply),
	    KERN_SUCCESS);
	return MACH_MSG_SUCCESS;
}

/* What the kernel does with the header. */
static mach_msg_return_t
take_header(int space, const struct plan *plan, struct m_message *message)
{
	struct m_entry *dest = m_lookup(space, plan->dest), *reply;

	if (dest == NULL)
		return MACH_SEND_INVALID_DEST;
	reply = m_lookup(space, plan->reply);
	if (dest == reply)
		return take_header_same(space, plan, dest, message);
	if (plan->reply != MACH_PORT_NULL && (reply == NULL ||
	    !m_copyin_check(reply, plan->reply_type)))
		return MACH_SEND_INVALID_REPLY;
	if (m_copyin(space, dest, plan->dest_type, false, &message->dest) !=
	    KERN_SUCCESS)
		return MACH_SEND_INVALID_DEST;
	if (plan->reply != MACH_PORT_NULL)
		CHECK_KR(m_copyin(space, reply, plan->reply_type, true,
		    &message->reply), KERN_SUCCESS);
	return MACH_MSG_SUCCESS;
}

static mach_msg_type_name_t
arriving(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		return MACH_MSG_TYPE_PORT_SEND;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	default:
		return disposition;
	}
}

/* One right of the body; false: there is no such right. */
static bool
take_right(int space, mach_port_name_t name, mach_msg_type_name_t disposition,
    struct m_right *right)
{
	struct m_entry *entry;

	*right = (struct m_right) { M_NONE, arriving(disposition) };
	if (name == MACH_PORT_NULL)
		return true;
	right->port = M_DEAD;
	if (name == MACH_PORT_DEAD)
		return true;
	right->port = M_NONE;
	entry = m_lookup(space, name);
	return entry != NULL && m_copyin(space, entry, disposition, true,
	    right) == KERN_SUCCESS;
}

/* What it does with the body. */
static mach_msg_return_t
take_body(int space, const struct plan *plan, struct m_message *message,
    bool *circular)
{
	for (unsigned i = 0; i < message->items; i++) {
		struct m_item *item = &message->item[i];

		for (unsigned j = 0; j < item->count; j++) {
			struct m_right *right = &item->right[j];

			if (!take_right(space, plan->name[i][j],
			    item->disposition, right)) {
				m_discard(&message->dest);
				m_discard(&message->reply);
				m_message_clean(message, i, j);
				return MACH_SEND_INVALID_RIGHT;
			}
			if (right->type == MACH_MSG_TYPE_PORT_RECEIVE &&
			    right->port >= 0 &&
			    m_circular(right->port, message->dest.port))
				*circular = true;
		}
	}
	return MACH_MSG_SUCCESS;
}

/* A name that came must be the right one; the right is there from now on. */
static void
take_name(int space, const struct m_right *right, mach_port_name_t name)
{
	mach_port_name_t want = m_copyout_name(space, right);

	if (right->port < 0 || want != 0)
		CHECK_EQ(name, want);
	else
		CHECK(MACH_PORT_VALID(name));
	m_copyout(space, right, name);
}

/* The rights of a body that has come to a space. */
static void
take_names(int space, const struct m_message *message)
{
	struct stage *stage = agents[space].stage;
	uint32_t *at = stage->body, *names, *array;
	mach_msg_type_long_t *type;
	unsigned count;

	for (unsigned i = 0; i < message->items; i++) {
		const struct m_item *item = &message->item[i];

		type = (mach_msg_type_long_t *)at;
		names = at + (item->form == M_SHORT ? 1 : 3);
		CHECK_EQ(item->form == M_SHORT ?
		    type->msgtl_header.msgt_name : type->msgtl_name,
		    arriving(item->disposition));
		at = next_item(at, &array, &count);
		CHECK_EQ(count, item->count);
		CHECK_EQ(array != NULL, item->form == M_OUT_OF_LINE);
		if (array != NULL)
			names = stage->got[i];
		for (unsigned j = 0; j < count; j++)
			take_name(space, &item->right[j], names[j]);
	}
}

/* A message that could not be sent is its sender's again. */
static void
take_back(int space, int message)
{
	struct stage *stage = agents[space].stage;
	struct m_message *m = &model.message[message];

	take_name(space, &m->dest, stage->head.msgh_remote_port);
	take_name(space, &m->reply, stage->head.msgh_local_port);
	take_names(space, m);
	m_message_free(message);
}

/* The code of a message that is to be queued beyond the limit. */
static mach_msg_return_t
ask_accepted(int space, struct m_message *message)
{
	struct m_entry *entry = m_reverse(space, message->dest.port);
	unsigned asked = 0;

	for (unsigned i = 0; i < M_MESSAGES; i++)
		asked += model.message[i].used &&
		    model.message[i].accept_space == space;
	if (entry != NULL && entry->accept)
		return MACH_SEND_NOTIFY_IN_PROGRESS;
	if (entry != NULL && asked >= 64)
		return MACH_SEND_NO_NOTIFY;
	if (entry != NULL)
		entry->accept = true;
	message->accept_space = space;
	message->accept_name = entry != NULL ? entry->name : MACH_PORT_NULL;
	return MACH_SEND_WILL_NOTIFY;
}

/* What becomes of a message in the kernel's hands. */
static mach_msg_return_t
deliver(int space, int message, mach_msg_option_t option, bool circular)
{
	struct m_message *m = &model.message[message];
	struct m_port *dest = &model.port[m->dest.port];
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if (m->dest.type == MACH_MSG_TYPE_PORT_SEND &&
	    dest->msgcount >= dest->qlimit)
		mr = (option & MACH_SEND_NOTIFY) ? ask_accepted(space, m) :
		    MACH_SEND_TIMED_OUT;
	if (mr != MACH_MSG_SUCCESS && mr != MACH_SEND_WILL_NOTIFY)
		return mr;
	if (circular)
		m_message_destroy(message);
	else
		m_enqueue(message);
	return mr;
}

/*
 * The same with MACH_SEND_CANCEL: if the right goes, a dead-name request of
 * the space's own goes with it, and nothing is told.
 */
static mach_msg_return_t
take_header_cancelling(int space, const struct plan *plan,
    struct m_message *message)
{
	struct m_entry *dest = m_lookup(space, plan->dest);
	bool asked = dest != NULL && dest->request == M_ACCEPT(space);
	mach_msg_return_t mr;

	if (asked)
		dest->request = MACH_PORT_NULL;
	mr = take_header(space, plan, message);
	if (asked && dest->type != 0)
		dest->request = M_ACCEPT(space);
	return mr;
}

static void
step_send(int space)
{
	struct stage *stage = agents[space].stage;
	int message = m_message_new();
	struct m_message *m = &model.message[message];
	mach_msg_return_t want;
	bool circular = false, taken;
	struct plan plan;

	plan_header(space, &plan);
	plan_items(space, &plan, m);
	m->id = ++last_id;
	put_message(stage, &plan, m);
	stage->option = MACH_SEND_MSG | MACH_SEND_TIMEOUT |
	    (one_in(3) ? MACH_SEND_NOTIFY : 0) |
	    (one_in(3) ? MACH_SEND_CANCEL : 0);
	stage->notify = ACCEPT_NAME;
	want = stage->option & MACH_SEND_CANCEL ?
	    take_header_cancelling(space, &plan, m) :
	    take_header(space, &plan, m);
	if (want == MACH_MSG_SUCCESS)
		want = take_body(space, &plan, m, &circular);
	taken = want == MACH_MSG_SUCCESS;
	if (taken)
		want = deliver(space, message, stage->option, circular);
	CHECK_KR(act(space), want);
	if (!taken)
		m_message_free(message);
	else if (want != MACH_MSG_SUCCESS && want != MACH_SEND_WILL_NOTIFY)
		take_back(space, message);
}

/* ---- receiving ---- */

static mach_msg_size_t
message_size(const struct m_message *message)
{
	mach_msg_size_t size = sizeof(mach_msg_header_t);

	for (unsigned i = 0; i < message->items; i++) {
		size += message->item[i].form == M_SHORT ? 4 : 12;
		size += message->item[i].form == M_OUT_OF_LINE ? 4 :
		    message->item[i].count * 4;
	}
	return size;
}

/* The right that a message was sent to is used up. */
static void
use_up(const struct m_right *dest)
{
	if (dest->type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		model.port[dest->port].sorights--;
	else
		m_due_add(m_take_no_senders(dest->port),
		    M_ID(MACH_NOTIFY_NO_SENDERS),
		    model.port[dest->port].mscount);
}

/* The reply port came under a name that the space did not have. */
static void
ask_for_death(int space, const struct m_right *reply, mach_port_name_t name)
{
	struct m_entry *entry = m_lookup(space, name);

	if (reply->port >= 0 && entry != NULL)
		entry->request = M_ACCEPT(space);
}

static void
take_message(int space, int port, mach_msg_option_t options)
{
	mach_msg_header_t *head = &agents[space].stage->head;
	bool fresh;
	int message = m_dequeue(port);
	struct m_message *m = &model.message[message];

	m_message_done(message);
	CHECK_EQ(head->msgh_id, m->id);
	CHECK_EQ(head->msgh_size, message_size(m));
	CHECK_EQ(head->msgh_seqno, model.port[port].seqno - 1);
	CHECK_EQ(MACH_MSGH_BITS_LOCAL(head->msgh_bits), m->dest.type);
	if (m->reply.port != M_NONE)
		CHECK_EQ(MACH_MSGH_BITS_REMOTE(head->msgh_bits),
		    m->reply.type);
	fresh = m_copyout_name(space, &m->reply) == 0;
	take_name(space, &m->reply, head->msgh_remote_port);
	if ((options & MACH_RCV_NOTIFY) && fresh)
		ask_for_death(space, &m->reply, head->msgh_remote_port);
	use_up(&m->dest);
	take_names(space, m);
	m_message_free(message);
}

/* Only the header came: the rest has been destroyed. */
static void
lose_message(int space, int port)
{
	mach_msg_header_t *head = &agents[space].stage->head;
	int message = m_dequeue(port);
	struct m_message *m = &model.message[message];

	m_message_done(message);
	CHECK_EQ(head->msgh_id, m->id);
	use_up(&m->dest);
	m_discard(&m->reply);
	m_message_clean(m, m->items, 0);
	m_message_free(message);
}

/* Whether the member of a set, or the port itself, may be received from. */
static bool
has_message(int space, const struct m_entry *entry, int port)
{
	struct m_port *p = &model.port[port];

	if (!p->used || p->space != space || p->first == M_NONE)
		return false;
	return entry->type & MACH_PORT_TYPE_PORT_SET ? p->set == entry->name :
	    entry->port == port;
}

static mach_msg_return_t
receive_code(int space, const struct m_entry *entry)
{
	if (!(entry->type & (MACH_PORT_TYPE_RECEIVE |
	    MACH_PORT_TYPE_PORT_SET)))
		return MACH_RCV_INVALID_NAME;
	if ((entry->type & MACH_PORT_TYPE_RECEIVE) &&
	    model.port[entry->port].set != MACH_PORT_NULL)
		return MACH_RCV_IN_SET;
	for (int i = 0; i < M_PORTS; i++)
		if (has_message(space, entry, i))
			return MACH_MSG_SUCCESS;
	return MACH_RCV_TIMED_OUT;
}

/* Where to receive from: mostly where there is something. */
static struct m_entry *
choose_source(int space)
{
	struct m_entry *entry;

	for (unsigned i = 0; i < 8; i++) {
		entry = choose(space, one_in(2) ? MACH_PORT_TYPE_PORT_SET :
		    MACH_PORT_TYPE_RECEIVE);
		if (entry == NULL || one_in(16) ||
		    receive_code(space, entry) == MACH_MSG_SUCCESS)
			break;
	}
	return entry;
}

static void
step_receive(int space)
{
	struct stage *stage = agents[space].stage;
	struct m_entry *entry = choose_source(space), *from;
	mach_msg_option_t options = one_in(4) ? MACH_RCV_NOTIFY : 0;
	mach_msg_size_t size = one_in(10) ? 24 + 4 * below(20) :
	    sizeof(stage->head) + sizeof(stage->body);
	mach_msg_return_t mr, want;

	if (entry == NULL)
		return;
	want = receive_code(space, entry);
	if (one_in(2) && (entry->type & MACH_PORT_TYPE_RECEIVE))
		options |= MACH_RCV_LARGE;
	mr = act_receive(space, entry->name, options, size);
	if (want != MACH_MSG_SUCCESS) {
		CHECK_KR(mr, want);
		return;
	}
	if (options & MACH_RCV_LARGE) {
		struct m_port *p = &model.port[entry->port];
		mach_msg_size_t needs =
		    message_size(&model.message[p->first]);

		if (needs > size) {
			CHECK_KR(mr, MACH_RCV_TOO_LARGE);
			CHECK_EQ(stage->head.msgh_size, needs);
			return;
		}
	}
	from = m_lookup(space, stage->head.msgh_local_port);
	CHECK(from != NULL && (from->type & MACH_PORT_TYPE_RECEIVE));
	CHECK(has_message(space, entry, from->port));
	if (message_size(&model.message[model.port[from->port].first]) <=
	    size) {
		CHECK_KR(mr, MACH_MSG_SUCCESS);
		take_message(space, from->port, options);
	} else {
		CHECK_KR(mr, MACH_RCV_TOO_LARGE);
		lose_message(space, from->port);
	}
}

/* ---- calls on names ---- */

static void
step_allocate(int space)
{
	static const mach_port_right_t kinds[] = { MACH_PORT_RIGHT_RECEIVE,
	    MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
	    MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME };
	mach_port_right_t kind = kinds[below(5)];
	task_t task = agents[space].task;
	mach_port_name_t name = name_of_choice(space);
	struct m_entry *entry;

	if (one_in(2))
		CHECK_KR(mach_port_allocate_name(task, kind, name),
		    KERN_SUCCESS);
	else
		CHECK_KR(mach_port_allocate(task, kind, &name), KERN_SUCCESS);
	if (kind == MACH_PORT_RIGHT_RECEIVE) {
		(void)m_port_new(space, name);
		return;
	}
	entry = m_entry_new(space, name);
	entry->type = MACH_PORT_TYPE(kind);
	entry->urefs = 1;
}

static void
step_destroy(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_ALL_RIGHTS);

	if (entry == NULL)
		return;
	CHECK_KR(mach_port_destroy(agents[space].task, entry->name),
	    KERN_SUCCESS);
	m_destroy(space, entry);
}

static void
step_deallocate(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_SEND_RIGHTS |
	    MACH_PORT_TYPE_DEAD_NAME);
	kern_return_t kr;

	if (entry == NULL)
		return;
	kr = mach_port_deallocate(agents[space].task, entry->name);
	CHECK_KR(kr, m_deallocate(space, entry));
}

static void
step_mod_refs(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_ALL_RIGHTS);
	mach_port_right_t right = below(MACH_PORT_RIGHT_NUMBER);
	int delta = (int)below(7) - 3;
	kern_return_t kr;

	if (entry == NULL)
		return;
	for (unsigned i = 0; i < 8 && !(entry->type & MACH_PORT_TYPE(right));
	    i++)
		right = below(MACH_PORT_RIGHT_NUMBER);
	if (one_in(10))
		delta = M_UREFS_MAX - (int)entry->urefs + (int)below(4) - 2;
	kr = mach_port_mod_refs(agents[space].task, entry->name, right, delta);
	CHECK_KR(kr, m_mod_refs(space, entry, right, delta));
}

static void
step_rename(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_ALL_RIGHTS);
	mach_port_name_t name = name_of_choice(space);

	if (entry == NULL)
		return;
	CHECK_KR(mach_port_rename(agents[space].task, entry->name,
	    entry->name), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_rename(agents[space].task, entry->name, name),
	    KERN_SUCCESS);
	m_rename(space, entry, name);
}

static void
step_move_member(int space)
{
	struct m_entry *member = choose(space, MACH_PORT_TYPE_RECEIVE);
	struct m_entry *set = choose(space, MACH_PORT_TYPE_PORT_SET);
	mach_port_name_t to = MACH_PORT_NULL;
	kern_return_t kr, want = KERN_SUCCESS;
	struct m_port *port;

	if (member == NULL)
		return;
	port = &model.port[member->port];
	if (!one_in(4) && set != NULL)
		to = set->name;
	kr = mach_port_move_member(agents[space].task, member->name, to);
	if (!(member->type & MACH_PORT_TYPE_RECEIVE) ||
	    (to != MACH_PORT_NULL && !(set->type & MACH_PORT_TYPE_PORT_SET)))
		want = KERN_INVALID_RIGHT;
	else if (to == MACH_PORT_NULL && port->set == MACH_PORT_NULL)
		want = KERN_NOT_IN_SET;
	CHECK_KR(kr, want);
	if (want == KERN_SUCCESS)
		port->set = to;
}

static void
step_set_counts(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_RECEIVE);
	task_t task = agents[space].task;
	unsigned count = below(MACH_PORT_QLIMIT_MAX + 1);
	kern_return_t want = KERN_INVALID_RIGHT;

	if (entry == NULL)
		return;
	if (entry->type & MACH_PORT_TYPE_RECEIVE) {
		want = KERN_SUCCESS;
		model.port[entry->port].qlimit = count;
		model.port[entry->port].mscount = count * 1000;
		model.port[entry->port].seqno = count * 100000;
	}
	CHECK_KR(mach_port_set_qlimit(task, entry->name, count), want);
	CHECK_KR(mach_port_set_mscount(task, entry->name, count * 1000),
	    want);
	CHECK_KR(mach_port_set_seqno(task, entry->name, count * 100000),
	    want);
}

/* A name to insert a right under: mostly one that is possible. */
static mach_port_name_t
insertion_name(int space, const struct m_right *right)
{
	mach_port_name_t there = m_copyout_name(space, right);
	struct m_entry *other = choose(space, MACH_PORT_TYPE_ALL_RIGHTS);

	if (there != 0 && !one_in(4))
		return there;
	if (other != NULL && one_in(8))
		return other->name;
	return name_of_choice(space);
}

static kern_return_t
insertion_code(int space, const struct m_right *right, mach_port_name_t name)
{
	mach_port_name_t there = m_copyout_name(space, right);
	struct m_entry *entry = m_lookup(space, name);

	if (there == 0)
		return entry == NULL ? KERN_SUCCESS : KERN_NAME_EXISTS;
	if (there != name)
		return KERN_RIGHT_EXISTS;
	return right->type == MACH_MSG_TYPE_PORT_SEND &&
	    (entry->type & MACH_PORT_TYPE_SEND) &&
	    entry->urefs == M_UREFS_MAX ? KERN_UREFS_OVERFLOW : KERN_SUCCESS;
}

/* From one space to another through this task. */
static void
step_transfer(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_PORT_RIGHTS);
	int to = (int)below(M_SPACES);
	mach_msg_type_name_t disposition, kind;
	mach_port_name_t name;
	struct m_right right;
	mach_port_t here;
	kern_return_t kr;

	if (entry == NULL)
		return;
	disposition = choose_disposition(entry, true);
	name = entry->name;
	kr = m_copyin(space, entry, disposition, true, &right);
	CHECK_KR(mach_port_extract_right(agents[space].task, name,
	    disposition, &here, &kind), kr);
	if (kr != KERN_SUCCESS)
		return;
	CHECK_EQ(kind, right.type);
	if (right.port == M_DEAD) {
		CHECK_EQ(here, MACH_PORT_DEAD);
		return;
	}
	name = insertion_name(to, &right);
	kr = insertion_code(to, &right, name);
	CHECK_KR(mach_port_insert_right(agents[to].task, name, here,
	    right.type), kr);
	if (kr == KERN_SUCCESS)
		m_copyout(to, &right, name);
	else
		m_discard(&right);
}

/* ---- requests ---- */

static mach_port_t
new_notify_port(void)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	CHECK_KR(mach_port_move_member(SELF, port, notify_set), KERN_SUCCESS);
	return port;
}

/* What a request for no senders must come to; *previous is the old one. */
static kern_return_t
ask_no_senders(struct m_entry *entry, mach_port_mscount_t sync,
    mach_port_t notify, mach_port_t *previous)
{
	struct m_port *port = &model.port[entry->port];

	if (!(entry->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	*previous = port->no_senders;
	port->no_senders = notify;
	if (notify != MACH_PORT_NULL && port->srights == 0 &&
	    sync <= port->mscount) {
		port->no_senders = MACH_PORT_NULL;
		m_due_add(notify, M_ID(MACH_NOTIFY_NO_SENDERS),
		    port->mscount);
	}
	return KERN_SUCCESS;
}

static kern_return_t
ask_destroyed(struct m_entry *entry, mach_port_mscount_t sync,
    mach_port_t notify, mach_port_t *previous)
{
	struct m_port *port = &model.port[entry->port];

	if (sync != 0)
		return KERN_INVALID_VALUE;
	if (!(entry->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	*previous = port->destroyed;
	port->destroyed = notify;
	return KERN_SUCCESS;
}

static kern_return_t
ask_dead_name(struct m_entry *entry, mach_port_mscount_t sync,
    mach_port_t notify, mach_port_t *previous)
{
	if (entry->type & MACH_PORT_TYPE_PORT_RIGHTS) {
		*previous = entry->request;
		entry->request = notify;
		return KERN_SUCCESS;
	}
	if (entry->type & MACH_PORT_TYPE_PORT_SET)
		return KERN_INVALID_RIGHT;
	if (sync == 0 || notify == MACH_PORT_NULL)
		return KERN_INVALID_ARGUMENT;
	if (entry->urefs > M_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	entry->urefs++;
	m_due_add(notify, M_ID(MACH_NOTIFY_DEAD_NAME), entry->name);
	return KERN_SUCCESS;
}

static void
step_request(int space)
{
	static const struct {
		mach_msg_id_t id;
		kern_return_t (*ask)(struct m_entry *entry,
				  mach_port_mscount_t sync,
				  mach_port_t notify, mach_port_t *previous);
	} kinds[] = {
		{ MACH_NOTIFY_NO_SENDERS, ask_no_senders },
		{ MACH_NOTIFY_PORT_DESTROYED, ask_destroyed },
		{ MACH_NOTIFY_DEAD_NAME, ask_dead_name },
		{ MACH_NOTIFY_DEAD_NAME, ask_dead_name },
	};
	unsigned kind = below(4);
	struct m_entry *entry = choose(space, kind < 2 ?
	    MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_PORT_OR_DEAD);
	mach_port_mscount_t sync = below(3);
	mach_port_t notify = MACH_PORT_NULL, old = MACH_PORT_NULL;
	mach_port_t previous = MACH_PORT_NULL;
	kern_return_t want;

	if (entry == NULL)
		return;
	if (!one_in(8))
		notify = new_notify_port();
	want = kinds[kind].ask(entry, sync, notify, &old);
	CHECK_KR(mach_port_request_notification(agents[space].task,
	    entry->name, kinds[kind].id, sync, notify,
	    notify != MACH_PORT_NULL ? MACH_MSG_TYPE_MAKE_SEND_ONCE :
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous), want);
	if (want != KERN_SUCCESS) {
		m_due_add(notify, M_ID(MACH_NOTIFY_SEND_ONCE), 0);
		return;
	}
	CHECK_EQ(previous != MACH_PORT_NULL, old != MACH_PORT_NULL);
	if (old != MACH_PORT_NULL) {
		CHECK_KR(mach_port_deallocate(SELF, previous), KERN_SUCCESS);
		m_due_add(old, M_ID(MACH_NOTIFY_SEND_ONCE), 0);
	}
}

/* ---- ends ---- */

static void
step_end(int space)
{
	struct agent *agent = &agents[space];

	take_accepted(space);
	CHECK_KR(task_terminate(agent->task), KERN_SUCCESS);
	m_space_destroy(space);
	CHECK_KR(mach_port_deallocate(SELF, agent->task), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, agent->command), KERN_SUCCESS);
	agent_start(space);
}

/* ---- looking at all ---- */

static void
check_port(task_t task, const struct m_entry *entry)
{
	struct m_port *port = &model.port[entry->port];
	struct mach_port_status status;
	mach_port_rights_t srights;

	CHECK_KR(mach_port_get_receive_status(task, entry->name, &status),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_get_srights(task, entry->name, &srights),
	    KERN_SUCCESS);
	CHECK_EQ(status.mps_pset, port->set);
	CHECK_EQ(status.mps_seqno, port->seqno);
	CHECK_EQ(status.mps_mscount, port->mscount);
	CHECK_EQ(status.mps_qlimit, port->qlimit);
	CHECK_EQ(status.mps_msgcount, port->msgcount);
	CHECK_EQ(status.mps_sorights, port->sorights);
	CHECK_EQ(status.mps_srights, port->srights > 0);
	CHECK_EQ(srights, port->srights);
	CHECK_EQ(status.mps_pdrequest, port->destroyed != MACH_PORT_NULL);
	CHECK_EQ(status.mps_nsrequest, port->no_senders != MACH_PORT_NULL);
}

static void
check_set(int space, const struct m_entry *entry)
{
	mach_port_name_array_t members;
	mach_msg_type_number_t count;
	unsigned want = 0;
	struct m_entry *member;

	CHECK_KR(mach_port_get_set_status(agents[space].task, entry->name,
	    &members, &count), KERN_SUCCESS);
	for (unsigned i = 0; i < M_PORTS; i++)
		want += model.port[i].used && model.port[i].space == space &&
		    model.port[i].set == entry->name;
	CHECK_EQ(count, want);
	for (unsigned i = 0; i < count; i++) {
		member = m_lookup(space, members[i]);
		CHECK(member != NULL);
		CHECK(model.port[member->port].set == entry->name);
	}
	if (count != 0)
		CHECK_KR(vm_deallocate(SELF, (vm_address_t)members,
		    count * sizeof(*members)), KERN_SUCCESS);
}

static void
check_entry(int space, const struct m_entry *entry, mach_port_type_t type)
{
	task_t task = agents[space].task;
	mach_port_urefs_t urefs;
	mach_port_right_t right;

	CHECK_EQ(type, entry->type |
	    (entry->request != MACH_PORT_NULL ? MACH_PORT_TYPE_DNREQUEST : 0) |
	    (entry->accept ? MACH_PORT_TYPE_MAREQUEST : 0));
	for (right = 0; right < MACH_PORT_RIGHT_NUMBER; right++) {
		CHECK_KR(mach_port_get_refs(task, entry->name, right, &urefs),
		    KERN_SUCCESS);
		if (!(entry->type & MACH_PORT_TYPE(right)))
			CHECK_EQ(urefs, 0);
		else if (right == MACH_PORT_RIGHT_SEND ||
		    right == MACH_PORT_RIGHT_DEAD_NAME)
			CHECK_EQ(urefs, entry->urefs);
		else
			CHECK_EQ(urefs, 1);
	}
	if (entry->type & MACH_PORT_TYPE_RECEIVE)
		check_port(task, entry);
	if (entry->type & MACH_PORT_TYPE_PORT_SET)
		check_set(space, entry);
}

static void
check_space(int space)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	struct m_entry *entry;

	CHECK_KR(mach_port_names(agents[space].task, &names, &count, &types,
	    &type_count), KERN_SUCCESS);
	CHECK_EQ(count, model.names[space] + AGENT_NAMES);
	for (unsigned i = 0; i < count; i++) {
		if (names[i] == COMMAND_NAME || names[i] == ACCEPT_NAME)
			continue;
		entry = m_lookup(space, names[i]);
		if (entry == NULL)
			test_fail(__FILE__, __LINE__, "name %#lx is not in "
			    "the model", (unsigned long)names[i]);
		check_entry(space, entry, types[i]);
	}
	CHECK_KR(vm_deallocate(SELF, (vm_address_t)names,
	    count * sizeof(*names)), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(SELF, (vm_address_t)types,
	    count * sizeof(*types)), KERN_SUCCESS);
}

static void
check_all(void)
{
	for (int s = 0; s < M_SPACES; s++) {
		take_accepted(s);
		check_space(s);
	}
}

/* ---- all together ---- */

/* How often each step comes, of 100. */
static const struct {
	unsigned share;
	void	 (*step)(int space);
} steps[] = {
	{ 38, step_send }, { 16, step_receive }, { 9, step_allocate },
	{ 10, step_transfer }, { 7, step_request }, { 5, step_move_member },
	{ 5, step_deallocate }, { 4, step_mod_refs }, { 2, step_rename },
	{ 2, step_set_counts }, { 2, step_destroy },
};

/* A space is full: a dead name goes, if there is one. */
static void
give_up_one(int space)
{
	struct m_entry *entry = choose(space, MACH_PORT_TYPE_DEAD_NAME);

	if (!(entry->type & MACH_PORT_TYPE_DEAD_NAME)) {
		step_destroy(space);
		return;
	}
	CHECK_KR(mach_port_mod_refs(agents[space].task, entry->name,
	    MACH_PORT_RIGHT_DEAD_NAME, -(int)entry->urefs), KERN_SUCCESS);
	CHECK_KR(m_mod_refs(space, entry, MACH_PORT_RIGHT_DEAD_NAME,
	    -(int)entry->urefs), KERN_SUCCESS);
}

static void
random_step(void)
{
	int space = (int)below(M_SPACES);
	uint32_t at = below(100);
	unsigned i = 0;

	if (model.names[space] > NAMES_WANTED) {
		give_up_one(space);
		return;
	}
	if (model.names[space] < NAMES_LEAST) {
		step_allocate(space);
		return;
	}
	while (at >= steps[i].share)
		at -= steps[i++].share;
	steps[i].step(space);
}

TEST_LIMIT(ipc_rights_follow_the_model, 60)
{
	unsigned count = test_number("--steps=", STEPS);

	seed = test_number("--seed=", 1);
	test_note("seed %lu", (unsigned long)seed);
	memset(&model, 0, sizeof(model));
	reply_port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	notify_set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	for (int s = 0; s < M_SPACES; s++)
		agent_start(s);
	for (unsigned i = 1; i <= count; i++) {
		random_step();
		settle();
		if (i % END_STEPS == 0) {
			step_end((int)below(M_SPACES));
			settle();
		}
		if (i % CHECK_STEPS == 0)
			check_all();
	}
	CHECK(model.transfers > 2 * count);
}
