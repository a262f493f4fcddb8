/*
 * tests/host/machine/cpu.h - a make-believe processor for host unit tests:
 * what of i386/cpu.h the tested files use.  The test says which processor it
 * plays and where the direct map is.
 */
#ifndef HOST_MACHINE_CPU_H
#define HOST_MACHINE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1u << PAGE_SHIFT)
#define PAGE_MASK	(PAGE_SIZE - 1)
#define trunc_page(x)	((x) & ~PAGE_MASK)
#define round_page(x)	(((x) + PAGE_MASK) & ~PAGE_MASK)
#define page_aligned(x)	(((x) & PAGE_MASK) == 0)

struct processor;
struct thread;

extern struct processor *host_processor;	/* the one being played */
#define own_processor	host_processor
extern bool host_interrupts;			/* whether they are on */
extern char *host_memory;			/* physical address 0 */

struct thread	*current_thread(void);		/* the test's, if it has threads */
int	cpu_number(void);
void	cpu_spin_wait(void);

static inline struct processor *
current_processor(void)
{
	return host_processor;
}

static inline uint64_t
divide_u64(uint64_t n, uint32_t d, uint32_t *remainder)
{
	*remainder = (uint32_t)(n % d);
	return n / d;
}

static inline bool
atomic_test_and_set(volatile uint32_t *word)
{
	return __atomic_fetch_or(word, 1, __ATOMIC_SEQ_CST) & 1;
}

static inline void
atomic_lock(volatile uint32_t *word)
{
	while (atomic_test_and_set(word))
		cpu_spin_wait();
}

static inline bool
atomic_move(volatile uint32_t *word, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline void
atomic_add_bounded(volatile uint32_t *word, uint32_t n, uint32_t limit)
{
	if ((int32_t)__atomic_add_fetch(word, n, __ATOMIC_SEQ_CST) < 0)
		*word = limit;
}

static inline void
atomic_sub_bounded(volatile uint32_t *word, uint32_t n, uint32_t limit)
{
	if ((int32_t)__atomic_sub_fetch(word, n, __ATOMIC_SEQ_CST) < 0)
		*word = limit;
}

static inline bool
atomic_sub_runs_out(volatile uint32_t *word, uint32_t n)
{
	return (int32_t)__atomic_sub_fetch(word, n, __ATOMIC_SEQ_CST) <= 0;
}

uint32_t cpu_tick_fraction_us(void);

static inline bool
intr_disable(void)
{
	bool were_on = host_interrupts;

	host_interrupts = false;
	return were_on;
}

static inline void
intr_off(void)
{
	(void)intr_disable();
}

static inline void
intr_restore(bool were_on)
{
	if (were_on)
		host_interrupts = true;
}

#define phys_to_direct(pa)	((void *)(host_memory + (pa)))
#define direct_to_phys(va)	((uint32_t)((char *)(va) - host_memory))

#endif
