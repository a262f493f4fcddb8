/*
 * kern/timer.h - clock, time of day and timers.
 *
 * The clock interrupts each processor HZ times a second; the first processor
 * keeps time and runs the timers.
 */
#ifndef KERN_TIMER_H
#define KERN_TIMER_H

#include <kern/queue.h>
#include <kern/types.h>
#include <mach/time_value.h>

#define HZ		100u
#define TICK_US		(1000000u / HZ)

struct timer {
	struct queue	  link;		/* LOCK_TIMER */
	uint64_t	  deadline;	/* tick; LOCK_TIMER */
	bool		  set;		/* LOCK_TIMER */
	void		(*expire)(void *arg);	/* fixed by timer_init */
	void		 *arg;
};

void	timer_init(struct timer *timer, void (*expire)(void *), void *arg);
/* Run expire(arg) on the clock interrupt, ticks from now (at least one). */
void	timer_set(struct timer *timer, uint64_t ticks);
/* Returns whether it was still to run.  On return expire is not running. */
bool	timer_cancel(struct timer *timer);

uint64_t ticks_from_ms(unsigned ms);	/* rounds up, at least 1 */
extern volatile uint64_t clock_ticks;	/* since boot; written by one processor */
extern volatile uint32_t uptime;	/* seconds of ticks; written by one processor */

static inline uint32_t
uptime_seconds(void)
{
	return uptime;
}

void	clock_bootstrap(void);
/* Called by the machine, interrupts off, on each processor's tick. */
void	clock_interrupt(bool from_user);

void	clock_get_time(time_value_t *now);	/* time of day, to the microsecond where the machine can */
void	clock_set_wall(uint64_t seconds);	/* machine: time of day at boot */

/* The same to the nanosecond; setting also drops what was left to adjust. */
void	clock_get_time64(time_value64_t *now);
void	clock_set_time64(const time_value64_t *now);
/* Slew by delta_ns from now on; *old_delta_ns was still to be slewed. */
void	clock_adjust_time(int64_t delta_ns, int64_t *old_delta_ns);

/* Physical address of the page that holds struct mapped_time_value. */
phys_addr_t clock_mapped_page(void);

#endif
