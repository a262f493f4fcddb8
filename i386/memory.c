/*
 * i386/memory.c - memcpy and its kin, by the processor's string instructions.
 *
 * Owns:       nothing.
 *
 * The direction flag is clear throughout the kernel.  A string instruction
 * takes some tens of cycles to start, so short blocks go by plain loops.
 */
#include <stdint.h>

#include <kern/string.h>

#define SHORT_BYTES	16	/* below this a loop is quicker to start */

static inline void
copy_bytes(char *dst, const char *src, size_t n)
{
	while (n-- > 0) {
		*dst++ = *src++;
		__asm__ volatile("" : : : "memory");	/* stay a loop */
	}
}

void *
memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;
	size_t words = n >> 2;

	if (n < SHORT_BYTES) {
		copy_bytes(dst, src, n);
		return dst;
	}
	__asm__ volatile(
	    "rep movsl\n\t"
	    "movl %3, %%ecx\n\t"
	    "rep movsb"
	    : "+D" (d), "+S" (src), "+c" (words)
	    : "g" (n & 3)
	    : "memory");
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	/* Forwards is safe unless dst lies within what is still to be read. */
	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(dst, src, n);
	d += n;
	s += n;
	while (n-- > 0) {
		*--d = *--s;
		__asm__ volatile("" : : : "memory");
	}
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	char *d = dst;
	size_t words = n >> 2;
	uint32_t pattern = (uint8_t)c * 0x01010101u;

	if (n < SHORT_BYTES) {
		while (n-- > 0) {
			*d++ = (char)c;
			__asm__ volatile("" : : : "memory");
		}
		return dst;
	}
	__asm__ volatile(
	    "rep stosl\n\t"
	    "movl %2, %%ecx\n\t"
	    "rep stosb"
	    : "+D" (d), "+c" (words)
	    : "g" (n & 3), "a" (pattern)
	    : "memory");
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= 4; p += 4, q += 4, n -= 4)
		if (*(const uint32_t *)p != *(const uint32_t *)q)
			break;
	for (; n > 0; p++, q++, n--)
		if (*p != *q)
			return *p - *q;
	return 0;
}
