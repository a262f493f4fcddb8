/*
 * tests/paging_late.c - a default pager without room gives pages back, and its
 * answers come late: what the kernel has meanwhile is not lost by them.
 *
 * The pager is one by hand (paging_manager.c).  It has one page of the test's,
 * to whose object it does not listen while messages are to stay in the queue.
 * All other objects go to the pager before it: they outlive the test.
 */
#include <mach/gnumach.h>
#include <mach/mach_thread.h>

#include "paging_manager.h"

#define PRESSES		50u	/* passes over more than memory, until a page is out */
#define PRESSES_VAIN	4u	/* the same, of one that does not go */
#define WAIT_MS		10u
#define WAITS		2000u	/* of these */
#define PAGES		37u	/* of the object, of which one is used; no other is so large */

/* What the manager calls the default pager there was. */
#define FIRST_PAGER	((mach_port_t)0x7201)

/* What the page holds at first, and what it is changed to. */
#define FIRST	0x600dfee1u
#define SECOND	0x600dfee2u

/* Further words of the manager's. */
enum {
	ORDER = MANAGER_OWN,
	OUT,			/* times that the page came */
	QUEUED,			/* messages about it that wait */
};

/* What the manager is ordered to do; nothing is left once it has. */
enum {
	NOTHING,
	REFUSE,		/* when the page comes: give it back, and listen no more */
	LISTEN,
	STOP_LISTENING,
	LOSE,		/* say that it cannot be had */
	GIVE_BACK,	/* the page, which it has kept */
};

/* The manager's: the page's object. */
static mach_port_t page_port, page_control;

static bool
is_others(const struct request *request)
{
	return request != NULL && request->head.msgh_id == CREATE &&
	    FIELD(request, 1) != PAGES * PAGE_SIZE;
}

/* The request, with its rights, is for the default pager that there was. */
static void
pass_on(struct request *request)
{
	request->head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	request->head.msgh_remote_port = FIRST_PAGER;
	request->head.msgh_local_port = MACH_PORT_NULL;
	CHECK_KR(mach_msg(&request->head, MACH_SEND_MSG,
	    request->head.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
}

static unsigned
queued(void)
{
	mach_port_status_t status;

	CHECK_KR(mach_port_get_receive_status(self, page_port, &status),
	    KERN_SUCCESS);
	return status.mps_msgcount;
}

static void
page_members(mach_port_t set)
{
	CHECK_KR(mach_port_move_member(self, page_port, set), KERN_SUCCESS);
}

static bool
is_page(const struct request *request)
{
	uint32_t word;

	if (request == NULL || (request->head.msgh_id != INITIALIZE &&
	    request->head.msgh_id != DATA_RETURN))
		return false;
	word = vm_word(RETURN_DATA(request));
	return word == FIRST || word == SECOND;
}

static void
page_came(struct request *request)
{
	page_port = request->head.msgh_local_port;
	page_control = FIELD(request, 0);
	manager_serve(request);
	if (manager_words[ORDER] == REFUSE)
		page_members(MACH_PORT_NULL);
	manager_words[OUT]++;
}

/* The page goes back as soon as a request for it has come, which waits. */
static bool
watch(struct request *request)
{
	bool came = is_page(request);

	if (is_others(request)) {
		pass_on(request);
		return true;
	}
	if (came)
		page_came(request);
	if (page_port != MACH_PORT_NULL)
		manager_words[QUEUED] = queued();
	switch (manager_words[ORDER]) {
	case REFUSE:
		if (manager_words[QUEUED] == 0)
			return came;
		manager_give_back(page_port, page_control, 0);
		break;
	case LISTEN:
		page_members(manager_ports);
		break;
	case STOP_LISTENING:
		page_members(MACH_PORT_NULL);
		break;
	case LOSE:
		CHECK_KR(memory_object_data_error(page_control, 0, PAGE_SIZE,
		    KERN_FAILURE), KERN_SUCCESS);
		break;
	case GIVE_BACK:
		manager_give_back(page_port, page_control, 0);
		break;
	default:
		return came;
	}
	manager_words[ORDER] = NOTHING;
	return came;
}

/* ---- the test's task ---- */

static mach_port_t manager, first;
static vm_address_t page, others;
static unsigned others_pages;

/* A thread that touches the page when told to. */
static volatile unsigned told, done;
static volatile uint32_t found;
static mach_port_t toucher;

static void
touch(void *unused)
{
	(void)unused;
	toucher = mach_thread_self();
	for (unsigned turn = 1; turn <= 2; turn++) {
		while (told < turn)
			test_sleep(WAIT_MS);
		found = vm_word(page);
		if (turn == 1)
			vm_set_word(page, SECOND);
		done = turn;
	}
}

/* Write all of what is more than memory, to the first default pager. */
static void
press(void)
{
	for (unsigned i = 0; i < others_pages; i++)
		paging_write(others, i, 1);
}

/* Use memory until one of the manager's words is so large. */
static bool
press_until(unsigned which, uint32_t least, unsigned presses)
{
	for (unsigned n = 0; n < presses && manager_words[which] < least; n++)
		press();
	return manager_words[which] >= least;
}

static void
order(uint32_t what)
{
	manager_words[ORDER] = what;
	for (unsigned i = 0; i < WAITS && manager_words[ORDER] == what; i++)
		test_sleep(WAIT_MS);
	CHECK_EQ(manager_words[ORDER], NOTHING);
}

static void
wait_done(unsigned turn)
{
	for (unsigned i = 0; i < WAITS && done < turn; i++)
		test_sleep(WAIT_MS);
	CHECK(done >= turn);
}

/* The manager is there, and memory is short. */
static void
begin_short(uint32_t its_order)
{
	mach_port_t port = test_port();
	unsigned wired;

	first = paging_port();
	CHECK_KR(mach_port_insert_right(manager_start(port, watch),
	    FIRST_PAGER, first, MACH_MSG_TYPE_COPY_SEND), KERN_SUCCESS);
	/* most memory is wired, so that the rest is soon used up */
	wired = vm_free_count() * 3 / 4;
	CHECK_KR(vm_wire(TEST_HOST_PORT, self,
	    test_allocate(wired * PAGE_SIZE), wired * PAGE_SIZE,
	    VM_PROT_DEFAULT), KERN_SUCCESS);
	others_pages = vm_free_count() + 500;
	others = test_allocate(others_pages * PAGE_SIZE);
	/* the first pager has these, and what else nobody uses */
	press();
	press();
	manager_words[ORDER] = its_order;
	manager = port;
	CHECK_EQ(manager_set(manager), first);
}

/* The manager has the page, which no other thread has touched. */
static void
begin(uint32_t its_order)
{
	begin_short(its_order);
	page = BASE;
	CHECK_KR(vm_allocate(self, &page, PAGES * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	vm_set_word(page, FIRST);
	CHECK(press_until(OUT, 1, PRESSES));
}

static void
end(void)
{
	(void)manager_set(first);
}

/*
 * The page is back, changed and with the pager once more, before that gets to
 * the request which was there when it gave the page back.  Its answer to that,
 * there being nothing, is not for who asks now.
 */
TEST_LIMIT(paging_manager_answer_that_is_late_is_for_its_own_request, 60)
{
	bool again;

	CHECK_KR(mach_thread_start(touch, NULL), KERN_SUCCESS);
	begin(REFUSE);
	told = 1;
	wait_done(1);
	CHECK_EQ(found, FIRST);
	(void)manager_set(manager);	/* it has room, for all the kernel knows */
	again = press_until(QUEUED, 2, PRESSES_VAIN);
	told = 2;
	for (unsigned i = 0; again && manager_words[QUEUED] < 3; i++) {
		CHECK(i < WAITS);
		test_sleep(WAIT_MS);
	}
	order(LISTEN);
	wait_done(2);
	CHECK_EQ(found, SECOND);
	/* from then on it goes and comes as all others do */
	CHECK(press_until(OUT, 2, PRESSES));
	CHECK_EQ(vm_word(page), SECOND);
	end();
}

/* The page is in memory and as the pager had it, which has it no more. */
TEST_LIMIT(paging_manager_page_given_back_late_is_kept, 60)
{
	bool again;

	begin(NOTHING);
	CHECK_EQ(vm_word(page), FIRST);
	order(GIVE_BACK);
	(void)manager_set(manager);
	again = press_until(OUT, 2, PRESSES);
	CHECK_EQ(vm_word(page), FIRST);
	CHECK(again);
	end();
}

/* The page is asked for, by a thread, and no answer comes. */
static void
ask(void)
{
	order(STOP_LISTENING);
	told = 1;
	for (unsigned i = 0; manager_words[QUEUED] == 0; i++) {
		CHECK(i < WAITS);
		test_sleep(WAIT_MS);
	}
}

/* A task's other pager has given the page, which cannot be had, to its object. */
static kern_return_t
supply_page(void)
{
	struct request request;
	struct object object = { .port = test_port() };
	mach_port_t reply = test_port();

	CHECK_KR(map_at(self, BASE + 0x100000, &object, 0, 1), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	CHECK_KR(memory_object_data_supply(object.control, 0, page, PAGE_SIZE,
	    TRUE, VM_PROT_NONE, FALSE, reply), KERN_SUCCESS);
	expect(reply, SUPPLY_COMPLETED, &request);
	return FIELD(&request, 3);
}

/* Who asked for a lost page waits no more, so that nobody has been told yet. */
TEST_LIMIT(paging_manager_page_that_is_lost_is_not_passed_on, 60)
{
	CHECK_KR(mach_thread_start(touch, NULL), KERN_SUCCESS);
	begin(NOTHING);
	ask();
	CHECK_KR(thread_suspend(toucher), KERN_SUCCESS);
	CHECK_KR(thread_abort(toucher), KERN_SUCCESS);
	order(LOSE);
	/* nobody else has a part of its object, so that the page itself could go */
	vm_deallocate_check(page + PAGE_SIZE, (PAGES - 1) * PAGE_SIZE);
	CHECK(supply_page() != KERN_SUCCESS);
	end();
}

/* A copy has what is about to change, or to go, though it has to be asked for. */
TEST_LIMIT(paging_manager_copy_that_is_asked_for_stops_nobody, 60)
{
	struct object object = { .port = test_port() };
	vm_address_t original = BASE + 0x100000;

	CHECK_KR(mach_thread_start(touch, NULL), KERN_SUCCESS);
	begin_short(NOTHING);
	CHECK_KR(map_at(self, original, &object, 0, PAGES), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	supply(&object, 0, 1, FIRST);
	page = vm_read_pages(self, original, PAGES);
	vm_set_word(original, 1);	/* the copy gets its own */
	CHECK(press_until(OUT, 1, PRESSES));
	ask();
	supply(&object, 0, 1, 2);	/* unless it is there */
	lock_request(&object, 0, 1, MEMORY_OBJECT_RETURN_DIRTY, true,
	    VM_PROT_NO_CHANGE, MACH_PORT_NULL);
	order(LISTEN);
	wait_done(1);
	CHECK_EQ(found, FIRST);
	end();
}
