/*
 * device/net_status.h - status of network interfaces, and a packet received.
 */
#ifndef DEVICE_NET_STATUS_H
#define DEVICE_NET_STATUS_H

#include <stddef.h>

#include <device/device_types.h>
#include <mach/message.h>

struct net_status {
	int	min_packet_size;	/* bytes, with the header */
	int	max_packet_size;
	int	header_format;		/* HDR_... */
	int	header_size;
	int	address_size;
	int	flags;
	int	mapped_size;
};
#define NET_STATUS_COUNT	(sizeof(struct net_status) / sizeof(int))

#define NET_STATUS		(('n' << 16) + 1)
#define NET_ADDRESS		(('n' << 16) + 2)
#define NET_DSTADDR		(('n' << 16) + 3)
#define NET_FLAGS		(('n' << 16) + 4)

#define HDR_ETHERNET		1
#define HDR_EXP_ETHERNET	2
#define HDR_PRO_NET		4
#define HDR_CHAOS		5
#define HDR_802			6

#define NET_HI_PRI		100
#define NET_PRI_MAX		255

#define NET_RCV_MSG_ID		2999
#define NET_RCV_MAX		4095
#define NET_HDW_HDR_MAX		64

struct packet_header {
	unsigned short	length;
	unsigned short	type;		/* network byte order */
};

struct net_rcv_msg {
	mach_msg_header_t msg_hdr;
	mach_msg_type_t	header_type;
	char		header[NET_HDW_HDR_MAX];
	mach_msg_type_t	packet_type;
	char		packet[NET_RCV_MAX];	/* packet_header first */
	boolean_t	sent;
};
typedef struct net_rcv_msg *net_rcv_msg_t;

_Static_assert(sizeof(struct net_status) == 28, "user ABI");
_Static_assert(offsetof(struct net_rcv_msg, packet) == 96, "user ABI");
_Static_assert(sizeof(struct net_rcv_msg) == 4196, "user ABI");

#endif
