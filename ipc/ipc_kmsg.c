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

/* A descriptor's numbers; returns where its data is. */
static inline char *
decode_numbers(char *here, struct ipc_item *item)
{
	const mach_msg_type_long_t *type = (mach_msg_type_long_t *)here;

	if (item->word & IPC_ITEM_LONG) {
		item->name = type->msgtl_name;
		item->size = type->msgtl_size;
		item->number = type->msgtl_number;
		return here + sizeof(*type);
	}
	item->name = item->word & IPC_ITEM_NAME_MASK;
	item->size = (item->word >> 8) & 0xff;
	item->number = (item->word >> 16) & 0xfff;
	return here + sizeof(mach_msg_type_t);
}

bool
ipc_item_decode(char *here, char *end, struct ipc_item *item)
{
	uint32_t left = end - here, held = sizeof(uint32_t);
	uint64_t bits;

	item->data = NULL;
	if (unlikely(left < sizeof(mach_msg_type_t)))
		return false;
	item->type = (mach_msg_type_t *)here;
	item->word = *(uint32_t *)here;
	if ((item->word & IPC_ITEM_LONG) &&
	    unlikely(left < sizeof(mach_msg_type_long_t)))
		return false;
	item->data = decode_numbers(here, item);
	left = end - item->data;
	bits = (uint64_t)item->number * item->size + 7;
	item->length = bits >> 35 == 0 ? bits >> 3 : IPC_ITEM_ENDLESS;
	if (item->word & IPC_ITEM_INLINE) {
		if (unlikely(item->length > left))
			return false;
		held = (item->length + 3) & ~3u;
	}
	item->next = item->data + held;
	return held <= left;
}

void
ipc_item_set_name(struct ipc_item *item, uint32_t name)
{
	item->name = name;
	if (item->word & IPC_ITEM_LONG)
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

	if (ipc_item_is_port(item) && item->length != 0) {
		ports = ipc_item_ports(item);
		for (uint32_t i = 0; i < number; i++) {
			ipc_right_discard(ports[i], item->name);
			thread_breathe();
		}
	}
	if (ipc_item_is_inline(item) || item->length == 0)
		return;
	if (ipc_item_is_port(item))
		kfree(*(void **)item->data, item->length);
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
