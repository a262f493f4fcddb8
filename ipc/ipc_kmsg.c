/*
 * ipc/ipc_kmsg.c - message buffers: where they come from and what becomes of
 * the rights and memory in one that nobody receives.
 *
 * Owns:       the zones of buffers.  A buffer belongs to who holds it, or,
 *             queued, to its port.
 * Locks:      none.
 * Invariant:  destroying a message may destroy receive rights, and so other
 *             messages: those wait on a list of the thread's outermost call,
 *             so the stack does not grow with their depth.
 */
#include <ipc/ipc_charge.h>
#include <ipc/ipc_kmsg.h>
#include <ipc/ipc_marequest.h>
#include <ipc/ipc_port.h>
#include <kern/debug.h>
#include <kern/thread.h>
#include <kern/zone.h>
#include <vm/vm_map.h>

/* Zones of 64 bytes to a page; larger buffers come from kalloc. */
#define KMSG_SHIFT_MIN	6u
#define KMSG_SHIFT_MAX	12u
#define KMSG_ZONES	(KMSG_SHIFT_MAX - KMSG_SHIFT_MIN + 1)

static struct zone *kmsg_zones[KMSG_ZONES];

_Static_assert(IKM_OVERHEAD + sizeof(mach_msg_header_t) <=
    1u << KMSG_SHIFT_MIN, "docs/design-ipc.md: null message");

void
ipc_kmsg_bootstrap(void)
{
	static const char *const names[KMSG_ZONES] = {
		"ipc_kmsg_64", "ipc_kmsg_128", "ipc_kmsg_256", "ipc_kmsg_512",
		"ipc_kmsg_1024", "ipc_kmsg_2048", "ipc_kmsg_4096",
	};

	for (unsigned i = 0; i < KMSG_ZONES; i++) {
		kmsg_zones[i] = zone_create(names[i],
		    1u << (KMSG_SHIFT_MIN + i), 0);
		zone_use_message_reserve(kmsg_zones[i]);
	}
}

/* The zone for a buffer of size bytes, at most a page. */
static unsigned
zone_index(uint32_t size)
{
	if (size <= 1u << KMSG_SHIFT_MIN)
		return 0;
	return 32 - KMSG_SHIFT_MIN - __builtin_clz(size - 1);
}

struct ipc_kmsg *
ipc_kmsg_alloc(mach_msg_size_t msg_size)
{
	struct ipc_kmsg *kmsg;
	uint32_t size;

	if (msg_size > IKM_SIZE_MAX)
		return NULL;
	size = IKM_OVERHEAD + msg_size;
	if (likely(size <= 1u << KMSG_SHIFT_MAX))
		kmsg = zalloc(kmsg_zones[zone_index(size)]);
	else
		kmsg = kalloc(size);
	if (kmsg == NULL)
		return NULL;
	queue_init(&kmsg->link);
	kmsg->alloc_size = size;
	kmsg->marequest = NULL;
	kmsg->account = NULL;
	return kmsg;
}

void
ipc_kmsg_free(struct ipc_kmsg *kmsg)
{
	uint32_t size = kmsg->alloc_size;

	if (unlikely(kmsg->marequest != NULL))
		ipc_marequest_done(kmsg->marequest);
	if (unlikely(kmsg->account != NULL))
		ipc_charge_end(kmsg);
	if (likely(size <= 1u << KMSG_SHIFT_MAX))
		zfree(kmsg_zones[zone_index(size)], kmsg);
	else
		kfree(kmsg, size);
}

/* What IPC_ITEM_WORD describes. */
static void
decode_word(char *here, struct ipc_item *item)
{
	item->type = (mach_msg_type_t *)here;
	item->name = item->type->msgt_name;
	item->size = 32;
	item->number = 1;
	item->length = sizeof(uint32_t);
	item->is_inline = true;
	item->is_long = false;
	item->deallocate = false;
	item->is_port = MACH_MSG_TYPE_PORT_ANY(item->name);
	item->data = here + sizeof(mach_msg_type_t);
	item->next = item->data + sizeof(uint32_t);
}

bool
ipc_item_decode(char *here, char *end, struct ipc_item *item)
{
	uint32_t left = end - here, word, length, held;
	const mach_msg_type_long_t *long_type = (mach_msg_type_long_t *)here;

	if (left < sizeof(mach_msg_type_t))
		return false;
	word = *(uint32_t *)here;
	if ((word & ~IPC_ITEM_NAME_MASK) == IPC_ITEM_WORD && left >= 8) {
		decode_word(here, item);
		return true;
	}
	item->type = (mach_msg_type_t *)here;
	item->is_inline = (word & IPC_ITEM_INLINE) != 0;
	item->is_long = (word & IPC_ITEM_LONG) != 0;
	item->deallocate = (word & IPC_ITEM_DEALLOCATE) != 0;
	if (item->is_long) {
		if (left < sizeof(*long_type))
			return false;
		item->name = long_type->msgtl_name;
		item->size = long_type->msgtl_size;
		item->number = long_type->msgtl_number;
		item->data = here + sizeof(*long_type);
		left -= sizeof(*long_type);
	} else {
		item->name = word & IPC_ITEM_NAME_MASK;
		item->size = (word >> 8) & 0xff;
		item->number = (word >> 16) & 0xfff;
		item->data = here + sizeof(mach_msg_type_t);
		left -= sizeof(mach_msg_type_t);
	}
	item->is_port = MACH_MSG_TYPE_PORT_ANY(item->name);
	item->length = ((uint64_t)item->number * item->size + 7) / 8;
	held = sizeof(uint32_t);
	if (item->is_inline) {
		if (item->length > left)
			return false;
		length = (uint32_t)item->length;
		held = (length + 3) & ~3u;
	}
	item->next = item->data + held;
	return held <= left;
}

void
ipc_item_set_name(struct ipc_item *item, uint32_t name)
{
	item->name = name;
	if (item->is_long)
		((mach_msg_type_long_t *)item->type)->msgtl_name = name;
	else
		item->type->msgt_name = name;
}

mach_msg_type_name_t
ipc_received_type(mach_msg_type_name_t name)
{
	switch (name) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		return MACH_MSG_TYPE_PORT_SEND;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	default:
		return name;
	}
}

/* Destroy the first number ports of an item, and its memory. */
static void
clean_item(struct ipc_item *item, uint32_t number)
{
	struct ipc_port **ports;

	if (item->is_port && item->length != 0) {
		ports = ipc_item_ports(item);
		for (uint32_t i = 0; i < number; i++) {
			ipc_right_discard(ports[i], item->name);
			thread_breathe();
		}
	}
	if (item->is_inline || item->length == 0)
		return;
	if (item->is_port)
		kfree(*(void **)item->data, (size_t)item->length);
	else
		vm_map_copy_discard(*(vm_map_copy_t *)item->data);
}

void
ipc_kmsg_clean_body(mach_msg_header_t *header, char *end, bool with_last,
    uint32_t last_ports)
{
	char *here = (char *)(header + 1);
	char *limit = (char *)header + header->msgh_size;
	struct ipc_item item;

	for (; here < end; here = item.next) {
		if (!ipc_item_decode(here, limit, &item))
			return;
		clean_item(&item, item.number);
	}
	if (with_last && ipc_item_decode(here, limit, &item))
		clean_item(&item, last_ports);
}

void
ipc_kmsg_clean(mach_msg_header_t *header)
{
	mach_msg_bits_t bits = header->msgh_bits;

	ipc_right_discard(header->msgh_remote_port,
	    MACH_MSGH_BITS_REMOTE(bits));
	ipc_right_discard(header->msgh_local_port, MACH_MSGH_BITS_LOCAL(bits));
	if (bits & MACH_MSGH_BITS_COMPLEX)
		ipc_kmsg_clean_body(header,
		    (char *)header + header->msgh_size, false, 0);
}

/* Destroy what is on the list, and what gets there meanwhile. */
static void
destroy_listed(struct queue *list)
{
	struct thread *self = current_thread();
	struct ipc_kmsg *kmsg;
	struct queue *link;

	self->ith_dying = list;
	while ((link = queue_pop_front(list)) != NULL) {
		kmsg = queue_element(link, struct ipc_kmsg, link);
		ipc_kmsg_clean(&kmsg->header);
		ipc_kmsg_free(kmsg);
		thread_breathe();
	}
	self->ith_dying = NULL;
}

void
ipc_kmsg_destroy(struct ipc_kmsg *kmsg)
{
	struct queue *outer = current_thread()->ith_dying;
	struct queue list;

	if (outer != NULL) {
		queue_push_back(outer, &kmsg->link);
		return;
	}
	queue_init(&list);
	queue_push_back(&list, &kmsg->link);
	destroy_listed(&list);
}

void
ipc_kmsg_destroy_all(struct queue *kmsgs)
{
	struct queue *outer = current_thread()->ith_dying;

	if (outer != NULL)
		queue_append(outer, kmsgs);
	else if (!queue_empty(kmsgs))
		destroy_listed(kmsgs);
}
