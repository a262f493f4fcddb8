/*
 * tests/zones.h - counting the kernel's structures: what a test made and gave
 * up must be gone.
 */
#ifndef TESTS_ZONES_H
#define TESTS_ZONES_H

#include <mach_debug/mach_debug.h>

#include "test.h"

#define ZONES_MAX	96

struct zone_counts {
	unsigned    count;
	zone_name_t name[ZONES_MAX];
	int	    in_use[ZONES_MAX];
	size_t	    spare;		/* bytes of zones' pages that are not in use */
};

void	zones_read(struct zone_counts *counts);
/* Elements in use of the zone named; fails the test if there is none. */
int	zones_in_use(const struct zone_counts *counts, const char *name);
/*
 * Fails the test unless, within ten seconds, no zone has more elements in use
 * than it had before.
 */
void	zones_check(const struct zone_counts *before);
/* Run round twice, then count; run it rounds times; then check. */
void	zones_check_rounds(void (*round)(void), unsigned rounds);
/* The same, each round in a task of its own, which must end by itself. */
void	zones_check_tasks(void (*round)(void), unsigned rounds);

#endif
