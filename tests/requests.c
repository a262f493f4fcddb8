/*
 * tests/requests.c - the table of requests; see requests.h.
 */
#include <string.h>

#include "requests.h"

const struct request requests[] = {
#include "requests.inc"
};
const unsigned request_count = sizeof(requests) / sizeof(requests[0]);

char *
request_put_type(char *to, const struct request_item *item,
    mach_msg_type_name_t name, unsigned number, bool deallocate)
{
	mach_msg_type_long_t type;

	memset(&type, 0, sizeof(type));
	type.msgtl_header.msgt_inline = item->is_inline;
	type.msgtl_header.msgt_longform = item->longform;
	type.msgtl_header.msgt_deallocate = deallocate;
	if (item->longform) {
		type.msgtl_name = name;
		type.msgtl_size = item->size;
		type.msgtl_number = number;
	} else {
		type.msgtl_header.msgt_name = name;
		type.msgtl_header.msgt_size = item->size;
		type.msgtl_header.msgt_number = number;
	}
	memcpy(to, &type, item->longform ? sizeof(type) : 4);
	return to + (item->longform ? sizeof(type) : 4);
}

bool
request_item_is_right(const struct request_item *item)
{
	return MACH_MSG_TYPE_PORT_ANY(item->name) ||
	    item->name == MACH_MSG_TYPE_POLYMORPHIC;
}
