/*
 * mach/port.h - names, rights and the state of a port.
 *
 * A task sees a port as an integer name, mach_port_name_t.  A mach_port_t is
 * the same integer in a task; in the kernel, which handles ports themselves,
 * it points to one.
 */
#ifndef MACH_PORT_H
#define MACH_PORT_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

typedef natural_t mach_port_name_t;
typedef mach_port_name_t *mach_port_name_array_t;
typedef const mach_port_name_t *const_mach_port_name_array_t;

#ifdef KERNEL
struct ipc_port;
typedef struct ipc_port *mach_port_t;
typedef struct ipc_port *ipc_port_t;	/* as MIG's stubs call it */
#else
typedef mach_port_name_t mach_port_t;
#endif
typedef mach_port_t *mach_port_array_t;
typedef const mach_port_t *const_mach_port_array_t;

#define MACH_PORT_NULL			((mach_port_t) 0)
#define MACH_PORT_DEAD			((mach_port_t) ~0UL)
#define MACH_PORT_NAME_NULL		((mach_port_name_t) 0)
#define MACH_PORT_NAME_DEAD		((mach_port_name_t) ~0UL)

#define MACH_PORT_VALID(port) \
	((port) != MACH_PORT_NULL && (port) != MACH_PORT_DEAD)
#define MACH_PORT_NAME_VALID(name) \
	((name) != MACH_PORT_NAME_NULL && (name) != MACH_PORT_NAME_DEAD)

typedef natural_t mach_port_right_t;

#define MACH_PORT_RIGHT_SEND		((mach_port_right_t) 0)
#define MACH_PORT_RIGHT_RECEIVE		((mach_port_right_t) 1)
#define MACH_PORT_RIGHT_SEND_ONCE	((mach_port_right_t) 2)
#define MACH_PORT_RIGHT_PORT_SET	((mach_port_right_t) 3)
#define MACH_PORT_RIGHT_DEAD_NAME	((mach_port_right_t) 4)
#define MACH_PORT_RIGHT_NUMBER		((mach_port_right_t) 5)

/* What a name denotes: one bit per right, and requests pending on it. */
typedef natural_t mach_port_type_t;
typedef mach_port_type_t *mach_port_type_array_t;
typedef const mach_port_type_t *const_mach_port_type_array_t;

#define MACH_PORT_TYPE(right) \
	((mach_port_type_t) (1UL << ((right) + 16U)))
#define MACH_PORT_TYPE_NONE		((mach_port_type_t) 0)
#define MACH_PORT_TYPE_SEND		MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND)
#define MACH_PORT_TYPE_RECEIVE		MACH_PORT_TYPE(MACH_PORT_RIGHT_RECEIVE)
#define MACH_PORT_TYPE_SEND_ONCE \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_SET	MACH_PORT_TYPE(MACH_PORT_RIGHT_PORT_SET)
#define MACH_PORT_TYPE_DEAD_NAME \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_DEAD_NAME)
#define MACH_PORT_TYPE_SEND_RECEIVE \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_SEND_RIGHTS \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_RIGHTS \
	(MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_PORT_OR_DEAD \
	(MACH_PORT_TYPE_PORT_RIGHTS | MACH_PORT_TYPE_DEAD_NAME)
#define MACH_PORT_TYPE_ALL_RIGHTS \
	(MACH_PORT_TYPE_PORT_OR_DEAD | MACH_PORT_TYPE_PORT_SET)
#define MACH_PORT_TYPE_DNREQUEST	((mach_port_type_t) 0x80000000U)
#define MACH_PORT_TYPE_MAREQUEST	((mach_port_type_t) 0x40000000U)
#define MACH_PORT_TYPE_COMPAT		((mach_port_type_t) 0x20000000U)

typedef natural_t mach_port_urefs_t;	/* user references to a name */
typedef integer_t mach_port_delta_t;	/* a change of those */
typedef natural_t mach_port_seqno_t;	/* counts messages received */
typedef unsigned int mach_port_mscount_t; /* counts send rights made */
typedef unsigned int mach_port_msgcount_t; /* messages queued */
typedef unsigned int mach_port_rights_t; /* rights outstanding */

/* What mach_port_get_receive_status tells. */
typedef struct mach_port_status {
	mach_port_name_t	mps_pset;	/* the set it is in, or null */
	mach_port_seqno_t	mps_seqno;
	mach_port_mscount_t	mps_mscount;
	mach_port_msgcount_t	mps_qlimit;
	mach_port_msgcount_t	mps_msgcount;
	mach_port_rights_t	mps_sorights;
	boolean_t		mps_srights;	/* do send rights exist? */
	boolean_t		mps_pdrequest;
	boolean_t		mps_nsrequest;
} mach_port_status_t;

/* The same without mps_seqno, for the oldest form of the call. */
typedef struct old_mach_port_status {
	mach_port_name_t	mps_pset;
	mach_port_mscount_t	mps_mscount;
	mach_port_msgcount_t	mps_qlimit;
	mach_port_msgcount_t	mps_msgcount;
	mach_port_rights_t	mps_sorights;
	boolean_t		mps_srights;
	boolean_t		mps_pdrequest;
	boolean_t		mps_nsrequest;
} old_mach_port_status_t;

_Static_assert(sizeof(mach_port_status_t) == 36, "user ABI");
_Static_assert(sizeof(old_mach_port_status_t) == 32, "user ABI");

#define MACH_PORT_QLIMIT_DEFAULT	((mach_port_msgcount_t) 5)
#define MACH_PORT_QLIMIT_MAX		((mach_port_msgcount_t) 16)

#endif
