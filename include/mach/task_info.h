/*
 * mach/task_info.h - what task_info tells, by flavor.
 *
 * Structures have grown: a caller gets the part that its count has room for.
 * The _COUNT names are the newest; older ones carry the name of their time.
 */
#ifndef MACH_TASK_INFO_H
#define MACH_TASK_INFO_H

#include <mach/machine/vm_types.h>
#include <mach/time_value.h>

typedef integer_t *task_info_t;

#define TASK_INFO_MAX	1024
typedef integer_t task_info_data_t[TASK_INFO_MAX];

#define TASK_BASIC_INFO	1

struct task_basic_info {
	integer_t		suspend_count;
	integer_t		base_priority;
	rpc_vm_size_t		virtual_size;
	rpc_vm_size_t		resident_size;
	time_value_t		user_time;	/* of terminated threads */
	time_value_t		system_time;
	time_value_t		creation_time;
	time_value64_t		user_time64;
	time_value64_t		system_time64;
	time_value64_t		creation_time64;
};
typedef struct task_basic_info task_basic_info_data_t;
typedef struct task_basic_info *task_basic_info_t;

#define TASK_BASIC_INFO_COUNT \
	(sizeof(task_basic_info_data_t) / sizeof(integer_t))
#define TASK_BASIC_INFO_COUNT_CMU	8	/* to system_time */
#define TASK_BASIC_INFO_COUNT_2022	10	/* to creation_time */

#define TASK_EVENTS_INFO	2

struct task_events_info {
	natural_t		faults;
	natural_t		zero_fills;
	natural_t		reactivations;
	natural_t		pageins;
	natural_t		cow_faults;
	natural_t		messages_sent;
	natural_t		messages_received;
};
typedef struct task_events_info task_events_info_data_t;
typedef struct task_events_info *task_events_info_t;

#define TASK_EVENTS_INFO_COUNT \
	(sizeof(task_events_info_data_t) / sizeof(integer_t))

#define TASK_THREAD_TIMES_INFO	3

struct task_thread_times_info {
	time_value_t		user_time;	/* of live threads */
	time_value_t		system_time;
	time_value64_t		user_time64;
	time_value64_t		system_time64;
};
typedef struct task_thread_times_info task_thread_times_info_data_t;
typedef struct task_thread_times_info *task_thread_times_info_t;

#define TASK_THREAD_TIMES_INFO_COUNT \
	(sizeof(task_thread_times_info_data_t) / sizeof(integer_t))
#define TASK_THREAD_TIMES_INFO_COUNT_2022	4

_Static_assert(TASK_BASIC_INFO_COUNT == 22, "user ABI");
_Static_assert(TASK_EVENTS_INFO_COUNT == 7, "user ABI");
_Static_assert(TASK_THREAD_TIMES_INFO_COUNT == 12, "user ABI");

#endif
