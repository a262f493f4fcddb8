/*
 * mach/message.h - the form of a message and the options and answers of
 * mach_msg.
 *
 * A message is a header and then items, each a type descriptor and its data.
 * Rights in items, and memory out of line, make it complex.
 */
#ifndef MACH_MESSAGE_H
#define MACH_MESSAGE_H

#include <stddef.h>

#include <mach/kern_return.h>
#include <mach/port.h>

typedef natural_t mach_msg_timeout_t;		/* milliseconds */
typedef unsigned int mach_msg_bits_t;
typedef unsigned int mach_msg_size_t;
typedef natural_t mach_msg_seqno_t;
typedef integer_t mach_msg_id_t;

#define MACH_MSG_TIMEOUT_NONE		((mach_msg_timeout_t) 0)
#define MACH_MSG_SIZE_MAX		((mach_msg_size_t) ~0U)

/*
 * msgh_bits: how each port of the header travels, and what the body holds.
 */
#define MACH_MSGH_BITS_ZERO		0x00000000U
#define MACH_MSGH_BITS_REMOTE_MASK	0x000000ffU
#define MACH_MSGH_BITS_LOCAL_MASK	0x0000ff00U
#define MACH_MSGH_BITS_COMPLEX		0x80000000U
#define MACH_MSGH_BITS_CIRCULAR		0x40000000U	/* the kernel's own */
#define MACH_MSGH_BITS_COMPLEX_PORTS	0x20000000U	/* the kernel's own */
#define MACH_MSGH_BITS_COMPLEX_DATA	0x10000000U	/* the kernel's own */
#define MACH_MSGH_BITS_MIGRATED		0x08000000U	/* the kernel's own */
#define MACH_MSGH_BITS_UNUSED		0x07ff0000U
#define MACH_MSGH_BITS_PORTS_MASK \
	(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK)

#define MACH_MSGH_BITS(remote, local)	((remote) | ((local) << 8))
#define MACH_MSGH_BITS_REMOTE(bits)	((bits) & MACH_MSGH_BITS_REMOTE_MASK)
#define MACH_MSGH_BITS_LOCAL(bits) \
	(((bits) & MACH_MSGH_BITS_LOCAL_MASK) >> 8)
#define MACH_MSGH_BITS_PORTS(bits)	((bits) & MACH_MSGH_BITS_PORTS_MASK)
#define MACH_MSGH_BITS_OTHER(bits)	((bits) & ~MACH_MSGH_BITS_PORTS_MASK)

typedef struct mach_msg_header {
	mach_msg_bits_t		msgh_bits;
	mach_msg_size_t		msgh_size;
	mach_port_t		msgh_remote_port;
	union {
		mach_port_t	msgh_local_port;
		rpc_uintptr_t	msgh_protected_payload;
	};
	mach_port_seqno_t	msgh_seqno;
	mach_msg_id_t		msgh_id;
} mach_msg_header_t;

_Static_assert(sizeof(mach_msg_header_t) == 24, "user ABI");
_Static_assert(offsetof(mach_msg_header_t, msgh_local_port) == 12, "user ABI");
_Static_assert(offsetof(mach_msg_header_t, msgh_id) == 20, "user ABI");

#define msgh_kind	msgh_seqno	/* its older name */

/*
 * Type descriptors.  An item whose element is wider than 255 bits, or that
 * has more than 4095 elements, or lies out of line needs the long form.
 */
typedef unsigned int mach_msg_type_name_t;
typedef unsigned int mach_msg_type_size_t;	/* bits of one element */
typedef natural_t mach_msg_type_number_t;	/* elements */

typedef struct mach_msg_type {
	unsigned int	msgt_name : 8,
			msgt_size : 8,
			msgt_number : 12,
			msgt_inline : 1,
			msgt_longform : 1,
			msgt_deallocate : 1,	/* from the sender's space */
			msgt_unused : 1;
} mach_msg_type_t;

typedef struct mach_msg_type_long {
	mach_msg_type_t	msgtl_header;	/* its flags only */
	unsigned short	msgtl_name;
	unsigned short	msgtl_size;
	natural_t	msgtl_number;
} mach_msg_type_long_t;

_Static_assert(sizeof(mach_msg_type_t) == 4, "user ABI");
_Static_assert(sizeof(mach_msg_type_long_t) == 12, "user ABI");

/* Kinds of plain data. */
#define MACH_MSG_TYPE_UNSTRUCTURED	0
#define MACH_MSG_TYPE_BIT		0
#define MACH_MSG_TYPE_BOOLEAN		0
#define MACH_MSG_TYPE_INTEGER_16	1
#define MACH_MSG_TYPE_INTEGER_32	2
#define MACH_MSG_TYPE_CHAR		8
#define MACH_MSG_TYPE_BYTE		9
#define MACH_MSG_TYPE_INTEGER_8		9
#define MACH_MSG_TYPE_REAL		10
#define MACH_MSG_TYPE_INTEGER_64	11
#define MACH_MSG_TYPE_STRING		12
#define MACH_MSG_TYPE_STRING_C		12
#define MACH_MSG_TYPE_PORT_NAME		15

/* What a sender does with a right it names. */
#define MACH_MSG_TYPE_MOVE_RECEIVE	16
#define MACH_MSG_TYPE_MOVE_SEND		17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE	18
#define MACH_MSG_TYPE_COPY_SEND		19
#define MACH_MSG_TYPE_MAKE_SEND		20	/* from a receive right */
#define MACH_MSG_TYPE_MAKE_SEND_ONCE	21	/* from a receive right */

/* What a receiver is given. */
#define MACH_MSG_TYPE_PORT_RECEIVE	MACH_MSG_TYPE_MOVE_RECEIVE
#define MACH_MSG_TYPE_PORT_SEND		MACH_MSG_TYPE_MOVE_SEND
#define MACH_MSG_TYPE_PORT_SEND_ONCE	MACH_MSG_TYPE_MOVE_SEND_ONCE

/* In the local port's place: the payload set for the receive right. */
#define MACH_MSG_TYPE_PROTECTED_PAYLOAD	23
#define MACH_MSG_TYPE_LAST		23

#define MACH_MSG_TYPE_POLYMORPHIC	((mach_msg_type_name_t) -1)

#define MACH_MSG_TYPE_PORT_ANY(x) \
	((x) >= MACH_MSG_TYPE_MOVE_RECEIVE && \
	 (x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define MACH_MSG_TYPE_PORT_ANY_SEND(x) \
	((x) >= MACH_MSG_TYPE_MOVE_SEND && \
	 (x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define MACH_MSG_TYPE_PORT_ANY_RIGHT(x) \
	((x) >= MACH_MSG_TYPE_MOVE_RECEIVE && \
	 (x) <= MACH_MSG_TYPE_MOVE_SEND_ONCE)

/*
 * Options.  The two _INTERRUPT options are the library's: without them
 * mach_msg tries again when a thread_abort breaks into it.
 */
typedef integer_t mach_msg_option_t;

#define MACH_MSG_OPTION_NONE		0x00000000
#define MACH_SEND_MSG			0x00000001
#define MACH_RCV_MSG			0x00000002
#define MACH_SEND_TIMEOUT		0x00000010
#define MACH_SEND_NOTIFY		0x00000020
#define MACH_SEND_INTERRUPT		0x00000040
#define MACH_SEND_CANCEL		0x00000080
#define MACH_RCV_TIMEOUT		0x00000100
#define MACH_RCV_NOTIFY			0x00000200
#define MACH_RCV_INTERRUPT		0x00000400
#define MACH_RCV_LARGE			0x00000800
#define MACH_SEND_ALWAYS		0x00010000	/* the kernel's own */

/*
 * Answers.  Those ending in _IN_PROGRESS never leave the kernel.
 */
typedef kern_return_t mach_msg_return_t;

#define MACH_MSG_SUCCESS		0x00000000

/* Added to a header or body error: whose space was short, and of what. */
#define MACH_MSG_MASK			0x00003c00
#define MACH_MSG_IPC_SPACE		0x00002000
#define MACH_MSG_VM_SPACE		0x00001000
#define MACH_MSG_IPC_KERNEL		0x00000800
#define MACH_MSG_VM_KERNEL		0x00000400

#define MACH_SEND_IN_PROGRESS		0x10000001
#define MACH_SEND_INVALID_DATA		0x10000002
#define MACH_SEND_INVALID_DEST		0x10000003
#define MACH_SEND_TIMED_OUT		0x10000004
#define MACH_SEND_WILL_NOTIFY		0x10000005
#define MACH_SEND_NOTIFY_IN_PROGRESS	0x10000006
#define MACH_SEND_INTERRUPTED		0x10000007
#define MACH_SEND_MSG_TOO_SMALL		0x10000008
#define MACH_SEND_INVALID_REPLY		0x10000009
#define MACH_SEND_INVALID_RIGHT		0x1000000a
#define MACH_SEND_INVALID_NOTIFY	0x1000000b
#define MACH_SEND_INVALID_MEMORY	0x1000000c
#define MACH_SEND_NO_BUFFER		0x1000000d
#define MACH_SEND_NO_NOTIFY		0x1000000e
#define MACH_SEND_INVALID_TYPE		0x1000000f
#define MACH_SEND_INVALID_HEADER	0x10000010

#define MACH_RCV_IN_PROGRESS		0x10004001
#define MACH_RCV_INVALID_NAME		0x10004002
#define MACH_RCV_TIMED_OUT		0x10004003
#define MACH_RCV_TOO_LARGE		0x10004004
#define MACH_RCV_INTERRUPTED		0x10004005
#define MACH_RCV_PORT_CHANGED		0x10004006
#define MACH_RCV_INVALID_NOTIFY		0x10004007
#define MACH_RCV_INVALID_DATA		0x10004008
#define MACH_RCV_PORT_DIED		0x10004009
#define MACH_RCV_IN_SET			0x1000400a
#define MACH_RCV_HEADER_ERROR		0x1000400b
#define MACH_RCV_BODY_ERROR		0x1000400c

#ifndef KERNEL
/* The library's mach_msg; see MACH_SEND_INTERRUPT above. */
extern mach_msg_return_t mach_msg(mach_msg_header_t *msg,
    mach_msg_option_t option, mach_msg_size_t send_size,
    mach_msg_size_t rcv_size, mach_port_name_t rcv_name,
    mach_msg_timeout_t timeout, mach_port_name_t notify);

/* The trap itself. */
extern mach_msg_return_t mach_msg_trap(mach_msg_header_t *msg,
    mach_msg_option_t option, mach_msg_size_t send_size,
    mach_msg_size_t rcv_size, mach_port_name_t rcv_name,
    mach_msg_timeout_t timeout, mach_port_name_t notify);

/* Give back every right and all memory that a received message brought. */
extern void mach_msg_destroy(mach_msg_header_t *msg);
/* The same for one that was made but will not be sent. */
extern void mach_msg_abandon(mach_msg_header_t *msg);

/*
 * Receive on a port or port set, let demux answer, reply, again and again.
 * demux is what MIG makes: it fills in the reply and says whether it knew the
 * message.  Returns only when receiving fails; with a timeout or another
 * option, also for what those bring.
 */
typedef boolean_t (*mach_msg_demux_t)(mach_msg_header_t *request,
    mach_msg_header_t *reply);
extern mach_msg_return_t mach_msg_server(mach_msg_demux_t demux,
    mach_msg_size_t max_size, mach_port_t rcv_name);
extern mach_msg_return_t mach_msg_server_timeout(mach_msg_demux_t demux,
    mach_msg_size_t max_size, mach_port_t rcv_name, mach_msg_option_t option,
    mach_msg_timeout_t timeout);
#endif

#endif
