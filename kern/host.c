/*
 * kern/host.c - the host: its ports and those of its processors, time, and
 * what it tells of itself.
 *
 * Owns:       realhost and the ports of host, processors and default_pset.
 *             None of these objects ever dies, so references to them are not
 *             counted.
 * Locks:      none of its own.  Load averages are words that only the clock
 *             interrupt of the first processor writes.
 * Source:     Mach 3.0 kernel interface, host and processor calls.
 */
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/host.h>
#include <kern/pset.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/timer.h>
#include <kern/zone.h>
#include <mach/host_info.h>
#include <mach/host_reboot.h>
#include <mach/processor_info.h>
#include <machine/boot_info.h>
#include <machine/machine.h>
#include <machine/param.h>
#include <mach_host_server.h>

#define NS_PER_S	1000000000ll
#define NS_PER_US	1000

const char kernel_version[] = "Duality 0.1";

struct host realhost;

integer_t host_load[3];
integer_t host_mach_factor[3];

/* ---- ports ---- */

static struct ipc_port *
port_for(void *object, enum kobject_type type)
{
	struct ipc_port *port = ipc_port_alloc_kernel();

	if (port == NULL)
		panic("no memory for the host's ports");
	ipc_kobject_set(port, object, type);
	return port;
}

void
host_bootstrap(void)
{
	realhost.host_self = port_for(&realhost, KOBJECT_HOST);
	realhost.host_priv_self = port_for(&realhost, KOBJECT_HOST_PRIV);
	default_pset.self = port_for(&default_pset, KOBJECT_PSET);
	default_pset.name_self = port_for(&default_pset, KOBJECT_PSET_NAME);
}

/* The objects of this file do not count references. */
static void
reference_none(void *object)
{
	(void)object;
}

static void *
object_of(struct ipc_port *port, enum kobject_type type)
{
	if (!IP_VALID(port))
		return NULL;
	return ipc_kobject_get(port, type, reference_none);
}

/* The privileged port serves wherever the other does. */
struct host *
convert_port_to_host(struct ipc_port *port)
{
	struct host *host = object_of(port, KOBJECT_HOST);

	return host != NULL ? host : object_of(port, KOBJECT_HOST_PRIV);
}

struct host *
convert_port_to_host_priv(struct ipc_port *port)
{
	return object_of(port, KOBJECT_HOST_PRIV);
}

struct processor *
convert_port_to_processor(struct ipc_port *port)
{
	return object_of(port, KOBJECT_PROCESSOR);
}

struct processor_set *
convert_port_to_pset(struct ipc_port *port)
{
	return object_of(port, KOBJECT_PSET);
}

struct processor_set *
convert_port_to_pset_name(struct ipc_port *port)
{
	struct processor_set *pset = object_of(port, KOBJECT_PSET_NAME);

	return pset != NULL ? pset : object_of(port, KOBJECT_PSET);
}

struct ipc_port *
convert_host_to_port(struct host *host)
{
	return ipc_port_make_send(host->host_self);
}

/* A processor gets its port when first asked for; NULL when out of memory. */
struct ipc_port *
convert_processor_to_port(struct processor *processor)
{
	struct ipc_port *port = processor->port, *none = NULL;

	if (port == NULL) {
		port = ipc_port_alloc_kernel();
		if (port == NULL)
			return NULL;
		ipc_kobject_set(port, processor, KOBJECT_PROCESSOR);
		if (!__atomic_compare_exchange_n(&processor->port, &none, port,
		    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			ipc_port_dealloc_kernel(port);
			port = none;	/* somebody else was quicker */
		}
	}
	return ipc_port_make_send(port);
}

struct ipc_port *
convert_pset_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->self);
}

struct ipc_port *
convert_pset_name_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->name_self);
}

void
pset_deallocate(struct processor_set *pset)
{
	(void)pset;
}

/* ---- load ---- */

unsigned
processors_running(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < processor_count; i++)
		count += processors[i]->running;
	return count;
}

static unsigned
runnable_threads(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < processor_count; i++)
		count += processors[i]->run_count + !processors[i]->idle;
	return count;
}

/* Move each average towards now by the share one second has of its period. */
static void
average_towards(integer_t *averages, integer_t now)
{
	static const int seconds[3] = { 5, 30, 60 };

	for (unsigned i = 0; i < array_count(seconds); i++)
		averages[i] += (now - averages[i]) / seconds[i];
}

void
host_load_sample(void)
{
	int threads = runnable_threads(), running = processors_running();
	integer_t factor;

	if (threads > running)
		factor = running * LOAD_SCALE / (threads + 1);
	else
		factor = (running - threads) * LOAD_SCALE;
	average_towards(host_load, threads * LOAD_SCALE);
	average_towards(host_mach_factor, factor);
}

/* ---- what it tells ---- */

static kern_return_t
host_processor_slots(integer_t *slots, mach_msg_type_number_t *count)
{
	if (*count < processor_count)
		return KERN_INVALID_ARGUMENT;
	for (unsigned i = 0; i < processor_count; i++)
		slots[i] = processors[i]->number;
	*count = processor_count;
	return KERN_SUCCESS;
}

static void
host_basic(host_basic_info_t info)
{
	const phys_addr_t most = ~(rpc_vm_size_t)PAGE_MASK;

	info->max_cpus = MAX_PROCESSORS;
	info->avail_cpus = processors_running();
	info->memory_size = min_of(memory_size, most);
	info->cpu_type = MACHINE_CPU_TYPE;
	info->cpu_subtype = MACHINE_CPU_SUBTYPE;
}

/*
 * Returns     KERN_SUCCESS, *count set to what was written
 *             KERN_INVALID_ARGUMENT  no host, or no such flavor
 *             KERN_FAILURE           *count too small for the flavor
 */
kern_return_t
host_info(struct host *host, int flavor, host_info_t info,
    mach_msg_type_number_t *count)
{
	static const unsigned sizes[] = {
		[HOST_BASIC_INFO] = HOST_BASIC_INFO_COUNT,
		[HOST_PROCESSOR_SLOTS] = 0,
		[HOST_SCHED_INFO] = HOST_SCHED_INFO_COUNT,
		[HOST_LOAD_INFO] = HOST_LOAD_INFO_COUNT,
	};

	if (host == NULL || flavor < HOST_BASIC_INFO ||
	    (unsigned)flavor >= array_count(sizes))
		return KERN_INVALID_ARGUMENT;
	if (flavor == HOST_PROCESSOR_SLOTS)
		return host_processor_slots(info, count);
	if (*count < sizes[flavor])
		return KERN_FAILURE;

	if (flavor == HOST_BASIC_INFO) {
		host_basic((host_basic_info_t)info);
	} else if (flavor == HOST_SCHED_INFO) {
		host_sched_info_t sched = (host_sched_info_t)info;

		sched->min_timeout = 1000 / HZ;
		sched->min_quantum = QUANTUM_TICKS * 1000 / HZ;
	} else {
		host_load_info_t load = (host_load_info_t)info;

		memcpy(load->avenrun, host_load, sizeof(host_load));
		memcpy(load->mach_factor, host_mach_factor,
		    sizeof(host_mach_factor));
	}
	*count = sizes[flavor];
	return KERN_SUCCESS;
}

kern_return_t
host_kernel_version(struct host *host, kernel_version_t version)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	memset(version, 0, sizeof(kernel_version_t));
	strlcpy(version, kernel_version, sizeof(kernel_version_t));
	return KERN_SUCCESS;
}

kern_return_t
host_get_kernel_version(struct host *host, new_kernel_version_t version)
{
	return host_kernel_version(host, version);
}

kern_return_t
host_get_boot_info(struct host *host_priv, kernel_boot_info_t info)
{
	if (host_priv == NULL)
		return KERN_INVALID_HOST;
	memset(info, 0, sizeof(kernel_boot_info_t));
	strlcpy(info, boot_command_line, sizeof(kernel_boot_info_t));
	return KERN_SUCCESS;
}

kern_return_t
host_reboot(struct host *host_priv, int options)
{
	if (host_priv == NULL)
		return KERN_INVALID_HOST;
	if (options & RB_DEBUGGER)
		return KERN_FAILURE;	/* there is none to enter */
	machine_reboot(options);
}

/* ---- time ---- */

kern_return_t
host_get_time(struct host *host, time_value_t *now)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	clock_get_time(now);
	return KERN_SUCCESS;
}

kern_return_t
host_get_time64(struct host *host, time_value64_t *now)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	clock_get_time64(now);
	return KERN_SUCCESS;
}

kern_return_t
host_set_time64(struct host *host_priv, time_value64_t new_time)
{
	if (host_priv == NULL)
		return KERN_INVALID_HOST;
	if (new_time.nanoseconds < 0 || new_time.nanoseconds >= NS_PER_S)
		return KERN_INVALID_ARGUMENT;
	clock_set_time64(&new_time);
	return KERN_SUCCESS;
}

kern_return_t
host_set_time(struct host *host_priv, time_value_t new_time)
{
	return host_set_time64(host_priv, (time_value64_t) {
	    new_time.seconds, (int64_t)new_time.microseconds * NS_PER_US });
}

/* With the signs of C's division. */
static time_value64_t
time_from_ns(int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint32_t rest;
	int64_t seconds = (int64_t)divide_u64(size, NS_PER_S, &rest);

	if (ns < 0)
		return (time_value64_t) { -seconds, -(int64_t)rest };
	return (time_value64_t) { seconds, rest };
}

/* Seconds are bounded so that nanoseconds fit 64 bits: 68 years. */
kern_return_t
host_adjust_time64(struct host *host_priv, time_value64_t adjustment,
    time_value64_t *old_adjustment)
{
	int64_t old_ns;

	if (host_priv == NULL)
		return KERN_INVALID_HOST;
	if (adjustment.seconds > INT32_MAX || adjustment.seconds < INT32_MIN ||
	    adjustment.nanoseconds <= -NS_PER_S ||
	    adjustment.nanoseconds >= NS_PER_S)
		return KERN_INVALID_ARGUMENT;
	clock_adjust_time(adjustment.seconds * NS_PER_S +
	    adjustment.nanoseconds, &old_ns);
	*old_adjustment = time_from_ns(old_ns);
	return KERN_SUCCESS;
}

kern_return_t
host_adjust_time(struct host *host_priv, time_value_t adjustment,
    time_value_t *old_adjustment)
{
	time_value64_t old;
	int32_t us = adjustment.microseconds;
	kern_return_t kr = host_adjust_time64(host_priv, (time_value64_t) {
	    (int64_t)adjustment.seconds + us / TIME_MICROS_MAX,
	    us % TIME_MICROS_MAX * NS_PER_US }, &old);

	if (kr != KERN_SUCCESS)
		return kr;
	old_adjustment->seconds = old.seconds;
	old_adjustment->microseconds = (int32_t)old.nanoseconds / NS_PER_US;
	return KERN_SUCCESS;
}

/* ---- processors ---- */

static void
release_ports(struct ipc_port **ports, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		ipc_port_release_send(ports[i]);
}

kern_return_t
host_processors(struct host *host_priv, processor_array_t *list,
    mach_msg_type_number_t *count)
{
	struct ipc_port **ports;
	size_t size = processor_count * sizeof(*ports);

	if (host_priv == NULL)
		return KERN_INVALID_ARGUMENT;
	ports = kalloc(size);
	if (ports == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (unsigned i = 0; i < processor_count; i++) {
		ports[i] = convert_processor_to_port(processors[i]);
		if (ports[i] == NULL) {
			release_ports(ports, i);
			kfree(ports, size);
			return KERN_RESOURCE_SHORTAGE;
		}
	}
	*list = (processor_array_t)ports;
	*count = processor_count;
	return KERN_SUCCESS;
}

kern_return_t
processor_info(struct processor *processor, int flavor, struct host **host,
    processor_info_t info, mach_msg_type_number_t *count)
{
	struct processor_basic_info *basic = (struct processor_basic_info *)info;

	if (processor == NULL)
		return KERN_INVALID_ARGUMENT;
	if (flavor != PROCESSOR_BASIC_INFO ||
	    *count < PROCESSOR_BASIC_INFO_COUNT)
		return KERN_FAILURE;
	basic->cpu_type = MACHINE_CPU_TYPE;
	basic->cpu_subtype = MACHINE_CPU_SUBTYPE;
	basic->running = processor->running;
	basic->slot_num = processor->number;
	basic->is_master = processor->number == 0;
	*host = &realhost;
	*count = PROCESSOR_BASIC_INFO_COUNT;
	return KERN_SUCCESS;
}

/* Every processor runs from boot on, and none can be stopped. */
static kern_return_t
processor_refuse(struct processor *processor)
{
	return processor == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
processor_start(struct processor *processor)
{
	return processor_refuse(processor);
}

kern_return_t
processor_exit(struct processor *processor)
{
	return processor_refuse(processor);
}

kern_return_t
processor_control(struct processor *processor, const processor_info_t command,
    mach_msg_type_number_t count)
{
	return processor_refuse(processor);
}
