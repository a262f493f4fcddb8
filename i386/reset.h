/*
 * i386/reset.h - leaving the machine.
 */
#ifndef I386_RESET_H
#define I386_RESET_H

#include <stdint.h>

#define QEMU_EXIT_DONE	0x10u
#define QEMU_EXIT_PANIC	0x11u
#define QEMU_EXIT_REFUSED 0x12u

/*
 * If the command line has the word qemu-exit: end QEMU through its
 * isa-debug-exit device.  Returns if there is none.
 */
void	qemu_exit(uint32_t code);

#endif
