/*
 * i386/boot_info.h - what the boot loader told us; included by the machine-
 * independent start-up as <machine/boot_info.h>.
 */
#ifndef I386_BOOT_INFO_H
#define I386_BOOT_INFO_H

#include <kern/types.h>

#define BOOT_MODULES_MAX	64
#define MEMORY_RANGES_MAX	32

struct boot_module {
	phys_addr_t	 start;		/* physical, page aligned by the loader */
	uint32_t	 size;		/* bytes */
	const char	*string;	/* command line, in kernel memory */
};

struct memory_range {
	phys_addr_t	 start, end;	/* whole pages of usable memory */
};

/* All fixed once the machine has started the kernel proper. */
extern struct boot_module  boot_modules[BOOT_MODULES_MAX];
extern unsigned		   boot_module_count;
extern const char	  *boot_command_line;
/*
 * Usable memory, sorted, free of the kernel image and what the machine took
 * before vm_page_bootstrap.  Ranges that hold modules are NOT among them:
 * boot_module_release gives a module's pages to vm_page when it is no longer
 * needed.
 */
extern struct memory_range memory_ranges[MEMORY_RANGES_MAX];
extern unsigned		   memory_range_count;
extern phys_addr_t	   memory_size;	/* bytes of RAM in all */

/*
 * The kernel image, page aligned, at its link addresses (physical is
 * direct_to_phys): text is to be mapped read-only and executable, read-only
 * data neither written nor executed, the rest (to kernel_end) data.
 */
extern char kernel_text_start[], kernel_text_end[];
extern char kernel_rodata_start[], kernel_rodata_end[];
extern char kernel_data_start[], kernel_end[];

/*
 * Zeroed memory in the direct map before vm_page_bootstrap, whole pages,
 * taken off memory_ranges.  Panics when there is none.
 */
void	*boot_alloc(uint32_t size);

#endif
