/*
 * tests/disk.c - disks: hd0 as tools/mkdisk makes it; hd1, which reads zeros,
 * forgets what is written and has bad sectors (tests/configurations says
 * which); a CD-ROM drive and nothing where hd2 and hd3 could be.
 *
 * Each test writes to a part of the second slice that is its own.
 */
#include <string.h>

#include <device/device.h>
#include <device/device_request.h>
#include <device/device_types.h>
#include <mach/vm_param.h>

#include "test.h"

#define RECORD		512u
#define PAGE		4096u
#define MB		(1u << 20)
#define DATA		"hd0s2"		/* 32 MB */
#define DATA_FIRST	(257 * (MB / RECORD))
#define DATA_RECORDS	(32 * (MB / RECORD))

/* Bad sectors of hd1. */
#define BAD_READ	1000u		/* always */
#define BAD_WRITE	2000u		/* always */
#define BAD_ONCE	3000u		/* the first read only */

#define READ_REPLY	2904
#define WRITE_REPLY	2902

static kern_return_t
try_open(const char *name, mach_port_t *device)
{
	dev_name_t padded;

	memset(padded, 0, sizeof(padded));
	strcpy(padded, name);
	return device_open(TEST_DEVICE_PORT, D_READ | D_WRITE, padded, device);
}

static mach_port_t
open_disk(const char *name)
{
	mach_port_t disk;

	CHECK_KR(try_open(name, &disk), D_SUCCESS);
	return disk;
}

static unsigned
records_of(mach_port_t disk)
{
	int status[DEV_GET_RECORDS_COUNT], bytes[DEV_GET_SIZE_COUNT];
	mach_msg_type_number_t count = DEV_GET_RECORDS_COUNT;

	CHECK_KR(device_get_status(disk, DEV_GET_RECORDS, status, &count),
	    D_SUCCESS);
	CHECK_EQ(status[DEV_GET_RECORDS_RECORD_SIZE], RECORD);
	count = DEV_GET_SIZE_COUNT;
	CHECK_KR(device_get_status(disk, DEV_GET_SIZE, bytes, &count),
	    D_SUCCESS);
	CHECK_EQ(bytes[DEV_GET_SIZE_RECORD_SIZE], RECORD);
	CHECK_EQ(bytes[DEV_GET_SIZE_DEVICE_SIZE], status[0] * RECORD);
	return status[DEV_GET_RECORDS_DEVICE_RECORDS];
}

/* Different bytes everywhere on the disk, and for each seed. */
static void
fill(char *data, unsigned size, unsigned record, unsigned seed)
{
	for (unsigned i = 0; i < size; i++)
		data[i] = (record + i / RECORD) * 31 + i * 7 + seed;
}

static void
write_all(mach_port_t disk, unsigned record, const void *data, unsigned size)
{
	int written = -1;

	CHECK_KR(device_write(disk, D_WRITE, record, (io_buf_ptr_t)data, size,
	    &written), D_SUCCESS);
	CHECK_EQ(written, size);
}

/* What is there must be data, and what follows it in the last page zeros. */
static void
check_disk(mach_port_t disk, unsigned record, const void *data, unsigned size)
{
	mach_msg_type_number_t got = 0;
	io_buf_ptr_t read;

	CHECK_KR(device_read(disk, D_READ, record, size, &read, &got),
	    D_SUCCESS);
	CHECK_EQ(got, size);
	CHECK(memcmp(read, data, size) == 0);
	for (unsigned i = size; i % PAGE != 0; i++)
		CHECK_EQ(read[i], 0);
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)read, size),
	    KERN_SUCCESS);
}

/* ---- which there are ---- */

TEST(disk_and_its_slices_have_sizes)
{
	static const struct {
		const char *name;
		unsigned    records;
	} disks[] = {
		{ "hd0", 320 * (MB / RECORD) }, { "hd", 320 * (MB / RECORD) },
		{ "hd0s1", 256 * (MB / RECORD) }, { DATA, DATA_RECORDS },
		{ "hd0s3", 7 }, { "hd0s4", 20 * (MB / RECORD) },
		{ "hd0s5", 8 * (MB / RECORD) }, { "hd1", 16 * (MB / RECORD) },
	};

	for (unsigned i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		test_note("%s", disks[i].name);
		CHECK_EQ(records_of(open_disk(disks[i].name)),
		    disks[i].records);
	}
}

TEST(disk_that_is_missing_cannot_be_opened)
{
	static const char *const names[] = {
		"hd2", "hd3", "hd4", "hd0s6", "hd0s7", "hd0s0", "hd0s",
		"hd0s1a", "hd0s1s1", "hd0s99999999999", "hds1s", "hd1s1",
		"hd2s1", "h", "hd0 ", "s1", "rd0s1",
	};
	mach_port_t device;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		test_note("%s", names[i]);
		CHECK_KR(try_open(names[i], &device), D_NO_SUCH_DEVICE);
	}
}

TEST(disk_is_not_mapped_and_has_no_other_status)
{
	mach_port_t disk = open_disk("hd0"), pager;
	mach_msg_type_number_t count = 1;
	int status[2];

	CHECK_KR(device_map(disk, VM_PROT_READ, 0, PAGE, &pager, 0),
	    D_INVALID_OPERATION);
	CHECK_KR(device_get_status(disk, DEV_GET_SIZE, status, &count),
	    D_INVALID_SIZE);
	count = 2;
	CHECK_KR(device_get_status(disk, 7, status, &count),
	    D_INVALID_OPERATION);
	CHECK_KR(device_set_status(disk, DEV_GET_SIZE, status, 2),
	    D_INVALID_OPERATION);
}

/* ---- reading and writing ---- */

TEST(disk_keeps_what_is_written)
{
	static const unsigned sizes[] = {
		512, 1024, 4096, 4608, 8192, 12288, 65024, 65536, 66048,
		131072, 200 * 512, 3 * MB / 2,
	};
	mach_port_t disk = open_disk(DATA);
	char *data = (char *)test_allocate(2 * MB);
	unsigned at = 0;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill(data, sizes[i], at, i);
		write_all(disk, at, data, sizes[i]);
		at += sizes[i] / RECORD;
	}
	at = 0;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		test_note("%u bytes at %u", sizes[i], at);
		fill(data, sizes[i], at, i);
		check_disk(disk, at, data, sizes[i]);
		at += sizes[i] / RECORD;
	}
}

TEST(disk_takes_parts_of_records)
{
	const unsigned at = 8192;
	mach_port_t disk = open_disk(DATA);
	static char model[4 * PAGE], piece[2 * PAGE];
	static const unsigned sizes[] = {
		1, 2, 3, 127, 511, 513, 700, 4095, 4097, 5000, 8191,
	};

	fill(model, sizeof(model), 0, 1);
	write_all(disk, at, model, sizeof(model));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned record = i % 7;

		fill(piece, sizes[i], 5, i);
		memcpy(model + record * RECORD, piece, sizes[i]);
		write_all(disk, at + record, piece, sizes[i]);
		test_note("%u bytes", sizes[i]);
		check_disk(disk, at, model, sizeof(model));
		check_disk(disk, at + record, model + record * RECORD,
		    sizes[i]);
	}
}

TEST(disk_takes_data_from_anywhere)
{
	const unsigned at = 8300;
	mach_port_t disk = open_disk(DATA);
	char *data = (char *)test_allocate(4 * PAGE);
	static const unsigned offsets[] = { 1, 2, 3, 512, 4095 };

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		fill(data + offsets[i], 2 * PAGE + 10, at, i);
		write_all(disk, at, data + offsets[i], 2 * PAGE + 10);
		check_disk(disk, at, data + offsets[i], 2 * PAGE + 10);
	}
	/* untouched memory is zeros, without pages to take over */
	data = (char *)test_allocate(4 * PAGE);
	write_all(disk, at, data, 4 * PAGE);
	check_disk(disk, at, data, 4 * PAGE);
}

TEST(disk_reads_and_writes_inband)
{
	const unsigned at = 8400;
	mach_port_t disk = open_disk(DATA);
	static char model[RECORD];
	io_buf_ptr_inband_t data;
	mach_msg_type_number_t got = sizeof(data);
	int written;

	fill(model, sizeof(model), at, 9);
	write_all(disk, at, model, sizeof(model));
	memset(data, 'i', 77);
	memcpy(model, data, 77);
	CHECK_KR(device_write_inband(disk, 0, at, data, 77, &written),
	    D_SUCCESS);
	CHECK_EQ(written, 77);
	check_disk(disk, at, model, sizeof(model));
	CHECK_KR(device_read_inband(disk, 0, at, 1000, data, &got),
	    D_SUCCESS);
	CHECK_EQ(got, IO_INBAND_MAX);
	CHECK(memcmp(data, model, IO_INBAND_MAX) == 0);
	got = sizeof(data);
	CHECK_KR(device_read_inband(disk, 0, at, 3, data, &got), D_SUCCESS);
	CHECK_EQ(got, 3);
	CHECK_KR(device_read_inband(disk, 0, at, 0, data, &got), D_SUCCESS);
	CHECK_EQ(got, 0);
	CHECK_KR(device_write_inband(disk, 0, at, data, 0, &written),
	    D_SUCCESS);
	CHECK_EQ(written, 0);
}

TEST(disk_is_written_by_trap)
{
	const unsigned at = 8500;
	mach_port_t disk = open_disk(DATA);
	static char data[3 * RECORD];
	io_buf_vec_t parts[2] = {
		{ (vm_offset_t)data, 100 },
		{ (vm_offset_t)data + 100, sizeof(data) - 100 },
	};

	fill(data, sizeof(data), at, 2);
	CHECK_KR(syscall_device_write_request(disk, 0, 0, at,
	    (vm_offset_t)data, sizeof(data)), KERN_SUCCESS);
	check_disk(disk, at, data, sizeof(data));
	fill(data, sizeof(data), at, 3);
	CHECK_KR(syscall_device_writev_request(disk, 0, 0, at, parts, 2),
	    KERN_SUCCESS);
	check_disk(disk, at, data, sizeof(data));
	CHECK_KR(syscall_device_write_request(disk, 0, 0, at, 16, RECORD),
	    KERN_INVALID_ADDRESS);
	CHECK_KR(syscall_device_write_request(disk, 0, 0, DATA_RECORDS,
	    (vm_offset_t)data, RECORD), D_INVALID_RECNUM);
}

TEST(disk_ends)
{
	static const char *const names[] = { "hd0", DATA, "hd0s3", "hd0s5" };
	static char data[2 * RECORD];
	mach_msg_type_number_t got;
	io_buf_ptr_t read;
	int written;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		mach_port_t disk = open_disk(names[i]);
		unsigned end = records_of(disk);

		test_note("%s, %u records", names[i], end);
		CHECK_KR(device_read(disk, 0, end - 1, PAGE, &read, &got),
		    D_SUCCESS);
		CHECK_EQ(got, RECORD);
		write_all(disk, end - 1, read, RECORD);
		CHECK_KR(device_read(disk, 0, end, PAGE, &read, &got),
		    D_INVALID_RECNUM);
		CHECK_KR(device_read(disk, 0, ~0u, PAGE, &read, &got),
		    D_INVALID_RECNUM);
		CHECK_KR(device_read(disk, 0, 0, -1, &read, &got),
		    D_INVALID_SIZE);
		CHECK_KR(device_read(disk, 0, 0, 0, &read, &got), D_SUCCESS);
		CHECK_EQ(got, 0);
		CHECK_KR(device_write(disk, 0, end - 1, data, RECORD + 1,
		    &written), D_INVALID_SIZE);
		CHECK_KR(device_write(disk, 0, end, data, RECORD, &written),
		    D_INVALID_RECNUM);
		CHECK_KR(device_write(disk, 0, ~0u, data, RECORD, &written),
		    D_INVALID_RECNUM);
	}
}

TEST(disk_moves_16_mb_at_most)
{
	mach_port_t disk = open_disk(DATA);
	char *data = (char *)test_allocate(16 * MB + RECORD);
	mach_msg_type_number_t got;
	int written;

	CHECK_KR(device_write(disk, 0, 0, data, 16 * MB + RECORD, &written),
	    D_INVALID_SIZE);
	CHECK_KR(device_read(disk, 0, 0, 17 * MB, &data, &got), D_SUCCESS);
	CHECK_EQ(got, 16 * MB);
	write_all(disk, 0, data, got);
}

TEST(disk_slices_are_parts_of_it)
{
	mach_port_t whole = open_disk("hd0"), slice = open_disk(DATA);
	static char data[RECORD], other[RECORD];

	fill(data, RECORD, 8600, 4);
	write_all(slice, 8600, data, RECORD);
	check_disk(whole, DATA_FIRST + 8600, data, RECORD);
	fill(other, RECORD, 8601, 5);
	write_all(whole, DATA_FIRST + 8601, other, RECORD);
	check_disk(slice, 8601, other, RECORD);
	check_disk(slice, 8600, data, RECORD);
}

/* ---- many requests ---- */

struct read_reply {
	mach_msg_header_t head;
	mach_msg_type_t	  code_type;
	kern_return_t	  code;
	mach_msg_type_long_t data_type;
	vm_address_t	  data;
	char		  trailer[64];
};

/* Receive the answer to a request; its code. */
static kern_return_t
receive_reply(mach_port_t port, mach_msg_id_t id, struct read_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	CHECK_KR(test_receive(&reply->head, sizeof(*reply), port, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(reply->head.msgh_id, id);
	return reply->code;
}

TEST(disk_answers_all_requests_that_wait)
{
	const unsigned at = 9000, count = 60;
	mach_port_t disk = open_disk(DATA), port[60];
	char *data = (char *)test_allocate(2 * PAGE);
	struct read_reply reply;

	for (unsigned i = 0; i < count; i++) {
		port[i] = mach_reply_port();
		fill(data, 2 * PAGE, i, i);
		CHECK_KR(device_write_request(disk, port[i],
		    0, at + 16 * i, data,
		    2 * PAGE), KERN_SUCCESS);
		/* what is written is what was there when it was sent */
		memset(data, 0xee, 2 * PAGE);
	}
	for (unsigned i = 0; i < count; i++)
		CHECK_KR(receive_reply(port[i], WRITE_REPLY, &reply),
		    D_SUCCESS);
	for (unsigned i = 0; i < count; i++)
		CHECK_KR(device_read_request(disk, port[i],
		    0, at + 16 * i, 2 * PAGE),
		    KERN_SUCCESS);
	for (unsigned i = count; i-- > 0;) {
		CHECK_KR(receive_reply(port[i], READ_REPLY, &reply),
		    D_SUCCESS);
		CHECK_EQ(reply.data_type.msgtl_number, 2 * PAGE);
		fill(data, 2 * PAGE, i, i);
		CHECK(memcmp(data, (void *)reply.data, 2 * PAGE) == 0);
		CHECK_KR(vm_deallocate(mach_task_self(), reply.data,
		    2 * PAGE), KERN_SUCCESS);
	}
}

TEST(disk_refuses_more_than_may_wait)
{
	const unsigned count = 400;
	mach_port_t disk = open_disk(DATA), port = mach_reply_port();
	struct read_reply reply;
	unsigned answered = 0;

	CHECK_KR(mach_port_set_qlimit(mach_task_self(), port,
	    MACH_PORT_QLIMIT_MAX), KERN_SUCCESS);
	for (unsigned i = 0; i < count; i++)
		CHECK_KR(device_read_request(disk, port,
		    0, i, 2 * PAGE),
		    KERN_SUCCESS);
	for (unsigned i = 0; i < count; i++) {
		kern_return_t kr = receive_reply(port, READ_REPLY, &reply);

		CHECK(kr == D_SUCCESS || kr == D_NO_MEMORY);
		if (kr != D_SUCCESS)
			continue;
		answered++;
		CHECK_KR(vm_deallocate(mach_task_self(), reply.data,
		    2 * PAGE), KERN_SUCCESS);
	}
	CHECK(answered >= 128);
}

#define WORKERS		6u
#define WORKER_RECORDS	1024u

/* Random reads and writes of a region of its own, by a model. */
static void
worker(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	unsigned first = 16384 + number * WORKER_RECORDS;
	mach_port_t disk = open_disk(DATA);
	uint32_t seed = number + 1;
	char *model = (char *)test_allocate(WORKER_RECORDS * RECORD);

	write_all(disk, first, model, WORKER_RECORDS * RECORD);
	for (unsigned i = 0; i < 60; i++) {
		unsigned at = test_random(&seed) % WORKER_RECORDS;
		unsigned size = 1 + test_random(&seed) % (100 * RECORD);

		if (size > (WORKER_RECORDS - at) * RECORD)
			size = (WORKER_RECORDS - at) * RECORD;
		if (test_random(&seed) % 2 == 0) {
			fill(model + at * RECORD, size, at, seed);
			write_all(disk, first + at, model + at * RECORD, size);
		} else {
			check_disk(disk, first + at, model + at * RECORD,
			    size);
		}
	}
	check_disk(disk, first, model, WORKER_RECORDS * RECORD);
}

TEST_LIMIT(disk_serves_several_tasks, 60)
{
	task_t tasks[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++)
		tasks[i] = test_spawn(worker, (void *)(uintptr_t)i,
		    MACH_PORT_NULL);
	for (unsigned i = 0; i < WORKERS; i++)
		test_wait_end(tasks[i]);
}

static void
flood(void *arg)
{
	mach_port_t disk = open_disk(DATA), port = mach_reply_port();
	char *data = (char *)test_allocate(MB);
	unsigned at = 24576;

	for (;;) {
		(void)device_read_request(disk, port,
		    0, at, MB);
		(void)device_write_request(disk, port,
		    0, at, data, 64 * 1024);
		(void)device_write_request(disk, MACH_PORT_NULL, 0, at, data,
		    700);
		at = 24576 + (at + 100) % 4096;
	}
}

TEST(disk_goes_on_when_clients_die)
{
	mach_port_t disk = open_disk(DATA);
	static char data[PAGE];
	uint32_t seed = 5;

	for (unsigned i = 0; i < 10; i++) {
		task_t task = test_spawn(flood, NULL, MACH_PORT_NULL);

		test_sleep(20 + test_random(&seed) % 60);
		CHECK_KR(task_terminate(task), KERN_SUCCESS);
	}
	for (unsigned i = 0; i < 100; i++) {
		int written;
		kern_return_t kr = device_write(disk, 0, 20000, data, PAGE,
		    &written);

		if (kr == D_SUCCESS)
			return;
		CHECK_KR(kr, D_NO_MEMORY);	/* theirs still wait */
		test_sleep(50);
	}
	test_fail(__FILE__, __LINE__, "the disk does not get on");
}

/* ---- errors ---- */

TEST(disk_errors_are_told)
{
	mach_port_t disk = open_disk("hd1");
	static char data[64 * RECORD];
	mach_msg_type_number_t got;
	io_buf_ptr_inband_t inband;
	io_buf_ptr_t read;
	int written;

	for (unsigned i = 0; i < 2; i++) {
		CHECK_KR(device_read(disk, 0, BAD_READ, RECORD, &read, &got),
		    D_IO_ERROR);
		CHECK_KR(device_read(disk, 0, BAD_READ - 10, 20 * RECORD,
		    &read, &got), D_IO_ERROR);
		got = sizeof(inband);
		CHECK_KR(device_read_inband(disk, 0, BAD_READ, 10, inband,
		    &got), D_IO_ERROR);
		check_disk(disk, BAD_READ - 10, data, 10 * RECORD);
		check_disk(disk, BAD_READ + 1, data, 20 * RECORD);
		CHECK_KR(device_write(disk, 0, BAD_WRITE, data, RECORD,
		    &written), D_IO_ERROR);
		CHECK_KR(device_write(disk, 0, BAD_WRITE - 60, data,
		    64 * RECORD, &written), D_IO_ERROR);
		CHECK_KR(device_write_inband(disk, 0, BAD_WRITE, inband, 10,
		    &written), D_IO_ERROR);
		/* its rest cannot be read */
		CHECK_KR(device_write(disk, 0, BAD_READ, data, 100, &written),
		    D_IO_ERROR);
		write_all(disk, BAD_WRITE - 20, data, 20 * RECORD);
		write_all(disk, BAD_WRITE + 1, data, 20 * RECORD);
	}
}

TEST(disk_is_asked_again_after_an_error)
{
	static char data[RECORD];

	check_disk(open_disk("hd1"), BAD_ONCE, data, RECORD);
}
