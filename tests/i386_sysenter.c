/*
 * tests/i386_sysenter.c - traps by SYSENTER: the same as by the call gate, but
 * for ecx and edx.
 */
#include <mach/i386/mach_i386.h>
#include <mach/mach_init.h>
#include <mach/mach_thread.h>

#include "i386_culprit.h"

#define FLAGS_KEPT	0x44cd5u	/* AC, NT, OF, DF and arithmetic */
#define SYSEXIT_CS	0x1bu
#define SYSEXIT_DS	0x23u

#define SYSENTER	"movl %esp, %ecx; movl $77f, %edx; sysenter\n77:"

/* Without it there is nothing to test: libmach then uses the gate. */
static bool
absent(void)
{
	return !mach_trap_fast(TRUE);
}

CODE(code_registers,
    "movl $1, %ebx; movl $4, %esi; movl $5, %edi; movl $6, %ebp\n\t"
    "movl $-60, %eax; " SYSENTER
    "movl %cs, %ecx; movl %ss, %edx; int3");

TEST(i386_sysenter_keeps_registers_and_hides_its_segments)
{
	struct culprit c;
	uint32_t esp;

	if (absent())
		return;
	culprit_make(&c, code_registers);
	esp = c.state.uesp;
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ebx, 1);
	CHECK_EQ(c.state.esi, 4);
	CHECK_EQ(c.state.edi, 5);
	CHECK_EQ(c.state.ebp, 6);
	CHECK_EQ(c.state.uesp, esp);
	CHECK_EQ(c.state.ecx, SYSEXIT_CS);
	CHECK_EQ(c.state.edx, SYSEXIT_DS);
	CHECK_EQ(c.state.cs, 0x17);
	CHECK_EQ(c.state.ss, 0x1f);
	culprit_end(&c);
}

/* Over a trap that waits, with flags that SYSEXIT would not bring back. */
CODE(code_flags,
    "pushl $30; pushl $2; pushl $0; pushl $0\n\t"
    "pushfl; orl $0x44cd5, (%esp); popfl\n\t"
    "movl $-61, %eax; " SYSENTER
    "pushfl; popl %eax; movl %cs, %ebx; int3");

TEST(i386_sysenter_keeps_odd_flags)
{
	struct culprit c;

	if (absent())
		return;
	culprit_run(&c, code_flags);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.eax & FLAGS_KEPT, FLAGS_KEPT);
	CHECK_EQ(c.state.ebx, 0x17);
	culprit_end(&c);
}

CODE(code_stepped,
    "movl $20, %ebx\n\t"
    "pushfl; orl $0x100, (%esp); popfl\n"
    "1: pushl $1; pushl $2; pushl $0; pushl $0\n\t"
    "movl $-61, %eax; " SYSENTER
    "movl $-60, %eax; " SYSENTER
    "movl $-27, %eax; " SYSENTER
    "addl $16, %esp; decl %ebx; jnz 1b\n\t"
    "pushfl; andl $0xfffffeff, (%esp); popfl; int3");

TEST_LIMIT(i386_sysenter_is_stepped_over, 60)
{
	struct culprit c;
	unsigned steps = 0;
	uint32_t last = 0;

	if (absent())
		return;
	culprit_run(&c, code_stepped);
	while (c.raise.code != EXC_I386_BPT) {
		CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_SGL, 0);
		CHECK(c.state.eip != last);
		CHECK_EQ(c.state.cs, 0x17);
		last = c.state.eip;
		steps++;
		culprit_continue(&c);
		culprit_fault(&c);
	}
	/* 19 instructions a round; the first step comes after popfl's next. */
	CHECK_EQ(steps, 20 * 19 + 3);
	culprit_end(&c);
}

/* A receive from the port in ebx, for ever; then whatever state is set. */
CODE(code_receive,
    "pushl $0; pushl $0; pushl %ebx; pushl $0; pushl $0; pushl $2\n\t"
    "pushl $0; pushl $0; movl $-25, %eax; " SYSENTER "ud2");
CODE(code_elsewhere, "movl %cs, %ebx; int3");

TEST(i386_sysenter_goes_where_a_new_state_says)
{
	struct culprit c;

	if (absent())
		return;
	culprit_make(&c, code_receive);
	c.state.ebx = test_port();
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	test_sleep(30);
	CHECK_KR(thread_suspend(c.thread), KERN_SUCCESS);
	CHECK_KR(thread_abort(c.thread), KERN_SUCCESS);
	state_get(&c);
	CHECK_EQ(c.state.cs, 0x17);
	c.state.eip = (uint32_t)code_elsewhere;
	c.state.ecx = 77;
	c.state.edx = 88;
	state_set(&c);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ebx, 0x17);
	CHECK_EQ(c.state.ecx, 77);
	CHECK_EQ(c.state.edx, 88);
	culprit_end(&c);
}

/* Its own descriptor in the GDT: what 0x17 is may be its own affair, too. */
CODE(code_own_segment,
    "movl $-60, %eax; " SYSENTER "movl %cs, %ebx; int3");

TEST(i386_sysenter_with_segments_of_its_own)
{
	struct descriptor data = { 0x0000ffff, 0x00cff200 };
	struct culprit c;
	int selector = -1;

	if (absent())
		return;
	culprit_make(&c, code_own_segment);
	CHECK_KR(i386_set_gdt(c.thread, &selector, data), KERN_SUCCESS);
	CHECK_KR(thread_resume(c.thread), KERN_SUCCESS);
	culprit_fault(&c);
	CHECK_RAISED(&c, EXC_BREAKPOINT, EXC_I386_BPT, 0);
	CHECK_EQ(c.state.ebx, 0x17);
	culprit_end(&c);
}

CODE(code_bad_return,
    "movl $-60, %eax; movl %esp, %ecx; movl $0xd0000000, %edx; sysenter");
CODE(code_bad_stack,
    "movl $-61, %eax; movl $0xd0000000, %ecx; movl $1f, %edx; sysenter\n1: ud2");
CODE(code_bad_number,
    "movl $7, %eax; " SYSENTER "ud2");

TEST(i386_sysenter_with_bad_registers)
{
	if (absent())
		return;
	check_code(code_bad_return, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xd0000000);
	check_code(code_bad_stack, EXC_BAD_ACCESS, EXC_I386_PGFLT,
	    (int)0xd0000004);
	check_code(code_bad_number, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
}
