/*
 * default_pager/space.h - paging space: parts of devices, cut into slots of a
 * page each.
 */
#ifndef DEFAULT_PAGER_SPACE_H
#define DEFAULT_PAGER_SPACE_H

#include <device/device_types.h>
#include <mach/mach.h>

/* A slot of some space; NO_SLOT is none. */
typedef uint32_t slot_t;
#define NO_SLOT		0xffffffffu

struct object;
struct space;

struct space_totals {
	vm_size_t	pages;
	vm_size_t	free;
};

/*
 * Take NAME, or NAME:FIRST+COUNT (records), of the device master port as
 * paging space.  KERN_SUCCESS; device_open's codes; KERN_INVALID_ARGUMENT (no
 * such range, less than a page, or it is paging space already); what writing
 * the first page of it failed with; KERN_RESOURCE_SHORTAGE.
 */
extern kern_return_t space_add(mach_port_t master, const char *name);

/*
 * No more slots from this space: its pages are to be moved elsewhere.
 * KERN_INVALID_ARGUMENT: no such space; KERN_RESOURCE_SHORTAGE: the others
 * have no room for what is in it.
 */
extern kern_return_t space_leave(const char *name, struct space **space);
/* It is used again after all. */
extern void space_stay(struct space *space);
/* Give up an empty space. */
extern void space_remove(struct space *space);
/* A slot in use at or after *at, which moves on; NO_SLOT when there are no more. */
extern slot_t space_next_used(struct space *space, unsigned int *at);
extern boolean_t space_is_empty(const struct space *space);

extern struct space_totals space_totals(void);

/*
 * Up to want slots side by side for object's pages from page on; *got says how
 * many.  NO_SLOT: all space is used up.
 */
extern slot_t slot_take(struct object *object, unsigned int page,
    unsigned int want, unsigned int *got);
/* Where object's page is, or NO_SLOT. */
extern slot_t slot_find(struct object *object, unsigned int page);
/* The page is not there any more; the slot can be used again after slot_free. */
extern void slot_forget(slot_t slot);
extern void slot_free(slot_t slot);
/*
 * The device cannot read or write the slot: once freed it is not used again.
 * After some of these the space takes no more pages.
 */
extern void slot_spoil(slot_t slot);
extern boolean_t slot_is_spoiled(slot_t slot);
/* Some slot of the object's, or NO_SLOT. */
extern slot_t slot_of_object(struct object *object);
/* The next of the same object's, or NO_SLOT. */
extern slot_t slot_next(slot_t slot);
/* Whose page is in the slot; null: it was forgotten. */
extern struct object *slot_owner(slot_t slot, unsigned int *page);
/* Whether the space is to be emptied. */
extern boolean_t slot_leaves(slot_t slot);
/* The page in slot from is now in slot to, which has no owner yet. */
extern void slot_replace(slot_t from, slot_t to);
/* A slot for no page yet, in no space that is to be emptied; or NO_SLOT. */
extern slot_t slot_take_unowned(void);

/* The device, and the record at which the slot begins. */
extern mach_port_t slot_place(slot_t slot, recnum_t *record);

#endif
