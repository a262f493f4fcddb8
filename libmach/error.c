/*
 * libmach/error.c - return codes in words.
 *
 * Owns one table, the names of all codes that the kernel, its devices, MIG's
 * stubs and mach_msg answer.
 */
#include <stddef.h>
#include <stdio.h>

#include <device/device_types.h>
#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach_error.h>

#define NAME(code)	{ code, #code }

static const struct {
	mach_error_t	 code;
	const char	*name;
} names[] = {
	NAME(KERN_SUCCESS),
	NAME(KERN_INVALID_ADDRESS),
	NAME(KERN_PROTECTION_FAILURE),
	NAME(KERN_NO_SPACE),
	NAME(KERN_INVALID_ARGUMENT),
	NAME(KERN_FAILURE),
	NAME(KERN_RESOURCE_SHORTAGE),
	NAME(KERN_NOT_RECEIVER),
	NAME(KERN_NO_ACCESS),
	NAME(KERN_MEMORY_FAILURE),
	NAME(KERN_MEMORY_ERROR),
	NAME(KERN_NOT_IN_SET),
	NAME(KERN_NAME_EXISTS),
	NAME(KERN_ABORTED),
	NAME(KERN_INVALID_NAME),
	NAME(KERN_INVALID_TASK),
	NAME(KERN_INVALID_RIGHT),
	NAME(KERN_INVALID_VALUE),
	NAME(KERN_UREFS_OVERFLOW),
	NAME(KERN_INVALID_CAPABILITY),
	NAME(KERN_RIGHT_EXISTS),
	NAME(KERN_INVALID_HOST),
	NAME(KERN_MEMORY_PRESENT),
	NAME(KERN_WRITE_PROTECTION_FAILURE),
	NAME(KERN_TERMINATED),
	NAME(KERN_TIMEDOUT),
	NAME(KERN_INTERRUPTED),
	NAME(MACH_SEND_INVALID_DATA),
	NAME(MACH_SEND_INVALID_DEST),
	NAME(MACH_SEND_TIMED_OUT),
	NAME(MACH_SEND_WILL_NOTIFY),
	NAME(MACH_SEND_INTERRUPTED),
	NAME(MACH_SEND_MSG_TOO_SMALL),
	NAME(MACH_SEND_INVALID_REPLY),
	NAME(MACH_SEND_INVALID_RIGHT),
	NAME(MACH_SEND_INVALID_NOTIFY),
	NAME(MACH_SEND_INVALID_MEMORY),
	NAME(MACH_SEND_NO_BUFFER),
	NAME(MACH_SEND_NO_NOTIFY),
	NAME(MACH_SEND_INVALID_TYPE),
	NAME(MACH_SEND_INVALID_HEADER),
	NAME(MACH_RCV_INVALID_NAME),
	NAME(MACH_RCV_TIMED_OUT),
	NAME(MACH_RCV_TOO_LARGE),
	NAME(MACH_RCV_INTERRUPTED),
	NAME(MACH_RCV_PORT_CHANGED),
	NAME(MACH_RCV_INVALID_NOTIFY),
	NAME(MACH_RCV_INVALID_DATA),
	NAME(MACH_RCV_PORT_DIED),
	NAME(MACH_RCV_IN_SET),
	NAME(MACH_RCV_HEADER_ERROR),
	NAME(MACH_RCV_BODY_ERROR),
	NAME(MIG_TYPE_ERROR),
	NAME(MIG_REPLY_MISMATCH),
	NAME(MIG_REMOTE_ERROR),
	NAME(MIG_BAD_ID),
	NAME(MIG_BAD_ARGUMENTS),
	NAME(MIG_NO_REPLY),
	NAME(MIG_EXCEPTION),
	NAME(MIG_ARRAY_TOO_LARGE),
	NAME(MIG_SERVER_DIED),
	NAME(MIG_DESTROY_REQUEST),
	NAME(D_IO_QUEUED),
	NAME(D_IO_ERROR),
	NAME(D_WOULD_BLOCK),
	NAME(D_NO_SUCH_DEVICE),
	NAME(D_ALREADY_OPEN),
	NAME(D_DEVICE_DOWN),
	NAME(D_INVALID_OPERATION),
	NAME(D_INVALID_RECNUM),
	NAME(D_INVALID_SIZE),
	NAME(D_NO_MEMORY),
	NAME(D_READ_ONLY),
};

/* mach_msg adds bits that say what was short: MACH_MSG_MASK. */
static mach_error_t
without_shortage(mach_error_t err)
{
	return err_get_system(err) == err_get_system(MACH_SEND_INVALID_DATA)
	    ? err & ~MACH_MSG_MASK : err;
}

const char *
mach_error_string(mach_error_t err)
{
	size_t i;

	err = without_shortage(err);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == err)
			return names[i].name;
	return "unknown return code";
}

void
mach_error(const char *what, mach_error_t err)
{
	fprintf(stderr, "%s: %s (%#x)\n", what, mach_error_string(err),
	    (unsigned int) err);
}
