/*
 * tests/paging_model.c - the random operations of vm_model.c while another
 * task writes to more memory than there is, over and over: what the model's
 * tasks have not just used goes out.
 */
#include "paging_support.h"
#include "vm_model.h"

#define HOG_BASE	((vm_address_t)0x60000000)
#define self		mach_task_self()

static vm_address_t flag;	/* a word that the tasks share: go on */

static uint32_t
hog(uint32_t pages, uint32_t unused)
{
	(void)unused;
	for (unsigned round = 0; vm_word(flag) != 0; round++)
		for (unsigned i = 0; i < pages && vm_word(flag) != 0; i++) {
			if (round != 0)
				paging_check(HOG_BASE, i, round - 1);
			paging_write(HOG_BASE, i, round);
		}
	return 0;
}

TEST_LIMIT(paging_random_operations_read_as_the_model, 120)
{
	struct default_pager_info before = paging_space();
	unsigned pages = vm_free_count() * 5 / 4, out = paging_count();
	vm_address_t base = HOG_BASE;
	struct vm_agent agent;

	flag = test_allocate(PAGE_SIZE);
	CHECK_KR(vm_inherit(self, flag, PAGE_SIZE, VM_INHERIT_SHARE),
	    KERN_SUCCESS);
	vm_set_word(flag, 1);
	vm_agent_start(&agent, self);
	CHECK_KR(vm_allocate(agent.task, &base, pages * PAGE_SIZE, FALSE),
	    KERN_SUCCESS);
	vm_agent_begin(&agent, hog, pages, 0);
	while (paging_count() < out + pages / 4)	/* scarce by now */
		test_sleep(10);
	vm_model_run(test_number("--seed=", 1), test_number("--steps=", 6000));
	test_note("%u pages, %u paged out", pages, paging_count() - out);
	while (paging_count() < out + pages)	/* the model may be quick */
		test_sleep(10);
	vm_set_word(flag, 0);
	CHECK_VALUE(vm_agent_finish(&agent), 0);
	vm_agent_end(&agent);
	paging_check_space(before);
}
