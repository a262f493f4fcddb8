/*
 * tests/ipc_storm_rpc.c - the clients and servers of ipc_storm.c.
 *
 * What a message must hold follows from its id, which names the caller and
 * the number of its call: any word of another message shows.  Workers take
 * whatever code a trap gives; a message that they do get must be right.
 */
#include <mach/mach_thread.h>
#include <mach/notify.h>

#include "ipc_storm.h"

#define SELF		mach_task_self()
#define ANSWER		0x800000u	/* in the id of a reply */
#define NUMBER		0x7fffffu	/* of a call, in an id */
#define LONG_WORDS	1200u
#define SHORT_WORDS	64u

struct storm_message {
	mach_msg_header_t head;
	uint32_t	  word[LONG_WORDS];
};

struct storm *storm;
vm_address_t storm_buffers;

/* ---- messages ---- */

/* In the first page, before its end, and with the end in a header. */
static unsigned
offset_of(unsigned worker)
{
	static const unsigned offsets[] = {
		256, PAGE_SIZE - sizeof(mach_msg_header_t), PAGE_SIZE - 100,
		PAGE_SIZE - 12,
	};

	return offsets[worker % 4];
}

vm_address_t
storm_pages(unsigned worker)
{
	return storm_buffers + worker * (STORM_PAGES + 1) * PAGE_SIZE;
}

unsigned
storm_first_body_page(unsigned worker)
{
	return (offset_of(worker) + sizeof(mach_msg_header_t) - 1) /
	    PAGE_SIZE + 1;
}

static struct storm_message *
buffer_of(unsigned worker)
{
	return (struct storm_message *)(storm_pages(worker) +
	    offset_of(worker));
}

bool
storm_try_lock(unsigned worker, enum storm_holder holder)
{
	uint32_t none = STORM_NOBODY;

	return __atomic_compare_exchange_n(&storm->worker[worker].lock, &none,
	    holder, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void
storm_unlock(unsigned worker, enum storm_holder holder)
{
	uint32_t held = holder;

	(void)__atomic_compare_exchange_n(&storm->worker[worker].lock, &held,
	    STORM_NOBODY, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void
lock(unsigned worker)
{
	while (!storm_try_lock(worker, STORM_WORKS))
		(void)swtch_pri(0);
}

static void
unlock(unsigned worker)
{
	storm_unlock(worker, STORM_WORKS);
}

/* Never zero, which is what a page that was replaced holds. */
static uint32_t
word_of(uint32_t id, unsigned i)
{
	return ((id * 2654435761u) ^ (i * 40503u + (id >> 13))) | 1;
}

/* A third are null, a few long. */
static unsigned
words_of(uint32_t id)
{
	uint32_t r = word_of(id, 77777) >> 8;

	if (r % 3 == 0)
		return 0;
	return r % 16 == 1 ? r / 16 % LONG_WORDS : r / 16 % SHORT_WORDS;
}

static mach_msg_size_t
size_of(uint32_t id)
{
	return sizeof(mach_msg_header_t) + words_of(id) * sizeof(uint32_t);
}

static void
fill(struct storm_message *msg, uint32_t id, mach_msg_bits_t bits,
    mach_port_t remote, mach_port_t local)
{
	msg->head = (mach_msg_header_t){
		.msgh_bits = bits, .msgh_remote_port = remote,
		.msgh_local_port = local, .msgh_id = (mach_msg_id_t)id,
	};
	for (unsigned i = 0; i < words_of(id); i++)
		msg->word[i] = word_of(id, i);
}

static void
check_words(const struct storm_message *msg)
{
	uint32_t id = (uint32_t)msg->head.msgh_id;

	CHECK_EQ(msg->head.msgh_size, size_of(id));
	for (unsigned i = 0; i < words_of(id); i++)
		if (msg->word[i] != word_of(id, i) &&
		    (msg->word[i] != 0 || !storm->zeros))
			test_fail(__FILE__, __LINE__,
			    "id %#x: word %u of %u is %#x, not %#x",
			    (unsigned)id, i, words_of(id),
			    (unsigned)msg->word[i], (unsigned)word_of(id, i));
}

static mach_msg_return_t
trap(struct storm_message *msg, mach_msg_option_t option,
    mach_msg_size_t size, mach_port_t from)
{
	return mach_msg_trap(&msg->head, option, size, sizeof(*msg), from,
	    option & MACH_RCV_TIMEOUT ? 1 : 0, MACH_PORT_NULL);
}

/* ---- servers ---- */

static void
check_request(const mach_msg_header_t *head)
{
	uint32_t id = (uint32_t)head->msgh_id, local = head->msgh_local_port;
	unsigned caller = (id >> 24) - 1;

	CHECK(caller >= STORM_SERVERS * STORM_THREADS &&
	    caller < STORM_WORKERS && !(id & ANSWER));
	CHECK_EQ(MACH_MSGH_BITS_REMOTE(head->msgh_bits),
	    MACH_MSG_TYPE_PORT_SEND_ONCE);
	if (MACH_MSGH_BITS_LOCAL(head->msgh_bits) ==
	    MACH_MSG_TYPE_PROTECTED_PAYLOAD) {
		CHECK(local - STORM_PAYLOAD < 16);
		return;
	}
	CHECK_EQ(MACH_MSGH_BITS_LOCAL(head->msgh_bits),
	    MACH_MSG_TYPE_PORT_SEND);
	/* Null or dead: the port went between the message and its header. */
	if (local != STORM_AWAY && local != MACH_PORT_NULL &&
	    local != MACH_PORT_DEAD)
		CHECK(local - STORM_PORT(0) < STORM_PORTS);
}

/* Check a request and put the reply in its place: its size. */
static mach_msg_size_t
answer(unsigned worker)
{
	struct storm_message *msg = buffer_of(worker);
	uint32_t id;

	lock(worker);
	check_request(&msg->head);
	check_words(msg);
	id = (uint32_t)msg->head.msgh_id | ANSWER;
	storm->worker[worker].reply = msg->head.msgh_remote_port;
	fill(msg, id, MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
	    msg->head.msgh_remote_port, MACH_PORT_NULL);
	unlock(worker);
	return size_of(id);
}

/* The right to reply may have another name by now. */
static void
take_name(unsigned worker)
{
	lock(worker);
	buffer_of(worker)->head.msgh_remote_port =
	    storm->worker[worker].reply;
	unlock(worker);
}

static void
serve(unsigned worker)
{
	struct storm_message *msg = buffer_of(worker);
	mach_msg_size_t size = 0;
	uint32_t seed = worker + 1;
	mach_msg_return_t mr;
	mach_port_t from;

	for (;;) {
		from = test_random(&seed) % 4 != 0 ? STORM_SET :
		    STORM_PORT(test_random(&seed) % STORM_PORTS);
		if (size != 0 && test_random(&seed) % 8 == 0) {
			(void)trap(msg, MACH_SEND_MSG, size, 0);
			size = 0;
		}
		mr = trap(msg, size != 0 ? MACH_SEND_MSG | MACH_RCV_MSG :
		    MACH_RCV_MSG, size, from);
		if (mr == MACH_MSG_SUCCESS) {
			size = answer(worker);
			if (test_random(&seed) % 16 == 0)
				(void)swtch_pri(0);
			take_name(worker);
			continue;
		}
		if (size != 0 && mr < MACH_RCV_IN_PROGRESS)
			(void)mach_port_deallocate(SELF,
			    storm->worker[worker].reply);
		size = 0;
		if (mr == MACH_RCV_INVALID_NAME)
			(void)swtch_pri(0);
	}
}

/* ---- clients ---- */

/* A port that no reply to an earlier call comes to. */
static void
renew_reply_port(struct storm_worker *w)
{
	mach_port_t old = w->reply;

	w->reply = MACH_PORT_NULL;
	if (old != MACH_PORT_NULL)
		(void)mach_port_mod_refs(SELF, old, MACH_PORT_RIGHT_RECEIVE,
		    -1);
	w->reply = mach_reply_port();
}

/* Whether it is the reply to the last call, and not to one given up. */
static bool
check_reply(unsigned worker, const struct storm_message *msg)
{
	struct storm_worker *w = &storm->worker[worker];
	uint32_t id = (uint32_t)msg->head.msgh_id, number = id & NUMBER;

	CHECK_EQ(id >> 24, worker + 1);
	CHECK((id & ANSWER) && number <= w->calls);
	CHECK_EQ(msg->head.msgh_remote_port, MACH_PORT_NULL);
	CHECK(w->done[number % STORM_REMEMBERED] != number);
	check_words(msg);
	w->done[number % STORM_REMEMBERED] = number;
	return number == w->calls;
}

/* Look at what came: true if the call has ended. */
static bool
take_reply(unsigned worker)
{
	struct storm_worker *w = &storm->worker[worker];
	struct storm_message *msg = buffer_of(worker);
	bool notified, ended;

	lock(worker);
	notified = msg->head.msgh_id == MACH_NOTIFY_SEND_ONCE;
	ended = notified || check_reply(worker, msg);
	unlock(worker);
	if (notified)
		renew_reply_port(w);
	else if (ended)
		w->answered++;
	return ended;
}

/* Send one call, or fail to; the answer of the trap. */
static mach_msg_return_t
begin_call(unsigned worker, uint32_t *seed)
{
	struct storm_worker *w = &storm->worker[worker];
	struct storm_message *msg = buffer_of(worker);
	uint32_t id = (worker + 1) << 24 | ++w->calls;

	if (w->reply == MACH_PORT_NULL || test_random(seed) % 64 == 0)
		renew_reply_port(w);
	lock(worker);
	fill(msg, id, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    STORM_DEST(test_random(seed) % STORM_SERVERS,
	    test_random(seed) % STORM_PORTS), w->reply);
	unlock(worker);
	return trap(msg, MACH_SEND_MSG | MACH_RCV_MSG |
	    (test_random(seed) % 32 == 0 ? MACH_RCV_TIMEOUT : 0), size_of(id),
	    w->reply);
}

/* After an abort or a timeout the reply may be awaited on, or given up. */
static bool
waits_on(mach_msg_return_t mr, uint32_t *seed)
{
	return (mr == MACH_RCV_INTERRUPTED || mr == MACH_RCV_TIMED_OUT) &&
	    test_random(seed) % 2 == 0;
}

static void
call_once(unsigned worker, uint32_t *seed)
{
	struct storm_message *msg = buffer_of(worker);
	struct storm_worker *w = &storm->worker[worker];
	mach_msg_return_t mr = begin_call(worker, seed);

	while ((mr == MACH_MSG_SUCCESS && !take_reply(worker)) ||
	    waits_on(mr, seed))
		mr = trap(msg, MACH_RCV_MSG, 0, w->reply);
	if (mr == MACH_SEND_INTERRUPTED) {
		lock(worker);
		mach_msg_destroy(&msg->head);
		unlock(worker);
	}
	if (mr == MACH_RCV_PORT_DIED || mr == MACH_RCV_INVALID_NAME ||
	    mr == MACH_SEND_INVALID_REPLY)
		w->reply = MACH_PORT_NULL;
	if (mr == MACH_SEND_INVALID_DEST)
		(void)swtch_pri(0);
}

/* ---- tasks ---- */

static void
work(void *arg)
{
	unsigned worker = (unsigned)(uintptr_t)arg;
	uint32_t seed = storm->worker[worker].calls * 8 + worker;

	if (worker < STORM_SERVERS * STORM_THREADS)
		serve(worker);
	for (;;)
		call_once(worker, &seed);
}

void
storm_work(void *task)
{
	uintptr_t worker = (uintptr_t)task * STORM_THREADS;

	for (unsigned i = 1; i < STORM_THREADS; i++)
		CHECK_KR(mach_thread_start(work, (void *)(worker + i)),
		    KERN_SUCCESS);
	work((void *)worker);
}
