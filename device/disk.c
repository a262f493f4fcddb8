/*
 * device/disk.c - disks hd0, hd1, ... and their slices hd0s1, ...: requests
 * that wait, the threads that have them done, and the answers.
 *
 * Owns:       requests.  Their data lies in pages that nobody else has, so a
 *             client can go, and change its memory, while a disk is at work:
 *             what is written is taken over page by page when the request
 *             comes (copied only if somebody else has it too), what is read
 *             goes into the pages that the answer carries.
 * Locks:      a queue's lock guards its list; nothing else is shared.
 * Invariant:  a queue's requests are done one after the other, in order.  All
 *             waiting for memory of clients is over when a request is queued.
 */
#include <device/device.h>
#include <device/disk.h>
#include <device/disk_slices.h>
#include <device/disk_status.h>
#include <device_reply_user.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define REQUEST_MAX	(16u << 20)	/* bytes */
#define QUEUE_MAX	128u		/* requests that wait */
#define QUEUE_PAGES_MAX	(32u << (20 - PAGE_SHIFT))
#define TRIES		3u

/* A disk or a slice of one.  Fixed, but for what device.h says. */
struct disk {
	struct device	   device;
	struct disk_drive *drive;
	uint32_t	   first;	/* sector */
	uint32_t	   sectors;
};

/* The queue's, then its thread's. */
struct disk_request {
	struct queue		 link;	/* on the queue, its lock */
	struct disk_drive	*drive;
	bool			 write, inband;
	struct ipc_port		*reply_port;	/* a right, of the next's type */
	mach_msg_type_name_t	 reply_type;
	uint32_t		 sector;
	unsigned		 size;		/* bytes; not 0 */
	vm_map_copy_t		 copy;		/* a read's answer: it has the pages */
	unsigned		 page_count;	/* == of size */
	struct vm_page		*pages[];
};

/* ---- what all disks share ---- */

kern_return_t
disk_get_status(uint64_t bytes, dev_flavor_t flavor, int *status,
    mach_msg_type_number_t *count)
{
	if (flavor != DEV_GET_SIZE && flavor != DEV_GET_RECORDS)
		return D_INVALID_OPERATION;
	if (*count < DEV_GET_SIZE_COUNT)
		return D_INVALID_SIZE;
	if (flavor == DEV_GET_RECORDS)
		status[0] = (bytes + DISK_SECTOR_SIZE - 1) / DISK_SECTOR_SIZE;
	else
		status[0] = bytes <= UINT32_MAX ? bytes : 0;
	status[1] = DISK_SECTOR_SIZE;
	*count = DEV_GET_SIZE_COUNT;
	return D_SUCCESS;
}

/* Bytes from a record on; 0: there is no such record. */
static uint64_t
bytes_from(uint64_t bytes, recnum_t recnum)
{
	uint64_t offset = (uint64_t)recnum * DISK_SECTOR_SIZE;

	return offset < bytes ? bytes - offset : 0;
}

kern_return_t
disk_read_size(uint64_t bytes, const struct device_request *request,
    unsigned *size)
{
	uint64_t left = bytes_from(bytes, request->recnum);

	if (left == 0)
		return D_INVALID_RECNUM;
	*size = min_of((uint64_t)*size, left);
	return D_SUCCESS;
}

kern_return_t
disk_check_write(uint64_t bytes, const struct device_request *request)
{
	uint64_t left = bytes_from(bytes, request->recnum);

	if (left == 0)
		return D_INVALID_RECNUM;
	return request->size <= left ? D_SUCCESS : D_INVALID_SIZE;
}

/* ---- requests ---- */

static size_t
request_bytes(unsigned page_count)
{
	return sizeof(struct disk_request) +
	    page_count * sizeof(struct vm_page *);
}

/* Gives its pages back, not the reply right. */
static void
request_free(struct disk_request *request)
{
	if (request->copy != NULL) {
		vm_map_copy_discard(request->copy);
	} else {
		for (unsigned i = 0; i < request->page_count; i++) {
			if (request->pages[i] == NULL)
				break;
			request->pages[i]->busy = 0;
			vm_page_release(request->pages[i]);
		}
	}
	kfree(request, request_bytes(request->page_count));
}

/* Bytes of page i that a request covers. */
static unsigned
request_in_page(const struct disk_request *request, unsigned i)
{
	return min_of(request->size - i * PAGE_SIZE, PAGE_SIZE);
}

/* Through buf, a page, into fresh pages. */
static kern_return_t
take_bytes(struct disk_request *request, const struct device_source *source,
    char *buf)
{
	for (unsigned i = 0; i < request->page_count; i++) {
		unsigned size = request_in_page(request, i);
		kern_return_t kr = device_source_read(source, i * PAGE_SIZE,
		    buf, size);

		if (kr != KERN_SUCCESS)
			return kr;
		request->pages[i] = vm_page_grab(VM_PAGE_USER);
		if (request->pages[i] == NULL)
			return D_NO_MEMORY;
		pmap_copy_to_page(buf, request->pages[i], 0, size);
	}
	return D_SUCCESS;
}

/* Get the data to be written.  May sleep. */
static kern_return_t
take_source(struct disk_request *request, const struct device_source *source)
{
	kern_return_t kr = D_SUCCESS;
	char *buf;

	if (source->copy != NULL && vm_map_copy_page_aligned(source->copy)) {
		for (unsigned i = 0; i < request->page_count; i++) {
			request->pages[i] = vm_map_copy_take_page(source->copy,
			    i * PAGE_SIZE);
			if (request->pages[i] == NULL)
				return D_NO_MEMORY;
		}
		return D_SUCCESS;
	}
	buf = kalloc(PAGE_SIZE);
	if (buf == NULL)
		return D_NO_MEMORY;
	kr = take_bytes(request, source, buf);
	kfree(buf, PAGE_SIZE);
	return kr;
}

/* Get the pages for what will be read. */
static kern_return_t
take_room(struct disk_request *request)
{
	struct vm_page *last;

	if (request->inband) {
		request->pages[0] = vm_page_grab(VM_PAGE_USER);
		return request->pages[0] != NULL ? D_SUCCESS : D_NO_MEMORY;
	}
	if (vm_map_copy_fresh(request->size, request->pages, &request->copy) !=
	    KERN_SUCCESS) {
		request->pages[0] = NULL;
		return D_NO_MEMORY;
	}
	last = request->pages[request->page_count - 1];
	if (request->size & PAGE_MASK)
		pmap_zero_page(last);	/* the client sees all of it */
	return D_SUCCESS;
}

/* D_NO_MEMORY: too much waits already. */
static kern_return_t
enqueue(struct disk_queue *queue, struct disk_request *request)
{
	kern_return_t kr = D_IO_QUEUED;

	spin_lock(&queue->lock);
	if (queue->count < QUEUE_MAX &&
	    queue->pages + request->page_count <= QUEUE_PAGES_MAX) {
		queue_push_back(&queue->requests, &request->link);
		queue->count++;
		queue->pages += request->page_count;
	} else {
		kr = D_NO_MEMORY;
	}
	spin_unlock(&queue->lock);
	thread_wakeup(queue);
	return kr;
}

static uint64_t
disk_bytes(const struct disk *disk)
{
	return (uint64_t)disk->sectors * DISK_SECTOR_SIZE;
}

static kern_return_t
disk_request(struct device *device, const struct device_request *from,
    bool write)
{
	struct disk *disk = queue_element(&device->link, struct disk,
	    device.link);
	unsigned page_count = round_page(from->size) >> PAGE_SHIFT;
	struct disk_request *request;
	kern_return_t kr;

	if (write) {
		kr = disk_check_write(disk_bytes(disk), from);
		if (kr != D_SUCCESS || from->size == 0)
			return kr;
		if (from->size > REQUEST_MAX)
			return D_INVALID_SIZE;
	}
	request = kalloc_zero(request_bytes(page_count));
	if (request == NULL)
		return D_NO_MEMORY;
	request->drive = disk->drive;
	request->write = write;
	request->inband = from->inband;
	request->reply_port = from->reply_port;
	request->reply_type = from->reply_type;
	request->sector = disk->first + from->recnum;
	request->size = from->size;
	request->page_count = page_count;
	kr = write ? take_source(request, &from->source) : take_room(request);
	if (kr == D_SUCCESS)
		kr = enqueue(disk->drive->queue, request);
	if (kr != D_IO_QUEUED)
		request_free(request);
	return kr;
}

/* ---- doing them ---- */

/* The console is told once of an error, however often and in what pieces it is tried. */
static void
error_tell(struct disk_drive *drive, bool write, uint32_t sector,
    unsigned count)
{
	struct disk_error *e;

	for (e = drive->errors; e < &drive->errors[DISK_ERRORS]; e++)
		if (e->write == write && sector < e->end &&
		    sector + count > e->first)
			return;
	drive->errors[drive->errors_told++ % DISK_ERRORS] =
	    (struct disk_error){ sector, sector + count, write };
	kprintf("%s%u: %s error, %u sectors at %u\n", drive->name,
	    drive->unit, write ? "write" : "read", count, sector);
}

static kern_return_t
transfer(const struct disk_request *request, bool write, uint32_t sector,
    unsigned count, struct vm_page *const *pages)
{
	struct disk_drive *drive = request->drive;
	kern_return_t kr = D_IO_ERROR;

	for (unsigned i = 0; i < TRIES && kr == D_IO_ERROR; i++)
		kr = drive->transfer(drive, write, sector, count, pages);
	if (kr == D_IO_ERROR)
		error_tell(drive, write, sector, count);
	return kr;
}

/*
 * A write that ends within a sector leaves the sector's rest alone: get that
 * into the page it will be written from.
 */
static kern_return_t
read_rest(const struct disk_request *request, struct vm_page *buffer)
{
	unsigned used = request->size % DISK_SECTOR_SIZE;
	kern_return_t kr;

	if (used == 0)
		return D_SUCCESS;
	kr = transfer(request, false,
	    request->sector + request->size / DISK_SECTOR_SIZE, 1, &buffer);
	if (kr == D_SUCCESS)
		pmap_copy_page_part(buffer, used,
		    request->pages[request->page_count - 1],
		    request->size & PAGE_MASK, DISK_SECTOR_SIZE - used);
	return kr;
}

static kern_return_t
request_do(const struct disk_request *request, struct vm_page *buffer)
{
	unsigned sectors = (request->size + DISK_SECTOR_SIZE - 1) /
	    DISK_SECTOR_SIZE, done, count;
	kern_return_t kr = D_SUCCESS;

	if (request->write)
		kr = read_rest(request, buffer);
	for (done = 0; done < sectors && kr == D_SUCCESS; done += count) {
		count = min_of(sectors - done, DISK_TRANSFER_MAX);
		kr = transfer(request, request->write, request->sector + done,
		    count, request->pages +
		    done / (PAGE_SIZE / DISK_SECTOR_SIZE));
	}
	return kr;
}

/* What was read beyond the bytes asked for is not the client's. */
static void
clear_rest(const struct disk_request *request)
{
	static const char zeros[DISK_SECTOR_SIZE];
	unsigned used = request->size % DISK_SECTOR_SIZE;

	if (used != 0)
		pmap_copy_to_page(zeros,
		    request->pages[request->page_count - 1],
		    request->size & PAGE_MASK, DISK_SECTOR_SIZE - used);
}

static void
answer_read_inband(const struct disk_request *request, kern_return_t kr)
{
	char bytes[IO_INBAND_MAX];
	unsigned size = kr == D_SUCCESS ? request->size : 0;

	pmap_copy_from_page(request->pages[0], 0, bytes, size);
	(void)ds_device_read_reply_inband(request->reply_port,
	    request->reply_type, kr, bytes, size);
}

/*
 * The pages are on no queue until somebody touches them: the default pager
 * must not be sent its own answers because they have waited for it.
 */
static void
answer_read(struct disk_request *request, kern_return_t kr)
{
	vm_map_copy_t copy = NULL;

	if (kr == D_SUCCESS) {
		clear_rest(request);
		copy = request->copy;
		request->copy = NULL;
		request->pages[0] = NULL;	/* the copy has them */
	}
	(void)ds_device_read_reply(request->reply_port, request->reply_type,
	    kr, (io_buf_ptr_t)copy, copy != NULL ? request->size : 0, TRUE);
}

static void
answer_write(const struct disk_request *request, kern_return_t kr)
{
	unsigned written = kr == D_SUCCESS ? request->size : 0;

	if (request->inband)
		(void)ds_device_write_reply_inband(request->reply_port,
		    request->reply_type, kr, written);
	else
		(void)ds_device_write_reply(request->reply_port,
		    request->reply_type, kr, written);
}

/* Consumes the reply right. */
static void
request_answer(struct disk_request *request, kern_return_t kr)
{
	if (!IP_VALID(request->reply_port))
		return;			/* nobody wants to know */
	if (request->write)
		answer_write(request, kr);
	else if (request->inband)
		answer_read_inband(request, kr);
	else
		answer_read(request, kr);
}

static struct disk_request *
next_request(struct disk_queue *queue)
{
	struct disk_request *request = NULL;
	struct queue *first;

	spin_lock(&queue->lock);
	first = queue_pop_front(&queue->requests);
	if (first != NULL) {
		request = queue_element(first, struct disk_request, link);
		queue->count--;
		queue->pages -= request->page_count;
	} else {
		assert_wait(queue, false);
	}
	spin_unlock(&queue->lock);
	return request;
}

static struct disk_queue *starting;	/* while disk_queue_start waits */

static void __attribute__((noreturn))
disk_thread(void)
{
	struct disk_queue *queue = starting;
	struct disk_request *request;

	thread_wakeup(&starting);
	for (;;) {
		while ((request = next_request(queue)) == NULL)
			(void)thread_block(NULL);
		request_answer(request, request_do(request, queue->sector));
		request_free(request);
	}
}

/* ---- the devices ---- */

static kern_return_t
read_size(struct device *device, const struct device_request *request,
    unsigned *size)
{
	const struct disk *disk = queue_element(&device->link, struct disk,
	    device.link);

	*size = min_of(*size, REQUEST_MAX);
	return disk_read_size(disk_bytes(disk), request, size);
}

static kern_return_t
get_status(struct device *device, dev_flavor_t flavor, int *status,
    mach_msg_type_number_t *count)
{
	return disk_get_status(disk_bytes(queue_element(&device->link,
	    struct disk, device.link)), flavor, status, count);
}

static const struct device_ops disk_ops = {
	.read_size = read_size,
	.queue = disk_request,
	.get_status = get_status,
};

void
disk_add(struct disk_drive *drive, unsigned slice, uint32_t first,
    uint32_t sectors)
{
	struct disk *disk = kalloc_zero(sizeof(*disk));

	if (disk == NULL)
		return;
	disk->device.name = drive->name;
	disk->device.unit = drive->unit;
	disk->device.slice = slice;
	disk->device.ops = &disk_ops;
	disk->drive = drive;
	disk->first = first;
	disk->sectors = sectors;
	device_add(&disk->device);
}

bool
disk_queue_init(struct disk_queue *queue)
{
	queue->sector = vm_page_grab(VM_PAGE_KERNEL);
	spinlock_init(&queue->lock, LOCK_DEVICE);
	queue_init(&queue->requests);
	return queue->sector != NULL;
}

void
disk_attach(struct disk_drive *drive)
{
	disk_add(drive, 0, 0, drive->sectors);
	disk_slices_find(drive);
}

void
disk_queue_start(struct disk_queue *queue)
{
	starting = queue;
	assert_wait(&starting, false);
	(void)kernel_thread(queue->name, disk_thread);
	(void)thread_block(NULL);
}
