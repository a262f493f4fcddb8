/*
 * tests/kern_calls.c - the traps of tasks, and calls beside the main ones:
 * names, wiring, and what mach_debug shows.
 */
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <mach/gnumach.h>
#include <mach/i386/mach_i386.h>
#include <mach/task_info.h>
#include <mach/vm_param.h>
#include <mach_debug/mach_debug.h>

#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()
#define NOT_A_NAME	((mach_port_name_t)0x654321)

/* ---- traps ---- */

static int
suspend_count(task_t task)
{
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	CHECK_KR(task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count),
	    KERN_SUCCESS);
	return info.suspend_count;
}

TEST(kern_task_traps_do_what_the_calls_do)
{
	mach_port_t port = test_port(), got;
	task_t task = MACH_PORT_NULL;

	CHECK_KR(syscall_task_create(SELF, FALSE, &task), KERN_SUCCESS);
	CHECK_EQ(right_type(task), MACH_PORT_TYPE_SEND);
	CHECK_EQ(suspend_count(task), 0);
	CHECK_KR(syscall_task_suspend(task), KERN_SUCCESS);
	CHECK_EQ(suspend_count(task), 1);
	CHECK_KR(syscall_task_set_special_port(task, TASK_BOOTSTRAP_PORT,
	    port), KERN_SUCCESS);
	CHECK_KR(task_get_special_port(task, TASK_BOOTSTRAP_PORT, &got),
	    KERN_SUCCESS);
	CHECK_EQ(got, port);
	CHECK_KR(syscall_task_set_special_port(task, TASK_BOOTSTRAP_PORT,
	    MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_KR(syscall_task_terminate(task), KERN_SUCCESS);
	test_wait_end(task);
}

TEST(kern_task_traps_refuse)
{
	mach_port_t port = test_port();
	task_t task = MACH_PORT_NULL;
	const mach_port_t wrong[] = { MACH_PORT_NULL, MACH_PORT_DEAD,
	    NOT_A_NAME, port, mach_host_self(), mach_thread_self() };

	for (unsigned i = 0; i < 6; i++) {
		CHECK_KR(syscall_task_create(wrong[i], FALSE, &task),
		    MACH_SEND_INTERRUPTED);
		CHECK_KR(syscall_task_suspend(wrong[i]),
		    MACH_SEND_INTERRUPTED);
		CHECK_KR(syscall_task_terminate(wrong[i]),
		    MACH_SEND_INTERRUPTED);
		CHECK_KR(syscall_task_set_special_port(wrong[i],
		    TASK_BOOTSTRAP_PORT, port), MACH_SEND_INTERRUPTED);
	}
	CHECK_KR(syscall_task_set_special_port(SELF, 99, port),
	    KERN_INVALID_ARGUMENT);
	CHECK(syscall_task_set_special_port(SELF, TASK_BOOTSTRAP_PORT,
	    NOT_A_NAME) != KERN_SUCCESS);
	CHECK_KR(syscall_task_create(SELF, FALSE, (mach_port_t *)0xc0000000),
	    KERN_INVALID_ADDRESS);
	CHECK_EQ(right_refs(port, MACH_PORT_RIGHT_SEND), 1);
}

TEST(kern_events_are_nobodys)
{
	CHECK_KR(evc_wait(0), KERN_INVALID_ARGUMENT);
	CHECK_KR(evc_wait(~0u), KERN_INVALID_ARGUMENT);
	CHECK_KR(evc_wait_clear(3), KERN_INVALID_ARGUMENT);
}

/* ---- names ---- */

TEST(kern_names_of_tasks_and_threads)
{
	kernel_debug_name_t name;

	CHECK_KR(task_set_name(SELF, "a task"), KERN_SUCCESS);
	CHECK_KR(thread_set_name(mach_thread_self(), "a thread"),
	    KERN_SUCCESS);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CHECK_KR(task_set_name(SELF, name), KERN_SUCCESS);
	CHECK_KR(thread_set_name(mach_thread_self(), name), KERN_SUCCESS);
	CHECK_KR(task_set_name(SELF, ""), KERN_SUCCESS);
	/* No reply tells: that nothing happens is all there is to see. */
	CHECK_KR(task_set_name(mach_host_self(), "x"), KERN_SUCCESS);
	CHECK_KR(thread_set_name(SELF, "x"), KERN_SUCCESS);
}

/* ---- wiring ---- */

enum { WIRED = 512 };		/* pages */

/*
 * The count is the whole machine's, and what other tasks leave behind may
 * go at the same time: half of what was wired must show.
 */
TEST(kern_wired_memory_is_counted)
{
	vm_address_t address = test_allocate(WIRED * PAGE_SIZE);
	struct vm_statistics before, wired, after;

	CHECK_KR(vm_statistics(SELF, &before), KERN_SUCCESS);
	CHECK_KR(vm_wire(TEST_HOST_PORT, SELF, address, WIRED * PAGE_SIZE,
	    VM_PROT_READ | VM_PROT_WRITE), KERN_SUCCESS);
	CHECK_KR(vm_statistics(SELF, &wired), KERN_SUCCESS);
	CHECK(wired.wire_count >= before.wire_count + WIRED / 2);
	CHECK_KR(vm_wire(TEST_HOST_PORT, SELF, address, WIRED * PAGE_SIZE,
	    VM_PROT_NONE), KERN_SUCCESS);
	CHECK_KR(vm_statistics(SELF, &after), KERN_SUCCESS);
	CHECK(after.wire_count <= wired.wire_count - WIRED / 2);
	/* Unprivileged: some may be wired too, as often as one likes. */
	for (unsigned i = 0; i < 20; i++) {
		CHECK_KR(vm_wire(mach_host_self(), SELF, address, PAGE_SIZE,
		    VM_PROT_READ), KERN_SUCCESS);
		CHECK_KR(vm_wire(TEST_HOST_PORT, SELF, address, PAGE_SIZE,
		    VM_PROT_NONE), KERN_SUCCESS);
	}
	CHECK_KR(vm_deallocate(SELF, address, WIRED * PAGE_SIZE),
	    KERN_SUCCESS);
}

TEST(kern_wire_refuses)
{
	vm_address_t address = test_allocate(PAGE_SIZE);
	vm_address_t large = test_allocate(16 << 20);

	CHECK_KR(vm_wire(SELF, SELF, address, PAGE_SIZE, VM_PROT_READ),
	    KERN_INVALID_HOST);
	CHECK_KR(vm_wire(TEST_HOST_PORT, mach_host_self(), address, PAGE_SIZE,
	    VM_PROT_READ), KERN_INVALID_TASK);
	CHECK_KR(vm_wire(TEST_HOST_PORT, SELF, address, PAGE_SIZE, 0x100),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_wire(TEST_HOST_PORT, SELF, address, 0xfffff000,
	    VM_PROT_READ), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_wire(mach_host_self(), SELF, large, 16 << 20,
	    VM_PROT_READ), KERN_NO_ACCESS);
	CHECK_KR(vm_wire_all(mach_host_self(), SELF, VM_WIRE_ALL),
	    KERN_INVALID_HOST);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, mach_host_self(), VM_WIRE_ALL),
	    KERN_INVALID_TASK);
	CHECK_KR(vm_wire_all(TEST_HOST_PORT, SELF, 0x40),
	    KERN_INVALID_ARGUMENT);
}

TEST(kern_wire_of_a_hole)
{
	vm_address_t address = test_allocate(3 * PAGE_SIZE);

	CHECK_KR(vm_deallocate(SELF, address + PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK(vm_wire(TEST_HOST_PORT, SELF, address, 3 * PAGE_SIZE,
	    VM_PROT_READ) != KERN_SUCCESS);
	*(volatile int *)address = 1;
	CHECK_KR(vm_deallocate(SELF, address, 3 * PAGE_SIZE), KERN_SUCCESS);
}

/* ---- what mach_debug shows ---- */

TEST(kern_debug_calls_count_rights_and_requests)
{
	mach_port_t port = test_port(), notify = test_port();
	mach_port_t name[3], previous;
	mach_port_rights_t rights;
	unsigned total, used;

	CHECK_KR(mach_port_get_srights(SELF, port, &rights), KERN_SUCCESS);
	CHECK_EQ(rights, 1);
	CHECK_KR(send_right(notify, port, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	CHECK_KR(mach_port_get_srights(SELF, port, &rights), KERN_SUCCESS);
	CHECK_EQ(rights, 2);
	request_notification(port, MACH_NOTIFY_DEAD_NAME, notify);
	CHECK_KR(mach_port_dnrequest_info(SELF, port, &total, &used),
	    KERN_SUCCESS);
	CHECK_EQ(used, 1);
	CHECK(total >= used);
	for (unsigned i = 0; i < 3; i++) {
		name[i] = send_once_right(port);
		request_notification(name[i], MACH_NOTIFY_DEAD_NAME, notify);
	}
	CHECK_KR(mach_port_dnrequest_info(SELF, port, &total, &used),
	    KERN_SUCCESS);
	CHECK_EQ(used, 4);
	/* The first of them, one between, and the rest. */
	CHECK_KR(mach_port_request_notification(SELF, port,
	    MACH_NOTIFY_DEAD_NAME, 0, MACH_PORT_NULL,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), KERN_SUCCESS);
	destroy_right(previous);
	destroy_right(name[1]);
	CHECK_KR(mach_port_dnrequest_info(SELF, port, &total, &used),
	    KERN_SUCCESS);
	CHECK_EQ(used, 2);
	destroy_right(name[0]);
	destroy_right(name[2]);
	CHECK_KR(mach_port_dnrequest_info(SELF, port, &total, &used),
	    KERN_SUCCESS);
	CHECK_EQ(used, 0);
	CHECK_KR(mach_port_get_srights(SELF, NOT_A_NAME, &rights),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_get_srights(SELF, SELF, &rights),
	    KERN_INVALID_RIGHT);
	CHECK_KR(mach_port_get_srights(mach_host_self(), port, &rights),
	    KERN_INVALID_TASK);
	CHECK_KR(mach_port_dnrequest_info(SELF, NOT_A_NAME, &total, &used),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_dnrequest_info(SELF, SELF, &total, &used),
	    KERN_INVALID_RIGHT);
}

TEST(kern_debug_calls_tell_kernel_objects_apart)
{
	mach_port_t port = test_port();
	unsigned task, thread, plain;
	vm_offset_t address;

	CHECK_KR(mach_port_kernel_object(SELF, SELF, &task, &address),
	    KERN_SUCCESS);
	CHECK_EQ(address, 0);
	CHECK_KR(mach_port_kernel_object(SELF, mach_thread_self(), &thread,
	    &address), KERN_SUCCESS);
	CHECK_KR(mach_port_kernel_object(SELF, port, &plain, &address),
	    KERN_SUCCESS);
	CHECK(task != 0 && thread != 0 && task != thread);
	CHECK_EQ(plain, 0);
	CHECK_KR(mach_port_kernel_object(SELF, NOT_A_NAME, &plain, &address),
	    KERN_INVALID_NAME);
	CHECK_KR(mach_port_kernel_object(SELF,
	    right_allocate(MACH_PORT_RIGHT_PORT_SET), &plain, &address),
	    KERN_INVALID_RIGHT);
}

TEST(kern_debug_calls_show_regions)
{
	vm_address_t address = test_allocate(4 * PAGE_SIZE);
	mach_port_t object = 1;
	vm_region_info_t region;

	*(volatile int *)address = 1;
	CHECK_KR(mach_vm_region_info(SELF, address, &region, &object),
	    KERN_SUCCESS);
	CHECK(region.vri_start <= address);
	CHECK(region.vri_end >= address + 4 * PAGE_SIZE);
	CHECK_EQ(region.vri_protection, VM_PROT_READ | VM_PROT_WRITE);
	CHECK_EQ(region.vri_inheritance, VM_INHERIT_COPY);
	CHECK_EQ(object, MACH_PORT_NULL);	/* it has no pager */
	CHECK_KR(mach_vm_region_info(mach_host_self(), address, &region,
	    &object), KERN_INVALID_TASK);
	CHECK_KR(mach_vm_region_info(SELF, 0xfffff000, &region, &object),
	    KERN_NO_SPACE);
}

TEST(kern_debug_calls_show_objects)
{
	mach_port_t pager = test_port(), object, shadow = 1, copy = 1;
	vm_page_info_t room[4], *pages = room;
	mach_msg_type_number_t count = 4;
	vm_address_t address = 0;
	vm_region_info_t region;
	vm_object_info_t info;

	/* Nobody serves it: it is as it was made. */
	CHECK_KR(vm_map(SELF, &address, 4 * PAGE_SIZE, 0, TRUE, pager, 0,
	    FALSE, VM_PROT_READ, VM_PROT_READ, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	CHECK_KR(mach_vm_region_info(SELF, address, &region, &object),
	    KERN_SUCCESS);
	CHECK_EQ(right_type(object), MACH_PORT_TYPE_SEND);
	CHECK_KR(mach_vm_object_info(object, &info, &shadow, &copy),
	    KERN_SUCCESS);
	CHECK_EQ(info.voi_pagesize, PAGE_SIZE);
	CHECK_EQ(info.voi_resident_page_count, 0);
	CHECK_EQ(info.voi_object, region.vri_object);
	CHECK_EQ(shadow, MACH_PORT_NULL);
	CHECK_EQ(copy, MACH_PORT_NULL);
	CHECK_KR(mach_vm_object_pages(object, &pages, &count), KERN_SUCCESS);
	CHECK_EQ(count, 0);
	CHECK_KR(mach_vm_object_info(SELF, &info, &shadow, &copy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(mach_vm_object_pages(SELF, &pages, &count),
	    KERN_INVALID_ARGUMENT);
}

TEST(kern_debug_calls_on_the_host)
{
	hash_info_bucket_t room[16], *info = room;
	mach_msg_type_number_t count = 16;
	unsigned most;

	CHECK_KR(host_ipc_hash_info(mach_host_self(), &info, &count),
	    KERN_SUCCESS);
	count = 16;
	info = room;
	CHECK_KR(host_ipc_marequest_info(mach_host_self(), &most, &info,
	    &count), KERN_SUCCESS);
	count = 16;
	info = room;
	CHECK_KR(host_ipc_marequest_info(SELF, &most, &info, &count),
	    KERN_INVALID_HOST);
	CHECK_KR(host_ipc_hash_info(SELF, &info, &count), KERN_INVALID_HOST);
}

/* Whether 100 ports more are counted, as far as *after tells. */
static bool
ports_are_counted(struct zone_counts *after)
{
	static struct zone_counts before;
	mach_port_t ports[100];
	int more;

	zones_read(&before);
	for (unsigned i = 0; i < 100; i++)
		ports[i] = right_allocate(MACH_PORT_RIGHT_RECEIVE);
	zones_read(after);
	for (unsigned i = 0; i < 100; i++)
		CHECK_KR(mach_port_destroy(SELF, ports[i]), KERN_SUCCESS);
	more = zones_in_use(after, "ipc_port") -
	    zones_in_use(&before, "ipc_port");
	return more >= 100;
}

TEST(kern_debug_calls_list_zones)
{
	static struct zone_counts after;
	mach_msg_type_number_t count = 0, slab = 0;
	bool counted = false;
	zone_name_array_t names = NULL;
	zone_info_array_t zones = NULL;
	cache_info_array_t caches = NULL;

	/* those of tasks that end are still going, perhaps */
	for (unsigned i = 0; i < 50 && !counted; i++) {
		counted = ports_are_counted(&after);
		if (!counted)
			test_sleep(100);
	}
	CHECK(counted);
	CHECK_KR(host_slab_info(mach_host_self(), &caches, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, after.count);
	for (unsigned i = 0; i < count; i++) {
		CHECK(strcmp(caches[i].name, after.name[i].zn_name) == 0);
		CHECK(caches[i].nr_objs <= caches[i].nr_bufs);
		CHECK(caches[i].obj_size != 0);
	}
	CHECK_KR(host_zone_info(SELF, &names, &count, &zones, &count),
	    KERN_INVALID_HOST);
	CHECK_KR(host_slab_info(SELF, &caches, &slab), KERN_INVALID_HOST);
}

/* ---- ports of the machine ---- */

TEST(kern_io_ports_are_not_given_away)
{
	mach_port_t right = MACH_PORT_NULL;

	CHECK_KR(i386_io_perm_create(SELF, 0x70, 0x71, &right),
	    KERN_INVALID_ARGUMENT);
	CHECK(i386_io_perm_create(TEST_DEVICE_PORT, 0x71, 0x70, &right) !=
	    KERN_SUCCESS);
	CHECK(i386_io_perm_modify(SELF, test_port(), TRUE) != KERN_SUCCESS);
	CHECK(i386_io_port_add(mach_thread_self(), SELF) != KERN_SUCCESS);
	CHECK(i386_io_port_remove(SELF, SELF) != KERN_SUCCESS);
}
