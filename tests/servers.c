/*
 * tests/servers.c - the servers, and the parts of libmach that they are made
 * of: pagers, and tasks that are copies of their maker.
 *
 * A bootstrap task starts the runner here (tests/servers.boot), and each
 * test's task inherits the bootstrap port.
 */
#include <string.h>

#include <device/device.h>
#include <mach/default_pager.h>
#include <mach/duality_pager.h>
#include <mach/mach_task.h>
#include <mach/mach_thread.h>
#include <mach/memory_object.h>
#include <mach/notify.h>
#include <mach/pager.h>
#include <mach/vm_param.h>
#include <servers/bootstrap.h>
#include <servers/fs.h>

#include "test.h"

#define WAITS		200	/* of 10 ms, for what must come */
#define STUCK_WRITES	8

static mach_port_t
bootstrap_port(void)
{
	mach_port_t port = MACH_PORT_NULL;

	CHECK_KR(task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
	    &port), KERN_SUCCESS);
	CHECK(MACH_PORT_VALID(port));
	return port;
}

static mach_port_t
file_server(void)
{
	mach_port_t port;

	CHECK_KR(bootstrap_look_up(bootstrap_port(), "file_server", &port),
	    KERN_SUCCESS);
	return port;
}

/* ---- the default pager, as a pager like any other ---- */

#define PAGED_PAGES	100u

static mach_port_t
plain_pager(void)
{
	mach_port_t port;

	CHECK_KR(bootstrap_look_up(bootstrap_port(), "pager", &port),
	    KERN_SUCCESS);
	return port;
}

static vm_address_t
map_paged(mach_port_t object)
{
	vm_address_t addr = 0;

	CHECK_KR(vm_map(mach_task_self(), &addr, PAGED_PAGES * PAGE_SIZE, 0,
	    TRUE, object, 0, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_NONE), KERN_SUCCESS);
	return addr;
}

/* Its objects keep what is written while nobody maps them. */
TEST(default_pager_without_privilege_serves_objects)
{
	mach_port_t pager = plain_pager(), object, manager = MACH_PORT_NULL;
	default_pager_statistics_t before, now;
	volatile uint32_t *words;
	unsigned i, round;

	CHECK_KR(vm_set_default_memory_manager(TEST_HOST_PORT, &manager),
	    KERN_SUCCESS);
	CHECK(!MACH_PORT_VALID(manager));	/* it is nobody's default */
	CHECK_KR(default_pager_statistics(pager, &before), KERN_SUCCESS);
	CHECK_EQ(before.total_pages, 256);
	CHECK_KR(default_pager_object_create(pager, &object,
	    PAGED_PAGES * PAGE_SIZE), KERN_SUCCESS);
	for (round = 0; round < 3; round++) {
		words = (volatile uint32_t *)map_paged(object);
		for (i = 0; i < PAGED_PAGES; i++) {
			CHECK_EQ(words[i * PAGE_SIZE / 4],
			    round == 0 ? 0 : i + round);
			words[i * PAGE_SIZE / 4] = i + round + 1;
		}
		CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)words,
		    PAGED_PAGES * PAGE_SIZE), KERN_SUCCESS);
	}
	CHECK_KR(default_pager_statistics(pager, &now), KERN_SUCCESS);
	CHECK(now.pages_in >= before.pages_in + 2 * PAGED_PAGES);
	CHECK(now.pages_out >= before.pages_out + 2 * PAGED_PAGES);
	CHECK_EQ(now.read_errors + now.write_errors + now.refused, 0);
	CHECK_KR(mach_port_deallocate(mach_task_self(), object),
	    KERN_SUCCESS);
	for (i = 0; i < WAITS && now.free_pages != before.free_pages; i++) {
		test_sleep(10);
		CHECK_KR(default_pager_statistics(pager, &now), KERN_SUCCESS);
	}
	CHECK_EQ(now.free_pages, before.free_pages);
	CHECK_EQ(now.objects, before.objects);
}

/* ---- bootstrap ---- */

TEST(bootstrap_gives_the_privileged_ports)
{
	mach_port_t host, device, disk;

	CHECK_KR(bootstrap_privileged_ports(bootstrap_port(), &host, &device),
	    KERN_SUCCESS);
	CHECK_EQ(host, TEST_HOST_PORT);
	CHECK_EQ(device, TEST_DEVICE_PORT);
	CHECK_KR(device_open(device, D_READ, "rd0", &disk), D_SUCCESS);
}

static mach_port_t found_port;
static volatile kern_return_t found_code = -1;

static void
look_up_thread(void *name)
{
	kern_return_t kr;

	kr = bootstrap_look_up(bootstrap_port(), name, &found_port);
	found_code = kr;
}

TEST(bootstrap_look_up_waits_for_the_name)
{
	mach_port_t port = test_port();

	CHECK_KR(mach_thread_start(look_up_thread, "later"), KERN_SUCCESS);
	CHECK_KR(mach_thread_start(look_up_thread, "never"), KERN_SUCCESS);
	test_sleep(50);
	CHECK_EQ(found_code, -1);
	CHECK_KR(bootstrap_register(bootstrap_port(), "later", port),
	    BOOTSTRAP_SUCCESS);
	for (int i = 0; i < WAITS && found_code == -1; i++)
		test_sleep(10);
	CHECK_KR(found_code, KERN_SUCCESS);
	CHECK_EQ(found_port, port);
}

TEST(bootstrap_register_refuses_names_in_use_and_bad_ones)
{
	mach_port_t bootstrap = bootstrap_port(), port = test_port();

	CHECK_KR(bootstrap_register(bootstrap, "file_server", port),
	    BOOTSTRAP_NAME_IN_USE);
	CHECK_KR(bootstrap_register(bootstrap, "", port), BOOTSTRAP_BAD_NAME);
	CHECK_KR(bootstrap_register(bootstrap, "null", MACH_PORT_NULL),
	    KERN_INVALID_RIGHT);
	CHECK_KR(bootstrap_look_up(bootstrap, "", &port), BOOTSTRAP_BAD_NAME);
}

TEST(bootstrap_forgets_a_port_that_died)
{
	mach_port_t bootstrap = bootstrap_port(), port = test_port(), found;
	kern_return_t kr = BOOTSTRAP_NAME_IN_USE;

	CHECK_KR(bootstrap_register(bootstrap, "dying", port),
	    BOOTSTRAP_SUCCESS);
	CHECK_KR(mach_port_destroy(mach_task_self(), port), KERN_SUCCESS);
	port = test_port();
	for (int i = 0; i < WAITS && kr == BOOTSTRAP_NAME_IN_USE; i++) {
		kr = bootstrap_register(bootstrap, "dying", port);
		test_sleep(10);
	}
	CHECK_KR(kr, BOOTSTRAP_SUCCESS);
	CHECK_KR(bootstrap_look_up(bootstrap, "dying", &found), KERN_SUCCESS);
	CHECK_EQ(found, port);
}

/* ---- copies ---- */

static int copy_value = 1;

static void
copy_answer(void *port)
{
	mach_msg_header_t msg = { .msgh_size = sizeof(msg) };

	(void)test_send(&msg, (mach_port_t)port, 100 + copy_value);
	copy_value = 3;
}

TEST(task_copy_has_the_memory_and_none_of_the_rights)
{
	mach_port_t port = test_port();
	mach_port_type_t type;
	mach_msg_header_t msg;
	task_t task;

	copy_value = 2;
	CHECK_KR(mach_task_copy(copy_answer, (void *)port, &task),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_type(task, port, &type), KERN_INVALID_NAME);
	CHECK_KR(mach_port_insert_right(task, port, port,
	    MACH_MSG_TYPE_COPY_SEND), KERN_SUCCESS);
	copy_value = 1;
	CHECK_KR(test_receive(&msg, sizeof(msg), port, 50),
	    MACH_RCV_TIMED_OUT);
	CHECK_KR(task_resume(task), KERN_SUCCESS);
	CHECK_KR(test_receive(&msg, sizeof(msg), port, 5000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(msg.msgh_id, 102);
	test_wait_end(task);
	CHECK_EQ(copy_value, 1);
}

/* ---- pagers ---- */

#define OBJECT_PAGES	4

/* Page 0 holds 'A's; 1 has no data; reading 2 fails; 3 never comes. */
static volatile unsigned pager_reads, pager_gone;

static kern_return_t
pager_read(void *cookie, vm_offset_t offset, vm_size_t size,
    vm_offset_t *data, boolean_t *dealloc)
{
	pager_reads++;
	CHECK_EQ(size, PAGE_SIZE);
	while (offset == 3 * PAGE_SIZE)
		test_sleep(10000);
	if (offset == 2 * PAGE_SIZE)
		return KERN_MEMORY_ERROR;
	if (offset == 0) {
		*data = test_allocate(size);
		*dealloc = TRUE;
		memset((void *)*data, *(char *)cookie, size);
	}
	return KERN_SUCCESS;
}

static void
pager_object_gone(void *cookie)
{
	pager_gone++;
}

static volatile vm_offset_t written_offset;
static volatile char written_byte;

static void
pager_write(void *cookie, vm_offset_t offset, vm_offset_t data,
    vm_size_t size)
{
	CHECK_EQ(size, PAGE_SIZE);
	written_offset = offset;
	written_byte = *(char *)data;
}

static const struct pager_ops pager_ops = {
	.read = pager_read,
	.write = pager_write,
	.gone = pager_object_gone,
};

static struct pager_object *
object_make(void)
{
	struct pager_object *object;
	struct pager *pager;

	CHECK_KR(pager_create(&pager_ops, 2, &pager), KERN_SUCCESS);
	CHECK_KR(pager_object_create(pager, "A", OBJECT_PAGES * PAGE_SIZE,
	    FALSE, MEMORY_OBJECT_COPY_DELAY, &object), KERN_SUCCESS);
	return object;
}

static char *
object_map(struct pager_object *object)
{
	vm_address_t addr = 0;

	CHECK_KR(vm_map(mach_task_self(), &addr, OBJECT_PAGES * PAGE_SIZE, 0,
	    TRUE, pager_object_port(object), 0, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL, VM_INHERIT_NONE),
	    KERN_SUCCESS);
	return (char *)addr;
}

static void
wait_gone(void)
{
	for (int i = 0; i < WAITS && pager_gone == 0; i++)
		test_sleep(10);
	CHECK_EQ(pager_gone, 1);
}

TEST(pager_is_asked_once_for_each_page)
{
	struct pager_object *object = object_make();
	char *one = object_map(object), *two = object_map(object);

	CHECK_EQ(one[0], 'A');
	CHECK_EQ(two[PAGE_SIZE - 1], 'A');
	CHECK_EQ(one[PAGE_SIZE], 0);
	CHECK_EQ(two[2 * PAGE_SIZE - 1], 0);
	CHECK_EQ(pager_reads, 2);
}

TEST(pager_object_goes_after_its_last_mapping)
{
	struct pager_object *object = object_make();
	char *memory = object_map(object);

	pager_object_destroy(object);
	CHECK_EQ(memory[0], 'A');
	test_sleep(50);
	CHECK_EQ(pager_gone, 0);
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)memory,
	    OBJECT_PAGES * PAGE_SIZE), KERN_SUCCESS);
	wait_gone();
}

TEST(pager_object_never_mapped_goes_at_once)
{
	pager_object_destroy(object_make());
	wait_gone();
}

static const mach_msg_type_t word_type = {
	.msgt_name = MACH_MSG_TYPE_INTEGER_32,
	.msgt_size = 32,
	.msgt_number = 1,
	.msgt_inline = TRUE,
};

TEST(pager_gets_changed_pages_back)
{
	struct pager_object *object = object_make();
	char *memory = object_map(object);

	CHECK_EQ(memory[0], 'A');
	memory[PAGE_SIZE] = 'B';
	pager_object_destroy(object);
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)memory,
	    OBJECT_PAGES * PAGE_SIZE), KERN_SUCCESS);
	wait_gone();
	CHECK_EQ(written_offset, PAGE_SIZE);
	CHECK_EQ(written_byte, 'B');
}

/* A data request that somebody made up, with a control port of ours. */
static void
forge_request(mach_port_t port, mach_msg_id_t id, mach_port_t control)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  control_type;
		mach_port_t	  control;
		struct {
			mach_msg_type_t	type;
			natural_t	value;
		} offset, length, access;
	} msg = {
		.head.msgh_bits = MACH_MSGH_BITS_COMPLEX,
		.head.msgh_size = sizeof(msg),
		.control_type = word_type,
		.control = control,
		.offset = { word_type, 0 },
		.length = { word_type, PAGE_SIZE },
		.access = { word_type, VM_PROT_READ },
	};

	msg.control_type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	CHECK_KR(test_send(&msg.head, port, id), MACH_MSG_SUCCESS);
}

TEST(pager_believes_no_forged_request)
{
	struct pager_object *object = object_make();
	mach_port_t port = pager_object_port(object), control = test_port();
	mach_msg_header_t msg = { .msgh_size = sizeof(msg) };
	char *memory = object_map(object);

	for (mach_msg_id_t id = 2200; id < 2210; id++)
		forge_request(port, id, control);
	CHECK_KR(test_send(&msg, port, MACH_NOTIFY_NO_SENDERS),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(memory[0], 'A');
	CHECK_EQ(pager_reads, 1);
	CHECK_EQ(pager_gone, 0);
	CHECK_KR(test_receive(&msg, sizeof(msg), control, 50),
	    MACH_RCV_TIMED_OUT);
}

/* ---- the file server ---- */

static void
check_write(const char *name, const void *data, vm_size_t size)
{
	CHECK_KR(fs_write_file(file_server(), name, (vm_offset_t)data, size),
	    FS_SUCCESS);
}

/* The file's bytes in memory, to be deallocated; its size is checked. */
static char *
check_read(const char *name, vm_size_t size)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	CHECK_KR(fs_read_file(file_server(), name, &data, &count), FS_SUCCESS);
	CHECK_EQ(count, size);
	return (char *)data;
}

TEST(fs_refuses_unknown_and_bad_names)
{
	mach_port_t server = file_server();
	mach_msg_type_number_t count;
	vm_offset_t data;
	vm_size_t size;

	CHECK_KR(fs_read_file(server, "none", &data, &count), FS_NO_FILE);
	CHECK_KR(fs_stat_file(server, "none", &size), FS_NO_FILE);
	CHECK_KR(fs_read_file(server, "", &data, &count), FS_BAD_NAME);
	CHECK_KR(fs_stat_file(server, "", &size), FS_BAD_NAME);
	CHECK_KR(fs_write_file(server, "", 0, 0), FS_BAD_NAME);
}

TEST(fs_lists_files_in_order)
{
	mach_msg_type_number_t count;
	vm_offset_t names;
	const char *name, *end;

	check_write("first new", "a", 1);
	check_write("second new", "b", 1);
	CHECK_KR(fs_list(file_server(), &names, &count), FS_SUCCESS);
	name = (const char *)names;
	for (end = name + count; name < end; name += strlen(name) + 1)
		if (strcmp(name, "first new") == 0)
			break;
	CHECK(name < end);
	CHECK(strcmp(name + strlen(name) + 1, "second new") == 0);
}

TEST(fs_reads_back_what_was_written)
{
	char *memory = (char *)test_allocate(4 * PAGE_SIZE);
	vm_size_t size, sizes[] = { 0, 1, PAGE_SIZE, 2 * PAGE_SIZE + 1 };
	char *copy;

	for (int i = 0; i < 4 * PAGE_SIZE; i++)
		memory[i] = i * 7 / 3;
	for (int i = 0; i < 8; i++) {
		size = sizes[i / 2];
		check_write("back", memory + i % 2 * 100, size);
		CHECK_KR(fs_stat_file(file_server(), "back", &size),
		    FS_SUCCESS);
		copy = check_read("back", sizes[i / 2]);
		CHECK_EQ(size, sizes[i / 2]);
		CHECK(memcmp(copy, memory + i % 2 * 100, size) == 0);
		while (size % PAGE_SIZE != 0)
			CHECK_EQ(copy[size++], 0);
	}
}

TEST(fs_old_copies_keep_the_old_bytes)
{
	char *old, *new;

	check_write("versions", "one", 4);
	old = check_read("versions", 4);
	check_write("versions", "two", 4);
	new = check_read("versions", 4);
	new[0] = 'T';
	CHECK(strcmp(old, "one") == 0);
	CHECK(strcmp(check_read("versions", 4), "two") == 0);
}

static unsigned
objects_alive(void)
{
	natural_t requests, bytes, objects;

	CHECK_KR(fs_paging_statistics(file_server(), &requests, &bytes,
	    &objects), FS_SUCCESS);
	return objects;
}

TEST(fs_objects_go_with_their_versions)
{
	unsigned before, now = 0;
	char *copy;

	check_write("round", "0", 1);
	before = objects_alive();
	for (int i = 0; i < 100; i++) {
		check_write("round", "1", 1);
		copy = check_read("round", 1);
		CHECK_EQ(copy[0], '1');
		CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)copy, 1),
		    KERN_SUCCESS);
	}
	for (int i = 0; i < WAITS; i++) {
		now = objects_alive();
		if (now <= before + 1)
			return;
		test_sleep(10);
	}
	CHECK_EQ(now, before + 1);
}

TEST(fs_write_of_unreadable_memory_fails_alone)
{
	char *memory = object_map(object_make());

	CHECK_KR(fs_write_file(file_server(), "unreadable",
	    (vm_offset_t)memory, 3 * PAGE_SIZE), FS_IO_ERROR);
	check_write("readable", memory, 2 * PAGE_SIZE);
	CHECK_EQ(check_read("readable", 2 * PAGE_SIZE)[PAGE_SIZE - 1], 'A');
}

static void
write_thread(void *memory)
{
	(void)fs_write_file(file_server(), "stuck", (vm_offset_t)memory,
	    OBJECT_PAGES * PAGE_SIZE);
}

TEST(fs_write_of_memory_that_never_comes_holds_nobody)
{
	char *memory = object_map(object_make());

	for (int i = 0; i < STUCK_WRITES; i++)
		CHECK_KR(mach_thread_start(write_thread, memory),
		    KERN_SUCCESS);
	test_sleep(100);
	check_write("quick", "quick", 6);
	CHECK(strcmp(check_read("quick", 6), "quick") == 0);
}

/* ---- what they must not believe ---- */

/* A notification or an exception by hand, about a name, with no right to it. */
static void
forge_about(mach_port_t port, mach_msg_id_t id, mach_port_t name)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  type;
		mach_port_t	  name;
	} msg = {
		.head.msgh_size = id == MACH_NOTIFY_SEND_ONCE ?
		    sizeof(msg.head) : sizeof(msg),
		.type = word_type,
		.name = name,
	};

	msg.type.msgt_name = MACH_MSG_TYPE_PORT_NAME;
	CHECK_KR(test_send(&msg.head, port, id), MACH_MSG_SUCCESS);
}

/* CVE-2016-7661, CVE-2018-4280, CVE-2021-43412. */
TEST(servers_believe_no_forged_message)
{
	mach_port_t pager, ports[3] = { bootstrap_port(), file_server() };
	mach_msg_type_number_t count;
	vm_offset_t data;
	vm_size_t size;

	CHECK_KR(bootstrap_look_up(ports[0], "pager", &pager), KERN_SUCCESS);
	ports[2] = pager;
	for (unsigned i = 0; i < 3; i++)
		/* the names that a server's first rights have */
		for (mach_port_t name = 1; name < 32; name++) {
			for (mach_msg_id_t id = MACH_NOTIFY_FIRST;
			    id <= MACH_NOTIFY_LAST; id++)
				forge_about(ports[i], id, name);
			forge_about(ports[i], 2400, name);
			forge_about(ports[i], 2500, name);
		}
	CHECK_EQ(file_server(), ports[1]);
	CHECK_KR(fs_read_file(ports[1], "none", &data, &count), FS_NO_FILE);
	CHECK_KR(fs_write_file(ports[1], "forged", (vm_offset_t)ports,
	    sizeof(ports)), KERN_SUCCESS);
	CHECK_KR(fs_stat_file(ports[1], "forged", &size), KERN_SUCCESS);
	CHECK_EQ(size, sizeof(ports));
	CHECK_KR(bootstrap_look_up(ports[0], "pager", &pager), KERN_SUCCESS);
	CHECK_EQ(pager, ports[2]);
	CHECK_KR(bootstrap_register(ports[0], "after forgery", ports[1]),
	    BOOTSTRAP_SUCCESS);
}
