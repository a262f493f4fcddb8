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

static inline unsigned long
max_hole(const struct vm_map_node *node)
{
	return node != NULL ? node->max_hole : 0;
}

/* Recompute what a node says of its subtree. */
static void
node_update(struct vm_map_node *node)
{
	int l = height(node->left), r = height(node->right);
	unsigned long hole = node->hole;

	if (max_hole(node->left) > hole)
		hole = max_hole(node->left);
	if (max_hole(node->right) > hole)
		hole = max_hole(node->right);
	node->max_hole = hole;
	node->height = (l > r ? l : r) + 1;
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

/* Update and balance node; returns the top of its subtree. */
static struct vm_map_node *
node_balance(struct vm_map_tree *tree, struct vm_map_node *node)
{
	int lean = height(node->left) - height(node->right);

	if (lean > 1) {
		if (height(node->left->left) < height(node->left->right))
			rotate_left(tree, node->left);
		return rotate_right(tree, node);
	}
	if (lean < -1) {
		if (height(node->right->right) < height(node->right->left))
			rotate_right(tree, node->right);
		return rotate_left(tree, node);
	}
	node_update(node);
	return node;
}

/* From node to the root; may stop where nothing changes any more. */
static void
path_balance(struct vm_map_tree *tree, struct vm_map_node *node)
{
	for (; node != NULL; node = node->parent)
		node = node_balance(tree, node);
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
vm_map_tree_insert(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node **at = &tree->root, *parent = NULL, *prev = NULL;

	while (*at != NULL) {
		parent = *at;
		if (node->start < parent->start) {
			at = &parent->left;
		} else {
			prev = parent;
			at = &parent->right;
		}
	}
	*at = node;
	node->parent = parent;
	node->left = NULL;
	node->right = NULL;
	queue_insert_after(prev != NULL ? &prev->link : &tree->list,
	    &node->link);
	node->hole = node->start - (prev != NULL ? prev->end : tree->min);
	path_balance(tree, node);
	hole_refresh(tree, vm_map_tree_next(tree, node));
}

/* Take node out where it has at most one child. */
static struct vm_map_node *
unlink_simple(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *parent = node->parent;

	replace_child(tree, node, node->left != NULL ? node->left : node->right);
	return parent;
}

void
vm_map_tree_remove(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *next = vm_map_tree_next(tree, node), *from;

	if (node->left != NULL && node->right != NULL) {
		/* next is the leftmost below node: it takes node's place */
		from = unlink_simple(tree, next);
		if (from == node)
			from = next;
		replace_child(tree, node, next);
		next->left = node->left;
		next->right = node->right;
		next->left->parent = next;
		if (next->right != NULL)
			next->right->parent = next;
	} else {
		from = unlink_simple(tree, node);
	}
	queue_remove(&node->link);
	path_balance(tree, from);
	hole_refresh(tree, next);
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

/* The first node that starts above from and has a hole of size below it. */
static struct vm_map_node *
hole_above(struct vm_map_node *node, unsigned long from, unsigned long size)
{
	struct vm_map_node *found;

	while (node != NULL && node->max_hole >= size) {
		if (node->start > from) {
			found = hole_above(node->left, from, size);
			if (found != NULL)
				return found;
			if (node->hole >= size)
				return node;
		}
		node = node->right;
	}
	return NULL;
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
    unsigned long size, unsigned long mask, unsigned long *addr)
{
	struct vm_map_node *node, *last;
	unsigned long end;

	if (from < tree->min)
		from = tree->min;
	while ((node = hole_above(tree->root, from, size)) != NULL) {
		if (hole_fits(node->start - node->hole, node->start, from,
		    size, mask, addr))
			return true;
		from = node->start;
	}
	last = vm_map_tree_last(tree);
	end = last != NULL ? last->end : tree->min;
	return hole_fits(end, tree->max, from, size, mask, addr);
}
