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
	struct queue	  link;		/* first; in order of address */
	struct vm_map_node *parent, *left, *right;
	unsigned long	  start, end;
	union {
		struct {
			unsigned long hole;	/* free bytes just below start */
			unsigned long max_hole;	/* none in this subtree is larger */
		};
		unsigned long loose[2];	/* in no tree: its owner's */
	};
	int		  rank;		/* above the children's; -1: a leaf that has not settled */
};

/* The caller's lock guards everything. */
struct vm_map_tree {
	/*
	 * Not a range but what lies around all of them: it starts where room
	 * ends and ends where it starts; the tree is on its left.
	 */
	struct vm_map_node *edge;	/* the caller's; fixed */
	struct vm_map_node *fit;	/* below it no hole is of fit_size */
	unsigned long	  fit_size;
};

/* Holes are given out in [min, max). */
void	vm_map_tree_init(struct vm_map_tree *tree, struct vm_map_node *edge,
	    unsigned long min, unsigned long max);

/* Neighbours by address; beyond the first and the last is the edge. */
static inline struct vm_map_node *
vm_map_node_next(const struct vm_map_node *node)
{
	return queue_element(node->link.next, struct vm_map_node, link);
}

static inline struct vm_map_node *
vm_map_node_prev(const struct vm_map_node *node)
{
	return queue_element(node->link.prev, struct vm_map_node, link);
}

/* The same, NULL past the ends. */
static inline struct vm_map_node *
vm_map_tree_next(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	struct vm_map_node *next = vm_map_node_next(node);

	return next != tree->edge ? next : NULL;
}

static inline struct vm_map_node *
vm_map_tree_prev(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	struct vm_map_node *prev = vm_map_node_prev(node);

	return prev != tree->edge ? prev : NULL;
}

static inline struct vm_map_node *
vm_map_tree_first(const struct vm_map_tree *tree)
{
	return vm_map_tree_next(tree, tree->edge);
}

/*
 * The same of many, in order of address, into an empty tree: each is put at the
 * end of a list that is no tree until vm_map_tree_build.
 */
static inline void
vm_map_tree_append(struct vm_map_tree *tree, struct vm_map_node *node)
{
	queue_push_back(&tree->edge->link, &node->link);
}

void	vm_map_tree_build(struct vm_map_tree *tree, unsigned count);
/* Change the end or start of node's range, into free room or inwards. */
void	vm_map_tree_resize(struct vm_map_tree *tree, struct vm_map_node *node,
	    unsigned long start, unsigned long end);
/*
 * The last node that starts at or below addr, or NULL: it holds addr if its
 * end lies above.
 */
struct vm_map_node *vm_map_tree_lookup(const struct vm_map_tree *tree,
	    unsigned long addr);

/* What the short ways below leave: vm_map_tree.c. */
void	vm_map_tree_settle(struct vm_map_node *node);
void	vm_map_tree_unlink(struct vm_map_node *node);
void	vm_map_tree_note_hole(struct vm_map_tree *tree,
	    struct vm_map_node *node);
bool	vm_map_tree_search_hole(struct vm_map_tree *tree, unsigned long from,
	    unsigned long size, unsigned long mask, unsigned long *addr,
	    struct vm_map_node **next);

/* The free room between two neighbours; none if they overlap below the edge. */
static inline unsigned long
vm_map_node_gap(const struct vm_map_node *prev, const struct vm_map_node *node)
{
	return node->start > prev->end ? node->start - prev->end : 0;
}

/* The hole below node has changed with its start or its neighbour's end. */
static inline void
vm_map_tree_refresh(struct vm_map_tree *tree, struct vm_map_node *prev,
    struct vm_map_node *node)
{
	node->hole = vm_map_node_gap(prev, node);
	if (node->hole > node->max_hole || (node->hole >= tree->fit_size &&
	    node->start < tree->fit->start))
		vm_map_tree_note_hole(tree, node);
}

/* node's range is free; next is the first above it, or the edge. */
static inline void
vm_map_tree_insert(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *next)
{
	struct vm_map_node *prev = vm_map_node_prev(next), *parent;

	/* Of two neighbours one is below the other and has room on that side. */
	while ((parent = next->left == NULL ? next : prev)->rank < 0)
		vm_map_tree_settle(parent);
	if (parent == next)
		next->left = node;
	else
		prev->right = node;
	node->parent = parent;
	node->left = NULL;
	node->right = NULL;
	node->rank = -1;
	node->hole = vm_map_node_gap(prev, node);
	node->max_hole = node->hole;
	next->hole = vm_map_node_gap(node, next);
	queue_insert_after(&prev->link, &node->link);
	if (node->hole != 0)
		vm_map_tree_note_hole(tree, node);
}

static inline void
vm_map_tree_remove(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *next = vm_map_node_next(node);
	struct vm_map_node *prev = vm_map_node_prev(node);

	if (node->left != NULL || node->right != NULL)
		vm_map_tree_unlink(node);
	else if (node->parent->left == node)
		node->parent->left = NULL;
	else
		node->parent->right = NULL;
	next->link.prev = &prev->link;
	prev->link.next = &next->link;
	if (tree->fit == node)
		tree->fit = next;
	vm_map_tree_refresh(tree, prev, next);
}

/*
 * First fit: the lowest address a >= from with a & mask == 0 and
 * [a, a + size) free.  Returns whether there is one; *next is then the first
 * range above it, or the edge.
 */
static inline bool
vm_map_tree_find_hole(struct vm_map_tree *tree, unsigned long from,
    unsigned long size, unsigned long mask, unsigned long *addr,
    struct vm_map_node **next)
{
	struct vm_map_node *fit = tree->fit;

	if (from > tree->edge->end || mask != 0 || size < tree->fit_size ||
	    fit->hole < size)
		return vm_map_tree_search_hole(tree, from, size, mask, addr,
		    next);
	*addr = fit->start - fit->hole;
	*next = fit;
	return true;
}

#endif
