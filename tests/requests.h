/*
 * tests/requests.h - what the requests of the kernel's interfaces look like.
 *
 * The table is made from MIG's stubs (tools/mig-requests), so that it has
 * every routine of the .defs.
 */
#ifndef TESTS_REQUESTS_H
#define TESTS_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/message.h>

#define REQUEST_ITEMS_MAX	12

struct request_item {
	mach_msg_type_name_t name;	/* MACH_MSG_TYPE_*, as it is sent */
	unsigned	     size;	/* bits of an element */
	unsigned	     number;	/* of elements: all there can be */
	bool		     is_inline;	/* else an address follows */
	bool		     longform;
};

struct request {
	mach_msg_id_t	    id;
	const char	   *name;
	const char	   *target;	/* name of its first argument */
	unsigned	    item_count;
	struct request_item item[REQUEST_ITEMS_MAX];
};

/*
 * The descriptor of an item with so many elements, at to; name instead of the
 * item's own.  Returns where its data go.
 */
char	*request_put_type(char *to, const struct request_item *item,
	    mach_msg_type_name_t name, unsigned number, bool deallocate);
/* Whether it carries rights, or may. */
bool	request_item_is_right(const struct request_item *item);

extern const struct request requests[];
extern const unsigned request_count;

#endif
