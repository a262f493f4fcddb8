/*
 * tests/host/vm_map_tree.c - the tree of address ranges against a plain
 * array: lookups, first fit, and the tree's own invariants after each change.
 *
 * HOST_SRCS: vm/vm_map_tree.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <vm/vm_map_tree.h>

#define PAGES	512u			/* the model: one cell each */
#define PAGE	4096ul
#define MIN	0x10000ul
#define MAX	(MIN + PAGES * PAGE)

#define HEIGHT_MAX	46	/* 1.44 log2 of more nodes than are ever made */

static struct vm_map_tree tree;
static struct vm_map_node edge;
static struct vm_map_node *owner[PAGES];
static uint32_t seed = 12345;
static int test_number;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void
result(int ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++test_number, name);
	fflush(stdout);
}

static unsigned long
cell_addr(unsigned cell)
{
	return MIN + cell * PAGE;
}

static int
rank(const struct vm_map_node *node)
{
	return node != NULL ? node->rank : -1;
}

/* Returns the height, -1 when something is wrong. */
static int
check_node(const struct vm_map_node *node, const struct vm_map_node *parent)
{
	unsigned long hole;
	int l, r;

	if (node == NULL)
		return 0;
	l = check_node(node->left, node);
	r = check_node(node->right, node);
	hole = node->start - vm_map_node_prev(node)->end;
	if (l < 0 || r < 0 || node->parent != parent || node->hole != hole ||
	    node->rank > HEIGHT_MAX || (l + r > 0 &&
	    (node->rank <= rank(node->left) || node->rank <= rank(node->right))))
		return -1;
	if (node->left != NULL && node->left->max_hole > hole)
		hole = node->left->max_hole;
	if (node->right != NULL && node->right->max_hole > hole)
		hole = node->right->max_hole;
	return node->max_hole >= hole ? (l > r ? l : r) + 1 : -1;
}

/* The same of the tree and of what surrounds it. */
static int
check_tree(void)
{
	const struct vm_map_node *last = vm_map_node_prev(&edge);

	if (edge.start != MAX || edge.end != MIN ||
	    edge.hole != MAX - last->end)
		return -1;
	return check_node(edge.left, &edge);
}

static int
check_lookups(void)
{
	struct vm_map_node *node;
	unsigned cell;

	for (cell = 0; cell < PAGES; cell++) {
		node = vm_map_tree_lookup(&tree, cell_addr(cell) + 17);
		if (node != NULL && node->end <= cell_addr(cell))
			node = NULL;
		if (node != owner[cell])
			return 0;
	}
	return 1;
}

static int
model_find(unsigned long from, unsigned long size, unsigned long mask,
    unsigned long *addr)
{
	unsigned long a;
	unsigned cell, n = size / PAGE;

	for (a = from < MIN ? MIN : from; a + size <= MAX; a += PAGE) {
		if ((a & mask) != 0)
			continue;
		cell = (a - MIN) / PAGE;
		for (n = 0; n < size / PAGE && owner[cell + n] == NULL; n++)
			continue;
		if (n == size / PAGE) {
			*addr = a;
			return 1;
		}
	}
	return 0;
}

static int
check_find(void)
{
	static const unsigned long masks[] = { 0, 0x1000, 0x3fff, 0x5000, 0xffff };
	unsigned long from, size, mask, got = 0, want = 0;
	struct vm_map_node *next;
	int found;

	from = rnd(2) ? 0 : cell_addr(rnd(PAGES + 8)) - 4 * PAGE;
	size = (1 + rnd(12)) * PAGE;
	mask = rnd(2) ? 0 : masks[rnd(5)];
	found = vm_map_tree_find_hole(&tree, from, size, mask, &got, &next);
	if (found != model_find(from, size, mask, &want))
		return 0;
	/* who was led on by bounds that are too high has lowered them */
	if (!found)
		return from > MIN || mask != 0 || edge.left == NULL ||
		    edge.left->max_hole < size;
	return got == want && next->start >= got + size &&
	    vm_map_node_prev(next)->end <= got;
}

/* Insert a node where its range is free. */
static void
insert_node(struct vm_map_node *node)
{
	struct vm_map_node *prev = vm_map_tree_lookup(&tree, node->start);

	vm_map_tree_insert(&tree, node, vm_map_node_next(prev != NULL ? prev :
	    &edge));
}

static void
insert_random(void)
{
	unsigned cell = rnd(PAGES), n = 0, want = 1 + rnd(9);
	struct vm_map_node *node;

	while (n < want && cell + n < PAGES && owner[cell + n] == NULL)
		n++;
	if (n == 0)
		return;
	node = calloc(1, sizeof(*node));
	node->start = cell_addr(cell);
	node->end = cell_addr(cell + n);
	insert_node(node);
	while (n-- > 0)
		owner[cell + n] = node;
}

static void
remove_node(struct vm_map_node *node)
{
	unsigned cell;

	for (cell = 0; cell < PAGES; cell++)
		if (owner[cell] == node)
			owner[cell] = NULL;
	vm_map_tree_remove(&tree, node);
	free(node);
}

static void
shrink_or_grow(struct vm_map_node *node)
{
	unsigned first = (node->start - MIN) / PAGE;
	unsigned last = (node->end - MIN) / PAGE;

	if (rnd(2) && last < PAGES && owner[last] == NULL)
		owner[last++] = node;
	else if (last - first > 1)
		owner[rnd(2) ? first++ : --last] = NULL;
	vm_map_tree_resize(&tree, node, cell_addr(first), cell_addr(last));
}

static int
random_rounds(unsigned rounds, unsigned insert_of_8)
{
	unsigned i, cell;

	for (i = 0; i < rounds; i++) {
		cell = rnd(PAGES);
		if (rnd(8) < insert_of_8)
			insert_random();
		else if (owner[cell] != NULL && rnd(2))
			remove_node(owner[cell]);
		else if (owner[cell] != NULL)
			shrink_or_grow(owner[cell]);
		if (check_tree() < 0 || !check_lookups() ||
		    !check_find())
			return 0;
	}
	return 1;
}

static int
sorted_height(void)
{
	unsigned i;

	for (i = 0; i < PAGES; i += 2) {
		struct vm_map_node *node = calloc(1, sizeof(*node));

		node->start = cell_addr(i);
		node->end = cell_addr(i + 1);
		insert_node(node);
		owner[i] = node;
	}
	return check_tree() > 0 &&
	    check_tree() <= 11;
}

/* As many nodes at once, for every number up to some; then as any tree. */
static int
built_at_once(void)
{
	struct vm_map_node *node;
	unsigned count, i, ok = 1;

	for (count = 0; count < 40; count++) {
		for (i = 0; i < count; i++) {
			node = calloc(1, sizeof(*node));
			node->start = cell_addr(3 * i + 1);
			node->end = cell_addr(3 * i + 2);
			vm_map_tree_append(&tree, node);
			owner[3 * i + 1] = node;
		}
		vm_map_tree_build(&tree, count);
		ok = ok && check_tree() >= 0 &&
		    check_lookups() && check_find() && random_rounds(20, 4);
		while (edge.left != NULL)
			remove_node(edge.left);
	}
	return ok;
}

/* What comes and goes at one place leaves the tree as it was, but the first time. */
static int
steady(void)
{
	static struct vm_map_node before[PAGES];
	struct vm_map_node node = { .start = 0 }, *next, *at;
	unsigned cell, round, i;

	(void)random_rounds(500, 5);
	for (cell = 0; cell < PAGES; cell++) {
		if (owner[cell] != NULL)
			continue;
		node.start = cell_addr(cell);
		node.end = cell_addr(cell + 1);
		for (round = 0; round < 3; round++) {
			next = &edge;
			for (i = 0; round > 0; i++) {
				at = &before[i];
				if (round == 2 && (at->left != next->left ||
				    at->right != next->right ||
				    at->rank != next->rank))
					return 0;
				*at = *next;
				next = vm_map_node_next(next);
				if (next == &edge)
					break;
			}
			insert_node(&node);
			vm_map_tree_remove(&tree, &node);
		}
	}
	return 1;
}

/* A range below the tree's minimum takes and leaves no room above it. */
static int
range_below_min(void)
{
	struct vm_map_node low = { .start = MIN - PAGE, .end = MIN };
	struct vm_map_node high = { .start = MIN + PAGE, .end = MAX };
	struct vm_map_node *next;
	unsigned long a, b;
	int ok;

	insert_node(&low);
	insert_node(&high);
	ok = low.hole == 0 && high.hole == PAGE &&
	    vm_map_tree_find_hole(&tree, 0, PAGE, 0, &a, &next) && a == MIN;
	vm_map_tree_remove(&tree, &low);
	ok = ok && high.hole == PAGE &&
	    vm_map_tree_find_hole(&tree, 0, PAGE, 0, &b, &next) && b == MIN;
	vm_map_tree_remove(&tree, &high);
	return ok;
}

static void
empty_tree(void)
{
	while (edge.left != NULL)
		remove_node(edge.left);
}

int
main(int argc, char **argv)
{
	struct vm_map_node *next;
	unsigned long a;

	if (argc > 1)
		seed = strtoul(argv[1], NULL, 0);
	printf("1..9\n");
	printf("# seed %u\n", seed);
	vm_map_tree_init(&tree, &edge, MIN, MAX);
	result(vm_map_tree_find_hole(&tree, 0, MAX - MIN, 0, &a, &next) && a == MIN,
	    "an empty tree is one hole");
	result(!vm_map_tree_find_hole(&tree, 0, MAX - MIN + PAGE, 0, &a,
	    &next) &&
	    !vm_map_tree_find_hole(&tree, MIN + PAGE, ~0ul - 4095, 0, &a,
	    &next),
	    "nothing larger than the tree fits");
	result(random_rounds(20000, 5), "random changes, mostly full");
	result(random_rounds(20000, 3), "random changes, mostly empty");
	empty_tree();
	result(vm_map_tree_first(&tree) == NULL, "all removed");
	result(sorted_height(), "insertion in order stays balanced");
	empty_tree();
	result(built_at_once(), "trees built at once");
	result(steady(), "what comes and goes turns nothing");
	empty_tree();
	result(range_below_min(), "a range below the minimum is no room");
	return 0;
}
