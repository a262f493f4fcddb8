/*
 * device/device.c - the table of devices, their names and their ports.
 *
 * Owns:       the master port, the table, each device's port and count of
 *             openings.  A device has one port however often it is open; the
 *             last device_close, or the end of the last right, takes it away.
 * Locks:      device_open_lock guards openings; ports are made and looked at
 *             under it.  The table is fixed once devices have started, but for
 *             memory disks, which come before any task.
 */
#include <device/device.h>
#include <device/device_init.h>
#include <device/device_open.h>
#include <ipc/ipc_notify.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/ipc_kobject.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <machine/machine.h>
#include <vm/vm_object.h>

struct ipc_port *device_master_port;

static struct queue devices = { &devices, &devices };
static struct spinlock device_open_lock = SPINLOCK_INIT(LOCK_DEVICE_OPEN);

void
device_bootstrap(void)
{
	device_master_port = ipc_port_alloc_kernel();
	if (device_master_port == NULL)
		panic("no memory for the device master port");
	/* The object only has to be something. */
	ipc_kobject_set(device_master_port, &devices, KOBJECT_DEVICE_MASTER);
}

void
device_start(void)
{
	console_start();
	clock_device_start();
	machine_disks_start();
}

void
device_add(struct device *device)
{
	queue_push_back(&devices, &device->link);
}

/* ---- names ---- */

/*
 * Read a number of up to four digits, 0 if there are none; returns what
 * follows.
 */
static const char *
parse_number(const char *text, unsigned *number)
{
	for (*number = 0; *text >= '0' && *text <= '9' && *number <= 999;
	    text++)
		*number = *number * 10 + (*text - '0');
	return text;
}

/*
 * Take a name apart: letters, the unit's number, 0 if there is none, and for
 * a slice of a disk s and its number.  False if it is anything else.
 */
static bool
parse_name(const char *name, size_t *letters, unsigned *unit, unsigned *slice)
{
	size_t i = 0;

	if (strnlen(name, sizeof(dev_name_t)) == sizeof(dev_name_t))
		return false;
	while (name[i] != '\0' && (name[i] < '0' || name[i] > '9'))
		i++;
	*letters = i;
	name = parse_number(name + i, unit);
	*slice = 0;
	if (*name == 's') {
		name = parse_number(name + 1, slice);
		if (*slice == 0)
			return false;
	}
	return *letters > 0 && *name == '\0';
}

static struct device *
device_named(const char *name)
{
	struct queue *pos;
	size_t letters;
	unsigned unit, slice;

	if (!parse_name(name, &letters, &unit, &slice))
		return NULL;
	queue_for_each(pos, &devices) {
		struct device *device = queue_element(pos, struct device, link);

		if (device->unit == unit && device->slice == slice &&
		    strlen(device->name) == letters &&
		    memcmp(device->name, name, letters) == 0)
			return device;
	}
	return NULL;
}

/* ---- openings ---- */

/*
 * The device's port, made if need be; NULL: no memory.  When nobody has a right
 * to it any more those who opened the device are gone, with or without
 * device_close.  Under device_open_lock.
 */
static struct ipc_port *
port_make(struct device *device)
{
	struct ipc_port *port = device->port;

	if (port == NULL) {
		port = ipc_port_alloc_kernel();
		if (port == NULL)
			return NULL;
		ipc_kobject_set(port, device, KOBJECT_DEVICE);
		device->port = port;
	}
	return ipc_notify_kernel_no_senders(port) ? ipc_port_make_send(port) : NULL;
}

kern_return_t
device_open(struct ipc_port *master_port, const char *name,
    struct ipc_port **port)
{
	struct device *device;

	*port = NULL;

	if (!IP_VALID(master_port) ||
	    ipc_port_kotype(master_port) != KOBJECT_DEVICE_MASTER)
		return D_INVALID_OPERATION;
	device = device_named(name);
	if (device == NULL)
		return D_NO_SUCH_DEVICE;

	spin_lock(&device_open_lock);
	*port = port_make(device);
	if (*port != NULL)
		device->open_count++;
	spin_unlock(&device_open_lock);
	return *port != NULL ? D_SUCCESS : D_NO_MEMORY;
}

/* Take the port away from a device that nobody has open. */
static struct ipc_port *
port_detach(struct device *device)
{
	struct ipc_port *port = device->port;

	device->port = NULL;
	device->open_count = 0;
	return port;
}

/* Destroy a port that was a device's; NULL: nothing to do. */
static void
port_destroy(struct ipc_port *port)
{
	if (port == NULL)
		return;
	ipc_kobject_set(port, NULL, KOBJECT_NONE);
	ipc_port_dealloc_kernel(port);
}

void
device_close(struct device *device)
{
	struct ipc_port *port = NULL;

	spin_lock(&device_open_lock);
	if (device->open_count > 0 && --device->open_count == 0)
		port = port_detach(device);
	spin_unlock(&device_open_lock);
	port_destroy(port);
}

static void
reference_none(void *device)
{
	(void)device;
}

struct device *
dev_port_lookup(struct ipc_port *port)
{
	if (!IP_VALID(port))
		return NULL;
	return ipc_kobject_get(port, KOBJECT_DEVICE, reference_none);
}

/* It may have been opened again since. */
void
device_no_senders(struct ipc_port *port)
{
	struct device *device = dev_port_lookup(port);
	bool gone = false;

	if (device == NULL)
		return;
	spin_lock(&device_open_lock);
	if (device->port == port) {
		ip_lock(port);
		gone = port->srights == 0;
		ip_unlock(port);
	}
	if (gone)
		(void)port_detach(device);
	spin_unlock(&device_open_lock);
	if (gone)
		port_destroy(port);
}

void
device_deallocate(struct device *device)
{
	(void)device;
}

/* ---- memory objects ---- */

/* A new port with a memory object of the device's pages behind it. */
static struct ipc_port *
pager_create(struct device *device, vm_prot_t prot)
{
	struct ipc_port *port = ipc_port_alloc_kernel();
	struct vm_object *object;

	if (port == NULL)
		return NULL;
	object = vm_object_create_device(round_page(device->size), prot,
	    device->ops->page, device);
	if (object == NULL) {
		ipc_port_dealloc_kernel(port);
		return NULL;
	}
	ipc_kobject_set(port, object, KOBJECT_PAGER);
	return port;
}

/* Once made, a pager stays: there are at most two for a device. */
kern_return_t
device_pager(struct device *device, vm_prot_t prot, struct ipc_port **pager)
{
	bool writable = (prot & VM_PROT_WRITE) != 0;
	vm_prot_t most = writable ? VM_PROT_ALL : VM_PROT_ALL & ~VM_PROT_WRITE;
	struct ipc_port **slot = &device->pagers[writable];

	if (device->ops->page == NULL)
		return D_INVALID_OPERATION;
	if (writable && device->ops->map_read_only)
		return D_READ_ONLY;
	spin_lock(&device_open_lock);
	if (*slot == NULL)
		*slot = pager_create(device, most);
	*pager = *slot != NULL ? ipc_port_make_send(*slot) : NULL;
	spin_unlock(&device_open_lock);
	return *pager != NULL ? D_SUCCESS : D_NO_MEMORY;
}
