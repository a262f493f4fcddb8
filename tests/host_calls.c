/*
 * tests/host_calls.c - the host, its processors and its processor set; who
 * may ask for what; and notifications that nobody sent.
 */
#include <string.h>

#include <device/device.h>
#include <mach/gnumach.h>
#include <mach/host_info.h>
#include <mach/notify.h>
#include <mach/policy.h>
#include <mach/processor_info.h>
#include <mach/task_info.h>
#include <mach/vm_param.h>

#include "rights.h"

#define SELF	mach_task_self()
#define HOST	mach_host_self()

union info {
	integer_t			  word[64];
	struct host_basic_info		  basic;
	struct host_sched_info		  sched;
	struct host_load_info		  load;
	struct processor_basic_info	  processor;
	struct processor_set_basic_info	  set;
	struct processor_set_sched_info	  set_sched;
};

/* ---- the host ---- */

TEST(host_info_tells_every_flavor)
{
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;
	unsigned processors;
	union info info;

	CHECK_KR(host_info(HOST, HOST_BASIC_INFO, info.word, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, HOST_BASIC_INFO_COUNT);
	processors = info.basic.avail_cpus;
	CHECK(processors >= 1 && info.basic.max_cpus >= processors);
	CHECK((unsigned)info.basic.memory_size >= 8u << 20);
	CHECK_EQ(info.basic.cpu_subtype, CPU_SUBTYPE_AT386);

	count = 64;
	CHECK_KR(host_info(HOST, HOST_PROCESSOR_SLOTS, info.word, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, processors);
	CHECK_EQ(info.word[0], 0);

	count = 64;
	CHECK_KR(host_info(HOST, HOST_SCHED_INFO, info.word, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, HOST_SCHED_INFO_COUNT);
	CHECK(info.sched.min_timeout > 0 && info.sched.min_timeout <= 10);
	CHECK(info.sched.min_quantum >= info.sched.min_timeout);

	count = HOST_LOAD_INFO_COUNT;
	CHECK_KR(host_info(HOST, HOST_LOAD_INFO, info.word, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, HOST_LOAD_INFO_COUNT);
	CHECK(info.load.avenrun[0] >= 0);
}

TEST(host_info_refuses)
{
	mach_msg_type_number_t count;
	union info info;

	for (int flavor = 1; flavor <= 4; flavor++) {
		count = 0;
		CHECK(host_info(HOST, flavor, info.word, &count) !=
		    KERN_SUCCESS);
	}
	count = HOST_BASIC_INFO_COUNT - 1;
	CHECK_KR(host_info(HOST, HOST_BASIC_INFO, info.word, &count),
	    KERN_FAILURE);
	count = HOST_LOAD_INFO_COUNT - 1;
	CHECK_KR(host_info(HOST, HOST_LOAD_INFO, info.word, &count),
	    KERN_FAILURE);
	for (int flavor = -1; flavor <= 6; flavor += flavor == 0 ? 5 : 1) {
		count = 64;
		CHECK_KR(host_info(HOST, flavor, info.word, &count),
		    KERN_INVALID_ARGUMENT);
	}
	count = 64;
	CHECK_KR(host_info(SELF, HOST_BASIC_INFO, info.word, &count),
	    KERN_INVALID_ARGUMENT);
}

TEST(host_kernel_version_names_it)
{
	kernel_version_t version, again;

	CHECK_KR(host_kernel_version(HOST, version), KERN_SUCCESS);
	CHECK(strncmp(version, "Duality", 7) == 0);
	CHECK_KR(host_get_kernel_version(HOST, again), KERN_SUCCESS);
	CHECK(strcmp(version, again) == 0);
	CHECK_KR(host_kernel_version(SELF, version), KERN_INVALID_ARGUMENT);
	CHECK_KR(host_get_kernel_version(SELF, version),
	    KERN_INVALID_ARGUMENT);
}

TEST(host_get_boot_info_gives_the_command_line)
{
	kernel_boot_info_t info;

	CHECK_KR(host_get_boot_info(TEST_HOST_PORT, info), KERN_SUCCESS);
	CHECK(strstr(info, "console=com0") != NULL);
	CHECK_KR(host_get_boot_info(HOST, info), KERN_INVALID_HOST);
}

static int64_t
now_ns(void)
{
	time_value64_t now;

	CHECK_KR(host_get_time64(HOST, &now), KERN_SUCCESS);
	CHECK(now.nanoseconds >= 0 && now.nanoseconds < TIME_NANOS_MAX);
	return now.seconds * TIME_NANOS_MAX + now.nanoseconds;
}

TEST(host_time_goes_forward)
{
	int64_t start = now_ns(), last = start, now;
	time_value_t coarse;

	for (unsigned i = 0; i < 2000; i++) {
		now = now_ns();
		CHECK(now >= last);
		last = now;
	}
	test_sleep(300);
	now = now_ns();
	CHECK(now - last >= 250 * 1000000ll);
	CHECK(now - start < 20 * (int64_t)TIME_NANOS_MAX);
	CHECK_KR(host_get_time(HOST, &coarse), KERN_SUCCESS);
	CHECK(coarse.microseconds >= 0 &&
	    coarse.microseconds < TIME_MICROS_MAX);
	CHECK(coarse.seconds - now / TIME_NANOS_MAX <= 5);
	CHECK(coarse.seconds > 1600000000);	/* the clock chip was read */
	CHECK_KR(host_get_time(SELF, &coarse), KERN_INVALID_HOST);
}

TEST(host_time_is_set_by_the_privileged)
{
	time_value_t value, was, old;
	time_value64_t value64;

	CHECK_KR(host_get_time(HOST, &was), KERN_SUCCESS);
	value = was;
	CHECK_KR(host_set_time(HOST, value), KERN_INVALID_HOST);
	value.seconds += 5000;
	CHECK_KR(host_set_time(TEST_HOST_PORT, value), KERN_SUCCESS);
	CHECK_KR(host_get_time(HOST, &value), KERN_SUCCESS);
	CHECK(value.seconds >= was.seconds + 5000 &&
	    value.seconds < was.seconds + 5060);
	CHECK_KR(host_set_time(TEST_HOST_PORT, was), KERN_SUCCESS);

	value64 = (time_value64_t) { was.seconds, TIME_NANOS_MAX };
	CHECK_KR(host_set_time64(TEST_HOST_PORT, value64),
	    KERN_INVALID_ARGUMENT);
	value64.nanoseconds = -1;
	CHECK_KR(host_set_time64(TEST_HOST_PORT, value64),
	    KERN_INVALID_ARGUMENT);
	value64.nanoseconds = 0;
	CHECK_KR(host_set_time64(HOST, value64), KERN_INVALID_HOST);
	CHECK_KR(host_set_time64(TEST_HOST_PORT, value64), KERN_SUCCESS);

	value = (time_value_t) { 0, 1000 };
	CHECK_KR(host_adjust_time(HOST, value, &old), KERN_INVALID_HOST);
	CHECK_KR(host_adjust_time(TEST_HOST_PORT, value, &old),
	    KERN_SUCCESS);
	value.microseconds = 0;
	CHECK_KR(host_adjust_time(TEST_HOST_PORT, value, &old),
	    KERN_SUCCESS);
	CHECK(old.seconds == 0 && old.microseconds <= 1000);
}

/* A time that was set far off must not let waits end early or never. */
TEST(host_time_far_off_leaves_waits_alone)
{
	time_value64_t was, far = { 1ll << 40, 0 }, past = { -1000000, 0 };

	CHECK_KR(host_get_time64(HOST, &was), KERN_SUCCESS);
	CHECK_KR(host_set_time64(TEST_HOST_PORT, far), KERN_SUCCESS);
	test_sleep(50);
	CHECK_KR(host_set_time64(TEST_HOST_PORT, past), KERN_SUCCESS);
	test_sleep(50);
	CHECK_KR(host_set_time64(TEST_HOST_PORT, was), KERN_SUCCESS);
	test_sleep(50);
}

TEST(host_privilege_is_wanted)
{
	processor_array_t processors;
	processor_set_t set;
	processor_set_name_t name;
	mach_msg_type_number_t count;
	mach_port_t manager = MACH_PORT_NULL;

	CHECK_KR(host_processors(HOST, &processors, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(host_reboot(HOST, 0), KERN_INVALID_HOST);
	CHECK_KR(host_reboot(SELF, 0), KERN_INVALID_HOST);
	CHECK_KR(processor_set_default(HOST, &name), KERN_SUCCESS);
	CHECK_KR(host_processor_set_priv(HOST, name, &set),
	    KERN_INVALID_ARGUMENT);
	CHECK(thread_wire(HOST, mach_thread_self(), TRUE) != KERN_SUCCESS);
	CHECK(vm_set_default_memory_manager(HOST, &manager) != KERN_SUCCESS);
	CHECK(register_new_task_notification(HOST, test_port(),
	    MACH_MSG_TYPE_COPY_SEND) != KERN_SUCCESS);
}

/* ---- processors ---- */

TEST(host_processors_tell_of_themselves)
{
	mach_msg_type_number_t count, n;
	processor_array_t processors;
	processor_set_name_t set, whose;
	union info info;
	host_t host;

	CHECK_KR(processor_set_default(HOST, &set), KERN_SUCCESS);
	CHECK_KR(host_processors(TEST_HOST_PORT, &processors, &count),
	    KERN_SUCCESS);
	CHECK(count >= 1);
	for (unsigned i = 0; i < count; i++) {
		n = PROCESSOR_BASIC_INFO_COUNT;
		CHECK_KR(processor_info(processors[i], PROCESSOR_BASIC_INFO,
		    &host, info.word, &n), KERN_SUCCESS);
		CHECK_EQ(n, PROCESSOR_BASIC_INFO_COUNT);
		CHECK_EQ(host, HOST);
		CHECK_EQ(info.processor.slot_num, i);
		CHECK_EQ(info.processor.is_master, i == 0);
		CHECK_EQ(info.processor.running, TRUE);
		n--;
		CHECK_KR(processor_info(processors[i], PROCESSOR_BASIC_INFO,
		    &host, info.word, &n), KERN_FAILURE);
		n = 64;
		CHECK_KR(processor_info(processors[i], 2, &host, info.word,
		    &n), KERN_FAILURE);
		CHECK_KR(processor_get_assignment(processors[i], &whose),
		    KERN_SUCCESS);
		CHECK_EQ(whose, set);
	}
	CHECK_KR(processor_exit(processors[0]), KERN_FAILURE);
	CHECK_KR(processor_start(processors[0]), KERN_FAILURE);
	CHECK_KR(processor_control(processors[0], info.word, 1),
	    KERN_FAILURE);
	n = 64;
	CHECK_KR(processor_info(HOST, PROCESSOR_BASIC_INFO, &host, info.word,
	    &n), KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_start(SELF), KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_exit(HOST), KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_control(HOST, info.word, 1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_get_assignment(HOST, &whose),
	    KERN_INVALID_ARGUMENT);
}

/* ---- the processor set ---- */

static processor_set_t
control_of_set(processor_set_name_t *name)
{
	processor_set_t set;

	CHECK_KR(processor_set_default(HOST, name), KERN_SUCCESS);
	CHECK_KR(host_processor_set_priv(TEST_HOST_PORT, *name, &set),
	    KERN_SUCCESS);
	CHECK(set != *name);
	return set;
}

TEST(host_processor_set_tells_of_itself)
{
	mach_msg_type_number_t count = PROCESSOR_SET_BASIC_INFO_COUNT;
	processor_set_name_t name;
	processor_set_name_array_t sets;
	processor_set_t set = control_of_set(&name);
	union info info;
	host_t host;

	CHECK_KR(processor_set_info(name, PROCESSOR_SET_BASIC_INFO, &host,
	    info.word, &count), KERN_SUCCESS);
	CHECK_EQ(host, HOST);
	CHECK(info.set.processor_count >= 1);
	CHECK(info.set.task_count >= 2);
	CHECK(info.set.thread_count >= 2);
	count = 64;
	CHECK_KR(processor_set_info(set, PROCESSOR_SET_SCHED_INFO, &host,
	    info.word, &count), KERN_SUCCESS);
	CHECK_EQ(count, PROCESSOR_SET_SCHED_INFO_COUNT);
	CHECK(info.set_sched.policies & POLICY_TIMESHARE);
	count = 1;
	CHECK(processor_set_info(name, PROCESSOR_SET_BASIC_INFO, &host,
	    info.word, &count) != KERN_SUCCESS);
	count = 64;
	CHECK_KR(processor_set_info(name, 3, &host, info.word, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_info(SELF, PROCESSOR_SET_BASIC_INFO, &host,
	    info.word, &count), KERN_INVALID_ARGUMENT);
	CHECK_KR(host_processor_sets(HOST, &sets, &count), KERN_SUCCESS);
	CHECK_EQ(count, 1);
	CHECK_EQ(sets[0], name);
	CHECK_KR(host_processor_sets(SELF, &sets, &count),
	    KERN_INVALID_ARGUMENT);
}

static bool
contains(const mach_port_t *ports, unsigned count, mach_port_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

TEST(host_processor_set_lists_tasks_and_threads)
{
	processor_set_name_t name;
	processor_set_t set = control_of_set(&name);
	task_array_t tasks;
	thread_array_t threads;
	mach_msg_type_number_t count;

	CHECK_KR(processor_set_tasks(set, &tasks, &count), KERN_SUCCESS);
	CHECK(contains(tasks, count, SELF));
	CHECK_KR(processor_set_threads(set, &threads, &count), KERN_SUCCESS);
	CHECK(contains(threads, count, mach_thread_self()));
	/* The name alone gives no control. */
	CHECK_KR(processor_set_tasks(name, &tasks, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_threads(name, &threads, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_max_priority(name, 5, FALSE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_destroy(name), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_max_priority(mach_thread_self(), name, 5),
	    KERN_INVALID_ARGUMENT);
}

/* Whether a task lives, and yet its memory is nobody's. */
static bool
is_kernels(task_t task)
{
	mach_port_t object = MACH_PORT_NULL;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;
	struct task_basic_info info;
	vm_prot_t prot, max_prot;
	vm_inherit_t inherit;
	vm_address_t at = 0;
	vm_offset_t offset;
	boolean_t shared;
	vm_size_t size;

	return task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count) ==
	    KERN_SUCCESS && vm_region(task, &at, &size, &prot, &max_prot,
	    &inherit, &shared, &object, &offset) == KERN_INVALID_ARGUMENT;
}

/* Who has all tasks of a set has the kernel's, too, and does it no harm. */
TEST(host_kernel_task_keeps_its_memory_and_names)
{
	processor_set_name_t name;
	processor_set_t set = control_of_set(&name);
	mach_msg_type_number_t count;
	vm_address_t at = 0xc0000000, data = test_allocate(PAGE_SIZE);
	mach_port_name_t port;
	task_array_t tasks;
	unsigned found = 0;
	task_t task;

	CHECK_KR(processor_set_tasks(set, &tasks, &count), KERN_SUCCESS);
	for (unsigned i = 0; i < count; i++) {
		task = tasks[i];
		if (!is_kernels(task))
			continue;
		found++;
		CHECK_KR(vm_allocate(task, &at, PAGE_SIZE, TRUE),
		    KERN_INVALID_ARGUMENT);
		CHECK_KR(vm_deallocate(task, 0xc0000000, 0x3f000000),
		    KERN_INVALID_ARGUMENT);
		CHECK_KR(vm_protect(task, 0xc0000000, 0x3f000000, FALSE,
		    VM_PROT_NONE), KERN_INVALID_ARGUMENT);
		CHECK_KR(vm_write(task, 0xf0000000, data, PAGE_SIZE),
		    KERN_INVALID_ARGUMENT);
		CHECK_KR(mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE,
		    &port), KERN_INVALID_TASK);
		CHECK_KR(task_terminate(task), KERN_INVALID_ARGUMENT);
		CHECK_KR(task_suspend(task), KERN_INVALID_ARGUMENT);
	}
	CHECK_EQ(found, 1);
}

TEST(host_assignments_are_to_the_one_set)
{
	processor_set_name_t name, whose;
	processor_set_t set = control_of_set(&name), made;
	thread_t self = mach_thread_self();

	CHECK_KR(task_get_assignment(SELF, &whose), KERN_SUCCESS);
	CHECK_EQ(whose, name);
	CHECK_KR(thread_get_assignment(self, &whose), KERN_SUCCESS);
	CHECK_EQ(whose, name);
	CHECK_KR(task_assign(SELF, set, TRUE), KERN_SUCCESS);
	CHECK_KR(thread_assign(self, set), KERN_SUCCESS);
	CHECK_KR(task_assign_default(SELF, TRUE), KERN_SUCCESS);
	CHECK_KR(thread_assign_default(self), KERN_SUCCESS);
	CHECK_KR(task_assign(SELF, name, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_assign(HOST, set, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_assign(SELF, set), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_assign_default(HOST, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_assign_default(HOST), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_get_assignment(HOST, &whose), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_get_assignment(HOST, &whose), KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_create(HOST, &made, &whose), KERN_FAILURE);
	CHECK_KR(processor_set_destroy(set), KERN_FAILURE);
}

TEST(host_policies_and_priorities)
{
	processor_set_name_t name;
	processor_set_t set = control_of_set(&name);
	thread_t self = mach_thread_self();

	CHECK_KR(processor_set_policy_enable(set, POLICY_TIMESHARE),
	    KERN_SUCCESS);
	CHECK_KR(processor_set_policy_enable(set, 77),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_policy_disable(set, POLICY_TIMESHARE, FALSE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(processor_set_policy_enable(name, POLICY_TIMESHARE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_policy(self, POLICY_TIMESHARE, 0), KERN_SUCCESS);
	CHECK_KR(thread_policy(self, 77, 0), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_policy(SELF, POLICY_TIMESHARE, 0),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(task_priority(SELF, 30, TRUE), KERN_SUCCESS);
	CHECK_KR(task_priority(SELF, 64, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_priority(SELF, -1, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(task_priority(HOST, 30, TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_max_priority(self, set, 20), KERN_SUCCESS);
	CHECK_KR(thread_priority(self, 20, FALSE), KERN_SUCCESS);
	CHECK_KR(thread_priority(self, 19, FALSE), KERN_FAILURE);
	CHECK_KR(thread_max_priority(self, set, 64), KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_depress_abort(self), KERN_FAILURE);
	CHECK_KR(thread_depress_abort(SELF), KERN_INVALID_ARGUMENT);
	CHECK_KR(syscall_thread_depress_abort(self), KERN_FAILURE);
	CHECK_KR(syscall_thread_depress_abort(SELF), MACH_SEND_INTERRUPTED);
}

/* ---- device traps ---- */

TEST(host_device_traps_refuse)
{
	mach_port_t disk;
	struct io_buf_vec vec[17];
	const char *const wrong[] = { NULL, (char *)0xc0000000,
	    (char *)0xbffffffc, (char *)0xfffffff0 };

	memset(vec, 0, sizeof(vec));
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ | D_WRITE, "rd0",
	    &disk), D_SUCCESS);
	CHECK(syscall_device_write_request(SELF, 0, 0, 0, 0, 4) !=
	    KERN_SUCCESS);
	CHECK(syscall_device_write_request(disk, disk, 0, 0, 0, 4) !=
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(syscall_device_write_request(disk, 0, 0, 0,
		    (vm_offset_t)wrong[i], 512) != KERN_SUCCESS);
		CHECK(syscall_device_writev_request(disk, 0, 0, 0,
		    (struct io_buf_vec *)wrong[i], 2) != KERN_SUCCESS);
		vec[0].data = (vm_offset_t)wrong[i];
		vec[0].count = 512;
		CHECK(syscall_device_writev_request(disk, 0, 0, 0, vec, 1) !=
		    KERN_SUCCESS);
	}
	vec[0].count = vec[1].count = 0xffffffff;
	CHECK(syscall_device_writev_request(disk, 0, 0, 0, vec, 2) !=
	    KERN_SUCCESS);
	CHECK(syscall_device_writev_request(disk, 0, 0, 0, vec, 0xffffffff) !=
	    KERN_SUCCESS);
	CHECK(syscall_device_writev_request(disk, 0, 0, 0, vec, 0x20000001) !=
	    KERN_SUCCESS);
}

/* ---- forged notifications ---- */

/* A notification as the kernel would send it, but for what is wrong with it. */
enum forgery { TRUE_FORM, TOO_SHORT, TOO_LONG, WRONG_TYPE, WITH_REPLY, FORMS };

static struct right_message
notification(mach_msg_id_t id, mach_port_t carried)
{
	struct right_message msg;

	memset(&msg, 0, sizeof(msg));
	msg.head.msgh_size = sizeof(msg);
	msg.head.msgh_id = id;
	msg.type.msgt_name = MACH_MSG_TYPE_PORT_NAME;
	msg.type.msgt_size = 32;
	msg.type.msgt_number = 1;
	msg.type.msgt_inline = TRUE;
	msg.right = SELF;
	if (id == MACH_NOTIFY_PORT_DESTROYED) {
		msg.head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
		msg.type.msgt_name = MACH_MSG_TYPE_MOVE_RECEIVE;
		msg.right = carried;
	} else if (id == MACH_NOTIFY_NO_SENDERS) {
		msg.type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
		msg.right = 0;
	} else if (id == MACH_NOTIFY_SEND_ONCE) {
		msg.head.msgh_size = sizeof(msg.head);
	}
	return msg;
}

/* Each notification, in each form, to a port that is none of theirs. */
static void
forge(mach_port_t port)
{
	mach_port_t reply = right_allocate(MACH_PORT_RIGHT_RECEIVE), carried;
	struct { struct right_message msg; uint32_t more[4]; } out;

	memset(&out, 0, sizeof(out));
	for (unsigned i = 0; i < FORMS * (MACH_NOTIFY_LAST -
	    MACH_NOTIFY_FIRST + 1); i++) {
		carried = right_allocate(MACH_PORT_RIGHT_RECEIVE);
		out.msg = notification((mach_msg_id_t)(MACH_NOTIFY_FIRST +
		    i / FORMS), carried);
		if (i % FORMS == TOO_SHORT)
			out.msg.head.msgh_size = sizeof(out.msg.head);
		else if (i % FORMS == TOO_LONG)
			out.msg.head.msgh_size += 8;
		else if (i % FORMS == WRONG_TYPE)
			out.msg.type.msgt_number = 0;
		out.msg.head.msgh_bits |= MACH_MSGH_BITS(
		    MACH_MSG_TYPE_COPY_SEND, i % FORMS == WITH_REPLY ?
		    MACH_MSG_TYPE_MAKE_SEND_ONCE : 0);
		out.msg.head.msgh_remote_port = port;
		out.msg.head.msgh_local_port =
		    i % FORMS == WITH_REPLY ? reply : MACH_PORT_NULL;
		(void)mach_msg(&out.msg.head, MACH_SEND_MSG,
		    out.msg.head.msgh_size, 0, MACH_PORT_NULL, 0,
		    MACH_PORT_NULL);
		/* what was sent was destroyed, what was not is still here */
		if (right_type(carried) != 0)
			destroy_right(carried);
	}
	destroy_right(reply);
}

/* exception_raise and its reply, as if thread and task of ours had failed. */
static void
forge_exceptions(mach_port_t port, thread_t thread, task_t task)
{
	struct {
		mach_msg_header_t head;
		struct { mach_msg_type_t type; uint32_t word; } item[5];
	} msg;

	for (unsigned kind = 0; kind < 4; kind++) {
		memset(&msg, 0, sizeof(msg));
		for (unsigned i = 0; i < 5; i++) {
			msg.item[i].type.msgt_name = i < 2 && kind < 2 ?
			    MACH_MSG_TYPE_COPY_SEND : MACH_MSG_TYPE_INTEGER_32;
			msg.item[i].type.msgt_size = 32;
			msg.item[i].type.msgt_number = 1;
			msg.item[i].type.msgt_inline = TRUE;
		}
		msg.item[0].word = kind < 2 ? thread : KERN_SUCCESS;
		msg.item[1].word = kind < 2 ? task : 0;
		msg.head.msgh_bits = kind < 2 ? MACH_MSGH_BITS_COMPLEX : 0;
		msg.head.msgh_size = kind < 2 ? sizeof(msg) :
		    kind == 2 ? 32 : 24;
		CHECK_KR(test_send(&msg.head, port, kind < 2 ? 2400 : 2500),
		    MACH_MSG_SUCCESS);
	}
}

/* A right of each kind that the kernel serves. */
struct kernel_ports {
	mach_port_t port[16];
	unsigned    count;
	task_t	    task;		/* one of ours, and its thread */
	thread_t    thread;
};

static void
kernel_ports_make(struct kernel_ports *k)
{
	processor_set_name_t name;
	processor_set_t set = control_of_set(&name);
	processor_array_t processors;
	mach_msg_type_number_t count;
	mach_port_t console, disk, time, pager;

	CHECK_KR(host_processors(TEST_HOST_PORT, &processors, &count),
	    KERN_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, "console", &console),
	    D_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, "rd0", &disk),
	    D_SUCCESS);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, "time", &time),
	    D_SUCCESS);
	CHECK_KR(device_map(time, VM_PROT_READ, 0, PAGE_SIZE, &pager, 0),
	    D_SUCCESS);
	CHECK_KR(task_create(SELF, FALSE, &k->task), KERN_SUCCESS);
	CHECK_KR(thread_create(k->task, &k->thread), KERN_SUCCESS);
	*k = (struct kernel_ports){ { SELF, mach_thread_self(), HOST,
	    TEST_HOST_PORT, TEST_DEVICE_PORT, name, set, processors[0],
	    console, disk, time, pager, k->task, k->thread }, 14, k->task,
	    k->thread };
}

static void
kernel_ports_check(const struct kernel_ports *k)
{
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;
	mach_msg_type_number_t thread_count = THREAD_BASIC_INFO_COUNT;
	struct thread_basic_info thread;
	struct task_basic_info info;

	for (unsigned i = 0; i < k->count; i++)
		CHECK_EQ(right_type(k->port[i]) & MACH_PORT_TYPE_DEAD_NAME, 0);
	CHECK_KR(task_info(k->task, TASK_BASIC_INFO, (task_info_t)&info,
	    &count), KERN_SUCCESS);
	CHECK_EQ(info.suspend_count, 0);
	CHECK_KR(thread_info(k->thread, THREAD_BASIC_INFO,
	    (thread_info_t)&thread, &thread_count), KERN_SUCCESS);
	CHECK_EQ(thread.suspend_count, 1);	/* as it was made */
	CHECK_KR(task_terminate(k->task), KERN_SUCCESS);
}

TEST(host_forged_notifications_change_nothing)
{
	struct kernel_ports k;

	kernel_ports_make(&k);
	for (unsigned i = 0; i < k.count; i++)
		forge(k.port[i]);
	kernel_ports_check(&k);
}

/* CVE-2018-4280. */
TEST(host_forged_exceptions_change_nothing)
{
	struct kernel_ports k;
	mach_port_urefs_t refs;

	kernel_ports_make(&k);
	refs = right_refs(k.thread, MACH_PORT_RIGHT_SEND);
	for (unsigned i = 0; i < k.count; i++)
		forge_exceptions(k.port[i], k.thread, k.task);
	CHECK_EQ(right_refs(k.thread, MACH_PORT_RIGHT_SEND), refs);
	kernel_ports_check(&k);
}
