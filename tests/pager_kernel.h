/*
 * tests/pager_kernel.h - what a kernel says to a pager, by hand: tests that use
 * an object beside this kernel.
 */
#ifndef TESTS_PAGER_KERNEL_H
#define TESTS_PAGER_KERNEL_H

#include <string.h>

#include "pager_support.h"

/* What kernels are told. */
enum {
	DATA_UNAVAILABLE = 2039, DATA_ERROR = 2090, DESTROY = 2092,
	DATA_SUPPLY = 2093, READY = 2094,
};

struct kernel {
	mach_port_t object;		/* a send right */
	mach_port_t control, name;	/* ours */
};

static inline void
put(struct request *msg, unsigned n, unsigned name, uint32_t value)
{
	mach_msg_type_t type = {
		.msgt_name = name, .msgt_size = 32, .msgt_number = 1,
		.msgt_inline = TRUE,
	};

	memcpy(&msg->word[2 * n], &type, sizeof(type));
	FIELD(msg, n) = value;
	msg->head.msgh_size = sizeof(msg->head) + 8 * (n + 1);
}

static inline void
say(struct kernel *kernel, struct request *msg, mach_msg_id_t id)
{
	msg->head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	CHECK_KR(test_send(&msg->head, kernel->object, id), MACH_MSG_SUCCESS);
}

static inline void
say_init(struct kernel *kernel, vm_size_t page_size)
{
	struct request msg;

	put(&msg, 0, MACH_MSG_TYPE_MAKE_SEND, kernel->control);
	put(&msg, 1, MACH_MSG_TYPE_MAKE_SEND, kernel->name);
	put(&msg, 2, MACH_MSG_TYPE_INTEGER_32, page_size);
	say(kernel, &msg, INIT);
}

static inline void
say_request(struct kernel *kernel, vm_offset_t offset, vm_size_t size)
{
	struct request msg;

	put(&msg, 0, MACH_MSG_TYPE_MAKE_SEND, kernel->control);
	put(&msg, 1, MACH_MSG_TYPE_INTEGER_32, offset);
	put(&msg, 2, MACH_MSG_TYPE_INTEGER_32, size);
	put(&msg, 3, MACH_MSG_TYPE_INTEGER_32, VM_PROT_READ);
	say(kernel, &msg, DATA_REQUEST);
}

static inline void
say_return(struct kernel *kernel, vm_offset_t offset, uint32_t word)
{
	static const mach_msg_type_long_t type = {
		.msgtl_header = { .msgt_longform = TRUE },
		.msgtl_name = MACH_MSG_TYPE_BYTE,
		.msgtl_size = 8,
		.msgtl_number = PAGE_SIZE,
	};
	struct request msg;

	put(&msg, 0, MACH_MSG_TYPE_MAKE_SEND, kernel->control);
	put(&msg, 1, MACH_MSG_TYPE_INTEGER_32, offset);
	/* the data's descriptor is two words longer */
	put(&msg, 4, MACH_MSG_TYPE_BOOLEAN, TRUE);
	put(&msg, 5, MACH_MSG_TYPE_BOOLEAN, FALSE);
	memcpy(&msg.word[4], &type, sizeof(type));
	RETURN_DATA(&msg) = data(1, word);
	say(kernel, &msg, DATA_RETURN);
	vm_deallocate_check(RETURN_DATA(&msg), PAGE_SIZE);
}

/* The ports go to the pager. */
static inline void
say_terminate(struct kernel *kernel)
{
	struct request msg;

	release(kernel->control);
	release(kernel->name);
	put(&msg, 0, MACH_MSG_TYPE_MOVE_RECEIVE, kernel->control);
	put(&msg, 1, MACH_MSG_TYPE_MOVE_RECEIVE, kernel->name);
	say(kernel, &msg, TERMINATE);
}

/* A kernel that has begun to use the object. */
static inline struct kernel
kernel_make(mach_port_t object)
{
	struct kernel kernel = { object, test_port(), test_port() };
	struct request msg;

	say_init(&kernel, PAGE_SIZE);
	expect(kernel.control, READY, &msg);
	CHECK_EQ(FIELD(&msg, 0), FALSE);
	CHECK_EQ(FIELD(&msg, 1), MEMORY_OBJECT_COPY_DELAY);
	return kernel;
}

/* The answer to a request for the page at offset: these data. */
static inline void
expect_data(struct kernel *kernel, vm_offset_t offset, uint32_t word)
{
	struct request msg;

	expect(kernel->control, DATA_SUPPLY, &msg);
	CHECK_EQ(FIELD(&msg, 0), offset);
	CHECK_EQ(msg.word[4], PAGE_SIZE);
	CHECK_EQ(vm_word(msg.word[5]), word);
	CHECK_EQ(msg.word[7], VM_PROT_NONE);
	vm_deallocate_check(msg.word[5], PAGE_SIZE);
}

static inline void
kernel_read(struct kernel *kernel, vm_offset_t offset, uint32_t word)
{
	say_request(kernel, offset, PAGE_SIZE);
	expect_data(kernel, offset, word);
}

#endif
