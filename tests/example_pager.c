/*
 * tests/example_pager.c - the example of docs/writing-a-pager.md: a memory
 * object whose page n holds n squared, until somebody writes something else.
 *
 * usage: example_pager --host-port=N; ends the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/pager.h>
#include <mach/thread_switch.h>
#include <mach/vm_param.h>

#define PAGES	16u

static unsigned int store[PAGES];	/* the pager thread's */
static volatile unsigned int asked, returned;

/* Fresh memory for the pages asked for, which the kernel takes. */
static kern_return_t
squares_read(void *cookie, vm_offset_t offset, vm_size_t size,
    vm_offset_t *data, boolean_t *dealloc)
{
	kern_return_t kr;
	vm_size_t at;

	(void) cookie;
	kr = vm_allocate(mach_task_self(), data, size, TRUE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (at = 0; at < size; at += vm_page_size)
		*(unsigned int *) (*data + at) =
		    store[(offset + at) / vm_page_size];
	*dealloc = TRUE;
	asked++;
	return KERN_SUCCESS;
}

/* Pages that were changed; the library deallocates the memory. */
static void
squares_write(void *cookie, vm_offset_t offset, vm_offset_t data,
    vm_size_t size)
{
	vm_size_t at;

	(void) cookie;
	for (at = 0; at < size; at += vm_page_size) {
		store[(offset + at) / vm_page_size] =
		    *(unsigned int *) (data + at);
		returned++;
	}
}

static const struct pager_ops squares = {
	.read = squares_read, .write = squares_write,
};

static void
check(const char *what, kern_return_t kr)
{
	if (kr == KERN_SUCCESS)
		return;
	printf("example_pager: %s: %#x\n", what, kr);
	exit(1);
}

static volatile unsigned int *
map(struct pager_object *object)
{
	vm_address_t addr = 0;

	check("vm_map", vm_map(mach_task_self(), &addr, PAGES * vm_page_size,
	    0, TRUE, pager_object_port(object), 0, FALSE, VM_PROT_DEFAULT,
	    VM_PROT_ALL, VM_INHERIT_NONE));
	return (volatile unsigned int *) addr;
}

/* Use the object as any task would that has a right to its port. */
static void
use(struct pager_object *object)
{
	volatile unsigned int *memory = map(object);
	unsigned int page = vm_page_size / sizeof(*memory);
	unsigned int third = memory[3 * page], seventh = memory[7 * page];

	printf("page 3 reads %u, page 7 %u; %u requests\n", third, seventh,
	    asked);
	memory[3 * page] = 1987;
	check("vm_deallocate", vm_deallocate(mach_task_self(),
	    (vm_address_t) memory, PAGES * vm_page_size));
	while (returned == 0)	/* it comes by message */
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 10);
	memory = map(object);
	printf("page 3 came back as %u\n", memory[3 * page]);
}

int
main(int argc, char **argv)
{
	struct pager_object *object;
	struct pager *pager;
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		store[i] = i * i;
	check("pager_create", pager_create(&squares, 1, &pager));
	check("pager_object_create", pager_object_create(pager, NULL,
	    PAGES * vm_page_size, FALSE, MEMORY_OBJECT_COPY_DELAY, &object));
	use(object);
	if (argc > 1 && strncmp(argv[1], "--host-port=", 12) == 0)
		(void) host_reboot(strtoul(argv[1] + 12, NULL, 0),
		    RB_AUTOBOOT);
	return 0;
}
