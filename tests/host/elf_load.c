/*
 * tests/host/elf_load.c - boot modules good and bad: what lands where with
 * which rights, and that each kind of nonsense is told apart.
 *
 * HOST_SRCS: kern/elf_load.c
 */
#include <string.h>

#include <kernel.h>

#include <kern/boot_module.h>
#include <kern/elf.h>
#include <kern/zone.h>
#include <machine/boot_info.h>
#include <vm/vm_map.h>

#define BASE		0x08048000u	/* of the task's memory that we watch */
#define PAGES		8u

/* A module of two segments, the second with memory beyond the file. */
static struct {
	struct elf_header	header;
	struct elf_segment	segments[3];
	char			text[100];
	char			data[50];
} file;

static struct boot_module module;
static struct vm_map map;
static bool strict;
static char memory[PAGES * PAGE_SIZE];
static bool allocated[PAGES];
static vm_prot_t rights[PAGES];

void *
kalloc_zero(size_t size)
{
	return calloc(1, size);
}

void
kfree(void *ptr, size_t size)
{
	free(ptr);
}

void
boot_module_read(const struct boot_module *m, uint32_t offset, void *dst,
    uint32_t size)
{
	if (offset + size > m->size)
		panic("read beyond the module");
	memcpy(dst, (const char *)&file + offset, size);
}

kern_return_t
vm_map_allocate(struct vm_map *m, vm_offset_t *addr, vm_size_t size,
    bool anywhere)
{
	for (vm_offset_t a = *addr; a < *addr + size; a += PAGE_SIZE) {
		unsigned page = (a - BASE) / PAGE_SIZE;

		if (page >= PAGES)
			return KERN_RESOURCE_SHORTAGE;
		if (allocated[page])
			panic("allocated twice");
		allocated[page] = true;
	}
	return KERN_SUCCESS;
}

kern_return_t
vm_map_protect(struct vm_map *m, vm_offset_t start, vm_offset_t end,
    vm_prot_t prot, bool set_max)
{
	for (vm_offset_t a = start; a < end; a += PAGE_SIZE)
		rights[(a - BASE) / PAGE_SIZE] = prot;
	return KERN_SUCCESS;
}

void
vm_map_set_exec_strict(struct vm_map *m, bool is)
{
	strict = is;
}

kern_return_t
task_memory_write(struct vm_map *m, vm_offset_t addr, const void *data,
    vm_size_t size)
{
	for (vm_offset_t a = addr; a < addr + size; a++)
		if (!allocated[(a - BASE) / PAGE_SIZE])
			panic("written where nothing is");
	memcpy(memory + (addr - BASE), data, size);
	return KERN_SUCCESS;
}

static struct elf_segment
segment(uint32_t vaddr, uint32_t offset, uint32_t filesz, uint32_t memsz,
    uint32_t flags)
{
	return (struct elf_segment) {
		.type = ELF_PT_LOAD,
		.vaddr = vaddr,
		.offset = offset,
		.filesz = filesz,
		.memsz = memsz,
		.flags = flags,
	};
}

static void
begin(void)
{
	memset(&file, 0, sizeof(file));
	memset(memory, 0, sizeof(memory));
	memset(allocated, 0, sizeof(allocated));
	memset(rights, 0, sizeof(rights));
	strict = false;
	memcpy(file.header.magic, ELF_MAGIC, ELF_MAGIC_SIZE);
	file.header.class = ELF_CLASS_32;
	file.header.data = ELF_DATA_LITTLE;
	file.header.type = ELF_TYPE_EXEC;
	file.header.machine = 3;
	file.header.version = ELF_VERSION;
	file.header.entry = BASE + 4;
	file.header.phoff = sizeof(file.header);
	file.header.phentsize = sizeof(struct elf_segment);
	file.header.phnum = 3;
	memset(file.text, 't', sizeof(file.text));
	memset(file.data, 'd', sizeof(file.data));
	file.segments[0] = segment(BASE, offsetof(typeof(file), text), 100,
	    100, ELF_PF_R | ELF_PF_X);
	file.segments[1] = segment(BASE + 2 * PAGE_SIZE + 8,
	    offsetof(typeof(file), data), 50, PAGE_SIZE, ELF_PF_R | ELF_PF_W);
	file.segments[2].type = ELF_PT_GNU_STACK;
	file.segments[2].flags = ELF_PF_R | ELF_PF_W;
	module.size = sizeof(file);
}

static vm_offset_t entry;

static bool
refused(const char *why)
{
	const char *wrong = elf_load(&module, &map, &entry);

	if (wrong == NULL || strcmp(wrong, why) != 0)
		printf("# said: %s\n", wrong != NULL ? wrong : "nothing");
	return wrong != NULL && strcmp(wrong, why) == 0;
}

static bool
loaded(void)
{
	const char *wrong = elf_load(&module, &map, &entry);

	if (wrong != NULL)
		printf("# said: %s\n", wrong);
	return wrong == NULL;
}

static void
test_good(void)
{
	begin();
	result(loaded() && entry == BASE + 4 && strict &&
	    memcmp(memory, file.text, 100) == 0 && memory[100] == 0 &&
	    memcmp(memory + 2 * PAGE_SIZE + 8, file.data, 50) == 0 &&
	    allocated[0] && !allocated[1] && allocated[2] && allocated[3] &&
	    !allocated[4], "segments at their places");
	result(rights[0] == (VM_PROT_READ | VM_PROT_EXECUTE) &&
	    rights[2] == VM_PROT_DEFAULT && rights[3] == VM_PROT_DEFAULT,
	    "rights as the file says");
	begin();
	file.segments[1].vaddr = BASE + 200;
	file.segments[2].flags |= ELF_PF_X;
	result(loaded() && rights[0] == VM_PROT_ALL &&
	    rights[1] == VM_PROT_DEFAULT && !strict,
	    "a page that two segments share has the rights of both");
	begin();
	file.header.type = ELF_TYPE_DYN;
	file.header.entry = 0x48010;
	file.segments[0].vaddr = 0x48000;
	file.segments[1].vaddr = 0x4a000;
	result(loaded() && entry == BASE + 0x10 && allocated[2],
	    "a position-independent file goes to its base");
}

static void
test_header(void)
{
	begin();
	file.header.magic[1] = 'e';
	result(refused("not an ELF file"), "another format");
	begin();
	module.size = 0;
	result(refused("not an ELF file"), "an empty file");
	begin();
	module.size = 20;
	result(refused("truncated"), "a truncated header");
	begin();
	file.header.machine = 62;
	result(refused("made for another machine"), "another machine");
	begin();
	file.header.class = 2;
	result(refused("made for another machine"), "64 bits");
	begin();
	file.header.type = 1;
	result(refused("not an executable file"), "an object file");
	begin();
	file.header.phnum = 65;
	result(refused("no usable program headers"), "too many segments");
	begin();
	file.header.phoff = 0xfffffff0;
	result(refused("truncated"), "program headers that wrap");
	begin();
	file.segments[0].type = file.segments[1].type = ELF_PT_GNU_STACK;
	result(refused("nothing in it to load"), "no segments");
}

static void
test_segments(void)
{
	begin();
	module.size = offsetof(typeof(file), data) + 49;
	result(refused("truncated"), "a truncated segment");
	begin();
	file.segments[0].offset = 0xffffffff;
	result(refused("truncated"), "a segment whose place wraps");
	begin();
	file.segments[1].vaddr = 0xc0000000;
	result(refused("a segment at addresses that are not the user's"),
	    "kernel addresses");
	begin();
	file.segments[1].vaddr = 0xfffff800;
	result(refused("a segment at addresses that are not the user's"),
	    "addresses that wrap");
	begin();
	file.segments[1].vaddr = 0xbfffe000;
	result(refused("a segment where the stack goes"), "the stack's place");
	begin();
	file.segments[1].vaddr = BASE + 50;
	result(refused("segments that overlap"), "overlap");
	begin();
	file.segments[1].memsz = 10;
	result(refused("a segment larger in the file than in memory"),
	    "more in the file than in memory");
	begin();
	file.segments[1].memsz = 100 * PAGE_SIZE;
	result(refused("out of memory"), "no memory");
}

int
main(void)
{
	test_good();
	test_header();
	test_segments();
	plan();
	return 0;
}
