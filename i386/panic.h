/*
 * i386/panic.h - stopping processors for good.
 */
#ifndef I386_PANIC_H
#define I386_PANIC_H

/* All other processors halt in a non-maskable interrupt.  Interrupts off. */
void	panic_stop_others(void);

#endif
