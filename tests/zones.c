/*
 * tests/zones.c - counts of the kernel's structures; see zones.h.
 */
#include <string.h>

#include "zones.h"

#define PATIENCE	1000u		/* looks, 10 ms apart */

void
zones_read(struct zone_counts *counts)
{
	mach_msg_type_number_t names_count = 0, info_count = 0;
	zone_name_array_t names = NULL;
	zone_info_array_t info = NULL;

	CHECK_KR(host_zone_info(mach_host_self(), &names, &names_count, &info,
	    &info_count), KERN_SUCCESS);
	CHECK_EQ(names_count, info_count);
	CHECK(names_count > 0 && names_count <= ZONES_MAX);
	counts->count = names_count;
	counts->spare = 0;
	memcpy(counts->name, names, names_count * sizeof(*names));
	for (unsigned i = 0; i < info_count; i++) {
		counts->in_use[i] = info[i].zi_count;
		counts->spare += info[i].zi_cur_size -
		    info[i].zi_count * info[i].zi_elem_size;
	}
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)names,
	    names_count * sizeof(*names)), KERN_SUCCESS);
	CHECK_KR(vm_deallocate(mach_task_self(), (vm_address_t)info,
	    info_count * sizeof(*info)), KERN_SUCCESS);
}

int
zones_in_use(const struct zone_counts *counts, const char *name)
{
	for (unsigned i = 0; i < counts->count; i++)
		if (strcmp(counts->name[i].zn_name, name) == 0)
			return counts->in_use[i];
	test_fail(__FILE__, __LINE__, "there is no zone %s", name);
}

/*
 * How many more may be in use without a leak: each processor gets a cache of
 * each zone at its first use, and this task mappings of pages likewise.
 */
static int
slack(const char *zone)
{
	if (strcmp(zone, "zone cache") == 0 ||
	    strcmp(zone, "deep zone cache") == 0)
		return 32 * ZONES_MAX;
	return strcmp(zone, "mappings") == 0 ? 20 : 0;
}

static bool
has_grown(const struct zone_counts *before, const struct zone_counts *now,
    unsigned i)
{
	return now->in_use[i] > before->in_use[i] +
	    slack(now->name[i].zn_name);
}

/* The first zone that has grown; counts->count if none has. */
static unsigned
first_grown(const struct zone_counts *before, const struct zone_counts *now)
{
	unsigned i;

	for (i = 0; i < now->count; i++)
		if (has_grown(before, now, i))
			break;
	return i;
}

void
zones_check(const struct zone_counts *before)
{
	static struct zone_counts now;
	unsigned bad = 0;

	for (unsigned i = 0; i < PATIENCE; i++) {
		zones_read(&now);
		CHECK_EQ(now.count, before->count);
		bad = first_grown(before, &now);
		if (bad == now.count)
			return;
		test_sleep(10);
	}
	for (unsigned i = bad; i < now.count; i++)
		if (has_grown(before, &now, i))
			test_note("%s: %d before, %d after",
			    now.name[i].zn_name, before->in_use[i],
			    now.in_use[i]);
	test_fail(__FILE__, __LINE__, "%s: %d before, %d after",
	    now.name[bad].zn_name, before->in_use[bad], now.in_use[bad]);
}

/*
 * The counts once they have stood still for a while: what has just ended is
 * still being put away, perhaps by another processor.
 */
static void
read_at_rest(struct zone_counts *counts)
{
	static struct zone_counts last;
	unsigned same = 0;

	zones_read(&last);
	for (unsigned i = 0; i < PATIENCE && same < 3; i++) {
		test_sleep(10);
		zones_read(counts);
		same = memcmp(&last, counts, sizeof(last)) == 0 ? same + 1 : 0;
		last = *counts;
	}
}

void
zones_check_rounds(void (*round)(void), unsigned rounds)
{
	static struct zone_counts before;

	round();
	round();
	read_at_rest(&before);
	for (unsigned i = 0; i < rounds; i++)
		round();
	zones_check(&before);
}

static void (*task_round)(void);

static void
round_main(void *unused)
{
	(void)unused;
	task_round();
}

static void
round_in_task(void)
{
	task_t task = test_spawn(round_main, NULL, MACH_PORT_NULL);

	test_wait_end(task);
	CHECK_KR(mach_port_deallocate(mach_task_self(), task), KERN_SUCCESS);
}

void
zones_check_tasks(void (*round)(void), unsigned rounds)
{
	task_round = round;
	zones_check_rounds(round_in_task, rounds);
}
