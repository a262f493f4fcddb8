/*
 * kern/timer.c - the clock tick, time of day and timers.
 *
 * Owns:       clock_ticks, the time of day with its mapped page, and a wheel
 *             of timers: a timer hangs in the slot of its deadline's low bits,
 *             so setting and cancelling one costs the same however many there
 *             are, and a tick looks at one slot only.
 * Locks:      LOCK_TIMER (interrupts off).  Timers expire on the first
 *             processor with no lock held.  Readers of the time of day take
 *             no lock: they try again when time_sequence moved.
 * Invariant:  only the first processor's interrupt moves clock_ticks on.
 */
#include <kern/console.h>
#include <kern/host.h>
#include <kern/lock.h>
#include <kern/sched.h>
#include <kern/timer.h>
#include <machine/cpu.h>

#define WHEEL_SLOTS	256u
#define NS_PER_US	1000u
#define TICK_NS		(TICK_US * NS_PER_US)
#define NS_PER_S	1000000000u
/* How far adjusting the time stretches or shortens one tick: half a percent. */
#define ADJUST_STEP_NS	(TICK_NS / 200)

volatile uint64_t clock_ticks;
volatile uint32_t uptime;

static struct spinlock timer_lock = SPINLOCK_INIT(LOCK_TIMER);
static struct queue wheel[WHEEL_SLOTS];		/* timer_lock */
static struct timer *volatile timer_running;	/* expire is under way */

/* Time of day at the last tick: written under timer_lock, odd while written. */
static volatile uint32_t time_sequence;
static int64_t time_seconds;
static uint32_t time_nanoseconds;
static uint32_t tick_length_ns = TICK_NS;	/* of the tick under way */
static int64_t adjust_ns;			/* still to be slewed; timer_lock */

/* A page of its own: tasks map it, read-only. */
static union {
	mapped_time_value_t time;
	char		    page[PAGE_SIZE];
} mapped_time __attribute__((aligned(PAGE_SIZE)));

/* ---- timers ---- */

static struct queue *
wheel_slot(uint64_t deadline)
{
	return &wheel[deadline % WHEEL_SLOTS];
}

void
timer_init(struct timer *timer, void (*expire)(void *), void *arg)
{
	queue_init(&timer->link);
	timer->deadline = 0;
	timer->set = false;
	timer->expire = expire;
	timer->arg = arg;
}

/* A timer that is already set moves to the new time. */
void
timer_set(struct timer *timer, uint64_t ticks)
{
	bool were_on = spin_lock_intr(&timer_lock);

	if (timer->set)
		queue_remove(&timer->link);
	timer->deadline = clock_ticks + max_of(ticks, (uint64_t)1);
	timer->set = true;
	queue_push_back(wheel_slot(timer->deadline), &timer->link);
	spin_unlock_intr(&timer_lock, were_on);
}

/*
 * Call with no lock held that expire takes: where it runs on the first
 * processor right now, this waits for its end.
 */
bool
timer_cancel(struct timer *timer)
{
	bool were_on = spin_lock_intr(&timer_lock);
	bool was_set = timer->set;

	if (was_set) {
		queue_remove(&timer->link);
		timer->set = false;
	}
	spin_unlock_intr(&timer_lock, were_on);
	/* On the first processor itself it can only be expire that calls us. */
	while (timer_running == timer && cpu_number() != 0)
		cpu_spin_wait();
	return was_set;
}

static struct timer *
timer_due(struct queue *slot)
{
	struct queue *pos;

	queue_for_each(pos, slot) {
		struct timer *timer = queue_element(pos, struct timer, link);

		if (timer->deadline <= clock_ticks)
			return timer;
	}
	return NULL;
}

/* Run what is due at this tick.  Interrupts are off. */
static void
timers_expire(void)
{
	struct queue *slot = wheel_slot(clock_ticks);
	struct timer *timer;

	spin_lock(&timer_lock);
	while ((timer = timer_due(slot)) != NULL) {
		void (*expire)(void *) = timer->expire;
		void *arg = timer->arg;

		queue_remove(&timer->link);
		timer->set = false;
		timer_running = timer;
		spin_unlock(&timer_lock);
		expire(arg);		/* may set the timer again, or free it */
		spin_lock(&timer_lock);
		timer_running = NULL;
	}
	spin_unlock(&timer_lock);
}

uint64_t
ticks_from_ms(unsigned ms)
{
	const unsigned ms_per_tick = 1000 / HZ;
	unsigned ticks = ms / ms_per_tick + (ms % ms_per_tick != 0);

	return max_of(ticks, 1u);
}

/* ---- time of day ---- */

static void
time_write_begin(void)
{
	time_sequence++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * Tell the readers, those of the mapped page last.  Its check words are
 * written first and its seconds last, so that seconds equal to the check
 * word mean that what was read in between belongs to them.
 */
static void
time_write_end(void)
{
	volatile mapped_time_value_t *m = &mapped_time.time;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	time_sequence++;

	m->check_seconds = time_seconds;
	m->check_seconds64 = time_seconds;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	m->microseconds = time_nanoseconds / NS_PER_US;
	m->time_value.nanoseconds = time_nanoseconds;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	m->time_value.seconds = time_seconds;
	m->seconds = time_seconds;
}

/* The part of the adjustment that the next tick takes. */
static int32_t
adjust_take(void)
{
	int32_t step = ADJUST_STEP_NS;

	if (adjust_ns > -step && adjust_ns < step)
		step = adjust_ns;
	else if (adjust_ns < 0)
		step = -step;
	adjust_ns -= step;
	return step;
}

static void
time_tick(void)
{
	spin_lock(&timer_lock);
	clock_ticks++;
	time_write_begin();
	time_nanoseconds += tick_length_ns;
	if (time_nanoseconds >= NS_PER_S) {
		time_nanoseconds -= NS_PER_S;
		time_seconds++;
	}
	tick_length_ns = TICK_NS + adjust_take();
	time_write_end();
	spin_unlock(&timer_lock);
}

void
clock_get_time64(time_value64_t *now)
{
	uint32_t sequence, length_ns, part_ns;

	do {
		while (((sequence = time_sequence) & 1) != 0)
			cpu_spin_wait();
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		now->seconds = time_seconds;
		now->nanoseconds = time_nanoseconds;
		length_ns = tick_length_ns;
		part_ns = cpu_tick_fraction_us() * NS_PER_US;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	} while (time_sequence != sequence);

	/* A tick that comes late must not let time step back when it does. */
	now->nanoseconds += min_of(part_ns, length_ns - 1);
	if (now->nanoseconds >= NS_PER_S) {
		now->nanoseconds -= NS_PER_S;
		now->seconds++;
	}
}

void
clock_get_time(time_value_t *now)
{
	time_value64_t precise;

	clock_get_time64(&precise);
	now->seconds = precise.seconds;
	now->microseconds = (uint32_t)precise.nanoseconds / NS_PER_US;
}

void
clock_set_time64(const time_value64_t *now)
{
	bool were_on = spin_lock_intr(&timer_lock);

	time_write_begin();
	time_seconds = now->seconds;
	time_nanoseconds = now->nanoseconds;
	tick_length_ns = TICK_NS;
	adjust_ns = 0;
	time_write_end();
	spin_unlock_intr(&timer_lock, were_on);
}

void
clock_set_wall(uint64_t seconds)
{
	time_value64_t wall = { seconds, 0 };

	clock_set_time64(&wall);
}

void
clock_adjust_time(int64_t delta_ns, int64_t *old_delta_ns)
{
	bool were_on = spin_lock_intr(&timer_lock);

	*old_delta_ns = adjust_ns;
	adjust_ns = delta_ns;
	spin_unlock_intr(&timer_lock, were_on);
}

phys_addr_t
clock_mapped_page(void)
{
	return direct_to_phys(&mapped_time);
}

/* ---- the tick ---- */

void
clock_bootstrap(void)
{
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		queue_init(&wheel[i]);
}

/* What only the first processor does. */
static void
clock_advance(void)
{
	static unsigned ticks_in_second;

	time_tick();
	if (++ticks_in_second == HZ) {
		ticks_in_second = 0;
		uptime++;
		host_load_sample();
	}
	timers_expire();
}

void
clock_interrupt(bool from_user)
{
	if (cpu_number() == 0)
		clock_advance();
	sched_tick(from_user);
}
