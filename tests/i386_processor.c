/*
 * tests/i386_processor.c - the call gate, exceptions, registers, FPU,
 * segments and breakpoints of an i386.
 *
 * Most tests run a few instructions in a second thread; see i386_culprit.h.
 */
#include <string.h>

#include <mach/i386/mach_i386.h>

#include "i386_culprit.h"

/* Exceptions. */

CODE(code_divide, "xorl %ecx, %ecx; divl %ecx");
CODE(code_breakpoint, "int3");
CODE(code_overflow, "movb $0x7f, %al; incb %al; into");
CODE(code_bound, "pushl $9; pushl $5; movl $1, %eax; boundl %eax, (%esp)");
CODE(code_invalid, "ud2");
CODE(code_privileged, "hlt");
CODE(code_clear_interrupts, "cli");
CODE(code_port, "inb $0x80, %al");
CODE(code_interrupt, "int $0x80");
CODE(code_bad_selector, "movl $0x123, %eax; movl %eax, %gs");
CODE(code_kernel_selector, "movl $0x10, %eax; movl %eax, %ds");
CODE(code_jump_to_kernel, "ljmp $8, $0xc0100000");
CODE(code_write_null, "movl $1, 0");
CODE(code_read_kernel, "movl 0xc0100000, %eax");
CODE(code_read_top, "movl 0xfffffffc, %eax");
CODE(code_jump_null, "xorl %eax, %eax; jmp *%eax");

TEST(i386_exceptions_are_those_of_the_interface)
{
	check_code(code_divide, EXC_ARITHMETIC, EXC_I386_DIV, 0);
	check_code(code_breakpoint, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	check_code(code_overflow, EXC_ARITHMETIC, EXC_I386_INTO, 0);
	check_code(code_bound, EXC_SOFTWARE, EXC_I386_BOUND, 0);
	check_code(code_invalid, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	check_code(code_privileged, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, 0);
	check_code(code_clear_interrupts, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT,
	    0);
	check_code(code_port, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, 0);
	check_code(code_interrupt, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, 0x402);
	check_code(code_bad_selector, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT,
	    0x120);
	check_code(code_kernel_selector, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT,
	    0x10);
	check_code(code_jump_to_kernel, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT,
	    0x08);
}

TEST(i386_page_faults_tell_their_address)
{
	check_code(code_write_null, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, 0);
	check_code(code_jump_null, EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, 0);
	check_code(code_read_kernel, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xc0100000);
	check_code(code_read_top, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xfffffffc);
}

TEST(i386_exception_reply_resumes_with_the_new_state)
{
	struct culprit c;

	culprit_run(&c, code_invalid);
	CHECK_EQ(c.state.eip, code_invalid);
	c.state.eip = (uint32_t)code_breakpoint;
	c.state.ebx = 0x12345678;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ebx, 0x12345678);
	CHECK_EQ(c.state.eip, code_breakpoint + 1);
	culprit_end(&c);
}

/* The call gate. */

CODE(code_positive, "movl $5, %eax; " GATE "ud2");
CODE(code_past_table, "movl $-130, %eax; " GATE "ud2");
CODE(code_lowest, "movl $0x80000000, %eax; " GATE "ud2");
CODE(code_bad_stack, "movl $0x8ff0, %esp; movl $-61, %eax; " GATE "ud2");
CODE(code_kernel_stack,
    "movl $0xc0000000, %esp; movl $-61, %eax; " GATE "ud2");
CODE(code_edge_stack,
    "movl $0xbffffff8, %esp; movl $-61, %eax; " GATE "ud2");
CODE(code_wrapping_stack,
    "movl $0xfffffff8, %esp; movl $-61, %eax; " GATE "ud2");
CODE(code_no_stack, "xorl %esp, %esp; movl $-60, %eax; " GATE "ud2");
CODE(code_reserved, "movl $-3, %eax; " GATE "int3");

TEST(i386_gate_refuses_bad_numbers)
{
	struct culprit c;

	check_code(code_positive, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	check_code(code_past_table, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	check_code(code_lowest, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	culprit_run(&c, code_reserved);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax, KERN_INVALID_ARGUMENT);
	culprit_end(&c);
}

TEST(i386_gate_faults_on_unreadable_arguments)
{
	struct culprit c;

	culprit_run(&c, code_bad_stack);
	CHECK_EQ(c.raise.exception, EXC_BAD_ACCESS);
	CHECK_EQ(c.raise.code, KERN_INVALID_ADDRESS);
	CHECK(c.raise.subcode >= 0x8ff4 && c.raise.subcode <= 0x8ffc);
	culprit_end(&c);
	check_code(code_kernel_stack, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xc0000004);
	check_code(code_edge_stack, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xc0000000);
	check_code(code_wrapping_stack, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xfffffffc);
	/* A trap without arguments does not look at the stack. */
	check_code(code_no_stack, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
}

/* NT, AC, DF and some arithmetic flags, then a trap, then all of it again. */
CODE(code_flags,
    "movl $1, %ebx; movl $2, %ecx; movl $3, %edx\n\t"
    "movl $4, %esi; movl $5, %edi; movl $6, %ebp\n\t"
    "pushfl; orl $0x44cd5, (%esp); popfl\n\t"
    "movl $-60, %eax; " GATE
    "pushfl; popl %eax; int3");

TEST(i386_gate_keeps_flags_and_registers)
{
	struct culprit c;

	culprit_run(&c, code_flags);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax & 0x44cd5, 0x44cd5);
	CHECK(c.state.efl & EFL_IF);
	CHECK_EQ(c.state.ebx, 1);
	CHECK_EQ(c.state.ecx, 2);
	CHECK_EQ(c.state.edx, 3);
	CHECK_EQ(c.state.esi, 4);
	CHECK_EQ(c.state.edi, 5);
	CHECK_EQ(c.state.ebp, 6);
	CHECK_EQ(c.state.cs, 0x17);
	CHECK_EQ(c.state.ds, 0x1f);
	CHECK_EQ(c.state.ss, 0x1f);
	culprit_end(&c);
}

extern char code_step_after[];
CODE(code_step,
    "movl $-3, %eax\n\t"
    "pushfl; orl $0x100, (%esp); popfl\n\t"
    GATE
    "code_step_after: nop; nop; int3");

TEST(i386_gate_is_stepped_over_like_an_instruction)
{
	struct culprit c;

	culprit_run(&c, code_step);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
	CHECK_EQ(c.state.eip, code_step_after);
	CHECK_EQ(c.state.eax, KERN_INVALID_ARGUMENT);
	CHECK(c.state.efl & EFL_TF);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
	CHECK_EQ(c.state.eip, code_step_after + 1);
	c.state.efl &= ~EFL_TF;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	culprit_end(&c);
}

/* So many that clock interrupts hit the gate's first instructions. */
CODE(code_many,
    "movl $300000, %ebx\n"
    "1: movl $-3, %eax; pushl $0x44cd7; popfl\n\t" GATE
    "cmpl $4, %eax; jne 2f; decl %ebx; jnz 1b; int3\n"
    "2: ud2");

TEST_LIMIT(i386_gate_is_safe_under_interrupts, 60)
{
	struct culprit a, b;

	culprit_make(&a, code_many);
	culprit_make(&b, code_many);
	b.state.uesp -= STACK_SIZE / 2;
	state_set(&b);
	CHECK_KR(thread_resume(a.thread), KERN_SUCCESS);
	CHECK_KR(thread_resume(b.thread), KERN_SUCCESS);
	culprit_fault(&a);
	CHECK_RAISED(&a, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	culprit_fault(&b);
	CHECK_RAISED(&b, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	culprit_end(&a);
	culprit_end(&b);
}

/* The way out. */

enum segment { SEG_GS, SEG_FS, SEG_ES, SEG_DS, SEG_CS, SEG_SS };

static void
check_selector(enum segment segment, uint32_t selector, uint32_t error)
{
	struct culprit c;
	uint32_t *const words[] = { &c.state.gs, &c.state.fs, &c.state.es,
	    &c.state.ds, &c.state.cs, &c.state.ss };

	culprit_make(&c, code_invalid);
	c.state.eax = 0xaaaaaaaa;
	c.state.ebx = 0xbbbbbbbb;
	c.state.edi = 0xdddddddd;
	c.state.ebp = 0xeeeeeeee;
	*words[segment] = selector;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BAD_INSTRUCTION, EXC_I386_GPFLT, (int)error);
	CHECK_EQ(*words[segment], selector);
	CHECK_EQ(c.state.eip, code_invalid);
	CHECK_EQ(c.state.eax, 0xaaaaaaaa);
	CHECK_EQ(c.state.ebx, 0xbbbbbbbb);
	CHECK_EQ(c.state.edi, 0xdddddddd);
	CHECK_EQ(c.state.ebp, 0xeeeeeeee);
	/* Put right, it goes on. */
	*words[segment] = segment == SEG_CS ? 0x17 : 0x1f;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
	culprit_end(&c);
}

TEST(i386_selectors_that_cannot_be_loaded_are_the_threads_exception)
{
	check_selector(SEG_GS, 0x123, 0x120);
	check_selector(SEG_FS, 0x123, 0x120);
	check_selector(SEG_ES, 0x27, 0x24);
	check_selector(SEG_DS, 0x33, 0x30);
	check_selector(SEG_CS, 0x1f, 0x1c);
	check_selector(SEG_CS, 0x07, 0x04);
	check_selector(SEG_SS, 0x17, 0x14);
	check_selector(SEG_SS, 0x123, 0x120);
}

CODE(code_segments, "movl %ds, %eax; movl %es, %ebx; movl %fs, %ecx\n\t"
    "movl %gs, %edx; int3");

TEST(i386_kernel_selectors_are_taken_away_on_the_way_out)
{
	struct culprit c;

	culprit_make(&c, code_segments);
	c.state.ds = c.state.es = 0x10;
	c.state.fs = 0x28;
	c.state.gs = 0x10;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax, 0);
	CHECK_EQ(c.state.ebx, 0);
	CHECK_EQ(c.state.ecx, 0);
	CHECK_EQ(c.state.edx, 0);
	culprit_end(&c);
}

/* States. */

TEST(i386_state_cannot_gain_privilege)
{
	struct culprit c;
	mach_msg_type_number_t count = 4;
	uint32_t flavors[4];

	culprit_make(&c, code_invalid);
	c.state.cs = 0x08;
	CHECK_KR(thread_set_state(c.thread, i386_REGS_SEGS_STATE,
	    (thread_state_t)&c.state, i386_REGS_SEGS_STATE_COUNT),
	    KERN_INVALID_ARGUMENT);
	c.state.cs = 0x17;
	c.state.ss = 0x10;
	CHECK_KR(thread_set_state(c.thread, i386_REGS_SEGS_STATE,
	    (thread_state_t)&c.state, i386_REGS_SEGS_STATE_COUNT),
	    KERN_INVALID_ARGUMENT);
	c.state.ss = 0x03;
	CHECK_KR(thread_set_state(c.thread, i386_REGS_SEGS_STATE,
	    (thread_state_t)&c.state, i386_REGS_SEGS_STATE_COUNT),
	    KERN_INVALID_ARGUMENT);
	c.state.ss = 0x1f;
	c.state.efl = 0xffffffff;
	state_set(&c);
	state_get(&c);
	CHECK_EQ(c.state.efl & (EFL_IOPL | EFL_NT | EFL_RF | EFL_VM), 0);
	CHECK(c.state.efl & EFL_IF);
	c.state.efl = 0;
	c.state.cs = c.state.ds = 0x33;
	CHECK_KR(thread_set_state(c.thread, i386_THREAD_STATE,
	    (thread_state_t)&c.state, i386_THREAD_STATE_COUNT), KERN_SUCCESS);
	state_get(&c);
	CHECK(c.state.efl & EFL_IF);
	CHECK_EQ(c.state.cs, 0x17);
	CHECK_EQ(c.state.ds, 0x1f);
	CHECK_KR(thread_set_state(c.thread, i386_THREAD_STATE,
	    (thread_state_t)&c.state, i386_THREAD_STATE_COUNT - 1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(thread_get_state(c.thread, 0, (thread_state_t)flavors,
	    &count), KERN_SUCCESS);
	CHECK_EQ(count, 4);
	CHECK_EQ(flavors[0], 1);
	CHECK_EQ(flavors[3], 4);
	culprit_end(&c);
}

/* The FPU. */

/* eax: a number that only this thread has in its FPU and SSE registers. */
CODE(code_fpu,
    "finit; movl %eax, (%esp); fildl (%esp); movl $3000, %ebx\n"
    "1: fildl (%esp); fcomip %st(1), %st; jne 2f\n\t"
    "movl %eax, %esi; movl $-60, %eax; " GATE
    "movl %esi, %eax; decl %ebx; jnz 1b; int3\n"
    "2: ud2");
CODE(code_sse,
    "movd %eax, %xmm3; movl $3000, %ebx; movl %eax, %esi\n"
    "1: movl $-60, %eax; " GATE
    "movd %xmm3, %eax; cmpl %eax, %esi; jne 2f; decl %ebx; jnz 1b; int3\n"
    "2: ud2");

static char stacks[4][STACK_SIZE] __attribute__((aligned(16)));

static void
check_fpu_apart(const char *code)
{
	struct culprit c[4];

	for (unsigned i = 0; i < 4; i++) {
		culprit_make(&c[i], code);
		c[i].state.eax = 1000 + i;
		c[i].state.uesp = (uint32_t)&stacks[i][STACK_SIZE - 64];
		state_set(&c[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		CHECK_KR(thread_resume(c[i].thread), KERN_SUCCESS);
	for (unsigned i = 0; i < 4; i++) {
		culprit_fault(&c[i]);
		CHECK_RAISED(&c[i], EXC_BREAKPOINT, EXC_I386_BPT, 0);
		culprit_end(&c[i]);
	}
}

TEST_LIMIT(i386_fpu_states_are_kept_apart, 60)
{
	check_fpu_apart(code_fpu);
}

TEST_LIMIT(i386_sse_states_are_kept_apart, 60)
{
	check_fpu_apart(code_sse);
}

CODE(code_fpu_values, "finit; fldpi; fld1; int3; fstps (%esp)\n\t"
    "movl (%esp), %eax; int3");
CODE(code_fpu_error,
    "finit; pushl $0x033b; fldcw (%esp); fld1; fldz; fdivrp; fwait; nop");

TEST(i386_float_state_is_read_and_written)
{
	struct culprit c;
	struct i386_float_state state;
	struct i386_fp_save *save = (struct i386_fp_save *)state.hw_state;
	struct i386_fp_regs *regs = (struct i386_fp_regs *)(save + 1);
	mach_msg_type_number_t count = i386_FLOAT_STATE_COUNT;

	culprit_make(&c, code_fpu_values);
	CHECK_KR(thread_get_state(c.thread, i386_FLOAT_STATE,
	    (thread_state_t)&state, &count), KERN_SUCCESS);
	CHECK_EQ(state.initialized, 0);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_KR(thread_get_state(c.thread, i386_FLOAT_STATE,
	    (thread_state_t)&state, &count), KERN_SUCCESS);
	CHECK_EQ(count, i386_FLOAT_STATE_COUNT);
	CHECK_EQ(state.initialized, 1);
	CHECK_EQ(save->fp_control, 0x37f);
	CHECK_EQ((save->fp_status >> 11) & 7, 6);
	CHECK_EQ(regs->fp_reg_word[0][4], 0x3fff);	/* 1 */
	CHECK_EQ(regs->fp_reg_word[0][3], 0x8000);
	CHECK_EQ(regs->fp_reg_word[1][4], 0x4000);	/* pi */
	regs->fp_reg_word[0][4] = 0x4000;		/* 2 */
	CHECK_KR(thread_set_state(c.thread, i386_FLOAT_STATE,
	    (thread_state_t)&state, count), KERN_SUCCESS);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax, 0x40000000);		/* 2.0f */
	culprit_end(&c);
}

TEST(i386_fpu_error_is_an_arithmetic_exception)
{
	struct culprit c;

	culprit_run(&c, code_fpu_error);
	CHECK_EQ(c.raise.exception, EXC_ARITHMETIC);
	CHECK_EQ(c.raise.code, EXC_I386_EXTERR);
	CHECK(c.raise.subcode & 0x4);		/* division by zero */
	culprit_end(&c);
}

/* Segments and breakpoints. */

static volatile uint32_t watched;
static uint32_t segment_data[4] = { 0x11, 0x22, 0x33, 0x44 };

CODE(code_read_gs, "movl %eax, %gs; movl %gs:4, %ebx; int3");
CODE(code_watch, "movl $1, (%eax); nop; int3");

static struct descriptor
data_descriptor(const void *base, uint32_t access)
{
	uint32_t b = (uint32_t)base;
	struct descriptor d = {
		.low_word = b << 16 | (sizeof(segment_data) - 1),
		.high_word = (b & 0xff000000) | 0x400000 | access << 8 |
		    ((b >> 16) & 0xff),
	};

	return d;
}

static void
check_gs(thread_t thread, struct culprit *c, int selector)
{
	c->state.eax = (uint32_t)selector;
	state_set(c);
	CHECK_KR(thread_resume(thread), KERN_SUCCESS);
	culprit_fault(c);
	CHECK_RAISED(c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c->state.ebx, 0x22);
}

TEST(i386_gdt_slots_are_the_threads_own)
{
	struct descriptor d = data_descriptor(segment_data, 0xf2), got;
	struct culprit c;
	int first = -1, second = -1, third = -1;

	culprit_make(&c, code_read_gs);
	CHECK_KR(i386_set_gdt(c.thread, &first, d), KERN_SUCCESS);
	CHECK_EQ(first, 0x4b);
	CHECK_KR(i386_set_gdt(c.thread, &second, d), KERN_SUCCESS);
	CHECK_EQ(second, 0x53);
	CHECK_KR(i386_set_gdt(c.thread, &third, d), KERN_NO_SPACE);
	CHECK_KR(i386_get_gdt(c.thread, first, &got), KERN_SUCCESS);
	CHECK_EQ(got.low_word, d.low_word);
	CHECK_EQ(got.high_word, d.high_word);
	third = 0x08;
	CHECK_KR(i386_set_gdt(c.thread, &third, d), KERN_INVALID_ARGUMENT);
	CHECK_KR(i386_get_gdt(c.thread, 0x33, &got), KERN_INVALID_ARGUMENT);
	CHECK_KR(i386_set_gdt(c.thread, &first, data_descriptor(segment_data,
	    0x92)), KERN_INVALID_ARGUMENT);	/* privilege 0 */
	check_gs(c.thread, &c, second);
	culprit_end(&c);
}

TEST(i386_own_ldt_keeps_gate_and_flat_segments)
{
	struct descriptor d = data_descriptor(segment_data, 0xf2);
	struct descriptor bad[2] = { d, data_descriptor(segment_data, 0x89) };
	struct descriptor room[8], *got = room;
	mach_msg_type_number_t count = 8;
	struct culprit c;

	culprit_make(&c, code_read_gs);
	CHECK_KR(i386_set_ldt(c.thread, 0x2f, bad, 2), KERN_INVALID_ARGUMENT);
	CHECK_KR(i386_set_ldt(c.thread, 0x2f, &d, 1), KERN_SUCCESS);
	CHECK_KR(i386_set_ldt(c.thread, 0x10000, &d, 1),
	    KERN_INVALID_ARGUMENT);
	CHECK_KR(i386_set_ldt(c.thread, -8, &d, 1), KERN_INVALID_ARGUMENT);
	CHECK_KR(i386_get_ldt(c.thread, 0x2f, 1, &got, &count), KERN_SUCCESS);
	CHECK_EQ(count, 1);
	CHECK_EQ(got[0].low_word, d.low_word);
	check_gs(c.thread, &c, 0x2f);
	/* Its gate is where it was. */
	c.state.eip = (uint32_t)code_flags;
	state_set(&c);
	culprit_continue(&c);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ebx, 1);
	culprit_end(&c);
}

TEST(i386_debug_registers_watch_user_addresses_only)
{
	struct i386_debug_state debug = { .dr = { 0 } };
	mach_msg_type_number_t count = i386_DEBUG_STATE_COUNT;
	struct culprit c;

	culprit_make(&c, code_watch);
	c.state.eax = (uint32_t)&watched;
	state_set(&c);
	debug.dr[0] = 0xc0100000;
	debug.dr[7] = 0xd0001;			/* on, writes, four bytes */
	CHECK_KR(thread_set_state(c.thread, i386_DEBUG_STATE,
	    (thread_state_t)&debug, count), KERN_INVALID_ARGUMENT);
	debug.dr[0] = 0xbffffffd;
	CHECK_KR(thread_set_state(c.thread, i386_DEBUG_STATE,
	    (thread_state_t)&debug, count), KERN_INVALID_ARGUMENT);
	debug.dr[0] = (uint32_t)&watched;
	CHECK_KR(thread_set_state(c.thread, i386_DEBUG_STATE,
	    (thread_state_t)&debug, count), KERN_SUCCESS);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
	CHECK_EQ(watched, 1);
	CHECK_KR(thread_get_state(c.thread, i386_DEBUG_STATE,
	    (thread_state_t)&debug, &count), KERN_SUCCESS);
	CHECK_EQ(debug.dr[6] & 0xf, 1);
	CHECK_EQ(debug.dr[0], &watched);
	culprit_end(&c);
}
