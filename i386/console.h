/*
 * i386/console.h - the devices that a console can be.
 */
#ifndef I386_CONSOLE_H
#define I386_CONSOLE_H

#include <stdbool.h>

/* By the word console= of the command line; from here on output works. */
void	console_choose(void);
/* Take characters from the console's devices by interrupt. */
void	console_input_start(void);

bool	serial_init(unsigned port);	/* 0 is COM1; false: there is none */
void	serial_putc(char c);
void	serial_input_start(void);

void	vga_init(void);
void	vga_putc(char c);
void	keyboard_start(void);

#endif
