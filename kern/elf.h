/*
 * kern/elf.h - as much of the 32-bit ELF format as the loader of boot modules
 * reads.
 *
 * Source:     System V ABI, object files.
 */
#ifndef KERN_ELF_H
#define KERN_ELF_H

#include <kern/types.h>

struct boot_module;
struct vm_map;

#define ELF_MAGIC		"\177ELF"
#define ELF_MAGIC_SIZE		4
#define ELF_CLASS_32		1
#define ELF_DATA_LITTLE		1
#define ELF_VERSION		1
#define ELF_TYPE_EXEC		2
#define ELF_TYPE_DYN		3

struct elf_header {
	char		magic[ELF_MAGIC_SIZE];
	uint8_t		class;
	uint8_t		data;
	uint8_t		ident_version;
	uint8_t		pad[9];
	uint16_t	type;
	uint16_t	machine;
	uint32_t	version;
	uint32_t	entry;
	uint32_t	phoff;
	uint32_t	shoff;
	uint32_t	flags;
	uint16_t	ehsize;
	uint16_t	phentsize;
	uint16_t	phnum;
	uint16_t	shentsize;
	uint16_t	shnum;
	uint16_t	shstrndx;
};

#define ELF_PT_LOAD		1u
#define ELF_PT_GNU_STACK	0x6474e551u

#define ELF_PF_X		1u
#define ELF_PF_W		2u
#define ELF_PF_R		4u

struct elf_segment {
	uint32_t	type;
	uint32_t	offset;
	uint32_t	vaddr;
	uint32_t	paddr;
	uint32_t	filesz;
	uint32_t	memsz;
	uint32_t	flags;
	uint32_t	align;
};

_Static_assert(sizeof(struct elf_header) == 52, "ELF");
_Static_assert(sizeof(struct elf_segment) == 32, "ELF");

/*
 * Load a module's image into an empty map.  May sleep.  Returns NULL and the
 * entry point in *entry, or what is wrong with the module; then the map may
 * hold parts of it.
 */
const char *elf_load(const struct boot_module *module, struct vm_map *map,
	    vm_offset_t *entry);

#endif
