/*
 * i386/locore.h - the assembly code that C knows of.
 */
#ifndef I386_LOCORE_H
#define I386_LOCORE_H

#include <stdint.h>

#include <mach/kern_return.h>

struct thread;
struct trap_frame;

/* Entries: addresses for the IDT, one for each vector. */
extern const uint32_t trap_stubs[256];
extern char gate_entry[];		/* the system call gate */
extern char gate_entry_stepped[];	/* the same after a trap by TF */
extern char sysenter_entry[];		/* for MSR_SYSENTER_EIP */
extern char sysenter_entry_stepped[];
extern char double_fault_entry[];

/* Instructions on the way to user mode that can fault. */
extern char exit_pop_gs[], exit_pop_fs[], exit_pop_es[], exit_pop_ds[];
extern char exit_iret[];

/* In trap.c, called by locore.S.  frame is in the thread's pcb. */
void	trap_user(struct trap_frame *frame);
void	trap_kernel(struct trap_frame *frame);
void	trap_ast(void);
void	gate_bad_number(void) __attribute__((noreturn));
void	gate_bad_arguments(void) __attribute__((noreturn));
void	gate_arguments_fault(void) __attribute__((noreturn));
/* Returns what mach_msg does. */
kern_return_t gate_header_fault(struct thread *self);
void	double_fault(void) __attribute__((noreturn));

/* Switch stacks: save on *old_esp unless NULL, go on where new_esp stopped. */
void	locore_switch(uint32_t *old_esp, uint32_t new_esp);

#endif
