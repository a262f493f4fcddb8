/*
 * i386/user_ldt.c - segments of a thread's own: its local descriptor table
 * and its two slots of the global one.
 *
 * Owns:       pcb->ldt and pcb->gdt_user, of stopped threads and the current
 *             one.
 * Locks:      the target is held by thread_state_begin, for one caller alone,
 *             while they are looked at or change.
 * Invariant:  what is present is code or data of privilege 3.  A table that
 *             some processor may have loaded is replaced, never changed; of a
 *             stopped thread's none is used before it has loaded what is new.
 */
#include <kern/ipc_kobject.h>
#include <kern/processor.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/thread_internal.h>
#include <kern/types.h>
#include <kern/zone.h>
#include <mach/mig_errors.h>
#include <machine/cpu.h>
#include <machine/pcb.h>
#include <machine/seg.h>
#include <machine/user_ldt.h>
#include <vm/vm_map.h>

#include "mach_i386_server.h"

#define LDT_MAX		8192u		/* entries that a selector can name */
#define SELECTOR_SHIFT	3
#define GDT_ANY		(-1)		/* give me a free slot */
#define SET_LDT_ID	3803

static size_t
ldt_size(unsigned count)
{
	return sizeof(struct i386_ldt) + count * sizeof(uint64_t);
}

void
user_ldt_free(struct i386_ldt *ldt)
{
	if (ldt != NULL)
		kfree(ldt, ldt_size(ldt->count));
}

void
user_ldt_reload(void)
{
	bool were_on = intr_disable();

	seg_reload_thread(current_processor(), &current_thread()->pcb);
	intr_restore(were_on);
}

/*
 * A thread's segments have changed.  Another's may have woken up in the kernel
 * just before, with the old ones loaded: it takes the new ones on its way out.
 */
static void
segments_changed(struct thread *thread)
{
	if (thread == current_thread())
		user_ldt_reload();
	else
		__atomic_or_fetch(&thread->ast, AST_SEGMENTS, __ATOMIC_SEQ_CST);
}

static bool
descriptors_ok(const struct descriptor *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const uint32_t words[2] = { list[i].low_word,
		    list[i].high_word };

		if (!seg_user_descriptor_ok(words))
			return false;
	}
	return true;
}

/* The thread is stopped or current; first + count <= LDT_MAX. */
static kern_return_t
ldt_set(struct thread *thread, unsigned first, const struct descriptor *list,
    unsigned count)
{
	struct i386_ldt *old = thread->pcb.ldt;
	unsigned entries = max_of(first + count, (unsigned)LDT_ENTRIES);
	struct i386_ldt *new;

	if (!descriptors_ok(list, count))
		return KERN_INVALID_ARGUMENT;
	if (old != NULL)
		entries = max_of(entries, old->count);
	new = kalloc_zero(ldt_size(entries));
	if (new == NULL)
		return KERN_RESOURCE_SHORTAGE;
	new->count = entries;
	if (old != NULL)
		memcpy(new->entries, old->entries,
		    old->count * sizeof(uint64_t));
	else
		memcpy(new->entries, default_ldt, sizeof(default_ldt));
	memcpy(&new->entries[first], list, count * sizeof(uint64_t));
	thread->pcb.ldt = new;
	thread->pcb.special |= PCB_SEGMENTS;
	thread->pcb.regs.trapno = 0;	/* leaves by iret */
	segments_changed(thread);
	user_ldt_free(old);
	return KERN_SUCCESS;
}

kern_return_t
i386_set_ldt(struct thread *thread, int first_selector,
    const struct descriptor *list, mach_msg_type_number_t count,
    boolean_t in_message)
{
	unsigned first = (unsigned)first_selector >> SELECTOR_SHIFT;
	size_t size = count * sizeof(struct descriptor);
	vm_map_copy_t copy = in_message ? NULL : (vm_map_copy_t)list;
	struct descriptor *buffer = NULL;
	kern_return_t kr;

	if (thread == NULL || first >= LDT_MAX || count > LDT_MAX - first)
		return KERN_INVALID_ARGUMENT;
	if (count == 0)
		return KERN_SUCCESS;
	if (copy != NULL) {
		buffer = kalloc(size);
		if (buffer == NULL)
			return KERN_RESOURCE_SHORTAGE;
		list = buffer;
		kr = vm_map_copy_read(copy, 0, buffer, size);
		if (kr != KERN_SUCCESS)
			goto out;
	}
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		goto out;
	kr = ldt_set(thread, first, list, count);
	thread_state_end(thread);
out:
	if (buffer != NULL)
		kfree(buffer, size);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}

/* Descriptors on their way to i386_set_ldt. */
struct set_ldt_request {
	mach_msg_header_t    head;
	mach_msg_type_t	     selector_type;
	int		     selector;
	mach_msg_type_long_t list_type;
	uint32_t	     list[];
};

static void
request_refuse(mach_msg_header_t *in, mach_msg_header_t *out)
{
	((mig_reply_header_t *)out)->RetCode = MIG_BAD_ARGUMENTS;
}

/*
 * MIG's stub takes an array out of line also in a message that says it holds
 * none, where the word for it is no copy of ours but the sender's.
 */
mig_routine_t
mach_i386_checked_server_routine(const mach_msg_header_t *in)
{
	const struct set_ldt_request *request = (const void *)in;

	if (in->msgh_id == SET_LDT_ID && in->msgh_size >= sizeof(*request) &&
	    !(in->msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	    !request->list_type.msgtl_header.msgt_inline)
		return request_refuse;
	return mach_i386_server_routine(in);
}

/* Give count descriptors, in *list if they fit there, else out of line. */
static kern_return_t
ldt_give(const uint64_t *entries, unsigned count, struct descriptor **list,
    mach_msg_type_number_t *list_count)
{
	size_t size = count * sizeof(struct descriptor);
	vm_map_copy_t copy;
	kern_return_t kr;

	if (count <= *list_count) {
		memcpy(*list, entries, size);
	} else {
		kr = vm_map_copyin_kernel(entries, size, &copy);
		if (kr != KERN_SUCCESS)
			return kr;
		*list = (struct descriptor *)copy;
	}
	*list_count = count;
	return KERN_SUCCESS;
}

/* Of a thread with no table of its own, nothing. */
kern_return_t
i386_get_ldt(struct thread *thread, int first_selector, int selector_count,
    struct descriptor **list, mach_msg_type_number_t *list_count)
{
	unsigned first = (unsigned)first_selector >> SELECTOR_SHIFT;
	const struct i386_ldt *ldt;
	unsigned count = 0;
	kern_return_t kr;

	if (thread == NULL || first >= LDT_MAX || selector_count < 0 ||
	    (unsigned)selector_count > LDT_MAX - first)
		return KERN_INVALID_ARGUMENT;
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		return kr;
	ldt = thread->pcb.ldt;
	if (ldt != NULL && first < ldt->count)
		count = min_of((unsigned)selector_count, ldt->count - first);
	kr = ldt_give(count > 0 ? &ldt->entries[first] : NULL, count, list,
	    list_count);
	thread_state_end(thread);
	return kr;
}

/* The slot of a selector, -1 if it names none of a user's. */
static int
gdt_slot(int selector)
{
	for (int i = 0; i < USER_GDT_SLOTS; i++)
		if (selector == ((USER_GDT + 8 * i) | SEL_RPL))
			return i;
	return -1;
}

static int
gdt_free_slot(const struct pcb *pcb)
{
	for (int i = 0; i < USER_GDT_SLOTS; i++)
		if (pcb->gdt_user[i][0] == 0 && pcb->gdt_user[i][1] == 0)
			return i;
	return -1;
}

kern_return_t
i386_set_gdt(struct thread *thread, int *selector, struct descriptor desc)
{
	int slot = gdt_slot(*selector);
	kern_return_t kr;

	if (thread == NULL || (slot < 0 && *selector != GDT_ANY) ||
	    !descriptors_ok(&desc, 1))
		return KERN_INVALID_ARGUMENT;
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		return kr;
	if (*selector == GDT_ANY)
		slot = gdt_free_slot(&thread->pcb);
	if (slot >= 0) {
		thread->pcb.gdt_user[slot][0] = desc.low_word;
		thread->pcb.gdt_user[slot][1] = desc.high_word;
		thread->pcb.special |= PCB_SEGMENTS;
		segments_changed(thread);
		*selector = (USER_GDT + 8 * slot) | SEL_RPL;
	} else {
		kr = KERN_NO_SPACE;
	}
	thread_state_end(thread);
	return kr;
}

kern_return_t
i386_get_gdt(struct thread *thread, int selector, struct descriptor *desc)
{
	int slot = gdt_slot(selector);
	kern_return_t kr;

	if (thread == NULL || slot < 0)
		return KERN_INVALID_ARGUMENT;
	kr = thread_state_begin(thread);
	if (kr != KERN_SUCCESS)
		return kr;
	desc->low_word = thread->pcb.gdt_user[slot][0];
	desc->high_word = thread->pcb.gdt_user[slot][1];
	thread_state_end(thread);
	return KERN_SUCCESS;
}
