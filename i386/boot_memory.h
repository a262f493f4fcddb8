/*
 * i386/boot_memory.h - physical memory as the machine finds it at boot.
 */
#ifndef I386_BOOT_MEMORY_H
#define I386_BOOT_MEMORY_H

#include <kern/types.h>

struct multiboot_info;

/* Fill memory_ranges from the loader's map; memory_size with it. */
void	boot_memory_find(const struct multiboot_info *info);
/* Take [start, end) out of memory_ranges, widened to whole pages. */
void	boot_memory_reserve(phys_addr_t start, phys_addr_t end);

#endif
