/*
 * i386/locore.S - into the kernel and out of it, and from stack to stack.
 *
 * From user mode every entry builds a struct trap_frame in the thread's pcb,
 * where TSS.esp0 points, and goes on at the top of the processor's kernel stack.
 * What comes while esp is still in the pcb (an interrupt during an entry's
 * first instructions, a fault as mach_msg's pushes what it was called with, or
 * in the last instructions before user mode) builds its frame below, in
 * pcb.entry_room, and is handled on that same empty stack.
 *
 * On the way out, ebx holds the address of the frame.
 */
#include <machine/copy.h>
#include <machine/regs.h>
#include <machine/seg.h>

/* struct trap_frame; offsets.c checks */
#define FRAME_EAX	44
#define FRAME_TRAPNO	48
#define FRAME_EIP	56
#define FRAME_CS	60
#define FRAME_EFLAGS	64
#define FRAME_ESP	68

#define CURRENT_THREAD	%fs:4
#define STACK_TOP	%fs:PROCESSOR_STACK_TOP
#define USER_END	0xc0000000
#define ARGS_MAX	12		/* MACH_TRAP_ARGS_MAX */
#define MACH_MSG_TRAP	-25
#define MACH_SEND_RCV	3		/* MACH_SEND_MSG | MACH_RCV_MSG */

	.macro	SAVE_REGISTERS
	pushal
	pushl	%ds
	pushl	%es
	pushl	%fs
	pushl	%gs
	movl	%ss, %ecx		/* every stack of the kernel's is flat */
	movl	%ecx, %ds
	movl	%ecx, %es
	movl	$KERNEL_FS, %ecx
	movl	%ecx, %fs
	.endm

	.text

/*
 * SYSENTER: the trap's number in eax, and in ecx and edx what the gate would
 * have pushed: the user's esp and eip.  Interrupts are off, esp points at the
 * word that says where the thread's frame ends; TF, NT, DF and AC are as the
 * user had them.
 *
 * A trap by TF on the first instruction finds room below that word, and comes
 * back (trap.c) to sysenter_entry_stepped with TF clear.
 */
	.globl	sysenter_entry, sysenter_entry_stepped
	.type	sysenter_entry, @function
sysenter_entry_stepped:
	movl	(%esp), %esp
	pushl	$USER_DS
	pushl	%ecx
	pushfl
	orl	$(EFLAGS_IF | EFLAGS_TF), (%esp)
	jmp	1f
sysenter_entry:
	movl	(%esp), %esp
	pushl	$USER_DS
	pushl	%ecx
	pushfl
	orl	$EFLAGS_IF, (%esp)
1:	pushl	$USER_CS
	pushl	%edx
	pushl	$0			/* error */
	pushl	$TRAP_SYSENTER
	SAVE_REGISTERS
	cld
	sti
	testl	$PCB_SEGMENTS, REGS_SPECIAL(%esp)
	jnz	2f
3:	testl	$EFLAGS_NT, FRAME_EFLAGS(%esp)
	jnz	gate_clear_nt
	jmp	gate_dispatch
2:	movl	$0, FRAME_TRAPNO(%esp)	/* its 0x17 may not be the flat one */
	jmp	3b

/*
 * The system call gate.  It pushed ss, esp, cs and eip and left EFLAGS as the
 * user had them: interrupts are on, TF, NT, DF and AC may be.
 *
 * A trap by TF on the first instruction comes back (trap.c) to
 * gate_entry_stepped with TF clear.
 */
	.globl	gate_entry, gate_entry_stepped
	.type	gate_entry, @function
gate_entry_stepped:
	pushfl
	orl	$EFLAGS_TF, (%esp)
	jmp	1f
gate_entry:
	pushfl				/* one word below its place */
1:	subl	$8, %esp		/* trapno, error */
	SAVE_REGISTERS
	cld
	movl	FRAME_EIP(%esp), %edx	/* flags */
	movl	FRAME_CS(%esp), %ecx	/* eip */
	movl	FRAME_EFLAGS(%esp), %esi /* cs */
	movl	%ecx, FRAME_EIP(%esp)
	movl	%esi, FRAME_CS(%esp)
	movl	%edx, FRAME_EFLAGS(%esp)
	testl	$EFLAGS_NT, %edx
	jnz	gate_clear_nt
gate_dispatch:
	cmpl	$MACH_MSG_TRAP, %eax
	je	gate_mach_msg
	CLAC
	movl	%esp, %ebx
	movl	STACK_TOP, %esp
	negl	%eax
	cmpl	mach_trap_count, %eax
	jae	gate_bad_number
	movl	mach_trap_table+4(,%eax,8), %ecx
	jecxz	gate_call
	jmp	gate_arguments
gate_call:
	call	*mach_trap_table(,%eax,8)
	jmp	gate_result

	.globl	thread_syscall_return, thread_exception_return
	.type	thread_syscall_return, @function
	.type	thread_exception_return, @function
/* void thread_syscall_return(kern_return_t value); */
thread_syscall_return:
	movl	CURRENT_THREAD, %ebx
	addl	$THREAD_REGS, %ebx
gate_result:
	movl	%eax, FRAME_EAX(%ebx)

/*
 * To user mode by the frame at ebx; on the kernel stack, of which nothing is
 * needed any more.
 */
user_return:
	cli
	cmpl	$0, REGS_AST(%ebx)
	jne	user_return_ast
	movl	%ebx, %esp
	jmp	exit_pop_gs

/* void thread_syscall_return_off(struct thread *self, kern_return_t value); */
	.globl	thread_syscall_return_off
	.type	thread_syscall_return_off, @function
thread_syscall_return_off:
	cmpl	$0, THREAD_AST(%eax)
	movl	%edx, THREAD_EAX(%eax)
	leal	THREAD_REGS(%eax), %esp
	jne	user_return_off_ast

	.globl	exit_pop_gs, exit_pop_fs, exit_pop_es, exit_pop_ds, exit_iret
exit_pop_gs:
	popl	%gs
exit_pop_fs:
	popl	%fs
exit_pop_es:
	popl	%es
exit_pop_ds:
	popl	%ds
	popal
	cmpl	$TRAP_SYSENTER, (%esp)
	je	exit_sysenter
exit_by_iret:
	addl	$8, %esp
exit_iret:
	iret

/*
 * Back the way it came, unless flags are to be restored that the caller counts
 * on.  Interrupts are off until the instruction after sti.
 */
exit_sysenter:
	movl	$0, (%esp)		/* trapno */
	testl	$(EFLAGS_TF | EFLAGS_NT | EFLAGS_DF | EFLAGS_AC), 16(%esp)
	jnz	exit_by_iret
	movl	8(%esp), %edx		/* eip */
	movl	20(%esp), %ecx		/* esp */
	pushl	$EFLAGS_ONE		/* none of the last thread's */
	popfl
	sti
	sysexit

user_return_off_ast:
	movl	%esp, %ebx
user_return_ast:
	movl	STACK_TOP, %esp
	sti
	call	trap_ast
	jmp	user_return

/* iret would take NT for the end of a task. */
gate_clear_nt:
	pushl	$(EFLAGS_ONE | EFLAGS_IF)
	popfl
	jmp	gate_dispatch

/* Push ecx words from above the user's return address. */
gate_arguments:
	cmpl	$ARGS_MAX, %ecx
	ja	gate_bad_number
	movl	FRAME_ESP(%ebx), %esi
	movl	$USER_END, %edx
	subl	%esi, %edx
	jbe	gate_bad_arguments
	leal	4(,%ecx,4), %edi
	cmpl	%edi, %edx
	jb	gate_bad_arguments
	leal	(%ecx,%ecx,2), %edi	/* each push takes three bytes */
	negl	%edi
	addl	$arguments_end, %edi
	STAC
	jmp	*%edi
arguments_start:
	.set	offset, 4 * ARGS_MAX
	.rept	ARGS_MAX
	pushl	offset(%esi)
	.set	offset, offset - 4
	.endr
arguments_end:
	CLAC
	jmp	gate_call
	USER_ACCESS arguments_start, arguments_end, arguments_recover
	.if	arguments_end - arguments_start != 3 * ARGS_MAX
	.error	"gate_arguments counts on three bytes for each push"
	.endif

/*
 * The trap that nearly all are: its arguments, and if it is to send and receive
 * and nothing else then the words of the header that a sender fills in, go into
 * the pcb, from the last to the first of struct mach_msg_call.
 */
gate_mach_msg:
	movl	FRAME_ESP(%esp), %esi
	cmpl	$(USER_END - 32), %esi
	ja	mach_msg_bad
	STAC
mach_msg_arguments:
	pushl	28(%esi)
	pushl	24(%esi)
	pushl	20(%esi)
	pushl	16(%esi)
	pushl	12(%esi)
	pushl	8(%esi)
	pushl	4(%esi)
mach_msg_arguments_end:
	cmpl	$MACH_SEND_RCV, 4(%esp)
	jne	mach_msg_other
	movl	(%esp), %edi
	cmpl	$(USER_END - 24), %edi
	ja	mach_msg_other
mach_msg_header:
	pushl	20(%edi)		/* id */
	pushl	12(%edi)		/* local */
	pushl	8(%edi)			/* remote */
	pushl	(%edi)			/* bits */
mach_msg_header_end:
	CLAC
	leal	CALL_THREAD(%esp), %eax
	movl	STACK_TOP, %esp
	call	*mach_msg_rpc
	jmp	thread_syscall_return

mach_msg_other:
	CLAC
	movl	CURRENT_THREAD, %eax
	movl	STACK_TOP, %esp
	call	mach_msg_trap
	jmp	thread_syscall_return

mach_msg_bad:
	CLAC
	movl	%esp, %ebx
	movl	STACK_TOP, %esp
	jmp	gate_bad_arguments

	USER_ACCESS mach_msg_arguments, mach_msg_arguments_end, mach_msg_recover
	USER_ACCESS mach_msg_header, mach_msg_header_end, mach_msg_unread

mach_msg_unread:
	CLAC
	movl	CURRENT_THREAD, %eax
	movl	STACK_TOP, %esp
	call	gate_header_fault
	jmp	thread_syscall_return

mach_msg_recover:
	movl	STACK_TOP, %esp
arguments_recover:
	CLAC
	call	gate_arguments_fault

/* void thread_exception_return(void); */
thread_exception_return:
	movl	CURRENT_THREAD, %ebx
	addl	$THREAD_REGS, %ebx
	jmp	user_return

/*
 * Exceptions and interrupts: interrupt gates, so interrupts are off and TF
 * and NT clear.
 */
	.type	trap_common, @function
trap_common:
	cld
	CLAC
	SAVE_REGISTERS
	movl	%esp, %ebx
	testb	$SEL_RPL, FRAME_CS(%esp)
	jz	trap_from_kernel
	movl	STACK_TOP, %esp
	movl	%ebx, %eax
	call	trap_user
	jmp	user_return

trap_from_kernel:
	movl	CURRENT_THREAD, %eax
	movl	%ebx, %ecx
	subl	%eax, %ecx
	subl	$THREAD_ENTRY_ROOM, %ecx
	cmpl	$ENTRY_ROOM_AND_REGS, %ecx
	jb	2f			/* esp is still in the pcb */
	movl	%ebx, %ecx
	subl	%fs:0, %ecx
	subl	$PROCESSOR_SYSENTER_ROOM, %ecx
	cmpl	$SYSENTER_ROOM, %ecx
	jae	1f
2:	movl	STACK_TOP, %esp
1:	movl	%ebx, %eax
	call	trap_kernel
	/*
	 * The kernel leaves gs alone, and what it holds may mean nothing by
	 * now: the thread may have waited while its segments were changed.
	 */
	leal	4(%ebx), %esp
	popl	%fs
	popl	%es
	popl	%ds
	popal
	addl	$8, %esp
	iret

/* A task of its own, entered by a task switch. */
	.globl	double_fault_entry
	.type	double_fault_entry, @function
double_fault_entry:
	xorl	%ebp, %ebp
	call	double_fault

/* One stub for each vector; those without an error code push a zero. */
	.set	vector, 0
	.section .rodata
	.balign	4
	.globl	trap_stubs
trap_stubs:
	.text
	.rept	256
	.section .rodata
	.long	1f
	.text
	.type	trap_stub, @function
1:
	.if	(vector < 8) || (vector == 9) || (vector == 15) || \
		(vector == 16) || ((vector > 17) && (vector != 21) && \
		(vector != 29) && (vector != 30))
	pushl	$0
	.endif
	pushl	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

/* void locore_switch(uint32_t *old_esp, uint32_t new_esp); */
	.globl	locore_switch
	.type	locore_switch, @function
locore_switch:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	testl	%eax, %eax
	jz	1f
	movl	%esp, (%eax)
1:	movl	%edx, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

/* cpu_spin_wait for a place that has no registers to give away. */
	.globl	cpu_spin_wait_saving
	.type	cpu_spin_wait_saving, @function
cpu_spin_wait_saving:
	pushal
	call	cpu_spin_wait
	popal
	ret

/* void machine_call_continuation(void (*continuation)(void)); */
	.globl	machine_call_continuation
	.type	machine_call_continuation, @function
machine_call_continuation:
	movl	STACK_TOP, %esp
	xorl	%ebp, %ebp
	sti
	call	*%eax
	ud2				/* a continuation does not return */

	.section .note.GNU-stack, "", @progbits
