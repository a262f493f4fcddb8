/*
 * i386/cpu.h - all that the rest of the kernel may know of this processor;
 * included as <machine/cpu.h>.
 *
 * Each processor's struct processor (kern/processor.h) is the base of %fs
 * while the kernel runs; its first two words are itself and its thread.
 */
#ifndef I386_CPU_H
#define I386_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/vm_param.h>	/* pages: PAGE_SIZE, round_page, ... */

/* Address space: tasks below, the kernel above. */
#define KERNEL_BASE		0xc0000000u	/* direct map of low memory */
#define DIRECT_MAP_SIZE		0x30000000u	/* 768 MB at most */
#define KERNEL_MAP_MIN		0xf0000000u	/* kernel_map: 4 KB pages */
#define KERNEL_MAP_MAX		0xff000000u
#define KERNEL_WINDOW_BASE	0xff000000u	/* the machine's own mappings */

#define KERNEL_STACK_SIZE	8192u

/*
 * The kernel passes arguments in registers; routines of system call traps
 * take them from the stack, where the machine puts them in the user's order.
 */
#define TRAP_ROUTINE	__attribute__((regparm(0)))

struct processor;
struct thread;

static inline struct processor *
current_processor(void)
{
	struct processor *p;

	__asm__ volatile("movl %%fs:0, %0" : "=r" (p));
	return p;
}

static inline struct thread *
current_thread(void)
{
	struct thread *t;

	__asm__ volatile("movl %%fs:4, %0" : "=r" (t));
	return t;
}

/*
 * The fields of current_processor(), each to be read or written at once, by one
 * instruction: no register holds where they are.
 */
#define own_processor	((struct processor __seg_fs *)0)

/*
 * n / d, and the remainder.  The kernel has no 64-bit division but this:
 * the compiler's library does not pass arguments in registers.
 */
static inline uint64_t
divide_u64(uint64_t n, uint32_t d, uint32_t *remainder)
{
	uint32_t high = (uint32_t)(n >> 32) / d;
	uint32_t low, rest = (uint32_t)(n >> 32) % d;

	__asm__("divl %4" : "=a" (low), "=d" (rest)
	    : "0" ((uint32_t)n), "1" (rest), "rm" (d));
	*remainder = rest;
	return (uint64_t)high << 32 | low;
}

/*
 * What kern/lock.h needs of atomic operations, on a word wherever it lies: the
 * compiler's own first put its address into a register.  "inline": each is to be
 * taken for one instruction, however many lines it has.
 */

/* What follows an operation that has set the flags: see atomic_add_bounded. */
#define ATOMIC_BOUND							\
	"js 801f\n"							\
	"802:\n\t"							\
	".subsection 1\n"						\
	"801: movl %2, %0\n\t"						\
	"jmp 802b\n\t"							\
	".previous"

/* Set bit 0; whether it was set. */
static inline __attribute__((always_inline)) bool
atomic_test_and_set(volatile uint32_t *word)
{
	bool was_set;

	__asm__ volatile inline("lock; btsl $0, %0"
	    : "+m" (*word), "=@ccc" (was_set) : : "memory");
	return was_set;
}

/*
 * Set bit 0, once it is clear.  The wait stands apart and, cpu_spin_wait and
 * all, leaves every register alone, so that the compiler need not think of it.
 */
static inline __attribute__((always_inline)) void
atomic_lock(volatile uint32_t *word)
{
	__asm__ volatile inline("801: lock; btsl $0, %0\n\t"
	    "jc 802f\n\t"
	    ".subsection 1\n"
	    "802: call cpu_spin_wait_saving\n\t"
	    "testl $1, %0\n\t"
	    "jnz 802b\n\t"
	    "jmp 801b\n\t"
	    ".previous"
	    : "+m" (*word) : : "memory", "cc");
}

/* Put to where from is; whether it was. */
static inline __attribute__((always_inline)) bool
atomic_move(volatile uint32_t *word, uint32_t from, uint32_t to)
{
	bool was;

	__asm__ volatile inline("lock; cmpxchgl %3, %0"
	    : "+m" (*word), "=@ccz" (was), "+a" (from) : "r" (to) : "memory");
	return was;
}

/*
 * Add n, or -n; if the result is negative, signed, it is put to limit instead.
 * The first is in no order to other memory.
 */
static inline __attribute__((always_inline)) void
atomic_add_bounded(volatile uint32_t *word, uint32_t n, uint32_t limit)
{
	__asm__ volatile inline("lock; addl %1, %0\n\t"
	    ATOMIC_BOUND : "+m" (*word) : "ri" (n), "i" (limit) : "cc");
}

static inline __attribute__((always_inline)) void
atomic_sub_bounded(volatile uint32_t *word, uint32_t n, uint32_t limit)
{
	__asm__ volatile inline("lock; subl %1, %0\n\t"
	    ATOMIC_BOUND : "+m" (*word) : "ri" (n), "i" (limit)
	    : "memory", "cc");
}

/* Subtract n; whether zero or less is left, signed. */
static inline __attribute__((always_inline)) bool
atomic_sub_runs_out(volatile uint32_t *word, uint32_t n)
{
	bool out;

	__asm__ volatile inline("lock; subl %2, %0"
	    : "+m" (*word), "=@ccle" (out) : "ri" (n) : "memory");
	return out;
}

/* Number of this processor; for what does not include kern/processor.h. */
int	cpu_number(void);

/* Interrupts: disable returns whether they were on. */
static inline bool
intr_disable(void)
{
	uint32_t flags;

	__asm__ volatile("pushfl; popl %0; cli" : "=r" (flags) : : "memory");
	return (flags & 0x200) != 0;
}

/* The same where they are known to be on; intr_restore(true) ends it. */
static inline void
intr_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void
intr_restore(bool were_on)
{
	if (were_on)
		__asm__ volatile("sti" : : : "memory");
}

static inline bool
intr_enabled(void)
{
	uint32_t flags;

	__asm__ volatile("pushfl; popl %0" : "=r" (flags));
	return (flags & 0x200) != 0;
}

/*
 * One turn of a spin loop: pauses; with interrupts off also answers TLB
 * shootdowns sent to this processor.
 */
void	cpu_spin_wait(void);

/* Halt until an interrupt; called with interrupts off, returns with them on. */
void	cpu_idle(void);

/* Make processor look at its ast and run queue: an interrupt to it. */
void	cpu_nudge(struct processor *processor);

/* Stop all processors for good (panic, halt); prints nothing. */
void	cpu_halt_all(void) __attribute__((noreturn));

/* Microseconds since the last tick that clock_ticks counted, 0 if unknown. */
uint32_t cpu_tick_fraction_us(void);

/* The direct map. */
#define phys_to_direct(pa)	((void *)((uintptr_t)(pa) + KERNEL_BASE))
#define direct_to_phys(va)	((uint32_t)(uintptr_t)(va) - KERNEL_BASE)

/*
 * Copy between the current task's user space and the kernel.  A bad address,
 * a wrap or one above the user's part gives KERN_INVALID_ADDRESS; part may
 * have been copied.  May sleep (page faults): no spin lock held.
 */
int	copyin(const void *user_src, void *dst, uint32_t size);
int	copyout(const void *src, void *user_dst, uint32_t size);
/* Word copies for message headers: size a multiple of 4, otherwise the same. */
int	copyinmsg(const void *user_src, void *dst, uint32_t size);
int	copyoutmsg(const void *src, void *user_dst, uint32_t size);

#endif
