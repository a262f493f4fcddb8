/*
 * libmach/i386/traps.S - the kernel's traps as functions.
 *
 * A trap is named, numbered and counted here once.  The arguments stay where
 * the caller pushed them; eax returns the result.  The way in is the call
 * gate, which keeps all other registers, or SYSENTER, which uses ecx and edx:
 * sysenter.c chooses.
 */
#include <mach/i386/syscall_sw.h>

#define trap(trap_name, trap_number, number_args)		\
	.globl	trap_name;					\
	.type	trap_name, @function;				\
	.p2align 4;						\
trap_name:							\
	movl	$(trap_number), %eax;				\
	jmp	*__mach_enter;					\
	.size	trap_name, . - trap_name

	.text
	.globl	__mach_enter_gate, __mach_enter_sysenter
	.type	__mach_enter_gate, @function
	.type	__mach_enter_sysenter, @function
__mach_enter_gate:
	lcall	$MACH_CALL_GATE, $0
	ret
__mach_enter_sysenter:
	movl	%esp, %ecx
	movl	$1f, %edx
	sysenter
1:	ret

/*
 * mach_msg: the trap with the arguments where they are; what it answers, unless
 * success, __mach_msg_again looks at.
 */
	.globl	mach_msg, __mach_msg_gate, __mach_msg_sysenter
	.type	mach_msg, @function
	.type	__mach_msg_gate, @function
	.type	__mach_msg_sysenter, @function
	.p2align 4
mach_msg:
	movl	$-25, %eax
	jmp	*__mach_msg
__mach_msg_sysenter:
	movl	%esp, %ecx
	movl	$1f, %edx
	sysenter
__mach_msg_gate:
	lcall	$MACH_CALL_GATE, $0
1:	testl	%eax, %eax
	jnz	2f
	ret
2:	leal	4(%esp), %ecx		/* the arguments */
	subl	$4, %esp		/* keeps the stack aligned */
	pushl	%ecx
	pushl	%eax
	call	__mach_msg_again
	addl	$12, %esp
	ret
	.size	mach_msg, . - mach_msg

trap(evc_wait, -17, 1)
trap(evc_wait_clear, -18, 1)

trap(mach_msg_trap, -25, 7)

trap(mach_reply_port, -26, 0)
trap(mach_thread_self, -27, 0)
trap(mach_task_self, -28, 0)
trap(mach_host_self, -29, 0)
trap(mach_print, -30, 1)

trap(syscall_device_writev_request, -39, 6)
trap(syscall_device_write_request, -40, 6)

trap(swtch_pri, -59, 1)
trap(swtch, -60, 0)
trap(thread_switch, -61, 3)

trap(syscall_vm_map, -64, 11)
trap(syscall_vm_allocate, -65, 4)
trap(syscall_vm_deallocate, -66, 3)
trap(syscall_task_create, -68, 3)
trap(syscall_task_terminate, -69, 1)
trap(syscall_task_suspend, -70, 1)
trap(syscall_task_set_special_port, -71, 3)
trap(syscall_mach_port_allocate, -72, 3)
trap(syscall_mach_port_deallocate, -73, 2)
trap(syscall_mach_port_insert_right, -74, 4)
trap(syscall_mach_port_allocate_name, -75, 3)
trap(syscall_thread_depress_abort, -76, 1)

	.section .note.GNU-stack, "", @progbits
