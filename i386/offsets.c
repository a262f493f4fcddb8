/*
 * i386/offsets.c - where C keeps what locore.S touches.
 *
 * Defines absolute symbols, for the linker to put into the instructions; the
 * function around them is never called.
 */
#include <kern/processor.h>
#include <kern/thread.h>
#include <machine/cpu.h>
#include <machine/pcb.h>

#define REGS		offsetof(struct thread, pcb.regs)
#define DEFINE(name, value) \
	__asm__ volatile(".globl " #name "\n\t.set " #name ", %c0" \
	    : : "i" (value))

_Static_assert(sizeof(struct trap_frame) == 76, "locore.S");
_Static_assert(offsetof(struct trap_frame, eax) == 44, "locore.S");
_Static_assert(offsetof(struct trap_frame, eip) == 56, "locore.S");
_Static_assert(offsetof(struct trap_frame, ss) == 72, "locore.S");
_Static_assert(offsetof(struct pcb, regs) ==
    offsetof(struct pcb, call) + sizeof(struct mach_msg_call) &&
    offsetof(struct pcb, call) ==
    offsetof(struct pcb, entry_room) + sizeof(((struct pcb *)0)->entry_room),
    "entries push the registers, then mach_msg's call, and spill below");
_Static_assert(sizeof(struct mach_msg_call) == 44 &&
    offsetof(struct mach_msg_call, args) == 16 &&
    offsetof(struct mach_msg_args, option) == 4, "locore.S");

void	locore_offsets(void);

void __attribute__((used))
locore_offsets(void)
{
	DEFINE(THREAD_REGS, REGS);
	DEFINE(THREAD_EAX, REGS + offsetof(struct trap_frame, eax));
	DEFINE(THREAD_AST, offsetof(struct thread, ast));
	DEFINE(THREAD_ENTRY_ROOM, offsetof(struct thread, pcb.entry_room));
	DEFINE(CALL_THREAD, -(int)offsetof(struct thread, pcb.call));
	DEFINE(ENTRY_ROOM_AND_REGS, offsetof(struct pcb, regs) +
	    sizeof(struct trap_frame));
	/* From a thread's frame to its other fields. */
	DEFINE(REGS_AST, (int)offsetof(struct thread, ast) - (int)REGS);
	DEFINE(REGS_SPECIAL, (int)offsetof(struct thread, pcb.special) -
	    (int)REGS);
	DEFINE(PROCESSOR_SYSENTER_ROOM,
	    offsetof(struct processor, machine.sysenter_room));
	DEFINE(PROCESSOR_STACK_TOP, offsetof(struct processor, stack_top));
}
