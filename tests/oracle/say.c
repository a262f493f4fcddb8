/*
 * tests/oracle/say.c - what is said, and what is drawn.
 *
 * Owns the line being made, the hash of what was said, the random sequence.
 * Lines go out by mach_print: it waits for the serial line on both kernels.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach_host.h>

#include "oracle.h"

#define LINE_MAX	4000
#define PIECE_MAX	200	/* what mach_print takes at once */
#define HASH_START	2166136261u
#define HASH_FACTOR	16777619u

bool say_text;
static char line[LINE_MAX];
static size_t line_length;
static uint32_t said = HASH_START;
static uint32_t random_state;

static uint32_t
hash_more(uint32_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * HASH_FACTOR;
	return hash;
}

uint32_t
hash_bytes(const void *data, size_t size)
{
	return hash_more(HASH_START, data, size);
}

uint32_t
say_hash(void)
{
	uint32_t hash = said;

	said = HASH_START;
	return hash;
}

static void
print(const char *text)
{
	char piece[PIECE_MAX + 1];
	size_t length = strlen(text), n;

	for (; length > 0; text += n, length -= n) {
		n = length < PIECE_MAX ? length : PIECE_MAX;
		memcpy(piece, text, n);
		piece[n] = '\0';
		(void)mach_print(piece);
	}
}

void
say(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line + line_length, LINE_MAX - line_length, fmt, args);
	va_end(args);
	line_length += n;
	if (line_length >= LINE_MAX)
		line_length = LINE_MAX - 1;
}

void
say_line(void)
{
	if (line_length > LINE_MAX - 2)
		line_length = LINE_MAX - 2;
	line[line_length++] = '\n';
	line[line_length] = '\0';
	said = hash_more(said, line, line_length);
	if (say_text)
		print(line);
	line_length = 0;
}

void
report(const char *fmt, ...)
{
	char text[PIECE_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	print(text);
}

void
give_up(const char *what, kern_return_t kr)
{
	report("oracle: %s: %#x\n", what, (unsigned)kr);
	for (;;)
		(void)host_reboot(oracle_host, RB_AUTOBOOT);
}

void
must(const char *what, kern_return_t kr)
{
	if (kr != KERN_SUCCESS)
		give_up(what, kr);
}

void
draw_seed(uint32_t seed)
{
	random_state = seed * 2654435761u + 1;
	(void)draw(1);
	(void)draw(1);
}

/* The upper bits of a linear congruential sequence. */
uint32_t
draw(uint32_t limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

bool
one_in(uint32_t chances)
{
	return draw(chances) == 0;
}

void
draw_operation(const struct operation *operations, size_t count)
{
	unsigned total = 0, number;

	for (size_t i = 0; i < count; i++)
		total += operations[i].weight;
	number = draw(total);
	while (number >= operations->weight)
		number -= operations++->weight;
	operations->operate();
}
