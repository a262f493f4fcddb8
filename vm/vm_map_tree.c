/*
 * vm/vm_map_tree.c - a balanced tree of address ranges; each node also records
 * the hole below it and a bound for the holes in its subtree, so that lookup
 * and first fit both take O(log n).
 *
 * Owns:       the links, ranks and holes of the nodes; not their memory.
 * Locks:      the caller's.
 * Invariant:  a node's rank is above its children's, and 0 or more but for a
 *             leaf that has not settled; hole is the free room between start
 *             and the range before, max_hole is no less than hole and the
 *             children's.
 * Source:     Sen and Tarjan, Deletion without rebalancing in balanced
 *             binary trees (2010).
 *
 * Only insertion balances, so the tree is hardly higher than 1.44 log2 of all
 * nodes that were ever put in.  A new leaf counts as if it were not there; it
 * settles when it is to have a child, and only then is the tree made to balance
 * it.  In the same way a bound may be too high: a hole that becomes smaller
 * leaves the bounds above it.  So what comes and goes at one place costs no way up
 * the tree.  Each node that a search was led to in vain gets its bound lowered,
 * so that is paid for by the change that left it.  Where the last search for
 * the lowest room ended the next one for no less room begins.
 */
#include <vm/vm_map_tree.h>

#define RANK_EDGE	0x7fff	/* above all that a tree in memory can have */
#define NO_SIZE		(~0ul)

/* The largest hole that a node and its children tell of. */
static inline unsigned long
subtree_hole(const struct vm_map_node *node)
{
	unsigned long hole = node->hole;

	if (node->left != NULL && node->left->max_hole > hole)
		hole = node->left->max_hole;
	if (node->right != NULL && node->right->max_hole > hole)
		hole = node->right->max_hole;
	return hole;
}

/* Put new where old hangs on its parent. */
static void
replace_child(struct vm_map_node *old, struct vm_map_node *new)
{
	struct vm_map_node *parent = old->parent;

	if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new != NULL)
		new->parent = parent;
}

static void
rotate_left(struct vm_map_node *node)
{
	struct vm_map_node *up = node->right;

	replace_child(node, up);
	node->right = up->left;
	if (node->right != NULL)
		node->right->parent = node;
	up->left = node;
	node->parent = up;
	node->max_hole = subtree_hole(node);
	up->max_hole = subtree_hole(up);
}

static void
rotate_right(struct vm_map_node *node)
{
	struct vm_map_node *up = node->left;

	replace_child(node, up);
	node->left = up->right;
	if (node->left != NULL)
		node->left->parent = node;
	up->right = node;
	node->parent = up;
	node->max_hole = subtree_hole(node);
	up->max_hole = subtree_hole(up);
}

/* How far a node's rank is above that of a child, which may be missing. */
static inline int
rank_above(const struct vm_map_node *node, const struct vm_map_node *child)
{
	return node->rank - (child != NULL ? child->rank : -1);
}

/*
 * node's rank is its parent's, whose other side is lower by two or more: turn
 * the parent down, below node or below that child of node which is as high.
 */
static void
rank_rotate(struct vm_map_node *node, struct vm_map_node *parent)
{
	bool left = parent->left == node;
	struct vm_map_node *inner = left ? node->right : node->left;

	parent->rank--;
	if (rank_above(node, inner) == 1) {
		node->rank--;
		inner->rank++;
		if (left)
			rotate_left(node);
		else
			rotate_right(node);
	}
	if (left)
		rotate_right(parent);
	else
		rotate_left(parent);
}

void
vm_map_tree_settle(struct vm_map_node *node)
{
	struct vm_map_node *parent;

	/* where its rank has reached the parent's, that one becomes higher */
	for (node->rank = 0; (parent = node->parent)->rank == node->rank; node = parent) {
		if (rank_above(parent, parent->left == node ? parent->right :
		    parent->left) > 1) {
			rank_rotate(node, parent);
			return;
		}
		parent->rank++;
	}
}

/*
 * The hole below node is new or larger: the bounds above it, and whether it is
 * the first to fit.
 */
void
vm_map_tree_note_hole(struct vm_map_tree *tree, struct vm_map_node *node)
{
	unsigned long hole = node->hole;
	struct vm_map_node *up;

	if (node->max_hole < hole)
		node->max_hole = hole;
	for (up = node->parent; up->max_hole < hole; up = up->parent)
		up->max_hole = hole;
	if (hole >= tree->fit_size && node->start < tree->fit->start)
		tree->fit = node;
}

void
vm_map_tree_init(struct vm_map_tree *tree, struct vm_map_node *edge,
    unsigned long min, unsigned long max)
{
	queue_init(&edge->link);
	edge->parent = NULL;
	edge->left = NULL;
	edge->right = NULL;
	edge->start = max;
	edge->end = min;
	edge->hole = max - min;
	edge->max_hole = NO_SIZE;
	edge->rank = RANK_EDGE;
	tree->edge = edge;
	tree->fit = edge;
	tree->fit_size = NO_SIZE;
}

/*
 * The nodes are counted from 1: how often 2 divides the number is the rank of
 * each.  Then what is as far from it as half of that on both sides are its
 * children; where the one above is past the last, the next lower one that is
 * there takes its place.
 */
void
vm_map_tree_build(struct vm_map_tree *tree, unsigned count)
{
	struct vm_map_node *edge = tree->edge, *node = edge, *parent = edge;
	struct vm_map_node *last[sizeof(count) * 8 + 1];	/* of each rank */
	int rank;

	for (unsigned i = 1; i <= count; i++) {
		node = vm_map_node_next(node);
		rank = __builtin_ctz(i);
		last[rank] = node;
		node->rank = rank;
		node->left = NULL;
		node->right = NULL;
		node->hole = vm_map_node_gap(vm_map_node_prev(node), node);
		node->max_hole = NO_SIZE;	/* until a search is led astray */
		if (rank > 0) {
			node->left = last[rank - 1];
			node->left->parent = node;
		}
		if (i >> rank & 2) {
			node->parent = last[rank + 1];
			node->parent->right = node;
		}
	}
	edge->left = NULL;
	edge->hole = vm_map_node_gap(node, edge);
	/* what has none above yet, from the top down */
	for (; count != 0; count -= 1u << rank) {
		rank = sizeof(count) * 8 - 1 - __builtin_clz(count);
		node = last[rank];
		node->parent = parent;
		if (parent == edge)
			edge->left = node;
		else
			parent->right = node;
		parent = node;
	}
	tree->fit = edge;
	tree->fit_size = NO_SIZE;
}

/* Take a node that has children out of the tree; it is in the list still. */
void
vm_map_tree_unlink(struct vm_map_node *node)
{
	struct vm_map_node *next;

	if (node->left == NULL || node->right == NULL) {
		replace_child(node, node->left != NULL ? node->left :
		    node->right);
		return;
	}
	/* the leftmost on the right comes in its place */
	next = vm_map_node_next(node);
	if (next != node->right) {
		replace_child(next, next->right);
		next->right = node->right;
		next->right->parent = next;
	}
	next->left = node->left;
	next->left->parent = next;
	replace_child(node, next);
	next->rank = node->rank;
	next->max_hole = node->max_hole;
}

void
vm_map_tree_resize(struct vm_map_tree *tree, struct vm_map_node *node,
    unsigned long start, unsigned long end)
{
	bool moved = node->start != start;

	node->start = start;
	node->end = end;
	if (moved)
		vm_map_tree_refresh(tree, vm_map_node_prev(node), node);
	vm_map_tree_refresh(tree, node, vm_map_node_next(node));
}

struct vm_map_node *
vm_map_tree_lookup(const struct vm_map_tree *tree, unsigned long addr)
{
	struct vm_map_node *node = tree->edge->left, *found = NULL;

	while (node != NULL) {
		if (addr < node->start) {
			node = node->left;
		} else {
			found = node;
			node = node->right;
		}
	}
	return found;
}

/* The first node that starts above from, or the edge. */
static struct vm_map_node *
node_above(const struct vm_map_tree *tree, unsigned long from)
{
	struct vm_map_node *found = tree->edge, *node = found->left;

	while (node != NULL) {
		if (node->start > from) {
			found = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

static inline bool
may_hold(const struct vm_map_node *node, unsigned long size)
{
	return node != NULL && node->max_hole >= size;
}

/*
 * The first node of a subtree to have such a hole; or where the bounds led to
 * one that has not, all before it having none.
 */
static inline struct vm_map_node *
first_candidate(struct vm_map_node *node, unsigned long size)
{
	for (;;) {
		if (may_hold(node->left, size))
			node = node->left;
		else if (node->hole >= size || !may_hold(node->right, size))
			return node;
		else
			node = node->right;
	}
}

/*
 * The next one after node, which and whose left side have no such hole; in the
 * end the edge.
 */
static struct vm_map_node *
next_candidate(struct vm_map_node *node, unsigned long size)
{
	struct vm_map_node *child;

	if (may_hold(node->right, size))
		return first_candidate(node->right, size);
	do {
		node->max_hole = subtree_hole(node);
		child = node;
		node = node->parent;
	} while (node->right == child);
	return node;
}

/* The lowest address at or above addr with no bit of mask; false: none. */
static bool
align_up(unsigned long *addr, unsigned long mask)
{
	unsigned long a = *addr, bad, bit;

	while ((bad = a & mask) != 0) {
		bit = 1ul << (sizeof(bad) * 8 - 1 - __builtin_clzl(bad));
		a = (a & ~(2 * bit - 1)) + 2 * bit;
		if (a < *addr || 2 * bit == 0)
			return false;
	}
	*addr = a;
	return true;
}

/* Whether size bytes fit between max(low, from) and high; where. */
static bool
hole_fits(unsigned long low, unsigned long high, unsigned long from,
    unsigned long size, unsigned long mask, unsigned long *addr)
{
	unsigned long a = low > from ? low : from;

	if (!align_up(&a, mask) || a > high || high - a < size)
		return false;
	*addr = a;
	return true;
}

bool
vm_map_tree_search_hole(struct vm_map_tree *tree, unsigned long from,
    unsigned long size, unsigned long mask, unsigned long *addr,
    struct vm_map_node **next)
{
	struct vm_map_node *edge = tree->edge, *node = tree->fit;
	bool first = from <= edge->end && mask == 0;

	if (!first || size < tree->fit_size)
		node = node_above(tree, from);
	while (node->hole < size || !hole_fits(node->start - node->hole,
	    node->start, from, size, mask, addr)) {
		if (node == edge)
			return false;
		node = next_candidate(node, size);
	}
	if (first) {		/* the lowest room, however it lies */
		tree->fit = node;
		tree->fit_size = size;
	}
	*next = node;
	return true;
}
