/*
 * device/device_calls.c - the calls of device.defs, and the traps that write.
 *
 * Owns:       nothing.
 * Locks:      none held across a device's operations.
 * Invariant:  MIG's rule: memory that came with a request is consumed exactly
 *             when the call succeeds or answers later (MIG_NO_REPLY).
 * Source:     Mach 3.0 kernel interface, device calls.
 */
#include <device/device.h>
#include <device/device_init.h>
#include <device/device_open.h>
#include <device_server.h>
#include <ipc/ipc_port.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <machine/cpu.h>
#include <mach/mig_errors.h>

#define VECTOR_MAX	64u		/* of device_writev_request */

/* ---- open, close ---- */

kern_return_t
ds_device_open(struct ipc_port *master_port, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode, const_dev_name_t name,
    struct ipc_port **port)
{
	return device_open(master_port, name, port);
}

kern_return_t
ds_device_open_new(struct ipc_port *master_port, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode,
    const_new_dev_name_t name, struct ipc_port **port)
{
	return device_open(master_port, name, port);
}

kern_return_t
ds_device_close(struct device *device)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	device_close(device);
	return D_SUCCESS;
}

/* ---- write ---- */

/* The same for the caller's memory in parts, which hold that much. */
static kern_return_t
user_read(const io_buf_vec_t *part, vm_offset_t offset, char *dst,
    unsigned size)
{
	for (; size > 0; part++) {
		unsigned piece;

		if (offset >= part->count) {
			offset -= part->count;
			continue;
		}
		piece = min_of(size, part->count - offset);
		if (copyin((const void *)(part->data + offset), dst, piece) !=
		    KERN_SUCCESS)
			return KERN_INVALID_ADDRESS;
		dst += piece;
		size -= piece;
		offset = 0;
	}
	return KERN_SUCCESS;
}

kern_return_t
device_source_read(const struct device_source *source, vm_offset_t offset,
    void *dst, unsigned size)
{
	if (source->copy != NULL)
		return vm_map_copy_read(source->copy, offset, dst, size);
	if (source->user != NULL)
		return user_read(source->user, offset, dst, size);
	memcpy(dst, source->bytes + offset, size);
	return KERN_SUCCESS;
}

static kern_return_t
device_write(struct device *device, const struct device_request *request,
    int *bytes_written)
{
	unsigned written = 0;
	kern_return_t kr;

	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	if (request->size > INT32_MAX)
		return D_INVALID_SIZE;
	if (device->ops->queue != NULL)
		kr = device->ops->queue(device, request, true);
	else if (device->ops->write != NULL)
		kr = device->ops->write(device, request, &written);
	else
		kr = D_INVALID_OPERATION;
	*bytes_written = written;
	return kr;
}

/* What MIG's stub is told about a write or a read. */
static kern_return_t
stub_code(kern_return_t kr)
{
	return kr == D_IO_QUEUED ? MIG_NO_REPLY : kr;
}

kern_return_t
ds_device_write(struct device *device, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode, recnum_t recnum,
    io_buf_ptr_t data, mach_msg_type_number_t size, int *bytes_written)
{
	vm_map_copy_t copy = (vm_map_copy_t)data;
	kern_return_t kr = device_write(device, &(struct device_request) {
		.mode = mode,
		.recnum = recnum,
		.size = size,
		.source.copy = copy,
		.reply_port = reply_port,
		.reply_type = reply_type,
	}, bytes_written);

	if (kr == D_SUCCESS || kr == D_IO_QUEUED)
		vm_map_copy_discard(copy);
	return stub_code(kr);
}

kern_return_t
ds_device_write_inband(struct device *device, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode, recnum_t recnum,
    const io_buf_ptr_inband_t data, mach_msg_type_number_t size,
    int *bytes_written)
{
	return stub_code(device_write(device, &(struct device_request) {
		.mode = mode,
		.recnum = recnum,
		.size = size,
		.source.bytes = data,
		.reply_port = reply_port,
		.reply_type = reply_type,
		.inband = true,
	}, bytes_written));
}

/* ---- read ---- */

/* Bring the size that the client wants down to what there is. */
static kern_return_t
read_size(struct device *device, struct device_request *request,
    int bytes_wanted)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	if (device->ops->read_size == NULL)
		return D_INVALID_OPERATION;
	if (bytes_wanted < 0)
		return D_INVALID_SIZE;
	request->size = bytes_wanted;
	return device->ops->read_size(device, request, &request->size);
}

/* By way of a buffer, where the device's memory cannot be copied as it lies. */
static kern_return_t
read_buffered(struct device *device, const struct device_request *request,
    vm_map_copy_t *copy, unsigned *size)
{
	char *buf = kalloc(request->size);
	kern_return_t kr;

	if (buf == NULL)
		return D_NO_MEMORY;
	*size = request->size;
	kr = device->ops->read(device, request, buf, size);
	if (kr == D_SUCCESS &&
	    vm_map_copyin_kernel(buf, *size, copy) != KERN_SUCCESS)
		kr = D_NO_MEMORY;
	kfree(buf, request->size);
	return kr;
}

static kern_return_t
read_copy(struct device *device, const struct device_request *request,
    vm_map_copy_t *copy, unsigned *size)
{
	const void *place = NULL;

	if (request->size == 0) {
		*copy = NULL;
		*size = 0;
		return D_SUCCESS;
	}
	if (device->ops->queue != NULL)
		return device->ops->queue(device, request, false);
	if (device->ops->read_in_place != NULL)
		place = device->ops->read_in_place(device, request);
	if (place == NULL)
		return read_buffered(device, request, copy, size);
	*size = request->size;
	return vm_map_copyin_kernel(place, *size, copy) == KERN_SUCCESS ?
	    D_SUCCESS : D_NO_MEMORY;
}

kern_return_t
ds_device_read(struct device *device, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode, recnum_t recnum,
    int bytes_wanted, io_buf_ptr_t *data, mach_msg_type_number_t *count)
{
	struct device_request request = {
		.mode = mode,
		.recnum = recnum,
		.reply_port = reply_port,
		.reply_type = reply_type,
	};
	vm_map_copy_t copy = NULL;
	kern_return_t kr = read_size(device, &request, bytes_wanted);

	if (kr == D_SUCCESS)
		kr = read_copy(device, &request, &copy, count);
	*data = (io_buf_ptr_t)copy;
	return stub_code(kr);
}

kern_return_t
ds_device_read_inband(struct device *device, struct ipc_port *reply_port,
    mach_msg_type_name_t reply_type, dev_mode_t mode, recnum_t recnum,
    int bytes_wanted, io_buf_ptr_inband_t data, mach_msg_type_number_t *count)
{
	struct device_request request = {
		.mode = mode,
		.recnum = recnum,
		.reply_port = reply_port,
		.reply_type = reply_type,
		.inband = true,
	};
	kern_return_t kr = read_size(device, &request,
	    min_of(bytes_wanted, IO_INBAND_MAX));

	*count = request.size;
	if (kr == D_SUCCESS && request.size > 0)
		kr = device->ops->queue != NULL ?
		    device->ops->queue(device, &request, false) :
		    device->ops->read(device, &request, data, count);
	return stub_code(kr);
}

/* ---- the others ---- */

/* The memory object is the whole device: an offset in it is one in the device. */
kern_return_t
ds_device_map(struct device *device, vm_prot_t prot, vm_offset_t offset,
    vm_size_t size, struct ipc_port **pager, int unmap)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	if (prot & ~VM_PROT_ALL)
		return KERN_INVALID_ARGUMENT;
	return device_pager(device, prot, pager);
}

kern_return_t
ds_device_set_status(struct device *device, dev_flavor_t flavor,
    const dev_status_t status, mach_msg_type_number_t count)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	if (device->ops->set_status == NULL)
		return D_INVALID_OPERATION;
	return device->ops->set_status(device, flavor, status, count);
}

kern_return_t
ds_device_get_status(struct device *device, dev_flavor_t flavor,
    dev_status_t status, mach_msg_type_number_t *count)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	if (device->ops->get_status == NULL)
		return D_INVALID_OPERATION;
	return device->ops->get_status(device, flavor, status, count);
}

/* No device here delivers packets or interrupts. */
static kern_return_t
refuse(struct device *device)
{
	return device == NULL ? D_NO_SUCH_DEVICE : D_INVALID_OPERATION;
}

kern_return_t
ds_device_set_filter(struct device *device, struct ipc_port *receive_port,
    int priority, const filter_array_t filter, mach_msg_type_number_t count)
{
	return refuse(device);
}

kern_return_t
ds_device_intr_register(struct device *device, int id, int flags,
    struct ipc_port *receive_port)
{
	return refuse(device);
}

kern_return_t
ds_device_intr_ack(struct device *device, struct ipc_port *receive_port)
{
	return refuse(device);
}

/* ---- traps ---- */

/* The device that the current task's name denotes, or why not. */
static kern_return_t
device_of_name(mach_port_name_t name, mach_port_name_t reply_name,
    struct device **device)
{
	struct ipc_port *port;

	if (ipc_port_copyin_send(current_thread()->task->space, name, &port) !=
	    KERN_SUCCESS)
		return KERN_INVALID_CAPABILITY;
	*device = dev_port_lookup(port);
	ipc_port_release_send(port);
	if (*device == NULL)
		return KERN_INVALID_CAPABILITY;
	return reply_name == 0 ? KERN_SUCCESS : KERN_INVALID_RIGHT;
}

static kern_return_t
write_user(struct device *device, dev_mode_t mode, recnum_t recnum,
    const io_buf_vec_t *parts, unsigned count)
{
	uint64_t size = 0;
	kern_return_t kr;
	int written;

	for (unsigned i = 0; i < count; i++)
		size += parts[i].count;
	if (size > INT32_MAX)
		return D_INVALID_SIZE;
	kr = device_write(device, &(struct device_request) {
		.mode = mode,
		.recnum = recnum,
		.size = size,
		.source.user = parts,
	}, &written);
	return kr == D_IO_QUEUED ? KERN_SUCCESS : kr;
}

TRAP_ROUTINE kern_return_t
syscall_device_write_request(mach_port_name_t device_name,
    mach_port_name_t reply_name, dev_mode_t mode, recnum_t recnum,
    vm_offset_t data, vm_size_t count)
{
	io_buf_vec_t part = { data, count };
	struct device *device;
	kern_return_t kr = device_of_name(device_name, reply_name, &device);

	if (kr != KERN_SUCCESS)
		return kr;
	return write_user(device, mode, recnum, &part, 1);
}

/* The parts make one write. */
TRAP_ROUTINE kern_return_t
syscall_device_writev_request(mach_port_name_t device_name,
    mach_port_name_t reply_name, dev_mode_t mode, recnum_t recnum,
    io_buf_vec_t *user_vector, vm_size_t vector_count)
{
	io_buf_vec_t parts[VECTOR_MAX];
	struct device *device;
	kern_return_t kr = device_of_name(device_name, reply_name, &device);

	if (kr != KERN_SUCCESS)
		return kr;
	if (vector_count > VECTOR_MAX)
		return KERN_INVALID_VALUE;
	if (copyin(user_vector, parts, vector_count * sizeof(parts[0])) !=
	    KERN_SUCCESS)
		return KERN_INVALID_ADDRESS;
	return write_user(device, mode, recnum, parts, vector_count);
}
