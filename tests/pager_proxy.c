/*
 * tests/pager_proxy.c - proxies: ports that stand for part of a memory object
 * and some of the access to it.
 */
#include <mach/exception.h>
#include <mach/mach4.h>

#include "pager_support.h"

#define READ_ONLY VM_PROT_READ

/* A proxy for len bytes of an object from start on. */
static kern_return_t
make(mach_port_t of, vm_prot_t prot, vm_offset_t start, vm_size_t len,
    mach_port_t *proxy)
{
	vm_offset_t offset = 0;

	*proxy = MACH_PORT_NULL;
	return memory_object_create_proxy(self, prot, &of,
	    MACH_MSG_TYPE_COPY_SEND, 1, &offset, 1, &start, 1, &len, 1, proxy);
}

static mach_port_t
proxy_of(mach_port_t of, vm_prot_t prot, vm_offset_t start, vm_size_t len)
{
	mach_port_t proxy;

	CHECK_KR(make(of, prot, start, len, &proxy), KERN_SUCCESS);
	CHECK(MACH_PORT_VALID(proxy));
	return proxy;
}

static kern_return_t
map(struct vm_agent *agent, vm_address_t addr, mach_port_t port,
    vm_offset_t offset, unsigned pages, bool copy)
{
	return vm_map(agent->task, &addr, pages * PAGE_SIZE, 0, FALSE, port,
	    offset, copy, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE);
}

static void
expect_region(struct vm_agent *agent, vm_address_t addr, vm_prot_t prot,
    vm_prot_t max_prot, vm_offset_t offset)
{
	struct vm_region_facts facts;

	CHECK_KR(vm_region_of(agent->task, addr, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.start, addr);
	CHECK_EQ(facts.prot, prot);
	CHECK_EQ(facts.max_prot, max_prot);
	CHECK_EQ(facts.offset, offset);
}

TEST(proxy_shows_part_of_an_object)
{
	struct vm_agent a;
	struct object object = { .port = test_port() };
	mach_port_t proxy = proxy_of(object.port, VM_PROT_ALL, 2 * PAGE_SIZE,
	    3 * PAGE_SIZE);

	vm_agent_start(&a, self);
	expect_nothing(object.port);
	CHECK_KR(map(&a, BASE, proxy, PAGE_SIZE, 2, false), KERN_SUCCESS);
	expect_init(&object);
	ready(&object, false, MEMORY_OBJECT_COPY_DELAY);
	expect_region(&a, BASE, VM_PROT_DEFAULT, VM_PROT_ALL, 3 * PAGE_SIZE);
	page_in(&object, &a, BASE, 3 * PAGE_SIZE, 33);
	/* one memory with the object itself */
	CHECK_KR(map(&a, BASE + 0x10000, object.port, 0, 8, false),
	    KERN_SUCCESS);
	vm_agent_write(&a, BASE, 44);
	CHECK_EQ(vm_agent_read(&a, BASE + 0x10000 + 3 * PAGE_SIZE), 44);
	/* no more than there is of it */
	CHECK_KR(map(&a, BASE + 0x20000, proxy, 0, 4, false),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE + 0x20000, proxy, 3 * PAGE_SIZE, 1, false),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE + 0x20000, proxy, -2 * PAGE_SIZE, 1, false),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE + 0x20000, proxy, 5, 1, false),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE + 0x20000, proxy, 0, 3, false), KERN_SUCCESS);
	/* mappings outlast the proxy */
	release(proxy);
	CHECK_EQ(vm_agent_read(&a, BASE + 0x20000 + PAGE_SIZE), 44);
	vm_agent_end(&a);
	expect_return(&object, 3 * PAGE_SIZE, 44, true, false);
	expect_terminate(&object);
}

TEST(proxy_limits_access)
{
	struct vm_agent a;
	struct object object;
	mach_port_t proxy, write_only;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE + 0x100000, 4);
	proxy = proxy_of(object.port, READ_ONLY, 0, 4 * PAGE_SIZE);
	CHECK_KR(map(&a, BASE, proxy, 0, 4, false), KERN_SUCCESS);
	expect_region(&a, BASE, READ_ONLY, READ_ONLY, 0);
	page_in(&object, &a, BASE, 0, 10);
	CHECK_RAISED(vm_agent_try(&a, vm_fn_write, BASE, 1),
	    KERN_PROTECTION_FAILURE, BASE);
	CHECK_KR(vm_protect(a.task, BASE, PAGE_SIZE, FALSE, VM_PROT_DEFAULT),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_protect(a.task, BASE, PAGE_SIZE, TRUE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
	/* a copy is one's own */
	CHECK_KR(map(&a, BASE + 0x10000, proxy, 0, 1, true), KERN_SUCCESS);
	expect_region(&a, BASE + 0x10000, VM_PROT_DEFAULT, VM_PROT_ALL, 0);
	vm_agent_write(&a, BASE + 0x10000, 2);
	CHECK_EQ(vm_agent_read(&a, BASE), 10);
	/* unless it could not have been read */
	write_only = proxy_of(object.port, VM_PROT_WRITE, 0, PAGE_SIZE);
	CHECK_KR(map(&a, BASE + 0x20000, write_only, 0, 1, true),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(map(&a, BASE + 0x20000, write_only, 0, 1, false),
	    KERN_SUCCESS);
	expect_region(&a, BASE + 0x20000, VM_PROT_WRITE, VM_PROT_WRITE, 0);
	vm_agent_end(&a);
}

TEST(proxy_of_a_proxy_gives_no_more)
{
	struct vm_agent a;
	struct object object;
	mach_port_t whole, part, beyond;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE + 0x100000, 8);
	whole = proxy_of(object.port, READ_ONLY, 2 * PAGE_SIZE, 3 * PAGE_SIZE);
	part = proxy_of(whole, VM_PROT_ALL, PAGE_SIZE, 9 * PAGE_SIZE);
	beyond = proxy_of(whole, VM_PROT_ALL, 9 * PAGE_SIZE, PAGE_SIZE);
	release(whole);		/* the others do without */
	CHECK_KR(map(&a, BASE, part, 0, 3, false), KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE, beyond, 0, 1, false), KERN_INVALID_ARGUMENT);
	CHECK_KR(map(&a, BASE, part, 0, 2, false), KERN_SUCCESS);
	expect_region(&a, BASE, READ_ONLY, READ_ONLY, 3 * PAGE_SIZE);
	page_in(&object, &a, BASE + PAGE_SIZE, 4 * PAGE_SIZE, 4);
	whole = proxy_of(object.port, VM_PROT_ALL, 0xf0000000, PAGE_SIZE);
	CHECK_KR(make(whole, VM_PROT_ALL, 0x20000000, PAGE_SIZE, &part),
	    KERN_INVALID_ARGUMENT);
	vm_agent_end(&a);
}

TEST(proxy_of_a_region_shares_it)
{
	struct vm_agent a, b;
	struct vm_region_facts facts;
	vm_address_t memory = BASE;
	mach_port_t proxy, object;

	vm_agent_start(&a, self);
	vm_agent_start(&b, self);
	CHECK_KR(vm_allocate(a.task, &memory, 8 * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	/* a copy of it first: what is shared is the original */
	vm_agent_write(&a, BASE + 2 * PAGE_SIZE, 5);
	object = test_port();
	vm_agent_give_send(&a, object);
	CHECK_KR(vm_copy(a.task, BASE, 4 * PAGE_SIZE, BASE + 4 * PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(vm_region_create_proxy(a.task, BASE + PAGE_SIZE,
	    VM_PROT_DEFAULT, 2 * PAGE_SIZE, &proxy), KERN_SUCCESS);
	CHECK_KR(map(&b, BASE, proxy, 0, 2, false), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&b, BASE + PAGE_SIZE), 5);
	vm_agent_write(&b, BASE, 6);
	CHECK_EQ(vm_agent_read(&a, BASE + PAGE_SIZE), 6);
	vm_agent_write(&a, BASE + 2 * PAGE_SIZE, 7);
	CHECK_EQ(vm_agent_read(&b, BASE + PAGE_SIZE), 7);
	CHECK_EQ(vm_agent_read(&a, BASE + 6 * PAGE_SIZE), 5);
	CHECK_KR(map(&b, BASE + 0x10000, proxy, 0, 3, false),
	    KERN_INVALID_ARGUMENT);
	/* the memory is there as long as the proxy is */
	vm_agent_end(&a);
	unmap(&b, BASE, 2);
	CHECK_KR(map(&b, BASE, proxy, 0, 2, false), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&b, BASE + PAGE_SIZE), 7);
	/* rights of the region count as well */
	CHECK_KR(vm_protect(b.task, BASE, PAGE_SIZE, TRUE, READ_ONLY),
	    KERN_SUCCESS);
	release(proxy);
	CHECK_KR(vm_region_create_proxy(b.task, BASE, VM_PROT_ALL, PAGE_SIZE,
	    &proxy), KERN_SUCCESS);
	CHECK_KR(map(&b, BASE + 0x10000, proxy, 0, 1, false), KERN_SUCCESS);
	CHECK_KR(vm_region_of(b.task, BASE + 0x10000, &facts), KERN_SUCCESS);
	CHECK_EQ(facts.max_prot, READ_ONLY);
	CHECK_EQ(vm_agent_read(&b, BASE + 0x10000), 6);
	vm_agent_end(&b);
}

/* Memory that nobody has touched, and a pager's. */
TEST(proxy_of_a_region_of_any_kind)
{
	struct vm_agent a;
	struct object object;
	vm_address_t fresh = BASE;
	mach_port_t proxy;

	vm_agent_start(&a, self);
	CHECK_KR(vm_allocate(a.task, &fresh, PAGE_SIZE, FALSE), KERN_SUCCESS);
	CHECK_KR(vm_region_create_proxy(a.task, BASE, VM_PROT_ALL, PAGE_SIZE,
	    &proxy), KERN_SUCCESS);
	CHECK_KR(map(&a, BASE + 0x10000, proxy, 0, 1, false), KERN_SUCCESS);
	vm_agent_write(&a, BASE + 0x10000, 3);
	CHECK_EQ(vm_agent_read(&a, BASE), 3);
	release(proxy);
	make_object(&object, &a, BASE + 0x20000, 4);
	CHECK_KR(vm_region_create_proxy(a.task, BASE + 0x20000 + PAGE_SIZE,
	    VM_PROT_ALL, 2 * PAGE_SIZE, &proxy), KERN_SUCCESS);
	unmap(&a, BASE + 0x20000, 4);
	CHECK_KR(map(&a, BASE + 0x30000, proxy, PAGE_SIZE, 1, false),
	    KERN_SUCCESS);
	page_in(&object, &a, BASE + 0x30000, 2 * PAGE_SIZE, 12);
	unmap(&a, BASE + 0x30000, 1);
	expect_nothing(object.port);
	release(proxy);		/* the last that used the object */
	expect_terminate(&object);
	vm_agent_end(&a);
}

TEST(proxy_of_an_object_that_dies)
{
	struct vm_agent a;
	struct object object;
	mach_port_t proxy;

	vm_agent_start(&a, self);
	make_object(&object, &a, BASE, 4);
	proxy = proxy_of(object.port, VM_PROT_ALL, 0, 4 * PAGE_SIZE);
	CHECK_KR(map(&a, BASE + 0x10000, proxy, 0, 4, false), KERN_SUCCESS);
	page_in(&object, &a, BASE + 0x10000, 0, 10);
	CHECK_KR(mach_port_destroy(self, object.port), KERN_SUCCESS);
	CHECK_EQ(vm_agent_read(&a, BASE + 0x10000), 10);
	CHECK_RAISED(vm_agent_try(&a, vm_fn_read, BASE + 0x11000, 0),
	    KERN_MEMORY_ERROR, BASE + 0x11000);
	CHECK_KR(map(&a, BASE + 0x20000, proxy, 0, 4, false),
	    KERN_INVALID_ARGUMENT);
	vm_agent_end(&a);
	CHECK_KR(map_at(self, BASE, &(struct object){ .port = proxy }, 0, 1),
	    KERN_INVALID_ARGUMENT);
}

TEST(proxies_that_make_no_sense_are_refused)
{
	mach_port_t two[2] = { test_port(), test_port() }, proxy, dead;
	vm_offset_t zero[2] = { 0, 0 }, odd = PAGE_SIZE;
	vm_size_t len[2] = { PAGE_SIZE, PAGE_SIZE };

	CHECK_KR(memory_object_create_proxy(TEST_HOST_PORT, VM_PROT_ALL, two,
	    MACH_MSG_TYPE_COPY_SEND, 1, zero, 1, zero, 1, len, 1, &proxy),
	    KERN_INVALID_TASK);
	CHECK_KR(memory_object_create_proxy(self, VM_PROT_ALL, two,
	    MACH_MSG_TYPE_COPY_SEND, 2, zero, 2, zero, 2, len, 2, &proxy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(memory_object_create_proxy(self, VM_PROT_ALL, two,
	    MACH_MSG_TYPE_COPY_SEND, 0, zero, 0, zero, 0, len, 0, &proxy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(memory_object_create_proxy(self, VM_PROT_ALL, two,
	    MACH_MSG_TYPE_COPY_SEND, 1, zero, 1, zero, 0, len, 1, &proxy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(memory_object_create_proxy(self, VM_PROT_ALL, two,
	    MACH_MSG_TYPE_COPY_SEND, 1, &odd, 1, zero, 1, len, 1, &proxy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(make(two[0], VM_PROT_ALL, 0xfffff000, 2 * PAGE_SIZE, &proxy),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(make(MACH_PORT_NULL, VM_PROT_ALL, 0, PAGE_SIZE, &proxy),
	    KERN_INVALID_NAME);
	dead = test_port();
	CHECK_KR(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	CHECK_KR(make(dead, VM_PROT_ALL, 0, PAGE_SIZE, &proxy),
	    KERN_INVALID_NAME);
	/* what is no memory object shows when it is mapped */
	proxy = proxy_of(self, VM_PROT_ALL, 0, PAGE_SIZE);
	CHECK_KR(map_at(self, BASE, &(struct object){ .port = proxy }, 0, 1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_region_create_proxy(self, BASE, VM_PROT_ALL, PAGE_SIZE,
	    &proxy), KERN_INVALID_ADDRESS);
	CHECK_KR(vm_region_create_proxy(TEST_HOST_PORT, BASE, VM_PROT_ALL,
	    PAGE_SIZE, &proxy), KERN_INVALID_ARGUMENT);
	CHECK_KR(vm_region_create_proxy(self, test_allocate(PAGE_SIZE),
	    VM_PROT_ALL, -PAGE_SIZE, &proxy), KERN_INVALID_ARGUMENT);
	/* no page begins there */
	CHECK_KR(vm_region_create_proxy(self, test_allocate(PAGE_SIZE) + 5,
	    VM_PROT_ALL, 100, &proxy), KERN_SUCCESS);
	CHECK_KR(map_at(self, BASE, &(struct object){ .port = proxy }, 0, 1),
	    KERN_INVALID_ARGUMENT);
}

static void
proxy_round(void)
{
	struct vm_agent a;
	vm_address_t memory = BASE;
	mach_port_t proxies[64], object = test_port();

	vm_agent_start(&a, self);
	CHECK_KR(vm_allocate(a.task, &memory, 64 * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	for (unsigned i = 0; i < 64; i++) {
		if (i % 2 == 0)
			proxies[i] = proxy_of(object, VM_PROT_ALL, 0,
			    PAGE_SIZE);
		else
			CHECK_KR(vm_region_create_proxy(a.task,
			    BASE + i * PAGE_SIZE, VM_PROT_ALL, PAGE_SIZE,
			    &proxies[i]), KERN_SUCCESS);
	}
	vm_agent_end(&a);
	for (unsigned i = 0; i < 64; i++)
		release(proxies[i]);
	CHECK_KR(mach_port_destroy(self, object), KERN_SUCCESS);
}

TEST(proxies_leave_no_memory_behind)
{
	vm_check_no_leak(proxy_round, 20, 16);
}
