/*
 * i386/reset.h - leaving the machine.
 */
#ifndef I386_RESET_H
#define I386_RESET_H

#define QEMU_EXIT_PORT	0xf4
#define QEMU_EXIT_DONE	0x10
#define QEMU_EXIT_PANIC	0x11
#define QEMU_EXIT_REFUSED 0x12
#define QEMU_EXIT_HALTED 0x13

#ifndef __ASSEMBLER__
#include <stdint.h>

/*
 * If the command line has the word qemu-exit: end QEMU through its
 * isa-debug-exit device.  Returns if there is none.
 */
void	qemu_exit(uint32_t code);
#endif

#endif
