/*
 * tests/vm_protection.c - what memory refuses: the exception, its code, its
 * address, at once and on every processor.
 */
#include <string.h>

#include <mach/exception.h>
#include <mach/mach_thread.h>

#include "i386_nx.h"
#include "raise.h"
#include "vm_support.h"

#define BASE	((vm_address_t)0x40000000)
#define KERNEL	((vm_address_t)VM_MAX_ADDRESS)
#define self	mach_task_self()

static void
allocate_base(unsigned pages)
{
	vm_address_t addr = BASE;

	CHECK_KR(vm_allocate(self, &addr, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
}

static void
protect(vm_address_t addr, vm_prot_t prot)
{
	CHECK_KR(vm_protect(self, addr, PAGE_SIZE, FALSE, prot), KERN_SUCCESS);
}

TEST(vm_protection_of_untouched_memory)
{
	allocate_base(2);
	protect(BASE, VM_PROT_READ);
	protect(BASE + PAGE_SIZE, VM_PROT_NONE);
	CHECK_RAISED(vm_try_write(BASE + 12, 1), KERN_PROTECTION_FAILURE,
	    BASE + 12);
	CHECK_VALUE(vm_try_read(BASE + 12), 0);
	CHECK_RAISED(vm_try_read(BASE + PAGE_SIZE + 8),
	    KERN_PROTECTION_FAILURE, BASE + PAGE_SIZE + 8);
	CHECK_RAISED(vm_try_write(BASE + PAGE_SIZE + 8, 1),
	    KERN_PROTECTION_FAILURE, BASE + PAGE_SIZE + 8);
	protect(BASE, VM_PROT_DEFAULT);
	CHECK_VALUE(vm_try_write(BASE + 12, 5), 5);
}

TEST(vm_protection_of_resident_memory)
{
	allocate_base(2);
	vm_fill(BASE, 2, 30);
	protect(BASE, VM_PROT_READ);
	protect(BASE + PAGE_SIZE, VM_PROT_NONE);
	CHECK_RAISED(vm_try_write(BASE + 4092, 1), KERN_PROTECTION_FAILURE,
	    BASE + 4092);
	CHECK_VALUE(vm_try_read(BASE), 30);
	CHECK_RAISED(vm_try_read(BASE + PAGE_SIZE), KERN_PROTECTION_FAILURE,
	    BASE + PAGE_SIZE);
	protect(BASE + PAGE_SIZE, VM_PROT_READ);
	CHECK_VALUE(vm_try_read(BASE + PAGE_SIZE), 31);
	CHECK_RAISED(vm_try_write(BASE + PAGE_SIZE, 1),
	    KERN_PROTECTION_FAILURE, BASE + PAGE_SIZE);
}

/* Memory that copies share is write-protected for one reason more. */
TEST(vm_protection_of_copied_memory)
{
	mach_msg_type_number_t count;
	pointer_t copy;

	allocate_base(1);
	vm_set_word(BASE, 8);
	CHECK_KR(vm_read(self, BASE, PAGE_SIZE, &copy, &count), KERN_SUCCESS);
	protect(BASE, VM_PROT_READ);
	protect(copy, VM_PROT_READ);
	CHECK_RAISED(vm_try_write(BASE, 1), KERN_PROTECTION_FAILURE, BASE);
	CHECK_RAISED(vm_try_write(copy, 1), KERN_PROTECTION_FAILURE, copy);
	protect(copy, VM_PROT_DEFAULT);
	CHECK_VALUE(vm_try_write(copy, 9), 9);
	CHECK_EQ(vm_word(BASE), 8);
	CHECK_RAISED(vm_try_write(BASE, 1), KERN_PROTECTION_FAILURE, BASE);
}

TEST(vm_protection_by_guard_pages)
{
	allocate_base(3);
	vm_fill(BASE, 3, 1);
	protect(BASE, VM_PROT_NONE);
	protect(BASE + 2 * PAGE_SIZE, VM_PROT_NONE);
	CHECK_RAISED(vm_try_read(BASE + PAGE_SIZE - 4),
	    KERN_PROTECTION_FAILURE, BASE + PAGE_SIZE - 4);
	CHECK_RAISED(vm_try_write(BASE + 2 * PAGE_SIZE, 1),
	    KERN_PROTECTION_FAILURE, BASE + 2 * PAGE_SIZE);
	/* Half in the guard page: the page that refuses is named. */
	CHECK_RAISED(vm_try_write(BASE + 2 * PAGE_SIZE - 2, 1),
	    KERN_PROTECTION_FAILURE, BASE + 2 * PAGE_SIZE);
	CHECK_VALUE(vm_try_write(BASE + 2 * PAGE_SIZE - 4, 7), 7);
}

TEST(vm_access_outside_all_memory)
{
	vm_address_t addr = BASE;

	CHECK_RAISED(vm_try_read(0), KERN_INVALID_ADDRESS, 0);
	CHECK_RAISED(vm_try_write(8, 1), KERN_INVALID_ADDRESS, 8);
	CHECK_RAISED(vm_try_read(BASE), KERN_INVALID_ADDRESS, BASE);
	CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
	vm_set_word(BASE, 1);
	CHECK_RAISED(vm_try_read(BASE + PAGE_SIZE), KERN_INVALID_ADDRESS,
	    BASE + PAGE_SIZE);
	CHECK_RAISED(vm_try_write(BASE - 4, 1), KERN_INVALID_ADDRESS,
	    BASE - 4);
	vm_deallocate_check(BASE, PAGE_SIZE);
	CHECK_RAISED(vm_try_read(BASE), KERN_INVALID_ADDRESS, BASE);
}

TEST(vm_access_to_the_kernel)
{
	static const vm_address_t places[] = { KERNEL, KERNEL + 0x100000,
	    0xd0000000, 0xf0000000, 0xff000000, 0xfffff000, 0xfffffffc };

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CHECK_RAISED(vm_try_read(places[i]), EXC_I386_PGFLT,
		    places[i]);
		CHECK_RAISED(vm_try_write(places[i], 1), EXC_I386_PGFLT,
		    places[i]);
	}
}

static uint32_t
answer(uint32_t a, uint32_t b)
{
	return a ^ b;
}

static uint32_t
call_at(uint32_t addr, uint32_t unused)
{
	(void)unused;
	return ((vm_fn)addr)(0x5000, 0x0123);
}

/*
 * Data do not run where the processor can tell and the program was linked so
 * (this one was); elsewhere what can be read can be run.
 */
TEST(vm_execution_needs_the_right)
{
	bool nx = processor_has_nx();

	allocate_base(1);
	memcpy((void *)BASE, (void *)answer, 64);
	if (nx)
		CHECK_RAISED(vm_try(call_at, BASE, 0),
		    KERN_PROTECTION_FAILURE, BASE);
	else
		CHECK_VALUE(vm_try(call_at, BASE, 0), 0x5123);
	protect(BASE, VM_PROT_ALL);
	CHECK_VALUE(vm_try(call_at, BASE, 0), 0x5123);
	protect(BASE, VM_PROT_READ | VM_PROT_EXECUTE);
	CHECK_VALUE(vm_try(call_at, BASE, 0), 0x5123);
	CHECK_RAISED(vm_try_write(BASE, 0), KERN_PROTECTION_FAILURE, BASE);
	protect(BASE, VM_PROT_READ);
	if (nx)
		CHECK_RAISED(vm_try(call_at, BASE, 0),
		    KERN_PROTECTION_FAILURE, BASE);
	else
		CHECK_VALUE(vm_try(call_at, BASE, 0), 0x5123);
	protect(BASE, VM_PROT_NONE);
	CHECK_RAISED(vm_try(call_at, BASE, 0), KERN_PROTECTION_FAILURE, BASE);
	vm_deallocate_check(BASE, PAGE_SIZE);
	CHECK_RAISED(vm_try(call_at, BASE, 0), KERN_INVALID_ADDRESS, BASE);
}

TEST(vm_execution_right_is_inherited)
{
	struct vm_agent child;

	allocate_base(1);
	memcpy((void *)BASE, (void *)answer, 64);
	vm_agent_start(&child, self);
	if (processor_has_nx())
		CHECK_RAISED(vm_agent_try(&child, call_at, BASE, 0),
		    KERN_PROTECTION_FAILURE, BASE);
	else
		CHECK_VALUE(vm_agent_try(&child, call_at, BASE, 0), 0x5123);
	CHECK_KR(vm_protect(child.task, BASE, PAGE_SIZE, FALSE, VM_PROT_ALL),
	    KERN_SUCCESS);
	CHECK_VALUE(vm_agent_try(&child, call_at, BASE, 0), 0x5123);
	vm_agent_end(&child);
}

/* Rights taken while another thread uses them */

static volatile uint32_t *const shared_count = (uint32_t *)BASE;

static uint32_t
write_forever(uint32_t addr, uint32_t unused)
{
	(void)unused;
	while (++*shared_count != 0)
		vm_set_word(addr, *shared_count);
	return 0;
}

static uint32_t
read_forever(uint32_t addr, uint32_t unused)
{
	(void)unused;
	while (++*shared_count != 0)
		(void)vm_word(addr);
	return 0;
}

static void
await_progress(void)
{
	uint32_t before = *shared_count;

	for (unsigned i = 0; i < 1000 && *shared_count == before; i++)
		test_sleep(5);
	CHECK(*shared_count != before);
}

/* An agent that counts in the shared page at BASE while it does fn there. */
static void
start_busy_agent(struct vm_agent *agent, vm_fn fn, vm_address_t addr)
{
	allocate_base(3);
	CHECK_KR(vm_inherit(self, BASE, PAGE_SIZE, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	*shared_count = 1;
	vm_set_word(addr, 1);
	vm_agent_start(agent, self);
	vm_agent_begin(agent, fn, addr, 0);
	await_progress();
}

TEST(vm_protect_stops_a_running_writer)
{
	vm_address_t addr = BASE + PAGE_SIZE;
	struct vm_agent child;

	start_busy_agent(&child, write_forever, addr);
	CHECK_KR(vm_protect(child.task, addr, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&child), KERN_PROTECTION_FAILURE, addr);
	vm_agent_end(&child);
}

TEST(vm_protect_stops_a_running_reader)
{
	vm_address_t addr = BASE + PAGE_SIZE;
	struct vm_agent child;

	start_busy_agent(&child, read_forever, addr);
	CHECK_KR(vm_protect(child.task, addr, PAGE_SIZE, FALSE, VM_PROT_NONE),
	    KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&child), KERN_PROTECTION_FAILURE, addr);
	vm_agent_end(&child);
}

TEST(vm_deallocate_stops_a_running_writer)
{
	vm_address_t addr = BASE + PAGE_SIZE;
	struct vm_agent child;

	start_busy_agent(&child, write_forever, addr);
	CHECK_KR(vm_deallocate(child.task, addr, PAGE_SIZE), KERN_SUCCESS);
	CHECK_RAISED(vm_agent_finish(&child), KERN_INVALID_ADDRESS, addr);
	vm_agent_end(&child);
}

/* A snapshot of a page that another thread writes all the time stands still. */
TEST(vm_read_of_memory_being_written_stands_still)
{
	vm_address_t addr = BASE + PAGE_SIZE;
	mach_msg_type_number_t count;
	struct vm_agent child;
	pointer_t copy;
	uint32_t word;

	start_busy_agent(&child, write_forever, addr);
	for (unsigned i = 0; i < 50; i++) {
		CHECK_KR(vm_read(child.task, addr, PAGE_SIZE, &copy, &count),
		    KERN_SUCCESS);
		word = vm_word(copy);
		if (i % 10 == 0)
			await_progress();
		CHECK_EQ(vm_word(copy), word);
		vm_deallocate_check(copy, PAGE_SIZE);
	}
	vm_agent_end(&child);
}

/* Handlers that make the access good */

static volatile uint32_t read_value;

static void
write_and_read(void *arg)
{
	vm_address_t addr = (vm_address_t)arg;

	CHECK_KR(thread_set_special_port(mach_thread_port(),
	    THREAD_EXCEPTION_PORT, read_value), KERN_SUCCESS);
	vm_set_word(addr, 77);
	read_value = vm_word(addr);
	for (;;)
		test_sleep(1000);
}

/* The access of another thread at addr goes on after mend(addr). */
static void
mend_and_go_on(vm_address_t addr, int code, void (*mend)(vm_address_t))
{
	mach_port_t port = test_port();
	struct raise raise;

	read_value = port;
	CHECK_KR(mach_thread_start(write_and_read, (void *)addr),
	    KERN_SUCCESS);
	raise_await(&raise, port);
	CHECK_RAISE(&raise, EXC_BAD_ACCESS, code, (int)addr);
	mend(addr);
	raise_reply(&raise, KERN_SUCCESS);
	for (unsigned i = 0; i < 1000 && read_value != 77; i++)
		test_sleep(5);
	CHECK_EQ(read_value, 77);
}

static void
mend_protection(vm_address_t addr)
{
	protect(trunc_page(addr), VM_PROT_DEFAULT);
}

static void
mend_hole(vm_address_t addr)
{
	CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, FALSE), KERN_SUCCESS);
}

TEST(vm_access_goes_on_once_its_handler_gave_the_right)
{
	allocate_base(1);
	vm_set_word(BASE, 1);
	protect(BASE, VM_PROT_READ);
	mend_and_go_on(BASE + 40, KERN_PROTECTION_FAILURE, mend_protection);
}

TEST(vm_access_goes_on_once_its_handler_gave_memory)
{
	mend_and_go_on(BASE + 40, KERN_INVALID_ADDRESS, mend_hole);
}

/* Although the processor would read it. */
TEST(vm_read_of_what_may_only_be_written_is_refused)
{
	vm_address_t addr = test_allocate(2 * PAGE_SIZE), copy = 0;
	mach_msg_type_number_t count;
	vm_offset_t data;

	vm_fill(addr, 2, 1);
	CHECK_KR(vm_protect(self, addr, PAGE_SIZE, FALSE, VM_PROT_WRITE),
	    KERN_SUCCESS);
	vm_set_word(addr, 5);
	CHECK_KR(vm_read(self, addr, PAGE_SIZE, &data, &count),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_read(self, addr + 8, 16, &data, &count),
	    KERN_PROTECTION_FAILURE);
	copy = test_allocate(PAGE_SIZE);
	CHECK_KR(vm_copy(self, addr, PAGE_SIZE, copy),
	    KERN_PROTECTION_FAILURE);
	CHECK_KR(vm_protect(self, addr, PAGE_SIZE, FALSE, VM_PROT_DEFAULT),
	    KERN_SUCCESS);
	CHECK_KR(vm_read(self, addr, PAGE_SIZE, &data, &count), KERN_SUCCESS);
	CHECK_EQ(vm_word(data), 5);
}
