/*
 * vm/vm_paged.h - which pages of an anonymous object the default pager has.
 * With this a fault asks the pager for nothing that it never got.
 */
#ifndef VM_VM_PAGED_H
#define VM_VM_PAGED_H

#include <kern/types.h>
#include <vm/vm_object.h>

/*
 * The object is locked, offset is its own.  vm_paged_set returns false, with
 * nothing changed, when there is no memory to note it.
 */
bool	 vm_paged_lookup(const struct vm_object *object, vm_offset_t offset);
bool	 vm_paged_set(struct vm_object *object, vm_offset_t offset);
void	 vm_paged_clear(struct vm_object *object, vm_offset_t offset);
/* The first page from offset on that the pager has; end if there is none. */
vm_offset_t vm_paged_next(const struct vm_object *object, vm_offset_t offset,
	    vm_offset_t end);
/* Forget all of it. */
void	 vm_paged_free(struct vm_object *object);

static inline bool
vm_paged_test(const struct vm_object *object, vm_offset_t offset)
{
	return object->paged != NULL && vm_paged_lookup(object, offset);
}

/* Whether the locked object's pager is to be asked for a page that is not resident. */
static inline bool
vm_object_pager_has(const struct vm_object *object, vm_offset_t offset)
{
	if (object->internal)
		return vm_paged_test(object, offset);
	return object->pager != NULL || object->pager_dead;
}

#endif
