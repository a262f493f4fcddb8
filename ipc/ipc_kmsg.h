/*
 * ipc/ipc_kmsg.h - messages in the kernel.
 *
 * In kernel form a message looks as in a task, but each port is a struct
 * ipc_port pointer with a right of the type that the receiver will see
 * (MACH_MSG_TYPE_PORT_*), each out-of-line region a vm_map_copy_t, and each
 * out-of-line array of ports an array from kalloc.
 */
#ifndef IPC_IPC_KMSG_H
#define IPC_IPC_KMSG_H

#include <kern/queue.h>
#include <kern/types.h>
#include <mach/message.h>

struct account;
struct ipc_marequest;
struct ipc_port;
struct ipc_space;
struct vm_map;

struct ipc_kmsg {
	/* port lock while queued, else its holder's */
	struct queue	     link;
	/* its holder's */
	uint32_t	     alloc_size;	/* bytes, of all this */
	struct ipc_marequest *marequest;	/* msg-accepted request or NULL */
	struct account	    *account;		/* who pays while it waits, or NULL */
	uint32_t	     charged;		/* bytes; see ipc_charge.c */
	mach_msg_header_t    header;		/* the body follows */
};

#define IKM_OVERHEAD	offsetof(struct ipc_kmsg, header)
/* The largest message; a larger one gets MACH_SEND_NO_BUFFER. */
#define IKM_SIZE_MAX	(1024u * 1024u)

static inline mach_msg_header_t *
ikm_header(struct ipc_kmsg *kmsg)
{
	return &kmsg->header;
}

void		 ipc_kmsg_bootstrap(void);
/* Room for a message of size bytes, not initialised; NULL: no memory, or too large. */
struct ipc_kmsg	*ipc_kmsg_alloc(mach_msg_size_t size);
void		 ipc_kmsg_free(struct ipc_kmsg *kmsg);	/* the buffer only */
/*
 * With all rights and memory in it, to any depth of rights to receive
 * messages with rights in them.  Nothing locked.
 */
void		 ipc_kmsg_destroy(struct ipc_kmsg *kmsg);
/* Each of a list of messages; the list is left empty. */
void		 ipc_kmsg_destroy_all(struct queue *kmsgs);
/* The rights and memory of a message in kernel form, leaving its buffer. */
void		 ipc_kmsg_clean(mach_msg_header_t *header);
/*
 * Those of the body's items that start before end, and of the one that starts
 * there its memory and the first last_ports ports if with_last.
 */
void		 ipc_kmsg_clean_body(mach_msg_header_t *header, char *end,
		    bool with_last, uint32_t last_ports);

/* Read a message from the current task, once.  size is at least a header's. */
mach_msg_return_t ipc_kmsg_get(const void *user, mach_msg_size_t size,
		    struct ipc_kmsg **kmsg);
/* Write size bytes of it there, and free it.  MACH_RCV_INVALID_DATA. */
mach_msg_return_t ipc_kmsg_put(void *user, struct ipc_kmsg *kmsg,
		    mach_msg_size_t size);

/*
 * From user form to kernel form.  On a header error nothing has changed but
 * kmsg; on a body error header and body rights are destroyed.  kmsg remains
 * the caller's to free.  notify: see MACH_SEND_CANCEL; 0 if not given.
 */
mach_msg_return_t ipc_kmsg_copyin(struct ipc_kmsg *kmsg,
		    struct ipc_space *space, struct vm_map *map,
		    mach_port_name_t notify);
/* The second half of that: the body of a message that has MACH_MSGH_BITS_COMPLEX
 * and whose header is in kernel form; on failure that is destroyed, too. */
mach_msg_return_t ipc_kmsg_copyin_body(mach_msg_header_t *header,
		    struct ipc_space *space, struct vm_map *map);
/* A message from the kernel itself: dispositions become received types. */
void		 ipc_kmsg_copyin_from_kernel(struct ipc_kmsg *kmsg);

/*
 * From kernel form to the receiver's form.  MACH_RCV_HEADER_ERROR and
 * MACH_RCV_INVALID_NOTIFY: nothing has changed; MACH_RCV_BODY_ERROR: the message
 * is complete but for the items that found no room.
 */
mach_msg_return_t ipc_kmsg_copyout(struct ipc_kmsg *kmsg,
		    struct ipc_space *space, struct vm_map *map,
		    mach_port_name_t notify);
/* The second half of that; bits of what was short (MACH_MSG_MASK), or 0. */
mach_msg_return_t ipc_kmsg_copyout_body(mach_msg_header_t *header,
		    struct ipc_space *space, struct vm_map *map);
/*
 * After that, in a map that has fault policies: read the memory that has come,
 * if the receiver wants it read (vm/vm_receive.h).  As above.
 */
mach_msg_return_t ipc_kmsg_read_body(mach_msg_header_t *header,
		    struct vm_map *map);
/* The sender receives its own message that could not be sent. */
mach_msg_return_t ipc_kmsg_copyout_pseudo(mach_msg_header_t *header,
		    struct ipc_space *space, struct vm_map *map);
/* Only the header's destination; all else is destroyed. */
void		 ipc_kmsg_copyout_dest(struct ipc_kmsg *kmsg,
		    struct ipc_space *space);

/*
 * One typed item of a message, as its descriptor tells.
 */
struct ipc_item {
	mach_msg_type_t	*type;		/* where the descriptor is */
	uint32_t	 word;		/* its first word: IPC_ITEM_* */
	uint32_t	 name;		/* MACH_MSG_TYPE_* */
	uint32_t	 size;		/* bits of an element */
	uint32_t	 number;
	uint32_t	 length;	/* bytes of data; IPC_ITEM_ENDLESS */
	char		*data;		/* inline data, or the word that refers to it */
	char		*next;		/* behind the item */
};

/* More bytes than there can be. */
#define IPC_ITEM_ENDLESS	UINT32_MAX

#define IPC_ITEM_NAME_MASK	0xffu
#define IPC_ITEM_SHORT_MASK	0x0fffffffu	/* what a long one leaves 0 */
#define IPC_ITEM_INLINE		(1u << 28)
#define IPC_ITEM_LONG		(1u << 29)
#define IPC_ITEM_DEALLOCATE	(1u << 30)
#define IPC_ITEM_UNUSED		(1u << 31)
/* All of a short descriptor but its name, of one 32-bit element inline. */
#define IPC_ITEM_WORD		(32u << 8 | 1u << 16 | IPC_ITEM_INLINE)

static inline bool
ipc_item_is_inline(const struct ipc_item *item)
{
	return item->word & IPC_ITEM_INLINE;
}

static inline bool
ipc_item_is_port(const struct ipc_item *item)
{
	return MACH_MSG_TYPE_PORT_ANY(item->name);
}

/*
 * Decode the item at here, of which bytes up to end exist.  False: it does
 * not fit there; with data NULL, not even its descriptor.  Does not judge
 * whether types make sense.
 */
bool		 ipc_item_decode(char *here, char *end, struct ipc_item *item);

/*
 * Past those items, from here on, that are a plain word, which most are: they
 * are well formed, and the same in a task and in the kernel.
 */
static inline char *
ipc_item_skip_words(char *here, const char *end)
{
	uint32_t word;

	for (; end - here >= 8; here += 8) {
		word = *(uint32_t *)here;
		if ((word & ~IPC_ITEM_NAME_MASK) != IPC_ITEM_WORD ||
		    MACH_MSG_TYPE_PORT_ANY(word & IPC_ITEM_NAME_MASK))
			break;
	}
	return here;
}

/* An item that is memory, told by a long descriptor as MIG's stubs do. */
struct ipc_memory_item {
	uint32_t	      word;		/* IPC_ITEM_* */
	uint16_t	      name, bits;
	uint32_t	      size;		/* bytes, not 0 */
	union {
		vm_offset_t	     address;	/* in a task */
		struct vm_map_copy *copy;	/* in the kernel */
	};
};

/* The item at here if it is one of those, else NULL. */
static inline struct ipc_memory_item *
ipc_item_memory(char *here, const char *end)
{
	struct ipc_memory_item *item = (struct ipc_memory_item *)here;

	if (unlikely(end - here < (long)sizeof(*item)) ||
	    (item->word & ~IPC_ITEM_DEALLOCATE) != IPC_ITEM_LONG ||
	    item->bits != 8 || item->size == 0 ||
	    MACH_MSG_TYPE_PORT_ANY(item->name))
		return NULL;
	return item;
}

/* The item's ports: inline, or the array it refers to. */
static inline struct ipc_port **
ipc_item_ports(const struct ipc_item *item)
{
	return ipc_item_is_inline(item) ? (struct ipc_port **)item->data :
	    *(struct ipc_port ***)item->data;
}

/* A new disposition for an item: of the received kind. */
void		 ipc_item_set_name(struct ipc_item *item, uint32_t name);

/* The type a receiver sees, for each way of sending a right. */
mach_msg_type_name_t ipc_received_type(mach_msg_type_name_t name);

#endif
