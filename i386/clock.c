/*
 * i386/clock.c - ticks: by the local APIC's timer on each processor, or by
 * the PIT on the only one; and the time since a tick, by the TSC.
 *
 * Owns:       the PIT; tick_number and tick_tsc, written by the first
 *             processor and read by all under tick_sequence.
 * Locks:      none; PIT channel 2 is used at boot only.
 * Source:     Intel 8254 data sheet.
 */
#include <kern/debug.h>
#include <kern/timer.h>
#include <kern/types.h>
#include <machine/apic.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/intr.h>
#include <machine/regs.h>

#define PIT_HZ		1193182u
#define PIT_CHANNEL_0	0x40
#define PIT_CHANNEL_2	0x42
#define PIT_COMMAND	0x43
#define PIT_PERIODIC	0x34		/* channel 0, both bytes, mode 2 */
#define PIT_ONE_SHOT	0xb0		/* channel 2, both bytes, mode 0 */
#define GATE_PORT	0x61
#define GATE_ON		0x01
#define GATE_SPEAKER	0x02
#define GATE_OUTPUT	0x20
#define PIT_IRQ		0
#define CALIBRATE_US	20000u

static uint32_t us_per_tsc;		/* scaled by 2^32; 0: no TSC */
static volatile uint32_t tick_sequence;	/* odd while the next two change */
static uint32_t tick_number;		/* ticks taken, as clock_ticks counts */
static uint32_t tick_tsc;		/* TSC, low word, at that one */

/* 0 on a processor without the counter. */
static uint32_t
tsc_low(void)
{
	return cpu_features.tsc ? (uint32_t)tsc_read() : 0;
}

void
delay_us(uint32_t us)
{
	uint32_t rest;
	uint32_t count = (uint32_t)divide_u64((uint64_t)us * PIT_HZ, 1000000,
	    &rest);
	uint8_t gate = inb(GATE_PORT) & ~(GATE_ON | GATE_SPEAKER);

	outb(GATE_PORT, gate);
	outb(PIT_COMMAND, PIT_ONE_SHOT);
	outb(PIT_CHANNEL_2, (uint8_t)count);
	outb(PIT_CHANNEL_2, (uint8_t)(count >> 8));
	outb(GATE_PORT, gate | GATE_ON);
	while (!(inb(GATE_PORT) & GATE_OUTPUT))
		cpu_relax();
}

static void
tsc_calibrate(void)
{
	uint32_t start, counted, rest;

	if (!cpu_features.tsc)
		return;
	start = tsc_low();
	delay_us(CALIBRATE_US);
	counted = tsc_low() - start;
	if (counted > CALIBRATE_US)
		us_per_tsc = (uint32_t)divide_u64((uint64_t)CALIBRATE_US << 32,
		    counted, &rest);
}

uint32_t
cpu_tick_fraction_us(void)
{
	uint32_t sequence, number, tsc, elapsed;

	if (us_per_tsc == 0)
		return 0;
	do {
		while ((sequence = tick_sequence) & 1)
			cpu_spin_wait();
		number = tick_number;
		tsc = tick_tsc;
	} while (tick_sequence != sequence);
	elapsed = tsc_low() - tsc;
	/* Processors' counters differ a little: before the tick is at it. */
	if ((int32_t)elapsed < 0)
		elapsed = 0;
	/* clock_ticks may still have to count the tick that we measure from. */
	return (number - (uint32_t)clock_ticks) * TICK_US +
	    (uint32_t)(((uint64_t)elapsed * us_per_tsc) >> 32);
}

void
clock_tick(bool from_user)
{
	if (cpu_number() == 0) {
		tick_sequence++;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		tick_number++;
		tick_tsc = tsc_low();
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		tick_sequence++;
	}
	clock_interrupt(from_user);
}

static void
pit_start(void)
{
	const uint32_t count = (PIT_HZ + HZ / 2) / HZ;

	outb(PIT_COMMAND, PIT_PERIODIC);
	outb(PIT_CHANNEL_0, (uint8_t)count);
	outb(PIT_CHANNEL_0, (uint8_t)(count >> 8));
	intr_unmask(PIT_IRQ);
}

void
clock_start(void)
{
	tsc_calibrate();
	clock_set_wall(cmos_time());
	tick_number = (uint32_t)clock_ticks;
	tick_tsc = tsc_low();
	if (apic_in_use) {
		lapic_timer_calibrate();
		lapic_timer_start();
	} else {
		pit_start();
	}
}
