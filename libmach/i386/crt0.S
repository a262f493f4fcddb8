/*
 * libmach/i386/crt0.S - where a program starts.
 *
 * esp points to argc; above it argv's pointers, 0, envp's pointers, 0.  The
 * stack is aligned for SSE before C runs; nothing returns here.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp		/* the last frame of a backtrace */
	movl	(%esp), %eax		/* argc */
	leal	4(%esp), %ecx		/* argv */
	leal	4(%ecx, %eax, 4), %edx	/* envp */
	andl	$-16, %esp
	subl	$4, %esp
	pushl	%edx
	pushl	%ecx
	pushl	%eax
	call	__mach_start
	hlt
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
