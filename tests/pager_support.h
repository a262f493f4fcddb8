/*
 * tests/pager_support.h - a data manager by hand: messages of the kernel
 * expected one by one, and answered.
 */
#ifndef TESTS_PAGER_SUPPORT_H
#define TESTS_PAGER_SUPPORT_H

#include <mach/memory_object.h>

#include "vm_support.h"

#define BASE	((vm_address_t)0x50000000)
#define self	mach_task_self()
#define QUIET_MS	150	/* long enough to see that nothing comes */

/* What the kernel sends to a data manager. */
enum {
	INIT = 2200, TERMINATE, COPY, DATA_REQUEST, DATA_UNLOCK, DATA_WRITE,
	LOCK_COMPLETED, SUPPLY_COMPLETED, DATA_RETURN, CHANGE_COMPLETED,
};

/* Fields alternate with descriptors: field n is word 2n + 1. */
struct request {
	mach_msg_header_t head;
	uint32_t	  word[24];
};
#define FIELD(request, n)	((request)->word[2 * (n) + 1])
/* After a long descriptor for out-of-line data in place of field 2. */
#define RETURN_SIZE(request)	((request)->word[6])
#define RETURN_DATA(request)	((request)->word[7])
#define RETURN_DIRTY(request)	((request)->word[9])
#define RETURN_KERNEL_COPY(request) ((request)->word[11])

struct object {
	mach_port_t port;	/* receive and send rights */
	mach_port_t control, name;
};

static inline void
expect(mach_port_t port, mach_msg_id_t id, struct request *request)
{
	CHECK_KR(test_receive(&request->head, sizeof(*request), port, 20000),
	    MACH_MSG_SUCCESS);
	CHECK_EQ(request->head.msgh_id, id);
}

static inline void
expect_nothing(mach_port_t port)
{
	struct request request;
	mach_msg_return_t mr;

	mr = test_receive(&request.head, sizeof(request), port, QUIET_MS);
	if (mr == MACH_MSG_SUCCESS)
		test_fail(__FILE__, __LINE__, "unexpected message %d",
		    (int)request.head.msgh_id);
	CHECK_EQ(mr, MACH_RCV_TIMED_OUT);
}

static inline void
release(mach_port_t right)
{
	CHECK_KR(mach_port_deallocate(self, right), KERN_SUCCESS);
}

static inline void
expect_init(struct object *object)
{
	struct request request;

	expect(object->port, INIT, &request);
	CHECK_EQ(request.head.msgh_size, 48);
	object->control = FIELD(&request, 0);
	object->name = FIELD(&request, 1);
	CHECK(MACH_PORT_VALID(object->control));
	CHECK(MACH_PORT_VALID(object->name));
	CHECK_EQ(FIELD(&request, 2), PAGE_SIZE);
}

/* A request for the page at offset, with just this access. */
static inline void
expect_request(struct object *object, vm_offset_t offset, vm_prot_t access)
{
	struct request request;

	expect(object->port, DATA_REQUEST, &request);
	CHECK_EQ(request.head.msgh_size, 56);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), offset);
	CHECK_EQ(FIELD(&request, 2), PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 3), access);
	release(object->control);
}

static inline void
expect_unlock(struct object *object, vm_offset_t offset, vm_prot_t access)
{
	struct request request;

	expect(object->port, DATA_UNLOCK, &request);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), offset);
	CHECK_EQ(FIELD(&request, 2), PAGE_SIZE);
	CHECK_EQ(FIELD(&request, 3), access);
	release(object->control);
}

/* A page comes back that begins with this word. */
static inline void
expect_return(struct object *object, vm_offset_t offset, uint32_t word,
    bool dirty, bool kernel_copy)
{
	struct request request;

	expect(object->port, DATA_RETURN, &request);
	CHECK_EQ(request.head.msgh_size, 72);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), offset);
	CHECK_EQ(RETURN_SIZE(&request), PAGE_SIZE);
	CHECK_EQ(vm_word(RETURN_DATA(&request)), word);
	CHECK_EQ(RETURN_DIRTY(&request), dirty);
	CHECK_EQ(RETURN_KERNEL_COPY(&request), kernel_copy);
	vm_deallocate_check(RETURN_DATA(&request), PAGE_SIZE);
	release(object->control);
}

/* The kernel lets the object go: its ports come back to us. */
static inline void
expect_terminate(struct object *object)
{
	struct request request;
	mach_port_type_t type;

	expect(object->port, TERMINATE, &request);
	CHECK_EQ(request.head.msgh_size, 40);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), object->name);
	CHECK_KR(mach_port_type(self, object->control, &type), KERN_SUCCESS);
	CHECK_EQ(type, MACH_PORT_TYPE_SEND_RECEIVE);
	CHECK_KR(mach_port_destroy(self, object->control), KERN_SUCCESS);
	CHECK_KR(mach_port_destroy(self, object->name), KERN_SUCCESS);
}

static inline void
ready(struct object *object, bool may_cache,
    memory_object_copy_strategy_t strategy)
{
	CHECK_KR(memory_object_ready(object->control, may_cache, strategy),
	    KERN_SUCCESS);
}

static inline kern_return_t
map_at(task_t task, vm_address_t addr, struct object *object,
    vm_offset_t offset, unsigned pages)
{
	return vm_map(task, &addr, pages * PAGE_SIZE, 0, FALSE, object->port,
	    offset, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE);
}

/* An object, ready, of pages mapped at addr in an agent. */
static inline void
make_object(struct object *object, struct vm_agent *agent, vm_address_t addr,
    unsigned pages)
{
	object->port = test_port();
	CHECK_KR(map_at(agent->task, addr, object, 0, pages), KERN_SUCCESS);
	expect_init(object);
	ready(object, false, MEMORY_OBJECT_COPY_DELAY);
}

/* Fresh pages whose words are first, first + 1, ... */
static inline vm_address_t
data(unsigned pages, uint32_t first)
{
	vm_address_t addr = test_allocate(pages * PAGE_SIZE);

	vm_fill(addr, pages, first);
	return addr;
}

static inline void
supply_locked(struct object *object, vm_offset_t offset, unsigned pages,
    uint32_t first, vm_prot_t lock)
{
	CHECK_KR(memory_object_data_supply(object->control, offset,
	    data(pages, first), pages * PAGE_SIZE, TRUE, lock, FALSE,
	    MACH_PORT_NULL), KERN_SUCCESS);
}

static inline void
supply(struct object *object, vm_offset_t offset, unsigned pages,
    uint32_t first)
{
	supply_locked(object, offset, pages, first, VM_PROT_NONE);
}

static inline void
lock_request(struct object *object, vm_offset_t offset, unsigned pages,
    memory_object_return_t should_return, bool flush, vm_prot_t lock,
    mach_port_t reply)
{
	CHECK_KR(memory_object_lock_request(object->control, offset,
	    pages * PAGE_SIZE, should_return, flush, lock, reply),
	    KERN_SUCCESS);
}

static inline void
expect_lock_completed(struct object *object, mach_port_t reply,
    vm_offset_t offset, unsigned pages)
{
	struct request request;

	expect(reply, LOCK_COMPLETED, &request);
	CHECK_EQ(request.head.msgh_size, 48);
	CHECK_EQ(FIELD(&request, 0), object->control);
	CHECK_EQ(FIELD(&request, 1), offset);
	CHECK_EQ(FIELD(&request, 2), pages * PAGE_SIZE);
	release(object->control);
}

static inline void
begin_read(struct vm_agent *agent, vm_address_t addr)
{
	vm_agent_begin(agent, vm_fn_read, addr, 0);
}

static inline void
begin_write(struct vm_agent *agent, vm_address_t addr, uint32_t value)
{
	vm_agent_begin(agent, vm_fn_write, addr, value);
}

/* Read a page that must be asked for, and give it this word. */
static inline void
page_in(struct object *object, struct vm_agent *agent, vm_address_t addr,
    vm_offset_t offset, uint32_t word)
{
	begin_read(agent, addr);
	expect_request(object, offset, VM_PROT_READ);
	supply(object, offset, 1, word);
	CHECK_VALUE(vm_agent_finish(agent), word);
}

static inline void
unmap(struct vm_agent *agent, vm_address_t addr, unsigned pages)
{
	CHECK_KR(vm_deallocate(agent->task, addr, pages * PAGE_SIZE),
	    KERN_SUCCESS);
}

#endif
