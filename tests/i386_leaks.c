/*
 * tests/i386_leaks.c - what an exception tells is the thread's own: neither
 * its code nor any of its states has an address of the kernel's, or what
 * another thread had in its registers.
 */
#include <string.h>

#include "i386_culprit.h"

#define MARK		0x5a5a1000u	/* the other thread's, everywhere */
#define KERNEL_FIRST	0xc0000000u

/* The other: its registers, its FPU, and a page fault, which leaves CR2. */
CODE(leak_other,
    "movl $0x5a5a1000, %eax; movl %eax, %ebx; movl %eax, %ecx\n\t"
    "movl %eax, %edx; movl %eax, %esi; movl %eax, %edi; movl %eax, %ebp\n\t"
    "pushl %eax; pushl %eax; pushl %eax; pushl %eax\n\t"
    "fninit; fildll (%esp); fildll (%esp); flds (%esp); fldl (%esp)\n\t"
    "movl %eax, (%eax)");

CODE(leak_divide, "xorl %ecx, %ecx; divl %ecx");
CODE(leak_step, "pushfl; orl $0x100, (%esp); popfl; nop; nop");
CODE(leak_breakpoint, "int3");
CODE(leak_overflow, "movb $0x7f, %al; incb %al; into");
CODE(leak_bound, "pushl $9; pushl $5; movl $1, %eax; boundl %eax, (%esp)");
CODE(leak_invalid, "ud2");
CODE(leak_privileged, "hlt");
CODE(leak_interrupt, "int $0x80");
CODE(leak_selector, "movl $0x123, %eax; movl %eax, %gs; nop");
CODE(leak_alignment,
    "pushfl; orl $0x40000, (%esp); popfl; movl 1(%esp), %eax");
CODE(leak_page, "movl $1, 8");
CODE(leak_fpu, "fninit; pushl $0x37b; fldcw (%esp); fld1; fldz; fdivrp; fwait");
CODE(leak_gate, "movl $5, %eax; lcall $7, $0");

static char *const codes[] = {
	leak_divide, leak_step, leak_breakpoint, leak_overflow, leak_bound,
	leak_invalid, leak_privileged, leak_interrupt, leak_selector,
	leak_alignment, leak_page, leak_fpu, leak_gate,
};

/* Words that neither the kernel nor the other thread may have left there. */
static void
check_words(unsigned code, const char *what, const void *start, size_t size)
{
	const unsigned char *byte = start;
	uint32_t word;

	for (size_t at = 0; at + 4 <= size; at += 4) {
		memcpy(&word, byte + at, 4);
		if (word >> 12 == MARK >> 12 || (word >= KERNEL_FIRST &&
		    word < 0xff000000u))
			test_fail(__FILE__, __LINE__,
			    "code %u: %#x at %u of the %s", code,
			    (unsigned)word, (unsigned)at, what);
	}
}

static void
check_state(unsigned code, thread_t thread, int flavor, const char *what)
{
	natural_t words[64];
	mach_msg_type_number_t count = 64;

	memset(words, 0, sizeof(words));
	if (thread_get_state(thread, flavor, words, &count) == KERN_SUCCESS)
		check_words(code, what, words, count * sizeof(words[0]));
}

/* A thread that has just raised an exception, and what all can see of it. */
static void
check_culprit(unsigned code, struct culprit *c)
{
	int told[] = { c->raise.exception, c->raise.code, c->raise.subcode };

	check_words(code, "exception", told, sizeof(told));
	check_state(code, c->thread, i386_THREAD_STATE, "registers");
	check_state(code, c->thread, i386_REGS_SEGS_STATE, "segments");
	check_state(code, c->thread, i386_FLOAT_STATE, "FPU");
	check_state(code, c->thread, i386_DEBUG_STATE, "debug registers");
	check_state(code, c->thread, i386_V86_ASSIST_STATE, "V86 state");
	check_state(code, c->thread, i386_FSGS_BASE_STATE, "segment bases");
}

/* One that has left its marks in the processor, and waits. */
static void
other_run(struct culprit *other)
{
	struct i386_debug_state debug = { .dr = { MARK, MARK + 4, MARK + 8,
	    MARK + 12, 0, 0, 0, 0x55 } };

	culprit_make(other, leak_other);
	CHECK_KR(thread_set_state(other->thread, i386_DEBUG_STATE,
	    (thread_state_t)&debug, i386_DEBUG_STATE_COUNT), KERN_SUCCESS);
	CHECK_KR(thread_resume(other->thread), KERN_SUCCESS);
	culprit_fault(other);
	CHECK_EQ(other->raise.subcode, MARK);
	CHECK_EQ(other->state.ebp, MARK);
}

TEST(i386_leaks_nothing_of_another_thread)
{
	struct culprit other, c;

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		other_run(&other);
		/* both use one stack, the other does no more */
		culprit_run(&c, codes[i]);
		check_culprit(i, &c);
		culprit_end(&c);
		culprit_end(&other);
	}
}
