/*
 * tests/rare_calls.c - calls that no other test has a use for.
 */
#include <string.h>

#include <device/device.h>
#include <mach/duality.h>
#include <mach/gnumach.h>
#include <mach/mach_thread.h>
#include <mach/memory_object.h>
#include <mach/thread_switch.h>
#include <mach/vm_attributes.h>
#include <mach/vm_param.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>
#include <mach_debug/mach_debug.h>

#include "../libmach/thread.h"
#include "rights.h"

#define SELF		mach_task_self()

TEST(rare_device_open_new_is_an_open)
{
	dev_name_t name = "time";
	mach_port_t device = MACH_PORT_NULL;

	CHECK_KR(device_open_new(TEST_DEVICE_PORT, D_READ, name, &device),
	    D_SUCCESS);
	CHECK(MACH_PORT_VALID(device));
	CHECK_KR(device_open_new(SELF, D_READ, name, &device),
	    D_INVALID_OPERATION);
}

TEST(rare_memory_is_wired_as_a_whole)
{
	vm_address_t addr = test_allocate(PAGE_SIZE);

	CHECK_KR(vm_wire_all(TEST_HOST_PORT, SELF, VM_WIRE_NONE),
	    KERN_SUCCESS);
	CHECK(vm_wire_all(mach_host_self(), SELF, VM_WIRE_NONE) !=
	    KERN_SUCCESS);
	*(volatile int *)addr = 1;
}

TEST(rare_memory_without_a_pager_is_in_step)
{
	vm_address_t addr = test_allocate(2 * PAGE_SIZE);

	*(volatile int *)addr = 5;
	CHECK_KR(vm_msync(SELF, addr, PAGE_SIZE, VM_SYNC_SYNCHRONOUS),
	    KERN_SUCCESS);
	CHECK_EQ(*(volatile int *)addr, 5);
}

TEST(rare_machine_attributes)
{
	vm_machine_attribute_val_t value = MATTR_VAL_CACHE_FLUSH;
	vm_address_t addr = test_allocate(PAGE_SIZE);
	kern_return_t kr;

	kr = vm_machine_attribute(SELF, addr, PAGE_SIZE, MATTR_CACHE, &value);
	CHECK(kr == KERN_SUCCESS || kr == KERN_INVALID_ARGUMENT);
}

#define SPINNERS	8	/* more than processors: nobody depressed runs */

static volatile bool depressed, let_up;

static void
spin(void *unused)
{
	(void)unused;
	while (!let_up)
		continue;
}

static void
depress(void *unused)
{
	(void)unused;
	for (;;) {
		depressed = true;
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_DEPRESS,
		    20000);
		test_sleep(1);
	}
}

/* The thread has no other way to be let up within the test's time. */
TEST(rare_depression_is_aborted)
{
	thread_array_t threads;
	mach_msg_type_number_t count;
	kern_return_t kr = KERN_FAILURE;

	CHECK_KR(mach_thread_start(depress, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < SPINNERS; i++)
		CHECK_KR(mach_thread_start(spin, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < 1000 && kr != KERN_SUCCESS; i++) {
		test_sleep(1);
		CHECK_KR(task_threads(SELF, &threads, &count), KERN_SUCCESS);
		for (unsigned t = 0; t < count; t++)
			if (thread_depress_abort(threads[t]) == KERN_SUCCESS)
				kr = KERN_SUCCESS;
	}
	let_up = true;
	CHECK(depressed);
	CHECK_KR(kr, KERN_SUCCESS);
}

TEST(rare_host_calls)
{
	struct time_value64 none = { 0, 0 }, old;
	memory_object_t manager = MACH_PORT_NULL;

	CHECK_KR(host_adjust_time64(TEST_HOST_PORT, none, &old),
	    KERN_SUCCESS);
	CHECK(host_adjust_time64(mach_host_self(), none, &old) !=
	    KERN_SUCCESS);
	CHECK(processor_assign(SELF, SELF, FALSE) != KERN_SUCCESS);
	CHECK_KR(vm_set_default_memory_manager(TEST_HOST_PORT, &manager),
	    KERN_SUCCESS);
	CHECK_KR(thread_wire(TEST_HOST_PORT, mach_thread_self(), TRUE),
	    KERN_SUCCESS);
	CHECK_KR(thread_wire(TEST_HOST_PORT, mach_thread_self(), FALSE),
	    KERN_SUCCESS);
}

/* By the name that the kernel gives to an object's manager. */
TEST(rare_calls_by_an_objects_name)
{
	struct { mach_msg_header_t head; uint32_t word[24]; } init;
	vm_page_phys_info_t room[2], *pages = room;
	mach_msg_type_number_t count = 2;
	mach_port_t pager = test_port(), name;
	vm_address_t addr = 0;

	CHECK_KR(vm_map(SELF, &addr, PAGE_SIZE, 0, TRUE, pager, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE), KERN_SUCCESS);
	CHECK_KR(test_receive(&init.head, sizeof(init), pager, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_KR(memory_object_ready(init.word[1], FALSE,
	    MEMORY_OBJECT_COPY_DELAY), KERN_SUCCESS);
	CHECK_KR(memory_object_set_run(init.word[1], PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(memory_object_set_discard(init.word[1], TRUE), KERN_SUCCESS);
	CHECK(memory_object_set_discard(init.word[3], TRUE) != KERN_SUCCESS);
	name = init.word[3];
	CHECK_KR(mach_vm_object_pages_phys(name, &pages, &count),
	    KERN_SUCCESS);
	CHECK_EQ(count, 0);
	CHECK_KR(mach_vm_object_pages_phys(SELF, &pages, &count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_object_sync(name, 0, PAGE_SIZE, FALSE, TRUE, FALSE),
	    KERN_SUCCESS);
	CHECK_KR(vm_object_sync(SELF, 0, PAGE_SIZE, FALSE, TRUE, FALSE),
	    KERN_INVALID_ARGUMENT);
}
