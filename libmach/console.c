/*
 * libmach/console.c - where a program's output goes, and its input is from.
 *
 * Owns mach_device_port: null, or the open console; set once, before other
 * threads write.
 */
#include <string.h>

#include <device/device.h>
#include <mach/mach.h>
#include <mach/mach_init.h>

#include "console.h"

#define PRINT_MAX	256		/* bytes in one mach_print */

mach_port_t mach_device_port;

kern_return_t
mach_console_open(mach_port_t device_master)
{
	return device_open(device_master, D_READ | D_WRITE, "console",
	    &mach_device_port);
}

static int
print(const char *buf, int count)
{
	char line[PRINT_MAX];

	if (count > PRINT_MAX - 1)
		count = PRINT_MAX - 1;
	memcpy(line, buf, count);
	line[count] = '\0';
	mach_print(line);
	return count;
}

/* Short writes travel in the message, long ones beside it. */
int
console_write(const char *buf, int count)
{
	int written = 0;
	kern_return_t kr;

	if (count == 0)
		return 0;
	if (mach_device_port == MACH_PORT_NULL)
		return print(buf, count);
	if (count <= IO_INBAND_MAX)
		kr = device_write_inband(mach_device_port, 0, 0, buf, count,
		    &written);
	else
		kr = device_write(mach_device_port, 0, 0, (io_buf_ptr_t) buf,
		    count, &written);
	return kr == KERN_SUCCESS ? written : -1;
}

int
console_read(char *buf, int count)
{
	char data[IO_INBAND_MAX];
	mach_msg_type_number_t got = IO_INBAND_MAX;
	kern_return_t kr;

	if (mach_device_port == MACH_PORT_NULL)
		return 0;
	if (count > IO_INBAND_MAX)
		count = IO_INBAND_MAX;
	kr = device_read_inband(mach_device_port, 0, 0, count, data, &got);
	if (kr != KERN_SUCCESS)
		return -1;
	memcpy(buf, data, got);
	return got;
}
