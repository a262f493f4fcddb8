/*
 * i386/pmap_boot.c - the kernel's own page tables: the direct map, windows and
 * devices.
 *
 * Owns:       the kernel's page directory, which every pmap shares and whose
 *             tables are never freed; the addresses above KERNEL_WINDOW_BASE:
 *             2 MB of windows, the rest handed out to devices.
 * Locks:      device_lock guards where the next device goes.
 * Invariant:  no kernel mapping is both writable and executable where the
 *             processor has NX; text is mapped once, read-only.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <machine/boot_info.h>
#include <machine/cpu_features.h>
#include <machine/pmap_internal.h>

#define WINDOWS			2u	/* each processor's */
#define DEVICE_MIN		(KERNEL_WINDOW_BASE + LARGE_SIZE)
#define DEVICE_MAX		0xfffff000u

struct pte kernel_directory[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint16_t kernel_counts[ENTRIES];
static struct pmap kernel_pmap_store;

struct pmap *kernel_pmap = &kernel_pmap_store;
uint32_t pmap_kernel_cr3;
uint64_t pmap_nx_bit;
uint32_t pmap_nx_high;
uint32_t pmap_global;
uint32_t pmap_direct_end;

static struct pte *window_table;		/* fixed after boot */
static struct spinlock device_lock = SPINLOCK_INIT(LOCK_PMAP);
static vm_offset_t device_next = DEVICE_MIN;	/* device_lock */

void
pmap_processor_init(void)
{
	struct processor *self = current_processor();

	self->machine.pmap = kernel_pmap;
	self->machine.pmap_next = kernel_pmap;
	self->machine.pmap_unused = true;
	__atomic_or_fetch(&kernel_pmap->processors, 1u << self->number,
	    __ATOMIC_SEQ_CST);
	/* What changed between loading CR3 and being counted. */
	pmap_flush_local(0, (vm_offset_t)-1);
}

struct pte *
pmap_table_alloc(void)
{
	struct vm_page *page;

	if (vm_page_total == 0)
		return boot_alloc(PAGE_SIZE);
	page = vm_page_grab(VM_PAGE_KERNEL);
	if (page == NULL)
		return NULL;
	pmap_zero_page(page);
	return vm_page_to_direct(page);
}

void
pmap_table_free(struct pte *table)
{
	vm_page_release(vm_page_from_direct(table));
}

/* How far the direct map must reach: all memory and all modules, as it fits. */
static uint32_t
direct_map_end(void)
{
	phys_addr_t end = direct_to_phys(kernel_end);

	for (unsigned i = 0; i < memory_range_count; i++)
		end = max_of(end, memory_ranges[i].end);
	for (unsigned i = 0; i < boot_module_count; i++)
		end = max_of(end, boot_modules[i].start + boot_modules[i].size);
	end = (end + LARGE_MASK) & ~(phys_addr_t)LARGE_MASK;
	return min_of(end, (phys_addr_t)DIRECT_MAP_SIZE);
}

static bool
in_image_part(uint32_t pa, const char *start, const char *end)
{
	return pa >= direct_to_phys(start) && pa < direct_to_phys(end);
}

/* Map one page of the 2 MB areas that hold the kernel's image. */
static void
map_image_page(struct pte *pte, uint32_t pa)
{
	uint32_t flags = PTE_P | PTE_A | pmap_global;

	if (in_image_part(pa, kernel_text_start, kernel_text_end))
		pte_set(pte, 0, pa | flags);
	else if (in_image_part(pa, kernel_rodata_start, kernel_rodata_end))
		pte_set(pte, pmap_nx_high, pa | flags);
	else
		pte_set(pte, pmap_nx_high, pa | flags | PTE_W | PTE_D);
}

static void
map_image_area(struct pte *pde, uint32_t pa)
{
	struct pte *table = boot_alloc(PAGE_SIZE);

	for (unsigned i = 0; i < ENTRIES; i++)
		map_image_page(&table[i], pa + i * PAGE_SIZE);
	pte_set(pde, 0, direct_to_phys(table) | PTE_P | PTE_W | PTE_A);
}

static void
map_direct(void)
{
	uint32_t image_start = direct_to_phys(kernel_text_start) & ~LARGE_MASK;
	uint32_t image_end = direct_to_phys(kernel_end);

	pmap_direct_end = direct_map_end();
	for (uint32_t pa = 0; pa < pmap_direct_end; pa += LARGE_SIZE) {
		struct pte *pde = &kernel_directory[pa >> LARGE_SHIFT];

		if (pa >= image_start && pa < image_end)
			map_image_area(pde, pa);
		else
			pte_set(pde, pmap_nx_high, pa | PTE_P | PTE_W | PTE_A |
			    PTE_D | PTE_PS | pmap_global);
	}
}

/*
 * Needs: cpu_enable_features, the boot processor's struct processor behind %fs, memory_ranges,
 * boot_alloc, and the kernel at its link addresses by whatever tables.
 */
void
pmap_bootstrap(void)
{
	if (cpu_features.pge)
		pmap_global = PTE_G;
	if (cpu_features.nx) {
		pmap_nx_high = 1u << 31;
		pmap_nx_bit = 1ull << 63;
	}
	spinlock_init(&kernel_pmap->lock, LOCK_PMAP);
	refcount_init(&kernel_pmap->refs, 1);
	kernel_pmap->exec_strict = true;
	kernel_pmap->directory[KERNEL_SLOT] = kernel_directory;
	kernel_pmap->counts[KERNEL_SLOT] = kernel_counts;
	kernel_pmap->pdpt[KERNEL_SLOT].low =
	    direct_to_phys(kernel_directory) | PTE_P;
	pmap_kernel_cr3 = direct_to_phys(kernel_pmap->pdpt);
	kernel_pmap->cr3 = pmap_kernel_cr3;

	map_direct();
	window_table = boot_alloc(PAGE_SIZE);
	pte_set(pde_in(kernel_directory, KERNEL_WINDOW_BASE), 0,
	    direct_to_phys(window_table) | PTE_P | PTE_W | PTE_A);

	cr3_write(pmap_kernel_cr3);
	pmap_processor_init();
}

struct pte *
pmap_window(unsigned which, vm_offset_t *va)
{
	unsigned i = current_processor()->number * WINDOWS + which;

	assert(which < WINDOWS);
	*va = KERNEL_WINDOW_BASE + i * PAGE_SIZE;
	return &window_table[i];
}

/* The entry of a device's address, its table made if need be. */
static struct pte *
device_pte(vm_offset_t va)
{
	struct pte *pde = pde_in(kernel_directory, va);
	struct pte *table;

	if (pde->low == 0) {
		table = pmap_table_alloc();
		if (table == NULL)
			panic("no memory for the page table of a device");
		pte_set(pde, 0, direct_to_phys(table) | PTE_P | PTE_W | PTE_A);
	}
	return pte_in(table_of(pde), va);
}

void *
pmap_map_device(phys_addr_t pa, uint32_t size)
{
	uint32_t offset = (uint32_t)pa & PAGE_MASK;
	uint32_t bytes = round_page(offset + size);
	phys_addr_t frame = pa - offset;
	vm_offset_t va;

	spin_lock(&device_lock);
	if (bytes < size || bytes > DEVICE_MAX - device_next)
		panic("no room to map %u bytes of a device at %llx", size, pa);
	va = device_next;
	device_next += bytes;
	for (uint32_t done = 0; done < bytes; done += PAGE_SIZE, frame += PAGE_SIZE)
		pte_set(device_pte(va + done),
		    (uint32_t)(frame >> 32) | pmap_nx_high,
		    (uint32_t)frame | PTE_P | PTE_W | PTE_A | PTE_D |
		    PTE_PCD | PTE_PWT | pmap_global);
	spin_unlock(&device_lock);
	return (void *)(va + offset);
}
