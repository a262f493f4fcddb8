/*
 * vm/vm_map_tree.c - a height-balanced tree of address ranges; each node also
 * records the hole below it and a bound for the holes in its subtree, so
 * that lookup and first fit both take O(log n).
 *
 * Owns:       the links, heights and holes of the nodes; not their memory.
 * Locks:      the caller's.
 * Invariant:  for every node: lean is at most LEAN_MAX either way, hole is the
 *             free room between start and the range before (or the tree's
 *             min), max_hole is no less than hole and the children's.
 *
 * A bound may be too high: a hole that becomes smaller leaves the bounds above
 * it as they are, so that taking room and giving it back costs no way up the
 * tree.  Each node that a search was led to in vain gets its bound lowered, so
 * that is paid for by the change that left it.  Where the last search for the
 * lowest room ended the next one for no less room begins.
 */
#include <vm/vm_map_tree.h>

/*
 * One would make an AVL tree.  With two it may be a third higher, and what
 * comes and goes at one place hardly ever turns anything.
 */
#define LEAN_MAX	2

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
	node->lean -= 1 + (up->lean > 0 ? up->lean : 0);
	up->lean -= 1 - (node->lean < 0 ? node->lean : 0);
	node->max_hole = subtree_hole(node);
	up->max_hole = subtree_hole(up);
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
	node->lean += 1 - (up->lean < 0 ? up->lean : 0);
	up->lean += 1 + (node->lean > 0 ? node->lean : 0);
	node->max_hole = subtree_hole(node);
	up->max_hole = subtree_hole(up);
	return up;
}

/*
 * Balance a node that leans too far; returns the top of its subtree.  If the
 * child on the high side leans the other way it is turned first, which makes
 * it lower where it leans by two for the sake of its outer grandchild.
 */
static struct vm_map_node *
node_rotate(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *child = node->lean < 0 ? node->left : node->right;

	if (child == node->left) {
		if (child->lean > 0) {
			node->lean += child->lean > 1 && child->right->lean > 0;
			rotate_left(tree, child);
		}
		return rotate_right(tree, node);
	}
	if (child->lean < 0) {
		node->lean -= child->lean < -1 && child->left->lean < 0;
		rotate_right(tree, child);
	}
	return rotate_left(tree, node);
}

/* A node has become one higher: balance what is above it. */
static inline void
path_grow(struct vm_map_tree *tree, struct vm_map_node *node)
{
	struct vm_map_node *parent;

	for (; (parent = node->parent) != NULL; node = parent) {
		if (parent->right == node ? ++parent->lean <= 0 :
		    --parent->lean >= 0)
			return;		/* as high as it was before */
		if (parent->lean > LEAN_MAX || parent->lean < -LEAN_MAX) {
			node_rotate(tree, parent);
			return;		/* again as high */
		}
	}
}

/* One side of node has become one lower: balance from node upwards. */
static inline void
path_shrink(struct vm_map_tree *tree, struct vm_map_node *node, bool right)
{
	struct vm_map_node *parent;

	for (; node != NULL; node = parent) {
		if (right ? --node->lean < 0 : ++node->lean > 0) {
			if (node->lean <= LEAN_MAX && node->lean >= -LEAN_MAX)
				return;		/* as high as it was before */
			if ((right ? node->left : node->right)->lean == 0) {
				node_rotate(tree, node);
				return;		/* again as high */
			}
			node = node_rotate(tree, node);
		}
		parent = node->parent;
		right = parent != NULL && parent->right == node;
	}
}

/* The hole below node, or of one in its subtree, may have become so large. */
static inline void
path_raise(struct vm_map_node *node, unsigned long hole)
{
	for (; node != NULL && node->max_hole < hole; node = node->parent)
		node->max_hole = hole;
}

/* The free room between two neighbours; prev NULL: below the first. */
static inline unsigned long
gap(const struct vm_map_tree *tree, const struct vm_map_node *prev,
    const struct vm_map_node *node)
{
	unsigned long low = prev != NULL ? prev->end : tree->min;

	return node->start > low ? node->start - low : 0;
}

/* The hole below node may have become so large that it is the first to fit. */
static inline void
fit_note(struct vm_map_tree *tree, struct vm_map_node *node)
{
	if (node->hole >= tree->fit_size && tree->fit != NULL &&
	    node->start < tree->fit->start)
		tree->fit = node;
}

/* The hole below node has changed with its start or its neighbour's end. */
static inline void
hole_refresh(struct vm_map_tree *tree, struct vm_map_node *node)
{
	if (node == NULL)
		return;
	node->hole = gap(tree, vm_map_tree_prev(tree, node), node);
	path_raise(node, node->hole);
	fit_note(tree, node);
}

void
vm_map_tree_init(struct vm_map_tree *tree, unsigned long min,
    unsigned long max)
{
	tree->root = NULL;
	queue_init(&tree->list);
	tree->min = min;
	tree->max = max;
	tree->fit = NULL;
	tree->fit_size = 0;
}

void
vm_map_tree_insert(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *next)
{
	struct vm_map_node *prev = next != NULL ?
	    vm_map_tree_prev(tree, next) : vm_map_tree_last(tree);

	node->left = NULL;
	node->right = NULL;
	node->lean = 0;
	node->hole = gap(tree, prev, node);
	node->max_hole = node->hole;
	if (next != NULL)
		next->hole = gap(tree, node, next);
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
	path_raise(node->parent, node->hole);
	fit_note(tree, node);
	path_grow(tree, node);
}

/*
 * Make a tree of the next count nodes of the list, *next being the first of
 * them; its top.  *height: how high it is.
 */
static struct vm_map_node *
subtree_build(struct vm_map_tree *tree, struct vm_map_node **next,
    unsigned count, int *height)
{
	struct vm_map_node *node, *left;
	int left_height, right_height;

	*height = 0;
	if (count == 0)
		return NULL;
	left = subtree_build(tree, next, count / 2, &left_height);
	node = *next;
	*next = vm_map_tree_next(tree, node);
	node->left = left;
	node->right = subtree_build(tree, next, count - 1 - count / 2,
	    &right_height);
	if (left != NULL)
		left->parent = node;
	if (node->right != NULL)
		node->right->parent = node;
	/* the left side has as many nodes or one more */
	node->lean = right_height - left_height;
	node->hole = gap(tree, vm_map_tree_prev(tree, node), node);
	node->max_hole = subtree_hole(node);
	*height = left_height + 1;
	return node;
}

void
vm_map_tree_build(struct vm_map_tree *tree, unsigned count)
{
	struct vm_map_node *next = vm_map_tree_first(tree);
	int height;

	tree->root = subtree_build(tree, &next, count, &height);
	if (tree->root != NULL)
		tree->root->parent = NULL;
}

/* Put "by" in node's place. */
static void
node_replace(struct vm_map_tree *tree, struct vm_map_node *node,
    struct vm_map_node *by)
{
	replace_child(tree, node, by);
	by->lean = node->lean;
	by->max_hole = node->max_hole;
}

/*
 * Take node out of the tree, next following it.  Returns whose side is lower
 * now: next's right one, or the left one of another.
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
	struct vm_map_node *next = vm_map_tree_next(tree, node);
	struct vm_map_node *from = node->parent;
	bool right = from != NULL && from->right == node;

	queue_remove(&node->link);
	if (node->right != NULL) {
		from = node_unlink(tree, node, next);
		right = from == next;
	} else {
		replace_child(tree, node, node->left);
	}
	if (tree->fit == node)
		tree->fit = next;
	hole_refresh(tree, next);
	path_shrink(tree, from, right);
}

void
vm_map_tree_resize(struct vm_map_tree *tree, struct vm_map_node *node,
    unsigned long start, unsigned long end)
{
	bool moved = node->start != start;

	node->start = start;
	node->end = end;
	if (moved)
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

/* The next one after node, which and whose left side have no such hole. */
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
	} while (node != NULL && node->right == child);
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

/* The search itself; first: the lowest room, however it lies. */
static bool __attribute__((noinline))
hole_search(struct vm_map_tree *tree, unsigned long from, unsigned long size,
    unsigned long mask, bool first, unsigned long *addr,
    struct vm_map_node **next)
{
	struct vm_map_node *node, *last;
	unsigned long end;

	if (first && size >= tree->fit_size && tree->fit != NULL)
		node = tree->fit;
	else
		node = node_above(tree, from);
	for (; node != NULL; node = next_candidate(node, size)) {
		if (node->hole < size || !hole_fits(node->start - node->hole,
		    node->start, from, size, mask, addr))
			continue;
		if (first) {
			tree->fit = node;
			tree->fit_size = size;
		}
		*next = node;
		return true;
	}
	*next = NULL;
	last = vm_map_tree_last(tree);
	end = last != NULL && last->end > tree->min ? last->end : tree->min;
	return hole_fits(end, tree->max, from, size, mask, addr);
}

bool
vm_map_tree_find_hole(struct vm_map_tree *tree, unsigned long from,
    unsigned long size, unsigned long mask, unsigned long *addr,
    struct vm_map_node **next)
{
	struct vm_map_node *fit = tree->fit;
	bool first = from <= tree->min && mask == 0;

	if (first && fit != NULL && size >= tree->fit_size &&
	    fit->hole >= size) {
		*addr = fit->start - fit->hole;
		*next = fit;
		return true;
	}
	return hole_search(tree, from > tree->min ? from : tree->min, size,
	    mask, first, addr, next);
}
