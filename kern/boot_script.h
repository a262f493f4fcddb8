/*
 * kern/boot_script.h - the language of the boot loader's module lines.
 *
 * A line is one command: a path, then words, ${variables} and $(functions).
 * This part only understands the language; what a task, a port or a function
 * is comes from boot_modules.c.
 */
#ifndef KERN_BOOT_SCRIPT_H
#define KERN_BOOT_SCRIPT_H

#include <kern/types.h>

struct task;

/* What boot_script_* return, KERN_SUCCESS apart. */
enum boot_error {
	BOOT_OK,
	BOOT_NO_MEMORY,
	BOOT_SYNTAX,
	BOOT_INVALID_ASSIGNMENT,
	BOOT_MACH_ERROR,
	BOOT_UNDEFINED,
	BOOT_EXEC_ERROR,
	BOOT_INVALID_SYMBOL,
	BOOT_BAD_TYPE,
};

enum boot_type {
	BOOT_VALUE_NONE,		/* a symbol not defined so far */
	BOOT_VALUE_STRING,
	BOOT_VALUE_PORT,		/* a port the kernel holds */
	BOOT_VALUE_TASK,
	BOOT_VALUE_SYMBOL,		/* whatever that symbol is in the end */
	BOOT_VALUE_FUNCTION,
};

struct boot_command;
struct boot_symbol;

/*
 * Called for $(function).  A function with deferred set runs when every
 * command has been loaded, the others at once; only the latter give a value.
 */
struct boot_function {
	enum boot_error	(*call)(struct boot_command *command,
			    struct boot_symbol *result);
	enum boot_type	 type;		/* of the result */
	bool		 deferred;
};

struct boot_symbol {
	struct boot_symbol *next;
	const char	   *name;
	enum boot_type	    type;
	union {
		const char		   *string;
		struct ipc_port		   *port;	/* borrowed */
		struct task		   *task;	/* borrowed */
		struct boot_symbol	   *symbol;
		const struct boot_function *function;
	} value;
};

/* One argument: text, then the value of symbol unless that is NULL. */
struct boot_arg {
	struct boot_arg	   *next;
	const char	   *text;
	struct boot_symbol *symbol;
};

struct boot_call {
	struct boot_call	   *next;
	const struct boot_function *function;
};

struct boot_command {
	struct boot_command *next;
	const char	    *path;
	unsigned	     module;	/* index of the boot module */
	bool		     keep_module;	/* it is in use from now on */
	struct task	    *task;	/* by task-create; a reference */
	struct boot_arg	    *args;	/* argv[0] is the path, not here */
	unsigned	     arg_count;
	struct boot_call    *deferred;
};

struct boot_chunk;

/* All of it lives as long as the start-up thread's pass over the modules. */
struct boot_script {
	struct boot_symbol  *symbols;	/* in order of definition */
	struct boot_command *commands;	/* in order of the lines */
	struct boot_chunk   *chunks;	/* memory */
	const char	    *culprit;	/* the symbol an error is about, or NULL */
};

void	boot_script_init(struct boot_script *script);
void	boot_script_free(struct boot_script *script);
/* Zeroed memory that lives as long as script; NULL if there is none. */
void	*boot_script_alloc(struct boot_script *script, size_t size);

/* Define a variable.  An earlier definition of the name goes before it. */
struct boot_symbol *boot_script_define(struct boot_script *script,
	    const char *name, enum boot_type type);

/*
 * Understand one line; functions that are not deferred are called.  A line
 * without a command (empty, or a comment) leaves *command NULL.
 */
enum boot_error boot_script_parse(struct boot_script *script, const char *line,
	    unsigned module, struct boot_command **command);

/* What symbol stands for, other symbols followed; NULL if it is undefined. */
const struct boot_symbol *boot_script_resolve(struct boot_script *script,
	    struct boot_symbol *symbol);

const char *boot_script_message(enum boot_error error);

#endif
