/*
 * vm/memory_object_supply.c - pages that a pager supplies, without a message:
 * memory_object_data_supply as most pagers call it, from the caller's memory
 * straight into pages.
 *
 * Semantics are those of mach_msg.c, MIG's stub and memory_object.c, which take
 * all that is not as expected here: other types, memory to be deallocated, a
 * wish for a reply, bytes that cannot be read.
 *
 * Owns:       nothing.
 * Locks:      the space's for the name; then the object's, for each page: also
 *             while one is copied to where it is waited for, as long as that
 *             needs no wait.
 */
#include <ipc/ipc_names.h>
#include <kern/ipc_kobject.h>
#include <kern/served.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <mach/vm_param.h>
#include <machine/user_access.h>
#include <vm/memory_object.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define SUPPLY_ID	2093

/* The request, as MIG's stubs have it. */
struct supply {
	mach_msg_header_t    head;
	mach_msg_type_t	     offset_type;
	vm_offset_t	     offset;
	mach_msg_type_long_t data_type;
	vm_offset_t	     data;
	mach_msg_type_t	     lock_type;
	vm_prot_t	     lock_value;
	mach_msg_type_t	     precious_type;
	boolean_t	     precious;
	mach_msg_type_t	     reply_type;
	mach_port_name_t     reply;
};

_Static_assert(sizeof(struct supply) == MEMORY_OBJECT_SUPPLY_SIZE, "user ABI");

/* The words of descriptors. */
union word {
	mach_msg_type_t type;
	uint32_t	word;
};

static inline bool
is_word(mach_msg_type_t type, mach_msg_type_name_t name)
{
	const union word is = { .type = type }, wanted = { .type = {
	    .msgt_name = name, .msgt_size = 32, .msgt_number = 1,
	    .msgt_inline = TRUE } };

	return is.word == wanted.word;
}

static inline bool
is_memory(const mach_msg_type_long_t *type)
{
	const union word is = { .type = type->msgtl_header }, wanted = {
	    .type = { .msgt_longform = TRUE } };

	return is.word == wanted.word && type->msgtl_size == 8 &&
	    type->msgtl_name == MACH_MSG_TYPE_BYTE;
}

/* Whether this is what the stub makes of a call for whole pages, without a reply. */
static bool
is_plain(const struct supply *supply)
{
	vm_size_t size = supply->data_type.msgtl_number;

	return supply->head.msgh_id == SUPPLY_ID &&
	    supply->head.msgh_bits == (MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0)) &&
	    supply->head.msgh_local_port == MACH_PORT_NULL &&
	    supply->reply == MACH_PORT_NAME_NULL &&
	    page_aligned(supply->offset | supply->data | size) &&
	    size - 1 < VM_PAGER_RUN_MAX * PAGE_SIZE &&
	    supply->offset + (size - 1) >= supply->offset &&
	    supply->data < VM_MAX_ADDRESS &&
	    size <= VM_MAX_ADDRESS - supply->data &&
	    is_word(supply->offset_type, MACH_MSG_TYPE_INTEGER_32) &&
	    is_memory(&supply->data_type) &&
	    is_word(supply->lock_type, MACH_MSG_TYPE_INTEGER_32) &&
	    is_word(supply->precious_type, MACH_MSG_TYPE_BOOLEAN) &&
	    is_word(supply->reply_type, MACH_MSG_TYPE_MAKE_SEND_ONCE);
}

/*
 * The bytes at data go straight to the page that waits at offset for them, if
 * there is one, it lies in the direct map, and they can be read at once.
 */
static bool
supply_in_place(struct vm_object *object, vm_offset_t offset,
    const struct supply *supply, const void *data)
{
	struct vm_page *page;

	vm_object_lock(object);
	page = vm_page_lookup(object, offset - object->paging_offset);
	if (page == NULL || !page->absent || !page->busy || !object->alive ||
	    object->pager_dead || object->internal ||
	    page->pfn >= DIRECT_MAP_SIZE >> PAGE_SHIFT ||
	    !user_words_read_nofault(data, vm_page_to_direct(page),
	    PAGE_SIZE / sizeof(uint32_t))) {
		vm_object_unlock(object);
		return false;
	}
	page->absent = 0;
	object->absent_count--;
	page->precious = supply->precious != FALSE;
	page->page_lock = supply->lock_value & VM_PROT_ALL;
	vm_page_activate(page);
	vm_page_wakeup_done(page);
	vm_object_unlock_settled(object);
	return true;
}

/* The same by a page of its own; false: its bytes cannot be read, or no memory. */
static bool
supply_page(struct vm_object *object, vm_offset_t offset,
    const struct supply *supply, const void *data)
{
	struct vm_page *page = vm_page_grab(VM_PAGE_USER_DIRECT);

	if (page == NULL)
		return false;
	if (copyin(data, vm_page_to_direct(page), PAGE_SIZE) != 0) {
		vm_page_release(page);
		return false;
	}
	page->busy = 1;
	(void)memory_object_supply_page(object, offset, page,
	    supply->lock_value, supply->precious != FALSE);
	return true;
}

/* What comes after a failure is supplied by the message itself, some of it again. */
static bool
supply_pages(struct vm_object *object, const struct supply *supply)
{
	vm_size_t size = supply->data_type.msgtl_number, at;

	for (at = 0; at < size; at += PAGE_SIZE) {
		vm_offset_t offset = supply->offset + at;
		const void *data = (const void *)(supply->data + at);

		if (!supply_in_place(object, offset, supply, data) &&
		    !supply_page(object, offset, supply, data))
			return false;
	}
	return true;
}

bool
memory_object_supply_direct(const void *message)
{
	struct task *task = current_thread()->task;
	struct vm_object *object;
	struct supply supply;
	bool done = false;

	if (task->map->write_only ||
	    !user_words_read(message, &supply, sizeof(supply)) ||
	    !is_plain(&supply))
		return false;
	object = port_name_to_object(
	    (mach_port_name_t)(uintptr_t)supply.head.msgh_remote_port);
	if (object == NULL)
		return false;
	if (object->pager != NULL)
		done = supply_pages(object, &supply);
	vm_object_deallocate(object);
	if (done) {
		current_thread()->messages_sent++;
		served_note(SUPPLY_ID, KERN_SUCCESS);
	}
	return done;
}
