/*
 * device/console.h - the console's input, for the machine and for start-up.
 */
#ifndef DEVICE_CONSOLE_H
#define DEVICE_CONSOLE_H

/* A character came in; from interrupts, which are off. */
void	console_input(int c);
/* Wait until somebody presses return; by the first thread. */
void	console_wait_return(void);

#endif
