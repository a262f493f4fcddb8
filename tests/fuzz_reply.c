/*
 * tests/fuzz_reply.c - what no reply may tell; see fuzz.h.
 *
 * The debug kernel fills what is free with a marker (kern/zone_check.c): a
 * marker in a reply is a byte that the kernel never wrote.  The constants
 * stand here inverted, so that no memory of ours has them.
 */
#include <string.h>

#include <mach/vm_param.h>

#include "fuzz.h"

#define NOT_POISON	(~0xdeadbee5u)
#define NOT_RED_FREE	(~0xf3eef3eeu)
#define NOT_RED_USED	(~0xa110ca7eu)

/*
 * Where the kernel's structures lie: the direct map behind the kernel itself,
 * whose first addresses are what attackers send, and kernel_map.
 */
#define DIRECT_FIRST	0xc0400000u
#define DIRECT_LAST	0xc3ffffffu	/* with 64 MB */
#define MAP_FIRST	0xf0000000u
#define MAP_LAST	0xfeffffffu

#define SCAN_MAX	0x20000u	/* bytes of memory out of line */

/* Calls that hand back what users put there, or numbers of any value. */
static bool
tells_any_number(mach_msg_id_t request)
{
	return request == 2026 ||	/* vm_read */
	    request == 2017 ||		/* thread_get_state */
	    request == 2633 || request == 2645 ||	/* host_adjust_time */
	    request == 2634 || request == 2643 ||	/* host_get_time */
	    request == 2804 || request == 2805 ||	/* device_read */
	    request == 3019 || request == 3020;	/* scrambled on purpose */
}

static void
check_bytes(const void *start, size_t size, mach_msg_id_t request)
{
	const unsigned char *byte = start;
	uint32_t word;

	for (size_t i = 0; i + 4 <= size; i++) {
		memcpy(&word, byte + i, 4);
		word = ~word;
		if (((word ^ NOT_POISON) & 0x00ffffff) == 0 ||
		    ((word ^ NOT_POISON) & 0xffffff00) == 0 ||
		    word == NOT_RED_FREE || word == NOT_RED_USED)
			test_fail(__FILE__, __LINE__,
			    "reply to %d: not of %#x at %u of %u", request,
			    (unsigned)word, (unsigned)i, (unsigned)size);
	}
}

static void
check_addresses(const void *start, size_t size, mach_msg_id_t request)
{
	const uint32_t *word = start;

	for (size_t i = 0; i < size / 4; i++)
		if ((word[i] >= DIRECT_FIRST && word[i] <= DIRECT_LAST) ||
		    (word[i] >= MAP_FIRST && word[i] <= MAP_LAST))
			test_fail(__FILE__, __LINE__,
			    "reply to %d: %#x at word %u of %u", request,
			    (unsigned)word[i], (unsigned)i,
			    (unsigned)(size / 4));
}

static bool
is_name(mach_msg_type_name_t name)
{
	return name == MACH_MSG_TYPE_PORT_NAME || MACH_MSG_TYPE_PORT_ANY(name);
}

/* The rest of a page must be as clean as what was meant. */
static void
check_memory(vm_address_t addr, size_t size, bool names,
    mach_msg_id_t request)
{
	size_t whole = round_page(addr + size) - addr;

	if (addr == 0 || size == 0)
		return;
	if (request == 2026)	/* the victim's own bytes */
		return;
	if (whole > SCAN_MAX)
		whole = size = SCAN_MAX;
	check_bytes((const void *)addr, whole, request);
	if (!names && !tells_any_number(request))
		check_addresses((const void *)addr, size, request);
}

void
fuzz_check_reply(const mach_msg_header_t *reply, mach_msg_id_t request)
{
	const char *at = (const char *)(reply + 1);
	const char *end = (const char *)reply + reply->msgh_size;

	check_bytes(reply, reply->msgh_size, request);
	while (end - at >= (ptrdiff_t)sizeof(mach_msg_type_t)) {
		const mach_msg_type_long_t *type = (const void *)at;
		bool is_long = type->msgtl_header.msgt_longform;
		mach_msg_type_name_t name = is_long ? type->msgtl_name :
		    type->msgtl_header.msgt_name;
		uint64_t number = is_long ? type->msgtl_number :
		    type->msgtl_header.msgt_number;
		uint64_t bits = number * (is_long ? type->msgtl_size :
		    type->msgtl_header.msgt_size);
		size_t size = (size_t)((bits + 7) / 8), room = 4;

		at += is_long ? sizeof(*type) : sizeof(mach_msg_type_t);
		if (type->msgtl_header.msgt_inline) {
			room = (size + 3) & ~3u;
			if (end - at < (ptrdiff_t)room)
				break;
			if (!is_name(name) && !tells_any_number(request))
				check_addresses(at, size, request);
		} else if (end - at >= 4) {
			check_memory(*(const vm_address_t *)at, size,
			    is_name(name), request);
		}
		at += room;
	}
	if (at != end)
		test_fail(__FILE__, __LINE__,
		    "reply to %d: its items and its %u bytes differ", request,
		    reply->msgh_size);
}
