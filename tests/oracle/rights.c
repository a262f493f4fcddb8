/*
 * tests/oracle/rights.c - the calls on rights in three spaces.
 */
#include <mach_debug/mach_debug.h>

#include "differences.h"
#include "oracle.h"

static int space;		/* of the operation, its task and letter */
static task_t task;
static char letter;

static const mach_port_right_t some_rights[] = {
	MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
	MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_PORT_SET,
	MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME,
	MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
	MACH_PORT_RIGHT_SEND, MACH_PORT_RIGHT_SEND_ONCE,
	MACH_PORT_RIGHT_NUMBER, ~0u
};
static const uint32_t some_counts[] = {
	0, 1, 2, 3, 5, 15, 16, 17, 1000, 0x7fffffff, 0x80000000, ~0u
};

static const char *
label(mach_port_t name)
{
	return name_known(space, name);
}

static void
allocate(void)
{
	mach_port_right_t right = DRAW_OF(some_rights);
	mach_port_t name = MACH_PORT_NULL;
	kern_return_t kr;
	bool trap = one_in(3);

	if (names_crowded(space))
		right = MACH_PORT_RIGHT_SEND;
	say("allocate%s %c right %d", trap ? " trap" : "", letter, (int)right);
	if (trap && space == 0)
		kr = syscall_mach_port_allocate(task, right, &name);
	else
		kr = mach_port_allocate(task, right, &name);
	say(" -> %d", kr);
	if (kr == KERN_SUCCESS)
		say(" %s", name_label(space, name));
}

static void
allocate_name(void)
{
	mach_port_right_t right = DRAW_OF(some_rights);
	mach_port_t name = name_draw_new(space);
	kern_return_t kr;
	bool trap = one_in(3);

	say("allocate_name%s %c right %d %s", trap ? " trap" : "", letter,
	    (int)right, label(name));
	if (trap && space == 0)
		kr = syscall_mach_port_allocate_name(task, right, name);
	else
		kr = mach_port_allocate_name(task, right, name);
	say(" -> %d", kr);
	if (kr == KERN_SUCCESS)
		say(" %s", name_label(space, name));
}

static void
rename_one(void)
{
	mach_port_t from = name_draw_victim(space, ~0u);
	mach_port_t to = name_draw_new(space);
	kern_return_t kr;

	say("rename %s %s", label(from), label(to));
	kr = mach_port_rename(task, from, to);
	say(" -> %d", kr);
	if (kr == KERN_SUCCESS)
		name_change(space, from, to);
}

static void
destroy(void)
{
	mach_port_t name = name_draw_victim(space, ~0u);

	say("destroy %s -> %d", label(name), mach_port_destroy(task, name));
}

static void
deallocate(void)
{
	mach_port_t name = name_draw_victim(space,
	    MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_DEAD_NAME);
	bool trap = one_in(3);

	say("deallocate%s %s -> %d", trap ? " trap" : "", label(name),
	    trap && space == 0 ? syscall_mach_port_deallocate(task, name) :
	    mach_port_deallocate(task, name));
}

/* kept-sends: whether a port-destroyed request would keep the port. */
static bool
sends_are_kept(mach_port_t name, mach_port_right_t right)
{
	mach_port_type_t type = 0;
	mach_port_status_t s;

	return right == MACH_PORT_RIGHT_RECEIVE &&
	    mach_port_type(task, name, &type) == KERN_SUCCESS &&
	    (type & DIFFERENCE_KEPT_SENDS) == DIFFERENCE_KEPT_SENDS &&
	    mach_port_get_receive_status(task, name, &s) == KERN_SUCCESS &&
	    s.mps_pdrequest;
}

static void
mod_refs(void)
{
	static const mach_port_delta_t odd[] = {
		65533, 65534, 65535, 65536, -65534, 0x7fffffff,
		(int)0x80000000, 0
	};
	mach_port_right_t right = draw(6);
	mach_port_t name = name_draw_victim(space,
	    right < MACH_PORT_RIGHT_NUMBER ? MACH_PORT_TYPE(right) : ~0u);
	mach_port_delta_t delta = (int)draw(6) - 2;

	if (one_in(8))
		delta = DRAW_OF(odd);
	if (sends_are_kept(name, right))
		delta = 0;
	say("mod_refs %s right %d by %d -> %d", label(name), (int)right,
	    (int)delta, mach_port_mod_refs(task, name, right, delta));
}

static void
get_refs(void)
{
	mach_port_right_t right = draw(7);
	mach_port_t name = name_draw(space, ~0u);
	mach_port_urefs_t refs = 0;

	say("get_refs %s right %d", label(name), (int)right);
	say(" -> %d", mach_port_get_refs(task, name, right, &refs));
	say(" %d", (int)refs);
}

static void
set_number(void)
{
	static const struct {
		const char	*name;
		kern_return_t	(*call)(mach_port_t, mach_port_name_t, unsigned);
	} calls[] = {
		{ "set_qlimit", mach_port_set_qlimit },
		{ "set_qlimit", mach_port_set_qlimit },
		{ "set_mscount", mach_port_set_mscount },
		{ "set_seqno", (void *)mach_port_set_seqno },
		{ "set_payload", (void *)mach_port_set_protected_payload },
	};
	unsigned which = draw(COUNT(calls));
	mach_port_t name = name_draw(space, MACH_PORT_TYPE_RECEIVE);
	uint32_t number = one_in(3) ? DRAW_OF(some_counts) : draw(4);

	say("%s %s %#x -> %d", calls[which].name, label(name),
	    (unsigned)number, calls[which].call(task, name, number));
}

static void
clear_payload(void)
{
	mach_port_t name = name_draw(space, MACH_PORT_TYPE_RECEIVE);

	say("clear_payload %s -> %d", label(name),
	    mach_port_clear_protected_payload(task, name));
}

static void
move_member(void)
{
	mach_port_t member = name_draw(space, MACH_PORT_TYPE_RECEIVE);
	mach_port_t after = name_draw(space, MACH_PORT_TYPE_PORT_SET);

	say("move_member %s %s -> %d", label(member), label(after),
	    mach_port_move_member(task, member, after));
}

/* The names of a set, in the order in which the round has seen them. */
static void
say_members(const mach_port_t *members, unsigned count)
{
	for (unsigned i = 0; i < names_count(space); i++)
		for (unsigned j = 0; j < count; j++)
			if (members[j] == name_at(space, i))
				say(" %s", label(members[j]));
}

static void
get_set_status(void)
{
	mach_port_t name = name_draw(space, MACH_PORT_TYPE_PORT_SET);
	mach_port_t *members;
	mach_msg_type_number_t count = 0;
	kern_return_t kr;

	say("get_set_status %s", label(name));
	kr = mach_port_get_set_status(task, name, &members, &count);
	say(" -> %d", kr);
	if (kr != KERN_SUCCESS)
		return;
	say(" %u:", (unsigned)count);
	say_members(members, count);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)members,
	    count * sizeof(members[0]));
}

static void
say_status(mach_port_t name)
{
	mach_port_status_t s;
	kern_return_t kr = mach_port_get_receive_status(task, name, &s);

	if (kr != KERN_SUCCESS) {
		say(" -> %d", kr);
		return;
	}
	say(" in %s seqno %u ms %u q %u/%u so %u s %d pd %d ns %d",
	    label(s.mps_pset), (unsigned)s.mps_seqno, s.mps_mscount,
	    s.mps_msgcount, s.mps_qlimit, s.mps_sorights, s.mps_srights,
	    s.mps_pdrequest, s.mps_nsrequest);
}

static void
get_receive_status(void)
{
	mach_port_t name = name_draw(space, ~0u);

	say("get_receive_status %s", label(name));
	say_status(name);
}

static void
type(void)
{
	mach_port_t name = name_draw(space, ~0u);
	mach_port_type_t bits = 0;

	say("type %s", label(name));
	say(" -> %d", mach_port_type(task, name, &bits));
	say(" %#x", (unsigned)bits);
}

/*
 * The right that a notification is to be sent with: in *name and returned how
 * it travels.
 */
static mach_msg_type_name_t
draw_notify(mach_msg_id_t id, mach_port_t *name)
{
	*name = notices_port(space, id);
	switch (draw(12)) {
	case 0:
		*name = MACH_PORT_NULL;
		return MACH_MSG_TYPE_MAKE_SEND_ONCE;
	case 1:
		*name = MACH_PORT_DEAD;
		return MACH_MSG_TYPE_MOVE_SEND_ONCE;
	case 2:
	case 3:
		*name = name_draw_victim(0, MACH_PORT_TYPE_RECEIVE);
		return MACH_MSG_TYPE_MAKE_SEND_ONCE;
	case 4:
		*name = name_draw_victim(0, MACH_PORT_TYPE_SEND_ONCE);
		return MACH_MSG_TYPE_MOVE_SEND_ONCE;
	case 5:
		return MACH_MSG_TYPE_MAKE_SEND;
	}
	return MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

static void
request_notification(void)
{
	static const mach_msg_id_t ids[] = {
		65, 69, 70, 70, 72, 72, 72, 66, 71, 0
	};
	static const mach_port_mscount_t syncs[] = { 0, 0, 0, 1, 2, 5, ~0u };
	mach_msg_id_t id = DRAW_OF(ids);
	mach_port_mscount_t sync = DRAW_OF(syncs);
	mach_port_t name = name_draw_victim(space, id < 71 ?
	    MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_PORT_OR_DEAD);
	mach_port_t notify, previous = MACH_PORT_NULL;
	mach_msg_type_name_t how = draw_notify(id, &notify);
	kern_return_t kr;

	say("request_notification %s id %d sync %d to %s as %u", label(name),
	    (int)id, (int)sync, notify == notices_port(space, id) ?
	    "us" : name_known(0, notify), how);
	kr = mach_port_request_notification(task, name, id, sync, notify, how,
	    &previous);
	say(" -> %#x", (unsigned)kr);
	if (kr != KERN_SUCCESS)
		return;
	say(" %s", previous == MACH_PORT_NULL ? "0" :
	    previous == MACH_PORT_DEAD ? "-1" : "previous");
	if (MACH_PORT_VALID(previous))
		(void)mach_port_deallocate(mach_task_self(), previous);
}

static void
insert_right(void)
{
	mach_msg_type_name_t how = 15 + draw(9);
	mach_port_t name = name_draw_new(space);
	mach_port_t right;
	kern_return_t kr;
	bool trap = one_in(4);

	right = how >= MACH_MSG_TYPE_COPY_SEND || how < 16 ?
	    name_draw(0, how == MACH_MSG_TYPE_COPY_SEND ?
	    MACH_PORT_TYPE_SEND : MACH_PORT_TYPE_RECEIVE) :
	    name_draw_victim(0, how == MACH_MSG_TYPE_MOVE_RECEIVE ?
	    MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_SEND_RIGHTS);
	if (space == 0 && one_in(3))
		name = right;
	say("insert_right%s %c %s %s as %u", trap ? " trap" : "", letter,
	    label(name), name_known(0, right), how);
	if (trap && space == 0)
		kr = syscall_mach_port_insert_right(task, name, right, how);
	else
		kr = mach_port_insert_right(task, name, right, how);
	say(" -> %#x", (unsigned)kr);
	if (kr == KERN_SUCCESS)
		say(" %s", name_label(space, name));
}

static void
extract_right(void)
{
	static const mach_port_type_t fit[] = {
		MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_SEND,
		MACH_PORT_TYPE_SEND_ONCE, MACH_PORT_TYPE_SEND,
		MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_RECEIVE
	};
	mach_msg_type_name_t how = 15 + draw(9), what = 0;
	mach_port_t name = name_draw_victim(space,
	    how - 16 < COUNT(fit) ? fit[how - 16] : ~0u);
	mach_port_t right = MACH_PORT_NULL;
	kern_return_t kr;

	if (names_crowded(0))
		how = 15;
	say("extract_right %s as %u", label(name), how);
	kr = mach_port_extract_right(task, name, how, &right, &what);
	say(" -> %d", kr);
	if (kr != KERN_SUCCESS)
		return;
	say_line();
	notices_named();
	if (space == 0)
		names_take(0, &name, 1);
	say("   %s %u", name_label(0, right), what);
	if (space == 0)
		names_return(0, &name, 1);
}

/* How many names there are that the round has not seen. */
static void
names(void)
{
	mach_port_t *all;
	mach_port_type_t *types;
	mach_msg_type_number_t count = 0, types_count = 0;
	kern_return_t kr = mach_port_names(task, &all, &count, &types,
	    &types_count);
	unsigned unseen = 0;

	say("names %c -> %d", letter, kr);
	if (kr != KERN_SUCCESS)
		return;
	for (unsigned i = 0; i < count; i++) {
		if (!name_is_seen(space, all[i]))
			unseen++;
		else if (types[i] != name_type(space, all[i]) &&
		    !name_is_kept(space, all[i]))
			say(" differ %s %#x", label(all[i]),
			    (unsigned)types[i]);
	}
	say(" %u others", unseen);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)all,
	    count * sizeof(all[0]));
	(void)vm_deallocate(mach_task_self(), (vm_address_t)types,
	    count * sizeof(types[0]));
}

static void
send_one(void)
{
	message_send(space);
}

static void
receive_one(void)
{
	message_receive(space);
}

/* A child that ends, and another in its place. */
static void
start_child(int which)
{
	static const char *const label_of[] = { "self", "B", "C" };

	child_start(which);
	names_begin(which);
	name_keep(0, child_task[which], label_of[which]);
}

static void
end_child(int which)
{
	mach_port_t name = child_task[which];

	child_end(which);
	name_release(0, name);
}

static void
replace_child(void)
{
	int which = 1 + draw(SPACES - 1);

	if (!one_in(4)) {
		names();
		return;
	}
	say("end of %c", 'a' + which);
	end_child(which);
	names_sweep(0);
	start_child(which);
}

static const struct operation operations[] = {
	{ 10, allocate }, { 3, allocate_name }, { 3, rename_one },
	{ 3, destroy }, { 5, deallocate }, { 5, mod_refs }, { 1, get_refs },
	{ 5, set_number }, { 1, clear_payload }, { 6, move_member },
	{ 2, get_set_status }, { 1, get_receive_status }, { 1, type },
	{ 8, request_notification }, { 10, insert_right },
	{ 7, extract_right }, { 1, names }, { 18, send_one },
	{ 13, receive_one }, { 1, replace_child },
};

static void
choose_space(int which)
{
	space = which;
	task = child_task[which];
	letter = 'a' + which;
}

static void
operate(void)
{
	choose_space(one_in(2) ? 0 : draw(SPACES));
	draw_operation(operations, COUNT(operations));
	say_line();
	notices_named();
	for (int i = 0; i < SPACES; i++)
		names_sweep(i);
	notices_bringing();
}

static void
say_right(mach_port_t name, mach_port_type_t bits)
{
	mach_port_urefs_t refs;
	mach_port_rights_t rights = 0;

	say("   %s %#x", label(name), (unsigned)bits);
	for (mach_port_right_t r = 0; r < MACH_PORT_RIGHT_NUMBER; r++) {
		if ((bits & MACH_PORT_TYPE(r)) == 0)
			continue;
		refs = 0;
		(void)mach_port_get_refs(task, name, r, &refs);
		say(" %u", (unsigned)refs);
	}
	if (bits & MACH_PORT_TYPE_RECEIVE) {
		say_status(name);
		(void)mach_port_get_srights(task, name, &rights);
		say(" srights %u", (unsigned)rights);
	}
	say_line();
}

static void
show(void)
{
	for (int i = 0; i < SPACES; i++) {
		choose_space(i);
		for (unsigned j = 0; j < names_count(i); j++)
			if (!name_is_kept(i, name_at(i, j)))
				say_right(name_at(i, j), name_type_at(i, j));
	}
}

static void
begin(void)
{
	names_begin(0);
	notices_begin();
	for (int i = 1; i < SPACES; i++)
		start_child(i);
	name_keep(0, mach_host_self(), "host");
	messages_begin();
}

static void
finish(void)
{
	mach_port_t self = mach_task_self();

	for (int i = 1; i < SPACES; i++)
		end_child(i);
	for (unsigned i = 0; i < names_count(0); i++)
		if (!name_is_kept(0, name_at(0, i)))
			(void)mach_port_destroy(self, name_at(0, i));
	notices_end();
	choose_space(0);
	names_begin(0);
	names();
	say_line();
}

const struct part rights_part = { "rights", begin, operate, show, finish };
