/*
 * i386/fpu.h - the FPU's state, SSE's with it, of threads.
 */
#ifndef I386_FPU_H
#define I386_FPU_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

struct i386_float_state;
struct pcb;

void	fpu_init(void);			/* once, when zones exist */
/* Leave pcb's thread: save what is in the processor.  Interrupts off. */
void	fpu_save(struct pcb *pcb);
void	fpu_free(struct pcb *pcb);
/* The control word that a new thread takes over. */
void	fpu_inherit(struct pcb *parent, struct pcb *child);

/* thread_get_state and thread_set_state. */
void	fpu_get_state(struct pcb *pcb, struct i386_float_state *state);
kern_return_t fpu_set_state(struct pcb *pcb,
	    const struct i386_float_state *state);

#endif
