/*
 * tests/ipc_port.c - names and rights: the mach_port calls, their traps, and
 * notifications.
 */
#include <string.h>

#include <mach/mach_thread.h>

#include "rights.h"

#define SELF		mach_task_self()
#define NOT_A_NAME	((mach_port_name_t)0x654321)
#define UREFS_MAX	65535

/* ---- names ---- */

TEST(ipc_port_names_of_a_new_task_are_small)
{
	mach_port_name_t name;
	task_t task;

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	for (mach_port_name_t i = 1; i <= 8; i++) {
		CHECK_KR(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE,
		    &name), KERN_SUCCESS);
		CHECK_EQ(name, i);
	}
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(ipc_port_stale_name_means_no_new_port)
{
	mach_port_t old = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	destroy_right(old);
	for (unsigned i = 0; i < 10; i++)
		CHECK(right_allocate(MACH_PORT_RIGHT_RECEIVE) != old);
	CHECK_EQ(right_type(old), 0);
}

TEST(ipc_port_allocate_makes_each_right)
{
	mach_port_t name;

	name = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_EQ(right_type(name), MACH_PORT_TYPE_RECEIVE);
	name = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	CHECK_EQ(right_type(name), MACH_PORT_TYPE_PORT_SET);
	name = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	CHECK_EQ(right_type(name), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(right_refs(name, MACH_PORT_RIGHT_DEAD_NAME), 1);
}

TEST(ipc_port_allocate_refuses_other_rights)
{
	static const mach_port_right_t wrong[] = { MACH_PORT_RIGHT_SEND,
	    MACH_PORT_RIGHT_SEND_ONCE, MACH_PORT_RIGHT_NUMBER, ~0u };
	mach_port_t name;

	for (unsigned i = 0; i < 4; i++) {
		CHECK_KR(mach_port_allocate(SELF, wrong[i], &name),
		    KERN_INVALID_VALUE);
		CHECK_KR(mach_port_allocate_name(SELF, wrong[i], 0x1234),
		    KERN_INVALID_VALUE);
	}
	CHECK_KR(mach_port_allocate(mach_thread_self(),
	    MACH_PORT_RIGHT_RECEIVE, &name), KERN_INVALID_TASK);
	CHECK_KR(mach_port_allocate(MACH_PORT_NULL, MACH_PORT_RIGHT_RECEIVE,
	    &name), MACH_SEND_INVALID_DEST);
}

TEST(ipc_port_allocate_name_takes_any_free_name)
{
	static const mach_port_name_t names[] = { 0x1234, 0x80000000,
	    0xfffffffe, 0x00ffffff, 0x01000000, 500 };

	for (unsigned i = 0; i < 6; i++) {
		CHECK_KR(mach_port_allocate_name(SELF,
		    MACH_PORT_RIGHT_RECEIVE, names[i]), KERN_SUCCESS);
		CHECK_EQ(right_type(names[i]), MACH_PORT_TYPE_RECEIVE);
		CHECK_KR(mach_port_allocate_name(SELF,
		    MACH_PORT_RIGHT_PORT_SET, names[i]), KERN_NAME_EXISTS);
	}
	CHECK_KR(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_DEAD_NAME, 501),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_PORT_SET, 502),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE,
	    MACH_PORT_NULL), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE,
	    MACH_PORT_DEAD), KERN_INVALID_VALUE);
	for (unsigned i = 0; i < 6; i++) {
		destroy_right(names[i]);
		CHECK_EQ(right_type(names[i]), 0);
	}
}

static bool
listed(const mach_port_name_t *names, unsigned count, mach_port_name_t name)
{
	for (unsigned i = 0; i < count; i++)
		if (names[i] == name)
			return true;
	return false;
}

TEST(ipc_port_names_lists_all_with_types)
{
	mach_port_t port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;

	CHECK_KR(mach_port_names(SELF, &names, &count, &types, &type_count),
	    KERN_SUCCESS);
	CHECK_EQ(count, type_count);
	CHECK(listed(names, count, port));
	CHECK(listed(names, count, set));
	CHECK(listed(names, count, TEST_REPORT_PORT));
	for (unsigned i = 0; i < count; i++)
		CHECK_EQ(types[i] & ~MACH_PORT_TYPE_MAREQUEST,
		    right_type(names[i]));
	CHECK_KR(mach_port_names(mach_thread_self(), &names, &count, &types,
	    &type_count), KERN_INVALID_TASK);
}

TEST(ipc_port_names_of_a_task_with_thousands)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	static mach_port_t ports[3000];

	for (unsigned i = 0; i < 3000; i++)
		ports[i] = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	CHECK_KR(mach_port_names(SELF, &names, &count, &types, &type_count),
	    KERN_SUCCESS);
	CHECK(count >= 3000);
	CHECK_EQ(count, type_count);
	for (unsigned i = 0; i < 3000; i += 97)
		CHECK(listed(names, count, ports[i]));
	for (unsigned i = 0; i < 3000; i++)
		destroy_right(ports[i]);
}

TEST(ipc_port_type_tells_rights)
{
	mach_port_type_t type;
	mach_port_t port = test_port();

	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_EQ(right_type(send_once_right(port)), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_EQ(right_type(SELF), MACH_PORT_TYPE_SEND);
	CHECK_KR(mach_port_type(SELF, NOT_A_NAME, &type), KERN_INVALID_NAME);
	CHECK_KR(mach_port_type(SELF, MACH_PORT_NULL, &type),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_type(SELF, MACH_PORT_DEAD, &type),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_type(mach_host_self(), port, &type),
	    KERN_INVALID_TASK);
}

TEST(ipc_port_rename_keeps_the_rights)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_rename(SELF, port, 0x4321), KERN_SUCCESS);
	CHECK_EQ(right_type(port), 0);
	CHECK_EQ(right_type(0x4321), MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_KR(send_empty(0x4321, 5), MACH_MSG_SUCCESS);
	CHECK_EQ(receive_empty(0x4321), 5);
	CHECK_KR(mach_port_rename(SELF, mach_host_self(), 0x4322),
	    KERN_SUCCESS);
	CHECK_EQ((mach_host_self)(), 0x4322);
}

TEST(ipc_port_rename_refuses_bad_names)
{
	mach_port_t port = test_port(), other = test_port();

	CHECK_KR(mach_port_rename(SELF, NOT_A_NAME, 0x4321),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_rename(SELF, port, other), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_rename(SELF, port, port), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_rename(SELF, port, MACH_PORT_NULL),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_rename(SELF, port, MACH_PORT_DEAD),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_rename(mach_thread_self(), port, 0x4321),
	    KERN_INVALID_TASK);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
}

TEST(ipc_port_rename_keeps_requests_and_membership)
{
	mach_port_t notify = test_port(), port = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	CHECK_KR(mach_port_rename(SELF, port, 0x4321), KERN_SUCCESS);
	CHECK_KR(mach_port_rename(SELF, set, 0x4322), KERN_SUCCESS);
	CHECK_EQ(receive_status(0x4321).mps_pset, 0x4322);
	CHECK_EQ(right_type(0x4321),
	    MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
	CHECK_KR(mach_port_mod_refs(SELF, 0x4321, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, 0x4321);
}

/* ---- user references ---- */

TEST(ipc_port_destroy_takes_any_name)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 5),
	    KERN_SUCCESS);
	destroy_right(port);
	CHECK_EQ(right_type(port), 0);
	CHECK_KR(mach_port_destroy(SELF, port), KERN_INVALID_NAME);
	CHECK_KR(mach_port_destroy(SELF, NOT_A_NAME), KERN_INVALID_NAME);
	CHECK_KR(mach_port_destroy(mach_thread_self(), port),
	    KERN_INVALID_TASK);
	destroy_right(right_allocate(MACH_PORT_RIGHT_PORT_SET));
	destroy_right(right_allocate(MACH_PORT_RIGHT_DEAD_NAME));
}

TEST(ipc_port_deallocate_takes_one_reference)
{
	mach_port_t port = test_port(), dead, set;

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 1),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_INVALID_RIGHT);
	set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	CHECK_KR(mach_port_deallocate(SELF, set), KERN_INVALID_RIGHT);
	dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);
	CHECK_KR(mach_port_deallocate(SELF, dead), KERN_SUCCESS);
	CHECK_EQ(right_type(dead), 0);
	CHECK_KR(mach_port_deallocate(SELF, dead), KERN_INVALID_NAME);
	CHECK_KR(mach_port_deallocate(mach_thread_self(), dead),
	    KERN_INVALID_TASK);
}

TEST(ipc_port_get_refs_counts_each_right)
{
	mach_port_t port = test_port(), set, sonce;
	mach_port_urefs_t refs;

	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_RECEIVE), 1);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND_ONCE), 0);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_PORT_SET), 0);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_DEAD_NAME), 0);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 41),
	    KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 42);
	set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	CHECK_EQ(right_refs(set, MACH_PORT_RIGHT_PORT_SET), 1);
	sonce = send_once_right(port);
	CHECK_EQ(right_refs(sonce, MACH_PORT_RIGHT_SEND_ONCE), 1);
	CHECK_EQ(right_refs(sonce, MACH_PORT_RIGHT_SEND), 0);
	CHECK_KR(mach_port_get_refs(SELF, port, MACH_PORT_RIGHT_NUMBER, &refs),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_get_refs(SELF, NOT_A_NAME, MACH_PORT_RIGHT_SEND,
	    &refs), KERN_INVALID_NAME);
	CHECK_KR(mach_port_get_refs(mach_thread_self(), port,
	    MACH_PORT_RIGHT_SEND, &refs), KERN_INVALID_TASK);
}

TEST(ipc_port_mod_refs_of_a_send_right)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 0),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, -2),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    (mach_port_delta_t)0x80000000), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    0x7fffffff), KERN_UREFS_OVERFLOW);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    UREFS_MAX - 1), KERN_UREFS_OVERFLOW);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    UREFS_MAX - 2), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), UREFS_MAX - 1);
	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_UREFS_OVERFLOW);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    -(UREFS_MAX - 1)), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 1),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 0),
	    KERN_INVALID_RIGHT);
}

/*
 * A send right at its most references stays there when others come, of which
 * nothing is left: the name goes with the last that it has, and so does the
 * right.  Another task's is its own.
 */
TEST(ipc_port_references_stick_at_their_maximum)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_port_urefs_t refs;
	task_t task;

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(task, 5, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    UREFS_MAX - 3), KERN_SUCCESS);
	for (unsigned i = 0; i < 7; i++) {
		CHECK_KR(send_right(port, port, MACH_MSG_TYPE_MAKE_SEND),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(receive_right(port, MACH_MSG_TYPE_PORT_SEND), port);
		CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND),
		    UREFS_MAX - 1);
	}
	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND,
	    -(UREFS_MAX - 2)), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	CHECK_KR(mach_port_get_refs(task, 5, MACH_PORT_RIGHT_SEND, &refs),
	    KERN_SUCCESS);
	CHECK_EQ(refs, 1);
	check_silent(notify);
	CHECK_KR(mach_port_deallocate(task, 5), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 9);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(ipc_port_mod_refs_of_rights_without_count)
{
	mach_port_t port = test_port(), sonce = send_once_right(port);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 0),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, 1),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -2),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, sonce, MACH_PORT_RIGHT_SEND_ONCE, 0),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, sonce, MACH_PORT_RIGHT_SEND_ONCE, 1),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, sonce, MACH_PORT_RIGHT_SEND, 1),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_mod_refs(SELF, set, MACH_PORT_RIGHT_PORT_SET, 1),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, set, MACH_PORT_RIGHT_PORT_SET, -1),
	    KERN_SUCCESS);
	CHECK_EQ(right_type(set), 0);
	CHECK_KR(mach_port_mod_refs(SELF, sonce, MACH_PORT_RIGHT_SEND_ONCE,
	    -1), KERN_SUCCESS);
	check_notified(port, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_NUMBER, 1),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, NOT_A_NAME, MACH_PORT_RIGHT_SEND, 1),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_mod_refs(mach_thread_self(), port,
	    MACH_PORT_RIGHT_SEND, 1), KERN_INVALID_TASK);
}

TEST(ipc_port_mod_refs_of_a_dead_name)
{
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);

	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME, 9),
	    KERN_SUCCESS);
	CHECK_EQ(right_refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 10);
	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME,
	    -11), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME,
	    UREFS_MAX), KERN_UREFS_OVERFLOW);
	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_SEND, -1),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_mod_refs(SELF, dead, MACH_PORT_RIGHT_DEAD_NAME,
	    -10), KERN_SUCCESS);
	CHECK_EQ(right_type(dead), 0);
}

TEST(ipc_port_send_right_becomes_a_dead_name)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 3),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_DEAD_NAME), 4);
	CHECK_KR(send_empty(port, 1), MACH_SEND_INVALID_DEST);
}

TEST(ipc_port_send_once_right_becomes_a_dead_name)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t sonce = send_once_right(port);

	destroy_right(port);
	CHECK_EQ(right_type(sonce), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(right_refs(sonce, MACH_PORT_RIGHT_DEAD_NAME), 1);
}

/* ---- the receive right ---- */

TEST(ipc_port_receive_status_counts)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t notify = test_port();
	struct mach_port_status s = receive_status(port);
	mach_port_status_t unused;

	CHECK_EQ(s.mps_pset, MACH_PORT_NULL);
	CHECK_EQ(s.mps_seqno, 0);
	CHECK_EQ(s.mps_mscount, 0);
	CHECK_EQ(s.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT);
	CHECK_EQ(s.mps_msgcount, 0);
	CHECK_EQ(s.mps_sorights, 0);
	CHECK_EQ(s.mps_srights, FALSE);
	CHECK_EQ(s.mps_pdrequest, FALSE);
	CHECK_EQ(s.mps_nsrequest, FALSE);

	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	(void)send_once_right(port);
	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	request_notification(port, MACH_NOTIFY_PORT_DESTROYED, notify);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(send_empty(port, 2), MACH_MSG_SUCCESS);
	CHECK_EQ(receive_empty(set), 1);

	s = receive_status(port);
	CHECK_EQ(s.mps_pset, set);
	CHECK_EQ(s.mps_seqno, 1);
	CHECK_EQ(s.mps_mscount, 1);
	CHECK_EQ(s.mps_msgcount, 1);
	CHECK_EQ(s.mps_sorights, 1);
	CHECK_EQ(s.mps_srights, TRUE);
	CHECK_EQ(s.mps_pdrequest, TRUE);
	CHECK_EQ(s.mps_nsrequest, TRUE);

	CHECK_KR(mach_port_get_receive_status(SELF, NOT_A_NAME, &unused),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_get_receive_status(SELF, set, &unused),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_get_receive_status(SELF, SELF, &unused),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_get_receive_status(mach_thread_self(), port,
	    &unused), KERN_INVALID_TASK);
}

TEST(ipc_port_old_receive_status_has_no_seqno)
{
	mach_port_t port = test_port();
	old_mach_port_status_t s;

	CHECK_KR(mach_port_set_seqno(SELF, port, 99), KERN_SUCCESS);
	CHECK_KR(old_mach_port_get_receive_status(SELF, port, &s),
	    KERN_SUCCESS);
	CHECK_EQ(s.mps_pset, MACH_PORT_NULL);
	CHECK_EQ(s.mps_mscount, 1);
	CHECK_EQ(s.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT);
	CHECK_EQ(s.mps_srights, TRUE);
	CHECK_KR(old_mach_port_get_receive_status(SELF, NOT_A_NAME, &s),
	    KERN_INVALID_NAME);
	CHECK_KR(old_mach_port_get_receive_status(SELF, SELF, &s),
	    KERN_INVALID_RIGHT);
}

TEST(ipc_port_qlimit_is_set_within_bounds)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_port_set_qlimit(SELF, port, MACH_PORT_QLIMIT_MAX),
	    KERN_SUCCESS);
	CHECK_EQ(receive_status(port).mps_qlimit, MACH_PORT_QLIMIT_MAX);
	CHECK_KR(mach_port_set_qlimit(SELF, port, 0), KERN_SUCCESS);
	CHECK_KR(mach_port_set_qlimit(SELF, port, MACH_PORT_QLIMIT_MAX + 1),
	    KERN_INVALID_VALUE);
	CHECK_KR(mach_port_set_qlimit(SELF, port, ~0u), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_set_qlimit(SELF, NOT_A_NAME, 1),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_set_qlimit(SELF, SELF, 1), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_set_qlimit(mach_thread_self(), port, 1),
	    KERN_INVALID_TASK);
}

TEST(ipc_port_mscount_and_seqno_are_set)
{
	mach_port_t port = test_port();
	mach_msg_header_t msg[4] = { { .msgh_size = sizeof(msg[0]) } };

	CHECK_KR(mach_port_set_mscount(SELF, port, 100), KERN_SUCCESS);
	CHECK_EQ(receive_status(port).mps_mscount, 100);
	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	CHECK_EQ(receive_status(port).mps_mscount, 101);
	CHECK_KR(mach_port_set_seqno(SELF, port, 77), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(msg, sizeof(msg), port, 1000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg->msgh_seqno, 77);
	CHECK_EQ(receive_status(port).mps_seqno, 78);
	CHECK_KR(mach_port_set_mscount(SELF, NOT_A_NAME, 1),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_set_mscount(SELF, SELF, 1), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_set_mscount(mach_thread_self(), port, 1),
	    KERN_INVALID_TASK);
	CHECK_KR(mach_port_set_seqno(SELF, NOT_A_NAME, 1), KERN_INVALID_NAME);
	CHECK_KR(mach_port_set_seqno(SELF, SELF, 1), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_set_seqno(mach_thread_self(), port, 1),
	    KERN_INVALID_TASK);
}

TEST(ipc_port_payload_replaces_the_local_port)
{
	mach_port_t port = test_port();
	mach_msg_header_t msg[4] = { { .msgh_size = sizeof(msg[0]) } };

	CHECK_KR(mach_port_set_protected_payload(SELF, port, 0xabcd1234),
	    KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(msg, sizeof(msg), port, 1000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(MACH_MSGH_BITS_LOCAL(msg->msgh_bits),
	    MACH_MSG_TYPE_PROTECTED_PAYLOAD);
	CHECK_EQ(msg->msgh_protected_payload, 0xabcd1234);
	CHECK_KR(mach_port_clear_protected_payload(SELF, port), KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(test_receive(msg, sizeof(msg), port, 1000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(MACH_MSGH_BITS_LOCAL(msg->msgh_bits),
	    MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(msg->msgh_local_port, port);
	CHECK_KR(mach_port_set_protected_payload(SELF, NOT_A_NAME, 1),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_set_protected_payload(SELF, SELF, 1),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_clear_protected_payload(SELF, NOT_A_NAME),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_clear_protected_payload(SELF, SELF),
	    KERN_INVALID_RIGHT);
}

/* What the next message from a port or set says of where it was sent. */
static void
expect_local(mach_port_t from, mach_msg_type_name_t type, uint32_t local)
{
	mach_msg_header_t msg[4];

	CHECK_KR(test_receive(msg, sizeof(msg), from, 1000), MACH_MSG_SUCCESS);
	CHECK_EQ(MACH_MSGH_BITS_LOCAL(msg->msgh_bits), type);
	CHECK_EQ(msg->msgh_local_port, local);
}

/* However and whenever a message was sent; until the receive right moves. */
TEST(ipc_port_payload_counts_when_a_message_is_received)
{
	mach_port_t port = test_port(), through = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_set_protected_payload(SELF, port, 0), KERN_SUCCESS);
	expect_local(port, MACH_MSG_TYPE_PROTECTED_PAYLOAD, 0);
	CHECK_KR(mach_port_move_member(SELF, port, set), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, send_once_right(port)),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_set_protected_payload(SELF, port, ~0u),
	    KERN_SUCCESS);
	expect_local(set, MACH_MSG_TYPE_PROTECTED_PAYLOAD, ~0u);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(send_right(through, port, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(receive_right(through, MACH_MSG_TYPE_PORT_RECEIVE), port);
	expect_local(port, MACH_MSG_TYPE_PORT_SEND, port);
}

/* ---- port sets ---- */

TEST(ipc_port_set_tells_its_members)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t other = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t a = test_port(), b = test_port();
	mach_port_name_array_t members;
	mach_msg_type_number_t count;

	CHECK_KR(mach_port_get_set_status(SELF, set, &members, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 0);
	CHECK_KR(mach_port_move_member(SELF, a, set), KERN_SUCCESS);
	CHECK_KR(mach_port_move_member(SELF, b, set), KERN_SUCCESS);
	CHECK_KR(mach_port_get_set_status(SELF, set, &members, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 2);
	CHECK(listed(members, count, a) && listed(members, count, b));
	CHECK_KR(mach_port_move_member(SELF, a, other), KERN_SUCCESS);
	CHECK_EQ(receive_status(a).mps_pset, other);
	CHECK_KR(mach_port_move_member(SELF, b, MACH_PORT_NULL),
	    KERN_SUCCESS);
	CHECK_EQ(receive_status(b).mps_pset, MACH_PORT_NULL);
	CHECK_KR(mach_port_get_set_status(SELF, set, &members, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 0);
	destroy_right(other);
	CHECK_EQ(receive_status(a).mps_pset, MACH_PORT_NULL);
}

TEST(ipc_port_set_calls_refuse_other_rights)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t port = test_port();
	mach_port_name_array_t members;
	mach_msg_type_number_t count;

	CHECK_KR(mach_port_get_set_status(SELF, port, &members, &count),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_get_set_status(SELF, NOT_A_NAME, &members, &count),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_get_set_status(mach_thread_self(), set, &members,
	    &count), KERN_INVALID_TASK);
	CHECK_KR(mach_port_move_member(SELF, port, MACH_PORT_NULL),
	    KERN_NOT_IN_SET);
	CHECK_KR(mach_port_move_member(SELF, port, port), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_move_member(SELF, SELF, set), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_move_member(SELF, set, set), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_move_member(SELF, NOT_A_NAME, set),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_move_member(SELF, port, NOT_A_NAME),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_move_member(mach_thread_self(), port, set),
	    KERN_INVALID_TASK);
}

TEST(ipc_port_member_goes_when_its_right_moves)
{
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	mach_port_t a = test_port(), through = test_port(), moved;
	mach_port_name_array_t members;
	mach_msg_type_number_t count;

	CHECK_KR(mach_port_move_member(SELF, a, set), KERN_SUCCESS);
	CHECK_KR(send_right(through, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_get_set_status(SELF, set, &members, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 0);
	moved = receive_right(through, MACH_MSG_TYPE_PORT_RECEIVE);
	CHECK_EQ(moved, a);
	CHECK_EQ(receive_status(a).mps_pset, MACH_PORT_NULL);
}

/* ---- inserting and extracting ---- */

TEST(ipc_port_insert_right_makes_and_copies)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	task_t task;

	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_COPY_SEND), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 2);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
	CHECK_EQ(right_type(0x9999), MACH_PORT_TYPE_SEND_ONCE);

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(task, 0x501, 0x9999,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE), KERN_SUCCESS);
	CHECK_EQ(right_type(0x9999), 0);
	CHECK_KR(mach_port_insert_right(task, 0x501, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_insert_right(task, 0x500, port,
	    MACH_MSG_TYPE_MOVE_RECEIVE), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND);
	CHECK_KR(mach_port_insert_right(task, 0x500, port,
	    MACH_MSG_TYPE_MOVE_SEND), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(ipc_port_insert_right_refuses)
{
	mach_port_t port = test_port(), other = test_port();
	mach_port_t set = right_allocate(MACH_PORT_RIGHT_PORT_SET);

	CHECK_KR(mach_port_insert_right(SELF, MACH_PORT_NULL, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_insert_right(SELF, MACH_PORT_DEAD, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);
	CHECK_KR(mach_port_insert_right(SELF, other, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);
	CHECK_KR(mach_port_insert_right(SELF, set, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_NAME_EXISTS);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, NOT_A_NAME,
	    MACH_MSG_TYPE_COPY_SEND), MACH_SEND_INVALID_RIGHT);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, MACH_PORT_NULL,
	    MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, MACH_PORT_DEAD,
	    MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);
	CHECK_KR(mach_port_insert_right(SELF, 0x9999, port,
	    MACH_MSG_TYPE_INTEGER_32), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_insert_right(mach_thread_self(), 0x9999, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_TASK);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
}

TEST(ipc_port_extract_right_gives_each_kind)
{
	mach_port_t port, right;
	mach_msg_type_name_t kind;
	task_t task;

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, 5),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_MAKE_SEND,
	    &port, &kind), KERN_SUCCESS);
	CHECK_EQ(kind, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &right, &kind), KERN_SUCCESS);
	CHECK_EQ(kind, MACH_MSG_TYPE_PORT_SEND_ONCE);
	CHECK_EQ(right_type(right), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_KR(mach_port_insert_right(task, 6, right,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE), KERN_SUCCESS);
	CHECK_KR(mach_port_extract_right(task, 6, MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    &right, &kind), KERN_SUCCESS);
	CHECK_EQ(kind, MACH_MSG_TYPE_PORT_SEND_ONCE);
	CHECK_EQ(right_type(right), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_KR(mach_port_extract_right(task, 6, MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    &right, &kind), KERN_INVALID_NAME);
	CHECK_KR(mach_port_insert_right(task, 5, port,
	    MACH_MSG_TYPE_COPY_SEND), KERN_SUCCESS);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_COPY_SEND,
	    &right, &kind), KERN_SUCCESS);
	CHECK_EQ(right, port);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_MOVE_SEND,
	    &right, &kind), KERN_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 3);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_MOVE_RECEIVE,
	    &right, &kind), KERN_SUCCESS);
	CHECK_EQ(right, port);
	CHECK_EQ(kind, MACH_MSG_TYPE_PORT_RECEIVE);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_KR(mach_port_extract_right(task, 5, MACH_MSG_TYPE_MAKE_SEND,
	    &right, &kind), KERN_INVALID_NAME);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
}

TEST(ipc_port_extract_right_refuses)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE), right;
	mach_msg_type_name_t kind;

	CHECK_KR(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_COPY_SEND,
	    &right, &kind), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_extract_right(SELF, port,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &right, &kind), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_extract_right(SELF, SELF, MACH_MSG_TYPE_MAKE_SEND,
	    &right, &kind), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_INTEGER_32,
	    &right, &kind), KERN_INVALID_VALUE);
	CHECK_KR(mach_port_extract_right(SELF, NOT_A_NAME,
	    MACH_MSG_TYPE_COPY_SEND, &right, &kind), KERN_INVALID_NAME);
	CHECK_KR(mach_port_extract_right(mach_thread_self(), port,
	    MACH_MSG_TYPE_MAKE_SEND, &right, &kind), KERN_INVALID_TASK);
}

/* ---- notifications ---- */

TEST(ipc_port_dead_name_notification)
{
	mach_port_t notify = test_port(), port = test_port();

	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_EQ(right_type(port),
	    MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_DNREQUEST);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, port);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2);
}

/* The name goes before the port dies. */
TEST(ipc_port_deleted_notification)
{
	mach_port_t notify = test_port(), host;

	host = mach_host_self();
	request_notification(host, MACH_NOTIFY_DEAD_NAME, notify);
	destroy_right(host);
	check_notified(notify, MACH_NOTIFY_PORT_DELETED, host);
	check_silent(notify);
}

TEST(ipc_port_dead_name_request_on_a_dead_name)
{
	mach_port_t notify = test_port(), previous;
	mach_port_t dead = right_allocate(MACH_PORT_RIGHT_DEAD_NAME);

	CHECK_KR(mach_port_request_notification(SELF, dead,
	    MACH_NOTIFY_DEAD_NAME, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_INVALID_ARGUMENT);
	check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_request_notification(SELF, dead,
	    MACH_NOTIFY_DEAD_NAME, 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, dead);
	CHECK_EQ(right_refs(dead, MACH_PORT_RIGHT_DEAD_NAME), 2);
}

TEST(ipc_port_dead_name_request_is_replaced_and_cancelled)
{
	mach_port_t first = test_port(), second = test_port();
	mach_port_t port = test_port(), previous;

	request_notification(port, MACH_NOTIFY_DEAD_NAME, first);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_DEAD_NAME, 0, second, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	CHECK_EQ(right_type(previous), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_KR(mach_port_deallocate(SELF, previous), KERN_SUCCESS);
	check_notified(first, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_DEAD_NAME, 0, MACH_PORT_NULL,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, previous), KERN_SUCCESS);
	check_notified(second, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	check_silent(first);
	check_silent(second);
}

TEST(ipc_port_no_senders_notification)
{
	mach_port_t notify = test_port(), port = test_port();

	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	check_silent(notify);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_SEND, 1),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	check_silent(notify);
	CHECK_KR(mach_port_deallocate(SELF, port), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	CHECK_EQ(receive_status(port).mps_nsrequest, FALSE);
}

/* Only if as many rights have been made as the caller has heard of. */
TEST(ipc_port_no_senders_request_with_sync)
{
	mach_port_t notify = test_port(), previous;
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);

	CHECK_KR(mach_port_set_mscount(SELF, port, 3), KERN_SUCCESS);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_NO_SENDERS, 4, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	check_silent(notify);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_NO_SENDERS, 3, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 3);
	CHECK_EQ(right_type(previous), MACH_PORT_TYPE_SEND_ONCE);
}

TEST(ipc_port_no_senders_waits_for_rights_in_messages)
{
	mach_port_t notify = test_port(), port = test_port();
	mach_port_t through = test_port();

	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(send_right(through, port, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	check_silent(notify);
	destroy_right(through);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
}

TEST(ipc_port_destroyed_notification_saves_the_port)
{
	mach_port_t notify = test_port(), port = test_port();
	struct {
		mach_port_destroyed_notification_t msg;
		char				   room[64];
	} in;

	CHECK_KR(send_empty(port, 42), MACH_MSG_SUCCESS);
	request_notification(port, MACH_NOTIFY_PORT_DESTROYED, notify);
	CHECK_KR(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_KR(test_receive(&in.msg.not_header, sizeof(in), notify, 2000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(in.msg.not_header.msgh_id, MACH_NOTIFY_PORT_DESTROYED);
	CHECK_EQ(in.msg.not_type.msgt_name, MACH_MSG_TYPE_PORT_RECEIVE);
	CHECK(right_type(in.msg.not_port) & MACH_PORT_TYPE_RECEIVE);
	CHECK_EQ(receive_status(in.msg.not_port).mps_pdrequest, FALSE);
	CHECK_EQ(receive_empty(in.msg.not_port), 42);
}

TEST(ipc_port_destroyed_request_is_replaced)
{
	mach_port_t notify = test_port(), port = test_port(), previous;

	request_notification(port, MACH_NOTIFY_PORT_DESTROYED, notify);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_PORT_DESTROYED, 0, MACH_PORT_NULL,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous), KERN_SUCCESS);
	CHECK_EQ(right_type(previous), MACH_PORT_TYPE_SEND_ONCE);
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_PORT_DESTROYED, 1, previous,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous), KERN_INVALID_VALUE);
}

TEST(ipc_port_request_notification_refuses)
{
	mach_port_t notify = test_port(), previous, set;

	set = right_allocate(MACH_PORT_RIGHT_PORT_SET);
	CHECK_KR(mach_port_request_notification(SELF, notify, 99, 0, notify,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_INVALID_VALUE);
	check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_request_notification(SELF, NOT_A_NAME,
	    MACH_NOTIFY_DEAD_NAME, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_INVALID_NAME);
	check_notified(notify, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_KR(mach_port_request_notification(SELF, set,
	    MACH_NOTIFY_DEAD_NAME, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_request_notification(SELF, SELF,
	    MACH_NOTIFY_NO_SENDERS, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_request_notification(SELF, SELF,
	    MACH_NOTIFY_PORT_DESTROYED, 0, notify,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_request_notification(SELF, notify,
	    MACH_NOTIFY_DEAD_NAME, 0, MACH_PORT_DEAD,
	    MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous), KERN_INVALID_CAPABILITY);
	CHECK_KR(mach_port_request_notification(mach_thread_self(), notify,
	    MACH_NOTIFY_DEAD_NAME, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_INVALID_TASK);
}

TEST(ipc_port_send_once_notification)
{
	mach_port_t port = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	mach_port_t sonce = send_once_right(port);

	CHECK_EQ(receive_status(port).mps_sorights, 1);
	CHECK_KR(mach_port_deallocate(SELF, sonce), KERN_SUCCESS);
	check_notified(port, MACH_NOTIFY_SEND_ONCE, 0);
	CHECK_EQ(receive_status(port).mps_sorights, 0);
}

static void
end_at_once(void *arg)
{
	(void)arg;
}

/* All that a task had is told to others when it ends. */
TEST(ipc_port_task_end_notifies)
{
	mach_port_t notify = test_port(), port = test_port(), in_task, theirs;
	mach_msg_type_name_t kind;
	task_t task;

	CHECK_KR(task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(task, 7, port,
	    MACH_MSG_TYPE_MOVE_SEND), KERN_SUCCESS);
	CHECK_KR(mach_port_insert_right(task, 8, port,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
	CHECK_KR(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &in_task),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_extract_right(task, in_task,
	    MACH_MSG_TYPE_MAKE_SEND, &theirs, &kind), KERN_SUCCESS);
	request_notification(port, MACH_NOTIFY_NO_SENDERS, notify);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_NO_SENDERS, 1);
	check_notified(port, MACH_NOTIFY_SEND_ONCE, 0);
	for (unsigned i = 0; i < 200; i++) {
		if (right_type(theirs) == MACH_PORT_TYPE_DEAD_NAME)
			break;
		test_sleep(10);
	}
	CHECK_EQ(right_type(theirs), MACH_PORT_TYPE_DEAD_NAME);
}

TEST(ipc_port_dead_name_notification_of_a_task)
{
	mach_port_t notify = test_port();
	task_t task = test_spawn(end_at_once, NULL, MACH_PORT_NULL);
	mach_port_t previous;

	CHECK_KR(mach_port_request_notification(SELF, task,
	    MACH_NOTIFY_DEAD_NAME, 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous), KERN_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, task);
}

/* ---- rights on the way ---- */

TEST(ipc_port_rights_moved_to_oneself)
{
	mach_port_t port = test_port(), got;

	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	got = receive_right(port, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(got, port);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	got = receive_right(port, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(got, port);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 2);
	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_MOVE_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
	(void)receive_right(port, MACH_MSG_TYPE_PORT_SEND);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 2);
	CHECK_KR(send_right(port, port, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    MACH_MSG_SUCCESS);
	got = receive_right(port, MACH_MSG_TYPE_PORT_SEND_ONCE);
	CHECK_EQ(right_type(got), MACH_PORT_TYPE_SEND_ONCE);
}

/* Nobody could ever receive it: the port dies. */
TEST(ipc_port_receive_right_into_its_own_queue)
{
	mach_port_t port = test_port(), notify = test_port();
	struct right_message msg = {
		.head.msgh_size = sizeof(msg),
		.head.msgh_remote_port = port,
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.type.msgt_name = MACH_MSG_TYPE_MOVE_RECEIVE,
		.type.msgt_size = 32,
		.type.msgt_number = 1,
		.type.msgt_inline = TRUE,
		.right = port,
	};

	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, port);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_DEAD_NAME);
}

/* A full queue refuses that, too, before it comes to the port's end. */
TEST(ipc_port_receive_right_into_its_own_full_queue)
{
	mach_port_t port = test_port();
	struct right_message msg = {
		.head.msgh_size = sizeof(msg),
		.head.msgh_remote_port = port,
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.type.msgt_name = MACH_MSG_TYPE_MOVE_RECEIVE,
		.type.msgt_size = 32,
		.type.msgt_number = 1,
		.type.msgt_inline = TRUE,
		.right = port,
	};

	CHECK_KR(mach_port_set_qlimit(mach_task_self(), port, 1),
	    KERN_SUCCESS);
	CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
	CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof(msg), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
	    MACH_SEND_TIMED_OUT);
	CHECK_EQ(msg.right, port);
	CHECK_EQ(receive_empty(port), 1);
}

/* Two receive rights, each in the queue of the other's port. */
TEST(ipc_port_receive_rights_in_a_circle)
{
	mach_port_t a = test_port(), b = test_port(), notify = test_port();

	request_notification(a, MACH_NOTIFY_DEAD_NAME, notify);
	request_notification(b, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(send_right(b, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(right_type(a) & MACH_PORT_TYPE_PORT_OR_DEAD,
	    MACH_PORT_TYPE_SEND);
	CHECK_KR(send_right(a, b, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	(void)receive_empty(notify);
	(void)receive_empty(notify);
	CHECK_EQ(right_type(a), MACH_PORT_TYPE_DEAD_NAME);
	CHECK_EQ(right_type(b), MACH_PORT_TYPE_DEAD_NAME);
}

/* Ports behind first, each receive right in a message to the next; the last. */
static mach_port_t
chain_behind(mach_port_t first, unsigned length)
{
	mach_port_t last = first, next;

	for (unsigned i = 0; i < length; i++) {
		next = test_port();
		CHECK_KR(send_right(next, last, MACH_MSG_TYPE_MOVE_RECEIVE),
		    MACH_MSG_SUCCESS);
		last = next;
	}
	return last;
}

TEST(ipc_port_long_chain_of_rights_dies)
{
	mach_port_t first = test_port(), notify = test_port();

	request_notification(first, MACH_NOTIFY_DEAD_NAME, notify);
	destroy_right(chain_behind(first, 2000));
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, first);
}

static volatile bool linking;

/* Other links come and go while a chain is followed. */
static void
keep_linking(void *unused)
{
	mach_port_t a = test_port(), b = test_port();

	(void)unused;
	while (linking) {
		CHECK_KR(send_right(a, b, MACH_MSG_TYPE_MOVE_RECEIVE),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(receive_right(a, MACH_MSG_TYPE_PORT_RECEIVE), b);
	}
	linking = true;
}

/* What is far away is found as well. */
TEST(ipc_port_long_circle_is_found)
{
	mach_port_t first = test_port(), notify = test_port(), last, other;

	CHECK_KR(mach_port_set_qlimit(SELF, first, MACH_PORT_QLIMIT_MAX),
	    KERN_SUCCESS);
	last = chain_behind(first, 5500);
	request_notification(first, MACH_NOTIFY_DEAD_NAME, notify);
	linking = true;
	CHECK_KR(mach_thread_start(keep_linking, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < 10; i++) {
		other = test_port();
		CHECK_KR(send_right(first, other, MACH_MSG_TYPE_MOVE_RECEIVE),
		    MACH_MSG_SUCCESS);
		CHECK_EQ(right_type(other), MACH_PORT_TYPE_SEND);
	}
	check_silent(notify);
	CHECK_KR(send_right(first, last, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	check_notified(notify, MACH_NOTIFY_DEAD_NAME, first);
	CHECK_EQ(right_type(last), MACH_PORT_TYPE_DEAD_NAME);
	linking = false;
	for (unsigned i = 0; i < 500 && !linking; i++)
		test_sleep(10);
	CHECK(linking);
}

TEST(ipc_port_moved_receive_right_keeps_its_queue)
{
	mach_port_t port = test_port(), through = test_port(), got;

	for (int i = 1; i <= 3; i++)
		CHECK_KR(send_empty(port, i), MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_set_seqno(SELF, port, 9), KERN_SUCCESS);
	CHECK_KR(mach_port_set_mscount(SELF, port, 9), KERN_SUCCESS);
	CHECK_KR(send_right(through, port, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	got = receive_right(through, MACH_MSG_TYPE_PORT_RECEIVE);
	CHECK_EQ(got, port);
	CHECK_EQ(receive_status(port).mps_seqno, 0);
	CHECK_EQ(receive_status(port).mps_mscount, 0);
	for (int i = 1; i <= 3; i++)
		CHECK_EQ(receive_empty(port), i);
}

/* ---- traps ---- */

TEST(ipc_port_self_traps_add_references)
{
	mach_port_t task = (mach_task_self)(), thread = (mach_thread_self)();
	mach_port_t host = (mach_host_self)(), reply = (mach_reply_port)();
	mach_port_urefs_t task_refs = right_refs(task, MACH_PORT_RIGHT_SEND);
	mach_port_urefs_t thread_refs;

	thread_refs = right_refs(thread, MACH_PORT_RIGHT_SEND);
	CHECK_EQ((mach_task_self)(), task);
	CHECK_EQ((mach_thread_self)(), thread);
	CHECK_EQ((mach_host_self)(), host);
	CHECK_EQ(right_refs(task, MACH_PORT_RIGHT_SEND), task_refs + 1);
	CHECK_EQ(right_refs(thread, MACH_PORT_RIGHT_SEND), thread_refs + 1);
	CHECK_EQ(right_type(reply), MACH_PORT_TYPE_RECEIVE);
	CHECK((mach_reply_port)() != reply);
}

TEST(ipc_port_traps_work_on_the_own_task)
{
	mach_port_t port = MACH_PORT_NULL;

	CHECK_KR(syscall_mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE,
	    &port), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	CHECK_KR(syscall_mach_port_insert_right(SELF, port, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_KR(syscall_mach_port_deallocate(SELF, port), KERN_SUCCESS);
	CHECK_EQ(right_type(port), MACH_PORT_TYPE_RECEIVE);
	CHECK_KR(syscall_mach_port_allocate_name(SELF,
	    MACH_PORT_RIGHT_PORT_SET, 0x777), KERN_SUCCESS);
	CHECK_EQ(right_type(0x777), MACH_PORT_TYPE_PORT_SET);
}

TEST(ipc_port_traps_refuse)
{
	mach_port_t port = test_port(), name = MACH_PORT_NULL;

	CHECK_KR(syscall_mach_port_allocate(SELF, MACH_PORT_RIGHT_SEND, &name),
	    KERN_INVALID_VALUE);
	CHECK_KR(syscall_mach_port_allocate(mach_thread_self(),
	    MACH_PORT_RIGHT_RECEIVE, &name), MACH_SEND_INTERRUPTED);
	CHECK_KR(syscall_mach_port_allocate(NOT_A_NAME,
	    MACH_PORT_RIGHT_RECEIVE, &name), MACH_SEND_INTERRUPTED);
	CHECK_KR(syscall_mach_port_allocate_name(SELF,
	    MACH_PORT_RIGHT_RECEIVE, port), KERN_NAME_EXISTS);
	CHECK_KR(syscall_mach_port_allocate_name(SELF,
	    MACH_PORT_RIGHT_RECEIVE, MACH_PORT_DEAD), KERN_INVALID_VALUE);
	CHECK_KR(syscall_mach_port_allocate_name(port,
	    MACH_PORT_RIGHT_RECEIVE, 0x777), MACH_SEND_INTERRUPTED);
	CHECK_KR(syscall_mach_port_deallocate(SELF, NOT_A_NAME),
	    KERN_INVALID_NAME);
	CHECK_KR(syscall_mach_port_deallocate(port, port),
	    MACH_SEND_INTERRUPTED);
	CHECK_KR(syscall_mach_port_insert_right(SELF, MACH_PORT_NULL, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_VALUE);
	CHECK_KR(syscall_mach_port_insert_right(SELF, 0x777, port,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_RIGHT_EXISTS);
	CHECK_KR(syscall_mach_port_insert_right(SELF, 0x777, port,
	    MACH_MSG_TYPE_INTEGER_32), KERN_INVALID_VALUE);
	CHECK_KR(syscall_mach_port_insert_right(SELF, 0x777, NOT_A_NAME,
	    MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_NAME);
	CHECK_KR(syscall_mach_port_insert_right(SELF, 0x777, SELF,
	    MACH_MSG_TYPE_MAKE_SEND), KERN_INVALID_RIGHT);
	CHECK_KR(syscall_mach_port_insert_right(SELF, 0x777, MACH_PORT_NULL,
	    MACH_MSG_TYPE_COPY_SEND), KERN_INVALID_CAPABILITY);
	CHECK_KR(syscall_mach_port_insert_right(port, 0x777, port,
	    MACH_MSG_TYPE_MAKE_SEND), MACH_SEND_INTERRUPTED);
}
