/*
 * i386/pmap_shootdown.c - make every processor's TLB obey the page tables.
 *
 * Owns:       one request for each processor, which that processor fills in
 *             when it has changed a page table that others may have cached.
 * Locks:      none.  A request is its processor's until it sets bits in
 *             pending; then the targets read it, each clearing its bit when it
 *             has obeyed.  The kernel is not preemptible and interrupt
 *             handlers ask for nothing, so a processor has one at a time.
 * Invariant:  a processor's bit is set in pmap->processors before it loads the
 *             pmap, and in pmap->copiers while pmap_copy.c may remember pages
 *             of it.  machine.pmap_next says what it loads before it does,
 *             machine.pmap what it has loaded only after it has.
 *
 * Page tables change before the asker looks whom to ask: the copiers, and who
 * has the pmap loaded by one of those two words.  The processors' mask only
 * saves it looking at all of them: no bit of that is cleared before the pmap's
 * end, so that a switch between tasks sets none and locks nothing.
 *
 * Who is about to load the pmap and is not seen yet to do so has not written
 * pmap_next by then.  Loading CR3 serializes: it comes after that write can be
 * seen, and so after the change, and empties the TLB of all that is not global.
 * The TLB, and the top level, are then filled from what has changed.  Who has
 * not written another pmap may still have translations, and is asked; who has,
 * has none.  A copier sets its bit before it looks at the page tables, and
 * clears it itself when it is asked to forget.
 *
 * Who asks has a lock that keeps the pmap, and has it until all have answered:
 * none looks at a pmap that is gone.  When the last reference goes nobody is
 * left who could load it or copy to it.
 *
 * The asker waits holding pmap and pv locks, so nobody may wait for these
 * with interrupts off and not answer: cpu_spin_wait polls.
 */
#include <kern/debug.h>
#include <machine/apic.h>
#include <machine/pmap_internal.h>

#define FLUSH_ALL_PAGES	32	/* from here on everything is forgotten */

enum request_kind {
	REQUEST_FLUSH,		/* translations of [start, end) */
	REQUEST_RELOAD,		/* load CR3 again: a new page directory */
	REQUEST_UNLOAD,		/* use kernel_pmap instead */
};

struct request {
	/* the asking processor's */
	struct pmap	 *pmap;
	vm_offset_t	  start, end;
	enum request_kind kind;
	/* atomic; processors yet to obey */
	volatile uint32_t pending;
};

static struct request requests[MAX_PROCESSORS];

/* Forget everything, global pages too. */
static void
flush_everything(void)
{
	uint32_t cr4;

	if (pmap_global == 0) {
		cr3_write(cr3_read());
		return;
	}
	cr4 = cr4_read();
	cr4_write(cr4 & ~(uint32_t)CR4_PGE);
	cr4_write(cr4);
}

void
pmap_flush_local(vm_offset_t start, vm_offset_t end)
{
	if (end - start <= FLUSH_ALL_PAGES * PAGE_SIZE) {
		for (; start < end; start += PAGE_SIZE)
			flush_page(start);
	} else if (end > KERNEL_BASE) {
		flush_everything();
	} else {
		cr3_write(cr3_read());
	}
}

/* Let pmap_copy.c forget what it may know of pmap on this processor. */
static void
copies_forget(const struct processor *self, struct pmap *pmap)
{
	if (likely((pmap->copiers & self->machine.bit) == 0))
		return;
	pmap_copy_forget();
	__atomic_and_fetch(&pmap->copiers, ~self->machine.bit,
	    __ATOMIC_SEQ_CST);
}

/* Do what a request asks of this processor; interrupts off. */
static void
obey(struct processor *self, const struct request *request)
{
	struct pmap *pmap = request->pmap;

	copies_forget(self, pmap);
	if (pmap == kernel_pmap) {
		pmap_flush_local(request->start, request->end);
	} else if (self->machine.pmap != pmap) {
		return;				/* loaded another since */
	} else if (request->kind == REQUEST_UNLOAD ||
	    self->machine.pmap_unused) {
		self->machine.pmap_unused = true;
		pmap_load(kernel_pmap);		/* no more such requests */
	} else if (request->kind == REQUEST_RELOAD) {
		cr3_write(pmap->cr3);
	} else {
		pmap_flush_local(request->start, request->end);
	}
}

/* Obey all requests to this processor; interrupts off. */
static void
serve(struct processor *self)
{
	uint32_t from = __atomic_exchange_n(&self->machine.shootdown_pending,
	    0, __ATOMIC_SEQ_CST);

	for (; from != 0; from &= from - 1) {
		struct request *request = &requests[__builtin_ctz(from)];

		obey(self, request);
		__atomic_and_fetch(&request->pending, ~(1u << self->number),
		    __ATOMIC_RELEASE);
	}
}

void
pmap_shootdown_interrupt(void)
{
	serve(current_processor());
}

void
pmap_shootdown_poll(void)
{
	struct processor *self = current_processor();
	bool were_on;

	if (likely(self->machine.shootdown_pending == 0))
		return;
	were_on = intr_disable();
	serve(self);
	intr_restore(were_on);
}

/* Put the request to the processors of a mask and wait until all obeyed. */
static void
ask(struct request *request, uint32_t targets)
{
	uint32_t self_bit = 1u << current_processor()->number;

	__atomic_store_n(&request->pending, targets, __ATOMIC_SEQ_CST);
	for (uint32_t left = targets; left != 0; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		/* Who asked it before has sent the interrupt, or will. */
		if (__atomic_fetch_or(&processors[i]->machine.shootdown_pending,
		    self_bit, __ATOMIC_SEQ_CST) == 0)
			lapic_send_ipi(i, VEC_SHOOTDOWN);
	}
	while (request->pending != 0)
		cpu_spin_wait();
}

/* The processors that may hold something of pmap. */
static uint32_t
holders(struct pmap *pmap)
{
	uint32_t left, mask;

	/* After the change of the page table, whatever has made it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	left = pmap->processors;
	if (pmap == kernel_pmap)
		return left;
	for (mask = pmap->copiers; left != 0; left &= left - 1) {
		const struct cpu_data *data =
		    &processors[__builtin_ctz(left)]->machine;

		if (__atomic_load_n(&data->pmap, __ATOMIC_ACQUIRE) == pmap ||
		    __atomic_load_n(&data->pmap_next, __ATOMIC_ACQUIRE) ==
		    pmap)
			mask |= left & -left;
	}
	return mask;
}

/* Have every processor that holds something of pmap do something, this one first. */
static void
request_all(struct pmap *pmap, enum request_kind kind, vm_offset_t start,
    vm_offset_t end)
{
	struct processor *self = current_processor();
	struct request *request = &requests[self->number];
	uint32_t users = holders(pmap);
	uint32_t self_bit = self->machine.bit;
	bool were_on;

	request->pmap = pmap;
	request->kind = kind;
	request->start = start;
	request->end = end;
	if (users & self_bit) {
		were_on = intr_disable();
		obey(self, request);
		intr_restore(were_on);
	}
	if (users & ~self_bit)
		ask(request, users & ~self_bit);
}

void
pmap_flush(struct pmap *pmap, vm_offset_t start, vm_offset_t end)
{
	struct processor *self = current_processor();
	uint32_t users = pmap->processors | pmap->copiers;

	if (users == 0)
		return;
	if (unlikely(users != self->machine.bit)) {
		request_all(pmap, REQUEST_FLUSH, start, end);
		return;
	}
	copies_forget(self, pmap);
	if (likely(pmap == self->machine.pmap) || pmap == kernel_pmap)
		pmap_flush_local(start, end);
}

void
pmap_reload(struct pmap *pmap)
{
	request_all(pmap, REQUEST_RELOAD, 0, 0);
}

void
pmap_unload(struct pmap *pmap)
{
	request_all(pmap, REQUEST_UNLOAD, 0, 0);
	assert(holders(pmap) == 0);
	pmap->processors = 0;
}

