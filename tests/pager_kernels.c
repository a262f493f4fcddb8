/*
 * tests/pager_kernels.c - several kernels use one object of a pager made with
 * libmach: this kernel, for a client, and the test task, which speaks as a
 * kernel does, with control ports of its own.
 */
#include <mach/exception.h>
#include <mach/pager.h>

#include "pager_kernel.h"

#define PAGES		8u
#define KERNELS_MAX	16u	/* that libmach's pager takes for an object */

/* ---- the pager's task ---- */

static uint32_t stored[PAGES];		/* first words of pages; 0: none */

static kern_return_t
store_read(void *cookie, vm_offset_t offset, vm_size_t size,
    vm_offset_t *data, boolean_t *dealloc)
{
	(void)cookie;
	if (size != PAGE_SIZE || offset >= PAGES * PAGE_SIZE)
		return KERN_FAILURE;
	if (stored[offset / PAGE_SIZE] == 0)
		return KERN_SUCCESS;
	*data = test_allocate(PAGE_SIZE);
	vm_set_word(*data, stored[offset / PAGE_SIZE]);
	*dealloc = TRUE;
	return KERN_SUCCESS;
}

static void
store_write(void *cookie, vm_offset_t offset, vm_offset_t data,
    vm_size_t size)
{
	(void)cookie;
	for (vm_size_t at = 0; at < size; at += PAGE_SIZE)
		stored[(offset + at) / PAGE_SIZE] = vm_word(data + at);
}

static const struct pager_ops ops = { store_read, store_write, NULL };

/* The object's port: a name of the pager's task. */
static uint32_t
pager_begin(uint32_t pages, uint32_t unused)
{
	struct pager_object *object;
	struct pager *pager;

	(void)unused;
	for (unsigned i = 0; i < pages; i++)
		stored[i] = 100 + i;
	CHECK_KR(pager_create(&ops, 2, &pager), KERN_SUCCESS);
	CHECK_KR(pager_object_create(pager, NULL, PAGES * PAGE_SIZE, FALSE,
	    MEMORY_OBJECT_COPY_DELAY, &object), KERN_SUCCESS);
	return pager_object_port(object);
}

/* A pager with data for the object's first pages; a right to that. */
static mach_port_t
pager_start(struct vm_agent *agent, unsigned pages)
{
	mach_msg_type_name_t type;
	mach_port_t port;

	vm_agent_start(agent, self);
	CHECK_KR(mach_port_extract_right(agent->task,
	    vm_agent_call(agent, pager_begin, pages, 0),
	    MACH_MSG_TYPE_COPY_SEND, &port, &type), KERN_SUCCESS);
	return port;
}

/* A task whose memory at BASE is the object, through this kernel. */
static void
client_start(struct vm_agent *agent, mach_port_t object)
{
	struct object mapped = { .port = object };

	vm_agent_start(agent, self);
	CHECK_KR(map_at(agent->task, BASE, &mapped, 0, PAGES), KERN_SUCCESS);
}

TEST(pager_serves_a_second_kernel)
{
	struct vm_agent pager, client;
	mach_port_t object = pager_start(&pager, 6);
	struct kernel second;

	client_start(&client, object);
	CHECK_EQ(vm_agent_read(&client, BASE), 100);
	second = kernel_make(object);
	kernel_read(&second, 0, 100);
	kernel_read(&second, PAGE_SIZE, 101);
	CHECK_EQ(vm_agent_read(&client, BASE + PAGE_SIZE), 101);
	/* what one wrote the other reads */
	say_return(&second, 2 * PAGE_SIZE, 202);
	CHECK_EQ(vm_agent_read(&client, BASE + 2 * PAGE_SIZE), 202);
	vm_agent_write(&client, BASE + 3 * PAGE_SIZE, 203);
	unmap(&client, BASE, PAGES);	/* this kernel lets it go */
	for (unsigned i = 0; i < 200; i++) {
		struct request msg;

		say_request(&second, 3 * PAGE_SIZE, PAGE_SIZE);
		expect(second.control, DATA_SUPPLY, &msg);
		if (vm_word(msg.word[5]) == 203)
			break;
		CHECK_EQ(vm_word(msg.word[5]), 103);
		vm_deallocate_check(msg.word[5], PAGE_SIZE);
		test_sleep(10);
		CHECK(i < 199);
	}
	/* and comes back while the other stays */
	vm_agent_end(&client);
	client_start(&client, object);
	CHECK_EQ(vm_agent_read(&client, BASE + 3 * PAGE_SIZE), 203);
	say_terminate(&second);
	CHECK_EQ(vm_agent_read(&client, BASE + 4 * PAGE_SIZE), 104);
	vm_agent_end(&client);
	vm_agent_end(&pager);
}

TEST(pager_survives_a_second_kernel_that_dies)
{
	struct vm_agent pager, client;
	mach_port_t object = pager_start(&pager, 6);
	struct kernel second = kernel_make(object), third = kernel_make(object);

	client_start(&client, object);
	say_request(&second, 0, PAGE_SIZE);
	CHECK_KR(mach_port_destroy(self, second.control), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, second.name), KERN_SUCCESS);
	kernel_read(&third, PAGE_SIZE, 101);
	CHECK_EQ(vm_agent_read(&client, BASE + 5 * PAGE_SIZE), 105);
	CHECK_EQ(vm_agent_read(&client, BASE + 6 * PAGE_SIZE), 0);
	vm_agent_end(&client);
	kernel_read(&third, 5 * PAGE_SIZE, 105);
	vm_agent_end(&pager);
}

/* What cannot be delivered is dropped: the pager waits for nobody. */
TEST(pager_does_not_wait_for_a_kernel_that_does_not_listen)
{
	struct vm_agent pager, client;
	mach_port_t object = pager_start(&pager, 6);
	struct kernel deaf = { object, test_port(), test_port() };
	struct request msg;
	unsigned i;

	client_start(&client, object);
	for (i = 0; i < MACH_PORT_QLIMIT_MAX; i++) {
		say_init(&deaf, PAGE_SIZE);
		say_request(&deaf, 0, PAGE_SIZE);
		say_request(&deaf, 7 * PAGE_SIZE, PAGE_SIZE);
		say_request(&deaf, 9 * PAGE_SIZE, PAGE_SIZE);
		say_return(&deaf, i % 8 * PAGE_SIZE, 100 + i % 8);
	}
	CHECK_EQ(vm_agent_read(&client, BASE + 5 * PAGE_SIZE), 105);
	/* it got what there was room for */
	expect(deaf.control, READY, &msg);
	expect_data(&deaf, 0, 100);
	for (i = 2; i < MACH_PORT_QLIMIT_DEFAULT; i++)
		CHECK_KR(test_receive(&msg.head, sizeof(msg), deaf.control,
		    20000), MACH_MSG_SUCCESS);
	kernel_read(&deaf, PAGE_SIZE, 101);
	vm_agent_end(&client);
	vm_agent_end(&pager);
}

/* Requests that no kernel would send get an error, or nothing. */
TEST(pager_answers_kernels_that_ask_nonsense)
{
	struct vm_agent pager;
	mach_port_t object = pager_start(&pager, 6);
	struct kernel good = kernel_make(object);
	struct kernel stranger = { object, test_port(), test_port() };
	static const vm_offset_t ranges[][2] = {
		{ 0, 0 }, { 1, PAGE_SIZE }, { 0, 5 },
		{ PAGES * PAGE_SIZE, PAGE_SIZE }, { 0, 9 * PAGE_SIZE },
		{ 0xfffff000, PAGE_SIZE }, { PAGE_SIZE, 0xfffff000 },
	};
	struct request msg;

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		say_request(&good, ranges[i][0], ranges[i][1]);
		expect(good.control, DATA_ERROR, &msg);
		CHECK_EQ(FIELD(&msg, 0), ranges[i][0]);
		CHECK_EQ(FIELD(&msg, 1), ranges[i][1]);
		CHECK(FIELD(&msg, 2) != KERN_SUCCESS);
	}
	say_request(&good, 7 * PAGE_SIZE, PAGE_SIZE);
	expect(good.control, DATA_UNAVAILABLE, &msg);
	/* who has not begun gets nothing, and changes nothing */
	say_request(&stranger, 0, PAGE_SIZE);
	say_return(&stranger, 0, 666);
	kernel_read(&good, 0, 100);
	expect_nothing(stranger.control);
	/* twice is once */
	say_init(&good, PAGE_SIZE);
	kernel_read(&good, 0, 100);
	/* pages of another size */
	say_init(&stranger, 2 * PAGE_SIZE);
	expect(stranger.control, DESTROY, &msg);
	/* ends that are not one's own */
	good.name = stranger.name;
	say_terminate(&good);
	good = kernel_make(object);
	kernel_read(&good, 0, 100);
	vm_agent_end(&pager);
}

TEST(pager_takes_no_more_kernels_than_it_can)
{
	struct vm_agent pager;
	mach_port_t object = pager_start(&pager, 1);
	struct kernel kernels[KERNELS_MAX], more;
	struct request msg;
	unsigned i;

	for (i = 0; i < KERNELS_MAX; i++)
		kernels[i] = kernel_make(object);
	more = (struct kernel){ object, test_port(), test_port() };
	say_init(&more, PAGE_SIZE);
	expect(more.control, DESTROY, &msg);
	for (i = 0; i < KERNELS_MAX; i++)
		kernel_read(&kernels[i], 0, 100);
	say_terminate(&kernels[3]);
	more = kernel_make(object);
	kernel_read(&more, 0, 100);
	vm_agent_end(&pager);
}
