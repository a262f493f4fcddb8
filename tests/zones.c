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
	memcpy(counts->name, names, names_count * sizeof(*names));
	for (unsigned i = 0; i < info_count; i++)
		counts->in_use[i] = info[i].zi_count;
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

/* The first zone that has more in use than before; counts->count if none. */
static unsigned
grown(const struct zone_counts *before, const struct zone_counts *now)
{
	unsigned i;

	for (i = 0; i < now->count; i++)
		if (now->in_use[i] > before->in_use[i])
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
		bad = grown(before, &now);
		if (bad == now.count)
			return;
		test_sleep(10);
	}
	for (unsigned i = bad; i < now.count; i++)
		if (now.in_use[i] > before->in_use[i])
			test_note("%s: %d before, %d after",
			    now.name[i].zn_name, before->in_use[i],
			    now.in_use[i]);
	test_fail(__FILE__, __LINE__, "%s: %d before, %d after",
	    now.name[bad].zn_name, before->in_use[bad], now.in_use[bad]);
}

void
zones_check_rounds(void (*round)(void), unsigned rounds)
{
	static struct zone_counts before;

	round();
	round();
	zones_read(&before);
	for (unsigned i = 0; i < rounds; i++)
		round();
	zones_check(&before);
}
