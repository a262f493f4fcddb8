/*
 * i386/intr.h - interrupt lines.
 */
#ifndef I386_INTR_H
#define I386_INTR_H

#include <stdbool.h>

struct trap_frame;

/* Lines: the 16 of ISA, then those an I/O APIC has beyond. */
#define INTR_LINES	24

/* Run handler(arg), interrupts off, when ISA line irq is raised; unmasks it. */
void	intr_establish(unsigned irq, void (*handler)(void *), void *arg);
void	intr_mask(unsigned irq);
void	intr_unmask(unsigned irq);
/* Choose and set up the controllers; everything masked. */
void	intr_init(void);

/* From trap.c: an interrupt vector was taken, interrupts off. */
void	interrupt(struct trap_frame *frame);

/* The 8259 pair. */
void	pic_init(void);			/* remapped, all lines masked */
void	pic_set_mask(unsigned irq, bool masked);
/* False: the line was spurious and wants no service. */
bool	pic_acknowledge(unsigned irq);

#endif
