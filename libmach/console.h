/*
 * libmach/console.h - the console, for the system layer of newlib.
 *
 * Both return the bytes moved, perhaps fewer than asked for, or -1.
 */
#ifndef LIBMACH_CONSOLE_H
#define LIBMACH_CONSOLE_H

extern int console_write(const char *buf, int count);
extern int console_read(char *buf, int count);

#endif
