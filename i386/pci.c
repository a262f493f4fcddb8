/*
 * i386/pci.c - configuration registers of PCI devices, by mechanism 1.
 *
 * Owns:       the two configuration ports.  At start-up only: later they are
 *             a user task's who asks for them (io_perm.c).
 * Locks:      none.
 * Source:     PCI Local Bus Specification 2.2, chapters 3 and 6.
 */
#include <kern/types.h>
#include <machine/pci.h>
#include <machine/regs.h>

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc
#define ADDRESS_ENABLE	0x80000000u

#define FUNCTION_STEP	0x100u		/* from one function to the next */
#define FUNCTIONS	8u
#define BUS_SHIFT	16

#define PCI_ID		0x00
#define NO_DEVICE	0xffffffffu
#define HEADER		0x0c
#define   HEADER_MULTIPLE	0x00800000u
#define BRIDGE_BUSES	0x18
#define CLASS_BRIDGE	0x0604u

uint32_t
pci_read(pci_place_t place, unsigned offset)
{
	outl(CONFIG_ADDRESS, ADDRESS_ENABLE | place | offset);
	return inl(CONFIG_DATA);
}

void
pci_write(pci_place_t place, unsigned offset, uint32_t value)
{
	outl(CONFIG_ADDRESS, ADDRESS_ENABLE | place | offset);
	outl(CONFIG_DATA, value);
}

/* The bus after the last of those that bridges seen so far lead to. */
static pci_place_t
buses_end(pci_place_t bridge, pci_place_t end)
{
	unsigned last = (pci_read(bridge, BRIDGE_BUSES) >> 16) & 0xff;

	return max_of(end, (pci_place_t)(last + 1) << BUS_SHIFT);
}

bool
pci_find(uint16_t class, pci_place_t *found)
{
	pci_place_t place = 0, end = 1u << BUS_SHIFT;

	while (place < end) {
		uint32_t id = pci_read(place, PCI_ID);
		bool first = place / FUNCTION_STEP % FUNCTIONS == 0;
		uint16_t its = 0;

		if (id != NO_DEVICE)
			its = pci_read(place, PCI_CLASS) >> 16;
		if (its == CLASS_BRIDGE)
			end = buses_end(place, end);
		if (its == class && id != NO_DEVICE && place >= *found) {
			*found = place;
			return true;
		}
		/* without a first function, or with one only: the next device */
		if (first && (id == NO_DEVICE ||
		    !(pci_read(place, HEADER) & HEADER_MULTIPLE)))
			place += FUNCTIONS * FUNCTION_STEP;
		else
			place += FUNCTION_STEP;
	}
	return false;
}
