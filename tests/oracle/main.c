/*
 * tests/oracle/main.c - the program: its arguments, its rounds.
 *
 * Arguments: --host-port=N, then words
 *	rights=FIRST+COUNT	rounds of that part, with seeds from FIRST on
 *	memory=FIRST+COUNT
 *	ops=N			operations in a round [100]
 *	text=SEED		say everything from the round of that seed on,
 *				not only its hashes
 * Prints for each round
 *	begin PART SEED
 *	with text, what was said: a line "N. ..." for operation N
 *	round PART SEED HASH...	a hash for every HASH_EVERY operations
 * and at last "oracle: end".  Then the machine is rebooted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach_host.h>

#include "oracle.h"

#define HASH_EVERY	10
#define HASHES_MAX	200
#define SHOW_EVERY	5

static const struct part *const parts[] = { &rights_part, &memory_part };
mach_port_t oracle_host;
static uint32_t hashes[HASHES_MAX];
static unsigned hash_count;

static const char *
argument(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0)
			return argv[i] + length;
	return NULL;
}

static void
keep_hash(void)
{
	if (hash_count < HASHES_MAX)
		hashes[hash_count++] = say_hash();
}

static void
operations(const struct part *part, unsigned ops)
{
	for (unsigned op = 1; op <= ops; op++) {
		say("%u. ", op);
		part->operate();
		if (op % SHOW_EVERY == 0 || op == ops)
			part->show();
		if (op % HASH_EVERY == 0 || op == ops)
			keep_hash();
	}
}

static void
one_round(const struct part *part, uint32_t seed, unsigned ops)
{
	report("begin %s %lu\n", part->name, (unsigned long)seed);
	hash_count = 0;
	draw_seed(seed);
	part->begin();
	(void)say_hash();
	operations(part, ops);
	part->finish();
	keep_hash();
	if (say_text)
		return;
	report("round %s %lu", part->name, (unsigned long)seed);
	for (unsigned i = 0; i < hash_count; i++)
		report(" %08lx", (unsigned long)hashes[i]);
	report("\n");
}

int
main(int argc, char **argv)
{
	const char *port = argument(argc, argv, "--host-port=");
	const char *ops = argument(argc, argv, "ops=");
	const char *text = argument(argc, argv, "text=");
	const char *range;
	char *rest, name[16];
	uint32_t seed, count;

	if (port == NULL)
		return 1;
	oracle_host = (mach_port_t)strtoul(port, NULL, 0);
	common_allocate();
	report("\noracle: start\n");
	for (size_t i = 0; i < COUNT(parts); i++) {
		(void)snprintf(name, sizeof(name), "%s=", parts[i]->name);
		range = argument(argc, argv, name);
		if (range == NULL)
			continue;
		seed = strtoul(range, &rest, 0);
		count = *rest == '+' ? strtoul(rest + 1, NULL, 0) : 1;
		for (; count > 0; count--, seed++) {
			say_text = text != NULL &&
			    seed >= strtoul(text, NULL, 0);
			one_round(parts[i], seed,
			    ops == NULL ? 100 : strtoul(ops, NULL, 0));
		}
	}
	report("oracle: end\n");
	(void)host_reboot(oracle_host, RB_AUTOBOOT);
	return 1;
}
