/*
 * i386/mp.h - starting the other processors.
 */
#ifndef I386_MP_H
#define I386_MP_H

/* Where a processor starts in real mode: a page below 1 MB. */
#define TRAMPOLINE_ADDRESS	0x8000

/* The boot processor's first stack; then each other's in turn. */
#define BOOT_STACK_SIZE		16384

#endif
