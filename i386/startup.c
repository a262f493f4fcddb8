/*
 * i386/startup.c - from boot.S to kernel_main.
 *
 * Owns:       the command line, the list of modules, the boot processor.
 * Locks:      none; one processor runs, interrupts off.
 * Source:     Multiboot specification 0.6.96.
 */
#include <kern/debug.h>
#include <kern/processor.h>
#include <kern/sched.h>
#include <kern/string.h>
#include <kern/types.h>
#include <machine/boot_info.h>
#include <machine/boot_memory.h>
#include <machine/console.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/machine.h>
#include <machine/mp.h>
#include <machine/multiboot.h>
#include <machine/pmap.h>
#include <machine/seg.h>
#include <vm/pmap.h>

#define STRINGS_SIZE	32768		/* all command lines together */
#define MEMORY_MIN	(6u << 20)	/* beside the kernel and its modules */
#define BOOT_IMAGE_START	(1u << 20)	/* kernel.ld: .boot */
#define LOW_PAGES	PAGE_SIZE	/* bytes: the firmware's vectors and data */

void	i386_init(uint32_t magic, uint32_t info_address)
	    __attribute__((noreturn));

struct boot_module boot_modules[BOOT_MODULES_MAX];
unsigned boot_module_count;
const char *boot_command_line = "";

static struct processor boot_processor;
static char strings[STRINGS_SIZE];	/* the loader's memory is reused */
static size_t strings_used;

/* What the loader left at a physical address, which must be mapped. */
static const void *
loader_data(uint32_t address, uint32_t size)
{
	if (address > DIRECT_MAP_SIZE || size > DIRECT_MAP_SIZE - address)
		machine_boot_failed("cannot start: "
		    "the boot loader's tables are not in low memory");
	return phys_to_direct(address);
}

static const char *
string_keep(uint32_t address)
{
	char *copy = strings + strings_used;
	size_t room = STRINGS_SIZE - strings_used;
	size_t length;

	if (address == 0)
		return "";
	length = strnlen(loader_data(address, STRINGS_SIZE), room);
	if (length == room)
		machine_boot_failed("cannot start: "
		    "the command lines are longer than 32 KB");
	memcpy(copy, phys_to_direct(address), length);
	strings_used += length + 1;
	return copy;
}

/* The next word at or after p, its length in *length; NULL at the end. */
static const char *
word_next(const char *p, size_t *length)
{
	const char *end;

	while (*p == ' ' || *p == '\t')
		p++;
	if (*p == '\0')
		return NULL;
	for (end = p; *end != '\0' && *end != ' ' && *end != '\t'; end++)
		continue;
	*length = (size_t)(end - p);
	return p;
}

const char *
boot_option(const char *name, char *buf, size_t size)
{
	size_t name_length = strlen(name);
	const char *found = NULL;
	size_t found_length = 0, length;

	for (const char *p = boot_command_line;
	    (p = word_next(p, &length)) != NULL; p += length) {
		if (length > name_length && p[name_length] == '=' &&
		    strncmp(p, name, name_length) == 0) {
			found = p + name_length + 1;
			found_length = length - name_length - 1;
		}
	}
	if (found == NULL)
		return NULL;
	found_length = min_of(found_length, size - 1);
	memcpy(buf, found, found_length);
	buf[found_length] = '\0';
	return buf;
}

bool
boot_flag(const char *word)
{
	size_t word_length = strlen(word);
	size_t length;

	for (const char *p = boot_command_line;
	    (p = word_next(p, &length)) != NULL; p += length)
		if (length == word_length && strncmp(p, word, length) == 0)
			return true;
	return false;
}

static void
find_modules(const struct multiboot_info *info)
{
	const struct multiboot_module *m;

	if (!(info->flags & MULTIBOOT_HAS_MODULES))
		return;
	if (info->mods_count > BOOT_MODULES_MAX)
		machine_boot_failed("cannot start: more than 64 modules");
	m = loader_data(info->mods_addr, info->mods_count * sizeof(*m));
	for (unsigned i = 0; i < info->mods_count; i++) {
		boot_modules[i].start = m[i].start;
		boot_modules[i].size = m[i].end - m[i].start;
		boot_modules[i].string = string_keep(m[i].string);
	}
	boot_module_count = info->mods_count;
}

/* Leave to vm_page only what nobody holds. */
static void
reserve_memory(void)
{
	phys_addr_t usable = 0;
	char why[100];

	boot_memory_reserve(0, LOW_PAGES);
	boot_memory_reserve(TRAMPOLINE_ADDRESS,
	    TRAMPOLINE_ADDRESS + PAGE_SIZE);
	boot_memory_reserve(BOOT_IMAGE_START, direct_to_phys(kernel_end));
	for (unsigned i = 0; i < boot_module_count; i++)
		boot_memory_reserve(boot_modules[i].start,
		    boot_modules[i].start + boot_modules[i].size);
	for (unsigned i = 0; i < memory_range_count; i++)
		usable += memory_ranges[i].end - memory_ranges[i].start;
	if (usable < MEMORY_MIN) {
		ksnprintf(why, sizeof(why), "cannot start: too little memory: "
		    "%u KB, %u KB beside kernel and modules",
		    (unsigned)(memory_size >> 10), (unsigned)(usable >> 10));
		machine_boot_failed(why);
	}
}

/* In the kernel's addresses, in boot.S's tables, on boot.S's stack. */
void
i386_init(uint32_t magic, uint32_t info_address)
{
	const struct multiboot_info *info = phys_to_direct(info_address);

	cpu_identify();
	seg_init_shared();
	processor_add(&boot_processor);
	boot_processor.machine.bit = 1u << boot_processor.number;
	seg_init_processor(&boot_processor);
	cpu_enable_features();

	if (magic == MULTIBOOT_LOADER_MAGIC &&
	    (info->flags & MULTIBOOT_HAS_CMDLINE))
		boot_command_line = string_keep(info->cmdline);
	console_choose();
	if (magic != MULTIBOOT_LOADER_MAGIC)
		machine_boot_failed("cannot start: "
		    "not loaded by a multiboot 1 boot loader");
	if (!(info->flags & (MULTIBOOT_HAS_MAP | MULTIBOOT_HAS_MEMORY)))
		machine_boot_failed("cannot start: "
		    "the boot loader gave no memory map");

	if (info->flags & MULTIBOOT_HAS_MAP)
		(void)loader_data(info->map_addr, info->map_length);
	boot_memory_find(info);
	find_modules(info);
	reserve_memory();
	pmap_bootstrap();
	seg_set_kernel_cr3(&boot_processor, pmap_kernel_cr3);
	kernel_main();
}
