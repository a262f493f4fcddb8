/*
 * mach/thread_info.h - what thread_info tells, by flavor.
 *
 * As in mach/task_info.h, a caller gets the part its count has room for.
 */
#ifndef MACH_THREAD_INFO_H
#define MACH_THREAD_INFO_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <mach/policy.h>
#include <mach/time_value.h>

typedef integer_t *thread_info_t;

#define THREAD_INFO_MAX	1024
typedef integer_t thread_info_data_t[THREAD_INFO_MAX];

#define THREAD_BASIC_INFO	1

struct thread_basic_info {
	time_value_t		user_time;
	time_value_t		system_time;
	integer_t		cpu_usage;	/* of TH_USAGE_SCALE */
	integer_t		base_priority;
	integer_t		cur_priority;
	integer_t		run_state;	/* TH_STATE_... */
	integer_t		flags;		/* TH_FLAGS_... */
	integer_t		suspend_count;
	integer_t		sleep_time;	/* seconds */
	time_value_t		creation_time;
	time_value64_t		user_time64;
	time_value64_t		system_time64;
	time_value64_t		creation_time64;
};
typedef struct thread_basic_info thread_basic_info_data_t;
typedef struct thread_basic_info *thread_basic_info_t;

#define THREAD_BASIC_INFO_COUNT \
	(sizeof(thread_basic_info_data_t) / sizeof(natural_t))
#define THREAD_BASIC_INFO_COUNT_CMU	11	/* to sleep_time */
#define THREAD_BASIC_INFO_COUNT_2022	13	/* to creation_time */

#define TH_USAGE_SCALE		1000

#define TH_STATE_RUNNING	1
#define TH_STATE_STOPPED	2
#define TH_STATE_WAITING	3
#define TH_STATE_UNINTERRUPTIBLE 4
#define TH_STATE_HALTED		5

#define TH_FLAGS_SWAPPED	0x1	/* has no kernel stack */
#define TH_FLAGS_IDLE		0x2

#define THREAD_SCHED_INFO	2

struct thread_sched_info {
	integer_t		policy;		/* POLICY_... */
	integer_t		data;		/* quantum in ms, if fixed */
	integer_t		base_priority;
	integer_t		max_priority;
	integer_t		cur_priority;
	boolean_t		depressed;
	integer_t		depress_priority;	/* to return to */
	integer_t		last_processor;
};
typedef struct thread_sched_info thread_sched_info_data_t;
typedef struct thread_sched_info *thread_sched_info_t;

#define THREAD_SCHED_INFO_COUNT \
	(sizeof(thread_sched_info_data_t) / sizeof(natural_t))
#define THREAD_SCHED_INFO_COUNT_CMU	7	/* to depress_priority */

_Static_assert(THREAD_BASIC_INFO_COUNT == 25, "user ABI");
_Static_assert(THREAD_SCHED_INFO_COUNT == 8, "user ABI");

#endif
