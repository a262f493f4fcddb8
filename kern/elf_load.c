/*
 * kern/elf_load.c - put the program of a boot module into a task's map.
 *
 * Owns:       nothing.  The segments are copied: the module stays as it was.
 * Locks:      none; one thread loads one map, which nobody else uses yet.
 *
 * The file is the operator's and may be anything: every number in it is
 * checked before it is used.
 */
#include <kern/boot_module.h>
#include <kern/elf.h>
#include <kern/string.h>
#include <kern/zone.h>
#include <mach/machine/vm_param.h>
#include <machine/boot_info.h>
#include <machine/cpu.h>
#include <machine/param.h>
#include <vm/vm_map.h>

#define SEGMENTS_MAX	64u
#define COPY_SIZE	(8 * PAGE_SIZE)

struct elf_loader {
	const struct boot_module *module;
	struct vm_map		 *map;
	struct elf_header	  header;
	uint32_t		  bias;		/* added to every address */
	struct elf_segment	  segments[SEGMENTS_MAX];
	char			  buffer[COPY_SIZE];
};

/* Whether the module has size bytes at offset. */
static bool
in_module(const struct elf_loader *l, uint32_t offset, uint32_t size)
{
	return offset <= l->module->size && size <= l->module->size - offset;
}

static const char *
read_header(struct elf_loader *l)
{
	struct elf_header *h = &l->header;

	if (!in_module(l, 0, sizeof(h->magic)))
		return "not an ELF file";
	boot_module_read(l->module, 0, h->magic, sizeof(h->magic));
	if (memcmp(h->magic, ELF_MAGIC, ELF_MAGIC_SIZE) != 0)
		return "not an ELF file";
	if (!in_module(l, 0, sizeof(*h)))
		return "truncated";
	boot_module_read(l->module, 0, h, sizeof(*h));
	if (h->class != ELF_CLASS_32 || h->data != ELF_DATA_LITTLE ||
	    h->machine != MACHINE_ELF_MACHINE)
		return "made for another machine";
	if (h->version != ELF_VERSION ||
	    (h->type != ELF_TYPE_EXEC && h->type != ELF_TYPE_DYN))
		return "not an executable file";
	if (h->phnum == 0 || h->phnum > SEGMENTS_MAX ||
	    h->phentsize != sizeof(struct elf_segment))
		return "no usable program headers";
	l->bias = h->type == ELF_TYPE_DYN ? MACHINE_ELF_DYN_BASE : 0;
	return NULL;
}

static const char *
read_segments(struct elf_loader *l)
{
	uint32_t size = l->header.phnum * sizeof(struct elf_segment);

	if (!in_module(l, l->header.phoff, size))
		return "truncated";
	boot_module_read(l->module, l->header.phoff, l->segments, size);
	return NULL;
}

/* A segment's place once loaded; valid after check_segment. */
static vm_offset_t
segment_start(const struct elf_loader *l, const struct elf_segment *s)
{
	return s->vaddr + l->bias;
}

static vm_offset_t
segment_end(const struct elf_loader *l, const struct elf_segment *s)
{
	return segment_start(l, s) + s->memsz;
}

static const char *
check_segment(const struct elf_loader *l, const struct elf_segment *s)
{
	uint64_t start = (uint64_t)s->vaddr + l->bias;

	if (s->filesz > s->memsz)
		return "a segment larger in the file than in memory";
	if (!in_module(l, s->offset, s->filesz))
		return "truncated";
	if (start + s->memsz > VM_MAX_ADDRESS)
		return "a segment at addresses that are not the user's";
	if (start + s->memsz > MACHINE_STACK_TOP - MACHINE_STACK_SIZE)
		return "a segment where the stack goes";
	return NULL;
}

/* Every segment by itself, and that they come in order, apart. */
static const char *
check_segments(const struct elf_loader *l)
{
	const char *wrong = "nothing in it to load";
	vm_offset_t end = 0;

	for (unsigned i = 0; i < l->header.phnum; i++) {
		const struct elf_segment *s = &l->segments[i];

		if (s->type != ELF_PT_LOAD || s->memsz == 0)
			continue;
		wrong = check_segment(l, s);
		if (wrong != NULL)
			return wrong;
		if (segment_start(l, s) < end)
			return "segments that overlap";
		end = segment_end(l, s);
	}
	return wrong;
}

static const char *
copy_segment(struct elf_loader *l, const struct elf_segment *s)
{
	uint32_t done = 0;

	while (done < s->filesz) {
		vm_offset_t addr = segment_start(l, s) + done;
		/* Pieces end at page bounds so that whole pages go over. */
		uint32_t piece = COPY_SIZE - (addr & PAGE_MASK);

		piece = min_of(piece, s->filesz - done);
		boot_module_read(l->module, s->offset + done, l->buffer, piece);
		if (task_memory_write(l->map, addr, l->buffer, piece) !=
		    KERN_SUCCESS)
			return "out of memory";
		done += piece;
	}
	return NULL;
}

static vm_prot_t
segment_protection(const struct elf_segment *s)
{
	return ((s->flags & ELF_PF_R) ? VM_PROT_READ : 0) |
	    ((s->flags & ELF_PF_W) ? VM_PROT_WRITE : 0) |
	    ((s->flags & ELF_PF_X) ? VM_PROT_EXECUTE : 0);
}

/*
 * Memory for every segment and its bytes.  A page that two segments share is
 * allocated with the first.
 */
static const char *
load_segments(struct elf_loader *l)
{
	const char *wrong = NULL;
	vm_offset_t mapped = 0;

	for (unsigned i = 0; i < l->header.phnum && wrong == NULL; i++) {
		const struct elf_segment *s = &l->segments[i];
		vm_offset_t start, end;

		if (s->type != ELF_PT_LOAD || s->memsz == 0)
			continue;
		start = max_of(trunc_page(segment_start(l, s)), mapped);
		end = round_page(segment_end(l, s));
		if (start < end && vm_map_allocate(l->map, &start, end - start,
		    false) != KERN_SUCCESS)
			return "out of memory";
		mapped = end;
		wrong = copy_segment(l, s);
	}
	return wrong;
}

/* The rights that the file asks for; a shared page has those of both. */
static const char *
protect_segments(struct elf_loader *l)
{
	vm_offset_t last_end = 0;
	vm_prot_t last_prot = VM_PROT_NONE;

	for (unsigned i = 0; i < l->header.phnum; i++) {
		const struct elf_segment *s = &l->segments[i];
		vm_prot_t prot = segment_protection(s);
		vm_offset_t start, end;

		if (s->type != ELF_PT_LOAD || s->memsz == 0)
			continue;
		start = trunc_page(segment_start(l, s));
		end = round_page(segment_end(l, s));
		if (vm_map_protect(l->map, start, end, prot, false) !=
		    KERN_SUCCESS)
			return "out of memory";
		if (start < last_end) {
			last_prot |= prot;
			if (vm_map_protect(l->map, start, start + PAGE_SIZE,
			    last_prot, false) != KERN_SUCCESS)
				return "out of memory";
		}
		if (start + PAGE_SIZE < end || start >= last_end)
			last_prot = prot;
		last_end = end;
	}
	return NULL;
}

/* A stack that need not be executable: the task takes VM_PROT_EXECUTE at its word. */
static void
set_strictness(struct elf_loader *l)
{
	for (unsigned i = 0; i < l->header.phnum; i++) {
		const struct elf_segment *s = &l->segments[i];

		if (s->type != ELF_PT_GNU_STACK || (s->flags & ELF_PF_X))
			continue;
		vm_map_set_exec_strict(l->map, true);
	}
}

static const char *
load(struct elf_loader *l)
{
	const char *wrong = read_header(l);

	if (wrong == NULL)
		wrong = read_segments(l);
	if (wrong == NULL)
		wrong = check_segments(l);
	if (wrong != NULL)
		return wrong;
	set_strictness(l);
	wrong = load_segments(l);
	return wrong != NULL ? wrong : protect_segments(l);
}

const char *
elf_load(const struct boot_module *module, struct vm_map *map,
    vm_offset_t *entry)
{
	struct elf_loader *l = kalloc_zero(sizeof(*l));
	const char *wrong;

	if (l == NULL)
		return "out of memory";
	l->module = module;
	l->map = map;
	wrong = load(l);
	*entry = l->header.entry + l->bias;
	kfree(l, sizeof(*l));
	return wrong;
}
