/*
 * tests/paging_small.c - the default pager's own calls, and the end of paging
 * space: 8 MB of it, which the tests fill.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/memory_object.h>

#include "paging_support.h"

#define BASE	((vm_address_t)0x40000000)
#define SPACE	((vm_size_t)0x10000000)	/* more than memory and paging space */
#define LITTLE	((vm_size_t)(16 * PAGE_SIZE))
#define self	mach_task_self()
#define SPACE_NAME "rd0:0+16384"

/* ---- what the pager is asked ---- */

TEST(small_space_is_told_and_bad_space_left_out)
{
	struct default_pager_info info = paging_space();

	CHECK_EQ(info.dpi_total_space, 8 << 20);
	CHECK_EQ(info.dpi_page_size, PAGE_SIZE);
	CHECK(info.dpi_free_space <= info.dpi_total_space);
}

static kern_return_t
paging_file(const char *name, boolean_t add)
{
	default_pager_filename_t file;
	mach_port_t pager = paging_port();
	kern_return_t kr;

	strcpy(file, name);
	kr = default_pager_paging_file(pager, TEST_DEVICE_PORT, file, add);
	CHECK_KR(mach_port_deallocate(self, pager), KERN_SUCCESS);
	return kr;
}

TEST(small_space_that_is_no_space_is_refused)
{
	CHECK_KR(paging_file("rd0:0+16384", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("rd0:16000+8000", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("rd0:20000+7", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("rd0:999999999+8", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("rd0:", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("rd0:1-2", TRUE), KERN_INVALID_ARGUMENT);
	CHECK_KR(paging_file("", TRUE), KERN_INVALID_ARGUMENT);
	CHECK(paging_file("rd9", TRUE) != KERN_SUCCESS);
	CHECK(paging_file("time", TRUE) != KERN_SUCCESS);
	CHECK_KR(paging_file("rd0", FALSE), KERN_INVALID_ARGUMENT);
	CHECK_EQ(paging_space().dpi_total_space, 8 << 20);
}

/* Write pages until count of them have gone out. */
static void
page_out_some(vm_address_t base, unsigned pages, unsigned count)
{
	unsigned before = paging_count(), i;

	for (i = 0; i < pages && paging_count() - before < count; i++)
		paging_write(base, i, 0);
	for (; i < pages; i++)
		paging_write(base, i, 0);
	CHECK(paging_count() - before >= count);
}

/* Wait until so many bytes of paging space are free. */
static void
expect_free(vm_size_t bytes)
{
	struct default_pager_info now = paging_space();

	for (unsigned i = 0; i < 500 && now.dpi_free_space < bytes; i++) {
		test_sleep(10);
		now = paging_space();
	}
	if (now.dpi_free_space < bytes)
		test_fail(__FILE__, __LINE__, "%lu bytes free, not %lu",
		    (unsigned long)now.dpi_free_space, (unsigned long)bytes);
}

#define PART	100u	/* pages */

static void
check_part(vm_address_t base, unsigned first)
{
	for (unsigned i = first; i < first + PART; i++)
		paging_check(base, i, 0);
}

/* All of an object goes but two parts: so do its slots. */
TEST_LIMIT(small_space_of_deallocated_memory_is_free_at_once, 60)
{
	unsigned pages = vm_free_count() + 1600, i;
	vm_address_t base = test_allocate(pages * PAGE_SIZE);
	vm_size_t before = paging_space().dpi_free_space;

	page_out_some(base, pages, 1400);
	CHECK(before - paging_space().dpi_free_space >= 1000 * PAGE_SIZE);
	vm_deallocate_check(base, PART * PAGE_SIZE);
	vm_deallocate_check(base + 2 * PART * PAGE_SIZE,
	    (pages - 4 * PART) * PAGE_SIZE);
	vm_deallocate_check(base + (pages - PART) * PAGE_SIZE,
	    PART * PAGE_SIZE);
	expect_free(before - 2 * PART * PAGE_SIZE);
	check_part(base, PART);
	check_part(base, pages - 2 * PART);
	/* new memory at the place begins as zeros */
	CHECK_KR(vm_allocate(self, &base, PART * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	for (i = 0; i < PART; i++)
		CHECK_EQ(vm_word(base + i * PAGE_SIZE), 0);
	check_part(base, PART);
}

TEST_LIMIT(small_space_is_added_and_emptied_in_use, 60)
{
	unsigned pages = vm_free_count() + 1000, i;
	vm_address_t base = test_allocate(pages * PAGE_SIZE);
	struct default_pager_info info;

	page_out_some(base, pages, 500);
	CHECK_KR(paging_file(SPACE_NAME, FALSE), KERN_RESOURCE_SHORTAGE);
	CHECK_KR(paging_file("rd0:100000+32768", TRUE), KERN_SUCCESS);
	info = paging_space();
	CHECK_EQ(info.dpi_total_space, 24 << 20);
	CHECK_KR(paging_file(SPACE_NAME, FALSE), KERN_SUCCESS);
	info = paging_space();
	CHECK_EQ(info.dpi_total_space, 16 << 20);
	CHECK(info.dpi_free_space < info.dpi_total_space);
	for (i = 0; i < pages; i++)
		paging_check(base, i, 0);
	CHECK_KR(paging_file(SPACE_NAME, TRUE), KERN_SUCCESS);
	vm_deallocate_check(base, pages * PAGE_SIZE);
	CHECK_KR(paging_file("rd0:100000+32768", FALSE), KERN_SUCCESS);
	CHECK_EQ(paging_space().dpi_total_space, 8 << 20);
}

TEST_LIMIT(small_objects_and_their_pages_are_listed, 60)
{
	unsigned pages = vm_free_count() + 1000, i, sum = 0;
	vm_address_t base = test_allocate(pages * PAGE_SIZE);
	default_pager_object_array_t objects = NULL;
	default_pager_page_array_t list = NULL;
	mach_port_array_t ports = NULL;
	mach_msg_type_number_t count = 0, port_count = 0, page_count = 0;
	mach_port_t pager = paging_port();

	page_out_some(base, pages, 500);
	CHECK_KR(default_pager_objects(pager, &objects, &count, &ports,
	    &port_count), KERN_SUCCESS);
	CHECK_EQ(count, port_count);
	for (i = 0; i < count; i++) {
		if (objects[i].dpo_size < 400 * PAGE_SIZE)
			continue;
		CHECK_KR(default_pager_object_pages(pager, ports[i], &list,
		    &page_count), KERN_SUCCESS);
		for (unsigned j = 0; j < page_count; j++)
			CHECK(list[j].dpp_offset < pages * PAGE_SIZE);
		sum += page_count;
	}
	CHECK(sum >= 400);
	CHECK_KR(default_pager_object_pages(pager, pager, &list, &page_count),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(default_pager_register_fileserver(pager, pager), KERN_FAILURE);
	vm_deallocate_check(base, pages * PAGE_SIZE);
}

/* Memory objects that tasks ask the pager for, as any pager's. */
TEST(small_pager_serves_objects_to_tasks)
{
	struct default_pager_info before = paging_space();
	mach_port_t pager = paging_port(), object;
	vm_address_t a = 0, b = 0;
	unsigned pages = 40, i;

	CHECK_KR(default_pager_object_create(pager, &object,
	    pages * PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_map(self, &a, pages * PAGE_SIZE, 0, TRUE, object, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE), KERN_SUCCESS);
	for (i = 0; i < pages; i++) {
		CHECK_EQ(vm_word(a + i * PAGE_SIZE), 0);
		paging_write(a, i, 1);
	}
	CHECK_KR(vm_deallocate(self, a, pages * PAGE_SIZE), KERN_SUCCESS);
	CHECK_KR(vm_map(self, &b, pages * PAGE_SIZE, 0, TRUE, object, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE), KERN_SUCCESS);
	for (i = 0; i < pages; i++)
		paging_check(b, i, 1);
	CHECK_KR(vm_deallocate(self, b, pages * PAGE_SIZE), KERN_SUCCESS);
	/* what was written goes out with the object, in its own time */
	for (i = 0; i < 100 && paging_space().dpi_free_space >=
	    before.dpi_free_space - 30 * PAGE_SIZE; i++)
		test_sleep(50);
	CHECK(i < 100);
	CHECK_KR(mach_port_deallocate(self, object), KERN_SUCCESS);
	paging_check_space(before);
}

/* ---- who is the default pager ---- */

TEST(small_default_pager_is_set_with_privilege_only)
{
	mach_port_t port = test_port(), pager = paging_port();

	CHECK_KR(vm_set_default_memory_manager(mach_host_self(), &port),
	    KERN_INVALID_HOST);
	port = MACH_PORT_NULL;
	CHECK_KR(vm_set_default_memory_manager(self, &port),
	    KERN_INVALID_HOST);
	CHECK_KR(thread_wire(mach_host_self(), mach_thread_self(), TRUE),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_wire(TEST_HOST_PORT, self, TRUE),
	    KERN_INVALID_ARGUMENT);
	CHECK_EQ(paging_port(), pager);
}

/* ---- the end of paging space ---- */

static uint32_t
fill_all(uint32_t start, uint32_t end)
{
	for (vm_address_t at = start; at < end; at += PAGE_SIZE)
		vm_set_word(at, at);
	return 0;
}

/*
 * A task that asks for more than there is gets an exception; one that only
 * wants back what it had paged out gets that.
 */
TEST_LIMIT(small_space_used_up_refuses_only_who_asks_for_more, 120)
{
	struct default_pager_info before = paging_space();
	unsigned pages = 1500, i;
	vm_address_t base, addr = BASE;
	struct vm_agent greedy, small;
	struct vm_outcome outcome;

	vm_agent_start(&greedy, self);	/* before base: they must not inherit that */
	vm_agent_start(&small, self);
	base = test_allocate(pages * PAGE_SIZE);
	for (i = 0; i < pages; i++)
		paging_write(base, i, 7);
	CHECK_KR(vm_allocate(small.task, &addr, LITTLE, FALSE), KERN_SUCCESS);
	CHECK_VALUE(vm_agent_try(&small, vm_fn_write, BASE, 0), 0);
	CHECK_KR(vm_allocate(greedy.task, &addr, SPACE, FALSE), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_try(&greedy, vm_fn_read, 0, 0),
	    KERN_INVALID_ADDRESS, 0);
	outcome = vm_agent_try(&greedy, fill_all, BASE, BASE + SPACE);
	CHECK_EQ(outcome.raised, true);
	CHECK_EQ(outcome.exception, EXC_BAD_ACCESS);
	CHECK_EQ(outcome.code, KERN_RESOURCE_SHORTAGE);
	CHECK(outcome.subcode >= BASE && outcome.subcode < BASE + SPACE);
	test_note("%u KB were to be had", (unsigned)(outcome.subcode - BASE) / 1024);
	/* who wants little gets it, beside the others who want theirs back */
	vm_agent_begin(&small, fill_all, BASE, BASE + LITTLE);
	/* nothing of ours was lost, and it can be changed */
	for (unsigned r = 7; r < 9; r++)
		for (i = 0; i < pages; i++) {
			paging_check(base, i, r);
			paging_write(base, i, r + 1);
		}
	CHECK_VALUE(vm_agent_finish(&small), 0);
	vm_agent_end(&small);
	vm_agent_end(&greedy);
	for (i = 0; i < pages; i++)
		paging_check(base, i, 9);
	vm_deallocate_check(base, pages * PAGE_SIZE);
	paging_check_space(before);
	/* and there is memory again */
	pages = vm_free_count() + 500;
	base = test_allocate(pages * PAGE_SIZE);
	page_out_some(base, pages, 300);
	for (i = 0; i < pages; i++)
		paging_check(base, i, 0);
	vm_deallocate_check(base, pages * PAGE_SIZE);
}

/* ---- pagers that do not take their pages in time ---- */

#define DIRTY		400u	/* pages of the pager's object */
#define KEPT		100u	/* more than may be on their way at once */
#define DATA_RETURN	2208

/* A data_return's words that matter here; the offset begins at word 3. */
struct returned {
	mach_msg_header_t head;
	uint32_t	  word[24];
};

static uint32_t
press(uint32_t start, uint32_t pages)
{
	for (unsigned i = 0; i < 100000; i++)
		(void)fill_all(start, start + pages * PAGE_SIZE);
	return 0;
}

/*
 * The kernel goes on sending although nothing is freed: what the pager keeps
 * is paged out like its other memory, and is there when it looks.
 */
TEST_LIMIT(small_pager_that_keeps_its_pages_stops_nobody, 110)
{
	static struct {
		vm_address_t data;
		vm_offset_t  offset;
	} kept[KEPT];
	struct returned msg;
	struct vm_agent client, filler;
	mach_port_t object = test_port(), control;
	vm_address_t addr = BASE;
	unsigned count = 0, pages = vm_free_count() - 200, i;

	vm_agent_start(&client, self);
	vm_agent_start(&filler, self);
	CHECK_KR(vm_map(client.task, &addr, DIRTY * PAGE_SIZE, 0, FALSE,
	    object, 0, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
	CHECK_KR(test_receive(&msg.head, sizeof(msg), object, 5000),
	    MACH_MSG_SUCCESS);
	control = msg.word[1];
	CHECK_KR(memory_object_ready(control, FALSE,
	    MEMORY_OBJECT_COPY_NONE), KERN_SUCCESS);
	for (i = 0; i < DIRTY; i++)	/* all there before it is asked */
		CHECK_KR(memory_object_data_supply(control, i * PAGE_SIZE,
		    test_allocate(PAGE_SIZE), PAGE_SIZE, TRUE, VM_PROT_NONE,
		    FALSE, MACH_PORT_NULL), KERN_SUCCESS);
	CHECK_EQ(vm_agent_call(&client, fill_all, BASE,
	    BASE + DIRTY * PAGE_SIZE), 0);
	CHECK_KR(vm_allocate(filler.task, &addr, pages * PAGE_SIZE, TRUE),
	    KERN_SUCCESS);
	vm_agent_begin(&filler, press, addr, pages);
	while (count < KEPT) {
		CHECK_KR(test_receive(&msg.head, sizeof(msg), object, 60000),
		    MACH_MSG_SUCCESS);
		if (msg.head.msgh_id != DATA_RETURN)
			continue;
		CHECK_EQ(msg.word[6], PAGE_SIZE);
		kept[count].offset = msg.word[3];
		kept[count++].data = msg.word[7];
	}
	for (i = 0; i < KEPT; i++)
		CHECK_EQ(vm_word(kept[i].data), BASE + kept[i].offset);
	vm_agent_end(&filler);
	vm_agent_end(&client);
	CHECK_KR(mach_port_destroy(self, object), KERN_SUCCESS);
}
