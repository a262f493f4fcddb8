/*
 * vm/vm_map_tree.c - a height-balanced (AVL) tree of address ranges; each node
 * also records the hole below it and the largest hole in its subtree, so
 * that lookup and first fit both take O(log n).
 *
 * Owns:       the links, heights and holes of the nodes; not their memory.
 * Locks:      the caller's.
 * Invariant:  for every node: |height(left) - height(right)| <= 1, hole is
 *             start minus the end of the range before (or the tree's min),
 *             max_hole is the largest hole of the node and its children.
 */
#include <vm/vm_map_tree.h>

static inline int
height(const struct vm_map_node *node)
{
	return node != NULL ? node->height : 0;
}

/* Recompute what a node says of its subtree. */
static inline void
node_update(struct vm_map_node *node)
{
	const struct vm_map_node *left = node->left, *right = node->right;
	unsigned long hole = node->hole;
	int h = 0;

	if (left != NULL) {
		h = left->height;
		if (left->max_hole > hole)
			hole = left->max_hole;
	}
	if (right != NULL) {
		if (right->height > h)
			h = right->height;
		if (right->max_hole > hole)
			hole = right->max_hole;
	}
	node->max_hole = hole;
	node->height = h + 1;
}

/* Put new where old hangs on its parent. */
static void
replace_child(struct vm_map_tree *tree, struct vm_map_node *old,
    struct vm_map_node *new)
{
	struct vm_map_node *parent = old->parent;

	if (parent == NULL)
		tree->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new != NULL)
		new->parent = parent;
}

static struct vm_map_node *
rotate_left(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *up = node->right;

	replace_child(tree, node, up);
	node->right = up->left;
	if (node->right != NULL)
		node->right->parent = node;
	up->left = node;
	node->parent = up;
	node_update(node);
	node_update(up);
	return up;
}

static struct vm_map_node *
rotate_right(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *up = node->left;

	replace_child(tree, node, up);
	node->left = up->right;
	if (node->left != NULL)
		node->left->parent = node;
	up->right = node;
	node->parent = up;
	node_update(node);
	node_update(up);
	return up;
}

/* Balance a node that leans too far; returns the top of its subtree. */
static struct vm_map_node *
node_rotate(struct vm_map_tree *tree, struct vm_map_node *node, int lean)
{
	if (lean > 0) {
		if (height(node->left->left) < height(node->left->right))
			rotate_left(tree, node->left);
		return rotate_right(tree, node);
	}
	if (height(node->right->right) < height(node->right->left))
		rotate_right(tree, node->right);
	return rotate_left(tree, node);
}

/*
 * Update and balance from node towards the root, as far as anything changes,
 * but at least past the ancestor "past" (NULL: none).
 */
static void
path_balance(struct vm_map_tree *tree, struct vm_map_node *node,
    const struct vm_map_node *past)
{
	unsigned long hole;
	int high, lean;

	for (; node != NULL; node = node->parent) {
		high = node->height;
		hole = node->max_hole;
		lean = height(node->left) - height(node->right);
		if (node == past)
			past = NULL;
		if (lean > 1 || lean < -1)
			node = node_rotate(tree, node, lean);
		else
			node_update(node);
		if (past == NULL && node->height == high &&
		    node->max_hole == hole)
			return;
	}
}

static void
path_update(struct vm_map_node *node)
{
	unsigned long before;

	for (; node != NULL; node = node->parent) {
		before = node->max_hole;
		node_update(node);
		if (node->max_hole == before)
			return;
	}
}

struct vm_map_node *
vm_map_tree_first(const struct vm_map_tree *tree)
{
	if (tree->list.next == &tree->list)
		return NULL;
	return queue_element(tree->list.next, struct vm_map_node, link);
}

struct vm_map_node *
vm_map_tree_last(const struct vm_map_tree *tree)
{
	if (tree->list.prev == &tree->list)
		return NULL;
	return queue_element(tree->list.prev, struct vm_map_node, link);
}

struct vm_map_node *
vm_map_tree_next(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	if (node->link.next == &tree->list)
		return NULL;
	return queue_element(node->link.next, struct vm_map_node, link);
}

struct vm_map_node *
vm_map_tree_prev(const struct vm_map_tree *tree, const struct vm_map_node *node)
{
	if (node->link.prev == &tree->list)
		return NULL;
	return queue_element(node->link.prev, struct vm_map_node, link);
}

/* The hole below node has changed with its start or its neighbour's end. */
static void
hole_refresh(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *prev;
	unsigned long hole;

	if (node == NULL)
		return;
	prev = vm_map_tree_prev(tree, node);
	hole = node->start - (prev != NULL ? prev->end : tree->min);
	if (hole == node->hole)
		return;
	node->hole = hole;
	path_update(node);
}

void
vm_map_tree_init(struct vm_map_tree *tree, unsigned long min,
    unsigned long max)
{
	tree->root = NULL;
	queue_init(&tree->list);
	tree->min = min;
	tree->max = max;
}

void
vm_map_tree_insert(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *next)
{
	struct vm_map_node *prev = next != NULL ?
	    vm_map_tree_prev(tree, next) : vm_map_tree_last(tree);

	node->left = NULL;
	node->right = NULL;
	node->height = 1;
	node->hole = node->start - (prev != NULL ? prev->end : tree->min);
	node->max_hole = node->hole;
	if (next != NULL)
		next->hole = next->start - node->end;
	/* Of two neighbours one is below the other and has room on that side. */
	if (next != NULL && next->left == NULL) {
		next->left = node;
		node->parent = next;
	} else if (prev != NULL) {
		prev->right = node;
		node->parent = prev;
	} else {
		tree->root = node;
		node->parent = NULL;
	}
	queue_insert_after(prev != NULL ? &prev->link : &tree->list,
	    &node->link);
	path_balance(tree, node->parent, next);
}

/* Put "by" in node's place: to the nodes above nothing has changed yet. */
static void
node_replace(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *by)
{
	replace_child(tree, node, by);
	by->height = node->height;
	by->max_hole = node->max_hole;
}

/*
 * Take node out of the tree, next following it.  Returns where to begin to
 * update; next lies there or above.
 */
static struct vm_map_node *
node_unlink(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *next)
{
	struct vm_map_node *from = next->parent;

	if (next != node->right) {
		/* the leftmost on the right: its own right moves up */
		replace_child(tree, next, next->right);
		next->right = node->right;
		next->right->parent = next;
	} else {
		from = next;
	}
	next->left = node->left;
	if (next->left != NULL)
		next->left->parent = next;
	node_replace(tree, node, next);
	return from;
}

void
vm_map_tree_remove(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *next = vm_map_tree_next(tree, node), *from;

	if (next != NULL)
		next->hole += node->end - node->start + node->hole;
	queue_remove(&node->link);
	if (node->right != NULL) {
		from = node_unlink(tree, node, next);
	} else {
		/* next, if any, is above */
		from = node->parent;
		replace_child(tree, node, node->left);
	}
	path_balance(tree, from, next);
}

void
vm_map_tree_resize(struct vm_map_tree *tree, struct vm_map_node *node,
    unsigned long start, unsigned long end)
{
	node->start = start;
	node->end = end;
	hole_refresh(tree, node);
	hole_refresh(tree, vm_map_tree_next(tree, node));
}

struct vm_map_node *
vm_map_tree_lookup(const struct vm_map_tree *tree, unsigned long addr)
{
	struct vm_map_node *node = tree->root, *found = NULL;

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

/* The first node that starts above from. */
static struct vm_map_node *
node_above(const struct vm_map_tree *tree, unsigned long from)
{
	struct vm_map_node *node = tree->root, *found = NULL;

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

/* The first node of a subtree that has one with a hole of size below it. */
static struct vm_map_node *
first_hole(struct vm_map_node *node, unsigned long size)
{
	for (;;) {
		if (node->left != NULL && node->left->max_hole >= size)
			node = node->left;
		else if (node->hole >= size)
			return node;
		else
			node = node->right;
	}
}

/* The first node that starts above from and has a hole of size below it. */
static struct vm_map_node *
hole_above(const struct vm_map_tree *tree, unsigned long from,
    unsigned long size)
{
	struct vm_map_node *node = node_above(tree, from), *child;

	while (node != NULL && node->hole < size) {
		if (node->right != NULL && node->right->max_hole >= size)
			return first_hole(node->right, size);
		do {
			child = node;
			node = node->parent;
		} while (node != NULL && node->right == child);
	}
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
vm_map_tree_find_hole(const struct vm_map_tree *tree, unsigned long from,
    unsigned long size, unsigned long mask, unsigned long *addr,
    struct vm_map_node **next)
{
	struct vm_map_node *node, *last;
	unsigned long end;

	if (from < tree->min)
		from = tree->min;
	while ((node = hole_above(tree, from, size)) != NULL) {
		*next = node;
		if (hole_fits(node->start - node->hole, node->start, from,
		    size, mask, addr))
			return true;
		from = node->start;
	}
	*next = NULL;
	last = vm_map_tree_last(tree);
	end = last != NULL ? last->end : tree->min;
	return hole_fits(end, tree->max, from, size, mask, addr);
}
