/*
 * tests/pager_consistency.c - one region for clients of several kernels, kept
 * consistent by its pager (paper, section 4.2).
 *
 * Each client maps a memory object of its own, so that this kernel stands for
 * several.  The pager lets many clients read a page, or one write it: pages
 * are supplied locked against writing, and before one is unlocked it is taken
 * from all others.
 *
 * Clients stamp each access, before and after, from a counter in memory that
 * they share in the ordinary way.  With these stamps and values that are
 * written once each, every word's history is checked to be that of one memory.
 */
#include <string.h>

#include "pager_support.h"

TEST(pager_invalidates_step_by_step)
{
	struct object x, y;
	struct vm_agent a, b;
	mach_port_t reply = test_port();

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	make_object(&x, &a, BASE, 1);
	make_object(&y, &b, BASE, 1);
	/* both read */
	begin_read(&a, BASE);
	expect_request(&x, 0, VM_PROT_READ);
	supply_locked(&x, 0, 1, 10, VM_PROT_WRITE);
	CHECK_VALUE(vm_agent_finish(&a), 10);
	begin_read(&b, BASE);
	expect_request(&y, 0, VM_PROT_READ);
	supply_locked(&y, 0, 1, 10, VM_PROT_WRITE);
	CHECK_VALUE(vm_agent_finish(&b), 10);
	/* one writes: the other's page goes first */
	begin_write(&a, BASE, 11);
	expect_unlock(&x, 0, VM_PROT_WRITE);
	lock_request(&y, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&y, reply, 0, 1);
	lock_request(&x, 0, 1, MEMORY_OBJECT_RETURN_NONE, false, VM_PROT_NONE,
	    MACH_PORT_NULL);
	CHECK_VALUE(vm_agent_finish(&a), 11);
	/* the other reads: what was written comes back, locked again */
	begin_read(&b, BASE);
	expect_request(&y, 0, VM_PROT_READ);
	lock_request(&x, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_WRITE, reply);
	expect_return(&x, 0, 11, true, true);
	expect_lock_completed(&x, reply, 0, 1);
	supply_locked(&y, 0, 1, 11, VM_PROT_WRITE);
	CHECK_VALUE(vm_agent_finish(&b), 11);
	CHECK_EQ(vm_agent_read(&a, BASE), 11);
	/* now that one writes; the first has nothing that is not known */
	begin_write(&b, BASE, 12);
	expect_unlock(&y, 0, VM_PROT_WRITE);
	lock_request(&x, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_lock_completed(&x, reply, 0, 1);
	lock_request(&y, 0, 1, MEMORY_OBJECT_RETURN_NONE, false, VM_PROT_NONE,
	    MACH_PORT_NULL);
	CHECK_VALUE(vm_agent_finish(&b), 12);
	/* and who has no page at all writes at once */
	begin_write(&a, BASE, 13);
	expect_request(&x, 0, VM_PROT_READ | VM_PROT_WRITE);
	lock_request(&y, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, reply);
	expect_return(&y, 0, 12, true, false);
	expect_lock_completed(&y, reply, 0, 1);
	supply(&x, 0, 1, 12);
	CHECK_VALUE(vm_agent_finish(&a), 13);
	expect_nothing(x.port);
	expect_nothing(y.port);
	vm_agent_end(&a);
	expect_return(&x, 0, 13, true, false);
	expect_terminate(&x);
	vm_agent_end(&b);
	expect_terminate(&y);
}

/* ---- histories, and whether one memory could have given them ---- */

#define CLIENTS		3u
#define PAGES		4u
#define WORDS		(2 * PAGES)	/* two of each page */
#define STEPS		150u		/* of each client */
#define YIELDS		200u		/* at most, after each */

struct access {
	bool	 write;
	uint32_t word, value;
	uint32_t begin, end;	/* stamps */
};

struct history {
	uint32_t      clock;
	unsigned      count;	/* of accesses; atomic */
	struct access access[CLIENTS * STEPS];
};

/* All accesses that wrote or read one value of a word: a value's span. */
struct span {
	uint32_t value;
	uint32_t written;	/* when its write began; 0: it was there at first */
	uint32_t first_end, last_begin;
	bool	 has_write;
};

static struct span *
span_find(struct span *spans, unsigned *count, uint32_t value)
{
	struct span *span;

	for (span = spans; span < spans + *count; span++)
		if (span->value == value)
			return span;
	*span = (struct span){ .value = value, .first_end = UINT32_MAX };
	++*count;
	return span;
}

static void
span_add(struct span *span, const struct access *access)
{
	if (access->write) {
		span->has_write = true;
		span->written = access->begin;
	}
	if (access->end < span->first_end)
		span->first_end = access->end;
	if (access->begin > span->last_begin)
		span->last_begin = access->begin;
}

/*
 * Was a's value the word's for some time, and b's in the midst of it?  Both
 * began before the other had ended.
 */
static bool
spans_conflict(const struct span *a, const struct span *b)
{
	return a->first_end < a->last_begin &&
	    a->first_end < b->last_begin && b->first_end < a->last_begin;
}

/* Whether the accesses to a word fit one order that respects their stamps. */
static bool
word_is_consistent(const struct history *h, uint32_t word)
{
	static struct span spans[CLIENTS * STEPS + 1];
	unsigned count = 0, i, j;
	struct span *span = span_find(spans, &count, 0);

	*span = (struct span){ .has_write = true };
	for (i = 0; i < h->count; i++)
		if (h->access[i].word == word)
			span_add(span_find(spans, &count, h->access[i].value),
			    &h->access[i]);
	for (i = 0; i < count; i++) {
		if (!spans[i].has_write || spans[i].first_end < spans[i].written)
			return false;
		for (j = 0; j < count; j++)
			if (i != j && spans_conflict(&spans[i], &spans[j]))
				return false;
	}
	return true;
}

static bool
is_consistent(const struct history *h)
{
	for (uint32_t word = 0; word < WORDS; word++)
		if (!word_is_consistent(h, word))
			return false;
	return true;
}

static void
note(struct history *h, bool write, uint32_t value, uint32_t begin,
    uint32_t end)
{
	h->access[h->count++] = (struct access){
		.write = write, .value = value, .begin = begin, .end = end,
	};
}

/* That the check finds what it is there for. */
TEST(pager_consistency_is_told_from_its_lack)
{
	static struct history h;

	note(&h, true, 1, 10, 19);
	note(&h, false, 1, 20, 29);
	note(&h, false, 0, 12, 15);	/* while it is written */
	note(&h, true, 2, 40, 60);
	note(&h, false, 2, 45, 50);
	note(&h, false, 2, 62, 63);
	CHECK(is_consistent(&h));
	note(&h, false, 1, 51, 55);	/* old after new, the write still on */
	CHECK(!is_consistent(&h));
	h.count--;
	note(&h, false, 0, 30, 35);	/* stale */
	CHECK(!is_consistent(&h));
	h.count--;
	note(&h, false, 7, 30, 35);	/* never written */
	CHECK(!is_consistent(&h));
	h.count--;
	note(&h, true, 3, 70, 75);
	note(&h, false, 3, 66, 69);	/* before it was written */
	CHECK(!is_consistent(&h));
	h.count--;
	note(&h, false, 2, 80, 85);	/* a lost write */
	CHECK(!is_consistent(&h));
}

/* ---- the pager ---- */

enum hold { NOTHING, READS, WRITES };

/* What the pager did, in order. */
struct event {
	uint8_t	client, page;
	bool	returned;	/* what was written came back */
	uint8_t	hold;		/* what the client may do from now on */
};

#define EVENTS_MAX	(8 * CLIENTS * STEPS)
#define WAITING_MAX	16u

static struct object objects[CLIENTS];
static mach_port_t pager_set;		/* the objects' ports, and done_port */
static mach_port_t done_port;
static mach_port_t lock_reply;
static vm_address_t master;		/* the pages as the pager has them */
static enum hold holds[CLIENTS][PAGES];
static struct event events[EVENTS_MAX];
static unsigned event_count;
/* Requests that came while a client was waited for. */
static struct request waiting[WAITING_MAX];
static unsigned waiting_count;

static void
now_holds(unsigned client, unsigned page, enum hold hold, bool returned)
{
	CHECK(event_count < EVENTS_MAX);
	holds[client][page] = hold;
	events[event_count++] = (struct event){
		.client = client, .page = page, .returned = returned,
		.hold = hold,
	};
}

/* A page that was written comes back into the master. */
static void
take_data(struct request *request)
{
	memcpy((void *)(master + FIELD(request, 1)),
	    (void *)RETURN_DATA(request), PAGE_SIZE);
	vm_deallocate_check(RETURN_DATA(request), PAGE_SIZE);
	release(FIELD(request, 0));
}

/* What has been sent by now; whether a page came back. */
static bool
drain(void)
{
	struct request request;
	bool returned = false;

	while (mach_msg(&request.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(request), pager_set, 0, MACH_PORT_NULL) ==
	    MACH_MSG_SUCCESS) {
		if (request.head.msgh_id == DATA_RETURN) {
			take_data(&request);
			returned = true;
		} else {
			CHECK(waiting_count < WAITING_MAX);
			waiting[waiting_count++] = request;
		}
	}
	return returned;
}

/* A client loses a page, or the right to write it. */
static void
take_back(unsigned client, unsigned page, enum hold left)
{
	vm_offset_t offset = page * PAGE_SIZE;

	lock_request(&objects[client], offset, 1, MEMORY_OBJECT_RETURN_DIRTY,
	    left == NOTHING,
	    left == NOTHING ? VM_PROT_NO_CHANGE : VM_PROT_WRITE, lock_reply);
	expect_lock_completed(&objects[client], lock_reply, offset, 1);
	now_holds(client, page, left, drain());
}

static void
give_page(unsigned client, unsigned page, enum hold hold)
{
	vm_address_t copy = test_allocate(PAGE_SIZE);

	memcpy((void *)copy, (void *)(master + page * PAGE_SIZE), PAGE_SIZE);
	CHECK_KR(memory_object_data_supply(objects[client].control,
	    page * PAGE_SIZE, copy, PAGE_SIZE, TRUE,
	    hold == WRITES ? VM_PROT_NONE : VM_PROT_WRITE, FALSE,
	    MACH_PORT_NULL), KERN_SUCCESS);
}

/* A request for a page, or for its unlocking. */
static void
serve(unsigned client, struct request *request)
{
	unsigned page = FIELD(request, 1) / PAGE_SIZE, other;
	bool unlock = request->head.msgh_id == DATA_UNLOCK;
	enum hold hold = FIELD(request, 3) & VM_PROT_WRITE ? WRITES : READS;

	CHECK(unlock || request->head.msgh_id == DATA_REQUEST);
	CHECK(page < PAGES);
	release(FIELD(request, 0));
	if (unlock && holds[client][page] == NOTHING)
		return;		/* it was taken meanwhile: it will be asked for */
	for (other = 0; other < CLIENTS; other++) {
		if (other == client)
			continue;
		if (hold == WRITES && holds[other][page] != NOTHING)
			take_back(other, page, NOTHING);
		else if (hold == READS && holds[other][page] == WRITES)
			take_back(other, page, READS);
	}
	now_holds(client, page, hold, false);
	if (unlock)
		lock_request(&objects[client], page * PAGE_SIZE, 1,
		    MEMORY_OBJECT_RETURN_NONE, false, VM_PROT_NONE,
		    MACH_PORT_NULL);
	else
		give_page(client, page, hold);
}

static void
next_request(struct request *request)
{
	if (waiting_count == 0) {
		CHECK_KR(test_receive(&request->head, sizeof(*request),
		    pager_set, 20000), MACH_MSG_SUCCESS);
		return;
	}
	*request = waiting[0];
	memmove(waiting, waiting + 1, --waiting_count * sizeof(*waiting));
}

/* Until all clients have said that they are done. */
static void
serve_all(void)
{
	struct request request;
	unsigned left = CLIENTS, client;

	while (left > 0) {
		next_request(&request);
		if (request.head.msgh_local_port == done_port) {
			left--;
			continue;
		}
		for (client = 0; client < CLIENTS; client++)
			if (objects[client].port ==
			    request.head.msgh_local_port)
				break;
		CHECK(client < CLIENTS);
		serve(client, &request);
	}
}

/* ---- the clients ---- */

static struct history *history;		/* shared by all tasks */

static uint32_t
stamp(void)
{
	return __atomic_add_fetch(&history->clock, 1, __ATOMIC_SEQ_CST);
}

static uint32_t
work(uint32_t client, uint32_t unused)
{
	mach_msg_header_t done = { .msgh_size = sizeof(done) };
	uint32_t seed = client + 1;

	(void)unused;
	for (unsigned i = 1; i <= STEPS; i++) {
		struct access *access = &history->access[__atomic_fetch_add(
		    &history->count, 1, __ATOMIC_SEQ_CST)];
		uint32_t random = test_random(&seed) >> 8;
		vm_address_t at;

		access->word = random % WORDS;
		access->write = random / WORDS % 3 == 0;
		access->value = i * CLIENTS + client;
		at = BASE + access->word / 2 * PAGE_SIZE +
		    access->word % 2 * 64;
		access->begin = stamp();
		if (access->write)
			vm_set_word(at, access->value);
		else
			access->value = vm_word(at);
		access->end = stamp();
		/* so that others get a turn between */
		for (unsigned n = 0; n < YIELDS &&
		    *(volatile uint32_t *)&history->clock == access->end; n++)
			(void)swtch();
	}
	return test_send(&done, done_port, 0);
}

/*
 * By the log alone: nobody could read a page while another might write it.
 * Returns how often a page was taken back.
 */
static unsigned
log_check(void)
{
	enum hold held[CLIENTS][PAGES] = { { NOTHING } };
	unsigned taken = 0, other;
	struct event *event;

	for (event = events; event < events + event_count; event++) {
		taken += event->hold < held[event->client][event->page];
		CHECK(!event->returned ||
		    held[event->client][event->page] == WRITES);
		held[event->client][event->page] = event->hold;
		for (other = 0; other < CLIENTS; other++)
			if (other != event->client &&
			    held[other][event->page] + event->hold > WRITES)
				test_fail(__FILE__, __LINE__,
				    "clients %u and %u both had page %u",
				    other, event->client, event->page);
	}
	return taken;
}

TEST(pager_region_of_several_kernels_is_one_memory)
{
	struct vm_agent agents[CLIENTS];
	unsigned i;

	history = (struct history *)test_allocate(
	    round_page(sizeof(*history)));
	CHECK_KR(vm_inherit(self, (vm_address_t)history,
	    round_page(sizeof(*history)), VM_INHERIT_SHARE), KERN_SUCCESS);
	master = test_allocate(PAGES * PAGE_SIZE);
	lock_reply = test_port();
	done_port = test_port();
	CHECK_KR(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET,
	    &pager_set), KERN_SUCCESS);
	for (i = 0; i < CLIENTS; i++) {
		vm_agent_start(&agents[i], self);
		vm_agent_give_send(&agents[i], done_port);
		make_object(&objects[i], &agents[i], BASE, PAGES);
		CHECK_KR(mach_port_move_member(self, objects[i].port,
		    pager_set), KERN_SUCCESS);
	}
	CHECK_KR(mach_port_move_member(self, done_port, pager_set),
	    KERN_SUCCESS);
	for (i = 0; i < CLIENTS; i++)
		vm_agent_begin(&agents[i], work, i, 0);
	serve_all();
	for (i = 0; i < CLIENTS; i++)
		CHECK_VALUE(vm_agent_finish(&agents[i]), MACH_MSG_SUCCESS);
	CHECK_EQ(history->count, CLIENTS * STEPS);
	CHECK(is_consistent(history));
	i = log_check();
	test_note("%u pages taken back", i);
	CHECK(i >= STEPS / 4);
	for (i = 0; i < CLIENTS; i++)
		vm_agent_end(&agents[i]);
}
