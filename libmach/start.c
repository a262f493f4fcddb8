/*
 * libmach/start.c - from the processor's first instruction to main.
 *
 * Owns environ.  Called by libmach/<machine>/crt0.S on the main thread.
 */
#include <stdlib.h>

#include <mach/mach_init.h>

char **environ;

extern int main(int argc, char **argv, char **envp);
/* The linker bounds the arrays of constructors and destructors. */
extern void (*__init_array_start[])(void) __attribute__((weak));
extern void (*__init_array_end[])(void) __attribute__((weak));
extern void (*__fini_array_start[])(void) __attribute__((weak));
extern void (*__fini_array_end[])(void) __attribute__((weak));

extern void __mach_start(int argc, char **argv, char **envp)
    __attribute__((noreturn));

static void
constructors_run(void)
{
	void (**fn)(void);

	for (fn = __init_array_start; fn != __init_array_end; fn++)
		(*fn)();
}

static void
destructors_run(void)
{
	void (**fn)(void);

	for (fn = __fini_array_end; fn != __fini_array_start; fn--)
		fn[-1]();
}

void
__mach_start(int argc, char **argv, char **envp)
{
	environ = envp;
	(void)mach_trap_fast(TRUE);
	mach_init();
	atexit(destructors_run);
	constructors_run();
	exit(main(argc, argv, envp));
}
