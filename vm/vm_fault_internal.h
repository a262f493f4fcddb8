/*
 * vm/vm_fault_internal.h - a fault under way, shared by its two files.
 */
#ifndef VM_VM_FAULT_INTERNAL_H
#define VM_VM_FAULT_INTERNAL_H

#include <kern/thread.h>
#include <kern/types.h>
#include <mach/vm_prot.h>

struct vm_map;
struct vm_object;
struct vm_page;

enum vm_fault_result {
	VM_FAULT_OK,
	VM_FAULT_RETRY,		/* everything was given up: begin again */
	VM_FAULT_ERROR,		/* and given up; code says why */
};

struct vm_fault {
	/* what is asked */
	struct vm_map	 *map;		/* NULL: read an object's page */
	vm_offset_t	  va;		/* page aligned */
	vm_prot_t	  access;
	bool		  wiring;
	continuation_t	  continuation;	/* NULL: waits keep the stack */
	/* lookup: where the memory is, and what the map allows */
	bool		  map_locked;
	vm_offset_t	  start, end;	/* of the entry */
	struct vm_object *top;
	vm_offset_t	  top_offset;
	vm_prot_t	  prot;
	bool		  wired;
	/* find: the page and its object, which is locked */
	struct vm_object *object;
	struct vm_page	 *page;
	phys_addr_t	  device_pa;	/* page NULL: of a device; no lock */
	/* our own busy page in top, which holds top's paging_in_progress */
	struct vm_page	 *own;
	bool		  want_own;	/* even to read: chain ended in zeros */
	/* top is complete: let go of what it shadows */
	struct vm_object *drop;
	unsigned	  attempts;	/* that found no memory */
	bool		  told;		/* vm_fault_policy_apply */
	bool		  waited;	/* page by page: there is nothing new beside it */
	kern_return_t	  code;
};

/* Give up all that the fault holds but object locks. */
void		 vm_fault_unwind(struct vm_fault *f);
/* The same and set code. */
enum vm_fault_result vm_fault_error(struct vm_fault *f, kern_return_t code);
/* No page: have some freed, unless that has been in vain. */
enum vm_fault_result vm_fault_no_memory(struct vm_fault *f);
/*
 * The page in hand was read: map those of its neighbours that are resident
 * too, with no more rights than prot.  Its object is locked.
 */
void		 vm_fault_enter_near(struct vm_fault *f, vm_prot_t prot);
/*
 * Resident somewhere down the chain, or ask for it.  On VM_FAULT_OK the page's
 * object is locked; page NULL with map NULL means zeros, page NULL with
 * device_pa a device's.
 */
enum vm_fault_result vm_fault_find_page(struct vm_fault *f);

#endif
