/*
 * kern/boot_module.h - boot modules: files that the boot loader put into
 * physical memory.
 */
#ifndef KERN_BOOT_MODULE_H
#define KERN_BOOT_MODULE_H

#include <kern/types.h>

struct boot_module;
struct vm_map;

/* Start what the modules say, as the boot script does; by the first thread. */
void	boot_modules_start(void);

/* Bytes of a module; the caller knows that they are within it. */
void	boot_module_read(const struct boot_module *module, uint32_t offset,
	    void *dst, uint32_t size);

/* Write over memory of a task that is there and writable.  May sleep. */
kern_return_t task_memory_write(struct vm_map *map, vm_offset_t addr,
	    const void *data, vm_size_t size);

#endif
