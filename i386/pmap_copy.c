/*
 * i386/pmap_copy.c - from one task's memory straight to another's.
 *
 * Owns:       each processor's copy_pages and copy_epoch.
 * Locks:      none.  The processor is among the pmap's copiers and turns
 *             interrupts off: who takes a right away afterwards waits for its
 *             answer, so for the copy's end.
 * Invariant:  a page is written only through an entry that a user program
 *             could write through at that moment.
 *
 * Where the last messages to a thread went a processor remembers, in one of
 * copy_pages, with the same right as its TLB: its bit is set in the pmap's
 * copiers, and it forgets all when it is asked to forget anything of that pmap
 * (pmap_shootdown.c), which clears the bit.  Forgetting is to begin a new
 * epoch; when their numbers have been used up all entries are wiped, and the
 * first is taken again.
 */
#include <kern/string.h>
#include <kern/thread.h>
#include <machine/pmap_internal.h>
#include <machine/user_access.h>

#define NX_BIT	(1u << 31)	/* of an entry's high word */
#define TABLE_BITS	(PTE_P | PTE_W | PTE_U)
/* What is not dirty yet the processor marks when the user writes. */
#define PAGE_BITS	(PTE_P | PTE_W | PTE_U | PTE_D | PTE_MANAGED)

_Static_assert((COPY_EPOCH_ONE - 1) == (sizeof(uint32_t) - 1) &&
    COPY_EPOCH_END == PAGE_SIZE, "key: page, epoch, alignment");
#define KEY_MASK	(~PAGE_MASK | (COPY_EPOCH_ONE - 1))

void
pmap_copy_renew(void)
{
	struct cpu_data *data = &current_processor()->machine;

	memset(data->copy_pages, 0, sizeof(data->copy_pages));
	data->copy_epoch = 0;
}

/* Where the page of the user part's va may be written, or NULL. */
static char *
writable_page(struct pmap *pmap, vm_offset_t va)
{
	struct pte *directory = pmap->directory[slot_of(va)];
	struct pte *pte;
	uint32_t low;

	if (unlikely(directory == NULL))
		return NULL;
	low = pde_in(directory, va)->low;
	if (unlikely((~low & TABLE_BITS) != 0))
		return NULL;		/* a user's is never a large page */
	pte = pte_in(phys_to_direct(low & PTE_FRAME), va);
	low = pte->low;
	if (unlikely((~low & PAGE_BITS) != 0 || (pte->high & ~NX_BIT) != 0 ||
	    (low & PTE_FRAME) >= pmap_direct_end))
		return NULL;
	return phys_to_direct(low & PTE_FRAME);
}

/* Whether the last byte is in another page than the first. */
static inline bool
crosses(vm_offset_t va, uint32_t size)
{
	return ((va + size - 1) ^ va) > PAGE_MASK;
}

/*
 * Look up where thread's task may be written to, and remember the page of to,
 * and the next one if size goes so far.  False: a page may not be written, or
 * to is not aligned.
 */
static bool __attribute__((noinline))
remember(const struct thread *thread, vm_offset_t to, uint32_t size)
{
	struct copy_page __seg_fs *copy = thread->pcb.copy_page;
	struct pmap *pmap = thread->pcb.pmap;
	vm_offset_t va = trunc_page(to);
	char *page, *next = NULL;

	if ((to & (sizeof(uint32_t) - 1)) != 0)
		return false;
	pmap_join(&pmap->copiers);
	page = writable_page(pmap, va);
	if (page == NULL)
		return false;
	if (crosses(to, size)) {
		next = writable_page(pmap, va + PAGE_SIZE);
		if (next == NULL)
			return false;
	}
	copy->pmap = pmap;
	copy->key = va | own_processor->machine.copy_epoch;
	copy->to_direct = (uintptr_t)page - va;
	copy->next = next;
	return true;
}

/* Whether the processor remembers the page of to, which is aligned. */
static inline bool
remembered(const struct thread *thread, vm_offset_t to)
{
	struct copy_page __seg_fs *copy = thread->pcb.copy_page;

	return likely(copy->key ==
	    ((to & KEY_MASK) | own_processor->machine.copy_epoch) &&
	    copy->pmap == thread->pcb.pmap);
}

/* What is remembered, against the page tables; of use with one processor. */
static inline bool
still_true(const struct thread *thread, vm_offset_t to)
{
	return writable_page(thread->pcb.pmap, to) == (char *)
	    (thread->pcb.copy_page->to_direct + trunc_page(to));
}

/* A copy over more than two pages, which none remembers for the next message. */
static bool __attribute__((noinline))
copy_far(const struct thread *thread, vm_offset_t to, const char *from,
    uint32_t size)
{
	uint32_t room = PAGE_SIZE - (to & PAGE_MASK), part;

	for (; size > 0; size -= part) {
		part = min_of(size, room);
		if (!remember(thread, to, part) ||
		    !user_words_read_nofault(from, (char *)
		    (thread->pcb.copy_page->to_direct + to),
		    part / sizeof(uint32_t)))
			return false;
		to += part;
		from += part;
		room = PAGE_SIZE;
	}
	return true;
}

bool
pmap_copy_user(const struct thread *thread, vm_offset_t to, const void *from,
    uint32_t size)
{
	struct copy_page __seg_fs *copy;
	uint32_t room;
	bool ok = false;

	if (unlikely((uintptr_t)from > KERNEL_BASE - size))
		return false;
	intr_off();
	copy = thread->pcb.copy_page;
	assert(!remembered(thread, to) || processor_count > 1 ||
	    still_true(thread, to));
	if (!remembered(thread, to) && !remember(thread, to, size))
		goto out;
	if (likely(!crosses(to, size))) {
		ok = user_words_read_nofault(from,
		    (char *)(copy->to_direct + to), size / sizeof(uint32_t));
		goto out;
	}
	room = PAGE_SIZE - (to & PAGE_MASK);
	if (unlikely(size - room > PAGE_SIZE))
		ok = copy_far(thread, to, from, size);
	else if (likely(copy->next != NULL) || remember(thread, to, size))
		ok = user_words_read_two_nofault(from,
		    (char *)(copy->to_direct + to), room / sizeof(uint32_t),
		    copy->next, (size - room) / sizeof(uint32_t));
out:
	intr_restore(true);
	return ok;
}
