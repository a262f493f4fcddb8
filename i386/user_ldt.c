/*
 * i386/user_ldt.c - a thread's own local descriptor table.
 *
 * Owns:       struct i386_ldt of stopped and current threads.
 */
#include <kern/zone.h>
#include <machine/user_ldt.h>

void
user_ldt_free(struct i386_ldt *ldt)
{
	if (ldt != NULL)
		kfree(ldt, sizeof(*ldt) + ldt->count * sizeof(ldt->entries[0]));
}
