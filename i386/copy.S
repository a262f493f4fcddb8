/*
 * i386/copy.S - copies between user space and the kernel.
 *
 * Owns:       nothing.  trap.c resolves the page faults taken here, which may
 *             sleep: call with interrupts on and no spin lock held.
 */
#include <machine/copy.h>

#define USER_END	0xc0000000
#define INVALID_ADDRESS	1		/* KERN_INVALID_ADDRESS */

/* Go to fail unless [user, user + size) is below USER_END; eax is used up. */
	.macro	CHECK_RANGE user, size, fail
	movl	$USER_END, %eax
	subl	\size, %eax
	jb	\fail
	cmpl	%eax, \user
	ja	\fail
	.endm

/* The body of a copy; user is the register that holds the user's address. */
	.macro	COPY user
	pushl	%esi
	pushl	%edi
	movl	%eax, %esi
	movl	%edx, %edi
	CHECK_RANGE \user, %ecx, copy_fail
	movl	%ecx, %edx
	shrl	$2, %ecx
	andl	$3, %edx
	STAC
.Lstart\@:
	rep; movsl
	movl	%edx, %ecx
	rep; movsb
.Lend\@:
	CLAC
	xorl	%eax, %eax
	popl	%edi
	popl	%esi
	ret
	USER_ACCESS .Lstart\@, .Lend\@, copy_recover
	.endm

	.text

/* int copyin(const void *user_src, void *dst, uint32_t size); */
	.globl	copyin, copyinmsg
	.type	copyin, @function
copyin:
copyinmsg:
	COPY	%esi

/* int copyout(const void *src, void *user_dst, uint32_t size); */
	.globl	copyout, copyoutmsg
	.type	copyout, @function
copyout:
copyoutmsg:
	COPY	%edi

copy_recover:
	CLAC
copy_fail:
	movl	$INVALID_ADDRESS, %eax
	popl	%edi
	popl	%esi
	ret

	.section .note.GNU-stack, "", @progbits
