/*
 * default_pager/space.c - paging space: which page is in which slot.
 *
 * Owns:       the spaces and their tables.  A table is made, wired, when its
 *             space is added; nothing is allocated afterwards, so a page can
 *             always be noted where there is a slot for it.
 * Invariant:  a slot in use has its bit set in used.  With an owner it is in
 *             one chain of its space's hash and on its owner's list; without
 *             one it waits for a transfer to end (io.c), or it is spoiled: the
 *             device could not read or write it, and it stays out of use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <device/device.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/vm_param.h>

#include "object.h"
#include "space.h"

#define SPACES_MAX	16u
#define SPACE_SHIFT	27u		/* a slot_t: space, then number in it */
#define NUMBER_MASK	((1u << SPACE_SHIFT) - 1)
#define NAME_MAX	256u
#define WORD_BITS	32u
#define SPOILED_MAX	64u		/* then a space takes no more pages */

struct slot {
	struct object	*owner;		/* NULL: none */
	uint32_t	 page;		/* of the owner */
	slot_t		 hash_next;
	slot_t		 next, previous;	/* of the owner's list */
};

struct space {
	char		 name[NAME_MAX];
	mach_port_t	 device;	/* null: this space is not there */
	recnum_t	 first;		/* record */
	unsigned int	 page_records;	/* records to a page */
	unsigned int	 count;		/* slots */
	unsigned int	 free;		/* of these */
	unsigned int	 hint;		/* where the next slot is looked for */
	boolean_t	 leaves;
	unsigned int	 spoiled;	/* slots found bad */
	unsigned int	 retired;	/* of these, out of use by now */
	unsigned int	 buckets;	/* a power of two */
	vm_size_t	 bytes;		/* of the tables, in one piece */
	struct slot	*slots;
	slot_t		*hash;
	uint32_t	*used;		/* a bit for each slot */
	uint32_t	*bad;		/* the same: spoiled */
};

static struct space spaces[SPACES_MAX];

static slot_t
slot_make(const struct space *space, unsigned int number)
{
	return (slot_t) (space - spaces) << SPACE_SHIFT | number;
}

static struct space *
space_of(slot_t slot)
{
	return &spaces[slot >> SPACE_SHIFT];
}

static struct slot *
slot_at(slot_t slot)
{
	return &space_of(slot)->slots[slot & NUMBER_MASK];
}

static boolean_t
bit_test(const uint32_t *bits, unsigned int number)
{
	return (bits[number / WORD_BITS] >> number % WORD_BITS & 1) != 0;
}

static boolean_t
is_used(const struct space *space, unsigned int number)
{
	return bit_test(space->used, number);
}

/* Whether pages may be put there that are in no slot of its yet. */
static boolean_t
is_open(const struct space *space)
{
	return space->device != MACH_PORT_NULL && !space->leaves
	    && space->spoiled < SPOILED_MAX;
}

static void
set_used(struct space *space, unsigned int number)
{
	space->used[number / WORD_BITS] |= 1u << number % WORD_BITS;
	space->free--;
}

/* ---- spaces ---- */

/* Split NAME:FIRST+COUNT; without a range *count is 0. */
static boolean_t
name_parse(const char *text, char *device, recnum_t *first, recnum_t *count)
{
	const char *colon = strchr(text, ':');
	size_t length = colon != NULL ? (size_t) (colon - text) : strlen(text);
	char *end;

	*first = *count = 0;
	if (length == 0 || length >= sizeof(dev_name_t))
		return FALSE;
	memcpy(device, text, length);
	device[length] = '\0';
	if (colon == NULL)
		return TRUE;
	*first = strtoul(colon + 1, &end, 0);
	if (end == colon + 1 || *end != '+')
		return FALSE;
	*count = strtoul(end + 1, &end, 0);
	return *count != 0 && *end == '\0';
}

/* The range as the device allows it: first record, number of slots. */
static kern_return_t
space_measure(struct space *space, recnum_t first, recnum_t count)
{
	int status[DEV_GET_RECORDS_COUNT];
	mach_msg_type_number_t words = DEV_GET_RECORDS_COUNT;
	recnum_t records;
	kern_return_t kr;

	kr = device_get_status(space->device, DEV_GET_RECORDS, status, &words);
	if (kr != KERN_SUCCESS)
		return kr;
	records = status[DEV_GET_RECORDS_DEVICE_RECORDS];
	if (status[DEV_GET_RECORDS_RECORD_SIZE] <= 0
	    || vm_page_size % status[DEV_GET_RECORDS_RECORD_SIZE] != 0
	    || first > records || count > records - first)
		return KERN_INVALID_ARGUMENT;
	if (count == 0)
		count = records - first;
	space->first = first;
	space->page_records =
	    vm_page_size / status[DEV_GET_RECORDS_RECORD_SIZE];
	space->count = count / space->page_records;
	if (space->count > NUMBER_MASK)
		space->count = NUMBER_MASK;
	return space->count != 0 ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

/* Does another space use some of these records? */
static boolean_t
space_overlaps(const struct space *new)
{
	const struct space *space;

	for (space = spaces; space < &spaces[SPACES_MAX]; space++)
		if (space != new && space->device == new->device
		    && space->first < new->first
		    + new->count * new->page_records
		    && new->first < space->first
		    + space->count * space->page_records)
			return TRUE;
	return FALSE;
}

/* Does the device take a page?  What cannot be written is no paging space. */
static kern_return_t
space_probe(const struct space *space)
{
	vm_address_t page = 0;
	kern_return_t kr;
	int written = 0;

	kr = vm_allocate(mach_task_self(), &page, vm_page_size, TRUE);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = device_write(space->device, 0, space->first, (io_buf_ptr_t) page,
	    vm_page_size, &written);
	vm_deallocate(mach_task_self(), page, vm_page_size);
	if (kr == KERN_SUCCESS && written != (int) vm_page_size)
		kr = D_IO_ERROR;
	return kr;
}

/* The tables, all slots free. */
static kern_return_t
space_tables(struct space *space)
{
	unsigned int words = (space->count + WORD_BITS - 1) / WORD_BITS, i;
	vm_address_t addr = 0;
	kern_return_t kr;

	space->buckets = 64;
	while (space->buckets < space->count / 2)
		space->buckets *= 2;
	space->bytes = space->count * sizeof(struct slot)
	    + space->buckets * sizeof(slot_t) + 2 * words * sizeof(uint32_t);
	kr = vm_allocate(mach_task_self(), &addr, space->bytes, TRUE);
	if (kr != KERN_SUCCESS)
		return kr;
	space->slots = (struct slot *) addr;
	space->hash = (slot_t *) (space->slots + space->count);
	space->used = space->hash + space->buckets;
	space->bad = space->used + words;
	for (i = 0; i < space->buckets; i++)
		space->hash[i] = NO_SLOT;
	space->free = space->count;
	space->hint = 0;
	space->leaves = FALSE;
	return KERN_SUCCESS;
}

kern_return_t
space_add(mach_port_t master, const char *name)
{
	struct space *space = spaces;
	char device[sizeof(dev_name_t)];
	recnum_t first, count;
	kern_return_t kr;

	while (space < &spaces[SPACES_MAX] && space->device != MACH_PORT_NULL)
		space++;
	if (space == &spaces[SPACES_MAX])
		return KERN_RESOURCE_SHORTAGE;
	if (strlen(name) >= NAME_MAX
	    || !name_parse(name, device, &first, &count))
		return KERN_INVALID_ARGUMENT;
	kr = device_open(master, D_READ | D_WRITE, device, &space->device);
	if (kr != KERN_SUCCESS) {
		space->device = MACH_PORT_NULL;
		return kr;
	}
	kr = space_measure(space, first, count);
	if (kr == KERN_SUCCESS && space_overlaps(space))
		kr = KERN_INVALID_ARGUMENT;
	if (kr == KERN_SUCCESS)
		kr = space_probe(space);
	if (kr == KERN_SUCCESS)
		kr = space_tables(space);
	if (kr != KERN_SUCCESS) {
		device_close(space->device);
		mach_port_deallocate(mach_task_self(), space->device);
		memset(space, 0, sizeof(*space));
		return kr;
	}
	strcpy(space->name, name);
	return KERN_SUCCESS;
}

kern_return_t
space_leave(const char *name, struct space **out)
{
	struct space *space;
	struct space_totals totals;

	for (space = spaces; space < &spaces[SPACES_MAX]; space++)
		if (space->device != MACH_PORT_NULL && !space->leaves
		    && strcmp(space->name, name) == 0)
			break;
	if (space == &spaces[SPACES_MAX])
		return KERN_INVALID_ARGUMENT;
	space->leaves = TRUE;
	totals = space_totals();
	if (totals.free < space->count - space->free - space->retired) {
		space->leaves = FALSE;
		return KERN_RESOURCE_SHORTAGE;
	}
	*out = space;
	return KERN_SUCCESS;
}

void
space_stay(struct space *space)
{
	space->leaves = FALSE;
}

void
space_remove(struct space *space)
{
	device_close(space->device);
	mach_port_deallocate(mach_task_self(), space->device);
	vm_deallocate(mach_task_self(), (vm_address_t) space->slots,
	    space->bytes);
	memset(space, 0, sizeof(*space));
}

slot_t
space_next_used(struct space *space, unsigned int *at)
{
	while (*at < space->count) {
		unsigned int number = (*at)++;

		if (is_used(space, number)
		    && space->slots[number].owner != NULL)
			return slot_make(space, number);
	}
	return NO_SLOT;
}

boolean_t
space_is_empty(const struct space *space)
{
	return space->free + space->retired == space->count;
}

/* Spaces that are to be emptied do not count, nor what will not be used. */
struct space_totals
space_totals(void)
{
	struct space_totals totals = { 0, 0 };
	const struct space *space;

	for (space = spaces; space < &spaces[SPACES_MAX]; space++) {
		if (space->device == MACH_PORT_NULL || space->leaves)
			continue;
		totals.pages += space->count - space->retired;
		if (is_open(space))
			totals.free += space->free;
		else
			totals.pages -= space->free;
	}
	return totals;
}

/* ---- slots ---- */

static slot_t *
bucket(struct space *space, const struct object *object, unsigned int page)
{
	uint32_t hash = (uint32_t) (uintptr_t) object >> 4;

	hash = (hash ^ hash >> 9) * 31 + page;
	return &space->hash[hash & (space->buckets - 1)];
}

static void
slot_own(slot_t number, struct object *object, unsigned int page)
{
	slot_t *chain = bucket(space_of(number), object, page);
	struct slot *slot = slot_at(number);

	slot->owner = object;
	slot->page = page;
	slot->hash_next = *chain;
	*chain = number;
	slot->previous = NO_SLOT;
	slot->next = object->slots;
	if (slot->next != NO_SLOT)
		slot_at(slot->next)->previous = number;
	object->slots = number;
	object->pages++;
}

/* The first run of free slots from the hint on, at most want; FALSE: none. */
static boolean_t
space_find(struct space *space, unsigned int want, unsigned int *first,
    unsigned int *got)
{
	unsigned int looked, number = space->hint;

	if (!is_open(space) || space->free == 0)
		return FALSE;
	for (looked = 0; looked < space->count + 2 * WORD_BITS;
	    looked++, number++) {
		if (number >= space->count)
			number = 0;
		if (!is_used(space, number))
			break;
		if (number % WORD_BITS == 0
		    && space->used[number / WORD_BITS] == ~(uint32_t) 0) {
			number += WORD_BITS - 1;
			looked += WORD_BITS - 1;
		}
	}
	if (number >= space->count || is_used(space, number))
		return FALSE;
	*first = number;
	for (*got = 1; *got < want && number + *got < space->count
	    && !is_used(space, number + *got); ++*got)
		continue;
	space->hint = number + *got;
	return TRUE;
}

/* Slots without owners, and marked as used. */
static slot_t
slots_take(unsigned int want, unsigned int *got)
{
	struct space *space;
	unsigned int first, i;

	for (space = spaces; space < &spaces[SPACES_MAX]; space++)
		if (space_find(space, want, &first, got)) {
			for (i = 0; i < *got; i++) {
				set_used(space, first + i);
				space->slots[first + i].owner = NULL;
			}
			return slot_make(space, first);
		}
	return NO_SLOT;
}

slot_t
slot_take(struct object *object, unsigned int page, unsigned int want,
    unsigned int *got)
{
	slot_t slot = slots_take(want, got);
	unsigned int i;

	if (slot != NO_SLOT)
		for (i = 0; i < *got; i++)
			slot_own(slot + i, object, page + i);
	return slot;
}

slot_t
slot_take_unowned(void)
{
	unsigned int got;

	return slots_take(1, &got);
}

slot_t
slot_find(struct object *object, unsigned int page)
{
	struct space *space;
	slot_t slot;

	if (object->slots == NO_SLOT)
		return NO_SLOT;
	for (space = spaces; space < &spaces[SPACES_MAX]; space++) {
		if (space->device == MACH_PORT_NULL)
			continue;
		for (slot = *bucket(space, object, page); slot != NO_SLOT;
		    slot = slot_at(slot)->hash_next)
			if (slot_at(slot)->owner == object
			    && slot_at(slot)->page == page)
				return slot;
	}
	return NO_SLOT;
}

void
slot_forget(slot_t number)
{
	struct slot *slot = slot_at(number);
	struct object *object = slot->owner;
	slot_t *at = bucket(space_of(number), object, slot->page);

	while (*at != number)
		at = &slot_at(*at)->hash_next;
	*at = slot->hash_next;
	if (slot->previous != NO_SLOT)
		slot_at(slot->previous)->next = slot->next;
	else
		object->slots = slot->next;
	if (slot->next != NO_SLOT)
		slot_at(slot->next)->previous = slot->previous;
	object->pages--;
	slot->owner = NULL;
}

void
slot_spoil(slot_t slot)
{
	struct space *space = space_of(slot);
	unsigned int number = slot & NUMBER_MASK;

	if (bit_test(space->bad, number))
		return;
	space->bad[number / WORD_BITS] |= 1u << number % WORD_BITS;
	space->spoiled++;
	printf("default_pager: %s: record %lu is bad\n", space->name,
	    (unsigned long) (space->first + number * space->page_records));
	if (space->spoiled == SPOILED_MAX)
		printf("default_pager: %s: too many are: no more pages go "
		    "there\n", space->name);
}

boolean_t
slot_is_spoiled(slot_t slot)
{
	return bit_test(space_of(slot)->bad, slot & NUMBER_MASK);
}

void
slot_free(slot_t slot)
{
	struct space *space = space_of(slot);
	unsigned int number = slot & NUMBER_MASK;

	if (slot_is_spoiled(slot)) {
		space->retired++;
		return;
	}
	space->used[number / WORD_BITS] &= ~(1u << number % WORD_BITS);
	space->free++;
}

slot_t
slot_of_object(struct object *object)
{
	return object->slots;
}

slot_t
slot_next(slot_t slot)
{
	return slot_at(slot)->next;
}

struct object *
slot_owner(slot_t slot, unsigned int *page)
{
	*page = slot_at(slot)->page;
	return slot_at(slot)->owner;
}

boolean_t
slot_leaves(slot_t slot)
{
	return space_of(slot)->leaves;
}

void
slot_replace(slot_t from, slot_t to)
{
	struct object *object = slot_at(from)->owner;
	unsigned int page = slot_at(from)->page;

	slot_forget(from);
	slot_own(to, object, page);
}

mach_port_t
slot_place(slot_t slot, recnum_t *record)
{
	struct space *space = space_of(slot);

	*record = space->first + (slot & NUMBER_MASK) * space->page_records;
	return space->device;
}
