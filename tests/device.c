/*
 * tests/device.c - devices: names, ports, console, time and memory disks.
 *
 * rd0 is the archive of the boot script's first line; the tests leave its
 * bytes as they were.
 */
#include <string.h>

#include <device/device.h>
#include <device/device_types.h>
#include <device/tty_status.h>
#include <mach/time_value.h>

#include "test.h"

#define RECORD		512u
#define PAGE		4096u

static mach_port_t
open_device(const char *name)
{
	dev_name_t padded;
	mach_port_t device;

	memset(padded, 0, sizeof(padded));
	strcpy(padded, name);
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ | D_WRITE, padded,
	    &device), D_SUCCESS);
	CHECK(device != MACH_PORT_NULL);
	return device;
}

static unsigned
disk_size(mach_port_t disk)
{
	int status[DEV_GET_SIZE_COUNT];
	mach_msg_type_number_t count = DEV_GET_SIZE_COUNT;

	CHECK_KR(device_get_status(disk, DEV_GET_SIZE, status, &count),
	    D_SUCCESS);
	CHECK_EQ(count, DEV_GET_SIZE_COUNT);
	CHECK_EQ(status[DEV_GET_SIZE_RECORD_SIZE], RECORD);
	return status[DEV_GET_SIZE_DEVICE_SIZE];
}

static vm_address_t
map_device(mach_port_t device, vm_size_t size, vm_prot_t prot,
    vm_prot_t max_prot, boolean_t copy)
{
	vm_address_t address = 0;
	mach_port_t pager;

	CHECK_KR(device_map(device, prot, 0, size, &pager, 0), D_SUCCESS);
	CHECK_KR(vm_map(mach_task_self(), &address, size, 0, TRUE, pager, 0,
	    copy, prot, max_prot, VM_INHERIT_NONE), KERN_SUCCESS);
	CHECK_KR(mach_port_deallocate(mach_task_self(), pager), KERN_SUCCESS);
	return address;
}

TEST(device_open_knows_its_names)
{
	static const char *const bad[] = {
		"", "consol", "consolee", "console1", "rd99", "rd", "7", "rd0x",
		"time99999999999999999999",
	};
	mach_port_t device;
	dev_name_t name;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strcmp(bad[i], "rd") == 0)
			continue;		/* unit 0 */
		memset(name, 0, sizeof(name));
		strcpy(name, bad[i]);
		test_note("name \"%s\"", bad[i]);
		CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, name, &device),
		    D_NO_SUCH_DEVICE);
	}
	memset(name, 'a', sizeof(name));	/* no end */
	CHECK_KR(device_open(TEST_DEVICE_PORT, D_READ, name, &device),
	    D_NO_SUCH_DEVICE);
	open_device("console0");
}

TEST(device_open_wants_the_master_port)
{
	mach_port_t device;
	dev_name_t name = "console";

	CHECK_KR(device_open(mach_task_self(), D_READ, name, &device),
	    D_INVALID_OPERATION);
	CHECK_KR(device_open(TEST_HOST_PORT, D_READ, name, &device),
	    D_INVALID_OPERATION);
}

TEST(device_open_gives_one_port)
{
	mach_port_t one = open_device("time"), two = open_device("time");

	CHECK_EQ(one, two);
	CHECK_KR(device_close(one), D_SUCCESS);
	CHECK(open_device("time") == one);
	CHECK_KR(device_close(one), D_SUCCESS);
}

static void
open_and_die(void *unused)
{
	(void)unused;
	open_device("time");
	open_device("time");
}

/* With the last opening undone the port dies: here there is only one. */
TEST(device_openings_end_with_their_client)
{
	mach_port_type_t type = 0;

	for (unsigned i = 0; i < 40 && type != MACH_PORT_TYPE_DEAD_NAME; i++) {
		mach_port_t device;

		test_wait_end(test_spawn(open_and_die, NULL, MACH_PORT_NULL));
		test_sleep(20);		/* its rights go after it */
		device = open_device("time");
		CHECK_KR(device_close(device), D_SUCCESS);
		CHECK_KR(mach_port_type(mach_task_self(), device, &type),
		    KERN_SUCCESS);
		CHECK_KR(mach_port_deallocate(mach_task_self(), device),
		    KERN_SUCCESS);
	}
	CHECK_EQ(type, MACH_PORT_TYPE_DEAD_NAME);
}

TEST(device_calls_refuse_other_ports)
{
	int status[4], written;
	mach_msg_type_number_t count = 4;
	mach_port_t pager;
	io_buf_ptr_inband_t data = "x";

	CHECK_KR(device_get_status(mach_task_self(), TTY_STATUS, status,
	    &count), D_NO_SUCH_DEVICE);
	CHECK_KR(device_set_status(mach_task_self(), TTY_STATUS, status, 4),
	    D_NO_SUCH_DEVICE);
	CHECK_KR(device_write_inband(mach_task_self(), 0, 0, data, 1,
	    &written), D_NO_SUCH_DEVICE);
	CHECK_KR(device_map(mach_task_self(), VM_PROT_READ, 0, PAGE, &pager,
	    0), D_NO_SUCH_DEVICE);
	CHECK_KR(device_close(mach_task_self()), D_NO_SUCH_DEVICE);
}

TEST(device_console_writes)
{
	mach_port_t console = open_device("console");
	io_buf_ptr_inband_t data = "# console, inband\n";
	static char big[PAGE + 100];
	int written;

	CHECK_KR(device_write_inband(console, 0, 0, data, strlen(data),
	    &written), D_SUCCESS);
	CHECK_EQ(written, strlen(data));
	CHECK_KR(device_write_inband(console, 0, 0, data, 0, &written),
	    D_SUCCESS);
	CHECK_EQ(written, 0);
	memset(big, '.', sizeof(big));
	memcpy(big, "# console, out of line ", 23);
	big[sizeof(big) - 1] = '\n';
	CHECK_KR(device_write(console, 0, 0, big, sizeof(big), &written),
	    D_SUCCESS);
	CHECK_EQ(written, sizeof(big));
}

TEST(device_console_status)
{
	mach_port_t console = open_device("console"), pager;
	struct tty_status tty;
	mach_msg_type_number_t count = TTY_STATUS_COUNT;

	CHECK_KR(device_get_status(console, TTY_STATUS, (dev_status_t)&tty,
	    &count), D_SUCCESS);
	CHECK_EQ(count, TTY_STATUS_COUNT);
	CHECK(tty.tt_flags & TF_ECHO);
	CHECK_KR(device_set_status(console, TTY_STATUS, (dev_status_t)&tty,
	    TTY_STATUS_COUNT), D_SUCCESS);
	CHECK_KR(device_set_status(console, TTY_STATUS, (dev_status_t)&tty,
	    1), D_INVALID_OPERATION);
	count = 1;
	CHECK_KR(device_get_status(console, TTY_STATUS, (dev_status_t)&tty,
	    &count), D_INVALID_OPERATION);
	count = 2;
	CHECK_KR(device_get_status(console, DEV_GET_SIZE, (dev_status_t)&tty,
	    &count), D_INVALID_OPERATION);
	CHECK_KR(device_map(console, VM_PROT_READ, 0, PAGE, &pager, 0),
	    D_INVALID_OPERATION);
}

TEST(device_console_read_does_not_hold_the_caller)
{
	mach_port_t console = open_device("console");
	mach_msg_type_number_t count = IO_INBAND_MAX;
	io_buf_ptr_inband_t data;
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	  mode_type;
		dev_mode_t	  mode;
		mach_msg_type_t	  recnum_type;
		recnum_t	  recnum;
		mach_msg_type_t	  size_type;
		int		  size;
	} request;
	const mach_msg_type_t word = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	mach_port_t reply = mach_reply_port();

	CHECK_KR(device_read_inband(console, D_NOWAIT, 0, 10, data, &count),
	    D_WOULD_BLOCK);
	CHECK_KR(device_read_inband(console, D_NOWAIT, 0, 0, data, &count),
	    D_INVALID_SIZE);
	CHECK_KR(device_read_inband(console, D_NOWAIT, 0, -1, data, &count),
	    D_INVALID_SIZE);

	memset(&request, 0, sizeof(request));
	request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	request.head.msgh_size = sizeof(request);
	request.head.msgh_remote_port = console;
	request.head.msgh_local_port = reply;
	request.head.msgh_id = 2805;
	request.mode_type = request.recnum_type = request.size_type = word;
	request.mode = D_READ;
	request.size = 10;
	for (unsigned i = 0; i < 200; i++) {
		CHECK_KR(mach_msg(&request.head, MACH_SEND_MSG,
		    sizeof(request), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
		    MACH_MSG_SUCCESS);
		request.head.msgh_remote_port = console;
		request.head.msgh_local_port = reply;
	}
	CHECK_KR(mach_port_mod_refs(mach_task_self(), reply,
	    MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
}

TEST(device_time_is_mapped_and_moves)
{
	mach_port_t device = open_device("time"), pager;
	volatile mapped_time_value_t *m = (volatile mapped_time_value_t *)
	    map_device(device, PAGE, VM_PROT_READ, VM_PROT_READ, FALSE);
	time_value_t now;
	int64_t before, after;

	CHECK_EQ(m->seconds, m->check_seconds);
	before = m->time_value.seconds * 1000 +
	    m->time_value.nanoseconds / 1000000;
	test_sleep(100);
	after = m->time_value.seconds * 1000 +
	    m->time_value.nanoseconds / 1000000;
	CHECK(after - before >= 50);
	CHECK_KR(host_get_time(mach_host_self(), &now), KERN_SUCCESS);
	CHECK(now.seconds - m->seconds <= 1);
	CHECK_KR(device_map(device, VM_PROT_READ | VM_PROT_WRITE, 0, PAGE,
	    &pager, 0), D_READ_ONLY);
}

TEST(device_time_cannot_be_written)
{
	mach_port_t device = open_device("time");
	vm_address_t address = map_device(device, PAGE, VM_PROT_READ,
	    VM_PROT_ALL, FALSE);

	CHECK_KR(vm_protect(mach_task_self(), address, PAGE, FALSE,
	    VM_PROT_READ | VM_PROT_WRITE), KERN_PROTECTION_FAILURE);
}

TEST(device_disk_reads_what_it_maps)
{
	mach_port_t disk = open_device("rd0");
	unsigned size = disk_size(disk), got;
	unsigned want = size < 3 * PAGE ? size : 3 * PAGE;
	const char *map = (const char *)map_device(disk, size, VM_PROT_READ,
	    VM_PROT_READ, FALSE);
	io_buf_ptr_inband_t inband;
	io_buf_ptr_t data;

	CHECK_KR(device_read(disk, D_READ, 0, want, &data, &got), D_SUCCESS);
	CHECK_EQ(got, want);
	CHECK(memcmp(data, map, want) == 0);
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)data, got),
	    KERN_SUCCESS);
	CHECK_KR(device_read(disk, D_READ, 1, 2 * PAGE, &data, &got),
	    D_SUCCESS);
	CHECK(got <= 2 * PAGE && memcmp(data, map + RECORD, got) == 0);
	got = IO_INBAND_MAX;
	CHECK_KR(device_read_inband(disk, D_READ, 1, 1000, inband, &got),
	    D_SUCCESS);
	CHECK_EQ(got, IO_INBAND_MAX);
	CHECK(memcmp(inband, map + RECORD, got) == 0);
}

TEST(device_disk_ends)
{
	mach_port_t disk = open_device("rd0");
	unsigned size = disk_size(disk), last = (size - 1) / RECORD, got;
	int status[2], written;
	mach_msg_type_number_t count = 2;
	io_buf_ptr_t data;
	static char bytes[2 * RECORD];

	CHECK_KR(device_get_status(disk, DEV_GET_RECORDS, status, &count),
	    D_SUCCESS);
	CHECK_EQ(status[0], last + 1);
	CHECK_KR(device_read(disk, D_READ, last, PAGE, &data, &got),
	    D_SUCCESS);
	CHECK_EQ(got, size - last * RECORD);
	CHECK_KR(device_read(disk, D_READ, last + 1, PAGE, &data, &got),
	    D_INVALID_RECNUM);
	CHECK_KR(device_read(disk, D_READ, 0xffffffff, PAGE, &data, &got),
	    D_INVALID_RECNUM);
	CHECK_KR(device_read(disk, D_READ, 0, -1, &data, &got),
	    D_INVALID_SIZE);
	CHECK_KR(device_read(disk, D_READ, 0, 0, &data, &got), D_SUCCESS);
	CHECK_EQ(got, 0);
	CHECK_KR(device_write(disk, 0, last, bytes, sizeof(bytes), &written),
	    D_INVALID_SIZE);
	CHECK_KR(device_write(disk, 0, last + 1, bytes, RECORD, &written),
	    D_INVALID_RECNUM);
}

TEST(device_disk_writes_are_seen_by_all)
{
	mach_port_t disk = open_device("rd0");
	char *map = (char *)map_device(disk, PAGE, VM_PROT_READ |
	    VM_PROT_WRITE, VM_PROT_ALL, FALSE);
	static char saved[RECORD];
	io_buf_ptr_inband_t inband;
	mach_msg_type_number_t got = IO_INBAND_MAX;
	int written;

	memcpy(saved, map, RECORD);
	memset(inband, 'w', 16);
	CHECK_KR(device_write_inband(disk, 0, 0, inband, 16, &written),
	    D_SUCCESS);
	CHECK_EQ(written, 16);
	CHECK(memcmp(map, inband, 16) == 0);
	map[3] = 'm';
	CHECK_KR(device_read_inband(disk, 0, 0, 16, inband, &got), D_SUCCESS);
	CHECK(got == 16 && inband[2] == 'w' && inband[3] == 'm');
	CHECK_KR(device_write(disk, 0, 0, saved, RECORD, &written),
	    D_SUCCESS);
	CHECK(memcmp(map, saved, RECORD) == 0);
}

TEST(device_disk_maps_as_a_private_copy)
{
	mach_port_t disk = open_device("rd0");
	unsigned size = disk_size(disk);
	char *shared = (char *)map_device(disk, size, VM_PROT_READ,
	    VM_PROT_READ, FALSE);
	char *own = (char *)map_device(disk, PAGE, VM_PROT_READ |
	    VM_PROT_WRITE, VM_PROT_ALL, TRUE);

	CHECK(memcmp(own, shared, RECORD) == 0);
	own[0] ^= 0xff;
	CHECK(own[0] != shared[0]);
	CHECK(memcmp(own + 1, shared + 1, RECORD - 1) == 0);
}

TEST(device_filters_and_interrupts_are_refused)
{
	mach_port_t console = open_device("console");
	filter_t filter[1] = { 0 };

	CHECK_KR(device_set_filter(console, test_port(),
	    MACH_MSG_TYPE_COPY_SEND, 0, filter, 1), D_INVALID_OPERATION);
	CHECK_KR(device_intr_register(console, 1, 0, test_port(),
	    MACH_MSG_TYPE_COPY_SEND), D_INVALID_OPERATION);
	CHECK_KR(device_intr_ack(console, test_port(),
	    MACH_MSG_TYPE_COPY_SEND), D_INVALID_OPERATION);
}
