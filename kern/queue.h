/*
 * kern/queue.h - circular doubly-linked lists, linked through the elements.
 *
 * A struct queue is a head or a link.  An empty head and an unlinked element
 * point at themselves.  The owner's lock protects every link of a list.
 */
#ifndef KERN_QUEUE_H
#define KERN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue {
	struct queue *next;
	struct queue *prev;
};

/* The structure of the given type whose field "member" is at q. */
#define queue_element(q, type, member) \
	((type *)((char *)(q) - offsetof(type, member)))

static inline void
queue_init(struct queue *q)
{
	q->next = q;
	q->prev = q;
}

static inline bool
queue_empty(const struct queue *q)
{
	return q->next == q;
}

static inline struct queue *
queue_first(struct queue *q)
{
	return q->next;
}

static inline struct queue *
queue_last(struct queue *q)
{
	return q->prev;
}

/* Insert elt behind pos (at the head of the list when pos is the head). */
static inline void
queue_insert_after(struct queue *pos, struct queue *elt)
{
	elt->prev = pos;
	elt->next = pos->next;
	pos->next->prev = elt;
	pos->next = elt;
}

static inline void
queue_push_front(struct queue *q, struct queue *elt)
{
	queue_insert_after(q, elt);
}

static inline void
queue_push_back(struct queue *q, struct queue *elt)
{
	queue_insert_after(q->prev, elt);
}

/* Unlink elt, which is linked anew or not looked at again. */
static inline void
queue_unlink(struct queue *elt)
{
	struct queue *next = elt->next, *prev = elt->prev;

	prev->next = next;
	next->prev = prev;
}

/* Unlink elt; it may be unlinked again without harm. */
static inline void
queue_remove(struct queue *elt)
{
	queue_unlink(elt);
	queue_init(elt);
}

/* Unlink and return the oldest element, or NULL. */
static inline struct queue *
queue_pop_front(struct queue *q)
{
	struct queue *elt = q->next;

	if (elt == q)
		return NULL;
	queue_remove(elt);
	return elt;
}

/* Move all of src's elements behind those of dst; src is left empty. */
static inline void
queue_append(struct queue *dst, struct queue *src)
{
	if (queue_empty(src))
		return;
	src->next->prev = dst->prev;
	src->prev->next = dst;
	dst->prev->next = src->next;
	dst->prev = src->prev;
	queue_init(src);
}

#define queue_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

/* The same, when the body may remove pos. */
#define queue_for_each_safe(pos, save, head) \
	for ((pos) = (head)->next, (save) = (pos)->next; (pos) != (head); \
	    (pos) = (save), (save) = (pos)->next)

#endif
