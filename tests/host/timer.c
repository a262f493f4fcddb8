/*
 * tests/host/timer.c - timers expire at their tick, once, and not when
 * cancelled; time of day goes on, can be set and slewed.
 *
 * HOST_SRCS: kern/timer.c kern/lock.c
 */
#include <string.h>

#include <kernel.h>

#include <kern/host.h>
#include <kern/sched.h>
#include <kern/timer.h>

#define TIMERS	300u

static struct timer timers[TIMERS];
static uint64_t expired_at[TIMERS];
static unsigned fraction_us;

uint32_t
cpu_tick_fraction_us(void)
{
	return fraction_us;
}

void
sched_tick(bool from_user)
{
}

void
host_load_sample(void)
{
}

static void
tick(unsigned count)
{
	host_interrupts = false;
	while (count-- > 0)
		clock_interrupt(false);
	host_interrupts = true;
}

static void
expire(void *arg)
{
	unsigned i = (struct timer *)arg - timers;

	expired_at[i] = expired_at[i] == 0 ? clock_ticks : ~0ull;
}

static void
again(void *arg)
{
	struct timer *timer = arg;

	expire(arg);
	if (clock_ticks < 2000)
		timer_set(timer, 1);
}

static void
test_timers(void)
{
	uint64_t start = clock_ticks;
	unsigned wrong = 0;

	for (unsigned i = 0; i < TIMERS; i++) {
		timer_init(&timers[i], expire, &timers[i]);
		timer_set(&timers[i], i * 7 % 1000);
	}
	for (unsigned i = 0; i < TIMERS; i += 3)
		if (!timer_cancel(&timers[i]))
			wrong++;
	result(wrong == 0 && !timer_cancel(&timers[0]), "cancelled once");
	timer_set(&timers[1], 500);		/* moves */
	tick(1100);
	for (unsigned i = 0; i < TIMERS; i++) {
		uint64_t when = i == 1 ? 500 : max_of(i * 7 % 1000, 1u);

		if (expired_at[i] != (i % 3 == 0 ? 0 : start + when))
			wrong++;
	}
	result(wrong == 0, "each at its tick, once");
	timer_init(&timers[0], again, &timers[0]);
	timer_set(&timers[0], 1);
	tick(3);
	result(timer_cancel(&timers[0]), "a timer may set itself again");
	result(ticks_from_ms(0) == 1 && ticks_from_ms(10) == 1 &&
	    ticks_from_ms(11) == 2 && ticks_from_ms(0xffffffff) == 429496730,
	    "milliseconds round up to ticks");
}

static int64_t
now_ns(void)
{
	time_value64_t now;

	clock_get_time64(&now);
	return now.seconds * 1000000000ll + now.nanoseconds;
}

static void
test_time(void)
{
	time_value64_t set = { 1000, 999999000 };
	time_value_t now;
	int64_t before, after, old;

	clock_set_time64(&set);
	tick(1);
	clock_get_time(&now);
	result(now.seconds == 1001 && now.microseconds == 9999,
	    "set, and a tick later");

	fraction_us = 12345;			/* the tick is late */
	before = now_ns();
	tick(1);
	fraction_us = 0;
	after = now_ns();
	result(after >= before, "a late tick does not turn time back");

	clock_adjust_time(-120000, &old);
	result(old == 0, "nothing was left to adjust");
	before = now_ns();
	tick(1);
	clock_adjust_time(0, &old);
	result(old == -120000 + 50000, "the tick that began is slewed");
	tick(1);
	after = now_ns();
	result(after - before == 2 * 10000000 - 50000, "by half a percent");
}

int
main(void)
{
	clock_bootstrap();
	test_timers();
	test_time();
	plan();
	return 0;
}
