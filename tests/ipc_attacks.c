/*
 * tests/ipc_attacks.c - what has broken the rights, lifetimes, messages and
 * replies of Mach kernels: a test for each kind of attack.
 */
#include <string.h>

#include <mach/vm_param.h>

#include "rights.h"
#include "zones.h"

#define SELF		mach_task_self()

/* A call that cannot even be sent fails, and so does giving up its port. */
TEST(ipc_attacks_task_without_a_right_to_itself)
{
	vm_address_t addr = 0;
	mach_port_t self = SELF;

	CHECK_KR(mach_port_destroy(self, self), KERN_SUCCESS);
	for (unsigned i = 0; i < 10; i++)
		CHECK_KR(vm_allocate(self, &addr, PAGE_SIZE, TRUE),
		    MACH_SEND_INVALID_DEST);
}

