/*
 * kern/startup.c - the kernel starts: the order in which its parts come up.
 *
 * The machine has built the final page tables and knows memory, modules and
 * the command line.  kernel_main runs on its start-up stack until the
 * scheduler exists; the rest is done by the first thread.
 */
#include <device/device_init.h>
#include <ipc/ipc_init.h>
#include <ipc/ipc_notify.h>
#include <kern/boot_module.h>
#include <kern/console.h>
#include <kern/debug.h>
#include <kern/host.h>
#include <kern/reaper.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/thread_internal.h>
#include <kern/timer.h>
#include <kern/zone.h>
#include <machine/boot_info.h>
#include <machine/machine.h>
#include <vm/pmap.h>
#include <vm/vm_kern.h>
#include <vm/vm_page.h>

#define MB	(1024u * 1024u)

/* What the machine and the kernel are, for whoever watches the console. */
static void
announce(void)
{
	kprintf("%s\n", kernel_version);
	kprintf("%u processor%s: %s\n", processor_count,
	    processor_count == 1 ? "" : "s", machine_cpu_name());
	kprintf("%u MB of memory, %u MB free; %u boot module%s\n",
	    (unsigned)((memory_size + MB / 2) / MB),
	    (unsigned)(vm_page_free_count / (MB / PAGE_SIZE)), boot_module_count,
	    boot_module_count == 1 ? "" : "s");
}

/* Start-up is over: this thread has nothing left to do. */
static void
startup_over(void)
{
	assert_wait(&boot_thread, false);
	(void)thread_block(startup_over);
}

/* The first thread: what needs a thread to be done. */
static void
startup_thread(void)
{
	machine_start_processors();
	reaper_start();
	ipc_notify_start();
	vm_start_daemons();
	announce();
	device_start();
	boot_modules_start();
	startup_over();
}

void
kernel_main(void)
{
	struct processor *boot = current_processor();

	boot_thread.state = TH_RUN | TH_IDLE;
	boot->active_thread = &boot_thread;
	sched_bootstrap();
	zone_bootstrap();
	vm_page_bootstrap();
	pmap_init();
	vm_init();
	clock_bootstrap();
	ipc_bootstrap();
	task_bootstrap();
	idle_thread_create(boot);
	boot->active_thread = &boot_thread;
	host_bootstrap();
	device_bootstrap();
	machine_init_late();
	sched_start(kernel_thread("startup", startup_thread));
}
