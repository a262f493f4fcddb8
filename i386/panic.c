/*
 * i386/panic.c - the end of the kernel, told as well as can be.
 *
 * Owns:       panic_processor: who panicked first; the others stop silently.
 * Locks:      takes none: whatever is held when the kernel breaks stays held.
 * Invariant:  a panic inside a panic prints one line and stops.
 */
#include <kern/console.h>
#include <kern/debug.h>
#include <kern/processor.h>
#include <kern/task.h>
#include <kern/thread.h>
#include <kern/types.h>
#include <machine/apic.h>
#include <machine/boot_info.h>
#include <machine/cpu.h>
#include <machine/machine.h>
#include <machine/panic.h>
#include <machine/pcb.h>
#include <machine/regs.h>
#include <machine/reset.h>
#include <machine/trap.h>

#define BACKTRACE_MAX	24u
#define CALL_DIRECT	0xe8		/* instructions that call */
#define CALL_INDIRECT	0xff		/* with MODRM_CALL in the next byte */
#define CALL_LONGEST	7u
#define MODRM_REG	0x38
#define MODRM_CALL	0x10
#define NOBODY		(-1)

/* The table that tools/ksyms makes. */
extern const uint32_t ksyms_count;
extern const uint32_t ksyms_addresses[];
extern const uint32_t ksyms_offsets[];
extern const char ksyms_names[];

static volatile int panic_processor = NOBODY;
static volatile bool stopping;

static void __attribute__((noreturn))
stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void
panic_stop_others(void)
{
	stopping = true;
	if (apic_in_use)
		lapic_send_nmi_others();
}

void
panic_nmi(const struct trap_frame *frame)
{
	if (stopping)
		stop();
	panic_trap(frame, "non-maskable interrupt");
}

static void
print_address(uint32_t address)
{
	uint32_t low = 0, high = ksyms_count;

	if (address < (uintptr_t)kernel_text_start ||
	    address >= (uintptr_t)kernel_text_end || high == 0 ||
	    address < ksyms_addresses[0]) {
		kprintf("  %08x\n", address);
		return;
	}
	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (ksyms_addresses[middle] <= address)
			low = middle;
		else
			high = middle;
	}
	kprintf("  %08x %s+0x%x\n", address, ksyms_names + ksyms_offsets[low],
	    address - ksyms_addresses[low]);
}

/* Whether a call instruction ends at address, which is in the kernel's text. */
static bool
after_call(uint32_t address)
{
	const uint8_t *code = (const uint8_t *)address;

	if (address < (uintptr_t)kernel_text_start + CALL_LONGEST ||
	    address >= (uintptr_t)kernel_text_end)
		return false;
	if (code[-5] == CALL_DIRECT)
		return true;
	for (unsigned length = 2; length <= CALL_LONGEST; length++)
		if (code[-(int)length] == CALL_INDIRECT &&
		    (code[1 - (int)length] & MODRM_REG) == MODRM_CALL)
			return true;
	return false;
}

/*
 * What looks like a return address from esp up: the kernel has no frame
 * pointers, so some may be from calls that are over.
 */
static void
print_backtrace(const uint32_t *esp)
{
	const uint32_t *end = esp + KERNEL_STACK_SIZE / sizeof(*esp);
	const uint32_t *top = (const uint32_t *)current_processor()->stack_top;
	unsigned printed = 0;

	if ((uintptr_t)esp < KERNEL_BASE || ((uintptr_t)esp & 3) ||
	    (uintptr_t)end >= KERNEL_WINDOW_BASE)
		return;
	if (esp <= top && top < end)
		end = top;
	for (; esp < end && printed < BACKTRACE_MAX; esp++)
		if (after_call(*esp)) {
			print_address(*esp);
			printed++;
		}
}

static void
print_thread(void)
{
	const struct thread *thread = current_thread();

	kprintf("processor %d, ", cpu_number());
	if (thread == NULL || thread->task == NULL) {
		kprintf("no thread yet\n");
		return;
	}
	kprintf("thread %s (%p) of task %s (%p)\n", thread->name, thread,
	    thread->task->name, thread->task);
}

/* Only the first to come gets past this. */
static void
panic_begin(void)
{
	int self = cpu_number();
	int nobody = NOBODY;

	(void)intr_disable();
	if (!__atomic_compare_exchange_n(&panic_processor, &nobody, self,
	    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (nobody != self)
			stop();
		kprintf("panic inside panic\n");
		qemu_exit(QEMU_EXIT_PANIC);
		stop();
	}
	panic_stop_others();
	lock_debug_stop();
	console_panic();
}

static void __attribute__((noreturn))
panic_end(void)
{
	kprintf("stopped\n");
	qemu_exit(QEMU_EXIT_PANIC);
	stop();
}

void
panic(const char *fmt, ...)
{
	uint32_t here;
	va_list args;

	panic_begin();
	kprintf("\npanic: ");
	va_start(args, fmt);
	kvprintf(fmt, args);
	va_end(args);
	kprintf("\n");
	print_thread();
	kprintf("esp %p cr0 %08x cr2 %08x cr3 %08x cr4 %08x\n", &here,
	    cr0_read(), cr2_read(), cr3_read(), cr4_read());
	print_backtrace(&here);
	panic_end();
}

void
panic_trap(const struct trap_frame *f, const char *what)
{
	bool user = trap_from_user(f);
	uint32_t cr2 = cr2_read();

	panic_begin();
	kprintf("\npanic: %s: trap %u, error %x, address %08x\n", what,
	    f->trapno, f->error, cr2);
	print_thread();
	kprintf("eax %08x ebx %08x ecx %08x edx %08x\n"
	    "esi %08x edi %08x ebp %08x esp %08x\n"
	    "eip %08x eflags %08x cs %02x ds %02x es %02x fs %02x gs %02x\n"
	    "cr0 %08x cr3 %08x cr4 %08x\n",
	    f->eax, f->ebx, f->ecx, f->edx, f->esi, f->edi, f->ebp,
	    user || f->trapno == VEC_DOUBLE ? f->esp :
	    (uint32_t)(uintptr_t)&f->esp,
	    f->eip, f->eflags, f->cs & 0xffff, f->ds & 0xffff,
	    f->es & 0xffff, f->fs & 0xffff, f->gs & 0xffff,
	    cr0_read(), cr3_read(), cr4_read());
	print_address(f->eip);
	if (!user)
		print_backtrace(&f->esp);
	panic_end();
}
