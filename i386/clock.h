/*
 * i386/clock.h - the PC's clocks.
 */
#ifndef I386_CLOCK_H
#define I386_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Calibrate, set the time of day, and start this processor's ticks. */
void	clock_start(void);
/* A tick on this processor; interrupts off. */
void	clock_tick(bool from_user);

/* Wait by the PIT, at most 50 ms at a time. */
void	delay_us(uint32_t us);

/* Seconds since 1970 by the battery's clock. */
uint64_t cmos_time(void);

#endif
