/*
 * tests/paging_calls.c - what the default pager is asked: by tasks that have no
 * business to, with nonsense, and by a second kernel.
 */
#include <string.h>

#include <mach/duality_pager.h>

#include "paging_support.h"
#include "pager_kernel.h"

#define SET_RUN		6020	/* memory_object_set_run */
#define OBJECT_PAGES	40u

static kern_return_t
paging_file_by(mach_port_t master, const char *name, boolean_t add)
{
	default_pager_filename_t file;
	mach_port_t pager = paging_port();
	kern_return_t kr;

	memset(file, 0, sizeof(file));
	strcpy(file, name);
	kr = default_pager_paging_file(pager, master, file, add);
	release(pager);
	return kr;
}

TEST(small_space_is_changed_only_by_who_has_the_devices)
{
	struct default_pager_info before = paging_space();
	mach_port_t masters[] = { MACH_PORT_NULL, TEST_HOST_PORT, self,
	    test_port() };

	for (unsigned i = 0; i < sizeof(masters) / sizeof(*masters); i++) {
		CHECK_KR(paging_file_by(masters[i], "rd0:100000+800", TRUE),
		    KERN_NO_ACCESS);
		CHECK_KR(paging_file_by(masters[i], "rd0:0+16384", FALSE),
		    KERN_NO_ACCESS);
	}
	expect_nothing(masters[3]);	/* it was not even asked */
	CHECK_EQ(paging_space().dpi_total_space, before.dpi_total_space);
}

TEST(small_calls_with_bad_input_are_refused)
{
	default_pager_object_array_t objects = NULL;
	default_pager_page_array_t pages = NULL;
	default_pager_statistics_t statistics;
	struct default_pager_info info;
	mach_port_array_t ports = NULL;
	mach_msg_type_number_t count = 0, port_count = 0;
	default_pager_filename_t file;
	mach_port_t pager = paging_port(), object, other = TEST_HOST_PORT;

	/* the host's port is no default pager's */
	CHECK_KR(default_pager_info(other, &info), MIG_BAD_ID);
	CHECK_KR(default_pager_statistics(other, &statistics), MIG_BAD_ID);
	CHECK_KR(default_pager_objects(other, &objects, &count, &ports,
	    &port_count), MIG_BAD_ID);
	CHECK_KR(default_pager_object_create(other, &object, PAGE_SIZE),
	    MIG_BAD_ID);
	CHECK_KR(default_pager_object_create(pager, &object, 0xfffff001),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(default_pager_object_pages(pager, MACH_PORT_NULL, &pages,
	    &count), KERN_INVALID_ARGUMENT);
	CHECK_KR(default_pager_object_pages(pager, test_port(), &pages,
	    &count), KERN_INVALID_ARGUMENT);
	memset(file, 'x', sizeof(file));	/* without an end */
	CHECK(default_pager_paging_file(pager, TEST_DEVICE_PORT, file, TRUE) !=
	    KERN_SUCCESS);
	CHECK(default_pager_paging_file(pager, TEST_DEVICE_PORT, file,
	    FALSE) != KERN_SUCCESS);
	CHECK_KR(paging_file_by(TEST_DEVICE_PORT, "rd0:0+16383", FALSE),
	    KERN_INVALID_ARGUMENT);
	/* an object's port does not answer for the pager */
	CHECK_KR(default_pager_object_create(pager, &object, PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(default_pager_info(object, &info), MIG_BAD_ID);
	CHECK_KR(default_pager_info(pager, &info), KERN_SUCCESS);
}

/* More objects than fit in a message. */
TEST(small_objects_are_listed_however_many)
{
	enum { MANY = 700 };
	default_pager_object_array_t objects = NULL;
	mach_port_array_t ports = NULL;
	mach_msg_type_number_t count = 0, port_count = 0;
	default_pager_statistics_t before, statistics;
	mach_port_t pager = paging_port(), port[MANY];

	CHECK_KR(default_pager_statistics(pager, &before), KERN_SUCCESS);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_KR(default_pager_object_create(pager, &port[i],
		    PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(default_pager_objects(pager, &objects, &count, &ports,
	    &port_count), KERN_SUCCESS);
	CHECK(count >= MANY);
	CHECK_EQ(port_count, count);
	CHECK_KR(default_pager_statistics(pager, &statistics), KERN_SUCCESS);
	CHECK(statistics.objects >= before.objects + MANY);
	for (unsigned i = 0; i < MANY; i++)
		release(port[i]);
	for (unsigned i = 0; i < 500 && statistics.objects > before.objects;
	    i++) {
		test_sleep(10);
		CHECK_KR(default_pager_statistics(pager, &statistics),
		    KERN_SUCCESS);
	}
	CHECK(statistics.objects <= before.objects);
}

/* A kernel of our own beside this one, on an object that a task asked for. */
static struct kernel
kernel_begin(mach_port_t object)
{
	struct kernel kernel = { object, test_port(), test_port() };
	struct request msg;

	say_init(&kernel, PAGE_SIZE);
	expect(kernel.control, SET_RUN, &msg);
	expect(kernel.control, READY, &msg);
	return kernel;
}

/* The pager waits for no answer, nor for room where nobody listens. */
TEST(small_pager_does_not_wait_for_a_kernel_that_does_not_listen)
{
	mach_port_t pager = paging_port(), object;
	struct default_pager_info info;
	struct kernel deaf;

	CHECK_KR(default_pager_object_create(pager, &object, PAGE_SIZE),
	    KERN_SUCCESS);
	deaf = (struct kernel){ object, test_port(), test_port() };
	for (unsigned i = 0; i < MACH_PORT_QLIMIT_MAX; i++) {
		say_init(&deaf, PAGE_SIZE);
		say_return(&deaf, 0, 5);
		say_request(&deaf, 0, PAGE_SIZE);
		say_request(&deaf, PAGE_SIZE, PAGE_SIZE);
	}
	CHECK_KR(default_pager_info(pager, &info), KERN_SUCCESS);
}

TEST(small_pager_serves_a_second_kernel)
{
	mach_port_t pager = paging_port(), object;
	default_pager_statistics_t before, after;
	struct kernel kernel;
	struct request msg;
	vm_address_t a = 0;

	CHECK_KR(default_pager_statistics(pager, &before), KERN_SUCCESS);
	CHECK_KR(default_pager_object_create(pager, &object,
	    OBJECT_PAGES * PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_map(self, &a, OBJECT_PAGES * PAGE_SIZE, 0, TRUE, object, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(a), 0);
	kernel = kernel_begin(object);
	say_return(&kernel, PAGE_SIZE, 77);
	kernel_read(&kernel, PAGE_SIZE, 77);
	CHECK_EQ(vm_word(a + PAGE_SIZE), 77);
	vm_set_word(a + 2 * PAGE_SIZE, 78);
	vm_deallocate_check(a, OBJECT_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < 500; i++) {
		say_request(&kernel, 2 * PAGE_SIZE, PAGE_SIZE);
		CHECK_KR(test_receive(&msg.head, sizeof(msg), kernel.control,
		    20000), MACH_MSG_SUCCESS);
		if (msg.head.msgh_id == DATA_SUPPLY)
			break;
		CHECK_EQ(msg.head.msgh_id, DATA_UNAVAILABLE);
		test_sleep(10);
	}
	CHECK_EQ(vm_word(msg.word[5]), 78);
	/* beyond its end there is nothing, nor can anything be put there */
	say_return(&kernel, OBJECT_PAGES * PAGE_SIZE, 5);
	say_return(&kernel, 0xfffff000, 5);
	say_request(&kernel, OBJECT_PAGES * PAGE_SIZE, PAGE_SIZE);
	expect(kernel.control, DATA_ERROR, &msg);
	say_request(&kernel, 0xfffff000, PAGE_SIZE);
	expect(kernel.control, DATA_ERROR, &msg);
	CHECK_KR(default_pager_statistics(pager, &after), KERN_SUCCESS);
	CHECK(after.pages_out >= before.pages_out + 2);
	CHECK(after.pages_in > before.pages_in);
	say_terminate(&kernel);
	/* and this one again */
	CHECK_KR(vm_map(self, &a, OBJECT_PAGES * PAGE_SIZE, 0, TRUE, object, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	CHECK_EQ(vm_word(a + PAGE_SIZE), 77);
	CHECK_EQ(vm_word(a + 2 * PAGE_SIZE), 78);
	vm_deallocate_check(a, OBJECT_PAGES * PAGE_SIZE);
	release(object);
}
