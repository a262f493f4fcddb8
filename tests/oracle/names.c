/*
 * tests/oracle/names.c - words for names, given in the order of appearance.
 *
 * Owns a table of the names of each space that the round has seen.  The words
 * are a letter for the space and a number: a3 is the third name of this
 * task's space.  Names that the harness itself needs have words of their own
 * and are not given to calls that might take them away.  A name that a user
 * chooses is never chosen again, for GNU Mach may give it out itself then.
 */
#include <stdio.h>
#include <string.h>

#include "differences.h"
#include "oracle.h"

#define SYMBOLS_MAX	64
#define CROWD		28
#define KNOWN_MAX	40

struct symbol {
	mach_port_t	 name;
	mach_port_type_t type;		/* when last looked at */
	bool		 kept;
	char		 label[8];
};

static struct names {
	struct symbol	symbols[SYMBOLS_MAX];
	unsigned	count;
	unsigned	born;
} spaces[SPACES];

static mach_port_t user_name = DIFFERENCE_USER_NAMES;	/* the last one chosen */

static struct symbol *
find(int space, mach_port_t name)
{
	struct names *n = &spaces[space];

	for (unsigned i = 0; i < n->count; i++)
		if (n->symbols[i].name == name)
			return &n->symbols[i];
	return NULL;
}

static void
set_label(struct symbol *symbol, int space)
{
	(void)snprintf(symbol->label, sizeof(symbol->label), "%c%u",
	    'a' + space, ++spaces[space].born);
}

static struct symbol *
add(int space, mach_port_t name)
{
	struct names *n = &spaces[space];
	struct symbol *symbol;

	if (n->count == SYMBOLS_MAX)
		give_up("too many names", 0);
	symbol = &n->symbols[n->count++];
	memset(symbol, 0, sizeof(*symbol));
	symbol->name = name;
	set_label(symbol, space);
	return symbol;
}

void
names_begin(int space)
{
	spaces[space].count = spaces[space].born = 0;
}

const char *
name_known(int space, mach_port_t name)
{
	struct symbol *symbol = find(space, name);

	if (name == MACH_PORT_NULL)
		return "0";
	if (name == MACH_PORT_DEAD)
		return "-1";
	if (name == NAME_NOBODY)
		return "nobody";
	if (symbol != NULL)
		return symbol->label;
	return name == user_name ? "new" : "?";
}

bool
name_is_seen(int space, mach_port_t name)
{
	return find(space, name) != NULL;
}

const char *
name_label(int space, mach_port_t name)
{
	struct symbol *symbol = find(space, name);

	if (symbol == NULL && MACH_PORT_VALID(name)) {
		symbol = add(space, name);
		(void)mach_port_type(child_task[space], name, &symbol->type);
	}
	return name_known(space, name);
}

void
name_keep(int space, mach_port_t name, const char *label)
{
	struct symbol *symbol = add(space, name);

	symbol->kept = true;
	symbol->type = MACH_PORT_TYPE_SEND;
	(void)snprintf(symbol->label, sizeof(symbol->label), "%s", label);
}

bool
name_is_kept(int space, mach_port_t name)
{
	struct symbol *symbol = find(space, name);

	return symbol != NULL && symbol->kept;
}

void
name_release(int space, mach_port_t name)
{
	struct symbol *symbol = find(space, name);

	if (symbol != NULL)
		symbol->kept = false;
	name_forget(space, name);
}

void
name_forget(int space, mach_port_t name)
{
	struct names *n = &spaces[space];
	struct symbol *symbol = find(space, name);

	if (symbol == NULL || symbol->kept)
		return;
	n->count--;
	memmove(symbol, symbol + 1,
	    (char *)&n->symbols[n->count] - (char *)symbol);
}

void
names_take(int space, const mach_port_t *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		name_forget(space, names[i]);
}

void
names_return(int space, const mach_port_t *names, unsigned count)
{
	mach_port_type_t type;

	for (unsigned i = 0; i < count; i++)
		if (MACH_PORT_VALID(names[i]) && mach_port_type(
		    child_task[space], names[i], &type) == KERN_SUCCESS)
			(void)name_label(space, names[i]);
}

void
name_change(int space, mach_port_t from, mach_port_t to)
{
	struct symbol *symbol = find(space, from);

	if (symbol != NULL) {
		symbol->name = to;
		set_label(symbol, space);
	}
}

bool
names_crowded(int space)
{
	return spaces[space].count >= CROWD;
}

unsigned
names_count(int space)
{
	return spaces[space].count;
}

mach_port_t
name_at(int space, unsigned index)
{
	return spaces[space].symbols[index].name;
}

mach_port_type_t
name_type_at(int space, unsigned index)
{
	return spaces[space].symbols[index].type;
}

mach_port_type_t
name_type(int space, mach_port_t name)
{
	struct symbol *symbol = find(space, name);

	return symbol == NULL ? 0 : symbol->type;
}

void
names_sweep(int space)
{
	struct names *n = &spaces[space];
	struct symbol *symbol = n->symbols;

	while (symbol < n->symbols + n->count) {
		if (symbol->kept || mach_port_type(child_task[space],
		    symbol->name, &symbol->type) == KERN_SUCCESS)
			symbol++;
		else
			name_forget(space, symbol->name);
	}
}

static bool
is_special(mach_port_t *name)
{
	switch (draw(40)) {
	case 0:
		*name = MACH_PORT_NULL;
		return true;
	case 1:
		*name = MACH_PORT_DEAD;
		return true;
	case 2:
		*name = NAME_NOBODY;
		return true;
	}
	return false;
}

mach_port_t
name_draw(int space, mach_port_type_t wanted)
{
	struct names *n = &spaces[space];
	mach_port_t name;
	unsigned tries = one_in(5) ? 1 : 12;
	const struct symbol *symbol = NULL;

	if (is_special(&name))
		return name;
	if (n->count == 0)
		return NAME_NOBODY;
	while (tries-- > 0) {
		symbol = &n->symbols[draw(n->count)];
		if (symbol->type & wanted)
			break;
	}
	return symbol->name;
}

mach_port_t
name_draw_victim(int space, mach_port_type_t wanted)
{
	mach_port_t name = name_draw(space, wanted);

	for (unsigned tries = 3; tries > 0 && name_is_kept(space, name);
	    tries--)
		name = name_draw(space, wanted);
	return name_is_kept(space, name) ? NAME_NOBODY : name;
}

mach_port_t
name_draw_new(int space)
{
	mach_port_t name;

	if (one_in(3))
		name = name_draw(space, MACH_PORT_TYPE_PORT_OR_DEAD);
	else if (!is_special(&name))
		name = NAME_NOBODY;
	return name == NAME_NOBODY ? ++user_name : name;
}
