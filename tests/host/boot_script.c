/*
 * tests/host/boot_script.c - the boot script's language: words, variables,
 * functions, assignments, and each error.
 *
 * HOST_SRCS: kern/boot_script.c
 */
#include <string.h>

#include <kernel.h>

#include <kern/boot_script.h>
#include <kern/zone.h>

static struct boot_script script;
static struct boot_command *command;
static unsigned made, resumed;

void *
kalloc_zero(size_t size)
{
	return calloc(1, size);
}

void
kfree(void *ptr, size_t size)
{
	free(ptr);
}

static enum boot_error
make_task(struct boot_command *c, struct boot_symbol *value)
{
	made++;
	c->task = (struct task *)&made;
	value->value.task = c->task;
	return BOOT_OK;
}

static enum boot_error
resume_task(struct boot_command *c, struct boot_symbol *value)
{
	resumed++;
	return BOOT_OK;
}

static const struct boot_function task_create = {
	make_task, BOOT_VALUE_TASK, false,
};
static const struct boot_function task_resume = {
	resume_task, BOOT_VALUE_NONE, true,
};

static void
begin(void)
{
	boot_script_free(&script);
	boot_script_init(&script);
	made = resumed = 0;
	boot_script_define(&script, "task-create", BOOT_VALUE_FUNCTION)->
	    value.function = &task_create;
	boot_script_define(&script, "task-resume", BOOT_VALUE_FUNCTION)->
	    value.function = &task_resume;
	boot_script_define(&script, "root", BOOT_VALUE_STRING)->
	    value.string = "hd0s1";
}

static enum boot_error
parse(const char *line)
{
	return boot_script_parse(&script, line, 0, &command);
}

/* Whether argument number n is text and then symbol (NULL: none). */
static bool
arg_is(unsigned n, const char *text, const char *symbol)
{
	struct boot_arg *arg = command->args;

	while (arg != NULL && n-- > 0)
		arg = arg->next;
	if (arg == NULL || strcmp(arg->text, text) != 0)
		return false;
	if (symbol == NULL || arg->symbol == NULL)
		return symbol == NULL && arg->symbol == NULL;
	return strcmp(arg->symbol->name, symbol) == 0;
}

static void
test_words(void)
{
	begin();
	result(parse("") == BOOT_OK && command == NULL, "an empty line");
	result(parse("  # /bin/x") == BOOT_OK && command == NULL, "a comment");
	result(parse("/bin/x \t one 'two three'\n four") == BOOT_OK &&
	    strcmp(command->path, "/bin/x") == 0 && command->arg_count == 3 &&
	    arg_is(0, "one", NULL) && arg_is(1, "'two", NULL) &&
	    arg_is(2, "three'", NULL), "words by blanks; newline ends");
	result(parse("/bin/x a$b $ c$(d)") == BOOT_OK &&
	    command->arg_count == 3 && arg_is(0, "a$b", NULL) &&
	    arg_is(1, "$", NULL) && arg_is(2, "c$(d)", NULL),
	    "a dollar without a brace, or within a word, is text");
}

static void
test_variables(void)
{
	const struct boot_symbol *value;

	begin();
	result(parse("x ${root} --r=${root} a${root}b") == BOOT_OK &&
	    command->arg_count == 4 && arg_is(0, "", "root") &&
	    arg_is(1, "--r=", "root") && arg_is(2, "a", "root") &&
	    arg_is(3, "b", NULL), "text after a brace starts a new argument");
	value = boot_script_resolve(&script, command->args->symbol);
	result(value != NULL && strcmp(value->value.string, "hd0s1") == 0,
	    "a variable's value");
	result(parse("x ${later}") == BOOT_OK &&
	    boot_script_resolve(&script, command->args->symbol) == NULL &&
	    strcmp(script.culprit, "later") == 0,
	    "a symbol without a value is named");
	boot_script_define(&script, "root", BOOT_VALUE_STRING)->value.string =
	    "second";
	result(parse("x ${root}") == BOOT_OK &&
	    strcmp(boot_script_resolve(&script, command->args->symbol)->
	    value.string, "hd0s1") == 0, "the first definition wins");
}

static void
test_functions(void)
{
	struct boot_command *first;
	const struct boot_symbol *value;

	begin();
	result(parse("x --t=${t}") == BOOT_OK, "a forward reference");
	first = command;
	result(parse("y $(a=t=task-create) $(task-resume) z") == BOOT_OK &&
	    made == 1 && resumed == 0 && command->arg_count == 1 &&
	    command->deferred != NULL && command->deferred->next == NULL,
	    "functions: at once, deferred, and no arguments");
	value = boot_script_resolve(&script, first->args->symbol);
	result(value != NULL && value->type == BOOT_VALUE_TASK &&
	    value->value.task == command->task, "a chain assigns to each");
	result(parse("z $(b=a) $(c=c) ${b} ${c}") == BOOT_OK &&
	    boot_script_resolve(&script, command->args->symbol)->value.task ==
	    value->value.task &&
	    boot_script_resolve(&script, command->args->next->symbol) == NULL,
	    "a symbol assigned; a circle is undefined");
}

static void
test_errors(void)
{
	static const struct {
		const char	*line;
		enum boot_error	 error;
	} cases[] = {
		{ "x ${root", BOOT_SYNTAX },
		{ "x ${}", BOOT_SYNTAX },
		{ "x ${a=b}", BOOT_SYNTAX },
		{ "x $(task-create", BOOT_SYNTAX },
		{ "x $()", BOOT_SYNTAX },
		{ "x $(=task-create)", BOOT_SYNTAX },
		{ "x $(a=)", BOOT_SYNTAX },
		{ "x $(a=b", BOOT_SYNTAX },
		{ "x $(", BOOT_SYNTAX },
		{ "x $(=", BOOT_SYNTAX },
		{ "x ${task-create}", BOOT_INVALID_SYMBOL },
		{ "x $(root)", BOOT_INVALID_SYMBOL },
		{ "x $(nothing)", BOOT_INVALID_SYMBOL },
		{ "x $(task-create=task-create)", BOOT_INVALID_ASSIGNMENT },
		{ "x $(a=task-resume)", BOOT_INVALID_ASSIGNMENT },
	};

	for (unsigned i = 0; i < array_count(cases); i++) {
		begin();
		result(parse(cases[i].line) == cases[i].error, cases[i].line);
	}
}

int
main(void)
{
	test_words();
	test_variables();
	test_functions();
	test_errors();
	boot_script_free(&script);
	plan();
	return 0;
}
