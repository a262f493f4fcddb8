/*
 * kern/console.h - output on the console, a line at a time.
 */
#ifndef KERN_CONSOLE_H
#define KERN_CONSOLE_H

#include <stddef.h>

/*
 * Write n bytes.  Each line, or 256 bytes of a longer one, comes out whole.
 * May be called with any lock held, and from interrupts.
 */
void	console_write(const char *s, size_t n);

/* Implemented by the machine: one character, polled; expands newline. */
void	machine_console_putc(int c);

/* For panic: from now on printing waits for no lock. */
void	console_panic(void);

#endif
