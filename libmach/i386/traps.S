/*
 * libmach/i386/traps.S - the kernel's traps as functions.
 *
 * A trap is named, numbered and counted here once.  The gate leaves the
 * arguments where the caller pushed them; eax returns the result, and all
 * other registers come back as they were.
 */
#include <mach/i386/syscall_sw.h>

	.text

kernel_trap(evc_wait, -17, 1)
kernel_trap(evc_wait_clear, -18, 1)

kernel_trap(mach_msg_trap, -25, 7)

/*
 * mach_msg: the trap with the arguments where they are; what it answers, unless
 * success, __mach_msg_again looks at.
 */
	.globl	mach_msg
	.type	mach_msg, @function
	.p2align 4
mach_msg:
	movl	$-25, %eax
	lcall	$MACH_CALL_GATE, $0
	testl	%eax, %eax
	jnz	1f
	ret
1:	leal	4(%esp), %ecx		/* the arguments */
	subl	$4, %esp		/* keeps the stack aligned */
	pushl	%ecx
	pushl	%eax
	call	__mach_msg_again
	addl	$12, %esp
	ret
	.size	mach_msg, . - mach_msg

kernel_trap(mach_reply_port, -26, 0)
kernel_trap(mach_thread_self, -27, 0)
kernel_trap(mach_task_self, -28, 0)
kernel_trap(mach_host_self, -29, 0)
kernel_trap(mach_print, -30, 1)

kernel_trap(syscall_device_writev_request, -39, 6)
kernel_trap(syscall_device_write_request, -40, 6)

kernel_trap(swtch_pri, -59, 1)
kernel_trap(swtch, -60, 0)
kernel_trap(thread_switch, -61, 3)

kernel_trap(syscall_vm_map, -64, 11)
kernel_trap(syscall_vm_allocate, -65, 4)
kernel_trap(syscall_vm_deallocate, -66, 3)
kernel_trap(syscall_task_create, -68, 3)
kernel_trap(syscall_task_terminate, -69, 1)
kernel_trap(syscall_task_suspend, -70, 1)
kernel_trap(syscall_task_set_special_port, -71, 3)
kernel_trap(syscall_mach_port_allocate, -72, 3)
kernel_trap(syscall_mach_port_deallocate, -73, 2)
kernel_trap(syscall_mach_port_insert_right, -74, 4)
kernel_trap(syscall_mach_port_allocate_name, -75, 3)
kernel_trap(syscall_thread_depress_abort, -76, 1)

	.section .note.GNU-stack, "", @progbits
