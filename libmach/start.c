/*
 * libmach/start.c - from the processor's first instruction to main.
 *
 * Owns environ.  Called by libmach/<machine>/crt0.S on the main thread.
 */
#include <stdlib.h>

#include <mach/mach_init.h>

char **environ;

extern int main(int argc, char **argv, char **envp);
extern void __libc_init_array(void);
extern void __libc_fini_array(void);
extern void __mach_start(int argc, char **argv, char **envp)
    __attribute__((noreturn));

/* newlib calls these around the arrays of constructors; ours have no code. */
void _init(void);
void _fini(void);

void
_init(void)
{
}

void
_fini(void)
{
}

void
__mach_start(int argc, char **argv, char **envp)
{
	environ = envp;
	mach_init();
	atexit(__libc_fini_array);
	__libc_init_array();
	exit(main(argc, argv, envp));
}
