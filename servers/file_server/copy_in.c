/*
 * servers/file_server/copy_in.c - copy memory that may not be there.
 *
 * Owns nothing.  To read a page whose pager fails, or to write one when memory
 * is short, is an exception; to send the page in a message to oneself, or to
 * receive into it, is an error.  So each page travels in such a message.  Its
 * header lies right before the page: on the sending side in a window, where
 * the page is a copy on write; on the receiving side at the end of the page
 * before, and so the last page comes first.
 */
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/vm_param.h>
#include <servers/fs_types.h>

#include "copy_in.h"

struct page_message {
	mach_msg_header_t	head;
	mach_msg_type_t		type;
	char			page[PAGE_SIZE];
};

#define HEADER_SIZE	offsetof(struct page_message, page)

struct copier {
	mach_port_t	port;		/* a receive right */
	vm_address_t	window;		/* a page for the header, one to send */
};

static kern_return_t
copier_make(struct copier *c)
{
	kern_return_t kr;

	c->port = mach_reply_port();
	if (c->port == MACH_PORT_NULL)
		return FS_NO_SPACE;
	kr = vm_allocate(mach_task_self(), &c->window, 2 * PAGE_SIZE, TRUE);
	if (kr == KERN_SUCCESS)
		return kr;
	mach_port_mod_refs(mach_task_self(), c->port, MACH_PORT_RIGHT_RECEIVE,
	    -1);
	return FS_NO_SPACE;
}

static void
copier_drop(struct copier *c)
{
	mach_port_mod_refs(mach_task_self(), c->port, MACH_PORT_RIGHT_RECEIVE,
	    -1);
	vm_deallocate(mach_task_self(), c->window, 2 * PAGE_SIZE);
}

static kern_return_t
page_copy(struct copier *c, vm_address_t from, vm_address_t to)
{
	struct page_message *out = (struct page_message *)
	    (c->window + PAGE_SIZE - HEADER_SIZE);
	mach_msg_header_t *in = (mach_msg_header_t *) (to - HEADER_SIZE);

	if (vm_copy(mach_task_self(), from, PAGE_SIZE, c->window + PAGE_SIZE)
	    != KERN_SUCCESS)
		return FS_IO_ERROR;
	out->head = (mach_msg_header_t) {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, 0),
		.msgh_size = sizeof(*out),
		.msgh_remote_port = c->port,
	};
	out->type = (mach_msg_type_t) {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = PAGE_SIZE / 4,
		.msgt_inline = TRUE,
	};
	if (mach_msg(&out->head, MACH_SEND_MSG, sizeof(*out), 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL)
	    != MACH_MSG_SUCCESS)
		return FS_IO_ERROR;
	if (mach_msg(in, MACH_RCV_MSG, 0, sizeof(*out), c->port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL) != MACH_MSG_SUCCESS)
		return FS_NO_SPACE;
	return KERN_SUCCESS;
}

/* Pages from, as many bytes, to pages; one more page before them is ours. */
static kern_return_t
pages_copy(vm_address_t from, vm_size_t size, vm_address_t to)
{
	struct copier copier;
	kern_return_t kr;

	kr = copier_make(&copier);
	if (kr != KERN_SUCCESS)
		return kr;
	while (size > 0 && kr == KERN_SUCCESS) {
		size -= PAGE_SIZE;
		kr = page_copy(&copier, from + size, to + size);
	}
	copier_drop(&copier);
	return kr;
}

kern_return_t
copy_in(vm_offset_t data, vm_size_t size, vm_address_t *out)
{
	vm_offset_t in_page = data - trunc_page(data);
	vm_size_t pages = round_page(in_page + size);
	vm_address_t memory = 0, copy;
	kern_return_t kr;

	kr = vm_allocate(mach_task_self(), &memory, PAGE_SIZE + pages, TRUE);
	if (kr != KERN_SUCCESS)
		return FS_NO_SPACE;
	copy = memory + PAGE_SIZE;
	kr = pages_copy(trunc_page(data), pages, copy);
	if (kr != KERN_SUCCESS) {
		vm_deallocate(mach_task_self(), memory, PAGE_SIZE + pages);
		return kr;
	}
	/* All these pages are there now, and may be touched. */
	memmove((char *) copy, (char *) copy + in_page, size);
	memset((char *) copy + size, 0, pages - size);
	vm_deallocate(mach_task_self(), memory, PAGE_SIZE);
	if (pages > round_page(size))
		vm_deallocate(mach_task_self(), copy + round_page(size),
		    pages - round_page(size));
	*out = copy;
	return KERN_SUCCESS;
}
