/*
 * kern/boot_script.c - understand the boot loader's module lines.
 *
 * Owns:       symbols, commands and arguments, all in memory of the script's
 *             own that is freed at once.
 * Locks:      none; only the start-up thread is here.
 * Source:     the syntax is GNU Mach's; docs/boot.md tells it.
 */
#include <kern/boot_script.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <machine/cpu.h>

#define SYMBOL_CHAIN_MAX	64	/* a=b=c=...: deeper is a circle */

struct boot_chunk {
	struct boot_chunk *next;
	size_t		   size;	/* of the whole chunk */
	size_t		   used;
};

/* ---- memory ---- */

void
boot_script_init(struct boot_script *script)
{
	memset(script, 0, sizeof(*script));
}

void
boot_script_free(struct boot_script *script)
{
	while (script->chunks != NULL) {
		struct boot_chunk *chunk = script->chunks;

		script->chunks = chunk->next;
		kfree(chunk, chunk->size);
	}
}

static struct boot_chunk *
chunk_with_room(struct boot_script *script, size_t size)
{
	struct boot_chunk *chunk = script->chunks;
	size_t total = max_of(sizeof(*chunk) + size, (size_t)PAGE_SIZE);

	if (chunk != NULL && chunk->size - chunk->used >= size)
		return chunk;
	chunk = kalloc_zero(total);
	if (chunk == NULL)
		return NULL;
	chunk->size = total;
	chunk->used = sizeof(*chunk);
	chunk->next = script->chunks;
	script->chunks = chunk;
	return chunk;
}

void *
boot_script_alloc(struct boot_script *script, size_t size)
{
	size_t rounded = (size + 7) & ~(size_t)7;
	struct boot_chunk *chunk = chunk_with_room(script, rounded);
	void *memory;

	if (chunk == NULL)
		return NULL;
	memory = (char *)chunk + chunk->used;
	chunk->used += rounded;
	return memory;
}

static char *
copy_text(struct boot_script *script, const char *start, const char *end)
{
	char *text = boot_script_alloc(script, end - start + 1);

	if (text != NULL)
		memcpy(text, start, end - start);
	return text;
}

/* ---- symbols ---- */

struct boot_symbol *
boot_script_define(struct boot_script *script, const char *name,
    enum boot_type type)
{
	struct boot_symbol **link = &script->symbols;
	struct boot_symbol *symbol = boot_script_alloc(script, sizeof(*symbol));

	if (symbol == NULL)
		return NULL;
	symbol->name = name;
	symbol->type = type;
	while (*link != NULL)
		link = &(*link)->next;
	*link = symbol;
	return symbol;
}

/* Find the symbol named by [start, end), or make an undefined one. */
static struct boot_symbol *
symbol_named(struct boot_script *script, const char *start, const char *end)
{
	size_t len = end - start;
	struct boot_symbol *symbol;
	char *name;

	for (symbol = script->symbols; symbol != NULL; symbol = symbol->next)
		if (strlen(symbol->name) == len &&
		    memcmp(symbol->name, start, len) == 0)
			return symbol;
	name = copy_text(script, start, end);
	if (name == NULL)
		return NULL;
	return boot_script_define(script, name, BOOT_VALUE_NONE);
}

const struct boot_symbol *
boot_script_resolve(struct boot_script *script, struct boot_symbol *symbol)
{
	struct boot_symbol *end = symbol;

	for (unsigned i = 0; i < SYMBOL_CHAIN_MAX; i++) {
		if (end->type != BOOT_VALUE_SYMBOL)
			break;
		end = end->value.symbol;
	}
	if (end->type != BOOT_VALUE_NONE && end->type != BOOT_VALUE_SYMBOL)
		return end;
	script->culprit = end->name;
	return NULL;
}

/* ---- the language ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_end(char c)
{
	return c == '\0' || c == '\n';
}

static bool
is_word(char c)
{
	return !is_blank(c) && !is_end(c);
}

/* The end of the name that starts here and is closed by close or a '='. */
static const char *
name_end(const char *p, char close)
{
	while (is_word(*p) && *p != close && *p != '=')
		p++;
	return p;
}

static enum boot_error
defer_call(struct boot_script *script, struct boot_command *command,
    const struct boot_function *function)
{
	struct boot_call **link = &command->deferred;
	struct boot_call *call = boot_script_alloc(script, sizeof(*call));

	if (call == NULL)
		return BOOT_NO_MEMORY;
	call->function = function;
	while (*link != NULL)
		link = &(*link)->next;
	*link = call;
	return BOOT_OK;
}

/*
 * What stands behind the last '=' of $(...), or alone in it: a function to
 * call or, behind a '=', a symbol.  *result gets type and value.
 */
static enum boot_error
evaluate(struct boot_script *script, struct boot_command *command,
    struct boot_symbol *source, bool assigned, struct boot_symbol *result)
{
	const struct boot_function *function = source->value.function;

	script->culprit = source->name;
	if (source->type != BOOT_VALUE_FUNCTION) {
		if (!assigned)
			return BOOT_INVALID_SYMBOL;
		result->type = BOOT_VALUE_SYMBOL;
		result->value.symbol = source;
		return BOOT_OK;
	}
	if (assigned && function->type == BOOT_VALUE_NONE)
		return BOOT_INVALID_ASSIGNMENT;
	if (function->deferred)
		return defer_call(script, command, function);
	result->type = function->type;
	return function->call(command, result);
}

/*
 * $(a=b=source): evaluate from the right, assign to every name on the left.
 * *next is where the "$(" was, and where the line goes on afterwards.
 */
static enum boot_error
parse_call(struct boot_script *script, struct boot_command *command,
    const char **next)
{
	const char *start = *next + 2, *end = name_end(start, ')');
	struct boot_symbol *source, result;
	enum boot_error error;

	while (*end == '=')
		end = name_end(end + 1, ')');
	if (*end != ')')
		return BOOT_SYNTAX;
	*next = end + 1;

	for (const char *p = start; p < end; p++)
		if (*p == '=')
			start = p + 1;
	if (start == end)
		return BOOT_SYNTAX;
	source = symbol_named(script, start, end);
	if (source == NULL)
		return BOOT_NO_MEMORY;
	memset(&result, 0, sizeof(result));
	error = evaluate(script, command, source, start[-1] == '=', &result);

	while (error == BOOT_OK && start[-1] == '=') {
		struct boot_symbol *target;

		end = start - 1;
		for (start = end; start[-1] != '=' && start[-1] != '('; )
			start--;
		if (start == end)
			return BOOT_SYNTAX;
		target = symbol_named(script, start, end);
		if (target == NULL)
			return BOOT_NO_MEMORY;
		script->culprit = target->name;
		if (target->type == BOOT_VALUE_FUNCTION)
			return BOOT_INVALID_ASSIGNMENT;
		target->type = result.type;
		target->value = result.value;
	}
	return error;
}

/* text, ${symbol}, or text${symbol}: one argument. */
static enum boot_error
parse_arg(struct boot_script *script, const char **next, struct boot_arg **arg)
{
	const char *start = *next, *p = start, *end;
	struct boot_arg *new = boot_script_alloc(script, sizeof(*new));

	while (is_word(*p) && !(p[0] == '$' && p[1] == '{'))
		p++;
	if (new == NULL || (new->text = copy_text(script, start, p)) == NULL)
		return BOOT_NO_MEMORY;
	if (is_word(*p)) {
		p += 2;
		end = name_end(p, '}');
		if (*end != '}' || end == p)
			return BOOT_SYNTAX;
		new->symbol = symbol_named(script, p, end);
		if (new->symbol == NULL)
			return BOOT_NO_MEMORY;
		script->culprit = new->symbol->name;
		if (new->symbol->type == BOOT_VALUE_FUNCTION)
			return BOOT_INVALID_SYMBOL;
		p = end + 1;
	}
	*next = p;
	*arg = new;
	return BOOT_OK;
}

static enum boot_error
parse_words(struct boot_script *script, struct boot_command *command,
    const char *p)
{
	struct boot_arg **link = &command->args;
	enum boot_error error = BOOT_OK;

	while (error == BOOT_OK) {
		script->culprit = NULL;
		while (is_blank(*p))
			p++;
		if (is_end(*p))
			break;
		if (p[0] == '$' && p[1] == '(') {
			error = parse_call(script, command, &p);
			continue;
		}
		error = parse_arg(script, &p, link);
		if (error == BOOT_OK) {
			link = &(*link)->next;
			command->arg_count++;
		}
	}
	return error;
}

enum boot_error
boot_script_parse(struct boot_script *script, const char *line,
    unsigned module, struct boot_command **command)
{
	struct boot_command **link = &script->commands;
	struct boot_command *new;
	const char *start;

	script->culprit = NULL;
	*command = NULL;
	while (is_blank(*line))
		line++;
	if (is_end(*line) || *line == '#')
		return BOOT_OK;
	new = boot_script_alloc(script, sizeof(*new));
	if (new == NULL)
		return BOOT_NO_MEMORY;
	new->module = module;
	for (start = line; is_word(*line); )
		line++;
	new->path = copy_text(script, start, line);
	if (new->path == NULL)
		return BOOT_NO_MEMORY;

	while (*link != NULL)
		link = &(*link)->next;
	*link = new;
	*command = new;
	return parse_words(script, new, line);
}

const char *
boot_script_message(enum boot_error error)
{
	static const char *const messages[] = {
		[BOOT_OK]		  = "no error",
		[BOOT_NO_MEMORY]	  = "out of memory",
		[BOOT_SYNTAX]		  = "syntax error",
		[BOOT_INVALID_ASSIGNMENT] = "cannot be assigned",
		[BOOT_MACH_ERROR]	  = "kernel call failed",
		[BOOT_UNDEFINED]	  = "undefined symbol",
		[BOOT_EXEC_ERROR]	  = "cannot be started",
		[BOOT_INVALID_SYMBOL]	  = "symbol not allowed here",
		[BOOT_BAD_TYPE]		  = "value of the wrong type",
	};

	return (unsigned)error < array_count(messages) ? messages[error] :
	    "unknown error";
}
