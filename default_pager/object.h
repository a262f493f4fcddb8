/*
 * default_pager/object.h - memory objects: the kernel's anonymous memory that
 * has been paged out, and those that tasks have asked for.
 */
#ifndef DEFAULT_PAGER_OBJECT_H
#define DEFAULT_PAGER_OBJECT_H

#include <mach/mach.h>
#include <mach/message.h>

#include "space.h"

struct object {
	struct object	*next;		/* of its hash chain, or of the free ones */
	mach_port_t	 port;		/* receive right */
	mach_port_t	 control;	/* the kernel's, when it made the object */
	mach_port_t	 name;		/* the kernel's name for it, or null */
	boolean_t	 kernels;	/* the kernel made it: ends with its use */
	boolean_t	 dead;		/* waits for its transfers to end */
	unsigned int	 transfers;	/* of its pages, under way */
	unsigned int	 pages;		/* in slots */
	slot_t		 slots;		/* list */
	vm_size_t	 size;		/* as told */
};

/* Messages about objects: kernel's requests and notifications. */
extern boolean_t object_demux(mach_msg_header_t *request,
    mach_msg_header_t *reply);

/* One transfer of the object less under way; a dead object's last ends it. */
extern void object_transfer_done(struct object *object);

/*
 * There is no room for count pages, from page on, at data: the kernel that has
 * this control port gets them back as changed.  Takes the memory.
 */
extern void object_give_back(struct object *object, mach_port_t control,
    unsigned int page, unsigned int count, vm_address_t data);

/*
 * Have pages read, or supply what is in memory yet, for the kernel with this
 * control port (borrowed).  At most so many are read at once.
 */
extern void object_read(struct object *object, mach_port_t control,
    unsigned int page, unsigned int count, unsigned int most);

/* A memory object for a task; null: no memory. */
extern struct object *object_create(vm_size_t size);

/* All objects, one after the other; NULL starts and ends. */
extern struct object *object_next(struct object *object);

/* Make what objects need; messages about them will come to this set. */
extern void object_init(mach_port_t set);

struct object_counts {
	unsigned int	objects;
	unsigned int	pages_in;	/* that kernels asked for */
	unsigned int	pages_out;	/* that kernels sent */
	unsigned int	refused;	/* of these, for want of room */
};
extern struct object_counts object_counts;

#endif
