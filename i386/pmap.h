/*
 * i386/pmap.h - what i386/ knows of its pmap beyond the contract vm/pmap.h.
 */
#ifndef I386_PMAP_H
#define I386_PMAP_H

#include <kern/types.h>

struct pmap;

/*
 * Fixed after pmap_bootstrap.  A processor that starts loads
 * pmap_kernel_cr3 after cpu_enable_features, then calls pmap_processor_init;
 * on the boot processor pmap_bootstrap does both.
 */
extern uint32_t	pmap_kernel_cr3;
extern uint64_t	pmap_nx_bit;		/* 0: the processor has no NX */

/*
 * On each processor once %fs finds its struct processor, interrupts off:
 * from now on shootdowns go to it too.
 */
void	pmap_processor_init(void);

/*
 * Map registers or firmware tables of a device, uncached, for good; from
 * pmap_bootstrap on.  pa and size need not be aligned.  Panics when the room
 * for such mappings is used up.
 */
void	*pmap_map_device(phys_addr_t pa, uint32_t size);

/* The handler of IPI_SHOOTDOWN, interrupts off. */
void	pmap_shootdown_interrupt(void);
/* Answer what is asked of this processor; from cpu_spin_wait. */
void	pmap_shootdown_poll(void);

#endif
