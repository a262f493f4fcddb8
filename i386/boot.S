/*
 * i386/boot.S - from the boot loader to i386_init in the kernel's addresses.
 *
 * Owns:       the first page directory: it maps the first 768 MB twice, where
 *             they are and at KERNEL_BASE, until pmap_bootstrap builds the
 *             kernel's own.  Application processors pass through it too.
 * Source:     Multiboot specification 0.6.96; Intel SDM volume 3, 4.4 and 9.
 */
#include <machine/mp.h>
#include <machine/regs.h>
#include <machine/reset.h>
#include <machine/seg.h>

#define MULTIBOOT_MAGIC	0x1badb002
#define MULTIBOOT_FLAGS	3		/* modules on pages, memory map */
#define MULTIBOOT_LOADED 0x2badb002	/* in eax, from the loader */
#define MULTIBOOT_CMDLINE 4		/* flag: there is a command line */
#define MULTIBOOT_CMDLINE_AT 16

#define KERNEL_BASE	0xc0000000
#define DIRECT_2M	384		/* 2 MB pages in the direct map */

#define VGA_TEXT	0xb8000
#define COM0		0x3f8
#define COM_STATUS	5
#define COM_READY	0x20

	.section .multiboot, "a"
	.balign	4
	.long	MULTIBOOT_MAGIC, MULTIBOOT_FLAGS
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.section .boot, "ax"
	.globl	boot_start
boot_start:
	cli
	cld
	movl	$(boot_stack_top - KERNEL_BASE), %esp
	pushl	%ebx			/* i386_init's arguments */
	pushl	%eax
	call	boot_check_cpu
	testl	%eax, %eax
	jz	boot_no_pae
	call	boot_make_tables
	call	boot_enable_paging
	movl	$boot_high, %eax
	jmp	*%eax

/* Give 0 in eax unless the processor can run this kernel. */
boot_check_cpu:
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$EFLAGS_ID, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	xorl	%ecx, %eax
	andl	$EFLAGS_ID, %eax
	jz	1f
	movl	$1, %eax
	cpuid
	xorl	%eax, %eax
	notl	%edx
	testl	$CPUID_NEEDED, %edx
	jnz	1f
	incl	%eax
1:	ret

/* Two maps of the first 768 MB by the same directory. */
boot_make_tables:
	movl	$(boot_directory - KERNEL_BASE), %edi
	movl	$(PTE_PRESENT | PTE_WRITE | PTE_LARGE), %eax
	movl	$DIRECT_2M, %ecx
1:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b
	movl	$(boot_directory - KERNEL_BASE + PTE_PRESENT), %eax
	movl	%eax, boot_pdpt - KERNEL_BASE
	movl	%eax, boot_pdpt - KERNEL_BASE + 24
	ret

	.globl	boot_enable_paging
boot_enable_paging:
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$(boot_pdpt - KERNEL_BASE), %eax
	movl	%eax, %cr3
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP), %eax
	movl	%eax, %cr0
	ret

/* Say on the screen and the first serial line why nothing happens. */
boot_no_pae:
	movl	$boot_no_pae_text, %esi
	movl	$VGA_TEXT, %edi
1:	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, (%edi)
	movb	$7, 1(%edi)
	addl	$2, %edi
	movb	%al, %bl
	movl	$0x10000, %ecx
	movl	$(COM0 + COM_STATUS), %edx
2:	inb	%dx, %al
	testb	$COM_READY, %al
	loopz	2b
	movl	$COM0, %edx
	movb	%bl, %al
	outb	%al, %dx
	jmp	1b
3:	call	boot_qemu_exit
4:	hlt
	jmp	4b
boot_no_pae_text:
	.asciz	"Duality needs a Pentium Pro or later processor: PAE, CMOV, CX8, FPU.\r\n"

/* What qemu_exit of reset.c does, from the loader's own command line. */
boot_qemu_exit:
	movl	4(%esp), %eax		/* the loader's magic and structure */
	movl	8(%esp), %ebx
	cmpl	$MULTIBOOT_LOADED, %eax
	jne	2f
	testl	$MULTIBOOT_CMDLINE, (%ebx)
	jz	2f
	movl	MULTIBOOT_CMDLINE_AT(%ebx), %ebx
1:	movl	%ebx, %esi
	movl	$boot_qemu_exit_word, %edi
	movl	$BOOT_QEMU_EXIT_LENGTH, %ecx
	repe	cmpsb
	je	3f
	cmpb	$0, (%ebx)
	leal	1(%ebx), %ebx
	jne	1b
2:	ret
3:	movl	$QEMU_EXIT_REFUSED, %eax
	movl	$QEMU_EXIT_PORT, %edx
	outl	%eax, %dx
	ret
boot_qemu_exit_word:
	.ascii	"qemu-exit"
	.set	BOOT_QEMU_EXIT_LENGTH, . - boot_qemu_exit_word

	.text
boot_high:
	addl	$KERNEL_BASE, %esp
	xorl	%ebp, %ebp		/* backtraces end here */
	popl	%eax
	popl	%edx
	call	i386_init
1:	hlt
	jmp	1b

	.section .bss
	.balign	4096
boot_directory:
	.skip	4096
	.globl	boot_stack
boot_stack:
	.skip	BOOT_STACK_SIZE
boot_stack_top:
	.balign	32
	.globl	boot_pdpt
boot_pdpt:
	.skip	32

	.section .note.GNU-stack, "", @progbits
