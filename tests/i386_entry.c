/*
 * tests/i386_entry.c - ways into the kernel and out of it that a hostile or
 * odd program takes.
 */
#include <string.h>

#include <mach/i386/mach_i386.h>
#include <mach/mach_thread.h>
#include <mach/mig_errors.h>
#include <mach/vm_param.h>

#include "i386_culprit.h"
#include "rights.h"

#define SELF		mach_task_self()
#define USER_END	0xc0000000u
#define SET_LDT_ID	3803
#define FLAGS_KEPT	0x44cd5u	/* AC, NT, OF, DF and arithmetic */

/* ---- the gate ---- */

CODE(code_null_segments,
    "xorl %eax, %eax; movl %eax, %ds; movl %eax, %es; movl %eax, %fs\n\t"
    "movl %eax, %gs; movl $-60, %eax; " GATE
    "movl %ds, %eax; movl %es, %ebx; movl %fs, %ecx; movl %gs, %edx; int3");

/* Selectors that the kernel could not use are none of its concern. */
TEST(i386_entry_with_null_segments)
{
	struct culprit c;

	culprit_run(&c, code_null_segments);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax & 0xffff, 0);
	CHECK_EQ(c.state.ebx & 0xffff, 0);
	CHECK_EQ(c.state.ecx & 0xffff, 0);
	CHECK_EQ(c.state.edx & 0xffff, 0);
	CHECK_EQ(c.state.ss, 0x1f);
	culprit_end(&c);
}

CODE(code_segments_through_call,
    "movl %ss, %eax; movl $0x17, %ebx; movl %ebx, %fs; movl %ebx, %gs\n\t"
    "pushl $0; pushl $0; pushl $0; pushl $0; movl $-61, %eax; " GATE
    "movl %fs, %ecx; movl %gs, %edx; int3");

TEST(i386_entry_keeps_segments_over_a_switch)
{
	struct culprit c;

	culprit_run(&c, code_segments_through_call);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax, KERN_SUCCESS);
	CHECK_EQ(c.state.ecx, 0x17);
	CHECK_EQ(c.state.edx, 0x17);
	culprit_end(&c);
}

/* Flags and registers over a trap that waits: thread_switch, 30 ms. */
CODE(code_flags_over_a_wait,
    "movl $1, %ebx; movl $2, %ecx; movl $3, %edx\n\t"
    "movl $4, %esi; movl $5, %edi; movl $6, %ebp\n\t"
    "pushl $30; pushl $2; pushl $0; pushl $0\n\t"
    "pushfl; orl $0x44cd5, (%esp); popfl\n\t"
    "movl $-61, %eax; " GATE
    "pushfl; popl %eax; int3");

TEST(i386_entry_keeps_flags_over_a_wait)
{
	struct culprit c;

	culprit_run(&c, code_flags_over_a_wait);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax & FLAGS_KEPT, FLAGS_KEPT);
	CHECK_EQ(c.state.ebx, 1);
	CHECK_EQ(c.state.ecx, 2);
	CHECK_EQ(c.state.edx, 3);
	CHECK_EQ(c.state.esi, 4);
	CHECK_EQ(c.state.edi, 5);
	CHECK_EQ(c.state.ebp, 6);
	culprit_end(&c);
}

/* A fault with odd flags: the kernel's own string operations still work. */
CODE(code_fault_with_flags,
    "pushfl; orl $0x44cd5, (%esp); popfl; movl $1, 0");

TEST(i386_entry_fault_with_odd_flags)
{
	struct culprit c;

	culprit_run(&c, code_fault_with_flags);
	CHECK_RAISED(&c, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, 0);
	CHECK_EQ(c.state.efl & FLAGS_KEPT, FLAGS_KEPT);
	culprit_end(&c);
}

/* Each step over each of 20 traps; some wait, some fail. */
CODE(code_stepped_traps,
    "movl $20, %ebx\n\t"
    "pushfl; orl $0x100, (%esp); popfl\n"
    "1: pushl $1; pushl $2; pushl $0; pushl $0\n\t"
    "movl $-61, %eax; " GATE
    "movl $-60, %eax; " GATE
    "movl $-27, %eax; " GATE
    "addl $16, %esp; decl %ebx; jnz 1b\n\t"
    "pushfl; andl $0xfffffeff, (%esp); popfl; int3");

TEST_LIMIT(i386_entry_single_steps_through_traps, 60)
{
	struct culprit c;
	unsigned steps = 0;
	uint32_t last = 0;

	culprit_run(&c, code_stepped_traps);
	while (c.raise.code != EXC_I386_BPT) {
		CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
		CHECK(c.state.eip != last);
		last = c.state.eip;
		steps++;
		culprit_continue(&c);
		culprit_fault(&c);
	}
	/* 13 instructions a round; the first step comes after popfl's next. */
	CHECK_EQ(steps, 20 * 13 + 3);
	culprit_end(&c);
}

/* TF set and a bad number: the exception, and its handler's choice. */
CODE(code_stepped_bad_number,
    "pushfl; orl $0x100, (%esp); popfl; movl $7, %eax; " GATE "nop");

TEST(i386_entry_single_step_into_a_bad_trap)
{
	struct culprit c;

	culprit_run(&c, code_stepped_bad_number);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	culprit_end(&c);
}

/* ---- arguments of traps ---- */

static uint32_t *argument_page;		/* with nothing behind it */

static void
make_argument_page(void)
{
	vm_address_t room = test_allocate(2 * PAGE_SIZE);

	CHECK_KR(vm_deallocate(SELF, room + PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	argument_page = (uint32_t *)room;
}

CODE(code_one_trap, GATE "int3");

/* mach_msg with its seven words cut off after each of them. */
TEST(i386_entry_arguments_across_a_hole)
{
	struct culprit c;

	make_argument_page();
	for (unsigned there = 0; there <= 7; there++) {
		culprit_make(&c, code_one_trap);
		c.state.eax = (uint32_t)-25;
		c.state.uesp = (uint32_t)&argument_page[1024 - there - 1];
		memset((void *)c.state.uesp, 0, (there + 1) * 4);
		state_set(&c);
		CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
		culprit_fault(&c);
		if (there == 7) {
			CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
			CHECK_EQ(c.state.eax, MACH_MSG_SUCCESS);
		} else {
			CHECK_EQ(c.raise.exception, EXC_BAD_ACCESS);
			CHECK_EQ(c.raise.code, KERN_INVALID_ADDRESS);
			CHECK_EQ(c.raise.subcode & ~(PAGE_SIZE - 1),
			    argument_page + 1024);
			CHECK_EQ(c.state.eax, -25);
		}
		culprit_end(&c);
	}
}

/* The fault is repaired and the trap done again. */
TEST(i386_entry_arguments_are_paged_in)
{
	struct culprit c;
	vm_address_t stack;

	make_argument_page();
	stack = (vm_address_t)argument_page + PAGE_SIZE;
	culprit_make(&c, code_one_trap);
	c.state.eax = (uint32_t)-61;
	c.state.uesp = stack - 8;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_EQ(c.raise.exception, EXC_BAD_ACCESS);
	CHECK_KR(vm_allocate(SELF, &stack, PAGE_SIZE, FALSE), KERN_SUCCESS);
	/* The trap's address is behind it by now: name it again. */
	c.state.eip = (uint32_t)code_one_trap;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax, KERN_SUCCESS);
	culprit_end(&c);
}

static uint32_t
trap(unsigned number)
{
	uint32_t result = -number;

	__asm__ volatile("lcall $7, $0" : "+a"(result) : : "memory", "cc");
	return result;
}

TEST(i386_entry_unassigned_numbers)
{
	static const uint8_t unassigned[] = { 0, 1, 5, 9, 14, 16, 19, 20, 24,
	    31, 38, 41, 54, 57, 58, 62, 63, 67, 77, 80, 95, 128, 129 };
	static const uint8_t null[] = { 10, 11, 12, 13, 55, 56 };

	for (unsigned i = 0; i < sizeof(unassigned); i++)
		CHECK_EQ(trap(unassigned[i]), KERN_INVALID_ARGUMENT);
	for (unsigned i = 0; i < sizeof(null); i++)
		CHECK_EQ(trap(null[i]), MACH_PORT_NULL);
}

/*
 * Every number of the table with words from a short list, most of them no
 * valid pointer or name: a code or an exception for the thread, never more.
 */
static uint32_t trap_arguments[16];

static bool
is_deadly_trap(unsigned number)
{
	/* mach_print would litter the output; the others end or halt us. */
	return number == 30 || number == 69 || number == 70;
}

static void
try_trap(unsigned number, uint32_t *seed, const uint32_t *words,
    unsigned count)
{
	struct culprit c;

	for (unsigned i = 0; i < 16; i++)
		trap_arguments[i] = words[test_random(seed) % count];
	/* No wait without end: mach_msg gets a timeout, thread_switch none. */
	if (number == 25) {
		trap_arguments[2] |= MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
		trap_arguments[6] = 1;
	}
	if (number == 61)
		trap_arguments[3] = 1;
	/* Nor may it take away much of this task. */
	if (number == 66)
		trap_arguments[3] = PAGE_SIZE;
	culprit_make(&c, code_one_trap);
	c.state.eax = -number;
	c.state.uesp = (uint32_t)trap_arguments;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	culprit_end(&c);
	CHECK_KR(mach_port_deallocate(SELF, c.thread), KERN_SUCCESS);
	destroy_right(c.exceptions);
}

static void
try_traps(void *unused)
{
	vm_address_t room = test_allocate(2 * PAGE_SIZE);
	vm_address_t fixed = test_allocate(PAGE_SIZE);
	const uint32_t words[] = { 0, 1, 2, 3, 20, room, room + PAGE_SIZE - 4,
	    room + PAGE_SIZE - 2, room + PAGE_SIZE, fixed, USER_END - 4,
	    USER_END - 1, USER_END, USER_END + 0x100000, 0xfffff000,
	    0xfffffffc, 0xffffffff, 0x80000000, 0x7fffffff, SELF,
	    mach_host_self(), 24, 4096 };
	uint32_t seed = 17;

	(void)unused;
	CHECK_KR(vm_deallocate(SELF, room + PAGE_SIZE, PAGE_SIZE),
	    KERN_SUCCESS);
	CHECK_KR(vm_protect(SELF, fixed, PAGE_SIZE, FALSE, VM_PROT_READ),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, SELF, MACH_PORT_RIGHT_SEND, 10000),
	    KERN_SUCCESS);
	CHECK_KR(mach_port_mod_refs(SELF, mach_host_self(),
	    MACH_PORT_RIGHT_SEND, 10000), KERN_SUCCESS);
	for (unsigned round = 0; round < 40; round++)
		for (unsigned number = 1; number < 132; number++)
			if (!is_deadly_trap(number))
				try_trap(number, &seed, words, 23);
	(void)send_empty(TEST_DEVICE_PORT, 1);
}

/* In a task of its own, which tells when it is through. */
TEST_LIMIT(i386_entry_traps_with_bad_arguments, 120)
{
	mach_port_t exceptions = test_port();
	task_t task;

	task = test_task_start(try_traps, NULL, TEST_REPORT_PORT,
	    MACH_PORT_NULL, exceptions, exceptions);
	CHECK(task != MACH_PORT_NULL);
	CHECK_EQ(receive_empty_within(exceptions, 100000), 1);
}

TEST(i386_entry_print_takes_only_readable_strings)
{
	const vm_address_t wrong[] = { 0, USER_END, USER_END + 0x100000,
	    0xffffffff };
	char *room = (char *)test_allocate(2 * PAGE_SIZE);

	for (unsigned i = 0; i < 4; i++)
		CHECK_KR(mach_print((const char *)wrong[i]),
		    KERN_INVALID_ADDRESS);
	CHECK_KR(vm_deallocate(SELF, (vm_address_t)room + PAGE_SIZE,
	    PAGE_SIZE), KERN_SUCCESS);
	room[PAGE_SIZE - 1] = 'x';
	CHECK_KR(mach_print(&room[PAGE_SIZE - 1]), KERN_INVALID_ADDRESS);
	room[PAGE_SIZE - 1] = '\0';
	CHECK_KR(mach_print(&room[PAGE_SIZE - 1]), KERN_SUCCESS);
}

/* ---- interrupts and exceptions asked for ---- */

/* int n; int3, padded to 4 bytes, for each n. */
extern char code_interrupts[];
__asm__(".text\n.balign 4\ncode_interrupts:\n"
    ".set n, 0\n.rept 256\n.byte 0xcd, n, 0xcc, 0x90\n.set n, n + 1\n.endr\n");

TEST_LIMIT(i386_entry_every_interrupt_number, 60)
{
	struct culprit c;

	for (unsigned n = 0; n < 256; n++) {
		culprit_run(&c, code_interrupts + 4 * n);
		if (n == 3)
			CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
		else if (n == 4)
			CHECK_RAISED(&c, EXC_ARITHMETIC, EXC_I386_INTO, 0);
		else if (n == 5 && c.raise.exception == EXC_SOFTWARE)
			CHECK_EQ(c.raise.code, EXC_I386_BOUND);
		else
			CHECK_RAISED(&c, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT,
			    n * 8 + 2);
		culprit_end(&c);
	}
}

CODE(code_sysexit, "sysexit");
CODE(code_syscall, ".byte 0x0f, 0x05");
CODE(code_lcall_other, "lcall $0x0f, $0");
CODE(code_lcall_kernel, "lcall $0x08, $0xc0100000");
CODE(code_load_cr, "movl %eax, %cr3");
CODE(code_load_dr, "movl %eax, %dr7");
CODE(code_load_gdt, "lgdt (%esp)");
CODE(code_load_tr, "ltr %ax");
CODE(code_msr, "movl $0x174, %ecx; wrmsr");
CODE(code_invlpg, "invlpg (%esp)");

static void
check_bad_instruction(const char *code)
{
	struct culprit c;

	culprit_run(&c, code);
	CHECK_EQ(c.raise.exception, EXC_BAD_INSTRUCTION);
	CHECK_EQ(c.state.eip, code);
	culprit_end(&c);
}

TEST(i386_entry_privileged_instructions)
{
	check_bad_instruction(code_sysexit);
	check_bad_instruction(code_syscall);
	check_bad_instruction(code_lcall_other);
	check_bad_instruction(code_lcall_kernel);
	check_bad_instruction(code_load_cr);
	check_bad_instruction(code_load_dr);
	check_bad_instruction(code_load_gdt);
	check_bad_instruction(code_load_tr);
	check_bad_instruction(code_invlpg);
	check_code(code_msr, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, 0);
}

/* IOPL and IF cannot be had by popf. */
CODE(code_popf,
    "pushl $0xffffffff; andl $0xfffdfeff, (%esp); popfl\n\t"
    "pushfl; popl %eax; pushl $2; popfl; pushfl; popl %ebx; int3");

TEST(i386_entry_flags_cannot_gain_privilege)
{
	struct culprit c;

	culprit_run(&c, code_popf);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax & (EFL_IOPL | EFL_VM), 0);
	CHECK(c.state.eax & EFL_IF);
	CHECK_EQ(c.state.ebx & EFL_IOPL, 0);
	CHECK(c.state.ebx & EFL_IF);
	culprit_end(&c);
}

/* ---- the way out ---- */

CODE(code_int3, "int3");
CODE(code_push, "pushl $1; int3");

static void
check_start(uint32_t eip, uint32_t esp, int exception, int code, uint32_t sub)
{
	struct culprit c;

	culprit_make(&c, (const char *)eip);
	c.state.uesp = esp;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, exception, code, sub);
	culprit_end(&c);
}

TEST(i386_entry_starts_at_odd_addresses)
{
	uint32_t int3 = (uint32_t)code_int3, push = (uint32_t)code_push;

	check_start(0, 0, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, 0);
	check_start(USER_END, 0, EXC_BAD_ACCESS, EXC_I386_PGFLT, USER_END);
	check_start(0xc0100000, 0, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    0xc0100000);
	check_start(0xfffff000, 0, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    0xfffff000);
	check_start(int3, 0, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	check_start(int3, USER_END, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	check_start(int3, 0xffffffff, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	check_start(push, 0x1000, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS,
	    0xffc);
	check_start(push, USER_END + 4096, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    USER_END + 4092);
	check_start(push, 0, EXC_BAD_ACCESS, EXC_I386_PGFLT, 0xfffffffc);
}

/* Segments of the thread's own table that are unfit: iret or pop faults. */
static struct descriptor
segment(uint32_t access, uint32_t limit)
{
	return (struct descriptor) {
		.low_word = limit & 0xffff,
		.high_word = 0x400000 | access << 8 | (limit & 0xf0000),
	};
}

enum which { WHICH_CS, WHICH_SS, WHICH_DS };

static void
check_own_segment(enum which which, struct descriptor d, int code)
{
	const uint32_t selector = 0x2f;
	struct culprit c;

	culprit_make(&c, code_int3);
	CHECK_KR(i386_set_ldt(c.thread, (int)selector, &d, 1), KERN_SUCCESS);
	if (which == WHICH_CS)
		c.state.cs = selector;
	else if (which == WHICH_SS)
		c.state.ss = selector;
	else
		c.state.ds = selector;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_EQ(c.raise.exception, EXC_BAD_INSTRUCTION);
	CHECK_EQ(c.raise.code, code);
	CHECK_EQ(c.state.eip, code_int3);
	/* Put right, it goes on. */
	c.state.cs = 0x17;
	c.state.ss = c.state.ds = 0x1f;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	culprit_end(&c);
}

TEST(i386_entry_own_segments_that_cannot_be_loaded)
{
	/* Data for code, code for a stack, a stack that cannot be written. */
	check_own_segment(WHICH_CS, segment(0xf2, 0xfff), EXC_I386_GPFLT);
	check_own_segment(WHICH_SS, segment(0xfa, 0xfff), EXC_I386_GPFLT);
	check_own_segment(WHICH_SS, segment(0xf0, 0xfff), EXC_I386_GPFLT);
	/* Code that cannot be read, for data. */
	check_own_segment(WHICH_DS, segment(0xf8, 0xfff), EXC_I386_GPFLT);
	/* Not present. */
	check_own_segment(WHICH_DS, segment(0x72, 0xfff), EXC_I386_SEGNPFLT);
	check_own_segment(WHICH_CS, segment(0x7a, 0xfff), EXC_I386_SEGNPFLT);
}

/*
 * Memory out of line in a message that says it has none is an address of
 * ours still, not the kernel's: it is not followed.
 */
TEST(i386_entry_segments_in_a_simple_message)
{
	static const uint32_t words[] = { 1, 0xc0100000, 0xdeadbee0,
	    0xfffffffc };
	struct {
		mach_msg_header_t    head;
		mach_msg_type_t	     first_type;
		int		     first;
		mach_msg_type_long_t list_type;
		uint32_t	     list;
	} msg = {
		.first_type = { .msgt_name = MACH_MSG_TYPE_INTEGER_32,
		    .msgt_size = 32, .msgt_number = 1, .msgt_inline = TRUE },
		.first = 0x2f,
		.list_type = { .msgtl_header.msgt_longform = TRUE,
		    .msgtl_name = MACH_MSG_TYPE_INTEGER_32, .msgtl_size = 32,
		    .msgtl_number = 2 },
	};
	mach_port_t reply = mach_reply_port();
	struct culprit c;

	culprit_make(&c, code_int3);
	for (unsigned i = 0; i < 4; i++) {
		union {
			mig_reply_header_t mig;
			char		   room[256];
		} answer;

		msg.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE);
		msg.head.msgh_size = sizeof(msg);
		msg.head.msgh_remote_port = c.thread;
		msg.head.msgh_local_port = reply;
		msg.head.msgh_id = SET_LDT_ID;
		msg.list = words[i];
		CHECK_KR(mach_msg(&msg.head, MACH_SEND_MSG, sizeof(msg), 0,
		    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
		    MACH_MSG_SUCCESS);
		CHECK_KR(test_receive(&answer.mig.Head, sizeof(answer), reply,
		    5000), MACH_MSG_SUCCESS);
		CHECK_KR(answer.mig.RetCode, MIG_BAD_ARGUMENTS);
	}
	culprit_end(&c);
}

/* A 16-bit stack segment: the gate and the way back take no harm. */
CODE(code_small_stack,
    "movl %eax, %ss; movl $100000, %ebx\n"
    "1: movl $-3, %eax; " GATE "decl %ebx; jnz 1b; movl %ss, %ecx; int3");

TEST_LIMIT(i386_entry_on_a_small_stack_segment, 60)
{
	struct descriptor d = segment(0xf2, 0xffff);
	struct culprit c;

	d.high_word &= ~0x400000u;	/* 16 bits */
	culprit_make(&c, code_small_stack);
	CHECK_KR(i386_set_ldt(c.thread, 0x2f, &d, 1), KERN_SUCCESS);
	c.state.eax = 0x2f;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ecx & 0xffff, 0x2f);
	CHECK_EQ(c.state.eax, KERN_INVALID_ARGUMENT);
	culprit_end(&c);
}

/* State changed by others while a thread runs in and out of the kernel. */
CODE(code_restless,
    "1: movl $-60, %eax; " GATE "movl $-28, %eax; " GATE "jmp 1b");

TEST_LIMIT(i386_entry_state_changed_while_running, 60)
{
	struct culprit c;
	uint32_t seed = 4;

	culprit_make(&c, code_restless);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 2000; i++) {
		CHECK_KR(thread_suspend(c.thread), KERN_SUCCESS);
		if (test_random(&seed) % 2)
			CHECK_KR(thread_abort(c.thread), KERN_SUCCESS);
		state_get(&c);
		CHECK(c.state.cs == 0x17 && c.state.ss == 0x1f);
		c.state.eip = (uint32_t)code_restless;
		c.state.ebx = i;
		state_set(&c);
		state_get(&c);
		CHECK_EQ(c.state.ebx, i);
		CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
		if (i % 64 == 0)
			test_sleep(1);
	}
	culprit_end(&c);
}

/* ---- the FPU ---- */

static volatile unsigned fpu_running;

/*
 * Keep a rounding mode, an x87 stack and SSE registers of one's own through
 * a time in which others do the same, preempted and giving way.
 */
static void
keep_fpu_state(void *arg)
{
	uint32_t self = (uint32_t)(uintptr_t)arg, mxcsr, out;
	uint16_t control = (uint16_t)(0x37f | (self & 3) << 10), got;
	uint32_t want_mxcsr = 0x1f80 | (self & 3) << 13;

	__asm__ volatile("fninit; fldcw %0; fildl %1" : : "m"(control),
	    "m"(self));
	__asm__ volatile("ldmxcsr %0; movd %1, %%xmm7" : : "m"(want_mxcsr),
	    "r"(self));
	for (unsigned i = 0; i < 200; i++) {
		for (volatile unsigned j = 0; j < 20000; j++)
			continue;
		__asm__ volatile("fnstcw %0" : "=m"(got));
		CHECK_EQ(got, control);
		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		CHECK_EQ(mxcsr, want_mxcsr);
		__asm__ volatile("fistl %0" : "=m"(out));
		CHECK_EQ(out, self);
		__asm__ volatile("movd %%xmm7, %0" : "=r"(out));
		CHECK_EQ(out, self);
		if (i % 4 == (self & 3))
			(void)swtch_pri(0);
	}
	__atomic_sub_fetch(&fpu_running, 1, __ATOMIC_SEQ_CST);
}

TEST_LIMIT(i386_entry_fpu_states_under_preemption, 90)
{
	fpu_running = 6;
	for (uint32_t i = 0; i < 6; i++)
		CHECK_KR(mach_thread_start(keep_fpu_state,
		    (void *)(uintptr_t)(i * 1001 + i)), KERN_SUCCESS);
	for (unsigned i = 0; i < 8000 && fpu_running > 0; i++)
		test_sleep(10);
	CHECK_EQ(fpu_running, 0);
}

CODE(code_control_word, "subl $4, %esp; fnstcw (%esp); movl (%esp), %eax\n\t"
    "int3");

/* A thread begins with the control word of the one that made it. */
TEST(i386_entry_fpu_control_is_inherited)
{
	uint16_t control = 0x0c7f;
	struct culprit c;

	culprit_run(&c, code_control_word);
	CHECK_EQ(c.state.eax & 0xffff, 0x37f);
	culprit_end(&c);
	__asm__ volatile("fldcw %0" : : "m"(control));
	culprit_run(&c, code_control_word);
	CHECK_EQ(c.state.eax & 0xffff, control);
	culprit_end(&c);
}

/* A message between threads changes no register of the FPU. */
TEST(i386_entry_fpu_state_over_messages)
{
	mach_port_t port = test_port();
	uint32_t number = 77, out = 0;

	__asm__ volatile("fildl %0" : : "m"(number));
	for (unsigned i = 0; i < 100; i++) {
		CHECK_KR(send_empty(port, 1), MACH_MSG_SUCCESS);
		(void)receive_empty(port);
		test_sleep(1);
	}
	__asm__ volatile("fistpl %0" : "=m"(out));
	CHECK_EQ(out, 77);
}

/* ---- state that several set at once ---- */

#define SETTERS	3u

static thread_t shared_target;

/* Whatever changes a stopped thread's memory: its FPU state, its segments. */
static void
set_states(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	struct i386_float_state fpu;
	mach_msg_type_number_t count;
	struct descriptor *list, d = segment(0xf2, 0xfff);

	for (;;) {
		memset(&fpu, 0, sizeof(fpu));
		count = i386_FLOAT_STATE_COUNT;
		switch (test_random(&seed) % 5) {
		case 0:
		case 1:
			fpu.initialized = test_random(&seed) % 2;
			(void)thread_set_state(shared_target, i386_FLOAT_STATE,
			    (thread_state_t)&fpu, count);
			break;
		case 2:
			(void)thread_get_state(shared_target, i386_FLOAT_STATE,
			    (thread_state_t)&fpu, &count);
			break;
		case 3:
			(void)i386_set_ldt(shared_target, (int)(0x2f +
			    8 * (test_random(&seed) % 20)), &d, 1);
			break;
		default:
			list = &d;
			count = 1;
			(void)i386_get_ldt(shared_target, 0x27, 1, &list,
			    &count);
		}
	}
}

static void
setters_main(void *arg)
{
	CHECK_KR(thread_create(mach_task_self(), &shared_target),
	    KERN_SUCCESS);
	for (uintptr_t i = 1; i < SETTERS; i++)
		CHECK_KR(mach_thread_start(set_states, (char *)arg + i),
		    KERN_SUCCESS);
	set_states(arg);
}

/* One stopped thread, whose state several change on several processors. */
TEST(i386_entry_state_set_by_several)
{
	task_t task = test_spawn(setters_main, (void *)7, MACH_PORT_NULL);

	test_sleep(1000);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	test_wait_end(task);
}

static mach_port_t wake_port;
static volatile uint32_t limit_set;

/* Wake up, look at a segment of ours, and so on. */
static void
look_at_segment(void *arg)
{
	mach_msg_header_t msg;
	uint32_t limit, least;

	for (;;) {
		(void)mach_msg(&msg, MACH_RCV_MSG, 0, sizeof(msg) + 8,
		    wake_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		least = limit_set;
		limit = 0;
		__asm__ volatile("lsl %1, %0" : "+r" (limit) : "r" (0x2f));
		if (limit < least)
			test_fail(__FILE__, __LINE__, "limit %u, not %u",
			    limit, least);
	}
}

static void
wake(void *arg)
{
	for (;;) {
		mach_msg_header_t msg = { .msgh_size = sizeof(msg) };

		(void)test_send(&msg, wake_port, 1);
	}
}

static void
segments_main(void *arg)
{
	thread_array_t threads;
	mach_msg_type_number_t count;
	struct descriptor d;

	wake_port = test_port();
	CHECK_KR(mach_thread_start(look_at_segment, NULL), KERN_SUCCESS);
	CHECK_KR(task_threads(SELF, &threads, &count), KERN_SUCCESS);
	CHECK_EQ(count, 2);
	if (threads[1] == mach_thread_self())
		threads[1] = threads[0];
	CHECK_KR(mach_thread_start(wake, NULL), KERN_SUCCESS);
	for (uint32_t limit = 1; limit <= 0xfffff; limit++) {
		d = segment(0xf2, limit);
		CHECK_KR(i386_set_ldt(threads[1], 0x2f, &d, 1), KERN_SUCCESS);
		limit_set = limit;
	}
}

/* Segments changed as their thread wakes up are the ones it has. */
TEST(i386_entry_segments_changed_while_it_wakes_up)
{
	task_t task = test_spawn(segments_main, NULL, MACH_PORT_NULL);

	test_sleep(1000);
	CHECK_KR(task_terminate(task), KERN_SUCCESS);
	test_wait_end(task);
}
