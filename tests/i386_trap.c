/*
 * tests/i386_trap.c - any trap with any arguments.
 */
#include "i386_trap.h"

/*
 * The number is taken out from under the return address, so that the
 * arguments lie where the kernel looks for them, and a word put back.
 */
__asm__(
	".text\n"
	".globl i386_trap\n"
	"i386_trap:\n\t"
	"popl	%ecx\n\t"
	"popl	%eax\n\t"
	"pushl	%ecx\n\t"
	"lcall	$7, $0\n\t"
	"popl	%ecx\n\t"
	"pushl	%ecx\n\t"
	"pushl	%ecx\n\t"
	"ret\n");
