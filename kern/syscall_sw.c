/*
 * kern/syscall_sw.c - the table of system call traps.
 *
 * Trap -n is slot n.  Slots 0 to 9 are an emulated system's; they and all gaps
 * answer KERN_INVALID_ARGUMENT.  Slots of calls that Mach 3.0 had for its
 * predecessor's ports answer MACH_PORT_NULL.
 *
 * Source:     Mach 3.0 kernel interface; docs/reference/traps.md.
 */
#include <device/device_init.h>
#include <ipc/mach_traps_ipc.h>
#include <kern/syscall_subr.h>
#include <kern/syscall_sw.h>
#include <kern/types.h>
#include <vm/vm_user.h>

#define TRAP(number, routine, args) \
	[number] = { (const void *)(routine), (args) }
#define GAPS(first, last) \
	[(first) ... (last)] = { (const void *)kern_invalid, 0 }

const struct mach_trap mach_trap_table[] = {
	GAPS(0, 9),
	TRAP(10, null_port, 0),
	TRAP(11, null_port, 0),
	TRAP(12, null_port, 0),
	TRAP(13, null_port, 0),
	GAPS(14, 24),
	GAPS(25, 25),			/* mach_msg_trap: the machine's */
	TRAP(26, mach_reply_port, 0),
	TRAP(27, mach_thread_self, 0),
	TRAP(28, mach_task_self, 0),
	TRAP(29, mach_host_self, 0),
	TRAP(30, trap_mach_print, 1),
	GAPS(31, 38),
	TRAP(39, syscall_device_writev_request, 6),
	TRAP(40, syscall_device_write_request, 6),
	GAPS(41, 54),
	TRAP(55, null_port, 0),
	TRAP(56, null_port, 0),
	GAPS(57, 58),
	TRAP(59, trap_swtch_pri, 1),
	TRAP(60, trap_swtch, 0),
	TRAP(61, trap_thread_switch, 3),
	GAPS(62, 63),
	TRAP(64, syscall_vm_map, 11),
	TRAP(65, syscall_vm_allocate, 4),
	TRAP(66, syscall_vm_deallocate, 3),
	GAPS(67, 67),
	TRAP(68, syscall_task_create, 3),
	TRAP(69, syscall_task_terminate, 1),
	TRAP(70, syscall_task_suspend, 1),
	TRAP(71, syscall_task_set_special_port, 3),
	TRAP(72, syscall_mach_port_allocate, 3),
	TRAP(73, syscall_mach_port_deallocate, 2),
	TRAP(74, syscall_mach_port_insert_right, 4),
	TRAP(75, syscall_mach_port_allocate_name, 3),
	TRAP(76, syscall_thread_depress_abort, 1),
	GAPS(77, 129),
};

const int mach_trap_count = array_count(mach_trap_table);

_Static_assert(array_count(mach_trap_table) == 130, "user ABI");
