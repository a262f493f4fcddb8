/*
 * tests/pager_order.c - what a pager is sent comes in the order in which it
 * happened, on however many processors: what was written before it is asked
 * for the same page again, before it hears that its request to clean is done,
 * before it hears of its object anew.
 */
#include <mach/mach_thread.h>

#include "pager_support.h"

#define ROUNDS	1000u
#define TURNS	250u		/* rounds of two who wait for each other */

/* The pager's only page: its first word.  Its object is mapped at BASE. */
static uint32_t stored;
static struct object object;

/* Answer the next message, if one comes in time: which; 0: none came. */
static mach_msg_id_t
serve(unsigned timeout_ms)
{
	struct request request;
	mach_msg_return_t mr;

	mr = test_receive(&request.head, sizeof(request), object.port,
	    timeout_ms);
	if (mr == MACH_RCV_TIMED_OUT)
		return 0;
	CHECK_KR(mr, MACH_MSG_SUCCESS);
	switch (request.head.msgh_id) {
	case INIT:
		object.control = FIELD(&request, 0);
		ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
		return INIT;
	case TERMINATE:
		CHECK_KR(mach_port_destroy(self, FIELD(&request, 1)),
		    KERN_SUCCESS);
		CHECK_KR(mach_port_destroy(self, FIELD(&request, 0)),
		    KERN_SUCCESS);
		return TERMINATE;
	case DATA_REQUEST:
		CHECK_EQ(FIELD(&request, 0), object.control);
		supply(&object, 0, 1, stored);
		break;
	case DATA_RETURN:
		stored = vm_word(RETURN_DATA(&request));
		vm_deallocate_check(RETURN_DATA(&request), PAGE_SIZE);
		break;
	}
	release(FIELD(&request, 0));
	return request.head.msgh_id;
}

static void
serve_until(mach_msg_id_t id)
{
	mach_msg_id_t came;

	do {
		came = serve(20000);
		CHECK(came != 0);
	} while (came != id);
}

static void
map(void)
{
	CHECK_KR(map_at(self, BASE, &object, 0, 1), KERN_SUCCESS);
}

static void
begin(void)
{
	object.port = test_port();
	map();
	serve_until(INIT);
}

/* Threads beside the pager's. */
static volatile bool stop, ended;
static volatile uint32_t round;

/* A moment, another one in each round. */
static void
linger(uint32_t n)
{
	for (volatile unsigned wait = n % 64 * 8; wait > 0; wait--)
		continue;
}

/* Until told to stop, or memory holds something else than was written. */
static void
count(void *unused)
{
	uint32_t n = 0, found;

	(void)unused;
	do {
		vm_set_word(BASE, ++n);
		linger(n);
		found = vm_word(BASE);
		if (found != n)
			test_fail(__FILE__, __LINE__, "%u became %u",
			    (unsigned)n, (unsigned)found);
	} while (!stop);
	ended = true;
}

TEST(pager_gets_what_was_written_before_it_is_asked_again)
{
	begin();
	CHECK_KR(mach_thread_start(count, NULL), KERN_SUCCESS);
	for (unsigned i = 0; i < ROUNDS; i++) {
		serve_until(DATA_REQUEST);
		lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
		    VM_PROT_NO_CHANGE, MACH_PORT_NULL);
	}
	stop = true;
	while (!ended)
		(void)serve(10);
}

static void
clean(mach_port_t reply)
{
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, false,
	    VM_PROT_NO_CHANGE, reply);
}

/* Another who has the page cleaned, in each round once. */
static void
keep_cleaning(void *unused)
{
	uint32_t seen = 0;

	(void)unused;
	while (!stop) {
		if (round == seen) {
			(void)swtch_pri(0);
			continue;
		}
		seen = round;
		clean(MACH_PORT_NULL);
	}
	ended = true;
}

TEST(pager_gets_what_is_cleaned_before_it_hears_that_it_is)
{
	begin();
	supply(&object, 0, 1, 0);
	CHECK_KR(mach_thread_start(keep_cleaning, NULL), KERN_SUCCESS);
	for (unsigned i = 1; i <= TURNS; i++) {
		vm_set_word(BASE, i);
		round = i;
		linger(i);
		clean(object.port);
		serve_until(LOCK_COMPLETED);
		CHECK_EQ(stored, i);
	}
	stop = true;
	while (!ended)
		(void)serve(10);
}

/* Two tasks that use the object by turns. */
struct turns {
	volatile uint32_t written, seen;	/* rounds */
	volatile uint32_t ended;		/* tasks */
};

static struct turns *turns;

static void
turns_make(void)
{
	turns = (struct turns *)test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(self, (vm_address_t)turns, PAGE_SIZE,
	    VM_INHERIT_SHARE), KERN_SUCCESS);
}

/* Write, say so, and let the object go at once: it ends, unless it is mapped again. */
static uint32_t
write_and_go(uint32_t rounds, uint32_t unused)
{
	(void)unused;
	for (uint32_t n = 1; n <= rounds; n++) {
		map();
		vm_set_word(BASE, n);
		turns->written = n;
		vm_deallocate_check(BASE, PAGE_SIZE);
		while (turns->seen < n)
			(void)swtch_pri(0);
	}
	__atomic_fetch_add(&turns->ended, 1, __ATOMIC_RELAXED);
	return 0;
}

static uint32_t
come_and_read(uint32_t rounds, uint32_t unused)
{
	uint32_t found;

	(void)unused;
	for (uint32_t n = 1; n <= rounds; n++) {
		while (turns->written < n)
			(void)swtch_pri(0);
		linger(n);
		map();
		found = vm_word(BASE);
		if (found != n)
			test_fail(__FILE__, __LINE__, "%u became %u",
			    (unsigned)n, (unsigned)found);
		vm_deallocate_check(BASE, PAGE_SIZE);
		turns->seen = n;
	}
	__atomic_fetch_add(&turns->ended, 1, __ATOMIC_RELAXED);
	return 0;
}

TEST(pager_gets_what_was_written_before_its_object_is_mapped_anew)
{
	struct vm_agent writer, reader;

	object.port = test_port();
	turns_make();
	vm_agent_start(&writer, self);
	vm_agent_start(&reader, self);
	vm_agent_give_send(&writer, object.port);
	vm_agent_give_send(&reader, object.port);
	vm_agent_begin(&writer, write_and_go, TURNS, 0);
	vm_agent_begin(&reader, come_and_read, TURNS, 0);
	while (turns->ended < 2)
		(void)serve(10);
	CHECK_VALUE(vm_agent_finish(&writer), 0);
	CHECK_VALUE(vm_agent_finish(&reader), 0);
	vm_agent_end(&writer);
	vm_agent_end(&reader);
}
