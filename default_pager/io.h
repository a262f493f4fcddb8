/*
 * default_pager/io.h - pages between memory and paging space; nothing waits
 * for a device.
 */
#ifndef DEFAULT_PAGER_IO_H
#define DEFAULT_PAGER_IO_H

#include <mach/mach.h>

#include "object.h"
#include "space.h"

/* Pages in one transfer at most. */
#define TRANSFER_PAGES	16u

/* Make what transfers need, in the set from which all messages come. */
extern kern_return_t io_init(mach_port_t set);

/*
 * Write count pages of object, from page on, at data, to slots side by side.
 * Takes the memory.
 */
extern void io_write(struct object *object, unsigned int page,
    unsigned int count, slot_t slot, vm_address_t data);
/*
 * Read pages and supply them to the kernel by control, of which it takes a
 * send right.
 */
extern void io_read(struct object *object, unsigned int page,
    unsigned int count, slot_t slot, mach_port_t control);
/* Move a page to another space; FALSE: too much is under way or there is no room. */
extern boolean_t io_move(slot_t slot);

/* Whether a transfer of the slot is under way; whether none of any is. */
extern boolean_t io_is_busy(slot_t slot);
extern boolean_t io_idle(void);

/* The contents of a page that is on its way to its slot, or 0. */
extern vm_address_t io_data_of(slot_t slot);

/* The page is not in its slot any more; the slot is free once it is not in use. */
extern void io_slot_release(slot_t slot);

/* What devices answer. */
extern boolean_t io_demux(mach_msg_header_t *request,
    mach_msg_header_t *reply);

/* Pages that devices would neither read, nor write where they were to go. */
struct io_counts {
	unsigned int	read_errors;
	unsigned int	write_errors;
};
extern struct io_counts io_counts;

#endif
