/*
 * tests/bad_elf.S - ELF files that no task can be made of, one for each name
 * that tests/files.mk defines; objcopy makes the bytes a file.
 */
#define ET_EXEC		2
#define EM_386		3
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_NOTE		4

#ifndef MACHINE
#define MACHINE		EM_386
#endif
#ifndef PHOFF
#define PHOFF		52
#endif
#ifndef PHNUM
#define PHNUM		2
#endif
#ifndef KIND
#define KIND		PT_LOAD
#endif
#ifndef OFFSET
#define OFFSET		0
#endif
#ifndef ADDRESS
#define ADDRESS		0x08048000
#endif
#ifndef FILE_SIZE
#define FILE_SIZE	64
#endif
#ifndef MEMORY_SIZE
#define MEMORY_SIZE	0x1000
#endif
#ifndef SECOND_ADDRESS
#define SECOND_ADDRESS	0x0804a000
#endif

	.data
	.byte	0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.short	ET_EXEC, MACHINE
	.long	1, ADDRESS, PHOFF, 0, 0
	.short	52, 32, PHNUM, 0, 0, 0
	/* type, offset, two addresses, two sizes, read and write, alignment */
	.long	KIND, OFFSET, ADDRESS, ADDRESS, FILE_SIZE, MEMORY_SIZE, 6, 1
	.long	KIND, 0, SECOND_ADDRESS, SECOND_ADDRESS, 16, 0x1000, 6, 1
