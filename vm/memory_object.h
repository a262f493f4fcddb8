/*
 * vm/memory_object.h - the kernel's side of pagers (paper, section 3.4):
 * finding the object behind a pager's port, and asking and telling the pager.
 * The calls pagers make are memory_object_*'s of mach.defs, in
 * memory_object.c.
 */
#ifndef VM_MEMORY_OBJECT_H
#define VM_MEMORY_OBJECT_H

#include <kern/types.h>
#include <mach/memory_object.h>
#include <mach/message.h>
#include <mach/vm_prot.h>

struct ipc_port;
struct vm_laundry;
struct vm_object;
struct vm_page;

void		 vm_pager_init(void);

/*
 * The object that the pager behind port (a send right, borrowed) serves, a
 * reference; made, and memory_object_init sent, if the kernel has none yet.
 * NULL: the port is no memory object, or no memory.  May sleep.
 */
struct vm_object *vm_object_enter(struct ipc_port *port, vm_size_t size);

/*
 * The object that is a copy, as of now, of part of a locked object whose pager
 * is to be told of copies, with a reference; the object is unlocked.  Its pager
 * gets what was written, then memory_object_copy.  NULL: no memory.  May sleep.
 */
struct vm_object *vm_pager_copy(struct vm_object *object, vm_offset_t offset,
		    vm_size_t size);

/*
 * ipc/ calls this when a port with kobject type KOBJECT_PAGER dies or changes
 * hands for good: while the association still stands, with no locks held,
 * with a reference to the port.
 */
void		 vm_object_pager_port_died(struct ipc_port *port);

/*
 * Messages to pagers.  The object is unlocked, has a reference or
 * paging_in_progress, and its pager is known.
 */
/* Ask for the page at offset, which waits busy and absent; on failure it gets an error. */
void		 vm_pager_request(struct vm_object *object, vm_offset_t offset,
		    vm_size_t length, vm_prot_t access);
/*
 * The same for the current thread, which has asserted its wait for the page,
 * if a thread of the pager waits: that one goes on in its place, with the
 * processor, and its paging_in_progress ends.  Returns only if there is none.
 */
void		 vm_pager_request_pass(struct vm_object *object,
		    vm_offset_t offset, vm_size_t length, vm_prot_t access,
		    void (*continuation)(void));
void		 vm_pager_unlock(struct vm_object *object, vm_offset_t offset,
		    vm_size_t length, vm_prot_t access);
#define VM_PAGER_RUN_MAX	16u	/* pages in one message */

/* Pages side by side that go to the pager together, each busy. */
struct vm_pager_run {
	vm_offset_t	 offset;	/* the first's, in the object */
	unsigned	 count;
	bool		 dirty;
	bool		 flush;		/* they leave the object */
	bool		 asked;		/* its sender asked for it, and pays */
	bool		 initialize;	/* the default pager has had none of them */
	struct vm_page	*pages[VM_PAGER_RUN_MAX];
};

/*
 * Send pages' contents to the pager.  Object locked; modified bits gathered.
 * flush: the pages leave the object and the data go on without a copy;
 * otherwise they stay, clean and no longer busy.  Unlocks the object, sleeps
 * only until an earlier return of the object is in the pager's queue, returns
 * with it locked.
 * KERN_RESOURCE_SHORTAGE: nothing sent, pages no longer busy.
 *
 * While object->returning, pages have left the object, or been cleaned, that
 * its pager has not been sent.  Whoever is about to ask for a page, or to say
 * that all were returned, waits: otherwise the pager would take what it has
 * for the latest.
 */
kern_return_t	 vm_pager_return(struct vm_object *object,
		    const struct vm_pager_run *run);
/* Assert a wait for the end of a return, which there is; object locked. */
void		 vm_pager_assert_returned(struct vm_object *object,
		    bool interruptible);
/* The same wait, if there is one; the locked object is unlocked meanwhile. */
void		 vm_pager_wait_returned(struct vm_object *object);
/* One page of a locked object, not busy yet: the same as vm_pager_return. */
kern_return_t	 vm_pager_return_page(struct vm_object *object,
		    struct vm_page *page, bool dirty, bool flush);
/*
 * Put a page of data, in no object but busy, in its place, where somebody may
 * wait for it.  KERN_MEMORY_PRESENT: there is one; KERN_FAILURE: it is not
 * wanted; KERN_RESOURCE_SHORTAGE: nobody asked for it, and there are too many
 * such pages of the pager's (vm_page_early.c).  All of these free the page.
 */
kern_return_t	 memory_object_supply_page(struct vm_object *object,
		    vm_offset_t offset, struct vm_page *page,
		    vm_prot_t lock_value, bool precious);
/*
 * What was changed in a range of a user's pager's object (pager's offsets), and
 * precious pages, go to the pager; flush: none of the range stays.  Nothing is
 * lost by it, nor done to other objects.  KERN_RESOURCE_SHORTAGE: some could not
 * be sent, for memory or the current task's limits, and stay.  Nothing held; may
 * sleep.
 */
kern_return_t	 memory_object_sync(struct vm_object *object,
		    vm_offset_t offset, vm_size_t size, bool flush);
#define MEMORY_OBJECT_SUPPLY_SIZE 72u	/* bytes of a memory_object_data_supply */
/*
 * Serve that call, the current task's message of this size, without sending
 * it, if it is as most are.  False: it is not, and nothing has changed.
 */
bool		 memory_object_supply_direct(const void *message);
/*
 * Tell the pager that its object is gone, and part from it: its ports no
 * longer mean this object.  Of an object that ends the pager's port is the
 * last, so that the pager has been sent all before it gets another object for
 * that port.  Nothing held.
 */
void		 vm_pager_terminate(struct vm_object *object);
/*
 * The ports by which a locked object's pager and the kernel know it: locked,
 * if that can be had at once, and made to mean another object, locked as well,
 * which unlocks them.
 */
bool		 vm_pager_ports_trylock(struct vm_object *object);
void		 vm_pager_ports_unlock(struct vm_object *object);
void		 vm_pager_move(struct vm_object *to, struct vm_object *from);
/* The object that was accounted for is being freed.  NULL allowed. */
void		 vm_pager_laundry_release(struct vm_laundry *laundry);
/* The pager of a locked object has gone: nothing will come from it any more.  Unlocks. */
void		 vm_pager_gone_unlock(struct vm_object *object);
/* The request for a page of a locked object is answered that was owed an answer. */
void		 vm_pager_owes_no_more(struct vm_object *object,
		    struct vm_page *page);
/* No more data will come: whoever waits for absent pages gets an error.  Object locked. */
void		 vm_pager_fail_absent(struct vm_object *object);

#endif
