/*
 * kern/zone.h - allocation of kernel structures.
 *
 * A zone holds elements of one size, cut from pages of the direct map, with a
 * small cache on each processor.  Nothing here sleeps: every allocation may
 * return NULL, and the caller answers KERN_RESOURCE_SHORTAGE.  Call with any
 * lock held that comes before LOCK_ZONE; never from an interrupt handler.
 *
 * The debug build poisons freed elements and checks red zones.
 */
#ifndef KERN_ZONE_H
#define KERN_ZONE_H

#include <kern/types.h>

struct zone;

void		 zone_bootstrap(void);

/*
 * Make a zone.  Elements are aligned to align bytes (a power of two, 0 for
 * the natural 8; at most 64).  elem_size at most 4096.  Never fails; only at boot.
 */
struct zone	*zone_create(const char *name, size_t elem_size, size_t align);
/* The zone may use memory that is kept for messages; at boot. */
void		 zone_use_message_reserve(struct zone *zone);
void		*zalloc(struct zone *zone);
void		*zalloc_zero(struct zone *zone);
void		 zfree(struct zone *zone, void *elem);

/* Elements in use, summed over processors (exact when the system is quiet). */
uint32_t	 zone_in_use(struct zone *zone);
/* Give whole free pages back to vm_page; returns how many. */
unsigned	 zone_collect(void);
/* Call visit for each zone: name, element size, in use, pages. */
void		 zone_for_each(void (*visit)(void *arg, const char *name,
		    size_t size, uint32_t in_use, uint32_t pages), void *arg);

/* Any size; above a page from kernel_map.  size must be given back exactly. */
void		*kalloc(size_t size);
void		*kalloc_zero(size_t size);
void		 kfree(void *ptr, size_t size);

#endif
