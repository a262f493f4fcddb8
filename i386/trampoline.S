/*
 * i386/trampoline.S - an application processor's way from real mode to
 * processor_main.
 *
 * The code between trampoline_start and trampoline_end runs from a copy at
 * TRAMPOLINE_ADDRESS, so it names addresses by their distance from its start.
 */
#include <machine/mp.h>
#include <machine/regs.h>
#include <machine/seg.h>

#define COPY(label)	(TRAMPOLINE_ADDRESS + (label) - trampoline_start)

	.section .rodata
	.globl	trampoline_start, trampoline_end
	.code16
trampoline_start:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	COPY(gdt_register)
	movl	%cr0, %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$KERNEL_CS, $COPY(protected)

	.code32
protected:
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$COPY(paged), %esp	/* one word: the way back from the call */
	movl	$boot_enable_paging, %eax
	call	*%eax
	movl	$processor_high, %eax
	jmp	*%eax
	.long	0
paged:
	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* KERNEL_CS, KERNEL_DS: flat */
	.quad	0x00cf93000000ffff
gdt_register:
	.word	. - gdt - 1
	.long	COPY(gdt)
trampoline_end:

	.text
processor_high:
	movl	$(boot_stack + BOOT_STACK_SIZE), %esp
	xorl	%ebp, %ebp
	call	processor_main
	ud2

	.section .note.GNU-stack, "", @progbits
