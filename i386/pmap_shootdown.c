/*
 * i386/pmap_shootdown.c - make every processor's TLB obey the page tables.
 *
 * Owns:       one request for each processor, which that processor fills in
 *             when it has changed a page table that others may have cached.
 * Locks:      none.  A request is its processor's until it sets bits in
 *             pending; then the targets read it, each clearing its bit when it
 *             has obeyed.  The kernel is not preemptible and interrupt
 *             handlers ask for nothing, so a processor has one at a time.
 * Invariant:  a processor's bit is set in pmap->processors from before it loads
 *             the pmap until, some other being loaded, it is asked to forget
 *             something; and page tables change before that mask is read.
 *             What pmap_copy.c remembers goes as the TLB's translations do.
 *
 * A processor alone sets and clears its bits, by locked instructions, so what
 * it reads of its own is so: a switch sets a bit only if it is clear.  Either
 * the asker finds the bit, and waits for an answer, or the bit was set after
 * the page table had changed, and the TLB, which a load of CR3 has emptied of
 * all that is not global, is filled from the new table.  The same goes for the
 * top level, which is read when CR3 is loaded.  A bit that is set of old costs
 * one interrupt, which clears it, and spares two locked instructions in every
 * switch.
 *
 * Who asks has a lock that keeps the pmap, and has it until all have answered:
 * none looks at a pmap that is gone.  As the last reference goes all bits are
 * cleared, and nobody is left to set one: the pmap is neither a thread's nor
 * loaded anywhere.
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

/* This processor, which has another pmap loaded, holds nothing of pmap. */
static void
leave(const struct processor *self, struct pmap *pmap)
{
	assert(self->machine.pmap != pmap);
	pmap_copy_forget();
	__atomic_and_fetch(&pmap->processors, ~self->machine.bit,
	    __ATOMIC_SEQ_CST);
}

/* Stop using pmap, which is loaded, on this processor; interrupts off. */
static void
unload_local(struct processor *self, struct pmap *pmap)
{
	self->machine.pmap = kernel_pmap;
	self->machine.pmap_unused = true;
	cr3_write(kernel_pmap->cr3);
	leave(self, pmap);
}

/* Do what a request asks of this processor; interrupts off. */
static void
obey(struct processor *self, const struct request *request)
{
	struct pmap *pmap = request->pmap;

	if (pmap == kernel_pmap) {
		pmap_flush_local(request->start, request->end);
	} else if (self->machine.pmap != pmap) {
		leave(self, pmap);		/* no more such requests */
	} else if (request->kind == REQUEST_UNLOAD ||
	    self->machine.pmap_unused) {
		unload_local(self, pmap);	/* no more such requests */
	} else if (request->kind == REQUEST_RELOAD) {
		cr3_write(pmap->cr3);
	} else {
		pmap_copy_forget();
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

/* Have every processor in pmap's mask do something, this one first. */
static void
request_all(struct pmap *pmap, enum request_kind kind, vm_offset_t start,
    vm_offset_t end)
{
	struct processor *self = current_processor();
	struct request *request = &requests[self->number];
	uint32_t users = __atomic_load_n(&pmap->processors, __ATOMIC_SEQ_CST);
	uint32_t self_bit = self->machine.bit;
	bool were_on;

	if (users == 0)
		return;
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
	uint32_t users = __atomic_load_n(&pmap->processors, __ATOMIC_SEQ_CST);
	struct processor *self = current_processor();

	if (users == 0)
		return;
	if (unlikely(users != self->machine.bit)) {
		request_all(pmap, REQUEST_FLUSH, start, end);
	} else if (likely(pmap == self->machine.pmap)) {
		pmap_copy_forget();
		pmap_flush_local(start, end);
	} else if (pmap == kernel_pmap) {
		pmap_flush_local(start, end);
	} else {
		leave(self, pmap);
	}
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
	assert(pmap->processors == 0);
}

