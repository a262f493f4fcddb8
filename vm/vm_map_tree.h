/*
 * vm/vm_map_tree.h - ranges of addresses in a balanced tree that knows where
 * to look for a hole.  Knows nothing of the rest of the kernel: the
 * host's unit test compiles it alone.  Addresses are vm_offset_t's.
 */
#ifndef VM_VM_MAP_TREE_H
#define VM_VM_MAP_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <kern/queue.h>

/* A range [start, end), embedded in what describes it. */
struct vm_map_node {
	struct vm_map_node *parent, *left, *right;
	struct queue	  link;		/* in order of address */
	unsigned long	  start, end;
	union {
		struct {
			unsigned long hole;	/* free bytes just below start */
			unsigned long max_hole;	/* none in this subtree is larger */
		};
		unsigned long loose[2];	/* in no tree: its owner's */
	};
	int		  lean;		/* height on the right less that on the left */
};

/* The caller's lock guards everything. */
struct vm_map_tree {
	struct vm_map_node *root;
	struct queue	  list;		/* of struct vm_map_node, link */
	unsigned long	  min, max;	/* where holes are given out */
	struct vm_map_node *fit;	/* below it no hole is of fit_size; or NULL */
	unsigned long	  fit_size;
};

void	vm_map_tree_init(struct vm_map_tree *tree, unsigned long min,
	    unsigned long max);
/* node's range is free; next is the first above it, or NULL. */
void	vm_map_tree_insert(struct vm_map_tree *tree, struct vm_map_node *node,
	    struct vm_map_node *next);
/*
 * The same of many, in order of address, into an empty tree: each is put at the
 * end of a list that is no tree until vm_map_tree_build.
 */
static inline void
vm_map_tree_append(struct vm_map_tree *tree, struct vm_map_node *node)
{
	queue_push_back(&tree->list, &node->link);
}

void	vm_map_tree_build(struct vm_map_tree *tree, unsigned count);
void	vm_map_tree_remove(struct vm_map_tree *tree, struct vm_map_node *node);
/* Change the end or start of node's range, into free room or inwards. */
void	vm_map_tree_resize(struct vm_map_tree *tree, struct vm_map_node *node,
	    unsigned long start, unsigned long end);
/*
 * The last node that starts at or below addr, or NULL: it holds addr if its
 * end lies above.
 */
struct vm_map_node *vm_map_tree_lookup(const struct vm_map_tree *tree,
	    unsigned long addr);
/*
 * First fit: the lowest address a >= from with a & mask == 0 and
 * [a, a + size) free.  Returns whether there is one; *next is then the first
 * range above it, or NULL.
 */
bool	vm_map_tree_find_hole(struct vm_map_tree *tree,
	    unsigned long from, unsigned long size, unsigned long mask,
	    unsigned long *addr, struct vm_map_node **next);

/* Neighbours by address, NULL past the ends. */
static inline struct vm_map_node *
vm_map_tree_at(const struct vm_map_tree *tree, struct queue *link)
{
	return link == &tree->list ? NULL :
	    queue_element(link, struct vm_map_node, link);
}

static inline struct vm_map_node *
vm_map_tree_first(const struct vm_map_tree *tree)
{
	return vm_map_tree_at(tree, tree->list.next);
}

static inline struct vm_map_node *
vm_map_tree_last(const struct vm_map_tree *tree)
{
	return vm_map_tree_at(tree, tree->list.prev);
}

static inline struct vm_map_node *
vm_map_tree_next(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	return vm_map_tree_at(tree, node->link.next);
}

static inline struct vm_map_node *
vm_map_tree_prev(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	return vm_map_tree_at(tree, node->link.prev);
}

#endif
