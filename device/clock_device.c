/*
 * device/clock_device.c - the device "time": a page to map, read-only, that
 * shows the time of day.
 *
 * Owns:       nothing; kern/timer.c keeps the page.
 */
#include <device/device.h>
#include <kern/timer.h>
#include <machine/cpu.h>

static phys_addr_t
clock_page(void *device, vm_offset_t offset)
{
	return offset == 0 ? clock_mapped_page() : 0;
}

static const struct device_ops clock_ops = {
	.page = clock_page,
	.map_read_only = true,
};

void
clock_device_start(void)
{
	static struct device clock = {
		.name = "time",
		.ops = &clock_ops,
		.size = PAGE_SIZE,
	};

	device_add(&clock);
}
