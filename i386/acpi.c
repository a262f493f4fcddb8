/*
 * i386/acpi.c - read the firmware's tables: processors, interrupt
 * controllers, the reset register.  No interpreter: static tables only.
 *
 * Owns:       acpi_info, fixed at boot.
 * Locks:      none; one processor runs.
 * Source:     ACPI specification 6.4, sections 5.2.5 to 5.2.12.
 */
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/types.h>
#include <machine/acpi.h>
#include <machine/cpu.h>
#include <machine/pmap.h>

#define EBDA_POINTER	0x40e		/* segment of the firmware's data */
#define EBDA_SEARCHED	1024u
#define BIOS_START	0xe0000u
#define BIOS_END	0x100000u
#define LENGTH_MAX	(1u << 20)	/* of a table that makes sense */

#define MADT_LAPIC	0
#define MADT_IOAPIC	1
#define MADT_OVERRIDE	2
#define MADT_LAPIC_ADDRESS 5
#define LAPIC_ENABLED	0x1u
#define FADT_RESET_FLAG	(1u << 10)
#define ADDRESS_IN_IO	1

struct rsdp {
	char	 signature[8];
	uint8_t	 checksum;
	char	 oem[6];
	uint8_t	 revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
} __attribute__((packed));

#define RSDP_FIRST_SIZE	20u		/* what revision 0 has and sums */

struct table {
	char	 signature[4];
	uint32_t length;
	uint8_t	 revision, checksum;
	char	 maker[26];
} __attribute__((packed));

_Static_assert(sizeof(struct table) == 36, "specification");

/* An entry of the MADT, after sizeof(struct table) + 8 bytes of it. */
struct madt_entry {
	uint8_t type, length;
	union {
		struct {
			uint8_t	 processor, apic_id;
			uint32_t flags;
		} __attribute__((packed)) lapic;
		struct {
			uint8_t	 id, reserved;
			uint32_t address, first;
		} __attribute__((packed)) ioapic;
		struct {
			uint8_t	 bus, line;
			uint32_t global;
			uint16_t flags;
		} __attribute__((packed)) isa;
		struct {
			uint16_t reserved;
			uint64_t address;
		} __attribute__((packed)) lapic_address;
	};
} __attribute__((packed));

#define MADT_HEAD	(sizeof(struct table) + 8)
#define RESET_REGISTER	116u		/* in the FADT: kind, 3 bytes, address */
#define FADT_FLAGS	112u
#define RESET_VALUE	128u

struct acpi_info acpi_info;

static bool
sum_ok(const void *data, uint32_t size)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (size-- > 0)
		sum += *p++;
	return sum == 0;
}

static const struct rsdp *
rsdp_search(uint32_t start, uint32_t end)
{
	for (uint32_t at = start; at < end; at += 16) {
		const struct rsdp *rsdp = phys_to_direct(at);

		if (memcmp(rsdp->signature, "RSD PTR ", 8) == 0 &&
		    sum_ok(rsdp, RSDP_FIRST_SIZE))
			return rsdp;
	}
	return NULL;
}

static const struct rsdp *
rsdp_find(void)
{
	uint32_t ebda = *(const uint16_t *)phys_to_direct(EBDA_POINTER) << 4;
	const struct rsdp *rsdp = NULL;

	if (ebda >= 0x80000 && ebda < 0xa0000)
		rsdp = rsdp_search(ebda, ebda + EBDA_SEARCHED);
	if (rsdp == NULL)
		rsdp = rsdp_search(BIOS_START, BIOS_END);
	return rsdp;
}

/* Map a table and check it; NULL if it makes no sense. */
static const struct table *
table_map(phys_addr_t pa)
{
	const struct table *t;
	uint32_t length;

	if (pa == 0)
		return NULL;
	t = pmap_map_device(pa, sizeof(*t));
	length = t->length;
	if (length < sizeof(*t) || length > LENGTH_MAX)
		return NULL;
	t = pmap_map_device(pa, length);
	return sum_ok(t, length) ? t : NULL;
}

static void
isa_defaults(void)
{
	for (unsigned i = 0; i < ACPI_ISA_LINES; i++)
		acpi_info.isa[i].global = i;
}

static void
madt_isa(const struct madt_entry *e)
{
	unsigned line = e->isa.line;

	if (e->isa.bus != 0 || line >= ACPI_ISA_LINES)
		return;
	acpi_info.isa[line].global = e->isa.global;
	acpi_info.isa[line].flags = 0;
	if ((e->isa.flags & 3) == 3)
		acpi_info.isa[line].flags |= ACPI_ACTIVE_LOW;
	if (((e->isa.flags >> 2) & 3) == 3)
		acpi_info.isa[line].flags |= ACPI_LEVEL;
}

static void
madt_entry(const struct madt_entry *e)
{
	switch (e->type) {
	case MADT_LAPIC:
		if ((e->lapic.flags & LAPIC_ENABLED) &&
		    acpi_info.processor_count < ACPI_PROCESSORS_MAX)
			acpi_info.apic_ids[acpi_info.processor_count++] =
			    e->lapic.apic_id;
		break;
	case MADT_IOAPIC:
		if (acpi_info.ioapic_count == ACPI_IOAPICS_MAX)
			break;
		acpi_info.ioapics[acpi_info.ioapic_count].address =
		    e->ioapic.address;
		acpi_info.ioapics[acpi_info.ioapic_count++].first =
		    e->ioapic.first;
		break;
	case MADT_OVERRIDE:
		madt_isa(e);
		break;
	case MADT_LAPIC_ADDRESS:
		acpi_info.lapic = e->lapic_address.address;
		break;
	}
}

/* Multiple APIC description table. */
static void
madt_read(const struct table *madt)
{
	const uint8_t *p = (const uint8_t *)madt;
	uint32_t at = MADT_HEAD;

	acpi_info.lapic = *(const uint32_t *)(const void *)(p + sizeof(*madt));
	while (at + 2 <= madt->length) {
		const struct madt_entry *e = (const void *)(p + at);

		if (e->length < 2 || at + e->length > madt->length)
			break;
		madt_entry(e);
		at += e->length;
	}
	acpi_info.has_madt = acpi_info.ioapic_count > 0;
}

/* Fixed description table: how to reset the machine. */
static void
fadt_read(const struct table *fadt)
{
	const uint8_t *p = (const uint8_t *)fadt;
	uint32_t flags;
	uint64_t address;

	if (fadt->length < RESET_VALUE + 1)
		return;
	memcpy(&flags, p + FADT_FLAGS, sizeof(flags));
	memcpy(&address, p + RESET_REGISTER + 4, sizeof(address));
	if ((flags & FADT_RESET_FLAG) && p[RESET_REGISTER] == ADDRESS_IN_IO &&
	    address < 0x10000) {
		acpi_info.reset_port = (uint16_t)address;
		acpi_info.reset_value = p[RESET_VALUE];
	}
}

static void
table_read(phys_addr_t pa)
{
	const struct table *t = table_map(pa);

	if (t == NULL)
		return;
	if (memcmp(t->signature, "APIC", 4) == 0)
		madt_read(t);
	else if (memcmp(t->signature, "FACP", 4) == 0)
		fadt_read(t);
}

void
acpi_find(void)
{
	const struct rsdp *rsdp = rsdp_find();
	const struct table *root = NULL;
	unsigned width = sizeof(uint64_t);
	phys_addr_t pa = 0;

	isa_defaults();
	if (rsdp == NULL)
		return;
	if (rsdp->revision >= 2)
		root = table_map(rsdp->xsdt);
	if (root == NULL) {
		root = table_map(rsdp->rsdt);
		width = sizeof(uint32_t);
	}
	if (root == NULL)
		return;
	for (uint32_t at = sizeof(*root); at + width <= root->length;
	    at += width) {
		memcpy(&pa, (const uint8_t *)root + at, width);
		table_read(pa);
	}
}
