/*
 * mach/time_value.h - times as messages carry them.
 */
#ifndef MACH_TIME_VALUE_H
#define MACH_TIME_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include <mach/machine/vm_types.h>

struct time_value {
	integer_t	seconds;
	integer_t	microseconds;
};
typedef struct time_value time_value_t;
typedef struct time_value rpc_time_value_t;

struct time_value64 {
	int64_t		seconds;
	int64_t		nanoseconds;
};
typedef struct time_value64 time_value64_t;

/*
 * The first page of the device "time".  A reader copies check_seconds first,
 * or seconds last, and tries again where they differ.
 */
typedef struct mapped_time_value {
	integer_t	seconds;
	integer_t	microseconds;
	integer_t	check_seconds;
	struct time_value64 time_value;
	int64_t		check_seconds64;
} mapped_time_value_t;

_Static_assert(sizeof(time_value_t) == 8, "user ABI");
_Static_assert(sizeof(time_value64_t) == 16, "user ABI");
_Static_assert(sizeof(mapped_time_value_t) == 36, "user ABI");
_Static_assert(offsetof(mapped_time_value_t, time_value) == 12, "user ABI");

#define TIME_MICROS_MAX		1000000
#define TIME_NANOS_MAX		1000000000

#define time_value_add_usec(val, micros) do {				\
	if (((val)->microseconds += (micros)) >= TIME_MICROS_MAX) {	\
		(val)->microseconds -= TIME_MICROS_MAX;			\
		(val)->seconds++;					\
	}								\
} while (0)

#define time_value_add(result, addend) do {				\
	(result)->seconds += (addend)->seconds;				\
	time_value_add_usec(result, (addend)->microseconds);		\
} while (0)

#endif
