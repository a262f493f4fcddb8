/*
 * kern/zone_check.h - what the debug build checks of zones; zone.c only.
 *
 * A free element holds the poison.  Behind each element that leaves room for
 * it without costing the page an element or more than a quarter of its size
 * stands a word, the red zone: its value tells a free element from one in use.
 */
#ifndef KERN_ZONE_CHECK_H
#define KERN_ZONE_CHECK_H

#include <kern/types.h>
#include <machine/cpu.h>

#ifdef DEBUG_KERNEL

/* The distance between elements of a size. */
size_t	zone_check_stride(size_t size, size_t align);
/* A new element, free. */
void	zone_check_new(size_t size, size_t stride, void *elem);
/* An element has been taken off its page's list of free ones. */
void	zone_check_unlinked(void *elem);
/* An element (or NULL) goes to its user: panics if written since freed. */
void	zone_check_alloc(const char *name, size_t size, size_t stride,
	    void *elem);
/* One comes back; also not to be among the n in cached. */
void	zone_check_free(const char *name, size_t size, size_t stride,
	    void *elem, void *const *cached, unsigned n);

#else

static inline size_t
zone_check_stride(size_t size, size_t align)
{
	return (size + align - 1) & ~(align - 1);
}

#define zone_check_new(size, stride, elem)			((void)0)
#define zone_check_unlinked(elem)				((void)0)
#define zone_check_alloc(name, size, stride, elem)		((void)0)
#define zone_check_free(name, size, stride, elem, cached, n)	((void)0)

#endif
#endif
