/*
 * i386/multiboot.h - what a multiboot 1 boot loader hands over.
 */
#ifndef I386_MULTIBOOT_H
#define I386_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_LOADER_MAGIC	0x2badb002u

/* multiboot_info.flags: which fields mean something. */
#define MULTIBOOT_HAS_MEMORY	0x001u
#define MULTIBOOT_HAS_CMDLINE	0x004u
#define MULTIBOOT_HAS_MODULES	0x008u
#define MULTIBOOT_HAS_MAP	0x040u

/* All addresses are physical. */
struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;	/* KB below and above 1 MB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t symbols[4];
	uint32_t map_length, map_addr;
};

struct multiboot_module {
	uint32_t start, end;
	uint32_t string;
	uint32_t reserved;
};

#define MULTIBOOT_RAM	1u		/* multiboot_range.type */

/* The next one follows size + 4 bytes behind the start of this one. */
struct multiboot_range {
	uint32_t size;
	uint64_t start, length;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct multiboot_range) == 24, "specification");
_Static_assert(offsetof(struct multiboot_info, map_addr) == 48,
    "specification");

#endif
