/*
 * tests/vm_support.h - what the tests of memory share: touching memory that
 * may fault, tasks that touch memory on command, memory sent in messages.
 */
#ifndef TESTS_VM_SUPPORT_H
#define TESTS_VM_SUPPORT_H

#include <mach/duality.h>
#include <mach/vm_param.h>
#include <mach/vm_statistics.h>

#include "test.h"

/* What came of running a function: its value, or the exception it raised. */
struct vm_outcome {
	bool	 raised;
	int	 exception;
	int	 code;
	uint32_t subcode;
	uint32_t value;
};

typedef uint32_t (*vm_fn)(uint32_t a, uint32_t b);

/*
 * Run fn(a, b) in a thread of its own, which an exception breaks off.  It must
 * not hold a lock of the library's when it faults.
 */
struct vm_outcome vm_try(vm_fn fn, uint32_t a, uint32_t b);
uint32_t vm_fn_read(uint32_t addr, uint32_t unused);
uint32_t vm_fn_write(uint32_t addr, uint32_t value);
struct vm_outcome vm_try_read(vm_address_t addr);
struct vm_outcome vm_try_write(vm_address_t addr, uint32_t value);

/* The outcome must be EXC_BAD_ACCESS with this code at this address. */
#define CHECK_RAISED(outcome, want_code, want_addr)			\
	do {								\
		struct vm_outcome outcome_ = (outcome);			\
		CHECK_EQ(outcome_.raised, true);			\
		CHECK_EQ(outcome_.exception, EXC_BAD_ACCESS);		\
		CHECK_EQ(outcome_.code, want_code);			\
		CHECK_EQ(outcome_.subcode, want_addr);			\
	} while (0)
#define CHECK_VALUE(outcome, want)					\
	do {								\
		struct vm_outcome outcome_ = (outcome);			\
		if (outcome_.raised)					\
			test_fail(__FILE__, __LINE__,			\
			    "exception %d, code %d, subcode %#x",	\
			    outcome_.exception, outcome_.code,		\
			    (unsigned)outcome_.subcode);		\
		CHECK_EQ(outcome_.value, want);				\
	} while (0)

/*
 * A task that began as a copy of another's memory and runs functions when
 * told to.  An exception outside vm_agent_try fails the test.
 */
struct vm_agent {
	task_t	    task;
	mach_port_t command;	/* a send right */
	mach_port_t reply;	/* a receive right */
};

/* A copy of the memory of task: this one, or another agent's that is idle. */
void	vm_agent_start(struct vm_agent *agent, task_t task);
uint32_t vm_agent_call(struct vm_agent *agent, vm_fn fn, uint32_t a,
	    uint32_t b);
struct vm_outcome vm_agent_try(struct vm_agent *agent, vm_fn fn, uint32_t a,
	    uint32_t b);
uint32_t vm_agent_read(struct vm_agent *agent, vm_address_t addr);
void	vm_agent_write(struct vm_agent *agent, vm_address_t addr,
	    uint32_t value);
/* Begin a call; finish waits for its outcome. */
void	vm_agent_begin(struct vm_agent *agent, vm_fn fn, uint32_t a,
	    uint32_t b);
struct vm_outcome vm_agent_finish(struct vm_agent *agent);
/* Terminate it, wait until it is gone, and give its rights back. */
void	vm_agent_end(struct vm_agent *agent);
/* A send right of the caller's under the same name in the agent. */
void	vm_agent_give_send(struct vm_agent *agent, mach_port_t right);

/* A message with one region out of line. */
struct vm_data_message {
	mach_msg_header_t    head;
	mach_msg_type_long_t type;
	vm_address_t	     data;
	uint32_t	     room[8];	/* for what a receiver may get */
};
void	vm_data_message_make(struct vm_data_message *msg, vm_address_t addr,
	    vm_size_t size, bool deallocate);
mach_msg_return_t vm_send_data(mach_port_t port, vm_address_t addr,
	    vm_size_t size, bool deallocate);
/* Where the data are; fails the test unless they come within 20 seconds. */
vm_address_t vm_receive_data(mach_port_t port, vm_size_t *size);

/* Words at the start of each page: what most tests write and look for. */
void	vm_fill(vm_address_t addr, unsigned pages, uint32_t first);
void	vm_expect(vm_address_t addr, unsigned pages, uint32_t first);
static inline uint32_t
vm_word(vm_address_t addr)
{
	return *(volatile uint32_t *)addr;
}
static inline void
vm_set_word(vm_address_t addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

/* vm_read of whole pages, which must succeed: where they are. */
vm_address_t vm_read_pages(task_t task, vm_address_t addr, unsigned pages);
void	vm_deallocate_check(vm_address_t addr, vm_size_t size);
/* Protection and whereabouts of the region at addr; fails if there is none. */
struct vm_region_facts {
	vm_address_t start;
	vm_size_t    size;
	vm_prot_t    prot, max_prot;
	vm_inherit_t inheritance;
	boolean_t    shared;
	mach_port_t  object_name;
	vm_offset_t  offset;
};
kern_return_t vm_region_of(task_t task, vm_address_t addr,
	    struct vm_region_facts *facts);

/* This task's regions in a range as they are, to be compared with later. */
struct vm_picture {
	vm_address_t	       start;
	vm_size_t	       size;
	vm_region_records_t    regions;
	mach_msg_type_number_t count;
};
void	vm_picture_take(struct vm_picture *picture, vm_address_t start,
	    vm_size_t size);
/* Fails the test, saying what was done, if a region differs. */
void	vm_picture_compare(const struct vm_picture *before, const char *what);
void	vm_picture_free(struct vm_picture *picture);

unsigned vm_free_count(void);
/*
 * Run round once, then rounds times more; fails if more than margin pages
 * of free memory went with the latter for good.
 */
void	vm_check_no_leak(void (*round)(void), unsigned rounds,
	    unsigned margin);

#endif
