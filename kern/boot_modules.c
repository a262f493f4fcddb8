/*
 * kern/boot_modules.c - the first tasks: what the boot script says is done.
 *
 * Owns:       the meaning of the script's variables and functions, and the
 *             boot modules until their memory is given back.
 * Locks:      none; all of it runs in the first thread, before any task that
 *             it makes is resumed.
 *
 * What is wrong with a script or a module is the operator's mistake: one line
 * says what, and the boot ends there.
 * Source:     the order of things, the image and the arguments of a first task
 *             are GNU Mach's; docs/boot.md tells them.
 */
#include <device/console.h>
#include <device/device_init.h>
#include <device/ramdisk.h>
#include <ipc/ipc_port.h>
#include <kern/boot_module.h>
#include <kern/boot_script.h>
#include <kern/debug.h>
#include <kern/elf.h>
#include <kern/host.h>
#include <kern/string.h>
#include <kern/task.h>
#include <kern/task_internal.h>
#include <kern/thread_internal.h>
#include <kern/zone.h>
#include <machine/boot_info.h>
#include <machine/machine.h>
#include <machine/param.h>
#include <machine/pcb.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>
#include <vm/vm_page.h>

#define MESSAGE_SIZE	200
#define PORT_NAME_SIZE	12		/* a 32-bit number in decimal */
#define ARGUMENTS_MAX	(MACHINE_STACK_SIZE / 2)	/* bytes */

static struct boot_script script;

/* ---- memory of modules and tasks ---- */

void
boot_module_read(const struct boot_module *module, uint32_t offset,
    void *dst, uint32_t size)
{
	char *to = dst;

	while (size > 0) {
		phys_addr_t pa = module->start + offset;
		unsigned in_page = pa & PAGE_MASK;
		unsigned piece = min_of(size, PAGE_SIZE - in_page);

		pmap_copy_from_page(vm_page_lookup_phys(pa), in_page, to,
		    piece);
		to += piece;
		offset += piece;
		size -= piece;
	}
}

static void
boot_module_release(const struct boot_module *module)
{
	const phys_addr_t mask = PAGE_MASK;

	vm_page_release_range(module->start & ~mask,
	    (module->start + module->size + mask) & ~mask);
}

kern_return_t
task_memory_write(struct vm_map *map, vm_offset_t addr, const void *data,
    vm_size_t size)
{
	vm_map_copy_t copy;
	kern_return_t kr = vm_map_copyin_kernel(data, size, &copy);

	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_copy_overwrite(map, addr, copy);
	if (kr != KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}

/* ---- giving up ---- */

/* "boot: PATH: what: detail"; detail may be NULL. */
static void __attribute__((noreturn))
boot_stop(const char *path, const char *what, const char *detail)
{
	char message[MESSAGE_SIZE];

	ksnprintf(message, sizeof(message), "boot: %s: %s%s%s", path, what,
	    detail != NULL ? ": " : "", detail != NULL ? detail : "");
	machine_boot_failed(message);
}

static void
check(const char *path, enum boot_error error)
{
	if (error != BOOT_OK)
		boot_stop(path, boot_script_message(error), script.culprit);
}

static void *
script_alloc(size_t size)
{
	void *memory = boot_script_alloc(&script, size);

	if (memory == NULL)
		boot_stop("script", "out of memory", NULL);
	return memory;
}

/* ---- the script's functions ---- */

static enum boot_error
new_task(const char *name, struct task **task)
{
	if (task_create_internal(NULL, false, task) != KERN_SUCCESS)
		return BOOT_MACH_ERROR;
	strlcpy((*task)->name, name, sizeof((*task)->name));
	if (task_suspend(*task) != KERN_SUCCESS)
		return BOOT_MACH_ERROR;
	return BOOT_OK;
}

static enum boot_error
function_task_create(struct boot_command *command, struct boot_symbol *result)
{
	if (command->task == NULL) {
		enum boot_error error = new_task(command->path,
		    &command->task);

		if (error != BOOT_OK)
			return error;
	}
	result->value.task = command->task;
	return BOOT_OK;
}

static enum boot_error
function_task_resume(struct boot_command *command, struct boot_symbol *result)
{
	return task_resume(command->task) == KERN_SUCCESS ? BOOT_OK :
	    BOOT_MACH_ERROR;
}

static enum boot_error
function_prompt_task_resume(struct boot_command *command,
    struct boot_symbol *result)
{
	kprintf("boot: press return to start %s ", command->path);
	console_wait_return();
	return function_task_resume(command, result);
}

static enum boot_error
function_ramdisk_create(struct boot_command *command,
    struct boot_symbol *result)
{
	const struct boot_module *module = &boot_modules[command->module];

	if (command->keep_module)
		return BOOT_OK;
	if (!ramdisk_create(module->start, module->size))
		return BOOT_NO_MEMORY;
	command->keep_module = true;
	return BOOT_OK;
}

static const struct {
	const char	    *name;
	struct boot_function function;
} functions[] = {
	{ "task-create", { function_task_create, BOOT_VALUE_TASK, false } },
	{ "task-resume", { function_task_resume, BOOT_VALUE_NONE, true } },
	{ "prompt-task-resume",
	    { function_prompt_task_resume, BOOT_VALUE_NONE, true } },
	{ "ramdisk-create",
	    { function_ramdisk_create, BOOT_VALUE_NONE, false } },
};

/* ---- the script's variables ---- */

static struct boot_symbol *
define(const char *name, enum boot_type type)
{
	struct boot_symbol *symbol = boot_script_define(&script, name, type);

	if (symbol == NULL)
		boot_stop("script", "out of memory", NULL);
	return symbol;
}

static void
define_string(const char *name, const char *value)
{
	define(name, BOOT_VALUE_STRING)->value.string = value;
}

static void
define_port(const char *name, struct ipc_port *port)
{
	define(name, BOOT_VALUE_PORT)->value.port = port;
}

/* The words of the kernel's command line, each with its NUL; *count of them. */
static char *
command_line_words(unsigned *count)
{
	size_t size = strlen(boot_command_line) + 1;
	char *words = script_alloc(size + 1), *to = words;
	const char *p = boot_command_line;

	*count = 0;
	for (;;) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '\0')
			break;
		while (*p != '\0' && *p != ' ' && *p != '\t')
			*to++ = *p++;
		*to++ = '\0';
		(*count)++;
	}
	return words;
}

/* "-" and the letters of all words that start with one; "-x" for none. */
static const char *
boot_args(const char *words, unsigned count)
{
	char *args = script_alloc(strlen(boot_command_line) + 3);
	size_t length = 1;

	args[0] = '-';
	for (; count > 0; count--, words += strlen(words) + 1) {
		if (words[0] != '-')
			continue;
		strlcpy(args + length, words + 1, strlen(words));
		length += strlen(words) - 1;
	}
	return length > 1 ? args : "-x";
}

static const char *
root_device(const char *words, unsigned count)
{
	for (; count > 0; count--, words += strlen(words) + 1) {
		if (strncmp(words, "root=", 5) != 0)
			continue;
		words += 5;
		return strncmp(words, "/dev/", 5) == 0 ? words + 5 : words;
	}
	return "UNKNOWN";
}

/* NAME=VALUE on the command line is a variable of the script. */
static void
define_words(char *words, unsigned count)
{
	for (; count > 0; count--) {
		size_t length = strlen(words);
		char *equals = strchr(words, '=');

		if (equals != NULL && equals != words) {
			*equals = '\0';
			define_string(words, equals + 1);
		}
		words += length + 1;
	}
}

static void
define_all(void)
{
	unsigned count;
	char *words = command_line_words(&count);

	for (unsigned i = 0; i < array_count(functions); i++)
		define(functions[i].name, BOOT_VALUE_FUNCTION)->value.function =
		    &functions[i].function;
	define_port("host-port", realhost.host_priv_self);
	define_port("device-port", device_master_port);
	define("kernel-task", BOOT_VALUE_TASK)->value.task = kernel_task;
	define_string("kernel-command-line", boot_command_line);
	define_string("boot-args", boot_args(words, count));
	define_string("root-device", root_device(words, count));
	define_words(words, count);
}

/* ---- arguments ---- */

/* The name in decimal that a right has for task; consumes the right. */
static const char *
name_for_task(struct task *task, struct ipc_port *right)
{
	char *text = script_alloc(PORT_NAME_SIZE);

	ksnprintf(text, PORT_NAME_SIZE, "%u",
	    ipc_port_copyout_send(right, task->space));
	return text;
}

/* What a symbol is as part of an argument of command. */
static const char *
symbol_text(struct boot_command *command, struct boot_symbol *symbol)
{
	const struct boot_symbol *value = boot_script_resolve(&script, symbol);

	if (value == NULL)
		check(command->path, BOOT_UNDEFINED);
	switch (value->type) {
	case BOOT_VALUE_STRING:
		return value->value.string;
	case BOOT_VALUE_PORT:
		return name_for_task(command->task,
		    ipc_port_make_send(value->value.port));
	case BOOT_VALUE_TASK:
		return name_for_task(command->task, convert_task_to_port(
		    task_reference(value->value.task)));
	default:
		script.culprit = symbol->name;
		check(command->path, BOOT_BAD_TYPE);
		return "";
	}
}

static const char *
argument_text(struct boot_command *command, const struct boot_arg *arg)
{
	const char *value;
	size_t size;
	char *text;

	if (arg->symbol == NULL)
		return arg->text;
	value = symbol_text(command, arg->symbol);
	size = strlen(arg->text) + strlen(value) + 1;
	text = script_alloc(size);
	ksnprintf(text, size, "%s%s", arg->text, value);
	return text;
}

/* ---- a task's image ---- */

/* The strings a program starts with; either list ends with NULL. */
struct start_strings {
	const char **argv;
	const char **envp;
};

static unsigned
count_strings(const char **list, size_t *bytes)
{
	unsigned count = 0;

	for (; list[count] != NULL; count++)
		*bytes += strlen(list[count]) + 1;
	return count;
}

/* Pointers to the strings of list, which go to addr; then a null one. */
static uint32_t *
put_strings(uint32_t *words, const char **list, char *block,
    vm_offset_t block_addr, size_t *used)
{
	for (; *list != NULL; list++) {
		size_t size = strlen(*list) + 1;

		*words++ = block_addr + *used;
		memcpy(block + *used, *list, size);
		*used += size;
	}
	*words++ = 0;
	return words;
}

/*
 * Make the stack and put at its top: the number of arguments, pointers to
 * them, 0, pointers to the environment, 0, the strings.  *sp is where.
 */
static const char *
build_stack(struct vm_map *map, const struct start_strings *strings,
    vm_offset_t *sp)
{
	vm_offset_t base = MACHINE_STACK_TOP - MACHINE_STACK_SIZE;
	size_t bytes = 0, used;
	unsigned argc = count_strings(strings->argv, &bytes);
	unsigned envc = count_strings(strings->envp, &bytes);
	size_t pointers = (argc + envc + 3) * sizeof(uint32_t);
	size_t size = (pointers + bytes + 3) & ~(size_t)3;
	uint32_t *block, *words;
	kern_return_t kr;

	if (size > ARGUMENTS_MAX)
		return "arguments too long";
	if (vm_map_allocate(map, &base, MACHINE_STACK_SIZE, false) !=
	    KERN_SUCCESS)
		return "no memory for the stack";
	block = kalloc_zero(size);
	if (block == NULL)
		return "out of memory";
	*sp = MACHINE_STACK_TOP - size;
	used = pointers;
	block[0] = argc;
	words = put_strings(block + 1, strings->argv, (char *)block, *sp, &used);
	put_strings(words, strings->envp, (char *)block, *sp, &used);
	kr = task_memory_write(map, *sp, block, size);
	kfree(block, size);
	return kr == KERN_SUCCESS ? NULL : "out of memory";
}

/* Load the module, build the stack, make the thread that the task will run. */
static void
load_task(struct task *task, const char *path,
    const struct boot_module *module, const struct start_strings *strings)
{
	const char *wrong;
	struct thread *thread;
	vm_offset_t entry, sp;

	wrong = elf_load(module, task->map, &entry);
	if (wrong == NULL)
		wrong = build_stack(task->map, strings, &sp);
	if (wrong == NULL && thread_create(task, &thread) != KERN_SUCCESS)
		wrong = "no memory for a thread";
	if (wrong != NULL)
		boot_stop(path, wrong, NULL);
	machine_set_entry(thread, entry, sp);
	thread_resume(thread);
	thread_release(thread);
}

/* ---- the script ---- */

static void
run_command(struct boot_command *command)
{
	static const char *no_environment[] = { NULL };
	const char **argv;
	unsigned argc = 0;

	argv = script_alloc((command->arg_count + 2) * sizeof(*argv));
	argv[argc++] = command->path;
	for (struct boot_arg *arg = command->args; arg != NULL;
	    arg = arg->next)
		argv[argc++] = argument_text(command, arg);
	argv[argc] = NULL;
	load_task(command->task, command->path,
	    &boot_modules[command->module],
	    &(struct start_strings){ argv, no_environment });
}

static void
run_deferred(struct boot_command *command)
{
	for (struct boot_call *call = command->deferred; call != NULL;
	    call = call->next)
		check(command->path, call->function->call(command, NULL));
}

/* Parse every line, load every command, then resume. */
static void
run_script(void)
{
	struct boot_command *command;
	bool starts = false;

	define_all();
	for (unsigned i = 0; i < boot_module_count; i++) {
		enum boot_error error = boot_script_parse(&script,
		    boot_modules[i].string, i, &command);

		check(command != NULL ? command->path : "script", error);
	}
	for (command = script.commands; command != NULL;
	    command = command->next) {
		if (command->task != NULL)
			run_command(command);
		if (!command->keep_module)
			boot_module_release(&boot_modules[command->module]);
	}
	for (command = script.commands; command != NULL;
	    command = command->next) {
		if (command->task == NULL)
			continue;
		starts |= command->deferred != NULL;
		run_deferred(command);
		task_release(command->task);
	}
	if (!starts)
		machine_boot_failed("boot: the script starts nothing");
}

/* ---- a single module without arguments ---- */

static bool
is_single_word(const char *string)
{
	while (*string == ' ' || *string == '\t')
		string++;
	while (*string != '\0' && *string != ' ' && *string != '\t')
		string++;
	while (*string == ' ' || *string == '\t')
		string++;
	return *string == '\0';
}

/* It is told by position what a script would tell by name. */
static void
run_single(void)
{
	const char *argv[6] = { "bootstrap" }, *envp[2] = { NULL };
	unsigned count;
	const char *words = command_line_words(&count);
	struct task *task;
	char *variable;
	size_t size;

	check(argv[0], new_task(argv[0], &task));
	argv[1] = boot_args(words, count);
	argv[2] = name_for_task(task,
	    ipc_port_make_send(realhost.host_priv_self));
	argv[3] = name_for_task(task, ipc_port_make_send(device_master_port));
	argv[4] = root_device(words, count);
	if (boot_command_line[0] != '\0') {
		size = strlen("MULTIBOOT_CMDLINE=") +
		    strlen(boot_command_line) + 1;
		variable = script_alloc(size);
		ksnprintf(variable, size, "MULTIBOOT_CMDLINE=%s",
		    boot_command_line);
		envp[0] = variable;
	}
	load_task(task, argv[0], &boot_modules[0],
	    &(struct start_strings){ argv, envp });
	boot_module_release(&boot_modules[0]);
	task_resume(task);
	task_release(task);
}

void
boot_modules_start(void)
{
	if (boot_module_count == 0)
		machine_boot_failed("boot: no modules: nothing to start");
	boot_script_init(&script);
	if (boot_module_count == 1 && is_single_word(boot_modules[0].string))
		run_single();
	else
		run_script();
	boot_script_free(&script);
}
