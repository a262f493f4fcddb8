/*
 * servers/fs_demo/cksum.c - the check sum that POSIX's cksum prints.
 *
 * Owns:       a table, one remainder for each byte, made at the first call;
 *             a program calls from one thread.
 * Source:     POSIX, cksum: the CRC of the bytes and then of their number,
 *             lowest byte first and no leading zeros, all bits turned round.
 */
#include "cksum.h"

#define POLYNOMIAL	0x04c11db7U

static uint32_t table[256];

static void
table_make(void)
{
	uint32_t remainder;
	int byte, bit;

	for (byte = 0; byte < 256; byte++) {
		remainder = (uint32_t) byte << 24;
		for (bit = 0; bit < 8; bit++)
			remainder = remainder << 1
			    ^ (remainder >> 31 ? POLYNOMIAL : 0);
		table[byte] = remainder;
	}
}

static uint32_t
step(uint32_t crc, unsigned char byte)
{
	return crc << 8 ^ table[crc >> 24 ^ byte];
}

uint32_t
cksum(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint32_t crc = 0;
	size_t i, left;

	if (table[1] == 0)
		table_make();
	for (i = 0; i < size; i++)
		crc = step(crc, bytes[i]);
	for (left = size; left != 0; left >>= 8)
		crc = step(crc, left & 0xff);
	return ~crc;
}
